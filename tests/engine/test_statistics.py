"""Streaming statistics against numpy on the same draws, up to heavy tails and constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mcengine import Result, Study, evaluate, load_study, run
from mcengine.analysis.summary import Pool
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.replicates import PROBABILITIES, QUANTILES, columns, run_replicate, yearly_draws
from mcengine.models.model import Model, Output
from tests.engine.make import STANDARD, UNIT, model, simple

Floats = NDArray[np.float64]
SEED, REPLICATES, N = 11, 4, 8192


def all_draws(problem: Problem, draws: int = N, replicates: int = REPLICATES) -> dict[str, Floats]:
    """Every output of every draw, (replicates, draws), by key."""
    found = np.array([problem.draws(r, 0, draws)[1] for r in range(replicates)])
    return {output.key: found[:, k] for k, output in enumerate(problem.model.outputs)}


def shortfall(y: Floats) -> float:
    """Mean of the lowest 5%, the last draw counted for the fraction that is left."""
    ordered, rank = np.sort(y.ravel()), 0.05 * y.size
    whole = int(rank)
    return float((ordered[:whole].sum() + (rank - whole) * ordered[whole]) / rank)


def simulated(study: Study, **options: Any) -> tuple[Result, dict[str, Floats]]:
    """A run, and its draws made again one replicate at a time."""
    own = {key: options[key] for key in ("model", "sampler") if key in options}
    problem = build_problem(study, seed=SEED, draws=N, outputs=tuple(options.get("outputs", ())), **own)
    return run(study, draws=REPLICATES * N, replicates=REPLICATES, seed=SEED, **options), all_draws(problem)


@pytest.fixture(scope="module")
def evidence() -> tuple[Result, dict[str, Floats]]:
    return simulated(load_study("evidence"), outputs=("cash_flow[2030]", "gdp_added[2035]"))


@pytest.mark.parametrize("key", ["npv", "bcr", "cash_flow[2030]", "gdp_added[2035]"])
def test_pooled_statistics_are_those_of_the_draws(evidence: tuple[Result, dict[str, Floats]], key: str) -> None:
    result, draws = evidence
    check_pooled(result, key, draws[key])


def check_pooled(result: Result, key: str, y: Floats) -> None:
    """Moments, shares and extremes exact; quantiles and shortfall to 1e-4 of the standard deviation."""
    sd = float(np.std(y, ddof=1))
    found = {name: statistic.value for name, statistic in result[key].statistics.items()}
    assert result[key].draws == y.size
    assert found["mean"] == pytest.approx(y.mean(), rel=1e-11, abs=1e-11 * sd)
    assert found["sd"] == pytest.approx(sd, rel=1e-11)
    assert (found["min"], found["max"]) == (y.min(), y.max())
    assert found["prob_positive"] == pytest.approx(np.mean(y > 0.0), abs=1e-14)
    exact = np.quantile(y, PROBABILITIES, method="inverted_cdf")
    for name, value in zip(QUANTILES, exact, strict=True):
        assert abs(float(found[name]) - value) <= 1e-4 * sd, name  # type: ignore[arg-type]
    assert abs(float(found["expected_shortfall_05"]) - shortfall(y)) <= 1e-4 * sd  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["npv", "bcr", "cash_flow[2030]"])
def test_each_replicates_numbers_are_those_of_its_draws(evidence: tuple[Result, dict[str, Floats]], key: str) -> None:
    result, draws = evidence
    for r, y in enumerate(draws[key]):
        own = [k for k, name in enumerate(result.columns) if name.startswith(f"{key}.") and ".yearly." not in name]
        row = {result.columns[k].rpartition(".")[2]: result.rows[r, k] for k in own}
        sd = float(np.std(y, ddof=1))
        assert row["count"] == N
        assert row["mean"] == pytest.approx(y.mean(), rel=1e-11, abs=1e-11 * sd)
        assert row["sd"] == pytest.approx(sd, rel=1e-10)
        assert (row["min"], row["max"]) == (y.min(), y.max())
        assert row["prob_positive"] == np.mean(y > 0.0)
        exact = np.quantile(y, PROBABILITIES, method="inverted_cdf")
        assert np.max(np.abs([row[name] for name in QUANTILES] - exact)) <= 1e-4 * sd
        assert abs(row["expected_shortfall_05"] - shortfall(y)) <= 1e-4 * sd


def test_yearly_bands_are_exact_over_the_first_draws(evidence: tuple[Result, dict[str, Floats]]) -> None:
    result, draws = evidence
    kept = yearly_draws(N)
    assert kept == 1024
    for name in ("cash_flow", "gdp_added", "launches"):
        assert result.years[name].draws == REPLICATES * kept
        for year in (2026, 2030, 2035):
            y = draws[f"{name}[{year}]"][:, :kept]
            band = result.years[name].bands[year]
            assert band["mean"].value == pytest.approx(y.mean(), rel=1e-12)
            for p in (5, 25, 50, 75, 95):
                exact = np.quantile(y, p / 100, axis=1).mean()
                assert band[f"p{p:02d}"].value == pytest.approx(exact, rel=1e-12, abs=1e-9)


def test_payback_years_are_counted_with_never(evidence: tuple[Result, dict[str, Floats]]) -> None:
    result, draws = evidence
    y = draws["payback_year"]
    found = result["payback_year"].statistics
    assert found["share_never"].value == pytest.approx(np.mean(np.isinf(y)), abs=1e-14)
    assert 0.0 < np.mean(np.isinf(y)) < 1.0
    assert "mean" not in found
    for name, p in zip(QUANTILES, PROBABILITIES, strict=True):
        exact = np.sort(y.ravel())[int(np.ceil(p * y.size)) - 1]
        assert found[name].value == ("never" if np.isinf(exact) else exact)


def year_model(x: Any, out: Any, constants: Any) -> None:
    """Payback in 2026 + 9 u, rounded down; never for u > 0.7."""
    for i in range(x.shape[1]):
        out[0, i] = np.floor(2026.0 + 9.0 * x[0, i]) if x[0, i] <= 0.7 else np.inf
        out[1, i] = x[0, i]


def test_a_censored_year_of_a_model_of_ones_own() -> None:
    own = model(year_model, ("u",), outputs=(Output("when", "year", "year"), Output("level", year=2026)))
    found = run(simple({"u": UNIT}), draws=2**15, seed=3, model=own)["when"].statistics
    assert found["share_never"].value == pytest.approx(0.3, abs=0.001)
    wanted = {"p05": 2026.0, "p25": 2028.0, "p50": 2030.0, "p75": "never", "p95": "never"}
    assert {name: found[name].value for name in wanted} == wanted


def test_a_censored_year_needs_no_yearly_table() -> None:
    own = model(year_model, ("u",), outputs=(Output("when", "year", "year"), "level"))
    found = run(simple({"u": UNIT}), draws=2**13, seed=3, model=own)["when"].statistics
    assert found["p50"].value == 2030.0


def exponential(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = np.exp(constants[0][0] * x[0, i])


def cauchy(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = np.tan(np.pi * (x[0, i] - 0.5))


def test_a_lognormal_with_log_sd_3_keeps_its_quantiles() -> None:
    result, draws = simulated(simple({"z": STANDARD}), model=model(exponential, ("z",), [3.0]), sampler="random")
    check_pooled(result, "y", draws["y"])


def test_cauchy_draws_keep_their_quantiles() -> None:
    """No mean exists, but P01 ... P99 are those of the draws to 1e-4 of these draws' standard deviation."""
    result, draws = simulated(simple({"u": UNIT}), model=model(cauchy, ("u",)), sampler="random")
    y = draws["y"]
    exact = np.quantile(y, PROBABILITIES, method="inverted_cdf")
    found = [float(result["y"].statistics[name].value) for name in QUANTILES]  # type: ignore[arg-type]
    assert np.max(np.abs(np.array(found) - exact)) <= 1e-4 * np.std(y)


