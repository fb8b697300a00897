"""What a reviewer's report shows beside a run: computed here, as the report computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from mcengine.analysis.break_even_result import BreakEvenResult
from mcengine.analysis.cash_flows import CashFlows, cash_flows
from mcengine.analysis.evidence_share import EvidenceShare, evidence_share
from mcengine.analysis.pipeline_money import PipelineMoney, pipeline_money
from mcengine.analysis.plan_to_sceptical import plan_to_sceptical
from mcengine.analysis.result import Result
from mcengine.analysis.sensitivity import Sensitivity
from mcengine.analysis.set_points import SetPoint, set_points
from mcengine.analysis.side_by_side import SideBySide, prepare, side_by_side
from mcengine.analysis.variants import Variants, variants
from mcengine.analysis.waterfall_result import WaterfallResult
from mcengine.errors import NonFiniteError

Part = TypeVar("Part")


@dataclass(frozen=True)
class Pack:
    """The parts of a report that are not the run itself; None or empty where a study has none.

    pipeline      the plan with a limited supply of candidates: of a study under pipeline accounting
    to_sceptical  the steps from the plan's own values to the sceptical assumptions
    points        break-even values with the others at their medians, where the study asks for break-even values
    notes         which part could not be made, and why
    """

    sides: SideBySide | None = None
    variants: Variants | None = None
    flows: tuple[CashFlows, ...] = ()
    evidence: EvidenceShare | None = None
    notes: tuple[str, ...] = ()
    pipeline: PipelineMoney | None = None
    to_sceptical: WaterfallResult | None = None
    points: Mapping[str, SetPoint] = field(default_factory=lambda: MappingProxyType({}))

    def to_dict(self) -> dict[str, Any]:
        """One entry a part, "notes" last; depends on run and analyses alone."""
        return {
            "side_by_side": None if self.sides is None else self.sides.to_dict(),
            "variants": None if self.variants is None else self.variants.to_dict(),
            "cash_flows": [table.to_dict() for table in self.flows],
            "evidence": None if self.evidence is None else self.evidence.to_dict(),
            "pipeline": None if self.pipeline is None else self.pipeline.to_dict(),
            "to_sceptical": None if self.to_sceptical is None else self.to_sceptical.to_dict(),
            "points": {name: one.to_dict() for name, one in self.points.items()},
            "notes": list(self.notes),
        }


def build_pack(result: Result, analyses: Sequence[Sensitivity] = (), *, threads: int | None = None) -> Pack:
    """The parts for one run, on its seed: a few seconds for a plan with four sets. `threads` change no number.

    A part of which some draw is not a finite number is left out, and the notes say which and why: the run stands.
    """
    study = result.study
    notes: list[str] = []
    prepared = None if study.plan is None else prepare(study, result)
    sides = or_note("side by side", lambda: side_by_side(result, threads=threads, prepared=prepared), notes)
    changed = or_note("variants", lambda: variants(result, prepared=prepared, threads=threads), notes)
    flows = or_note("cash flows", lambda: cash_flows(study), notes) or ()
    scarce = or_note("pipeline", lambda: pipeline_money(study), notes)
    steps = or_note("plan to sceptical", lambda: plan_to_sceptical(study, seed=result.seed, threads=threads), notes)
    points: Mapping[str, SetPoint] | None = {}
    if asked := next((one for one in analyses if isinstance(one, BreakEvenResult)), None):
        output = asked.output
        points = or_note("break-even values at the medians", lambda: set_points(study, output), notes)
    evidence = evidence_share(study, analyses)
    return Pack(sides, changed, flows, evidence, tuple(notes), scarce, steps, points or {})


def or_note(part: str, make: Callable[[], Part], notes: list[str]) -> Part | None:
    """What `make` gives; None, with a note, where it meets a number that is not finite."""
    try:
        return make()
    except NonFiniteError as error:
        notes.append(f"left out of the report, {part}: {error}")
        return None
