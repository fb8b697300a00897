"""Is N enough: when an order counts as settled, the chance of the top three, and the points that would settle it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from mcengine.analysis.ranking import Ranking, rank, top_chance
from mcengine.analysis.summary import interval


def ranking(values: list[float], spread: list[float], replicates: int = 16, *, n: int = 64) -> Ranking:
    """Of indices whose replicates lie at value -+ spread, in a pattern that is uncorrelated between indices."""
    signs = np.array([[1.0 if (r >> j) & 1 else -1.0 for j in range(len(values))] for r in range(replicates)])
    rows = np.array(values) + signs * np.array(spread)
    totals = [interval(value, rows[:, j]) for j, value in enumerate(values)]
    found = rank([f"x{j}" for j in range(len(values))], totals, rows, n=n, seed=1, rate=0.5)
    assert found is not None
    return found


def test_a_settled_order() -> None:
    found = ranking([0.1, 0.5, 0.3], [0.01, 0.01, 0.01])
    assert found.order == ("x1", "x2", "x0")
    assert found.settled
    assert found.open_pairs == ()
    assert (found.top, found.chance, found.n) == (("x1", "x2"), 1.0, 64)


def test_neighbours_whose_intervals_overlap() -> None:
    found = ranking([0.5, 0.3, 0.29, 0.1], [0.01, 0.02, 0.02, 0.01])
    assert not found.settled
    assert found.open_pairs == (("x1", "x2"),)
    assert found.top == ("x0", "x1", "x2")
    assert found.chance == 1.0  # the open pair is inside the top three
    half = 2.1314495 * 0.02 * np.sqrt(16 / 15) / 4  # t with 15 degrees of freedom
    needed = 64 * (2 * half / 0.01) ** 2
    assert found.n == 1 << int(np.ceil(np.log2(needed)))


def test_indices_below_one_percent_are_not_asked_for() -> None:
    found = ranking([0.6, 0.4, 0.001, 0.0009], [0.01, 0.01, 0.0005, 0.0005])
    assert found.settled


def test_a_tie_cannot_be_settled() -> None:
    found = ranking([0.5, 0.25, 0.25], [0.01, 0.01, 0.01])
    assert not found.settled
    assert found.n is None


def test_one_input_needs_no_ranking() -> None:
    found = ranking([1.0], [0.0])
    assert (found.order, found.top, found.chance, found.settled) == (("x0",), (), None, True)


def test_without_intervals_nothing_is_said() -> None:
    totals = [interval(0.5, np.array([0.4, 0.6]))]
    lost = [type(totals[0])(0.5, None)]
    assert rank(["x"], lost, np.array([[np.nan], [0.5]]), n=16, seed=1) is None


def test_the_chance_is_the_normal_one() -> None:
    """Two independent indices 0.1 apart, each with standard error 0.05: P(Z < 0.1 / (0.05 sqrt 2))."""
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((64, 2))
    rows -= rows.mean(axis=0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T  # exactly uncorrelated, unit variance
    rows = np.array([0.5, 0.4]) + 0.05 * 8.0 * rows
    # 2^14 trials: standard error 0.0022
    assert top_chance(np.array([0.5, 0.4]), rows, 1, seed=3) == pytest.approx(ndtr(0.1 / (0.05 * np.sqrt(2))), abs=0.01)
