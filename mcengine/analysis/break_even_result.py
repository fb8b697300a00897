"""What a break-even analysis answers: values at which an output equals a level, how far off, how likely."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.lines import stated
from mcengine.analysis.roots import Jump, Root
from mcengine.analysis.shown import Shown
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study

Array = NDArray[np.float64]

ABOVE, BELOW = "above", "below"


@dataclass(frozen=True, slots=True)
class Percentile:
    """Where an input's break-even value lies in one assumption set.

    value   chance that the input is at or below it, in [0, 1]; None without a break-even value or where the set fixes
            the input
    fixed   the value at which the set fixes the input, in its unit; None where the input varies
    beyond  whether the output at `fixed` is on the other side of the level than where the analysis starts
    """

    value: float | None
    fixed: float | None = None
    beyond: bool | None = None


@dataclass(frozen=True)
class BreakEven:
    """One input, the others held: every value, in its unit, at which the output equals the level.

    plan, start   the plan's value, and the one the analysis starts from (the same unless asked otherwise)
    value         the root nearest `start`; None when there is none
    roots, flat, jumps   as in `analysis.roots.Crossings`
    bounds        the values searched between; at_bounds: the output there, NaN or infinite where it is no number
    percentiles   by assumption set
    note          what there is to say beside the value: none found, several, a jump; "" otherwise
    """

    name: str
    unit: str
    plan: float
    start: float
    value: float | None
    roots: tuple[Root, ...]
    flat: tuple[tuple[float, float], ...]
    jumps: tuple[Jump, ...]
    bounds: tuple[float, float]
    at_bounds: tuple[float, float]
    percentiles: Mapping[str, Percentile]
    note: str

    @property
    def distance_abs(self) -> float | None:
        """From `start` to `value`, in the input's unit."""
        return None if self.value is None or math.isinf(self.start) else self.value - self.start

    @property
    def distance(self) -> float | None:
        """From `start` to `value` as a share of the size of `start`; None when that is 0."""
        gap = self.distance_abs
        return None if gap is None or self.start == 0.0 else gap / abs(self.start)

    @property
    def exceeds(self) -> str | None:
        """On which side of `value` the output is over the level: "above" or "below"; None: both, neither, unknown."""
        root = next((root for root in self.roots if root.value == self.value), None)
        if root is None or root.before == root.after:
            return None
        return ABOVE if root.after > root.before else BELOW

    def to_dict(self) -> dict[str, Any]:
        """The contract of `--method break-even --json` for one input, and more; "inf" for an unlimited supply."""
        fixed = {
            name: {"value": stated(found.fixed), "beyond": found.beyond}
            for name, found in self.percentiles.items()
            if found.fixed is not None
        }
        return {
            "unit": self.unit,
            "value": self.value,
            "roots": [root.value for root in self.roots],
            "plan": stated(self.plan),
            "start": stated(self.start),
            "distance": self.distance,
            "distance_abs": self.distance_abs,
            "exceeds": self.exceeds,
            "bounds": [plain(bound) for bound in self.bounds],
            "npv_at_bounds": [plain(value) for value in self.at_bounds],
            "touching": [root.value for root in self.roots if root.touches],
            "flat": [list(stretch) for stretch in self.flat],
            "jumps": [
                {"value": jump.value, "before": plain(jump.before), "after": plain(jump.after)} for jump in self.jumps
            ],
            "percentiles": {name: found.value for name, found in self.percentiles.items()},
            "fixed": fixed,
            "note": self.note,
        }


