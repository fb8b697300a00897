"""Truncation of any distribution to [low, high]: what lies outside is cut off, the rest scaled up.

Quantiles are those of the whole distribution at F(low-) + u (F(high) - F(low-)), counted from the nearer
tail, so a cut deep in either tail keeps its accuracy. The bounds belong to what is kept: an atom on a
bound stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mcengine.families.base import Array, Distribution, blended
from mcengine.families.reader import ParameterError, Problem, number_fault, number_text, plain


@dataclass(frozen=True, eq=False)
class Truncated(Distribution):
    """`whole` given that it lies in [`low`, `high`]; `family` and `parameters` are those of the whole."""

    whole: Distribution
    low: float
    high: float

    @property
    def family(self) -> str:
        """That of the whole."""
        return self.whole.family

    @cached_property
    def _tails(self) -> tuple[float, float, float, float]:
        """P(X < low), P(X >= low), P(X <= high) and P(X > high) of the whole."""
        whole = self.whole
        return (
            float(whole.below(self.low)),
            float(whole.at_least(self.low)),
            float(whole.cdf(self.high)),
            float(whole.sf(self.high)),
        )

    @cached_property
    def mass(self) -> float:
        """The share of the whole that is kept, counted from the tail in which the bounds lie."""
        below, at_least, upto, above = self._tails
        if at_least <= 0.5:
            return at_least - above
        return upto - below if upto <= 0.5 else 1.0 - below - above

    @cached_property
    def support(self) -> tuple[float, float]:
        """The bounds, drawn in to where the whole has mass."""
        low, high = self.whole.support
        low, high = max(low, self.low), min(high, self.high)
        # A bound inside a gap of the whole: the support starts and ends at the gap's far edges.
        steps, (below, at_least, upto, above) = self.whole.ladder, self._tails
        first = steps.x[(steps.x > low) & (steps.below <= below) & (steps.at_least >= at_least)]
        last = steps.x[(steps.x < high) & (steps.upto >= upto) & (steps.above <= above)]
        return max(low, *first.tolist(), low), min(high, *last.tolist(), high)

    @property
    def mean(self) -> float:
        """Integral of the quantile function; of the whole where nothing is cut off."""
        return self.whole.mean if self._keeps_all else self._moments[0]

    @property
    def sd(self) -> float:
        """From the same integrals; of the whole where nothing is cut off."""
        return self.whole.sd if self._keeps_all else self._moments[1]

    @property
    def text(self) -> str:
        """As "Normal(mean 0, sd 1) truncated to [0, inf]"."""
        return f"{self.whole.text} truncated to [{number_text(self.low)}, {number_text(self.high)}]"

    @property
    def resolved(self) -> dict[str, Any]:
        """Those of the whole."""
        return self.whole.resolved

    @property
    def files(self) -> tuple[Path, ...]:
        """Those of the whole."""
        return self.whole.files

    @property
    def truncate(self) -> tuple[float, float]:
        """The bounds as given."""
        return self.low, self.high

    @property
    def _keeps_all(self) -> bool:
        """True when nothing is cut off."""
        low, high = self.whole.support
        return self.low <= low and high <= self.high

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """Mean and standard deviation; of a mixture, from its components, each truncated alike."""
        if self.is_constant:
            return self.support[0], 0.0
        parts = self.whole.split()
        if len(parts) > 1:
            cut = [(w, Truncated(part.given, part, self.low, self.high)) for w, part in parts]
            return blended([(w * part.mass, part) for w, part in cut if part.mass > 0.0])
        mean = self._average(lambda x: x)
        return mean, math.sqrt(self._average(lambda x: (x - mean) ** 2))

    def _average(self, of: Callable[[Array], Array]) -> float:
        """The integral of of(quantile) over probability, by tanh-sinh quadrature between the breaks.

        Both halves are integrated from their own tail inwards; double-exponential nodes reach
        probabilities of 1e-300, so that unbounded tails need no cut. Started at scipy's default level the
        error estimate stops it too early (7e-11 seen); from level 4 errors are near 1e-14.
        """
        from scipy.integrate import tanhsinh

        steps, total = self.ladder, []
        for quantile, chances in (
            (self.ppf, (steps.below, steps.upto)),
            (self.isf, (steps.at_least, steps.above)),
        ):
            inner = np.concatenate(chances)
            cuts = np.unique(np.concatenate([[0.0, 0.5], inner[(inner > 0.0) & (inner < 0.5)]]))
            wide = np.diff(cuts) > 1e-14 * cuts[1:]  # the rest is rounding, too narrow for any node
            low, high = cuts[:-1][wide], cuts[1:][wide]
            found = tanhsinh(lambda p, q=quantile: of(q(p)), low, high, rtol=1e-12, minlevel=4, maxlevel=8)
            total.extend(found.integral.tolist())
        return math.fsum(total)

    def _lower(self, u: Array) -> Array:
        below, at_least, _, _ = self._tails
        x = self._whole_quantile(below + u * self.mass, at_least - u * self.mass)
        return np.where(u == 0.0, self.support[0], x)

    def _upper(self, v: Array) -> Array:
        _, _, upto, above = self._tails
        x = self._whole_quantile(upto - v * self.mass, above + v * self.mass)
        return np.where(v == 0.0, self.support[1], x)

    def _whole_quantile(self, u: Array, v: Array) -> Array:
        """Quantile of the whole at u = 1 - v, from the nearer tail."""
        x = np.where(u <= 0.5, self.whole.ppf(np.clip(u, 0.0, 1.0)), self.whole.isf(np.clip(v, 0.0, 1.0)))
        return np.clip(x, *self.support)

    def _cdf(self, x: Array) -> Array:
        return self._share_below(self.whole.cdf(x), self.whole.sf(x))

    def _below(self, x: Array) -> Array:
        return self._share_below(self.whole.below(x), self.whole.at_least(x))

    def _sf(self, x: Array) -> Array:
        return self._share_above(self.whole.cdf(x), self.whole.sf(x))

    def _at_least(self, x: Array) -> Array:
        return self._share_above(self.whole.below(x), self.whole.at_least(x))

    def _share_below(self, u: Array, v: Array) -> Array:
        """Share of the mass under a point with chance u below it and v = 1 - u above it in the whole."""
        below, at_least, _, _ = self._tails
        return (at_least - v if at_least <= 0.5 else u - below) / self.mass

    def _share_above(self, u: Array, v: Array) -> Array:
        """Share of the mass over a point with chance u below it and v = 1 - u above it in the whole."""
        _, _, upto, above = self._tails
        return (upto - u if upto <= 0.5 else v - above) / self.mass

    def _edges(self) -> Array:
        low, high = self.support
        edges = self.whole.ladder.x
        return np.concatenate([[low], edges[(edges > low) & (edges < high)], [high]])


def bound_problems(bounds: Any) -> list[Problem]:
    """What is wrong with `bounds` as [low, high], whatever they are to cut."""
    pair = plain(bounds)
    if not isinstance(pair, list) or len(pair) != 2:
        return [Problem("truncate", bounds, "must be two numbers, [low, high]")]
    rules = [number_fault(value, infinite=True) for value in pair]
    found = [
        Problem(f"truncate[{row}]", value, rule)
        for row, (value, rule) in enumerate(zip(pair, rules, strict=True), start=1)
        if rule is not None
    ]
    if not found and pair[0] > pair[1]:
        found.append(Problem("truncate", pair, "must have its low bound first"))
    return found


def truncated(whole: Distribution, bounds: Sequence[float]) -> Truncated:
    """`whole` cut to `bounds` = [low, high], each of which may be infinite.

    Raises `ParameterError` when there is no probability between the bounds.
    """
    found = Truncated(whole.given, whole, float(bounds[0]), float(bounds[1]))
    if not found.mass > 0.0:
        support = ", ".join(map(number_text, whole.support))
        rule = f"leaves nothing of {whole.text}, whose support is [{support}]"
        raise ParameterError([Problem("truncate", plain(bounds), rule)])
    return found
