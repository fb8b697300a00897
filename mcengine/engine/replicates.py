"""One replicate: from its address to its row of numbers.

A row is all that a replicate leaves behind besides its histograms: for each watched output and group the
statistics of `STATISTICS`, then the yearly statistics of the first `yearly_draws`. Rows of R replicates
in order are what the digest is taken of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.compiled import jit
from mcengine.engine.accumulators import BINS, BODY, NEVER, PER_OCTAVE, TAIL, Totals, build_totals
from mcengine.engine.blocks import simulate
from mcengine.engine.problem import Problem
from mcengine.models.model import YEAR

Array = NDArray[np.float64]

PROBABILITIES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
QUANTILES = tuple(f"p{round(100 * p):02d}" for p in PROBABILITIES)
SHORTFALL = 0.05
CONTINUOUS_STATISTICS = (
    "count",
    "mean",
    "sd",
    "min",
    "max",
    "prob_positive",
    *QUANTILES,
    "expected_shortfall_05",
)
YEAR_STATISTICS = ("count", "share_never", *QUANTILES)
YEARLY_STATISTICS = ("mean", "p05", "p25", "p50", "p75", "p95")
CARRIED = 5.0  # draws a replicate must have beyond a quantile to carry it
DEFAULT_BLOCK = 504  # 63 cache lines a row: rows a power of two apart would share the same few cache sets
CHUNK = 1 << 16  # draws between two looks at whether the user wants to stop


@dataclass(frozen=True)
class Portion:
    """Finished replicates with consecutive indices, one or more: all that they leave behind.

    first      index of the first
    rows       float64 (replicates, numbers): a row of numbers each, in order of index (see `columns`)
    histogram  counts (outputs, groups, BINS), added up over them, see `accumulators`
    seconds    wall time they took the run; 0.0 where nobody looked at the clock
    """

    first: int
    rows: Array
    histogram: NDArray[np.integer[Any]]
    seconds: float = 0.0

    @property
    def stop(self) -> int:
        """Index after the last."""
        return self.first + len(self.rows)


def columns(problem: Problem) -> tuple[str, ...]:
    """Names of the numbers in a replicate's row: `npv.mean`, `npv@evidence.mean` for a group of a pool."""
    names: list[str] = []
    for output in problem.watched:
        statistics = YEAR_STATISTICS if output.kind == YEAR else CONTINUOUS_STATISTICS
        groups = ["", *(f"@{name}" for name in problem.groups)] if len(problem.groups) > 1 else [""]
        names += [f"{output.key}{group}.{statistic}" for group in groups for statistic in statistics]
    for output in problem.model.yearly_outputs:
        names += [f"{output.key}.yearly.{statistic}" for statistic in YEARLY_STATISTICS]
    return tuple(names)


@jit
def bin_edge(position, low, width):
    """Lower edge, in the output's unit, of histogram bin `position` (a fraction reaches into the bin)."""
    half = 0.5 * BODY * width
    middle = low + half
    if position < TAIL:
        return middle - half * 2.0 ** ((TAIL - position) / PER_OCTAVE)
    if position <= TAIL + BODY:
        return low + (position - TAIL) * width
    return middle + half * 2.0 ** ((position - TAIL - BODY) / PER_OCTAVE)


@jit
def _scan(histogram, ranks, low, width, whole, values):
    """Fill `values` with the values below which the ascending `ranks` of the counted draws lie, linear in a bin.

    whole: bins are whole calendar years, and a value is the year itself, +inf for "never".
    """
    below, wanted = np.int64(0), 0
    for b in range(BINS):
        count = np.int64(histogram[b])
        if count == 0:
            continue
        while wanted < ranks.shape[0] and below + count >= ranks[wanted]:
            if whole:
                values[wanted] = np.inf if b == NEVER else np.floor(bin_edge(b, low, width) + 0.75)
            else:
                values[wanted] = bin_edge(b + (ranks[wanted] - below) / count, low, width)
            wanted += 1
        below += count


@jit
def shortfall(histogram, rank, low, width):
    """Mean of the lowest `rank` draws, each at the middle of its bin."""
    below, total = 0.0, 0.0
    for b in range(BINS - 1):
        count = np.float64(histogram[b])
        if count > 0.0:
            if below + count >= rank:
                taken = rank - below
                return (total + taken * bin_edge(b + 0.5 * taken / count, low, width)) / rank
            total += count * bin_edge(b + 0.5, low, width)
            below += count
    return np.nan


def quantiles_of(histogram: NDArray[np.integer[Any]], low: float, width: float, *, whole: bool) -> Array:
    """The quantiles of `PROBABILITIES`, float64 (9,), from a histogram of counts (BINS,)."""
    values = np.full(len(PROBABILITIES), np.nan)
    ranks = np.array(PROBABILITIES) * float(histogram.sum())
    _scan(histogram, ranks, low, width, whole, values)
    return values


def carried(count: float) -> list[bool]:
    """Which quantiles of `PROBABILITIES` a replicate of `count` draws can carry."""
    return [count * min(p, 1 - p) >= CARRIED for p in PROBABILITIES]


