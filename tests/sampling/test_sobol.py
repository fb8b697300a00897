"""Sobol' points: equal to scipy's, scrambled as Owen (1995) has it, and as accurate as that makes them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.stats import qmc

from mcengine.errors import InputError
from mcengine.sampling.points import build_points
from mcengine.sampling.sobol import directions, point
from tests.sampling.calls import names, sample

Floats = NDArray[np.float64]
Words = NDArray[np.uint32]


def reversed_bits(words: Words) -> Words:
    bits = np.unpackbits(words.astype(">u4").view(np.uint8).reshape(*words.shape, 4), axis=-1)
    return np.packbits(bits[..., ::-1], axis=-1).view(">u4")[..., 0].astype(np.uint32)


@cache
def unscrambled(dimensions: int, count: int) -> Words:
    """Points 0 .. count - 1 as 32-bit fractions, (dimensions, count)."""
    vectors = directions(dimensions)
    return reversed_bits(np.array([[point(v, np.int64(i)) for i in range(count)] for v in vectors], dtype=np.uint32))


def as_words(u: Floats) -> Words:
    return np.floor(u * 2.0**32).astype(np.uint64).astype(np.uint32)


def test_unscrambled_equals_scipy_in_128_dimensions() -> None:
    theirs = qmc.Sobol(128, scramble=False, bits=32).random(4096).T
    assert np.array_equal(unscrambled(128, 4096) * 2.0**-32, theirs)


def test_points_far_out_equal_scipy() -> None:
    sequence = qmc.Sobol(7, scramble=False, bits=32)
    sequence.fast_forward(5_000_000)
    vectors = directions(7)
    ours = reversed_bits(
        np.array([[point(v, np.int64(5_000_000 + i)) for i in range(64)] for v in vectors], dtype=np.uint32)
    )
    assert np.array_equal(ours * 2.0**-32, sequence.random(64).T)


def test_more_dimensions_than_the_table_holds_are_refused() -> None:
    directions(1024)
    with pytest.raises(InputError, match=r"1100.*at most 1024 dimensions"):
        directions(1100)


@pytest.mark.parametrize("replicate", [0, 31])
def test_scrambling_is_nested(replicate: int) -> None:
    """Bit k is flipped by a function of the bits before it: equal prefixes, equal flips, in all dimensions."""
    x = unscrambled(128, 4096)
    y = as_words(sample(build_points("sobol", 7, names(128), 4096), replicate, 4096, 128))
    for k in range(13):  # 4096 points of a dimension have 2^k prefixes of k <= 12 bits
        prefix = (x >> np.uint32(32 - k) if k else x & np.uint32(0)).astype(np.int64)
        flip = ((x ^ y) >> np.uint32(31 - k)) & np.uint32(1)
        for j in range(128):
            ones = np.bincount(prefix[j], weights=flip[j])
            assert np.all((ones == 0) | (ones == np.bincount(prefix[j])))


def test_flips_of_different_prefixes_are_fair_and_independent_coins() -> None:
    """What a digital shift fails: its flips are the same for every prefix.

    For each bit k <= 10 and each d <= k, 4,096 scrambles (128 dimensions, 32 replicates) show the flip of bit k
    after a prefix and after the same prefix with its bit d changed (d = k: the flip itself). Each differs in
    Binomial(4096, 1/2) cases: 66 checks within 5.5 standard deviations (3.8e-8), 2.5e-6 in all.
    """
    x = unscrambled(128, 1024)
    points = build_points("sobol", 11, names(128), 1024)
    flips = np.array([x ^ as_words(sample(points, r, 1024, 128)) for r in range(32)])
    order = np.argsort(x, axis=1)  # 1,024 points: one in each prefix of 10 bits
    rng = np.random.default_rng(1)
    for k in range(11):
        for d in range(k + 1):
            prefix = rng.integers(0, 1 << k, size=128)
            one = order[np.arange(128), prefix << (10 - k)]
            other = order[np.arange(128), (prefix ^ (1 << d if d < k else 0)) << (10 - k)]
            bits = [(flips[:, np.arange(128), at] >> np.uint32(31 - k)) & 1 for at in (one, other)]
            differ = int((bits[0] ^ bits[1]).sum()) if d < k else int(bits[0].sum())
            assert abs(differ - 2048) < 5.5 * 32, (k, d, differ)


def test_one_point_in_every_interval_in_every_dimension() -> None:
    u = sample(build_points("sobol", 3, names(128), 4096), 5, 4096, 128)
    for m in (4, 10, 12):  # a power of two at the start, and the next aligned stretches of that length
        for start in (0, 1 << m) if m < 12 else (0,):
            strata = np.sort(np.floor(u[:, start : start + (1 << m)] * (1 << m)), axis=1)
            assert np.array_equal(strata, np.broadcast_to(np.arange(1 << m), strata.shape))


def test_two_dimensions_are_stratified() -> None:
    """Dimensions 1, 2 are a (0, m, 2)-net; a pair j, k has t = deg p_j + deg p_k (Niederreiter 1992, thm 4.49)."""
    m, count = 10, 1024
    u = sample(build_points("sobol", 3, names(6), count), 1, count, 6)
    degrees = (0, 1, 2, 3, 3, 4)  # of the primitive polynomials of the first dimensions (Joe & Kuo 2008)
    for j in range(6):
        for k in range(j):
            t = sum(max(degrees[i] - 1, 0) for i in (j, k))
            for first in range(m - t + 1):
                cells = np.floor(u[j] * (1 << first)) * (1 << (m - t - first)) + np.floor(u[k] * (1 << (m - t - first)))
                assert np.array_equal(np.bincount(cells.astype(np.int64)), np.full(1 << (m - t), 1 << t))


def test_a_point_does_not_depend_on_start_or_blocking() -> None:
    points = build_points("sobol", 1, names(3), 8192)
    whole = sample(points, 2, 8192, 3)
    for cuts in ([0, 2, 250, 1000, 1024, 1026, 5000, 8192], [*range(0, 8192, 248), 8192], [0, 4096, 8192]):
        parts = [sample(points, 2, b - a, 3, first=a) for a, b in pairwise(cuts)]
        assert np.array_equal(np.concatenate(parts, axis=1), whole)


def test_a_dimension_is_the_inputs_place_and_its_scramble_the_inputs_name() -> None:
    three = sample(build_points("sobol", 1, ("a", "b", "c"), 64), 0, 64, 3)
    five = sample(build_points("sobol", 1, ("a", "b", "c", "d", "e"), 64), 0, 64, 5)
    renamed = sample(build_points("sobol", 1, ("a", "z", "c"), 64), 0, 64, 3)
    assert np.array_equal(three, five[:3])
    assert np.array_equal(three[[0, 2]], renamed[[0, 2]])
    assert not np.array_equal(three[1], renamed[1])


def test_replicates_and_seeds_are_scrambled_anew() -> None:
    points = [build_points("sobol", seed, names(8), 1024) for seed in (1, 2)]
    sets = [sample(p, r, 1024, 8) for p in points for r in (0, 1, 1000)]
    for a in range(len(sets)):
        for b in range(a):
            assert np.mean(sets[a] == sets[b]) < 0.001


def product(u: Floats) -> Floats:
    """exp(u1 + u2) / (e - 1)^2: smooth, mean 1."""
    return np.asarray(np.exp(u[0] + u[1]) / (np.e - 1.0) ** 2)


def errors(sampler: str, sizes: list[int], replicates: int, inputs: int = 2) -> Floats:
    """Errors of the mean of `product`, (sizes, replicates)."""
    return np.array(
        [
            [
                product(sample(build_points(sampler, 17, names(inputs), n), r, n, inputs)).mean() - 1.0
                for r in range(replicates)
            ]
            for n in sizes
        ]
    )


def slope(sampler: str, sizes: list[int], replicates: int) -> float:
    rms = np.sqrt(np.mean(errors(sampler, sizes, replicates) ** 2, axis=1))
    return float(np.polyfit(np.log(sizes), np.log(rms), 1)[0])


def test_the_error_on_a_smooth_function_falls_like_n_to_minus_three_halves() -> None:
    """RMS error n^-1.5 (log n)^0.5 (Owen 1997): local slope -1.5 + 0.5 / ln n, so -1.41 on average here.

    200 replicates give each RMS to 5%, the slope over 7 sizes to 0.014: -1.35 is 4.3 of these away. A digital
    shift keeps the n^-1 of the unscrambled points. Random points: -0.5 +- 0.014, checked within 0.07. Each bound
    is crossed by chance less than once in 1e5.
    """
    sizes = [1 << m for m in range(6, 13)]
    assert -1.6 < slope("sobol", sizes, 200) < -1.35
    assert abs(slope("random", sizes, 200) + 0.5) < 0.07


def test_in_one_dimension_the_variance_is_that_of_nested_uniform_scrambling() -> None:
    """f(u) = u: the points lie independently and uniformly in their n strata, so Var = 1 / (12 n^3).

    1,024 scrambles give chi-square with 1,024 degrees of freedom; 3 sizes at a two-sided 1e-6, 3e-6 in all.
    """
    for n in (16, 64, 256):
        points = build_points("sobol", 23, names(128), n)
        means = np.concatenate([sample(points, r, n, 128).mean(axis=1) for r in range(8)]) - 0.5
        ratio = float(np.sum(means**2) * 12 * n**3)
        low, high = stats.chi2.ppf([0.5e-6, 1 - 0.5e-6], 1024)
        assert low < ratio < high


def test_scrambled_points_are_unbiased_and_uniform() -> None:
    """A mean over 2,000 replicates within 5 standard errors (5.7e-7), and 3 points' uniformity at 1e-6: 3.6e-6."""
    found = errors("sobol", [16], 2000)[0]
    assert abs(found.mean()) < 5 * found.std(ddof=1) / np.sqrt(2000)
    points = build_points("sobol", 29, names(100), 16)
    u = np.array([sample(points, r, 16, 100) for r in range(40)])
    for i in (0, 1, 15):
        assert stats.kstest(u[:, :, i].ravel(), "uniform").pvalue > 1e-6


def test_scrambles_of_inputs_and_replicates_are_independent() -> None:
    """Means of 100 inputs over 400 replicates: the largest of 4,950 correlations below 6 / 20 (p = 2e-9 each),
    of 399 between neighbouring replicates below 6 / 10: 1e-5 in all."""
    points = build_points("sobol", 31, names(100), 4)
    means = np.array([sample(points, r, 4, 100).mean(axis=1) for r in range(400)])
    between_inputs = np.corrcoef(means.T)[np.triu_indices(100, 1)]
    between_replicates = [np.corrcoef(means[r], means[r + 1])[0, 1] for r in range(399)]
    assert np.max(np.abs(between_inputs)) < 6 / 20
    assert np.max(np.abs(between_replicates)) < 6 / 10
