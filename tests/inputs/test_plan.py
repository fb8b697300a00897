"""Plan files: what is read, and every way in which one can be wrong."""

from __future__ import annotations

import dataclasses
import math

import pytest

from mcengine.inputs.plan import SCALAR_INPUTS, Plan, load_plan
from mcengine.inputs.spec import Domain
from tests.inputs.conftest import FOUR_PHASES, Folder


@pytest.fixture(scope="module")
def four() -> Plan:
    return load_plan(FOUR_PHASES / "plan.toml")


def test_another_plan_is_only_a_file(four: Plan) -> None:
    assert [phase.name for phase in four.phases] == ["laboratory", "animal", "clinical", "approval"]
    assert (four.first_year, four.horizon, four.structural_years, four.price_level) == (2030, 2036, 3, 2028)
    assert four.gdp_per_job == 0.4
    assert four.input("market_life").value == 6.5
    assert set(SCALAR_INPUTS) < {spec.name for spec in four.inputs}
    assert len(four.inputs) == len(SCALAR_INPUTS) + 8
    assert four.published == ()


def test_private_ratios(four: Plan) -> None:
    assert four.private_ratios == pytest.approx((0.4 * 0.2 / 0.8, 0.3, 0.2 * 0.6 / 0.4, 0.0))


def test_the_last_budget_repeats(four: Plan) -> None:
    assert [four.budget(year) for year in (2030, 2031, 2032, 2050)] == [
        (10.0, 1.0),
        (20.5, 0.0),
        (30.0, 2.5),
        (30.0, 2.5),
    ]
    with pytest.raises(ValueError, match="year 2029: the budget starts in 2030"):
        four.budget(2029)


def test_unknown_input_is_a_key_error(four: Plan) -> None:
    with pytest.raises(KeyError):
        four.input("levrage")


def test_a_plan_is_frozen(four: Plan) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        four.horizon = 2050  # type: ignore[misc]
    with pytest.raises(TypeError):
        four.title["en"] = "x"  # type: ignore[index]


