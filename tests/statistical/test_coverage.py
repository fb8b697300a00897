"""Do 95% intervals hold the truth in 95 of 100 runs? Exact answers, runs that differ in their seed alone."""

from __future__ import annotations

import pytest
from scipy import stats

from tests.statistical.harness import coverage

ALARM = 1e-3  # chance that any check of a test's whole family fails although all intervals cover 95%


def band(runs: int, checks: int) -> tuple[int, int]:
    """Fewest and most of `runs` that may hold the truth: binomial tails of ALARM / (2 checks) each."""
    tail = ALARM / (2 * checks)
    law = stats.binom(runs, 0.95)
    return int(law.ppf(tail)), int(law.isf(tail))


def test_the_band_is_as_wide_as_it_says() -> None:
    for runs, checks in ((300, 8), (2000, 16)):
        low, high = band(runs, checks)
        law = stats.binom(runs, 0.95)
        assert checks * (law.cdf(low - 1) + law.sf(high)) <= ALARM
        assert checks * (law.cdf(low) + law.sf(high)) > ALARM / 2 or checks * law.sf(high - 1) > ALARM / 2


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_intervals_of_a_skewed_output_cover(sampler: str) -> None:
    """300 runs of 32 replicates of 128 draws: mean, P05, P(y > 0) and shortfall.

    The family is 4 statistics and 2 samplers; all 8 within the binomial band that a correct engine leaves
    with a chance below 1e-3.
    """
    low, high = band(300, 8)
    found = coverage(sampler, 300, draws=128, replicates=32, outputs=("skewed",))
    assert len(found) == 4
    assert {name: held for name, held in found.items() if not low <= held <= high} == {}


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_intervals_cover_in_two_thousand_runs(sampler: str) -> None:
    """2,000 runs of both outputs; the family is 8 statistics and 2 samplers, false alarm below 1e-3 in all."""
    low, high = band(2000, 16)
    found = coverage(sampler, 2000, draws=128, replicates=32, outputs=("plain", "skewed"))
    assert len(found) == 8
    assert {name: held for name, held in found.items() if not low <= held <= high} == {}
