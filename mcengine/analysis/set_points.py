"""Break-even values within a set: one input moves over the range that the assumptions give it, the others at medians.

`analysis.break_even` looks between the search bounds with the others at the plan's values. That answers what would have
to be true of the plan; what decides the outcome under a set is where the others stand in that set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.break_even import POINTS
from mcengine.analysis.break_even_result import nearest
from mcengine.analysis.lines import build_line
from mcengine.analysis.roots import find_crossings
from mcengine.families import Distribution
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import YEAR

TAIL = 1e-6  # chance beyond the range searched, on a side on which a distribution has no end


@dataclass(frozen=True)
class SetPoint:
    """One uncertain input of a study, in its unit.

    median     where it stands when others move: of several sets the average by weight
    value      the break-even value nearest the median, in [low, high]; None where there is none
    low, high  the range searched: that of its distribution, over all sets; without an end, to a chance of `TAIL`
    """

    name: str
    unit: str
    median: float
    value: float | None
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """All but the name."""
        return {"unit": self.unit, "median": self.median, "value": self.value, "range": [self.low, self.high]}


def set_points(study: Study, output: str | None = None) -> Mapping[str, SetPoint]:
    """The points of every uncertain input by name in declared order; none of an output that is a calendar year."""
    model = build_model(study)
    line = build_line(study, model, output, "median")
    specs = [spec for spec in study.inputs if spec.name in study.uncertain]
    if line.output.kind == YEAR or not specs:
        return {}
    ranges = [_range(study, spec) for spec in specs]
    starts = [float(line.base[line.row(spec.name)]) for spec in specs]
    grids = [_grid(*ends, start) for ends, start in zip(ranges, starts, strict=True)]
    rows = np.array([line.row(spec.name) for spec in specs])
    crossings = find_crossings(lambda which, x: line((rows[which], x)), grids, 0.0)
    found = {}
    for spec, start, (low, high), one in zip(specs, starts, ranges, crossings, strict=True):
        points = [root.value for root in one.roots] or [jump.value for jump in one.jumps]
        flat = any(below <= start <= above for below, above in one.flat)
        value = start if flat else nearest(points, start) if points else None
        found[spec.name] = SetPoint(spec.name, spec.unit, start, value, low, high)
    return found


def _range(study: Study, spec: InputSpec) -> tuple[float, float]:
    """From the lowest to the highest value that any set of the study gives the input."""
    ends = [_ends(study.marginal(g, spec.name), spec) for g in range(len(study.sets))]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _ends(law: Distribution, spec: InputSpec) -> tuple[float, float]:
    """The ends of a distribution; where it has none, or the input may not take it, the quantile at `TAIL`."""
    low, high = (float(end) for end in law.support)
    if law.is_constant:
        return low, high
    if math.isinf(low) or not spec.domain.contains(low):
        low = float(law.ppf(TAIL))
    if math.isinf(high) or not spec.domain.contains(high):
        high = float(law.ppf(1.0 - TAIL))
    return low, high


def _grid(low: float, high: float, start: float) -> NDArray[np.float64]:
    return np.unique(np.append(np.linspace(low, high, POINTS), min(max(start, low), high)))
