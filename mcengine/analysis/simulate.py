"""`run`: a study, so many draws, one seed -> a `Result`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.correlations import rank_correlations
from mcengine.analysis.result import Result
from mcengine.analysis.summary import Pool, summarise, summarise_years
from mcengine.analysis.until import (
    DEFAULT_CAP,
    MISS,
    Stopping,
    check_targets,
    look,
    parse_targets,
    planned_looks,
    reason,
)
from mcengine.engine.problem import PILOT_REPLICATE, Problem, build_problem
from mcengine.engine.replicates import (
    CONTINUOUS_STATISTICS,
    DEFAULT_BLOCK,
    QUANTILES,
    YEAR_STATISTICS,
    Replicate,
    columns,
    run_replicate,
    yearly_draws,
)
from mcengine.engine.run import Layout, Observer, default_threads, digest, lay_out, run_replicates
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study
from mcengine.models.model import YEAR, Model
from mcengine.sampling.points import DEFAULT_SAMPLER, SAMPLERS
from mcengine.sampling.streams import SEED_LIMIT, fresh_seed

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
    outputs: Sequence[str] = (),
    model: Model | None = None,
    threads: int | None = None,
    block: int = DEFAULT_BLOCK,
    observer: Callable[[Problem, int], Observer] | None = None,
) -> Result:
    """Simulate `study` and summarise.

    draws       in all; rounded up to equal replicates, which `Result.notes` then says
    replicates  independent replicates, 32 unless given; more where a replicate would pass 2^20 draws
    seed        0 ... 2^128 - 1; drawn and recorded when None
    sampler     "sobol", "random" or "lhs"
    until       precision to go on to, as in "npv.mean=10m, npv.p05=1%" (`analysis.until`); `draws` are then those of
                the first look, and `cap` the most in all
    outputs     further outputs to watch ("cash_flow[2030]")
    model       a model of the caller's own, whose inputs are the study's
    threads, block   how the work is cut; they change the time and no bit
    observer    makes an observer of the progress from the problem and the draws of the first look

    Raises
    ------
    InputError      draws, replicates, seed, sampler, target or an output that cannot be
    NonFiniteError  an output is NaN or infinite in some draw
    """
    layout = lay_out(draws, replicates, sampler=check_sampler(sampler))
    targets = parse_targets(until) if until else ()
    problem = build_problem(
        study,
        seed=check_seed(seed),
        draws=layout.draws,
        sampler=sampler,
        outputs=tuple(outputs),
        model=model,
    )
    check_targets(targets, statistics_with_intervals(problem))
    looks = planned_looks(layout.replicates, layout.draws, cap) if targets else [layout.replicates]
    run_replicate(problem, PILOT_REPLICATE, WARM_UP_DRAWS)  # compiles what is not, so that the clock is the draws'
    collected = _Collected(problem, layout, threads or default_threads())
    watcher = observer(problem, layout.total) if observer else None
    started = time.perf_counter()
    taken = 0
    for count in looks:
        taken += 1
        indices = range(len(collected.rows), count)
        for replicate in run_replicates(problem, layout.draws, indices, threads=threads, block=block, observer=watcher):
            collected.add(replicate)
        collected.seconds = time.perf_counter() - started
        result = collected.result(1.0 - MISS / len(looks))
        reached = look(targets, result.outputs)
        if targets and all(one.met for one in reached):
            break
    if targets:
        level = 1.0 - MISS / len(looks)
        state = Stopping(until or "", looks[0], cap, reason(reached), taken, len(looks), level, reached)
        result = replace(result, stopping=state)
    return replace(result, correlations=rank_correlations(problem))


class _Collected:
    """The replicates of a run so far: their rows and the pooled histograms."""

    def __init__(self, problem: Problem, layout: Layout, threads: int) -> None:
        self.problem, self.layout, self.threads = problem, layout, threads
        self.pool = Pool(len(problem.watched), len(problem.groups))
        self.rows: list[NDArray[np.float64]] = []
        self.seconds = 0.0

    def add(self, replicate: Replicate) -> None:
        """Take in a finished replicate."""
        self.pool.add(replicate.histogram)
        self.rows.append(replicate.row)

    def result(self, level: float) -> Result:
        """The result so far, with intervals of `level`."""
        rows = np.array(self.rows)
        return result_of(
            self.problem, rows, self.pool, self.layout.draws, self.layout.notes, self.seconds, self.threads, level
        )


def statistics_with_intervals(problem: Problem) -> dict[str, tuple[str, ...]]:
    """For each watched output the statistics that carry an interval."""
    bare = {"count", "min", "max"}
    return {
        output.key: tuple(
            name
            for name in (YEAR_STATISTICS if output.kind == YEAR else CONTINUOUS_STATISTICS)
            if name not in bare and not (output.kind == YEAR and name in QUANTILES)
        )
        for output in problem.watched
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
