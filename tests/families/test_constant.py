import numpy as np
import pytest

from mcengine.families import distribution

from .oracle import U, problems


def test_is_one_value_for_certain():
    found = distribution("constant", {"value": 0.0225})
    assert set(found.ppf(U)) == set(found.isf(U)) == {0.0225}
    assert (found.mean, found.sd, found.median, found.support) == (0.0225, 0.0, 0.0225, (0.0225, 0.0225))
    assert found.is_constant
    assert found.breaks == ()
    assert found.text == "0.0225"


def test_all_mass_is_on_the_value():
    found = distribution("constant", {"value": 2})
    np.testing.assert_array_equal(found.cdf([1, 2, 3]), [0, 1, 1])
    np.testing.assert_array_equal(found.below([1, 2, 3]), [0, 0, 1])
    np.testing.assert_array_equal(found.sf([1, 2, 3]), [1, 0, 0])
    np.testing.assert_array_equal(found.at_least([1, 2, 3]), [1, 1, 0])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "1", None, [1.0], 10**400])
def test_refuses_what_is_no_finite_number(value):
    assert set(problems("constant", {"value": value})) == {"value"}
