"""On what terms figures stand beside each other: what a study takes otherwise than its plan, and sets than the plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcengine.analysis.evaluation import evaluate
from mcengine.analysis.lines import stated
from mcengine.errors import InputError
from mcengine.inputs.assumptions import AssumptionSet
from mcengine.inputs.options import YEARS
from mcengine.inputs.plan import PLAN
from mcengine.inputs.study import Study, WeightedSet

CHOSEN = ("discount_rate", "mcpf")
"""Inputs that are chosen rather than uncertain, so that sets which differ in them are not on the same terms."""


@dataclass(frozen=True)
class Difference:
    """An input that a study fixes, or an option that it chooses, otherwise than its plan does.

    name   of the input or option; option: which of the two
    value  in the study; plan: in the plan, both in the input's unit or as the option has it
    """

    name: str
    option: bool
    value: float | str
    plan: float | str

    def to_dict(self) -> dict[str, Any]:
        """All four; "inf" for an unlimited supply."""
        value, plan = (stated(one) if isinstance(one, float) else one for one in (self.value, self.plan))
        return {"name": self.name, "option": self.option, "value": value, "plan": plan}


@dataclass(frozen=True)
class Departure:
    """A set that fixes a chosen input otherwise than the plan. set: its name; value, plan: in the input's unit."""

    set: str
    name: str
    value: float
    plan: float

    def to_dict(self) -> dict[str, Any]:
        """All four."""
        return {"set": self.set, "name": self.name, "value": self.value, "plan": self.plan}


def differences(study: Study) -> tuple[Difference, ...]:
    """What an evaluation "at the plan's values" of the study takes otherwise than the plan; none without a plan.

    Inputs first, in declared order. Luck is no difference, as an evaluation has none; nor is spending after the
    horizon.
    """
    plan = study.plan
    if plan is None:
        return ()
    found = [
        Difference(spec.name, False, float(study.fixed[spec.name]), spec.value)
        for spec in study.inputs
        if spec.name in study.fixed and study.fixed[spec.name] != spec.value
    ]
    for name in YEARS:
        own, planned = getattr(study.options, name), getattr(plan, name)
        late = name == "spend_until" and study.options.horizon <= min(own, planned)
        if own != planned and not late:
            found.append(Difference(name, True, own, planned))
    if study.options.accounting != PLAN:
        found.append(Difference("accounting", True, study.options.accounting, PLAN))
    return tuple(found)


def plan_value(study: Study, output: str = "npv") -> float | None:
    """The output with every input and option as the plan has it; None without a plan or where it is no number."""
    plan = study.plan
    if plan is None:
        return None
    bare = replace(study, name="plan", sets=(), fixed={}, outputs=())
    years = {name: getattr(plan, name) for name in YEARS}
    try:
        found = evaluate(bare.overridden(accounting=PLAN, luck=False, **years), at="plan").outputs[output]
    except InputError:
        return None
    return float(found)


def departures(study: Study, sets: Sequence[AssumptionSet]) -> tuple[Departure, ...]:
    """Which sets fix one of `CHOSEN` otherwise than the plan, where the study leaves it open."""
    found = []
    for name in CHOSEN:
        spec = next((one for one in study.inputs if one.name == name), None)
        for one in sets if spec is not None and name not in study.fixed else ():
            assert spec is not None
            law = _only(study, one).marginal(0, name)
            if law.is_constant and law.median != spec.value:
                found.append(Departure(one.name, name, float(law.median), spec.value))
    return tuple(found)


def unlimited(study: Study, sets: Sequence[AssumptionSet]) -> tuple[str, ...]:
    """Names of the sets, and "plan", under which no supply of candidates has a limit, where one of them sets some."""
    plan = study.plan
    used = {spec.name for spec in study.inputs}
    supplies = [p.supply for p in plan.phases if p.supply is not None and p.supply in used] if plan is not None else []
    sides = [("plan", replace(study, sets=())), *((one.name, _only(study, one)) for one in sets)]
    free = [name for name, side in sides if all(math.isinf(side.marginal(0, supply).median) for supply in supplies)]
    return tuple(free) if supplies and len(free) < len(sides) else ()


def _only(study: Study, one: AssumptionSet) -> Study:
    return replace(study, sets=(WeightedSet(one, 1.0),))
