"""Which run gets the next look: the state of every run from the journal, and the rule.

Without a time budget every run goes to its end in turn. With one, every run gets its first look, in order; then the
least settled run, that with the largest half-width over what its target allows, gets its next, as long as one fits in
the time left: a run's next look doubles its draws, so it takes about as long as all of them so far. Ties go to the
run that stands first.

The rule sees the journal alone. A decision stands there before it is computed, so that a batch which was stopped takes
the same ones again, whatever its clock says now.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mcengine.scale.journal import Entry


@dataclass
class RunState:
    """How far a run is.

    looks      taken; decided: the look under way, 0 for none; last: whether no look is left to take
    unsettled  as `Simulation.unsettled` at the last look
    seconds    wall time of its draws
    digest     when it is finished; analysed: the methods of sensitivity that are
    cause      why it, or an analysis of it, failed in this session; "" when nothing did
    unlisted   why it does not stand in the catalogue of runs; "" when it does
    """

    slug: str
    looks: int = 0
    decided: int = 0
    last: bool = False
    unsettled: float = math.inf
    seconds: float = 0.0
    digest: str = ""
    analysed: list[str] = field(default_factory=list)
    failed: bool = False
    cause: str = ""
    unlisted: str = ""
    summary: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Step:
    """The next thing to do: take `look` of a run, or finish the run with the looks it has."""

    kind: Literal["look", "finish"]
    slug: str
    look: int = 0


class Schedule:
    """States of the runs `slugs`, in order; `budget` seconds in all, None for no limit."""

    def __init__(self, slugs: Iterable[str], budget: float | None) -> None:
        self.runs = {slug: RunState(slug) for slug in slugs}
        self.budget = budget
        self.used = 0.0
        self.time_up = False

    def replay(self, entries: Sequence[Entry]) -> None:
        """Take in what the journal holds. A run that failed is tried again."""
        for entry in entries:
            self.take(entry)
        for state in self.runs.values():
            state.failed = False

    def take(self, entry: Entry) -> None:
        """Take in one entry."""
        self.used = max(self.used, entry.get("used", 0.0))
        state = self.runs.get(entry.get("run", ""))
        kind = entry["event"]
        if kind == "time_up":
            self.time_up = self.budget is not None and self.budget <= entry["budget"]
        if state is None:
            return
        if kind == "look":
            state.decided = entry["look"]
        elif kind == "looked":
            state.looks, state.decided, state.last = entry["look"], 0, entry["last"]
            state.unsettled = math.inf if entry["unsettled"] is None else entry["unsettled"]
            state.seconds = entry["seconds"]
        elif kind == "finished":
            state.digest = entry["digest"]
        elif kind == "analysed":
            state.analysed.append(entry["method"])
        elif kind == "failed":
            state.failed = True

    def next(self, used: float) -> Step | None:
        """The next step when `used` seconds of the budget are gone; None when there is none left."""
        going = [state for state in self.runs.values() if not state.digest and not state.failed]
        for state in going:
            if state.decided:
                return Step("look", state.slug, state.decided)
        for state in going:
            if state.last:
                return Step("finish", state.slug)
        chosen = self._in_turn(going) if self.budget is None else self._least_settled(going, self.budget - used)
        if chosen is not None:
            return Step("look", chosen.slug, chosen.looks + 1)
        ready = [state for state in going if state.looks]
        return Step("finish", ready[0].slug) if ready else None

    @staticmethod
    def _in_turn(going: Sequence[RunState]) -> RunState | None:
        return going[0] if going else None

    def _least_settled(self, going: Sequence[RunState], left: float) -> RunState | None:
        if self.time_up or left <= 0:
            return None
        for state in going:
            if not state.looks:
                return state
        fitting = [state for state in going if state.seconds <= left]
        return max(fitting, key=lambda state: state.unsettled, default=None)

    def unbegun(self) -> list[str]:
        """Runs that the time was too short for."""
        return [state.slug for state in self.runs.values() if not (state.digest or state.failed or state.looks)]
