import numpy as np
import pytest
from scipy import special, stats

from mcengine.families import distribution

from .oracle import agree, problems

SHAPES = [
    (1.75, 2.4952381, 3.25, 4),
    (0, 0.06, 0.15, 4),
    (0, 0, 1, 4),
    (-1, 3, 3, 4),
    (0, 0.1, 0.2, 25),
    (2, 3, 9, 0.5),
]


@pytest.mark.parametrize(("low", "mode", "high", "peak"), SHAPES)
def test_agrees_with_a_scaled_beta(low, mode, high, peak):
    found = distribution("pert", {"low": low, "mode": mode, "high": high, "lambda": peak})
    width = high - low
    a, b = 1 + peak * (mode - low) / width, 1 + peak * (high - mode) / width
    agree(found, stats.beta(a, b, low, width), tail=10.0 ** np.arange(-9, -2))
    assert found.mean == pytest.approx((low + peak * mode + high) / (peak + 2), rel=1e-14)
    assert found.breaks == ()


def test_lambda_is_four_unless_given():
    three = {"low": 1.6, "mode": 1.97, "high": 2.3}
    plain, four = distribution("pert", three), distribution("pert", {**three, "lambda": 4})
    assert plain.ppf(0.3) == four.ppf(0.3)
    assert (plain.text, four.text) == ("PERT(1.6, 1.97, 2.3)", "PERT(1.6, 1.97, 2.3, lambda 4)")
    assert plain.parameters == three


def test_tails_follow_the_power_law():
    low = distribution("pert", {"low": 0, "mode": 0.06, "high": 0.15})
    high = distribution("pert", {"low": -0.15, "mode": -0.06, "high": 0})
    a, b = 1 + 4 * 0.4, 1 + 4 * 0.6
    expected = 0.15 * (1e-300 * a * special.beta(a, b)) ** (1 / a)
    np.testing.assert_allclose(low.ppf(1e-300), expected, rtol=1e-12)
    np.testing.assert_allclose(high.isf(1e-300), -expected, rtol=1e-12)


def test_refuses_impossible_points():
    assert set(problems("pert", {"low": 3, "mode": 2, "high": 1})) == {"high"}
    assert set(problems("pert", {"low": 1, "mode": 1, "high": 1})) == {"high"}
    assert set(problems("pert", {"low": 1, "mode": 5, "high": 3, "lambda": 0})) == {"mode", "lambda"}
    assert str(problems("pert", {"low": 1, "mode": 5.0, "high": 3})["mode"].value) == "5.0"
