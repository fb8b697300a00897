"""`run`: a study, so many draws, one seed -> a `Result`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.correlations import rank_correlations
from mcengine.analysis.gathered import Gathered, Keeper
from mcengine.analysis.result import Result
from mcengine.analysis.summary import Pool, summarise, summarise_years
from mcengine.analysis.until import (
    DEFAULT_CAP,
    MISS,
    Reached,
    Stopping,
    check_targets,
    look,
    parse_targets,
    planned_looks,
    reason,
    time_up,
)
from mcengine.engine.problem import PILOT_REPLICATE, Problem, build_problem
from mcengine.engine.replicates import (
    CONTINUOUS_STATISTICS,
    DEFAULT_BLOCK,
    QUANTILES,
    YEAR_STATISTICS,
    Portion,
    columns,
    run_replicate,
    yearly_draws,
)
from mcengine.engine.run import Local, Observer, Silent, Source, default_threads, digest, lay_out
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study
from mcengine.models.model import YEAR, Model, Output
from mcengine.sampling.points import DEFAULT_SAMPLER, SAMPLERS
from mcengine.sampling.streams import SEED_LIMIT, fresh_seed

if TYPE_CHECKING:
    from mcengine.analysis.luck_result import LuckResult

Watcher = Callable[[Problem, int], Observer]
KeeperMaker = Callable[[Problem, int, Sequence[int]], Keeper]
"""From the problem, the draws in a replicate and the planned looks (replicates in all at each)."""

DEFAULT_DRAWS = 1_000_000
WARM_UP_DRAWS = 64


def check_seed(seed: int | None) -> int:
    """`seed`, or a fresh one for None.

    Raises
    ------
    InputError  a seed that is not a whole number from 0 to 2^128 - 1.
    """
    if seed is None:
        return fresh_seed()
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise InputError(Fault(None, "seed", seed, "must be a whole number from 0 to 2^128 - 1"))
    return seed


def check_sampler(sampler: str) -> str:
    """`sampler` when there is such a one; else InputError."""
    if sampler not in SAMPLERS:
        rule = f"must be one of {', '.join(SAMPLERS)}"
        raise InputError(Fault(None, "sampler", sampler, rule, nearest_name(sampler, SAMPLERS)))
    return sampler


def run(
    study: Study,
    *,
    draws: int = DEFAULT_DRAWS,
    replicates: int | None = None,
    seed: int | None = None,
    sampler: str = DEFAULT_SAMPLER,
    until: str | None = None,
    cap: int = DEFAULT_CAP,
    looks: int | None = None,
    outputs: Sequence[str] = (),
    model: Model | None = None,
    threads: int | None = None,
    block: int = DEFAULT_BLOCK,
    observer: Watcher | None = None,
    source: Source | None = None,
    keeper: KeeperMaker | None = None,
) -> Result:
    """Simulate `study` and summarise.

    draws       in all; rounded up to equal replicates, which `Result.notes` then says
    replicates  independent replicates, 32 unless given; more where a replicate would pass 2^20 draws
    seed        0 ... 2^128 - 1; drawn and recorded when None
    sampler     "sobol", "random" or "lhs"
    until       precision to go on to, as in "npv.mean=10m, npv.p05=1%" (`analysis.until`); `draws` are then those of
                the first look, and `cap` the most in all
    looks       the most looks to take at a run with `until`, as when time is short; all that the cap allows when None
    outputs     further outputs to watch ("cash_flow[2030]")
    model       a model of the caller's own, whose inputs are the study's
    threads, block   how the work is cut; they change the time and no bit
    observer    makes an observer of the progress from the problem and the draws of the first look
    source      where replicates come from, instead of threads of this process
    keeper      makes what keeps finished replicates and gives back those of earlier times (`store.checkpoints`)

    Raises
    ------
    InputError      draws, replicates, seed, sampler, target or an output that cannot be
    NonFiniteError  an output is NaN or infinite in some draw
    InterruptedRun  finished replicates cannot be kept
    """
    simulation = Simulation(
        study,
        draws=draws,
        replicates=replicates,
        seed=seed,
        sampler=sampler,
        until=until,
        cap=cap,
        outputs=outputs,
        model=model,
        threads=threads,
        block=block,
        observer=observer,
        source=source,
        keeper=keeper,
    )
    while not simulation.finished and (looks is None or simulation.taken < looks):
        simulation.advance()
    return simulation.result()


class Simulation:
    """A run that is computed one planned look after the other, and goes on where an earlier one stopped.

    Arguments and errors are those of `run`. Whatever the stops between, the same looks give the same bits: replicates
    are computed from their addresses, and looked at in order of index.

    problem, layout  what is computed, and in which replicates
    looks            replicates in all at each planned look: one look without targets
    taken            looks taken so far
    """

    def __init__(
        self,
        study: Study,
        *,
        draws: int = DEFAULT_DRAWS,
        replicates: int | None = None,
        seed: int | None = None,
        sampler: str = DEFAULT_SAMPLER,
        until: str | None = None,
        cap: int = DEFAULT_CAP,
        outputs: Sequence[str] = (),
        model: Model | None = None,
        threads: int | None = None,
        block: int = DEFAULT_BLOCK,
        observer: Watcher | None = None,
        source: Source | None = None,
        keeper: KeeperMaker | None = None,
    ) -> None:
        self.layout = lay_out(draws, replicates, sampler=check_sampler(sampler))
        self._until, self._cap = until, cap
        self._targets = parse_targets(until) if until else ()
        self.problem = build_problem(
            study,
            seed=check_seed(seed),
            draws=self.layout.draws,
            sampler=sampler,
            outputs=tuple(outputs),
            model=model,
            luck=True,
        )
        check_targets(self._targets, statistics_with_intervals(self.problem.watched))
        first = self.layout.replicates
        self.looks = planned_looks(first, self.layout.draws, cap) if self._targets else [first]
        self.taken = 0
        self._threads = threads or default_threads()
        self._source = source or Local(self._threads, block)
        run_replicate(self.problem, PILOT_REPLICATE, WARM_UP_DRAWS)  # compiles what is not: the clock is the draws'
        self._gathered = Gathered(len(self.problem.watched), len(self.problem.groups), keeping=keeper is not None)
        self._keeper = keeper(self.problem, self.layout.draws, self.looks) if keeper else None
        self._kept: Iterator[Portion] = iter(())
        if self._keeper is not None:
            self._keeper.follow(self._gathered.fresh)
            self._kept = self._keeper.kept()
        self._ahead = next(self._kept, None)
        self._observer = observer(self.problem, self.layout.total) if observer else Silent()
        self._result: Result | None = None
        self._reached: tuple[Reached, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to compute: the targets are met, or the last look the cap allows is taken."""
        return self.taken == len(self.looks) or (self.taken > 0 and all(one.met for one in self._reached))

    @property
    def unsettled(self) -> float:
        """The largest half-width over what is allowed at the last look, of targets not met; inf where unknown."""
        ratios = [
            one.half_width / one.allowed if one.half_width is not None and one.allowed else math.inf
            for one in self._reached
            if not one.met
        ]
        return max(ratios, default=0.0 if self.taken else math.inf)

    @property
    def seconds(self) -> float:
        """Wall time of the draws so far, that of earlier times included."""
        return self._gathered.seconds

    def advance(self) -> None:
        """Compute the replicates up to the next planned look, and look.

        Raises
        ------
        NonFiniteError  an output is NaN or infinite in some draw
        InterruptedRun  finished replicates cannot be kept
        """
        self._gathered.resume()
        for portion, kept in self._portions(self.looks[self.taken]):
            self._gathered.add(portion, kept=kept)
            if self._keeper is not None and not kept:
                self._keeper.news()
        self._gathered.close_portion()
        self.taken += 1
        self._result = self._summary()
        self._reached = look(self._targets, self._result.outputs)

    def _portions(self, stop: int) -> Iterator[tuple[Portion, bool]]:
        """The portions up to index `stop`, each kept from earlier times or else computed, and which of the two."""
        while (done := len(self._gathered)) < stop:
            if self._ahead is not None and self._ahead.first == done:
                self._observer.finished(self._ahead)
                yield self._ahead, True
                self._ahead = next(self._kept, None)
                continue
            end = stop if self._ahead is None else min(stop, self._ahead.first)
            for portion in self._source(self.problem, self.layout.draws, range(done, end), observer=self._observer):
                yield portion, False

    def _summary(self) -> Result:
        problem, layout, gathered = self.problem, self.layout, self._gathered
        level = 1.0 - MISS / len(self.looks)
        notes = (*layout.notes, *getattr(self._source, "notes", ()))
        return result_of(
            problem, gathered.rows, gathered.pool(), layout.draws, notes, gathered.seconds, self._threads, level
        )

    def result(self) -> Result:
        """The result at the last look taken, with how the run stopped.

        Raises
        ------
        ValueError  no look is taken yet
        """
        if self._result is None:
            raise ValueError("there is no result before the first look")
        stopping = None
        if self._targets:
            level, planned = 1.0 - MISS / len(self.looks), len(self.looks)
            why = reason(self._reached) if self.finished else time_up(self._reached)
            stopping = Stopping(
                self._until or "", self.looks[0], self._cap, why, self.taken, planned, level, self._reached
            )
        correlations = rank_correlations(self.problem)
        return replace(self._result, stopping=stopping, correlations=correlations, luck=self._luck())

    def _luck(self) -> LuckResult | None:
        """The split into ignorance and luck, where there is luck."""
        if not self.problem.model.luck:
            return None
        from mcengine.analysis.luck import luck

        return luck(self.problem.study, seed=self.problem.seed, model=self.problem.model, threads=self._threads)


