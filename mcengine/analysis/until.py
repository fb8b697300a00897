"""Stopping at a stated precision: `--until "npv.mean=10m, npv.p05=1%, npv.prob_positive=0.1pp"`.

Replicates are added until the half-width of every named interval is small enough. The run looks at 32, 64, 128 ...
replicates only (R, 2R, 4R ... for R replicates at the start). Looking more than once and stopping when the spread
happens to be small would make a 95% interval cover less often than it says; so with K looks possible up to the cap
every interval is taken at the level 1 - 0.05 / K (Bonferroni): whenever it stops, all looks together miss in at most
5 of 100 runs for each figure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcengine.analysis.result import OutputResult, Statistic
from mcengine.errors import Fault, InputError, nearest_name

DEFAULT_CAP = 10**10  # draws in all
MISS = 0.05
_TARGET = re.compile(r"\s*([A-Za-z_][\w@\[\]]*)\.(\w+)\s*=\s*([0-9.]+(?:[eE][-+]?\d+)?)\s*(bn|m|%|pp)?\s*")
_SCALE = {"m": 1.0, "bn": 1000.0, "pp": 0.01, None: 1.0}


@dataclass(frozen=True, slots=True)
class Target:
    """A half-width to reach: `limit` in the output's unit, or a share of the value when `relative`."""

    output: str
    statistic: str
    limit: float
    relative: bool
    text: str

    def allowed(self, statistic: Statistic) -> float | None:
        """The largest half-width, in the output's unit; None when the statistic has no number yet."""
        if not isinstance(statistic.value, float | int):
            return None
        return abs(statistic.value) * self.limit if self.relative else self.limit


@dataclass(frozen=True, slots=True)
class Reached:
    """What a target came to: half-width and what was allowed (output's unit; None: refused), and whether it is met."""

    target: Target
    half_width: float | None
    allowed: float | None
    met: bool

    def to_dict(self) -> dict[str, Any]:
        """{"target", "half_width", "allowed", "met"}."""
        return {"target": self.target.text, "half_width": self.half_width, "allowed": self.allowed, "met": self.met}


@dataclass(frozen=True)
class Stopping:
    """How a run with targets ended: `why`, after how many looks of how many planned, and each target's state.

    asked  the targets as written; first: replicates at the first look; cap: most draws in all; level: of the
    intervals, raised for the number of looks. With them the run can be repeated, stop and all.
    """

    asked: str
    first: int
    cap: int
    why: str
    looks: int
    planned: int
    level: float
    reached: tuple[Reached, ...]

    def to_dict(self) -> dict[str, Any]:
        """As in summary.json under "until"."""
        targets = [one.to_dict() for one in self.reached]
        return {
            "asked": self.asked,
            "first_replicates": self.first,
            "cap": self.cap,
            "why": self.why,
            "looks": self.looks,
            "planned_looks": self.planned,
            "level": self.level,
            "targets": targets,
        }


def parse_targets(text: str) -> tuple[Target, ...]:
    """Targets from "npv.mean=10m, npv.p05=1%".

    Units: m (EUR million), bn (EUR billion), % (of the value), pp (percentage points, of a probability), none (the
    output's own unit).

    Raises
    ------
    InputError  every part that cannot be read, with what would be.
    """
    targets, faults = [], []
    for part in text.split(","):
        match = _TARGET.fullmatch(part)
        if match is None:
            rule = "must be output.statistic=half-width, as in npv.mean=10m, npv.p05=1%, npv.prob_positive=0.1pp"
            faults.append(Fault(None, "--until", part.strip(), rule))
            continue
        output, statistic, number, unit = match.groups()
        try:
            limit = float(number)
        except ValueError:
            limit = 0.0
        if not limit > 0.0:
            faults.append(Fault(None, "--until", part.strip(), "the half-width must be a number above 0"))
            continue
        relative = unit == "%"
        targets.append(
            Target(output, statistic, limit / 100 if relative else limit * _SCALE[unit], relative, part.strip())
        )
    if faults:
        raise InputError(faults)
    return tuple(targets)


def check_targets(targets: Sequence[Target], outputs: Mapping[str, Sequence[str]]) -> None:
    """Refuse targets whose output or statistic the run does not have; `outputs` maps names to statistics."""
    faults = []
    for target in targets:
        if target.output not in outputs:
            rule = f"is not an output of this run; it has {', '.join(outputs)}"
            faults.append(Fault(None, "--until", target.text, rule, nearest_name(target.output, outputs)))
        elif target.statistic not in outputs[target.output]:
            known = outputs[target.output]
            rule = f"{target.output} has no interval of that name; it has {', '.join(known)}"
            faults.append(Fault(None, "--until", target.text, rule, nearest_name(target.statistic, known)))
    if faults:
        raise InputError(faults)


def planned_looks(replicates: int, draws: int, cap: int) -> list[int]:
    """Counts of replicates at which to look: R, 2R, 4R ... while their draws stay within the cap; at least one."""
    looks = [replicates]
    while 2 * looks[-1] * draws <= cap:
        looks.append(2 * looks[-1])
    return looks


def look(targets: Sequence[Target], outputs: Mapping[str, OutputResult]) -> tuple[Reached, ...]:
    """Where every target stands."""
    return tuple(_state(target, outputs[target.output].statistics[target.statistic]) for target in targets)


def _state(target: Target, statistic: Statistic) -> Reached:
    allowed = target.allowed(statistic)
    if allowed is None or statistic.ci95 is None:
        return Reached(target, None, allowed, False)
    low, high = (float(bound) for bound in statistic.ci95)
    half = max(high - float(statistic.value or 0.0), float(statistic.value or 0.0) - low)
    return Reached(target, half, allowed, half <= allowed)


def reason(reached: Sequence[Reached]) -> str:
    """Why a run stops at a look where the targets stand like this."""
    missed = ", ".join(one.target.text for one in reached if not one.met)
    return f"the cap on draws was reached before {missed}" if missed else "every half-width is small enough"


def time_up(reached: Sequence[Reached]) -> str:
    """Why a run stops although targets are not met and the cap allows another look."""
    missed = ", ".join(one.target.text for one in reached if not one.met)
    return f"the time for it was used up before {missed}"
