"""What a reviewer's report shows beside a run: computed here, as the report computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mcengine.analysis.cash_flows import CashFlows, cash_flows
from mcengine.analysis.evidence_share import EvidenceShare, evidence_share
from mcengine.analysis.result import Result
from mcengine.analysis.sensitivity import Sensitivity
from mcengine.analysis.side_by_side import SideBySide, prepare, side_by_side
from mcengine.analysis.variants import Variants, variants
from mcengine.errors import NonFiniteError

Part = TypeVar("Part")


@dataclass(frozen=True)
class Pack:
    """The parts of a report that are not the run itself; None or empty where a study has none.

    notes  which part could not be made, and why
    """

    sides: SideBySide | None = None
    variants: Variants | None = None
    flows: tuple[CashFlows, ...] = ()
    evidence: EvidenceShare | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """{"side_by_side", "variants", "cash_flows", "evidence", "notes"}; depends on run and analyses alone."""
        return {
            "side_by_side": None if self.sides is None else self.sides.to_dict(),
            "variants": None if self.variants is None else self.variants.to_dict(),
            "cash_flows": [table.to_dict() for table in self.flows],
            "evidence": None if self.evidence is None else self.evidence.to_dict(),
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
    changed = or_note("variants", lambda: variants(result, prepared=prepared), notes)
    flows = or_note("cash flows", lambda: cash_flows(study), notes) or ()
    return Pack(sides, changed, flows, evidence_share(study, analyses), tuple(notes))


def or_note(part: str, make: Callable[[], Part], notes: list[str]) -> Part | None:
    """What `make` gives; None, with a note, where it meets a number that is not finite."""
    try:
        return make()
    except NonFiniteError as error:
        notes.append(f"left out of the report, {part}: {error}")
        return None
