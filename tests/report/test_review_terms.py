"""What the report says of its own terms: the plan's values, horizons, dependence, precision and small shares."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mcengine.analysis.break_even import break_even
from mcengine.analysis.cash_flows import cash_flows as cash_flows_of
from mcengine.analysis.evaluation import evaluate
from mcengine.analysis.pack import Pack, build_pack
from mcengine.analysis.ranking import Ranking
from mcengine.analysis.result import Result, Statistic
from mcengine.analysis.shapley import shapley
from mcengine.analysis.side_by_side import side_by_side as side_by_side_of
from mcengine.analysis.simulate import run
from mcengine.analysis.variant_choices import CORRELATIONS, HORIZON, SPENDING
from mcengine.analysis.variants import variants as variants_of
from mcengine.inputs.study import Study, load_study
from mcengine.report.answer import amounts, headline
from mcengine.report.beside import cash_flows, side_by_side
from mcengine.report.context import Context
from mcengine.report.decisive import decisive
from mcengine.report.dependence import dependence
from mcengine.report.language import PERCENT, Language
from mcengine.report.review import enough
from mcengine.report.review import evidence as weak
from mcengine.report.varied import variants

DUTCH, ENGLISH = Language("nl"), Language("en")


@pytest.fixture(scope="module")
def pack(evidence: Result) -> Pack:
    return build_pack(evidence, [break_even(evidence.study)])


@pytest.fixture(scope="module")
def dutch(evidence: Result, pack: Pack) -> Context:
    analyses = [shapley(evidence.study, n=256, replicates=8, seed=1), break_even(evidence.study)]
    return Context(evidence, DUTCH, None, analyses, pack)


def of(study: Study) -> Context:
    result = run(study, draws=4096, replicates=8, seed=1)
    few = {"draws": 256, "replicates": 4}
    beside = side_by_side_of(result, **few), variants_of(result, **few), cash_flows_of(study)  # type: ignore[arg-type]
    return Context(result, DUTCH, None, (), Pack(*beside))


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_plans_values_are_told_with_what_the_study_changes() -> None:
    context = of(load_study("evidence", set={"mcpf": 1.25}))
    fixed = float(evaluate(load_study("replica", set={"mcpf": 1.25}), at="plan").outputs["npv"])
    told = plain(headline(context)["before"][0])
    assert (
        "met de waarden van het plan, maar met marginale kosten van publieke middelen 1,25, komt de netto contante "
        f"waarde uit op EUR {DUTCH.number(fixed, 0)} mln; met al zijn eigen waarden tot en met 2035 is dat EUR 1.478 "
        "mln (elk één waarde)"
    ) in told
    view = side_by_side(context)
    assert view is not None
    assert view["columns"][0] == "Plan met keuzen van deze studie"
    flows = cash_flows(context)
    assert flows is not None
    assert flows["tables"][0]["title"].endswith("maar met marginale kosten van publieke middelen 1,25")
    assert "eigen waarden komt het plan uit op EUR −46" not in told


def test_an_option_that_differs_is_named_too_and_nothing_where_nothing_does(dutch: Context) -> None:
    told = plain(headline(of(load_study("horizon2050")))["before"][0])
    assert "maar met zichtperiode tot en met 2050, komt de netto contante waarde uit op EUR 18.530 mln" in told
    assert "met zijn eigen waarden komt het plan uit op EUR 1.478 mln (één waarde)" in plain(
        headline(dutch)["before"][0]
    )


def test_the_horizon_moves_the_chance_in_the_opening(dutch: Context, pack: Pack) -> None:
    assert pack.variants is not None
    stops, on = (
        DUTCH.statistic(pack.variants.of(option)[-1].chance, PERCENT, most=1) for option in (HORIZON, SPENDING)
    )
    assert (
        f"Gerekend tot en met 2050 is die kans {stops.value} (rekenprecisie {stops.interval}) als de uitgaven in 2035 "
        f"stoppen en {on.value} ({on.interval}) als ze doorlopen."
    ) in headline(dutch)["sentences"][0]
    assert len(headline(dutch)["sentences"]) == 3


def test_the_range_is_in_one_unit_with_a_precision_that_holds(dutch: Context) -> None:
    for context in (dutch, of(load_study("plan_centred"))):
        names = ("p05", "p95", "mean")
        texts, precision = amounts(context, names)
        assert all(re.fullmatch(r"EUR −?\d,\d\d? mld", plain(text)) for text in texts)
        bound = float(re.search(r"beter dan (\d,\d+)", plain(precision))[1].replace(",", "."))  # type: ignore[index]
        halves = [
            max(abs(float(end) - float(one.value)) for end in one.ci95)  # type: ignore[arg-type, union-attr]
            for one in (context.output.statistics[name] for name in names)
        ]
        assert max(halves) / 1000 < bound <= max(halves) / 1000 + 0.1
        assert "±" not in "".join(headline(context)["sentences"][:2])


def test_break_even_values_are_those_of_the_set_and_below_them_those_of_the_plan(dutch: Context) -> None:
    sentence, *about = decisive(dutch)
    assert re.search(r"hefboom \(\d+% ± \d+% van de spreiding; mediaan hier 1,00; kantelpunt 3,01\)", sentence)
    assert "geen kantelpunt binnen het bereik van deze set, 0% tot 20%" in sentence
    assert "hefboom 1,80 (plan: 2,50), aandeel personeelskosten 22,5% (plan: 28%)" in about[-1]


def test_sets_on_other_terms_are_named(dutch: Context) -> None:
    view = side_by_side(dutch)
    assert view is not None
    told = " ".join(view["sentences"])
    assert "Uitzondering: Sceptisch disconteert met 2,25% in plaats van 2,8%." in told
    assert "dezelfde keuzen" not in told
    assert view["single"] == [True, False, False, False]


def test_real_candidates_stand_beside_sets_without_a_limit() -> None:
    view = side_by_side(of(load_study("pipeline")))
    assert view is not None
    told = " ".join(view["sentences"])
    assert "“Literatuur” en “Sceptisch” is de aanvoer van kandidaten onbeperkt" in told


def test_what_the_correlations_do_is_said(dutch: Context, pack: Pack) -> None:
    assert pack.variants is not None
    on, off = pack.variants.of(CORRELATIONS)
    texts = [DUTCH.statistic(row.chance, PERCENT, most=2) for row in (off, on)]
    wanted = (
        f"Zonder samenhang is de kans op een positief saldo {texts[0].value} (rekenprecisie {texts[0].interval}) in "
        f"plaats van {texts[1].value} ({texts[1].interval})"
    )
    view = dependence(dutch)
    assert view is not None
    assert any(text.startswith(wanted) for text in view["remarks"])


def test_without_correlations_the_other_way_is_said() -> None:
    view = dependence(of(replace(load_study("evidence"), correlations=False)))
    assert view is not None
    assert view["remarks"][0].startswith("Met de gestelde samenhang is de kans")


def test_the_variants_show_spending_that_goes_on_and_the_expected_part(dutch: Context) -> None:
    view = variants(dutch)
    assert view is not None
    rows = [row["value"] for part in view["parts"] for row in part["rows"]]
    asked = "uitgaven lopen door zoals het plan vraagt (hoofdstuk 1, tabel 1: ‘de vraag is permanent’)"
    assert f"2050, {asked}" in rows
    assert {"1", "1,25", "50%", "Alternatieve belastingdruk (bijlage 9.8)", "zonder samenhang"} <= set(rows)
    expected = [row for row in view["splits"] if row["at"] == "verwachte waarde"]
    assert len(expected) == 4
    assert all(cell.interval for row in expected for cell in row["cells"])
    assert any("Geen varianten van additionaliteit van privaat geld" in text for text in view["sentences"])


def test_enough_answers_its_own_question(dutch: Context, pack: Pack) -> None:
    view = enough(dutch)
    assert view is not None
    assert pack.sides is not None
    ratios = []
    for name in ("prob_positive", "mean", "p05", "p95"):
        low, high = dutch.output.statistics[name].ci95  # type: ignore[misc]
        values = [float(side.statistics[name].value or 0.0) for side in pack.sides.sides if side.draws > 1]
        ratios.append((max(values) - min(values)) / ((float(high) - float(low)) / 2))
    first = view["sentences"][0]
    times = int(re.search(r"ten minste ([\d.]+) keer", first)[1].replace(".", ""))  # type: ignore[index]
    assert first.startswith("Ja voor de kerncijfers: het verschil tussen de sets")
    assert 10 <= times <= min(ratios) < 2 * times
    wide = {name: replace(one, ci95=(-1e9, 1e9)) if name == "p05" else one for name, one in
            dutch.output.statistics.items()}  # fmt: skip
    result = replace(dutch.result, outputs={"npv": replace(dutch.output, statistics=wide)})
    doubt = enough(replace(dutch, result=result))
    assert doubt is not None
    assert doubt["sentences"][0].startswith("Nee, niet voor P5")


def test_inputs_that_would_take_millions_of_points_are_not_worth_telling_apart(dutch: Context) -> None:
    effects = dutch.analyses[0]
    ranking = Ranking(("a", "b"), False, (("a", "b"),), ("a",), 0.5, 8192 * 256, 0.5)
    view = enough(replace(dutch, analyses=[replace(effects, ranking=ranking)]))  # type: ignore[type-var]
    assert view is not None
    assert view["rows"][0]["needed"] == "niet zinvol te scheiden"


def test_a_share_of_nothing_is_less_than_a_thousandth(dutch: Context, pack: Pack) -> None:
    effects = dutch.analyses[0]
    found = build_pack(dutch.result, [effects]).evidence
    assert found is not None
    little = replace(found.inputs[-1], share=Statistic(0.00002, (-0.0004, 0.0005)))
    view = weak(replace(dutch, pack=replace(pack, evidence=replace(found, inputs=(little,)))))
    assert view is not None
    assert str(view["rows"][0]["share"]) == "minder dan 0,1%"


def test_lines_add_up_apart_from_rounding_and_medians_are_no_median(dutch: Context) -> None:
    view = cash_flows(dutch)
    assert view is not None
    told = " ".join(view["sentences"])
    shown = dutch.shown(dutch.output, "p50")
    assert shown is not None
    assert "op afronding na" in told
    assert f"is niet de mediaan van de netto contante waarde: die is {shown.value} (rekenprecisie" in told
