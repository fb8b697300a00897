"""Every assumption set of a plan beside one run, each under the run's own options, fixed values and seed.

A set gets as many draws as the run, at most `MOST`, at least enough to carry P5; with luck, which costs a hundred times
as much, these few. Inputs keep their streams, so the sets are drawn at the same points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from mcengine.analysis.evaluation import evaluate
from mcengine.analysis.gathered import Gathered
from mcengine.analysis.result import Result, Statistic
from mcengine.analysis.set_choice import choose_sets
from mcengine.analysis.simulate import result_of
from mcengine.analysis.terms import Departure, Difference, departures, differences, plan_value, unlimited
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.run import Local, Silent
from mcengine.inputs.study import Study, WeightedSet

NPV = "npv"
SHOWN = ("prob_positive", "p05", "p25", "p50", "p75", "p95", "mean")
PARTS = ("pv_receipts", "pv_outlay")
DRAWS, REPLICATES = 2048, 16  # of one replicate, and how many, where draws are dear: P5 is carried
MOST = 1 << 20  # draws of a set: a tenth of a second

ONE_VALUE = "one value, so no chance"


@dataclass(frozen=True)
class Side:
    """One assumption set under the run's options, or the run itself.

    name, title   of the set; the plan at its own values goes by "plan", a run over several sets by its study's name
    own           whether these are the figures of the run itself, with all its draws
    draws         behind `statistics`; 1 where nothing varies
    statistics    of the NPV, in the plan's money, by the names of `SHOWN`; prob_positive in [0, 1]
    parts         expected present value of receipts and of outlay (`PARTS`), in the plan's money, from `part_draws`
                  draws
    """

    name: str
    title: Mapping[str, str]
    own: bool
    draws: int
    statistics: Mapping[str, Statistic]
    parts: Mapping[str, Statistic]
    part_draws: int

    def to_dict(self) -> dict[str, Any]:
        """Statistics as in summary.json."""
        return {
            "own": self.own,
            "draws": self.draws,
            NPV: {name: one.to_dict() for name, one in self.statistics.items()},
            "part_draws": self.part_draws,
            **{name: one.to_dict() for name, one in self.parts.items()},
        }


@dataclass(frozen=True)
class SideBySide:
    """The sides in the order in which the sets are listed, the plan first.

    fixed      inputs that the study fixes, in every set
    differs    what "plan" has otherwise than the plan itself, because of what the study fixes and chooses
    plan_npv   the NPV of the plan without these differences; None where that cannot be computed
    departs    the sets that fix a discount rate or a cost of public funds of their own
    unlimited  the sides with unlimited candidates beside one whose candidates can run short
    """

    study: Study
    seed: int
    unit: str
    sides: tuple[Side, ...]
    fixed: tuple[str, ...]
    notes: tuple[str, ...] = ()
    differs: tuple[Difference, ...] = ()
    plan_npv: float | None = None
    departs: tuple[Departure, ...] = ()
    unlimited: tuple[str, ...] = ()

    @property
    def chances(self) -> tuple[tuple[Side, Statistic], ...]:
        """The sides with a chance that the plan pays."""
        return tuple((side, side.statistics["prob_positive"]) for side in self.sides if side.draws > 1)

    def to_dict(self) -> dict[str, Any]:
        """{"study", "seed", "unit", "fixed", "sides": {name: ...}, "notes"} and what the terms are."""
        sides = {side.name: side.to_dict() for side in self.sides}
        return {
            "study": self.study.name,
            "seed": self.seed,
            "unit": self.unit,
            "fixed": list(self.fixed),
            "sides": sides,
            "notes": list(self.notes),
            "differs": [one.to_dict() for one in self.differs],
            "plan_npv": self.plan_npv,
            "departs": [one.to_dict() for one in self.departs],
            "unlimited": list(self.unlimited),
        }


def side_by_side(
    result: Result,
    *,
    draws: int | None = None,
    replicates: int | None = None,
    threads: int | None = None,
    prepared: Problem | None = None,
) -> SideBySide | None:
    """Every set that is bundled for the plan of `result`, those of its study, and the plan at its own values.

    draws, replicates  of each set: draws of one replicate (a power of two), and how many replicates; else `size`
    threads            how many work; they change no number
    prepared           what `prepare` gives for the study of `result`, when it is there already

    None for a study without a plan, or with a plan for which there is no set.

    Raises
    ------
    NonFiniteError  an output is NaN or infinite in some draw of a set.
    """
    study = result.study
    if study.plan is None or NPV not in result.outputs:
        return None
    chosen, notes = choose_sets(study, None)
    if not chosen:
        return None
    own = study.sets[0].set.name if len(study.sets) == 1 else None
    if draws is None or replicates is None:
        draws, replicates = size(result)
    if result.sampler == "lhs":  # its points depend on how many there are
        prepared = None
    sides = [_plan_side(study)]
    for one in chosen:
        if one.name == own and study.varies:
            problem = prepared or prepare(study, result, draws)
            sides.append(_side(one.name, one.title, few_draws(problem, draws, replicates, threads), result))
            continue
        member = replace(study, name=one.name, title=one.title, sets=(WeightedSet(one, 1.0),))
        if member.varies:
            few = few_draws(prepare(member, result, draws), draws, replicates, threads)
            sides.append(_side(one.name, one.title, few))
        else:
            sides.append(replace(_fixed(member, one.name, one.title), own=one.name == own))
    if len(study.sets) > 1:
        few = few_draws(prepared or prepare(study, result, draws), draws, replicates, threads)
        sides.append(_side(study.name, study.title, few, result))
    unit = result.outputs[NPV].unit
    terms = differences(study), plan_value(study, NPV), departures(study, chosen), unlimited(study, chosen)
    return SideBySide(study, result.seed, unit, tuple(sides), tuple(study.fixed), notes, *terms)


def size(result: Result) -> tuple[int, int]:
    """Draws of one replicate, and how many replicates, of what stands beside a run."""
    if result.study.options.luck or result.draws <= DRAWS * REPLICATES:
        return DRAWS, REPLICATES
    each = result.draws // result.replicates
    count = max(min(result.replicates, MOST // max(each, 1)), min(result.replicates, REPLICATES))
    return min(each, MOST // count), count


def prepare(study: Study, like: Result, draws: int = DRAWS) -> Problem:
    """`study` made ready with the seed and sampler of `like`, the present values of receipts and outlay watched too."""
    return build_problem(study, seed=like.seed, draws=draws, sampler=like.sampler, outputs=PARTS, luck=True)


def few_draws(problem: Problem, draws: int, replicates: int, threads: int | None = None) -> Result:
    """What `run` answers for the problem's study, but for rank correlations and the split of luck."""
    gathered = Gathered(len(problem.watched), len(problem.groups), keeping=False)
    for portion in Local(threads)(problem, draws, range(replicates), observer=Silent()):
        gathered.add(portion)
    return result_of(problem, gathered.rows, gathered.pool(), draws)


def _side(name: str, title: Mapping[str, str], few: Result, full: Result | None = None) -> Side:
    """The figures of a set: the run's own where it has them, else those of the few draws."""
    source = few if full is None else full
    parts = {part: few.outputs[part].statistics["mean"] for part in PARTS}
    shown = {key: source.outputs[NPV].statistics[key] for key in SHOWN}
    return Side(
        name, title, full is not None, source.draws, MappingProxyType(shown), MappingProxyType(parts), few.draws
    )


def _plan_side(study: Study) -> Side:
    """The plan at its own values, but for what the study fixes."""
    assert study.plan is not None
    bare = replace(study, name="plan", sets=())
    return replace(_fixed(bare, "plan", study.plan.title), own=not study.varies)


def _fixed(study: Study, name: str, title: Mapping[str, str]) -> Side:
    """A study in which nothing varies: one value, and no chance."""
    found = evaluate(study)
    value = found.outputs[NPV]
    statistics = {key: Statistic(value) for key in SHOWN} | {"prob_positive": Statistic(None, None, ONE_VALUE)}
    parts = {key: Statistic(found.outputs[key]) for key in PARTS}
    return Side(name, title, False, 1, MappingProxyType(statistics), MappingProxyType(parts), 1)
