"""Dependence between inputs: rank correlations made into a normal or t copula.

An assumption set states Spearman rank correlations. The normal copula that has them, whatever the continuous
marginals, has the correlation 2 sin(pi rho / 6) between normal scores (Kruskal 1958). For a t copula with nu
degrees of freedom the relation is rho = 6/pi E[asin(r W / sqrt((W + W')(W + W'')))] with W, W', W'' independent
nu / chi^2_nu (from Spearman's rho as 3 (concordance - discordance) of a pair against two independent copies), solved
for r by quadrature.

Inputs fall into blocks, the connected components of the stated correlations; blocks are independent of each
other, and a t copula draws one mixing variable a block. A matrix that is not positive definite is repaired
by Higham's (2002) alternating projections; the largest shift of a pair is reported, and above 0.05 refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammainccinv, gammaincinv, ndtr, ndtri, stdtr

from mcengine.compiled import pure
from mcengine.errors import Fault, InputError
from mcengine.sampling.cubics import NODES, coefficients
from mcengine.simd import WIDTH, fma, load, splat, store

Array = NDArray[np.float64]

LARGEST_SHIFT = 0.05
_LEAST_EIGENVALUE = 1e-4
_SCORES = np.linspace(-8.0, 8.0, 65)  # trapezoid over normal scores: spectral for this smooth, decaying integrand
_WEIGHTS = np.exp(-(_SCORES**2) / 2) / np.exp(-(_SCORES**2) / 2).sum()

_T_LOWEST, _T_HIGHEST = -24, 64  # octaves of |t| in the table of a t copula's scores
_T_CELLS_LOG2 = 5


@dataclass(frozen=True, slots=True)
class Repair:
    """How far a matrix had to be moved: the pair moved most, its stated rank correlation, and the one used.

    pairs  the rank correlation used for every pair of the repaired block, by both names in either order
    set    the assumption set it belongs to
    """

    first: str
    second: str
    stated: float
    used: float
    pairs: Mapping[frozenset[str], float]
    set: str = ""

    @property
    def shift(self) -> float:
        """|used - stated|."""
        return abs(self.used - self.stated)


class Copula(NamedTuple):
    """The dependence of one assumption set, for the compiled blocks.

    rows int64 (c,): the correlated inputs, as positions among the uncertain ones, block by block; the lower
    Cholesky factor of the scores' correlation by rows: entries start[a] .. start[a + 1] of row a are weight
    float64 (entries,) times rows other int64 (entries,); block int64 (c,): each row's block;
    mixing int64 (blocks,): place of each block's mixing stream among the points, or -1 for a normal copula;
    dof_table float64 (cells, 4): sqrt(nu / chi^2) over the normal score of its uniform, on equal cells;
    score_table float64 (cells, 4): Phi^-1(T_nu(t)) over the octaves of |t|.
    """

    rows: NDArray[np.int64]
    start: NDArray[np.int64]
    other: NDArray[np.int64]
    weight: Array
    block: NDArray[np.int64]
    mixing: NDArray[np.int64]
    dof_table: Array
    score_table: Array


def score_correlation(rho: float, dof: float | None = None) -> float:
    """The correlation of (normal or t) scores that gives Spearman's `rho`; `dof` None for a normal copula."""
    normal = 2.0 * np.sin(np.pi * rho / 6.0)
    if dof is None or rho == 0.0:
        return float(normal)
    high = float(np.sign(rho)) * (1.0 - 1e-9)
    if abs(rho) >= abs(t_rank_correlation(high, dof)):
        return high
    return float(brentq(lambda r: t_rank_correlation(r, dof) - rho, 0.0, high, xtol=1e-12))


def t_rank_correlation(r: float, dof: float) -> float:
    """Spearman's rho of a t copula with correlation `r` (the module's docstring), error below 1e-6."""
    w = _mixing(dof, _SCORES)
    a, b, c = w[:, None, None], w[None, :, None], w[None, None, :]
    inner = np.arcsin(r * a / np.sqrt((a + b) * (a + c)))
    return float(6.0 / np.pi * np.einsum("i,j,k,ijk->", _WEIGHTS, _WEIGHTS, _WEIGHTS, inner))


def _mixing(dof: float, z: Array) -> Array:
    """nu / chi^2_nu at the normal score z of its probability, increasing in z, accurate in both tails."""
    shape = dof / 2.0
    below = gammainccinv(shape, ndtr(np.minimum(z, 0.0)))
    above = gammaincinv(shape, ndtr(-np.maximum(z, 0.0)))
    mixing: Array = shape / np.where(z < 0.0, below, above)
    return mixing


