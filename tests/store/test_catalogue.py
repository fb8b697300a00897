"""The catalogue lists every run that was recorded, whoever writes at once, is killed or meets a full disk."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mcengine import Result
from mcengine.errors import InputError
from mcengine.store import catalogue as module
from mcengine.store.catalogue import APPLICATION, SCHEMA, VARIABLE, Catalogue, Refused, catalogue_path, record_run
from mcengine.store.catalogue_filters import Filters
from mcengine.store.entries import read_entry, run_folders
from mcengine.store.provenance import read_json, seal, write_json
from mcengine.store.results import write_run

RECORD = """
import os, resource, sys
from mcengine.store.catalogue import record_run
if limit := int(os.environ.get("LIMIT", 0)):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
if user := int(os.environ.get("RUN_AS", 0)):
    os.setgroups([]); os.setgid(user); os.setuid(user)
print("ready", flush=True)
for folder in sys.argv[1:]:
    print(record_run(folder) or folder, flush=True)
"""


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's catalogue, for each test its own."""
    path = tmp_path / "data" / "runs.sqlite"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def copies(folder: Path, count: int, name: str = "runs") -> list[Path]:
    """As many folders with the run."""
    return [Path(shutil.copytree(folder, folder.parent / name / f"{k:03}")) for k in range(count)]


def recorder(folders: list[Path], **environment: object) -> subprocess.Popen[str]:
    """A process that records the runs one by one and says so line by line."""
    return subprocess.Popen(
        [sys.executable, "-c", RECORD, *map(str, folders)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **{key: str(value) for key, value in environment.items()}},
    )


def listed(path: Path | None = None) -> list[Path]:
    return sorted(entry.folder for entry in Catalogue(path).find())


def sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        Catalogue(path).find()
    return str(caught.value)


def test_a_run_is_listed_as_its_folder_says(result: Result, folder: Path) -> None:
    assert record_run(folder) is None
    [entry] = Catalogue().find()
    assert entry == read_entry(folder)
    assert (entry.folder, entry.study, entry.digest) == (folder, "textbook/linear_gaussian", result.digest)
    assert (entry.sets, entry.horizon) == (("textbook/linear_gaussian",), None)
    assert (entry.seed, entry.draws, entry.replicates, entry.sampler) == (7, 256, 4, "sobol")
    chance, mean = result["y"].prob_positive, result["y"].mean
    assert (entry.output, entry.unit, entry.prob, entry.mean) == ("y", result["y"].unit, chance.value, mean.value)
    assert (entry.prob_low, entry.prob_high) == chance.ci95
    assert (entry.mean_low, entry.mean_high) == mean.ci95
    assert entry.speed == pytest.approx(result.draws / result.seconds)
    assert entry.date == read_json(folder / "provenance.json")["finished"]
    assert not entry.gone
    assert json.loads(json.dumps(entry.to_dict(), allow_nan=False))["prob_positive"]["value"] == chance.value


def test_a_run_that_takes_the_place_of_another_takes_its_row(folder: Path, other: Result) -> None:
    record_run(folder)
    record_run(write_run(other, folder))
    assert [entry.digest for entry in Catalogue().find()] == [other.digest]


def test_seeds_of_128_bits_are_listed(folder: Path) -> None:
    provenance = read_json(folder / "provenance.json")
    write_json(folder / "provenance.json", provenance | {"seed": 2**128 - 1})
    assert Catalogue().add(folder) == Catalogue().find()[0]
    assert Catalogue().find()[0].seed == 2**128 - 1


def test_filters_and_orders(folder: Path) -> None:
    """Four runs whose places, dates, chances and speeds are known."""
    dates = ("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+01:00", "2026-01-03T00:00:00+00:00", None)
    chances, speeds = (0.25, 0.5, 0.75, None), (3.0, None, 1.0, 2.0)
    for k, place in enumerate(copies(folder, 4)):
        summary = read_json(place / "summary.json")
        summary["outputs"]["y"]["prob_positive"] = {"value": chances[k], "ci95": None}
        write_json(place / "summary.json", summary)
        digest = f"sha256:{k}{'0' * 63}"
        told = {"finished": dates[k], "draws_per_second": speeds[k], "study": "ab"[k % 2], "digest": digest}
        seal(place, read_json(place / "provenance.json") | told)
        record_run(place)
    catalogue, below = Catalogue(), folder.parent / "runs"

    def found(sort: str = "date", **wanted: object) -> str:
        return "".join(str(int(entry.folder.name)) for entry in catalogue.find(Filters(**wanted), sort=sort))  # type: ignore[arg-type]

    assert (found(), found("pays"), found("speed"), found("study")) == ("2103", "2103", "0321", "2013")
    assert (found(study="a"), found(study="A"), found(digest="1"), found(digest="sha256:20")) == ("20", "", "1", "2")
    assert (found(set="textbook/linear_gaussian"), found(set="linear")) == ("2103", "")
    assert found(since="2026-01-01T23:00:00+00:00", until="2026-01-03T00:00:00+00:00") == "1"
    assert (found(pays_above=0.25), found(pays_below=0.75), found(pays_above=0.25, pays_below=0.75)) == (
        "21",
        "10",
        "1",
    )
    assert (found(below=[below / "000", below / "00"]), found(below=[below]), found(below=[Path("/")])) == (
        "0",
        "2103",
        "2103",
    )


