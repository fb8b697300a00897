"""Saltelli's design as a compiled loop over blocks: points A and B, every crossing of them, and their sums.

A base point is a pair (a, b) of independent points. For each factor f, an input or a group of inputs, A_B^(f) is
A with the factor's inputs from B, and B_A^(f) the reverse. A block of base points is made, crossed, evaluated and
added up while it is in the core's cache; nothing is kept but the sums, so memory does not grow with n.

Points. A and B are both Sobol' points by address. Input j's own pair of dimensions is (2j, 2j + 1), the default
("interleaved": adjacent dimensions have the better two-dimensional projections), or (j, D + j) over the D inputs of
the model ("halves", as SALib and scipy have it). A is scrambled by the input's own stream, that of its name, and B
by the stream "@B:name", anew in each replicate. What a draw needs beside its inputs, the choice among pooled
assumption sets and the mixing variables of t copulas, takes the pairs of dimensions after the inputs' in either
layout. In a pool the choice of the set is a factor of its own, and an input's factor is its rank within whichever
set was chosen: these are independent, where the inputs themselves are not.

Sums, in the order of `SUMS`, then four a factor (`FACTOR_SUMS`), then, for second order, sum BA_j AB_k of each
pair j < k. Values are shifted by a pilot's centre before they are added, in 8 lanes, lane = point mod 8, as in
`accumulators`: blocks begin at multiples of 8, so that neither their size nor the threads can change a bit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcengine.compiled import jit, pure
from mcengine.engine.blocks import SPACE, fill_inputs
from mcengine.engine.problem import Problem
from mcengine.engine.replicates import DEFAULT_BLOCK, Stopped
from mcengine.errors import NonFiniteError
from mcengine.sampling.points import (
    LOW_POINTS,
    MIXING_STREAM,
    SET_STREAM,
    SOBOL,
    Points,
    replicate_words,
)
from mcengine.sampling.sobol import directions, low_points
from mcengine.sampling.streams import stream_keys
from mcengine.simd import WIDTH, load, store

Array = NDArray[np.float64]

LAYOUTS = ("interleaved", "halves")
B_STREAM = "@B:"  # before the name of an input (or of @set, @mix:...): its stream in B
SUMS = ("A", "B", "A^2", "B^2", "A B")
FACTOR_SUMS = ("B (AB - A)", "AB", "(A - AB)^2", "BA")
VALUE, BELOW, SHORTFALL = 0, 1, 2
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
        """"npv", "npv < 0", "(200 - npv)+"."""
        shown = f"{self.threshold:.6g}"
        return (self.output, f"{self.output} < {shown}", f"({shown} - {self.output})+")[self.kind]


class Crossing(NamedTuple):
    """Which rows of x each factor swaps: rows[start[f] : start[f + 1]], int64; choice int64: factor or -1."""

    rows: NDArray[np.int64]
    start: NDArray[np.int64]
    choice: np.int64


class Responses(NamedTuple):
    """`Response`s for the compiled loop; row int64, kind int64, threshold and centre float64, each (responses,)."""

    row: NDArray[np.int64]
    kind: NDArray[np.int64]
    threshold: Array
    centre: Array


@pure
def _respond(out, responses, values, evaluation):
    """Shifted responses of a block's outputs into values[:, evaluation]; False when an output is not finite."""
    bad = 0
    n = values.shape[2]
    for k in range(responses.row.shape[0]):
        y, target = out[responses.row[k]], values[k, evaluation]
        threshold, centre = responses.threshold[k], responses.centre[k]
        for i in range(n):
            bad += not abs(y[i]) < np.inf
        if responses.kind[k] == VALUE:
            for i in range(n):
                target[i] = y[i] - centre
        elif responses.kind[k] == BELOW:
            for i in range(n):
                target[i] = (1.0 if y[i] < threshold else 0.0) - centre
        else:
            for i in range(n):
                target[i] = max(threshold - y[i], 0.0) - centre
    return bad == 0


@pure
def _take(work, source, crossing, factor):
    """Rows of a factor (all rows for the choice of the set) from `source` into `work`, float64 (inputs, points)."""
    if factor == crossing.choice:
        for row in range(work.shape[0]):
            for i in range(work.shape[1]):
                work[row, i] = source[row, i]
        return
    for entry in range(crossing.start[factor], crossing.start[factor + 1]):
        row = crossing.rows[entry]
        for i in range(work.shape[1]):
            work[row, i] = source[row, i]


@jit
def _evaluate(function, constants, crossing, responses, x, work, out, values):
    """Evaluate A, every A_B, every B_A where `values` has room for them, and B; False at a non-finite output.

    x       float64 (2 or 4, inputs, points): A, B and, in a pool, B with A's sets and A with B's sets
    values  float64 (responses, evaluations, points): A, A_B^(1) ... A_B^(F) [, B_A^(1) ... B_A^(F)], B
    """
    factors, last = crossing.start.shape[0] - 1, values.shape[1] - 1
    pooled = x.shape[0] == 4
    work[:] = x[0]
    function(work, out, constants)
    fine = _respond(out, responses, values, 0)
    for f in range(factors):
        source = 1
        if pooled:
            source = 3 if f == crossing.choice else 2
        _take(work, x[source], crossing, f)
        function(work, out, constants)
        fine = _respond(out, responses, values, 1 + f) and fine
        _take(work, x[0], crossing, f)
    work[:] = x[1]
    function(work, out, constants)
    fine = _respond(out, responses, values, last) and fine
    if last > factors + 1:
        for f in range(factors):
            source = 0
            if pooled:
                source = 2 if f == crossing.choice else 3
            _take(work, x[source], crossing, f)
            function(work, out, constants)
            fine = _respond(out, responses, values, 1 + factors + f) and fine
            _take(work, x[1], crossing, f)
    return fine


@pure
def _add(values, k, factors, totals):
    """Add response k of a block to its lanes, totals float64 (responses, sums, 8)."""
    n, last = values.shape[2], values.shape[1] - 1
    a0 = k * values.shape[1] * n
    b0 = a0 + last * n
    lane = k * totals.shape[1] * WIDTH
    a1, b1, a2, b2 = load(totals, lane), load(totals, lane + 8), load(totals, lane + 16), load(totals, lane + 24)
    ab = load(totals, lane + 32)
    for i in range(0, n, WIDTH):
        a, b = load(values, a0 + i), load(values, b0 + i)
        a1, b1, a2, b2, ab = a1 + a, b1 + b, a2 + a * a, b2 + b * b, ab + a * b
    store(totals, lane, a1)
    store(totals, lane + 8, b1)
    store(totals, lane + 16, a2)
    store(totals, lane + 24, b2)
    store(totals, lane + 32, ab)
    second = last > factors + 1
    for f in range(factors):
        at = lane + 8 * (5 + 4 * f)
        c0, e0 = a0 + (1 + f) * n, a0 + (1 + factors + f) * n
        product, plain, square = load(totals, at), load(totals, at + 8), load(totals, at + 16)
        for i in range(0, n, WIDTH):
            c = load(values, c0 + i)
            step = c - load(values, a0 + i)
            product = product + load(values, b0 + i) * step
            plain = plain + c
            square = square + step * step
        store(totals, at, product)
        store(totals, at + 8, plain)
        store(totals, at + 16, square)
        if second:
            reverse = load(totals, at + 24)
            for i in range(0, n, WIDTH):
                reverse = reverse + load(values, e0 + i)
            store(totals, at + 24, reverse)
    if second:
        _add_pairs(values, a0, factors, totals, lane + 8 * (5 + 4 * factors))


@pure
def _add_pairs(values, a0, factors, totals, at):
    """sum BA_j AB_k of every pair j < k."""
    n = values.shape[2]
    for j in range(factors):
        e0 = a0 + (1 + factors + j) * n
        for k in range(j + 1, factors):
            c0 = a0 + (1 + k) * n
            both = load(totals, at)
            for i in range(0, n, WIDTH):
                both = both + load(values, e0 + i) * load(values, c0 + i)
            store(totals, at, both)
            at += 8


@jit
def _sources(points, design, tables, copulas, replicate, first, words, x, z, group):
    """Fill x, float64 (sources, inputs, points), with the points first, first + 1, ... of each source."""
    for s in range(len(points)):
        for j in range(x.shape[1]):
            x[s, j, :] = design.fixed[0, j]
        fill_inputs(points[s], words[s], design, tables, copulas, replicate, first, x[s], z, group)


@jit
def _scrambles(points, replicate):
    """What scrambles each source's places in this replicate, uint32 (sources, places, 2)."""
    words = np.empty((len(points), points[0].keys.shape[0], 2), dtype=np.uint32)
    for s in range(len(points)):
        replicate_words(points[s], replicate, words[s])
    return words


@jit
def base_points(points, design, tables, copulas, replicate, first, x):
    """Fill x, float64 (sources, inputs, points), at least 8 points from `first`."""
    z = np.empty((SPACE + design.uncertain.shape[0], x.shape[2]))
    group = np.zeros(x.shape[2], dtype=np.int64)
    _sources(points, design, tables, copulas, replicate, first, _scrambles(points, replicate), x, z, group)


@jit
def add_points(
    function,
    constants,
    points,
    design,
    tables,
    copulas,
    crossing,
    responses,
    totals,
    evaluations,
    rows,
    replicate,
    first,
    count,
    block,
):
    """Add base points first .. first + count of a replicate to totals, float64 (responses, sums, 8).

    first, count, block   multiples of 8; rows: of the kernel's `out`, working space included
    Returns the first point of the block that held a non-finite output, or -1.
    """
    words = _scrambles(points, replicate)
    factors = crossing.start.shape[0] - 1
    inputs, done, width = design.fixed.shape[1], 0, 0
    x, work, out = np.empty((len(points), inputs, 0)), np.empty((inputs, 0)), np.empty((rows, 0))
    z, values = np.empty((SPACE, 0)), np.empty((responses.row.shape[0], evaluations, 0))
    group = np.empty(0, dtype=np.int64)
    while done < count:
        if width != min(block, count - done):
            width = min(block, count - done)
            x, work, out = np.empty((len(points), inputs, width)), np.empty((inputs, width)), np.empty((rows, width))
            z = np.empty((SPACE + design.uncertain.shape[0], width))
            values = np.empty((responses.row.shape[0], evaluations, width))
            group = np.zeros(width, dtype=np.int64)
        _sources(points, design, tables, copulas, replicate, first + done, words, x, z, group)
        if not _evaluate(function, constants, crossing, responses, x, work, out, values):
            return first + done
        for k in range(responses.row.shape[0]):
            _add(values, k, factors, totals)
        done += width
    return -1


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
    return tuple(Points(np.int64(SOBOL), np.int64(0), *source) for source, _ in pairs)


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
