"""The parts of the report for who reviews: the opening, the sets side by side, variants, notes in Dutch, print."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mcengine.analysis.asked import analyse, asked_analyses
from mcengine.analysis.break_even import break_even
from mcengine.analysis.pack import Pack, build_pack
from mcengine.analysis.result import Result
from mcengine.analysis.sensitivity import Sensitivity
from mcengine.analysis.shapley import shapley
from mcengine.analysis.simulate import run
from mcengine.analysis.sobol import sobol
from mcengine.errors import InputError
from mcengine.inputs.catalog import studies
from mcengine.inputs.study import load_study
from mcengine.inputs.texts import said
from mcengine.models.build import build_model
from mcengine.report.build import build_report
from mcengine.report.html import write_report
from mcengine.report.language import PERCENT, Language
from mcengine.report.pdf import BROWSERS, printer, write_pdf
from tests.report.pages import Page


@pytest.fixture(scope="module")
def analyses(evidence: Result) -> list[Sensitivity]:
    return [shapley(evidence.study, n=256, replicates=8, seed=1), break_even(evidence.study)]


@pytest.fixture(scope="module")
def pack(evidence: Result, analyses: list[Sensitivity]) -> Pack:
    return build_pack(evidence, analyses)


@pytest.fixture(scope="module")
def folder(evidence: Result, analyses: list[Sensitivity], pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("review")
    write_report(evidence, target, analyses=analyses, pack=pack)
    return target


def page(folder: Path, code: str = "nl") -> Page:
    return Page(folder / f"report.{code}.html")


def test_the_opening_says_that_the_sets_disagree_before_it_answers(folder: Path, pack: Pack) -> None:
    assert pack.sides is not None
    for code, opening in (("en", "The assumption sets do not give the same answer"), ("nl", "De aannamensets geven")):
        text, t = page(folder, code).text, Language(code)
        assert text.index(opening) < text.index(t("headline.chance").split("{")[0])
        for name in ("plan_centred", "sceptical"):
            side = next(side for side in pack.sides.sides if side.name == name)
            shown = t.statistic(side.statistics["prob_positive"], PERCENT, most=2)
            assert f"{shown.value} ({t('page.precision')} {shown.interval})" in text
    assert "met zijn eigen waarden komt het plan uit op EUR 1.478 mln (één waarde)" in page(folder).text


def test_the_third_sentence_names_what_decides_with_share_and_break_even(folder: Path, analyses: list) -> None:  # type: ignore[type-arg]
    effects, points = analyses
    text, t = page(folder).text, Language("nl")
    first = effects.ordered[0]
    shown = t.statistic(first.share, PERCENT, most=0)
    assert first.name == "leverage"
    told = f"Wat het meest beslist: hefboom ({shown.value} {shown.margin} van de spreiding;"
    assert f"{told} mediaan hier 1,00; kantelpunt 3,01)" in text
    value = t.significant(points["leverage"].value, 3)
    assert f"Met de andere op de waarden van het plan zijn de kantelpunten: hefboom {value} (plan: 2,50)" in text
    assert "break-even" in page(folder, "en").text


def test_without_analyses_there_is_no_such_sentence(evidence: Result, tmp_path: Path) -> None:
    write_report(evidence, tmp_path)
    assert "Wat het meest beslist" not in page(tmp_path).text
    assert {"side_by_side", "variants", "cash_flows", "evidence"}.isdisjoint(page(tmp_path).ids)


def test_break_even_values_alone_and_sobol_alone(evidence: Result, tmp_path: Path) -> None:
    points = break_even(evidence.study)
    write_report(evidence, tmp_path / "a", analyses=[points])
    nearest = points.found[0]
    text = page(tmp_path / "a", "en").text
    assert f"Nearest to their break-even values are {nearest.name.replace('_', ' ')} (break-even" in text
    write_report(evidence, tmp_path / "b", analyses=[sobol(evidence.study, n=64, replicates=4, seed=1)])
    text = page(tmp_path / "b", "en").text
    assert "What decides it most: leverage (" in text
    assert "in the variant without correlations" in text


def test_a_study_in_which_nothing_varies_still_names_its_break_even_values(replica: Result, tmp_path: Path) -> None:
    write_report(replica, tmp_path, analyses=[break_even(replica.study)])
    assert "Het dichtst bij hun kantelpunt liggen aandeel personeelskosten (kantelpunt 22,5%" in page(tmp_path).text


def test_the_table_of_sets_has_the_figures_of_the_pack(folder: Path, pack: Pack) -> None:
    assert pack.sides is not None
    t, text = Language("nl"), page(folder).text
    for side in pack.sides.sides[1:]:
        for name in ("p05", "p50", "p95", "mean"):
            shown = t.statistic(side.statistics[name], most=0)
            assert f"{shown.value} {shown.interval}" in text
        for part in side.parts.values():
            assert t.statistic(part, most=0).value in text
    assert "Plan met eigen waarden één waarde Plan als middelpunt Literatuur deze doorrekening Sceptisch" in text
    assert "één waarde, dus geen kans" in text


def test_variants_and_cash_flows_are_those_of_the_pack(folder: Path, pack: Pack) -> None:
    assert pack.variants is not None
    t, text = Language("nl"), page(folder).text
    for row in pack.variants.rows:
        chance = t.statistic(row.chance, PERCENT, most=2)
        assert f"{t.number(row.plan.npv, 0)} {t.number(row.baseline.npv, 0)} " in text
        assert f"{chance.value} {chance.interval}" in text
    assert "2050, uitgaven stoppen in 2035 waarden van het plan (één waarde) 18.530 1.478 17.052 92%" in text
    assert "2,25%" in text
    assert "totaal 5.550 1.800 7.350 9.197 114 9.311 1.961" in text
    assert "inverdieneffecten" in text.replace("\N{SOFT HYPHEN}", "")


def test_weak_evidence_p_m_items_precision_and_sign_off(folder: Path, evidence: Result, pack: Pack) -> None:
    assert pack.evidence is not None
    assert pack.evidence.total is not None
    t, text = Language("nl"), page(folder).text
    shown = t.statistic(pack.evidence.total, PERCENT, most=0)
    assert f"Samen dragen ze {shown.value} van de variantie" in text
    assert evidence.study.plan is not None
    assert len(evidence.study.plan.not_counted) >= 5
    for item in evidence.study.plan.not_counted:
        assert item.locator
        assert f"{item.text['nl']} p.m. {said(item.locator, 'nl')}" in text
    shares = {one.name: t.statistic(one.share, PERCENT, most=0).value for one in pack.evidence.shaped}
    assert list(shares) == ["labour_share", "structural_share"]
    lasting = f"structureel aandeel: {shares['structural_share']} van de variantie"
    zero = f"de kans van 25% op geen blijvend effect ({lasting})"
    shape = f"de vorm van de verdeling van aandeel personeelskosten ({shares['labour_share']} van de variantie)"
    judged = t.listed([shape, zero, "voor alle samenhangen"])
    assert f"oordeel van de opstellers; dat geldt in het bijzonder voor {judged}." in text
    assert "Zijn er genoeg trekkingen?" in text
    assert text.endswith("opmerkingen")
    assert page(folder).ids[-1] == "sign_off-title"


def test_a_plan_without_p_m_items_says_so(evidence: Result, tmp_path: Path) -> None:
    from dataclasses import replace

    assert evidence.study.plan is not None
    study = replace(evidence.study, plan=replace(evidence.study.plan, not_counted=()))
    write_report(replace(evidence, study=study), tmp_path, languages=("nl",))
    assert "Dat zegt niet dat die er niet zijn." in page(tmp_path).text


def test_every_note_of_the_bundled_studies_is_dutch_in_the_dutch_report() -> None:
    dutch, left = Language("nl"), []
    for name in studies():
        study = load_study(name)
        result = run(study, draws=1024, replicates=8, seed=1)
        told = [*result.notes, *result.warnings]
        model = build_model(study, luck=True)
        for one in asked_analyses(study):
            if one.method in ("tornado", "break-even"):
                told += analyse(study, one, seed=1, model=model).notes  # type: ignore[attr-defined]
        if study.plan is not None and study.uncertain:
            for method in (shapley, sobol):
                told += method(study, n=64, replicates=4, seed=1).notes
        left += [text for text in told if dutch.note(text) == text]
    assert left == []


@pytest.mark.parametrize(
    "text",
    [
        "this study's inputs are correlated: each block of correlated inputs is moved as one group (a, b; c, d). Each "
        "input's own effects are of the study without its correlations",
        "the quantile at 0.05 is -4,498.47 EUR m (95% interval -4,501.99 to -4,494.95), of 131,072 draws of the "
        "study's own; the shortfall is how far an outcome lies below it",
        "inputs are correlated: an input's worth counts what it tells of the inputs that move with it",
        "NPV above 0 in 94.6% of the draws, so hardly any box can be much denser than that; the region of the opposite "
        "says more: below = 0",
        "box 1: a limit on leverage, multiplier may be chance (quasi-p above 5%)",
        "27 steps are too many for all their orders (up to 20 are exact; --group makes fewer), so each effect is a "
        "mean over random orders, with the error of that; they add up all the same",
        "left out of the report, variants: why",
        "plan accounting does not use supply_phase1: no effect",
    ],
)
def test_notes_of_the_methods_are_known_in_dutch(text: str) -> None:
    told = Language("nl").note(text)
    assert told != text
    assert not re.search(r"\b(the|of|is a|draws)\b", told)


def test_notes_name_inputs_as_the_report_does(folder: Path) -> None:
    text = page(folder).text
    assert "deze aannamen hangen samen: hefboom, marktgroei" in text
    assert "market_growth, revenue_per_medicine" not in text


def test_the_same_run_gives_the_same_pages(evidence: Result, analyses: list[Sensitivity], tmp_path: Path) -> None:
    build_report(evidence, tmp_path / "a", analyses=analyses, threads=1)
    build_report(evidence, tmp_path / "b", analyses=analyses, threads=3)
    for code in ("en", "nl"):
        one, other = ((tmp_path / name / f"report.{code}.html").read_bytes() for name in ("a", "b"))
        assert one == other


@pytest.mark.skipif(not any(shutil.which(name) for name in BROWSERS), reason="no browser of the Chromium family here")
def test_the_page_prints_to_the_same_pdf(folder: Path, tmp_path: Path) -> None:
    one, other = (
        write_pdf(folder / "report.nl.html", tmp_path / f"{name}.pdf", printer()).read_bytes() for name in ("a", "b")
    )
    assert one.startswith(b"%PDF-")
    assert one == other
    assert 10 <= len(re.findall(rb"/Type ?/Page\b", one)) <= 40


def test_without_a_printer_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("mcengine.report.pdf.WEASYPRINT", "no_such_package_here")
    with pytest.raises(InputError, match=r"open report\.en\.html or report\.nl\.html in any browser"):
        printer()