def statistics_with_intervals(watched: Sequence[Output]) -> dict[str, tuple[str, ...]]:
    """For each watched output the statistics that carry an interval."""
    bare = {"count", "min", "max"}
    return {
        output.key: tuple(
            name
            for name in (YEAR_STATISTICS if output.kind == YEAR else CONTINUOUS_STATISTICS)
            if name not in bare and not (output.kind == YEAR and name in QUANTILES)
        )
        for output in watched
    }


def result_of(
    problem: Problem,
    rows: NDArray[np.float64],
    pool: Pool,
    draws: int,
    notes: tuple[str, ...] = (),
    seconds: float = 0.0,
    threads: int = 1,
    level: float = 0.95,
) -> Result:
    """The `Result` of finished replicates: rows float64 (replicates, numbers), `draws` in each of them.

    level  of the intervals: 0.95, or higher for each look at a run that may stop early (`analysis.until`)
    """
    names = columns(problem)
    outputs, sets = summarise(problem, names, rows, pool, level)
    kept = yearly_draws(draws) * len(rows)
    moved = tuple(
        f"rank correlation {r.first} - {r.second} moved from {r.stated:g} to {r.used:.4f}: "
        "the stated ones cannot hold together"
        for r in problem.repairs
    )
    return Result(
        study=problem.study,
        seed=problem.seed,
        sampler=problem.sampler,
        draws=draws * len(rows),
        replicates=len(rows),
        digest=digest(rows),
        outputs=outputs,
        sets=sets,
        years=summarise_years(problem, names, rows, kept),
        columns=names,
        rows=rows,
        notes=(*notes, *moved),
        warnings=problem.study.warnings,
        seconds=seconds,
        threads=threads,
    )
