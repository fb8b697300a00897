"""Several runs side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mcengine import load_study
from mcengine.analysis.result import Result
from mcengine.analysis.simulate import run as simulate
from mcengine.analysis.study_changes import changes
from mcengine.report.compare import ComparedRun, comparison, write_comparison
from mcengine.report.compare_findings import findings
from mcengine.report.compare_inputs import reason
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
        "mean of the worst 5% (expected shortfall)",
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
    again = [ComparedRun(r.name, json.loads(json.dumps(r.summary)), r.study, r.columns, r.rows, r.link) for r in runs]
    first, second = write_comparison(runs, tmp_path / "a"), write_comparison(again, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_models_without_a_plan_can_be_compared(ishigami: Result, tmp_path: Path) -> None:
    runs = [ComparedRun.of(ishigami), ComparedRun.of(ishigami)]
    write_comparison(runs, tmp_path)
    page = Page(tmp_path / "index.en.html")
    shown = Language("en").statistic(ishigami["y"].mean)
    assert page.text.count(f"{shown.value} {shown.interval}") == 2
    assert comparison(runs, Language("en"))["answer"] == ""
    assert "The studies are the same" in page.text
    assert "No input and no option differs." in page.text
    assert page.ids.count("figure-explained1") == 0


def test_nothing_to_compare_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one run"):
        write_comparison([], tmp_path)


def test_two_runs_of_one_study_are_told_apart_and_links_are_quoted(runs: list[ComparedRun]) -> None:
    one, other = replace(runs[2], name="first", link="a b"), replace(runs[2], name="second")
    shown = comparison([one, other], Language("en"))["runs"]
    assert [run["title"] for run in shown] == ["Evidence (first)", "Evidence (second)"]
    assert shown[0]["link"] == "a%20b/report.en.html"


@pytest.fixture(scope="module")
def pipeline() -> ComparedRun:
    study = load_study("evidence", accounting="pipeline")
    return replace(ComparedRun.of(simulate(study, draws=4096, replicates=8, seed=1)), name="accounting")


def test_a_small_paired_difference_is_seen_where_the_intervals_overlap(
    runs: list[ComparedRun], pipeline: ComparedRun
) -> None:
    view = comparison([runs[2], pipeline], Language("en"))
    means = {row["label"]: row for row in view["rows"]}["expected NPV"]["cells"]
    low, high = sorted((cell.low, cell.high) for cell in means)
    assert low[1] > high[0] or low == high  # texts of one sign and length: the runs' own intervals overlap
    (found,) = view["differences"]
    mean = {row["label"]: row for row in found["rows"]}["expected NPV"]
    assert found["paired"]
    assert mean["shown"].value.startswith("+0.")
    assert "0.00" not in mean["shown"].low
    assert mean["narrower"].endswith("× as wide")
    assert "Not in both runs: NPV if the unspent public money is returned" in found["left_out"]
    assert view["answer"] == "The chances that the plan pays do not differ by more than the computing precision."


def test_the_answer_rests_on_the_difference_of_the_extremes(runs: list[ComparedRun]) -> None:
    answer = comparison(runs, Language("en"))["answer"]
    (found,) = (
        row.second_less_first
        for row in findings([runs[0].side, runs[2].side]).differences[0].rows
        if (row.output, row.statistic) == ("npv", "prob_positive")
    )
    assert isinstance(found.value, float)
    assert f"The difference is {100 * found.value:.0f}" in answer
    dutch = comparison(runs, Language("nl"))["answer"]
    assert "procentpunt (rekenprecisie" in dutch


def test_one_thing_that_differs_is_named_with_the_whole_difference(
    runs: list[ComparedRun], pipeline: ComparedRun
) -> None:
    for code, words in (("en", "accounting (plan → pipeline)"), ("nl", "rekenwijze (plan → pipeline)")):
        view = comparison([runs[2], pipeline], Language(code))
        (told,) = view["explained"]
        assert words in told["text"]
        assert told["rows"] == []
        (setting,) = view["changes"]["settings"]
        assert setting["cells"] == ["plan", "pipeline"]
        assert view["changes"]["inputs"] == []


@pytest.mark.parametrize("code", ["en", "nl"])
def test_steps_and_the_rest_add_up_to_the_difference(runs: list[ComparedRun], code: str, tmp_path: Path) -> None:
    chosen = [runs[2], runs[0]]
    language, found = Language(code), findings([run.side for run in chosen])
    write_comparison(chosen, tmp_path, languages=(code,), found=found)
    page = Page(tmp_path / f"index.{code}.html")
    (told,) = found.explained
    assert told.waterfall is not None
    assert told.rest is not None
    assert told.difference is not None
    steps = sum(step.value for step in told.waterfall.steps)
    assert steps + told.rest.value == pytest.approx(told.difference.value)  # type: ignore[operator]
    for key in ("differences", "changes", "explained", "at_means", "rest", "simulated", "differences_caption"):
        assert language(f"compare.{key}", **({"first": chosen[0].study.title[code]} if "caption" in key else {})) in (
            page.text
        )
    for text in ("PERT(1.3, 1.7, 2.3)", "PERT(0.3, 0.8, 1.3)"):
        assert language.distribution(text) in page.text
    assert {"figure-comparison", "figure-differences", "figure-explained1"} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        f"{name}.{code}.svg" for name in ("comparison", "differences", "explained1")
    }


def test_runs_with_seeds_of_their_own_are_told_so_and_not_paired(runs: list[ComparedRun]) -> None:
    other = ComparedRun.of(simulate(load_study("evidence"), draws=4096, replicates=8, seed=2))
    (found,) = comparison([runs[2], other], Language("nl"))["differences"]
    assert not found["paired"]
    assert "onafhankelijk en niet gekoppeld" in found["how"]
    more = ComparedRun.of(simulate(load_study("evidence"), draws=8192, replicates=8, seed=1))
    (found,) = comparison([runs[2], more], Language("en"))["differences"]
    assert "share a seed but not draws" in found["how"]


def test_runs_of_different_models_are_side_by_side_all_the_same(runs: list[ComparedRun], ishigami: Result) -> None:
    for code in ("en", "nl"):
        view = comparison([runs[2], ComparedRun.of(ishigami)], Language(code))
        (told,) = view["explained"]
        assert told["text"] == Language(code)("compare.explained_other_model")
        (found,) = view["differences"]
        assert found["rows"] == []


def test_independent_draws_are_a_difference_of_their_own(evidence: Result, independent: Result) -> None:
    view = comparison([ComparedRun.of(evidence), ComparedRun.of(independent)], Language("en"))
    (row,) = view["changes"]["settings"]
    assert (row["label"], row["cells"]) == (
        "dependence between inputs",
        ["rank correlations", "drawn independently"],
    )
    assert "dependence between inputs (rank correlations → drawn independently)" in view["explained"][0]["text"]


def test_pools_and_repaired_correlations_are_shown(evidence: Result, pool: Result) -> None:
    view = comparison([ComparedRun.of(evidence), ComparedRun.of(pool)], Language("nl"))
    (row,) = (row for row in view["changes"]["inputs"] if row["name"] == "multiplier")
    assert row["cells"][1].startswith("25%: PERT(")
    assert row["cells"][1].count("%: ") == 3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["horizon=2050"], "This difference comes from horizon (2035 → 2050), not"),
        (["leverage=5"], "This difference comes from leverage (Lognormal(median 1, log-sd 0.6) → 5), not"),
        (["horizon=2050", "leverage=5"], "(Lognormal(median 1, log-sd 0.6) → 5) and horizon (2035 → 2050), not"),
        (["leverage=5", "multiplier=2", "labour_share=0.3", "tax_burden=0.4"], "comes from the assumptions, not"),
    ],
)
def test_the_answer_says_what_makes_the_difference(evidence: Result, settings: list[str], words: str) -> None:
    other = simulate(load_study("evidence").overridden(settings), draws=4096, replicates=8, seed=1)
    view = comparison([ComparedRun.of(evidence), ComparedRun.of(other)], Language("en"))
    assert words in view["answer"]
    dutch = comparison([ComparedRun.of(evidence), ComparedRun.of(other)], Language("nl"))["answer"]
    assert "Dat verschil komt door " in dutch
    assert "niet door de rekenprecisie" in dutch


def test_sets_that_differ_in_many_inputs_are_the_assumptions(runs: list[ComparedRun]) -> None:
    assert "This difference comes from the assumptions, not" in comparison(runs, Language("en"))["answer"]


def test_fixed_values_and_equal_studies_have_a_reason_of_their_own() -> None:
    one = load_study("replica")
    many = one.overridden(["leverage=1", "multiplier=2", "labour_share=0.3", "tax_burden=0.4"])
    english = Language("en")
    assert reason(changes([one, many]), english) == (
        "This difference comes from the values of 4 inputs, not from computing precision."
    )
    assert reason(changes([one, one]), english).startswith("No input and no option differs")
    assert "discount rate (0.028 → 0.04)" in reason(changes([one, one.overridden(["discount_rate=0.04"])]), english)
    pipeline = load_study("evidence", accounting="pipeline")
    assert "accounting (plan → pipeline)" in reason(changes([load_study("evidence"), pipeline]), english)
