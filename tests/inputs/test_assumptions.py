"""Assumption sets: what is read, and every way in which one can be wrong."""

from __future__ import annotations

import pytest

from mcengine.inputs.assumptions import AssumptionSet, load_assumptions
from mcengine.inputs.plan import load_plan
from tests.inputs.conftest import FOUR_PHASES, Folder


def four() -> AssumptionSet:
    return load_assumptions(FOUR_PHASES / "assumptions.toml", load_plan(FOUR_PHASES / "plan.toml").inputs)


def messages_of_row(folder: Folder, *edits: tuple[str, str]) -> list[str]:
    """The faults after edits of the set, which all have to be in it."""
    for old, new in edits:
        folder.edit("assumptions", old, new)
    return folder.messages()


def test_rows_are_read_in_order() -> None:
    found = four()
    assert [row.input for row in found.assumptions][:3] == ["leverage", "structural_share", "market_growth"]
    row = found.row("market_growth")
    assert row is not None
    assert row.distribution.truncate == (-0.05, 0.1)
    assert (row.evidence.source, row.evidence.confidence) == ("invented for the tests", "J")
    assert (row.evidence.date, row.evidence.locator, row.evidence.note) == ("2026-11-23", "", "")
    assert found.row("multiplier") is None
    assert [(pair.first, pair.second, pair.rho) for pair in found.correlations] == [
        ("leverage", "success_clinical", 0.3)
    ]
    assert (found.copula, found.copula_dof, found.warnings) == ("normal", None, ())


