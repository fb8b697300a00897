"""What is said of a box: how it does on fresh replicates, what each of its limits adds, and a map for a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.boxes_result import Case, DiscoveredBox, Limit, ShareMap, Sides, Step
from mcengine.analysis.boxes_search import Search
from mcengine.analysis.prim import Array, Box, Mask, quasi_p
from mcengine.analysis.result import Statistic
from mcengine.analysis.sample import Sample
from mcengine.analysis.summary import binomial_bounds, probability
from mcengine.inputs.study import Study

CELLS = 20  # of a map, each way
_MOVED = 0.001  # share of the draws that rounding a limit may move, in print only
_MIDDLE = 0.005  # a map leaves out this share of the draws on either side of each input


@dataclass(frozen=True)
class Half:
    """Some replicates: x float64 (inputs, R n), case bool (R n,), and how many replicates R they are."""

    x: Array
    case: Mask
    replicates: int

    def counts(self, chosen: Mask) -> Array:
        """(draws, cases) of each replicate among the `chosen` draws, float64 (R, 2)."""
        shape = (self.replicates, -1)
        return np.stack([chosen.reshape(shape).sum(axis=1), (chosen & self.case).reshape(shape).sum(axis=1)],
                        axis=1).astype(np.float64)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """What boxes are found on, `train`, and measured on, `fresh`."""

    case: Case
    sample: Sample
    train: Half
    fresh: Half

    @cached_property
    def ascending(self) -> Array:
        """The inputs of the draws that boxes are found on, float64 (inputs, R n), each in order."""
        return np.sort(self.train.x, axis=1)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the inputs, rows of x."""
        return self.sample.inputs

    def step(self, box: Box, left: Mask) -> Step:
        """`box` as measured among the fresh draws that are `left`."""
        limits = {self.names[j]: (finite(box.low[j]), finite(box.high[j])) for j in box.restricted}
        shown = {self.names[j]: self.readable(box, j) for j in box.restricted}
        found = {"coverage": box.coverage, "density": box.density, "mass": box.mass}
        coverage, density, mass = measures(self.fresh, box.contains(self.fresh.x) & left)
        if not limits and left.all():
            coverage = mass = Statistic(1.0, (1.0, 1.0))  # all draws, by definition
        return Step(limits, shown, found, coverage, density, mass)

    def readable(self, box: Box, j: int) -> Sides:
        """The limits on input j in as few digits, three or more, as move less than a thousandth of the draws."""
        values = self.ascending[j]

        def short(limit: float) -> float:
            for digits in range(3, 16):
                rounded = float(f"{limit:.{digits}g}")
                low, high = min(limit, rounded), max(limit, rounded)
                moved = np.searchsorted(values, high, side="right") - np.searchsorted(values, low, side="left")
                if rounded == limit or moved <= len(values) * _MOVED:
                    return rounded
            return limit

        low, high = finite(box.low[j]), finite(box.high[j])
        return (None if low is None else short(low)), (None if high is None else short(high))


def divide(sample: Sample, case: Case) -> Ground:
    """The first half of the replicates to find boxes on, the others to measure them."""
    y, half = sample.y[:, 0], sample.replicates // 2
    holds = y > case.level if case.above else y < case.level

    def part(chosen: slice) -> Half:
        x_of = sample.x[chosen]
        x = np.concatenate(x_of, axis=1)
        return Half(x, holds[chosen].ravel(), len(x_of))

    return Ground(case, sample, part(slice(half)), part(slice(half, None)))


def describe(ground: Ground, answer: Search, picked: int, left: Sequence[Mask]) -> DiscoveredBox:
    """Everything there is to say of one box."""
    box = answer.steps[picked]
    limits = [_limit(ground, box, j, left) for j in box.restricted]
    limits.sort(key=lambda limit: float(limit.density_without.value or 0.0))
    return DiscoveredBox(
        looked_at=tuple(ground.names[j] for j in answer.places),
        inputs=tuple(ground.names[j] for j in answer.inputs),
        steps=tuple(ground.step(step, left[1]) for step in answer.steps),
        suggested=answer.suggested,
        picked=picked,
        limits=tuple(limits),
        fewer=tuple(ground.step(step, left[1]) for step in answer.best),
        whole=tuple(ground.step(step, left[1]) for step in answer.whole),
        map=_map(ground.fresh, ground.names, box, [limit.input for limit in limits], answer.leading, left[1]),
    )


