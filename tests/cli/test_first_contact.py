from __future__ import annotations

import subprocess
import sys

import pytest

import mcengine
from mcengine.inputs.catalog import STUDY_ORDER, assumption_sets, batches, studies
from mcengine.models.textbook import TEXTBOOK

from .conftest import Cli

COMMANDS = (
    "list", "check", "evaluate", "run", "runs", "sensitivity", "optimise", "replay", "compare", "batch", "report",
    "template", "help",
)  # fmt: skip
HEAVY = ("numpy", "scipy", "numba", "pandas", "matplotlib", "pyarrow", "jinja2", "babel", "SALib")


def test_alone_it_says_what_it_is_and_what_to_try(cli: Cli) -> None:
    answer = cli()
    assert answer.code == 0
    assert "how likely is it that the plan pays" in answer.out
    commands = [line.split()[1] for line in answer.out.splitlines() if line.startswith("  mcengine ")]
    assert len(commands) == 3
    assert set(commands) <= set(COMMANDS)


@pytest.mark.parametrize("columns", ["40", "60", "80", "107", "300"])
def test_it_fits_the_terminal_and_no_command_is_broken(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = cli().out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    tried = [line.strip() for line in lines if line.strip().startswith("mcengine ") and "answers" not in line]
    assert [line.partition("    ")[0] for line in tried] == [
        "mcengine evaluate replica",
        "mcengine run evidence --out out/evidence",
        "mcengine list",
    ]
    assert sum(line.count("`mcengine --help`") for line in lines) == 1


def test_help_is_a_command_too(cli: Cli) -> None:
    assert cli("help").out == cli("--help").out
    assert cli("help", "run").out == cli("run", "--help").out
    answer = cli("help", "rnu")
    assert answer.code == 2
    assert "did you mean 'run'?" in answer.err
    assert answer.err.endswith("\nTry: mcengine help run\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_opens_with_what_it_does_and_an_example_that_is_valid(cli: Cli, command: str) -> None:
    paragraphs = [part.split() for part in cli(command, "--help").out.split("\n\n")]
    example = " ".join(paragraphs[2])
    assert example.startswith(f"Example: mcengine {command}")
    assert cli(*example.split()[2:], "--help").code == 0


def test_help_names_every_command(cli: Cli) -> None:
    answer = cli("--help")
    assert answer.code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in answer.out
        assert cli(command, "--help").code == 0


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"mcengine {mcengine.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"], []])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """What makes `--help` fast; how fast it is stands in benchmarks.

    typer itself imports pydantic when it looks at the options of a command, so only `--help` is without.
    """
    heavy = [*HEAVY, "pydantic"] if arguments == ["--help"] else HEAVY
    code = (
        "import sys; from mcengine.cli.main import main; code = main(sys.argv[2:]); "
        "loaded = [name for name in sys.argv[1].split(',') if name in sys.modules]; "
        "sys.exit(f'imported: {loaded}' if loaded else code)"
    )
    command = [sys.executable, "-W", "error", "-c", code, ",".join(heavy), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_module_is_the_command() -> None:
    command = [sys.executable, "-W", "error", "-m", "mcengine", "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == f"mcengine {mcengine.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["hlep"], "Did you mean 'help'?"),
        (["run"], "argument"),
        (["run", "evidence", "--drwas", "5"], "--drwas: there is no such option (did you mean '--draws'?)"),
        (["check"], "For example: mcengine check evidence"),
        (["evaluate", "replica", "--set"], "--set"),
        (["check", "a", "b"], "b"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_way_to_help(
    cli: Cli, arguments: list[str], words: str
) -> None:
    answer = cli(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert words in answer.err
    assert "--help" in answer.err


def test_list(cli: Cli) -> None:
    data = cli("list", "--json").data
    names = [study["name"] for study in data["studies"]]
    assert names == list(studies())
    assert [name for name in STUDY_ORDER if name in names] == [name for name in names if name in STUDY_ORDER]
    assert [found["name"] for found in data["assumption_sets"]] == list(assumption_sets())
    assert [found["name"] for found in data["batches"]] == list(batches())
    assert [model["name"] for model in data["models"]] == ["investment", *TEXTBOOK]
    assert all(entry["title"]["en"] for entries in data.values() for entry in entries)
    text = cli("list").out
    assert all(f"  {name} " in text for name in names)


def test_the_public_names_are_there_and_loaded_when_used() -> None:
    assert set(mcengine.__all__) <= set(dir(mcengine))
    for name in mcengine.__all__:
        assert getattr(mcengine, name) is getattr(mcengine, name)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mcengine.nonsense
