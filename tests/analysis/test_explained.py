"""What differs between studies and which input explains a difference, on linear models with known answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mcengine import Study, load_study, run
from mcengine.analysis.explained import NOT_THERE, ONE, OTHER_MODEL, SAME, SPREAD, STEPS, explain
from mcengine.analysis.paired import Side, differences
from mcengine.analysis.study_changes import COPULA, DEPENDENCE, MODEL, SETS, changes
from mcengine.families import distribution
from mcengine.inputs.assumptions import Correlation
from tests.engine.make import Law, study
from tests.engine.make import assumption_set as laws_of

LINEAR = load_study("textbook/linear_gaussian")


def changed(name: str = "changed", **laws: Law) -> Study:
    """y = x1 + 2 x2 + 3 x3 with other laws for some inputs."""
    (member,) = LINEAR.sets
    rows = tuple(
        replace(row, distribution=distribution(*laws[row.input])) if row.input in laws else row
        for row in member.set.assumptions
    )
    return replace(LINEAR, name=name, sets=(replace(member, set=replace(member.set, assumptions=rows)),))


def normal(mean: float, sd: float) -> Law:
    return "normal", {"mean": mean, "sd": sd}


def linked(*pairs: Correlation, **fields: object) -> Study:
    (member,) = LINEAR.sets
    own = replace(member.set, correlations=pairs, **fields)  # type: ignore[arg-type]
    return replace(LINEAR, sets=(replace(member, set=own),))


def pair(first: Study, second: Study, seed: int = 3):  # type: ignore[no-untyped-def]
    sides = [Side.of(run(one, draws=2048, replicates=8, seed=seed)) for one in (first, second)]
    return differences(sides[0], sides[1])


def test_nothing_differs() -> None:
    found = changes([LINEAR, LINEAR])
    assert (found.names, found.files, found.same_inputs, found.comparable) == ((), (), 3, True)
    assert explain(pair(LINEAR, LINEAR)).kind == SAME


def test_laws_are_compared_by_what_they_are() -> None:
    moved = changed(x2=normal(1.0, 1.0))
    found = changes([LINEAR, moved, LINEAR])
    (change,) = found.inputs
    assert change.name == "x2"
    assert [cell.parts for cell in change.assumed if cell] == [
        ((1.0, "Normal(mean 0, sd 1)"),),
        ((1.0, "Normal(mean 1, sd 1)"),),
        ((1.0, "Normal(mean 0, sd 1)"),),
    ]
    fixed, constant = LINEAR.overridden(["x1=0.25"]), changed(x1=("constant", {"value": 0.25}))
    assert changes([fixed, constant]).names == ()


def test_where_one_input_differs_the_difference_is_its_own() -> None:
    told = explain(pair(LINEAR, changed(x2=normal(1.0, 1.0))))
    assert (told.kind, told.changes.names, told.output) == (ONE, ("x2",), "y")
    assert told.difference is not None
    assert told.difference.value == pytest.approx(2.0, abs=1e-9)


def test_steps_of_a_linear_model_are_coefficient_times_change() -> None:
    other = changed(x1=normal(-1.0, 1.0), x2=normal(1.0, 1.0), x3=normal(0.0, 2.0))
    told = explain(pair(LINEAR, other))
    assert told.kind == STEPS
    assert told.waterfall is not None
    assert {step.name: step.value for step in told.waterfall.steps} == pytest.approx({"x1": -1.0, "x2": 2.0})
    assert (told.waterfall.start.study, told.waterfall.end.study) == ("textbook/linear_gaussian", "changed")
    assert told.rest is not None
    assert told.rest.ci95 is not None
    low, high = told.rest.ci95
    assert float(low) <= 0.0 <= float(high)  # a linear model's mean is its value at the means
    again = explain(pair(LINEAR, other))
    assert json.dumps(again.to_dict(), allow_nan=False) == json.dumps(told.to_dict(), allow_nan=False)


def test_spread_alone_has_no_steps() -> None:
    told = explain(pair(LINEAR, changed(x1=normal(0.0, 2.0), x3=normal(0.0, 1.0))))
    assert (told.kind, told.changes.names) == (SPREAD, ("x1", "x3"))


def test_correlations_are_compared_between_inputs_that_vary() -> None:
    one, two = Correlation("x1", "x2", 0.5), Correlation("x2", "x3", 0.2)
    both = linked(one, two)
    assert changes([linked(one), both]).settings[0].values == (None, "0.2")
    off = changes([both, replace(both, correlations=False)])
    assert [(row.name, row.values) for row in off.settings] == [(DEPENDENCE, ("correlated", "independent"))]
    assert changes([both, both.overridden(["x1=0.5"])]).names == ("x1",)
    shape = changes([both, linked(one, two, copula="t", copula_dof=4.0)])
    assert [(row.name, row.values) for row in shape.settings] == [(COPULA, ("normal", "t, 4 degrees of freedom"))]
    assert explain(pair(both, replace(both, correlations=False))).kind == ONE


def test_pools_show_each_law_with_its_weight() -> None:
    low, high = laws_of({"a": normal(0.0, 1.0)}, name="low"), laws_of({"a": normal(1.0, 1.0)}, name="high")
    pools = [study(("a",), (low, w), (high, 1 - w)) for w in (0.5, 0.25)]
    (change,) = changes(pools).inputs
    assert change.assumed[1] is not None
    assert [weight for weight, _ in change.assumed[1].parts] == [0.25, 0.75]
    assert changes([pools[0], replace(pools[0], sets=pools[0].sets[::-1])]).inputs == ()
    same = [study(("a",), (low, w), (replace(low, name="too"), 1 - w)) for w in (0.5, 0.25)]
    assert [row.name for row in changes(same).settings] == [SETS]
    assert changes([study(("a",), (low, 1.0)), pools[0]]).names == ("a",)


def test_inputs_that_one_accounting_does_not_use() -> None:
    plan = load_study("evidence")
    only = changes([plan, plan.overridden(accounting="pipeline")])
    assert only.names == ("accounting",)
    assert "outside_finance" in only.idle
    found = changes([plan, load_study("pipeline")])
    (supply,) = (one for one in found.inputs if one.name == "supply_production")
    assert [cell.used for cell in supply.assumed if cell] == [False, True]
    assert supply.assumed[0] is not None
    assert supply.assumed[0].parts == ((1.0, "inf"),)
    assert {file.name for file in found.files} >= {"studies/evidence.toml", "studies/pipeline.toml"}
    json.dumps(found.to_dict(), allow_nan=False)


def test_accounting_alone_explains_the_whole_difference_and_unlimited_supplies_are_strict_json() -> None:
    plan = load_study("evidence")
    one = explain(pair(plan, plan.overridden(accounting="pipeline")))
    assert (one.kind, one.changes.names) == (ONE, ("accounting",))
    steps = explain(pair(plan, load_study("pipeline")))
    assert steps.kind == STEPS
    data = json.loads(json.dumps(steps.to_dict(), allow_nan=False))
    (supply,) = (step for step in data["steps"] if step["name"] == "supply_production")
    assert supply["changes"]["supply_production"]["from"] == "inf"
    whole = data["at_means"]["difference"] + data["spread_and_dependence"]["value"]
    assert whole == pytest.approx(data["difference"]["value"])


def test_another_plan_or_model_is_not_shared_out() -> None:
    plan = load_study("evidence")
    assert plan.plan is not None
    cheaper = replace(plan, plan=replace(plan.plan, gdp_per_job=2 * plan.plan.gdp_per_job))
    found = changes([plan, cheaper])
    assert (found.comparable, found.settings[0].note) == (False, "gdp_per_job")
    assert explain(pair(plan, cheaper)).kind == OTHER_MODEL
    other = explain(pair(LINEAR, load_study("textbook/ishigami")))
    assert (other.kind, other.changes.settings[0].name) == (OTHER_MODEL, MODEL)


MODEL_FILE = """
import numpy as np
from mcengine import Model

