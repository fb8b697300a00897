"""How many draws in how many replicates, and running them: finished replicates reach the caller in order of index."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mcengine.engine.problem import Problem
from mcengine.engine.replicates import DEFAULT_BLOCK, Portion, run_replicate
from mcengine.engine.threads import in_order
from mcengine.errors import Fault, InputError
from mcengine.sampling.points import DEFAULT_SAMPLER

MAX_DRAWS = 2**20  # in one replicate; larger runs take more replicates
MAX_TOTAL = 10**12
DEFAULT_REPLICATES = 32


class Observer(Protocol):
    """What a caller of a run may want to hear, from any thread."""

    def drawn(self, count: int) -> None:
        """`count` more draws are simulated."""

    def finished(self, portion: Portion) -> None:
        """A replicate, or several, are done; called in order of index, from the caller's thread."""


class Silent:
    """An observer that hears nothing."""

    def drawn(self, count: int) -> None:
        """Ignored."""

    def finished(self, portion: Portion) -> None:
        """Ignored."""


class Source(Protocol):
    """Where finished replicates come from: threads of this process (`Local`), or other machines."""

    def __call__(
        self, problem: Problem, draws: int, indices: Sequence[int], *, observer: Observer
    ) -> Iterator[Portion]:
        """Yield the consecutive replicates `indices`, of `draws` draws each, in order, in portions of any size.

        Tells `observer` of every draw and portion; raises the NonFiniteError of the first replicate that has one.
        """


@dataclass(frozen=True)
class Local:
    """Replicates computed by `threads` threads of this process, in blocks of `block` draws."""

    threads: int | None = None
    block: int = DEFAULT_BLOCK

    def __call__(
        self, problem: Problem, draws: int, indices: Sequence[int], *, observer: Observer
    ) -> Iterator[Portion]:
        """Yield the replicates `indices` one by one."""
        return run_replicates(problem, draws, indices, threads=self.threads, block=self.block, observer=observer)


@dataclass(frozen=True)
class Layout:
    """How the draws are laid out: `replicates` of `draws` each; `notes` say what was rounded, and why."""

    draws: int
    replicates: int
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All draws of the run."""
        return self.draws * self.replicates


def lay_out(draws: int, replicates: int | None = None, *, sampler: str = DEFAULT_SAMPLER) -> Layout:
    """Lay `draws` out over replicates of equal size, at most 2^20 each; powers of two with Sobol' points.

    Raises
    ------
    InputError  draws below 2 a replicate or above 10^12; replicates below 2.
    """
    faults = []
    wanted = DEFAULT_REPLICATES if replicates is None else replicates
    if wanted < 2:
        faults.append(Fault(None, "replicates", replicates, "needs at least 2: the intervals are the spread over them"))
    elif isinstance(draws, bool) or not isinstance(draws, int):
        faults.append(Fault(None, "draws", draws, "must be a whole number"))
    elif not 2 * wanted <= draws <= MAX_TOTAL:
        rule = f"must be between {2 * wanted} (2 in each of {wanted} replicates) and {MAX_TOTAL:.0e}"
        faults.append(Fault(None, "draws", draws, rule))
    if faults:
        raise InputError(faults)
    notes = []
    count = max(wanted, -(-draws // MAX_DRAWS))
    if count > wanted:
        notes.append(f"{count} replicates instead of {wanted}: a replicate holds at most {MAX_DRAWS:,} draws")
    each = -(-draws // count)
    why = ""
    if sampler == "sobol" and each & (each - 1):
        each, why = 1 << each.bit_length(), ", a power of two for Sobol' points"
    if each * count != draws:
        notes.append(f"{each * count:,} draws instead of {draws:,}: {count} replicates of {each:,} each{why}")
    return Layout(each, count, tuple(notes))


def default_threads() -> int:
    """Threads a run uses: NUMBA_NUM_THREADS where set, else the processors this process may use."""
    named = os.environ.get("NUMBA_NUM_THREADS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_replicates(
    problem: Problem,
    draws: int,
    indices: Sequence[int],
    *,
    threads: int | None = None,
    block: int = DEFAULT_BLOCK,
    observer: Observer | None = None,
) -> Iterator[Portion]:
    """Yield the replicates `indices`, of `draws` draws each, in that order, one at a time.

    Raises
    ------
    NonFiniteError  from the first replicate (by index) that met a non-finite output.
    """
    heard = observer or Silent()

    def work(index: int, stop: threading.Event) -> Portion:
        return run_replicate(problem, index, draws, block=block, stop=stop, progress=heard.drawn)

    for portion in in_order(work, indices, threads or default_threads()):
        heard.finished(portion)
        yield portion


def digest(rows: NDArray[np.float64]) -> str:
    """sha256 of the replicates' numbers, float64 (replicates, numbers), in order; NaN in one form."""
    canonical = np.where(np.isnan(rows), np.nan, rows).astype("<f8")
    return "sha256:" + hashlib.sha256(np.ascontiguousarray(canonical).tobytes()).hexdigest()