def test_the_file_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "here.sqlite")
    assert catalogue_path() == Path.cwd() / "here.sqlite"
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert catalogue_path() == tmp_path / "mcengine" / "runs.sqlite"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert catalogue_path() == tmp_path / ".local" / "share" / "mcengine" / "runs.sqlite"


def test_two_processes_at_once(folder: Path, path: Path) -> None:
    """Both begin with no file there, and neither loses a row."""
    ours, theirs = copies(folder, 50, "ours"), copies(folder, 50, "theirs")
    for process, folders in [(recorder(places), places) for places in (ours, theirs)]:
        out, err = process.communicate(timeout=120)
        assert out.splitlines() == ["ready", *map(str, folders)], err
    assert listed() == sorted([*ours, *theirs])
    assert sound(path)


def test_kill_9_leaves_what_was_recorded(folder: Path, path: Path) -> None:
    """Killed at a random moment while it writes, five times over: each row that was done is there, and whole."""
    folders, wait, done = copies(folder, 200), random.Random(6), set[Path]()
    for _ in range(5):
        process = recorder([place for place in folders if place not in done])
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(wait.uniform(0.01, 0.15))
        process.kill()
        out, _ = process.communicate()
        done |= {Path(line) for line in out.splitlines() if line.endswith(tuple("0123456789"))}
        found = {entry.folder: entry for entry in Catalogue().find()}
        assert done <= set(found)
        assert len(found) <= len(done) + 5  # at most one a kill, written but not yet told
        assert all(entry == read_entry(place) for place, entry in found.items())
    assert done
    assert sound(path)
    assert record_run(folders[-1]) is None


def test_rebuilding_gives_what_recording_gave(folder: Path, path: Path) -> None:
    folders = copies(folder, 5)
    for place in folders:
        record_run(place)
    before = Catalogue().find()
    path.unlink()
    rebuilt = Catalogue().rebuild([folder.parent / "runs"])
    assert Catalogue().find() == before
    assert (rebuilt.found, rebuilt.removed, rebuilt.faults, rebuilt.set_aside) == (5, 0, (), None)
    assert Catalogue().rebuild([folder.parent / "runs"]) == rebuilt  # and again
    assert Catalogue().find() == before


def test_rebuilding_settles_what_lies_below_and_leaves_the_rest(folder: Path) -> None:
    """Of four listed runs one is gone, one spoilt and one elsewhere; another is there but not listed."""
    gone, spoilt, kept, fresh = copies(folder, 4)
    for place in (folder, gone, spoilt, kept):
        record_run(place)
    shutil.rmtree(gone)
    (spoilt / "summary.json").write_text("{}")
    hidden = Path(shutil.copytree(kept, kept.parent / ".mcengine-work" / "new"))
    assert [entry.gone for entry in Catalogue().find()].count(True) == 1
    rebuilt = Catalogue().rebuild([kept.parent])
    assert (rebuilt.found, rebuilt.removed) == (2, 2)
    assert [str(spoilt / "summary.json") in str(fault) for fault in rebuilt.faults] == [True]
    assert listed() == sorted([folder, kept, fresh])
    assert hidden not in run_folders(kept.parent)
    shutil.rmtree(kept.parent)
    assert Catalogue().rebuild([kept.parent]).removed == 2  # a folder that is gone itself
    assert listed() == [folder]
    with pytest.raises(InputError, match="no such folder"):
        Catalogue().rebuild([kept.parent])


