"""Whole candidates: the plain twin, the laws of chance, and that luck on average is what is expected."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats

from mcengine import Model, Study, load_study
from mcengine.engine.problem import build_problem
from mcengine.errors import InputError
from mcengine.models.build import build_model, pipeline_model
from mcengine.models.chance import SIGMA, binomial, revenue
from tests.models.test_pipeline import prices, scarce, study_and_model, tables
from tests.models.twin import Floats, compare

STUDIES = ("replica", "replica:2050", "four_phases")


@cache
def lucky(name: str) -> tuple[Study, Model]:
    study, _ = study_and_model(name)
    assert study.plan is not None
    return study, pipeline_model(study, study.plan, luck=True)


def uniforms(model: Model, count: int, seed: int) -> Floats:
    return np.random.default_rng(seed).random((len(model.luck), count))


@pytest.mark.parametrize("name", STUDIES)
def test_equals_its_plain_twin(name: str) -> None:
    study, model = lucky(name)
    compare(study, model, scarce(study, model, 300, seed=31), uniforms(model, 300, seed=32))


@pytest.mark.parametrize("name", STUDIES)
def test_a_draw_does_not_depend_on_its_block_or_its_place_in_it(name: str) -> None:
    study, model = lucky(name)
    x, luck = scarce(study, model, 200, seed=33), uniforms(model, 200, seed=34)
    whole = model.evaluate(x, luck=luck)
    parts = [model.evaluate(x[:, a : a + 8], luck=luck[:, a : a + 8]) for a in range(0, 200, 8)]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    order = np.random.default_rng(1).permutation(200)
    assert np.array_equal(model.evaluate(x[:, order], luck=luck[:, order]), whole[:, order])
    assert np.array_equal(model.evaluate(x, luck=luck, headline_only=True), whole[: len(model.headline_outputs)])


@pytest.mark.parametrize("name", STUDIES)
def test_candidates_are_whole_and_money_is_overdrawn_by_less_than_one(name: str) -> None:
    study, model = lucky(name)
    x = scarce(study, model, 500, seed=35)
    found = tables(study, model, x, uniforms(model, 500, seed=36))
    assert study.plan is not None
    for p, phase in enumerate(study.plan.phases):
        price = prices(study, model, x)[p]
        for kind in ("started", "waiting"):
            assert np.array_equal(found[f"{kind}_{phase.name}"] % 1.0, np.zeros_like(found["launches"]))
        assert np.all(found[f"unspent_{phase.name}"] > -price * (1 + 1e-9))
        assert np.all(found[f"lack_candidates_{phase.name}"] > -1.0 - 1e-9)
    launched = found["candidates_launched"]
    assert np.array_equal(np.round(launched), launched)
    assert np.all(found["launches"] <= launched * (1 + 1e-12))
    given = np.cumsum(found["public_pipeline"] + found["private"], axis=0)
    spent = np.cumsum(found["rnd_activity"], axis=0) / x[model.inputs.index("multiplier")]
    assert np.all(np.abs(given - spent - found["unspent"]) <= 1e-11 * given[-1])


@pytest.mark.parametrize("years", [0.0, 0.4])
def test_on_average_luck_is_what_is_expected(years: float) -> None:
    """Where nothing runs short: the mean over luck is the expected-value kernel's answer, in every output.

    Within 5.2 standard errors of 40,000 draws (2e-7 each), some 580 correlated outputs, twice: at most 2.4e-4.
    """
    study = load_study("replica", accounting="pipeline", horizon=2045, spend_until=2045)
    study = study.overridden({name: study.baseline()[name] + years for name in durations(study)})
    assert study.plan is not None
    model = pipeline_model(study, study.plan, luck=True)
    x = np.array([[study.baseline()[name]] for name in model.inputs])
    expected = build_model(study).evaluate(x)[:, 0]
    count = 40_000
    found = model.evaluate(np.repeat(x, count, axis=1), luck=uniforms(model, count, seed=37))
    checked = 0
    for output, values, exact in zip(model.outputs, found, expected, strict=True):
        if output.name == "payback_year" or output.name.startswith("lack_money"):
            continue  # not linear in what is drawn: chance holds some candidates up for whom others then pay
        error = values.std() / np.sqrt(count) + 1e-9 * (abs(exact) + 1.0)
        assert abs(values.mean() - exact) < 5.2 * error, output.key
        checked += values.std() > 0
    assert checked > 250


def durations(study: Study) -> list[str]:
    assert study.plan is not None
    return [phase.duration for phase in study.plan.phases]


# ---------------------------------------------------------------- the laws of chance


@pytest.mark.parametrize("n", [1, 2, 7, 60, 399, 401, 1000, 20_000])
@pytest.mark.parametrize("p", [1e-6, 0.01, 0.289, 0.5, 0.500001, 0.906, 0.999999])
def test_binomial_quantiles(n: int, p: float) -> None:
    """Scipy's quantile, or its neighbour where the uniform is within rounding of a step."""
    rng = np.random.default_rng(39)
    u = np.concatenate([rng.random(40), [2.0**-53, 1e-12, 1.0 - 2.0**-53]])
    found = np.array([binomial(float(n), p, float(value)) for value in u])
    for k, value in zip(found, u, strict=True):
        assert k == int(k)
        assert 0 <= k <= n
        low, high = stats.binom.cdf(k - 1, n, p), stats.binom.cdf(k, n, p)
        assert low - 1e-10 <= value <= high + 1e-10  # ln n! for n = 20,000 is good to 4e-11
    order = np.argsort(u)
    assert np.all(np.diff(found[order]) >= 0)


