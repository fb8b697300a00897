"""What the search for a better split of the public money answers, as plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.optimise_search import POSITIVE, Start
from mcengine.analysis.result import Statistic
from mcengine.analysis.shown import Shown
from mcengine.engine.run import digest
from mcengine.inputs.study import Study

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PhaseShare:
    """A phase's share of the public money, and what lies there at the horizon, mean of the fresh draws.

    plan, best  the plan's share, and that of the best split found
    keeps       shares with which, the others in proportion, `KEPT` of the gain is kept; None without a gain
    unspent     programme money left (plan's split, best split), EUR m; None in plan accounting
    waiting     own candidates in the queue, likewise
    """

    name: str
    plan: float
    best: float
    keeps: tuple[float, float] | None
    unspent: tuple[float, float] | None
    waiting: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """As in JSON under "phases"."""
        return {
            "plan": self.plan,
            "best": self.best,
            "keeps": None if self.keeps is None else list(self.keeps),
            "unspent": _both(self.unspent),
            "waiting": _both(self.waiting),
        }


def _both(pair: tuple[float, float] | None) -> dict[str, float] | None:
    return None if pair is None else {"plan": pair[0], "best": pair[1]}


@dataclass(frozen=True, slots=True)
class Effect:
    """One number under the plan's split and under the best, on fresh draws, and the paired change from one to the
    other; of shares of the draws, as a share."""

    name: str
    unit: str
    plan: Statistic
    best: Statistic
    change: Statistic

    def to_dict(self) -> dict[str, Any]:
        """As in JSON under "effects"."""
        numbers = {key: getattr(self, key).to_dict() for key in ("plan", "best", "change")}
        return {"unit": self.unit, **numbers}


@dataclass(frozen=True, repr=False)
class OptimiseResult(Shown):
    """The best split found. `result.shares["discovery"]`, `result.gain.value`.

    objective   "mean" or "prob_positive" of the output; leverage: "moves" with the split or "fixed"
    phases      by name, in order
    effects     by name; the first is the objective, and its change the gain
    optimism    how much higher the gain was on the draws of the search than on fresh ones
    private     private money per public euro by the plan's ratios, under the plan's split and under the best
    starts      of the search, in order; agree: how many of them end with `AGREES` of the gain, on the search's draws
    rows        float64 (fresh replicates, numbers): each effect under the plan's split, then under the best
    """

    study: Study
    output: str
    unit: str
    objective: str
    leverage: str
    seed: int
    n: int
    replicates: int
    phases: Mapping[str, PhaseShare]
    effects: Mapping[str, Effect]
    optimism: Statistic
    private: tuple[float, float]
    starts: tuple[Start, ...]
    agree: int
    splits: int
    rows: Array
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    threads: int = 1

    method = "optimise"

    @property
    def shares(self) -> dict[str, float]:
        """The best split found, by phase; sums to 1."""
        return {name: phase.best for name, phase in self.phases.items()}

    @property
    def main(self) -> Effect:
        """The objective's own effect."""
        return next(iter(self.effects.values()))

    @property
    def gain(self) -> Statistic:
        """What the best split brings over the plan's, on fresh draws."""
        return self.main.change

    @property
    def told_apart(self) -> bool:
        """Whether the gain's whole interval lies above 0: else it is no gain that can be told from noise."""
        return self.gain.ci95 is not None and float(self.gain.ci95[0]) > 0.0

    @property
    def factor(self) -> float:
        """What the drawn leverage is multiplied by under the best split."""
        return self.private[1] / self.private[0] if self.leverage == "moves" else 1.0

    @property
    def evaluations(self) -> int:
        """Of the model: each split of the searches on all their draws, and two on the fresh ones."""
        return (self.splits + 2) * self.n * self.replicates

    @property
    def digest(self) -> str:
        """sha256 of the fresh replicates' numbers: the same study, seed and options give the same one."""
        return digest(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The contract of `optimise --json`; depends on study, seed and options alone."""
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": "share" if self.objective == POSITIVE else self.unit,
            "method": self.method,
            "objective": self.objective,
            "accounting": self.study.options.accounting,
            "leverage": {
                "mode": self.leverage,
                "factor": self.factor,
                "private_per_public": {"plan": self.private[0], "best": self.private[1]},
            },
            "seed": self.seed,
            "n": self.n,
            "replicates": self.replicates,
            "evaluations": self.evaluations,
            "digest": self.digest,
            "told_apart": self.told_apart,
            "gain": self.gain.to_dict(),
            "optimism": self.optimism.to_dict(),
            "phases": {name: phase.to_dict() for name, phase in self.phases.items()},
            "effects": {name: effect.to_dict() for name, effect in self.effects.items()},
            "starts": [
                {"name": s.name, "value": s.value, "shares": list(s.shares), "tried": s.tried} for s in self.starts
            ],
            "agree": self.agree,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }
