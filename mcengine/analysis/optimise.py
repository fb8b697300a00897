"""The money split as a decision: which shares of the public money a_p over the phases make most of it?

The plan's public budget is kept, and so is each phase's public share s_p; a split decides which phase gets how much of
it. The private ratios r_p = a_p (1 - s_p) / s_p are those of the new split. So leverage moves with it: a
draw's leverage times sum r(a) / sum r(a of the plan). Or it is held as drawn, and the ratios only divide the private
money.

All splits are judged on one stored sample (common random numbers), by several searches. The best of them fits the
luck of that sample, so its gain is measured on fresh replicates, paired with the plan's split draw by draw; how much
less that is than on the sample is the optimism of the search (Smith & Winkler 2006, Management Science 52, 311-322).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.optimise_measure import measured, optimism, phase_share
from mcengine.analysis.optimise_result import OptimiseResult
from mcengine.analysis.optimise_search import (
    ALIKE,
    FIXED,
    LEVERAGES,
    MEAN,
    MOVES,
    OBJECTIVES,
    Search,
    Splits,
    Start,
    measure,
    starting_points,
)
from mcengine.analysis.sensitivity import EXPECTED
from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import LEAST_N, check_size
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.run import default_threads
from mcengine.engine.threads import in_order
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.plan import PIPELINE, Plan
from mcengine.inputs.study import Study
from mcengine.models.model import CONTINUOUS, Model

Array = NDArray[np.float64]
Observer = Callable[[int, int], None]

DEFAULT_N, DEFAULT_REPLICATES = 1024, 16
RANDOM_STARTS = 4  # by default, beside the named ones
MOST_DRAWS = 2**20  # of the stored sample: 0.4 GB
AGREES, KEPT = 0.99, 0.95  # shares of the gain: of a start that agrees, and kept within a phase's range
NOTHING_VARIES = "nothing varies in this study: each split has one outcome, and a gain no error"
ONE_PHASE = (
    "plan accounting takes it that candidates stand ready in every phase, so it tends to send all money to one of "
    "them; pipeline accounting moves real ones"
)


def optimise(
    study: Study,
    *,
    objective: str = MEAN,
    leverage: str = MOVES,
    output: str | None = None,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    starts: int | None = None,
    threads: int | None = None,
    observer: Observer | None = None,
) -> OptimiseResult:
    """The split of the public money over the plan's phases with the highest mean, or P(> 0), of the NPV.

    objective   "mean" or "prob_positive"
    leverage    "moves": the drawn leverage times sum r(a) / sum r(a of the plan); "fixed": as drawn
    output      a continuous output of every draw, "npv" when None
    n           draws a replicate, rounded up to a power of two; as many replicates again measure the gain
    starts      of the search, by default the plan's split, equal shares, mostly each phase, and 4 at random
    threads     how many; the answer does not depend on it
    observer    told (searches done, searches in all)

    Raises
    ------
    InputError      a study without a plan, or an option that cannot be, all at once
    NonFiniteError  the output is NaN or infinite in some draw under some split
    """
    n, notes = _checked(study, objective, leverage, n, replicates, starts)
    began, seed, workers = time.perf_counter(), check_seed(seed), threads or default_threads()
    problem = build_problem(study, seed=seed, draws=n)
    row = _output(problem.model, output)
    if len(problem.design.uncertain) == 0:
        n, replicates, notes = LEAST_N, 2, (NOTHING_VARIES,)
    splits, fresh = (
        Splits(problem, _stored(problem, range(first, first + replicates), n, workers), first, row, leverage == MOVES)
        for first in (0, replicates)
    )
    names = [phase.name for phase in _plan(study).phases]
    at_plan = splits.values(splits.plan)
    planned, scale = measure(at_plan, objective), _scale(at_plan)
    search = Search(splits, objective, scale)
    points = starting_points(splits, names, starts or 2 + len(names) + RANDOM_STARTS, seed)
    found = tuple(_searched(search, points, workers, observer))
    top = max(found, key=lambda start: start.value)  # the first of equals
    better = top.value - planned > ALIKE * (max(scale, abs(planned)) if objective == MEAN else 1.0)
    best, gain = (np.array(top.shares), top.value - planned) if better else (splits.plan, 0.0)
    effects, left, rows = measured(fresh, best, objective, better)
    ranges = _ranges(search, best, top.value - (1 - KEPT) * gain, workers) if better else None
    sampled = _by_replicate(splits.values(best), objective) - _by_replicate(at_plan, objective)
    return OptimiseResult(
        study=study,
        output=problem.model.outputs[row].key,
        unit=problem.model.outputs[row].unit,
        objective=objective,
        leverage=leverage,
        seed=seed,
        n=n,
        replicates=replicates,
        phases={name: phase_share(p, name, splits.plan, best, ranges, left) for p, name in enumerate(names)},
        effects=effects,
        optimism=optimism(sampled, rows[:, len(effects)] - rows[:, 0], n, better),
        private=(float(splits.ratios(splits.plan).sum()), float(splits.ratios(best).sum())),
        starts=found,
        agree=sum(start.value >= planned + AGREES * gain for start in found),
        splits=sum(start.tried for start in found),
        rows=rows,
        notes=(*notes, *_notes(study)),
        warnings=study.warnings,
        seconds=time.perf_counter() - began,
        threads=workers,
    )


def _scale(values: Array) -> float:
    """The size of what outcomes differ by: their standard deviation, or where they do not differ their own size."""
    spread, size = float(values.std()), float(np.abs(values).mean())
    return spread if spread > ALIKE * size else size or 1.0


def _plan(study: Study) -> Plan:
    assert study.plan is not None
    return study.plan


def _checked(
    study: Study, objective: str, leverage: str, n: int, replicates: int, starts: int | None
) -> tuple[int, tuple[str, ...]]:
    """(draws a replicate, notes), when everything can be; else InputError with all faults."""
    faults: list[Fault] = []
    notes: tuple[str, ...] = ()
    for key, value, valid in (("objective", objective, OBJECTIVES), ("leverage", leverage, LEVERAGES)):
        if value not in valid:
            faults.append(Fault(None, key, value, f"must be one of {', '.join(valid)}", nearest_name(value, valid)))
    if starts is not None and (isinstance(starts, bool) or not isinstance(starts, int) or starts < 1):
        faults.append(Fault(None, "starts", starts, "must be a whole number of at least 1"))
    try:
        n, notes = check_size(n, replicates)
        if n * replicates > MOST_DRAWS:
            rule = (
                f"gives {n * replicates:,} draws over {replicates} replicates, which are kept: at most {MOST_DRAWS:,}"
            )
            faults.append(Fault(None, "n", n, rule))
    except InputError as error:
        faults.extend(error.faults)
    if study.plan is None or len(study.plan.phases) < 2:
        rule = (
            "has no plan with phases to split money over" if study.plan is None else "has one phase: nothing to split"
        )
        faults.append(Fault(study.file, "plan", study.name, rule))
    elif leverage == FIXED and (public := [p.name for p in study.plan.phases if p.public_share >= 1]):
        rule = f"needs private money in every phase, and {', '.join(public)} has none; let it move"
        faults.append(Fault(None, "leverage", leverage, rule))
    if faults:
        raise InputError(faults)
    return n, notes


def _notes(study: Study) -> Iterator[str]:
    """What to know of the study's options before believing the split."""
    if study.options.luck:
        yield EXPECTED
    if study.options.accounting != PIPELINE:
        yield ONE_PHASE


