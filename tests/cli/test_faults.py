"""Every kind of failure: one clear message, its exit code, and never a traceback on the terminal."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcengine.analysis import simulate
from mcengine.errors import Fault, InputError
from mcengine.inputs import study as studies
from mcengine.inputs.toml import LARGEST

from .conftest import Cli


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "evidence", "--draws", "0"], "--draws = 0"),
        (["run", "evidence", "--draws", "1e18"], "--draws = 1000000000000000000"),
        (["run", "evidence", "--draws", "10^13"], "1e6 and 1_000_000"),
        (["run", "evidence", "--draws", "1"], "between 64 (2 in each of 32 replicates)"),
        (["run", "evidence", "--cap", "1e9"], "--cap = 1000000000: is about --until, and there is none"),
        (["run", "evidence", "--cap", "5", "--until", "npv.mean=1m"], "must be at least --draws"),
        (["run", "evidence", "--threads", "99999"], "from 1 to 1024"),
        (["run", ""], "study = ''"),
        (["check", "/"], "is a folder"),
        (["sensitivity", "evidence", "--method", "tornado", "--against", "replica"], "--against = 'replica'"),
        (["sensitivity", "evidence", "--output", "nvp"], "--output = 'nvp'"),
        (["run", "evidence", "--draws", "1.5"], "--draws = '1.5'"),
        (["run", "evidence", "--draws", "many"], "--draws = 'many'"),
        (["run", "evidence", "--draws", "nan"], "--draws = 'nan'"),
        (["run", "evidence", "--draws", "1e999999999"], "whole number"),
        (["run", "evidence", "--replicates", "1"], "--replicates = 1"),
        (["run", "evidence", "--seed", "-1"], "--seed = -1"),
        (["run", "evidence", "--seed", str(2**128)], "seed"),
        (["run", "evidence", "--threads", "0"], "--threads = 0"),
        (["run", "evidence", "--sampler", "sobool"], "did you mean 'sobol'?"),
        (["run", "evidense"], "did you mean 'evidence'?"),
        (["evaluate", "replica", "--set", "leverage"], "name=value"),
        (["evaluate", "replica", "--set", "leverige=1"], "did you mean 'leverage'?"),
        (["evaluate", "replica", "--set", "leverage=-1"], "leverage = -1"),
        (["evaluate", "replica", "--set", "leverage=nan"], "finite"),
        (["evaluate", "replica", "--set", "leverage=1", "--set", "leverage=2"], "twice"),
        (["evaluate", "replica", "--horizon", "soon"], "horizon = 'soon'"),
        (["evaluate", "replica", "--horizon", "1999"], "horizon = 1999"),
        (["evaluate", "replica", "--at", "mode"], "--at = 'mode'"),
        (["evaluate", "replica", "--language", "de"], "one of en, nl"),
        (["check", "."], "'.'"),
        (["replay", "no/such/folder"], "no such folder"),
        (["replay", "."], "provenance.json"),
        (["report", "no/such/folder"], "no such folder"),
        (["compare", "no/such/folder", "nor/this"], "'nor/this'"),
        (["compare", "no/such/folder"], "two or more"),
    ],
)
def test_wrong_input_ends_with_2(cli: Cli, arguments: list[str], words: str) -> None:
    answer = cli(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("mcengine: ")
    assert words in answer.err


def test_all_faults_of_a_command_line_come_at_once(cli: Cli) -> None:
    answer = cli("run", "evidence", "--draws", "0", "--seed", "x", "--set", "foo=1", "--set", "leverage=-1")
    lines = answer.err.splitlines()
    assert lines[0] == "mcengine: 4 faults in the input:"
    assert [line.split()[0] for line in lines[1:-1]] == ["--draws", "--seed", "foo", "leverage"]
    assert lines[-1] == "Try: mcengine check evidence --inputs"


def test_faults_of_the_study_and_of_the_command_line_come_together(cli: Cli) -> None:
    answer = cli("evaluate", "nothing_like_it", "--set", "oops", "--at", "mode")
    assert all(words in answer.err for words in ("nothing_like_it", "'oops'", "'mode'"))


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"schema = ", b"", b"x" * 1000, b"schema = 1\nname = 3\n"]
)
def test_a_file_that_is_no_study(cli: Cli, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(content)
    for command in ("check", "evaluate", "run"):
        answer = cli(command, file)
        assert answer.code == 2
        assert "own.toml" in answer.err
    data = cli("check", file, "--json").data
    assert data["ok"] is False
    assert data["faults"]
    assert set(data["faults"][0]) == {"file", "key", "value", "rule", "nearest"}


def test_a_file_too_large_for_a_study_is_not_parsed(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    with file.open("wb") as handle:
        handle.truncate(LARGEST + 1)
    answer = cli("check", file)
    assert answer.code == 2
    assert "must be at most 16 MB" in answer.err


def test_a_file_that_may_not_be_read(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    file = tmp_path / "own.toml"
    file.write_text("schema = 1", encoding="utf-8")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    answer = cli("check", file)
    assert answer.code == 2
    assert "Permission denied" in answer.err


def test_a_name_that_is_no_text(cli: Cli) -> None:
    assert cli("check", os.fsdecode(b"\xff.toml")).code == 2


def test_a_computed_refusal_ends_with_1(cli: Cli) -> None:
    answer = cli("evaluate", "replica", "--set", "launch_cost=1e-300", "--set", "revenue_per_medicine=1e300")
    assert answer.code == 1
    assert "not a finite number" in answer.err


def _raise(error: BaseException) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_fault_of_ours_ends_with_4_and_keeps_the_details(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(studies, "load_study", _raise(ZeroDivisionError("a\nb")))
    answer = cli("check", "replica")
    assert answer.code == 4
    first, second = answer.err.splitlines()
    assert "a fault of ours" in first
    assert "ZeroDivisionError: a b" in first
    (file,) = tmp_path.iterdir()
    assert str(file) in second
    assert "Traceback" in file.read_text(encoding="utf-8")


def test_a_full_disk_ends_with_3(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "load_study", _raise(OSError(errno.ENOSPC, "No space left on device")))
    answer = cli("check", "replica")
    assert answer.code == 3
    assert "the disk is full" in answer.err


def test_ctrl_c_ends_with_3(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "load_study", _raise(KeyboardInterrupt()))
    answer = cli("check", "replica")
    assert answer.code == 3
    assert "stopped by the user" in answer.err


def test_ctrl_c_in_a_run_says_how_far_it_was(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(simulate, "run", _raise(KeyboardInterrupt()))
    answer = cli("run", "replica", "--out", tmp_path / "run")
    assert answer.code == 3
    assert "0 replicates finished; nothing was kept" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_one_fault_stands_on_the_first_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault("a.toml", "inputs[x].value", 5, "must be at most 1")
    monkeypatch.setattr(studies, "load_study", _raise(InputError(fault)))
    first, second = cli("check", "replica").err.splitlines()
    assert first == "mcengine: a.toml: inputs[x].value = 5: must be at most 1"
    assert second == "Once that is put right, try: mcengine check replica"


def test_a_reader_that_leaves_is_no_failure() -> None:
    pipe = f"{sys.executable} -m mcengine evaluate replica --json | head -c 1 > {os.devnull}"
    command = ["bash", "-c", f"{pipe}; echo ${{PIPESTATUS[0]}}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == "0\n"
    assert answer.stderr in ("", "compiling the kernel (first run on this machine, about 10 s) ...\n")
