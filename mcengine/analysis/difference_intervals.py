"""Intervals of the difference between two runs' values of one statistic: paired, of independent runs, and of others.

The point is the difference of the pooled values, as in `summary`; so are the allowances for skew and for rare events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from mcengine.analysis.result import Statistic
from mcengine.analysis.summary import RARE, binomial_bounds, half_width, interval, probability, skewed_interval

Array = NDArray[np.float64]
Bounds = tuple[float, float]

SHARES = ("prob_positive", "share_never")
"""Statistics that are shares of the draws."""
SKEWED = ("mean", "sd")
"""Statistics whose replicates' values may be skew."""
CHANGED_SIDES = "exact binomial bounds of the draws that changed sides"


@dataclass(frozen=True)
class Values:
    """A statistic in one run: pooled value, the replicates' values float64 (replicates,), and draws in all."""

    pooled: float
    each: Array
    draws: float


@dataclass(frozen=True)
class Pair:
    """One statistic in two runs; `level` of the intervals. Differences are second less first."""

    statistic: str
    first: Values
    second: Values
    level: float

    @property
    def change(self) -> float:
        """The difference of the pooled values."""
        return self.second.pooled - self.first.pooled

    def paired(self) -> Statistic:
        """`change` with the interval of the replicates' own differences; both runs have the same layout."""
        steps = self.second.each - self.first.each
        if self.statistic in SKEWED:
            return skewed_interval(self.change, steps, self.level)
        if self.statistic not in SHARES:
            return Statistic(self.change, self._about_both(steps))
        half = half_width(steps, self.level)
        bounds = self.change - half, self.change + half
        net = np.rint(steps * self.first.draws / len(steps))  # draws that changed sides, by replicate
        if np.abs(net).sum() >= RARE * len(steps):
            return Statistic(self.change, self._held(bounds))
        # too few of them for their spread over the replicates to be trusted
        down, up = (self._exact(float(np.maximum(one, 0.0).sum())) for one in (-net, net))
        return Statistic(self.change, self._held(_wider(bounds, self._squared(down, up))), CHANGED_SIDES)

    def independent(self) -> Bounds:
        """Welch's (1947) interval, wider where a run's own interval allows for skew or rare events."""
        sides = self.first.each, self.second.each
        parts = np.array([np.var(values, ddof=1) / len(values) for values in sides])
        half = 0.0
        if parts.sum() > 0:
            freedom = parts.sum() ** 2 / (parts**2 / [len(values) - 1 for values in sides]).sum()
            half = float(stdtrit(freedom, 0.5 + self.level / 2) * np.sqrt(parts.sum()))
        bounds = self.change - half, self.change + half
        own = self._own(self.first), self._own(self.second)
        if self.statistic in SKEWED or any(one.note for one in own):
            bounds = _wider(bounds, self._squared(*own))
        return self._held(bounds)

    def overlapping(self) -> Bounds:
        """The interval of runs that may depend on one another in any way: their half-widths added."""
        down, up = _reaches(self._own(self.first), self._own(self.second))
        return self._held((self.change - sum(down), self.change + sum(up)))

    def _about_both(self, steps: Array) -> Bounds:
        """The t interval of the replicates' differences, about their mean and the pooled difference alike.

        Where nearly everything cancels, what is left of a quantile's difference is a few draws next to it, and these
        are not the same in the pooled draws: about the pooled difference alone 95% intervals held 86% (2,048 draws).
        """
        mean, half = float(steps.mean()), half_width(steps, self.level)
        return min(mean, self.change) - half, max(mean, self.change) + half

    def _own(self, side: Values) -> Statistic:
        """A run's statistic with its own interval, made as in `summary`."""
        if self.statistic in SHARES:
            return probability(side.pooled, side.each, side.draws, self.level)
        return (skewed_interval if self.statistic in SKEWED else interval)(side.pooled, side.each, self.level)

    def _exact(self, events: float) -> Statistic:
        """The share that `events` are of the first run's draws, with binomial bounds."""
        return Statistic(events / self.first.draws, binomial_bounds(events, self.first.draws, self.level))

    def _squared(self, first: Statistic, second: Statistic) -> Bounds:
        """Two independent intervals as one of the difference (Zou & Donner 2008, Statistics in Medicine 27, 1693)."""
        down, up = _reaches(first, second)
        return self.change - float(np.hypot(*down)), self.change + float(np.hypot(*up))

    def _held(self, bounds: Bounds) -> Bounds:
        """A difference of shares lies within -1 and 1."""
        return (max(bounds[0], -1.0), min(bounds[1], 1.0)) if self.statistic in SHARES else bounds


def _reaches(first: Statistic, second: Statistic) -> tuple[Bounds, Bounds]:
    """How far two intervals reach, (second's, first's), below and above the difference second less first."""
    (old, old_low, old_high), (new, new_low, new_high) = (_numbers(one) for one in (first, second))
    return (new - new_low, old_high - old), (new_high - new, old - old_low)


def _numbers(statistic: Statistic) -> tuple[float, float, float]:
    """Value and bounds of a statistic that has them."""
    assert isinstance(statistic.value, float | int)
    assert statistic.ci95 is not None
    return float(statistic.value), float(statistic.ci95[0]), float(statistic.ci95[1])


def _wider(one: Bounds, other: Bounds) -> Bounds:
    return min(one[0], other[0]), max(one[1], other[1])
