"""`--json` on every command: one strict JSON document on stdout and nothing else, of answers and of failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Cli

SAMPLED = ["--seed", "7", "--quiet"]
FEW = ["--n", "64", "--replicates", "4", *SAMPLED]

ANSWERS = {
    "list": ["list"],
    "check": ["check", "evidence", "--inputs"],
    "check of unlimited supplies": ["check", "pipeline", "--inputs"],
    "evaluate": ["evaluate", "replica"],
    "evaluate that never pays back": ["evaluate", "replica", "--set", "leverage=0"],
    "run": ["run", "evidence", "--draws", "4096", *SAMPLED],
    "run with luck": ["run", "pipeline", "--set", "luck=true", "--draws", "4096", *SAMPLED],
    "run of fixed inputs": ["run", "replica", "--draws", "4096", *SAMPLED],
    "run with few draws": ["run", "evidence", "--draws", "64", *SAMPLED],
    "runs": ["runs"],
    "optimise": ["optimise", "pipeline", "--n", "64", "--replicates", "2", "--starts", "1", *SAMPLED],
    "replay": ["replay", "{stored}/evidence", "--quiet"],
    "replay of one draw": ["replay", "{stored}/evidence", "--draw", "1:2"],
    "compare": ["compare", "{stored}/evidence", "{stored}/sceptical"],
    "batch": ["batch", "{here}/batch.toml", "--out", "{here}/batch", "--quiet"],
    "dry run": ["batch", "{here}/batch.toml", "--dry-run"],
    "template": ["template", "--xlsx", "{here}/own.xlsx"],
    "sobol": ["sensitivity", "evidence", "--method", "sobol", *FEW],
    "shapley": ["sensitivity", "textbook/ishigami", "--method", "shapley", *FEW],
    "morris": ["sensitivity", "textbook/ishigami", "--method", "morris", *FEW],
    "pawn": ["sensitivity", "textbook/ishigami", "--method", "pawn", "--slides", "4", *FEW],
    "tornado": ["sensitivity", "evidence", "--method", "tornado"],
    "break-even": ["sensitivity", "pipeline", "--method", "break-even"],
    "waterfall": ["sensitivity", "plan_centred", "--method", "waterfall", "--against", "sceptical"],
    "evppi": ["sensitivity", "evidence", "--method", "evppi", *SAMPLED, "--n", "1024", "--replicates", "4"],
    "boxes": ["sensitivity", "evidence", "--method", "boxes", "--above", "0", *SAMPLED],
    "tail": ["sensitivity", "evidence", "--method", "tail", *SAMPLED],
}

BATCH = """
schema = 1
name = "small"
seed = 7
draws = 2048
reports = false
studies = ["textbook/ishigami"]
"""

FAILURES = {
    "no such study": (2, ["run", "evidense"]),
    "a folder for a study": (2, ["check", "{here}"]),
    "no such option": (2, ["run", "evidence", "--drwas", "5"]),
    "no argument": (2, ["check"]),
    "a value that is wrong": (2, ["evaluate", "replica", "--set", "leverage=-1"]),
    "several faults": (2, ["run", "evidence", "--draws", "0", "--seed", "x"]),
    "no run": (2, ["compare", "{here}", "{here}/none"]),
    "no batch": (2, ["batch", "smok", "--dry-run"]),
    "no file to write": (2, ["template"]),
    "a computed refusal": (1, ["evaluate", "replica", "--set", "launch_cost=1e-300", "--set", "profit_margin=1",
                               "--set", "revenue_per_medicine=1e300"]),
}  # fmt: skip


def _filled(arguments: list[str], stored: Path, here: Path) -> list[str]:
    return [text.format(stored=stored, here=here) for text in arguments]


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_is_one_document(cli: Cli, stored: Path, tmp_path: Path, case: str) -> None:
    (tmp_path / "batch.toml").write_text(BATCH)
    answer = cli(*_filled(ANSWERS[case], stored, tmp_path), "--json")
    assert answer.code == 0, answer.err
    assert isinstance(answer.data, dict)
    assert answer.data.get("ok", True) is True


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_is_one_document_too(cli: Cli, stored: Path, tmp_path: Path, case: str) -> None:
    code, arguments = FAILURES[case]
    plain = cli(*_filled(arguments, stored, tmp_path))
    answer = cli(*_filled(arguments, stored, tmp_path), "--json")
    assert (plain.code, answer.code) == (code, code)
    assert plain.out == ""
    data = answer.data
    assert set(data) == {"ok", "exit_code", "message", "faults", "next"}
    assert (data["ok"], data["exit_code"]) == (False, code)
    assert f"mcengine: {data['message']}" in answer.err
    assert bool(data["faults"]) == (code == 2)
    for fault in data["faults"]:
        assert set(fault) == {"file", "key", "value", "rule", "nearest"}
        assert fault["rule"]
    assert (data["next"] or "mcengine").startswith("mcengine")


def test_every_command_has_it(cli: Cli) -> None:
    commands = [line.split()[0] for line in cli("--help").out.partition("Commands:")[2].splitlines() if line.strip()]
    assert len(commands) > 10
    for command in commands:
        assert ("--json" in cli(command, "--help").out) == (command != "help")


def test_the_report_says_where_it_is(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert cli("run", "textbook/ishigami", "--draws", "2048", "--seed", "7", "--out", out, "--quiet", "--json").data
    files = cli("report", out, "--language", "en", "--quiet", "--json").data["files"]
    assert [Path(file).is_file() for file in files] == [True]
