"""Weighted sums of normal inputs: the case with a closed form for any correlation; and how results are held to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from mcengine import Model, Study
from mcengine.analysis.result import Statistic
from mcengine.analysis.shapley_result import ShapleyResult
from tests.engine.make import STANDARD, model, simple

Floats = NDArray[np.float64]
SIGMAS = 7.0


def weighted_sum(x: Any, out: Any, constants: Any) -> None:
    weights = constants[0]
    for i in range(x.shape[1]):
        total = 0.0
        for j in range(x.shape[0]):
            total += weights[j] * x[j, i]
        out[0, i] = total


def gaussian(correlation: Floats, weights: Sequence[float]) -> tuple[Study, Model]:
    """A study of standard normal inputs with this correlation, and the model that adds them up by `weights`."""
    names = [f"x{j}" for j in range(len(weights))]
    spearman = 6.0 / np.pi * np.arcsin(np.asarray(correlation) / 2.0)
    pairs = {(names[i], names[j]): float(spearman[i, j]) for i, j in combinations(range(len(names)), 2)}
    correlations = {pair: rho for pair, rho in pairs.items() if rho}
    return simple(dict.fromkeys(names, STANDARD), correlations=correlations), model(
        weighted_sum, names, np.array(weights)
    )


def closed_form(correlation: Floats, weights: Sequence[float], groups: Sequence[Sequence[int]] = ()) -> Floats:
    """Shapley effects of a weighted sum of normal inputs (Owen & Prieur 2017, theorem 2), by brute force over orders.

    c(u) = w_u' (S_uu - S_uv S_vv^-1 S_vu) w_u, v the complement of u
    """
    s, w = np.asarray(correlation), np.array(weights, dtype=np.float64)
    groups = groups or [[j] for j in range(len(w))]

    def left(players: Sequence[int]) -> float:
        u = [j for g in players for j in groups[g]]
        v = [j for j in range(len(w)) if j not in u]
        known = s[np.ix_(u, v)] @ np.linalg.solve(s[np.ix_(v, v)], s[np.ix_(v, u)]) if v else 0.0
        return float(w[u] @ (s[np.ix_(u, u)] - known) @ w[u]) if u else 0.0

    effects, orders = np.zeros(len(groups)), list(permutations(range(len(groups))))
    for order in orders:
        for k in range(len(order)):
            effects[order[k]] += left(order[: k + 1]) - left(order[:k])
    return effects / len(orders) / (w @ s @ w)


def one_factor(count: int, rho: float) -> Floats:
    """Correlation `rho` between all inputs."""
    return np.full((count, count), rho) + (1.0 - rho) * np.eye(count)


def values(result: ShapleyResult) -> Floats:
    return np.array([effect.share.value for effect in result.effects.values()])


def errors(statistics: Sequence[Statistic]) -> Floats:
    """Standard errors behind t intervals over 16 replicates."""
    return np.array([(s.ci95[1] - s.ci95[0]) / 2 / student.ppf(0.975, 15) for s in statistics])  # type: ignore[index, operator]


def check(result: ShapleyResult, truth: Floats, within: float) -> None:
    found, shares = values(result), [effect.share for effect in result.effects.values()]
    assert abs(found.sum() - 1.0) < 1e-14
    assert np.max(np.abs(found - truth)) < within
    assert (np.abs(found - truth) <= SIGMAS * errors(shares) + 1e-12).all()
