import numpy as np
import pytest
from scipy import stats

from mcengine.families import distribution

from .oracle import agree, problems


@pytest.mark.parametrize(("low", "mode", "high"), [(0, 1, 4), (-2, -2, 3), (1, 5, 5), (0.1, 0.9, 1.0)])
def test_agrees_with_scipy(low, mode, high):
    found = distribution("triangular", {"low": low, "mode": mode, "high": high})
    oracle = stats.triang((mode - low) / (high - low), low, high - low)
    agree(found, oracle, rtol=1e-12, tail=10.0 ** np.arange(-8, -2))


def test_tails_are_roots():
    found = distribution("triangular", {"low": 0, "mode": 1, "high": 4})
    np.testing.assert_allclose(found.ppf(1e-300), 2e-150, rtol=1e-14)
    mirror = distribution("triangular", {"low": -4, "mode": -1, "high": 0})
    np.testing.assert_allclose(mirror.isf(1e-300), -2e-150, rtol=1e-14)


@pytest.mark.parametrize("mode", [0, 4])
def test_a_side_of_no_width_has_chances_at_both_ends(mode):
    found = distribution("triangular", {"low": 0, "mode": mode, "high": 4})
    x = [0, 4]
    for function in (found.cdf, found.below):
        np.testing.assert_array_equal(function(x), [0, 1])
    for function in (found.sf, found.at_least):
        np.testing.assert_array_equal(function(x), [1, 0])


def test_kinks_at_the_mode_only():
    assert distribution("triangular", {"low": 0, "mode": 1, "high": 4}).breaks == (0.25,)
    assert distribution("triangular", {"low": 0, "mode": 0, "high": 4}).breaks == ()


@pytest.mark.parametrize("mode", [0.5, 3.5])
def test_refuses_a_mode_outside(mode):
    found = problems("triangular", {"low": 1, "mode": mode, "high": 3})
    assert (found["mode"].value, found["mode"].rule) == (mode, "must lie between low = 1 and high = 3")
