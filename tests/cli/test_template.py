"""`mcengine template`, and every command that takes the workbook it wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from mcengine.store.folder import sha256
from tests.cli.conftest import DRAWS, SEED, Cli

SAME = """
schema = 1
name = "same"
plan = "biotech_nexus"
assumptions = "evidence"
title = { en = "-", nl = "-" }
"""


@pytest.fixture
def workbook(cli: Cli, tmp_path: Path) -> Path:
    path = tmp_path / "my.xlsx"
    assert cli("template", "--xlsx", path).code == 0
    return path


def test_it_says_what_to_do_next(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "my.xlsx"
    answer = cli("template", "--xlsx", path, "--assumptions", "sceptical", "--language", "nl")
    assert answer.code == 0
    assert f"mcengine run {path}" in answer.out
    book = load_workbook(path)
    assert book.sheetnames == ["lees mij", "studie", "aannamen", "samenhang"]
    assert str(book["lees mij"]["A1"].value).startswith("Aannamen bij ")
    data = cli("template", "--xlsx", tmp_path / "b.xlsx", "--study", "annex98", "--json").data
    assert data == {"file": str(tmp_path / "b.xlsx"), "study": "annex98", "inputs": 38, "assumptions": 0}


def test_the_workbook_offers_choices_and_marks_what_a_family_needs(workbook: Path) -> None:
    sheet = load_workbook(workbook)["assumptions"]
    lists = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["F4"].startswith('"constant,uniform,triangular,pert')
    assert lists["V4"] == '"V,M,J"'
    marked = {str(area.sqref).split(":")[0]: area.rules[0].formula[0] for area in sheet.conditional_formatting}
    assert marked["J4"] == 'OR($F4="triangular",$F4="pert")'
    assert sheet.freeze_panes == "B4"


def test_same_bytes_each_time(cli: Cli, workbook: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    assert cli("template", "--xlsx", again, "--study", "evidence").code == 0
    assert again.read_bytes() == workbook.read_bytes()


def test_wrong_command_lines_are_refused_all_faults_at_once(cli: Cli, workbook: Path, tmp_path: Path) -> None:
    answer = cli("template", "--xlsx", workbook, "--study", "evidnce", "--language", "de")
    assert answer.code == 2
    assert "exists already" in answer.err
    assert "did you mean 'evidence'" in answer.err
    assert "must be one of en, nl" in answer.err
    assert cli("template").code == 2
    assert "must end in .xlsx" in cli("template", "--xlsx", "my.xls").err
    assert "there is no folder" in cli("template", "--xlsx", tmp_path / "no" / "my.xlsx").err
    both = cli("template", "--xlsx", tmp_path / "n.xlsx", "--study", "evidence", "--assumptions", "evidence")
    assert "either a study or an assumption set" in both.err
    assert (
        "a workbook is for a plan" in cli("template", "--xlsx", tmp_path / "n.xlsx", "--study", "textbook/ishigami").err
    )
    assert not (tmp_path / "n.xlsx").exists()


def test_every_command_takes_the_workbook(cli: Cli, workbook: Path, tmp_path: Path) -> None:
    assert "is sound" in cli("check", workbook).out
    book = load_workbook(workbook)
    for row in book["study"].iter_rows(max_col=2):
        if "analyses" in str(row[0].value):
            row[1].value = None  # they are not what is tested here, and take long
    book.save(workbook)
    study = tmp_path / "same.toml"
    study.write_text(SAME, encoding="utf-8")
    assert cli("evaluate", workbook, "--json").data["npv"] == cli("evaluate", "evidence", "--json").data["npv"]
    how = ("--n", "64", "--replicates", "4", "--seed", "1", "--json")
    mine, theirs = cli("sensitivity", workbook, *how).data, cli("sensitivity", "evidence", *how).data
    assert mine["digest"] == theirs["digest"]
    out = tmp_path / "run"
    mine = cli("run", workbook, "--draws", DRAWS, "--seed", SEED, "--json", "--quiet", "--out", out).data
    assert mine["digest"] == cli("run", study, "--draws", DRAWS, "--seed", SEED, "--json", "--quiet").data["digest"]
    sources = json.loads((out / "provenance.json").read_text(encoding="utf-8"))["sources"]
    assert sources[0] == {"file": str(workbook), "sha256": sha256(workbook)}
    workbook.unlink()
    replayed = cli("replay", out)
    assert (replayed.code, replayed.out.splitlines()[0].split(":")[0]) == (0, "identical, bit by bit")


def test_faults_come_by_sheet_and_cell(cli: Cli, workbook: Path) -> None:
    book = load_workbook(workbook)
    book["assumptions"]["F4"], book["assumptions"]["I6"] = "lognrmal", "0,25"
    book.save(workbook)
    for command in ("check", "evaluate", "run", "sensitivity"):
        answer = cli(command, workbook)
        assert (answer.code, answer.out) == (2, "")
        assert f"{workbook}: assumptions!F4 = 'lognrmal': is not a family" in answer.err
        assert f"{workbook}: assumptions!I6 = '0,25': is text with a decimal comma" in answer.err
    keys = [fault["key"] for fault in cli("check", workbook, "--json").data["faults"]]
    assert keys == ["assumptions!I6", "assumptions!F4"]
