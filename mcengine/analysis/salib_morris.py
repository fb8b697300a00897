"""Elementary effects by SALib: how much the output moves when one input does (Morris 1991).

A trajectory starts at a random point of a grid and moves the factors one after another, each once; a move's elementary
effect is the change of the output over the length of the move (SALib's sample and analyze; groups as in Campolongo,
Cariboni & Saltelli 2007). mu* is the mean of their absolute values, mu their mean, sigma their standard deviation,
which is 0 for an input that always has the same effect: it shows curvature and interactions.

The grid lies over probabilities, evenly from P5 to P95 of each input. SALib's own ends, 0 and 1, are the ends of the
distribution, which for an unbounded one do not exist. Effects are per move across the whole grid, from P5 to P95, in
the output's unit. With 4 levels a move is 0.6 of the probability. (Where it is exactly one half, as with 10 levels or
with levels that stand for equal parts of it, an output that repeats itself after half of an input's range, as
Ishigami's does in x2, has no effects at all.)

An input that does nothing has elementary effects of exactly 0, so there is no dummy.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.factors import Groups, build_factors, correlated_blocks
from mcengine.analysis.measures import Measured, MeasuresResult, Scale, measured, repaired
from mcengine.analysis.salib_bridge import Bridge, build_bridge, generator
from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import check_output
from mcengine.analysis.sobol_result import AS_STUDIED, UNCORRELATED
from mcengine.engine.problem import PILOT_REPLICATE, Problem, build_problem
from mcengine.engine.run import default_threads
from mcengine.engine.saltelli import without_correlations
from mcengine.engine.threads import in_order
from mcengine.errors import AnswerNo, Fault, InputError
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model

Array = NDArray[np.float64]

METHOD = "morris"
DEFAULT_N, DEFAULT_REPLICATES, DEFAULT_LEVELS = 128, 16, 4
LEAST_N, MOST_N = 2, 2**14
EDGE = 0.05  # of the probability, beyond the outer levels on either side
MOST_LEVELS = 1000
SCALE = Scale(measures=("mu_star", "sigma", "mu"), shares=(), what="mean absolute effects mu*", small=0.01)

_UNDEFINED = (
    "only the size of an effect counts where inputs move together, each up or down at random, or where one assumption "
    "set replaces another"
)
_LEAST_RESAMPLES = 2  # for SALib's bootstrap, which is not used; fewer divide by 0


def morris(
    study: Study,
    *,
    output: str | None = None,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    groups: Groups | None = None,
    levels: int = DEFAULT_LEVELS,
    model: Model | None = None,
    threads: int | None = None,
) -> MeasuresResult:
    """Elementary effects of one output; "npv", or the model's first, when `output` is None.

    n        trajectories a replicate; each costs one evaluation more than there are factors
    groups   inputs to be moved together, by the group's name
    levels   of the grid from P5 to P95 of each input, an even number
    threads  how many; no number depends on it

    Correlated inputs are moved together, a block of correlations a group, so that no combination is tried that the
    study holds impossible; each input's own effects are then of the study without its correlations, labelled so.
    Means and intervals are from independent replicates (t intervals; effects of different trajectories are
    independent), not SALib's bootstrap.

    Raises
    ------
    InputError      an option that cannot be; nothing uncertain; a group that cannot be
    AnswerNo        the output does not vary; NonFiniteError: it is NaN or infinite in some evaluation
    """
    model = build_model(study) if model is None else model
    output = check_output(study, model, output)
    check_sizes(n, replicates, levels)
    problem = build_problem(study, seed=check_seed(seed), draws=n, outputs=(output,), model=model)
    variants = {AS_STUDIED: problem}
    blocks = correlated_blocks(problem)
    if blocks:
        variants[UNCORRELATED] = without_correlations(problem)
    workers = threads or default_threads()
    started = time.perf_counter()
    found = {
        variant: effects(
            build_bridge(p, build_factors(p, groups if variant == AS_STUDIED else None), (output,)),
            output, variant, n=n, replicates=replicates, levels=levels, threads=workers,
        )
        for variant, p in variants.items()
    }  # fmt: skip
    unit = problem.model.outputs[problem.model.output_index(output)].unit
    return MeasuresResult(
        study=study, output=output, unit=unit, method=METHOD, measures=SCALE.measures,
        units=dict.fromkeys(SCALE.measures, unit), settings={"levels": levels}, seed=problem.seed, n=n,
        replicates=replicates, main=found[AS_STUDIED], apart=found.get(UNCORRELATED),
        notes=_notes(problem, blocks), warnings=study.warnings,
        seconds=time.perf_counter() - started, threads=workers,
    )  # fmt: skip


def check_sizes(n: int, replicates: int, levels: int) -> None:
    """Check the three, all faults at once.

    Raises
    ------
    InputError  n not a whole number from 2 to 2^14, fewer than 2 replicates, or levels odd or outside 4 ... 1,000.
    """
    faults = []
    if isinstance(n, bool) or not isinstance(n, int) or not LEAST_N <= n <= MOST_N:
        rule = f"must be a whole number from {LEAST_N} to {MOST_N:,}, of trajectories in each replicate"
        faults.append(Fault(None, "n", n, rule))
    if isinstance(replicates, bool) or not isinstance(replicates, int) or not 2 <= replicates < PILOT_REPLICATE:
        rule = "must be a whole number of at least 2: the intervals are the spread over them"
        faults.append(Fault(None, "replicates", replicates, rule))
    whole = isinstance(levels, int) and not isinstance(levels, bool)
    if not whole or levels % 2 or not 4 <= levels <= MOST_LEVELS:
        faults.append(Fault(None, "levels", levels, f"must be an even number from 4 to {MOST_LEVELS:,}"))
    if faults:
        raise InputError(faults)


def effects(
    bridge: Bridge, output: str, variant: str, *, n: int, replicates: int, levels: int, threads: int
) -> Measured:
    """The measures of one variant of the study; mu and sigma are not defined for a group.

    Raises
    ------
    AnswerNo  no move changes the output.
    """
    factors = bridge.factors

    def work(replicate: int, stop: object) -> Array:
        return replicate_effects(bridge, output, replicate, n=n, levels=levels)

    each = np.array(list(in_order(work, range(replicates), threads)))
    if not np.any(each[:, :, 0] > 0.0):
        raise AnswerNo(f"{output} is the same in every evaluation of this study, so nothing drives it")
    mu_star, sigma, mu = each.transpose(2, 0, 1)
    centre = mu.mean(axis=0)
    squares = (n - 1) * sigma**2 + n * (mu - centre) ** 2  # within and between replicates (Chan et al. 1983)
    spread = np.sqrt(squares.sum(axis=0) / (n * replicates - 1))
    pooled = np.column_stack([mu_star.mean(axis=0), spread, centre])
    several = [f for f, factor in enumerate(factors) if factor.members != (factor.name,)]
    pooled[several, 1:] = np.nan
    each[:, several, 1:] = np.nan
    return measured(
        variant, factors, SCALE, pooled, each, n=n, seed=bridge.problem.seed,
        evaluations=replicates * n * (len(factors) + 1), undefined=_UNDEFINED,
    )  # fmt: skip


def replicate_effects(bridge: Bridge, output: str, replicate: int, *, n: int, levels: int) -> Array:
    """mu*, sigma and mu of each factor from SALib, float64 (factors, 3), of one replicate's n trajectories."""
    from SALib.analyze import morris as analyzer
    from SALib.sample import morris as sampler

    problem = on_grid(bridge)
    stream = f"@salib:morris:{replicate}"
    u = sampler.sample(problem, n, num_levels=levels, seed=generator(bridge.problem.seed, stream))
    y = bridge.outputs(u, output, replicate)
    found = analyzer.analyze(
        problem, u, y, num_resamples=_LEAST_RESAMPLES, num_levels=levels,
        seed=generator(bridge.problem.seed, "@salib:morris:bootstrap"),
    )  # fmt: skip
    columns = [np.ma.filled(np.ma.asarray(found[name], dtype=np.float64), np.nan) for name in SCALE.measures]
    return np.column_stack(columns)


def on_grid(bridge: Bridge) -> dict[str, object]:
    """SALib's problem with the bounds of the grid; SALib completes the dict that it gets, so each call has its own."""
    return {**bridge.salib, "bounds": [[EDGE, 1.0 - EDGE]] * len(bridge.variables)}


def _notes(problem: Problem, blocks: list[list[str]]) -> tuple[str, ...]:
    low, high = 100 * EDGE, 100 * (1 - EDGE)
    notes = [f"effects are per move from P{low:g} to P{high:g} of an input; what happens beyond these is not seen"]
    if blocks:
        listed = "; ".join(", ".join(block) for block in blocks)
        notes.append(
            f"this study's inputs are correlated: each block of correlated inputs is moved as one group ({listed}). "
            "Each input's own effects are of the study without its correlations"
        )
    notes += repaired(problem)
    if len(problem.groups) > 1:
        notes.append(
            "the choice of the assumption set is moved like an input, so that sets take turns by their weights"
        )
    return tuple(notes)
