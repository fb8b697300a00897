"""Borgonovo's delta by SALib's estimator: the share of the output's density that an input moves (Borgonovo 2007).

delta_i = 1/2 E[integral |f(y) - f(y | x_i)| dy], 0 for an input without influence and 1 for one that decides the output
alone. The draws are cut into classes by the input's rank and densities are made by kernels (Plischke, Borgonovo &
Smith 2013, eq. 26: SALib's `calc_delta`). Noise makes the estimate too high; resampling takes off a third of that or so
(eq. 30), and the dummy shows what is left.

Three departures from SALib's `analyze`, each for a reason that tests show:

- The output's normal scores are what SALib gets. delta does not change under a monotone transformation (Borgonovo et
  al. 2014), kernels of one width on a grid of 100 points do: for a lognormal output SALib answers 0.32 at 65,536
  draws where 0.386 is true, and 0.378 from scores.
- Eq. 30 subtracts the resamples from twice the estimate of the *sample*. SALib 1.6 has a resample in both places, so
  that the noise is not taken off but doubled.
- SALib's "balanced" variant, which comes first in its answer, draws the input evenly over its range and so answers
  for other distributions than the study's; it is left out.

S1, from the same classes, is SALib's as it is, over the sample and not over a resample.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from mcengine.analysis.measures import MeasuresResult, Scale
from mcengine.analysis.salib_bridge import generator
from mcengine.analysis.salib_given import analyse, draw_given
from mcengine.errors import Fault, InputError
from mcengine.inputs.study import Study
from mcengine.models.model import Model

Array = NDArray[np.float64]

METHOD = "delta"
DEFAULT_N, DEFAULT_REPLICATES, DEFAULT_RESAMPLES = 4096, 16, 1
MOST_RESAMPLES = 1000
SCALE = Scale(measures=("delta", "s1"), shares=("delta", "s1"), what="deltas")

_GRID = 100  # points of the output where densities are compared, as in SALib
_MOST_CLASSES = 48


def delta(
    study: Study,
    *,
    output: str | None = None,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    resamples: int = DEFAULT_RESAMPLES,
    model: Model | None = None,
    threads: int | None = None,
) -> MeasuresResult:
    """delta and first-order index of one output.

    output     "npv", or the model's first, when None
    n          draws a replicate, at least 128
    resamples  of each replicate for the correction of eq. 30, each at the cost of the estimate; 0 for none
    threads    how many; no number depends on it

    Draws are the study's own, correlations and all. Estimates and intervals are from the replicates.

    Raises
    ------
    InputError      an option that cannot be; nothing uncertain
    AnswerNo        the output does not vary; NonFiniteError: it is NaN or infinite in some draw
    """
    if isinstance(resamples, bool) or not isinstance(resamples, int) or not 0 <= resamples <= MOST_RESAMPLES:
        raise InputError(Fault(None, "resamples", resamples, f"must be a whole number from 0 to {MOST_RESAMPLES}"))
    if isinstance(n, int) and n < 128:
        raise InputError(Fault(None, "n", n, "must be at least 128: densities are made of some tens of draws"))
    started = time.perf_counter()
    given = draw_given(study, output=output, n=n, replicates=replicates, seed=seed, model=model, threads=threads)

    def estimator(ranks: Array, y: Array, replicate: int) -> Array:
        return deltas(ranks, y, resamples, generator(given.problem.seed, f"@salib:delta:{replicate}"))

    notes = (
        "noise lifts a delta above 0 also for an input that does nothing, and smoothing lowers a large one: the "
        "dummy's is the level to compare with, and the intervals hold neither",
    )
    return analyse(
        study, METHOD, SCALE, estimator, given, settings={"resamples": resamples}, notes=notes, started=started,
    )  # fmt: skip


def deltas(ranks: Array, y: Array, resamples: int, rng: np.random.Generator) -> Array:
    """delta and S1 of each column, (columns, 2), NaN where y is constant; ranks (draws, columns), y (draws,)."""
    from SALib.analyze.delta import sobol_first

    if np.ptp(y) == 0.0:
        return np.full((ranks.shape[1], 2), np.nan)
    scores = normal_scores(y)
    bounds = np.linspace(0, len(y), classes(len(y)) + 1)
    found = raw_deltas(ranks, scores, scores, bounds)
    if resamples:
        again = np.zeros(len(found))
        for _ in range(resamples):
            chosen = rng.integers(len(y), size=len(y))
            again += raw_deltas(ranks[chosen], scores[chosen], scores, bounds)
        found = 2.0 * found - again / resamples
    s1 = [sobol_first(y, column, bounds) for column in ranks.T]
    return np.column_stack([found, s1])


def raw_deltas(ranks: Array, scores: Array, whole: Array, bounds: Array) -> Array:
    """SALib's estimate of eq. 26 for each column, float64 (columns,), on a grid over the `whole` sample's scores."""
    from SALib.analyze.delta import calc_delta

    grid = np.linspace(whole.min(), whole.max(), _GRID)
    return np.array([calc_delta(scores, grid, column, bounds) for column in ranks.T], dtype=np.float64)


def normal_scores(y: Array) -> Array:
    """Standard normal quantiles of y's ranks, float64 (draws,); equal values have equal scores."""
    scores: Array = ndtri((rankdata(y) - 0.5) / len(y))
    return scores


def classes(draws: int) -> int:
    """How many classes SALib cuts the draws into (Plischke, Borgonovo & Smith 2013, section 5)."""
    exponent = 2.0 / (7.0 + np.tanh((1500.0 - draws) / 500.0))
    return min(int(np.ceil(draws**exponent)), _MOST_CLASSES)