def _counts(totals: Totals, k: int, groups: slice) -> NDArray[np.int32]:
    """The histogram of output k over `groups`; a replicate's counts fit in 32 bits."""
    parts: NDArray[np.int32] = totals.histogram[k, groups]
    counts: NDArray[np.int32] = parts[0] if len(parts) == 1 else parts.sum(axis=0, dtype=np.int32)
    return counts


def _continuous_numbers(problem: Problem, totals: Totals, k: int, groups: slice) -> list[float]:
    watch = problem.watch
    count = int(totals.made[groups].sum())
    if count == 0:
        return [0.0, *[np.nan] * (len(CONTINUOUS_STATISTICS) - 1)]
    first, second = totals.sums[k, groups].sum(), totals.squares[k, groups].sum()
    lowest, highest = float(totals.lowest[k, groups].min()), float(totals.highest[k, groups].max())
    variance = max(second - first * first / count, 0.0) / max(count - 1, 1)
    histogram = _counts(totals, k, groups)
    low, width = float(watch.low[k]), float(watch.width[k])
    values = np.clip(quantiles_of(histogram, low, width, whole=False), lowest, highest)
    values = np.where(carried(count), values, np.nan)
    tail = float(shortfall(histogram, SHORTFALL * count, low, width))
    tail = min(max(tail, lowest), highest) if SHORTFALL * count >= CARRIED else np.nan
    mean = float(watch.centre[k]) + first / count
    share = totals.positive[k, groups].sum() / count
    return [count, mean, float(np.sqrt(variance)), lowest, highest, share, *values, tail]


def _year_numbers(problem: Problem, totals: Totals, k: int, groups: slice) -> list[float]:
    count = int(totals.made[groups].sum())
    if count == 0:
        return [0.0, *[np.nan] * (len(YEAR_STATISTICS) - 1)]
    histogram = _counts(totals, k, groups)
    values = quantiles_of(histogram, float(problem.watch.low[k]), 1.0, whole=True)
    values = np.where(carried(count), values, np.nan)
    return [count, histogram[NEVER] / count, *values]


def _yearly_numbers(yearly: Array) -> list[float]:
    """Mean and quantiles of each yearly row, from the kept draws, float64 (rows, draws).

    Quantiles are linear between order statistics (Hyndman & Fan 1996, type 7).
    """
    ordered = np.sort(yearly, axis=1)
    n = ordered.shape[1]
    numbers = np.full((len(yearly), len(YEARLY_STATISTICS)), np.nan)
    numbers[:, 0] = ordered.mean(axis=1)
    for column, name in enumerate(YEARLY_STATISTICS[1:], start=1):
        p = int(name[1:]) / 100
        if n * min(p, 1 - p) >= CARRIED:
            whole, part = divmod(p * (n - 1), 1.0)
            low, high = ordered[:, int(whole)], ordered[:, int(whole) + 1]
            numbers[:, column] = low + part * (high - low)
    return list(numbers.ravel())


def yearly_draws(draws: int) -> int:
    """How many of a replicate's `draws` carry the yearly tables: the first 1,024.

    Filling and sorting 170 rows costs some 4 microseconds a draw, thirty times the rest; 32 replicates give 32,768.
    """
    return min(draws, 1024)


def _numbers(problem: Problem, totals: Totals, yearly: Array) -> Array:
    row: list[float] = []
    parts = [slice(None)]
    if len(problem.groups) > 1:
        parts += [slice(g, g + 1) for g in range(len(problem.groups))]
    for k, output in enumerate(problem.watched):
        for part in parts:
            numbers = _year_numbers if output.kind == YEAR else _continuous_numbers
            row += numbers(problem, totals, k, part)
    if len(yearly):
        row += _yearly_numbers(yearly)
    return np.array(row, dtype=np.float64)


class Stopped(Exception):
    """The run was asked to stop while a replicate was under way; the replicate is dropped."""


def run_replicate(
    problem: Problem,
    index: int,
    draws: int,
    *,
    block: int = DEFAULT_BLOCK,
    stop: threading.Event | None = None,
    progress: Callable[[int], None] | None = None,
) -> Portion:
    """Simulate replicate `index` of `draws` draws.

    Raises
    ------
    NonFiniteError  an output is NaN or infinite; names output, draws and inputs
    Stopped         `stop` was set meanwhile
    """
    totals = build_totals(len(problem.watched), len(problem.groups))
    kept = yearly_draws(draws)
    yearly = np.empty((len(problem.model.yearly_outputs), kept))
    none = np.empty((0, 0))
    first = 0
    while first < draws:
        with_tables = first < kept and len(yearly) > 0
        count = kept if with_tables else min(CHUNK, draws - first)
        bad = simulate(
            problem.function,
            problem.model.constants,
            problem.points,
            problem.design,
            problem.tables,
            problem.copulas,
            problem.watch,
            totals,
            yearly if with_tables else none,
            problem.shape(yearly=with_tables),
            index,
            first,
            count,
            block,
        )
        if bad >= 0:
            raise problem.refuse_non_finite(index, bad, min(block, draws - bad))
        first += count
        if progress is not None:
            progress(count)
        if stop is not None and stop.is_set():
            raise Stopped
    return Portion(index, _numbers(problem, totals, yearly)[np.newaxis], totals.histogram)
