"""Finished replicates come back from the disk, and only what is sound: a resumed run is the same run, bit by bit."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from mcengine import Result, load_study, run
from mcengine.analysis.simulate import Simulation
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.replicates import Portion
from mcengine.engine.run import Local, Observer
from mcengine.errors import InterruptedRun
from mcengine.store import checkpoints as module
from mcengine.store.checkpoints import Checkpoints, run_key

OPTIONS: dict[str, Any] = {
    "draws": 32 * 64,
    "seed": 3,
    "until": "y.mean=0.0001",
    "cap": 32 * 64 * 8,
    "threads": 2,
}


@pytest.fixture(scope="module")
def whole() -> Result:
    """The undisturbed run: four looks, 256 replicates."""
    result = run(load_study("textbook/linear_gaussian"), **OPTIONS)
    assert result.stopping is not None
    assert result.stopping.looks == 4
    return result


class Session:
    """One process's life of a run with checkpoints in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.refused, self.computed = folder, list[str](), 0
        self.keepers: list[Checkpoints] = []

    def keeper(self, problem: Problem, draws: int, looks: Sequence[int]) -> Checkpoints:
        self.keepers.append(Checkpoints(self.folder, run_key(problem, draws), looks, self.refused.append))
        return self.keepers[-1]

    def source(self, problem: Problem, draws: int, indices: Sequence[int], *, observer: Observer) -> Any:
        for portion in Local(2)(problem, draws, indices, observer=observer):
            yield portion
            self.computed += len(portion.rows)

    def simulation(self, **options: Any) -> Simulation:
        study = load_study("textbook/linear_gaussian")
        return Simulation(study, **{**OPTIONS, **options}, keeper=self.keeper, source=self.source)

    def finish(self, **options: Any) -> Result:
        simulation = self.simulation(**options)
        while not simulation.finished:
            simulation.advance()
        self.close()
        return simulation.result()

    def close(self) -> None:
        for keeper in self.keepers:
            keeper.close()


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.segment"), key=lambda path: int(path.name.partition("-")[0]))


def stopped(folder: Path, looks: int = 3) -> list[Path]:
    """A run that was left after some looks, with what it left on the disk."""
    session = Session(folder)
    simulation = session.simulation()
    for _ in range(looks):
        simulation.advance()
    session.close()
    return segments(folder)


def test_a_run_goes_on_where_it_stopped(whole: Result, tmp_path: Path) -> None:
    stopped(tmp_path)
    session = Session(tmp_path)
    result = session.finish()
    assert (result.digest, result.to_dict()) == (whole.digest, whole.to_dict())
    assert session.computed == 128  # of 256
    assert session.refused == []
    again = Session(tmp_path)
    assert again.finish().to_dict() == whole.to_dict()
    assert again.computed == 0


def test_time_is_added_up_over_sessions(tmp_path: Path) -> None:
    first = Session(tmp_path)
    simulation = first.simulation()
    simulation.advance()
    first.close()
    second = Session(tmp_path).simulation()
    second.advance()
    assert second.seconds == pytest.approx(simulation.seconds, rel=1e-9)


def cut(path: Path) -> str:
    path.write_bytes(path.read_bytes()[:-100])
    return "is cut off"


def empty(path: Path) -> str:
    path.write_bytes(b"")
    return "is cut off"


def corrupt(path: Path) -> str:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    return "does not match its checksum"


def foreign(path: Path) -> str:
    """The same replicates of a run with another seed."""
    first, last = (int(number) for number in path.stem.split("-"))
    problem = build_problem(load_study("textbook/linear_gaussian"), seed=4, draws=64)
    with Checkpoints(path.parent / "elsewhere", run_key(problem, 64), [], print) as other:
        portions = list(Local(2)(problem, 64, range(first, last + 1), observer=Silence()))
        rows = np.concatenate([portion.rows for portion in portions])
        histogram = np.sum([portion.histogram for portion in portions], axis=0)
        news = [Portion(first, rows, histogram)]
        other.follow(lambda: [news.pop()] if news else [])
        other.flush()
    (path.parent / "elsewhere" / path.name).replace(path)
    return "belongs to another run"


def renamed(path: Path) -> str:
    """A segment under the name of another range: of no run at all."""
    first, last = (int(number) for number in path.stem.split("-"))
    path.replace(path.with_name(f"{first}-{last + 1}.segment"))
    return f"holds replicates {first}-{last}"


class Silence:
    def drawn(self, count: int) -> None: ...

    def finished(self, portion: Portion) -> None: ...


@pytest.mark.parametrize("spoil", [cut, empty, corrupt, foreign, renamed])
@pytest.mark.parametrize("place", [0, -1])
def test_a_spoiled_segment_is_refused_by_name_and_recomputed(
    whole: Result, tmp_path: Path, spoil: Callable[[Path], str], place: int
) -> None:
    path = stopped(tmp_path)[place]
    first, last = (int(number) for number in path.stem.split("-"))
    rule = spoil(path)
    session = Session(tmp_path)
    assert session.finish().to_dict() == whole.to_dict()
    (message,) = session.refused
    assert rule in message
    assert f"/{first}-" in message
    assert "computed again" in message
    assert session.computed == 128 + last - first + 1
    assert len(list(tmp_path.glob("refused-*"))) == 1  # kept to be looked at, and never read again
    assert Session(tmp_path).finish().to_dict() == whole.to_dict()


def test_an_overlapping_segment_is_refused(whole: Result, tmp_path: Path) -> None:
    stopped(tmp_path, looks=1)
    first = Session(tmp_path / "other")
    first.finish(until=None, replicates=48, draws=48 * 64)
    problem = build_problem(load_study("textbook/linear_gaussian"), seed=3, draws=64)
    for path in segments(tmp_path):
        path.unlink()
    keeper = Checkpoints(tmp_path, run_key(problem, 64), [], print)
    portions = list(Local(2)(problem, 64, range(4), observer=Silence()))
    for ends in ((0, 2), (1, 4)):
        rows = np.concatenate([p.rows for p in portions[slice(*ends)]])
        histogram = np.sum([p.histogram for p in portions[slice(*ends)]], axis=0)
        keeper._write(module.Segment(Portion(ends[0], rows, histogram), run_key(problem, 64)))
    session = Session(tmp_path)
    assert session.finish().to_dict() == whole.to_dict()
    assert "1-3.segment overlaps the one before it, which ends at replicate 1" in session.refused[0]
    assert session.computed == 254


def test_a_segment_across_a_look_is_refused(whole: Result, tmp_path: Path) -> None:
    """Kept under 64 replicates at the first look, wanted at 32."""
    Session(tmp_path).finish(until=None, draws=64 * 64, replicates=64)
    across = [path for path in segments(tmp_path) if int(path.stem.split("-")[1]) >= 32 > int(path.stem.split("-")[0])]
    session = Session(tmp_path)
    assert session.finish().to_dict() == whole.to_dict()
    assert len(session.refused) == len(across)
    assert all("crosses a planned look" in message for message in session.refused)


def test_the_key_holds_all_that_replicates_depend_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = load_study("evidence")
    problem = build_problem(study, seed=1, draws=64)
    keys = {
        run_key(problem, 64),
        run_key(problem, 128),
        run_key(build_problem(study, seed=2, draws=64), 64),
        run_key(build_problem(study, seed=1, draws=64, sampler="random"), 64),
        run_key(build_problem(study, seed=1, draws=64, outputs=("cash_flow[2030]",)), 64),
        run_key(build_problem(study.overridden({"horizon": 2050}), seed=1, draws=64), 64),
        run_key(build_problem(study.overridden({"leverage": 1.2}), seed=1, draws=64), 64),
        run_key(build_problem(replace(study, correlations=False), seed=1, draws=64), 64),
    }
    assert len(keys) == 8
    monkeypatch.chdir(tmp_path)  # but not where the command was given
    assert run_key(build_problem(load_study("evidence"), seed=1, draws=64), 64) in keys
    monkeypatch.setattr(module, "COMPILED", "other")
    assert run_key(problem, 64) not in keys


def test_segments_are_merged_and_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rests nearly every replicate becomes a segment; merging keeps them few, and removes no replicate."""
    fan = 4
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    monkeypatch.setattr(module, "FAN", fan)
    problem = build_problem(load_study("textbook/linear_gaussian"), seed=3, draws=16)
    count = 3 * fan**3 + 5
    portions = Local(2)(problem, 16, range(count), observer=Silence())
    with Checkpoints(tmp_path, "key", [7], print) as keeper:
        waiting: list[Portion] = []
        keeper.follow(lambda: [waiting.pop(0)] if waiting else [])
        for portion in portions:
            waiting.append(portion)
            keeper.flush()
    names = [path.name for path in segments(tmp_path)]
    assert len(names) < 7 + 4 * fan
    assert "0-6.segment" not in names  # below the fan, on its side of the cut
    assert f"7-{7 + fan**3 - 1}.segment" in names
    found = list(Checkpoints(tmp_path, "key", [7], print).kept())
    assert found[0].first == 0
    assert sum(len(portion.rows) for portion in found) == count
    assert all(a.stop == b.first for a, b in pairwise(found))


def test_parts_that_a_crash_left_beside_the_merged_one_are_removed(tmp_path: Path) -> None:
    rows, histogram = np.zeros((4, 1)), np.ones((1, 1, 8), dtype=np.int64)
    keeper = Checkpoints(tmp_path, "key", [], print)
    for portion in (Portion(0, rows, histogram), Portion(0, rows[:1], histogram), Portion(3, rows[:1], histogram)):
        keeper._write(module.Segment(portion, "key"))
    (tmp_path / ".4-4.segment.new").write_bytes(b"half")
    refused: list[str] = []
    again = Checkpoints(tmp_path, "key", [], refused.append)
    assert [(portion.first, portion.stop) for portion in again.kept()] == [(0, 4)]
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["0-3.segment"]
    assert refused == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO])
def test_a_full_disk_stops_the_run_in_words(
    whole: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    fsync, calls = os.fsync, 0

    def full(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 6:
            raise OSError(code, os.strerror(code))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    session = Session(tmp_path)
    with pytest.raises(InterruptedRun) as caught:
        session.finish()
    assert os.strerror(code) in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    for keeper in session.keepers:
        keeper.close()
    monkeypatch.setattr(os, "fsync", fsync)
    assert not list(tmp_path.glob(".*"))
    again = Session(tmp_path)
    assert again.finish().to_dict() == whole.to_dict()
    assert again.computed < 256


LIMITED = """
import resource, sys
from tests.store.test_checkpoints import Session
from pathlib import Path
from mcengine.errors import InterruptedRun
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    Session(Path(sys.argv[1])).finish()
except InterruptedRun as error:
    sys.exit(str(error))
"""


def test_a_limit_on_the_size_of_files_stops_the_run_in_words(whole: Result, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "work")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "could not be kept" in done.stderr
    assert "File too large" in done.stderr
    assert Session(tmp_path / "work").finish().to_dict() == whole.to_dict()


def test_a_slow_disk_does_not_slow_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sync takes 20 ms: 256 replicates of a fraction of that are not held up by one each."""
    fsync, calls = os.fsync, 0

    def slow(handle: int) -> None:
        nonlocal calls
        calls += 1
        time.sleep(0.02)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", slow)
    Session(tmp_path).finish()
    assert calls < 60


def test_a_fault_of_ours_in_the_writer_is_no_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(segment: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "encode", broken)
    with pytest.raises(ZeroDivisionError):
        Session(tmp_path).finish()
