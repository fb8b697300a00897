"""The samplers by address: Latin hypercubes, and what all three share."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from mcengine.sampling.points import SAMPLERS, build_points, stratum
from tests.sampling.calls import names, sample


@pytest.mark.parametrize("count", [2, 3, 5, 37, 1000, 1024, 1025, 4099])
def test_a_latin_hypercube_has_one_draw_in_each_stratum(count: int) -> None:
    u = sample(build_points("lhs", 7, names(4), count), 3, count, 4)
    strata = np.sort(np.floor(u * count), axis=1)
    assert np.array_equal(strata, np.broadcast_to(np.arange(count), strata.shape))
    assert 0.0 < u.min() < u.max() < 1.0


def test_strata_are_a_permutation_at_any_size() -> None:
    for count in range(1, 70):
        found = sorted(stratum(i, count, np.uint32(12345), np.uint32(67890)) for i in range(count))
        assert found == list(range(count))


def test_permutations_are_uniform_and_differ_between_inputs() -> None:
    """Stratum of a fixed draw over 6,000 scrambles, chi-square at 1e-6 for 4 draws; 4,950 correlations between
    inputs at n = 500 within 6 / sqrt(499) (2e-9 each): 1.4e-5 in all."""
    points = build_points("lhs", 5, names(100), 40)
    strata = np.floor(np.array([sample(points, r, 40, 100) for r in range(60)]) * 40).astype(np.int64)
    for i in (0, 1, 17, 39):
        assert stats.chisquare(np.bincount(strata[:, :, i].ravel(), minlength=40)).pvalue > 1e-6
    u = sample(build_points("lhs", 5, names(100), 500), 0, 500, 100)
    assert np.max(np.abs(np.corrcoef(u)[np.triu_indices(100, 1)])) < 6 / np.sqrt(499)


def test_the_place_inside_a_stratum_is_uniform() -> None:
    """One check at 1e-6."""
    u = sample(build_points("lhs", 9, names(1), 50_000), 0, 50_000, 1)[0]
    assert stats.kstest(u * 50_000 % 1.0, "uniform", mode="asymp").pvalue > 1e-6


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_draw_depends_on_start_or_blocking(sampler: str) -> None:
    points = build_points(sampler, 1, names(3), 2048)
    whole = sample(points, 2, 2048, 3)
    for size in (2, 62, 248, 1000):
        cuts = [*range(0, 2048, size), 2048]
        parts = [sample(points, 2, b - a, 3, first=a) for a, b in pairwise(cuts)]
        assert np.array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_added_input_leaves_the_others_alone(sampler: str) -> None:
    before = sample(build_points(sampler, 1, ("a", "b"), 256), 0, 256, 2)
    after = sample(build_points(sampler, 1, ("a", "b", "c"), 256), 0, 256, 3)
    assert np.array_equal(before, after[:2])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_replicates_differ_and_values_stay_inside(sampler: str) -> None:
    points = build_points(sampler, 1, names(5), 1024)
    first, second = sample(points, 0, 1024, 5), sample(points, 1, 1024, 5)
    assert np.mean(first == second) < 0.001
    assert first.min() > 0.0
    assert first.max() < 1.0


def test_an_inputs_random_stream_does_not_depend_on_its_place() -> None:
    ahead = sample(build_points("random", 1, ("b", "a"), 64), 0, 64, 2)
    behind = sample(build_points("random", 1, ("a", "b"), 64), 0, 64, 2)
    assert np.array_equal(ahead, behind[::-1])
