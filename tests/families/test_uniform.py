import pytest
from scipy import stats

from mcengine.families import distribution

from .oracle import agree, problems


@pytest.mark.parametrize(("low", "high"), [(0, 125), (-3.5, -1.25), (1e6, 1e6 + 1)])
def test_agrees_with_scipy(low, high):
    found = distribution("uniform", {"low": low, "high": high})
    agree(found, stats.uniform(low, high - low))
    assert found.breaks == ()
    assert found.support == (low, high)


def test_low_tail_is_exact_where_the_support_starts_at_zero():
    assert distribution("uniform", {"low": 0, "high": 2}).ppf(1e-300) == 2e-300


@pytest.mark.parametrize("high", [1, 0])
def test_refuses_a_high_that_is_not_above_low(high):
    found = problems("uniform", {"low": 1, "high": high})
    assert found["high"].rule == "must lie above low = 1"
    assert found["high"].value == high


def test_refuses_a_width_beyond_double_precision():
    assert set(problems("uniform", {"low": -1e308, "high": 1e308})) == {"high"}
