"""Sobol' indices from the sums of Saltelli's design: the estimators of SALib 1.6 `sobol.analyze`.

With N base points, f0 the mean of all evaluations (SALib centres by it), V the variance of f(A) and f(B) together:

    S_j   = 1/N sum (f(B) - f0) (f(A_B^(j)) - f(A)) / V            Saltelli et al. 2010, CPC 181, table 2 (b)
    ST_j  = 1/(2 N) sum (f(A) - f(A_B^(j)))^2 / V                  Jansen 1999; Saltelli et al. 2010, table 2 (f)
    S_jk  = 1/N sum (f(B_A^(j)) f(A_B^(k)) - f(A) f(B)) / V - S_j - S_k        Saltelli 2002, CPC 145, theorem 2
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcengine.engine.crossing import FACTOR_SUMS, SUMS

Array = NDArray[np.float64]

_CONSTANT = 1e-20  # of the mean square: a variance below it is rounding


@dataclass(frozen=True)
class Estimates:
    """Indices of one response: s1, st float64 (factors,), s2 float64 (factors, factors) or None; NaN without spread.

    mean (about the pilot's centre) and variance of the response, in its unit and its square.
    """

    s1: Array
    st: Array
    s2: Array | None
    mean: float
    variance: float


def estimate(sums: Array, n: int, factors: int, *, second_order: bool, centre: float = 0.0) -> Estimates:
    """The estimates from sums over `n` base points, float64 (sums,), as `engine.saltelli` leaves them.

    centre  what the values were shifted by; only to tell a constant response
    """
    a1, b1, a2, b2, ab = sums[: len(SUMS)]
    own = sums[len(SUMS) : len(SUMS) + len(FACTOR_SUMS) * factors].reshape(factors, len(FACTOR_SUMS))
    product, plain, square, reverse = own.T
    mean = (a1 + b1) / (2 * n)
    variance = (a2 + b2) / (2 * n) - mean * mean
    if not variance > _CONSTANT * ((a2 + b2) / (2 * n) + centre * centre):
        lost = np.full(factors, np.nan)
        pairs = np.full((factors, factors), np.nan) if second_order else None
        return Estimates(lost, lost.copy(), pairs, float(mean), 0.0)
    evaluations = (2 if second_order else 1) * factors + 2
    f0 = (a1 + b1 + plain.sum() + reverse.sum()) / (n * evaluations)
    s1 = (product - f0 * (plain - a1)) / n / variance
    st = square / (2 * n) / variance
    s2 = None
    if second_order:
        s2 = np.full((factors, factors), np.nan)
        j, k = np.triu_indices(factors, 1)
        crossed = sums[len(SUMS) + len(FACTOR_SUMS) * factors :] - f0 * (reverse[j] + plain[k])
        straight = ab - f0 * (a1 + b1)
        s2[j, k] = (crossed - straight) / n / variance - s1[j] - s1[k]
    return Estimates(s1, st, s2, float(mean), float(variance))
