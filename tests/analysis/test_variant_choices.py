"""Variants of what is chosen: each against a study of its own, evaluated and run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcengine.analysis.evaluation import evaluate
from mcengine.analysis.result import Result
from mcengine.analysis.simulate import run
from mcengine.analysis.variant_choices import (
    CORRELATIONS,
    HORIZON,
    MCPF,
    OFF,
    ON,
    SCENARIO,
    SPENDING,
    choices,
    other_dependence,
)
from mcengine.analysis.variants import Variants, variants
from mcengine.inputs.study import Study, load_study

DRAWS, REPLICATES, SEED = 1024, 8, 11
ANNEX98 = {"labour_share": 1.0, "tax_burden": 0.272, "sales_wage_tax": 0.272, "sales_taxed_share": 0.5}


@pytest.fixture(scope="module")
def evidence() -> Result:
    return run(load_study("evidence"), draws=16384, replicates=8, seed=SEED)


@pytest.fixture(scope="module")
def found(evidence: Result) -> Variants:
    made = variants(evidence, draws=DRAWS, replicates=REPLICATES)
    assert made is not None
    return made


def npv(study: Study, at: str) -> float:
    return float(evaluate(study, at=at).outputs["npv"])


def own_run(study: Study) -> Result:
    return run(study, draws=DRAWS * REPLICATES, replicates=REPLICATES, seed=SEED)


@pytest.mark.parametrize(
    ("option", "value", "changed"),
    [
        (SPENDING, 2045, {"horizon": 2045, "spend_until": 2045}),
        (SPENDING, 2050, {"horizon": 2050, "spend_until": 2050}),
        (HORIZON, 2050, {"horizon": 2050}),
        (MCPF, 1.25, {"set": {"mcpf": 1.25}}),
        ("displacement", 0.5, {"set": {"displacement": 0.5}}),
        (SCENARIO, "annex98", {"set": ANNEX98}),
    ],
)
def test_a_variant_is_a_study_of_its_own(found: Variants, option: str, value: object, changed: dict) -> None:  # type: ignore[type-arg]
    row = next(one for one in found.of(option) if one.value == value)
    study = load_study("evidence", **changed)
    assert not row.own
    assert row.plan.npv == pytest.approx(npv(study, "plan"), rel=1e-12)
    assert row.baseline.npv == pytest.approx(npv(study, "median"), rel=1e-12)
    other = own_run(study)["npv"]
    assert row.mean.value == pytest.approx(other.mean.value, rel=1e-12)
    assert row.mean.ci95 == pytest.approx(other.mean.ci95, rel=1e-9)
    assert row.chance == other.prob_positive


def test_spending_that_goes_on_is_told_from_spending_that_stops(found: Variants) -> None:
    assert [(row.value, row.stops) for row in found.of(HORIZON)] == [(2035, None), (2045, 2035), (2050, 2035)]
    assert [(row.value, row.stops) for row in found.of(SPENDING)] == [(2045, None), (2050, None)]
    stops, on = found.of(HORIZON)[-1], found.of(SPENDING)[-1]
    assert (round(stops.plan.npv), round(on.plan.npv), round(on.baseline.npv)) == (18_530, 16_252, -4_497)
    assert 0.46 < float(stops.chance.value or 0) < 0.52  # 48.9% at 10^6 draws of an independent program
    assert 0.17 < float(on.chance.value or 0) < 0.21  # 18.6%


def test_the_expected_part_after_the_plans_horizon_is_the_difference_of_two_runs(found: Variants) -> None:
    near = own_run(load_study("evidence"))["npv"].mean.value
    for option in (HORIZON, SPENDING):
        row = found.of(option)[-1]
        until = int(row.value) if option == SPENDING else 2035
        far = own_run(load_study("evidence", horizon=2050, spend_until=until))["npv"].mean.value
        assert row.until is not None
        assert row.after is not None
        assert row.until.value == pytest.approx(near, rel=1e-9)
        assert row.after.value == pytest.approx(far - near, rel=1e-9)
        low, high = row.after.ci95  # type: ignore[misc]
        assert low < row.after.value < high  # type: ignore[operator]
        assert row.share is None  # the parts differ in sign


def test_without_correlations_is_a_run_of_its_own(found: Variants, evidence: Result) -> None:
    on, off = found.of(CORRELATIONS)
    assert (on.value, on.own, off.value, off.own) == (ON, True, OFF, False)
    assert on.chance == evidence["npv"].prob_positive
    other = run(replace(evidence.study, correlations=False), draws=32768, replicates=16, seed=SEED)["npv"]
    assert (off.mean, off.chance, off.draws) == (other.mean, other.prob_positive, 32768)
    assert off.chance != on.chance


def test_no_variant_of_dependence_where_nothing_is_correlated() -> None:
    assert other_dependence(load_study("replica")) is None
    off = replace(load_study("evidence"), correlations=False)
    turned = other_dependence(off)
    assert turned is not None
    assert turned.correlations


def test_a_correction_that_the_set_makes_already_is_not_made_again(found: Variants) -> None:
    assert found.left_out == ("private_additionality",)  # evidence has causal leverage
    for name, left in (("plan_centred", ()), ("sceptical", ("displacement", "private_additionality"))):
        study = load_study(name)
        assert study.plan is not None
        rows, refused = choices(study, study.plan)
        assert refused == left
        assert {row.option for row in rows}.isdisjoint(left)


def test_the_studys_own_choice_is_marked_once_an_option() -> None:
    for name, options, own in (
        ("evidence", {"horizon": 2050, "spend_until": 2050}, (SPENDING, 2050)),
        ("evidence", {"horizon": 2050}, (HORIZON, 2050)),
        ("evidence", {"spend_until": 2030}, (HORIZON, 2035)),
        ("annex98", {}, (SCENARIO, "annex98")),
    ):
        study = load_study(name, **options)  # type: ignore[arg-type]
        assert study.plan is not None
        rows, _ = choices(study, study.plan)
        marked = [(row.option, row.value) for row in rows if row.own]
        assert own in marked
        assert sum(option in (HORIZON, SPENDING) for option, _ in marked) == 1
        years = [(row.study.options.horizon, min(row.study.options.spend_until, row.study.options.horizon))
                 for row in rows if row.option in (HORIZON, SPENDING)]  # fmt: skip
        assert len(set(years)) == len(years)
