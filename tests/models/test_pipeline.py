"""The pipeline kernel: its plain twin, plan accounting where nothing runs short, and what must be conserved."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from mcengine import Model, Study, evaluate, load_study
from mcengine.errors import InputError
from mcengine.models.build import build_model
from mcengine.models.pipeline import BY_PHASE
from tests.models.twin import Floats, compare, study_named, wide, with_supplies

STUDIES = ("replica", "replica:2050", "four_phases")
MODERATE = {
    "supply_preclinical": 5.0,
    "supply_phase1": 4.0,
    "supply_phase2": 3.0,
    "supply_phase3": 1.5,
    "supply_production": 0.5,
    "outside_finance": 0.5,
}


@cache
def study_and_model(name: str) -> tuple[Study, Model]:
    study = study_named(name)
    study = with_supplies(study) if name == "four_phases" else study
    study = study.overridden(accounting="pipeline")
    return study, build_model(study)


def inputs_by_kind(model: Model, kind: str) -> list[int]:
    return [k for k, name in enumerate(model.inputs) if name.startswith(kind)]


def scarce(study: Study, model: Model, count: int, seed: int) -> Floats:
    """Wide vectors in which money, candidates or neither runs short: supplies over five orders, durations to 5 years.

    One supply in six is none, one in six unlimited; one vector in six has each end of outside finance.
    """
    rng = np.random.default_rng(seed + 1)
    x = wide(study, count, seed)
    supplies, durations = inputs_by_kind(model, "supply"), inputs_by_kind(model, "duration")
    shape = (len(supplies), count)
    fate = rng.integers(0, 6, shape)
    drawn = np.exp(rng.normal(1.0, 2.0, shape))
    x[supplies] = np.where(fate == 0, 0.0, np.where(fate == 1, math.inf, drawn))
    x[durations] = rng.uniform(0.0, 5.0, (len(durations), count)) * rng.uniform(0.0, 1.0, count)
    ends = rng.integers(0, 6, count)
    finance = model.inputs.index("outside_finance")
    x[finance] = np.where(ends == 0, 0.0, np.where(ends == 1, 1.0, x[finance]))
    return x


def tables(study: Study, model: Model, x: Floats, luck: Floats | None = None) -> dict[str, Floats]:
    """Every output: (draws,) for a scalar, (years, draws) for a yearly quantity."""
    out = model.evaluate(x, luck=luck)
    found: dict[str, Floats] = {}
    for name in dict.fromkeys(output.name for output in model.outputs):
        rows = [k for k, output in enumerate(model.outputs) if output.name == name]
        found[name] = out[rows[0]] if model.outputs[rows[0]].year is None else out[rows]
    return found


def prices(study: Study, model: Model, x: Floats) -> Floats:
    """price_p (phases, draws), from docs/method.md, pipeline accounting."""
    assert study.plan is not None
    phases = study.plan.phases
    success = [study.plan.input(phase.success).value for phase in phases]
    total = sum(phase.cost for phase in phases)
    shares = [phase.cost / total * math.prod(success[p:]) for p, phase in enumerate(phases)]
    return np.array(shares)[:, None] * x[model.inputs.index("launch_cost")]


# ---------------------------------------------------------------- the twin


@pytest.mark.parametrize("name", STUDIES)
def test_equals_its_plain_twin_on_wide_ranges(name: str) -> None:
    study, model = study_and_model(name)
    compare(study, model, scarce(study, model, 1000, seed=2026))


@pytest.mark.parametrize("name", STUDIES)
def test_equals_its_twin_at_corners(name: str) -> None:
    """Whole, zero and endless durations, no private money, no growth, no candidates, no finance from outside."""
    study, model = study_and_model(name)
    x = scarce(study, model, 120, seed=5)
    row = {input: k for k, input in enumerate(model.inputs)}
    durations = inputs_by_kind(model, "duration")
    x[durations, :60] = np.round(x[durations, :60])
    x[durations, :20] = 0.0
    x[durations[0], 60:80] = 1e6
    x[inputs_by_kind(model, "supply"), 10:30] = 0.0
    for input, value in (("structural_share", 0.0), ("leverage", 0.0), ("market_growth", -0.99)):
        x[row[input], 80:100] = value
    x[row["outside_finance"], 90:] = 0.0
    x[row["structural_depreciation"], 100:] = 1.0
    compare(study, model, x)


@pytest.mark.parametrize("name", STUDIES)
def test_a_draw_does_not_depend_on_its_block_or_its_place_in_it(name: str) -> None:
    """Bitwise: blocks of any width, any order of the draws, with and without the yearly tables."""
    study, model = study_and_model(name)
    x = scarce(study, model, 700, seed=9)
    durations = inputs_by_kind(model, "duration")
    x[durations, ::7] = np.round(x[durations, ::7])
    whole = model.evaluate(x)
    for width in (8, 64, 333):
        parts = [model.evaluate(x[:, a : a + width]) for a in range(0, 700 - width + 1, width)]
        assert np.array_equal(np.concatenate(parts, axis=1), whole[:, : len(parts) * width])
    order = np.random.default_rng(1).permutation(700)
    assert np.array_equal(model.evaluate(x[:, order]), whole[:, order])
    assert np.array_equal(model.evaluate(x[:, 1:2]), whole[:, 1:2])
    assert np.array_equal(model.evaluate(x, headline_only=True), whole[: len(model.headline_outputs)])


# ---------------------------------------------------------------- the plan's own numbers


@pytest.mark.parametrize(("horizon", "npv"), [(2035, -438.46), (2050, 12960.2)])
def test_the_plan_with_moderate_supplies(horizon: int, npv: float) -> None:
    study = load_study("replica", set=MODERATE, horizon=horizon, spend_until=2035, accounting="pipeline")
    found = evaluate(study)
    assert found.accounting == "pipeline"
    assert found.outputs["npv"] == pytest.approx(npv, abs=0.005 if horizon == 2035 else 0.05)
    at_2035 = found.years[2035 - 2026]
    assert at_2035["unspent"] == pytest.approx(4585.3, abs=0.05)
    assert at_2035["unspent_public"] == pytest.approx(458.5, abs=0.05)
    if horizon == 2035:
        assert found.outputs["npv_if_returned"] == pytest.approx(-100.05, abs=0.005)
        assert found.outputs["unspent_at_horizon"] == at_2035["unspent"]
        assert found.outputs["unspent_public_at_horizon"] == at_2035["unspent_public"]


@pytest.mark.parametrize("name", STUDIES)
def test_where_nothing_runs_short_it_is_plan_accounting(name: str) -> None:
    """Unlimited supply, outside finance of all, whole years: any success rates, to 1e-10."""
    study, model = study_and_model(name)
    plan = build_model(study.overridden(accounting="plan"))
    x = wide(study, 1000, seed=11)
    x[inputs_by_kind(model, "duration")] = np.round(x[inputs_by_kind(model, "duration")] / 3.0)
    x[inputs_by_kind(model, "supply")] = math.inf
    x[model.inputs.index("outside_finance")] = 1.0
    assert model.inputs[: len(plan.inputs)] == plan.inputs
    found, expected = tables(study, model, x), tables(study, plan, x[: len(plan.inputs)])
    for quantity, values in expected.items():
        if quantity == "payback_year":
            assert np.array_equal(found[quantity], values)
            continue
        money = quantity in ("npv", "present_value", "cash_flow") or quantity.startswith("pv_")
        scale = expected["pv_outlay"] if money else np.abs(values).max(axis=0) if values.ndim > 1 else np.abs(values)
        assert np.all(np.abs(found[quantity] - values) <= 1e-10 * (scale + 1e-300)), quantity
    assert study.plan is not None
    assert not any(found[f"unspent_{phase.name}"].any() for phase in study.plan.phases)
    assert not found["unspent"].any()
    assert not found["unspent_grown"].any()


def test_without_candidates_nothing_is_launched_before_the_first_own_ones() -> None:
    none = dict.fromkeys(MODERATE, 0.0)
    study = load_study("replica", set=none, horizon=2040, accounting="pipeline")
    launches = {row["year"]: row["launches"] for row in evaluate(study).years}
    assert [launches[year] for year in range(2026, 2036)] == [0.0] * 10
    assert launches[2036] > 0.0


# ---------------------------------------------------------------- what must be conserved


@pytest.mark.parametrize("name", STUDIES)
def test_money_is_conserved(name: str) -> None:
    """To the end of every year: given is spent or still there, for programme money, its public part, grown money."""
    study, model = study_and_model(name)
    x = scarce(study, model, 500, seed=21)
    found = tables(study, model, x)
    row = {input: x[k] for k, input in enumerate(model.inputs)}
    given = np.cumsum(found["public_pipeline"] + found["private"], axis=0)
    spent = np.cumsum(found["rnd_activity"], axis=0) / row["multiplier"]
    assert np.all(np.abs(given - spent - found["unspent"]) <= 1e-11 * given[-1])
    assert np.all(found["unspent_public"] <= found["unspent"] * (1 + 1e-12))
    assert study.plan is not None
    parts = sum(found[f"unspent_{phase.name}"] for phase in study.plan.phases)
    assert np.all(np.abs(found["unspent"] - parts) <= 1e-12 * given[-1])
    rho = (1 + row["market_growth"]) * (1 - row["structural_depreciation"])
    years = np.arange(1, len(given) + 1)[:, None]
    lasting = found["structural"] - row["opening_structural_stock"] * rho**years
    grown = np.cumsum(lasting, axis=0) / row["multiplier"]
    paid = sum(found[f"started_{phase.name}"] * prices(study, model, x)[p] for p, phase in enumerate(study.plan.phases))
    spent_grown = np.cumsum(paid, axis=0) - spent
    scale = given[-1] + np.cumsum(found["structural"], axis=0)[-1] / row["multiplier"]
    assert np.all(np.abs(grown - spent_grown - found["unspent_grown"]) <= 1e-9 * scale)


@pytest.mark.parametrize("name", STUDIES)
def test_candidates_are_conserved(name: str) -> None:
    """Those that arrive start, go on at others' cost or wait; outside ones are no more than the supply."""
    study, model = study_and_model(name)
    x = scarce(study, model, 500, seed=22)
    found = tables(study, model, x)
    row = {input: x[k] for k, input in enumerate(model.inputs)}
    assert study.plan is not None
    arriving = np.zeros_like(found["launches"])
    for p, phase in enumerate(study.plan.phases):
        started, waiting = found[f"started_{phase.name}"], found[f"waiting_{phase.name}"]
        left = found[f"lack_money_{phase.name}"] / prices(study, model, x)[p]
        before = np.vstack([np.zeros_like(waiting[:1]), waiting[:-1]])
        own = before + arriving - left
        scale = 1e-10 * (started.max() + arriving.max() + 1)
        outside = started - own
        supply = np.full(x.shape[1], math.inf) if phase.supply is None else row[phase.supply]
        assert np.all(own >= -scale)
        assert np.all(outside >= -scale)
        assert np.all(outside <= supply + scale)
        assert np.all(np.abs(waiting - left * (1 - row["outside_finance"])) <= scale)
        assert np.all((left <= scale) | (np.abs(outside) <= scale)), "own graduates start before outside ones"
        passed = row[phase.success] * (started + left * row["outside_finance"])
        arriving = np.zeros_like(passed)
        whole, part = np.floor(row[phase.duration]).astype(int), row[phase.duration] % 1.0
        for t in range(len(passed)):
            for k in range(t + 1):
                weight = np.where(whole == k, 1.0 - part, np.where(whole + 1 == k, part, 0.0))
                arriving[t] += weight * passed[t - k]
    assert np.all(np.abs(arriving - found["candidates_launched"]) <= 1e-10 * (arriving.max() + 1))


