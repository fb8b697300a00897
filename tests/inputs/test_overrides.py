"""`--set name=value` and the arguments of `load_study`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcengine.inputs.overrides import parse_override, parse_overrides
from mcengine.inputs.study import load_study
from tests.inputs.conftest import FOUR_PHASES, Folder, faults_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("leverage=1.2", ("leverage", 1.2)),
        (" leverage = 1e-3 ", ("leverage", 0.001)),
        ("horizon=2050", ("horizon", 2050)),
        ("accounting=plan", ("accounting", "plan")),
        ("leverage=inf", ("leverage", math.inf)),
    ],
)
def test_parse_override(text: str, value: tuple[str, float]) -> None:
    found = parse_override(text)
    assert found == value
    assert type(found[1]) is type(value[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("leverage", "set = 'leverage': must be name=value, such as leverage=1.2"),
        ("=3", "set = '=3': must be name=value, such as leverage=1.2"),
        ("leverage=", "set = 'leverage=': must be name=value, such as leverage=1.2"),
        ("leverage=1,2", "leverage = '1,2': must be a number, with a decimal point (1.2, 1e3)"),
        ("leverage=high", "leverage = 'high': must be a number, with a decimal point (1.2, 1e3)"),
        ("leverage=1=2", "leverage = '1=2': must be a number, with a decimal point (1.2, 1e3)"),
    ],
)
def test_texts_that_say_nothing(text: str, message: str) -> None:
    assert [str(fault) for fault in faults_of(lambda: parse_override(text))] == [message]


def test_all_texts_are_parsed_before_anything_is_raised() -> None:
    assert parse_overrides(["a=1", "b=2.5"]) == {"a": 1, "b": 2.5}
    found = faults_of(lambda: parse_overrides(["a", "b=x", "c=1", "c=2"]))
    assert [fault.key for fault in found] == ["set", "b", "c"]
    assert found[2].rule == "is given twice; the other value is 1"


def test_overriding_inputs_and_options(folder: Folder) -> None:
    study = folder.load(set=["leverage=1.2", "horizon=2045", "accounting=plan"], spend_until=2040)
    assert dict(study.fixed) == {"discount_rate": 0.04, "leverage": 1.2}
    assert (study.options.horizon, study.options.spend_until) == (2045, 2040)
    assert "leverage" not in study.uncertain
    assert study.overridden({"leverage": 3}).fixed["leverage"] == 3.0
    assert study.overridden("leverage=0").fixed["leverage"] == 0.0
    assert study.overridden({"discount_base_year": np.int64(2020)}, structural_years=0).options.structural_years == 0
    assert folder.load().overridden() == folder.load()
    assert study.overridden({"leverage": np.float64(0.1)}).fixed["leverage"] == 0.1


ONE_FAULT: list[tuple[dict[str, Any], str]] = [
    ({"levrage": 1}, "levrage = 1: there is no such input or option (did you mean 'leverage'?)"),
    ({"horizn": 2050}, "horizn = 2050: there is no such input or option (did you mean 'horizon'?)"),
    ({"leverage": -1}, "leverage = -1: must lie in the domain, >= 0 (in EUR private / EUR public)"),
    ({"success_clinical": 1.2}, "success_clinical = 1.2: must lie in the domain, (0, 1] (in probability)"),
    ({"success_clinical": 0}, "success_clinical = 0: must lie in the domain, (0, 1] (in probability)"),
    ({"market_growth": -1}, "market_growth = -1: must lie in the domain, > -1 (in 1/year)"),
    ({"mcpf": 0.99}, "mcpf = 0.99: must lie in the domain, >= 1 (in EUR welfare / EUR outlay)"),
    ({"leverage": math.inf}, "leverage = inf: must be a finite number"),
    ({"leverage": math.nan}, "leverage = nan: must be a finite number"),
    ({"leverage": 10**400}, f"leverage = 1{'0' * 76}...: must be a finite number"),
    ({"leverage": "1"}, "leverage = '1': must be a number"),
    ({"leverage": True}, "leverage = True: must be a number"),
    ({"leverage": None}, "leverage: must be a number"),
    ({"horizon": 2029}, "horizon = 2029: must be from 2030 to 2230 (the plan starts in 2030)"),
    ({"horizon": 2231}, "horizon = 2231: must be from 2030 to 2230 (the plan starts in 2030)"),
    ({"horizon": 2040.5}, "horizon = 2040.5: must be a whole year"),
    ({"horizon": math.inf}, "horizon = inf: must be a whole year"),
    ({"horizon": "2040"}, "horizon = '2040': must be a whole year"),
    ({"spend_until": 1}, "spend_until = 1: must be from 2030 to 2230 (the plan starts in 2030)"),
    (
        {"discount_base_year": 1},
        "discount_base_year = 1: must be from 1830 to 2230 (the plan starts in 2030)",
    ),
    ({"structural_years": -1}, "structural_years = -1: must be from 0 to 200"),
    ({"structural_years": 1.5}, "structural_years = 1.5: must be a whole number of years"),
    ({"accounting": "plann"}, "accounting = 'plann': must be one of: plan, pipeline (did you mean 'plan'?)"),
    ({"accounting": 1}, "accounting = 1: must be one of: plan, pipeline"),
]


@pytest.mark.parametrize(("values", "message"), ONE_FAULT)
def test_one_mistake_is_named_with_value_and_rule(values: dict[str, Any], message: str) -> None:
    study = load_study(FOUR_PHASES / "study.toml")
    assert [str(fault) for fault in faults_of(lambda: study.overridden(values))] == [message]


def test_all_faults_come_out_together(folder: Folder) -> None:
    texts = ["leverage=x", "multiplyer=1", "mcpf=0", "horizon=2000", "leverage=1", "leverage=2", "nothing"]
    assert folder.messages(set=texts, horizon=2050) == [
        "leverage = 'x': must be a number, with a decimal point (1.2, 1e3)",
        "leverage = 2: is given twice; the other value is 1",
        "set = 'nothing': must be name=value, such as leverage=1.2",
        "horizon = 2050: is given twice; the other value is 2000",
        "multiplyer = 1: there is no such input or option (did you mean 'multiplier'?)",
        "mcpf = 0: must lie in the domain, >= 1 (in EUR welfare / EUR outlay)",
    ]


def test_a_model_of_its_own_has_no_options() -> None:
    study = load_study("textbook/ishigami")
    assert study.overridden({"x1": 1}).fixed == {"x1": 1.0}
    (fault,) = faults_of(lambda: study.overridden(horizon=2050))
    assert str(fault) == "horizon = 2050: this study has a model of its own, without years or accounting"
    (fault,) = faults_of(lambda: study.overridden({"x4": 1}))
    assert str(fault) == "x4 = 1: there is no such input"


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_a_value_in_the_domain_arrives_bit_for_bit(value: float) -> None:
    study = load_study("replica").overridden([f"leverage={value!r}"])
    assert study.fixed["leverage"].hex() == value.hex()
