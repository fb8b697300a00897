"""Runs that go on to a stated precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mcengine import load_study, run
from mcengine.analysis.until import parse_targets, planned_looks
from mcengine.errors import InputError

LINEAR = load_study("textbook/linear_gaussian")


def test_targets_are_read_with_their_units() -> None:
    found = parse_targets(
        "npv.mean=10m, npv.p05=1%,npv.prob_positive=0.1pp, cash_flow[2030].p95 = 2e-1bn, bcr.mean=.02"
    )
    read = [(t.output, t.statistic, t.limit, t.relative) for t in found]
    assert read == [
        ("npv", "mean", 10.0, False),
        ("npv", "p05", pytest.approx(0.01), True),
        ("npv", "prob_positive", pytest.approx(0.001), False),
        ("cash_flow[2030]", "p95", pytest.approx(200.0), False),
        ("bcr", "mean", 0.02, False),
    ]


def test_every_target_that_cannot_be_is_named() -> None:
    with pytest.raises(InputError) as caught:
        parse_targets("npv.mean, npv.p05=-1, npv.mean=0, npv=3m")
    assert len(caught.value.faults) == 4
    with pytest.raises(InputError, match=r"did you mean 'y'") as caught:
        run(LINEAR, draws=2**12, seed=1, until="Y.mean=1, y.means=1, y.max=1")
    assert [fault.nearest for fault in caught.value.faults][:2] == ["y", "mean"]
    assert len(caught.value.faults) == 3


def test_looks_double_up_to_the_cap() -> None:
    assert planned_looks(32, 1024, 1024 * 256) == [32, 64, 128, 256]
    assert planned_looks(32, 1024, 1024 * 255) == [32, 64, 128]
    assert planned_looks(32, 1024, 10) == [32]


def test_a_run_goes_on_until_every_half_width_is_small_enough() -> None:
    options = {"draws": 32 * 128, "seed": 5, "sampler": "random"}
    one = run(LINEAR, **options)
    half = (float(one["y"].mean.ci95[1]) - float(one["y"].mean.ci95[0])) / 2  # type: ignore[index]
    cap = 32 * 128 * 64
    result = run(LINEAR, **options, until=f"y.mean={0.5 * half:.6g}, y.prob_positive=5pp", cap=cap)
    assert result.stopping is not None
    assert result.stopping.why == "every half-width is small enough"
    assert result.replicates in (128, 256, 512)  # 4 times as many halve it, more for the level of several looks
    assert result.stopping.looks == 1 + int(np.log2(result.replicates // 32))
    assert all(state.met for state in result.stopping.reached)
    again = run(LINEAR, draws=result.draws, replicates=result.replicates, seed=5, sampler="random")
    assert again.digest == result.digest
    assert again["y"].mean.value == result["y"].mean.value


def test_looking_more_than_once_widens_the_intervals() -> None:
    """Bonferroni: 7 looks, each at the level 1 - 0.05 / 7."""
    result = run(LINEAR, draws=32 * 128, seed=5, until="y.mean=1000", cap=32 * 128 * 64)
    assert result.stopping is not None
    assert (result.stopping.planned, result.stopping.looks, result.replicates) == (7, 1, 32)
    assert result.stopping.level == pytest.approx(1 - 0.05 / 7)
    reached = result.stopping.reached[0].half_width
    values = result.rows[:, result.columns.index("y.mean")]
    by_student = stats.t.ppf(1 - 0.025 / 7, 31) * stats.sem(values)
    assert by_student * (1 - 1e-9) <= reached <= 1.5 * by_student  # wider by what allows for skew replicates


def test_a_cap_is_kept_and_told() -> None:
    result = run(LINEAR, draws=32 * 128, seed=5, until="y.p05=1e-9", cap=32 * 128 * 2)
    assert result.stopping is not None
    assert result.draws == 32 * 128 * 2
    assert result.stopping.why == "the cap on draws was reached before y.p05=1e-9"
    assert not result.stopping.reached[0].met
