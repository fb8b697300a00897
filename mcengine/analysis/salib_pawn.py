"""PAWN by SALib: how far the distribution of the output moves when an input is confined (Pianosi & Wagener 2018).

The draws are cut into `slides` equal parts by an input's rank. For each the Kolmogorov-Smirnov distance is taken
between the output there and everywhere, the largest difference of their cumulative distributions; the median and the
maximum over the slides are the input's. They need no variance, and see a shift of any part of the distribution. Also
an input that does nothing has a distance, of noise alone: it falls like the root of the draws, and the dummy shows it.
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

METHOD = "pawn"
DEFAULT_N, DEFAULT_REPLICATES, DEFAULT_SLIDES = 16384, 16, 10
MOST_SLIDES = 100
SCALE = Scale(measures=("median", "maximum"), shares=(), what="median distances")


def pawn(
    study: Study,
    *,
    output: str | None = None,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    slides: int = DEFAULT_SLIDES,
    model: Model | None = None,
    threads: int | None = None,
) -> MeasuresResult:
    """PAWN's distances of one output; "npv", or the model's first, when `output` is None.

    n        draws a replicate, at least 8 a slide. Above 10,000 SALib works on the
             large-sample p value and is faster than between 2,000 and 10,000; no p value is used here
    slides   parts that the draws are cut into by each input
    threads  how many; no number depends on it

    Draws are the study's own, correlations and all. Estimates and intervals are from the replicates.

    Raises
    ------
    InputError      an option that cannot be; nothing uncertain
    AnswerNo        the output does not vary; NonFiniteError: it is NaN or infinite in some draw
    """
    check_slides(slides, n)
    started = time.perf_counter()
    given = draw_given(study, output=output, n=n, replicates=replicates, seed=seed, model=model, threads=threads)

    def estimator(ranks: Array, y: Array, replicate: int) -> Array:
        return distances(ranks, y, slides)

    notes = (
        "a distance is above 0 also for an input that does nothing, by the noise of the draws: the dummy's is the "
        "level to compare with, and the intervals do not hold this bias",
    )
    return analyse(
        study, METHOD, SCALE, estimator, given, settings={"slides": slides}, notes=notes, started=started,
    )  # fmt: skip


def distances(ranks: Array, y: Array, slides: int) -> Array:
    """SALib's median and maximum of each column, float64 (columns, 2); ranks (draws, columns), y (draws,)."""
    from SALib.analyze import pawn as analyzer

    columns = ranks.shape[1]
    problem = {"num_vars": columns, "names": [str(j) for j in range(columns)]}
    found = analyzer.analyze(problem, ranks, y, S=slides)
    return np.column_stack([found["median"], found["maximum"]])


def check_slides(slides: int, n: int) -> None:
    """Check how many slides, given the draws of a replicate.

    Raises
    ------
    InputError  not a whole number from 2 to 100 that SALib can cut by, or more than an eighth of the draws.
    """
    if isinstance(slides, bool) or not isinstance(slides, int) or not 2 <= slides <= MOST_SLIDES:
        raise InputError(Fault(None, "slides", slides, f"must be a whole number from 2 to {MOST_SLIDES}"))
    if not cuts(slides):
        near = next(s for d in range(1, MOST_SLIDES) for s in (slides - d, slides + d) if s >= 2 and cuts(s))
        rule = f"SALib's PAWN cannot cut into {slides}: its quantiles, by repeated steps of 1/{slides}, end above 1"
        raise InputError(Fault(None, "slides", slides, rule, str(near)))
    if isinstance(n, int) and n < 8 * slides:
        raise InputError(Fault(None, "n", n, f"must be at least 8 draws a slide: {8 * slides}"))


def cuts(slides: int) -> bool:
    """Whether SALib 1.6 makes `slides` parts: arange(0, 1 + 1/S, 1/S) has one point too many for 6, 9, 21 ..."""
    return len(np.arange(0, 1 + 1 / slides, 1 / slides)) == slides + 1
