"""What differs between studies: assumptions, options, dependence, plan or model, and files read.

>>> from mcengine import load_study
>>> study = load_study("evidence")
>>> found = changes([study, study.overridden(["leverage=1", "horizon=2050"])])
>>> [one.name for one in found.inputs], [one.name for one in found.settings]
(['leverage'], ['horizon'])
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from mcengine.families import Distribution
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.study import Study

DEPENDENCE, COPULA, SETS, PLAN, MODEL = "dependence", "copula", "sets", "plan", "model"
CORRELATED, INDEPENDENT = "correlated", "independent"
ASIDE = ("file", "published", "inconsistencies", "not_counted", "remarks", "inputs")
"""Fields of a plan that change no number, or that stand in rows of their own."""


@dataclass(frozen=True)
class Assumed:
    """What one study assumes of one input: (weight, text) of each distinct law over its sets, and whether it is used.

    laws  the distributions themselves, in the same order
    """

    parts: tuple[tuple[float, str], ...]
    laws: tuple[Distribution, ...]
    used: bool

    def same(self, other: Assumed) -> bool:
        """Whether both assume the same, in whatever words."""
        rest = list(zip(other.parts, other.laws, strict=True))
        for (weight, _), law in zip(self.parts, self.laws, strict=True):
            match = next((one for one in rest if abs(one[0][0] - weight) < 1e-9 and _same_law(one[1], law)), None)
            if match is None:
                return False
            rest.remove(match)
        return not rest


@dataclass(frozen=True)
class InputChange:
    """An input about which the studies differ. `assumed`: by study; None where a study has no such input."""

    spec: InputSpec
    assumed: tuple[Assumed | None, ...]

    @property
    def name(self) -> str:
        """The input's name."""
        return self.spec.name


@dataclass(frozen=True)
class SettingChange:
    """An option, or part of the dependence, plan or model, in which the studies differ.

    name    an option's, or one of DEPENDENCE, COPULA, SETS, PLAN, MODEL, or "rho(FIRST, SECOND)"
    values  by study; None where it has none
    note    what of a plan differs
    """

    name: str
    values: tuple[str | int | None, ...]
    note: str = ""


@dataclass(frozen=True)
class FileChange:
    """A file that not all studies read, or not with the same content. `sha256`: by study; None: not read."""

    name: str
    sha256: tuple[str | None, ...]


