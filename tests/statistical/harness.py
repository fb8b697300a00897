"""Many cheap runs of models whose answers are exact, and how often their 95% intervals hold them.

Two outputs of three standard normal inputs, s = c z1 + ... with a standard deviation of `SPREAD`:
    plain   = 1 + s                 normal
    skewed  = exp(s) - 1 / 2        lognormal, shifted
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from mcengine.analysis.summary import Pool, summarise
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.replicates import columns, run_replicate
from mcengine.sampling.points import build_points
from tests.engine.make import STANDARD, model, simple

WEIGHTS = (0.6, -0.64, 0.48)
SPREAD = 1.0  # the root of the sum of their squares
INPUTS = ("z1", "z2", "z3")
STATISTICS = ("mean", "p05", "prob_positive", "expected_shortfall_05")
LOW = float(stats.norm.ppf(0.05))

TRUTH = {
    "plain": {
        "mean": 1.0,
        "p05": 1.0 + SPREAD * LOW,
        "prob_positive": float(stats.norm.cdf(1.0 / SPREAD)),
        "expected_shortfall_05": 1.0 - SPREAD * float(stats.norm.pdf(LOW)) / 0.05,
    },
    "skewed": {
        "mean": float(np.exp(SPREAD**2 / 2)) - 0.5,
        "p05": float(np.exp(SPREAD * LOW)) - 0.5,
        "prob_positive": float(stats.norm.sf(np.log(0.5) / SPREAD)),
        "expected_shortfall_05": float(np.exp(SPREAD**2 / 2) * stats.norm.cdf(LOW - SPREAD) / 0.05) - 0.5,
    },
}


def plain_rows(x: Any, out: Any, constants: Any) -> None:
    """Kernel of the output "plain"."""
    a, b, c = constants[0]
    for i in range(x.shape[1]):
        out[0, i] = 1.0 + a * x[0, i] + b * x[1, i] + c * x[2, i]


def skewed_rows(x: Any, out: Any, constants: Any) -> None:
    """Kernel of the output "skewed"."""
    a, b, c = constants[0]
    for i in range(x.shape[1]):
        out[0, i] = np.exp(a * x[0, i] + b * x[1, i] + c * x[2, i]) - 0.5


ROWS = {"plain": plain_rows, "skewed": skewed_rows}


def prepared(output: str, sampler: str, draws: int) -> Problem:
    """The problem whose tables and grid all runs share; only their points differ."""
    study = simple(dict.fromkeys(INPUTS, STANDARD))
    own = model(ROWS[output], INPUTS, np.array(WEIGHTS), outputs=(output,))
    return build_problem(study, seed=0, draws=draws, sampler=sampler, model=own)


def one_run(problem: Problem, seed: int, draws: int, replicates: int) -> list[bool]:
    """For each statistic, whether its interval holds the truth."""
    problem = replace(problem, seed=seed, points=build_points(problem.sampler, seed, INPUTS, draws))
    pool = Pool(1, 1)
    numbers = []
    for r in range(replicates):
        done = run_replicate(problem, r, draws)
        pool.add(done.histogram)
        numbers.append(done.rows[0])
    outputs, _ = summarise(problem, columns(problem), np.array(numbers), pool)
    held = []
    (name,) = outputs
    for statistic in STATISTICS:
        found = outputs[name].statistics[statistic].ci95
        assert found is not None
        low, high = (float(end) for end in found)
        held.append(low <= TRUTH[name][statistic] <= high)
    return held


def coverage(sampler: str, runs: int, *, draws: int, replicates: int, outputs: Sequence[str]) -> dict[str, int]:
    """How many of `runs` runs hold the truth, by "output.statistic"."""
    counts: dict[str, int] = {}
    for output in outputs:
        problem = prepared(output, sampler, draws)
        with ThreadPoolExecutor(2) as pool:
            held = list(pool.map(lambda seed: one_run(problem, seed, draws, replicates), range(1, runs + 1)))  # noqa: B023
        names = [f"{output}.{statistic}" for statistic in STATISTICS]
        counts |= dict(zip(names, np.sum(held, axis=0).tolist(), strict=True))
    return counts
