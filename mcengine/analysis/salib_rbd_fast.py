"""First-order Sobol' indices by SALib's RBD-FAST: a Fourier analysis of the output in the order of each input.

The draws are put in an order in which the input runs up and down once; what of the output's variance lies in the
first `harmonics` frequencies is the input's own (Tarantola, Gatelli & Mara 2006; for any sample, Plischke 2010).
SALib takes off what noise puts there, by Tissot & Prieur (2012), eq. 12.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.measures import MeasuresResult, Scale
from mcengine.analysis.salib_given import analyse, draw_given
from mcengine.errors import Fault, InputError
from mcengine.inputs.study import Study
from mcengine.models.model import Model

Array = NDArray[np.float64]

METHOD = "rbd-fast"
DEFAULT_N, DEFAULT_REPLICATES, DEFAULT_HARMONICS = 4096, 16, 10
MOST_HARMONICS = 100
RATE = 0.65  # medians over the leading inputs: 0.8 to 1.1 by study; the leading ones of a long-tailed NPV 0.45 to 0.65
SCALE = Scale(measures=("s1",), shares=("s1",), what="first-order indices", rate=RATE)

_LEAST_RESAMPLES = 2  # for SALib's bootstrap, which is not used; fewer divide by 0


def rbd_fast(
    study: Study,
    *,
    output: str | None = None,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    harmonics: int = DEFAULT_HARMONICS,
    model: Model | None = None,
    threads: int | None = None,
) -> MeasuresResult:
    """First-order indices of one output; "npv", or the model's first, when `output` is None.

    n          draws a replicate, rounded up to a power of two, at least 8 a harmonic
    harmonics  frequencies that count as the input's: more see sharper bends, and more noise
    threads    how many; no number depends on it

    With correlated inputs an index is V[E(y|x)] / V(y) of the inputs as they are drawn, and they need not add up to 1.
    The estimate is of all draws together; intervals are t intervals over the replicates, not SALib's bootstrap, and
    rather too wide: replicates are noisier than their share of all draws (tests).

    Raises
    ------
    InputError      an option that cannot be; nothing uncertain
    AnswerNo        the output does not vary; NonFiniteError: it is NaN or infinite in some draw
    """
    check_harmonics(harmonics, n)
    started = time.perf_counter()
    given = draw_given(
        study, output=output, n=n, replicates=replicates, seed=seed, model=model, threads=threads,
        sampler="sobol",
    )  # fmt: skip

    def estimator(ranks: Array, y: Array, replicate: int) -> Array:
        return first_order(ranks, y, harmonics)

    bias = 2 * harmonics / given.y.size
    notes = (
        f"the correction for noise supposes draws at random, where these are evener: an index may lie up to {bias:.2g} "
        "too low by it (twice the harmonics over all draws), beside what bends more sharply than "
        f"{harmonics} waves; the intervals hold neither",
    )
    return analyse(
        study, METHOD, SCALE, estimator, given, settings={"harmonics": harmonics}, notes=notes, started=started,
        together=True,
    )  # fmt: skip


def first_order(ranks: Array, y: Array, harmonics: int) -> Array:
    """SALib's S1 of each column, float64 (columns, 1); ranks (draws, columns), y (draws,). NaN where y is constant."""
    from SALib.analyze import rbd_fast as analyzer

    columns = ranks.shape[1]
    if np.ptp(y) == 0.0:
        return np.full((columns, 1), np.nan)
    problem = {"num_vars": columns, "names": [str(j) for j in range(columns)]}
    found = analyzer.analyze(
        problem, ranks, y, M=harmonics, num_resamples=_LEAST_RESAMPLES, seed=np.random.default_rng(0)
    )  # the seed is that of the bootstrap, which is not used
    return np.array(found["S1"], dtype=np.float64)[:, None]


def check_harmonics(harmonics: int, n: int) -> None:
    """Check how many harmonics, given the draws of a replicate.

    Raises
    ------
    InputError  not a whole number from 1 to 100, or more than an eighth of the draws.
    """
    if isinstance(harmonics, bool) or not isinstance(harmonics, int) or not 1 <= harmonics <= MOST_HARMONICS:
        rule = f"must be a whole number from 1 to {MOST_HARMONICS}"
        raise InputError(Fault(None, "harmonics", harmonics, rule))
    if isinstance(n, int) and n < 8 * harmonics:
        raise InputError(Fault(None, "n", n, f"must be at least 8 draws a harmonic: {8 * harmonics}"))
