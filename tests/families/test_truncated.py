import numpy as np
import pytest
from scipy import integrate, stats

from mcengine.families import distribution

from .oracle import TAIL, problems, table

INF = float("inf")
NORMAL = {"mean": 0, "sd": 1}


@pytest.mark.parametrize(("low", "high"), [(-1, 2), (0, INF), (-INF, -1.5), (3, 4), (6, INF), (-9, -8)])
def test_agrees_with_scipys_truncated_normal(low, high):
    found, oracle = distribution("normal", NORMAL, truncate=(low, high)), stats.truncnorm(low, high)
    u = np.linspace(0.01, 0.99, 99)
    np.testing.assert_allclose(found.ppf(u), oracle.ppf(u), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(found.isf(u), oracle.isf(u), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(found.cdf(found.ppf(u)), u, rtol=1e-11)
    np.testing.assert_allclose(found.mean, oracle.mean(), rtol=1e-10)
    np.testing.assert_allclose(found.sd, oracle.std(), rtol=1e-6)  # scipy's own loses digits in the tail
    assert found.support == (low, high)


@pytest.mark.parametrize(("low", "high"), [(-1, 2), (6, INF), (-9, -8), (20, 20.1)])
def test_moments_are_the_integrals_over_the_density(low, high):
    found = distribution("normal", NORMAL, truncate=(low, high))
    start = low if abs(low) < abs(high) else high

    def density(x):
        return np.exp(-0.5 * (x - start) * (x + start))

    span = (low, min(high, low + 15))
    parts = [
        integrate.quad(lambda x, k=k: x**k * density(x), *span, epsabs=0, epsrel=1e-13)[0] for k in (0, 1)
    ]
    mean = parts[1] / parts[0]
    square = integrate.quad(lambda x: (x - mean) ** 2 * density(x), *span, epsabs=0, epsrel=1e-13)[0]
    assert found.mean == pytest.approx(mean, rel=1e-11)
    assert found.sd == pytest.approx(np.sqrt(square / parts[0]), rel=1e-10)


@pytest.mark.parametrize(("low", "high"), [(0.5, 3), (0, 2), (1, INF), (50, INF)])
def test_lognormal_mean_has_a_closed_form(low, high):
    s = 0.6
    found = distribution("lognormal", {"median": 1, "log_sd": s}, truncate=(low, high))
    with np.errstate(divide="ignore"):
        a, b = np.log([low, high]) / s

    def between(shift):
        return stats.norm.sf(a - shift) - stats.norm.sf(b - shift)

    raw = [np.exp(0.5 * (k * s) ** 2) * between(k * s) / between(0) for k in (1, 2)]
    assert found.mean == pytest.approx(raw[0], rel=1e-10)
    assert found.sd == pytest.approx(np.sqrt(raw[1] - raw[0] ** 2), rel=1e-8)


def test_a_heavy_tail_keeps_its_moments():
    """Almost nothing is cut off, so the moments are those of the whole, known exactly."""
    whole = distribution("lognormal", {"median": 1, "log_sd": 3})
    found = distribution("lognormal", {"median": 1, "log_sd": 3}, truncate=(1e-60, INF))
    assert found.mean == pytest.approx(whole.mean, rel=1e-10)
    assert found.sd == pytest.approx(whole.sd, rel=1e-10)


def test_open_tails_stay_accurate():
    found = distribution("normal", NORMAL, truncate=(0, INF))
    np.testing.assert_allclose(found.isf(TAIL), stats.norm.isf(TAIL / 2), rtol=1e-13)
    found = distribution("normal", NORMAL, truncate=(-INF, 0))
    np.testing.assert_allclose(found.ppf(TAIL), stats.norm.ppf(TAIL / 2), rtol=1e-13)
    low = distribution("pert", {"low": 0, "mode": 1, "high": 3}, truncate=(0, 1))
    whole = distribution("pert", {"low": 0, "mode": 1, "high": 3})
    np.testing.assert_allclose(low.ppf(TAIL), whole.ppf(TAIL * float(whole.cdf(1))), rtol=1e-12)


def test_bounds_deep_in_the_tail_are_kept_to_the_digit():
    found = distribution("normal", NORMAL, truncate=(30, 31))
    x = found.ppf(np.linspace(0, 1, 101))
    assert x[0] == 30
    assert x[-1] == 31
    assert np.all(np.diff(x) > 0)
    assert found.mean == pytest.approx(30.03326, abs=1e-4)


def test_bounds_beyond_the_support_change_nothing():
    whole = distribution("triangular", {"low": 0, "mode": 1, "high": 4})
    found = distribution("triangular", {"low": 0, "mode": 1, "high": 4}, truncate=(-1, INF))
    u = np.linspace(0, 1, 51)
    np.testing.assert_array_equal(found.ppf(u), whole.ppf(u))
    assert (found.support, found.mean, found.sd, found.breaks) == ((0, 4), whole.mean, whole.sd, whole.breaks)


def test_breaks_are_those_of_the_whole_rescaled():
    found = distribution("triangular", {"low": 0, "mode": 1, "high": 4}, truncate=(0.5, 4))
    np.testing.assert_allclose(found.breaks, [(0.25 - 0.0625) / (1 - 0.0625)], rtol=1e-14)


def test_an_atom_on_a_bound_stays_and_one_beyond_goes():
    given = {"values": [0, 1, 2, 3], "weights": [0.4, 0.3, 0.2, 0.1]}
    found = distribution("discrete", given, truncate=(1, 2))
    np.testing.assert_allclose(found.breaks, [0.6], rtol=1e-14)
    np.testing.assert_array_equal(found.ppf([0, 0.59, 0.61, 1]), [1, 1, 2, 2])
    np.testing.assert_allclose([found.mean, found.sd], [1.4, np.sqrt(0.24)], rtol=1e-13)
    only = distribution("discrete", given, truncate=(2.5, 9))
    assert only.is_constant
    assert (only.mean, only.sd, only.support) == (3, 0, (3, 3))


def test_a_bound_in_a_gap_gives_the_support_beyond_it():
    parts = [table(0.3, "uniform", low=0, high=1), table(0.7, "uniform", low=2, high=3)]
    found = distribution("mixture", {"components": parts}, truncate=(1.5, 2.5))
    assert found.support == (2, 2.5)
    np.testing.assert_allclose(found.ppf([0, 0.5, 1]), [2, 2.25, 2.5], rtol=1e-14)
    below = distribution("mixture", {"components": parts}, truncate=(-1, 1.5))
    assert below.support == (0, 1)
    assert below.mean == pytest.approx(0.5, rel=1e-13)


def test_text_family_and_parameters():
    found = distribution("normal", NORMAL, truncate=(0, INF))
    assert found.text == "Normal(mean 0, sd 1) truncated to [0, inf]"
    assert (found.family, found.parameters, found.truncate) == ("normal", NORMAL, (0.0, INF))
    assert found == distribution(found.family, found.resolved, truncate=found.truncate)
    assert found != distribution("normal", NORMAL)


@pytest.mark.parametrize(
    "bounds", [(2, 1), (1,), 3, "01", {"low": 0, "high": 1}, (float("nan"), 1), (True, 2), ("0", 1)]
)
def test_refuses_what_are_no_bounds(bounds):
    assert all(key.startswith("truncate") for key in problems("normal", NORMAL, truncate=bounds))


@pytest.mark.parametrize("bounds", [(4, 5), (-2, -1), (0.3, 0.3)])
def test_refuses_bounds_without_mass(bounds):
    found = problems("uniform", {"low": 0, "high": 1}, truncate=bounds)
    assert found["truncate"].rule == "leaves nothing of Uniform(0, 1), whose support is [0, 1]"
    assert found["truncate"].value == list(bounds)
    problems("normal", NORMAL, truncate=(40, INF))


def test_names_problems_of_parameters_and_bounds_together():
    assert set(problems("normal", {"mean": 0, "sd": 0}, truncate=(1, 0))) == {"sd", "truncate"}