def _limit(ground: Ground, box: Box, j: int, left: Sequence[Mask]) -> Limit:
    name, study = ground.names[j], ground.sample.problem.study
    low, high = finite(box.low[j]), finite(box.high[j])
    chances = quasi_p(ground.train.x, ground.train.case, box, left[0])[j]
    wider = box.contains(ground.fresh.x, without=(j,)) & left[1]
    unit = next(spec.unit for spec in study.inputs if spec.name == name)
    return Limit(
        input=name,
        unit=unit,
        low=low,
        high=high,
        shown=ground.readable(box, j),
        low_quantile=None if low is None else _share(study, name, low, "below"),
        high_quantile=None if high is None else _share(study, name, high, "cdf"),
        quasi_p=(finite(chances[0]), finite(chances[1])),
        density_without=measures(ground.fresh, wider)[1],
    )


def _share(study: Study, name: str, value: float, of: str) -> float:
    """The share of the input's distribution up to ("cdf") or "below" `value`, over the sets by their weights."""
    shares = [float(getattr(study.marginal(g, name), of)(value)) for g in range(len(study.sets))]
    return math.fsum(member.weight * share for member, share in zip(study.sets, shares, strict=True))


def measures(half: Half, inside: Mask) -> tuple[Statistic, Statistic, Statistic]:
    """(coverage, density, mass) of the draws `inside`, with intervals over the replicates of `half`."""
    everywhere = half.counts(np.ones(len(half.case), dtype=bool))
    held = half.counts(inside)
    return (
        ratio(held[:, 1], everywhere[:, 1]),
        ratio(held[:, 1], held[:, 0]),
        ratio(held[:, 0], everywhere[:, 0]),
    )


def ratio(hits: Array, of: Array) -> Statistic:
    """The share `hits` of `of`, both float64 (replicates,), with its interval over the replicates."""
    total = float(of.sum())
    if total == 0.0:
        return Statistic(None, None, "no fresh draw to measure it on")
    value = float(hits.sum() / total)
    if not of.all():  # some replicates have no share of their own
        return Statistic(value, binomial_bounds(float(hits.sum()), total), "exact binomial bounds")
    return probability(value, hits / of, total)


def _map(
    half: Half, names: Sequence[str], box: Box, restricted: Sequence[str], leading: Sequence[int], left: Mask
) -> ShareMap | None:
    """The share of cases over the two inputs that matter most, inside the box's limits of the others."""
    shown = list(dict.fromkeys([*restricted, *(names[j] for j in leading), *names]))[:2]
    if len(shown) < 2:
        return None
    rows = [names.index(name) for name in shown]
    chosen = box.contains(half.x, without=rows) & left
    edges = [_edges(half.x[row]) for row in rows]
    both: list[NDArray[np.int64]] = []
    for mask in (chosen, chosen & half.case):
        counts, _, _ = np.histogram2d(half.x[rows[0]][mask], half.x[rows[1]][mask], bins=edges)
        both.append(counts.astype(np.int64))
    return ShareMap((shown[0], shown[1]), (edges[0], edges[1]), both[0], both[1])


def _edges(values: Array) -> Array:
    """Ends of equal cells over the middle of the values; over all of them where the middle is one atom."""
    low, high = np.quantile(values, (_MIDDLE, 1 - _MIDDLE)).tolist()
    if low == high:
        low, high = float(values.min()), float(values.max())
    return np.linspace(low, high, CELLS + 1)


def finite(value: float) -> float | None:
    """`value`, or None for an open side."""
    return float(value) if math.isfinite(value) else None