@dataclass(frozen=True)
class Changes:
    """All that differs between studies, in the order of the first one, and how much does not.

    inputs, settings   what changes numbers
    files              what was read; a file may differ without any number doing so
    same_inputs, same_files   how many are the same in all studies
    idle               inputs that some accounting does not use, with the same assumption in all studies
    comparable         whether all are of the same plan or model
    """

    studies: tuple[str, ...]
    inputs: tuple[InputChange, ...]
    settings: tuple[SettingChange, ...]
    files: tuple[FileChange, ...]
    same_inputs: int
    same_files: int
    idle: tuple[str, ...]
    comparable: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all that changes numbers."""
        return (*(one.name for one in self.settings), *(one.name for one in self.inputs))

    def to_dict(self) -> dict[str, Any]:
        """The contract of `compare --json`: lists by study, in the order given."""
        inputs = [
            {"name": one.name, "unit": one.spec.unit, "assumed": [_assumed_data(cell) for cell in one.assumed]}
            for one in self.inputs
        ]
        settings = [
            {"name": one.name, "values": list(one.values)} | ({"note": one.note} if one.note else {})
            for one in self.settings
        ]
        return {
            "inputs": inputs,
            "settings": settings,
            "files": [{"file": one.name, "sha256": list(one.sha256)} for one in self.files],
            "same_inputs": self.same_inputs,
            "same_files": self.same_files,
            "idle": list(self.idle),
            "comparable": self.comparable,
        }


def changes(studies: Sequence[Study]) -> Changes:
    """What differs between `studies`, two or more."""
    whole = [_with_idle(study) for study in studies]
    specs = {spec.name: spec for study in reversed(whole) for spec in study.inputs}
    order = dict.fromkeys(spec.name for study in whole for spec in study.inputs)
    used = [{spec.name for spec in study.inputs} for study in studies]
    wanted = [name for name in order if any(name in names for names in used)]
    cells = {
        name: tuple(_assumed(study, name, name in names) for study, names in zip(whole, used, strict=True))
        for name in wanted
    }
    changed = [name for name in wanted if not _all_same(cells[name])]
    sources = [dict(study.sources) for study in studies]
    read = dict.fromkeys(name for files in sources for name in files)
    files = [FileChange(name, tuple(found.get(name) for found in sources)) for name in read]
    other = tuple(one for one in files if len(set(one.sha256)) > 1)
    subject = _subject(studies)
    settings = (*subject, *_options(studies), *_dependence(studies, bool(changed)))
    return Changes(
        studies=tuple(study.name for study in studies),
        inputs=tuple(InputChange(specs[name], cells[name]) for name in changed),
        settings=settings,
        files=other,
        same_inputs=len(wanted) - len(changed),
        same_files=len(files) - len(other),
        idle=tuple(n for n in wanted if n not in changed and any(n not in names for names in used)),
        comparable=not subject,
    )


def same_model(first: Study, second: Study) -> bool:
    """Whether two studies without a plan have the same model: by name, and a file of their own by its content."""
    return _model(first) == _model(second)


def _with_idle(study: Study) -> Study:
    """The study with all inputs of its plan, those that its accounting does not use too."""
    return study if study.plan is None else replace(study, inputs=study.plan.inputs)


def _assumed(study: Study, name: str, used: bool) -> Assumed | None:
    if all(spec.name != name for spec in study.inputs):
        return None
    laws: list[Distribution] = []
    weights: list[float] = []
    for g, weight in enumerate([member.weight for member in study.sets] or [1.0]):
        law = study.marginal(g, name)
        place = next((k for k, one in enumerate(laws) if _same_law(one, law)), None)
        if place is None:
            laws.append(law)
            weights.append(weight)
        else:
            weights[place] += weight
    parts = tuple((weight, law.text) for weight, law in zip(weights, laws, strict=True))
    return Assumed(parts, tuple(laws), used)


def _same_law(one: Distribution, other: Distribution) -> bool:
    """Whether two laws are the same: in all they say, or in their only value."""
    if one.is_constant and other.is_constant:
        return one.median == other.median
    return one == other


def _all_same(cells: Sequence[Assumed | None]) -> bool:
    first = cells[0]
    return all(first is not None and one is not None and first.same(one) for one in cells)


def _subject(studies: Sequence[Study]) -> tuple[SettingChange, ...]:
    """The plan or model, where it differs."""
    plans = [study.plan for study in studies]
    if all(plan is None for plan in plans):
        if len({_model(study) for study in studies}) == 1:
            return ()
        return (SettingChange(MODEL, tuple(study.model for study in studies)),)
    if all(plan == plans[0] for plan in plans):
        return ()
    names = tuple(study.model if study.plan is None else study.plan.name for study in studies)
    found = [vars(plan) for plan in plans if plan is not None]
    note = ""
    if len(set(names)) == 1:
        parts = [f.name for f in fields(type(studies[0].plan)) if f.name not in ASIDE]  # type: ignore[arg-type]
        note = ", ".join(name for name in parts if any(one[name] != found[0][name] for one in found)) or "inputs"
    return (SettingChange(PLAN, names, note),)


def _model(study: Study) -> tuple[str, str]:
    """Name of the model and the sha256 of its file, "" for one of ours."""
    path, _, name = study.model.rpartition(":")
    file = Path(study.file).parent / path
    if not path or not file.is_file():
        return study.model, ""
    return name, hashlib.sha256(file.read_bytes()).hexdigest()


def _options(studies: Sequence[Study]) -> list[SettingChange]:
    if any(study.plan is None for study in studies):
        return []
    found = [vars(study.options) for study in studies]
    values = {name: tuple(one[name] for one in found) for name in found[0]}
    return [SettingChange(name, row) for name, row in values.items() if len(set(row)) > 1]


Joint = Mapping[tuple[str, str], Sequence[tuple[float, float]]]


def _dependence(studies: Sequence[Study], inputs_differ: bool) -> list[SettingChange]:
    """Rank correlations between inputs that vary in every study, their copula, and how sets are pooled."""
    varying = set.intersection(*(set(study.uncertain) for study in studies))
    pairs = [_pairs(study, varying) for study in studies]
    switched = [study.correlations for study in studies]
    rows = []
    if len(set(switched)) > 1 and any(pairs_of for pairs_of, _ in pairs):
        rows.append(SettingChange(DEPENDENCE, tuple(CORRELATED if on else INDEPENDENT for on in switched)))
    else:
        names = dict.fromkeys(name for found, _ in pairs for name in found)
        for name in names:
            texts = tuple(found.get(name) for found, _ in pairs)
            if len(set(texts)) > 1:
                rows.append(SettingChange(f"rho({', '.join(name)})", texts))
        copulas = tuple(copula for _, copula in pairs)
        if len({*copulas} - {""}) > 1:
            rows.append(SettingChange(COPULA, copulas))
    pools = tuple(", ".join(f"{m.set.name} {m.weight:.10g}" for m in study.sets) for study in studies)
    if any(len(study.sets) > 1 for study in studies) and len(set(pools)) > 1 and not inputs_differ:
        rows.append(SettingChange(SETS, pools))  # else the inputs' rows show it
    return rows


def _pairs(study: Study, varying: set[str]) -> tuple[dict[tuple[str, str], str], str]:
    """The correlations between `varying` inputs as texts, pooled sets joined, and the copula; nothing when off."""
    if not study.correlations:
        return {}, ""
    pool = len(study.sets) > 1
    texts: dict[tuple[str, str], list[str]] = {}
    copulas = []
    for member in study.sets:
        own = [c for c in member.set.correlations if {c.first, c.second} <= varying]
        for pair in own:
            text = f"{pair.rho:g} ({member.set.name} {member.weight:.10g})" if pool else f"{pair.rho:g}"
            texts.setdefault((min(pair.first, pair.second), max(pair.first, pair.second)), []).append(text)
        if own:
            dof = member.set.copula_dof
            copulas.append(member.set.copula if dof is None else f"{member.set.copula}, {dof:g} degrees of freedom")
    return {name: "; ".join(found) for name, found in texts.items()}, "; ".join(copulas)


def _assumed_data(cell: Assumed | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    return {"used": cell.used, "laws": [{"weight": weight, "law": text} for weight, text in cell.parts]}
