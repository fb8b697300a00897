"""Inputs redrawn on condition of some of them: what Shapley effects of correlated inputs are made of.

A block is a set of correlated inputs, or one input on its own; blocks are independent of each other. Its scores
follow a normal or t copula, so on condition of any of them the others are normal or t again, exactly. With the kept
members first in some order, L the Cholesky factor of the scores' correlation in that order and e = L^-1 z, keeping the
first p and redrawing the rest from independent normal scores g is

    z' = L (e_1 ... e_p, s g_p+1 ... g_b)

with s = 1 for a normal copula. For a t copula with nu degrees of freedom s^2 = (nu + e_1^2 + ... + e_p^2) / chi^2 of
nu + p degrees of freedom: the mixing variable's law on condition of the kept scores (Ding 2016, The American
Statistician 70, 293-295). With p = 0 that is a draw of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, ndtri, stdtr

from mcengine.engine.problem import Problem
from mcengine.sampling.dependence import Copula
from mcengine.sampling.points import Points, fill, replicate_words
from mcengine.sampling.tables import Z_LIMIT, normal_scores, quantiles

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Inputs tied by correlations, or one on its own.

    rows         int64 (b,): its members, as positions among the uncertain inputs
    factor       int64 (b,): the factor that each member belongs to
    correlation  float64 (b, b): of the scores
    mixing       place of a t copula's mixing variable among the points; -1 for a normal copula
    dof          degrees of freedom of a t copula, None for a normal one
    """

    rows: Whole
    factor: Whole
    correlation: Array
    mixing: int = -1
    dof: float | None = None

    def correlated(self, independent: Array, mixing: Array | None = None) -> Array:
        """Scores of the block, float64 (b, draws), from independent normal scores and the mixing uniforms (draws,)."""
        z: Array = np.einsum("ij,jn->in", np.linalg.cholesky(self.correlation), independent)
        if self.dof is None or mixing is None:
            return z
        scaled: Array = z * np.sqrt(self.dof / _chi_square(self.dof, mixing))
        return scaled

    def redrawn(
        self, base: Array, fresh: Array, order: Whole, kept: Sequence[int], mixing: Array | None = None
    ) -> Array:
        """The scores with all but the first `kept[s]` members of `order` redrawn, float64 (states, b, draws).

        base    float64 (b, draws): the block's scores; fresh: independent normal ones, of the same shape
        order   int64 (b, draws) or, one for all draws, (b, 1): the members, those kept longest first
        mixing  float64 (draws,): fresh uniforms of a t copula's mixing variable
        """
        lower = cholesky(self.correlation[order[:, None], order[None, :]])
        old, new = np.take_along_axis(base, order, axis=0), np.take_along_axis(fresh, order, axis=0)
        innovation = np.empty_like(old)
        for j in range(len(old)):
            innovation[j] = (old[j] - (lower[j, :j] * innovation[:j]).sum(axis=0)) / lower[j, j]
        states = np.empty((len(kept), *old.shape))
        z = np.empty_like(old)
        for s, count in enumerate(kept):
            own = innovation.copy()
            own[count:] = new[count:]
            if self.dof is not None and mixing is not None:
                known = self.dof + np.square(innovation[:count]).sum(axis=0)
                own[count:] *= np.sqrt(known / _chi_square(self.dof + count, mixing))
            z[:count] = old[:count]
            for i in range(count, len(old)):
                z[i] = (lower[i, : i + 1] * own[: i + 1]).sum(axis=0)
            np.put_along_axis(states[s], order, z, axis=0)
        return states

    def values(self, scores: Array, problem: Problem) -> Array:
        """The members' values, in their units, for scores float64 (states, b, draws), at least 8 draws."""
        if self.dof is not None:
            scores = np.copysign(np.minimum(-ndtri(stdtr(self.dof, -np.abs(scores))), Z_LIMIT), scores)
        found = np.empty_like(scores)
        for state in range(len(scores)):
            for member, row in enumerate(self.rows):
                slot = problem.design.slot[0, row]
                quantiles(slot, scores[state, member], problem.tables[0], found[state, member])
        return found


def _chi_square(dof: float, u: Array) -> Array:
    """The value that chi^2 with `dof` degrees of freedom exceeds with chance u."""
    found: Array = 2.0 * gammainccinv(dof / 2.0, u)
    return found


def cholesky(matrices: Array) -> Array:
    """Lower Cholesky factors of positive definite matrices, float64 (b, b, count) as the answer."""
    lower = np.zeros_like(matrices)
    for j in range(len(matrices)):
        lower[j, j] = np.sqrt(matrices[j, j] - np.square(lower[j, :j]).sum(axis=0))
        for i in range(j + 1, len(matrices)):
            lower[i, j] = (matrices[i, j] - (lower[i, :j] * lower[j, :j]).sum(axis=0)) / lower[j, j]
    return lower


def build_blocks(problem: Problem, factors: Mapping[str, Sequence[str]]) -> tuple[Block, ...]:
    """The blocks of a problem with one assumption set, for factors (name -> inputs) that hold all its inputs."""
    names = [problem.model.inputs[j] for j in problem.design.uncertain]
    owner = {name: f for f, members in enumerate(factors.values()) for name in members}
    factor = np.array([owner[name] for name in names], dtype=np.int64)
    copula = problem.copulas[0]
    correlation = score_correlation(copula)
    dof = next((member.set.copula_dof for member in problem.study.sets), None)
    blocks = []
    for b, place in enumerate(copula.mixing):
        inside = np.flatnonzero(copula.block == b)
        rows = copula.rows[inside]
        own = correlation[np.ix_(inside, inside)]
        blocks.append(Block(rows, factor[rows], own, int(place), dof if place >= 0 else None))
    alone = np.setdiff1d(np.arange(len(names), dtype=np.int64), copula.rows)
    blocks += [Block(np.array([k]), factor[[k]], np.ones((1, 1))) for k in alone]
    return tuple(sorted(blocks, key=lambda block: int(block.rows.min())))


def score_correlation(copula: Copula) -> Array:
    """The scores' correlation that a copula's Cholesky factor is of, float64 (c, c), in the order of its rows."""
    place = {int(row): a for a, row in enumerate(copula.rows)}
    factor = np.zeros((len(place), len(place)))
    for a in range(len(place)):
        for entry in range(copula.start[a], copula.start[a + 1]):
            factor[a, place[int(copula.other[entry])]] = copula.weight[entry]
    correlation: Array = np.einsum("ik,jk->ij", factor, factor)
    return correlation


@dataclass(frozen=True)
class Source:
    """Independent scores by address, in one replicate."""

    problem: Problem
    points: Points
    words: NDArray[np.uint32]
    replicate: int

    def scores(self, first: int, count: int) -> Array:
        """Normal scores of the uncertain inputs at points first, first + 1, ..., float64 (uncertain, count)."""
        z = np.empty((len(self.problem.design.uncertain), count))
        for k, place in enumerate(self.problem.design.uncertain):
            normal_scores(self.uniforms(int(place), first, count), self.problem.design.score_table, z[k])
        return z

    def uniforms(self, place: int, first: int, count: int) -> Array:
        """The uniforms at one place of the points, float64 (count,)."""
        u = np.empty(count)
        fill(self.points, self.words, place, self.replicate, first, u)
        return u


def source(problem: Problem, points: Points, replicate: int) -> Source:
    """The scores that `points` give in a replicate."""
    words = np.empty((len(points.keys), 2), dtype=np.uint32)
    replicate_words(points, replicate, words)
    return Source(problem, points, words, replicate)
