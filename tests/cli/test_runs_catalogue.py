"""`mcengine runs`: what was kept, found again; every wrong question answered in one message."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcengine.cli.runs import SORTS
from mcengine.store.catalogue import VARIABLE
from mcengine.store.catalogue_filters import ORDERS

from .conftest import DRAWS, SEED, Cli


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "runs.sqlite"
    monkeypatch.setenv(VARIABLE, str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def kept(tmp_path: Path, stored: Path, cli: Cli) -> Path:
    """A folder with runs of evidence and sceptical, both listed."""
    folder = Path(shutil.copytree(stored, tmp_path / "out"))
    assert cli("runs", "--rebuild", folder).code == 0
    return folder


@pytest.fixture
def amsterdam(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time an hour ahead of UTC, without a table of zones."""
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_run_that_is_kept_is_listed(cli: Cli, tmp_path: Path) -> None:
    ran = cli(
        "run", "textbook/linear_gaussian", "--draws", DRAWS, "--seed", SEED, "--out", "lg", "--quiet", "--json"
    ).data
    found = cli("runs", "--json").data
    [run] = found["runs"]
    assert found["matching"] == 1
    assert found["catalogue"] == os.environ[VARIABLE]
    assert (run["folder"], run["gone"], run["digest"]) == (str(tmp_path / "lg"), False, ran["digest"])
    for key in ("prob_positive", "mean"):
        assert run[key] == {name: ran["outputs"]["y"][key][name] for name in ("value", "ci95")}
    text = cli("runs").out
    assert "P(output > 0)" in text
    assert ran["digest"].removeprefix("sha256:")[:12] in text
    assert text.splitlines()[1].endswith("  lg")
    assert "1 run;" in text


def test_a_run_that_is_not_kept_is_not_listed(cli: Cli, path: Path) -> None:
    assert cli("run", "textbook/linear_gaussian", "--draws", DRAWS, "--quiet").code == 0
    assert not path.exists()


def test_a_run_is_kept_whatever_befalls_the_catalogue(cli: Cli, path: Path) -> None:
    path.parent.mkdir()
    path.write_text("no database" * 100)
    arguments = ["run", "textbook/linear_gaussian", "--draws", DRAWS, "--out", "lg"]
    answer = cli(*arguments)
    assert answer.code == 0
    assert "the run is kept, but not listed in the catalogue of runs" in answer.err
    assert answer.err.splitlines()[-1].endswith("To list it: mcengine runs --rebuild lg")
    assert cli(*arguments, "--quiet").err == ""
    refused = cli("runs")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"mcengine: {path}: is damaged")
    assert "mcengine runs --rebuild DIR..." in refused.err
    mended = cli("runs", "--rebuild", "lg")
    assert mended.code == 0
    assert f"kept as {path}.set-aside-1" in mended.err
    assert "  lg" in mended.out


def test_the_table(cli: Cli, kept: Path) -> None:
    text = cli("runs", "--sort", "study").out
    head, evidence, sceptical, _, last = text.splitlines()
    for word in ("sets", "horizon", "draws", "P(NPV > 0)", "NPV mean", "draws/s", "digest", "folder"):
        assert word in head
    assert evidence.split()[2:6] == ["evidence", "evidence", "2035", "4,096"]
    assert evidence.endswith("  out/evidence")
    assert evidence.count("+-") == 2
    assert sceptical.endswith("  out/sceptical")
    assert last == "2 runs, means in EUR m; +- is the half-width of a 95% interval"


