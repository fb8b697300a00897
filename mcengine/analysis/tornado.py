"""Tornado: each uncertain input from its P10 to its P90 while the others stand still; and one-way curves.

The quantiles are of the input's distribution as the study draws it; over several pooled assumption sets, of their
mixture by weight. Inputs move one at a time, so correlations play no part, and what two inputs do together is not seen:
for that there are Sobol' indices. A tornado shows the size and direction of each input's effect in the output's unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.lines import Line, build_line, standing, stated
from mcengine.analysis.result import NEVER
from mcengine.analysis.shown import Shown
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.families import Distribution
from mcengine.families.mixture import Mixture
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model

Array = NDArray[np.float64]

DEFAULT_POINTS, MOST_POINTS = 33, 10_001
CURVE = (0.01, 0.99)
"""Chances between which the curves run; wider where `low` or `high` are."""

_ROUNDING = 1e-12  # of the output's size: differences below are none


@dataclass(frozen=True)
class OneWay:
    """One input moved alone, the others at the base point.

    low, high                  its values at the lower and upper chance, in its unit
    at_low, at_high            the output there; +inf for a year that never comes
    least, most                least and greatest output between the two, both ends included
    monotone                   no value in between gives an output beyond those at both ends
    probabilities, values, outputs   the curve, float64 (points,): chances, the input's values there, the output
    """

    name: str
    unit: str
    base: float
    low: float
    high: float
    at_low: float
    at_high: float
    least: float
    most: float
    monotone: bool
    probabilities: Array
    values: Array
    outputs: Array

    @property
    def swing(self) -> float:
        """From the least to the greatest output between the two values; inf when one is "never" and the other not."""
        return 0.0 if self.most == self.least else self.most - self.least

    def to_dict(self) -> dict[str, Any]:
        """Plain data; "never" for a year that never comes, None for a swing to it."""
        return {
            "unit": self.unit,
            "base": stated(self.base),
            "low": {"value": self.low, "output": _plain(self.at_low)},
            "high": {"value": self.high, "output": _plain(self.at_high)},
            "swing": self.swing if math.isfinite(self.swing) else None,
            "monotone": self.monotone,
            "least": _plain(self.least),
            "most": _plain(self.most),
            "curve": {
                "probabilities": self.probabilities.tolist(),
                "values": self.values.tolist(),
                "outputs": [_plain(value) for value in self.outputs.tolist()],
            },
        }


@dataclass(frozen=True, repr=False)
class TornadoResult(Shown):
    """A tornado of one output. `result["leverage"].swing`.

    at, standing  the baseline, and in words where the other inputs stand; base: the output there
    low, high     the chances between which each input moves
    inputs        by name, the largest swing first
    """

    study: Study
    output: str
    unit: str
    at: str
    standing: str
    base: float
    low: float
    high: float
    inputs: Mapping[str, OneWay]
    evaluations: int
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    method = "tornado"

    def __getitem__(self, name: str) -> OneWay:
        if name not in self.inputs:
            rule = "does not vary in this study"
            raise InputError(Fault(None, "input", name, rule, nearest_name(name, self.inputs)))
        return self.inputs[name]

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data; depends on the study alone."""
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "at": self.at,
            "standing": self.standing,
            "base": _plain(self.base),
            "low": self.low,
            "high": self.high,
            "evaluations": self.evaluations,
            "inputs": {name: one.to_dict() for name, one in self.inputs.items()},
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def tornado(
    study: Study,
    *,
    output: str | None = None,
    at: str = "median",
    low: float = 0.1,
    high: float = 0.9,
    points: int = DEFAULT_POINTS,
    model: Model | None = None,
) -> TornadoResult:
    """Move each uncertain input alone and see what one output does; "npv", or the model's first, when None.

    at         where the others stand: "median", "plan" or "mean", see `Study.baseline`
    low, high  chances between which the bars run, 0 < low < high < 1
    points     values on each one-way curve, at equally spaced chances from 0.01 to 0.99

    Raises
    ------
    InputError      an option that cannot be, or nothing uncertain; every fault at once
    NonFiniteError  the output is NaN, or infinite without being a year that never comes
    """
    model = build_model(study) if model is None else model
    faults = _option_faults(low, high, points)
    try:
        line = build_line(study, model, output, at)
    except InputError as error:
        faults += error.faults
    laws = moving(study)
    if not laws:
        rule = "no input of this study is uncertain, so none has a P10 and a P90; break-even moves every input"
        faults.append(Fault(study.file, None, None, rule))
    if faults:
        raise InputError(faults)
    found = [_one_way(study, line, name, law, (float(low), float(high)), points) for name, law in laws.items()]
    order = {name: place for place, name in enumerate(model.inputs)}
    found.sort(key=lambda one: (-one.swing, order[one.name]))
    return TornadoResult(
        study=study,
        output=line.output.key,
        unit=line.output.unit,
        at=at,
        standing=standing(study, at),
        base=line.at_base,
        low=float(low),
        high=float(high),
        inputs={one.name: one for one in found},
        evaluations=1 + len(found) * (points + 2),
        notes=_notes(study),
        warnings=study.warnings,
    )


