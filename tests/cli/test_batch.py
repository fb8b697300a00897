"""`mcengine batch`: what it prints, what it refuses, and what a terminal shows meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcengine import run as simulate
from mcengine.cli.batch import duration
from mcengine.cli.batch_progress import lines
from mcengine.report.build import build_report
from mcengine.scale.events import State
from mcengine.store.results import read_run

from .conftest import Cli

MANIFEST = """
schema = 1
name = "small"
seed = 7
draws = 4096
reports = false
studies = ["textbook/linear_gaussian", "textbook/ishigami"]
[matrix]
x1 = [0.25, 0.5]
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "small.toml").write_text(MANIFEST)
    return tmp_path / "small.toml"


def test_a_batch_and_what_it_prints(cli: Cli, manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = cli("batch", manifest, "--out", out, "--quiet")
    assert (answer.code, answer.err) == (0, "")
    assert "textbook-linear_gaussian--x1-0.25" in answer.out
    assert "4 of 4 runs finished" in answer.out
    assert str(out / "index.html") in answer.out
    again = cli("batch", manifest, "--out", out, "--resume", "--json")
    assert again.code == 0
    runs = again.data["runs"]
    assert [run["settings"] for run in runs] == [{"x1": 0.25}, {"x1": 0.5}] * 2
    for run in runs:
        summary = json.loads((Path(run["directory"]) / "summary.json").read_text())
        assert run["digest"] == summary["digest"]
    assert cli("replay", runs[0]["directory"]).code == 0


def test_an_existing_batch_is_refused_with_the_command_that_goes_on(cli: Cli, manifest: Path, tmp_path: Path) -> None:
    assert cli("batch", manifest, "--out", tmp_path / "out", "--quiet").code == 0
    answer = cli("batch", manifest, "--out", tmp_path / "out")
    assert answer.code == 2
    assert f"mcengine batch {manifest} --out {tmp_path / 'out'} --resume" in answer.err


def test_what_is_refused(cli: Cli, manifest: Path, tmp_path: Path) -> None:
    assert "name a folder for the batch" in cli("batch", manifest).err
    assert "did you mean 'overnight'" in cli("batch", "overnigt", "--out", tmp_path / "out").err
    assert cli("batch", manifest, "--out", tmp_path / "out", "--threads", "0").code == 2
    assert not (tmp_path / "out").exists()
    manifest.write_text(MANIFEST + 'x9 = [1]\nx2 = ["a"]\n')
    answer = cli("batch", manifest, "--out", tmp_path / "out")
    assert answer.code == 2
    assert "matrix.x9 = 1: there is no such input" in answer.err
    assert "matrix.x2 = 'a': must be a number" in answer.err


def test_a_dry_run_says_what_it_would_take_and_writes_nothing(cli: Cli, manifest: Path, tmp_path: Path) -> None:
    manifest.write_text(MANIFEST.replace("reports", 'until = "y.mean=1e-3"\ncap = 65536\nreports'))
    answer = cli("batch", manifest, "--dry-run")
    assert answer.code == 0
    assert "4 runs, about " in answer.out
    assert "at most 262,144" in answer.out
    assert "disk: about " in answer.out
    data = cli("batch", manifest, "--dry-run", "--json").data
    assert [run["most"] for run in data["runs"]] == [65536] * 4
    for run in data["runs"]:
        assert run["first"] == 4096 <= run["likely"] <= run["most"]
        assert run["speed"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.toml"]


def test_a_dry_run_names_what_will_fail(cli: Cli, manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('schema = 1\nname = "bad"\nplan = "biotech_nexus"\n')
    manifest.write_text(MANIFEST.replace('studies = ["', 'studies = ["bad.toml", "').partition("[matrix]")[0])
    answer = cli("batch", manifest, "--dry-run")
    assert answer.code == 0
    assert "bad will fail: " in answer.out
    assert "title: is required" in answer.out


def test_two_lines_for_the_terminal() -> None:
    state = State(3, 1, 48, "evidence--horizon-2050", 4_194_304, 33_554_432, 10**8, 8.1e6, 4000.0, 310_000_000)
    assert lines(state) == (
        "3 of 48 runs finished, 1 failed, about 67 min left, 310 MB\n"
        "evidence--horizon-2050: 4.19M of 33.55M draws, 8.10M draws/s"
    )
    assert lines(State(0, 0, 2, "", 0, 0, 0, 0.0, None, 10**8)) == "0 of 2 runs finished, 100 MB"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (99, "99 s"), (100, "2 min"), (5900, "98 min"), (25_500, "7 h 05 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_report_of_a_batch_is_the_one_of_a_single_run(
    cli: Cli, manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sets stand in it side by side, under the run's own options; and a run that cannot be listed is told."""
    text = MANIFEST.partition("studies")[0].replace("reports = false\n", "")
    manifest.write_text(text + 'studies = ["evidence"]\n[matrix]\nhorizon = [2040]\n')
    (tmp_path / "junk.sqlite").write_text("no catalogue")
    monkeypatch.setenv("MCENGINE_CATALOGUE", str(tmp_path / "junk.sqlite"))
    answer = cli("batch", manifest, "--out", tmp_path / "out", "--json")
    assert answer.code == 0
    (found,) = answer.data["runs"]
    assert "junk.sqlite" in found["unlisted"]
    assert "evidence--horizon-2040 finished but not listed in the catalogue of runs" in answer.err
    assert f"Try: mcengine runs --rebuild {tmp_path / 'out'}" in answer.err
    stored = read_run(found["directory"])
    result = simulate(stored.study, draws=4096, seed=7)
    assert result.digest == found["digest"]
    build_report(result, tmp_path / "single")
    for code in ("en", "nl"):
        page = (tmp_path / "single" / f"report.{code}.html").read_bytes()
        assert b'id="side_by_side"' in page
        assert (Path(found["directory"]) / f"report.{code}.html").read_bytes() == page
