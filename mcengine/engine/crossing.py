"""The compiled loop of Saltelli's design: points A and B, every crossing of them evaluated, and their sums.

A block of base points is made, crossed, evaluated and added up while it is in the core's cache.

Sums, in the order of `SUMS`, then four a factor (`FACTOR_SUMS`), then, for second order, sum BA_j AB_k of each
pair j < k. Values are shifted by a pilot's centre before they are added, in 8 lanes, lane = point mod 8, as in
`accumulators`: blocks begin at multiples of 8, so that neither their size nor the threads can change a bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcengine.compiled import jit, pure
from mcengine.engine.blocks import SPACE, fill_inputs
from mcengine.sampling.points import replicate_words
from mcengine.simd import WIDTH, load, store

Array = NDArray[np.float64]

SUMS = ("A", "B", "A^2", "B^2", "A B")
FACTOR_SUMS = ("B (AB - A)", "AB", "(A - AB)^2", "BA")
VALUE, BELOW, SHORTFALL = 0, 1, 2


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
