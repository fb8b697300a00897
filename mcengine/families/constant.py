"""constant(value): one value, for certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mcengine.families.base import Array, Family
from mcengine.families.reader import Reader, number_text


@dataclass(frozen=True, eq=False)
class Constant(Family):
    """All mass on `value`."""

    name = "constant"
    forms = (("value",),)

    value: float

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """constant(value)."""
        value = reader.number("value")
        reader.finish()
        return cls(reader.given, value)

    @property
    def support(self) -> tuple[float, float]:
        """[value, value]."""
        return self.value, self.value

    @property
    def mean(self) -> float:
        """The value."""
        return self.value

    @property
    def sd(self) -> float:
        """0."""
        return 0.0

    @property
    def text(self) -> str:
        """The value, as "0.0225"."""
        return number_text(self.value)

    def _lower(self, u: Array) -> Array:
        return np.full(u.shape, self.value)

    def _upper(self, v: Array) -> Array:
        return np.full(v.shape, self.value)

    def _cdf(self, x: Array) -> Array:
        return np.ones(x.shape)

    def _sf(self, x: Array) -> Array:
        return np.zeros(x.shape)

    def _below(self, x: Array) -> Array:
        return np.zeros(x.shape)

    def _at_least(self, x: Array) -> Array:
        return np.ones(x.shape)
