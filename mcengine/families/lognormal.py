"""lognormal(median, log_sd), or by two quantiles (p_low, x_low, p_high, x_high)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from mcengine.families.base import Array, Family
from mcengine.families.reader import Reader, number_text


@dataclass(frozen=True, eq=False)
class Lognormal(Family):
    """The logarithm is normal with mean log(`middle`) and standard deviation `log_sd` > 0."""

    name = "lognormal"
    forms = (("median", "log_sd"), ("p_low", "x_low", "p_high", "x_high"))

    middle: float
    log_sd: float

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """lognormal(median, log_sd), or x_low exceeded with chance 1 - p_low and x_high with 1 - p_high."""
        if reader.form == cls.forms[0]:
            middle, log_sd = reader.number("median"), reader.number("log_sd")
            reader.refuse_if(middle <= 0.0, "median", "must be above 0")
            reader.refuse_if(log_sd <= 0.0, "log_sd", "must be above 0")
        else:
            middle, log_sd = _from_quantiles(reader)
        reader.finish()
        if not math.isfinite(_sd(middle, log_sd)):
            key = reader.form[1] if reader.form == cls.forms[0] else "x_high"
            reader.refuse(key, reader.given[key], "makes the standard deviation too large for a double")
        reader.finish()
        return cls(reader.given, middle, log_sd)

    @property
    def support(self) -> tuple[float, float]:
        """Above 0."""
        return 0.0, np.inf

    @property
    def mean(self) -> float:
        """median exp(log_sd^2 / 2)."""
        return self.middle * math.exp(0.5 * self.log_sd**2)

    @property
    def sd(self) -> float:
        """mean sqrt(exp(log_sd^2) - 1)."""
        return _sd(self.middle, self.log_sd)

    @property
    def median(self) -> float:
        """Given, or between the two quantiles."""
        return self.middle

    @property
    def text(self) -> str:
        """As "Lognormal(median 1, log-sd 0.6)" or "Lognormal(P5 0.4, P95 2.7)"."""
        if "p_low" in self.given:
            p_low, x_low, p_high, x_high = (self.given[name] for name in self.forms[1])
            low = f"P{number_text(100.0 * p_low)} {number_text(x_low)}"
            return f"Lognormal({low}, P{number_text(100.0 * p_high)} {number_text(x_high)})"
        return f"Lognormal(median {number_text(self.middle)}, log-sd {number_text(self.log_sd)})"

    def _lower(self, u: Array) -> Array:
        return np.asarray(self.middle * np.exp(self.log_sd * special.ndtri(u)))

    def _upper(self, v: Array) -> Array:
        return np.asarray(self.middle * np.exp(-self.log_sd * special.ndtri(v)))

    def _cdf(self, x: Array) -> Array:
        return np.asarray(special.ndtr(self._score(x)))

    def _sf(self, x: Array) -> Array:
        return np.asarray(special.ndtr(-self._score(x)))

    def _score(self, x: Array) -> Array:
        """Standard normal score of x."""
        return np.asarray(np.log(x / self.middle) / self.log_sd)


def _from_quantiles(reader: Reader) -> tuple[float, float]:
    """Median and log-sd of the lognormal through (p_low, x_low) and (p_high, x_high)."""
    p_low, x_low, p_high, x_high = (reader.number(name) for name in Lognormal.forms[1])
    for name, p in (("p_low", p_low), ("p_high", p_high)):
        reader.refuse_if(not 0.0 < p < 1.0 and not math.isnan(p), name, "must lie strictly between 0 and 1")
    reader.refuse_if(p_low >= p_high, "p_high", f"must lie above p_low = {number_text(p_low)}")
    reader.refuse_if(x_low <= 0.0, "x_low", "must be above 0")
    reader.refuse_if(x_low >= x_high, "x_high", f"must lie above x_low = {number_text(x_low)}")
    reader.finish()
    z_low, z_high = float(special.ndtri(p_low)), float(special.ndtri(p_high))
    log_sd = (math.log(x_high) - math.log(x_low)) / (z_high - z_low)
    return math.exp(math.log(x_low) - log_sd * z_low), log_sd


def _sd(median: float, log_sd: float) -> float:
    """Standard deviation, inf where a double can't hold it."""
    try:
        return median * math.exp(0.5 * log_sd**2) * math.sqrt(math.expm1(log_sd**2))
    except OverflowError:
        return math.inf
