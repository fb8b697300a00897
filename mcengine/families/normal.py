"""normal(mean, sd): the Gaussian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from mcengine.families.base import Array, Family
from mcengine.families.reader import Reader, number_text


@dataclass(frozen=True, eq=False)
class Normal(Family):
    """Normal with mean `centre` and standard deviation `spread` > 0."""

    name = "normal"
    forms = (("mean", "sd"),)

    centre: float
    spread: float

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """normal(mean, sd), sd > 0."""
        centre, spread = reader.number("mean"), reader.number("sd")
        reader.refuse_if(spread <= 0.0, "sd", "must be above 0")
        reader.finish()
        return cls(reader.given, centre, spread)

    @property
    def support(self) -> tuple[float, float]:
        """All numbers."""
        return -np.inf, np.inf

    @property
    def mean(self) -> float:
        """The mean given."""
        return self.centre

    @property
    def sd(self) -> float:
        """The standard deviation given."""
        return self.spread

    @property
    def text(self) -> str:
        """As "Normal(mean 1, sd 0.2)"."""
        return f"Normal(mean {number_text(self.centre)}, sd {number_text(self.spread)})"

    def _lower(self, u: Array) -> Array:
        return np.asarray(self.centre + self.spread * special.ndtri(u))

    def _upper(self, v: Array) -> Array:
        return np.asarray(self.centre - self.spread * special.ndtri(v))

    def _cdf(self, x: Array) -> Array:
        return np.asarray(special.ndtr((x - self.centre) / self.spread))

    def _sf(self, x: Array) -> Array:
        return np.asarray(special.ndtr((self.centre - x) / self.spread))
