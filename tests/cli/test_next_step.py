"""After a fault the command to type next: right where that is plain, else the one that tells what is valid."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from mcengine.cli.guard import COMMAND
from mcengine.cli.next_step import next_step
from mcengine.errors import Fault

from .conftest import Cli


@pytest.mark.parametrize(
    ("arguments", "then"),
    [
        ("run evidense --draws 64", "mcengine run evidence --draws 64"),
        ("evaluate evidence --set leverige=1.2", "mcengine evaluate evidence --set leverage=1.2"),
        ("evaluate evidence --set accounting=pipline", "mcengine evaluate evidence --set accounting=pipeline"),
        ("sensitivity evidence --method sobl", "mcengine sensitivity evidence --method sobol"),
        ("sensitivity evidence --output nvp", "mcengine sensitivity evidence --output npv"),
        ("sensitivity evidence --method=sobl", "mcengine sensitivity evidence --method=sobol"),
        ("optimise pipeline --leverage move", "mcengine optimise pipeline --leverage moves"),
        ("runs --sort dat", "mcengine runs --sort date"),
        ("batch smok --dry-run", "mcengine batch smoke --dry-run"),
        ("run xyz", "mcengine list"),
        ("evaluate evidence --set xyz=1", "mcengine check evidence --inputs"),
        ("evaluate evidence --set leverage=-1", "mcengine evaluate --help"),
        ("run evidence --draws ten", "mcengine run --help"),
        ("run evidence --until npv.men=10m", "mcengine run --help"),  # only a part of the value is wrong
        ("replay no/such/run", "mcengine runs"),
        ("template --language fr --xlsx a.xlsx", "mcengine template --help"),
        ("rnu evidence", "mcengine --help"),
        ("run evidence --drwas 4", "mcengine run --help"),
    ],
)
def test_what_to_try(cli: Cli, arguments: str, then: str) -> None:
    answer = cli(*shlex.split(arguments))
    assert answer.code == 2
    assert answer.err.splitlines()[-1] == f"Try: {then}"


def test_a_corrected_command_is_not_refused_again_for_the_same(cli: Cli) -> None:
    then = cli("evaluate", "replica", "--set", "leverige=1.2").err.splitlines()[-1].removeprefix("Try: mcengine ")
    assert cli(*shlex.split(then)).code == 0


def test_a_file_to_correct_is_to_be_checked_then(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "my study.toml"
    file.write_text("schema = ")
    for command in ("run", "check", "sensitivity"):
        last = cli(command, file).err.splitlines()[-1]
        assert last == f"Once that is put right, try: mcengine check '{file}'"
    assert cli("batch", file, "--dry-run").err.endswith(f"mcengine batch '{file}' --dry-run\n")


def test_a_taken_folder_is_put_right_by_a_free_one(cli: Cli, stored: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine")
    (tmp_path / "taken-2").mkdir()
    answer = cli("run", "evidence", "--draws", "64", "--out", taken)
    assert answer.err.endswith(f"\nTry: mcengine run evidence --draws 64 --out {taken}-3\n")
    assert cli("template", "--xlsx", taken / "x.xlsx").code == 0
    assert cli("template", "--xlsx", taken / "x.xlsx").err.endswith(f"--xlsx {taken / 'x-2.xlsx'}\n")


def test_the_folder_of_a_run_leads_to_its_study(cli: Cli, stored: Path) -> None:
    answer = cli("check", stored / "evidence")
    assert answer.err.endswith(f"\nTry: mcengine check {stored / 'evidence' / 'study.toml'}\n")
    assert cli("check", stored / "evidence" / "study.toml").code == 0


@pytest.mark.parametrize("name", ["summary.json", "provenance.json", "replicates.parquet", "study.toml"])
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "a folder"])
def test_a_damaged_run_is_named_with_what_computes_it_again(
    cli: Cli, stored: Path, tmp_path: Path, name: str, damage: str
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(stored / "evidence", folder)
    file = folder / name
    content = file.read_bytes()
    file.unlink()
    if damage == "a folder":
        file.mkdir()
    elif damage != "missing":
        file.write_bytes(content[:100] if damage == "cut" else b"")
    for command in (["replay", folder], ["report", folder], ["compare", folder, stored / "sceptical"]):
        answer = cli(*command, "--json")
        assert answer.code == 2
        assert str(folder) in answer.err
        again = f"mcengine run {folder / 'study.toml'} --out {folder}-2"
        expected = "mcengine runs" if name == "study.toml" else again
        assert answer.data["next"] == expected, command


def test_nothing_is_put_in_place_of_a_word_that_stands_there_twice() -> None:
    words = ("mcengine", "sensitivity", "sobl", "--method", "sobl")
    fault = Fault(None, "--method", "sobl", "must be one of sobol", "sobol")
    assert next_step([fault], words) == "mcengine sensitivity --help"
    assert COMMAND.get() == ("mcengine",)
