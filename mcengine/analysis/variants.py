"""Variants of what is chosen rather than uncertain, one at a time: `analysis.variant_choices` says which.

Every variant is evaluated once at the plan's values and once where evaluations of the study start, and simulated with
the same few draws, of which a part of the NPV that falls after the plan's horizon is known draw by draw. What the
correlations do is measured with as many draws as the run itself has, as that difference is small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from mcengine.analysis.cash_flows import PRESENT
from mcengine.analysis.result import Result, Statistic
from mcengine.analysis.side_by_side import DRAWS, NPV, REPLICATES, few_draws, prepare, size
from mcengine.analysis.summary import probability, skewed_interval
from mcengine.analysis.variant_choices import CORRELATIONS, OFF, ON, Choice, choices, other_dependence
from mcengine.engine.problem import Problem, build_problem
from mcengine.errors import NonFiniteError
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model
from mcengine.sampling.points import build_points


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

    option, value, own, stops, title   as in `variant_choices.Choice`
    plan, baseline  of one evaluation each: at the plan's values, and at `Variants.at`
    mean, chance    expected NPV and chance of one above zero, over `draws` draws
    until, after    the two parts of `mean`: to the end of `Variants.split_year`, and later; None where not measured
    """

    option: str
    value: float | str
    own: bool
    plan: Split
    baseline: Split
    mean: Statistic
    chance: Statistic
    draws: int
    until: Statistic | None = None
    after: Statistic | None = None
    stops: int | None = None
    title: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def share(self) -> float | None:
        """The share of the expected NPV that falls later, as `Split` has it; None too where it is not measured."""
        if self.until is None or self.after is None:
            return None
        return _split(float(self.mean.value or 0.0), float(self.after.value or 0.0)).share

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the statistics as in summary.json."""
        return {
            "option": self.option,
            "value": self.value,
            "own": self.own,
            "spending_stops": self.stops,
            "plan": self.plan.to_dict(),
            "baseline": self.baseline.to_dict(),
            "draws": self.draws,
            "mean": self.mean.to_dict(),
            "mean_until": None if self.until is None else self.until.to_dict(),
            "mean_after": None if self.after is None else self.after.to_dict(),
            "prob_positive": self.chance.to_dict(),
        }


@dataclass(frozen=True)
class Variants:
    """All variants of a study. at: "median" where inputs are uncertain, else "plan"; split_year: the plan's horizon.

    draws, replicates  of every variant but those of the correlations
    left_out           inputs without variants, as these would correct what the assumptions correct already
    """

    study: Study
    seed: int
    unit: str
    at: str
    split_year: int
    draws: int
    replicates: int
    rows: tuple[Variant, ...]
    left_out: tuple[str, ...] = ()

    def of(self, *options: str) -> tuple[Variant, ...]:
        """The variants of these options, by value."""
        return tuple(row for row in self.rows if row.option in options)

    def to_dict(self) -> dict[str, Any]:
        """{"study", "seed", "unit", "at", "split_year", "draws", "replicates", "rows": [...], "left_out"}."""
        own = ("seed", "unit", "at", "split_year", "draws", "replicates")
        plain = {name: getattr(self, name) for name in own}
        rows = [row.to_dict() for row in self.rows]
        return {"study": self.study.name, **plain, "rows": rows, "left_out": list(self.left_out)}


@dataclass(frozen=True)
class _Sampled:
    """What the draws of one variant say."""

    mean: Statistic
    chance: Statistic
    until: Statistic
    after: Statistic


def variants(
    result: Result,
    *,
    draws: int = DRAWS,
    replicates: int = REPLICATES,
    prepared: Problem | None = None,
    threads: int | None = None,
) -> Variants | None:
    """One change at a time to the study of `result`, on its seed; None for a study without a plan.

    draws, replicates  of each variant: draws of one replicate (a power of two), and how many replicates
    prepared           what `side_by_side.prepare` gives for the study of `result`, when it is there already
    threads            how many work on the run without correlations; they change no number

    Raises
    ------
    NonFiniteError  an output is NaN or infinite in some draw.
    """
    study = result.study
    if study.plan is None or NPV not in result.outputs:
        return None
    at, year = "median" if study.uncertain else "plan", study.plan.horizon
    base = prepared or prepare(study, result, draws)
    found, refused = choices(study, study.plan)
    own: _Sampled | None = None
    rows = []
    for one in found:
        if one.own and own is not None:
            sampled = own
        else:
            sampled = _sampled(_like(base, one.study, draws), draws, replicates, study.varies, year)
        own = sampled if one.own else own
        rows.append(_row(one, at, year, draws * replicates, sampled))
    rows += _dependence(result, at, year, threads)
    return Variants(
        study, result.seed, result.outputs[NPV].unit, at, year, draws * replicates, replicates, tuple(rows), refused
    )


def _row(one: Choice, at: str, year: int, draws: int, found: _Sampled) -> Variant:
    plan, baseline = _splits(one.study, ("plan", at), year)
    parts = (found.mean, found.chance, draws, found.until, found.after)
    return Variant(one.option, one.value, one.own, plan, baseline, *parts, one.stops, one.title)


def _dependence(result: Result, at: str, year: int, threads: int | None) -> list[Variant]:
    """The run itself, and a run of as many draws (`side_by_side.size`) with the correlations switched the other way."""
    other = other_dependence(result.study)
    if other is None:
        return []
    each, count = size(result)
    problem = build_problem(other, seed=result.seed, draws=each, sampler=result.sampler, luck=True)
    few = few_draws(problem, each, count, threads)
    plan, baseline = _splits(result.study, ("plan", at), year)
    rows = []
    for source in (result, few):
        used, npv = source.study.correlations, source.outputs[NPV]
        statistics = npv.statistics["mean"], npv.statistics["prob_positive"]
        own = source is result
        rows.append(Variant(CORRELATIONS, ON if used else OFF, own, plan, baseline, *statistics, source.draws))
    return rows


def _like(base: Problem, study: Study, draws: int) -> Problem:
    """The problem of a variant, with the tables and copulas of `base` where the same inputs vary."""
    if study.uncertain != base.study.uncertain:
        return build_problem(study, seed=base.seed, draws=draws, sampler=base.sampler, luck=True)
    model = build_model(study, luck=True)
    points = build_points(base.sampler, base.seed, model.inputs, draws, model.luck)
    fixed = base.design.fixed.copy()
    for row, name in enumerate(model.inputs):
        if name in study.fixed:
            fixed[:, row] = study.fixed[name]
    return replace(base, study=study, model=model, points=points, design=base.design._replace(fixed=fixed))


def _sampled(problem: Problem, draws: int, replicates: int, varies: bool, year: int) -> _Sampled:
    """The NPV's mean and chance above zero, and the means of its parts; (value, none) where nothing varies."""
    row, later = problem.model.output_index(NPV), _later(problem.model, year)
    npv, after = [], []
    for r in range(replicates if varies else 1):
        out = problem.draws(r, 0, draws)[1]
        if not np.isfinite(out[row]).all():
            raise problem.refuse_non_finite(r, 0, draws)
        npv.append(out[row])
        after.append(out[later].sum(axis=0))
    if not varies:
        whole, part = float(npv[0][0]), float(after[0][0])
        return _Sampled(Statistic(whole), Statistic(None), Statistic(whole - part), Statistic(part))
    shares = np.array([(found > 0.0).mean() for found in npv])
    whole_, part_ = (np.array([found.mean() for found in values]) for values in (npv, after))
    mean, until, rest = (skewed_interval(float(means.mean()), means) for means in (whole_, whole_ - part_, part_))
    chance = probability(float(shares.mean()), shares, float(draws * replicates))
    return _Sampled(mean, chance, until, rest)


def _later(model: Model, year: int) -> list[int]:
    """Rows of the present values of the years after `year`."""
    return [k for k, o in enumerate(model.outputs) if o.name == PRESENT and o.year is not None and o.year > year]


def _splits(study: Study, places: Sequence[str], year: int) -> list[Split]:
    """One evaluation of the study at each place ("plan", "median"), its NPV divided at the end of `year`."""
    model = build_model(study)
    points = [study.baseline(at) for at in places]
    values = model.evaluate(np.array([[point[name] for point in points] for name in model.inputs]))
    npv, after = values[model.output_index(NPV)], values[_later(model, year)].sum(axis=0)
    for point, found in zip(points, (npv + after).tolist(), strict=True):
        if not np.isfinite(found):
            raise NonFiniteError(NPV, ((0, 0),), point, 1)
    return [_split(whole, part) for whole, part in zip(npv.tolist(), after.tolist(), strict=True)]


def _split(npv: float, after: float) -> Split:
    until = npv - after
    return Split(npv, until, after, after / npv if until >= 0.0 and after >= 0.0 and npv > 0.0 else None)
