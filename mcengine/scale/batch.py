"""A batch: its runs one look after the other, each finished piece in its folder, whatever happens in between."""

from __future__ import annotations

import errno
import inspect
import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from mcengine.analysis.methods import METHODS, find
from mcengine.analysis.result import Result
from mcengine.analysis.sensitivity import sensitivity
from mcengine.engine.run import Source
from mcengine.errors import InputError, InterruptedRun
from mcengine.scale.current import Current, Heard
from mcengine.scale.events import Monitor
from mcengine.scale.failures import cause_of, describe_failure
from mcengine.scale.folder import BatchFolder, write_whole
from mcengine.scale.journal import Journal
from mcengine.scale.plan import BatchPlan, PlannedRun
from mcengine.scale.schedule import RunState, Schedule, Step
from mcengine.store.catalogue import record_run
from mcengine.store.checkpoints import sync_folder
from mcengine.store.provenance import read_json
from mcengine.store.results import read_run, write_run
from mcengine.store.sensitivity import check_place, write_sensitivity

HEARTBEAT = 30.0  # seconds of the time budget that a kill can lose


class Reports(Protocol):
    """What a batch has written beside its numbers; made by the layer above."""

    def run(self, result: Result, folder: Path) -> None:
        """Add reports and figures to the folder of a run."""

    def analysis(self, result: Any) -> Mapping[str, str]:
        """The figures of an analysis, SVG text by name."""

    def index(self, plan: BatchPlan, states: Sequence[RunState], folder: Path) -> str:
        """The page that lists every run, for the folder of the batch."""