def _output(model: Model, output: str | None) -> int:
    """The row of a continuous output that every draw computes."""
    names = [o.key for o in model.headline_outputs if o.kind == CONTINUOUS]
    output = output or "npv"
    if output not in names:
        rule = f"must be one of {', '.join(names)}"
        raise InputError(Fault(None, "output", output, rule, nearest_name(output, names)))
    return model.output_index(output)


def _stored(problem: Problem, indices: Sequence[int], n: int, threads: int) -> list[Array]:
    """Inputs of these replicates, each float64 (inputs, n)."""

    def work(index: int, stop: object) -> Array:
        return np.ascontiguousarray(problem.inputs(index, 0, n)[0])

    return list(in_order(work, indices, threads))


def _searched(
    search: Search, points: Sequence[tuple[str, Array]], threads: int, observer: Observer | None
) -> Iterator[Start]:
    """The searches from all points, in order; each is computed by one thread."""

    def work(index: int, stop: Event) -> Start:
        return search.climb(*points[index], stop)

    for done, found in enumerate(in_order(work, range(len(points)), threads), start=1):
        if observer:
            observer(done, len(points))
        yield found


def _ranges(search: Search, best: Array, least: float, threads: int) -> list[tuple[float, float]]:
    def work(phase: int, stop: object) -> tuple[float, float]:
        return search.range_of(phase, best, least)

    return list(in_order(work, range(len(best)), threads))


def _by_replicate(values: Array, objective: str) -> Array:
    """The objective of each replicate, float64 (replicates,)."""
    return np.array([measure(own, objective) for own in values])
