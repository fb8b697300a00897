"""A run read back is the run that was written; a spoilt folder is named, file by file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcengine import Result, load_study, run
from mcengine.errors import InputError
from mcengine.store.provenance import processor, read_json, same_processor, write_json
from mcengine.store.results import read_run, update_run, write_run


def faults(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_run(folder)
    return str(caught.value)


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_round_trip(result: Result, folder: Path) -> None:
    stored = read_run(folder)
    assert stored.summary == json.loads(json.dumps(result.to_dict()))
    assert stored.columns == result.columns
    np.testing.assert_array_equal(stored.rows, result.rows)
    assert np.isnan(stored.rows).any()  # refused quantiles survive as NaN
    assert stored.replicates_frame().equals(result.replicates_frame())
    assert stored.study.resolved() == result.study.resolved()
    assert stored.changed == ()


def test_provenance_says_what_where_and_when(result: Result, folder: Path) -> None:
    known = read_run(folder).provenance
    assert (known["seed"], known["sampler"], known["draws"]) == (7, result.sampler, 256)
    assert (known["replicates"], known["draws_per_replicate"], known["digest"]) == (4, 64, result.digest)
    assert known["command"] == ["mcengine", "run", "textbook/linear_gaussian"]
    assert known["outputs"] == ["y"]
    assert known["threads"] == result.threads
    assert set(known["versions"]) >= {"mcengine", "python", "numpy", "scipy", "numba", "llvmlite"}
    assert same_processor(known["processor"], processor())
    assert sorted(known["files"]) == ["replicates.parquet", "study.toml", "summary.json"]
    assert {source["file"] for source in known["sources"]} == {"studies/textbook/linear_gaussian.toml"}
    for moment in (known["started"], known["finished"]):
        age = datetime.now(UTC) - datetime.fromisoformat(moment)
        assert timedelta(-1) < age < timedelta(minutes=30)


def test_only_the_provenance_depends_on_when_and_by_how_many_threads(result: Result, folder: Path) -> None:
    again = write_run(replace(result, seconds=9.0, threads=9), folder.with_name("again"))
    for name in ("study.toml", "summary.json", "replicates.parquet"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_plan_is_stored_whole(tmp_path: Path) -> None:
    result = run(load_study("evidence"), draws=64, replicates=2, seed=1, outputs=["cash_flow[2030]"])
    stored = read_run(write_run(result, tmp_path / "out"))
    assert stored.study.plan is not None
    assert result.study.plan is not None
    assert stored.study.plan == replace(result.study.plan, file=stored.study.plan.file)
    assert "cash_flow[2030]" in stored.provenance["outputs"]
    assert "cash_flow[2030]" in stored.summary["outputs"]
    assert tomllib.loads((stored.directory / "study.toml").read_text())["plan"]["phases"]


def test_seeds_of_128_bits_are_kept(result: Result, tmp_path: Path) -> None:
    write_run(replace(result, seed=2**128 - 1), tmp_path / "out")
    assert read_run(tmp_path / "out").provenance["seed"] == 2**128 - 1


def test_what_is_no_run_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    assert "no such folder" in faults(tmp_path / "absent")
    assert "is a file" in faults(tmp_path / "file")
    assert "no provenance.json" in faults(tmp_path / "empty")


def test_every_missing_or_changed_file_is_named(folder: Path) -> None:
    (folder / "summary.json").unlink()
    with (folder / "study.toml").open("a") as file:
        file.write("# edited\n")
    (folder / "replicates.parquet").write_bytes((folder / "replicates.parquet").read_bytes()[:-9])
    lines = faults(folder).splitlines()
    assert len(lines) == 3
    for name, words in (
        ("study.toml", "not the file"),
        ("summary.json", "missing"),
        ("replicates.parquet", "not the file"),
    ):
        assert any(name in line and words in line for line in lines)


def test_a_cut_off_json_is_named(folder: Path) -> None:
    path = folder / "provenance.json"
    path.write_text(path.read_text()[:100])
    assert "provenance.json" in faults(folder)
    assert "not valid JSON" in faults(folder)
    path.write_text('{"kind": NaN}')
    assert "NaN is not a number in JSON" in faults(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.update(schema=2), "schema = 2: was written by a later mcengine"),
        (lambda data: data.update(schema=True), "schema = True: must be a whole number"),
        (lambda data: data.update(kind="other"), "this is not a run folder"),
        (lambda data: data.pop("seed"), "seed: is required and missing"),
        (lambda data: data.update(files=[]), "files = []: must be a table"),
        (
            lambda data: data.update(draws=255),
            "draws = 255: must be replicates times draws_per_replicate, 4 x 64",
        ),
    ],
)
def test_a_provenance_that_cannot_be_used(
    folder: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    edit(folder / "provenance.json", change)
    assert words in faults(folder)


def test_a_table_that_is_not_the_replicates(folder: Path) -> None:
    edit(folder / "provenance.json", lambda data: data.update(replicates=2, draws_per_replicate=128))
    with pytest.raises(InputError, match="must have a column replicate, 0 to 1"):
        _ = read_run(folder).rows
    (folder / "replicates.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="is not a Parquet file"):
        _ = read_run(folder, verify=()).rows


def test_reports_are_recorded_and_can_be_rebuilt(result: Result, tmp_path: Path) -> None:
    def report(folder: Path) -> None:
        (folder / "figures").mkdir(exist_ok=True)
        (folder / "figures" / "npv.svg").write_text("<svg/>")

    folder = write_run(result, tmp_path / "out", extra_files=report)
    before = read_run(folder).provenance
    assert "figures/npv.svg" in before["files"]
    (folder / "figures" / "npv.svg").write_text("edited")
    assert read_run(folder).changed == ("figures/npv.svg",)  # a report may be edited; the run is still sound

    def both(folder: Path) -> None:
        report(folder)
        (folder / "report.nl.html").write_text("rapport")

    update_run(folder, both)
    after = read_run(folder)
    assert after.changed == ()
    assert "report.nl.html" in after.provenance["files"]
    assert {**after.provenance, "files": 0} == {**before, "files": 0}


def test_json_is_strict(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"npv": float("nan")})
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="must hold a table"):
        read_json(tmp_path / "list.json")
