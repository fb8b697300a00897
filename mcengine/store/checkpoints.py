"""Finished replicates on disk, so that a run goes on after any stop: Ctrl-C, kill -9, power loss, a full disk.

    <folder>/<first>-<last>.segment      one portion, see `segments`; appears whole or not at all
    <folder>/refused-<name>              what could not be believed; kept to be looked at

Writing is a group commit: one thread takes all that was finished since its last write and writes it as one segment;
while the disk is at work, the next gathers. It then rests `PATIENCE` times as long as that took (`REST` seconds at
most), which bounds its share of the time whatever the disk and however small the replicates. A crash costs what was
finished since the last write, computed again with the same bits.

`FAN` segments in a row are merged into one, and `FAN` of those again (a log-structured merge tree), so that a night
leaves some dozens of files. A merged segment is on the disk before its parts are removed; parts that a crash has left
beside it lie inside its range. No segment crosses one of the `cuts`: a look needs the replicates up to it alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcengine import compiled
from mcengine.engine.problem import Problem
from mcengine.engine.replicates import Portion
from mcengine.errors import InterruptedRun
from mcengine.store.provenance import processor
from mcengine.store.segments import RefusedSegment, Segment, decode, encode, merge
from mcengine.version import __version__

PATIENCE = 50.0
REST = 1.0
FAN = 32
_NAME = re.compile(r"(\d{1,12})-(\d{1,12})\.segment")
COMPILED = compiled.CACHE.name.removeprefix("compiled-")
"""Hash of the sources of all compiled functions."""


def run_key(problem: Problem, draws: int) -> str:
    """What a replicate's numbers depend on, as a sha256: study, points, grid, software and type of processor.

    Files count by content, not by path: a study may be resumed from another folder.
    """
    study = problem.study.resolved()
    study["sources"] = [digest for _, digest in problem.study.sources]
    study["model"] = study["model"].rpartition("/")[2]
    grid = hashlib.sha256()
    for array in problem.watch:
        grid.update(np.ascontiguousarray(array).tobytes())
    machine = processor()
    parts = {
        "study": study,
        "seed": problem.seed,
        "sampler": problem.sampler,
        "draws": draws,
        "outputs": [output.key for output in problem.watched],
        "grid": grid.hexdigest(),
        "mcengine": __version__,
        "compiled": COMPILED,
        "processor": [machine[name] for name in ("machine", "type", "features")],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, order=True)
class _File:
    first: int
    stop: int
    level: int
    path: Path


class Checkpoints:
    """The keeper of one run in one folder (`analysis.gathered.Keeper`). A context manager; leaving it flushes.

    cuts    indices that no segment crosses: the planned looks
    report  hears of every file that is refused, in a sentence that names it

    The caller sees to it that no other process uses the folder.
    """

    def __init__(self, folder: Path, key: str, cuts: Sequence[int], report: Callable[[str], None]) -> None:
        self.folder, self._key, self._report = folder, key, report
        self._cuts = np.array(sorted(cuts))
        self._files: list[_File] = []  # sound ones in order; the writer's once it runs
        self._lock = threading.Lock()
        self._change = threading.Condition()
        self._fresh: Callable[[], list[Portion]] = list
        self._told, self._done, self._hurry, self._closing = 0, 0, False, False
        self._failure: BaseException | None = None
        self._writer: threading.Thread | None = None
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)
        for left in folder.glob(".*.new"):
            left.unlink()

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def kept(self) -> Iterator[Portion]:
        """Sound portions of earlier times, in order of index; the others are reported, and set aside."""
        found = [
            (int(m[1]), int(m[2]) + 1, path) for path in self.folder.iterdir() if (m := _NAME.fullmatch(path.name))
        ]
        stop = 0
        for first, end, path in sorted(found, key=lambda one: (one[0], -one[1])):
            if end <= stop:  # a part of a merged one, which a crash kept from being removed
                path.unlink()
                continue
            try:
                if first < stop:
                    raise RefusedSegment(f"overlaps the one before it, which ends at replicate {stop - 1}")
                segment = self._read(path, first, end)
            except RefusedSegment as reason:
                self._refuse(path, first, end, str(reason))
                continue
            stop = end
            with self._lock:
                self._files.append(_File(first, end, segment.level, path))
            yield segment.portion

    def _read(self, path: Path, first: int, stop: int) -> Segment:
        try:
            segment = decode(path.read_bytes(), self._key)
        except OSError as error:
            raise RefusedSegment(f"cannot be read: {error.strerror}") from None
        if (segment.portion.first, segment.portion.stop) != (first, stop):
            raise RefusedSegment(f"holds replicates {segment.portion.first}-{segment.portion.stop - 1}")
        if self._look(first) != self._look(stop - 1):
            raise RefusedSegment("crosses a planned look: it was written under other targets")
        return segment

    def _refuse(self, path: Path, first: int, stop: int, reason: str) -> None:
        which = f"replicate {first} is" if stop - first == 1 else f"replicates {first}-{stop - 1} are"
        self._report(f"{path} {reason}; {which} computed again")
        path.rename(path.with_name(f"refused-{path.name}"))

    def _look(self, index: int) -> int:
        """Which look replicate `index` is computed for."""
        return int(np.searchsorted(self._cuts, index, side="right"))

    def follow(self, fresh: Callable[[], list[Portion]]) -> None:
        """Begin to write what `fresh` gives whenever there is news."""
        self._fresh = fresh
        self._writer = threading.Thread(target=self._write_on, name="mcengine-checkpoints", daemon=True)
        self._writer.start()

    def news(self) -> None:
        """There is something fresh to write. Raises InterruptedRun when earlier portions could not be written."""
        with self._change:
            self._raise_failure()
            self._told += 1
            self._change.notify_all()

    def flush(self) -> None:
        """Return when all there is is on the disk. Raises InterruptedRun when it cannot be written."""
        with self._change:
            self._told, self._hurry = self._told + 1, True
            told = self._told
            self._change.notify_all()
            while self._done < told and self._failure is None and self._writer is not None:
                self._change.wait(0.2)  # a bounded wait, so that Ctrl-C is heard at once
            self._hurry = False
            self._raise_failure()

    def close(self) -> None:
        """Flush, and end the thread, whatever happens."""
        try:
            if self._writer is not None and self._failure is None:
                self.flush()
        finally:
            with self._change:
                self._closing = True
                self._change.notify_all()
            if self._writer is not None:
                self._writer.join()
                self._writer = None

    def _raise_failure(self) -> None:
        if isinstance(self._failure, OSError):
            reason = self._failure.strerror or str(self._failure)
            message = f"finished replicates could not be kept in {self.folder}: {reason}."
            raise InterruptedRun(f"{message} What was kept before is sound, the rest will be computed again.")
        if self._failure is not None:
            raise self._failure

    def _write_on(self) -> None:
        """The thread: write, rest, write."""
        try:
            while True:
                with self._change:
                    self._change.wait_for(lambda: self._told > self._done or self._closing)
                    if self._told == self._done:
                        return
                    told = self._told
                began = time.perf_counter()
                portions = self._fresh()
                for portion in portions:
                    self._write(Segment(portion, self._key))
                    self._merge()
                cost = time.perf_counter() - began
                with self._change:
                    self._done = told
                    self._change.notify_all()
                    self._change.wait_for(lambda: self._hurry or self._closing, timeout=min(PATIENCE * cost, REST))
        except BaseException as error:
            with self._change:
                self._failure = error
                self._change.notify_all()

    def _write(self, segment: Segment) -> _File:
        """Put a segment on the disk, whole or not at all."""
        portion = segment.portion
        name = f"{portion.first}-{portion.stop - 1}.segment"
        new, path = self.folder / f".{name}.new", self.folder / name
        try:
            with new.open("wb") as file:
                file.write(encode(segment))
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise
        sync_folder(self.folder)
        written = _File(portion.first, portion.stop, segment.level, path)
        with self._lock:
            self._files = sorted([*self._files, written])
        return written

    def _merge(self) -> None:
        """Merge what can be merged, level by level."""
        while parts := self._mergeable():
            try:
                merged = merge(self._read(part.path, part.first, part.stop) for part in parts)
            except RefusedSegment as reason:  # spoiled since it was written; this run has its numbers in memory
                self._report(f"{self.folder}: a segment of {parts[0].first}-{parts[-1].stop - 1} {reason}")
                with self._lock:
                    self._files = [file for file in self._files if file not in parts]
                return
            with self._lock:
                self._files = [file for file in self._files if file not in parts]
            self._write(merged)
            for part in parts:
                part.path.unlink()

    def _mergeable(self) -> list[_File]:
        """`FAN` neighbours of one level that no cut divides; [] when there are none."""
        with self._lock:
            files = self._files
        row: list[_File] = []
        for file in files:
            last = row[-1] if row else file
            together = file.level == last.level and file.first == last.stop
            if row and not (together and self._look(file.first) == self._look(last.first)):
                row = []
            row.append(file)
            if len(row) == FAN:
                return row
        return []


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
