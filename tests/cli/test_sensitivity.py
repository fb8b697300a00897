"""`mcengine sensitivity`: what it prints, its JSON, its files, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcengine.cli.progress import compiled

from .conftest import SEED, Cli

SMALL = ("--n", "64", "--replicates", "4", "--seed", SEED)


def test_the_text_names_groups_inputs_and_how_sure_it_is(cli: Cli) -> None:
    answer = cli("sensitivity", "evidence", *SMALL)
    assert answer.code == 0
    for words in (
        "evidence: of the variance of NPV, leverage + 3 more has a part in",
        "groups of inputs, as the study correlates them",
        "each input, of the study without correlations",
        "leverage + 3 more: leverage, market_growth",
        "The top 3 are the top 3 with chance",
        "note: this study's inputs are correlated",
        "digest sha256:",
        "Add --out DIR",
    ):
        assert words in answer.out
    assert "read it as 0" in answer.out  # 64 points: some small index is negative


def test_an_order_that_is_not_settled_says_what_would_settle_it(cli: Cli) -> None:
    out = cli("sensitivity", "textbook/g_function", "--n", "16", "--replicates", "2", "--seed", "1").out
    assert "Not told apart yet" in out
    assert "base points a replicate would settle the order" in out


def test_json(cli: Cli) -> None:
    answer = cli("sensitivity", "textbook/ishigami", *SMALL, "--second-order", "--json")
    assert answer.code == 0
    data = answer.data
    assert (data["study"], data["output"], data["method"]) == ("textbook/ishigami", "y", "sobol")
    assert (data["n"], data["replicates"], data["evaluations"]) == (64, 4, 64 * 4 * 8)
    assert (data["groups"], list(data["inputs"])) == ({}, ["x1", "x2", "x3"])
    assert len(data["s2"]) == 3
    assert data == cli("sensitivity", "textbook/ishigami", *SMALL, "--second-order", "--json", "--threads", "1").data


def test_files(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "drivers"
    command = ("sensitivity", "evidence", *SMALL, "--set", "leverage=1.2", "--out", out)
    answer = cli(*command)
    assert answer.code == 0
    names = ["figures/sensitivity_sobol_groups.svg", "figures/sensitivity_sobol_inputs.svg", "sensitivity.json"]
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()) == names
    data = json.loads((out / "sensitivity.json").read_text(encoding="utf-8"))
    assert "leverage" not in data["inputs"]
    assert data["provenance"]["command"][1] == "sensitivity"
    for name in names[:2]:
        svg = (out / name).read_text(encoding="utf-8")
        assert svg.startswith("<svg")
        assert "share of the variance of NPV" in svg
    first = {name: (out / name).read_bytes() for name in names[:2]}
    assert cli(*command).code == 0  # an analysis may be replaced, and its figures come out the same
    assert {name: (out / name).read_bytes() for name in names[:2]} == first


def test_a_folder_with_other_files_is_left_alone(cli: Cli, tmp_path: Path, stored: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    for place in (tmp_path, tmp_path / "notes.txt", stored / "evidence"):
        answer = cli("sensitivity", "evidence", *SMALL, "--out", place)
        assert answer.code == 2
        assert "--out" in answer.err
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_groups_and_independence(cli: Cli) -> None:
    data = cli(
        "sensitivity", "evidence", *SMALL, "--independent", "--group", "taxes=tax_burden,corporate_tax", "--json"
    ).data
    assert data["groups"]["taxes"]["members"] == ["tax_burden", "corporate_tax"]
    assert data["inputs_variant"] == "as studied"
    assert "tax_burden" not in data["inputs"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--method", "sobel"), "did you mean 'sobol'"),
        (("--output", "nvp"), "did you mean 'npv'"),
        (("--n", "many"), "--n = 'many': must be a whole number"),
        (("--engine", "saltelli"), "must be one of mcengine, salib"),
        (("--group", "taxes"), "must be NAME=INPUT,INPUT"),
        (("--group", "taxes=tax_bruden"), "did you mean 'tax_burden'"),
        (("--set", "leverige=1"), "leverige"),
    ],
)
def test_what_is_refused(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    answer = cli("sensitivity", "evidence", *SMALL, *arguments)
    assert answer.code == 2
    assert words in answer.err


def test_all_faults_at_once(cli: Cli) -> None:
    answer = cli("sensitivity", "evidence", "--n", "x", "--method", "y", "--set", "leverage=abc")
    assert answer.code == 2
    assert "3 faults" in answer.err


def test_a_study_in_which_nothing_varies(cli: Cli) -> None:
    answer = cli("sensitivity", "replica")
    assert answer.code == 2
    assert "nothing drives it" in answer.err


def test_compiling_is_announced_by_a_function_that_exists() -> None:
    from mcengine.cli.sensitivity import ENTRY

    assert compiled(ENTRY)  # the tests above have compiled it
