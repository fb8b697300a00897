"""A study as SALib knows problems: a dict over the unit cube, and a transform from it to outputs.

Variables are the uncertain inputs' uniforms, then a mixing variable for each block of a t copula, then, in a pool,
the choice of the set. All are uniform on (0, 1) to SALib; quantiles, copula and model follow here, so that correlated
blocks (one SALib group each) and any family work.

Two traps of SALib 1.6 are closed: non-finite outputs give zeros or other nonsense without a word, so they are
refused before; a seed of 0 counts as none, so SALib gets a Generator, and where it would seed numpy's global state
it is not asked for random numbers at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.engine.problem import Problem
from mcengine.engine.saltelli import Factor
from mcengine.errors import NonFiniteError
from mcengine.sampling.dependence import correlate, mix
from mcengine.sampling.direct import quantiles_of_uniforms
from mcengine.sampling.points import MIXING_STREAM, SET_STREAM
from mcengine.sampling.streams import key
from mcengine.sampling.tables import normal_scores, quantiles

Array = NDArray[np.float64]

_PIECE = 1 << 15  # evaluations at once
_EDGE = 2.0**-33  # SALib's points may be 0 exactly


@dataclass(frozen=True)
class Bridge:
    """`problem` (the engine's) for SALib, with `factors` as its groups.

    variables  names of the columns of SALib's samples; salib: SALib's problem dict, outputs included
    """

    problem: Problem
    factors: tuple[Factor, ...]
    variables: tuple[str, ...]
    salib: dict[str, Any]

    def inputs(self, u: Array) -> Array:
        """Inputs, float64 (inputs, draws), for a sample u of the unit cube, float64 (draws, variables)."""
        problem, design = self.problem, self.problem.design
        u = np.clip(np.asarray(u, dtype=np.float64), _EDGE, 1.0 - _EDGE)
        columns = np.resize(u, (max(len(u), 8), u.shape[1])).T.copy()
        z = np.empty_like(columns)
        for v in range(len(self.variables)):
            normal_scores(columns[v], design.score_table, z[v])
        group = np.zeros(z.shape[1], dtype=np.int64)
        if SET_STREAM in self.variables:
            choice = columns[self.variables.index(SET_STREAM)]
            group = np.searchsorted(design.cumulative[:-1], choice, side="right")
        x = np.empty((len(problem.model.inputs), z.shape[1]))
        for g in range(len(problem.groups)):
            own = self._of_set(g, columns, z)
            x[:, group == g] = own[:, group == g]
        return x[:, : len(u)]

    def _of_set(self, g: int, u: Array, z: Array) -> Array:
        """The inputs under set g for the uniforms and scores of the variables, float64 (variables, draws) each."""
        design, copula = self.problem.design, self.problem.copulas[g]
        names = self.problem.model.inputs
        scores = np.zeros((len(design.uncertain), z.shape[1]))
        for k, j in enumerate(design.uncertain):
            if names[j] in self.variables:
                scores[k] = z[self.variables.index(names[j])]
        correlate(copula, scores)
        for block in range(len(copula.mixing)):
            if copula.mixing[block] >= 0:
                leader = names[copula.mixing[block] - len(names) - 1]
                mix(copula, block, z[self.variables.index(MIXING_STREAM + leader)], scores)
        direct = design.direct[g]
        x = np.repeat(design.fixed[g][:, None], z.shape[1], axis=1)
        for k, j in enumerate(design.uncertain):
            if direct.bits[k] >= 0:
                quantiles_of_uniforms(k, u[self.variables.index(names[j])], direct, x[j])
            elif design.slot[g, k] >= 0:
                quantiles(design.slot[g, k], scores[k], self.problem.tables[g], x[j])
        return x

    def outputs(self, u: Array, output: str, replicate: int = 0) -> Array:
        """The output for each row of u, float64 (draws,), in pieces; `replicate` is what an error names.

        Raises
        ------
        NonFiniteError  it is NaN or infinite somewhere; SALib would answer zeros.
        """
        row = self.problem.model.output_index(output)
        headline = row < len(self.problem.model.headline_outputs)
        y = np.empty(len(u))
        for first in range(0, len(u), _PIECE):
            x = self.inputs(u[first : first + _PIECE])
            y[first : first + _PIECE] = self.problem.model.evaluate(x, headline_only=headline)[row]
            bad = np.flatnonzero(~np.isfinite(y[first : first + _PIECE]))
            if len(bad):
                inputs = dict(zip(self.problem.model.inputs, x[:, bad[0]].tolist(), strict=True))
                raise NonFiniteError(output, tuple((replicate, first + int(i)) for i in bad[:5]), inputs, len(bad))
        return y


def build_bridge(problem: Problem, factors: Sequence[Factor], outputs: Sequence[str] = ()) -> Bridge:
    """`problem` for SALib; each of `factors` is a group where some factor is more than one variable."""
    owner = {member: factor.name for factor in factors for member in factor.members}
    variables = list(problem.study.uncertain)
    mixed = {int(place) for copula in problem.copulas for place in copula.mixing if place >= 0}
    first = len(problem.model.inputs) + 1
    for place in sorted(mixed):
        leader = problem.model.inputs[place - first]
        variables.append(MIXING_STREAM + leader)
        owner[MIXING_STREAM + leader] = owner[leader]
    for factor in factors:
        if factor.choice:
            variables.append(SET_STREAM)
            owner[SET_STREAM] = factor.name
    salib: dict[str, Any] = {
        "num_vars": len(variables),
        "names": variables,
        "bounds": [[0.0, 1.0]] * len(variables),
        "outputs": list(outputs),
    }
    groups = [owner[name] for name in variables]
    if len(set(groups)) < len(groups):
        salib["groups"] = groups
    return Bridge(problem, tuple(factors), tuple(variables), salib)


def generator(seed: int, name: str) -> np.random.Generator:
    """A Generator for SALib from the run's seed and a stream's name."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(int(key(seed, name)))))