def blocks_of(names: Sequence[str], pairs: Mapping[tuple[str, str], float]) -> list[list[str]]:
    """Connected components of the correlated names, each in the order of `names`; single ones left out."""
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for (first, second), rho in pairs.items():
        if rho != 0.0:
            parent[root(first)] = root(second)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(root(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def nearest_correlation(matrix: Array, least: float = _LEAST_EIGENVALUE) -> Array:
    """The nearest matrix with unit diagonal and eigenvalues of at least `least` (Higham 2002, algorithm 3.3)."""
    y, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(1000):
        r = y - correction
        values, vectors = np.linalg.eigh(r)
        x = (vectors * np.maximum(values, least)) @ vectors.T
        correction = x - r
        previous, y = y, x.copy()
        np.fill_diagonal(y, 1.0)
        if np.max(np.abs(y - previous)) < 1e-10:
            break
    low = float(np.linalg.eigvalsh(y)[0])
    if low < least / 2:  # the projections converge from outside: a last, tiny step inwards
        y = (y + (least - low) * np.eye(len(y))) / (1.0 + least - low)
    return y


def correlation_matrix(
    names: Sequence[str], pairs: Mapping[tuple[str, str], float], dof: float | None, file: str | None
) -> tuple[Array, Repair | None]:
    """Correlation of the scores of `names` for the rank correlations `pairs`, repaired where it must be.

    Raises
    ------
    InputError  the repair would move a rank correlation by more than 0.05; names the pair.
    """
    place = {name: k for k, name in enumerate(names)}
    stated = np.eye(len(names))
    ranks = np.eye(len(names))
    for (first, second), rho in pairs.items():
        i, j = place[first], place[second]
        stated[i, j] = stated[j, i] = score_correlation(rho, dof)
        ranks[i, j] = ranks[j, i] = rho
    if np.linalg.eigvalsh(stated)[0] >= _LEAST_EIGENVALUE / 2:
        return stated, None
    used = nearest_correlation(stated)
    achieved = 6.0 / np.pi * np.arcsin(np.clip(used, -1, 1) / 2.0)
    if dof is not None:
        achieved = np.vectorize(lambda r: t_rank_correlation(min(max(r, -1 + 1e-9), 1 - 1e-9), dof))(used)
        np.fill_diagonal(achieved, 1.0)
    row, column = divmod(int(np.argmax(np.abs(achieved - ranks))), len(names))
    found = {frozenset((a, b)): float(achieved[place[a], place[b]]) for a in names for b in names if a < b}
    worst = float(ranks[row, column]), float(achieved[row, column])
    repair = Repair(names[row], names[column], *worst, found)
    if repair.shift > LARGEST_SHIFT:
        rule = (
            f"the rank correlations cannot hold together; the nearest set that can moves "
            f"{repair.first} - {repair.second} from {repair.stated:g} to {repair.used:.3f}, more than {LARGEST_SHIFT}"
        )
        raise InputError(Fault(file, "correlations", None, rule))
    return used, repair


def independent() -> Copula:
    """No dependence."""
    none = np.zeros(0, dtype=np.int64)
    return Copula(none, np.zeros(1, dtype=np.int64), none, np.zeros(0), none, none, np.zeros((1, 4)), np.zeros((1, 4)))


def build_copula(
    names: Sequence[str],
    pairs: Mapping[tuple[str, str], float],
    dof: float | None,
    mixing_place: Mapping[str, int],
    file: str | None = None,
) -> tuple[Copula, list[Repair]]:
    """The copula of the uncertain inputs `names`, and the repairs it took.

    pairs         Spearman's rho by pair of names
    dof           degrees of freedom of a t copula, None for a normal one
    mixing_place  for a t copula: place of a block's mixing stream among the points, by its first input
    """
    kept = {pair: rho for pair, rho in pairs.items() if pair[0] in names and pair[1] in names and rho != 0.0}
    blocks = blocks_of(names, kept)
    if not blocks:
        return independent(), []
    place = {name: k for k, name in enumerate(names)}
    size = sum(len(block) for block in blocks)
    factor = np.zeros((size, size))
    block_of: list[int] = []
    rows: list[int] = []
    repairs: list[Repair] = []
    for b, block in enumerate(blocks):
        inside = {pair: rho for pair, rho in kept.items() if pair[0] in block}
        matrix, repair = correlation_matrix(block, inside, dof, file)
        start = len(rows)
        factor[start : start + len(block), start : start + len(block)] = np.linalg.cholesky(matrix)
        rows += [place[name] for name in block]
        block_of += [b] * len(block)
        repairs += [repair] if repair else []
    used = [np.flatnonzero(factor[a]) for a in range(size)]
    copula = Copula(
        np.array(rows, dtype=np.int64),
        np.cumsum([0, *(len(columns) for columns in used)], dtype=np.int64),
        np.array([rows[b] for columns in used for b in columns], dtype=np.int64),
        np.array([factor[a, b] for a, columns in enumerate(used) for b in columns]),
        np.array(block_of, dtype=np.int64),
        np.array([-1 if dof is None else mixing_place[block[0]] for block in blocks], dtype=np.int64),
        np.zeros((1, 4)) if dof is None else _mixing_table(dof),
        np.zeros((1, 4)) if dof is None else _t_score_table(dof),
    )
    return copula, repairs


_MIXING_CELLS, _MIXING_LIMIT = 512, 8.3


def _mixing_table(dof: float) -> Array:
    """sqrt(nu / chi^2_nu) at the normal score z of its probability, coefficients float64 (512, 4)."""
    width = 2 * _MIXING_LIMIT / _MIXING_CELLS
    z = -_MIXING_LIMIT + width * (np.arange(_MIXING_CELLS)[:, None] + NODES[None, :])
    return coefficients(np.sqrt(_mixing(dof, z)))


def _t_score_table(dof: float) -> Array:
    """-Phi^-1(T_nu(-t)) for t > 0 over octaves of t, coefficients float64 (octaves * 32, 4)."""
    each = 1 << _T_CELLS_LOG2
    octave = np.exp2(np.repeat(np.arange(_T_LOWEST, _T_HIGHEST), each).astype(np.float64))
    low = octave * (1 + np.tile(np.arange(each), _T_HIGHEST - _T_LOWEST) / each)
    t = low[:, None] + (octave / each)[:, None] * NODES[None, :]
    scores: Array = np.minimum(-ndtri(stdtr(dof, -t)), _MIXING_LIMIT)
    return coefficients(scores)


@pure
def correlate(copula, z):
    """Turn independent normal scores into correlated ones, in place; `z` float64 (uncertain, 8 k draws).

    Rows are taken from last to first: each needs the independent scores of the rows before it only.
    """
    n = z.shape[1]
    for a in range(copula.rows.shape[0] - 1, -1, -1):
        row = copula.rows[a] * n
        for i in range(0, n, WIDTH):
            total = splat(0.0)
            for entry in range(copula.start[a], copula.start[a + 1]):
                total = fma(load(z, copula.other[entry] * n + i), copula.weight[entry], total)
            store(z, row + i, total)


@pure
def mix(copula, block, score, z):
    """Make a block's correlated normal scores those of a t copula, in place.

    `score` float64 (draws,) is the normal score of the block's mixing variable.
    """
    scale = _MIXING_CELLS / (2 * _MIXING_LIMIT)
    table, scores = copula.dof_table, copula.score_table
    for i in range(score.shape[0]):
        position = (score[i] + _MIXING_LIMIT) * scale
        cell = min(max(np.int64(position), 0), _MIXING_CELLS - 1)
        w = position - cell
        factor = ((table[cell, 3] * w + table[cell, 2]) * w + table[cell, 1]) * w + table[cell, 0]
        for a in range(copula.rows.shape[0]):
            if copula.block[a] == block:
                t = z[copula.rows[a], i] * factor
                z[copula.rows[a], i] = _t_score(t, scores)


@pure
def _t_score(t, table):
    """Phi^-1(T_nu(t)) from the table; below 2^-24 proportional to t."""
    smallest = 2.0**_T_LOWEST
    size = abs(t)
    if size < smallest:
        return t / smallest * table[0, 0]
    bits = np.float64(min(size, 2.0 ** (_T_HIGHEST - 1))).view(np.int64)
    shift = 52 - _T_CELLS_LOG2
    cell = (bits >> shift) - ((1023 + _T_LOWEST) << _T_CELLS_LOG2)
    w = np.float64(bits & ((1 << shift) - 1)) * 2.0 ** -np.float64(shift)
    score = ((table[cell, 3] * w + table[cell, 2]) * w + table[cell, 1]) * w + table[cell, 0]
    return score if t > 0.0 else -score