HEAD = "assumptions.toml: assumptions"
ONE_FAULT = [
    (
        'input = "leverage"',
        'input = "levrage"',
        f"{HEAD}[1:levrage].input = 'levrage': there is no such input (did you mean 'leverage'?)",
    ),
    (
        'family = "lognormal"',
        'family = "lognrmal"',
        f"{HEAD}[1:leverage].family = 'lognrmal': is not a family: choose one of constant, uniform, ",
    ),
    (
        "log_sd = 0.4",
        "logsd = 0.4",
        f"{HEAD}[1:leverage].parameters.logsd = 0.4: is not a parameter of lognormal, which takes ",
    ),
    (
        "log_sd = 0.4",
        "log_sd = nan",
        f"{HEAD}[1:leverage].parameters.log_sd = nan: must be a number, not NaN",
    ),
    ("log_sd = 0.4", 'log_sd = "0.4"', f"{HEAD}[1:leverage].parameters.log_sd = '0.4': must be a number"),
    ("log_sd = 0.4", "log_sd = true", f"{HEAD}[1:leverage].parameters.log_sd = True: must be a number"),
    ("mode = 120", "mode = 12", f"{HEAD}[4:launch_cost].parameters.mode = 12: must lie between low = 60 a"),
    ("mean = 0.3", "mean = 1.3", f"{HEAD}[5:success_clinical].parameters.mean = 1.3: must lie strictly betw"),
    (
        "{ value = 0 }",
        '{ value = "0" }',
        f"{HEAD}[2:structural_share].parameters.components[1].parameters.value = '0': must be a number",
    ),
    ("weight = 0.25", "weight = 0.5", f"{HEAD}[2:structural_share].parameters.components = 1.25: the weigh"),
    (
        'unit = "years"',
        'unit = "year"',
        f"{HEAD}[6:duration_clinical].unit = 'year': duration_clinical is in 'years' (did you mean 'years'?)",
    ),
    (
        'unit = "EUR m / launched medicine"',
        'unit = "USD m"',
        f"{HEAD}[4:launch_cost].unit = 'USD m': launch_cost is in 'EUR m / launched medicine'",
    ),
    (
        "truncate = [-0.05, 0.1]",
        "",
        f"{HEAD}[3:market_growth].parameters = 'Normal(mean 0.03, sd 0.02)': its support, all numbers, leaks "
        "out of the domain of market_growth, > -1; if it is to be cut off "
        "there, say so: truncate = [-1, inf]",
    ),
    (
        "truncate = [-0.05, 0.1]",
        "truncate = [-2, 0.1]",
        f"{HEAD}[3:market_growth].truncate = 'Normal(mean 0.03, sd 0.02) "
        "truncated to [-2, 0.1]': its support, "
        "from -2 to 0.1, leaks out of the domain of market_growth, > -1",
    ),
    ("truncate = [-0.05, 0.1]", "truncate = [5]", f"{HEAD}[3:market_growth].truncate = (5,): must be two nu"),
    (
        "truncate = [-0.05, 0.1]",
        "truncate = [nan, 1]",
        f"{HEAD}[3:market_growth].truncate[1] = nan: must be a",
    ),
    ("truncate = [-0.05, 0.1]", "truncate = [8, 9]", f"{HEAD}[3:market_growth].truncate = [8, 9]: leaves"),
    (
        "{ low = 1, mode = 2.25, high = 5 }",
        "{ low = -1, mode = 2.25, high = 5 }",
        f"{HEAD}[6:duration_clinical].parameters = 'Triangular(-1, 2.25, 5)': "
        "its support, from -1 to 5, leaks "
        "out of the domain of duration_clinical, >= 0; if it is to be cut off "
        "there, say so: truncate = [0, i",
    ),
    (
        "value = 0.1 }",
        "value = 1.1 }",
        f"{HEAD}[8:structural_depreciation].parameters = '1.1': its support, fr",
    ),
    (
        'input = "market_life"',
        'input = "leverage"',
        f"{HEAD}[7:leverage]: the input already has a row: row 1",
    ),
    ('source = "invented for the tests"', "", f"{HEAD}[1:leverage].source: is required"),
    (
        'source = "invented for the tests"',
        'source = ""',
        f"{HEAD}[1:leverage].source = '': must not be blank",
    ),
    ('source = "invented for the tests"', "source = ' '", f"{HEAD}[1:leverage].source = ' ': must not be bl"),
    ('owner = "tests"', "", f"{HEAD}[1:leverage].owner: is required"),
    ("date = 2026-11-23", "", f"{HEAD}[1:leverage].date: is required"),
    (
        "date = 2026-11-23",
        'date = "23 November 2026"',
        f"{HEAD}[1:leverage].date = '23 November 2026': must be a date, year-month-day (2026-11-23)",
    ),
    ("date = 2026-11-23", 'date = "2026-02-30"', f"{HEAD}[1:leverage].date = '2026-02-30': must be a date"),
    ("date = 2026-11-23", 'date = "20261123"', f"{HEAD}[1:leverage].date = '20261123': must be a date"),
    ("date = 2026-11-23", "date = 2026-11-23T10:00:00", f"{HEAD}[1:leverage].date = '2026-11-23 10:00:00': "),
    (
        'confidence = "J"',
        'confidence = "j"',
        f"{HEAD}[1:leverage].confidence = 'j': must be one of: 'V', 'M' or 'J' (did you mean 'J'?)",
    ),
    (
        'owner = "tests"',
        'ownr = "tests"',
        f"{HEAD}[1:leverage].ownr = 'tests': unknown key; valid keys: input, family, parameters, truncate, ",
    ),
    (
        'owner = "tests"',
        'owner = "tests"\ncorrects = "additionalty"',
        f"{HEAD}[1:leverage].corrects = 'additionalty': must be a kind of correction that an input makes: "
        "additionality, displacement (did you mean 'additionality'?)",
    ),
    ("rho = 0.3", "rho = 1", "assumptions.toml: correlations[1].rho = 1.0: must lie in the domain, (-1, 1)"),
    ("rho = 0.3", "", "assumptions.toml: correlations[1].rho: is required"),
    (
        '"success_clinical"]',
        '"sucess_clinical"]',
        "assumptions.toml: correlations[1].between = 'sucess_clinical': there is no such input (did you mean "
        "'success_clinical'?)",
    ),
    (
        '"success_clinical"]',
        '"leverage"]',
        "assumptions.toml: correlations[1].between = 'leverage': an input is not correlated with itself",
    ),
    (
        '"success_clinical"]',
        '"success_clinical", "market_life"]',
        "assumptions.toml: correlations[1].between = ['leverage', "
        "'success_clinical', 'market_life']: must have "
        "at most 2 values, has 3",
    ),
    (
        "rho = 0.3",
        'rho = 0.3\namong = ["leverage", "market_life"]',
        "assumptions.toml: correlations[1]: must have either `between`, two inputs, or `among`, two or more",
    ),
    (
        "[[correlations]]",
        '[copula]\nfamily = "t"\n\n[[correlations]]',
        "assumptions.toml: copula.degrees_of_freedom: the t copula needs them",
    ),
    (
        "[[correlations]]",
        '[copula]\nfamily = "normal"\ndegrees_of_freedom = 5\n\n[[correlations]]',
        "assumptions.toml: copula.degrees_of_freedom = 5.0: the normal copula has none",
    ),
    (
        "[[correlations]]",
        '[copula]\nfamily = "clayton"\n\n[[correlations]]',
        "assumptions.toml: copula.family = 'clayton': must be one of: 'normal' or 't'",
    ),
    (
        'plan = "four_phases"',
        'plan = "biotech_nexus"',
        "assumptions.toml: plan = 'biotech_nexus': the set is for another "
        "plan; the study's plan is 'four_phas",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), ONE_FAULT)
