"""What a waterfall answers: two ends, and the steps from one to the other, as plain objects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.result import Statistic
from mcengine.analysis.shown import Shown
from mcengine.engine.run import digest
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study

SHOWN = 12  # steps of their own in a figure; smaller ones are drawn as one


@dataclass(frozen=True, slots=True)
class End:
    """One end: the output with the study's inputs at their means (or medians, or the plan's values).

    simulated  the mean of the simulated output, which the output at the means is not; None where nothing is uncertain
    """

    study: str
    value: float
    simulated: Statistic | None

    def to_dict(self) -> dict[str, Any]:
        """{"study", "value", "simulated_mean"}."""
        return {
            "study": self.study,
            "value": self.value,
            "simulated_mean": None if self.simulated is None else self.simulated.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One input, group of inputs or option, and what its change does to the output, in the output's unit.

    changes      (from, to) of each input or option in it, by name
    effect       its Shapley value; with an interval where orders were sampled
    first, last  what it does when it is changed before, and after, all others
    """

    name: str
    changes: Mapping[str, tuple[float | str, float | str]]
    effect: Statistic
    first: float
    last: float

    @property
    def value(self) -> float:
        """The effect as a number."""
        assert isinstance(self.effect.value, float)
        return self.effect.value

    def to_dict(self) -> dict[str, Any]:
        """{"name", "changes", "effect", "first", "last"}."""
        return {
            "name": self.name,
            "changes": {name: {"from": _plain(old), "to": _plain(new)} for name, (old, new) in self.changes.items()},
            "effect": self.effect.to_dict(),
            "first": self.first,
            "last": self.last,
        }


def _plain(value: float | str) -> float | str:
    """A value that JSON can hold: a supply without limit is "inf"."""
    return value if isinstance(value, str) or math.isfinite(value) else str(value)


@dataclass(frozen=True, slots=True)
class Bar:
    """A step of the figure: from one level of the output to the next; `pooled` small steps in one where above 0."""

    name: str
    start: float
    end: float
    pooled: int = 0


@dataclass(frozen=True, repr=False)
class WaterfallResult(Shown):
    """The way from one study's output to another's. `result["leverage"].effect.value`.

    against       the study it ends at; at: "mean", "median" or "plan", where both ends are evaluated
    steps         largest first; their effects add up to the difference between the ends
    evaluations   of the model at corners between the ends, without those of the simulated means
    permutations  random orders a replicate; None where all orders were taken, exactly (then replicates is None too)
    rows          float64 (replicates or 1, steps): the effects of each replicate, in the order of `steps`
    """

    study: Study
    against: Study
    at: str
    output: str
    unit: str
    start: End
    end: End
    steps: tuple[Step, ...]
    seed: int
    permutations: int | None
    replicates: int | None
    evaluations: int
    rows: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    method = "waterfall"

    @property
    def difference(self) -> float:
        """The output at the end less that at the start."""
        return self.end.value - self.start.value

    @property
    def digest(self) -> str:
        """sha256 of the effects: the same studies, seed and permutations give the same one."""
        return digest(self.rows)

    def bars(self, most: int = SHOWN) -> tuple[Bar, ...]:
        """The steps as bars from level to level, largest first, all but the largest `most` pooled in the last one."""
        shown = self.steps if len(self.steps) <= most + 1 else self.steps[:most]
        levels = self.start.value + np.cumsum([0.0, *(step.value for step in shown)])
        bars = [
            Bar(step.name, float(low), float(high))
            for step, low, high in zip(shown, levels[:-1], levels[1:], strict=True)
        ]
        if len(shown) < len(self.steps):
            bars.append(Bar("", float(levels[-1]), self.end.value, len(self.steps) - len(shown)))
        return tuple(bars)

    def __getitem__(self, name: str) -> Step:
        found = {step.name: step for step in self.steps}
        if name not in found:
            raise InputError(Fault(None, "step", name, "is no step of this waterfall", nearest_name(name, found)))
        return found[name]

    def to_dict(self) -> dict[str, Any]:
        """The contract of `sensitivity --method waterfall --json`."""
        return {
            "study": self.study.name,
            "against": self.against.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "at": self.at,
            "from": self.start.to_dict(),
            "to": self.end.to_dict(),
            "difference": self.difference,
            "steps": [step.to_dict() for step in self.steps],
            "exact": self.permutations is None,
            "permutations": self.permutations,
            "replicates": self.replicates,
            "seed": self.seed,
            "evaluations": self.evaluations,
            "digest": self.digest,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }
