"""Batches from end to end: refusals by name, faults that stay with their run, stops that lose nothing."""

from __future__ import annotations

import errno
import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from mcengine import load_study, run
from mcengine.cli.main import main
from mcengine.errors import InputError, InterruptedRun
from mcengine.scale import batch as module
from mcengine.scale import current
from mcengine.scale import folder as folders
from mcengine.store.replay import replay
from mcengine.store.results import read_run

from .conftest import MANIFEST, Plain, compute, journal, results

OWN_MODEL = """
import numpy as np
from numba import njit
from mcengine import Model

@njit
def rows(x, out, constants):
    for i in range(x.shape[1]):
        out[0, i] = np.sqrt(x[0, i] - constants[0][0])

model = Model(rows, ("u",), ("y",), (np.array([{limit}]),), name="own")
"""
OWN_STUDY = """
schema = 1
name = "own"
model = "own.py:model"
title = { en = "own", nl = "eigen" }
[[inputs]]
name = "u"
value = 0.5
[[assumptions]]
input = "u"
family = "uniform"
parameters = { low = 0, high = 1 }
unit = "1"
source = "tests"
confidence = "J"
owner = "tests"
date = 2026-11-23
"""


def own(folder: Path, limit: float) -> None:
    (folder / "own.py").write_text(OWN_MODEL.replace("{limit}", repr(limit)))
    (folder / "own.toml").write_text(OWN_STUDY)