@pytest.mark.parametrize("spread", [1e-3, 1e-9])
def test_a_narrow_output_far_from_zero_keeps_its_variance(spread: float) -> None:
    law = {"z": ("normal", {"mean": 1e6, "sd": spread * 1e6})}
    result, draws = simulated(simple(law), model=model(_same, ("z",)))
    sd = float(np.std(draws["y"] - 1e6, ddof=1))
    assert result["y"].sd.value == pytest.approx(sd, rel=1e-6)
    assert result["y"].p05.value == pytest.approx(np.quantile(draws["y"], 0.05), abs=2e-4 * sd)


def _same(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i]


@pytest.mark.parametrize("value", [0.0, 1478.13, -3e9, 1e-200])
def test_a_constant_output_is_itself_in_every_statistic(value: float) -> None:
    def rows(x: Any, out: Any, constants: Any) -> None:
        for i in range(x.shape[1]):
            out[0, i] = constants[0][0]

    found = run(simple({"u": UNIT}), draws=2**14, seed=1, model=model(rows, ("u",), [value]))["y"].statistics
    for name in ("mean", *QUANTILES, "min", "max"):
        assert found[name].value == value, name
    assert found["expected_shortfall_05"].value == pytest.approx(value, rel=1e-13)
    assert found["sd"].value == 0.0
    assert found["mean"].ci95 == (value, value)
    assert found["prob_positive"].value == float(value > 0)