def moving(study: Study) -> dict[str, Distribution]:
    """The distributions of the inputs that vary, by name in declared order, also those that vary only between sets."""
    laws = {spec.name: pooled(study, spec.name) for spec in study.inputs}
    return {name: law for name, law in laws.items() if not law.is_constant}


def pooled(study: Study, name: str) -> Distribution:
    """The distribution of one input over all draws of the study: of its set, or the mixture of its sets by weight."""
    laws = [study.marginal(g, name) for g in range(max(len(study.sets), 1))]
    if all(law == laws[0] for law in laws):
        return laws[0]
    total = math.fsum(member.weight for member in study.sets)
    return Mixture({}, tuple(laws), tuple(member.weight / total for member in study.sets))


def _one_way(
    study: Study, line: Line, name: str, law: Distribution, chances: tuple[float, float], points: int
) -> OneWay:
    """One input's bar and curve."""
    first, last = min(CURVE[0], chances[0]), max(CURVE[1], chances[1])
    probabilities = np.linspace(first, last, points)
    ends = law.ppf(chances)
    values = law.ppf(probabilities)
    moved = np.concatenate([ends, values])
    rows = np.full(len(moved), line.row(name))
    outputs = line((rows, moved))
    line.refuse_non_finite(outputs, (rows, moved))
    at_low, at_high = float(outputs[0]), float(outputs[1])
    curve = outputs[2:]
    within = curve[(probabilities > chances[0]) & (probabilities < chances[1])]
    least, most = float(min(at_low, at_high, *within)), float(max(at_low, at_high, *within))
    finite = np.abs(outputs[np.isfinite(outputs)])
    slack = _ROUNDING * float(finite.max(initial=0.0))
    monotone = least >= min(at_low, at_high) - slack and most <= max(at_low, at_high) + slack
    spec = study.inputs[line.row(name)]
    return OneWay(
        name=name,
        unit=spec.unit,
        base=float(line.base[line.row(name)]),
        low=float(ends[0]),
        high=float(ends[1]),
        at_low=at_low,
        at_high=at_high,
        least=min(at_low, at_high) if monotone else least,
        most=max(at_low, at_high) if monotone else most,
        monotone=monotone,
        probabilities=probabilities,
        values=values,
        outputs=curve,
    )


def _option_faults(low: object, high: object, points: object) -> list[Fault]:
    """Everything wrong with the options."""
    faults = []
    for key, chance in (("low", low), ("high", high)):
        if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0.0 < chance < 1.0:
            faults.append(Fault(None, key, chance, "must be a chance between 0 and 1, such as 0.1"))
    if not faults and not low < high:  # type: ignore[operator]
        faults.append(Fault(None, "low", low, f"must be below high, {high}"))
    if isinstance(points, bool) or not isinstance(points, int) or not 3 <= points <= MOST_POINTS:
        faults.append(Fault(None, "points", points, f"must be a whole number from 3 to {MOST_POINTS}"))
    return faults


def _notes(study: Study) -> tuple[str, ...]:
    """What the reader must know of how inputs were moved."""
    notes = []
    if study.correlations and any(member.set.correlations for member in study.sets):
        notes.append("each input is moved alone, so the study's correlations play no part here")
    if len(study.sets) > 1:
        parts = ", ".join(f"{member.set.name} {member.weight:g}" for member in study.sets)
        notes.append(f"quantiles are of the assumption sets pooled by weight: {parts}")
    return tuple(notes)


def _plain(value: float) -> float | str | None:
    """A finite number as it is, a year that never comes as "never"."""
    return value if math.isfinite(value) else NEVER if value > 0 else None
