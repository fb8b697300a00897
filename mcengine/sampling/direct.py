"""Quantile tables over the uniform itself, for inputs outside every correlation: one look-up a draw instead of two.

No score is needed where nothing is correlated. Cells are those of `normal_scores`: octaves of min(u, 1 - u), 2^bits
equal ones to each, so that the tails are as fine as the body; both tails lie in one table, the upper one's octaves
after the lower one's. The cubics go through values of the input's table over the normal score and are checked against
it, between the nodes, to twice that table's own tolerance; where they cannot keep it (a kink, an atom, a heavy tail)
the input keeps its two look-ups. So an input stays within 1e-6 of its interquartile range, as `tables` promises.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mcengine.compiled import pure
from mcengine.sampling.cubics import NODES, coefficients
from mcengine.sampling.tables import CHECKS, STRICT, TOLERANCE, Tables, quantiles
from mcengine.simd import WIDTH, cubic, exponent_cell, load, store, where

Array = NDArray[np.float64]

_LOWER = 53  # octaves of the lower tail, u from 2^-54 to 1/2
_UPPER = 52  # octaves of the upper one, 1 - u from 2^-53 to 1/2; one cell more for 1/2 itself
_LIFT = 2.0**_UPPER  # puts 1 - u in the octaves after those of u
_BITS = (4, 5, 6)


class Direct(NamedTuple):
    """Tables of the uncertain inputs that have one.

    bits int64 (u,): 2^bits cells an octave, or -1 for an input without; offset int64 (u,): its first cell in
    coefficients float64 (4 cells,), four a cell: ascending powers of the position in the cell, 0 to 1.
    """

    bits: NDArray[np.int64]
    offset: NDArray[np.int64]
    coefficients: Array


@cache
def _scores(bits: int, checks: bool) -> Array:
    """Normal scores at the nodes, or the places that are checked, of every cell, float64 (cells, k)."""
    each = 1 << bits
    cell = np.arange((_LOWER + _UPPER) * each + 1)
    width = np.exp2((cell >> bits) - 1.0 - _LOWER) / each
    u = width[:, None] * ((each + cell % each)[:, None] + (CHECKS if checks else NODES)[None, :])
    lower = cell < _LOWER * each
    return np.concatenate([ndtri(u[lower]), -ndtri(u[~lower] / _LIFT)])


def _values(tables: Tables, slot: int, scores: Array) -> Array:
    values = np.empty(scores.size)
    quantiles(slot, np.ascontiguousarray(scores.ravel()), tables, values)
    return values.reshape(scores.shape)


def _fit(tables: Tables, slot: int) -> tuple[int, Array]:
    """Bits and coefficients (cells, 4) of the coarsest table that keeps the tolerance; (-1, none) where none does."""
    if tables.start[slot + 1] - tables.start[slot] > 1:
        return -1, np.zeros((0, 4))
    quartiles = _values(tables, slot, np.repeat(ndtri([0.25, 0.75]), WIDTH))
    spread = quartiles[-1] - quartiles[0]
    for bits in _BITS:
        fitted = coefficients(_values(tables, slot, _scores(bits, False)))
        z = _scores(bits, True)
        exact = _values(tables, slot, z)
        error = np.abs((fitted[:, None, :] * CHECKS[None, :, None] ** np.arange(4)).sum(axis=2) - exact)
        if np.all(error <= 2 * TOLERANCE * spread + np.where(np.abs(z) > STRICT, 1e-7, 1e-11) * np.abs(exact)):
            return bits, fitted
    return -1, np.zeros((0, 4))


def build_direct(tables: Tables, slots: Iterable[int]) -> Direct:
    """Direct tables of the inputs with these places in `tables`; -1 for one that shall have none."""
    fits = [_fit(tables, slot) if slot >= 0 else (-1, np.zeros((0, 4))) for slot in slots]
    counts = np.array([len(fitted) for _, fitted in fits], dtype=np.int64)
    return Direct(
        np.array([bits for bits, _ in fits], dtype=np.int64),
        np.cumsum(counts, dtype=np.int64) - counts,
        np.concatenate([fitted for _, fitted in fits]).ravel() if fits else np.zeros(0),
    )


@pure
def quantiles_of_uniforms(k, u, direct, x):
    """x = F_k^-1(u) from the direct table of uncertain input k; `u`, `x` float64 (draws,), at least 8, not the same."""
    bits = direct.bits[k]
    lowest = (1023 - 1 - _LOWER) << bits
    table = direct.coefficients[4 * direct.offset[k] :]
    n = u.shape[0]
    for start in range(0, n, WIDTH):
        i = min(start, n - WIDTH)
        v = load(u, i)
        cell, place = exponent_cell(where(v < 0.5, v, (1.0 - v) * _LIFT), bits, lowest)
        store(x, i, cubic(table, cell, place))