def test_a_narrow_terminal(cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = cli("runs").out.split("\n\n2 runs")[0]
    assert max(len(line) for line in table.splitlines()) <= 80
    assert table.count("evidence") >= 3  # the rows go on in blocks below


def test_filters(cli: Cli, kept: Path) -> None:
    def found(*arguments: object) -> list[str]:
        return [run["study"] for run in cli("runs", "--sort", "study", "--json", *arguments).data["runs"]]

    runs = {run["study"]: run for run in cli("runs", "--json").data["runs"]}
    chance = runs["evidence"]["prob_positive"]["value"]
    assert found() == ["evidence", "sceptical"]
    assert found("--study", "evidence") == found("--set", "evidence") == found("out/evidence") == ["evidence"]
    assert found("--digest", runs["sceptical"]["digest"][:20].upper()) == ["sceptical"]
    assert found("--pays-above", chance - 0.001) == ["evidence"]
    assert found("--pays-below", chance) == ["sceptical"]
    assert found("--since", "2020-01-01") == found("--until", "2100-01-01") == ["evidence", "sceptical"]
    assert found("--since", "2100-01-01") == found("--until", "2020-01-01") == []
    assert found("--limit", "1") == ["evidence"]
    assert cli("runs", "--limit", "1", "--json").data["matching"] == 2
    assert "1 of 2 runs" in cli("runs", "--limit", "1").out


@pytest.mark.usefixtures("amsterdam")
def test_days_are_local_days(cli: Cli, kept: Path) -> None:
    from mcengine.store.provenance import read_json, write_json

    record = kept / "evidence" / "provenance.json"
    write_json(record, read_json(record) | {"finished": "2026-02-28T23:30:00+00:00"})  # 00:30 on the first of March
    cli("runs", "--rebuild", kept / "evidence")
    asked = ["runs", "--study", "evidence", "--json"]

    def found(*arguments: str) -> int:
        return int(cli(*asked, *arguments).data["matching"])

    assert "2026-03-01 00:30  evidence" in cli("runs").out
    assert (found("--since", "2026-03-01"), found("--until", "2026-02-28")) == (1, 0)
    assert (found("--until", "2026-03-01"), found("--since", "2026-03-02")) == (1, 0)
    assert (found("--until", "2026-03-01T00:30"), found("--until", "2026-03-01T00:29:59")) == (1, 0)
    assert (found("--since", "2026-02-28T23:30Z"), found("--since", "2026-02-28T23:31Z")) == (1, 0)


def test_folders_that_are_gone_are_marked_and_taken_off(cli: Cli, kept: Path) -> None:
    shutil.rmtree(kept / "sceptical")
    text = cli("runs").out
    assert "out/sceptical (gone)" in text
    assert "1 is gone; `mcengine runs --rebuild DIR`" in text
    answer = cli("runs", "--rebuild", "out")
    assert "1 run found, 1 taken off the list" in answer.err
    assert "sceptical" not in answer.out


def test_rebuilding_in_json_says_what_it_left_out(cli: Cli, kept: Path, path: Path) -> None:
    (kept / "sceptical" / "study.toml").write_text("")
    data = cli("runs", "--rebuild", "out", "--json").data
    assert [run["study"] for run in data["runs"]] == ["evidence"]
    assert (data["rebuilt"]["found"], data["rebuilt"]["removed"], data["rebuilt"]["set_aside"]) == (1, 1, None)
    assert "sceptical/study.toml" in data["rebuilt"]["left_out"][0]


def test_another_catalogue(cli: Cli, kept: Path) -> None:
    assert cli("runs", "--rebuild", kept / "evidence", "--catalogue", "mine.sqlite").code == 0
    assert len(cli("runs", "--catalogue", "mine.sqlite", "--json").data["runs"]) == 1
    assert len(cli("runs", "--json").data["runs"]) == 2


def test_nothing_there_and_nothing_found(cli: Cli, kept: Path, path: Path) -> None:
    assert "did you mean 'evidence'?" in cli("runs", "--study", "evidense").out
    assert "assumption set 'other' (there are evidence, sceptical)" in cli("runs", "--set", "other").out
    assert "None of the 2 runs" in cli("runs", "--pays-above", "0.99").out
    path.unlink()
    empty = cli("runs")
    assert (empty.code, cli("runs", "--json").data["runs"]) == (0, [])
    assert "No run is listed" in empty.out
    assert not path.exists()  # asking makes nothing


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--since", "yesterday"], "--since = 'yesterday'"),
        (["--until", "2026-02-30"], "--until = '2026-02-30'"),
        (["--since", "2026-03-02", "--until", "2026-03-01"], "--since = '2026-03-02': must not be later"),
        (["--digest", "xyz"], "--digest = 'xyz'"),
        (["--digest", "sha256:"], "--digest"),
        (["--pays-above", "50"], "--pays-above = 50.0"),
        (["--pays-below", "half"], "--pays-below = 'half'"),
        (["--pays-below", "nan"], "--pays-below = 'nan'"),
        (["--pays-above", "0.6", "--pays-below", "0.4"], "--pays-above = '0.6': must be less"),
        (["--sort", "dates"], "did you mean 'date'?"),
        (["--limit", "0"], "--limit = 0"),
        (["--rebuild"], "name the folders"),
        (["--rebuild", "no/such/folder"], "there is no such folder"),
        (["--catalogue", "no/such/file"], "--catalogue = 'no/such/file'"),
    ],
)
def test_wrong_input_ends_with_2(cli: Cli, arguments: list[str], words: str) -> None:
    answer = cli("runs", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("mcengine: ")
    assert words in answer.err


def test_faults_come_together(cli: Cli) -> None:
    assert "3 faults" in cli("runs", "--since", "x", "--digest", "x", "--limit", "x").err


def test_the_help_knows_every_order() -> None:
    assert tuple(ORDERS) == SORTS
