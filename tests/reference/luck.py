"""Plain chance for the twin of pipeline accounting with luck: what a uniform decides, from the definitions."""

from __future__ import annotations

import math
import struct

SIGMA = 1.4


def rounded(value: float, u: float) -> float:
    """`value` down or up to a whole number, up with the chance of its fraction."""
    whole = math.floor(value)
    return whole + 1.0 if u < value - whole else float(whole)


def binomial(n: int, p: float, u: float) -> int:
    """The least k with u < P(X <= k), each probability by itself."""
    upto = 0.0
    for k in range(n + 1):
        log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        if 0.0 < p < 1.0:
            upto += math.exp(log + k * math.log(p) + (n - k) * math.log(1.0 - p))
        else:
            upto += 1.0 if k == n * p else 0.0
        if u < upto:
            return k
    return n


def split_mix(state: int) -> float:
    """A uniform from a state of SplitMix64 (Steele, Lea & Flood 2014)."""
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return (((z ^ (z >> 31)) >> 12) + 0.5) * 2.0**-52


def mean_revenue(count: int, u: float) -> float:
    """Mean of `count` lognormals with mean 1, from a generator that starts at the bits of `u`; 1 for none."""
    (state,) = struct.unpack("<Q", struct.pack("<d", u))
    total = 0.0
    for k in range(count):
        first = split_mix((state + (2 * k + 1) * 0x9E3779B97F4A7C15) % 2**64)
        second = split_mix((state + (2 * k + 2) * 0x9E3779B97F4A7C15) % 2**64)
        score = math.sqrt(-2.0 * math.log(first)) * math.cos(2.0 * math.pi * second)
        total += math.exp(SIGMA * score - SIGMA**2 / 2.0)
    return total / count if count else 1.0
