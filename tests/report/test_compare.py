"""Several runs side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mcengine.analysis.result import Result
from mcengine.report.compare import ComparedRun, comparison, write_comparison
from mcengine.report.language import PERCENT, Language
from tests.report.conftest import small
from tests.report.pages import Page


@pytest.fixture(scope="module")
def runs(evidence: Result, replica: Result) -> list[ComparedRun]:
    sceptical = small("sceptical")
    return [ComparedRun.of(result, f"../{result.study.name}") for result in (sceptical, replica, evidence)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_runs_stand_in_the_order_given(runs: list[ComparedRun], order: tuple[int, ...], tmp_path: Path) -> None:
    chosen = [runs[k] for k in order]
    write_comparison(chosen, tmp_path)
    for code in ("en", "nl"):
        page = Page(tmp_path / f"index.{code}.html")
        reports = [link for link in page.links if link.endswith(f"report.{code}.html")]
        assert reports == [f"../{run.name}/report.{code}.html" for run in chosen]
        titles = [run.study.title[code] for run in chosen]
        places = [page.figures[0].index(f"{title}:") for title in titles if title != runs[1].study.title[code]]
        assert places == sorted(places)


def test_the_figures_are_those_of_the_summaries(runs: list[ComparedRun], tmp_path: Path) -> None:
    write_comparison(runs, tmp_path)
    page, dutch = Page(tmp_path / "index.nl.html"), Language("nl")
    for run in (runs[0], runs[2]):
        figures = run.outputs["npv"].statistics
        for name in ("prob_positive", "mean", "p05", "p50", "p95", "expected_shortfall_05"):
            shown = dutch.statistic(figures[name], PERCENT if name == "prob_positive" else "number")
            assert f"{shown.value} {shown.interval}" in page.text


def test_a_run_without_uncertain_inputs_has_one_number_and_no_chance(runs: list[ComparedRun]) -> None:
    view = comparison(runs, Language("en"))
    column = {row["label"]: row["cells"][1] for row in view["rows"]}
    assert column["expected NPV"].value == "1,478.13"
    assert column["expected NPV"].interval == ""
    assert column["NPV, P5"] is None
    assert column["chance that the plan pays, P(NPV > 0)"].note == "every input fixed: one number, no chance"


def test_disagreement_beyond_the_computing_precision_is_said_first(runs: list[ComparedRun]) -> None:
    assert comparison(runs, Language("en"))["answer"].startswith("The runs do not give the same answer")
    same = comparison([runs[2], runs[2]], Language("en"))["answer"]
    assert same == "The chances that the plan pays do not differ by more than the computing precision."


def test_every_figure_a_reviewer_looks_for_has_a_row_and_every_run_a_column(runs: list[ComparedRun]) -> None:
    view = comparison(runs, Language("en"))
    labels = [row["label"] for row in view["rows"]]
    assert labels[:6] == [
        "chance that the plan pays, P(NPV > 0)",
        "expected NPV",
        "NPV, P5",
        "NPV, P50 (median)",
        "NPV, P95",
        "expected shortfall (mean of the worst 5%)",
    ]
    assert {"benefit-cost ratio, median", "payback year, median", "share of draws that never pay back"} < set(labels)
    assert {len(row["cells"]) for row in view["rows"]} == {len(runs)}
    replica = {row["label"]: row["cells"][1] for row in view["rows"]}
    assert replica["benefit-cost ratio, median"].value == "1.24"
    assert replica["payback year, median"].value == "2031"


def test_the_settings_tell_runs_with_and_without_correlations_apart(
    evidence: Result, independent: Result, repaired: Result, tmp_path: Path
) -> None:
    both = [ComparedRun.of(result) for result in (evidence, independent)]
    assert dict(comparison(both, Language("en"))["settings"])["dependence between inputs"] == [
        "rank correlations",
        "drawn independently",
    ]
    assert "(95%)" in comparison(both, Language("en"))["intro"]
    levels = comparison([ComparedRun.of(repaired)], Language("en"))["intro"]
    assert "(98.33%)" in levels
    mixed = comparison(
        [both[0], replace(both[1], summary={**both[1].summary, "until": {"level": 0.975}})], Language("nl")
    )
    assert "laatste tabel" in mixed["intro"]
    assert dict(mixed["settings"])["niveau van de intervallen"] == ["95%", "97,5%"]


def test_a_summary_read_back_from_json_gives_the_same_page(runs: list[ComparedRun], tmp_path: Path) -> None:
    again = [ComparedRun(r.name, json.loads(json.dumps(r.summary)), r.study, r.link) for r in runs]
    first, second = write_comparison(runs, tmp_path / "a"), write_comparison(again, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_models_without_a_plan_can_be_compared(ishigami: Result, tmp_path: Path) -> None:
    runs = [ComparedRun.of(ishigami), ComparedRun.of(ishigami)]
    write_comparison(runs, tmp_path)
    page = Page(tmp_path / "index.en.html")
    shown = Language("en").statistic(ishigami["y"].mean)
    assert page.text.count(f"{shown.value} {shown.interval}") == 2
    assert comparison(runs, Language("en"))["answer"] == ""


def test_nothing_to_compare_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one run"):
        write_comparison([], tmp_path)


def test_two_runs_of_one_study_are_told_apart_and_links_are_quoted(runs: list[ComparedRun]) -> None:
    one, other = replace(runs[2], name="first", link="a b"), replace(runs[2], name="second")
    shown = comparison([one, other], Language("en"))["runs"]
    assert [run["title"] for run in shown] == ["Evidence (first)", "Evidence (second)"]
    assert shown[0]["link"] == "a%20b/report.en.html"
