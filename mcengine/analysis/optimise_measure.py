"""What a split of the public money is worth on fresh replicates, beside the plan's: effects, and the money left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.difference_intervals import Pair, Values
from mcengine.analysis.optimise_result import Effect, PhaseShare
from mcengine.analysis.optimise_search import MEAN, POSITIVE, Splits, measure
from mcengine.analysis.result import Statistic
from mcengine.analysis.summary import probability, skewed_interval
from mcengine.engine.problem import Problem
from mcengine.inputs.plan import PIPELINE
from mcengine.models.model import Model

Array = NDArray[np.float64]

FURTHER = ("npv", "npv_if_returned", "unspent_at_horizon", "unspent_public_at_horizon")
LAUNCHES = "launches"  # summed over the years
SAME = "the best split found is the plan's"


@dataclass(frozen=True, slots=True)
class Number:
    """A number to report: a statistic of the sum of some rows of the outputs."""

    name: str
    unit: str
    statistic: str
    rows: tuple[int, ...]

    def of(self, out: Array) -> float:
        """Of the draws of `out`, float64 (outputs, n)."""
        return measure(out[list(self.rows)].sum(axis=0), self.statistic)


def _numbers(model: Model, row: int, objective: str) -> list[Number]:
    """The objective first, then the other of mean and P(> 0), then what else the split changes."""
    key, unit = model.outputs[row].key, model.outputs[row].unit
    own = [Number(key, unit, MEAN, (row,)), Number(f"{key}.{POSITIVE}", "share", POSITIVE, (row,))]
    found = own if objective == MEAN else own[::-1]
    for k, output in enumerate(model.headline_outputs):
        if output.name in FURTHER and k != row:
            found.append(Number(output.key, output.unit, MEAN, (k,)))
    made = [k for k, output in enumerate(model.outputs) if output.name == LAUNCHES]
    return [*found, Number(LAUNCHES, model.outputs[made[0]].unit, MEAN, tuple(made))]


def measured(
    fresh: Splits, best: Array, objective: str, differs: bool
) -> tuple[dict[str, Effect], Array | None, Array]:
    """(effects, what lies where at the horizon, rows) of the plan's split and of `best` on the fresh replicates.

    What lies where: float64 (2 splits, 2 quantities, phases), programme money left and own candidates waiting.
    """
    numbers, at = _numbers(fresh.problem.model, fresh.row, objective), _left_rows(fresh.problem)
    means, left = np.empty((2, len(fresh.x), len(numbers))), np.zeros((2, *at.shape))
    for s, shares in enumerate((fresh.plan, best)):
        for r, out in enumerate(fresh.outcomes(shares, tables=True)):
            means[s, r] = [number.of(out) for number in numbers]
            left[s] += out[at].mean(axis=-1) / len(fresh.x)
    varies = len(fresh.problem.design.uncertain) > 0
    draws = fresh.x[0].shape[1] * len(fresh.x)
    effects = {
        number.name: _effect(number, means[0, :, k], means[1, :, k], draws, differs, varies)
        for k, number in enumerate(numbers)
    }
    return effects, left if at.size else None, np.concatenate((means[0], means[1]), axis=1)


def _left_rows(problem: Problem) -> NDArray[np.int64]:
    """Rows of the programme money left and of the candidates waiting at the horizon, int64 (2, phases); none in plan
    accounting."""
    study = problem.study
    if study.options.accounting != PIPELINE:
        return np.empty((2, 0), dtype=np.int64)
    assert study.plan is not None
    phases, year = [phase.name for phase in study.plan.phases], study.options.horizon
    kinds = ("unspent", "waiting")
    return np.array([[problem.model.output_index(f"{kind}_{name}[{year}]") for name in phases] for kind in kinds])


def _effect(number: Number, plan: Array, best: Array, draws: int, differs: bool, varies: bool) -> Effect:
    """One number's effect from its values by replicate."""
    sides = [Values(float(each.mean()), each, float(draws)) for each in (plan, best)]
    change = Statistic(0.0, (0.0, 0.0), SAME)
    if not varies:
        own = [Statistic(side.pooled, (side.pooled, side.pooled)) for side in sides]
        step = sides[1].pooled - sides[0].pooled
        return Effect(number.name, number.unit, own[0], own[1], Statistic(step, (step, step)) if differs else change)
    if number.statistic == POSITIVE:
        own = [probability(side.pooled, side.each, draws) for side in sides]
    else:
        own = [skewed_interval(side.pooled, side.each) for side in sides]
    if differs:
        change = Pair(number.statistic, sides[0], sides[1], 0.95).paired()
    return Effect(number.name, number.unit, own[0], own[1], change)


def optimism(sampled: Array, fresh: Array, n: int, differs: bool) -> Statistic:
    """Gain on the draws of the search less gain on fresh ones, by replicate each; the two are independent."""
    if not differs:
        return Statistic(0.0, (0.0, 0.0), SAME)
    first, second = (Values(float(each.mean()), each, float(n * len(each))) for each in (fresh, sampled))
    pair = Pair(MEAN, first, second, 0.95)
    return Statistic(pair.change, pair.independent())


def phase_share(
    p: int, name: str, plan: Array, best: Array, ranges: list[tuple[float, float]] | None, left: Array | None
) -> PhaseShare:
    """The answer about phase number `p`; `left` as from `measured`."""
    held = [None, None] if left is None else [(float(left[0, k, p]), float(left[1, k, p])) for k in (0, 1)]
    return PhaseShare(name, float(plan[p]), float(best[p]), None if ranges is None else ranges[p], held[0], held[1])