@pytest.mark.parametrize("damage", ["garbage", "head", "middle", "short", "newer", "table"])
def test_a_file_that_cannot_be_used_is_refused_and_begun_anew(folder: Path, path: Path, damage: str) -> None:
    folders = copies(folder, 30)
    Catalogue().rebuild([folders[0].parent])
    data = path.read_bytes()
    spoilt = {
        "garbage": b"this is a letter, not a catalogue\n" * 100,
        "head": b"\0" * 100 + data[100:],
        "middle": data[:4096] + b"\xff" * (len(data) - 4096),
        "short": data[: len(data) // 2],
    }
    if damage in spoilt:
        path.write_bytes(spoilt[damage])
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA user_version = {SCHEMA + 1}" if damage == "newer" else "DROP TABLE runs")
    before = path.read_bytes()
    message = refusal(path)
    assert message.startswith(f"{path}: ")
    assert ("later mcengine" if damage == "newer" else "damaged") in message
    assert "`mcengine runs --rebuild DIR...`, with the folders" in message
    remark = record_run(folder)
    assert remark is not None
    assert str(path) in remark
    assert remark.endswith(f"To list it: mcengine runs --rebuild {folder}")
    assert path.read_bytes() == before
    rebuilt = Catalogue().rebuild([folder.parent / "runs"])
    assert rebuilt.set_aside == path.with_name("runs.sqlite.set-aside-1")
    assert rebuilt.set_aside.read_bytes() == before
    assert listed() == folders
    assert record_run(folder) is None


def test_the_advice_names_the_file_that_was_named(tmp_path: Path) -> None:
    path = tmp_path / "my runs.sqlite"
    path.write_text("no database" * 100)
    assert f"`mcengine runs --rebuild DIR... --catalogue '{path}'`" in refusal(path)


def test_the_file_of_another_program_is_never_touched(folder: Path, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    assert "another program" in refusal(path)
    assert "another program" in str(record_run(folder))
    with pytest.raises(Refused, match="another program"):
        Catalogue().rebuild([folder])
    assert path.read_bytes() == before


def test_an_empty_file_is_a_new_catalogue(folder: Path, path: Path) -> None:
    """What a process leaves that is killed between making the file and its first row."""
    path.parent.mkdir()
    path.touch()
    assert listed() == []
    assert record_run(folder) is None
    assert listed() == [folder]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)


@pytest.fixture
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that a user without any rights can reach."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("protected", ["file", "folder"])
def test_a_read_only_catalogue_costs_a_remark(folder: Path, public: Path, protected: str) -> None:
    """It can still be read; a superuser, whom modes do not stop, takes the rights of nobody first."""
    place = Path(shutil.copytree(folder, public / "run"))
    path = public / "data" / "runs.sqlite"
    Catalogue(path).add(place)
    path.chmod(0o444 if protected == "file" else 0o666)
    path.parent.chmod(0o777 if protected == "file" else 0o555)
    process = recorder([place], RUN_AS=65534 if os.geteuid() == 0 else 0, **{VARIABLE: path})
    out, err = process.communicate(timeout=60)
    [remark] = out.splitlines()[1:]
    assert remark.startswith(f"the run is kept, but not listed in the catalogue of runs: {path} cannot be ")
    assert (process.returncode, err) == (0, "")
    assert listed(path) == [place]


def test_a_place_that_cannot_be_made_costs_a_remark(folder: Path, path: Path) -> None:
    path.parent.write_text("a file where the folder should be")
    assert f"{path} cannot be made" in str(record_run(folder))
    path.parent.unlink()
    path.mkdir(parents=True)
    assert "unable to open" in str(record_run(folder))


def test_a_full_disk_costs_a_remark_and_loses_no_row(folder: Path, path: Path) -> None:
    """A limit on the size of files in the place of a full disk: some rows fit, the others are mended later."""
    folders = copies(folder, 60)
    out, err = recorder(folders, LIMIT=20_000).communicate(timeout=60)
    answers = out.splitlines()[1:]
    done = [place for place in folders if str(place) in answers]
    assert 0 < len(done) < len(answers) == 60, err
    assert all("the run is kept, but not listed" in text for text in answers if Path(text) not in done)
    assert listed() == done
    assert sound(path)
    Catalogue().rebuild([folder.parent / "runs"])
    assert listed() == folders


def test_a_catalogue_held_by_another_is_waited_for_but_not_for_ever(
    folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_run(folder)
    monkeypatch.setattr(module, "PATIENCE", 0.6)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert "held by another program" in str(record_run(folder))
        assert "held by another program" in refusal(path)
    assert record_run(folder) is None


def test_a_run_that_is_none_or_cannot_be_named_costs_a_remark(folder: Path, tmp_path: Path) -> None:
    assert "provenance.json" in str(record_run(tmp_path))
    odd = Path(os.fsdecode(bytes(tmp_path / "odd") + b"\xff"))
    shutil.copytree(folder, odd)
    assert "not valid UTF-8" in str(record_run(odd))
