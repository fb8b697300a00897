"""Saltelli's design for a problem: what is crossed, where the points A and B come from, and what is summed.

A base point is a pair (a, b) of independent points. For each factor f, an input or a group of inputs, A_B^(f) is
A with the factor's inputs from B, and B_A^(f) the reverse (Saltelli 2002). `engine.crossing` makes, crosses,
evaluates and sums them block by block; nothing is kept but the sums, so memory does not grow with n.

Points. A and B are both Sobol' points by address. Input j's own pair of dimensions is (2j, 2j + 1), the default
("interleaved": adjacent dimensions have the better two-dimensional projections), or (j, D + j) over the D inputs of
the model ("halves", as SALib and scipy have it). Spread of one replicate's indices on the evidence study, halves over
interleaved (benchmarks/sobol_peer.py --layouts): 1.0 to 1.2 at n = 512, 1.4 for the NPV's at n = 8,192, and 1.0 to 1.2
for those of NPV < 0; on the textbook models up to 3. A is scrambled by the input's own stream, that of its name, and B
by the stream "@B:name", anew in each replicate. What a draw needs beside its inputs, the choice among pooled
assumption sets and the mixing variables of t copulas, takes the pairs of dimensions after the inputs' in either
layout. In a pool the choice of the set is a factor of its own, and an input's factor is its rank within whichever
set was chosen: these are independent, where the inputs themselves are not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mcengine.engine.accumulators import build_watch
from mcengine.engine.crossing import (
    BELOW,
    FACTOR_SUMS,
    SHORTFALL,
    SUMS,
    VALUE,
    Crossing,
    Responses,
    add_points,
    base_points,
)
from mcengine.engine.problem import PILOT_DRAWS, PILOT_REPLICATE, Problem
from mcengine.engine.replicates import DEFAULT_BLOCK, Stopped
from mcengine.errors import NonFiniteError
from mcengine.sampling.dependence import independent
from mcengine.sampling.direct import build_direct
from mcengine.sampling.points import (
    LOW_POINTS,
    MIXING_STREAM,
    SET_STREAM,
    SOBOL,
    Points,
)
from mcengine.sampling.sobol import directions, low_points
from mcengine.sampling.streams import stream_keys
from mcengine.simd import WIDTH

Array = NDArray[np.float64]

LAYOUTS = ("interleaved", "halves")
B_STREAM = "@B:"  # before the name of an input (or of @set, @mix:...): its stream in B
__all__ = ["BELOW", "SHORTFALL", "VALUE", "Factor", "Response", "Saltelli", "build_saltelli"]

CHUNK = 1 << 13  # base points between two looks at whether the user wants to stop


@dataclass(frozen=True, slots=True)
class Factor:
    """Inputs that are swapped together: one input, or a group. `choice`: the choice among pooled assumption sets."""

    name: str
    members: tuple[str, ...]
    choice: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """What is attributed to the factors: an output, or something of its lower tail.

    kind       VALUE: the output y itself; BELOW: 1 where y < threshold, else 0; SHORTFALL: max(threshold - y, 0)
    threshold  in the output's unit
    """

    output: str
    kind: int = VALUE
    threshold: float = 0.0

    @property
    def key(self) -> str:
        """As in "npv", "npv < 0", "(200 - npv)+"."""
        shown = f"{self.threshold:.6g}"
        return (self.output, f"{self.output} < {shown}", f"({shown} - {self.output})+")[self.kind]


def _dimensions(inputs: int, layout: str) -> tuple[list[int], list[int]]:
    """Sobol' dimensions of A and of B by place: the inputs, the choice of the set, the mixing variables."""
    places = range(2 * inputs + 1)
    a = [p if layout == "halves" and p < inputs else 2 * p for p in places]
    b = [inputs + p if layout == "halves" and p < inputs else 2 * p + 1 for p in places]
    return a, b


