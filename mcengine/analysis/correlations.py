"""Which rank correlations a run was asked for, and which it got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.result import Statistic
from mcengine.analysis.summary import interval
from mcengine.engine.problem import Problem
from mcengine.families import Distribution

Array = NDArray[np.float64]

REPLICATES, DRAWS = 8, 8192  # what the achieved correlations are measured on
_GRID = (np.arange(4096) + 0.5) / 4096


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's rho of a pair of inputs in one assumption set.

    target      what the set states; used: what the copula was given (moved where the matrix was repaired)
    achieved    measured on `DRAWS` draws of `REPLICATES` replicates, ties at their mid-ranks, with its interval
    attainable  the largest in size that the two marginals allow in the target's direction: 1 for continuous ones,
                less where an atom ties many draws
    """

    set: str
    first: str
    second: str
    target: float
    used: float
    achieved: Statistic
    attainable: float

    def to_dict(self) -> dict[str, Any]:
        """As in summary.json under "correlations"."""
        return {
            "set": self.set,
            "inputs": [self.first, self.second],
            "target": self.target,
            "used": self.used,
            "achieved": self.achieved.to_dict(),
            "attainable": self.attainable,
        }


def mid_ranks(values: Array) -> Array:
    """Ranks of `values` (n,) from 1, ties at their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Array = (ends - (counts - 1) / 2.0)[place]
    return ranks


def standard_ranks(values: Array) -> Array:
    """Mid-ranks about their mean, scaled to length 1 (all 0 for a constant): Spearman's rho is their dot product."""
    ranks = mid_ranks(values)
    centred: Array = ranks - ranks.mean()
    length = float(np.sqrt(centred @ centred))
    if length > 0:
        centred /= length
    return centred


def spearman(x: Array, y: Array) -> float:
    """Spearman's rho of two samples (n,), 0 when one of them is constant."""
    return float(standard_ranks(x) @ standard_ranks(y))


def attainable(first: Distribution, second: Distribution, sign: float) -> float:
    """The rho of the two marginals when one is a monotone function of the other, rising or falling with `sign`."""
    if not (first.breaks or second.breaks):
        return 1.0 if sign >= 0 else -1.0
    return spearman(first.ppf(_GRID), second.ppf(_GRID if sign >= 0 else 1.0 - _GRID))


def rank_correlations(problem: Problem) -> tuple[RankCorrelation, ...]:
    """Target and achieved rank correlation of every correlated pair, set by set; none where they are switched off."""
    study = problem.study
    if not study.correlations:
        return ()
    found: list[RankCorrelation] = []
    moved = {(r.set, pair): used for r in problem.repairs for pair, used in r.pairs.items()}
    samples = [problem.inputs(r, 0, DRAWS) for r in range(REPLICATES)]
    place = {name: j for j, name in enumerate(problem.model.inputs)}
    for g, member in enumerate(study.sets):
        laws = {name: study.marginal(g, name) for name in problem.model.inputs}
        ranks: dict[str, list[Array]] = {}
        pairs = [pair for pair in member.set.correlations if {pair.first, pair.second} <= place.keys()]
        for name in {name for pair in pairs for name in (pair.first, pair.second)}:
            ranks[name] = [standard_ranks(x[place[name], groups == g]) for x, groups in samples]
        for pair in pairs:
            if laws[pair.first].is_constant or laws[pair.second].is_constant or pair.rho == 0.0:
                continue
            both = zip(ranks[pair.first], ranks[pair.second], strict=True)
            values = np.array([float(first @ second) for first, second in both])
            used = moved.get((member.set.name, frozenset((pair.first, pair.second))), pair.rho)
            limit = attainable(laws[pair.first], laws[pair.second], pair.rho)
            achieved = interval(float(values.mean()), values)
            found.append(RankCorrelation(member.set.name, pair.first, pair.second, pair.rho, used, achieved, limit))
    return tuple(found)
