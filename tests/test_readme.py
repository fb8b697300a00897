"""The README holds: its commands exist and print what it shows, its figures are those of the bundled studies.

Commands that compute little are run; the others are parsed. The pages of docs/ are in test_docs.py.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from mcengine import evaluate, load_study
from mcengine.analysis.result import Result
from mcengine.analysis.simulate import run
from mcengine.cli.main import main
from tests.pages import (
    CHEAP,
    CONTRIBUTING,
    DOCS,
    README,
    ROOT,
    blocks,
    commands,
    make_targets,
    missing_lines,
    own_model,
    parse,
)

OWN_MODEL = DOCS / "own-model.md"
PAGES = [README, CONTRIBUTING, ROOT / "CHANGELOG.md", ROOT / "tests" / "qc" / "README.md", *sorted(DOCS.rglob("*.md"))]
SEED, DRAWS = 2026, 1_000_000


ALL = [pytest.param(*found, id=" ".join(found[0])) for page in (README, OWN_MODEL) for found in commands(page)]
MCENGINE = [found for found in ALL if found.values[0][0] == "mcengine"]
EVIDENCE = next(shown for words, shown in commands(README) if words[1:3] == ["run", "evidence"])


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """The uncertain studies of `make run`, as it runs them."""
    names = ("plan_centred", "evidence", "sceptical")
    return {name: run(load_study(name), draws=DRAWS, seed=SEED) for name in names}


def test_readme_has_the_commands_a_reader_starts_with() -> None:
    found = {" ".join(words) for words, _ in commands(README)}
    assert {"make run", "make test"} <= found
    assert {word.split()[1] for word in found if word.startswith("make ")} <= make_targets()
    shown = {words[1] for words, _ in commands(README) if words[0] == "mcengine"}
    assert shown >= {"list", "check", "evaluate", "run", "replay", "compare", "report"}


@pytest.mark.parametrize(("words", "shown"), MCENGINE)
def test_command_is_one_the_program_knows(words: list[str], shown: list[str]) -> None:
    """Parsed, not run: an unknown command, option or a missing argument raises."""
    parse(words)


@pytest.mark.parametrize(("words", "shown"), [c for c in MCENGINE if c.values[0][1] in CHEAP])
def test_cheap_command_prints_what_the_page_shows(
    words: list[str], shown: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, own: Path
) -> None:
    monkeypatch.chdir(own)
    monkeypatch.setenv("COLUMNS", "120")
    assert main(words[1:]) == 0
    assert not missing_lines(shown, capsys.readouterr().out)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with the files of docs/own-model.md."""
    own_model(tmp_path)
    return tmp_path


def test_model_of_your_own_runs(own: Path) -> None:
    profit = run(load_study(own / "study.toml"), draws=8192, seed=SEED)["profit"]
    assert 0.5 < float(profit.prob_positive.value or 0) < 0.9


def test_model_with_luck_runs_and_prints_what_the_page_shows(
    own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own)
    monkeypatch.setenv("COLUMNS", "120")
    for words, shown in commands(OWN_MODEL):
        assert main(words[1:]) == 0, words
        assert not missing_lines(shown, capsys.readouterr().out), words


def test_pooled_study_runs(tmp_path: Path) -> None:
    file = tmp_path / "pooled.toml"
    file.write_text(blocks(README, "toml")[0], encoding="utf-8")
    result = run(load_study(file), draws=8192, seed=SEED)
    assert set(result.sets) == {"plan_centred", "evidence", "sceptical"}
    assert result["cash_flow[2035]"].draws == 8192


def test_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks(README, "python")
    small = example.replace("1_000_000", "4_096")
    assert small != example
    exec(compile(small, str(README), "exec"), {})
    assert "prob_positive" in capsys.readouterr().out


def test_run_prints_what_the_page_shows(results: dict[str, Result]) -> None:
    from mcengine.cli.headline import headline

    printed = headline(results["evidence"], None).splitlines()
    assert EVIDENCE
    for line in EVIDENCE:
        assert line in printed


def test_opening_gives_the_chances_of_the_bundled_studies(results: dict[str, Result]) -> None:
    opening = " ".join(README.read_text(encoding="utf-8").split("![")[0].split())
    chances = [float(results[name]["npv"].prob_positive.value or 0) for name in results]
    sentence = "is {:.1%} around the plan's own numbers, {:.1%} on what the literature supports, and {:.1%} in a"
    assert sentence.format(*chances) in opening
    for result, digits in zip(results.values(), (2, 2, 3), strict=True):
        low, high = (100 * float(bound) * 10**digits for bound in result["npv"].prob_positive.ci95 or (0.0, 0.0))
        outwards = f"{math.floor(low) / 10**digits:.{digits}f} to {math.ceil(high) / 10**digits:.{digits}f}"
        assert outwards in opening
    assert max(half_width(results[name]) for name in results) < 0.00025  # "0.02 percentage points"
    assert f"NPV EUR {evaluate(load_study('replica')).outputs['npv']:,.0f} million" in opening


def half_width(result: Result) -> float:
    low, high = result["npv"].prob_positive.ci95 or (0.0, 1.0)
    return (float(high) - float(low)) / 2


def test_opening_counts_the_published_figures() -> None:
    compared = [c for name in ("replica", "annex98") for c in evaluate(load_study(name)).published]
    assert all(c.matches for c in compared)
    assert f"all {len(compared)} that" in " ".join(README.read_text(encoding="utf-8").split())


def test_picture_shows_the_bundled_studies(results: dict[str, Result]) -> None:
    """The picture's own description carries its figures; it is out/figures/comparison.en.svg of `make run`."""
    from mcengine.report.compare import ComparedRun, findings, pictures
    from mcengine.report.language import Language

    replica = run(load_study("replica"), draws=64, seed=SEED)
    runs = [ComparedRun.of(result) for result in (replica, *results.values())]
    view = pictures(runs, Language("en"), findings([run.side for run in runs]))
    drawn = (ROOT / "docs" / "picture.svg").read_text(encoding="utf-8")
    assert f"<title>{view['picture'].alt}</title>" in drawn, "copy out/figures/comparison.en.svg to docs/picture.svg"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith(("http", "#"))]
    missing = [target for target in targets if not (page.parent / target.split("#")[0]).exists()]
    assert not missing
