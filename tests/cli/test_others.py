"""The other studies of a command get the command's settings too, but for what is their own; and it is said."""

from __future__ import annotations

import pytest

from mcengine import load_study
from mcengine.cli.others import like

from .conftest import Cli


def test_a_horizon_applies_to_both_ends_of_a_waterfall(cli: Cli) -> None:
    answer = cli("sensitivity", "plan_centred", "--method", "waterfall", "--against", "sceptical",
                 "--horizon", "2050", "--json")  # fmt: skip
    assert answer.code == 0
    assert "horizon=2050 applied to sceptical too" in answer.err
    steps = [step["name"] for step in answer.data["steps"]]
    assert "multiplier" in steps
    assert "horizon" not in steps
    alone = cli("evaluate", "sceptical", "--horizon", "2050", "--at", "mean", "--json").data["npv"]
    assert answer.data["to"]["value"] == pytest.approx(alone, rel=1e-12)


def test_a_fixed_input_applies_to_both_ends(cli: Cli) -> None:
    answer = cli("sensitivity", "plan_centred", "--method", "waterfall", "--against", "sceptical",
                 "--set", "leverage=1.2", "--json")  # fmt: skip
    assert "leverage=1.2 applied to sceptical too" in answer.err
    assert "leverage" not in [step["name"] for step in answer.data["steps"]]


def test_what_the_other_study_has_of_its_own_stays_a_difference(cli: Cli) -> None:
    answer = cli("sensitivity", "replica", "--method", "waterfall", "--against", "horizon2050",
                 "--horizon", "2040", "--json")  # fmt: skip
    assert "horizon2050 keeps its own horizon=2050" in answer.err
    assert "horizon" in [step["name"] for step in answer.data["steps"]]


def test_nothing_is_said_where_nothing_is_set(cli: Cli) -> None:
    for more in ((), ("--horizon", "2050", "--quiet")):
        answer = cli("sensitivity", "plan_centred", "--method", "waterfall", "--against", "sceptical", *more)
        assert (answer.code, answer.err) == (0, "")


def test_independent_draws_and_other_models() -> None:
    evidence, other = load_study("evidence"), load_study("textbook/ishigami")
    changed, said = like(evidence, evidence, [], independent=True)
    assert not changed.correlations
    assert said == []
    assert like(other, evidence, ["horizon=2050"], independent=False) == (other, [])
