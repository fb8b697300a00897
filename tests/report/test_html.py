"""The report of one run, read back as a reader or a browser would."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mcengine.analysis.result import Result
from mcengine.report.html import css_string, write_report
from mcengine.report.language import PERCENT, Language
from mcengine.report.sections import SECTIONS
from tests.report.pages import Page

Written = Callable[[str], Path]


def pages(folder: Path) -> dict[str, Page]:
    return {code: Page(folder / f"report.{code}.html") for code in ("en", "nl")}


def fresh(result: Result, folder: Path) -> dict[str, Page]:
    write_report(result, folder)
    return pages(folder)


@pytest.mark.parametrize("name", ["evidence", "replica", "ishigami", "pool", "repaired", "independent"])
def test_the_pages_are_sound_and_need_nothing_from_elsewhere(name: str, written: Written) -> None:
    for code, page in pages(written(name)).items():
        raw = (written(name) / f"report.{code}.html").read_text(encoding="utf-8")
        assert f'<html lang="{code}">' in raw
        assert not page.tags & {"script", "img", "link", "iframe", "object"}
        assert len(page.ids) == len(set(page.ids))
        assert all(source.startswith("#") for source in page.sources)
        assert not re.search(r"@import|url\((?!#)|src=", raw)
        assert not re.search(r"\b(nan|None|inf|NaN|np\.float64)\b|\{\w+\}", page.text)
        assert all(alt.strip() for alt in page.figures)
        inner = [link[1:] for link in page.links if link.startswith("#")]
        assert set(inner) <= set(page.ids)
        assert raw.count("<figure") == raw.count("<figcaption>") == len(page.figures)


def test_the_answer_has_the_figures_of_the_run_in_each_language(evidence: Result, written: Written) -> None:
    statistics = evidence["npv"].statistics
    for code, page in pages(written("evidence")).items():
        language = Language(code)
        chance = language.statistic(statistics["prob_positive"], PERCENT, most=2)
        assert f"{chance.value} ({language('page.precision')} {chance.interval})" in page.text
        for name in ("p05", "p95", "mean"):
            amounts = [language.number(float(statistics[name].value) / 1000, decimals) for decimals in (1, 2)]
            assert any(f"EUR {amount} {language('page.bn')}" in page.text for amount in amounts)
        for name in ("mean", "p05", "p50", "p95", "expected_shortfall_05"):
            shown = language.statistic(statistics[name])
            assert f"{shown.value} {shown.interval}" in page.text


def test_the_plan_is_compared_and_its_inconsistencies_told(evidence: Result, written: Written) -> None:
    found = pages(written("evidence"))
    other = "the 3 of “Alternative tax burden (annex 9.8)” are compared in the study annex98."
    assert f"All 39 figures compared here are reproduced; {other}" in found["en"].text
    assert "12,600 12,600 ✓" in found["en"].text
    assert "12.600 12.600 ✓" in found["nl"].text
    assert "2.070 mln per geneesmiddel" in found["nl"].text


def test_every_assumption_is_logged(evidence: Result, written: Written) -> None:
    text = pages(written("evidence"))["nl"].text
    for spec in evidence.study.inputs:
        label = spec.label["nl"]
        assert f"{label} {spec.name} {Language('nl').plain(spec.value)}".replace(f"{label} {label}", label) in text
    assert "lognormaal(mediaan 1; log-sd 0,6)" in text
    assert "0 met kans 0,25; anders PERT(0,02; 0,1; 0,2)" in text
    assert "0,028, vast op de waarde van het plan" in text


def test_the_run_can_be_repeated_from_the_page(evidence: Result, written: Written) -> None:
    text = pages(written("evidence"))["en"].text
    assert evidence.digest in text
    assert f"mcengine run study.toml --draws {evidence.draws} --replicates 8 --seed 1" in text
    assert all(digest in text for _, digest in evidence.study.sources)


def test_without_uncertain_inputs_there_is_one_number_and_no_distribution(replica: Result, written: Written) -> None:
    text = pages(written("replica"))["en"].text
    assert "This study has no uncertain inputs" in text
    assert "EUR 1,478.13 m." in text
    assert "Payback year: 2031." in text
    assert "computing precision" not in text
    assert not list(written("replica").glob("figures/npv_*"))


def test_a_model_without_plan_or_years(ishigami: Result, written: Written) -> None:
    page = pages(written("ishigami"))["en"]
    assert "The expected value of y is 3.5" in page.text
    assert {"published", "years", "inconsistencies", "sets", "stopping"}.isdisjoint(page.ids)
    assert {path.name for path in written("ishigami").glob("figures/*.en.svg")} == {
        "y_distribution.en.svg",
        "y_s_curve.en.svg",
    }


def test_pooled_sets_are_told_apart_their_disagreement_first(pool: Result, written: Written) -> None:
    text = pages(written("pool"))["en"].text
    disagreement = text.index("The assumption sets do not give the same answer")
    assert disagreement < text.index("The chance that the plan pays (net present value above zero)")
    language = Language("en")
    for outputs in pool.sets.values():
        shown = language.statistic(outputs["npv"].statistics["prob_positive"], PERCENT)
        assert f"{shown.value} {shown.interval}" in text
    assert text.count("(weight ") == 3


def test_every_rank_correlation_is_told_with_target_and_what_came_out(evidence: Result, written: Written) -> None:
    assert len(evidence.correlations) == 37
    labels = {spec.name: spec.label for spec in evidence.study.inputs}
    for code, page in pages(written("evidence")).items():
        t = Language(code)
        for pair in evidence.correlations:
            names = f"{labels[pair.first][code]} – {labels[pair.second][code]}"
            achieved = t.statistic(pair.achieved, most=3)
            row = f"{names} {t.plain(pair.target)} {t.plain(pair.used)} {achieved.value} ({achieved.interval})"
            assert row in page.text
    text = pages(written("evidence"))["en"].text
    assert "Achieved is measured on 65,536 draws." in text
    assert "J : longer trials cost more" in text
    assert "normal copula" in text
    atom = next(pair for pair in evidence.correlations if pair.second == "structural_share")
    assert -1.0 < atom.attainable < 0.0
    assert f"{Language('en').number(atom.attainable, 3)} J : the largest medicines" in text
    assert "takes a single value with a chance of its own" in text
    assert "--independent --out ../independent mcengine compare . ../independent" in text


def test_sets_of_a_pool_have_their_correlations_apart(pool: Result, written: Written) -> None:
    text = pages(written("pool"))["nl"].text
    assert len(pool.correlations) == 3 * 37
    assert text.count("hefboom – marktgroei") == 3
    assert "De sets delen deze trekkingen naar hun gewichten." in text


def test_a_repaired_matrix_is_flagged_pair_by_pair(repaired: Result, written: Written) -> None:
    text = pages(written("repaired"))["en"].text
    moved = repaired.correlations[0]
    shift = Language("en").signed(moved.used - 0.7, 3)
    assert f"x1 – x2 0.7 {moved.used:.3f} moved by {shift} " in text
    second = repaired.correlations[1]
    assert second.used != 0.7
    assert f"x1 – x3 0.7 {second.used:.3f} moved by {Language('en').signed(second.used - 0.7, 3)} " in text
    assert "cannot all hold together" in text
    assert "M : a note" in text


def test_a_t_copula_is_named(repaired: Result, tmp_path: Path) -> None:
    member = repaired.study.sets[0]
    sets = (replace(member, set=replace(member.set, copula="t", copula_dof=4.0)),)
    text = fresh(replace(repaired, study=replace(repaired.study, sets=sets)), tmp_path)["nl"].text
    assert "t-copula met 4 vrijheidsgraden" in text


def test_independent_draws_are_told(written: Written) -> None:
    text = pages(written("independent"))["en"].text
    assert "All inputs are drawn independently in this run: rank correlations are switched off" in text
    assert "The assumptions state 37 of them, which were not used." in text
    text = pages(written("ishigami"))["en"].text
    assert "The assumptions state no rank correlation between inputs that vary" in text
    assert "dependence" not in pages(written("replica"))["en"].ids


def test_how_a_run_with_targets_stopped(repaired: Result, written: Written) -> None:
    found = repaired.stopping
    assert found is not None
    text = pages(written("repaired"))["en"].text
    assert "It stopped because the cap on draws was reached before y.mean=1e-9." in text
    assert "Looks taken: 3 of at most 3, the first at 8 replicates" in text
    assert "y.mean=1e-9 y: expected value (mean)" in text
    half = Language("en").significant(100 * found.reached[1].half_width, 3)
    assert f"{half} 5.00 percentage points ✓ reached" in text
    assert "✗ not reached" in text
    assert "was not reached in every figure" in text[: text.rindex("Distribution of the outcome")]
    assert (
        '--draws 4096 --replicates 8 --seed 1 --sampler sobol --until "y.mean=1e-9, y.prob_positive=5pp" --cap 16384'
        in text
    )
    assert "stopping" not in pages(written("evidence"))["en"].ids


def test_intervals_corrected_for_looks_carry_their_level(written: Written) -> None:
    for code, level in (("en", "98.33%"), ("nl", "98,33%")):
        text = pages(written("repaired"))[code].text
        assert Language(code)("headline.reading", level=level) in text
        assert Language(code)("statistics.intro", level=level) in text
        assert f"{level} interval" in text or f"{level}-interval" in text
    assert "computing precision (95%)" in pages(written("evidence"))["en"].text


def test_yearly_bands_stand_beside_their_number_of_draws(evidence: Result, tmp_path: Path) -> None:
    years = {name: replace(yearly, draws=1111 + k) for k, (name, yearly) in enumerate(evidence.years.items())}
    page = fresh(replace(evidence, years=years), tmp_path)["nl"]
    for name in ("cash_flow", "gdp_added"):
        draws = Language("nl").number(years[name].draws, 0)
        assert f"Per jaar, uit {draws} trekkingen" in page.text
        assert f"De banden komen uit {draws} trekkingen" in page.text
        assert f"banden uit {draws} trekkingen" in page.text


def test_further_outputs_are_named_and_have_every_statistic(pool: Result, written: Written) -> None:
    for code, names in (
        ("en", ("cash flow of the state in 2030", "jobs in 2035")),
        ("nl", ("kasstroom overheid in 2030", "banen in 2035")),
    ):
        text, t = pages(written("pool"))[code].text, Language(code)
        assert t("headline.further") in text
        for name, key in zip(names, ("cash_flow[2030]", "jobs[2035]"), strict=True):
            assert text.count(name) >= 2
            for statistic in ("mean", "p05", "p50", "p95"):
                shown = t.statistic(pool[key].statistics[statistic])
                assert text.count(f"{shown.value} {shown.interval}") >= 2
    assert "Further outputs" not in pages(written("evidence"))["en"].text


def test_outputs_named_by_the_caller_are_in_the_command_that_repeats(written: Written) -> None:
    text = pages(written("independent"))["en"].text
    assert (
        "run(load_study('study.toml'), draws=4096, replicates=8, seed=1, sampler='sobol', outputs=('cash_flow[2030]',))"
        in text
    )
    assert "mcengine run study.toml --draws 4096" in pages(written("pool"))["en"].text


def test_a_figure_that_differs_is_said_in_words(replica: Result, tmp_path: Path) -> None:
    assert replica.study.plan is not None
    first, *others = replica.study.plan.published
    plan = replace(replica.study.plan, published=(replace(first, value=301.0), *others))
    text = fresh(replace(replica, study=replace(replica.study, plan=plan)), tmp_path)["en"].text
    assert "38 of the 39 figures compared here are reproduced; " in text
    assert "301 300 ✗ differs" in text


def test_refused_statistics_say_why(tmp_path: Path) -> None:
    from tests.report.conftest import small

    text = fresh(small("evidence", draws=256), tmp_path)["nl"].text
    assert "– vraagt minstens 4.000 trekkingen over 8 herhalingen, heeft er 256" in text


def test_warnings_and_notes_are_shown(evidence: Result, tmp_path: Path) -> None:
    told = replace(evidence, notes=("4,096 draws instead of 4,095: 8 replicates of 512 each",), warnings=("a < b",))
    text = fresh(told, tmp_path)["nl"].text
    assert "4.096 trekkingen in plaats van 4.095: 8 herhalingen van elk 512" in text
    assert "a < b" in text


def test_the_same_run_gives_the_same_bytes(pool: Result, tmp_path: Path) -> None:
    first, second = (write_report(pool, tmp_path / name) for name in ("a", "b"))
    assert [path.relative_to(tmp_path / "a") for path in first] == [path.relative_to(tmp_path / "b") for path in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_one_language_alone_has_no_link_to_another(evidence: Result, tmp_path: Path) -> None:
    files = {path.name for path in write_report(evidence, tmp_path, languages=("nl",))}
    assert "report.nl.html" in files
    assert "report.en.html" not in files
    assert all(link.startswith("#") for link in Page(tmp_path / "report.nl.html").links)


def test_a_report_takes_seconds(evidence: Result, tmp_path: Path) -> None:
    write_report(evidence, tmp_path)
    started = time.process_time()
    write_report(evidence, tmp_path)
    assert time.process_time() - started < 5.0


def test_every_section_has_a_template_and_a_title() -> None:
    import mcengine.report as package

    folder = Path(package.__file__).parent / "templates" / "sections"
    names = [name for name, _ in SECTIONS]
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.html.jinja" for name in names)
    assert all(Language("nl")(f"section.{name}") for name in names)


def test_a_title_cannot_end_the_string_or_the_style_it_is_printed_by() -> None:
    assert css_string("Café – 5%") == '"Café – 5%"'
    written = css_string('a"; } </style><script>\\\n')
    assert written[0] == written[-1] == '"'
    assert not re.search(r'["<>\n]', written[1:-1])
    read = re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), written[1:-1])
    assert read == 'a"; } </style><script>\\\n'
