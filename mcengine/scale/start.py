"""Begin a batch or go on with one: manifest, folder, lock, in that order; what is refused is refused at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mcengine.engine.run import Source
from mcengine.errors import Fault, InputError
from mcengine.scale.batch import Batch, Reports
from mcengine.scale.events import Monitor
from mcengine.scale.folder import BatchFolder
from mcengine.scale.manifest import read_manifest
from mcengine.scale.plan import BatchPlan, plan_batch
from mcengine.scale.schedule import RunState


@dataclass(frozen=True)
class Outcome:
    """What a batch came to: every run in order, and where it lies."""

    plan: BatchPlan
    folder: BatchFolder
    runs: tuple[RunState, ...]
    used: float

    @property
    def failed(self) -> list[RunState]:
        """Runs that failed, or of which a report or an analysis failed."""
        return [state for state in self.runs if state.cause]


def run_batch(
    manifest: str,
    directory: str | os.PathLike[str],
    reports: Reports,
    *,
    resume: bool = False,
    advice: str = "add --resume",
    threads: int | None = None,
    source: Source | None = None,
    command: Sequence[str] | None = None,
    listen: Callable[[Monitor], None] | None = None,
) -> Outcome:
    """Compute the batch of `manifest`, a file or a bundled name, in `directory`.

    resume  go on with a batch there; without one a new batch begins
    advice  the command that resumes, for messages
    The others are those of `Batch`.

    Raises
    ------
    InputError      the manifest or the folder cannot be used, or something changed since the batch began
    InterruptedRun  stopped before the end; can be resumed
    """
    folder, read = BatchFolder(directory), read_manifest(manifest)
    stored = folder.check(resume=resume, advice=advice)
    plan = plan_batch(read, seed=None if stored is None else stored["batch"].get("seed"))
    with folder.locked():
        again = folder.check(resume=resume, advice=advice)
        if again is None:
            folder.create(plan)
        elif stored is None:
            raise InputError(Fault(None, "--out", folder.shown, f"has just been begun by another process; {advice}"))
        else:
            folder.check_unchanged(again, plan)
        batch = Batch(plan, folder, reports, threads=threads, source=source, command=command, listen=listen)
        states = batch.compute()
    return Outcome(plan, folder, tuple(states), batch.schedule.used)