def build_pair(seed: int, inputs: tuple[str, ...], layout: str, *, pooled: bool) -> tuple[Points, ...]:
    """(A, B), in a pool (A, B, B with A's sets, A with B's sets): the sources of a design under `seed`."""
    names = (*inputs, SET_STREAM, *(MIXING_STREAM + name for name in inputs))
    a, b = _dimensions(len(inputs), layout)
    vectors = directions(2 * len(names))
    low = np.empty((len(vectors), LOW_POINTS), dtype=np.uint32)
    low_points(vectors, low)
    first = (stream_keys(seed, names), vectors[a], low[a])
    second = (stream_keys(seed, tuple(B_STREAM + name for name in names)), vectors[b], low[b])
    pairs = [(first, second), (second, first)]
    if pooled:  # the choice's place from the other
        choice = np.arange(len(names)) == len(inputs)
        for one, other in ((second, first), (first, second)):
            pairs.append((tuple(_where(choice, o, m) for m, o in zip(one, other, strict=True)), one))  # type: ignore[arg-type]
    no_luck = stream_keys(seed, ())
    return tuple(Points(np.int64(SOBOL), np.int64(0), *source, no_luck) for source, _ in pairs)


def _where(choice: NDArray[np.bool_], yes: NDArray, no: NDArray) -> NDArray:  # type: ignore[type-arg]
    return np.ascontiguousarray(np.where(choice.reshape(-1, *[1] * (yes.ndim - 1)), yes, no))


