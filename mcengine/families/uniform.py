"""uniform(low, high): every value between low and high equally likely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from mcengine.families.base import Array, Family
from mcengine.families.reader import Reader, number_text


@dataclass(frozen=True, eq=False)
class Uniform(Family):
    """Flat between `low` and `high`."""

    name = "uniform"
    forms = (("low", "high"),)

    low: float
    high: float

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """uniform(low, high), low < high."""
        low, high = reader.number("low"), reader.number("high")
        reader.range(low, high)
        reader.finish()
        return cls(reader.given, low, high)

    @property
    def support(self) -> tuple[float, float]:
        """[low, high]."""
        return self.low, self.high

    @property
    def mean(self) -> float:
        """(low + high) / 2."""
        return self.low + 0.5 * (self.high - self.low)

    @property
    def sd(self) -> float:
        """(high - low) / sqrt(12)."""
        return (self.high - self.low) / math.sqrt(12.0)

    @property
    def text(self) -> str:
        """As "Uniform(0, 125)"."""
        return f"Uniform({number_text(self.low)}, {number_text(self.high)})"

    def _lower(self, u: Array) -> Array:
        return self.low + (self.high - self.low) * u

    def _upper(self, v: Array) -> Array:
        return self.high - (self.high - self.low) * v

    def _cdf(self, x: Array) -> Array:
        return (x - self.low) / (self.high - self.low)

    def _sf(self, x: Array) -> Array:
        return (self.high - x) / (self.high - self.low)
