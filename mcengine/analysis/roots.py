"""All zeros of functions of one variable within bounds: crossings, touches, flat stretches, and jumps over zero.

The function is evaluated on a grid, all problems in one batch. A change of sign between neighbours brackets a zero,
which is polished by Chandrupatla's method (1997; scipy's `elementwise.find_root`: brackets like Brent's, and every
bracket of every problem moves in one call of the function). Where the function comes near zero and turns, the turning
point is looked for: it may touch zero, or pass below it between two points of the grid. So what can be missed is an
even number of zeros between two neighbours of the grid that three points in a row do not hint at.

A double zero is located to the square root of the precision, a simple one to the last digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[NDArray[np.int64], Array], Array]

ZERO = 1e-12
"""Values below this share of the function's size count as zero: some thousand units in the last place."""
SMALL = 1e-9
"""The function at a polished zero is below this share of what it was at the ends of the bracket, or it jumps."""

_DEPTH = 4.0  # how far below a grid's local minimum the true one may lie, in rises to its neighbours
_WIDER, _GROWTH = 1024.0, 2.0  # a gap that grows with its bracket is a steep zero, one that does not a jump
_NOTHING = 1e-20  # of the bounds: as near as a zero at 0, or a jump there, is pinned down
_STEPS, _MOST_STEPS = 100, 200  # of a bisection or a search for a minimum; of a search for a zero


@dataclass(frozen=True, slots=True)
class Root:
    """A zero at `value`, with the signs -1, 0 or 1 just `before` and just `after` it; 0: zero, or not known."""

    value: float
    before: int
    after: int

    @property
    def touches(self) -> bool:
        """Whether the function has one sign on both sides."""
        return self.before == self.after != 0


@dataclass(frozen=True, slots=True)
class Jump:
    """The level passed without being taken: just below `value` the function is `before`, just above it `after`."""

    value: float
    before: float
    after: float


@dataclass(frozen=True)
class Crossings:
    """Where one function takes its level (a zero, below: of the function less its level), or passes it.

    roots  ascending; of a flat stretch both ends
    flat   stretches (from, to) on which the function is at its level throughout
    jumps  ascending
    ends   the function at the ends of the grid; NaN or infinite where it is not a number
    lost   values of the grid, ascending, at which the function is not finite: next to them nothing is looked for
    """

    roots: tuple[Root, ...]
    flat: tuple[tuple[float, float], ...]
    jumps: tuple[Jump, ...]
    ends: tuple[float, float]
    lost: tuple[float, ...]


@dataclass
class _Scan:
    """What the grid of problem `which` shows: zeros found, and where to look closer."""

    which: int
    x: Array
    g: Array
    level: float
    tolerance: float
    roots: list[Root] = field(default_factory=list)
    flat: list[tuple[float, float]] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    brackets: list[tuple[float, float]] = field(default_factory=list)
    dips: list[tuple[float, float, float, int]] = field(default_factory=list)


def find_crossings(function: Function, grids: Sequence[Array], level: float = 0.0) -> list[Crossings]:
    """Where the functions of several problems equal `level`.

    function  (problem int64 (m,), x float64 (m,)) -> float64 (m,), any mixture of problems; element i depends on
              problem[i] and x[i] alone
    grids     for each problem the values to look at, float64 (n,), ascending, at least two
    """

    def excess(which: NDArray[np.int64], x: Array) -> Array:
        return function(which.astype(np.int64), x) - level

    sizes = [len(grid) for grid in grids]
    values = function(np.repeat(np.arange(len(grids)), sizes), np.concatenate(grids))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    scans = [_scan(k, x, part - level, level) for k, (x, part) in enumerate(zip(grids, parts, strict=True))]
    for scan in scans:
        _zero_runs(excess, scan)
    _dips(excess, scans)
    _brackets(excess, scans)
    return [_crossings(scan, part) for scan, part in zip(scans, parts, strict=True)]


def _scan(which: int, x: Array, g: Array, level: float) -> _Scan:
    """Changes of sign between neighbours, and dips towards zero."""
    size = np.abs(g[np.isfinite(g)])
    typical = float(np.median(size)) if len(size) else 0.0
    scan = _Scan(which, x, g, level, ZERO * (max(typical, abs(level)) or float(size.max(initial=0.0))))
    s = _signs(scan)
    for i in np.flatnonzero(s[:-1] * s[1:] == -1):
        scan.brackets.append((float(x[i]), float(x[i + 1])))
    height = np.abs(g)
    with np.errstate(invalid="ignore"):
        same = (s[:-2] == s[1:-1]) & (s[1:-1] == s[2:]) & (np.abs(s[1:-1]) == 1)
        low = (height[1:-1] <= height[:-2]) & (height[1:-1] < height[2:])
        near = height[1:-1] <= _DEPTH * (np.maximum(height[:-2], height[2:]) - height[1:-1])
    for i in np.flatnonzero(same & low & near) + 1:
        scan.dips.append((float(x[i - 1]), float(x[i]), float(x[i + 1]), int(s[i])))
    return scan


def _signs(scan: _Scan) -> NDArray[np.int64]:
    """-1, 0 or 1 of each value on the grid; 9 where it is not finite, so that no product with it is -1."""
    with np.errstate(invalid="ignore"):
        s = np.where(np.abs(scan.g) <= scan.tolerance, 0.0, np.sign(scan.g))
    return np.where(np.isfinite(scan.g), s, 9).astype(np.int64)


