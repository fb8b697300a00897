"""`mcengine optimise`: what it prints, its JSON, its files, and how it refuses."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from functools import lru_cache
from pathlib import Path

import pytest

from mcengine import load_study
from mcengine.analysis.optimise import optimise
from mcengine.analysis.optimise_result import OptimiseResult
from mcengine.cli.optimise import optimise_text
from mcengine.report.language import Language
from mcengine.report.optimise_figures import optimise_pictures
from tests.models.twin import FOUR_PHASES

from .conftest import SEED, Cli

SMALL = ("--n", "32", "--replicates", "4", "--seed", SEED, "--starts", "2")
SVG = "{http://www.w3.org/2000/svg}"


@lru_cache
def result(name: str, objective: str = "mean", *settings: str) -> OptimiseResult:
    study = load_study(name).overridden(settings)
    return optimise(study, objective=objective, seed=int(SEED), n=32, replicates=4, starts=2)


def test_the_text_opens_with_the_answer(cli: Cli) -> None:
    answer = cli("optimise", "pipeline", *SMALL)
    assert answer.code == 0
    question, told = answer.out.split("\n\n")[:2]
    assert question.startswith(
        "pipeline: which split of the public money over the phases has the highest expected NPV?"
    )
    assert told.startswith("The best split found raises the expected NPV by 3")
    for words in (
        "It stays negative all the same.",
        "Of 2 searches all found this gain to within 1%.",
        "draws that the search has not seen",
        "Optimism of the search",
    ):
        assert words in told.replace("\n", " ")
    for words in (
        "plan's share",
        "best share",
        "phase 3",
        "unspent EUR m: plan",
        "P(NPV > 0)",
        "- of which public (EUR m)",
        "launches that count (medicines)",
        "the drawn leverage is multiplied by 1.",
        "digest sha256:",
        "Nothing was written.",
    ):
        assert words in answer.out


def test_no_gain_is_an_answer_too(cli: Cli) -> None:
    """Without private money no split makes a profit in any draw."""
    command = ("optimise", "sceptical", *SMALL, "--objective", "prob_positive", "--set", "leverage=0")
    answer = cli(*command)
    assert answer.code == 0
    assert "There is no gain that can be told from noise" in answer.out
    assert "kept" not in answer.out
    assert cli(*command, "--json").data["told_apart"] is False


def test_leverage_can_be_held(cli: Cli) -> None:
    data = cli("optimise", "pipeline", *SMALL, "--leverage", "fixed", "--json").data
    assert data["leverage"]["mode"] == "fixed"
    assert data["leverage"]["factor"] == 1.0
    assert data["phases"]["discovery"]["best"] > 0.8
    assert "Leverage is held as drawn" in cli("optimise", "pipeline", *SMALL, "--leverage", "fixed").out


def test_json_and_files(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "split"
    command = ("optimise", "evidence", *SMALL, "--horizon", "2040", "--set", "mcpf=1.2")
    data = cli(*command, "--json").data
    assert data["files"] == []
    assert list(data["phases"]) == ["discovery", "preclinical", "phase1", "phase2", "phase3", "production"]
    assert sum(phase["best"] for phase in data["phases"].values()) == pytest.approx(1.0)
    assert data == cli(*command, "--json", "--threads", "1").data
    assert cli(*command, "--out", out).code == 0
    names = ["figures/sensitivity_optimise.svg", "sensitivity.json"]
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()) == names
    kept = json.loads((out / "sensitivity.json").read_text(encoding="utf-8"))
    assert kept["provenance"]["command"][1] == "optimise"
    assert {key: kept[key] for key in ("digest", "gain")} == {key: data[key] for key in ("digest", "gain")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--objective", "meen", "--starts", "none", "--set", "leverige=1"), "3 faults"),
        (("--objective", "median"), "--objective"),
        (("--leverage", "fix"), "did you mean 'fixed'"),
        (("--output", "nvp"), "did you mean 'npv'"),
        (("--replicates", "1"), "--replicates"),
    ],
)
def test_what_is_refused(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    answer = cli("optimise", "evidence", *arguments)
    assert answer.code == 2
    assert words in answer.err


def test_a_study_without_a_plan(cli: Cli) -> None:
    answer = cli("optimise", "textbook/ishigami")
    assert answer.code == 2
    assert "has no plan with phases to split money over" in answer.err


def test_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    text = optimise_text(result("pipeline"))
    prose = [line for line in text.splitlines() if not line.startswith(("digest", "pipeline:", "128 draws"))]
    assert max(len(line) for line in prose) <= 72


@pytest.mark.parametrize("code", ["en", "nl"])
@pytest.mark.parametrize(
    "given", [("pipeline",), ("evidence", "prob_positive"), ("sceptical", "prob_positive", "leverage=0")]
)
def test_the_figure_stands_alone_and_is_the_same_each_time(given: tuple[str, ...], code: str) -> None:
    made, again = (optimise_pictures(result(*given), Language(code))[0] for _ in range(2))
    assert made.svg == again.svg
    root = ET.fromstring(made.svg)
    shown = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert "{" not in shown + made.caption + made.alt
    assert load_study(given[0]).title[code] in made.caption
    assert {"en": "share of the public money", "nl": "aandeel in het publieke geld"}[code] in shown
    money = {"en": "programme money unspent", "nl": "programmageld over"}[code]
    assert (money in shown) == (given[0] == "pipeline")
    none = {"en": "no gain that can be told from noise", "nl": "geen winst die van ruis te onderscheiden is"}[code]
    assert (none in shown) == (not result(*given).told_apart)


def test_a_users_own_plan(cli: Cli) -> None:
    data = cli("optimise", FOUR_PHASES, *SMALL, "--json").data
    assert list(data["phases"]) == ["laboratory", "animal", "clinical", "approval"]
