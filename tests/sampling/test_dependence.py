"""Copulas: formulas against slow, plain ones, achieved ranks, untouched marginals, and repairs that are told."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.special import gammainccinv, gammaincinv, ndtr

from mcengine.errors import InputError
from mcengine.sampling.dependence import (
    LARGEST_SHIFT,
    Copula,
    blocks_of,
    build_copula,
    correlation_matrix,
    independent,
    nearest_correlation,
    score_correlation,
    t_rank_correlation,
)
from tests.sampling.calls import correlated

Floats = NDArray[np.float64]
N = 200_000
MIXING = {name: 100 + k for k, name in enumerate("abcdefgh")}

# Five phases' success that move together, and two pairs: the shape of a set with evidence behind it.
PAIRS = {
    ("a", "b"): 0.3, ("a", "c"): 0.3, ("b", "c"): 0.3, ("a", "d"): 0.3, ("b", "d"): 0.3, ("c", "d"): 0.3,
    ("f", "e"): -0.6, ("g", "h"): 0.85,
}  # fmt: skip


def drawn(copula: Copula, count: int = 8, n: int = N, seed: int = 1) -> Floats:
    """Scores (count, n) after the copula, from independent normal ones."""
    rng = np.random.default_rng(seed)
    return correlated(copula, rng.standard_normal((count, n)), rng.standard_normal((len(copula.mixing), n)))


def mixing_variable(z: Floats, dof: float) -> Floats:
    """sqrt(nu / chi^2_nu) at the normal score z of the chance that it is larger, accurate in both tails."""
    half = np.where(z < 0.0, gammainccinv(dof / 2, ndtr(z)), gammaincinv(dof / 2, ndtr(-z)))
    return np.asarray(np.sqrt(dof / (2.0 * half)))


def plain_t_rank_correlation(r: float, dof: float) -> float:
    """The same integral over normal scores, where the trapezoid rule converges exponentially."""
    z = np.linspace(-8.5, 8.5, 171)
    weight = np.exp(-0.5 * z**2)
    weight /= weight.sum()
    w = mixing_variable(z, dof) ** 2
    total = 0.0
    for a, wa in zip(w, weight, strict=True):
        inner = np.arcsin(r * a / np.sqrt((a + w[:, None]) * (a + w[None, :])))
        total += wa * float(weight @ inner @ weight)
    return 6.0 / np.pi * total


def test_normal_scores_need_two_sine_pi_rho_over_six() -> None:
    for rho in (-0.9, -0.3, 0.0, 0.25, 0.5, 1.0):
        assert score_correlation(rho) == pytest.approx(2 * np.sin(np.pi * rho / 6), abs=1e-15)
    assert score_correlation(0.5) == pytest.approx(0.5176380902, abs=1e-10)


@pytest.mark.parametrize("dof", [1.0, 2.0, 3.0, 5.0, 30.0])
@pytest.mark.parametrize("r", [0.3, 0.9, -0.6])
def test_t_rank_correlation_is_the_integral(r: float, dof: float) -> None:
    assert t_rank_correlation(r, dof) == pytest.approx(plain_t_rank_correlation(r, dof), abs=1e-6)


@pytest.mark.parametrize(("r", "dof"), [(0.7, 1.0), (-0.5, 3.0), (0.9, 5.0)])
def test_t_rank_correlation_is_that_of_drawn_t_variables(r: float, dof: float) -> None:
    """Standard error of a rank correlation at most 1.3 / sqrt(n) even with t tails; 3 checks within 5: 2e-6."""
    t = stats.multivariate_t(shape=[[1, r], [r, 1]], df=dof, seed=7).rvs(400_000)
    found = stats.spearmanr(t).statistic
    assert abs(found - t_rank_correlation(r, dof)) < 5 * 1.3 / np.sqrt(400_000)


def test_a_t_copula_with_many_degrees_of_freedom_is_normal() -> None:
    for r in (-0.8, 0.2, 0.6):
        normal = 6 / np.pi * np.arcsin(r / 2)
        gaps = [abs(t_rank_correlation(r, dof) - normal) for dof in (10.0, 100.0, 1e4, 1e6)]
        assert sorted(gaps, reverse=True) == gaps
        assert gaps[-1] < 1e-6


@pytest.mark.parametrize("rho", [-0.95, -0.4, 0.01, 0.3, 0.8])
@pytest.mark.parametrize("dof", [1.0, 5.0])
def test_t_scores_invert_the_rank_correlation(rho: float, dof: float) -> None:
    assert t_rank_correlation(score_correlation(rho, dof), dof) == pytest.approx(rho, abs=1e-9)


@pytest.mark.parametrize("dof", [None, 2.0, 5.0])
def test_drawn_ranks_have_the_stated_correlation(dof: float | None) -> None:
    """28 pairs within 5 standard errors (at most 1.3 / sqrt(n)): 1.6e-5 for each copula, 5e-5 in all."""
    copula, repairs = build_copula("abcdefgh", PAIRS, dof, MIXING)
    assert not repairs
    found = stats.spearmanr(drawn(copula).T).statistic
    target = np.eye(8)
    for (first, second), rho in PAIRS.items():
        i, j = "abcdefgh".index(first), "abcdefgh".index(second)
        target[i, j] = target[j, i] = rho
    assert np.max(np.abs(found - target)) < 5 * 1.3 / np.sqrt(N)


@pytest.mark.parametrize("dof", [None, 1.0, 5.0, 200.0])
def test_marginals_stay_standard_normal(dof: float | None) -> None:
    """8 inputs at 1e-6 for each of 4 copulas: 3.2e-5 in all."""
    copula, _ = build_copula("abcdefgh", PAIRS, dof, MIXING)
    z = drawn(copula)
    for row in z:
        assert stats.kstest(row, "norm", mode="asymp").pvalue > 1e-6
    assert np.isfinite(z).all()


def test_a_t_copula_is_the_cdf_of_a_t_variable() -> None:
    """Draw by draw: Phi^-1(T_nu(z sqrt(nu / chi2))), with scipy, to 1e-6 in the score."""
    copula, _ = build_copula("ab", {("a", "b"): 0.5}, 4.0, MIXING)
    rng = np.random.default_rng(3)
    z, score = rng.standard_normal((2, 5000)), 1.3 * rng.standard_normal((1, 5000))
    z[0, :5] = (1e-9, -1e-9, 0.0, 8.0, -8.0)
    r = score_correlation(0.5, 4.0)
    normal = np.array([z[0], r * z[0] + np.sqrt(1 - r * r) * z[1]])
    t = normal * mixing_variable(score, 4.0)
    expected = np.where(t < 0, stats.norm.ppf(stats.t.cdf(t, 4.0)), stats.norm.isf(stats.t.sf(t, 4.0)))
    assert np.max(np.abs(correlated(copula, z, score) - np.clip(expected, -8.3, 8.3))) < 1e-6


def test_t_tails_move_together_more_than_normal_ones() -> None:
    """P(both beyond P99), rho 0.3: about 0.0009 normal and 0.0023 with 2 degrees of freedom (500 of n apart by 20
    standard errors; a false alarm needs 10: below 1e-20), and the same below P01."""
    joint = {}
    for dof in (None, 2.0):
        copula, _ = build_copula("ab", {("a", "b"): 0.3}, dof, MIXING)
        z = drawn(copula, 2)
        limit = stats.norm.ppf(0.99)
        joint[dof] = [np.mean(np.all(z > limit, axis=0)), np.mean(np.all(z < -limit, axis=0))]
    assert min(joint[2.0]) > 1.6 * max(joint[None])


def test_blocks_of_a_t_copula_do_not_mix() -> None:
    """Tails of separate blocks are independent: P(both |z| > 2.58) = 1e-4, n = 2e5, within 5 standard errors:
    16 pairs, 1e-5; tails inside a block are not, even at rho 0.05."""
    pairs = {pair: rho for pair, rho in PAIRS.items() if "a" not in pair and "b" not in pair}
    copula, _ = build_copula("abcdefgh", {("a", "b"): 0.05, **pairs}, 2.0, MIXING)
    beyond = np.abs(drawn(copula)) > stats.norm.ppf(0.995)
    both = beyond.astype(np.float64) @ beyond.T / N
    error = 5 * np.sqrt(1e-4 / N)
    for i in (0, 1):
        assert np.all(np.abs(both[i, 2:] - 1e-4) < error + 2e-6)
    assert both[0, 1] > 1e-3


def test_inputs_outside_a_block_keep_their_scores() -> None:
    copula, _ = build_copula("abc", {("a", "c"): 0.5}, None, MIXING)
    before = np.random.default_rng(1).standard_normal((3, 101))
    z = correlated(copula, before)
    assert np.array_equal(z[1], before[1])
    assert np.array_equal(z[0], before[0])  # the first of a block keeps its own
    r = score_correlation(0.5)
    assert z[2] == pytest.approx(r * before[0] + np.sqrt(1 - r * r) * before[2], abs=1e-12)


def test_blocks_are_connected_components_in_the_names_order() -> None:
    pairs = {("d", "a"): 0.1, ("a", "c"): 0.2, ("e", "f"): -0.3, ("b", "g"): 0.0}
    assert blocks_of("abcdefg", pairs) == [["a", "c", "d"], ["e", "f"]]
    assert blocks_of("abc", {}) == []


def test_pairs_with_an_input_that_is_not_drawn_are_left_out() -> None:
    copula, _ = build_copula("ab", {("a", "z"): 0.5}, None, MIXING)
    assert len(copula.rows) == 0
    assert np.array_equal(correlated(independent(), np.ones((2, 9))), np.ones((2, 9)))


def test_a_sound_matrix_is_not_touched() -> None:
    matrix, repair = correlation_matrix("ab", {("a", "b"): 0.9}, None, None)
    assert repair is None
    assert matrix[0, 1] == pytest.approx(2 * np.sin(np.pi * 0.9 / 6), abs=1e-15)


@pytest.mark.parametrize("dof", [None, 5.0])
def test_a_small_repair_is_made_and_told(dof: float | None) -> None:
    pairs = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): 0.57}  # 0.9 and 0.9 leave 0.6 at least
    matrix, repair = correlation_matrix("abc", pairs, dof, "evidence.toml")
    assert repair is not None
    assert 0.0 < repair.shift <= LARGEST_SHIFT
    assert repair.stated == pairs[repair.first, repair.second]
    assert np.linalg.eigvalsh(matrix)[0] > 0.0
    assert np.array_equal(np.diag(matrix), np.ones(3))
    assert matrix == pytest.approx(matrix.T, abs=1e-15)
    i, j = "abc".index(repair.first), "abc".index(repair.second)
    used = 6 / np.pi * np.arcsin(matrix[i, j] / 2) if dof is None else t_rank_correlation(matrix[i, j], dof)
    assert repair.used == pytest.approx(used, abs=1e-9)
    copula, repairs = build_copula("abc", pairs, dof, MIXING)
    assert repairs == [repair]
    basis = np.pad(np.eye(3), ((0, 0), (0, 5)))  # columns of the Cholesky factor, and a block's least width
    if dof is None:
        factor = correlated(copula, basis)[:, :3]
        assert factor @ factor.T == pytest.approx(matrix, abs=1e-12)


def test_a_large_repair_is_refused_with_the_pair() -> None:
    pairs = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.2}
    with pytest.raises(InputError) as caught:
        build_copula("abc", pairs, None, MIXING, "bad.toml")
    message = str(caught.value)
    assert "bad.toml" in message
    assert "more than 0.05" in message
    assert any(f"{first} - {second} from {rho:g} to" in message for (first, second), rho in pairs.items())


def test_the_nearest_correlation_matrix_is_highams() -> None:
    """Higham (2002), section 4: tridiag(-1, 2, -1) of order 4, to four decimals."""
    stated = 2.0 * np.eye(4) - np.eye(4, k=1) - np.eye(4, k=-1)
    rows = [[1.0000, -0.8084, 0.1916, 0.1068], [-0.8084, 1.0000, -0.6562, 0.1916]]
    assert nearest_correlation(stated, least=0.0)[:2] == pytest.approx(np.array(rows), abs=5e-5)
