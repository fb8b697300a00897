"""What pawn, delta and rbd-fast share: they need no design of their own, only draws of the study.

The draws are the study's own, correlations and pooled sets and all, so a measure says how much the output has to do
with an input *as it is drawn*: an input that the model hardly uses, but that goes with one that matters, has a high
measure too.

The estimate is the mean over the replicates and its interval theirs, so it holds what the estimator gives on average
at n draws; what n draws make it too high or too low by is its bias, which the dummy shows and which takes a larger n.
(From all draws together it would be less. But replicates then say little of its noise: such intervals of PAWN held the
estimator's own mean 60 to 100% of the time. Those of rbd-fast are then too wide if anything, and there it is done.)

Draws for pawn and delta are random, not Sobol' points. These cut into classes are too even for some inputs and not
even enough for others: on the evidence study an input that does nothing had a class-wise S1 of 0.009 at 4,096
points, where random draws give 0.004. The dummy, one more input at random, is then what an input gives that does
nothing.

All three methods look at an input's ranks only, so SALib gets ranks; equal values are put in an order of chance.
(SALib's PAWN leaves out the draws at the highest value, which for an input of two values is half of them; RBD-FAST
takes every other draw, and on Sobol' points the order of drawing is no chance order.)
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mcengine.analysis.factors import CHOICE, correlated_blocks
from mcengine.analysis.measures import MeasuresResult, Scale, measured, repaired
from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import check_output, check_size
from mcengine.analysis.sobol_result import AS_STUDIED
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.run import default_threads
from mcengine.engine.saltelli import Factor
from mcengine.engine.threads import in_order
from mcengine.errors import AnswerNo
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model
from mcengine.sampling.points import SOBOL
from mcengine.sampling.streams import key, uniforms

Array = NDArray[np.float64]
Estimator = Callable[[Array, Array, int], Array]
"""(ranks float64 (draws, factors), y float64 (draws,), replicate) -> float64 (factors, measures)."""

TIES_STREAM, DUMMY_STREAM = "@ties", "@dummy"
ALL = -1  # in place of a replicate: all of them together


@dataclass(frozen=True)
class Given:
    """Draws as SALib gets them, a row a draw.

    factors  the uncertain inputs, in a pool also the choice of the set
    x        float64 (replicates, n, factors + 1), the dummy last; y: float64 (replicates, n), of `output`
    ties     float64 (replicates, n), the order of draws with equal values of an input
    threads  how many work; no number depends on it; notes: what was changed of what was asked
    """

    problem: Problem
    output: str
    factors: tuple[Factor, ...]
    x: Array
    y: Array
    ties: Array
    threads: int
    notes: tuple[str, ...]

    def ranked(self, replicate: int) -> tuple[Array, Array]:
        """Ranks 1 ... n, float64 (n, factors + 1), and y of one replicate; of the draws of all for `ALL`."""
        if replicate == ALL:
            return _ranks(self.x.reshape(-1, self.x.shape[2]), self.ties.reshape(-1)), self.y.reshape(-1)
        return _ranks(self.x[replicate], self.ties[replicate]), self.y[replicate]


def draw_given(
    study: Study,
    *,
    output: str | None,
    n: int,
    replicates: int,
    seed: int | None,
    model: Model | None,
    threads: int | None,
    sampler: str = "random",
) -> Given:
    """Draw `replicates` replicates of `n` draws by `sampler`, the dummy and what breaks ties.

    Raises
    ------
    InputError      a size or output that cannot be, or nothing uncertain
    AnswerNo        the output does not vary; NonFiniteError: it is NaN or infinite in some draw, named
    """
    model = build_model(study) if model is None else model
    output = check_output(study, model, output)
    rounded, notes = check_size(n, replicates)
    problem = build_problem(
        study, seed=check_seed(seed), draws=rounded, sampler=sampler, outputs=(output,), model=model
    )  # fmt: skip
    if problem.points.sampler != SOBOL:
        rounded, notes = n, ()
    workers = threads or default_threads()
    row = model.output_index(output)
    pooled = len(problem.groups) > 1
    columns = [problem.model.inputs.index(name) for name in study.uncertain]

    def work(index: int, stop: object) -> tuple[Array, Array]:
        x, out = problem.draws(index, 0, rounded)
        if not np.isfinite(out[row]).all():
            raise problem.refuse_non_finite(index, 0, rounded)
        chosen = [problem.inputs(index, 0, rounded)[1]] if pooled else []
        return np.column_stack([*x[columns], *chosen, _column(problem.seed, DUMMY_STREAM, index, rounded)]), out[row]

    found = list(in_order(work, range(replicates), workers))
    x, y = (np.array([pair[k] for pair in found]) for k in (0, 1))
    if np.ptp(y) <= 1e-10 * float(np.max(np.abs(y))):
        raise AnswerNo(f"{output} is the same in every draw of this study, so nothing drives it")
    factors = [Factor(name, (name,)) for name in study.uncertain]
    factors += [Factor(CHOICE, (), choice=True)] * pooled
    ties = np.array([_column(problem.seed, TIES_STREAM, r, rounded) for r in range(replicates)])
    return Given(problem, output, tuple(factors), x, y, ties, workers, notes)


def _column(seed: int, stream: str, replicate: int, n: int) -> Array:
    u = np.empty(n)
    uniforms(key(seed, stream), replicate, 0, u)
    return u


def _ranks(x: Array, ties: Array) -> Array:
    """Ranks 1 ... n of each column of x, float64 (n, columns), equal values in the order of `ties` (n,)."""
    ranks = np.empty(x.shape)
    for j in range(x.shape[1]):
        ranks[np.lexsort((ties, x[:, j])), j] = np.arange(1.0, len(x) + 1.0)
    return ranks


def analyse(
    study: Study,
    method: str,
    scale: Scale,
    estimator: Estimator,
    given: Given,
    *,
    settings: dict[str, int | float | str],
    notes: tuple[str, ...],
    started: float,
    together: bool = False,
) -> MeasuresResult:
    """The measures of `given` by `estimator`, with intervals from the replicates.

    together  the values are those of all draws together, not the means over the replicates

    BLAS gets one thread: SALib's kernels call it for a few hundred numbers at a time, for which a busy machine's
    threads took 40 times as long, and their number must not move a bit. What SALib and scipy warn of (p values that
    are not used, classes in which the output is constant and that are left out) is not passed on.
    """
    problem, (replicates, n) = given.problem, given.y.shape
    with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        found = in_order(lambda r, stop: estimator(*given.ranked(r), r), range(replicates), given.threads)
        each = np.array(list(found))
        pooled = estimator(*given.ranked(ALL), ALL) if together else each.mean(axis=0)
    main = measured(
        AS_STUDIED, given.factors, scale, pooled, each, n=n, seed=problem.seed, evaluations=n * replicates,
        undefined="the output does not vary within some replicate: take more draws",
    )  # fmt: skip
    return MeasuresResult(
        study=study, output=given.output, unit=problem.model.outputs[problem.model.output_index(given.output)].unit,
        method=method, measures=scale.measures, units=dict.fromkeys(scale.measures, "1"), settings=settings,
        seed=problem.seed, n=n, replicates=replicates, main=main, notes=(*given.notes, *told(problem), *notes),
        warnings=study.warnings, seconds=time.perf_counter() - started, threads=given.threads,
    )  # fmt: skip


def told(problem: Problem) -> tuple[str, ...]:
    """What the reader of a correlated or pooled study must know."""
    notes = []
    blocks = correlated_blocks(problem)
    if blocks:
        listed = "; ".join(", ".join(block) for block in blocks)
        notes.append(
            f"this study's inputs are correlated ({listed}) and are analysed as they are drawn: a measure holds what "
            "an input does and what the inputs correlated with it do. With --independent each stands alone"
        )
    notes += repaired(problem)
    if len(problem.groups) > 1:
        notes.append(
            "inputs are of the pooled assumption sets together: a measure also holds what goes with the choice of "
            f"the set, which is a factor of its own ({CHOICE})"
        )
    return tuple(notes)
