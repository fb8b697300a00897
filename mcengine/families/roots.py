"""Quantiles by root finding, where no inverse is at hand: the value at which a chance reaches its target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcengine.families.base import Array


def where_chance_is(target: Array, chance: Callable[[Array], Array], low: Array, high: Array, *, rising: bool) -> Array:
    """x between `low` and `high` with chance(x) = target > 0; all arrays of one shape (n,).

    `rising` says whether the chance grows with x (a cdf) or falls (a survival function). The equation is
    solved as log(chance / target) = 0, which stays well scaled at a target of 1e-300, by Chandrupatla's
    bracketing method (scipy's find_root, vectorised) to the last digit of x. Where the chance has passed
    the target at `low` already, or has not reached it at `high`, that end is the answer.
    """
    from scipy.optimize.elementwise import find_root

    sign = 1.0 if rising else -1.0

    def excess(x: Array, goal: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(sign * np.maximum(np.log(chance(x) / goal), -1e3))

    passed = excess(low, target) >= 0.0
    out: Array = np.where(passed, low, high)
    inside = ~passed & (excess(high, target) > 0.0)
    if inside.any():
        tolerances = {"xatol": 0.0, "xrtol": 2.0 * np.finfo(np.float64).eps}
        bracket = (low[inside], high[inside])
        out[inside] = find_root(excess, bracket, args=(target[inside],), tolerances=tolerances).x
    return out
