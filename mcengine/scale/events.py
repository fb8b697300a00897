"""How a batch is doing: a log of events for monitors, and the state a terminal shows.

log.jsonl has one JSON object a line, each with "time" (UTC) and "event": batch_started, batch_resumed, run_started,
run_finished, run_failed, analysis_finished, refused (a checkpoint, or a finished run), unlisted (a finished run could
not be added to the catalogue of runs), index_failed, progress, batch_left. Progress comes every
`PERIOD` seconds with the current run, draws, draws a second, seconds left and memory.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from mcengine.engine.replicates import Portion

PERIOD = 10.0
_WINDOW = 20.0  # seconds over which the speed is taken


@dataclass(frozen=True)
class State:
    """A batch at one moment. `done`, `total` are draws of the look under way; `left` seconds, None where unknown."""

    finished: int
    failed: int
    runs: int
    run: str
    done: int
    total: int
    draws: int
    speed: float
    left: float | None
    memory: int


class Monitor:
    """Hears what a batch does, from any thread, writes its log, and says how it stands.

    An observer of runs (`engine.run.Observer`). Not knowing what precision takes, the time left is taken from the
    runs finished so far, or from the time the batch was given.
    """

    def __init__(self, path: Path, runs: int) -> None:
        self._lock = threading.Lock()
        self._file: IO[str] = path.open("a", encoding="utf-8", buffering=1)
        self._runs, self._finished, self._failed = runs, 0, 0
        self._run, self._done, self._total, self._draws = "", 0, 0, 0
        self._each, self._began, self._spent, self._measured = 1, time.monotonic(), 0.0, 0
        self._recent: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._logged = time.monotonic()
        self._deadline: float | None = None

    def event(self, event: str, **details: Any) -> None:
        """Write one line."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "event": event, **details}, allow_nan=False)
        with self._lock, suppress(OSError):  # a full disk stops the batch where it loses something
            if not self._file.closed:
                self._file.write(line + "\n")

    def set_seconds_left(self, seconds: float) -> None:
        """A batch with a time budget ends then."""
        self._deadline = time.monotonic() + seconds

    def begin(self, run: str, total: int, each: int) -> None:
        """A look at a run begins: draws in all that it needs, and draws in a replicate."""
        with self._lock:
            self._done = self._done if run == self._run else 0
            self._run, self._total, self._each = run, total, each
            self._recent = deque([(time.monotonic(), self._draws)])

    def end(self, *, failed: bool = False, seconds: float | None = None) -> None:
        """A run is finished, or failed; `seconds` it took, where it was computed in this session."""
        with self._lock:
            self._run, self._done, self._total = "", 0, 0
            self._finished += not failed
            self._failed += failed
            if seconds is not None:
                self._spent, self._measured = self._spent + seconds, self._measured + 1

    def drawn(self, count: int) -> None:
        """`count` more draws are simulated."""
        with self._lock:
            now = time.monotonic()
            self._draws += count
            self._recent.append((now, self._draws))
            while len(self._recent) > 2 and self._recent[0][0] < now - _WINDOW:
                self._recent.popleft()
            due = now - self._logged >= PERIOD
            if due:
                self._logged = now
        if due:
            self.event("progress", **self.state().__dict__)

    def finished(self, portion: Portion) -> None:
        """Replicates of the current run are done, or were found done."""
        with self._lock:
            self._done += len(portion.rows) * self._each

    def state(self) -> State:
        """How the batch stands now."""
        with self._lock:
            first, count = self._recent[0]
            span = self._recent[-1][0] - first
            speed = (self._draws - count) / span if span > 0 else 0.0
            left = None
            if self._deadline is not None:
                left = max(self._deadline - time.monotonic(), 0.0)
            elif self._measured:
                left = self._spent / self._measured * (self._runs - self._finished - self._failed)
            return State(
                self._finished, self._failed, self._runs, self._run, self._done, self._total, self._draws,
                round(speed, 1), None if left is None else round(left, 1), memory(),
            )  # fmt: skip

    def close(self) -> None:
        """Let go of the log."""
        with self._lock, suppress(OSError):
            self._file.close()


def memory() -> int:
    """Bytes of memory that this process holds: now where the system tells, else at most so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else 1024 * most