ONE_FAULT = [
    ("first_year = 2030", "first_year = 2030.0", "plan.toml: first_year = 2030.0: must be a whole number"),
    ("horizon = 2036", "", "plan.toml: horizon: is required"),
    (
        "horizon = 2036",
        "horizon = 2029",
        "plan.toml: horizon = 2029: must be from 2030 to 2230 (the plan starts in 2030)",
    ),
    (
        "spend_until = 2033",
        "spend_until = 2033\nspent_until = 1",
        "plan.toml: spent_until = 1: unknown key; valid keys: ",
    ),
    ("schema = 1", "schema = 2", "plan.toml: schema = 2: must be 1, the version of this format"),
    (
        "[10, 20.5, 30]",
        "[10, -20.5, 30]",
        "plan.toml: budget.public_pipeline[2] = -20.5: must lie in the domain, >= 0",
    ),
    (
        "[10, 20.5, 30]",
        "[10, 30]",
        "plan.toml: budget.preconditions = 3: must have as many years as budget.public_pipeline, 2",
    ),
    (
        "public_money_share = 0.4",
        "public_money_share = 0.5",
        "plan.toml: phases.public_money_share = 1.1: the phases' shares must sum to 1",
    ),
    (
        "public_share = 0.8",
        "public_share = 0",
        "plan.toml: phases[laboratory].public_share = 0.0: must lie in the domain, (0, 1]",
    ),
    ("cost = 5", "cost = -5", "plan.toml: phases[laboratory].cost = -5.0: must lie in the domain, > 0"),
    ('name = "animal"', 'name = "laboratory"', "plan.toml: phases[laboratory]: the phase is declared twice"),
    (
        'success = "success_clinical"',
        'success = "sucess_clinical"',
        "plan.toml: phases[clinical].success = 'sucess_clinical': names an input that the plan does not "
        "declare (did you mean 'success_clinical'?)",
    ),
    (
        'success = "success_clinical"',
        'success = "mcpf"',
        "plan.toml: phases[clinical].success = 'mcpf': must be an input of the phase's own",
    ),
    ("value = 0.4\n", "value = 0\n", "plan.toml: gdp_per_job.value = 0.0: must lie in the domain, > 0"),
    ("value = 0.8", 'value = "0.8"', "plan.toml: inputs[leverage].value = '0.8': must be a number"),
    ("value = 0.8", "value = true", "plan.toml: inputs[leverage].value = True: must be a number"),
    ("value = 0.8", "value = nan", "plan.toml: inputs[leverage].value = nan: must be a number, not NaN"),
    ("value = 0.8", "value = inf", "plan.toml: inputs[leverage].value = inf: must be a finite number"),
    ("value = 0.8", "value = -0.8", "plan.toml: inputs[leverage].value = -0.8: must lie in the domain, >= 0"),
    ("value = 120", "value = 0", "plan.toml: inputs[launch_cost].value = 0.0: must lie in the domain, > 0"),
    ('unit = "share"', 'unit = " "', "plan.toml: inputs[structural_share].unit = ' ': must not be blank"),
    ("search = [0, 5]", "search = [5, 0]", "plan.toml: inputs[leverage].search = [5.0, 0.0]: must be [low, "),
    ("search = [0, 5]", "search = [-1, 5]", "plan.toml: inputs[leverage].search = [-1.0, 5.0]: must be [low"),
    ("search = [0, 5]", "search = [1]", "plan.toml: inputs[leverage].search = [1]: must have at least 2 val"),
    (
        "domain = { min = 0 }",
        "domain = { min = 1, max = 0 }",
        "plan.toml: inputs[leverage].domain.min = 1.0: must be below domain.max, 0",
    ),
    (
        "domain = { min = 0 }",
        "domain = { mni = 0 }",
        "plan.toml: inputs[leverage].domain.mni = 0: unknown key; valid keys: min, max, open_min, "
        "open_max, infinite (did you mean 'min'?)",
    ),
    (
        "domain = { min = 0 }",
        "domain = { min = -1 }",
        "plan.toml: inputs[leverage].domain = '>= -1': is wider than the model can compute with, >= 0",
    ),
    ("domain = { min = 1 }", "domain = {}", "plan.toml: inputs[mcpf].domain = 'any finite number': is wider"),
    (
        "domain = { min = 0, max = 1, open_min = true }",
        "domain = { min = 0, max = 1 }",
        "plan.toml: inputs[success_laboratory].domain = '[0, 1]': is wider than the model can compute with, (0, 1]",
    ),
    (
        'en = "leverage"',
        'eng = "leverage"',
        "plan.toml: inputs[leverage].label.en: is required",
    ),
    (
        "neutral = 1",
        "",
        "plan.toml: inputs[private_additionality].corrects = 'additionality': `corrects` and `neutral` go",
    ),
    (
        "neutral = 1",
        "neutral = 2",
        "plan.toml: inputs[private_additionality].neutral = 2.0: must lie in the ",
    ),
    ('currency = "EUR"', "currency = 3", "plan.toml: currency = 3: must be text"),
    (
        "[source]",
        "[[source]]",
        "plan.toml: source = [{'document': 'invented for the tests'}]: must be a table",
    ),
    (
        "price_level = 2028",
        f"price_level = {2**64}",
        f"plan.toml: price_level = {2**64}: must fit in 64 bits",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), ONE_FAULT)
def test_one_mistake_is_named_with_key_value_and_rule(folder: Folder, old: str, new: str, message: str) -> None:
    messages = folder.edit("plan", old, new).messages()
    assert any(found.startswith(message) for found in messages), messages
    assert len(messages) <= 2


def test_required_inputs_are_those_of_the_model(folder: Folder) -> None:
    folder.edit("plan", 'name = "mcpf"', 'name = "mcfp"')
    assert folder.messages() == [
        "plan.toml: inputs: the input 'mcpf' is required and missing",
        "plan.toml: inputs[mcfp].name = 'mcfp': the model has no such input (beside each phase's success, duration "
        "and supply) (did you mean 'mcpf'?)",
    ]


def test_an_input_declared_twice(folder: Folder) -> None:
    folder.edit("plan", 'name = "multiplier"', 'name = "leverage"')
    assert folder.messages()[0] == ("plan.toml: inputs[leverage]: the input is declared twice: rows 1 and 2 of inputs")


def test_leverage_needs_private_money(folder: Folder) -> None:
    for share in ("0.8", "0.5", "0.4"):
        folder.edit("plan", f"public_share = {share}", "public_share = 1")
    assert folder.messages() == [
        "plan.toml: phases.public_share: at least one phase with public money must be below 1: leverage has "
        "nothing to act on"
    ]


