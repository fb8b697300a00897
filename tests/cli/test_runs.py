"""`check`, `run`, `replay`, `compare` and `report`, on small runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mcengine.sampling.points import SAMPLERS

from .conftest import DRAWS, SEED, Cli

RUN = ("--draws", DRAWS, "--seed", SEED)


def test_check_says_what_a_study_is(cli: Cli) -> None:
    answer = cli("check", "evidence")
    assert answer.code == 0
    assert "evidence is sound" in answer.out
    assert "25 uncertain" in answer.out
    data = cli("check", "evidence", "--json").data
    assert data["ok"] is True
    assert len(data["uncertain"]) == 25
    assert data["sets"] == {"evidence": 1.0}
    assert all(set(source) == {"file", "sha256"} for source in data["sources"])


def test_the_headline(cli: Cli) -> None:
    answer = cli("run", "evidence", *RUN)
    assert answer.code == 0
    for words in (
        "P(NPV > 0)",
        "mean",
        "P5",
        "P95",
        "expected shortfall",
        "payback year",
        "EUR m",
        "digest sha256:",
    ):
        assert words in answer.out
    assert "draws/s" in answer.out
    assert "Add --out DIR to keep" in answer.out


def test_json_is_the_summary_and_nothing_else(cli: Cli, stored: Path) -> None:
    data = cli("run", "evidence", *RUN, "--json").data
    extra = data.pop("run")
    assert extra["out"] is None
    assert data == json.loads((stored / "evidence" / "summary.json").read_text(encoding="utf-8"))


def test_a_study_without_uncertainty_has_one_value_and_no_chance(cli: Cli) -> None:
    out = cli("run", "replica", *RUN).out
    assert "1,478.13 EUR m" in out
    assert "No input of this study is uncertain" in out
    assert "P(NPV" not in out


def test_a_refused_quantile_says_what_it_needs(cli: Cli) -> None:
    out = cli("run", "evidence", "--draws", "64", "--seed", SEED).out
    assert "not given: needs at least" in out


def test_a_textbook_model(cli: Cli) -> None:
    out = cli("run", "textbook/linear_gaussian", *RUN).out
    assert "P(y > 0)" in out
    assert "plan pays" not in out


@pytest.mark.parametrize("text", ["4096", "4_096", "4.096e3"])
def test_spellings_of_a_whole_number(cli: Cli, text: str) -> None:
    data = cli("run", "replica", "--draws", text, "--seed", "0", "--json").data
    assert data["draws"] == 4096
    assert data["seed"] == 0


def test_help_names_the_samplers(cli: Cli) -> None:
    help_text = cli("run", "--help").out
    assert all(name in help_text for name in SAMPLERS)


def test_threads_change_no_number(cli: Cli) -> None:
    one, two = (cli("run", "evidence", *RUN, "--threads", t, "--json").data["digest"] for t in (1, 2))
    assert one == two


def test_set_and_horizon_reach_the_run(cli: Cli) -> None:
    data = cli("run", "replica", *RUN, "--set", "leverage=1", "--horizon", "2050", "--json").data
    expected = cli("evaluate", "replica", "--set", "leverage=1", "--set", "horizon=2050", "--json").data
    assert data["outputs"]["npv"]["mean"]["value"] == pytest.approx(expected["npv"], rel=1e-12)


def test_a_run_folder_is_complete_and_records_its_command(stored: Path) -> None:
    folder = stored / "evidence"
    names = {path.name for path in folder.iterdir()}
    files = {"study.toml", "provenance.json", "summary.json", "replicates.parquet", "report.xlsx", "figures"}
    assert names == files | {"report.en.html", "report.nl.html", "sensitivity"}
    kept = {path.stem for path in (folder / "sensitivity").iterdir()}
    assert {"shapley", "break-even", "evppi"} <= kept
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["command"][:3] == ["mcengine", "run", "evidence"]


def test_the_target_is_checked_before_the_draws(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "thesis.txt").write_text("x", encoding="utf-8")
    monkeypatch.setattr("mcengine.analysis.simulate.run", lambda *_, **__: pytest.fail("computed"))
    answer = cli("run", "replica", "--out", tmp_path)
    assert answer.code == 2
    assert "--out" in answer.err
    assert (tmp_path / "thesis.txt").exists()


def test_replay_is_identical(cli: Cli, stored: Path) -> None:
    answer = cli("replay", stored / "evidence")
    assert answer.code == 0
    assert "identical, bit by bit" in answer.out
    data = cli("replay", stored / "evidence", "--json", "--threads", "1").data
    assert data["identical"] is True
    assert data["digest"] == data["stored_digest"]


def test_replay_of_one_draw(cli: Cli, stored: Path) -> None:
    answer = cli("replay", stored / "evidence", "--draw", "3:17")
    assert answer.code == 0
    assert "draw 17 of replicate 3" in answer.out
    data = cli("replay", stored / "evidence", "--draw", "3:17", "--json").data["draw"]
    assert (data["replicate"], data["draw"]) == (3, 17)
    values = [f"--set={name}={value!r}" for name, value in data["inputs"].items()]
    again = cli("evaluate", "evidence", *values, "--json").data
    assert again["npv"] == pytest.approx(data["outputs"]["npv"], rel=1e-12)


@pytest.mark.parametrize("draw", ["3", "a:b", "3:999999", "99:0", "-1:0", "1:"])
def test_replay_refuses_a_draw_that_is_not_there(cli: Cli, stored: Path, draw: str) -> None:
    answer = cli("replay", stored / "evidence", "--draw", draw)
    assert answer.code == 2
    assert "--draw" in answer.err


@pytest.fixture
def tampered(stored: Path, tmp_path: Path) -> Path:
    """A run whose study was changed afterwards, checksum and all."""
    from mcengine.store.provenance import read_provenance, seal

    folder = tmp_path / "tampered"
    shutil.copytree(stored / "evidence", folder)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    assert "horizon = 2035" in text
    (folder / "study.toml").write_text(text.replace("horizon = 2035", "horizon = 2036"), encoding="utf-8")
    seal(folder, read_provenance(folder))
    return folder


def test_replay_of_another_study_ends_with_1(cli: Cli, tampered: Path) -> None:
    answer = cli("replay", tampered)
    assert answer.code == 1
    assert "NOT identical" in answer.out
    assert "first difference" in answer.out
    json_answer = cli("replay", tampered, "--json")
    assert json_answer.code == 1
    assert json_answer.data["identical"] is False


def test_report_comes_out_the_same_bytes(cli: Cli, stored: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(stored / "evidence", folder)
    pages = [folder / f"report.{code}.html" for code in ("en", "nl")]
    before = [page.read_bytes() for page in pages]
    for page in pages:
        page.unlink()
    answer = cli("report", folder)
    assert answer.code == 0
    assert answer.out.split() == [str(page) for page in pages]
    assert [page.read_bytes() for page in pages] == before
    assert cli("report", folder, "--language", "nl", "--json").data["files"] == [str(pages[1])]


def test_report_of_a_run_that_does_not_come_out_is_left_alone(cli: Cli, tampered: Path) -> None:
    before = (tampered / "report.en.html").read_bytes()
    answer = cli("report", tampered)
    assert answer.code == 1
    assert "left as it is" in answer.err
    assert (tampered / "report.en.html").read_bytes() == before


def test_compare_puts_runs_side_by_side_in_order(cli: Cli, stored: Path, tmp_path: Path) -> None:
    folders = [stored / "sceptical", stored / "evidence"]
    answer = cli("compare", *folders)
    assert answer.code == 0
    (head,) = (line for line in answer.out.splitlines() if line.split() == ["sceptical", "evidence"])
    assert head
    assert "P(NPV > 0)" in answer.out
    data = cli("compare", *folders, "--json").data
    assert [run["study"] for run in data["runs"]] == ["sceptical", "evidence"]
    assert data["files"] == []
    page = cli("compare", *folders, "--out", tmp_path / "side")
    assert page.code == 0
    assert (tmp_path / "side" / "index.en.html").is_file()
    assert (tmp_path / "side" / "index.nl.html").is_file()


def test_compare_writes_into_no_run_and_over_no_file(cli: Cli, stored: Path, tmp_path: Path) -> None:
    runs = (stored / "sceptical", stored / "evidence")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for target in (runs[0], runs[1] / "figures", tmp_path / "file", tmp_path / "file" / "below"):
        answer = cli("compare", *runs, "--out", target)
        assert answer.code == 2
        assert "--out" in answer.err
    assert not (runs[0] / "index.en.html").exists()


def test_an_analysis_without_an_answer_does_not_cost_the_run(cli: Cli, tmp_path: Path) -> None:
    """With a horizon of 2100 no draw of the plan-centred set loses, so there is no region of losses to find."""
    out = tmp_path / "run"
    answer = cli("run", "plan_centred", "--horizon", "2100", *RUN, "--out", out, "--quiet", "--json")
    assert answer.code == 0
    assert "no region to tell apart" in answer.data["unanswered"]["boxes"]
    assert "tornado" in answer.data["sensitivity"]
    assert {"boxes.json"}.isdisjoint(path.name for path in (out / "sensitivity").iterdir())
    assert cli("report", out, "--language", "en", "--quiet").code == 0
    again = cli("run", "plan_centred", "--horizon", "2100", *RUN, "--out", out, "--quiet").out
    assert "boxes: no answer: npv < 0 in none of the draws" in again
