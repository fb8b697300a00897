"""Which few inputs to box in: PRIM over all of them, then over each small set of those that matter most.

A trajectory over all inputs restricts a fourth and a fifth input where a reader wants two or three. So PRIM is run
again on every set of at most `most` of the leading inputs, and the set whose box is best is kept (Kwakkel 2019,
Futures & Foresight Science 1, e8, does the same for a whole frontier). The leading ones are those that the densest
box of the trajectory over all inputs restricts, by how much density goes when their limits are lifted, up to
`SHORTLIST` of them.

The box suggested, of a trajectory and of the sets alike: among the boxes that hold at least the share `coverage` of
the cases still to be covered, and each limit of which is no chance (quasi-p values below `CHANCE`, as Kwakkel has
it), the densest; but of those within `CLOSE` of its density the one with fewest inputs. Ties go to the box that
covers more, then to the earlier one. Where no box passes, the first of these demands to fall is that on chance, then
that on coverage, which an atom peeled in one step may break: then it is the box that covers most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from mcengine.analysis.prim import Array, Box, Indices, Mask, prim, quasi_p

SHORTLIST = 8
LARGEST = 6  # inputs a set may have: all sets of up to six of eight inputs are 246 trajectories
CHANCE = 0.05
CLOSE = 0.01


@dataclass(frozen=True)
class Rule:
    """How boxes are found and which is suggested; alpha, mass and objective are PRIM's (`analysis.prim.prim`).

    most      inputs a box may restrict; coverage: least share of the cases in a suggested box
    """

    alpha: float
    mass: float
    objective: str
    most: int
    coverage: float

    @property
    def peeling(self) -> dict[str, Any]:
        """What `prim` takes."""
        return {"alpha": self.alpha, "mass": self.mass, "objective": self.objective}


@dataclass(frozen=True)
class Search:
    """What was found among some draws.

    places     of the inputs looked at; inputs: of those that `steps`, the trajectory to pick from, was made over
    suggested  its place in `steps`
    whole      the trajectory over all that were looked at
    leading    the inputs that matter most, most first
    best       the best box of each number of restricted inputs, fewest first
    """

    places: tuple[int, ...]
    inputs: tuple[int, ...]
    steps: tuple[Box, ...]
    suggested: int
    whole: tuple[Box, ...]
    leading: tuple[int, ...]
    best: tuple[Box, ...]


def search(x: Array, case: Mask, places: Sequence[int], rule: Rule, among: Mask, order: Indices) -> Search | None:
    """The boxes over the inputs `places` of the draws x, float64 (inputs, n), that are `among`.

    order  `presort(x)`

    None when nothing can be peeled off with a gain: no box is denser than all draws.
    """
    whole = _trajectory(x, case, tuple(places), rule, among, order)
    first = suggest(whole, rule.coverage)

    def sure(box: Box) -> bool:
        return not np.any(quasi_p(x, case, box, among) > CHANCE)

    if first is None:
        return None
    leading = lead(x, case, whole[first], among)[:SHORTLIST]
    tried = {tuple(places): whole}
    for size in range(1, min(rule.most, len(leading)) + 1):
        for chosen in combinations(sorted(leading), size):
            if chosen not in tried:
                tried[chosen] = _trajectory(x, case, chosen, rule, among, order)
    found = {
        chosen: (steps, k)
        for chosen, steps in tried.items()
        if len(chosen) <= rule.most and (k := suggest(steps, rule.coverage, sure)) is not None
    }
    best: dict[int, tuple[int, ...]] = {}
    for chosen, (steps, k) in found.items():
        number = len(steps[k].restricted)
        if number not in best or _merit(steps[k]) > _merit(found[best[number]][0][found[best[number]][1]]):
            best[number] = chosen
    boxes = {number: found[chosen][0][found[chosen][1]] for number, chosen in sorted(best.items())}
    taken = tuple(places)
    if len(places) > rule.most:
        densest = max(box.density for box in boxes.values())
        taken = best[next(number for number, box in boxes.items() if box.density >= densest - CLOSE)]
    steps, suggested = found[taken]
    return Search(tuple(places), taken, steps, suggested, whole, leading, tuple(boxes.values()))


def suggest(steps: Sequence[Box], coverage: float, sure: Callable[[Box], bool] | None = None) -> int | None:
    """Place of the box to suggest; None when no step restricts anything.

    sure   whether no limit of a box is chance; without it the densest box is taken, whatever its limits
    """
    restricted = [k for k, step in enumerate(steps) if step.restricted]
    enough = [k for k in restricted if steps[k].coverage >= coverage * steps[0].coverage]
    if not enough:
        return max(restricted, key=lambda k: (steps[k].coverage, -k), default=None)
    ranked = sorted(enough, key=lambda k: _merit(steps[k]), reverse=True)
    if sure is None:
        return ranked[0]
    first = next((k for k in ranked if sure(steps[k])), None)
    if first is None:
        return ranked[0]
    close = [k for k in ranked if steps[k].density >= steps[first].density - CLOSE]
    close.sort(key=lambda k: len(steps[k].restricted))  # stable: the densest first among equals
    return next(k for k in close if sure(steps[k]))


def lead(x: Array, case: Mask, box: Box, among: Mask) -> tuple[int, ...]:
    """The inputs that `box` restricts, by the density that goes when both limits of one are lifted."""
    return tuple(sorted(box.restricted, key=lambda j: (density_without(x, case, box, j, among), j)))


def density_without(x: Array, case: Mask, box: Box, j: int, among: Mask) -> float:
    """The density of `box` among the draws x without its limits on input j."""
    inside = box.contains(x, without=(j,)) & among
    return float(case[inside].sum() / inside.sum())


def _merit(box: Box) -> tuple[float, float]:
    return box.density, box.coverage


def _trajectory(
    x: Array, case: Mask, places: tuple[int, ...], rule: Rule, among: Mask, order: Indices
) -> tuple[Box, ...]:
    """PRIM over the inputs `places`, its boxes with limits for all of x."""
    rows = list(places)
    boxes = []
    for step in prim(x[rows], case, among=among, order=order[rows], **rule.peeling):
        low, high = np.full(len(x), -np.inf), np.full(len(x), np.inf)
        low[rows], high[rows] = step.low, step.high
        boxes.append(replace(step, low=low, high=high))
    return tuple(boxes)
