"""What the cells of an assumptions workbook hold: a study's settings, and the rows of its assumption set."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from mcengine.errors import Fault, InputError
from mcengine.families import Distribution
from mcengine.inputs import workbook_layout as layout
from mcengine.inputs.assumptions import Assumption, AssumptionSet, Correlation
from mcengine.inputs.options import YEARS
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.study import Study
from mcengine.inputs.texts import said

LONGEST = 32_767
"""Characters that a cell of Excel holds."""


def setting_values(study: Study, chosen: AssumptionSet, plan_name: str, correlations: str) -> dict[str, Any]:
    """The value of each setting by its key in the data; those left out are empty."""
    analyses = dict(study.sensitivity)
    methods = analyses.pop("methods", ())
    values: dict[str, Any] = {"name": study.name, "plan": plan_name, "correlations": correlations}
    for prefix, one in (("", study), ("set.", chosen)):
        for code in ("en", "nl"):
            values[f"{prefix}title.{code}"] = one.title.get(code)
            values[f"{prefix}description.{code}"] = one.description.get(code)
    values |= {f"options.{name}": getattr(study.options, name) for name in (*YEARS, "accounting")}
    values |= {"options.luck": "yes"} if study.options.luck else {}
    values |= {"set.name": chosen.name, "set.copula.family": chosen.copula}
    values |= {"set.copula.degrees_of_freedom": chosen.copula_dof, "outputs.names": ", ".join(study.outputs)}
    return values | {"sensitivity.methods": ", ".join(methods), "sensitivity": _inline_pairs(analyses)}


def shown_cells(spec: InputSpec, language: str) -> dict[str, Any]:
    """What the sheet shows of an input, by column."""
    return {
        "input": spec.name,
        "name": spec.label.get(language, spec.name),
        "unit": spec.unit,
        "may be": spec.domain.text,
        "plan's value": spec.value,
    }


def row_cells(row: Assumption | None, file: str, language: str) -> dict[str, Any]:
    """What the set says of an input, by column, for a sheet in `language`; nothing where it has no row."""
    if row is None:
        return {}
    evidence = row.evidence
    cells = _distribution_cells(row.distribution)
    if len(cells.get("other parameters") or "") > LONGEST:
        rule = f"the parameters take more than {LONGEST:,} characters, which no cell holds: this set stays in TOML"
        raise InputError(Fault(file, f"assumptions.{row.input}", None, rule))
    return cells | {
        **vars(evidence),
        **_texts(language, source=evidence.source, locator=evidence.locator, note=evidence.note),
        "date": datetime.date.fromisoformat(evidence.date),
        "corrects": row.corrects,
        "same as set": row.like,
    }


def pair_cells(pair: Correlation, language: str) -> dict[str, Any]:
    """What the set says of a pair of inputs, by column, for a sheet in `language`."""
    cells: dict[str, Any] = {name: getattr(pair, name) for name in ("first", "second", "rho", "confidence")}
    return cells | _texts(language, note=pair.note)


def _texts(language: str, **texts: str) -> dict[str, Any]:
    """Texts by column: in the sheet's own language, and beside it in the other where they are given in both."""
    (other,) = (code for code in layout.LANGUAGES if code != language)
    cells: dict[str, Any] = {name: said(text, language) for name, text in texts.items()}
    return cells | {
        layout.in_language(name, other): said(text, other)
        for name, text in texts.items()
        if said(text, other) != said(text, language)
    }


def _distribution_cells(found: Distribution) -> dict[str, Any]:
    """Family, parameters and bounds, by column."""
    family, parameters, chance, cut = found.family, found.resolved, None, found.truncate
    parts = parameters.get("components", [])
    if cut is None and len(parts) == 2 and _is_zero(parts[0]) and _plain_part(parts):
        chance, family, parameters = parts[0]["weight"], parts[1]["family"], parts[1]["parameters"]
        cut = parts[1].get("truncate")
    cells = {name: value for name, value in parameters.items() if name in layout.PARAMETERS}
    other = {name: value for name, value in parameters.items() if name not in layout.PARAMETERS}
    low, high = (None, None) if cut is None else cut
    bounds = {"truncate low": low, "truncate high": high}
    return {"family": family, "chance of 0": chance, **cells, **bounds, "other parameters": _inline_pairs(other)}


def _is_zero(part: Mapping[str, Any]) -> bool:
    """Whether a component of a mixture is the value 0."""
    return part["family"] == "constant" and part["parameters"] == {"value": 0} and part.get("truncate") is None


def _plain_part(parts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the second of two components has just the weight that is left, and is no mixture itself."""
    return bool(parts[1]["weight"] == 1 - parts[0]["weight"]) and parts[1]["family"] != "mixture"


def _inline_pairs(table: Mapping[str, Any]) -> str:
    """A table as TOML inside the braces of an inline table: name = value, ..."""
    return ", ".join(f"{name} = {_inline(value)}" for name, value in table.items())


def _inline(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, Mapping):
        return f"{{ {_inline_pairs(value)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
