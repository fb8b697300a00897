"""What an analysis of the tail answers: indices of the chance of a loss and of its depth beside the output's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcengine.analysis.ranking import Ranking
from mcengine.analysis.result import Statistic
from mcengine.analysis.shown import Shown
from mcengine.analysis.sobol_result import SobolResult
from mcengine.engine.run import digest
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study

OUTPUT, BELOW_LEVEL, SHORTFALL_BELOW = "output", "below", "shortfall"


@dataclass(frozen=True, repr=False)
class TailResult(Shown):
    """Sobol' indices of 1{y < level} and of (q - y)+, beside those of y. `result["below"]["leverage"].st.value`.

    share, quantile   q is the quantile of y at `share`, in the output's unit, with its interval
    below             chance of y < level
    drawn             draws that both come from; they are none of the design's
    responses         a SobolResult by "output", "below" and "shortfall"; those that do not vary are left out
    refused           why, by the same keys
    """

    study: Study
    output: str
    unit: str
    level: float
    share: float
    quantile: Statistic
    below: Statistic
    drawn: int
    responses: Mapping[str, SobolResult]
    refused: Mapping[str, str]
    notes: tuple[str, ...] = ()

    method = "tail"

    @property
    def first(self) -> SobolResult:
        """One of the analyses; seed, n, replicates, threads are those of all."""
        return next(iter(self.responses.values()))

    @property
    def seed(self) -> int:
        """Of the design and, by a stream of its own, of the draws."""
        return self.first.seed

    @property
    def n(self) -> int:
        """Base points of a replicate."""
        return self.first.n

    @property
    def replicates(self) -> int:
        """Of the design."""
        return self.first.replicates

    @property
    def evaluations(self) -> int:
        """Of the model: one design serves all responses, and the draws come on top."""
        return self.first.evaluations + self.drawn

    @property
    def seconds(self) -> float:
        """Wall time of the design's evaluations."""
        return self.first.seconds

    @property
    def threads(self) -> int:
        """How many computed it."""
        return self.first.threads

    @property
    def warnings(self) -> tuple[str, ...]:
        """Doubts about the assumptions."""
        return self.study.warnings

    @property
    def digest(self) -> str:
        """sha256 of the replicates' numbers of all responses, and the quantile."""
        rows = [part.rows for found in self.responses.values() for part in (found.main, found.apart) if part]
        quantile = np.full((self.replicates, 1), self.quantile.value, dtype=np.float64)
        return digest(np.concatenate([*rows, quantile], axis=1))

    def rankings(self, key: str) -> dict[str, Ranking]:
        """How sure the order is, for "groups" and for "inputs", of one response."""
        found = self.responses[key]
        main, apart = found.main.ranking, found.apart.ranking if found.apart else None
        own = {"groups": main, "inputs": apart} if found.groups else {"inputs": main}
        return {name: ranking for name, ranking in own.items() if ranking}

    def __getitem__(self, key: str) -> SobolResult:
        if key in self.refused:
            raise InputError(Fault(None, "response", key, self.refused[key]))
        if key not in self.responses:
            rule = f"is no response of this analysis; it has {', '.join(self.responses)}"
            raise InputError(Fault(None, "response", key, rule, nearest_name(key, self.responses)))
        return self.responses[key]

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data; depends on study, seed, n, replicates and levels alone."""
        first = self.first
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "seed": self.seed,
            "n": self.n,
            "replicates": self.replicates,
            "evaluations": self.evaluations,
            "digest": self.digest,
            "level": self.level,
            "chance_below": self.below.to_dict(),
            "share": self.share,
            "quantile": self.quantile.to_dict(),
            "inputs_variant": first.inputs_variant,
            "responses": {key: self._response(key) for key in self.responses},
            "refused": dict(self.refused),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }

    def _response(self, key: str) -> dict[str, Any]:
        found = self.responses[key]
        return {
            "response": found.response,
            "sd": found.main.sd,
            "groups": {name: factor.to_dict(members=True) for name, factor in found.groups.items()},
            "inputs": {name: factor.to_dict(members=False) for name, factor in found.inputs.items()},
            "ranking": {name: ranking.to_dict() for name, ranking in self.rankings(key).items()},
        }
