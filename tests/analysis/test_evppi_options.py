"""Decisions among several options: alternatives on the study's draws, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from mcengine import load_study, sensitivity
from mcengine.analysis.evppi import evppi
from mcengine.analysis.sample import draw_sample
from mcengine.errors import InputError, NonFiniteError
from tests.analysis.test_evppi import SEED, WIDE
from tests.engine.make import STANDARD, Law, assumption_set, model, study


def _design(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[1, i] * (x[0, i] - constants[0][0]) - 0.25 * x[1, i] * x[1, i]


def test_three_options_on_the_same_draws() -> None:
    """NB = size (a - 0.2) - size^2 / 4 for sizes 0, 1 and 2: the best option is a step function of a of N(0, 1)."""
    laws: dict[str, Law] = {"a": STANDARD}
    given = study(("a", "size"), (assumption_set(laws), 1.0), values={"size": 1.0})
    double = given.overridden({"size": 2.0})
    made = model(_design, ("a", "size"), np.array([0.2]))
    result = evppi(given, model=made, alternatives=[double], seed=SEED)
    a = norm.ppf((np.arange(1 << 16) + 0.5) / (1 << 16))
    benefits = np.array([0 * a, a - 0.45, 2 * a - 1.4])
    truth = benefits.max(axis=0).mean() - benefits.mean(axis=1).max()
    assert abs(result["a"].evppi.value - truth) < WIDE * result["a"].se
    assert result.evpi.value == pytest.approx(truth, abs=WIDE * result.evpi_se)
    assert [option.name for option in result.options] == ["no-go", "tests", "tests (size = 2)"]
    assert [option.differs for option in result.options] == ["", "", "size = 2"]
    assert [option.mean.value for option in result.options] == pytest.approx([0.0, -0.45, -1.4], abs=1e-3)
    two = evppi(given, model=made, seed=SEED)
    assert two.options[1].mean == result.options[1].mean
    assert two["a"].evppi.value < result["a"].evppi.value
    named = evppi(given, model=made, alternatives={"twice": double}, seed=SEED)
    assert named.options[2].name == "twice"
    assert named.digest == result.digest


def test_a_plan_of_another_design_is_an_option() -> None:
    given = replace(load_study("evidence"), correlations=False)
    shorter = given.overridden({"leverage": 1.5}, spend_until=2030)
    result = evppi(given, alternatives=[shorter], inputs=["labour_share"], n=256, seed=SEED)
    option = result.options[2]
    assert option.differs == "leverage = 1.5, spend_until 2030"
    sample = draw_sample(shorter, n=256, replicates=16, seed=SEED)
    assert option.mean.value == pytest.approx(sample.y.mean(), rel=1e-9)


def test_what_the_study_fixes_holds_for_the_alternatives_too() -> None:
    given = load_study("evidence", set={"discount_rate": 0.04, "leverage": 1.2})
    shorter = load_study("evidence", spend_until=2030)
    result = evppi(given, alternatives=[shorter], inputs=["labour_share"], n=256, seed=SEED)
    assert result.options[2].differs == "spend_until 2030"
    both = shorter.overridden({"discount_rate": 0.04, "leverage": 1.2})
    sample = draw_sample(both, n=256, replicates=16, seed=SEED)
    assert result.options[2].mean.value == pytest.approx(sample.y.mean(), rel=1e-9)


def test_another_plans_values_stand_where_nothing_else_fixes_an_input() -> None:
    """The set has no row for `size`: each option has its own plan's value there."""
    made = model(_design, ("a", "size"), np.array([0.2]))
    members = (assumption_set({"a": STANDARD}), 1.0)
    given, other = (study(("a", "size"), members, values={"size": size}) for size in (1.0, 2.0))
    result = evppi(given, model=made, alternatives=[other], seed=SEED, n=256)
    assert result.options[2].differs == "size = 2"
    assert result.options[2].mean.value == pytest.approx(-1.4, abs=0.01)


@pytest.mark.parametrize(
    ("alternative", "words"),
    [
        (load_study("sceptical"), "rests on other assumptions .sceptical. than evidence"),
        (load_study("replica"), "rests on other assumptions"),
        (load_study("evidence"), "is evidence itself: nothing differs"),
        (load_study("textbook/ishigami"), "has other inputs than evidence"),
    ],
)
def test_what_is_no_option(alternative: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        evppi(load_study("evidence"), alternatives=[alternative], n=16)


def test_all_faults_of_the_alternatives_at_once() -> None:
    given = load_study("evidence")
    with pytest.raises(InputError) as caught:
        evppi(given, alternatives={"evidence": load_study("evidence", horizon=2050), "low": load_study("sceptical")})
    assert len(caught.value.faults) == 2
    assert "the name of another option" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"inputs": ["leverige"]}, "did you mean 'leverage'"),
        ({"inputs": ["mcpf"]}, "is fixed in this study, so there is nothing to find out"),
        ({"inputs": "leverage"}, "must be a list"),
        ({"groups": {"x": []}}, "group x: has no inputs"),
        ({"groups": {"leverage": ["leverage"]}}, "a name of its own"),
        ({"groups": {"x": ["levrage"]}, "inputs": ["mcpf"]}, "(?s)fixed in this study.*group x = 'levrage'"),
        ({"n": 1 << 20}, r"27 inputs and options would take 3.4 GiB.*n at most 131,072 with 16 replicates"),
        ({"n": 8}, "whole number from 16"),
        ({"output": "payback_year"}, "may be 'never'"),
        ({"groop": {}}, "is not an option of evppi"),
    ],
)
def test_what_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        sensitivity(load_study("evidence"), "evppi", **options)


def _root(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] + np.sqrt(x[1, i])


def test_an_alternative_that_is_no_number_is_named() -> None:
    given = study(("a", "size"), (assumption_set({"a": STANDARD}), 1.0))
    with pytest.raises(NonFiniteError, match=r"'y of below'.*size=-1.0"):
        evppi(given, model=model(_root, ("a", "size")), alternatives={"below": given.overridden({"size": -1.0})}, n=16)


def test_a_model_of_ones_own_cannot_follow_other_options() -> None:
    given = load_study("evidence")
    names = [spec.name for spec in given.inputs]
    with pytest.raises(InputError, match=r"which the model given .tests. cannot follow"):
        evppi(given, model=model(_root, names), alternatives=[load_study("evidence", horizon=2050)], n=16)
    fixed = given.overridden({"leverage": 2.0})
    result = evppi(given, model=model(_root, names), alternatives=[fixed], n=16, inputs=["labour_share"], seed=1)
    assert result.options[2].differs == "leverage = 2"


def test_an_alternative_needs_the_output() -> None:
    given = load_study("evidence")
    with pytest.raises(InputError, match=r"cash_flow\[2035\]'?: is not an output of this alternative"):
        evppi(given, output="cash_flow[2035]", alternatives=[load_study("evidence", horizon=2030)], n=16)