@dataclass(frozen=True)
class PairMap:
    """The output over two inputs, the others held, and the contour on which it equals the level.

    names, units   of the first (x) and second (y) input
    x, y           float64 (columns,) and (rows,), ascending, each with the starting value in it
    output         float64 (rows, columns); NaN or infinite where it is no number
    second_at      for each x the values of the second input on the contour, between that input's search bounds
    first_at       for each y those of the first input
    start          where the analysis starts from; medians: of each assumption set, in both inputs
    """

    names: tuple[str, str]
    units: tuple[str, str]
    x: Array
    y: Array
    output: Array
    second_at: tuple[tuple[float, ...], ...]
    first_at: tuple[tuple[float, ...], ...]
    start: tuple[float, float]
    medians: Mapping[str, tuple[float, float]]

    @property
    def contour(self) -> Array:
        """All points of the contour, float64 (points, 2), by the first input, then the second."""
        points = [(x, y) for x, found in zip(self.x.tolist(), self.second_at, strict=True) for y in found]
        points += [(x, y) for y, found in zip(self.y.tolist(), self.first_at, strict=True) for x in found]
        return np.array(sorted(set(points)), dtype=np.float64).reshape(-1, 2)

    def to_dict(self) -> dict[str, Any]:
        """{"inputs", "x", "y", "output" (rows of x for each y), "contour", "start", "medians"}."""
        first, second = self.names
        return {
            "inputs": [first, second],
            "units": list(self.units),
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "output": [[plain(value) for value in row] for row in self.output.tolist()],
            "contour": {second: [list(found) for found in self.second_at],
                        first: [list(found) for found in self.first_at]},
            "start": [stated(value) for value in self.start],
            "medians": {name: [stated(value) for value in point] for name, point in self.medians.items()},
        }  # fmt: skip


@dataclass(frozen=True, repr=False)
class BreakEvenResult(Shown):
    """Break-even values of every input of a study. `result["leverage"].value`.

    at, standing    the baseline ("plan", "median" or "mean"), and in words where the other inputs stand
    level           of the output, in its unit; base: the output where the analysis starts
    inputs          by name in declared order; pairs: the maps
    sets            names of the assumption sets with percentiles
    """

    study: Study
    output: str
    unit: str
    at: str
    standing: str
    level: float
    base: float
    inputs: Mapping[str, BreakEven]
    pairs: tuple[PairMap, ...]
    sets: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    method = "break-even"

    def __getitem__(self, name: str) -> BreakEven:
        if name not in self.inputs:
            rule = "is not an input of this study"
            raise InputError(Fault(None, "input", name, rule, nearest_name(name, self.inputs)))
        return self.inputs[name]

    @property
    def found(self) -> tuple[BreakEven, ...]:
        """Inputs with a break-even value, the nearest in share of the start first; those that start at 0 come last."""
        having = [one for one in self.inputs.values() if one.value is not None]
        return tuple(sorted(having, key=_nearness))

    @property
    def jumping(self) -> tuple[BreakEven, ...]:
        """Inputs without a value at which the output equals the level, but one at which it jumps past it."""
        return tuple(one for one in self.inputs.values() if one.value is None and one.jumps)

    @property
    def without(self) -> tuple[BreakEven, ...]:
        """Inputs that cannot bring the output to the level within their bounds."""
        return tuple(one for one in self.inputs.values() if one.value is None and not one.jumps)

    def to_dict(self) -> dict[str, Any]:
        """The contract of `sensitivity --method break-even --json`; depends on the study alone."""
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "at": self.at,
            "standing": self.standing,
            "level": self.level,
            "base": self.base,
            "sets": list(self.sets),
            "inputs": {name: one.to_dict() for name, one in self.inputs.items()},
            "pairs": [pair.to_dict() for pair in self.pairs],
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def plain(value: float | None) -> float | None:
    """`value`, or None where it is no finite number: JSON has no others."""
    return value if value is not None and math.isfinite(value) else None


def nearest(values: Sequence[float], to: float) -> float:
    """The one of `values` nearest `to`; the largest when `to` is infinite."""
    return max(values) if math.isinf(to) else min(values, key=lambda value: abs(value - to))


def _nearness(one: BreakEven) -> tuple[bool, float]:
    gap = one.distance if one.distance is not None else one.distance_abs
    return one.distance is None, abs(gap) if gap is not None else math.inf
