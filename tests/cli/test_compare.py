"""`mcengine compare` on small runs: differences, what differs in the inputs, what explains it, and wrong folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mcengine import load_study, run
from mcengine.store.results import write_run

from .conftest import Cli

DRAWS = 4096


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of runs of `evidence`, `sceptical` and evidence with something else. Copy before changing anything."""
    folder = tmp_path_factory.mktemp("compared")
    studies = {
        "evidence": (load_study("evidence"), 7),
        "sceptical": (load_study("sceptical"), 7),
        "leverage": (load_study("evidence", set=["leverage=1"]), 7),
        "pipeline": (load_study("evidence", accounting="pipeline"), 7),
        "seed": (load_study("evidence"), 8),
    }
    return {
        name: write_run(run(study, draws=DRAWS, replicates=8, seed=seed), folder / name)
        for name, (study, seed) in studies.items()
    }


def test_text_has_outcomes_differences_inputs_and_why(cli: Cli, folders: dict[str, Path]) -> None:
    answer = cli("compare", folders["evidence"], folders["sceptical"])
    assert answer.code == 0
    places = [
        answer.out.index(text)
        for text in (
            "The runs do not give the same answer",
            "expected NPV (EUR m)",
            "Differences: sceptical - evidence",
            "compared replicate by replicate",
            "What differs in the inputs",
            "PERT(0.3, 0.8, 1.3)",
            "The same in all runs: 20 inputs and 3 of 6 files read.",
            "Which input explains the difference: evidence -> sceptical",
            "multiplier",
            "difference at the means",
            "spread and dependence of the inputs",
            "difference of the expected values",
        )
        if text in answer.out
    ]
    assert len(places) == 12


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_text_fits_the_terminal(
    cli: Cli, folders: dict[str, Path], columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    answer = cli("compare", folders["evidence"], folders["sceptical"], folders["seed"])
    wide = [line for line in answer.out.splitlines() if len(line) > max(int(columns), 80)]
    assert wide == []


def test_one_option_explains_the_whole_difference(cli: Cli, folders: dict[str, Path]) -> None:
    out = " ".join(cli("compare", folders["evidence"], folders["pipeline"]).out.split())
    assert "Only one thing differs, accounting (plan → pipeline), so the whole difference comes from it" in out
    assert "Not used by every accounting, and the same otherwise: outside supply" in out


def test_a_run_is_the_same_as_itself(cli: Cli, folders: dict[str, Path]) -> None:
    out = " ".join(cli("compare", folders["evidence"], folders["evidence"]).out.split())
    assert "No input and no option differs." in out
    assert "The studies are the same" in out
    assert "every replicate is the same in both runs" in out


def test_json_has_everything(cli: Cli, folders: dict[str, Path]) -> None:
    chosen = [folders[name] for name in ("evidence", "leverage", "seed")]
    data = cli("compare", *chosen, "--json").data
    assert [run["directory"] for run in data["runs"]] == [str(folder) for folder in chosen]
    assert [(d["first"], d["second"], d["draws"]) for d in data["differences"]] == [
        ("evidence", "leverage", "paired"),
        ("evidence", "seed", "independent"),
    ]
    mean = data["differences"][0]["outputs"]["npv"]["mean"]
    assert mean["difference"] == mean["second"] - mean["first"]
    assert mean["ci95"][0] < mean["difference"] < mean["ci95"][1]
    assert mean["narrower"] > 0
    (change,) = data["changes"]["inputs"]
    assert change["name"] == "leverage"
    assert [cell["laws"][0]["law"] for cell in change["assumed"]] == [
        "Lognormal(median 1, log-sd 0.6)",
        "1",
        "Lognormal(median 1, log-sd 0.6)",
    ]
    assert [(one["kind"], one["changed"]) for one in data["explained"]] == [("one", ["leverage"]), ("same", [])]
    assert data["files"] == []


def test_the_page_is_the_same_bytes_again(cli: Cli, folders: dict[str, Path], tmp_path: Path) -> None:
    pages = []
    for name in ("a", "b"):
        answer = cli("compare", folders["evidence"], folders["sceptical"], "--out", tmp_path / name)
        assert answer.code == 0
        pages.append([(tmp_path / name / f"index.{code}.html").read_bytes() for code in ("en", "nl")])
    assert pages[0] == pages[1]


def test_wrong_folders_are_named_together(cli: Cli, folders: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folders["evidence"], broken)
    (broken / "replicates.parquet").write_bytes(b"no parquet")
    answer = cli("compare", folders["evidence"], broken, tmp_path / "nowhere")
    assert answer.code == 2
    assert "replicates.parquet" in answer.err
    assert "there is no such folder" in answer.err
    one = cli("compare", folders["evidence"])
    assert one.code == 2
    assert "two or more" in one.err


def test_replicates_that_are_no_table_are_a_fault_of_the_input(
    cli: Cli, folders: dict[str, Path], tmp_path: Path
) -> None:
    from mcengine.store.provenance import read_provenance, seal

    broken = tmp_path / "broken"
    shutil.copytree(folders["evidence"], broken)
    (broken / "replicates.parquet").write_bytes(b"no parquet")
    seal(broken, read_provenance(broken))
    answer = cli("compare", folders["sceptical"], broken)
    assert answer.code == 2
    assert "is not a Parquet file" in answer.err
