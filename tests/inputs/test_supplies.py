"""How many candidates there are: inputs that pipeline accounting alone uses, and what studies make of them."""

from __future__ import annotations

import math

import pytest

from mcengine.inputs.check import Report
from mcengine.inputs.plan_file import parse_plan, plan_data
from mcengine.inputs.study import Study
from tests.inputs.conftest import Folder, faults_of

SUPPLIES = [("animal", "inf"), ("clinical", "2"), ("approval", "0")]


def add_supplies(folder: Folder, *, before: str = "") -> Folder:
    """The plan with a supply for every phase but the first, their inputs last or before the input `before`."""
    rows = ""
    for name, value, domain in (
        *((f"supply_{phase}", value, "{ min = 0, infinite = true }") for phase, value in SUPPLIES),
        ("outside_finance", "1", "{ min = 0, max = 1 }"),
    ):
        rows += (
            f'[[inputs]]\nname = "{name}"\nvalue = {value}\nunit = "candidates / year"\ndomain = {domain}\n'
            f'search = [0, 1]\nlabel = {{ en = "a", nl = "a" }}\nmeaning = "m"\nsource = "s"\n'
        )
    text = (folder.path / "plan.toml").read_text()
    for phase, _ in SUPPLIES:
        text = text.replace(f'"duration_{phase}"\n', f'"duration_{phase}"\nsupply = "supply_{phase}"\n', 1)
    mark = f'[[inputs]]\nname = "{before}"'
    text = text.replace(mark, rows + mark) if before else text + rows
    folder.write("plan.toml", text)
    return folder


def test_a_plan_may_say_how_many_candidates_there_are(folder: Folder) -> None:
    plan = add_supplies(folder).load().plan
    assert plan is not None
    assert plan.pipeline_lacks == ()
    assert plan.pipeline_inputs == ("supply_animal", "supply_clinical", "supply_approval", "outside_finance")
    assert [phase.supply for phase in plan.phases] == [None, "supply_animal", "supply_clinical", "supply_approval"]
    assert plan.input("supply_animal").value == math.inf
    assert plan.inputs_of("pipeline") == plan.inputs
    assert plan.inputs_of("plan") == plan.inputs[:-4]
    assert parse_plan(plan_data(plan), Report("again.toml")) == plan


def test_faults_about_candidates(folder: Folder) -> None:
    add_supplies(folder, before="mcpf")
    (message, *others) = folder.messages()
    assert message == ("plan.toml: inputs[supply_animal]: belongs after 'mcpf': plan accounting does not use it")
    assert len(others) == 3
    folder.edit("plan", '"supply_animal"\n', '"supply_anmal"\n')
    assert "supply_anmal': names an input that the plan does not declare (did you mean" in folder.messages()[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "value = inf\n",
            "value = -inf\n",
            "plan.toml: inputs[supply_animal].value = -inf: must lie in the domain, >= 0 or inf",
        ),
        (
            "{ min = 0, infinite = true }",
            "{ min = 0, max = 3, infinite = true }",
            "plan.toml: inputs[supply_animal].domain.infinite = True: does not go with domain.max, 3",
        ),
        (
            "value = inf\n",
            "value = nan\n",
            "plan.toml: inputs[supply_animal].value = nan: must be a number, not NaN",
        ),
        (
            '"duration_laboratory"\n',
            '"duration_laboratory"\nsupply = "supply_animal"\n',
            "plan.toml: phases[laboratory].supply = 'supply_animal': the first phase has none: it makes as many "
            "candidates as it has money for",
        ),
    ],
)
def test_a_supply_may_be_infinite_and_nothing_else(folder: Folder, old: str, new: str, message: str) -> None:
    text = (add_supplies(folder).path / "plan.toml").read_text()
    folder.write("plan.toml", text.replace(old, new, 1))
    assert message in folder.messages()


def test_each_accounting_has_its_own_inputs(folder: Folder) -> None:
    study = add_supplies(folder).load()
    assert study.plan is not None
    assert study.inputs == study.plan.inputs[:-4]
    other = study.overridden(accounting="pipeline")
    assert other.inputs == study.plan.inputs
    assert other.baseline()["supply_animal"] == math.inf
    assert other.marginal(0, "supply_animal").median == math.inf
    assert other.uncertain == study.uncertain
    assert other.overridden(accounting="plan") == study


def test_a_study_chooses_its_accounting(folder: Folder) -> None:
    add_supplies(folder)
    folder.edit("study", "[options]", '[options]\naccounting = "pipeline"')
    folder.edit("study", "discount_rate = 0.04", "discount_rate = 0.04\nsupply_animal = inf\nsupply_clinical = 3")
    study = folder.load()
    assert study.options.accounting == "pipeline"
    assert (study.fixed["supply_animal"], study.baseline()["supply_clinical"]) == (math.inf, 3.0)
    assert Study.from_resolved(study.resolved(), study.file) == study
    assert study.warnings == ()


def test_what_the_accounting_does_not_use_is_said(folder: Folder) -> None:
    study = add_supplies(folder).load(set=["supply_clinical=3", "outside_finance=0.5"])
    assert study.fixed["supply_clinical"] == 3.0
    assert study.warnings == ("plan accounting does not use supply_clinical, outside_finance: no effect",)
    assert study.overridden(accounting="pipeline").warnings == ()
    assert Study.from_resolved(study.resolved(), study.file) == study


def test_supplies_are_checked_whatever_the_accounting(folder: Folder) -> None:
    study = add_supplies(folder).load()
    for value, rule in ((-1, ">= 0 or inf"), (math.nan, ">= 0 or inf"), (-math.inf, ">= 0 or inf")):
        (fault,) = faults_of(lambda value=value: study.overridden({"supply_animal": value}))
        assert fault.rule == f"must lie in the domain, {rule} (in candidates / year)"
    (fault,) = faults_of(lambda: study.overridden({"outside_finance": math.inf}))
    assert fault.rule == "must be a finite number"


def test_a_plan_that_does_not_say_cannot_be_accounted_so(folder: Folder) -> None:
    folder.edit("study", "[options]", '[options]\naccounting = "pipeline"')
    assert folder.messages() == [
        "study.toml: options.accounting = 'pipeline': the plan 'four_phases' does not say how many candidates there "
        "are: phases[animal].supply, phases[clinical].supply, phases[approval].supply, inputs[outside_finance]"
    ]
