"""pert(low, mode, high, lambda = 4): a beta distribution stretched over [low, high].

alpha = 1 + lambda (mode - low) / (high - low) and beta = 1 + lambda (high - mode) / (high - low), so that
the mean is (low + lambda mode + high) / (lambda + 2).
Sources: Malcolm, Roseboom, Clark and Fazar 1959 (Oper. Res. 7:646) and Clark 1962 (Oper. Res. 10:405) for
lambda = 4; Vose 2008 (Risk Analysis, 3rd ed.) for the general lambda.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from mcengine.families.base import Array, Family
from mcengine.families.beta import beta_quantile, beta_sd, beta_upper
from mcengine.families.reader import Reader, number_text


@dataclass(frozen=True, eq=False)
class Pert(Family):
    """Beta-PERT on [`low`, `high`] with its top at `mode`; a larger `peak` (lambda) is narrower."""

    name = "pert"
    forms = (("low", "mode", "high"),)
    optional = ("lambda",)

    low: float
    mode: float
    high: float
    peak: float

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """pert(low, mode, high, lambda = 4), low <= mode <= high, low < high and lambda > 0."""
        low, mode, high = (reader.number(name) for name in cls.forms[0])
        peak = reader.number("lambda", 4.0)
        reader.three_points(low, mode, high)
        reader.refuse_if(peak <= 0.0, "lambda", "must be above 0")
        reader.finish()
        return cls(reader.given, low, mode, high, peak)

    @property
    def alpha(self) -> float:
        """First shape of the beta."""
        return 1.0 + self.peak * (self.mode - self.low) / (self.high - self.low)

    @property
    def beta(self) -> float:
        """Second shape of the beta."""
        return 1.0 + self.peak * (self.high - self.mode) / (self.high - self.low)

    @property
    def support(self) -> tuple[float, float]:
        """[low, high]."""
        return self.low, self.high

    @property
    def mean(self) -> float:
        """(low + lambda mode + high) / (lambda + 2)."""
        width, rise = self.high - self.low, self.mode - self.low
        return self.low + (self.peak * rise + width) / (self.peak + 2.0)

    @property
    def sd(self) -> float:
        """That of the beta, times high - low."""
        return (self.high - self.low) * beta_sd(self.alpha, self.beta)

    @property
    def text(self) -> str:
        """As "PERT(1.6, 1.97, 2.3)"; lambda is shown when it was given."""
        peak = f", lambda {number_text(self.peak)}" if "lambda" in self.given else ""
        return f"PERT({', '.join(map(number_text, (self.low, self.mode, self.high)))}{peak})"

    def _lower(self, u: Array) -> Array:
        return self.low + (self.high - self.low) * beta_quantile(self.alpha, self.beta, u)

    def _upper(self, v: Array) -> Array:
        return beta_upper(self.low, self.high, self.alpha, self.beta, v)

    def _cdf(self, x: Array) -> Array:
        return np.asarray(special.betainc(self.alpha, self.beta, (x - self.low) / (self.high - self.low)))

    def _sf(self, x: Array) -> Array:
        return np.asarray(special.betainc(self.beta, self.alpha, (self.high - x) / (self.high - self.low)))
