"""Quantile functions as tables, made once a study: cubic pieces over the normal score.

A uniform u becomes its normal score z = Phi^-1(u), and z the input's value q(z) = F^-1(Phi(z)). Over z every
family's quantile function is smooth and its tails are as wide as its body, so a uniform grid of cubic pieces
serves body and tails alike (over u no uniform grid does: the slope grows like 1/u). Each piece is fitted at
Chebyshev nodes with the family's own, tail-accurate functions: F^-1(u) below the median, the upper quantile
of 1 - u above it.

A quantile function that jumps or kinks (atoms, mixtures, a triangular's mode) is cut into sections there, each
tabled on its own. Beside a jump it may rise like a root of the distance (a PERT that starts at an atom's edge);
then the cells are graded: 2^m to each octave of the distance from that edge.

Cells are doubled until, checked between the nodes, the error is below 1e-7 of the interquartile range, or 1e-11 of
the value itself, for u in [1e-9, 1 - 1e-9] (beside a jump: or that of moving u by 1e-9); a table that cannot reach
it is refused. `normal_scores` uses one fixed table over the octaves of min(u, 1 - u), 64 cells each, error 1e-10.
Together they keep an input within 1e-6 of its interquartile range; for a lognormal with a log-sd above 1.8 the last
part of the upper tail, hundreds of ranges out, is within 1e-9 of its own value instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mcengine.compiled import inlined, pure
from mcengine.errors import McEngineError
from mcengine.families import Distribution
from mcengine.sampling.cubics import NODES, coefficients
from mcengine.simd import WIDTH, cubic, exponent_cell, load, real, splat, store, where, whole

Array = NDArray[np.float64]

Z_LIMIT = 8.3  # beyond Phi^-1(2^-54), the smallest uniform; scores are clamped here
TOLERANCE = 1e-7  # of the interquartile range
STRICT = 6.0  # |z| within which the tolerance holds as it stands: u from 1e-9 to 1 - 1e-9
CHECKS = np.array([1e-6, 0.12, 0.31, 0.5, 0.69, 0.88, 1.0 - 1e-6])
_MAX_CELLS = 1 << 16
_DEPTH = 36  # octaves of a graded section; below 2^-36 of its length the value stays that of its first cell

_OCTAVES = 55
_CELL_BITS = 6
_CELLS = 1 << _CELL_BITS  # an octave
_LOWEST = (1023 - _OCTAVES) << _CELL_BITS

_FEW = 4  # sections that eight draws go through together; beyond, each draw looks for its own


class Tables(NamedTuple):
    """All inputs' quantile tables in one set of arrays. Sections of input j: start[j] .. start[j + 1].

    start int64 (inputs + 1,); lower float64 (sections,) z at which a section begins; edge float64 (sections,)
    z from which positions are measured; scale float64 (sections,) cells per unit of z, negative when measured
    downwards, for a graded section 1 / its length; grade int64 (sections,) m of its 2^m cells an octave, or -1
    for equal cells; cells int64 (sections,) how many; offset int64 (sections,) its first cell in coefficients
    float64 (4 cells,), four a cell: ascending powers of the position in the cell, 0 to 1.
    """

    start: NDArray[np.int64]
    lower: Array
    edge: Array
    scale: Array
    grade: NDArray[np.int64]
    cells: NDArray[np.int64]
    offset: NDArray[np.int64]
    coefficients: Array


class TableError(McEngineError):
    """A quantile function that cubic pieces cannot follow to the promised accuracy."""


def quantile_at_score(distribution: Distribution, z: Array) -> Array:
    """F^-1(Phi(z)), accurate in both tails: the upper half goes through 1 - Phi(z) = Phi(-z)."""
    z = np.asarray(z, dtype=np.float64)
    value = np.empty_like(z)
    below = z < 0.0
    value[below] = distribution.ppf(ndtr(z[below]))
    value[~below] = distribution.isf(ndtr(-z[~below]))
    return value


@dataclass(frozen=True, slots=True)
class _Section:
    """A stretch of z from `low` to `high`; graded towards `low`, or towards `high` if `downwards`."""

    low: float
    high: float
    grade: int = -1
    downwards: bool = False
    count: int = 1
    coefficients: Array | None = None

    def bounds(self) -> tuple[Array, Array]:
        """Start and length of each cell, in z measured from `low` (or down from `high`)."""
        length = self.high - self.low
        if self.grade < 0:
            width = length / self.count
            return np.arange(self.count, dtype=np.float64) * width, np.full(self.count, width)
        each = 1 << self.grade
        octave = np.exp2(np.repeat(np.arange(-_DEPTH, 0), each).astype(np.float64)) * length
        return octave * (1 + np.tile(np.arange(each), _DEPTH) / each), octave / each

    def z(self, inside: Array) -> Array:
        """z (cells, k) at the positions `inside` (k,) of each cell."""
        start, width = self.bounds()
        distance = start[:, None] + width[:, None] * inside[None, :]
        return self.high - distance if self.downwards else self.low + distance


def _fit(distribution: Distribution, section: _Section) -> _Section:
    """The section with the cubics through the Chebyshev nodes of each cell, coefficients (cells, 4)."""
    z = section.z(NODES)
    values = quantile_at_score(distribution, z.ravel()).reshape(z.shape)
    return replace(section, coefficients=coefficients(values))


def _worst_error(distribution: Distribution, section: _Section, spread: float) -> float:
    """Largest error between the nodes over the allowed one (the module's docstring)."""
    z = section.z(CHECKS)
    exact = quantile_at_score(distribution, z.ravel()).reshape(z.shape)
    assert section.coefficients is not None
    powers = CHECKS[None, :, None] ** np.arange(4)
    error = np.abs((section.coefficients[:, None, :] * powers).sum(axis=2) - exact)
    allowed = TOLERANCE * spread + np.where(np.abs(z) > STRICT, 1e-7, 1e-11) * np.abs(exact)
    if section.grade >= 0:
        near = [
            quantile_at_score(distribution, np.clip(z + d, section.low + 1e-12, section.high - 1e-12).ravel())
            for d in (-2e-9, 2e-9)
        ]
        allowed += np.abs(near[1] - near[0]).reshape(z.shape)
    return float(np.max(error / allowed))


def _tabled(
    distribution: Distribution, low: float, high: float, edges: tuple[bool, bool], spread: float
) -> list[_Section]:
    """Sections from z = low to high; `edges` tells at which ends the quantile function breaks."""
    nodes = quantile_at_score(distribution, low + (high - low) * np.array([0.01, 0.35, 0.65, 0.99]))
    if np.ptp(nodes) == 0.0:
        return [_Section(low, high, coefficients=np.array([[nodes[0], 0.0, 0.0, 0.0]]))]
    count = max(8, int(8 * (high - low)))
    while count <= (_MAX_CELLS if not any(edges) else 1024):
        section = _fit(distribution, _Section(low, high, count=count))
        if _worst_error(distribution, section, spread) <= 1.0:
            return [section]
        count *= 2
    if all(edges):
        middle = (low + high) / 2
        left, right = (True, False), (False, True)
        return [
            *_tabled(distribution, low, middle, left, spread),
            *_tabled(distribution, middle, high, right, spread),
        ]
    for grade in range(2, 9) if any(edges) else ():
        count = _DEPTH << grade
        section = _fit(distribution, _Section(low, high, grade, edges[1], count))
        if _worst_error(distribution, section, spread) <= 1.0:
            return [section]
    raise TableError(
        f"{distribution.text}: its quantile function cannot be tabled to {TOLERANCE} of the interquartile range "
        f"between normal scores {low:.3g} and {high:.3g}"
    )


def _sections(distribution: Distribution) -> list[_Section]:
    breaks = sorted({float(ndtri(u)) for u in distribution.breaks})
    edges = [-Z_LIMIT, *(z for z in breaks if -Z_LIMIT < z < Z_LIMIT), Z_LIMIT]
    quartiles = distribution.ppf(np.array([0.25, 0.75]))
    spread = float(quartiles[1] - quartiles[0])
    if spread <= 0.0:  # more than half the mass in one atom
        extremes = distribution.ppf(np.array([0.001, 0.999]))
        spread = float(extremes[1] - extremes[0]) or max(abs(float(extremes[0])), 1.0)
    sections: list[_Section] = []
    for low, high in pairwise(edges):
        sections += _tabled(distribution, low, high, (low > -Z_LIMIT, high < Z_LIMIT), spread)
    return sections


def build_tables(distributions: list[Distribution]) -> Tables:
    """Quantile tables of the inputs, in order.

    Raises
    ------
    TableError  a quantile function that the cubics cannot follow to 1e-7 of its interquartile range.
    """
    per_input = [_sections(distribution) for distribution in distributions]
    sections = [section for group in per_input for section in group]
    rows = [section.coefficients for section in sections if section.coefficients is not None]
    counts = np.array([len(row) for row in rows], dtype=np.int64)
    per_z = [(1 if s.grade >= 0 else len(row)) / (s.high - s.low) for s, row in zip(sections, rows, strict=True)]
    return Tables(
        start=np.cumsum([0, *(len(group) for group in per_input)], dtype=np.int64),
        lower=np.array([section.low for section in sections], dtype=np.float64),
        edge=np.array([s.high if s.downwards else s.low for s in sections], dtype=np.float64),
        scale=np.array([-v if s.downwards else v for s, v in zip(sections, per_z, strict=True)], dtype=np.float64),
        grade=np.array([section.grade for section in sections], dtype=np.int64),
        cells=counts,
        offset=np.cumsum(counts, dtype=np.int64) - counts,
        coefficients=np.concatenate(rows).ravel() if rows else np.zeros(0),
    )


def _score_table() -> Array:
    """Coefficients float64 (4 cells,): Phi^-1 on the cells of min(u, 1 - u), 64 to each of 55 octaves."""
    octave = np.repeat(np.arange(-_OCTAVES, 0), _CELLS).astype(np.float64)
    step = np.tile(np.arange(_CELLS), _OCTAVES)
    low, width = np.exp2(octave) * (1 + step / _CELLS), np.exp2(octave) / _CELLS
    scores = ndtri(low[:, None] + width[:, None] * NODES[None, :])
    return coefficients(scores).ravel()


SCORE_TABLE = _score_table()


@pure
def normal_scores(u, table, z):
    """z = Phi^-1(u) for `u` in (0, 1); `u`, `z` float64 (draws,), at least 8 and not the same array; error below 1e-9.

    The cell is read off the exponent and leading mantissa bits of min(u, 1 - u). The last eight draws are taken
    together even where they overlap the eight before.
    """
    n = u.shape[0]
    for start in range(0, n, WIDTH):
        i = min(start, n - WIDTH)
        v = load(u, i)
        lower = v < 0.5
        cell, place = exponent_cell(where(lower, v, 1.0 - v), _CELL_BITS, _LOWEST)
        score = cubic(table, cell, place)
        store(z, i, where(lower, score, 0.0 - score))


@inlined
def _of_section(z, s, tables):
    """The quantiles at eight scores z by section s; beyond its ends, those at its ends."""
    table = tables.coefficients[4 * tables.offset[s] :]
    if tables.cells[s] == 1:
        return splat(table[0])
    position = (z - tables.edge[s]) * tables.scale[s]
    if tables.grade[s] >= 0:
        position = where(position > 2.0**-_DEPTH, position, splat(2.0**-_DEPTH))
        position = where(position < 1.0, position, splat(1.0 - 2.0**-52))
        cell, place = exponent_cell(position, tables.grade[s], (1023 - _DEPTH) << tables.grade[s])
        return cubic(table, cell, place)
    top = tables.cells[s] * (1.0 - 2.0**-52)
    position = where(position > 0.0, position, splat(0.0))
    position = where(position < top, position, splat(top))
    cell = whole(position)
    return cubic(table, cell, position - real(cell))


@pure
def quantiles(j, z, tables, x):
    """x = F_j^-1(Phi(z)) from the tables of input j; `z`, `x` float64 (draws,), at least 8 and not the same array."""
    first, last = tables.start[j], tables.start[j + 1]
    n = z.shape[0]
    if last - first > _FEW:
        for i in range(n):
            x[i] = _section_value(z[i], first, last, tables)
        return
    for start in range(0, n, WIDTH):
        i = min(start, n - WIDTH)
        score = load(z, i)
        value = _of_section(score, first, tables)
        for s in range(first + 1, last):
            value = where(score >= tables.lower[s], _of_section(score, s, tables), value)
        store(x, i, value)


@pure
def _section_value(z, first, last, tables):
    """The quantile at score z from sections first .. last - 1 of the tables."""
    low, high = first, last
    while high - low > 1:
        middle = (low + high) // 2
        if z >= tables.lower[middle]:
            low = middle
        else:
            high = middle
    position = (z - tables.edge[low]) * tables.scale[low]
    grade, last_cell = tables.grade[low], tables.cells[low] - 1
    if grade < 0:
        cell = min(max(np.int64(position), 0), last_cell)
        w = min(max(position - cell, 0.0), 1.0)
    else:
        bits = np.float64(min(max(position, 2.0**-_DEPTH), 1.0 - 2.0**-52)).view(np.int64)
        shift = 52 - grade
        cell = (bits >> shift) - ((1023 - _DEPTH) << grade)
        w = np.float64(bits & ((1 << shift) - 1)) * 2.0 ** -np.float64(shift)
    c = tables.coefficients[4 * (tables.offset[low] + cell) :]
    return ((c[3] * w + c[2]) * w + c[1]) * w + c[0]
