"""Chance for whole candidates, as functions of uniforms that are given: rounding, passing, revenue. No randomness here.

Each is monotone in its uniform and, but for the revenue, in its argument, so that two runs on the same uniforms stay
as close as they can.
"""

from __future__ import annotations

import math

import numpy as np

from mcengine.compiled import inlined, pure
from mcengine.simd import real, splat, where, whole

SIGMA = 1.4
"""Log sd of a medicine's revenue: the top decile then has 55% of the sales (Grabowski & Vernon 2000)."""

_DIRECT = 200.0  # successes expected up to which probabilities are summed from zero on: above 1e-121 all the way
_REACH = 10.0  # standard deviations below the mean at which the sum starts beyond: the rest is less than 1e-21
_GAMMA, _MIX1, _MIX2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_12, _27, _30, _31 = np.uint64(12), np.uint64(27), np.uint64(30), np.uint64(31)


@inlined
def rounded(v, u):
    """Eight numbers v >= 0 rounded down or up, up with the chance of their fraction: the mean is v."""
    down = real(whole(v))
    return down + where(u < v - down, splat(1.0), splat(0.0))


@pure
def _from_below(n, p, u):
    """The least k with u < P(X <= k) for X binomial (n, p), p at most 1/2."""
    mean = n * p
    spread = math.sqrt(mean * (1.0 - p))
    k = 0.0
    if mean > _DIRECT:
        k = max(math.floor(mean - _REACH * spread), 0.0)
        ways = math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)
        chance = math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))
    else:
        chance = math.exp(n * math.log1p(-p))
    ratio = p / (1.0 - p)
    upto = chance
    while u >= upto and k < n and k < mean + 4.0 * _REACH * (spread + 1.0):
        k += 1.0
        chance *= (n - k + 1.0) / k * ratio
        upto += chance
    return k


@pure
def binomial(n, p, u):
    """How many of n candidates pass, each with chance p: the quantile of the binomial distribution at u."""
    if n <= 0.0:
        return 0.0
    return n - _from_below(n, 1.0 - p, 1.0 - u) if p > 0.5 else _from_below(n, p, u)


@inlined
def _uniform(state):
    """A uniform from the state of a SplitMix64 generator (Steele, Lea & Flood 2014, figure 17)."""
    z = (state ^ (state >> _30)) * _MIX1
    z = (z ^ (z >> _27)) * _MIX2
    return (np.float64((z ^ (z >> _31)) >> _12) + 0.5) * 2.0**-52


@pure
def revenue(count, u):
    """Mean revenue of `count` medicines, each its own lognormal with mean 1 and log standard deviation `SIGMA`.

    The uniform's bits are the start of a SplitMix64 generator; medicine k takes its values 2k and 2k + 1 (Box & Muller
    1958), whatever the others are. 1 for no medicines.
    """
    if count <= 0.0:
        return 1.0
    state = np.float64(u).view(np.uint64)
    total = 0.0
    for _ in range(np.int64(count)):
        state += _GAMMA
        radius = math.sqrt(-2.0 * math.log(_uniform(state)))
        state += _GAMMA
        score = radius * math.cos(2.0 * math.pi * _uniform(state))
        total += math.exp(SIGMA * (score - 0.5 * SIGMA))
    return total / count
