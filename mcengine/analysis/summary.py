"""From replicates to statistics with honest intervals.

Point estimates pool the replicates. A 95% interval is a t interval over the replicates' own values, with R - 1
degrees of freedom, about the pooled estimate: replicates are independent and identically distributed by
construction, whatever the points inside them, so no bootstrap is needed (Owen 1997, randomised quasi-Monte
Carlo). Where a probability is so near 0 or 1 that few draws decide it, the exact binomial bounds (Clopper &
Pearson 1934) of the pooled draws are taken when they are wider.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

from mcengine.analysis.result import NEVER, Distribution, OutputResult, Statistic, YearlyResult
from mcengine.engine.accumulators import BINS, BODY, TAIL
from mcengine.engine.problem import Problem
from mcengine.engine.replicates import (
    CARRIED,
    PROBABILITIES,
    QUANTILES,
    SHORTFALL,
    YEARLY_STATISTICS,
    bin_edge,
    quantiles_of,
    shortfall,
)
from mcengine.models.model import YEAR, Output

Array = NDArray[np.float64]

RARE = 5  # fewer events than this many a replicate: the binomial bounds are looked at too
PLOT_BINS = 120
CURVE_STEPS = 200


def half_width(values: Array, level: float = 0.95) -> float:
    """Half-width of the t interval of a mean over independent replicates, `values` (replicates,)."""
    count = len(values)
    quantile = float(stdtrit(count - 1, 0.5 + level / 2))
    return quantile * float(np.std(values, ddof=1)) / float(np.sqrt(count))


def binomial_bounds(events: float, draws: float, level: float = 0.95) -> tuple[float, float]:
    """Exact bounds of a probability from `events` among `draws` (Clopper & Pearson 1934)."""
    tail = (1.0 - level) / 2
    low = 0.0 if events <= 0 else float(betaincinv(events, draws - events + 1, tail))
    high = 1.0 if events >= draws else float(betaincinv(events + 1, draws - events, 1 - tail))
    return low, high


def skewed_interval(value: float, values: Array, level: float = 0.95) -> Statistic:
    """`value` with an interval that allows for skew replicates: the t interval and Hall's together.

    Sobol' points remove the smooth part of the error; what is left of a replicate's mean of a long-tailed output is
    its one or two most extreme draws, so replicates' means stay skew however long they are, and a t interval alone
    covers 92-93% instead of 95. Hall's (1992, Annals of Statistics 20, 221-236) cubic transformation removes the
    skewness of the studentised mean; the union of both covers as it says (tests/statistical) and costs 3% of
    width where there is no skew.
    """
    count, spread = len(values), float(np.std(values, ddof=1))
    half = half_width(values, level)
    if spread == 0.0:
        return Statistic(value, (value, value))
    centred = values - values.mean()
    skew = float(np.mean(centred**3) / np.mean(centred**2) ** 1.5)
    step = half / spread
    low, high = spread * _unskewed(step, skew, count), spread * _unskewed(-step, skew, count)
    return Statistic(value, (value - max(half, low), value + max(half, -high)))


def _unskewed(x: float, skew: float, count: int) -> float:
    """Inverse of Hall's transformation g(x) = x + skew x^2 / 3 + skew^2 x^3 / 27 + skew / (6 count)."""
    if abs(skew) < 1e-6:
        return x - skew / (6 * count)
    return 3.0 / skew * float(np.cbrt(1.0 + skew * (x - skew / (6 * count))) - 1.0)


def interval(value: float, values: Array, level: float = 0.95) -> Statistic:
    """`value` with the t interval of the replicates' `values`."""
    half = half_width(values, level)
    return Statistic(value, (value - half, value + half))


def probability(value: float, values: Array, draws: float, level: float = 0.95) -> Statistic:
    """A probability with its interval: from the replicates, and by exact binomial bounds where events are rare."""
    half = half_width(values, level)
    low, high = max(value - half, 0.0), min(value + half, 1.0)
    rarer = min(value, 1.0 - value) * draws
    if rarer < RARE * len(values):
        exact_low, exact_high = binomial_bounds(round(value * draws), draws, level)
        return Statistic(value, (min(low, exact_low), max(high, exact_high)), "exact binomial bounds")
    return Statistic(value, (low, high))


def refused(name: str, draws: float, replicates: int) -> Statistic:
    """A statistic that the draws cannot carry, with how many would."""
    p = SHORTFALL if name.startswith("expected") else int(name[1:]) / 100
    needed = int(np.ceil(CARRIED / min(p, 1 - p))) * replicates
    return Statistic(None, None, f"needs at least {needed:,} draws over {replicates} replicates, has {draws:,.0f}")


