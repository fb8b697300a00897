"""Completion by the Tab key: in real shells, by the scripts that the program prints, and always without the engine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcengine import load_study
from mcengine.analysis.methods import METHODS
from mcengine.cli import complete
from mcengine.cli.options import POINTS, SAMPLERS
from mcengine.cli.rows import PIPELINE_ONLY, RESULTS, YEARLY
from mcengine.inputs import options as study_options
from mcengine.inputs.catalog import studies
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.sampling.points import SAMPLERS as DRAWN

HEAVY = ("numpy", "scipy", "numba", "pandas", "matplotlib", "pyarrow", "jinja2", "babel", "SALib", "sklearn")

BASH = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_mcengine_completion mcengine
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compdef() {{ :; }}
source {script}
_arguments() {{ print -r -- "$@" }}
_files() {{ :; }}
words=({words}); CURRENT=${{#words}}
_mcengine_completion
"""
FISH = "source {script}; complete --do-complete {line}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to type in, with `mcengine` on the path, two runs, and a study of the user's own."""
    tools = tmp_path / "tools"
    tools.mkdir()
    shim = tools / "mcengine"
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m mcengine "$@"\n')
    shim.chmod(0o755)
    here = tmp_path / "here"
    for name in ("out/evidence", "out/deep/er/sceptical", "out/with space", ".hidden/run"):
        (here / name).mkdir(parents=True)
        (here / name / "provenance.json").write_text("{}")
    (here / "empty").mkdir()
    (here / "evident.toml").write_text("")
    (here / "circle.toml").symlink_to("circle.toml")
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(here)
    return here


def offered(shell: str, *words: str) -> list[str]:
    """What a real shell offers for the last of `words`."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    environment = os.environ | {"_MCENGINE_COMPLETE": f"source_{shell}"}
    script = Path("script")
    script.write_bytes(subprocess.run(["mcengine"], env=environment, capture_output=True, check=True).stdout)
    quoted, line = " ".join(map(shlex.quote, words)), shlex.quote(" ".join(words))
    text = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell].format(script="./script", words=quoted, line=line)
    plain = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    answer = subprocess.run([shell, *plain, "-c", text], capture_output=True, text=True, check=True)
    assert answer.stderr == ""
    if shell == "zsh":
        return re.findall(r'"([^"]*)"(?::"[^"]*")?', answer.stdout)
    return [line.partition("\t")[0] for line in answer.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sens"], ["sensitivity"]),
        (["run", "evid"], ["evidence", "evident.toml"]),
        (["sensitivity", "evidence", "--method", "t"], ["tail", "tornado"]),
        (["replay", "out/"], ["out/deep/er/sceptical", "out/evidence"]),
    ],
)
def test_a_shell_offers_what_fits(place: Path, shell: str, words: list[str], expected: list[str]) -> None:
    assert sorted(offered(shell, "mcengine", *words)) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", ""], [*studies(), "evident.toml"]),
        (["batch", "s"], ["smoke"]),
        (["run", "evidence", "--sampler", ""], list(SAMPLERS)),
        (["run", "evidence", "--set", "lever"], ["leverage=2.4952381"]),
        (["run", "evidence", "--set", "acc"], ["accounting=plan", "accounting=pipeline"]),
        (["run", "textbook/ishigami", "--set", ""], ["x1=0", "x2=0", "x3=0"]),
        (["sensitivity", "evidence", "--input", "lab"], ["labour_share"]),
        (["sensitivity", "evidence", "--pair", "leverage,mul"], ["leverage,multiplier"]),
        (["sensitivity", "evidence", "--group", "a=leverage,mul"], ["a=leverage,multiplier"]),
        (["sensitivity", "evidence", "--sets", "evidence,s"], ["evidence,sceptical"]),
        (["sensitivity", "evidence", "--against", "sc"], ["sceptical"]),
        (["sensitivity", "evidence", "--output", "n"], ["npv"]),
        (["sensitivity", "pipeline", "--output", "npv"], ["npv", "npv_if_returned"]),
        (["sensitivity", "evidence", "--output", "cash_flow[203"], [f"cash_flow[{y}]" for y in range(2030, 2036)]),
        (["report", "out/evidence", "--language", ""], ["en", "nl"]),
        (["compare", "out/evidence", "out/"], ["out/deep/er/sceptical"]),
        (["runs", "--sort", "d"], ["date"]),
        (["optimise", "pipeline", "--objective", "p"], ["prob_positive"]),
        (["help", "rep"], ["replay", "report"]),
        (["replay", ""], ["out/evidence"]),  # the other one lies too deep to be looked for
        (["evaluate", "--at", "plan", "textbook/linear_gaussian", "--set", "x1"], ["x1=0"]),
        (["run", "evidence", "--out", "o"], []),  # left to the shell, which knows paths
        (["run", "no/such/folder/"], []),
        (["evaluate", "no_such_study", "--set", "lev"], ["leverage=2.4952381"]),
    ],
)
def test_values_are_completed(
    place: Path, words: list[str], expected: list[str], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """By the protocol of the bash script, in this process."""
    from mcengine.cli.main import main

    monkeypatch.setenv("_MCENGINE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(["mcengine", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    main([])
    out, err = capsys.readouterr()
    assert out.split() == expected
    assert err == ""


def test_completing_loads_nothing_heavy(place: Path) -> None:
    code = (
        "import sys; from mcengine.cli.main import main; main([]); "
        f"sys.exit(str([name for name in {HEAVY} if name in sys.modules]).strip('[]'))"
    )
    for words in (["run", "e"], ["run", "evidence", "--set", "l"], ["sensitivity", "evidence", "--output", "c"]):
        line = {"COMP_WORDS": "\n".join(["mcengine", *words]), "COMP_CWORD": str(len(words))}
        environment = os.environ | {"_MCENGINE_COMPLETE": "complete_bash"} | line
        answer = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert answer.stderr.strip() == ""
        assert answer.stdout.strip()


def test_names_that_stand_here_are_those_of_the_engine() -> None:
    assert tuple(DRAWN) == SAMPLERS
    assert complete.YEARS == study_options.YEARS
    assert set(POINTS) == {"plan", "median", "mean"}
    assert set(METHODS) >= {"sobol", "tornado"}


@pytest.mark.parametrize("name", ["evidence", "pipeline"])
def test_every_output_offered_is_one(name: str) -> None:
    study: Study = load_study(name)
    model = build_model(study)
    scalars = [row.quantity for row in RESULTS if name == "pipeline" or row.quantity not in PIPELINE_ONLY]
    for key in (*scalars, *(f"{one}[2035]" for one in YEARLY)):
        model.output_index(key)
    if name == "evidence":
        assert {output.name for output in model.outputs} == {*scalars, *YEARLY}
