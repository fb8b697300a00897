"""triangular(low, mode, high): density rising in a straight line to the mode, then falling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from mcengine.families.base import Array, Family
from mcengine.families.reader import Reader, number_text


@dataclass(frozen=True, eq=False)
class Triangular(Family):
    """Triangle with its base on [`low`, `high`] and its top at `mode`."""

    name = "triangular"
    forms = (("low", "mode", "high"),)

    low: float
    mode: float
    high: float

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """triangular(low, mode, high), low <= mode <= high and low < high."""
        low, mode, high = (reader.number(name) for name in cls.forms[0])
        reader.three_points(low, mode, high)
        reader.finish()
        return cls(reader.given, low, mode, high)

    @property
    def support(self) -> tuple[float, float]:
        """[low, high]."""
        return self.low, self.high

    @property
    def mean(self) -> float:
        """(low + mode + high) / 3."""
        return self.low + ((self.mode - self.low) + (self.high - self.low)) / 3.0

    @property
    def sd(self) -> float:
        """sqrt((r^2 + w^2 - r w) / 18) with r = mode - low and w = high - low."""
        rise, width = self.mode - self.low, self.high - self.low
        return math.sqrt((rise * rise + width * width - rise * width) / 18.0)

    @property
    def text(self) -> str:
        """As "Triangular(1, 2, 4)"."""
        return f"Triangular({', '.join(map(number_text, (self.low, self.mode, self.high)))})"

    @property
    def _rise(self) -> float:
        """P(X <= mode)."""
        return (self.mode - self.low) / (self.high - self.low)

    @property
    def _fall(self) -> float:
        """P(X > mode)."""
        return (self.high - self.mode) / (self.high - self.low)

    def _lower(self, u: Array) -> Array:
        rising = self.low + (self.high - self.low) * np.sqrt(u) * math.sqrt(self._rise)
        return np.where(u <= self._rise, rising, self.mode + (self.high - self.mode) * _step(u, self._rise))

    def _upper(self, v: Array) -> Array:
        falling = self.high - (self.high - self.low) * np.sqrt(v) * math.sqrt(self._fall)
        return np.where(v <= self._fall, falling, self.mode - (self.mode - self.low) * _step(v, self._fall))

    def _cdf(self, x: Array) -> Array:
        up, down = (x - self.low) / (self.mode - self.low), (x - self.mode) / (self.high - self.mode)
        return np.where(self._on_rise(x), self._rise * up**2, self._rise + self._fall * down * (2.0 - down))

    def _sf(self, x: Array) -> Array:
        up, down = (self.mode - x) / (self.mode - self.low), (self.high - x) / (self.high - self.mode)
        return np.where(self._on_rise(x), self._fall + self._rise * up * (2.0 - up), self._fall * down**2)

    def _on_rise(self, x: Array) -> npt.NDArray[np.bool_]:
        """Whether x is on the rising side; the mode itself only where there is no falling side."""
        return (x < self.mode) | (self.mode == self.high)

    def _edges(self) -> Array:
        return np.array([self.low, self.mode, self.high])


def _step(p: Array, passed: float) -> Array:
    """Distance beyond the mode at chance p, as a share of that side, when the side before it holds `passed`.

    Solves passed + (1 - passed) t (2 - t) = p without cancellation for p just above `passed`.
    """
    share = (p - passed) / (1.0 - passed)
    return share / (1.0 + np.sqrt(1.0 - share))
