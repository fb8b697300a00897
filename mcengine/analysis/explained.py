"""Which input explains the difference between two runs' mean outcomes.

Where one thing alone differs, the whole difference is its own. Where several do, the waterfall between the studies at
the means of their inputs shares the difference out; what the runs' means differ by beyond that comes from the inputs'
spread and dependence, which no single evaluation has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mcengine.analysis.paired import Differences
from mcengine.analysis.result import Statistic
from mcengine.analysis.study_changes import Changes, changes
from mcengine.analysis.waterfall import EXACT, waterfall
from mcengine.analysis.waterfall_result import WaterfallResult
from mcengine.errors import AnswerNo, InputError
from mcengine.inputs.study import Study
from mcengine.models.model import YEAR

ORDERS = 1024  # random orders a replicate where all are too many: each further run has its waterfall
SAME, ONE, STEPS, SPREAD, OTHER_MODEL, NOT_THERE = "same", "one", "steps", "spread", "other_model", "not_there"
"""How a difference is explained: nothing differs; one thing does; a waterfall; the same means; or not at all."""


@dataclass(frozen=True)
class Explanation:
    """What explains the difference of one output between two runs.

    kind        SAME, ONE, STEPS, SPREAD, OTHER_MODEL or NOT_THERE
    output      its name, with its unit; None where the runs share no continuous one
    changes     what differs between the two studies
    difference  of the simulated means, second less first, with its interval; None where a run has none
    waterfall   between the studies at their inputs' means, where kind is STEPS
    reason      why there is none, where kind is NOT_THERE
    """

    first: str
    second: str
    kind: str
    output: str | None
    unit: str
    changes: Changes
    difference: Statistic | None
    waterfall: WaterfallResult | None = None
    reason: str = ""

    @property
    def rest(self) -> Statistic | None:
        """What the simulated means differ by beyond the waterfall: the work of spread and dependence."""
        found = self.difference
        if self.waterfall is None or found is None or found.ci95 is None or not isinstance(found.value, float | int):
            return None
        away = self.waterfall.difference
        return Statistic(float(found.value) - away, (float(found.ci95[0]) - away, float(found.ci95[1]) - away))

    def to_dict(self) -> dict[str, Any]:
        """The contract of `compare --json`; an end of a step that is unlimited is the text "inf"."""
        found, rest = self.waterfall, self.rest
        data: dict[str, Any] = {
            "first": self.first,
            "second": self.second,
            "kind": self.kind,
            "output": self.output,
            "unit": self.unit,
            "changed": list(self.changes.names),
            "difference": None if self.difference is None else self.difference.to_dict(),
        }
        if found is not None:
            data["at_means"] = {"first": found.start.value, "second": found.end.value, "difference": found.difference}
            data["steps"] = [
                step.to_dict()
                | {"changes": {n: {"from": _plain(a), "to": _plain(b)} for n, (a, b) in step.changes.items()}}
                for step in found.steps
            ]
            data["spread_and_dependence"] = None if rest is None else rest.to_dict()
        return {**data, "reason": self.reason} if self.reason else data


def explain(apart: Differences) -> Explanation:
    """What explains that the second run of `apart` has another mean NPV (or first continuous output) than the first."""
    first, second = apart.first, apart.second
    output = _output(apart)
    row = next((one for one in apart.rows if (one.output, one.statistic) == (output, "mean")), None)
    unit = "" if output is None else first.outputs[output].unit
    found = changes([first.study, second.study])
    difference = None if row is None else row.second_less_first
    told = Explanation(first.name, second.name, SAME, output, unit, found, difference)
    if not found.comparable:
        return replace(told, kind=OTHER_MODEL)
    if len(found.names) < 2:
        return replace(told, kind=ONE if found.names else SAME)
    if output is None:
        return replace(told, kind=NOT_THERE, reason="the runs share no output of which differences can be taken")
    if _same_ends(first.study, second.study, found):
        return replace(told, kind=SPREAD)
    studies = replace(first.study, name=first.name), replace(_under(first.study, second.study), name=second.name)
    try:
        orders = ORDERS if len(found.names) > EXACT else None
        steps = waterfall(studies[0], against=studies[1], output=output, seed=first.seed, permutations=orders)
    except (InputError, AnswerNo) as error:
        return replace(told, kind=NOT_THERE, reason=str(error))
    return replace(told, kind=STEPS, waterfall=steps)


def _output(apart: Differences) -> str | None:
    """The NPV, or the first continuous output of both runs in one unit; None where they share none."""
    own = [name for name, one in apart.first.outputs.items() if one.kind != YEAR and name not in apart.left_out]
    return "npv" if "npv" in own else next(iter(own), None)


def _under(first: Study, second: Study) -> Study:
    """`second` with the first study's copy of the same model, as a model's file lies in the folder of its run."""
    return second if second.plan is not None else replace(second, model=first.model, file=first.file)


def _same_ends(first: Study, second: Study, found: Changes) -> bool:
    """Whether both studies are the same at the means of their inputs, and in their options."""
    if first.options != second.options:
        return False
    ends = [study.baseline("mean") for study in (first, second)]
    return all(ends[0].get(one.name) == ends[1].get(one.name) for one in found.inputs)


def _plain(value: float | str) -> float | str:
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value
