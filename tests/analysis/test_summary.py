"""Intervals, bounds and refusals against scipy.stats and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from mcengine import load_study, run
from mcengine.analysis.summary import (
    Pool,
    binomial_bounds,
    half_width,
    interval,
    probability,
    refused,
    skewed_interval,
    summarise,
)
from mcengine.engine.problem import build_problem
from mcengine.engine.replicates import QUANTILES, columns, run_replicate
from tests.engine.make import UNIT, first_input, model, simple

VALUES = np.random.default_rng(1).normal(10.0, 3.0, size=32)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("count", [2, 5, 32])
def test_the_interval_is_students(count: int, level: float) -> None:
    values = VALUES[:count]
    low, high = stats.t.interval(level, count - 1, loc=values.mean(), scale=stats.sem(values))
    assert half_width(values, level) == pytest.approx((high - low) / 2, rel=1e-12)


def test_skew_replicates_widen_the_interval_on_the_side_of_their_tail() -> None:
    """The union of Student's interval and Hall's, which solves g(x) = x + c x^2/3 + c^2 x^3/27 + c/(6 n) = +- t."""
    values = np.exp(np.random.default_rng(8).normal(size=32))
    mean, spread, count = values.mean(), values.std(ddof=1), len(values)
    skew = np.mean((values - mean) ** 3) / np.mean((values - mean) ** 2) ** 1.5
    step = stats.t.ppf(0.975, count - 1) / np.sqrt(count)

    def solved(target: float) -> float:
        def g(x: float) -> float:
            return x + skew * x**2 / 3 + skew**2 * x**3 / 27 + skew / (6 * count) - target

        return float(optimize.brentq(g, -50.0, 50.0, xtol=1e-14))

    expected = mean - spread * max(step, solved(step)), mean - spread * min(-step, solved(-step))
    assert skewed_interval(float(mean), values).ci95 == pytest.approx(expected, rel=1e-9)
    low, high = (float(end) for end in skewed_interval(float(mean), values).ci95 or ())
    assert high - mean > 1.2 * (mean - low)


def test_replicates_without_skew_have_students_interval() -> None:
    values = np.concatenate([np.linspace(-1, 1, 16), -np.linspace(-1, 1, 16)])
    assert skewed_interval(0.0, values).ci95 == pytest.approx(interval(0.0, values).ci95, rel=1e-6)
    assert skewed_interval(2.0, np.full(8, 2.0)).ci95 == (2.0, 2.0)


def test_the_interval_lies_about_the_pooled_value() -> None:
    found = interval(11.0, VALUES)
    low, high = stats.t.interval(0.95, 31, loc=11.0, scale=stats.sem(VALUES))
    assert found.value == 11.0
    assert found.ci95 == pytest.approx((low, high), rel=1e-12)


def test_a_higher_level_is_wider() -> None:
    widths = [half_width(VALUES, level) for level in (0.5, 0.95, 0.975, 0.9999)]
    assert widths == sorted(widths)


@pytest.mark.parametrize(("events", "draws"), [(0, 100), (1, 100), (50, 100), (99, 100), (100, 100), (3, 1_000_000)])
@pytest.mark.parametrize("level", [0.95, 0.99])
def test_binomial_bounds_are_clopper_and_pearsons(events: int, draws: int, level: float) -> None:
    exact = stats.binomtest(events, draws).proportion_ci(level, method="exact")
    assert binomial_bounds(events, draws, level) == pytest.approx((exact.low, exact.high), rel=1e-10)


@pytest.mark.parametrize(("share", "draws"), [(0.0, 3200), (1.0, 3200)])
def test_a_probability_of_0_or_1_has_exact_bounds(share: float, draws: int) -> None:
    found = probability(share, np.full(32, share), draws)
    exact = stats.binomtest(round(share * draws), draws).proportion_ci(0.95, method="exact")
    assert found.value == share
    assert found.ci95 == pytest.approx((exact.low, exact.high), abs=1e-14)
    assert found.note == "exact binomial bounds"
    bound = 1 - 0.025 ** (1 / draws)
    assert found.ci95 == pytest.approx((0.0, bound) if share == 0 else (1 - bound, 1.0), rel=1e-9)


def test_a_rare_event_has_the_wider_of_both_intervals() -> None:
    shares = np.zeros(32)
    shares[:2] = 0.01
    value, draws = float(shares.mean()), 3200
    exact = stats.binomtest(2, draws).proportion_ci(0.95, method="exact")
    low, high = probability(value, shares, draws).ci95  # type: ignore[misc]
    assert float(low) <= exact.low * (1 + 1e-12)
    assert float(high) >= exact.high * (1 - 1e-12)


def test_a_common_event_has_the_replicates_interval_inside_0_and_1() -> None:
    shares = np.clip(VALUES / 20, 0, 1)
    found = probability(float(shares.mean()), shares, 32_000)
    half = half_width(shares)
    assert found.ci95 == pytest.approx((shares.mean() - half, shares.mean() + half), rel=1e-12)
    assert found.note == ""
    wild = np.tile([0.0, 1.0], 2)
    assert probability(0.5, wild, 4000).ci95 == (0.0, 1.0)


@pytest.mark.parametrize(
    ("name", "replicates", "needed"),
    [("p01", 32, "16,000"), ("p99", 32, "16,000"), ("p05", 32, "3,200"), ("p50", 4, "40"), ("p75", 16, "320"),
     ("expected_shortfall_05", 32, "3,200")],
)  # fmt: skip
def test_a_refusal_says_how_many_draws_would_do(name: str, replicates: int, needed: str) -> None:
    found = refused(name, 2048, replicates)
    assert (found.value, found.ci95) == (None, None)
    assert found.note == f"needs at least {needed} draws over {replicates} replicates, has 2,048"


def own() -> Any:
    return model(first_input, ("u",))


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_quantiles_are_refused_below_what_they_need_and_given_from_there_on(sampler: str) -> None:
    """P05 needs 5 draws beyond it in each replicate: 100 draws."""
    for draws, given in ((64, False), (128, True)) if sampler == "sobol" else ((99, False), (100, True)):
        result = run(simple({"u": UNIT}), draws=32 * draws, seed=1, sampler=sampler, model=own())["y"]
        for name in ("p05", "p95", "expected_shortfall_05"):
            assert (result.statistics[name].value is not None) == given
        assert result.p01.value is None
        assert "16,000" in result.p01.note
        assert result.p50.value is not None
        assert result.mean.ci95 is not None


def test_values_pool_the_draws_and_intervals_spread_over_the_replicates() -> None:
    study = load_study("evidence")
    problem = build_problem(study, seed=3, draws=1024)
    done = [run_replicate(problem, r, 1024) for r in range(6)]
    pool = Pool(len(problem.watched), 1)
    for one in done:
        pool.add(one.histogram)
    rows, names = np.concatenate([one.rows for one in done]), columns(problem)
    outputs, sets = summarise(problem, names, rows, pool)
    assert not sets
    npv = outputs["npv"].statistics
    for name in ("mean", "sd"):
        values = rows[:, names.index(f"npv.{name}")]
        assert npv[name].ci95 == skewed_interval(float(npv[name].value), values).ci95  # type: ignore[arg-type]
    for name in ("p05", "p50", "p95", "prob_positive", "expected_shortfall_05"):
        values = rows[:, names.index(f"npv.{name}")]
        low, high = (float(end) for end in npv[name].ci95)  # type: ignore[union-attr]
        width = 2 * stats.t.ppf(0.975, 5) * stats.sem(values)
        assert high - low == pytest.approx(width, rel=1e-9)
        assert float(npv[name].value) == pytest.approx((low + high) / 2, rel=1e-9)  # type: ignore[arg-type]
        assert abs(float(npv[name].value) - values.mean()) < 0.5 * width  # type: ignore[arg-type]
    assert list(npv) == ["mean", "sd", *QUANTILES, "prob_positive", "expected_shortfall_05", "min", "max"]


def test_a_year_has_the_range_over_the_replicates() -> None:
    result = run(load_study("evidence"), draws=2**14, seed=3)
    found = result["payback_year"]
    years = result.rows[:, result.columns.index("payback_year.p05")]
    assert found.p05.ci95 == tuple("never" if np.isinf(y) else y for y in (years.min(), years.max()))
    assert found.p05.note == "range over the replicates"
    share = found.share_never
    assert share.ci95 is not None
    assert 0.0 <= float(share.ci95[0]) <= float(share.value) <= float(share.ci95[1]) <= 1.0  # type: ignore[arg-type]


def test_the_plots_histogram_covers_the_middle_and_counts_each_draw_once() -> None:
    result = run(load_study("textbook/linear_gaussian"), draws=2**16, seed=3)
    shape = result["y"].distribution
    assert shape is not None
    assert len(shape.edges) == len(shape.counts) + 1
    assert 60 <= len(shape.counts) <= 121
    assert np.all(np.diff(shape.edges) > 0)
    assert 0.998 * 2**16 <= shape.counts.sum() <= 2**16
    middle = (shape.edges[1:] + shape.edges[:-1]) / 2
    density = stats.norm(0, np.sqrt(7.25)).pdf(middle) * np.diff(shape.edges) * 2**16
    inside = slice(5, -5)
    assert np.max(np.abs(shape.counts - density)[inside] / np.sqrt(density[inside])) < 5


def test_yearly_bands_are_means_of_the_replicates_bands() -> None:
    result = run(load_study("evidence"), draws=2**15, seed=3)
    band = result.years["cash_flow"].bands[2035]
    for name in ("mean", "p05", "p95"):
        values = result.rows[:, result.columns.index(f"cash_flow[2035].yearly.{name}")]
        assert band[name].value == pytest.approx(values.mean(), rel=1e-12)
        low, high = (float(end) for end in band[name].ci95)  # type: ignore[union-attr]
        if name == "mean":
            assert (low, high) == skewed_interval(float(values.mean()), values).ci95
        else:
            assert (high - low) / 2 == pytest.approx(half_width(values), rel=1e-9)
    few = run(load_study("evidence"), draws=2**11, seed=3)
    assert few.years["cash_flow"].bands[2035]["p05"].value is None
    assert few.years["cash_flow"].bands[2035]["mean"].value is not None
