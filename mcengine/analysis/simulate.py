"""`run`: a study, so many draws, one seed -> a `Result`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.result import Result
from mcengine.analysis.summary import Pool, summarise, summarise_years
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.replicates import DEFAULT_BLOCK, columns, yearly_draws
from mcengine.engine.run import Observer, default_threads, digest, lay_out, run_replicates
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study
from mcengine.models.model import Model
from mcengine.sampling.points import DEFAULT_SAMPLER, SAMPLERS
from mcengine.sampling.streams import SEED_LIMIT, fresh_seed

DEFAULT_DRAWS = 1_000_000


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
    outputs     further outputs to watch ("cash_flow[2030]")
    model       a model of the caller's own, whose inputs are the study's
    threads, block   how the work is cut; they change the time and no bit
    observer    makes an observer of the progress from the problem and the draws in all

    Raises
    ------
    InputError      draws, replicates, seed, sampler or an output that cannot be
    NonFiniteError  an output is NaN or infinite in some draw
    """
    layout = lay_out(draws, replicates, sampler=check_sampler(sampler))
    problem = build_problem(
        study,
        seed=check_seed(seed),
        draws=layout.draws,
        sampler=sampler,
        outputs=tuple(outputs),
        model=model,
    )
    pool = Pool(len(problem.watched), len(problem.groups))
    rows = []
    started = time.perf_counter()
    watcher = observer(problem, layout.total) if observer else None
    for replicate in run_replicates(
        problem, layout.draws, range(layout.replicates), threads=threads, block=block, observer=watcher
    ):
        pool.add(replicate.histogram)
        rows.append(replicate.row)
    seconds = time.perf_counter() - started
    return result_of(problem, np.array(rows), pool, layout.draws, layout.notes, seconds, threads or default_threads())


def result_of(
    problem: Problem,
    rows: NDArray[np.float64],
    pool: Pool,
    draws: int,
    notes: tuple[str, ...] = (),
    seconds: float = 0.0,
    threads: int = 1,
) -> Result:
    """The `Result` of finished replicates: rows float64 (replicates, numbers), `draws` in each of them."""
    names = columns(problem)
    outputs, sets = summarise(problem, names, rows, pool)
    kept = yearly_draws(draws) * len(rows)
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
        notes=notes,
        warnings=problem.study.warnings,
        seconds=seconds,
        threads=threads,
    )
