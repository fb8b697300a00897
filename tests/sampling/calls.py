"""The compiled stages as plain functions of arrays, so that one place knows how they are called."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcengine.sampling.dependence import Copula, correlate, mix
from mcengine.sampling.direct import Direct, quantiles_of_uniforms
from mcengine.sampling.points import Points, fill, replicate_words
from mcengine.sampling.tables import SCORE_TABLE, Tables, normal_scores, quantiles

Floats = NDArray[np.float64]


def names(count: int) -> tuple[str, ...]:
    return tuple(f"x{j}" for j in range(count))


def sample(points: Points, replicate: int, count: int, places: int, first: int = 0) -> Floats:
    """Points of one replicate, (places, count)."""
    words = np.empty((len(points.keys), 2), dtype=np.uint32)
    replicate_words(points, replicate, words)
    u = np.empty((places, count))
    for j in range(places):
        fill(points, words, j, replicate, first, u[j])
    return u


def scores(u: Floats) -> Floats:
    """Normal scores from the engine's table."""
    z = np.empty_like(u)
    normal_scores(u, SCORE_TABLE, z)
    return z


def values(tables: Tables, j: int, z: Floats) -> Floats:
    """Quantiles of input j at the scores z."""
    x = np.empty_like(z)
    quantiles(j, z, tables, x)
    return x


def direct_values(direct: Direct, k: int, u: Floats) -> Floats:
    """Quantiles of uncertain input k straight from the uniforms u."""
    x = np.empty_like(u)
    quantiles_of_uniforms(k, u, direct, x)
    return x


def correlated(copula: Copula, z: Floats, mixing: Floats | None = None) -> Floats:
    """Scores (inputs, n) after the copula; `mixing` (blocks, n): the normal scores of a t copula's mixing."""
    draws = z.shape[1]
    z = np.ascontiguousarray(np.pad(z, ((0, 0), (0, -draws % 8))))  # whole vectors of eight
    correlate(copula, z)
    for block, place in enumerate(copula.mixing):
        if place >= 0:
            assert mixing is not None
            mix(copula, block, np.pad(mixing[block], (0, -draws % 8)), z)
    return z[:, :draws]