def _zero_runs(excess: Function, scan: _Scan) -> None:
    """Points of the grid at which the function is zero: alone, or a stretch of them."""
    s, x = _signs(scan), scan.x
    zero = np.concatenate([[False], s == 0, [False]])
    starts, stops = np.flatnonzero(zero[1:] & ~zero[:-1]), np.flatnonzero(zero[:-1] & ~zero[1:]) - 1
    for first, last in zip(starts, stops, strict=True):
        before = int(s[first - 1]) if first > 0 and s[first - 1] != 9 else 0
        after = int(s[last + 1]) if last + 1 < len(x) and s[last + 1] != 9 else 0
        if last > first:
            low = _edge(excess, scan, x[first - 1], x[first]) if before else float(x[first])
            high = _edge(excess, scan, x[last + 1], x[last]) if after else float(x[last])
            scan.flat.append((low, high))
            scan.roots += [Root(low, before, 0), Root(high, 0, after)]
        elif scan.g[first] == 0.0 or not before or not after:
            scan.roots.append(Root(float(x[first]), before, after))
        elif before == after:
            scan.dips.append((float(x[first - 1]), float(x[first]), float(x[first + 1]), before))
        else:
            scan.brackets.append((float(x[first - 1]), float(x[first + 1])))


def _edge(excess: Function, scan: _Scan, outside: float, inside: float) -> float:
    """The end of a flat stretch, by bisection between a value outside and one inside it."""
    for _ in range(_STEPS):
        middle = 0.5 * (outside + inside)
        if middle in (outside, inside):
            break
        value = excess(np.array([scan.which]), np.array([middle]))[0]
        if abs(value) <= scan.tolerance:
            inside = middle
        else:
            outside = middle
    return float(inside)


def _dips(excess: Function, scans: Sequence[_Scan]) -> None:
    """Turning points near zero: they touch it, or pass it and leave two brackets, or neither."""
    owners = [scan for scan in scans for _ in scan.dips]
    if not owners:
        return
    from scipy.optimize.elementwise import find_minimum

    low, middle, high, sign = np.array([dip for scan in scans for dip in scan.dips]).T
    which = np.array([scan.which for scan in owners])

    def height(x: Array, problem: NDArray[np.int64], side: Array) -> Array:
        return np.asarray(side * excess(problem, x))

    tolerances = {"xatol": 0.0, "xrtol": 4.0 * np.finfo(np.float64).eps, "fatol": 0.0, "frtol": 0.0}
    with np.errstate(all="ignore"):  # a bracket may shrink to nothing before the hundredth step
        found = find_minimum(height, (low, middle, high), args=(which, sign), tolerances=tolerances, maxiter=_STEPS)
    for k, scan in enumerate(owners):
        x, h, side = float(found.x[k]), float(found.f_x[k]), int(sign[k])
        if h < -scan.tolerance:
            scan.brackets += [(float(low[k]), x), (x, float(high[k]))]
        elif h <= scan.tolerance:
            scan.roots.append(Root(x, side, side))


def _brackets(excess: Function, scans: Sequence[_Scan]) -> None:
    """Polish every bracket, and tell zeros from jumps."""
    owners = [scan for scan in scans for _ in scan.brackets]
    if not owners:
        return
    from scipy.optimize.elementwise import find_root

    low, high = np.array([bracket for scan in scans for bracket in scan.brackets]).T
    which = np.array([scan.which for scan in owners])
    first, last = excess(which, low), excess(which, high)
    spans = np.array([scan.x[-1] - scan.x[0] for scan in owners])
    tolerances = {"xatol": _NOTHING * spans.min(), "xrtol": 2.0 * np.finfo(np.float64).eps, "fatol": 0.0, "frtol": 0.0}
    with np.errstate(all="ignore"):
        found = find_root(
            lambda x, k: excess(k, x), (low, high), args=(which,), tolerances=tolerances, maxiter=_MOST_STEPS
        )
    left, right = np.minimum(*found.bracket), np.maximum(*found.bracket)
    wide = _WIDER * np.maximum(right - left, np.spacing(np.abs(found.x)))
    outer = [excess(which, np.clip(found.x + side * wide, low, high)) for side in (-1.0, 1.0)]
    inner = [excess(which, x) for x in (left, right)]
    for k, scan in enumerate(owners):
        if not np.isfinite(found.f_x[k]):
            continue
        before, after = float(inner[0][k]), float(inner[1][k])
        small = abs(found.f_x[k]) <= max(scan.tolerance, SMALL * abs(last[k] - first[k]))
        steep = abs(outer[1][k] - outer[0][k]) >= _GROWTH * abs(after - before)
        side = 1 if last[k] > 0.0 else -1
        if small or steep:
            scan.roots.append(Root(float(found.x[k]), -side, side))
        else:
            scan.jumps.append(Jump(float(right[k]), scan.level + before, scan.level + after))


def _crossings(scan: _Scan, values: Array) -> Crossings:
    """What was found, in order; `values` is the function on the grid, float64 (n,)."""
    return Crossings(
        roots=tuple(sorted(scan.roots, key=lambda root: root.value)),
        flat=tuple(scan.flat),
        jumps=tuple(sorted(scan.jumps, key=lambda jump: jump.value)),
        ends=(float(values[0]), float(values[-1])),
        lost=tuple(scan.x[~np.isfinite(scan.g)].tolist()),
    )
