"""Edits at random, each valid: the study read back is the study with that edit, and nothing else is changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mcengine.families import distribution
from mcengine.inputs.study import Study, load_study
from tests.inputs.workbooks import edited, put, row_of, setting
from tests.workbook.test_template_workbook import changes

SHARES = ("structural_share", "labour_share", "tax_burden", "nl_share", "profit_margin", "corporate_tax")
PARAMETERS = ("value", "low", "mode", "high", "mean", "sd", "median", "log_sd", "n")

number = st.floats(1.0, 2.0).map(lambda x: round(x, 6))  # openpyxl, which makes the edit, writes 16 digits
share = st.floats(0.01, 0.99).map(lambda x: round(x, 6))
three = st.lists(share, min_size=3, max_size=3, unique=True).map(sorted)


@st.composite
def distributions(draw: st.DrawFn) -> dict[str, Any]:
    """Family, parameters and bounds of an input that is a share."""
    family = draw(st.sampled_from(["constant", "uniform", "triangular", "pert", "beta", "normal", "lognormal"]))
    low, middle, high = draw(three)
    parameters = {
        "constant": {"value": middle},
        "uniform": {"low": low, "high": high},
        "triangular": {"low": low, "mode": middle, "high": high},
        "pert": {"low": low, "mode": middle, "high": high},
        "beta": {"mean": middle, "n": draw(st.integers(3, 200))},
        "normal": {"mean": middle, "sd": draw(st.sampled_from([0.05, 0.1, 0.25]))},
        "lognormal": {"median": middle, "log_sd": draw(st.sampled_from([0.1, 0.3]))},
    }[family]
    cut = family in ("normal", "lognormal") or (draw(st.booleans()) and family in ("triangular", "beta"))
    bounds = (round(low / 2, 6), round((1 + high) / 2, 6)) if cut else None
    return {"family": family, "parameters": parameters, "truncate": bounds}


titles = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=30).filter(
    lambda text: not text.startswith("=")
)
edits = st.fixed_dictionaries(
    {
        "rows": st.dictionaries(st.sampled_from(SHARES), distributions(), max_size=3),
        "fixed": st.dictionaries(st.sampled_from(["market_growth", "mcpf"]), number, max_size=2),
        "rho": st.none() | st.integers(10, 60).map(lambda x: x / 100),
    },
    optional={
        "horizon": st.integers(2035, 2060),
        "title": titles,
        "correlations": st.booleans(),
    },
)


def apply(book: Any, edit: dict[str, Any]) -> None:
    """The edit made in the cells of a template."""
    sheet = book["assumptions"]
    for name, found in edit["rows"].items():
        cells = dict.fromkeys((*PARAMETERS, "chance_of_0", "other_parameters", "truncate_low", "truncate_high"))
        low, high = found["truncate"] or (None, None)
        cells |= found["parameters"] | {"truncate_low": low, "truncate_high": high}
        put(sheet, row_of(sheet, name), family=found["family"], **cells)
    for name, value in edit["fixed"].items():
        book["study"].append([name, value])
    if edit["rho"] is not None:
        book["correlations"]["C4"] = edit["rho"]
    if "horizon" in edit:
        setting(book, "horizon", edit["horizon"])
    if "title" in edit:
        setting(book, "title (English)", edit["title"])
    if "correlations" in edit:
        setting(book, "use correlations", "yes" if edit["correlations"] else "no")


def wanted(study: Study, edit: dict[str, Any]) -> Study:
    """The study with the edit made in its data."""
    member = study.sets[0]
    rows = []
    for row in member.set.assumptions:
        found = edit["rows"].get(row.input)
        if found is not None:
            made = distribution(found["family"], found["parameters"], truncate=found["truncate"])
            row = replace(row, distribution=made)
        rows.append(row)
    pairs = list(member.set.correlations)
    if edit["rho"] is not None:
        pairs[0] = replace(pairs[0], rho=edit["rho"])
    chosen = replace(member.set, assumptions=tuple(rows), correlations=tuple(pairs))
    title = dict(study.title) | ({"en": edit["title"]} if "title" in edit else {})
    return replace(
        study,
        title=MappingProxyType(title),
        fixed=MappingProxyType(dict(edit["fixed"])),
        correlations=edit.get("correlations", study.correlations),
        options=replace(study.options, horizon=edit.get("horizon", study.options.horizon)),
        sets=(replace(member, set=chosen),),
    )


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example writes and reads a file: none are made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edit=edits)
def test_the_study_read_back_is_the_study_with_the_edit(edit: dict[str, Any], tmp_path: Path) -> None:
    study = load_study("evidence")
    found = load_study(edited(tmp_path / "my.xlsx", lambda book: apply(book, edit)))
    assert changes(wanted(study, edit), found) == {}
    assert len(changes(study, found)) >= sum(
        ["horizon" in edit and edit["horizon"] != 2035, bool(edit["fixed"]), edit["rho"] not in (None, 0.3)]
    )
