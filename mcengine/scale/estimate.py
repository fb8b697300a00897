"""What a batch would take, from a pilot of two seconds: draws, hours and disk."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from mcengine.analysis.simulate import Simulation
from mcengine.analysis.until import Reached, planned_looks
from mcengine.engine.run import Local, Silent, default_threads, lay_out
from mcengine.errors import McEngineError
from mcengine.scale.failures import cause_of
from mcengine.scale.plan import BatchPlan, PlannedRun
from mcengine.store.segments import Segment, encode

PILOT_SECONDS = 2.0
PILOT_REPLICATES = 8
REPORT_BYTES = 1_500_000  # pages, figures and workbook of one run
REPORT_SECONDS = 3.0
SEGMENTS = 40  # of a run under way, before they are merged away


@dataclass(frozen=True)
class RunEstimate:
    """One run: draws of its first look, draws it will probably take, the most it may, and seconds for the likely ones.

    speed  draws a second; cause: why the run will fail, "" when nothing is known against it
    """

    slug: str
    study: str
    first: int
    likely: int
    most: int
    speed: float
    disk: int
    work: int
    cause: str = ""

    @property
    def seconds(self) -> float:
        """Wall time of the likely draws and the reports."""
        return self.likely / self.speed + REPORT_SECONDS if self.speed else 0.0


@dataclass(frozen=True)
class _Pilot:
    """What a pilot of one study measures: draws a second, bytes of a segment, numbers in a row, where targets stand.

    reached  at `replicates` replicates of the run's own size
    """

    speed: float
    segment: int
    numbers: int
    reached: tuple[Reached, ...]
    replicates: int


def estimate_batch(plan: BatchPlan, *, threads: int | None = None) -> list[RunEstimate]:
    """An estimate for every run. One run of each study is tried, for `PILOT_SECONDS` in all; its others are like it."""
    studies = dict.fromkeys(run.cell.study for run in plan.runs if run.study is not None)
    share = PILOT_SECONDS / max(len(studies), 1)
    pilots: dict[str, _Pilot | McEngineError] = {}
    found = []
    for run in plan.runs:
        if run.study is None:
            found.append(_failing(run, cause_of(run.fault or ValueError())))
            continue
        if run.cell.study not in pilots:
            try:
                pilots[run.cell.study] = _pilot(plan, run, share, threads)
            except McEngineError as error:
                pilots[run.cell.study] = error
        pilot = pilots[run.cell.study]
        found.append(
            _failing(run, cause_of(pilot)) if isinstance(pilot, McEngineError) else _estimate(plan, run, pilot)
        )
    return found


def _failing(run: PlannedRun, cause: str) -> RunEstimate:
    return RunEstimate(run.slug, run.cell.study, run.cell.draws, 0, 0, 0.0, 0, 0, cause)


def _simulation(plan: BatchPlan, run: PlannedRun, **options: object) -> Simulation:
    assert run.study is not None
    cell = replace(run.cell, **options) if options else run.cell  # type: ignore[arg-type]
    return Simulation(
        run.study,
        draws=cell.draws,
        replicates=cell.replicates,
        seed=plan.seed,
        sampler=plan.manifest.sampler,
        until=cell.until,
        cap=cell.cap,
        outputs=plan.manifest.outputs,
    )


def _pilot(plan: BatchPlan, run: PlannedRun, seconds: float, threads: int | None) -> _Pilot:
    """Try the run: some replicates of its own size for the targets, then as many as the time allows for the speed."""
    whole = _simulation(plan, run)
    each = whole.layout.draws
    tried = _simulation(plan, run, draws=PILOT_REPLICATES * each, replicates=PILOT_REPLICATES, cap=1)
    began = time.perf_counter()
    tried.advance()
    result = tried.result()
    count, size = PILOT_REPLICATES, 0
    source = Local(threads or default_threads())
    while not size or time.perf_counter() - began < seconds:
        portions = list(source(whole.problem, each, range(count, count + PILOT_REPLICATES), observer=Silent()))
        count += len(portions)
        size = size or len(encode(Segment(portions[0], "0" * 64)))
    spent = time.perf_counter() - began
    reached = () if result.stopping is None else result.stopping.reached
    return _Pilot(each * count / spent, size, len(result.columns), reached, PILOT_REPLICATES)


def _estimate(plan: BatchPlan, run: PlannedRun, pilot: _Pilot) -> RunEstimate:
    """Half-widths fall with the root of the number of replicates: the look at which the widest is narrow enough."""
    layout = lay_out(run.cell.draws, run.cell.replicates, sampler=plan.manifest.sampler)
    looks = planned_looks(layout.replicates, layout.draws, run.cell.cap) if run.cell.until else [layout.replicates]
    ratios = [(one.half_width / one.allowed) ** 2 if one.half_width and one.allowed else 1.0 for one in pilot.reached]
    needed = pilot.replicates * max(ratios, default=0.0)
    likely = next((look for look in looks if look >= needed), looks[-1])
    table = 8 * pilot.numbers * likely
    disk = table + 50_000 + (REPORT_BYTES if plan.manifest.reports else 0)
    return RunEstimate(
        run.slug, run.cell.study, looks[0] * layout.draws, likely * layout.draws, looks[-1] * layout.draws,
        pilot.speed, disk, table + SEGMENTS * pilot.segment,
    )  # fmt: skip
