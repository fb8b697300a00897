"""A ranking of any method's numbers: the same rules as for total indices, with a floor of the method's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, stdtrit

from mcengine.analysis.ranking import Ranking, rank, rank_values
from mcengine.analysis.summary import interval


def replicates(values: list[float], spread: list[float], count: int = 16) -> np.ndarray:
    """Rows at value -+ spread, in a pattern that is uncorrelated between factors."""
    signs = np.array([[1.0 if (r >> j) & 1 else -1.0 for j in range(len(values))] for r in range(count)])
    return np.array(values) + signs * np.array(spread)


def ranked(values: list[float], spread: list[float], **options: object) -> Ranking:
    rows = replicates(values, spread)
    found = rank_values([f"x{j}" for j in range(len(values))], rows.mean(axis=0), rows, n=64, seed=1, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_it_is_the_ranking_of_total_indices() -> None:
    values, spread = [0.5, 0.3, 0.29, 0.1, 0.005], [0.01, 0.02, 0.02, 0.01, 0.001]
    rows = replicates(values, spread)
    totals = [interval(value, rows[:, j]) for j, value in enumerate(values)]
    names = [f"x{j}" for j in range(5)]
    old = rank(names, totals, rows, n=64, seed=1, rate=0.5)
    new = rank_values(names, np.array(values), rows, n=64, seed=1, rate=0.5, small=0.01)
    assert old is not None
    assert new is not None
    keys = ("order", "settled", "open_pairs", "top", "chance", "n", "rate")
    assert [getattr(old, k) for k in keys] == [getattr(new, k) for k in keys]
    assert old.to_dict()["assumed"].endswith("total indices below 1% of the variance are not told apart")


def test_points_that_would_settle_an_open_pair_follow_the_rate() -> None:
    half = float(stdtrit(15, 0.975)) * 0.2 * np.sqrt(16 / 15) / 4
    for rate in (0.5, 0.75, 1.0):
        found = ranked([5.0, 3.0, 2.9, 1.0], [0.1, 0.2, 0.2, 0.1], rate=rate)
        assert found.open_pairs == (("x1", "x2"),)
        assert found.n == 1 << int(np.ceil(np.log2(64 * (2 * half / 0.1) ** (1 / rate))))


def test_what_lies_below_the_floor_is_neither_asked_for_nor_among_the_top() -> None:
    found = ranked([6.0, 4.0, 0.01, 0.009, 0.0], [0.1, 0.1, 0.005, 0.005, 0.0], small=0.05)
    assert found.settled
    assert found.top == ("x0", "x1")
    assert found.chance == 1.0
    nothing = ranked([0.01, 0.009], [0.005, 0.005], small=0.05)
    assert (nothing.settled, nothing.top, nothing.chance) == (True, (), None)


def test_a_method_may_say_which_factors_stand_out() -> None:
    asked = np.array([True, True, False, False])
    found = ranked([6.0, 5.9, 1.0, 0.99], [1.0, 1.0, 0.1, 0.1], asked=asked, what="deltas", floor="the dummy's level")
    assert found.open_pairs == (("x0", "x1"),)
    assert found.top == ("x0", "x1")
    assert found.to_dict()["assumed"] == (
        "half-widths shrink like n^-0.5; deltas below the dummy's level are not told apart"
    )


def test_zeros_without_spread_are_a_tie_that_nobody_asks_about() -> None:
    found = ranked([3.0, 0.0, 0.0, 0.0], [0.1, 0.0, 0.0, 0.0])
    assert found.settled
    assert found.top == ("x0",)


def test_without_numbers_nothing_is_said() -> None:
    rows = replicates([1.0, 2.0], [0.1, 0.1])
    assert rank_values([], np.empty(0), np.empty((16, 0)), n=64, seed=1) is None
    rows[3, 1] = np.nan
    assert rank_values(["x", "y"], np.array([1.0, 2.0]), rows, n=64, seed=1) is None


def test_the_chance_allows_for_factors_that_move_together() -> None:
    """Two values 0.1 apart, standard errors 0.05, correlated by 0.9: P(Z < 0.1 / (0.05 sqrt 0.2)), 2^14 trials."""
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((64, 2))
    rows -= rows.mean(axis=0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T @ np.linalg.cholesky([[1.0, 0.9], [0.9, 1.0]]).T
    rows = np.array([0.5, 0.4]) + 0.05 * 8.0 * rows
    found = rank_values(["x", "y"], np.array([0.5, 0.4]), rows, n=64, seed=3)
    assert found is not None
    assert found.chance == pytest.approx(ndtr(0.1 / (0.05 * np.sqrt(0.2))), abs=0.002)


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=6), st.floats(0.0, 1.0))
def test_the_order_is_that_of_the_values(values: list[float], spread: float) -> None:
    found = ranked(values, [spread] * len(values))
    means = dict(zip([f"x{j}" for j in range(len(values))], replicates(values, [spread] * len(values)).mean(0)))  # noqa: B905
    ordered = [means[name] for name in found.order]
    assert ordered == sorted(ordered, reverse=True)
    assert found.top == found.order[: len(found.top)]
    assert len(found.top) <= min(3, max(len(values) - 1, 0))
