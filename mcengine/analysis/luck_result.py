"""What the split of a variance into ignorance and luck answers."""

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
from mcengine.inputs.study import Study

Array = NDArray[np.float64]

IGNORANCE, LUCK = "ignorance", "luck"


@dataclass(frozen=True)
class LuckCurve:
    """The distribution of the output over luck alone, at one fixed set of assumptions.

    rank           place of these assumptions among all by their mean, 0 to 1
    mean           over the curve's lucks, in the output's unit; sd likewise
    prob_positive  share of them above 0
    quantiles      values at `LuckBand.probabilities`
    """

    rank: float
    mean: float
    sd: float
    prob_positive: float
    quantiles: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """All of it by name."""
        return {
            "rank": self.rank,
            "mean": self.mean,
            "sd": self.sd,
            "prob_positive": self.prob_positive,
            "quantiles": list(self.quantiles),
        }


@dataclass(frozen=True)
class LuckBand:
    """The band of distributions: one curve for each fixed set of assumptions, not one curve only.

    probabilities  at which every curve is given
    curves         by rank; all under the same `lucks`, so that they differ by their assumptions alone
    expected       quantiles of E[y | assumptions] over `ranked` assumptions, each the mean of `means` lucks: it still
                   holds 1/means of the luck's variance
    whole          quantiles of the output with both
    """

    probabilities: tuple[float, ...]
    curves: tuple[LuckCurve, ...]
    expected: tuple[float, ...]
    whole: tuple[float, ...]
    lucks: int
    ranked: int
    means: int

    @property
    def evaluations(self) -> int:
        """Of the model, for the band alone."""
        return self.ranked * self.means + len(self.curves) * self.lucks

    def to_dict(self) -> dict[str, Any]:
        """The band as plain data."""
        return {
            "probabilities": list(self.probabilities),
            "whole": list(self.whole),
            "expected": list(self.expected),
            "lucks": self.lucks,
            "ranked": self.ranked,
            "means": self.means,
            "curves": [curve.to_dict() for curve in self.curves],
        }


@dataclass(frozen=True, repr=False)
class LuckResult(Shown):
    """Var(y) = Var(E[y | x]) + E[Var(y | x)], x the assumptions: ignorance and luck. `result.shares["luck"].value`.

    variances  "ignorance" and "luck", in the output's unit squared
    total      their sum, the variance of the output
    shares     of the total, by the same names
    mean       of the output
    inner      lucks of each draw; rows float64 (replicates, 3): mean, ignorance and luck of each replicate
    """

    study: Study
    output: str
    unit: str
    seed: int
    n: int
    replicates: int
    inner: int
    mean: Statistic
    variances: Mapping[str, Statistic]
    shares: Mapping[str, Statistic]
    total: Statistic
    band: LuckBand
    rows: Array
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    threads: int = 1

    method = "luck"

    @property
    def evaluations(self) -> int:
        """Of the model: the nested design, and the band."""
        return self.n * self.replicates * self.inner + self.band.evaluations

    @property
    def digest(self) -> str:
        """sha256 of the replicates' numbers and of the curves' means."""
        means = np.full((self.replicates, 1), np.mean([curve.mean for curve in self.band.curves]))
        return digest(np.concatenate([self.rows, means], axis=1))

    def sd(self, name: str) -> float | None:
        """Standard deviation of "ignorance", "luck" or "total" alone; None where the variance came out below 0."""
        value = (self.total if name == "total" else self.variances[name]).value
        return math.sqrt(value) if isinstance(value, float) and value >= 0.0 else None

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data; depends on study, seed and sizes alone."""
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "seed": self.seed,
            "n": self.n,
            "replicates": self.replicates,
            "inner": self.inner,
            "evaluations": self.evaluations,
            "digest": self.digest,
            "mean": self.mean.to_dict(),
            "variance": self.total.to_dict(),
            "sd": self.sd("total"),
            **{
                name: {
                    "variance": self.variances[name].to_dict(),
                    "share": self.shares[name].to_dict(),
                    "sd": self.sd(name),
                }
                for name in (IGNORANCE, LUCK)
            },
            "band": self.band.to_dict(),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }
