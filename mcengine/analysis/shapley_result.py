"""What Shapley effects answer: each input's share of the variance, correlated or not, as plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.ranking import Ranking
from mcengine.analysis.result import Statistic
from mcengine.analysis.shown import Shown
from mcengine.engine.run import digest
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study


@dataclass(frozen=True, slots=True)
class Effect:
    """One factor's Shapley effect, as a share of the output's variance.

    members     its inputs; itself, or those of a group
    correlated  the inputs outside it that it is correlated with, directly or through others
    """

    name: str
    members: tuple[str, ...]
    share: Statistic
    correlated: tuple[str, ...]

    def to_dict(self, *, members: bool) -> dict[str, Any]:
        """{"effect", "correlated_with"}, with the members for a group."""
        own = {"members": list(self.members)} if members else {}
        return {**own, "effect": self.share.to_dict(), "correlated_with": list(self.correlated)}


@dataclass(frozen=True, repr=False)
class ShapleyResult(Shown):
    """Shapley effects of one output of a study. `result["leverage"].share.value`; a group goes by its name.

    effects       by factor, in declared order; their values sum to 1
    n             base points of a replicate; evaluations: of the model, in all
    permutations  random orders at each base point; None where all orders were taken, exactly
    sd            of the output, in its unit
    rows          float64 (replicates, factors): each replicate's effects times its variance, in the unit squared
    """

    study: Study
    output: str
    unit: str
    seed: int
    n: int
    replicates: int
    permutations: int | None
    effects: Mapping[str, Effect]
    ranking: Ranking | None
    sd: float
    evaluations: int
    rows: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    threads: int = 1

    method = "shapley"

    @property
    def digest(self) -> str:
        """sha256 of the replicates' numbers: the same study, seed, n and replicates give the same one."""
        return digest(self.rows)

    @property
    def ordered(self) -> tuple[Effect, ...]:
        """The effects, largest first."""
        return tuple(sorted(self.effects.values(), key=lambda effect: -share(effect)))

    def __getitem__(self, name: str) -> Effect:
        if name not in self.effects:
            rule = "has no effect in this analysis"
            raise InputError(Fault(None, "factor", name, rule, nearest_name(name, self.effects)))
        return self.effects[name]

    def to_dict(self) -> dict[str, Any]:
        """The contract of `sensitivity --method shapley --json`; depends on study, seed, n and replicates alone."""
        single = {name: effect for name, effect in self.effects.items() if effect.members == (name,)}
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "seed": self.seed,
            "n": self.n,
            "replicates": self.replicates,
            "permutations": self.permutations,
            "evaluations": self.evaluations,
            "digest": self.digest,
            "sd": self.sd,
            "groups": {
                name: effect.to_dict(members=True) for name, effect in self.effects.items() if name not in single
            },
            "inputs": {name: effect.to_dict(members=False) for name, effect in single.items()},
            "ranking": None if self.ranking is None else self.ranking.to_dict(),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def share(effect: Effect) -> float:
    """The effect as a number."""
    assert isinstance(effect.share.value, float)
    return effect.share.value