def test_runs_are_those_of_mcengine_run(tmp_path: Path) -> None:
    outcome = compute(tmp_path, MANIFEST)
    assert [state.slug for state in outcome.runs] == ["textbook-linear_gaussian", "textbook-ishigami"]
    for state, name in zip(outcome.runs, ("textbook/linear_gaussian", "textbook/ishigami"), strict=True):
        alone = run(load_study(name), draws=2048, seed=5, until="y.mean=0.0001", cap=8192)
        stored = read_run(outcome.folder.run(state.slug))
        assert stored.summary == alone.to_dict()
        assert state.digest == alone.digest == stored.provenance["digest"]
        assert replay(outcome.folder.run(state.slug)).identical
    assert not any((tmp_path / "out" / "work").iterdir())
    events = [json.loads(line)["event"] for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert [event for event in events if event != "progress"] == [
        "batch_started",
        *["run_started", "run_finished"] * 2,
        "batch_left",
    ]


def test_a_batch_is_not_begun_over_another_one(tmp_path: Path, whole: dict[str, bytes]) -> None:
    compute(tmp_path, MANIFEST)
    with pytest.raises(InputError, match=r"--out = .*: holds a batch already; to go on with it: do this"):
        compute(tmp_path, advice="do this")
    assert results(compute(tmp_path, resume=True).folder.path) == whole
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").touch()
    with pytest.raises(InputError, match=r"holds other files \(chapter.txt\)"):
        compute(tmp_path, out=tmp_path / "thesis", resume=True)
    with pytest.raises(InputError, match="is a file"):
        compute(tmp_path, out=tmp_path / "batch.toml")


def test_two_batches_in_one_folder_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "batch.toml").write_text(MANIFEST)
    with folders.BatchFolder(tmp_path / "out").locked():
        with pytest.raises(InputError, match=rf"another batch is at work in this folder: process {os.getpid()} on "):
            compute(tmp_path)
        words = [
            sys.executable,
            "-m",
            "mcengine",
            "batch",
            str(tmp_path / "batch.toml"),
            "--out",
            str(tmp_path / "out"),
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert f"process {os.getpid()} on" in done.stderr
    compute(tmp_path)


def test_one_bad_draw_of_ten_thousand_fails_that_run_alone(
    tmp_path: Path, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own(tmp_path, 1e-4)
    monkeypatch.chdir(tmp_path)
    text = MANIFEST.replace('studies = ["', 'studies = ["own.toml", "').replace("draws = 2048", "draws = 65536")
    text = text.replace("cap = 8192", "cap = 70000")
    (tmp_path / "batch.toml").write_text(text)
    assert main(["batch", "batch.toml", "--out", "out", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "1 of 3 runs failed" in said
    assert "output 'y' is not a finite number" in said
    failure = json.loads((tmp_path / "out" / "failed" / "own.json").read_text())
    assert failure["draws"][0]["inputs"]["u"] < 1e-4
    assert failure["error"] == "NonFiniteError"
    assert shlex.split(failure["replay"])[:2] == ["mcengine", "evaluate"]
    assert main(shlex.split(failure["replay"])[1:]) == 1  # computes that draw: it is not finite, and says so
    assert f"u={failure['draws'][0]['inputs']['u']!r}" in capsys.readouterr().err
    assert set(results(tmp_path / "out")) == set(whole)
    assert main(["batch", "batch.toml", "--out", "out", "--resume", "--quiet"]) == 1  # tried again, and fails again


def test_bad_files_and_lack_of_memory_stay_with_their_run(
    tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.toml").write_text('schema = 1\nname = "bad"\nplan = "biotech_nexus"\n')
    own(tmp_path, -1.0)
    (tmp_path / "own.py").write_text("raise ValueError('no model today')")
    simulation = current.Simulation

    def short_of_memory(study: Any, **options: Any) -> Any:
        if study.name == "evidence":
            raise MemoryError("Unable to allocate 7.1 TiB")
        return simulation(study, **options)

    monkeypatch.setattr(current, "Simulation", short_of_memory)
    text = MANIFEST.replace('studies = ["', 'studies = ["bad.toml", "own.toml", "')
    outcome = compute(tmp_path, text + '[[runs]]\nstudy = "evidence"\nuntil = "npv.mean=100m"\n')
    causes = {state.slug: state.cause for state in outcome.failed}
    assert set(causes) == {"bad", "own", "evidence"}
    assert "title: is required" in causes["bad"]
    assert "no model today" in causes["own"]
    assert causes["evidence"] == "not enough memory: Unable to allocate 7.1 TiB"
    assert results(tmp_path / "out") == whole
    assert "MemoryError" in (tmp_path / "out" / "failed" / "evidence.json").read_text()
    monkeypatch.setattr(current, "Simulation", simulation)
    again = compute(tmp_path, resume=True)
    assert {state.slug for state in again.failed} == {"bad", "own"}
    assert not (tmp_path / "out" / "failed" / "evidence.json").exists()


def test_a_report_that_fails_costs_the_report_alone(tmp_path: Path, whole: dict[str, bytes]) -> None:
    class Broken(Plain):
        def run(self, result: Any, folder: Path) -> NoReturn:
            raise KeyError("no such word")

    outcome = compute(tmp_path, MANIFEST.replace("reports = false", "reports = true"), reports=Broken())
    assert results(tmp_path / "out") == whole
    assert [state.cause for state in outcome.failed] == ["report: KeyError: 'no such word'"] * 2


@pytest.mark.parametrize("change", ["study", "model", "seed", "matrix", "version", "compiled", "processor"])
def test_what_changed_since_the_batch_began_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    own(tmp_path, -1.0)
    text = MANIFEST.replace('studies = ["', 'studies = ["own.toml", "')
    compute(tmp_path, text)
    compute(tmp_path, resume=True)
    before = results(tmp_path / "out")
    if change == "study":
        (tmp_path / "own.toml").write_text(OWN_STUDY.replace("high = 1", "high = 2"))
        rule = r"own.toml has changed: its sha256 was [0-9a-f]{12}..., is now"
    elif change == "model":
        own(tmp_path, -2.0)
        rule = r"own.py has changed: its sha256 was [0-9a-f]{12}..., is now"
    elif change == "seed":
        text = text.replace("seed = 5", "seed = 6")
        rule = "the manifest had seed = 5, and now has 6"
    elif change == "matrix":
        text += '[[runs]]\nstudy = "textbook/g_function"\n'
        rule = "textbook-g_function: this run was not in the manifest"
    elif change == "version":
        monkeypatch.setattr(folders, "versions", lambda: {**VERSIONS(), "numpy": "9.9"})
        rule = r"the batch began with numpy .*; this is 9.9"
    elif change == "compiled":
        monkeypatch.setattr(folders, "COMPILED", "fedcba")
        rule = r"mcengine's compiled code was .*, is now fedcba"
    else:
        monkeypatch.setattr(folders, "processor", lambda: {"machine": "abacus", "model": "Abacus"})
        rule = "the batch began on another type of processor"
    with pytest.raises(InputError, match=rule):
        compute(tmp_path, text, resume=True)
    assert results(tmp_path / "out") == before


VERSIONS = folders.versions


def test_comments_and_the_place_of_the_command_are_no_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, bytes]
) -> None:
    compute(tmp_path, MANIFEST)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert results(compute(tmp_path, MANIFEST + "# a comment\n", resume=True).folder.path) == whole


def test_a_finished_run_that_was_damaged_or_removed_is_computed_again(tmp_path: Path, whole: dict[str, bytes]) -> None:
    compute(tmp_path, MANIFEST)
    runs = tmp_path / "out" / "runs"
    (runs / "textbook-ishigami" / "summary.json").write_text("{}")
    (runs / "textbook-linear_gaussian" / "provenance.json").unlink()
    for file in (runs / "textbook-linear_gaussian").iterdir():
        file.unlink()
    compute(tmp_path, resume=True)
    assert results(tmp_path / "out") == whole
    log = (tmp_path / "out" / "log.jsonl").read_text()
    assert log.count('"event": "refused"') == 2


@pytest.mark.parametrize("at", [1, 3, 5])
def test_ctrl_c_keeps_what_is_finished(
    tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    advance, looks = current.Simulation.advance, 0

    def interrupted(self: Any) -> None:
        nonlocal looks
        advance(self)
        looks += 1
        if looks == at:
            raise KeyboardInterrupt

    monkeypatch.setattr(current.Simulation, "advance", interrupted)
    with pytest.raises(InterruptedRun, match=r"stopped by the user; [01] of 2 runs are finished"):
        compute(tmp_path, MANIFEST)
    assert list((tmp_path / "out" / "work").glob("*/*.segment"))
    compute(tmp_path, resume=True)
    assert results(tmp_path / "out") == whole


def listening() -> None:
    """Background jobs of some shells ignore Ctrl-C, and so do their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_with_3_and_how_to_go_on(tmp_path: Path, sent: signal.Signals) -> None:
    """A batch that would take hours, stopped and gone on with, by its command line."""
    text = MANIFEST.replace("cap = 8192", "cap = 100_000_000_000").replace("0.0001", "1e-12")
    (tmp_path / "batch.toml").write_text(text)
    words = [sys.executable, "-m", "mcengine", "batch", str(tmp_path / "batch.toml"), "--out", str(tmp_path / "out")]
    for resume in ([], ["--resume"]):
        child = subprocess.Popen([*words, *resume], stderr=subprocess.PIPE, text=True, preexec_fn=listening)
        deadline = time.monotonic() + 60
        seen = len(list(tmp_path.glob("out/work/*/*.segment")))
        while len(list(tmp_path.glob("out/work/*/*.segment"))) <= seen and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(sent)
        _, said = child.communicate(timeout=60)
        assert child.returncode == 3, said
        assert "stopped by the user; 0 of 2 runs are finished" in said
        assert f"--out {tmp_path / 'out'} --resume" in said


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))


def test_a_full_disk_ends_with_3_and_the_batch_goes_on_later(tmp_path: Path, whole: dict[str, bytes]) -> None:
    (tmp_path / "batch.toml").write_text(MANIFEST)
    words = [sys.executable, "-m", "mcengine", "batch", str(tmp_path / "batch.toml"), "--out", str(tmp_path / "out")]
    done = subprocess.run(words, preexec_fn=limited, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "File too large" in done.stderr
    assert "To go on: " in done.stderr
    assert compute(tmp_path, resume=True).failed == []
    assert results(tmp_path / "out") == whole


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 kB, where this process may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here; the limit on the size of files stands in for it")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(
    tmp_path: Path, small_disk: Path, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "batch.toml").write_text(MANIFEST)
    words = ["batch", str(tmp_path / "batch.toml"), "--out", str(small_disk / "out"), "--quiet"]
    assert main(words) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert main([*words, "--resume"]) in (0, 3)  # as small as before, but for what the stop has cleaned up
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert main([*words, "--resume"]) == 0
    assert results(small_disk / "out") == whole


@pytest.mark.parametrize("place", ["journal", "index", "run"])
def test_a_disk_that_fills_anywhere_stops_the_batch(
    tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def full(*_: Any, **__: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if place == "journal":
            patch.setattr(module.Journal, "add", full)
        elif place == "index":
            patch.setattr(Plain, "index", full)
        else:
            patch.setattr("mcengine.store.results._write_replicates", full)
        with pytest.raises(InterruptedRun, match="No space left on device"):
            compute(tmp_path, MANIFEST)
    compute(tmp_path, resume=True)
    assert results(tmp_path / "out") == whole


def test_analyses_follow_the_runs(tmp_path: Path) -> None:
    text = MANIFEST + '[sensitivity]\nmethods = ["sobol"]\n[sensitivity.sobol]\nn = 64\nreplicates = 2\n'
    outcome = compute(tmp_path, text)
    assert outcome.failed == []
    for state in outcome.runs:
        data = json.loads((outcome.folder.analysis(state.slug, "sobol") / "sensitivity.json").read_text())
        assert (data["method"], data["n"], data["seed"]) == ("sobol", 64, 5)
    count = len(journal(tmp_path / "out"))
    compute(tmp_path, resume=True)
    assert len(journal(tmp_path / "out")) == count


class Clock:
    """A clock that tells the time it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 0.5
        return self.now


TIMED = MANIFEST.replace("cap = 8192", "cap = 65536\nhours = 1.0").replace("0.0001", "0.004")


def test_a_time_budget_goes_to_the_least_settled_and_is_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after each decision in turn: the same decisions, and in the end the same bytes."""
    outcome = compute(tmp_path, TIMED, out=tmp_path / "whole")
    decisions = [(e["run"], e["look"]) for e in journal(tmp_path / "whole") if e["event"] == "look"]
    expected = results(tmp_path / "whole")
    assert [run for run, _ in decisions[:2]] == [state.slug for state in outcome.runs]
    assert len(decisions) > 3
    look = module.Batch._look
    for _ in range(20):

        def once(self: Any, run: Any, state: Any, number: int) -> None:
            if state.decided:
                look(self, run, state, number)  # the decision of the session before
            else:
                self._record("look", run=run.slug, look=number)
                raise KeyboardInterrupt

        monkeypatch.setattr(module.Batch, "_look", once)
        try:
            compute(tmp_path, resume=True)
        except InterruptedRun:
            continue
        break
    found = [(e["run"], e["look"]) for e in journal(tmp_path / "out") if e["event"] == "look"]
    assert found == decisions
    assert results(tmp_path / "out") == expected


def test_when_the_time_is_up_every_run_has_what_it_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module.time, "monotonic", clock.monotonic)
    look = module.Batch._look

    def slow(self: Any, *given: Any) -> None:
        look(self, *given)
        clock.now += 1000.0

    monkeypatch.setattr(module.Batch, "_look", slow)
    outcome = compute(tmp_path, TIMED.replace("0.004", "0.00001"))
    assert outcome.failed == []
    events = [entry["event"] for entry in journal(tmp_path / "out")]
    assert events.count("time_up") == 1
    for state in outcome.runs:
        why = state.summary["until"]["why"] if state.summary else ""
        assert why == "the time for it was used up before y.mean=0.00001"
        assert replay(outcome.folder.run(state.slug)).identical  # with as many looks as there were
    assert results(compute(tmp_path, resume=True).folder.path) == results(tmp_path / "out")


def test_too_little_time_for_a_first_look_can_be_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InterruptedRun, match=r"before 2 of 2 runs had begun, textbook-linear_gaussian the first"):
        compute(tmp_path, TIMED.replace("hours = 1.0", "hours = 1e-9"))
    outcome = compute(tmp_path, TIMED, resume=True)
    assert all(state.digest for state in outcome.runs)


def test_used_time_adds_up(tmp_path: Path) -> None:
    first = compute(tmp_path, TIMED)
    second = compute(tmp_path, resume=True)
    assert second.used >= first.used > 0


def test_the_log_is_json_a_monitor_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcengine.scale.events.PERIOD", 0.0)
    compute(tmp_path, MANIFEST)
    lines: list[Mapping[str, Any]] = [
        json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()
    ]
    progress = [line for line in lines if line["event"] == "progress"]
    assert progress
    for line in progress:
        assert {"time", "finished", "failed", "runs", "run", "done", "total", "speed", "left", "memory"} <= set(line)
        assert line["memory"] > 10**7
    assert any(line["left"] is not None for line in progress)
