"""beta(mean, n) or beta(a, b), on [0, 1]: a share or a probability.

mean and n mean Beta(mean n, (1 - mean) n): n counts like observations behind the estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from mcengine.families.base import Array, Family
from mcengine.families.reader import Reader, number_text
from mcengine.families.roots import where_chance_is

TINY = 1e-200
"""Below this scipy 1.17's inverse of the incomplete beta function misses for shapes above 100."""


@dataclass(frozen=True, eq=False)
class Beta(Family):
    """Beta with shapes `a` and `b`, both above 0."""

    name = "beta"
    forms = (("mean", "n"), ("a", "b"))

    a: float
    b: float

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """beta(mean, n) with 0 < mean < 1 and n > 0, or beta(a, b) with both above 0."""
        if reader.form == cls.forms[0]:
            mean, n = reader.number("mean"), reader.number("n")
            reader.refuse_if(mean <= 0.0 or mean >= 1.0, "mean", "must lie strictly between 0 and 1")
            reader.refuse_if(n <= 0.0, "n", "must be above 0")
            a, b = mean * n, (1.0 - mean) * n
        else:
            a, b = reader.number("a"), reader.number("b")
            reader.refuse_if(a <= 0.0, "a", "must be above 0")
            reader.refuse_if(b <= 0.0, "b", "must be above 0")
        reader.finish()
        return cls(reader.given, a, b)

    @property
    def support(self) -> tuple[float, float]:
        """[0, 1]."""
        return 0.0, 1.0

    @property
    def mean(self) -> float:
        """a / (a + b)."""
        return self.a / (self.a + self.b)

    @property
    def sd(self) -> float:
        """sqrt(m (1 - m) / (a + b + 1)) with m the mean."""
        return beta_sd(self.a, self.b)

    @property
    def text(self) -> str:
        """As "Beta(mean 0.5, n 12)" or "Beta(6, 6)", the way it was given."""
        names = ("mean ", "n ") if "mean" in self.given else ("", "")
        shown = [self.given[name] for name in (self.forms[0] if "mean" in self.given else self.forms[1])]
        return f"Beta({names[0]}{number_text(shown[0])}, {names[1]}{number_text(shown[1])})"

    def _lower(self, u: Array) -> Array:
        return beta_quantile(self.a, self.b, u)

    def _upper(self, v: Array) -> Array:
        return beta_upper(0.0, 1.0, self.a, self.b, v)

    def _cdf(self, x: Array) -> Array:
        return np.asarray(special.betainc(self.a, self.b, x))

    def _sf(self, x: Array) -> Array:
        return np.asarray(special.betaincc(self.a, self.b, x))


def beta_sd(a: float, b: float) -> float:
    """Standard deviation of Beta(a, b)."""
    n = a + b
    return math.sqrt((a / n) * (b / n) / (n + 1.0))


def beta_upper(low: float, high: float, a: float, b: float, v: Array) -> Array:
    """Values that Beta(a, b) stretched over [low, high] exceeds with chance v <= 0.5.

    Counted as a distance from `high`; where x is so near `low` that this rounds more than 1 - v does (b far
    above a, or a tiny), as a distance from `low`.
    """
    down = beta_quantile(b, a, v)
    x = high - (high - low) * down
    near_low = 1.0 - down < v
    if near_low.any():
        x[near_low] = low + (high - low) * beta_quantile(a, b, 1.0 - v[near_low])
    return x


def beta_quantile(a: float, b: float, u: Array) -> Array:
    """Quantiles of Beta(a, b) counted from below, for u of any size down to 1e-300.

    scipy's inverse may return NaN or stop short for the tiniest u. Where x is small the first two terms of
    the power series are inverted instead: u = x^a / (a B(a, b)) (1 + a (1 - b) / (a + 1) x + ...), DLMF
    8.17.7; at the change-over, (1 + b) x = 1e-8, the terms left out are below 1e-15. Where that does not
    hold and u < `TINY`, scipy's incomplete beta function is inverted by root finding; that function itself
    underflows early below 1e-290 for shapes above 200, so that x is a few per cent off there.
    """
    first = np.exp((np.log(u) + math.log(a) + float(special.betaln(a, b))) / a)
    series = first * (1.0 - (1.0 - b) / (a + 1.0) * first)
    small = first * (1.0 + b) < 1e-8
    x: Array = np.where(small, series, special.betaincinv(a, b, u))
    hard = ~small & (u < TINY)
    if hard.any():
        high = np.full(int(hard.sum()), special.betaincinv(a, b, TINY))
        x[hard] = where_chance_is(
            u[hard], lambda y: np.asarray(special.betainc(a, b, y)), 0.0 * high, high, rising=True
        )
    return x
