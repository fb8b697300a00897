"""What every family shares: the `Distribution` base class.

A family implements its quantile function twice, `_lower(u)` for u in [0, 0.5] counted from below and
`_upper(v)` for v in [0, 0.5] counted from above, and its probabilities twice, `_cdf` and `_sf`. The base
class folds the other halves onto these: 1 - u is exact in floating point for u in [0.5, 1], so neither
tail is ever reached as "1 minus something tiny".

Quantiles are the left-continuous inverse, ppf(u) = min{x : cdf(x) >= u}, also where the distribution has
atoms (jumps of the cdf) or gaps (jumps of the quantile function).
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from mcengine.families.reader import Reader

Array = npt.NDArray[np.float64]


class Piece(NamedTuple):
    """A stretch of probability on which the quantile function is smooth.

    For u in (`u_low`, `u_high`) the quantile runs from `x_low` (its limit from the right at u_low) to
    `x_high` (its limit from the left at u_high); an atom is a piece with x_low == x_high.
    """

    u_low: float
    u_high: float
    x_low: float
    x_high: float


class Ladder(NamedTuple):
    """The places where a cdf jumps or kinks, arrays of shape (edges,), ascending in `x`.

    `below` P(X < x), `upto` P(X <= x), `at_least` P(X >= x), `above` P(X > x).
    """

    x: Array
    below: Array
    upto: Array
    at_least: Array
    above: Array


@dataclass(frozen=True, eq=False)
class Distribution(ABC):
    """A distribution of one uncertain input, frozen and picklable.

    Methods take any array-like of floats and return a float64 array of the same shape, NaN where the
    argument is NaN or not a probability. Values are in the unit of the input.
    """

    given: dict[str, Any]
    """The parameters as the user wrote them, plain Python data."""

    @property
    @abstractmethod
    def family(self) -> str:
        """The name of the family, as in a TOML file."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The smallest and the largest possible value; may be -inf or inf."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """Expected value."""

    @property
    @abstractmethod
    def sd(self) -> float:
        """Standard deviation."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The distribution in a few words, for tables and reports."""

    @abstractmethod
    def _lower(self, u: Array) -> Array:
        """Quantiles counted from below, u in [0, 0.5]."""

    @abstractmethod
    def _upper(self, v: Array) -> Array:
        """Values exceeded with chance v, v in [0, 0.5]."""

    @abstractmethod
    def _cdf(self, x: Array) -> Array:
        """P(X <= x) for x inside the support."""

    @abstractmethod
    def _sf(self, x: Array) -> Array:
        """P(X > x) for x inside the support."""

    def _below(self, x: Array) -> Array:
        """P(X < x); differs from `_cdf` only in families that have atoms."""
        return self._cdf(x)

    def _at_least(self, x: Array) -> Array:
        """P(X >= x); differs from `_sf` only in families that have atoms."""
        return self._sf(x)

    def split(self) -> tuple[tuple[float, Distribution], ...]:
        """The (weight, component) pairs that make up the distribution: itself, unless it is a mixture."""
        return ((1.0, self),)

    def _edges(self) -> Array:
        """Values at which the cdf jumps or kinks, any order: by default the ends of the support."""
        return np.array(self.support)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters as given, a fresh copy in plain Python data that TOML can hold."""
        return copy.deepcopy(self.given)

    @property
    def resolved(self) -> dict[str, Any]:
        """The parameters with data files replaced by their values, so that they stand on their own."""
        return self.parameters

    @property
    def files(self) -> tuple[Path, ...]:
        """The data files that were read."""
        return ()

    @property
    def truncate(self) -> tuple[float, float] | None:
        """The bounds the distribution was cut to, or None."""
        return None

    @property
    def median(self) -> float:
        """The value exceeded with chance one half."""
        return float(self.ppf(0.5))

    @property
    def is_constant(self) -> bool:
        """True when only one value is possible."""
        low, high = self.support
        return low == high

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles: the least value not exceeded with chance u, u in [0, 1]."""
        return _fold(u, self._lower, self._upper)

    def isf(self, v: npt.ArrayLike) -> Array:
        """The value exceeded with chance v, v in [0, 1]; accurate for v down to 1e-300."""
        return _fold(v, self._upper, self._lower)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """P(X <= x)."""
        x = np.asarray(x, dtype=np.float64)
        low, high = self.support
        return _within(x, x < low, 0.0, x >= high, 1.0, self._cdf)

    def below(self, x: npt.ArrayLike) -> Array:
        """P(X < x)."""
        x = np.asarray(x, dtype=np.float64)
        low, high = self.support
        return _within(x, x <= low, 0.0, x > high, 1.0, self._below)

    def sf(self, x: npt.ArrayLike) -> Array:
        """P(X > x), accurate where it is tiny."""
        x = np.asarray(x, dtype=np.float64)
        low, high = self.support
        return _within(x, x < low, 1.0, x >= high, 0.0, self._sf)

    def at_least(self, x: npt.ArrayLike) -> Array:
        """P(X >= x), accurate where it is tiny."""
        x = np.asarray(x, dtype=np.float64)
        low, high = self.support
        return _within(x, x <= low, 1.0, x > high, 0.0, self._at_least)

    @cached_property
    def ladder(self) -> Ladder:
        """The finite values at which the cdf jumps or kinks, with the probabilities on both sides."""
        edges = self._edges()
        x = np.unique(edges[np.isfinite(edges)])
        return Ladder(x, self.below(x), self.cdf(x), self.at_least(x), self.sf(x))

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The smooth stretches of the quantile function, in order; together they cover (0, 1)."""
        steps = self.ladder
        low = np.where(steps.below <= 0.5, steps.below, 1.0 - steps.at_least)
        high = np.where(steps.upto <= 0.5, steps.upto, 1.0 - steps.above)
        u = np.concatenate([[0.0], np.column_stack([low, high]).ravel(), [1.0]])
        ends = self.support
        x = np.concatenate([[ends[0]], np.repeat(steps.x, 2), [ends[1]]])
        # A gap has no probability; rounding may leave it one of a few units in the last place.
        wide = np.diff(u) > 8.0 * np.finfo(np.float64).eps * np.minimum(u[1:], 1.0 - u[:-1])
        found = [Piece(*map(float, row)) for row in zip(u[:-1], u[1:], x[:-1], x[1:], strict=True)]
        return tuple(piece for piece, keep in zip(found, wide, strict=True) if keep)

    @property
    def breaks(self) -> tuple[float, ...]:
        """The probabilities in (0, 1), ascending, at which the quantile function jumps or kinks."""
        return tuple(piece.u_low for piece in self.pieces if piece.u_low > 0.0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distribution):
            return NotImplemented
        return (self.family, self.truncate, self.resolved) == (other.family, other.truncate, other.resolved)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Family(Distribution):
    """A distribution that a TOML file can name: its name, the parameters it takes and how to read them."""

    name: ClassVar[str]
    forms: ClassVar[tuple[tuple[str, ...], ...]]
    """The alternative lists of required parameters."""
    optional: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def read(cls, reader: Reader) -> Self:
        """Build from the reader's parameters; raises `ParameterError` with every problem found."""

    @property
    def family(self) -> str:
        """The name a TOML file gives it."""
        return self.name