def rows(x, out, constants):
    for i in range(x.shape[1]):
        out[0, i] = constants[0][0] * x[0, i] + x[1, i]

mine = Model(rows, ("a", "b"), ("y",), (np.array([{factor}]),), name="mine")
"""


def own(folder: Path, factor: float, mean: float) -> Study:
    """A study with a model in a file of its own in `folder`."""
    folder.mkdir()
    (folder / "model.py").write_text(MODEL_FILE.format(factor=factor), encoding="utf-8")
    laws = laws_of({"a": normal(mean, 1.0), "b": normal(mean, 1.0)})
    base = study(("a", "b"), (laws, 1.0))
    return replace(base, model="model.py:mine", file=str(folder / "study.toml"))


def test_a_model_in_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    first, same, other = own(tmp_path / "1", 2.0, 0.0), own(tmp_path / "2", 2.0, 1.0), own(tmp_path / "3", 3.0, 1.0)
    told = explain(pair(first, same))
    assert told.kind == STEPS
    assert told.waterfall is not None
    assert {step.name: step.value for step in told.waterfall.steps} == pytest.approx({"a": 2.0, "b": 1.0})
    assert explain(pair(first, other)).kind == OTHER_MODEL


def test_a_waterfall_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    found = pair(own(tmp_path / "1", 2.0, 0.0), own(tmp_path / "2", 2.0, 1.0))
    gone = (
        replace(found.first, study=replace(found.first.study, model="gone")),
        replace(found.second, study=replace(found.second.study, model="gone")),
    )
    told = explain(replace(found, first=gone[0], second=gone[1]))
    assert told.kind == NOT_THERE
    assert "is not a model" in told.reason
    assert told.to_dict()["reason"] == told.reason
