"""Break-even maps: an output over two inputs, and the contour on which it equals a level."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.break_even_result import BreakEven, PairMap
from mcengine.analysis.lines import Line
from mcengine.analysis.roots import find_crossings
from mcengine.analysis.set_choice import law_of
from mcengine.inputs.assumptions import AssumptionSet
from mcengine.inputs.spec import InputSpec

Array = NDArray[np.float64]

GRID = 61
"""Values of each input, the starting one among them (one less where that is an equally spaced one)."""
FINE = 513
"""Values of one input, from search bound to search bound, that are looked at for the contour at each value of the
other; those of the map come on top."""

_MARGIN = 0.1  # of the window, on both sides
_TAIL = 0.05  # the window holds the sets' values between this chance and one less it


def pair_map(
    line: Line,
    specs: tuple[InputSpec, InputSpec],
    found: tuple[BreakEven, BreakEven],
    level: float,
    sets: Sequence[AssumptionSet],
) -> PairMap:
    """The output of `line` over the inputs `specs`, whose own break-even values are `found`."""
    rows = line.row(specs[0].name), line.row(specs[1].name)
    x, y = (_axis(spec, one, sets) for spec, one in zip(specs, found, strict=True))
    columns, lines = np.tile(x, len(y)), np.repeat(y, len(x))
    output = line(_move(rows[0], columns), _move(rows[1], lines)).reshape(len(y), len(x))
    medians = {one.name: (float(law_of(one, specs[0]).median), float(law_of(one, specs[1]).median)) for one in sets}
    return PairMap(
        names=(specs[0].name, specs[1].name),
        units=(specs[0].unit, specs[1].unit),
        x=x,
        y=y,
        output=output,
        second_at=_contour(line, rows[1], _looked_at(found[1], y), rows[0], x, level),
        first_at=_contour(line, rows[0], _looked_at(found[0], x), rows[1], y, level),
        start=(found[0].start, found[1].start),
        medians=medians,
    )


def _move(row: int, values: Array) -> tuple[NDArray[np.int64], Array]:
    """Input `row` at `values` (m,), as `Line` takes it."""
    return np.full(len(values), row), values


def _axis(spec: InputSpec, found: BreakEven, sets: Sequence[AssumptionSet]) -> Array:
    """The values of one input on the map, float64 (points,), ascending.

    The window holds start, plan, the nearest break-even value and nine tenths of every set, with a margin, within the
    bounds of the search; all of these where that is only one value.
    """
    low, high = found.bounds
    shown = [value for value in (found.start, found.plan, found.value) if value is not None]
    for law in (law_of(one, spec) for one in sets):
        shown += [float(law.ppf(_TAIL)), float(law.ppf(1.0 - _TAIL))]
    shown = [value for value in shown if math.isfinite(value)]
    margin = _MARGIN * (max(shown) - min(shown)) if shown else 0.0
    if margin > 0.0:
        low, high = max(low, min(shown) - margin), min(high, max(shown) + margin)
    if not low < found.start < high:
        return np.linspace(low, high, GRID)
    return np.unique(np.append(np.linspace(low, high, GRID - 1), found.start))


def _looked_at(found: BreakEven, axis: Array) -> Array:
    """The values of one input that are looked at for the contour, ascending."""
    return np.unique(np.concatenate([np.linspace(*found.bounds, FINE), axis]))


def _contour(
    line: Line, row: int, grid: Array, other: int, values: Array, level: float
) -> tuple[tuple[float, ...], ...]:
    """For each of `values` (n,) of the input `other` the values of input `row`, within `grid`, that give `level`."""

    def function(which: NDArray[np.int64], x: Array) -> Array:
        return line(_move(other, values[which]), _move(row, x))

    found = find_crossings(function, [grid] * len(values), level)
    return tuple(tuple(root.value for root in one.roots) for one in found)
