"""Studies: sets and weights, fixed values, marginals and baselines, and every way a file can be wrong."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mcengine.inputs.options import NO_YEARS
from mcengine.inputs.study import load_study
from tests.inputs.conftest import Folder, faults_of

OWN_MODEL = """
schema = 1
name = "own"
model = "ishigami"
title = { en = "Own", nl = "Eigen" }

[[inputs]]
name = "x"
value = 0.25
domain = { min = 0, max = 1 }

[[inputs]]
name = "y"
value = -3

[[assumptions]]
input = "x"
family = "uniform"
parameters = { low = 0, high = 1 }
unit = "1"
source = "definition"
confidence = "V"
owner = "tests"
date = "2026-11-23"
"""


def pool(folder: Folder, first: str = "0.25", second: str = "0.75") -> Folder:
    """The study as a pool of its set and one with another market life."""
    text = (folder.path / "assumptions.toml").read_text()
    text = text.replace('name = "four_phases"', 'name = "other"', 1)
    folder.write("other.toml", text.replace("{ low = 4, high = 9 }", "{ low = 10, high = 12 }"))
    weights = f'sets = {{ "assumptions.toml" = {first}, "other.toml" = {second} }}'
    return folder.edit("study", 'assumptions = "assumptions.toml"', weights)


def test_a_study_with_a_plan(folder: Folder) -> None:
    study = folder.load()
    assert (study.name, study.model, study.correlations, study.outputs) == (
        "four_phases",
        "investment",
        True,
        (),
    )
    assert study.plan is not None
    assert study.inputs == study.plan.inputs
    assert study.options.horizon == 2040
    assert (study.options.spend_until, study.options.discount_base_year) == (2033, 2029)
    assert (study.options.structural_years, study.options.accounting) == (3, "plan")
    assert dict(study.fixed) == {"discount_rate": 0.04}
    assert [(member.set.name, member.weight) for member in study.sets] == [("four_phases", 1.0)]
    digest = hashlib.sha256((folder.path / "study.toml").read_bytes()).hexdigest()
    assert study.sources[0] == (str(folder.path / "study.toml"), digest)


def test_uncertain_inputs_come_in_declared_order(folder: Folder) -> None:
    names = ("leverage", "structural_share", "market_growth", "launch_cost", "market_life")
    assert folder.load().uncertain == (*names, "success_clinical", "duration_clinical")


def test_marginals(folder: Folder) -> None:
    study = folder.load()
    assert study.marginal(0, "market_life").text == "Uniform(4, 9)"
    assert study.marginal(0, "discount_rate").support == (0.04, 0.04)
    assert study.marginal(0, "multiplier").support == (1.4, 1.4)
    with pytest.raises(KeyError):
        study.marginal(0, "levrage")
    with pytest.raises(IndexError):
        study.marginal(1, "leverage")


def test_baselines(folder: Folder) -> None:
    study = folder.load()
    assert list(study.baseline()) == [spec.name for spec in study.inputs]
    assert (study.baseline("plan")["market_life"], study.baseline("plan")["discount_rate"]) == (6.5, 0.04)
    assert study.baseline("plan")["structural_depreciation"] == 0.05
    assert study.baseline("median")["structural_depreciation"] == 0.1
    assert study.baseline("median")["leverage"] == pytest.approx(0.8)
    assert study.baseline("mean")["market_life"] == pytest.approx(6.5)
    (fault,) = faults_of(lambda: study.baseline("medan"))
    assert str(fault) == "at = 'medan': must be one of: plan, median, mean (did you mean 'median'?)"


def test_a_pool_of_sets(folder: Folder) -> None:
    study = pool(folder).load()
    assert [(member.set.name, member.weight) for member in study.sets] == [
        ("four_phases", 0.25),
        ("other", 0.75),
    ]
    assert study.marginal(1, "market_life").text == "Uniform(10, 12)"
    assert study.baseline("mean")["market_life"] == pytest.approx(0.25 * 6.5 + 0.75 * 11)
    assert study.baseline("median")["success_clinical"] == study.marginal(0, "success_clinical").median
    assert study.baseline("plan")["market_life"] == 6.5


def test_without_sets_all_is_fixed(folder: Folder) -> None:
    study = folder.edit("study", 'assumptions = "assumptions.toml"', "").load()
    assert (study.sets, study.uncertain) == ((), ())
    assert study.marginal(0, "discount_rate").support == (0.04, 0.04)
    assert study.baseline("median") == study.baseline("plan")


def test_a_fixed_input_is_no_longer_uncertain(folder: Folder) -> None:
    study = folder.edit("study", "discount_rate = 0.04", "leverage = 1").load()
    assert "leverage" not in study.uncertain
    assert study.marginal(0, "leverage").support == (1.0, 1.0)
    assert study.warnings[0].startswith("leverage is fixed at 1 by the study; its row (Lognormal(")


def test_settings_are_kept_read_only(folder: Folder) -> None:
    text = "\n[outputs]\nnames = ['npv', 'bcr']\n\n[sensitivity]\nn = 64\nwhat = { of = [1, 2] }\n"
    folder.write("study.toml", (folder.path / "study.toml").read_text() + text)
    study = folder.load()
    assert study.outputs == ("npv", "bcr")
    assert study.sensitivity["what"]["of"] == (1, 2)
    with pytest.raises(TypeError):
        study.sensitivity["n"] = 1  # type: ignore[index]
    with pytest.raises(TypeError):
        study.fixed["leverage"] = 1.0  # type: ignore[index]


def test_a_study_with_a_model_of_its_own(folder: Folder) -> None:
    study = load_study(folder.write("own.toml", OWN_MODEL))
    assert (study.plan, study.model, study.options) == (None, "ishigami", NO_YEARS)
    assert study.sets[0].set.name == "own"
    assert study.uncertain == ("x",)
    x, y = study.inputs
    assert (x.unit, x.search, dict(x.label)) == ("1", (0.0, 1.0), {"en": "x", "nl": "x"})
    assert (y.domain.text, y.search) == ("any finite number", (-33.0, 27.0))


def test_a_model_in_a_file(folder: Folder) -> None:
    folder.write("mine.py", "model = None\n")
    study = load_study(folder.write("own.toml", OWN_MODEL.replace('"ishigami"', '"mine.py:model"')))
    assert study.model == f"{folder.path}/mine.py:model"
    assert study.sources[-1][0].endswith("mine.py")
    (fault,) = faults_of(
        lambda: load_study(folder.write("own.toml", OWN_MODEL.replace('"ishigami"', '"mne.py:model"')))
    )
    assert (fault.key, fault.rule) == ("model", f"no such file: {folder.path}/mne.py")


def test_correlations_may_stand_beside_inline_rows(folder: Folder) -> None:
    rows = OWN_MODEL + "\n[[correlations]]\nbetween = ['x', 'y']\nrho = 0.5\n\n[copula]\nfamily = 't'\n"
    (fault,) = faults_of(lambda: load_study(folder.write("own.toml", rows)))
    assert fault.key == "copula.degrees_of_freedom"
    study = load_study(folder.write("own.toml", f"{rows}degrees_of_freedom = 4\n"))
    assert study.correlations
    assert study.sets[0].set.correlations[0].rho == 0.5
    assert study.sets[0].set.copula_dof == 4


ONE_FAULT = [
    (
        'plan = "plan.toml"',
        'plan = "plam.toml"',
        "study.toml: plan = 'plam.toml': no such file and no bundled plan of "
        "this name; bundled: biotech_nexus "
        "(did you mean 'plan.toml'?)",
    ),
    (
        'assumptions = "assumptions.toml"',
        'assumptions = "evidnce"',
        "study.toml: assumptions = 'evidnce': no such file and no bundled assumption set of this name; "
        "bundled: replica, plan_centred, evidence, sceptical, pipeline (did you mean 'evidence'?)",
    ),
    (
        'assumptions = "assumptions.toml"',
        'assumption = "assumptions.toml"',
        "study.toml: assumption = 'assumptions.toml': unknown key; valid keys: schema, name, title, ",
    ),
    (
        'assumptions = "assumptions.toml"',
        "assumptions = 3",
        "study.toml: assumptions = 3: must be the name of",
    ),
    ('plan = "plan.toml"', "", "study.toml: plan: a study has either a `plan` or a `model` of its own"),
    (
        'plan = "plan.toml"',
        'plan = "plan.toml"\nmodel = "ishigami"',
        "study.toml: plan = 'plan.toml': a study has either a `plan` or a `model` of its own",
    ),
    ('name = "four_phases"', 'name = ""', "study.toml: name = '': must not be blank"),
    ("schema = 1", "", "study.toml: schema: is required"),
    ("schema = 1", "schema = true", "study.toml: schema = True: must be a whole number"),
    ("schema = 1", "schema = 1\ncorrelations = 1", "study.toml: correlations = 1: must be true or false"),
    ("schema = 1", "schema = 1\nresolved = false", "study.toml: resolved = False: unknown key"),
    ("schema = 1", "schema = 1\ncopula = { family = 't' }", "study.toml: copula: goes with [[assumptions]]"),
    (
        "schema = 1",
        "schema = 1\ninputs = [{ name = 'x' }]",
        "study.toml: inputs: the inputs of a study with a ",
    ),
    (
        "schema = 1",
        "schema = 1\ncorrelations = [{ rho = 1 }]",
        "study.toml: correlations: [[correlations]] stand in the assumption set's own file",
    ),
    (
        "schema = 1",
        "schema = 1\nsets = { replica = 1 }",
        "study.toml: sets: a study has either `assumptions` or",
    ),
    (
        "horizon = 2040",
        "horizon = 2029",
        "study.toml: options.horizon = 2029: must be from 2030 to 2230 (the plan starts in 2030)",
    ),
    ("horizon = 2040", "horizon = 2231", "study.toml: options.horizon = 2231: must be from 2030 to 2230"),
    ("horizon = 2040", "horizon = 2040.5", "study.toml: options.horizon = 2040.5: must be a whole number"),
    (
        "horizon = 2040",
        "horizn = 2040",
        "study.toml: options.horizn = 2040: unknown key; valid keys: horizon, ",
    ),
    (
        "horizon = 2040",
        "accounting = 'plain'",
        "study.toml: options.accounting = 'plain': must be one of: plan",
    ),
    (
        "discount_rate = 0.04",
        "discount_rat = 0.04",
        "study.toml: fixed.discount_rat = 0.04: there is no such input (did you mean 'discount_rate'?)",
    ),
    (
        "discount_rate = 0.04",
        "mcpf = 0.9",
        "study.toml: fixed.mcpf = 0.9: must lie in the domain, >= 1 (in EUR ",
    ),
    ("discount_rate = 0.04", "mcpf = nan", "study.toml: fixed.mcpf = nan: must be a number, not NaN"),
    ("discount_rate = 0.04", "mcpf = inf", "study.toml: fixed.mcpf = inf: must be a finite number"),
    ("discount_rate = 0.04", "mcpf = '1'", "study.toml: fixed.mcpf = '1': must be a number"),
    ("discount_rate = 0.04", "mcpf = true", "study.toml: fixed.mcpf = True: must be a number"),
    (
        "discount_rate = 0.04",
        "horizon = 2050",
        "study.toml: fixed.horizon = 2050: is an option: it belongs und",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), ONE_FAULT)
def test_one_mistake_is_named_with_key_value_and_rule(
    folder: Folder, old: str, new: str, message: str
) -> None:
    found = folder.edit("study", old, new).messages()
    assert len(found) == 1
    assert found[0].startswith(message)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("0.5", "0.6", "study.toml: sets = 1.1: the weights must sum to 1"),
        ("0", "1", "study.toml: sets.assumptions.toml = 0.0: must be above 0: leave the set out instead"),
        ("nan", "1", "study.toml: sets.assumptions.toml = nan: must be a number, not NaN"),
        ("'1'", "1", "study.toml: sets.assumptions.toml = '1': must be a number"),
    ],
)
def test_faults_in_weights(folder: Folder, first: str, second: str, message: str) -> None:
    assert pool(folder, first, second).messages() == [message]


def test_weights_may_be_rounded_in_the_last_digits(folder: Folder) -> None:
    assert len(pool(folder, "0.3333333333", "0.6666666667").load().sets) == 2


def test_two_sets_of_one_name(folder: Folder) -> None:
    text = (folder.path / "assumptions.toml").read_text()
    pool(folder).write("other.toml", text)
    assert folder.messages() == ["study.toml: sets.other.toml = 0.75: two sets have the name 'four_phases'"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('[[inputs]]\nname = "x"', '[[input]]\nname = "x"', "input"),
        ("value = 0.25", "value = 2", "inputs[x].value"),
        ('input = "x"', 'input = "z"', "assumptions[1:z].input"),
        ('unit = "1"', 'unit = "m"', "assumptions[1:x].unit"),
        ("schema = 1", "schema = 1\nsets = { replica = 1 }", "sets"),
        ("schema = 1", "schema = 1\noptions = { horizon = 2050 }", "options.horizon"),
    ],
)
def test_faults_of_a_study_with_a_model(folder: Folder, old: str, new: str, key: str) -> None:
    assert old in OWN_MODEL
    file: Path = folder.write("own.toml", OWN_MODEL.replace(old, new, 1))
    assert key in [fault.key for fault in faults_of(lambda: load_study(file))]


def test_a_model_needs_inputs(folder: Folder) -> None:
    file = folder.write("own.toml", OWN_MODEL.partition("[[inputs]]")[0])
    (fault,) = faults_of(lambda: load_study(file))
    assert str(fault).endswith("own.toml: inputs: a study with a model of its own declares its [[inputs]]")
