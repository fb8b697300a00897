"""The finished replicates of a run: rows in order of index, histograms added up, and what of it is news to a keeper."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.summary import Pool
from mcengine.engine.replicates import Portion


class Keeper(Protocol):
    """Keeps the finished replicates of a run, so that it can go on after any stop (`store.checkpoints`).

    It fetches what is new at its own pace, so that a run with many small replicates need not wait for a disk.
    """

    def kept(self) -> Iterator[Portion]:
        """What earlier times have left: sound portions in order of index, none twice, none across a planned look."""

    def follow(self, fresh: Callable[[], list[Portion]]) -> None:
        """Told once, at the start: `fresh` gives, from any thread, what was finished since it was last called."""

    def news(self) -> None:
        """There is something fresh. Raises InterruptedRun when earlier news could not be kept."""

    def flush(self) -> None:
        """Return when all there is is kept. Raises InterruptedRun when it cannot be."""


@dataclass
class _Open:
    """Replicates gathered since the keeper last asked: consecutive, and of one look."""

    first: int
    rows: list[NDArray[np.float64]]
    pool: Pool
    seconds: float


class Gathered:
    """Finished replicates in order of index: `rows`, float64 (replicates, numbers), and `pool`.

    keeping  whether a keeper will ask for `fresh` portions; each portion then is added once to what is fresh, and
             what is fresh once to the rest whenever it is fetched, so that the cost is the keeper's pace
    seconds  wall time spent, from `resume` on; of earlier times as the portions have it
    """

    def __init__(self, outputs: int, groups: int, *, keeping: bool) -> None:
        self.seconds = 0.0
        self._shape = outputs, groups
        self._keeping = keeping
        self._lock = threading.Lock()
        self._rows: list[NDArray[np.float64]] = []
        self._count = 0
        self._total = Pool(outputs, groups)
        self._closed: list[Portion] = []
        self._open: _Open | None = None
        self._clock = time.perf_counter()

    def __len__(self) -> int:
        return self._count

    def resume(self) -> None:
        """The clock runs from here."""
        self._clock = time.perf_counter()

    def add(self, portion: Portion, *, kept: bool = False) -> None:
        """Take in the next portion; one that is `kept` already is no news."""
        now = time.perf_counter()
        seconds = portion.seconds if kept else now - self._clock
        self.seconds, self._clock = self.seconds + seconds, now
        with self._lock:
            self._rows.append(portion.rows)
            self._count += len(portion.rows)
            if kept or not self._keeping:
                self._close()
                self._total.add(portion.histogram)
                return
            if self._open is None:
                self._open = _Open(portion.first, [], Pool(*self._shape), 0.0)
            self._open.rows.append(portion.rows)
            self._open.pool.add(portion.histogram)
            self._open.seconds += seconds

    def close_portion(self) -> None:
        """What follows is of another look: it goes into a portion of its own."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        """Close the portion under way; the lock is held."""
        if self._open is not None:
            rows = np.concatenate(self._open.rows)
            self._closed.append(Portion(self._open.first, rows, self._open.pool.histogram, self._open.seconds))
            self._open = None

    def fresh(self) -> list[Portion]:
        """What was added since the last call, consecutive replicates of one look as one portion. From any thread."""
        with self._lock:
            self._close()
            portions, self._closed = self._closed, []
            for portion in portions:
                self._total.add(portion.histogram)
        return portions

    @property
    def rows(self) -> NDArray[np.float64]:
        """All rows so far."""
        return np.concatenate(self._rows)

    def pool(self) -> Pool:
        """All histograms so far, added up."""
        with self._lock:
            self._close()
            if not self._closed:
                return self._total
            pool = Pool(*self._shape)
            for histogram in (self._total.histogram, *(portion.histogram for portion in self._closed)):
                pool.add(histogram)
            return pool
