"""The search for a split of public money: any split's outcomes on a stored sample, and the way uphill from a start.

Sequential quadratic programming (SLSQP; Kraft 1988) over the simplex of shares. The NPV of a split is the mean of
thousands of piecewise smooth curves with their kinks in different places, so it is smooth enough for slopes taken as
differences. Of the ways tried (COBYQA and Nelder-Mead beside it) this one ended in one place from every start, and
took the fewest evaluations.

P(NPV > 0) counts draws and has no slope. The search climbs E[1 / (1 + exp(-NPV / w))] instead, first with a wide w,
then with a narrow one; what it finds is judged by the count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Event

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import expit

from mcengine.engine.problem import Problem
from mcengine.errors import InterruptedRun, NonFiniteError
from mcengine.models.model import Model
from mcengine.sampling.streams import key, uniforms

Array = NDArray[np.float64]

OBJECTIVES = (MEAN, POSITIVE) = ("mean", "prob_positive")
LEVERAGES = (MOVES, FIXED) = ("moves", "fixed")

SPLIT = 4  # place of the array with a_p and r_p among the constants of either accounting, see `models.build`
WIDTHS = {MEAN: (0.0,), POSITIVE: (0.5, 0.1)}  # w, in standard deviations of the outcome under the plan's split
STEP, PRECISION, MOST_STEPS = 1e-5, 1e-7, 100  # of a share; of the objective in those; of SLSQP
ALIKE = 1e-9  # of the outcome's size: differences below this are rounding
MOSTLY = 0.9  # share of the phase that a start favours
NONE = 1e-7  # a share below this is what a search leaves of 0
BISECTIONS = 12
STREAM = "@split"


@dataclass(frozen=True)
class Splits:
    """What splits of the public money bring on one sample: the same draws for each of them.

    x      inputs of each replicate, float64 (inputs, n); first: the index of the first replicate
    row    of the output that counts; moves: whether leverage moves with the split
    """

    problem: Problem
    x: Sequence[Array]
    first: int
    row: int
    moves: bool

    @cached_property
    def plan(self) -> Array:
        """a_p of the plan, float64 (phases,)."""
        assert self.problem.study.plan is not None
        return np.array([phase.public_money_share for phase in self.problem.study.plan.phases])

    @cached_property
    def public(self) -> Array:
        """s_p, the public share of all money in a phase, float64 (phases,)."""
        assert self.problem.study.plan is not None
        return np.array([phase.public_share for phase in self.problem.study.plan.phases])

    def ratios(self, shares: Array) -> Array:
        """r_p = a_p (1 - s_p) / s_p, private money per public euro (docs/method.md), float64 (phases,)."""
        return shares * (1 - self.public) / self.public

    def factor(self, shares: Array) -> float:
        """What the drawn leverage is multiplied by: sum r(a) / sum r(a of the plan), or 1 where it is held."""
        return float(self.ratios(shares).sum() / self.ratios(self.plan).sum()) if self.moves else 1.0

    @cached_property
    def _lean(self) -> Model:
        """The model with its headline alone, compiled: what a search evaluates thousands of times."""
        model = replace(self.problem.model, outputs=self.problem.model.headline_outputs)
        model.function()
        return model

    @cached_property
    def _leverage(self) -> int:
        return self.problem.model.inputs.index("leverage")

    def outcomes(self, shares: Array, *, tables: bool = False) -> Iterator[Array]:
        """Outputs of the replicates in order, float64 (outputs, n): headline, or with `tables` all."""
        ratios = self.ratios(shares)
        if ratios.sum() == 0.0:  # all money in phases that are wholly public: the factor is 0, and any ratios will do
            ratios = self.ratios(self.plan)
        model = self.problem.model if tables else self._lean
        split = model.constants[SPLIT].copy()
        split[0], split[1] = shares, ratios
        # unlike with_constants this keeps the compiled kernel: the constants' types are the same
        model = replace(model, constants=(*model.constants[:SPLIT], split, *model.constants[SPLIT + 1 :]))
        factor = self.factor(shares)
        for index, x in enumerate(self.x):
            moved = x.copy()
            moved[self._leverage] *= factor
            out = model.evaluate(moved, headline_only=not tables)
            if not np.isfinite(out[self.row]).all():
                raise self._refuse(self.first + index, moved, out[self.row])
            yield out

    def values(self, shares: Array) -> Array:
        """The output that counts, float64 (replicates, n)."""
        return np.array([out[self.row] for out in self.outcomes(shares)])

    def _refuse(self, replicate: int, x: Array, values: Array) -> NonFiniteError:
        bad = np.flatnonzero(~np.isfinite(values))
        inputs = dict(zip(self.problem.model.inputs, x[:, bad[0]].tolist(), strict=True))
        key = self.problem.model.outputs[self.row].key
        return NonFiniteError(key, tuple((replicate, int(i)) for i in bad[:5]), inputs, len(bad))


def measure(values: Array, objective: str, width: float = 0.0) -> float:
    """The objective of outcomes (replicates, n); P(> 0) smoothed over `width`, in the outcome's unit, unless 0."""
    if objective == MEAN:
        return float(values.mean())
    return float(expit(values / width).mean() if width > 0 else (values > 0).mean())


