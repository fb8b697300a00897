"""The investment kernel: its plain twin, the published figures, and what must hold whatever the numbers."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mcengine import Model, Study, evaluate, load_study
from mcengine.errors import NonFiniteError
from mcengine.models.build import build_model
from tests.models.twin import compare, study_named, wide, with_budgets

Floats = NDArray[np.float64]
STUDIES = ("replica", "replica:2050", "four_phases")
LAST = {"replica": 2035, "replica:2050": 2050, "four_phases": 2040}


@cache
def study_and_model(name: str) -> tuple[Study, Model]:
    study = study_named(name)
    return study, build_model(study)


@pytest.mark.parametrize("name", STUDIES)
def test_equals_its_plain_twin_on_wide_ranges(name: str) -> None:
    study, model = study_and_model(name)
    compare(study, model, wide(study, 1000, seed=2026))


@pytest.mark.parametrize("name", STUDIES)
def test_equals_its_twin_at_corners(name: str) -> None:
    """Whole and zero durations, a life of whole years, under a year and beyond the horizon, no discounting."""
    study, model = study_and_model(name)
    x = wide(study, 120, seed=5)
    row = {input: k for k, input in enumerate(model.inputs)}
    durations = [k for input, k in row.items() if input.startswith("duration")]
    x[durations, :60] = np.round(x[durations, :60])
    x[durations, :20] = 0.0
    x[row["market_life"], 20:60] = np.tile([1.0, 0.25, 7.0, 300.0], 10)
    x[durations[0], 60:80] = 1e6  # launches never come
    x[row["discount_rate"], 40:70] = 0.0
    for input, value in (("structural_share", 0.0), ("leverage", 0.0), ("tax_burden", 0.0), ("displacement", 1.0)):
        x[row[input], 80:100] = value
    compare(study, model, x)


def test_a_life_of_no_years_sells_nothing_and_an_endless_one_keeps_all() -> None:
    study, model = study_and_model("replica")
    x = np.tile(baseline(study, model), (1, 3))
    x[model.inputs.index("market_life")] = (1e-300, 1e9, 1e300)
    found = {o.key: row for o, row in zip(model.outputs, model.evaluate(x), strict=True)}
    launches = np.array([found[f"launches[{year}]"] for year in range(2026, 2036)])
    on_market = np.array([found[f"medicines_on_market[{year}]"] for year in range(2026, 2036)])
    assert np.max(np.abs(on_market[:, 0])) < 1e-12
    assert on_market[:, 1:] == pytest.approx(np.cumsum(launches, axis=0)[:, 1:], rel=1e-12)


def baseline(study: Study, model: Model) -> Floats:
    values = study.baseline("plan")
    return np.array([[values[name]] for name in model.inputs])


@pytest.mark.parametrize(
    ("name", "cells"), [("replica", 39), ("annex98", 3)], ids=["39 cells of the plan", "3 of annex 9.8"]
)
def test_every_published_figure_is_reproduced(name: str, cells: int) -> None:
    published = evaluate(load_study(name)).published
    assert len(published) == cells
    assert [c for c in published if not c.matches] == []


@pytest.mark.parametrize(
    ("name", "horizon", "npv"),
    [
        ("replica", None, 1478.13),
        ("annex98", None, 10288.8),
        ("replica", 2050, 18529.8),
        ("horizon2050", None, 18529.8),
    ],
)
def test_published_present_values(name: str, horizon: int | None, npv: float) -> None:
    found = evaluate(load_study(name, horizon=horizon)).outputs["npv"]
    assert isinstance(found, float)
    assert round(found, 2 if npv == 1478.13 else 1) == npv


def test_a_wrong_value_is_not_a_match() -> None:
    published = evaluate(load_study("replica", set=["leverage=2.6"])).published
    assert sum(not c.matches for c in published) > 10


@pytest.mark.parametrize("name", STUDIES)
def test_a_draw_does_not_depend_on_its_block_or_its_place_in_it(name: str) -> None:
    """Bitwise: blocks of any width, any order of the draws, with and without the yearly tables."""
    study, model = study_and_model(name)
    x = wide(study, 700, seed=9)
    x[:, ::7] = baseline(study, model)  # whole-year durations among fractional ones
    whole = model.evaluate(x)
    for width in (8, 64, 248, 333):
        parts = [model.evaluate(x[:, a : a + width]) for a in range(0, 700 - width + 1, width)]
        assert np.array_equal(np.concatenate(parts, axis=1), whole[:, : len(parts) * width])
    order = np.random.default_rng(1).permutation(700)
    assert np.array_equal(model.evaluate(x[:, order]), whole[:, order])
    for i in (0, 1, 699):
        assert np.array_equal(model.evaluate(x[:, i : i + 1]), whole[:, i : i + 1])
    headline = len(model.headline_outputs)
    assert np.array_equal(model.evaluate(x, headline_only=True), whole[:headline])


def test_payback_is_the_first_year_from_which_the_sum_stays_positive() -> None:
    study, model = study_and_model("replica:2050")
    x = wide(study, 2000, seed=3)
    found = dict(zip((o.key for o in model.outputs), model.evaluate(x), strict=True))
    sums = np.cumsum([found[f"present_value[{year}]"] for year in range(2026, 2051)], axis=0)
    negative = sums < 0.0
    last = np.where(negative.any(axis=0), 24 - np.argmax(negative[::-1], axis=0), -1)
    expected = np.where(last == 24, np.inf, 2027.0 + last)
    clear = np.abs(sums).min(axis=0) > 1e-9 * np.abs(sums).max(axis=0)
    assert np.mean(clear) > 0.99
    assert np.array_equal(found["payback_year"][clear], expected[clear])
    assert {2026.0, math.inf} < set(found["payback_year"])


# Each example: one vector of wide ranges, by seed, and two factors.
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True, database=None)
SEEDS = st.integers(0, 2**32 - 1)


def npv(model: Model, x: Floats, **changed: Floats | float) -> Floats:
    """NPV (n,) of one vector (inputs, 1) with some inputs changed, (n,) each."""
    n = max((np.size(value) for value in changed.values()), default=1)
    x = np.repeat(x, n, axis=1)
    for name, value in changed.items():
        x[model.inputs.index(name)] = value
    return np.asarray(model.evaluate(x, headline_only=True)[0])


def outlay(model: Model, x: Floats) -> float:
    return float(model.evaluate(x)[model.output_index("pv_outlay"), 0])


@EXAMPLES
@given(seed=SEEDS, share=st.floats(0, 1), tax=st.floats(0, 1))
def test_npv_is_linear_in_labour_share_times_tax(seed: int, share: float, tax: float) -> None:
    study, model = study_and_model("replica:2050")
    x = wide(study, 1, seed)
    none, one, both, swapped = npv(
        model, x, labour_share=np.array([0.0, 1.0, share, tax]), tax_burden=np.array([1.0, 1.0, tax, share])
    )
    scale = abs(one) + abs(none) + outlay(model, x)
    assert abs(both - (none + share * tax * (one - none))) <= 1e-11 * scale
    assert abs(both - swapped) <= 1e-11 * scale


@EXAMPLES
@given(seed=SEEDS, more=st.floats(0, 2))
def test_dearer_public_money_costs_its_share_of_the_outlay(seed: int, more: float) -> None:
    study, model = study_and_model("four_phases")
    x = wide(study, 1, seed)
    plain, dearer = npv(model, x, mcpf=np.array([1.0, 1.0 + more]))
    x[model.inputs.index("mcpf")] = 1.0
    assert dearer <= plain
    assert plain - dearer == pytest.approx(more * outlay(model, x), rel=1e-9, abs=1e-9 * (1 + abs(plain)))


@EXAMPLES
@given(seed=SEEDS)
def test_the_npv_rises_with_what_pays_and_falls_with_what_costs(seed: int) -> None:
    study, model = study_and_model("replica:2050")
    x = wide(study, 1, seed)
    x[model.inputs.index("market_growth")] = abs(x[model.inputs.index("market_growth")])
    scale = 1e-12 * (outlay(model, x) + abs(float(npv(model, x)[0])))
    for name in ("leverage", "multiplier", "structural_share", "opening_structural_stock", "revenue_per_medicine",
                 "nl_share", "market_life", "corporate_tax", "success_phase2", "tax_burden"):  # fmt: skip
        ladder = npv(model, x, **{name: np.linspace(0.1, 1.0, 8)})
        assert np.all(np.diff(ladder) >= -scale), name
    for name in ("displacement", "structural_depreciation", "duration_phase1"):
        ladder = npv(model, x, **{name: np.linspace(0.0, 1.0, 8)})
        assert np.all(np.diff(ladder) <= scale), name


@EXAMPLES
@given(seed=SEEDS, factor=st.floats(0.01, 100))
def test_twice_the_budget_is_twice_the_plan_but_for_its_opening_stock(seed: int, factor: float) -> None:
    study, model = study_and_model("four_phases")
    scaled = build_model(with_budgets(study, factor))
    x = wide(study, 1, seed)
    x[model.inputs.index("opening_structural_stock")] = 0.0
    before, after = model.evaluate(x)[:, 0], scaled.evaluate(x)[:, 0]
    for output, one, other in zip(model.outputs, before, after, strict=True):
        if output.name in ("bcr", "discount_factor"):
            assert other == pytest.approx(one, rel=1e-12)
        elif output.name != "payback_year":
            scale = abs(before[model.output_index("pv_outlay")]) + abs(one)
            assert abs(other - factor * one) <= 1e-11 * factor * scale


@EXAMPLES
@given(seed=SEEDS)
def test_the_accounts_add_up(seed: int) -> None:
    study, model = study_and_model("replica:2050")
    found = dict(zip((o.key for o in model.outputs), model.evaluate(wide(study, 1, seed))[:, 0], strict=True))
    years = range(2026, 2051)
    scale = 1e-11 * (found["pv_outlay"] + abs(found["pv_receipts"]))
    assert abs(found["npv"] - sum(found[f"present_value[{y}]"] for y in years)) <= scale
    assert abs(found["npv"] - (found["pv_receipts"] - found["pv_outlay"])) <= scale
    assert found["bcr"] == pytest.approx(found["pv_receipts"] / found["pv_outlay"], rel=1e-12)
    for y in years:
        cash = found[f"tax_rnd[{y}]"] + found[f"tax_sales[{y}]"]
        assert found[f"cash_flow[{y}]"] <= cash + scale
        assert found[f"gdp_added[{y}]"] == pytest.approx(found[f"gdp_rnd[{y}]"] + found[f"gdp_sales[{y}]"])
        assert found[f"jobs[{y}]"] == pytest.approx(found[f"gdp_added[{y}]"] / 0.6)


def test_cash_flow_of_one_year_by_hand() -> None:
    """2026 of the plan, where only the first euro has been spent: plan accounting with a pocket calculator."""
    years = {row["year"]: row for row in evaluate(load_study("replica")).years}
    x = load_study("replica").baseline()
    total = 1.0 + x["leverage"]
    activity = x["multiplier"] * 300.0 * total
    rho = (1 + x["market_growth"]) * (1 - x["structural_depreciation"])
    gdp = activity * (1 + x["structural_share"]) + x["opening_structural_stock"] * rho
    assert years[2026]["rnd_activity"] == pytest.approx(activity, rel=1e-14)
    assert years[2026]["gdp_rnd"] == pytest.approx(gdp, rel=1e-14)
    tax = x["labour_share"] * x["tax_burden"] * gdp
    assert years[2026]["tax_rnd"] == pytest.approx(tax, rel=1e-14)
    assert years[2026]["cash_flow"] == pytest.approx(tax + years[2026]["tax_sales"] - 375.0, rel=1e-13)
    assert years[2026]["discount_factor"] == pytest.approx(1.028**-2, rel=1e-14)


def test_a_horizon_of_one_year_and_a_late_base_year() -> None:
    short = load_study("replica", horizon=2026)
    found = evaluate(short)
    assert len(found.years) == 1
    assert found.outputs["npv"] == pytest.approx(found.years[0]["present_value"], rel=1e-13)
    late = evaluate(load_study("replica", discount_base_year=2040))
    early = evaluate(load_study("replica"))
    assert late.outputs["npv"] == pytest.approx(float(early.outputs["npv"]) * 1.028**16, rel=1e-12)


def test_structural_years_and_spending_end_where_the_options_say() -> None:
    study = load_study("replica", horizon=2040, spend_until=2030, structural_years=2)
    model = build_model(study)
    compare(study, model, wide(study, 50, seed=4))


def test_evaluate_refuses_a_result_that_is_not_finite() -> None:
    study = load_study("replica", set=["discount_rate=-0.9999999999999999"], horizon=2226)
    with pytest.raises(NonFiniteError, match="is not a finite number") as caught:
        evaluate(study)
    assert caught.value.inputs["discount_rate"] == -0.9999999999999999