@pytest.mark.parametrize("name", STUDIES)
def test_credit_is_at_most_one_a_medicine(name: str) -> None:
    """And exactly one where every candidate is the programme's own from the first phase on."""
    study, model = study_and_model(name)
    x = scarce(study, model, 2000, seed=23)
    x[inputs_by_kind(model, "supply"), :500] = 0.0
    x[model.inputs.index("outside_finance"), :500] = 0.0
    found = tables(study, model, x)
    launched, credit = found["candidates_launched"], found["launches"]
    assert np.all(credit >= 0.0)
    assert np.all(credit <= launched * (1 + 1e-12) + 1e-15)
    assert launched[:, :500].max() > 1.0
    assert np.all(np.abs(credit - launched)[:, :500] <= 1e-12 * launched[:, :500].max(axis=0))


@pytest.mark.parametrize("name", STUDIES)
def test_each_phase_lacks_money_or_candidates_never_both(name: str) -> None:
    study, model = study_and_model(name)
    x = scarce(study, model, 500, seed=24)
    found = tables(study, model, x)
    assert study.plan is not None
    for p, phase in enumerate(study.plan.phases):
        candidates, money = (found[f"{kind}_{phase.name}"] for kind in ("lack_candidates", "lack_money"))
        unstarted = money / prices(study, model, x)[p]
        scale = 1e-10 * (found[f"started_{phase.name}"].max() + 1)
        assert np.all((candidates <= scale) | (unstarted <= scale))
    first = study.plan.phases[0].name
    assert not found[f"lack_money_{first}"].any()
    assert not found[f"waiting_{first}"].any()


# ---------------------------------------------------------------- how it is asked for


def test_names_and_units_of_the_outputs() -> None:
    _, model = study_and_model("replica")
    plan = build_model(load_study("replica"))
    names = {output.name: output.unit for output in model.outputs}
    assert {output.name: output.unit for output in plan.outputs}.items() <= names.items()
    assert [o.name for o in model.headline_outputs][:5] == [o.name for o in plan.headline_outputs]
    assert {f"{kind}_phase1" for kind in BY_PHASE} < set(names)
    assert (names["waiting_phase1"], names["lack_money_phase1"]) == ("candidates", "EUR m")
    assert model.output_index("started_production[2035]") < len(model.outputs)


def test_a_plan_without_supplies_says_what_it_lacks() -> None:
    with pytest.raises(InputError) as caught:
        study_named("four_phases").overridden(accounting="pipeline")
    (fault,) = caught.value.faults
    assert str(fault) == (
        "accounting = 'pipeline': the plan 'four_phases' does not say how many candidates there are: "
        "phases[animal].supply, phases[clinical].supply, phases[approval].supply, inputs[outside_finance]"
    )