class Batch:
    """The runs of `plan`, computed in `folder`, which is locked meanwhile.

    threads  as in `run`; source: where replicates come from, instead of threads of this process
    command  the words of the command line, for provenance
    listen   is given the monitor when the computing begins
    """

    def __init__(
        self,
        plan: BatchPlan,
        folder: BatchFolder,
        reports: Reports,
        *,
        threads: int | None = None,
        source: Source | None = None,
        command: Sequence[str] | None = None,
        listen: Callable[[Monitor], None] | None = None,
    ) -> None:
        self.plan, self.folder = plan, folder
        hours = plan.manifest.hours
        self.schedule = Schedule((run.slug for run in plan.runs), None if hours is None else 3600.0 * hours)
        self._reports, self._threads, self._source = reports, threads, source
        self._command, self._listen = command, listen
        self._beat = self._began = time.monotonic()
        self._earlier = 0.0

    def compute(self) -> list[RunState]:
        """Compute what is not finished; returns the state of every run, in order. The caller holds the folder's lock.

        Raises
        ------
        InputError      the journal is damaged
        InterruptedRun  stopped by the user, by a full disk, or before every run had its first look; can be resumed
        """
        try:
            for part in ("runs", "work", "failed"):
                (self.folder.path / part).mkdir(exist_ok=True)
            sync_folder(self.folder.path)
            self._journal = Journal(self.folder.journal)
            self._monitor = Monitor(self.folder.log, len(self.plan.runs))
        except OSError as error:
            raise InterruptedRun(f"{self.folder.path} cannot be written: {error.strerror}") from error
        if self._listen is not None:
            self._listen(self._monitor)
        self._heard = Heard(self._monitor, self._heartbeat)
        self._current = Current(
            self.plan, self.folder, self._monitor, self._heard, threads=self._threads, source=self._source
        )
        try:
            self._take_up()
            self._work()
        except KeyboardInterrupt:
            self._current.close()
            raise InterruptedRun(f"stopped by the user; {self._kept()}") from None
        except OSError as error:
            raise InterruptedRun(f"{self.folder.path} cannot be written: {error.strerror}; {self._kept()}") from error
        finally:
            self._leave()
        return list(self.schedule.runs.values())

    def _kept(self) -> str:
        done = sum(bool(state.digest) for state in self.schedule.runs.values())
        return f"{done} of {len(self.plan.runs)} runs are finished, and the finished replicates of the others are kept"

    def _leave(self) -> None:
        """Close everything, on every way out; what is open is flushed."""
        try:
            self._current.close()
        finally:
            self._monitor.event("batch_left", used=round(self._used(), 3))
            self._monitor.close()
            self._journal.close()

    def _take_up(self) -> None:
        """Go on from the journal, with the finished runs that are still sound."""
        entries = self._journal.entries
        self.schedule.replay(entries)
        self._earlier = self.schedule.used
        self._monitor.event("batch_resumed" if entries else "batch_started", runs=len(self.plan.runs), pid=os.getpid())
        if self.schedule.budget is not None:
            self._monitor.set_seconds_left(self.schedule.budget - self._earlier)
        for state in self.schedule.runs.values():
            if state.digest:
                self._check_finished(state)

    def _check_finished(self, state: RunState) -> None:
        """A finished run whose folder is gone or changed is computed again."""
        folder = self.folder.run(state.slug)
        try:
            stored = read_run(folder)
            fault = "" if stored.provenance["digest"] == state.digest else "its digest is not the one it finished with"
        except InputError as error:
            fault = cause_of(error)
        if fault:
            self._monitor.event("refused", run=state.slug, reason=f"{folder}: {fault}; it is computed again")
            state.digest = ""
            return
        state.summary = stored.summary
        self._list(state.slug)  # again: the batch may have been stopped between finishing it and listing it
        if self.folder.failure(state.slug).is_file():
            failure = read_json(self.folder.failure(state.slug))
            state.cause = f"{failure['stage']}: {failure['cause']}"
        self.folder.remove_work(state.slug)
        self._monitor.end()

    def _work(self) -> None:
        """Step after step until none is left."""
        self._write_index()
        for state in self.schedule.runs.values():
            if state.digest:
                self._analyse(state)
        while (step := self.schedule.next(self._used())) is not None:
            state = self.schedule.runs[step.slug]
            if step.kind == "finish" and not state.last and not self.schedule.time_up:
                self._record("time_up", budget=self.schedule.budget, used=self._used())
                continue
            self._take(step, state)
        unbegun = self.schedule.unbegun()
        if unbegun:
            raise InterruptedRun(
                f"the time was used up before {len(unbegun)} of {len(self.plan.runs)} runs had begun, "
                f"{unbegun[0]} the first of them; give the batch more hours and resume it"
            )

    def _take(self, step: Step, state: RunState) -> None:
        """Take one step; what goes wrong with the run stays with the run."""
        run = self.plan.run(step.slug)
        try:
            if step.kind == "look":
                self._look(run, state, step.look)
            else:
                self._finish(run, state)
                self._analyse(state)
        except Exception as error:
            if _stops(error):
                raise
            self._fail(run, state, error)

    def _look(self, run: PlannedRun, state: RunState, look: int) -> None:
        """Take a look at a run: compute what it needs, after having said so."""
        if not state.decided:
            self._record("look", run=run.slug, look=look)
        simulation = self._current.simulation(run, look)
        unsettled = simulation.unsettled
        self._record(
            "looked",
            run=run.slug,
            look=simulation.taken,
            last=simulation.finished,
            unsettled=None if math.isinf(unsettled) else unsettled,
            seconds=simulation.seconds,
            used=self._used(),
        )

    def _finish(self, run: PlannedRun, state: RunState) -> None:
        """Write the run's folder, and drop its checkpoints."""
        result = self._current.simulation(run, state.looks).result()
        self._forgive(state)
        write_run(
            result,
            self.folder.run(run.slug),
            extra_files=lambda folder: self._report(run, state, result, folder),
            command=self._command,
        )
        state.summary = result.to_dict()
        self._record("finished", run=run.slug, digest=result.digest, draws=result.draws, used=self._used())
        self._list(run.slug)
        self._current.close()
        self.folder.remove_work(run.slug)
        self._monitor.end(seconds=result.seconds)
        speed = result.draws / result.seconds if result.seconds > 0 else None
        details = {"draws": result.draws, "draws_per_second": speed, "seconds": result.seconds}
        self._monitor.event("run_finished", run=run.slug, digest=result.digest, **details)
        self._write_index()

    def _list(self, slug: str) -> None:
        """Add a finished run to the user's catalogue; one that cannot be listed is no less finished."""
        reason = record_run(self.folder.run(slug))
        self.schedule.runs[slug].unlisted = reason or ""
        if reason:
            self._monitor.event("unlisted", run=slug, reason=reason)

    def _report(self, run: PlannedRun, state: RunState, result: Result, folder: Path) -> None:
        """The reports; a fault in one costs the report and not the run."""
        if not self.plan.manifest.reports:
            return
        try:
            self._reports.run(result, folder)
        except Exception as error:
            if _stops(error):
                raise
            self._note(run, state, "report", error)

    def _analyse(self, state: RunState) -> None:
        """The analyses of a finished run that are not done."""
        run = self.plan.run(state.slug)
        for method, options in self.plan.manifest.sensitivity.items():
            if method in state.analysed or run.study is None:
                continue
            try:
                self._analyse_by(run, method, options)
            except Exception as error:
                if _stops(error):
                    raise
                self._note(run, state, method, error)
                continue
            if state.cause.startswith(f"{method}: "):
                self._forgive(state)
            self._record("analysed", run=run.slug, method=method, used=self._used())
            self._monitor.event("analysis_finished", run=run.slug, method=method)
            self._write_index()

    def _analyse_by(self, run: PlannedRun, method: str, options: Mapping[str, Any]) -> None:
        assert run.study is not None
        known = inspect.signature(find(METHODS, method)).parameters
        ours = {"seed": self.plan.seed, "threads": self._threads, "observer": lambda problem, total: self._heard}
        started = datetime.now(UTC)
        self._monitor.begin(f"{run.slug} ({method})", 0, 1)
        result = sensitivity(run.study, method, **options, **{k: v for k, v in ours.items() if k in known})
        target = check_place(self.folder.analysis(run.slug, method))
        pictures = self._reports.analysis(result) if self.plan.manifest.reports else {}
        files = write_sensitivity(
            result.to_dict(), pictures, target, command=self._command, started=started, sources=run.study.sources
        )
        for file in files:
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
        sync_folder(target)

    def _forgive(self, state: RunState) -> None:
        """What failed before has come right."""
        state.cause = ""
        self.folder.failure(state.slug).unlink(missing_ok=True)

    def _fail(self, run: PlannedRun, state: RunState, error: Exception) -> None:
        """A run cannot be finished: say so, and go on with the others."""
        self._note(run, state, "run", error)
        self._current.close()
        self._record("failed", run=run.slug, cause=state.cause, used=self._used())
        self._monitor.end(failed=True)
        self._write_index()

    def _note(self, run: PlannedRun, state: RunState, stage: str, error: Exception) -> None:
        """Keep why a run, its report or an analysis of it failed."""
        problem = self._current.problem(run.slug) if stage == "run" else None
        failure = describe_failure(run, self.plan.manifest, stage, error, problem)
        state.cause = failure["cause"] if stage == "run" else f"{stage}: {failure['cause']}"
        write_whole(self.folder.failure(run.slug), _json(failure))
        self._monitor.event("run_failed", run=run.slug, stage=stage, cause=failure["cause"])

    def _record(self, event: str, **details: Any) -> None:
        """Into the journal, and from there into the schedule."""
        self._journal.add(event=event, **details)
        self.schedule.take(self._journal.entries[-1])
        self._beat = time.monotonic()

    def _used(self) -> float:
        """Seconds of all sessions together."""
        return self._earlier + time.monotonic() - self._began

    def _heartbeat(self) -> None:
        """Now and then the time used, so that a kill does not give it back."""
        if self.schedule.budget is not None and time.monotonic() - self._beat >= HEARTBEAT:
            self._record("used", used=self._used())

    def _write_index(self) -> None:
        states = list(self.schedule.runs.values())
        try:
            write_whole(self.folder.index, self._reports.index(self.plan, states, self.folder.path))
        except Exception as error:  # a page is no reason to lose a night
            if _stops(error):
                raise
            self._monitor.event("index_failed", cause=cause_of(error))


_DISK = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.ESTALE))


def _stops(error: Exception) -> bool:
    """Whether an error stops the whole batch: the disk's troubles would be those of the next run too."""
    return isinstance(error, InterruptedRun) or (isinstance(error, OSError) and error.errno in _DISK)


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
