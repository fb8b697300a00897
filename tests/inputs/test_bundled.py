"""The bundled plan, sets and studies load, and say what the contract says of them."""

from __future__ import annotations

import math

import pytest

from mcengine.inputs import catalog
from mcengine.inputs.assumptions import load_assumptions
from mcengine.inputs.plan import load_plan
from mcengine.inputs.study import load_study


@pytest.mark.parametrize("name", catalog.studies())
def test_every_bundled_study_loads_without_a_warning(name: str) -> None:
    study = load_study(name)
    assert study.name == name
    assert study.warnings == ()
    assert study.title["en"]
    assert study.title["nl"]
    assert study.file == f"studies/{name}.toml"


@pytest.mark.parametrize("name", catalog.assumption_sets())
def test_every_row_of_a_bundled_set_has_its_evidence(name: str) -> None:
    found = load_assumptions(name, load_plan("biotech_nexus").inputs)
    assert found.name == name
    for row in found.assumptions:
        assert row.evidence.locator
        assert row.evidence.note or row.like
        assert math.isfinite(row.distribution.mean)


def test_the_replica_is_certain_and_the_others_are_not() -> None:
    assert load_study("replica").uncertain == ()
    assert len(load_study("evidence").uncertain) == 25


def test_the_sceptical_set_takes_rows_from_the_evidence() -> None:
    taken = [row for row in load_study("sceptical").sets[0].set.assumptions if row.like]
    assert {row.like for row in taken} == {"evidence"}
    evidence = load_study("evidence").sets[0].set
    assert all(row.evidence == evidence.rows[row.input].evidence for row in taken)


def test_causal_leverage_beside_additionality_is_warned_about() -> None:
    (warning,) = load_study("evidence", set=["private_additionality=0.5"]).warnings
    assert warning == (
        "leverage (Lognormal(median 1, log-sd 0.6)) and private_additionality (0.5) correct the same thing, "
        "additionality: do not count it twice"
    )
    (warning,) = load_study("sceptical", set=["displacement=0.2"]).warnings
    assert "multiplier (PERT(0.3, 0.8, 1.3)) and displacement (0.2) correct the same thing" in warning


def test_the_longer_horizon() -> None:
    assert load_study("horizon2050").options.horizon == 2050
    assert load_study("horizon2050").options.spend_until == 2035


def test_the_plan_as_published() -> None:
    plan = load_plan("biotech_nexus")
    assert math.fsum(plan.private_ratios) == pytest.approx(2.4952381, abs=1e-7)
    assert len(plan.published) == 42
    assert plan.inconsistencies
    assert plan.budget(2035) == (600.0, 200.0)