def test_all_faults_of_a_plan_come_out_together(folder: Folder) -> None:
    folder.edit("plan", "horizon = 2036", "horizon = 1999").edit("plan", "cost = 5", "cost = nan")
    folder.edit("plan", "value = 0.8", "value = -1").edit("plan", "[gdp_per_job]\nvalue = 0.4", "[gdp_per_job]")
    folder.edit("plan", 'unit = "years"', 'unt = "years"')
    assert [fault.key for fault in folder.faults()] == [
        "phases[laboratory].cost",
        "gdp_per_job.value",
        "inputs[leverage].value",
        "inputs[market_life].unit",
        "inputs[market_life].unt",
        "horizon",
    ]


def test_published_figures(folder: Folder) -> None:
    folder.edit("plan", 'name = "four_phases"', 'name = "four_phases"\npublished = "figures.csv"')
    folder.write(
        "figures.csv",
        "quantity,year,value,decimals,unit,source,study\nnpv,2036,-12.5,1,EUR m,table 1,four_phases\n"
        "leverage,,0.8,1,1,text,\n",
    )
    study = folder.load()
    assert study.plan is not None
    first, second = study.plan.published
    assert (first.quantity, first.year, first.value, first.decimals) == ("npv", 2036, -12.5, 1)
    assert (first.study, second.year, second.study) == ("four_phases", None, "")
    assert [name.rpartition("/")[2] for name, _ in study.sources] == [
        "study.toml",
        "plan.toml",
        "figures.csv",
        "assumptions.toml",
    ]


def test_faults_in_published_figures(folder: Folder) -> None:
    folder.edit("plan", 'name = "four_phases"', 'name = "four_phases"\npublished = "figures.csv"')
    assert folder.messages()[0].startswith("figures.csv: cannot be read: No such file")
    folder.write(
        "figures.csv",
        "quantity,year,value,decimals,unit,sorce\nnpv,2036.5,x,1,EUR "
        "m,t\n,2036,1,1,EUR m,t\nnpv,,nan,0,1,t,9\n"
        "npv,,inf,0,1,t\n",
    )
    assert folder.messages() == [
        "figures.csv: line 1 = 'sorce': unknown column; valid columns: "
        "quantity, year, value, decimals, unit, "
        "source, study, source_nl (did you mean 'source'?)",
        "figures.csv: line 2.year = '2036.5': must be a whole number",
        "figures.csv: line 2.value = 'x': must be a number",
        "figures.csv: line 3.quantity: is required",
        "figures.csv: line 4 = ['9']: has more values than the file has columns",
        "figures.csv: line 5.value = inf: must be a finite number",
    ]


@pytest.mark.parametrize(
    ("domain", "text", "inside", "outside"),
    [
        (Domain(), "any finite number", [-1e300, 0.0], [math.inf, -math.inf, math.nan]),
        (Domain(0.0), ">= 0", [0.0, 5e-324], [-5e-324, math.inf]),
        (Domain(0.0, low_open=True), "> 0", [5e-324], [0.0, -0.0]),
        (Domain(0.0, 1.0, low_open=True), "(0, 1]", [1.0], [0.0, 1.0000000000000002]),
        (Domain(0.0, 1.0, high_open=True), "[0, 1)", [0.0], [1.0]),
        (Domain(high=3.0), "<= 3", [3.0, -1e9], [3.1, -math.inf]),
        (Domain(high=3.0, high_open=True), "< 3", [2.9], [3.0]),
        (Domain(0.0, infinite=True), ">= 0 or inf", [0.0, math.inf], [-1.0, -math.inf, math.nan]),
    ],
)
def test_domains(domain: Domain, text: str, inside: list[float], outside: list[float]) -> None:
    assert domain.text == text
    assert all(domain.contains(value) for value in inside)
    assert not any(domain.contains(value) for value in outside)


def test_a_domain_within_another() -> None:
    assert Domain(0.0, 1.0, low_open=True).within(Domain(0.0, 1.0))
    assert not Domain(0.0, 1.0).within(Domain(0.0, 1.0, low_open=True))
    assert Domain().within(Domain())
    assert not Domain().within(Domain(0.0))
    assert not Domain(0.0).within(Domain(0.0, 1.0))
    assert Domain(0.0).within(Domain(0.0, infinite=True))
    assert not Domain(0.0, infinite=True).within(Domain(0.0))
