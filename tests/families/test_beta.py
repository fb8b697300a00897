import numpy as np
import pytest
from scipy import special, stats

from mcengine.families import distribution

from .oracle import agree, problems


@pytest.mark.parametrize(("mean", "n"), [(0.51, 12), (0.906, 80), (0.289, 60), (0.5, 2), (0.3, 1.2)])
def test_mean_and_n_are_a_beta(mean, n):
    found = distribution("beta", {"mean": mean, "n": n})
    agree(found, stats.beta(mean * n, (1 - mean) * n), tail=10.0 ** np.arange(-9, -2))


def test_shapes_may_be_given_instead():
    found = distribution("beta", {"a": 2, "b": 5})
    agree(found, stats.beta(2, 5), tail=10.0 ** np.arange(-9, -2))
    assert found.text == "Beta(2, 5)"
    assert distribution("beta", {"mean": 0.5, "n": 12}).text == "Beta(mean 0.5, n 12)"


@pytest.mark.parametrize(("a", "b"), [(6.12, 5.88), (4.5, 1.5), (0.5, 0.5), (1, 9)])
def test_low_tail_follows_the_power_law(a, b):
    """Where x is below 1e-12, u = x^a / (a B(a, b)) to more digits than a double holds."""
    u = np.array([1e-300, 1e-200, 1e-100])
    x = distribution("beta", {"a": a, "b": b}).ppf(u)
    np.testing.assert_allclose(x, (u * a * special.beta(a, b)) ** (1 / a), rtol=1e-11)


@pytest.mark.parametrize(("a", "b"), [(72, 8), (8, 72), (47.1, 243.3), (500, 500), (0.05, 0.3), (253, 22)])
def test_quantiles_are_finite_and_ordered_far_out(a, b):
    x = distribution("beta", {"a": a, "b": b}).ppf(10.0 ** np.arange(-300, 0))
    assert np.all(np.diff(x) >= 0)
    assert x[0] >= 0
    assert x[-1] < 1


@pytest.mark.parametrize(("a", "b"), [(72, 8), (500, 500), (47.1, 243.3)])
def test_far_tail_inverts_the_cdf(a, b):
    u = np.array([1e-280, 1e-210, 1e-190, 1e-100, 1e-20])
    found = distribution("beta", {"a": a, "b": b})
    np.testing.assert_allclose(found.cdf(found.ppf(u)), u, rtol=1e-9)


def test_refuses_impossible_parameters():
    assert set(problems("beta", {"mean": 1.0, "n": 0})) == {"mean", "n"}
    assert set(problems("beta", {"mean": 0, "n": 3})) == {"mean"}
    assert set(problems("beta", {"a": 0, "b": -1})) == {"a", "b"}
