"""Variants of what is chosen rather than uncertain: the discount rate, its base year, and the horizon; one at a time.

The rates are those a Dutch reviewer compares: the plan's, the government's own (2.25%), its risk-free part (1.6%), and
2.9% and 4%. The horizons are the plan's and ten and fifteen years on; the base years those of the plan's discounting
and of its first money.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mcengine.analysis.cash_flows import PRESENT
from mcengine.analysis.result import Result, Statistic
from mcengine.analysis.side_by_side import DRAWS, NPV, REPLICATES, prepare
from mcengine.analysis.summary import probability, skewed_interval
from mcengine.engine.problem import Problem, build_problem
from mcengine.errors import NonFiniteError
from mcengine.inputs.plan import Plan
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.sampling.points import build_points

RATES = (0.016, 0.0225, 0.029, 0.04)
LONGER = (10, 15)
RATE, BASE_YEAR, HORIZON = "discount_rate", "discount_base_year", "horizon"


@dataclass(frozen=True)
class Split:
    """An NPV by when it falls: up to and including the plan's horizon, and after. Money of the plan.

    share  of the NPV that falls after it; None unless both parts are at least zero and not both are
    """

    npv: float
    until: float
    after: float
    share: float | None

    def to_dict(self) -> dict[str, Any]:
        """All four."""
        return {"npv": self.npv, "until": self.until, "after": self.after, "share": self.share}


@dataclass(frozen=True)
class Variant:
    """The study with one choice changed.

    option, value   RATE (1/year), BASE_YEAR or HORIZON (calendar years); own: the study's own choice
    plan, baseline  of one evaluation each: at the plan's values, and at `Variants.at`
    mean, chance    expected NPV and chance of one above zero, over the draws
    """

    option: str
    value: float
    own: bool
    plan: Split
    baseline: Split
    mean: Statistic
    chance: Statistic

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the statistics as in summary.json."""
        return {
            "option": self.option,
            "value": self.value,
            "own": self.own,
            "plan": self.plan.to_dict(),
            "baseline": self.baseline.to_dict(),
            "mean": self.mean.to_dict(),
            "prob_positive": self.chance.to_dict(),
        }


@dataclass(frozen=True)
class Variants:
    """All variants of a study. at: "median" where inputs are uncertain, else "plan"; split_year: the plan's horizon."""

    study: Study
    seed: int
    unit: str
    at: str
    split_year: int
    draws: int
    replicates: int
    rows: tuple[Variant, ...]

    def of(self, option: str) -> tuple[Variant, ...]:
        """The variants of one option, by value."""
        return tuple(row for row in self.rows if row.option == option)

    def to_dict(self) -> dict[str, Any]:
        """{"study", "seed", "unit", "at", "split_year", "draws", "replicates", "rows": [...]}."""
        own = ("seed", "unit", "at", "split_year", "draws", "replicates")
        plain = {name: getattr(self, name) for name in own}
        return {"study": self.study.name, **plain, "rows": [row.to_dict() for row in self.rows]}


def variants(
    result: Result, *, draws: int = DRAWS, replicates: int = REPLICATES, prepared: Problem | None = None
) -> Variants | None:
    """One change at a time to the study of `result`, on its seed; None for a study without a plan.

    draws, replicates  of each variant: draws of one replicate (a power of two), and how many replicates
    prepared           what `side_by_side.prepare` gives for the study of `result`, when it is there already

    Raises
    ------
    NonFiniteError  an output is NaN or infinite in some draw.
    """
    study = result.study
    if study.plan is None or NPV not in result.outputs:
        return None
    at = "median" if study.uncertain else "plan"
    base = prepared or prepare(study, result, draws)
    rows = []
    for option, value, changed in _changed(study, study.plan):
        problem = _like(base, changed, draws)
        own = _value(study, option) == value
        plan, baseline = _splits(changed, ("plan", at), study.plan.horizon)
        rows.append(Variant(option, value, own, plan, baseline, *_sampled(problem, draws, replicates, study.varies)))
    unit, split = result.outputs[NPV].unit, study.plan.horizon
    return Variants(study, result.seed, unit, at, split, draws * replicates, replicates, tuple(rows))


def _changed(study: Study, plan: Plan) -> Iterator[tuple[str, float, Study]]:
    """(option, value, study with it): the study's own choice among the others, by value."""
    allowed = plan.input(RATE).domain
    rates = {*(rate for rate in RATES if allowed.contains(rate)), plan.input(RATE).value, _value(study, RATE)}
    for rate in sorted(rates):
        yield RATE, rate, study if rate == _value(study, RATE) else study.overridden({RATE: rate})
    for year in sorted({plan.discount_base_year, plan.first_year, study.options.discount_base_year}):
        yield BASE_YEAR, year, study.overridden(discount_base_year=year)
    for year in sorted({plan.horizon, *(plan.horizon + more for more in LONGER), study.options.horizon}):
        yield HORIZON, year, study.overridden(horizon=year)


def _value(study: Study, option: str) -> float:
    """The study's own choice; of a discount rate that varies the one where evaluations start."""
    if option == RATE:
        return study.baseline("median" if study.uncertain else "plan")[RATE]
    return float(getattr(study.options, option))


def _like(base: Problem, study: Study, draws: int) -> Problem:
    """The problem of a variant, with the tables and copulas of `base` where the same inputs vary."""
    if study.uncertain != base.study.uncertain:
        return build_problem(study, seed=base.seed, draws=draws, sampler=base.sampler, luck=True)
    model = build_model(study, luck=True)
    points = build_points(base.sampler, base.seed, model.inputs, draws, model.luck)
    fixed = base.design.fixed.copy()
    row = model.inputs.index(RATE)
    fixed[:, row] = [study.marginal(g, RATE).median for g in range(len(fixed))]
    return replace(base, study=study, model=model, points=points, design=base.design._replace(fixed=fixed))


def _sampled(problem: Problem, draws: int, replicates: int, varies: bool) -> tuple[Statistic, Statistic]:
    """Mean and chance above zero of the NPV; (value, none) where nothing varies."""
    row = problem.model.output_index(NPV)
    values = [problem.draws(r, 0, draws)[1][row] for r in range(replicates if varies else 1)]
    for r, found in enumerate(values):
        if not np.isfinite(found).all():
            raise problem.refuse_non_finite(r, 0, draws)
    if not varies:
        return Statistic(float(values[0][0])), Statistic(None)
    means = np.array([found.mean() for found in values])
    shares = np.array([(found > 0.0).mean() for found in values])
    return (
        skewed_interval(float(means.mean()), means),
        probability(float(shares.mean()), shares, float(draws * replicates)),
    )


def _splits(study: Study, places: Sequence[str], year: int) -> list[Split]:
    """One evaluation of the study at each place ("plan", "median"), its NPV divided at the end of `year`."""
    model = build_model(study)
    points = [study.baseline(at) for at in places]
    values = model.evaluate(np.array([[point[name] for point in points] for name in model.inputs]))
    npv = values[model.output_index(NPV)]
    later = [k for k, o in enumerate(model.outputs) if o.name == PRESENT and o.year is not None and o.year > year]
    after = values[later].sum(axis=0)
    for point, found in zip(points, (npv + after).tolist(), strict=True):
        if not np.isfinite(found):
            raise NonFiniteError(NPV, ((0, 0),), point, 1)
    return [_split(whole, part) for whole, part in zip(npv.tolist(), after.tolist(), strict=True)]


def _split(npv: float, after: float) -> Split:
    until = npv - after
    return Split(npv, until, after, after / npv if until >= 0.0 and after >= 0.0 and npv > 0.0 else None)
