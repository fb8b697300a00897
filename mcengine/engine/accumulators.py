"""Streaming statistics of one replicate: sums, extremes, counts and a fine histogram for each watched output.

Sums run in 8 lanes, lane = draw mod 8, added up in lane order at the end: a fixed order that neither threads
nor the block size can change, and that LLVM turns into vector code. They are taken about a pilot's centre, so
that the variance does not cancel.

The histogram has 2^18 equal bins over the pilot's centre +- 13 standard deviations: a bin is 1e-4 of a standard
deviation, and by Cantelli's inequality the quantiles from 1% to 99% lie within 10 of the mean whatever the
distribution. Values beyond fall into geometric bins, 1,024 an octave, over 16 octaves on each side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcengine.compiled import inlined, pure
from mcengine.simd import WIDTH, load, store, where

LANES = WIDTH
BODY = 1 << 18
PER_OCTAVE = 1024
TAIL = 16 * PER_OCTAVE
BINS = BODY + 2 * TAIL + 1  # the last bin holds +inf: "never", for outputs of kind "year"
NEVER = BINS - 1
HALF_WIDTH = 13.0  # of the pilot's standard deviations


class Watch(NamedTuple):
    """Which outputs are watched and on what grid. All arrays have one element a watched output.

    row int64: its row of the model's outputs; centre, low, width float64: the sums' shift, the first body
    bin's lower edge and the bins' width, in the output's unit; censored: whether +inf is a value ("never").
    """

    row: NDArray[np.int64]
    centre: NDArray[np.float64]
    low: NDArray[np.float64]
    width: NDArray[np.float64]
    censored: NDArray[np.bool_]


class Totals(NamedTuple):
    """A replicate's accumulators, for K watched outputs and G groups (pooled assumption sets, or one).

    made int64 (G,) draws so far; sums, squares, lowest, highest float64 (K, G, 8); positive int64 (K, G);
    histogram int32 (K, G, BINS). A replicate holds at most 2^20 draws, so int32 suffices.
    """

    made: NDArray[np.int64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    positive: NDArray[np.int64]
    histogram: NDArray[np.int32]


def build_watch(rows: list[int], pilot: NDArray[np.float64], first_years: list[int | None]) -> Watch:
    """The grid of each watched output from a pilot, float64 (outputs, draws).

    `first_years` names the first calendar year of a censored output and is None for a continuous one.
    """
    centre, low, width = np.zeros(len(rows)), np.zeros(len(rows)), np.ones(len(rows))
    for k, first_year in enumerate(first_years):
        if first_year is not None:
            low[k] = first_year - 0.5
            continue
        centre[k] = np.mean(pilot[k])
        sd = float(np.std(pilot[k])) or max(abs(float(centre[k])), 1.0) * 1e-9
        low[k], width[k] = centre[k] - HALF_WIDTH * sd, 2.0 * HALF_WIDTH * sd / BODY
    censored = np.array([year is not None for year in first_years], dtype=np.bool_)
    return Watch(np.array(rows, dtype=np.int64), centre, low, width, censored)


def build_totals(outputs: int, groups: int) -> Totals:
    """Empty accumulators."""
    lanes = (outputs, groups, LANES)
    return Totals(
        np.zeros(groups, dtype=np.int64),
        np.zeros(lanes),
        np.zeros(lanes),
        np.full(lanes, np.inf),
        np.full(lanes, -np.inf),
        np.zeros(lanes[:2], dtype=np.int64),
        np.zeros((outputs, groups, BINS), dtype=np.int32),
    )


@pure
def _tail_bin(distance):
    """Bins beyond the body's edge for a distance from the body's middle of `distance` half-widths (>= 1)."""
    return min(np.int64(np.log2(distance) * PER_OCTAVE), TAIL - 1)


@inlined
def _count_one(value, low, scale, histogram):
    position, half = (value - low) * scale, 0.5 * BODY
    if position >= 0.0 and position < BODY:
        histogram[TAIL + np.int64(position)] += 1
    elif position < 0.0:
        histogram[TAIL - 1 - _tail_bin((half - position) / half)] += 1
    else:
        histogram[TAIL + BODY + _tail_bin((position - half) / half)] += 1


@pure
def _count_bins(y, low, width, inside, histogram):
    """inside: all values lie in the body, so that none needs asking where it lies."""
    scale = 1.0 / width
    if inside:
        for i in range(y.shape[0]):
            histogram[TAIL + np.int64((y[i] - low) * scale)] += 1
    else:
        for i in range(y.shape[0]):
            _count_one(y[i], low, scale, histogram)


@pure
def _count_years(y, low, never, histogram):
    """The same with bins of a year, for values of which `never` are +inf: often nearly all, so counted at once."""
    histogram[NEVER] += never
    if never < y.shape[0]:
        for i in range(y.shape[0]):
            if y[i] < np.inf:
                _count_one(y[i], low, 1.0, histogram)


@pure
def _add_lanes(y, start, centre, sums, squares, lowest, highest):
    """Add y to the lanes; y[i] belongs to lane (start + i) mod 8."""
    n = y.shape[0]
    head = min((LANES - start % LANES) % LANES, n)
    for i in range(head):
        _add_one(y[i], (start + i) % LANES, centre, sums, squares, lowest, highest)
    groups = (n - head) // LANES
    total, square, least, most = load(sums, 0), load(squares, 0), load(lowest, 0), load(highest, 0)
    for group in range(groups):
        value = load(y, head + group * LANES)
        shifted = value - centre
        total = total + shifted
        square = square + shifted * shifted
        least = where(value < least, value, least)
        most = where(value > most, value, most)
    store(sums, 0, total)
    store(squares, 0, square)
    store(lowest, 0, least)
    store(highest, 0, most)
    for i in range(head + groups * LANES, n):
        _add_one(y[i], (start + i) % LANES, centre, sums, squares, lowest, highest)


@pure
def _add_one(value, lane, centre, sums, squares, lowest, highest):
    shifted = value - centre
    sums[lane] += shifted
    squares[lane] += shifted * shifted
    lowest[lane] = min(lowest[lane], value)
    highest[lane] = max(highest[lane], value)


@pure
def accumulate(y, k, group, start, watch, totals):
    """Add the values `y`, float64 (draws,), of watched output k; `start` draws of the group came before.

    Returns False, and adds nothing, when a value is not finite (+inf is a value of a censored output).
    """
    low, high = watch.low[k], watch.low[k] + BODY * watch.width[k]
    bad, never, positive, outside = 0, 0, 0, 0
    for i in range(y.shape[0]):
        bad += not abs(y[i]) < np.inf
        never += y[i] == np.inf
        positive += y[i] > 0.0
        outside += not ((y[i] >= low) & (y[i] < high))
    if bad > (never if watch.censored[k] else 0):
        return False
    totals.positive[k, group] += positive
    if watch.censored[k]:
        _count_years(y, low, never, totals.histogram[k, group])
    else:
        _count_bins(y, low, watch.width[k], outside == 0, totals.histogram[k, group])
        _add_lanes(
            y,
            start,
            watch.centre[k],
            totals.sums[k, group],
            totals.squares[k, group],
            totals.lowest[k, group],
            totals.highest[k, group],
        )
    return True
