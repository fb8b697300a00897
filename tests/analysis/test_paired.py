"""Differences of two runs: known answers, exact zeros, peers' intervals, coverage, runs without pairing, refusals.

Coverage is counted over 200 pairs of runs; 95% intervals hold the truth in fewer than 174 of them with chance 2e-5
(binomial), so the four statistics tested fail by chance in 1 of 10,000. Seeds are fixed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mcengine import Study, load_study, run
from mcengine.analysis.difference_intervals import CHANGED_SIDES, Pair, Values
from mcengine.analysis.paired import INDEPENDENT, NO_NEVER, OVERLAPPING, PAIRED, Differences, Side, differences
from mcengine.analysis.summary import binomial_bounds
from mcengine.errors import InputError
from tests.engine.make import Law, model, simple

INPUTS = ("a", "b", "c")
WEIGHTS = np.array([1.0, 2.0, 3.0])
SHIFT = 0.5
RUNS, HELD = 200, 174


def _linear(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = constants[0][0] * x[0, i] + constants[0][1] * x[1, i] + constants[0][2] * x[2, i]


LINEAR = model(_linear, INPUTS, WEIGHTS)


def normal(mean: float = 0.0, sd: float = 1.0) -> Law:
    return "normal", {"mean": mean, "sd": sd}


def linear(name: str = "base", **laws: Law) -> Study:
    """y = a + 2 b + 3 c of standard normal inputs, but for the `laws` given."""
    return replace(simple(dict.fromkeys(INPUTS, normal()) | laws), name=name)


def side(study: Study, seed: int = 1, **options: Any) -> Side:
    given: Mapping[str, Any] = {"draws": 2048, "replicates": 16, "model": LINEAR} | options
    return Side.of(run(study, seed=seed, **given))


SHIFTED = linear("shifted", a=normal(SHIFT))
WIDER = linear("wider", a=normal(SHIFT, 1.2))


def bounds(found: Differences, statistic: str, output: str = "y") -> tuple[float, float]:
    ends = found[output, statistic].second_less_first.ci95
    assert ends is not None
    return float(ends[0]), float(ends[1])


def value(found: Differences, statistic: str, output: str = "y") -> float:
    number = found[output, statistic].second_less_first.value
    assert isinstance(number, float)
    return number


@pytest.mark.parametrize("sampler", ["sobol", "random", "lhs"])
def test_a_shift_of_every_draw_is_found_to_the_last_digits(sampler: str) -> None:
    found = differences(side(linear(), sampler=sampler), side(SHIFTED, sampler=sampler))
    assert found.how == PAIRED
    for statistic in ("mean", "p05", "p50", "p95", "expected_shortfall_05"):
        low, high = bounds(found, statistic)
        slack = 1e-12 if statistic == "mean" else 0.02  # quantiles come from a histogram's bins
        assert value(found, statistic) == pytest.approx(SHIFT, abs=slack)
        assert low <= SHIFT + slack
        assert high >= SHIFT - slack
    assert abs(value(found, "sd")) < 1e-12
    row = found["y", "mean"]
    assert row.narrower is not None
    assert row.narrower > 1e6


def test_pairing_makes_the_interval_as_much_narrower_as_theory_says() -> None:
    first, second = side(linear(), sampler="random", draws=65536), side(WIDER, sampler="random", draws=65536)
    narrower = differences(first, second)["y", "mean"].narrower
    assert narrower is not None
    # var(second - first) = 0.2^2; of two independent runs 14 + 14.44: 26.7 times as wide, over 16 replicates within
    # a factor of 2.5 (the ratio of two chi^2 of 15 and 30 degrees of freedom lies within it with chance 1 - 1e-4)
    expected = np.sqrt(28.44) / 0.2
    assert expected / 2.5 < narrower < expected * 2.5


def test_identical_runs_differ_by_exactly_nothing() -> None:
    found = differences(side(linear(), draws=16384), side(linear("same"), draws=16384))
    for row in found.rows:
        assert (row.second_less_first.value, row.second_less_first.ci95) == (0.0, (0.0, 0.0))
        assert row.narrower is None
    assert all(row.statistic not in ("min", "max") for row in found.rows)


def test_the_way_back_has_the_signs_reversed() -> None:
    first, second = side(linear(), draws=16384), side(WIDER, draws=16384)
    there, back = differences(first, second), differences(second, first)
    for row in there.rows:
        other = back[row.output, row.statistic].second_less_first
        ends = row.second_less_first.ci95
        assert isinstance(row.second_less_first.value, float)
        assert other.value == -row.second_less_first.value
        assert ends is not None
        assert other.ci95 == pytest.approx((-float(ends[1]), -float(ends[0])), rel=1e-9, abs=1e-12)


def test_intervals_are_those_of_the_t_tests_of_scipy() -> None:
    first, second, apart = side(linear()), side(WIDER), side(WIDER, seed=2)
    old, new, other = (one.values("y", "p50") for one in (first, second, apart))
    paired = stats.ttest_rel(new, old).confidence_interval()
    both = differences(first, second)
    low, high = bounds(both, "p50")
    apart_by = abs(value(both, "p50") - float(np.mean(new - old)))
    assert high - low == pytest.approx(paired.high - paired.low + apart_by, rel=1e-9)
    assert low <= paired.low + 1e-12
    assert high >= paired.high - 1e-12
    welch = stats.ttest_ind(other, old, equal_var=False).confidence_interval()
    found = differences(first, apart)
    low, high = bounds(found, "p50")
    assert high - low == pytest.approx(welch.high - welch.low, rel=1e-9)
    assert (low + high) / 2 == pytest.approx(value(found, "p50"), abs=1e-9)
    assert (found.how, found.unlike) == (INDEPENDENT, ("seed",))
    assert found["y", "p50"].unpaired is None
    assert found["y", "p50"].narrower is None


@cache
def _held(paired: bool) -> dict[str, int]:
    """In how many pairs of runs the intervals hold the truth, by statistic."""
    tail, shares = float(stats.norm.ppf(0.05)), stats.norm.cdf
    sds = np.sqrt(14.0), np.sqrt(14.0 - 1 + 1.44)
    shortfall = float(stats.norm.pdf(tail)) / 0.05
    truth = {
        "mean": SHIFT,
        "p05": SHIFT + tail * (sds[1] - sds[0]),
        "prob_positive": float(shares(SHIFT / sds[1])) - 0.5,
        "expected_shortfall_05": SHIFT - shortfall * (sds[1] - sds[0]),
    }
    counts = dict.fromkeys(truth, 0)
    for k in range(RUNS):
        first = side(linear(), seed=10 + k, sampler="random")
        second = side(WIDER, seed=10 + k if paired else 10_000 + k, sampler="random")
        found = differences(first, second)
        for name, true in truth.items():
            low, high = bounds(found, name)
            counts[name] += low <= true <= high
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("paired", [True, False])
def test_intervals_hold_the_truth_as_often_as_they_say(paired: bool) -> None:
    assert stats.binom.cdf(HELD - 1, RUNS, 0.95) < 5e-5
    assert min(_held(paired).values()) >= HELD, _held(paired)


def test_runs_that_share_a_seed_but_not_their_size_get_the_widest_interval() -> None:
    first, second = side(linear()), side(WIDER, draws=4096)
    found = differences(first, second)
    assert (found.how, found.unlike) == (OVERLAPPING, ("draws",))
    own = [row.outputs["y"].statistics["p50"].ci95 for row in (first, second)]
    widths = [float(ends[1]) - float(ends[0]) for ends in own if ends is not None]
    low, high = bounds(found, "p50")
    assert high - low == pytest.approx(sum(widths), rel=1e-9)


def test_rare_changes_of_sign_have_exact_bounds() -> None:
    draws, none = 1000.0, np.zeros(10)
    same = Pair("prob_positive", Values(0.5, none + 0.5, draws), Values(0.5, none + 0.5, draws), 0.95).paired()
    high = binomial_bounds(0, draws)[1]
    assert same.note == CHANGED_SIDES
    assert same.ci95 == pytest.approx((-high * np.sqrt(1), high * np.sqrt(1)))
    some = none.copy()
    some[:3] = 0.01  # one draw of a hundred changed sides in three replicates
    found = Pair("prob_positive", Values(0.5, none + 0.5, draws), Values(0.503, some + 0.5, draws), 0.95).paired()
    exact = binomial_bounds(3, draws)
    assert found.ci95 is not None
    assert float(found.ci95[0]) <= 0.003 - np.hypot(0.003 - exact[0], high) + 1e-12
    assert float(found.ci95[1]) >= exact[1] - 1e-12


def test_a_difference_of_shares_stays_within_minus_one_and_one() -> None:
    certain = Pair("prob_positive", Values(0.0, np.zeros(4), 8.0), Values(1.0, np.ones(4), 8.0), 0.95)
    for ends in (certain.paired().ci95, certain.independent(), certain.overlapping()):
        assert ends is not None
        assert float(ends[1]) <= 1.0


def test_a_refused_statistic_is_refused_and_an_unknown_one_is_named() -> None:
    found = differences(side(linear(), draws=256), side(WIDER, draws=256))
    refused = found["y", "p01"].second_less_first
    assert (refused.value, refused.ci95) == (None, None)
    assert "needs at least" in refused.note
    assert found["y", "p01"].to_dict()["note"] == refused.note
    with pytest.raises(InputError, match=r"did you mean 'y\.mean'"):
        found["y", "maen"]


def test_the_level_is_the_higher_of_the_runs_own() -> None:
    first, second = side(linear()), replace(side(WIDER), level=0.99)
    wide, narrow = differences(first, second), differences(first, side(WIDER))
    assert (wide.level, narrow.level) == (0.99, 0.95)
    assert bounds(wide, "p50")[1] > bounds(narrow, "p50")[1]
    assert differences(first, side(WIDER), level=0.999).level == 0.999


@cache
def plan_run(name: str, **options: Any) -> Side:
    return Side.of(run(load_study(name, **options), draws=4096, replicates=8, seed=5), name)


def test_years_that_never_come_are_not_subtracted() -> None:
    found = differences(plan_run("replica"), plan_run("evidence"))
    assert found["payback_year", "p50"].second_less_first.note == NO_NEVER
    later = differences(plan_run("plan_centred"), plan_run("plan_centred", horizon=2036))
    assert later["payback_year", "p05"].second_less_first.value == 0.0
    assert later["payback_year", "share_never"].second_less_first.ci95 is not None


def test_a_run_in_which_nothing_varies_has_its_one_number_only() -> None:
    found = differences(plan_run("replica"), plan_run("evidence"))
    assert [row.statistic for row in found.rows if row.output == "npv"] == ["mean", "p50"]
    own = plan_run("evidence").outputs["npv"].statistics["mean"].ci95
    assert own is not None
    low, high = bounds(found, "mean", "npv")
    assert high - low == pytest.approx(float(own[1]) - float(own[0]), rel=1e-6)


def test_outputs_of_one_run_alone_are_told() -> None:
    pipeline = Side.of(run(load_study("evidence", accounting="pipeline"), draws=4096, replicates=8, seed=5))
    found = differences(plan_run("evidence"), pipeline)
    assert "unspent_at_horizon" in found.left_out
    narrower = found["npv", "mean"].narrower
    assert narrower is not None
    assert narrower > 10
    assert differences(plan_run("evidence"), side(linear())).rows == ()


def test_the_contract_is_strict_json() -> None:
    for other in (plan_run("evidence"), plan_run("sceptical")):
        text = json.dumps(differences(plan_run("replica"), other).to_dict(), allow_nan=False)
        data = json.loads(text)
        assert {"first", "second", "draws", "unlike", "level", "outputs", "left_out"} == set(data)
        mean = data["outputs"]["npv"]["mean"]
        assert {"first", "second", "difference", "ci95", "unpaired_ci95", "narrower"} == set(mean)