def blended(parts: Sequence[tuple[float, Distribution]]) -> tuple[float, float]:
    """Mean and standard deviation of (weight, component) pairs taken together; weights need not sum to 1."""
    total = math.fsum(weight for weight, _ in parts)
    mean = math.fsum(weight * part.mean for weight, part in parts) / total
    square = math.fsum(weight * (part.sd**2 + (part.mean - mean) ** 2) for weight, part in parts) / total
    return mean, math.sqrt(square)


def _fold(p: npt.ArrayLike, near: Callable[[Array], Array], far: Callable[[Array], Array]) -> Array:
    """`near(p)` up to one half and `far(1 - p)` above it, where 1 - p is exact."""
    p = np.asarray(p, dtype=np.float64)
    flat = p.ravel()
    out = np.full(flat.shape, np.nan)
    first, second = (flat >= 0.0) & (flat <= 0.5), (flat > 0.5) & (flat <= 1.0)
    with np.errstate(all="ignore"):
        out[first] = near(flat[first])
        out[second] = far(1.0 - flat[second])
    return out.reshape(p.shape)


def _within(
    x: Array,
    under: npt.NDArray[np.bool_],
    at_under: float,
    over: npt.NDArray[np.bool_],
    at_over: float,
    inside: Callable[[Array], Array],
) -> Array:
    """`inside(x)` clipped to [0, 1], except at_under or at_over beyond the support; NaN stays NaN."""
    out = np.where(under, at_under, np.where(over, at_over, np.nan))
    rest = ~(under | over | np.isnan(x))
    with np.errstate(all="ignore"):
        out[rest] = np.clip(inside(x[rest]), 0.0, 1.0)
    return out
