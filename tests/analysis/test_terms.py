"""On what terms figures stand beside each other, and break-even values within a set."""

from __future__ import annotations

import numpy as np
import pytest

from mcengine.analysis.pack import build_pack
from mcengine.analysis.set_choice import choose_sets
from mcengine.analysis.set_points import set_points
from mcengine.analysis.simulate import run
from mcengine.analysis.terms import departures, differences, plan_value, unlimited
from mcengine.inputs.study import load_study
from mcengine.models.build import build_model


def test_the_plans_own_value_is_not_moved_by_what_a_study_fixes_or_chooses() -> None:
    for study in (
        load_study("evidence", set={"mcpf": 1.25}),
        load_study("annex98"),
        load_study("horizon2050"),
        load_study("pipeline", luck=True),
        load_study("evidence", discount_base_year=2026, structural_years=5),
    ):
        assert plan_value(study) == pytest.approx(1_478.128, abs=5e-4)  # table 2 of the plan: 1,478
    assert plan_value(load_study("textbook/ishigami")) is None


def test_what_differs_from_the_plan_is_named() -> None:
    def named(name: str, **options: object) -> dict[str, object]:
        return {one.name: one.value for one in differences(load_study(name, **options))}  # type: ignore[arg-type]

    assert named("evidence") == named("replica") == named("sceptical") == {}
    assert named("evidence", set={"mcpf": 1.25, "discount_rate": 0.028}) == {"mcpf": 1.25}
    fixed = {"labour_share": 1.0, "tax_burden": 0.272, "sales_wage_tax": 0.272, "sales_taxed_share": 0.5}
    assert named("annex98") == fixed
    assert named("horizon2050") == {"horizon": 2050}
    assert named("evidence", horizon=2050, spend_until=2050) == {"horizon": 2050, "spend_until": 2050}
    assert named("evidence", spend_until=2040) == {}  # nothing is spent after the horizon
    assert named("pipeline") == {"accounting": "pipeline"}


def test_sets_that_are_not_on_the_same_terms_are_found() -> None:
    study = load_study("evidence")
    sets, _ = choose_sets(study, None)
    found = departures(study, sets)
    assert [(one.set, one.name, one.value, one.plan) for one in found] == [
        ("sceptical", "discount_rate", 0.0225, 0.028)
    ]
    assert departures(study.overridden({"discount_rate": 0.03}), sets) == ()
    assert unlimited(study, sets) == ()
    pipeline = load_study("pipeline")
    sets, _ = choose_sets(pipeline, None)
    assert unlimited(pipeline, sets) == ("plan", "plan_centred", "evidence", "sceptical")


def test_a_break_even_value_within_a_set_makes_the_npv_zero_with_the_others_at_their_medians() -> None:
    study = load_study("evidence")
    points, model, medians = set_points(study), build_model(study), study.baseline("median")
    row = model.output_index("npv")

    def npv(name: str, values: list[float]) -> np.ndarray:  # type: ignore[type-arg]
        columns = [[value if one == name else medians[one] for value in values] for one in model.inputs]
        return model.evaluate(np.array(columns))[row]

    assert tuple(points) == tuple(spec.name for spec in study.inputs if spec.name in study.uncertain)
    assert round(points["leverage"].value or 0, 2) == 3.01  # with the others at the plan's values it is 1.80
    assert points["leverage"].median == pytest.approx(1.0)
    assert (points["labour_share"].low, points["labour_share"].high) == (0.22, 0.65)
    for name, one in points.items():
        if one.value is not None:
            assert one.low <= one.value <= one.high
            assert abs(npv(name, [one.value])[0]) < 1e-6
        else:
            signs = np.sign(npv(name, np.linspace(one.low, one.high, 101)[1:-1].tolist()))
            assert len(set(signs)) == 1, name


def test_a_pack_has_such_values_only_where_break_even_was_asked() -> None:
    result = run(load_study("evidence"), draws=1024, replicates=8, seed=1)
    assert build_pack(result).points == {}
    assert set_points(load_study("replica")) == {}
