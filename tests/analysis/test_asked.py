"""The `[sensitivity]` table of a study: what it asks for is found, checked at once, and done with the run's seed."""

from dataclasses import replace

import pytest

from mcengine import load_study, sensitivity
from mcengine.analysis.asked import analyse, asked_analyses
from mcengine.errors import InputError
from mcengine.models.build import build_model


@pytest.fixture(scope="module")
def study():
    return load_study("evidence")


def asking(study, table):
    return replace(study, sensitivity=table)


def test_a_study_without_the_table_asks_for_nothing(study):
    assert asked_analyses(asking(study, {})) == ()


def test_options_are_the_functions_own_and_studies_are_loaded(study):
    table = {
        "methods": ("tornado", "waterfall"),
        "output": "bcr",
        "tornado": {"low": 0.2, "high": 0.8},
        "waterfall": {"against": "sceptical"},
    }
    tornado, waterfall = asked_analyses(asking(study, table))
    assert tornado.options == {"output": "bcr", "low": 0.2, "high": 0.8}
    assert waterfall.options["against"].name == "sceptical"


def test_the_answer_is_that_of_the_method_with_the_runs_seed(study):
    (asked,) = asked_analyses(asking(study, {"methods": ("sobol",), "sobol": {"n": 64}}))
    found = analyse(study, asked, seed=9, model=build_model(study))
    assert found.to_dict() == sensitivity(study, "sobol", n=64, seed=9).to_dict()


def test_every_fault_is_named_at_once_with_the_nearest_name(study):
    table = {
        "methods": ("tornadoo", "sobol"),
        "ouput": "npv",
        "sobol": {"relicates": 4},
        "evppi": {"n": 64},
    }
    with pytest.raises(InputError) as error:
        asked_analyses(asking(study, table))
    said = {fault.key: (fault.rule, fault.nearest) for fault in error.value.faults}
    assert said["sensitivity.methods"][1] == "tornado"
    assert said["sensitivity.ouput"][1] == "output"
    assert said["sensitivity.sobol.relicates"][1] == "replicates"
    assert "methods does not name" in said["sensitivity.evppi"][0]
    assert all(fault.file == study.file for fault in error.value.faults)


@pytest.mark.parametrize("methods", ["sobol", (1,)])
def test_methods_must_be_a_list_of_names(study, methods):
    with pytest.raises(InputError, match="list of methods"):
        asked_analyses(asking(study, {"methods": methods}))


@pytest.mark.parametrize("name", ["replica", "plan_centred", "evidence", "sceptical"])
def test_the_bundled_studies_ask_soundly(name):
    assert "break-even" in [asked.method for asked in asked_analyses(load_study(name))]