class Pool:
    """The pooled side of a run: histograms added up over the replicates, int64 (outputs, groups, BINS)."""

    def __init__(self, outputs: int, groups: int) -> None:
        self.histogram = np.zeros((outputs, groups, BINS), dtype=np.int64)

    def add(self, histogram: NDArray[np.integer[Any]]) -> None:
        """Add the histograms of a replicate or of several; whole numbers, so the order cannot matter."""
        self.histogram += histogram


def _column(columns: Sequence[str], rows: Array, name: str) -> Array:
    return rows[:, columns.index(name)]


def _pooled_sd(counts: Array, means: Array, sds: Array) -> float:
    """Standard deviation of all draws from the replicates' counts, means and sds (Chan et al. 1983)."""
    total = counts.sum()
    centre = float((counts * means).sum() / total)
    within = ((counts - 1) * sds**2).sum()
    between = (counts * (means - centre) ** 2).sum()
    return float(np.sqrt((within + between) / max(total - 1, 1)))


def _plot_bins(histogram: NDArray[np.int64], low: float, width: float) -> Distribution:
    """About `PLOT_BINS` equal bins over the middle 99.9% of the draws, from the fine histogram's body."""
    body = histogram[TAIL : TAIL + BODY]
    total = int(histogram.sum())
    cumulative = np.cumsum(body) + int(histogram[:TAIL].sum())
    first = int(np.searchsorted(cumulative, 0.0005 * total))
    last = int(np.searchsorted(cumulative, 0.9995 * total))
    step = max(1, -(-(min(last, BODY - 1) - first + 1) // PLOT_BINS))
    starts = np.arange(first, min(last, BODY - 1) + 1, step)
    counts = np.add.reduceat(body, starts)
    ends = min(int(starts[-1]) + step, BODY)
    counts[-1] = body[starts[-1] : ends].sum()
    return Distribution(low + width * np.append(starts, ends), counts)


def continuous(
    output: Output,
    label: str,
    columns: Sequence[str],
    rows: Array,
    histogram: NDArray[np.int64],
    grid: tuple[float, float],
    level: float = 0.95,
) -> OutputResult:
    """Statistics of a continuous output from the replicates' columns `label.*` and the pooled histogram."""
    counts = _column(columns, rows, f"{label}.count")
    means, sds = _column(columns, rows, f"{label}.mean"), _column(columns, rows, f"{label}.sd")
    draws, low, width = float(counts.sum()), *grid
    if draws == 0 or np.isnan(means).any():
        return OutputResult(output.key, output.unit, output.kind, int(draws), {})
    lowest = float(_column(columns, rows, f"{label}.min").min())
    highest = float(_column(columns, rows, f"{label}.max").max())
    shares = _column(columns, rows, f"{label}.prob_positive")
    statistics = {
        "mean": skewed_interval(float((counts * means).sum() / draws), means, level),
        "sd": skewed_interval(_pooled_sd(counts, means, sds), sds, level),
    }
    pooled = np.clip(quantiles_of(histogram, low, width, whole=False), lowest, highest)
    tail = min(max(float(shortfall(histogram, SHORTFALL * draws, low, width)), lowest), highest)
    for name, value in (*zip(QUANTILES, pooled.tolist(), strict=True), ("expected_shortfall_05", tail)):
        values = _column(columns, rows, f"{label}.{name}")
        lost = bool(np.isnan(values).any())
        statistics[name] = refused(name, draws, len(rows)) if lost else interval(value, values, level)
    share = probability(float((counts * shares).sum() / draws), shares, draws, level)
    ordered = {name: statistics[name] for name in ("mean", "sd", *QUANTILES)}
    ordered["prob_positive"] = share
    ordered["expected_shortfall_05"] = statistics["expected_shortfall_05"]
    ordered["min"], ordered["max"] = (Statistic(v, None, "of the draws made") for v in (lowest, highest))
    shape = _plot_bins(histogram, low, width)
    curve = cumulative_curve(histogram, grid, shape.edges)
    return OutputResult(output.key, output.unit, output.kind, int(draws), ordered, shape, curve)


def _year_value(value: float) -> float | str:
    return NEVER if np.isinf(value) else value


def censored_year(
    output: Output,
    label: str,
    columns: Sequence[str],
    rows: Array,
    histogram: NDArray[np.int64],
    grid: tuple[float, float],
    level: float = 0.95,
) -> OutputResult:
    """Statistics of a calendar year that may be "never": its share of never and its quantiles, no mean.

    A quantile's interval is the whole range of the replicates' quantiles, which is wider than a 95% interval.
    """
    counts = _column(columns, rows, f"{label}.count")
    draws = float(counts.sum())
    if draws == 0:
        return OutputResult(output.key, output.unit, output.kind, 0, {})
    shares = _column(columns, rows, f"{label}.share_never")
    statistics = {"share_never": probability(float((counts * shares).sum() / draws), shares, draws, level)}
    pooled = quantiles_of(histogram, *grid, whole=True)
    for name, value in zip(QUANTILES, pooled.tolist(), strict=True):
        values = np.sort(_column(columns, rows, f"{label}.{name}"))
        if np.isnan(values).any():
            statistics[name] = refused(name, draws, len(rows))
            continue
        statistics[name] = Statistic(
            _year_value(value),
            (_year_value(float(values[0])), _year_value(float(values[-1]))),
            "range over the replicates",
        )
    years = histogram[TAIL : TAIL + 400]
    used = np.flatnonzero(years)
    top = int(used[-1]) + 1 if len(used) else 1
    low, width = grid
    edges: Array = low + width * np.arange(top + 1, dtype=np.float64)
    distribution = Distribution(edges, years[:top].copy())
    return OutputResult(output.key, output.unit, output.kind, int(draws), statistics, distribution)


def summarise(
    problem: Problem, columns: tuple[str, ...], rows: Array, pool: Pool, level: float = 0.95
) -> tuple[dict[str, OutputResult], dict[str, dict[str, OutputResult]]]:
    """(outputs, outputs by pooled set) from the replicates' rows, float64 (replicates, numbers)."""
    outputs: dict[str, OutputResult] = {}
    sets: dict[str, dict[str, OutputResult]] = {name: {} for name in problem.groups} if len(problem.groups) > 1 else {}
    for k, output in enumerate(problem.watched):
        make = censored_year if output.kind == YEAR else continuous
        grid = float(problem.watch.low[k]), float(problem.watch.width[k])
        outputs[output.key] = make(output, output.key, columns, rows, pool.histogram[k].sum(axis=0), grid, level)
        for g, name in enumerate(sets):
            sets[name][output.key] = make(
                output, f"{output.key}@{name}", columns, rows, pool.histogram[k, g], grid, level
            )
    return outputs, sets


def summarise_years(problem: Problem, columns: tuple[str, ...], rows: Array, draws: int) -> dict[str, YearlyResult]:
    """Bands by yearly quantity; `draws` is how many draws they come from.

    A band's value is the mean of the replicates' values: each replicate's quantile is exact over its draws.
    """
    years: dict[str, dict[int, dict[str, Statistic]]] = {}
    units: dict[str, str] = {}
    start = columns.index(f"{problem.model.yearly_outputs[0].key}.yearly.mean") if problem.model.yearly_outputs else 0
    for position, output in enumerate(problem.model.yearly_outputs):
        assert output.year is not None
        band = years.setdefault(output.name, {}).setdefault(output.year, {})
        units[output.name] = output.unit
        for offset, name in enumerate(YEARLY_STATISTICS):
            values = rows[:, start + position * len(YEARLY_STATISTICS) + offset]
            if np.isnan(values).any():
                band[name] = refused(name, draws, len(rows))
            else:
                make = skewed_interval if name == "mean" else interval
                band[name] = make(float(values.mean()), values)
    return {name: YearlyResult(name, units[name], draws, bands) for name, bands in years.items()}


def cumulative_curve(histogram: NDArray[np.int64], grid: tuple[float, float], values: Array) -> tuple[Array, Array]:
    """The S-curve of all draws: values, float64 (k,), and the share of the draws below each, from 0 to 1.

    The shares are exact, as every point is an edge of the fine histogram: its two ends, the edges at `values`, and
    both sides of the bins that hold the quantiles 1/200, 2/200 ..., so that an atom shows as a step.
    """
    low, width = grid
    below = np.concatenate(([0], np.cumsum(histogram)))  # draws below the lower edge of each bin
    used = np.flatnonzero(histogram)
    holding = np.searchsorted(below, np.arange(1, CURVE_STEPS) / CURVE_STEPS * below[-1]) - 1
    inner = TAIL + np.rint((values - low) / width).astype(np.int64)
    edges = np.unique(np.concatenate((used[:1], used[-1:] + 1, holding, holding + 1, inner)))
    return np.array([float(bin_edge(float(edge), low, width)) for edge in edges]), below[edges] / below[-1]


assert len(PROBABILITIES) == len(QUANTILES)
