"""The one run that a batch has in memory, with its checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from mcengine.analysis.simulate import Simulation
from mcengine.engine.problem import Problem
from mcengine.engine.replicates import Portion
from mcengine.engine.run import Observer, Source
from mcengine.errors import InputError
from mcengine.scale.events import Monitor
from mcengine.scale.folder import BatchFolder
from mcengine.scale.plan import BatchPlan, PlannedRun
from mcengine.store.checkpoints import Checkpoints, run_key


@dataclass(frozen=True)
class Heard:
    """An observer for the monitor, with a heartbeat from the batch's own thread."""

    monitor: Monitor
    beat: Callable[[], None]

    def drawn(self, count: int) -> None:
        """`count` more draws are simulated."""
        self.monitor.drawn(count)

    def finished(self, portion: Portion) -> None:
        """Replicates are done."""
        self.monitor.finished(portion)
        self.beat()


class Current:
    """At most one simulation at a time; another one takes its place, and finds what it has computed on the disk."""

    def __init__(
        self,
        plan: BatchPlan,
        folder: BatchFolder,
        monitor: Monitor,
        observer: Observer,
        *,
        threads: int | None,
        source: Source | None,
    ) -> None:
        self._plan, self._folder, self._monitor, self._observer = plan, folder, monitor, observer
        self._threads, self._source = threads, source
        self._slug, self._stack = "", ExitStack()
        self._simulation: Simulation | None = None

    def problem(self, slug: str) -> Problem | None:
        """What is computed for a run, when it is the one in memory."""
        return self._simulation.problem if self._simulation is not None and self._slug == slug else None

    def simulation(self, run: PlannedRun, looks: int) -> Simulation:
        """The simulation of a run, with at least as many looks taken.

        Raises
        ------
        InputError      the run's study, or its model, cannot be used
        NonFiniteError  an output is NaN or infinite in some draw
        InterruptedRun  finished replicates cannot be kept
        """
        if self._simulation is None or self._slug != run.slug:
            self.close()
            self._monitor.event("run_started", run=run.slug, study=run.cell.study, settings=dict(run.cell.settings))
            self._slug, self._simulation = run.slug, self._begun(run)
        simulation = self._simulation
        while simulation.taken < looks and not simulation.finished:
            each = simulation.layout.draws
            self._monitor.begin(run.slug, simulation.looks[simulation.taken] * each, each)
            simulation.advance()
        return simulation

    def _begun(self, run: PlannedRun) -> Simulation:
        if run.study is None:
            raise run.fault or InputError(())
        manifest, cell = self._plan.manifest, run.cell
        with ExitStack() as stack:

            def refused(reason: str) -> None:
                self._monitor.event("refused", run=run.slug, reason=reason)

            def keeper(problem: Problem, draws: int, looks: Sequence[int]) -> Checkpoints:
                work = self._folder.work(run.slug)
                return stack.enter_context(Checkpoints(work, run_key(problem, draws), looks, refused))

            simulation = Simulation(
                run.study,
                draws=cell.draws,
                replicates=cell.replicates,
                seed=self._plan.seed,
                sampler=manifest.sampler,
                until=cell.until,
                cap=cell.cap,
                outputs=manifest.outputs,
                threads=self._threads,
                observer=lambda problem, total: self._observer,
                source=self._source,
                keeper=keeper,
            )
            self._stack = stack.pop_all()
        return simulation

    def close(self) -> None:
        """Let go of the simulation; its finished replicates are on the disk then. Raises InterruptedRun."""
        self._simulation = None
        self._stack.close()
