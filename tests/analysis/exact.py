"""Exact Sobol' indices of the textbook models."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ishigami(a: float = 7.0, b: float = 0.1) -> tuple[Floats, Floats]:
    """(s1, st) of y = sin x1 + a sin^2 x2 + b x3^4 sin x1 (Saltelli et al. 2008, eq. 4.34 ff.)."""
    v1 = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    v2 = a**2 / 8
    v13 = 8 * b**2 * np.pi**8 / 225
    total = v1 + v2 + v13
    return np.array([v1, v2, 0.0]) / total, np.array([v1 + v13, v2, v13]) / total


def g_function(a: tuple[float, ...] = (0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)) -> tuple[Floats, Floats]:
    """(s1, st) of prod (|4 x - 2| + a) / (1 + a): V_i = 1 / (3 (1 + a_i)^2), 1 + V = prod (1 + V_i)."""
    own = 1 / (3 * (1 + np.array(a)) ** 2)
    total = np.prod(1 + own) - 1
    return own / total, own * np.prod(1 + own) / (1 + own) / total


def linear(weights: tuple[float, ...], correlation: Floats, groups: list[list[int]]) -> Floats:
    """Shares of the variance of a weighted sum of normal inputs by independent groups; s1 and st alike.

    weights  coefficient times standard deviation; correlation: of the inputs
    """
    covariance = np.outer(weights, weights) * correlation
    parts = np.array([covariance[np.ix_(group, group)].sum() for group in groups])
    return parts / covariance.sum()
