"""Shapley effects: closed forms with and without correlations, the game's axioms, intervals, and refusals.

Estimates with a standard error s from 16 replicates are held within 7 s of the truth and, where stated, within a fixed
bound: Student's t with 15 degrees of freedom exceeds 7 with chance 4e-6, so all such checks here together, some 150,
fail by chance once in a thousand seeds or more rarely. Seeds are fixed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

from mcengine import load_study
from mcengine.analysis.shapley import shapley
from mcengine.cli.shapley import shapley_text
from mcengine.errors import AnswerNo, InputError, NonFiniteError
from mcengine.models.model import YEAR, Output
from tests.analysis import exact
from tests.analysis.gaussian import SIGMAS, Floats, check, closed_form, errors, gaussian, one_factor, values
from tests.engine.make import STANDARD, UNIT, assumption_set, first_input, model, simple, study

SEED = 20261123


def _product(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = (1.0 + x[0, i]) * (1.0 + x[1, i])


def _rarely_infinite(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = np.inf if x[0, i] > 1.0 - 5e-5 else x[1, i]


CHAIN = np.eye(5)
for _i, _j in pairwise(range(5)):
    CHAIN[_i, _j] = CHAIN[_j, _i] = -0.5

CASES: dict[str, tuple[Floats, tuple[float, ...]]] = {
    "two at 0.9": (one_factor(2, 0.9), (1.0, 1.0)),
    "two at -0.9, unequal": (one_factor(2, -0.9), (1.0, 3.0)),
    "three, two of them tied": (np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.6], [0.0, 0.6, 1.0]]), (1.0, 2.0, 3.0)),
    "four at 0.5": (one_factor(4, 0.5), (1.0, -2.0, 0.5, 3.0)),
    "five at 0.9": (one_factor(5, 0.9), (1.0, 2.0, 3.0, 4.0, 5.0)),
    "chain of five": (CHAIN, (1.0, 1.0, 2.0, 0.0, 1.0)),
    "two blocks": (np.kron(np.eye(2), one_factor(2, 0.7)), (1.0, 2.0, 1.0, 0.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_all_orders_give_the_closed_form_of_the_linear_gaussian_model(name: str) -> None:
    correlation, weights = CASES[name]
    given_study, linear = gaussian(correlation, weights)
    result = shapley(given_study, model=linear, seed=SEED, n=1 << 11)
    assert result.permutations is None
    check(result, closed_form(correlation, weights), 2e-3)


@pytest.mark.parametrize("name", CASES)
def test_random_orders_give_the_closed_form_too(name: str) -> None:
    correlation, weights = CASES[name]
    given_study, linear = gaussian(correlation, weights)
    result = shapley(given_study, model=linear, seed=SEED, n=1 << 12, permutations=1)
    assert result.evaluations == 16 * (1 << 12) * (1 + len(weights))
    check(result, closed_form(correlation, weights), 1.2e-2)


def test_many_correlated_inputs_in_random_orders() -> None:
    weights = tuple(float(j % 3) for j in range(1, 11))
    correlation = np.eye(10)
    correlation[:4, :4], correlation[4:7, 4:7] = one_factor(4, 0.6), one_factor(3, -0.3)
    blocks = [range(4), range(4, 7), [7], [8], [9]]
    truth, variance = np.zeros(10), np.array(weights) @ correlation @ np.array(weights)
    for block in blocks:  # a sum over independent blocks: each block's effects are those of its own sum
        own = np.array(weights)[list(block)]
        part = correlation[np.ix_(block, block)]
        truth[list(block)] = closed_form(part, own) * (own @ part @ own) / variance if own.any() else 0.0
    given_study, linear = gaussian(correlation, weights)
    result = shapley(given_study, model=linear, seed=SEED, n=1 << 12)
    assert result.permutations == 1
    check(result, truth, 1e-2)


@pytest.mark.parametrize(("orders", "within"), [(None, 1e-3), (2, 1e-2)])
def test_ishigami(orders: int | None, within: float) -> None:
    """Independent inputs: a part of the variance is shared equally by the inputs that make it (Owen 2014, eq. 8)."""
    s1, total = exact.ishigami()
    shared = s1 + (total - s1) / 2  # x1 and x3 act together in one pair
    result = shapley(load_study("textbook/ishigami"), seed=SEED, n=1 << 12, permutations=orders)
    check(result, shared, within)


@pytest.mark.parametrize(("orders", "within"), [(None, 1e-3), (1, 1e-2)])
def test_g_function(orders: int | None, within: float) -> None:
    own = 1.0 / (3.0 * (1.0 + np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])) ** 2)
    truth = np.zeros(8)
    for size in range(1, 9):
        for members in combinations(range(8), size):
            truth[list(members)] += np.prod(own[list(members)]) / size
    result = shapley(load_study("textbook/g_function"), seed=SEED, n=1 << 11, permutations=orders)
    check(result, truth / (np.prod(1.0 + own) - 1.0), within)


def test_an_independent_input_that_does_nothing_gets_nothing() -> None:
    given_study, linear = gaussian(np.eye(3), (1.0, 0.0, 2.0))
    for orders in (None, 1):
        idle = shapley(given_study, model=linear, seed=SEED, n=64, permutations=orders)["x1"].share
        assert idle.value == 0.0
        assert idle.ci95 == (0.0, 0.0)


@pytest.mark.parametrize("rho", [0.3, 0.9])
def test_a_correlated_input_that_does_nothing_gets_half_of_what_it_tells(rho: float) -> None:
    given_study, linear = gaussian(one_factor(2, rho), (1.0, 0.0))
    result = shapley(given_study, model=linear, seed=SEED, n=1 << 11)
    check(result, np.array([1.0 - rho**2 / 2, rho**2 / 2]), 2e-3)
    assert result["x1"].correlated == ("x0",)


def test_inputs_that_can_be_swapped_get_the_same() -> None:
    names, laws = ["a", "b"], dict.fromkeys("ab", ("lognormal", {"median": 1.0, "log_sd": 0.5}))
    given_study = simple(laws, correlations={("a", "b"): 0.6})  # type: ignore[arg-type]
    result = shapley(given_study, model=model(_product, names), seed=SEED, n=1 << 11)
    check(result, np.array([0.5, 0.5]), 5e-3)


def test_groups_may_cut_through_correlations() -> None:
    correlation, weights = one_factor(4, 0.5), (1.0, -2.0, 0.5, 3.0)
    given_study, linear = gaussian(correlation, weights)
    truth = closed_form(correlation, weights, [[0, 3], [1], [2]])
    for orders, within in ((None, 2e-3), (1, 1.2e-2)):
        result = shapley(
            given_study, model=linear, seed=SEED, n=1 << 12, groups={"ends": ["x3", "x0"]}, permutations=orders
        )
        assert list(result.effects) == ["ends", "x1", "x2"]
        assert result["ends"].members == ("x0", "x3")
        assert result["ends"].correlated == ("x1", "x2")
        check(result, truth, within)
        assert result.to_dict()["groups"]["ends"]["members"] == ["x0", "x3"]


def test_one_group_of_everything_carries_everything() -> None:
    given_study, linear = gaussian(one_factor(2, 0.4), (1.0, 2.0))
    result = shapley(given_study, model=linear, seed=SEED, n=64, groups={"all": ["x0", "x1"]})
    assert values(result).tolist() == [1.0]


@pytest.mark.parametrize("orders", [None, 1])
def test_threads_change_no_bit(orders: int | None) -> None:
    given_study = load_study("textbook/g_function")
    one, two = (shapley(given_study, seed=SEED, n=256, threads=t, permutations=orders) for t in (1, 3))
    assert one.digest == two.digest
    assert one.digest != shapley(given_study, seed=SEED + 1, n=256, permutations=orders).digest


def test_evidence_in_full() -> None:
    result = shapley(load_study("evidence"), seed=7, n=1024)
    assert len(result.effects) == 25
    assert abs(values(result).sum() - 1.0) < 1e-14
    assert result.ordered[0].name == "leverage"
    assert result["leverage"].correlated == ("market_growth", "revenue_per_medicine", "nl_share")
    assert any(note.startswith("these inputs are correlated: leverage, market_growth") for note in result.notes)
    assert any(note.startswith("a value of positive chance: structural_share") for note in result.notes)
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert {"study", "output", "unit", "method", "seed", "n", "replicates", "evaluations", "digest", "notes"} <= {
        *plain
    }
    assert plain["evaluations"] == 16 * 1024 * 26
    assert list(plain["inputs"]) == list(load_study("evidence").uncertain)
    assert plain["ranking"]["top"][0] == "leverage"
    printed = shapley_text(result)
    assert printed.startswith("evidence: leverage carries 5")
    assert "these inputs are correlated" in printed


@pytest.mark.slow
def test_evidence_with_many_points_agrees_with_few() -> None:
    """Two computations of 25 effects: within 7 standard errors of the coarser one."""
    given_study = load_study("evidence")
    coarse, fine = shapley(given_study, seed=7), shapley(given_study, seed=8, n=1 << 16)
    shares = [effect.share for effect in coarse.effects.values()]
    assert (np.abs(values(coarse) - values(fine)) < SIGMAS * errors(shares) + 1e-9).all()


POOL = (assumption_set({"a": UNIT, "b": UNIT}, name="one"), 0.5), (assumption_set({"a": STANDARD}, name="two"), 0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"permutations": 0}, "permutations = 0: must be a whole number from 1 to 1024"),
        ({"permutations": True}, "permutations = True"),
        ({"n": 8}, "n = 8"),
        ({"replicates": 1}, "replicates = 1"),
        ({"output": "z"}, "is not an output"),
        ({"groups": {"g": ["x0", "x9"]}}, "is not an input"),
        ({"groups": {"g": ["x0"], "h": ["x0"]}}, "is already in group g"),
        ({"groups": {"g": []}}, "has no inputs"),
        ({"groups": {"x0": ["x0", "x1"]}}, "is the name of an input"),
    ],
)
def test_options_that_cannot_be(options: Mapping[str, Any], message: str) -> None:
    given_study, linear = gaussian(np.eye(3), (1.0, 2.0, 3.0))
    with pytest.raises(InputError, match=message):
        shapley(given_study, model=linear, **options)


def test_a_group_with_a_fixed_input_is_refused() -> None:
    given_study, linear = gaussian(np.eye(3), (1.0, 2.0, 3.0))
    with pytest.raises(InputError, match="is fixed in this study"):
        shapley(replace(given_study, fixed={"x1": 0.0}), model=linear, groups={"g": ["x0", "x1"]})


def test_a_pool_of_sets_is_refused_with_advice() -> None:
    with pytest.raises(InputError, match=r"pools the sets one, two.*ask for .* one set, or for sobol"):
        shapley(study(("a", "b"), *POOL), model=model(first_input, ("a", "b")))


def test_outputs_without_a_variance_are_refused() -> None:
    given_study, linear = gaussian(np.eye(2), (0.0, 0.0))
    with pytest.raises(AnswerNo, match="the same in every evaluation"):
        shapley(given_study, model=linear, n=16)
    years = model(first_input, ("x0", "x1"), outputs=(Output("y", kind="continuous"), Output("when", kind=YEAR)))
    with pytest.raises(InputError, match="may be 'never'"):
        shapley(given_study, model=years, output="when")


def test_a_non_finite_output_is_named() -> None:
    """One draw in 20,000 is lost: none of the pilot's 4,096 under this seed."""
    given_study = simple({"a": UNIT, "b": UNIT})
    with pytest.raises(NonFiniteError, match="output 'y' is not a finite number") as caught:
        shapley(given_study, model=model(_rarely_infinite, ("a", "b")), seed=2, n=1 << 14, replicates=4)
    assert caught.value.draws[0][0] < 4
    assert caught.value.inputs["a"] > 1.0 - 5e-5