def test_certain_and_empty_binomials() -> None:
    assert binomial(17.0, 1.0, 0.3) == 17.0
    assert binomial(0.0, 0.5, 0.3) == 0.0


def test_revenues_are_lognormal_with_mean_one() -> None:
    """Kolmogorov-Smirnov at 1e-4; the top decile has 55% of the sales, as the source says."""
    u = np.random.default_rng(40).random(20_000)
    values = np.array([revenue(1.0, value) for value in u])
    law = stats.lognorm(s=SIGMA, scale=np.exp(-(SIGMA**2) / 2))
    assert law.mean() == pytest.approx(1.0)
    assert stats.kstest(values, law.cdf).pvalue > 1e-4
    top = stats.norm.sf(stats.norm.ppf(0.9) - SIGMA)
    assert top == pytest.approx(0.55, abs=0.01)
    assert revenue(0.0, 0.5) == 1.0


def test_medicines_of_one_year_have_revenues_of_their_own() -> None:
    """The mean of k revenues has a kth of the variance: chi-square-like check of logs of single ones, pairwise."""
    u = np.random.default_rng(41).random(20_000)
    first = np.array([revenue(1.0, value) for value in u])
    second = np.array([2.0 * revenue(2.0, value) for value in u]) - first
    third = np.array([3.0 * revenue(3.0, value) for value in u]) - first - second
    logs = np.log(np.array([first, second, third]))
    correlations = np.corrcoef(logs)[np.triu_indices(3, 1)]
    assert np.all(np.abs(correlations) < 5.0 / np.sqrt(len(u)))  # 6e-7 each
    assert np.all(np.abs(logs.std(axis=1) / SIGMA - 1.0) < 5.0 / np.sqrt(2.0 * len(u)))


# ---------------------------------------------------------------- how it is asked for


def test_uniforms_have_names_that_a_longer_horizon_leaves_alone() -> None:
    _, short = lucky("replica")
    _, long = lucky("replica:2050")
    assert len(short.luck) == 10 * (6 * 4 + 1)
    assert set(short.luck) < set(long.luck)
    assert short.luck[:4] == tuple(f"{use}_discovery[2026]" for use in ("start", "finance", "pass", "arrive"))
    assert short.luck[-1] == "revenue[2035]"


def test_luck_must_be_given_and_only_where_it_belongs() -> None:
    study, model = lucky("replica")
    x = np.array([[study.baseline()[name]] for name in model.inputs])
    with pytest.raises(InputError, match="must have 250 rows, one for each uniform of luck"):
        model.evaluate(x)
    with pytest.raises(InputError, match="must have 0 rows"):
        build_model(study).evaluate(x, luck=np.zeros((3, 1)))
    with pytest.raises(InputError, match="has luck beside its inputs"):
        build_problem(study, seed=1, draws=64, model=model)
