import numpy as np
import pytest
from scipy import stats

from mcengine.families import distribution

from .oracle import agree, problems


@pytest.mark.parametrize(("median", "log_sd"), [(1.0, 0.6), (2000, 0.43), (1e-3, 3)])
def test_agrees_with_scipy(median, log_sd):
    found = distribution("lognormal", {"median": median, "log_sd": log_sd})
    agree(found, stats.lognorm(log_sd, scale=median))
    assert found.median == median


@pytest.mark.parametrize(("p_low", "p_high"), [(0.05, 0.95), (1e-9, 0.5), (0.6, 0.7)])
def test_runs_through_the_two_quantiles(p_low, p_high):
    found = distribution("lognormal", {"p_low": p_low, "x_low": 2.0, "p_high": p_high, "x_high": 9.0})
    np.testing.assert_allclose(found.ppf([p_low, p_high]), [2.0, 9.0], rtol=1e-12)


def test_text_is_the_way_it_was_given():
    found = distribution("lognormal", {"p_low": 0.05, "x_low": 2, "p_high": 0.95, "x_high": 9})
    assert found.text == "Lognormal(P5 2, P95 9)"
    assert distribution("lognormal", {"median": 1, "log_sd": 0.6}).text == "Lognormal(median 1, log-sd 0.6)"


def test_refuses_impossible_parameters():
    assert set(problems("lognormal", {"median": 0, "log_sd": -1})) == {"median", "log_sd"}
    assert set(problems("lognormal", {"median": 1, "log_sd": 40})) == {"log_sd"}
    two = {"p_low": 0.9, "x_low": 2, "p_high": 0.1, "x_high": 1}
    assert set(problems("lognormal", two)) == {"p_high", "x_high"}
    assert set(problems("lognormal", {**two, "p_low": 0, "x_low": -1, "x_high": 3})) == {"p_low", "x_low"}


def test_refuses_a_mix_of_the_two_forms():
    found = problems("lognormal", {"median": 1, "log_sd": 0.6, "x_low": 0.5})
    assert "does not go with median, log_sd" in found["x_low"].rule
