"""PRIM, the patient rule induction method: a box of inputs in which cases of interest are dense, found by peeling.

From the box of all draws each step peels the share `alpha` off one side of one input, the side whose removal gains
most by the objective, until no peel gains or the box would hold less than the share `mass` of the draws; then sides
are pasted back, `alpha` of the draws beyond them at a time, as long as the density rises (Friedman & Fisher 1999,
Bump hunting in high-dimensional data, Statistics and Computing 9, 123-143, sections 8 and 9). Every box on the way is
kept with its coverage (the share of all cases of interest it holds) and density (the share of its draws that are
cases of interest), for the reader to pick from (Bryant & Lempert 2010, Technological Forecasting and Social Change
77, 34-49).

Details that the papers leave open are those of ema_workbench 2.5, so that both give the same trajectory:
- A side moves to the middle between the two draws around the quantile; where these are equal, an atom, to the middle
  between the atom and the next value inwards, so that an atom is peeled whole.
- Ties in the objective go to the box with fewer restricted inputs, then to the earlier input, then to the upper side
  in peeling and to the lower one in pasting.
- Mass and coverage are shares of all draws and all cases, also where earlier boxes have taken some of them away.

>>> import numpy as np
>>> x = (np.arange(1000.0)[None, :] + 0.5) / 1000
>>> steps = prim(x, x[0] < 0.3, alpha=0.1, mass=0.05)
>>> len(steps), steps[-1].cases, steps[-1].draws, round(float(steps[-1].high[0]), 4), float(steps[-1].low[0])
(13, 280, 280, 0.28, -inf)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]

DEFAULT_ALPHA, DEFAULT_MASS = 0.05, 0.05
LOW, HIGH = 0, 1


def _gain_per_draw(before: float, after: Array, removed: Array, _: Array) -> Array:
    """Rise of the density for each draw removed (or added)."""
    return _per(after - before, removed)


def _gain_by_mass(before: float, after: Array, removed: Array, left: Array) -> Array:
    """Rise of the density for each draw removed, times the draws left (Friedman & Fisher 1999, section 14.6)."""
    return _per(left * (after - before), removed)


def _density(_: float, after: Array, __: Array, left: Array) -> Array:
    """The density itself (Friedman & Fisher 1999, section 8.1)."""
    return np.where(left > 0, after, -1.0)


def _per(gain: Array, moved: Array) -> Array:
    return np.divide(gain, moved, out=np.zeros_like(gain), where=gain != 0.0)


OBJECTIVES: dict[str, Callable[[float, Array, Array, Array], Array]] = {
    "lenient1": _gain_per_draw,
    "lenient2": _gain_by_mass,
    "original": _density,
}
"""By name: (density before, densities after, draws moved, draws left) -> what a step is chosen by."""


@dataclass(frozen=True)
class Box:
    """One box of a trajectory.

    low, high      float64 (inputs,), in the inputs' units, both inside; infinite where a side is not restricted
    draws, cases   how many it holds of those it was found on
    mass, coverage, density   shares of all draws, of all cases of interest; cases among its draws
    """

    low: Array
    high: Array
    draws: int
    cases: int
    mass: float
    coverage: float
    density: float

    @property
    def restricted(self) -> tuple[int, ...]:
        """Places of the inputs with a limit."""
        return tuple(np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high)).tolist())

    def contains(self, x: Array, *, without: Collection[int] = ()) -> Mask:
        """Which of the draws x, float64 (inputs, n), are inside, bool (n,); `without` the limits on some inputs."""
        inside = np.ones(x.shape[1], dtype=bool)
        for j in set(self.restricted).difference(without):
            inside &= (self.low[j] <= x[j]) & (x[j] <= self.high[j])
        return inside


@dataclass(frozen=True)
class _Sample:
    """What PRIM works on: all draws, which are cases, which are still to be explained, and the settings."""

    x: Array
    case: Mask
    among: Mask
    cases: int
    ends: Array  # float64 (inputs, 2), lowest and highest of all draws
    alpha: float
    mass: float
    objective: Callable[[float, Array, Array, Array], Array]

    def box(self, limits: Array, draws: int, cases: int) -> Box:
        free = limits == self.ends
        low, high = np.where(free[:, LOW], -np.inf, limits[:, LOW]), np.where(free[:, HIGH], np.inf, limits[:, HIGH])
        return Box(low, high, draws, cases, draws / len(self.case), cases / self.cases, cases / draws)

    def best(self, draws: int, cases: int, limits: Array, moves: list[_Move]) -> _Move | None:
        """The move with the highest objective, if it gains at all; ties as the module says."""
        if not moves:
            return None
        left = np.array([move.draws for move in moves], dtype=np.float64)
        found = np.array([move.cases for move in moves], dtype=np.float64)
        after = np.divide(found, left, out=np.zeros_like(left), where=left > 0)
        gains = self.objective(cases / draws, after, np.abs(left - draws), left)
        if not gains.max() > 0.0:
            return None
        tied = np.flatnonzero(gains == gains.max()).tolist()
        return moves[min(tied, key=lambda k: (self._restricted(limits, moves[k]), k))]

    def _restricted(self, limits: Array, move: _Move) -> int:
        moved = limits.copy()
        moved[move.input, move.side] = move.limit
        return int(np.any(moved != self.ends, axis=1).sum())


@dataclass(frozen=True, slots=True)
class _Move:
    """A side that may be moved to `limit`, and what the box would then hold."""

    input: int
    side: int
    limit: float
    draws: int
    cases: int


def presort(x: Array) -> Indices:
    """For each input the draws in ascending order, intp (inputs, n): what `prim` can be given to save its sorting."""
    return np.argsort(x, axis=1, kind="stable")


def prim(
    x: Array,
    case: Mask,
    *,
    alpha: float = DEFAULT_ALPHA,
    mass: float = DEFAULT_MASS,
    objective: str = "lenient1",
    among: Mask | None = None,
    order: Indices | None = None,
) -> tuple[Box, ...]:
    """The trajectory of boxes, the first of them all draws; of the module's algorithm.

    x       float64 (inputs, n); case: bool (n,), the cases of interest, at least one
    alpha   share peeled off (and pasted on) at a time, in (0, 0.5); mass: least share of all draws in a box
    among   bool (n,): the draws not yet taken by earlier boxes, at least one; all by default
    order   `presort(x)`, where several trajectories share it
    """
    among = np.ones(len(case), dtype=bool) if among is None else among
    ends = np.stack([x.min(axis=1), x.max(axis=1)], axis=1)
    sample = _Sample(x, case, among, int(case.sum()), ends, alpha, mass, OBJECTIVES[objective])
    order = presort(x) if order is None else order
    order = order[among[order]].reshape(len(x), -1)
    steps = [sample.box(ends, order.shape[1], int((case & among).sum()))]
    limits = ends
    while (move := _peel(sample, limits, order)) is not None:
        limits = _moved(limits, move)
        column = x[move.input]
        inside = column >= move.limit if move.side == LOW else column <= move.limit
        order = order[inside[order]].reshape(len(x), -1)
        steps.append(sample.box(limits, move.draws, move.cases))
    while (move := _paste(sample, limits, steps[-1])) is not None:
        limits = _moved(limits, move)
        steps.append(sample.box(limits, move.draws, move.cases))
    return tuple(steps)


def _moved(limits: Array, move: _Move) -> Array:
    moved = limits.copy()
    moved[move.input, move.side] = move.limit
    return moved


def _peel(sample: _Sample, limits: Array, order: Indices) -> _Move | None:
    """The next peel of the box with the draws `order`, intp (inputs, draws); None when it ends."""
    draws = order.shape[1]
    cases = int(sample.case[order[0]].sum())
    moves = []
    for j, own in enumerate(order):
        values = sample.x[j][own]
        limit = upper_quantile(values, 1 - sample.alpha)
        kept = int(np.searchsorted(values, limit, side="right"))
        lost = int(np.count_nonzero(sample.case[own[kept:]]))
        moves.append(_Move(j, HIGH, limit, kept, cases - lost))
        limit = lower_quantile(values, sample.alpha)
        gone = int(np.searchsorted(values, limit, side="left"))
        lost = int(np.count_nonzero(sample.case[own[:gone]]))
        moves.append(_Move(j, LOW, limit, draws - gone, cases - lost))
    best = sample.best(draws, cases, limits, moves)
    if best is None or best.draws >= draws or best.draws / len(sample.case) < sample.mass:
        return None
    return best


def _paste(sample: _Sample, limits: Array, box: Box) -> _Move | None:
    """The next paste onto `box`; None when none makes it denser."""
    restricted = np.array(box.restricted, dtype=np.intp)
    if not len(restricted):
        return None
    x = sample.x[restricted]
    beyond: NDArray[np.bool_] = (x < limits[restricted, LOW, None]) | (x > limits[restricted, HIGH, None])
    outside = beyond.sum(axis=0)
    moves = []
    for k, j in enumerate(restricted.tolist()):
        others = sample.among & (outside == beyond[k])  # inside for all the other inputs
        for side in (LOW, HIGH):
            if limits[j, side] == sample.ends[j, side]:
                continue
            limit = _pasted(sample, x[k][others], limits[j, side], side, j)
            held = others & _between(x[k], limit, limits[j, 1 - side])
            moves.append(_Move(j, side, limit, int(held.sum()), int((held & sample.case).sum())))
    best = sample.best(box.draws, box.cases, limits, moves)
    enough = best is not None and best.draws / len(sample.case) >= sample.mass
    if best is None or not enough or best.draws <= box.draws or best.cases / best.draws <= box.density:
        return None
    return best


def _pasted(sample: _Sample, values: Array, limit: float, side: int, j: int) -> float:
    """The limit after pasting the share alpha of the `values` beyond it, or all of the input when there are none."""
    neighbours = np.sort(values[values <= limit] if side == LOW else values[values >= limit])
    if not len(neighbours):
        return float(sample.ends[j, side])
    if side == LOW:
        return upper_quantile(neighbours, 1 - sample.alpha)
    return lower_quantile(neighbours, sample.alpha)


def _between(values: Array, one: float, other: float) -> Mask:
    return (values >= min(one, other)) & (values <= max(one, other))


def upper_quantile(values: Array, share: float) -> float:
    """Middle of the two ascending `values` around the quantile; below an atom there, of it and the next lower one."""
    place = (len(values) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    if values[low] == values[high]:
        low = max(int(np.searchsorted(values, values[high], side="left")) - 1, 0)
    return float((values[low] + values[high]) / 2)


def lower_quantile(values: Array, share: float) -> float:
    """Middle of the two ascending `values` around the quantile; above an atom there, of it and the next higher one."""
    place = (len(values) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    if values[low] == values[high]:
        high = min(int(np.searchsorted(values, values[low], side="right")), len(values) - 1)
    return float((values[low] + values[high]) / 2)


def quasi_p(x: Array, case: Mask, box: Box, among: Mask | None = None) -> Array:
    """For each limit the chance to find so many cases in the box if the limit meant nothing, float64 (inputs, 2).

    The one-sided binomial P(Bin(draws, p) >= cases) with p the density of the box without that one limit (Bryant &
    Lempert 2010, section 3.3); NaN where a side is not restricted. "Quasi", as the limit was chosen on these draws.
    """
    among = np.ones(len(case), dtype=bool) if among is None else among
    sides = [(j, side) for j in box.restricted for side in (LOW, HIGH) if np.isfinite((box.low, box.high)[side][j])]
    beyond = np.array([x[j] < box.low[j] if side == LOW else x[j] > box.high[j] for j, side in sides])
    found = np.full((len(x), 2), np.nan)
    if not sides:
        return found
    alone = among & (beyond.sum(axis=0) == 1)
    for (j, side), out in zip(sides, beyond, strict=True):
        without = alone & out
        draws, cases = box.draws + int(without.sum()), box.cases + int((without & case).sum())
        p = cases / draws
        found[j, side] = 1.0 if box.cases == 0 else betainc(box.cases, box.draws - box.cases + 1, p)
    return found
