"""discrete(values, weights): finitely many values, each with its own chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from mcengine.families.base import Array, Family
from mcengine.families.reader import Reader, number_text

SHOWN = 6
"""How many values `text` spells out."""


@dataclass(frozen=True, eq=False)
class Discrete(Family):
    """Values `x` ascending with chances `weight`, both of shape (k,), weights above 0 and summing to 1."""

    name = "discrete"
    forms = (("values", "weights"),)

    x: Array
    weight: Array

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """discrete(values, weights): as many weights as values, no value twice, weights sum to 1."""
        values, weights = reader.numbers("values", least=1), reader.numbers("weights", least=1)
        reader.finish()
        if len(values) != len(weights):
            reader.refuse("weights", len(weights), f"needs one weight for each of the {len(values)} values")
        reader.refuse_if(len(set(values)) < len(values), "values", "must not name a value twice")
        rows = [f"weights[{row}]" for row in range(1, len(weights) + 1)]
        weights = reader.weights("weights", weights, rows)
        reader.finish()
        pairs = sorted((value, weight) for value, weight in zip(values, weights, strict=True) if weight > 0.0)
        x, weight = np.array(pairs).T.copy()
        x.setflags(write=False)
        weight.setflags(write=False)
        return cls(reader.given, x, weight)

    @property
    def support(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return float(self.x[0]), float(self.x[-1])

    @property
    def mean(self) -> float:
        """Sum of weight times value."""
        return math.fsum(self.x * self.weight)

    @property
    def sd(self) -> float:
        """Root of the sum of weight times squared distance to the mean."""
        return math.sqrt(math.fsum(self.weight * (self.x - self.mean) ** 2))

    @property
    def text(self) -> str:
        """As "Discrete(0: 0.25, 1: 0.75)"."""
        pairs = [f"{number_text(x)}: {number_text(w)}" for x, w in zip(self.x, self.weight, strict=True)]
        more = f", and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
        return f"Discrete({', '.join(pairs[:SHOWN])}{more})"

    def _from_below(self) -> Array:
        """P(X <= x_i), shape (k,)."""
        chances = np.cumsum(self.weight)
        chances[-1] = 1.0
        return chances

    def _from_above(self) -> Array:
        """P(X > x_i), shape (k,)."""
        return np.append(np.cumsum(self.weight[::-1])[::-1][1:], 0.0)

    def _lower(self, u: Array) -> Array:
        return self.x[np.searchsorted(self._from_below(), u, side="left")]

    def _upper(self, v: Array) -> Array:
        more_than = self.x.size - np.searchsorted(self._from_above()[::-1], v, side="right")
        return self.x[np.clip(more_than, 0, self.x.size - 1)]

    def _cdf(self, x: Array) -> Array:
        return self._prepend(0.0, self._from_below())[np.searchsorted(self.x, x, side="right")]

    def _below(self, x: Array) -> Array:
        return self._prepend(0.0, self._from_below())[np.searchsorted(self.x, x, side="left")]

    def _sf(self, x: Array) -> Array:
        return self._prepend(1.0, self._from_above())[np.searchsorted(self.x, x, side="right")]

    def _at_least(self, x: Array) -> Array:
        return self._prepend(1.0, self._from_above())[np.searchsorted(self.x, x, side="left")]

    @staticmethod
    def _prepend(first: float, chances: Array) -> Array:
        """The chances with the one that holds before the first value in front."""
        return np.concatenate([[first], chances])

    def _edges(self) -> Array:
        return self.x