@dataclass(frozen=True, slots=True)
class Start:
    """Where a search began, the best split it met at the end of its stages, and how good that is on its own draws.

    value  the objective there, not smoothed; tried: how many splits it evaluated
    """

    name: str
    shares: tuple[float, ...]
    value: float
    tried: int


@dataclass
class Search:
    """The search on one sample; `scale` is the outcome's standard deviation under the plan's split."""

    splits: Splits
    objective: str
    scale: float

    def climb(self, name: str, start: Array, stop: Event) -> Start:
        """The best split uphill from `start`, float64 (phases,); left at once when `stop` is set."""
        tried, best, value = 0, start, self.value(start)
        unit = self.scale if self.objective == MEAN else 1.0

        def loss(free: Array, width: float) -> float:
            nonlocal tried
            tried += 1
            if stop.is_set():
                raise InterruptedRun("the search was stopped")
            return -measure(self.splits.values(on_simplex(free)), self.objective, width) / unit

        count, at = len(start), start
        identity, ones = np.eye(count), np.ones(count)
        # bounds as constraints: scipy warns, in every thread at once, when a bound is missed by a rounding error
        limits = (
            {"type": "eq", "fun": lambda a: a.sum() - 1.0, "jac": lambda a: ones},
            {"type": "ineq", "fun": lambda a: a, "jac": lambda a: identity},
        )
        options = {"eps": STEP, "ftol": PRECISION, "maxiter": MOST_STEPS}
        for width in WIDTHS[self.objective]:
            found = optimize.minimize(
                loss, at, args=(width * self.scale,), method="SLSQP", constraints=limits, options=options
            )
            at = on_simplex(np.where(found.x < NONE, 0.0, found.x))
            reached = self.value(at)
            if reached > value:
                best, value = at, reached
        return Start(name, tuple(best.tolist()), value, tried + 1 + len(WIDTHS[self.objective]))

    def value(self, shares: Array) -> float:
        """The objective of a split, not smoothed."""
        return measure(self.splits.values(shares), self.objective)

    def range_of(self, phase: int, best: Array, least: float) -> tuple[float, float]:
        """The shares of one phase around `best` with which the objective is at least `least`.

        The other phases keep their proportions. Each end is found by bisection, to 1/4096 of the way.
        """
        others = np.delete(best, phase)
        if others.sum() <= 0.0:
            others = np.delete(self.splits.plan, phase)
        others = others / others.sum() if others.sum() > 0.0 else np.full(len(others), 1.0 / len(others))
        ends = []
        for end in (0.0, 1.0):
            inside, outside = float(best[phase]), end
            if self.value(np.insert((1.0 - end) * others, phase, end)) >= least:
                inside = end
            for _ in range(BISECTIONS if inside != end else 0):
                middle = (inside + outside) / 2
                good = self.value(np.insert((1.0 - middle) * others, phase, middle)) >= least
                inside, outside = (middle, outside) if good else (inside, middle)
            ends.append(inside)
        return ends[0], ends[1]


def on_simplex(free: Array) -> Array:
    """`free` with what is below 0 set to 0, and so scaled that the sum is 1."""
    shares = np.maximum(free, 0.0)
    return np.asarray(shares / shares.sum())


def starting_points(splits: Splits, names: Sequence[str], count: int, seed: int) -> list[tuple[str, Array]]:
    """`count` named splits: the plan's, equal shares, mostly one phase for each phase, then uniform on the simplex."""
    phases = len(names)
    equal = np.full(phases, 1.0 / phases)
    points = [("the plan's split", splits.plan), ("equal shares", equal)]
    for p, name in enumerate(names):
        points.append((f"mostly {name}", MOSTLY * np.eye(phases)[p] + (1.0 - MOSTLY) * equal))
    for k in range(max(count - len(points), 0)):
        drawn = np.empty(phases)
        uniforms(key(seed, STREAM), k, 0, drawn)
        points.append((f"random {k + 1}", on_simplex(-np.log(drawn))))  # Dirichlet(1, ..., 1)
    return points[:count]
