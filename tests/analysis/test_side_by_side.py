"""What stands beside a run: the sets, the variants, the cash flows and what rests on weak evidence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mcengine.analysis.cash_flows import LINES, cash_flows
from mcengine.analysis.evaluation import evaluate
from mcengine.analysis.evidence_share import evidence_share, weak_inputs
from mcengine.analysis.pack import build_pack, or_note
from mcengine.analysis.result import Result
from mcengine.analysis.shapley import shapley
from mcengine.analysis.side_by_side import SHOWN, side_by_side
from mcengine.analysis.simulate import run
from mcengine.analysis.sobol import sobol
from mcengine.analysis.variant_choices import BASE_YEAR, HORIZON, RATE
from mcengine.analysis.variants import variants
from mcengine.errors import NonFiniteError
from mcengine.inputs.study import load_study

DRAWS, REPLICATES, SEED = 1024, 8, 11


@pytest.fixture(scope="module")
def evidence() -> Result:
    return run(load_study("evidence"), draws=16384, replicates=8, seed=SEED)


def own_run(name: str, **options: object) -> Result:
    study = load_study(name, **options)  # type: ignore[arg-type]
    return run(study, draws=DRAWS * REPLICATES, replicates=REPLICATES, seed=SEED, outputs=("pv_receipts", "pv_outlay"))


def test_each_set_is_what_a_run_of_its_own_study_gives(evidence: Result) -> None:
    found = side_by_side(evidence, draws=DRAWS, replicates=REPLICATES)
    assert found is not None
    assert [side.name for side in found.sides] == ["plan", "plan_centred", "evidence", "sceptical"]
    assert [side.own for side in found.sides] == [False, False, True, False]
    for side in found.sides[1:]:
        other = own_run(side.name)
        source = evidence if side.own else other
        assert side.draws == source.draws
        assert {name: source["npv"].statistics[name] for name in SHOWN} == dict(side.statistics)
        for name, part in side.parts.items():
            assert part == other[name].mean


def test_the_plan_stands_beside_them_as_one_value(evidence: Result) -> None:
    found = side_by_side(evidence, draws=DRAWS, replicates=REPLICATES)
    assert found is not None
    plan, outputs = found.sides[0], evaluate(load_study("replica")).outputs
    assert plan.statistics["mean"].value == plan.statistics["p05"].value == outputs["npv"]
    assert plan.statistics["prob_positive"].value is None
    assert plan.parts["pv_outlay"].value == outputs["pv_outlay"]
    assert [side.name for side, _ in found.chances] == ["plan_centred", "evidence", "sceptical"]


def test_the_sets_are_under_the_options_and_fixed_values_of_the_run() -> None:
    study = load_study("evidence", set=["leverage=1.2"], horizon=2045)
    found = side_by_side(run(study, draws=2048, replicates=8, seed=SEED), draws=DRAWS, replicates=REPLICATES, threads=2)
    assert found is not None
    other = own_run("sceptical", set=["leverage=1.2"], horizon=2045)
    assert found.fixed == ("leverage",)
    assert found.sides[3].statistics["mean"] == other["npv"].mean
    plan = evaluate(load_study("replica", set=["leverage=1.2"], horizon=2045))
    assert found.sides[0].statistics["mean"].value == plan.outputs["npv"]


def test_a_run_over_several_sets_stands_last_and_one_without_plan_has_none() -> None:
    study = load_study("evidence")
    other = load_study("sceptical")
    pool = replace(
        study,
        name="pool",
        sets=(replace(study.sets[0], weight=0.5), replace(other.sets[0], weight=0.5)),
    )
    found = side_by_side(run(pool, draws=2048, replicates=8, seed=1), draws=256, replicates=4)
    assert found is not None
    assert [(side.name, side.own) for side in found.sides][-1] == ("pool", True)
    assert sum(side.own for side in found.sides) == 1
    ishigami = run(load_study("textbook/ishigami"), draws=2048, replicates=8, seed=1)
    assert build_pack(ishigami).to_dict()["side_by_side"] is None
    assert build_pack(ishigami).flows == ()


def test_the_threads_change_no_number(evidence: Result) -> None:
    one, two = (side_by_side(evidence, draws=512, replicates=4, threads=k) for k in (1, 3))
    assert one is not None
    assert two is not None
    assert one.to_dict() == two.to_dict()


def test_variants_equal_evaluate_and_a_run_of_the_variant(evidence: Result) -> None:
    found = variants(evidence, draws=DRAWS, replicates=REPLICATES)
    assert found is not None
    assert [row.value for row in found.of(RATE)] == [0.016, 0.0225, 0.028, 0.029, 0.04]
    assert [row.value for row in found.of(BASE_YEAR)] == [2024, 2026]
    assert [row.value for row in found.of(HORIZON)] == [2035, 2045, 2050]
    assert [row.value for row in found.rows if row.own] == [0.028, 2024, 2035, 1.0, 0.0, "on"]
    for row in found.of(RATE, BASE_YEAR, HORIZON):
        changed = {"set": {RATE: row.value}} if row.option == RATE else {row.option: int(row.value)}
        study = load_study("evidence", **changed)  # type: ignore[arg-type]
        assert row.plan.npv == pytest.approx(float(evaluate(study, at="plan").outputs["npv"]), rel=1e-12)
        assert row.baseline.npv == pytest.approx(float(evaluate(study, at="median").outputs["npv"]), rel=1e-12)
    for row in (found.of(RATE)[-1], found.of(HORIZON)[-1]):
        changed = {"set": {RATE: row.value}} if row.option == RATE else {"horizon": int(row.value)}
        other = own_run("evidence", **changed)["npv"]
        assert row.mean.value == pytest.approx(other.mean.value, rel=1e-12)
        assert row.mean.ci95 == pytest.approx(other.mean.ci95, rel=1e-9)
        assert row.chance == other.prob_positive


def test_the_plans_published_horizon_and_the_share_that_falls_later() -> None:
    found = variants(run(load_study("replica"), draws=64, replicates=2, seed=1))
    assert found is not None
    longest = found.of(HORIZON)[-1]
    assert longest.plan.npv == pytest.approx(18_529.8, abs=0.05)  # as the horizon2050 study
    assert longest.plan.until == pytest.approx(1_478.13, abs=0.005)
    assert longest.plan.share == pytest.approx(1.0 - 1_478.13 / 18_529.8, abs=1e-5)
    assert longest.chance.value is None
    assert longest.mean.value == longest.plan.npv
    assert found.at == "plan"


def test_no_share_where_the_parts_differ_in_sign(evidence: Result) -> None:
    found = variants(evidence, draws=64, replicates=2)
    assert found is not None
    last = found.of(HORIZON)[-1].baseline
    assert last.until < 0.0 < last.after
    assert last.share is None
    assert last.until + last.after == pytest.approx(last.npv)


def test_the_base_year_moves_no_sign(evidence: Result) -> None:
    found = variants(evidence, draws=DRAWS, replicates=REPLICATES)
    assert found is not None
    first, second = found.of(BASE_YEAR)
    assert first.chance == second.chance
    assert second.plan.npv == pytest.approx(first.plan.npv * 1.028**2, rel=1e-12)


def test_a_rate_that_varies_is_fixed_in_its_variants() -> None:
    study = load_study("evidence")
    member = study.sets[0]
    growth = member.set.row("market_growth")
    assert growth is not None
    moved = replace(growth, input=RATE)
    varying = replace(member, set=replace(member.set, assumptions=(*member.set.assumptions, moved)))
    result = run(replace(study, sets=(varying,)), draws=1024, replicates=8, seed=3)
    found = variants(result, draws=128, replicates=8)
    assert found is not None
    assert sum(row.own for row in found.of(RATE)) == 1
    wanted = run(result.study.overridden({RATE: 0.04}), draws=1024, replicates=8, seed=3)["npv"]
    assert next(row for row in found.of(RATE) if row.value == 0.04).chance == wanted.prob_positive


def test_the_table_of_cash_flows_adds_up(evidence: Result) -> None:
    plan, medians = cash_flows(evidence.study)
    assert (plan.at, medians.at) == ("plan", "median")
    for table in (plan, medians):
        outputs = evaluate(evidence.study, at=table.at).outputs
        assert table.present["cash_flow"] == pytest.approx(float(outputs["npv"]), rel=1e-12)
        assert table.present["receipts"] == pytest.approx(float(outputs["pv_receipts"]), rel=1e-12)
        assert table.present["outlay"] == pytest.approx(float(outputs["pv_outlay"]), rel=1e-12)
        for row in table.years:
            assert row["receipts"] - row["outlay"] == pytest.approx(row["cash_flow"], abs=1e-9)
        for line in LINES:
            assert table.totals[line] == pytest.approx(sum(row[line] for row in table.years))
    assert plan.totals["outlay"] == 7_350.0  # table 1 of the plan: 375 + 575 + 8 x 800


def test_outlay_counts_the_marginal_cost_of_public_funds() -> None:
    table = cash_flows(load_study("replica", set=["mcpf=1.25"]))[0]
    assert table.totals["outlay"] == pytest.approx(1.25 * 7_350.0)
    assert table.totals["public_pipeline"] + table.totals["preconditions"] == pytest.approx(7_350.0)


def test_shares_of_weak_evidence_add_up_for_shapley_effects(evidence: Result) -> None:
    effects = shapley(evidence.study, n=256, replicates=8, seed=1)
    found = evidence_share(evidence.study, [effects])
    assert found is not None
    assert found.total is not None
    assert found.total.value == pytest.approx(sum(float(one.share.value) for one in found.inputs if one.share))  # type: ignore[arg-type]
    assert found.total.ci95 is not None
    assert found.total.ci95[0] <= found.total.value <= found.total.ci95[1]  # type: ignore[operator]
    assert "multiplier" in {one.name for one in found.inputs}
    assert "leverage" not in {one.name for one in found.inputs}
    values = [float(one.share.value) for one in found.inputs if one.share]  # type: ignore[arg-type]
    assert values == sorted(values, reverse=True)
    strong = [name for name in effects.effects if name not in weak_inputs(evidence.study)]
    assert found.total.value == pytest.approx(1.0 - sum(float(effects[name].share.value) for name in strong))  # type: ignore[arg-type]


def test_totals_of_sobol_are_listed_and_not_added(evidence: Result) -> None:
    found = evidence_share(evidence.study, [sobol(evidence.study, n=64, replicates=4, seed=1)])
    assert found is not None
    assert (found.method, found.total) == ("sobol", None)
    assert all(one.share is not None for one in found.inputs)
    bare = evidence_share(evidence.study)
    assert bare is not None
    assert bare.method is None
    assert evidence_share(load_study("replica")) is None


def test_the_pack_is_plain_data_and_quick(evidence: Result) -> None:
    import time

    build_pack(evidence)
    started = time.process_time()
    pack = build_pack(evidence)
    assert time.process_time() - started < 8.0
    text = json.dumps(pack.to_dict(), allow_nan=False)
    assert json.loads(text)["variants"]["split_year"] == 2035
    assert pack.notes == ()


def test_a_part_with_a_number_that_is_none_costs_the_part_and_not_the_report() -> None:
    def refused() -> None:
        raise NonFiniteError("npv", ((0, 0),), {"leverage": 1.0}, 1)

    notes: list[str] = []
    assert or_note("variants", refused, notes) is None
    assert or_note("cash flows", lambda: 7, notes) == 7
    assert len(notes) == 1
    assert notes[0].startswith("left out of the report, variants: output 'npv' is not a finite number")