@dataclass(frozen=True)
class Saltelli:
    """A design ready to be summed: a problem, its factors, the responses, and how A and B lie.

    Make it with `build_saltelli`. evaluations: of the model, for one base point.
    """

    problem: Problem
    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    second_order: bool
    layout: str
    points: tuple[Points, ...]
    crossing: Crossing
    compiled: Responses

    @property
    def evaluations(self) -> int:
        """F + 2, or 2 F + 2 with second order."""
        return (2 if self.second_order else 1) * len(self.factors) + 2

    @cached_property
    def sums(self) -> int:
        """How many sums a replicate leaves for each response."""
        f = len(self.factors)
        return len(SUMS) + len(FACTOR_SUMS) * f + (f * (f - 1) // 2 if self.second_order else 0)

    def replicate(
        self,
        index: int,
        n: int,
        *,
        block: int = DEFAULT_BLOCK,
        stop: threading.Event | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Array:
        """The sums of replicate `index` over `n` base points (a multiple of 8), float64 (responses, sums).

        Raises
        ------
        NonFiniteError  an output is NaN or infinite; Stopped: `stop` was set meanwhile.
        """
        problem = self.problem
        totals = np.zeros((len(self.responses), self.sums, WIDTH))
        headline = len(problem.model.headline_outputs)
        beyond = bool(np.any(self.compiled.row >= headline))
        rows = (len(problem.model.outputs) if beyond else headline) + problem.model.scratch
        width = -(-block // WIDTH) * WIDTH
        for first in range(0, n, CHUNK):
            count = min(CHUNK, n - first)
            bad = add_points(
                problem.function, problem.model.constants, self.points, problem.design, problem.tables,
                problem.copulas, self.crossing, self.compiled, totals, self.evaluations, rows, index, first, count,
                width,
            )  # fmt: skip
            if bad >= 0:
                raise self.refuse_non_finite(index, bad, min(width, first + count - bad))
            if progress is not None:
                progress(count * self.evaluations)
            if stop is not None and stop.is_set():
                raise Stopped
        lanes = totals[:, :, 0]
        for lane in range(1, WIDTH):
            lanes = lanes + totals[:, :, lane]
        return lanes

    def sample(self, replicate: int, first: int, count: int) -> Array:
        """The inputs of every evaluation, float64 (evaluations, inputs, count), in SALib's order.

        A, A_B^(1) ..., [B_A^(1) ...,] B, for base points first .. first + count - 1 (`first` even, count at least 8).
        The plain form of what the compiled loop crosses in place.
        """
        problem = self.problem
        x = np.empty((len(self.points), len(problem.model.inputs), count))
        base_points(self.points, problem.design, problem.tables, problem.copulas, replicate, first, x)
        a, b = x[0], x[1]
        b_of_a, a_of_b = (x[2], x[3]) if len(x) == 4 else (b, a)
        crossed = [a, *(self._crossed(a, b_of_a, a_of_b, factor) for factor in self.factors)]
        if self.second_order:
            crossed += [self._crossed(b, a_of_b, b_of_a, factor) for factor in self.factors]
        return np.array([*crossed, b])

    def _crossed(self, base: Array, other: Array, chosen: Array, factor: Factor) -> Array:
        if factor.choice:
            return chosen
        rows = [self.problem.model.inputs.index(name) for name in factor.members]
        crossed = base.copy()
        crossed[rows] = other[rows]
        return crossed

    def outputs(self, replicate: int, first: int, count: int) -> Array:
        """The outputs of `sample`, float64 (outputs, evaluations, count); not shifted, no tail responses."""
        x = self.sample(replicate, first, count)
        flat = np.ascontiguousarray(x.transpose(1, 0, 2)).reshape(x.shape[1], -1)
        return self.problem.model.evaluate(flat).reshape(-1, x.shape[0], count)

    def refuse_non_finite(self, replicate: int, first: int, count: int) -> NonFiniteError:
        """The error that names output, base points and inputs of the non-finite evaluations in this range."""
        x, y = self.sample(replicate, first, count), self.outputs(replicate, first, count)
        for response in self.responses:
            values = y[self.problem.model.output_index(response.output)]
            bad = np.argwhere(~np.isfinite(values))
            if len(bad):
                evaluation, place = bad[0]
                addresses = tuple((replicate, first + int(i)) for i in np.unique(bad[:, 1])[:5])
                inputs = dict(zip(self.problem.model.inputs, x[evaluation, :, place].tolist(), strict=True))
                return NonFiniteError(response.output, addresses, inputs, len(bad))
        raise AssertionError("a block was stopped for a non-finite output, but holds none")


def without_correlations(problem: Problem) -> Problem:
    """`problem` with every input drawn independently: bit for bit that of the study with its correlations off.

    Tables of scores and points are kept; the pilot, which the sums are centred by, is drawn anew.
    """
    copulas = tuple(independent() for _ in problem.copulas)
    design = problem.design._replace(direct=tuple(map(build_direct, problem.tables, problem.design.slot)))
    study = replace(problem.study, correlations=False)
    apart = replace(problem, study=study, design=design, copulas=copulas, repairs=())
    _, pilot = apart.draws(PILOT_REPLICATE, 0, PILOT_DRAWS)
    watch = problem.watch
    years = [int(low + 0.5) if censored else None for low, censored in zip(watch.low, watch.censored, strict=True)]
    for row, year in zip(watch.row, years, strict=True):
        if year is None and not np.isfinite(pilot[row]).all():
            raise apart.refuse_non_finite(PILOT_REPLICATE, 0, PILOT_DRAWS)
    return replace(apart, watch=build_watch(watch.row.tolist(), pilot[watch.row], years))


def build_saltelli(
    problem: Problem,
    factors: Sequence[Factor],
    responses: Sequence[Response],
    *,
    second_order: bool = False,
    layout: str = LAYOUTS[0],
) -> Saltelli:
    """The design of `problem` for `factors` that share no input, attributing `responses` to them."""
    place = {name: j for j, name in enumerate(problem.model.inputs)}
    rows = [[place[name] for name in factor.members] for factor in factors]
    choices = [f for f, factor in enumerate(factors) if factor.choice]
    crossing = Crossing(
        np.array([row for group in rows for row in group], dtype=np.int64),
        np.cumsum([0, *(len(group) for group in rows)], dtype=np.int64),
        np.int64(choices[0] if choices else -1),
    )
    centres = {output.key: float(c) for output, c in zip(problem.watched, problem.watch.centre, strict=True)}
    compiled = Responses(
        np.array([problem.model.output_index(r.output) for r in responses], dtype=np.int64),
        np.array([r.kind for r in responses], dtype=np.int64),
        np.array([r.threshold for r in responses], dtype=np.float64),
        np.array([centres.get(r.output, 0.0) if r.kind == VALUE else 0.0 for r in responses], dtype=np.float64),
    )
    pooled = len(problem.groups) > 1
    points = build_pair(problem.seed, problem.model.inputs, layout, pooled=pooled)
    return Saltelli(problem, tuple(factors), tuple(responses), second_order, layout, points, crossing, compiled)
