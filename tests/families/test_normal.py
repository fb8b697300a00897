import numpy as np
import pytest
from scipy import stats

from mcengine.families import distribution

from .oracle import agree, problems


@pytest.mark.parametrize(("mean", "sd"), [(0, 1), (-40, 0.5), (1e3, 250)])
def test_agrees_with_scipy(mean, sd):
    found = distribution("normal", {"mean": mean, "sd": sd})
    agree(found, stats.norm(mean, sd))
    assert (found.support, found.breaks) == ((-np.inf, np.inf), ())


def test_both_tails_are_mirror_images():
    found = distribution("normal", {"mean": 0, "sd": 1})
    u = np.array([1e-300, 1e-100, 1e-16])
    np.testing.assert_array_equal(found.ppf(u), -found.isf(u))
    np.testing.assert_allclose(found.ppf(1e-300), -37.0470963, rtol=1e-9)
    np.testing.assert_array_equal(found.ppf([0, 1]), [-np.inf, np.inf])


@pytest.mark.parametrize("sd", [0, -1])
def test_refuses_a_spread_that_is_not_positive(sd):
    assert problems("normal", {"mean": 0, "sd": sd})["sd"].rule == "must be above 0"
