"""A run folder appears whole or not at all, and nothing that a run did not write is ever removed."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from mcengine import Result
from mcengine.errors import InputError, InterruptedRun
from mcengine.store import folder as folders
from mcengine.store.folder import check_target, record, replacing
from mcengine.store.results import read_run, write_run


def names(path: Path) -> list[str]:
    return sorted(child.name for child in path.iterdir())


def refused(path: str | Path) -> str:
    with pytest.raises(InputError) as caught:
        check_target(path)
    (fault,) = caught.value.faults
    assert fault.key == "--out"
    assert fault.value == os.fspath(path)
    return fault.rule


def test_a_new_an_empty_and_a_run_folder_may_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty", "out", "deep/er/new"):
        assert check_target(tmp_path / name) == (tmp_path / name).resolve()
    assert names(tmp_path) == ["empty", "out"]  # looking leaves nothing behind


def test_what_is_not_a_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("")
    assert "not the folder of a run" in refused(tmp_path / "thesis")
    assert "is a file" in refused(tmp_path / "file")
    assert "is not a folder" in refused(tmp_path / "file" / "out")
    assert "cannot be written" in refused("nul\0byte")
    assert "cannot be written" in refused(tmp_path / ("x" * 300))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert "working directory" in refused(".")
    assert "working directory" in refused(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"kind": "other"}'])
def test_a_provenance_that_is_not_ours_makes_no_run(tmp_path: Path, content: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "provenance.json").write_text(content)
    assert "not the folder of a run" in refused(tmp_path / "x")


def test_a_parent_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", denied)
    assert refused(tmp_path / "out") == "cannot be written: Permission denied"


def test_a_run_folder_with_a_file_of_the_users_own_is_kept(folder: Path) -> None:
    (folder / ".DS_Store").write_text("")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "model.pyc").write_text("")
    check_target(folder)
    (folder / "my notes.txt").write_text("mine")
    assert "my notes.txt" in refused(folder)


def test_a_link_stays_a_link(result: Result, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    assert write_run(result, tmp_path / "out") == (tmp_path / "disk").resolve()
    assert (tmp_path / "out").is_symlink()
    assert read_run(tmp_path / "out").summary["digest"] == result.digest


def test_a_failure_while_writing_leaves_nothing(result: Result, tmp_path: Path) -> None:
    def fail(folder: Path) -> NoReturn:
        assert read_run(folder).study.name == result.study.name  # a whole run already, for the report to read
        (folder / "report.html").write_text("half")
        raise ValueError("no template")

    with pytest.raises(ValueError, match="no template"):
        write_run(result, tmp_path / "out", extra_files=fail)
    assert names(tmp_path) == []


@pytest.mark.parametrize("stage", ["extra", "fsync", "swap"])
def test_a_full_disk_leaves_the_older_run(
    other: Result, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}

    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    rename = Path.rename
    if stage == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    if stage == "swap":  # the second of the two renames fails: the older run has been moved aside already
        monkeypatch.setattr(
            Path, "rename", lambda self, to: full() if self.name == "new" else rename(self, to)
        )
    with pytest.raises(InterruptedRun) as caught:
        write_run(other, folder, extra_files=full if stage == "extra" else None)
    for words in ("No space left on device", "older run there is untouched", "seed 8", str(folder)):
        assert words in str(caught.value)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert names(tmp_path) == ["out"]


def test_a_newer_run_replaces_the_older_one_whole(other: Result, folder: Path, tmp_path: Path) -> None:
    write_run(other, folder, extra_files=lambda new: (new / "report.html").touch())
    assert record(folder) is not None
    assert read_run(folder).provenance["seed"] == 8
    write_run(other, folder)
    assert names(folder) == ["provenance.json", "replicates.parquet", "study.toml", "summary.json"]
    assert names(tmp_path) == ["out"]


def crashed(target: Path, *, old: bool, new: bool) -> Path:
    """The work folder a crash would leave: its lock is free."""
    work = target.parent / f"{folders._prefix(target)}crash"
    for part in ["old"] * old + ["new"] * new:
        (work / part).mkdir(parents=True)
        (work / part / "which").write_text(part)
    return work


def test_what_a_crash_left_is_cleaned_by_the_next_write(result: Result, tmp_path: Path) -> None:
    work, foreign = (
        crashed(tmp_path / "out", old=False, new=True),
        crashed(tmp_path / "other", old=False, new=True),
    )
    write_run(result, tmp_path / "out")
    assert not work.exists()
    assert foreign.exists()


@pytest.mark.parametrize("new", [True, False])
def test_a_crash_between_the_renames_is_put_right(tmp_path: Path, new: bool) -> None:
    work = crashed(tmp_path / "out", old=True, new=new)
    with pytest.raises(InputError, match="is not the folder of a run"):
        read_run(tmp_path / "out")  # the mock has no provenance, but it is back
    assert (tmp_path / "out" / "which").read_text() == ("new" if new else "old")
    assert not work.exists()


def test_a_write_under_way_is_not_taken_for_a_crash(tmp_path: Path) -> None:
    with replacing(tmp_path / "out") as first:
        (first / "a").write_text("first")
        check_target(tmp_path / "out")
        assert (first / "a").exists()
    assert names(tmp_path) == ["out"]
