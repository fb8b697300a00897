"""What a comparison finds between runs, computed once for text, JSON and pages: each further run against the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mcengine.analysis.explained import Explanation, explain
from mcengine.analysis.paired import Differences, Side, differences
from mcengine.analysis.study_changes import Changes, changes


@dataclass(frozen=True)
class Findings:
    """differences and explained: one for each further run, against the first; changes: over all runs."""

    sides: tuple[Side, ...]
    differences: tuple[Differences, ...]
    changes: Changes
    explained: tuple[Explanation, ...]

    def to_dict(self) -> dict[str, Any]:
        """What `compare --json` adds to the runs themselves."""
        return {
            "differences": [one.to_dict() for one in self.differences],
            "changes": self.changes.to_dict(),
            "explained": [one.to_dict() for one in self.explained],
        }


def findings(sides: Sequence[Side]) -> Findings:
    """The differences of all runs from the first, what differs in the inputs, and what explains it."""
    found = tuple(differences(sides[0], other) for other in sides[1:])
    return Findings(tuple(sides), found, changes([side.study for side in sides]), tuple(map(explain, found)))