def test_one_mistake_is_named_with_key_value_and_rule(
    folder: Folder, old: str, new: str, message: str
) -> None:
    found = messages_of_row(folder, (old, new))
    assert any(text.startswith(message) for text in found), found
    assert len(found) <= 2


def test_all_faults_of_a_set_come_out_together(folder: Folder) -> None:
    found = messages_of_row(
        folder,
        ('unit = "share"\nsource = "invented for the tests"', 'unit = "shares"'),
        ("weight = 0.25", "weight = nan"),
        ("low = 60", "low = 600"),
        ("n = 40", "n = 0"),
        ('input = "market_life"', 'input = "market_live"'),
        ("rho = 0.3", "rho = -7"),
        ('en = "Four phases"', 'en = ""'),
    )
    assert [text.removeprefix("assumptions.toml: ").partition(" ")[0].rstrip(":") for text in found] == [
        "assumptions[2:structural_share].parameters.components[1].weight",
        "title.en",
        "assumptions[2:structural_share].source",
        "assumptions[2:structural_share].unit",
        "assumptions[4:launch_cost].parameters.high",
        "assumptions[5:success_clinical].parameters.n",
        "assumptions[7:market_live].input",
        "correlations[1].rho",
    ]


def test_faults_of_study_plan_and_set_come_out_together(folder: Folder) -> None:
    folder.edit("study", "horizon = 2040", "horizn = 2040").edit("assumptions", "rho = 0.3", "rho = 3")
    assert [fault.key for fault in folder.faults()] == ["options.horizn", "correlations[1].rho"]
    folder.edit("plan", "cost = 5", "cost = -5")
    assert [fault.key for fault in folder.faults()] == ["options.horizn", "phases[laboratory].cost"]


@pytest.mark.parametrize(
    ("family", "leaks"),
    [
        ("family = 'uniform'\nparameters = { low = 0, high = 9 }", False),
        ("family = 'lognormal'\nparameters = { median = 5, log_sd = 1 }", False),
        ("family = 'constant'\nparameters = { value = 0 }", True),
        ("family = 'discrete'\nparameters = { values = [0, 9], weights = [0.5, 0.5] }", True),
        ("family = 'normal'\nparameters = { mean = 5, sd = 1 }\ntruncate = [0, inf]", False),
        (
            "family = 'mixture'\nparameters = { components = [{ weight = 0.5, "
            "family = 'constant', parameters "
            "= { value = 0 } }, { weight = 0.5, family = 'uniform', parameters = { low = 1, high = 2 } }] }",
            True,
        ),
    ],
)
def test_an_open_end_admits_a_density_but_no_atom(folder: Folder, family: str, leaks: bool) -> None:
    folder.edit("assumptions", 'family = "uniform"\nparameters = { low = 4, high = 9 }', family)
    if leaks:
        (message,) = folder.messages()
        assert "leaks out of the domain of market_life, > 0" in message
    else:
        assert "market_life" in folder.load().uncertain


def test_an_open_end_refuses_a_density_that_rounds_to_it(folder: Folder) -> None:
    (message,) = messages_of_row(folder, ("{ mean = 0.3, n = 40 }", "{ mean = 0.01, n = 0.01 }"))
    assert "leaks out of the domain of success_clinical, (0, 1]" in message


def test_among_stands_for_all_pairs(folder: Folder) -> None:
    names = ["leverage", "success_clinical", "launch_cost"]
    folder.edit("assumptions", 'between = ["leverage", "success_clinical"]', f"among = {names}")
    pairs = folder.load().sets[0].set.correlations
    assert [(pair.first, pair.second) for pair in pairs] == [
        ("leverage", "success_clinical"),
        ("leverage", "launch_cost"),
        ("success_clinical", "launch_cost"),
    ]


def test_a_pair_given_twice(folder: Folder) -> None:
    again = '[[correlations]]\namong = ["market_life", "success_clinical", "leverage"]\nrho = 0.1\n'
    (message,) = messages_of_row(folder, ("[[correlations]]", f"{again}\n[[correlations]]"))
    assert message == (
        "assumptions.toml: correlations[2].between = 'leverage, "
        "success_clinical': the pair already stands in "
        "row 1 of correlations"
    )


