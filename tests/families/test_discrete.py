import numpy as np
import pytest

from mcengine.families import distribution

from .oracle import problems

GIVEN = {"values": [2, 0, 5], "weights": [0.2, 0.7, 0.1]}


def test_each_value_holds_over_its_own_stretch():
    found = distribution("discrete", GIVEN)
    np.testing.assert_array_equal(found.ppf([0, 0.1, 0.7, 0.75, 0.95, 1]), [0, 0, 0, 2, 5, 5])
    np.testing.assert_array_equal(found.isf([0, 1e-300, 0.05, 0.15, 0.35, 1]), [5, 5, 5, 2, 0, 0])
    np.testing.assert_allclose(found.breaks, [0.7, 0.9], rtol=1e-15)
    assert found.support == (0, 5)


def test_chances_on_both_sides_of_a_value():
    found = distribution("discrete", GIVEN)
    x = [-1, 0, 1, 2, 5, 6]
    np.testing.assert_allclose(found.cdf(x), [0, 0.7, 0.7, 0.9, 1, 1], rtol=1e-15)
    np.testing.assert_allclose(found.below(x), [0, 0, 0.7, 0.7, 0.9, 1], rtol=1e-15)
    np.testing.assert_allclose(found.sf(x), [1, 0.3, 0.3, 0.1, 0, 0], rtol=1e-15)
    np.testing.assert_allclose(found.at_least(x), [1, 1, 0.3, 0.3, 0.1, 0], rtol=1e-15)


def test_moments():
    found = distribution("discrete", GIVEN)
    assert found.mean == pytest.approx(0.9, rel=1e-15)
    assert found.sd == pytest.approx(np.sqrt(0.8 + 2.5 - 0.81), rel=1e-15)
    assert found.median == 0


def test_a_value_without_weight_is_dropped():
    found = distribution("discrete", {"values": [1, 2], "weights": [1, 0]})
    assert found.is_constant
    assert found.support == (1, 1)


def test_text_stops_after_six_values():
    assert distribution("discrete", GIVEN).text == "Discrete(0: 0.7, 2: 0.2, 5: 0.1)"
    many = distribution("discrete", {"values": list(range(8)), "weights": [0.125] * 8})
    assert many.text.endswith("5: 0.125, and 2 more)")


def test_refuses_weights_that_do_not_fit():
    assert problems("discrete", {"values": [1, 2], "weights": [0.5, 0.4]})["weights"].value == 0.9
    assert set(problems("discrete", {"values": [1, 1], "weights": [0.5, 0.5]})) == {"values"}
    assert set(problems("discrete", {"values": [1, 2], "weights": [1]})) == {"weights"}
    assert set(problems("discrete", {"values": [1, 2], "weights": [1.5, -0.5]})) == {"weights[2]"}
    assert set(problems("discrete", {"values": [], "weights": []})) == {"values", "weights"}
