"""What a report says of real candidates, of the way from the plan to the sceptical set, and of the plan's own text."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from mcengine.analysis.asked import analyse, asked_analyses
from mcengine.analysis.break_even import break_even
from mcengine.analysis.evaluation import evaluate
from mcengine.analysis.pack import Pack, build_pack
from mcengine.analysis.pipeline_money import pipeline_money
from mcengine.analysis.plan_to_sceptical import plan_to_sceptical, same_ends
from mcengine.analysis.result import Result
from mcengine.analysis.tail import tail
from mcengine.analysis.waterfall import waterfall
from mcengine.errors import AnswerNo
from mcengine.inputs.catalog import studies
from mcengine.inputs.study import load_study
from mcengine.models.build import build_model
from mcengine.report.context import Context
from mcengine.report.drivers import drivers, method_title
from mcengine.report.html import write_report
from mcengine.report.language import Language
from mcengine.report.pipeline import pipeline
from tests.report.conftest import small
from tests.report.pages import Page

SUPPLIES = {"preclinical": 5.0, "phase1": 4.0, "phase2": 3.0, "phase3": 1.5, "production": 0.5}


@pytest.fixture(scope="module")
def real() -> Result:
    return small("pipeline")


@pytest.fixture(scope="module")
def pack(real: Result) -> Pack:
    return build_pack(real)


def context(result: Result, pack: Pack, code: str = "nl", **more: object) -> Context:
    return Context(result, Language(code), None, pack=pack, **more)  # type: ignore[arg-type]


def test_the_plan_with_few_candidates_is_that_of_the_model_page() -> None:
    found = pipeline_money(load_study("pipeline"))
    assert found is not None
    assert found.limits == {f"supply_{name}": value for name, value in SUPPLIES.items()} | {"outside_finance": 0.5}
    assert found.scalar("npv") == pytest.approx(-438.46, abs=0.005)
    assert found.scalar("npv_if_returned") == pytest.approx(-100.05, abs=0.005)
    assert found.scalar("unspent_at_horizon") == pytest.approx(4585.3, abs=0.05)
    assert found.private == pytest.approx(4585.3 - 458.5, abs=0.1)
    assert found.held_up["production"] == pytest.approx(4585.3, abs=0.05)
    assert found.own.outputs["npv"] == pytest.approx(1478.13, abs=0.005)
    assert all(found.by_year("lack_money", "preclinical")[1:])
    assert not any(found.by_year("lack_candidates", "discovery"))


def test_under_plan_accounting_there_is_nothing_to_say(evidence: Result) -> None:
    assert pipeline_money(evidence.study) is None
    assert pipeline_money(load_study("textbook/ishigami")) is None
    assert pipeline(context(evidence, Pack())) is None


def test_a_supply_that_the_study_sets_is_the_one_told(real: Result) -> None:
    names = {f"supply_{name}": 2.0 for name in SUPPLIES} | {"outside_finance": 0.25}
    study = real.study.overridden(names)
    found = pipeline_money(study)
    assert found is not None
    assert found.fixed
    assert found.limits == names
    assert found.own.outputs["npv"] == pytest.approx(1478.13, abs=0.005)
    text = " ".join(pipeline(context(real, Pack(pipeline=found)))["sentences"])  # type: ignore[index]
    assert "van 2, 2, 2, 2 en 2 kandidaten per jaar" in text
    assert "zoals deze studie die vastzet" in text


def test_the_report_tells_it_in_both_languages_and_beside_the_plans_values(
    real: Result, pack: Pack, tmp_path: Path
) -> None:
    write_report(real, tmp_path, pack=pack)
    dutch, english = (Page(tmp_path / f"report.{code}.html").text for code in ("nl", "en"))
    assert "Met aanvoer van buiten van 5, 4, 3, 1,5 en 0,5 kandidaten per jaar" in dutch
    assert "is de NCW tot en met 2035 EUR −438 mln (EUR −100 mln als het niet-bestede publieke geld terugkomt)" in dutch
    assert "Eind 2035 is EUR 4.585 mln programmageld niet besteed, waarvan EUR 459 mln publiek." in dutch
    assert "is privaat geld, waarop de hefboom van het plan rekent" in dutch
    assert "the NPV to 2035 is EUR −438 m (EUR −100 m if the unspent public money is returned)" in english
    assert "EUR 4,585 m of programme money is unspent, of which EUR 459 m public" in english
    assert dutch.count("Met de waarden van het plan is de aanvoer van kandidaten onbeperkt") == 2
    assert "Het nulalternatief is niet doorgaan: NCW 0." in dutch
    assert "productie 4,5 11,8 22,2" in dutch


def test_a_long_horizon_shows_the_later_years_now_and_then(real: Result) -> None:
    found = pipeline_money(load_study("pipeline", horizon=2050))
    years = pipeline(context(real, Pack(pipeline=found)))["years"]  # type: ignore[index]
    assert years == [*range(2026, 2036), 2040, 2045, 2050]


def test_from_the_plan_to_the_sceptical_set_in_every_report(pack: Pack, real: Result) -> None:
    found = pack.to_sceptical
    assert found is not None
    assert (found.start.study, found.end.study) == ("replica", "sceptical")
    assert found.start.value == pytest.approx(1478.13, abs=0.005)
    expected = {"multiplier": -3626, "labour_share": 3209, "leverage": -2436, "structural_share": -1489}
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=15)
    assert sum(step.value for step in found.steps) == pytest.approx(found.difference)
    view = drivers(context(real, pack))
    assert view is not None
    assert [part["method"] for part in view["parts"]] == ["waterfall"]
    (picture,) = view["parts"][0]["pictures"]
    assert picture.name == "plan_to_sceptical"
    assert "rekenprecisie van een stap hoogstens ±" in picture.caption


def test_it_stands_before_the_studys_own_waterfall_and_is_not_shown_twice(real: Result, pack: Pack) -> None:
    steps = pack.to_sceptical
    assert steps is not None
    own = waterfall(real.study, against="evidence", seed=1)
    view = drivers(context(real, pack, analyses=(break_even(real.study), own)))
    assert view is not None
    assert [part["method"] for part in view["parts"]] == ["break-even", "waterfall", "waterfall"]
    assert [part["pictures"][0].name for part in view["parts"][1:]] == ["plan_to_sceptical", "sensitivity_waterfall"]
    back = waterfall(load_study("sceptical"), against="replica", permutations=64, seed=1)
    assert same_ends(steps, [back])
    assert not same_ends(steps, [own])
    view = drivers(context(real, pack, analyses=(back,)))
    assert view is not None
    assert len(view["parts"]) == 1


def test_a_changed_plan_has_no_such_way(real: Result) -> None:
    assert real.study.plan is not None
    other = replace(real.study, plan=replace(real.study.plan, horizon=2040))
    assert plan_to_sceptical(other, seed=1) is None
    assert plan_to_sceptical(load_study("textbook/ishigami"), seed=1) is None


def test_a_study_of_real_candidates_may_ask_for_its_luck() -> None:
    study = replace(load_study("pipeline"), sensitivity={"methods": ("luck",), "luck": {"n": 64, "curves": 3}})
    (asked,) = asked_analyses(study)
    found = analyse(study, asked, seed=3, model=build_model(study))
    assert found.study.options.luck
    assert found.method == "luck"
    plain = study.overridden({"accounting": "plan"})
    with pytest.raises(AnswerNo, match="plan accounting has no luck"):
        analyse(plain, asked, seed=3, model=build_model(plain))


def test_inputs_without_a_break_even_value_are_named_with_the_outcome_at_their_bounds(evidence: Result) -> None:
    found = break_even(evidence.study)
    view = drivers(context(evidence, Pack(), analyses=(found,)))
    assert view is not None
    bounds, t = view["parts"][0]["bounds"], Language("nl")
    assert [row["label"] for row in bounds["rows"]] == [context(evidence, Pack()).label(x.name) for x in found.without]
    sales = next(one for one in found.without if one.name == "revenue_per_medicine")
    row = bounds["rows"][[one.name for one in found.without].index(sales.name)]
    assert all(math.isfinite(value) for value in sales.at_bounds)
    assert [value for _, value in row["ends"]] == [t.number(value, 0) for value in sales.at_bounds]
    zero = evaluate(evidence.study.overridden({sales.name: 0.0}), at="plan").outputs["npv"]
    assert row["ends"][0] == ("0", t.number(float(zero), 0))


def test_the_part_on_the_tail_is_called_after_what_it_answers(evidence: Result) -> None:
    found = tail(evidence.study, n=64, replicates=4, seed=1)
    assert method_title(found, Language("nl")).startswith("Wat de NCW bepaalt, of die negatief is")
    assert "NPV" not in method_title(replace(found, level=-100.0), Language("en"))


def test_what_annex_98_would_be_with_one_halving_is_computed() -> None:
    study = load_study("annex98").overridden({"sales_taxed_share": 1.0})
    npv = float(evaluate(study).outputs["npv"])
    assert study.plan is not None
    for code in ("en", "nl"):
        written = Language(code).number(npv, 0)
        assert any(written in item.text[code] for item in study.plan.inconsistencies)


def test_the_tax_burden_is_a_matter_of_rounding() -> None:
    replica = load_study("replica")

    def matching(burden: float) -> bool:
        return all(row.matches for row in evaluate(replica.overridden({"tax_burden": burden})).published)

    assert matching(0.45685)
    assert not matching(0.4567)
    assert not matching(0.4570)
    assert replica.plan is not None
    (remark,) = replica.plan.remarks
    assert "45,68–45,69%" in remark.text["nl"]


@pytest.mark.parametrize("name", studies())
def test_no_command_stands_in_what_a_study_is_called(name: str) -> None:
    study = load_study(name)
    assert "--" not in " ".join([*study.title.values(), *study.description.values()])