def test_t_copula(folder: Folder) -> None:
    folder.edit(
        "assumptions", "[[correlations]]", '[copula]\nfamily = "t"\ndegrees_of_freedom = 5\n[[correlations]]'
    )
    found = folder.load().sets[0].set
    assert (found.copula, found.copula_dof) == ("t", 5.0)


def test_a_data_file_is_found_beside_the_set_and_is_a_source(folder: Folder) -> None:
    folder.write("lives.csv", "years\n4\n6\n9\n")
    folder.edit(
        "assumptions",
        'family = "uniform"\nparameters = { low = 4, high = 9 }',
        'family = "empirical"\nparameters = { file = "lives.csv" }',
    )
    study = folder.load()
    assert study.marginal(0, "market_life").support == (4.0, 9.0)
    assert any(name.endswith("lives.csv") for name, _ in study.sources)
    again = type(study).from_resolved(study.resolved(), "run")
    (folder.path / "lives.csv").unlink()
    assert again == study
    assert again.marginal(0, "market_life").ppf(0.3) == study.marginal(0, "market_life").ppf(0.3)


def like_set(folder: Folder, row: str) -> None:
    """Make the study use a set `other.toml` with this row."""
    head = 'schema = 1\nname = "other"\nplan = "four_phases"\ntitle = { en = "Other", nl = "Ander" }\n'
    folder.write("other.toml", f"{head}\n[[assumptions]]\n{row}\n")
    folder.edit("study", '"assumptions.toml"', '"other.toml"')


def test_like_takes_the_whole_row_over(folder: Folder) -> None:
    like_set(folder, 'input = "market_life"\nlike = "assumptions.toml"')
    study = folder.load()
    (row,) = study.sets[0].set.assumptions
    assert row.like == "four_phases"
    assert row.distribution.text == "Uniform(4, 9)"
    assert row.evidence.source == "invented for the tests"
    assert study.resolved()["sets"][0]["assumptions"][0]["like"] == "four_phases"
    assert [name.rpartition("/")[2] for name, _ in study.sources][-2:] == ["other.toml", "assumptions.toml"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            'input = "market_life"\nlike = "assumption.toml"',
            "other.toml: assumptions[1:market_life].like = 'assumption.toml': no such file and no bundled "
            "assumption set of this name; bundled: replica, plan_centred, evidence, sceptical, pipeline (did you mean "
            "'assumptions.toml'?)",
        ),
        (
            'input = "multiplier"\nlike = "assumptions.toml"',
            "other.toml: assumptions[1:multiplier].like = 'assumptions.toml': that "
            "set has no row for multiplier",
        ),
        (
            'input = "market_live"\nlike = "assumptions.toml"',
            "other.toml: assumptions[1:market_live].input = 'market_live': there "
            "is no such input (did you mean "
            "'market_life'?)",
        ),
        (
            'input = "market_life"\nlike = "assumptions.toml"\nunit = "years"',
            "other.toml: assumptions[1:market_life].unit = 'years': a row with "
            "`like` is taken over whole, beside "
            "`input` alone",
        ),
        (
            'input = "market_life"\nlike = "other.toml"',
            "other.toml: assumptions[1:market_life].like = 'other.toml': sets take rows from each other in a "
            "circle: other.toml -> other.toml",
        ),
        ('like = "assumptions.toml"', "other.toml: assumptions[1].input: is required"),
    ],
)
def test_faults_of_like_rows(folder: Folder, row: str, message: str) -> None:
    like_set(folder, row)
    assert folder.messages() == [message]


def test_faults_of_the_other_set_are_reported_once(folder: Folder) -> None:
    rows = 'input = "market_life"\nlike = "assumptions.toml"\n\n[[assumptions]]\ninput = "leverage"\n'
    like_set(folder, f'{rows}like = "assumptions.toml"')
    folder.edit("assumptions", "rho = 0.3", "rho = 3")
    assert folder.messages() == [
        "assumptions.toml: correlations[1].rho = 3.0: must lie in the domain, (-1, 1)"
    ]


def test_a_number_beyond_64_bits(folder: Folder) -> None:
    found = messages_of_row(folder, ("low = 60,", f"low = -{10**40},"))
    assert found[0].endswith("must fit in 64 bits")
