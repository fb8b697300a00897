"""What pipeline accounting does to the plan itself: its own values but for how many candidates there are.

A single evaluation, beside one in which candidates never run short and every own candidate is paid for, as the plan
takes for granted (docs/method.md, pipeline accounting): what then stays unspent, whose money it is and in which phase.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from mcengine.analysis.evaluation import Evaluation, evaluate
from mcengine.inputs.plan import PIPELINE, Plan
from mcengine.inputs.study import Study

LEAST_CANDIDATES, LEAST_MONEY = 0.05, 0.5
LEAST = {"lack_candidates": LEAST_CANDIDATES, "lack_money": LEAST_MONEY, "unspent": LEAST_MONEY}
"""Below this, in candidates or in the plan's money, nothing is lacking or left: by what is asked of each phase."""


@dataclass(frozen=True)
class PipelineMoney:
    """The plan with a limited supply of candidates, every other input at the plan's value.

    limits      the inputs that pipeline accounting alone uses, by name, with the value taken: the median of the
                study's assumptions; `fixed`: whether the study itself sets all of them
    limited     the evaluation with these; plan: the one at the plan's own values
    """

    study: Study
    plan: Plan
    limits: Mapping[str, float]
    fixed: bool
    limited: Evaluation
    own: Evaluation

    @property
    def unit(self) -> str:
        """The unit of money."""
        return self.limited.units["unspent"]

    @property
    def private(self) -> float:
        """Private programme money unspent at the horizon."""
        return self.scalar("unspent_at_horizon") - self.scalar("unspent_public_at_horizon")

    @property
    def held_up(self) -> Mapping[str, float]:
        """Programme money unspent at the horizon by phase, in the order of the phases."""
        end = self.limited.years[-1]
        return {phase.name: end[f"unspent_{phase.name}"] for phase in self.plan.phases}

    def scalar(self, name: str) -> float:
        """An output of the limited evaluation."""
        return float(self.limited.outputs[name])

    def by_year(self, kind: str, phase: str) -> tuple[float, ...]:
        """What a phase lacks or has left in each year, 0 where that is next to nothing. `kind`: one of `LEAST`."""
        found = (year[f"{kind}_{phase}"] for year in self.limited.years)
        return tuple(value if value >= LEAST[kind] else 0.0 for value in found)

    def to_dict(self) -> dict[str, Any]:
        """The limits, the outputs of both evaluations, and by year what is unspent and what each phase lacks."""
        names = ("year", "unspent", "unspent_public", "unspent_grown")
        by_phase = [f"{kind}_{phase.name}" for kind in LEAST for phase in self.plan.phases]
        return {
            "unit": self.unit,
            "limits": dict(self.limits),
            "limited": dict(self.limited.outputs),
            "plan": dict(self.own.outputs),
            "years": [{name: year[name] for name in (*names, *by_phase)} for year in self.limited.years],
        }


def pipeline_money(study: Study) -> PipelineMoney | None:
    """The plan of `study` with its candidates as scarce as the study assumes; None under another accounting.

    Raises
    ------
    NonFiniteError  an output is NaN or infinite
    """
    plan = study.plan
    if plan is None or study.options.accounting != PIPELINE:
        return None
    medians = study.baseline("median")
    limits = {phase.supply: medians[phase.supply] for phase in plan.phases if phase.supply is not None}
    limits |= {name: medians[name] for name in plan.pipeline_inputs if name not in limits}
    bare = replace(study, sets=(), options=replace(study.options, luck=False))
    limited = replace(bare, fixed=MappingProxyType({**study.fixed, **limits}))
    unlimited = {name: value for name, value in study.fixed.items() if name not in limits}
    own = replace(bare, fixed=MappingProxyType(unlimited))
    fixed = all(name in study.fixed for name in limits)
    return PipelineMoney(study, plan, limits, fixed, evaluate(limited, at="plan"), evaluate(own, at="plan"))