def test_a_plan_without_uncertainty_runs_to_its_published_value() -> None:
    result = run(load_study("replica"), draws=2**12, seed=1)
    assert round(float(result["npv"].mean.value), 2) == 1478.13  # type: ignore[arg-type]
    assert result["npv"].p05.value == result["npv"].p95.value == result["npv"].mean.value
    assert result["npv"].prob_positive.value == 1.0
    assert result["payback_year"].p50.value == evaluate(load_study("replica")).outputs["payback_year"]


@pytest.mark.parametrize("two", [(0.0, 1.0), (-5.0, 1e4)])
def test_an_output_of_two_values(two: tuple[float, float]) -> None:
    law = {"d": ("discrete", {"values": list(two), "weights": [0.3, 0.7]})}
    found = run(simple(law), draws=2**14, seed=1, model=model(_same, ("d",)))["y"].statistics
    sd = 0.46 * (two[1] - two[0])
    assert found["p25"].value == pytest.approx(two[0], abs=1e-4 * sd)
    assert found["p50"].value == pytest.approx(two[1], abs=1e-4 * sd)
    assert found["prob_positive"].value == pytest.approx(0.7, abs=1e-4)


def test_outliers_a_million_times_the_spread_are_kept() -> None:
    law = {"z": ("mixture", {"components": [
        {"weight": 0.999, "family": "normal", "parameters": {"mean": 0, "sd": 1}},
        {"weight": 0.001, "family": "uniform", "parameters": {"low": 1e6, "high": 2e6}},
    ]})}  # fmt: skip
    result, draws = simulated(simple(law), model=model(_same, ("z",)))
    check_pooled(result, "y", draws["y"])


def test_lanes_are_those_of_the_draws_whatever_the_pool() -> None:
    """Replicates' pooled histograms hold every draw once."""
    problem = build_problem(load_study("evidence"), seed=1, draws=512)
    pool = Pool(len(problem.watched), 1)
    for r in range(3):
        pool.add(run_replicate(problem, r, 512).histogram)
    assert pool.histogram.sum(axis=(1, 2)).tolist() == [3 * 512] * len(problem.watched)


def test_columns_name_every_number_once() -> None:
    problem = build_problem(load_study("evidence"), seed=1, draws=512, outputs=("jobs[2035]", "npv"))
    names = columns(problem)
    assert len(set(names)) == len(names) == len(run_replicate(problem, 0, 512).rows[0])
    assert [o.key for o in problem.watched] == ["npv", "bcr", "payback_year", "jobs[2035]"]
    assert "jobs[2035].p05" in names
    assert "jobs[2035].yearly.p05" in names


def test_outputs_of_the_study_and_of_the_call_are_watched() -> None:
    def rows(x: Any, out: Any, constants: Any) -> None:
        for i in range(x.shape[1]):
            out[0, i] = x[0, i]
            out[1, i] = -x[0, i]

    own = Model(rows, ("u",), ("gain", "loss"))
    result = run(simple({"u": UNIT}), draws=4096, seed=1, model=own)
    assert list(result.outputs) == ["gain", "loss"]
    assert result["loss"].p05.value == pytest.approx(-float(result["gain"].p95.value), abs=1e-3)  # type: ignore[arg-type]
