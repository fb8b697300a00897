"""Sobol' indices by SALib's sample and analyze as published, on the same problem as the engine's own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.factors import Groups, build_factors, correlated_blocks
from mcengine.analysis.result import Statistic
from mcengine.analysis.salib_bridge import Bridge, build_bridge, generator
from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import check_size, told
from mcengine.analysis.sobol_result import AS_STUDIED, Attribution, FactorIndices, SobolResult, explain
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.saltelli import Response
from mcengine.errors import AnswerNo
from mcengine.inputs.study import Study
from mcengine.models.model import Model

Array = NDArray[np.float64]
Indices = Mapping[str, Any]
"""SALib's answer: "S1", "S1_conf", "ST", "ST_conf" of each factor, "S2" and "S2_conf" of each pair."""

RESAMPLES = 100


def sobol_by_salib(
    study: Study,
    response: Response,
    *,
    n: int,
    replicates: int,
    seed: int | None,
    groups: Groups | None,
    second_order: bool,
    model: Model | None,
) -> SobolResult:
    """Sobol' indices of an output by SALib's sample and analyze as published: one design of n x replicates points.

    Its intervals are a bootstrap of that one design (100 resamples), which on scrambled Sobol' points is not to be
    relied on; the result says so, and claims no ranking.
    """
    n, notes = check_size(n, replicates)
    total = 1 << (n * replicates - 1).bit_length()
    problem = build_problem(study, seed=check_seed(seed), draws=n, outputs=(response.output,), model=model)
    bridge = build_bridge(problem, build_factors(problem, groups), (response.output,))
    started = time.perf_counter()
    found, y = indices(bridge, response, total, second_order=second_order)
    return SobolResult(
        study=study, output=response.output, response=response.key,
        unit=problem.model.outputs[problem.model.output_index(response.output)].unit, seed=problem.seed, n=total,
        replicates=1, engine="salib", layout="halves", main=attribution(bridge, found, y, second_order=second_order),
        notes=(*notes, *_notes(problem, total)), warnings=study.warnings, seconds=time.perf_counter() - started,
    )  # fmt: skip


def indices(bridge: Bridge, response: Response, points: int, *, second_order: bool) -> tuple[Indices, Array]:
    """SALib's answer for a design of `points` base points, and the output of its evaluations, float64 (evaluations,).

    Raises
    ------
    AnswerNo  the output does not vary; NonFiniteError: it is NaN or infinite in some evaluation
    """
    from SALib.analyze import sobol as analyzer
    from SALib.sample import sobol as sampler

    seed = bridge.problem.seed
    u = sampler.sample(bridge.salib, points, calc_second_order=second_order, seed=generator(seed, "@salib:sample"))
    y = bridge.outputs(u, response.output)
    if np.ptp(y) <= 1e-10 * float(np.max(np.abs(y))):
        raise AnswerNo(f"{response.key} is the same in every evaluation of this study, so nothing drives it")
    found = analyzer.analyze(
        bridge.salib, y, calc_second_order=second_order, num_resamples=RESAMPLES,
        seed=generator(seed, "@salib:analyze"),
    )  # fmt: skip
    return found, y


def attribution(bridge: Bridge, found: Indices, y: Array, *, second_order: bool) -> Attribution:
    """SALib's answer as an `Attribution` of the study as it is, without a ranking."""
    factors, pairs = bridge.factors, {}
    if second_order:
        for i, j in zip(*np.triu_indices(len(factors), 1), strict=True):
            pairs[factors[i].name, factors[j].name] = _statistic(found["S2"][i, j], found["S2_conf"][i, j])
    return Attribution(
        variant=AS_STUDIED,
        factors=tuple(
            FactorIndices(
                factor.name,
                factor.members,
                _statistic(found["S1"][j], found["S1_conf"][j]),
                _statistic(found["ST"][j], found["ST_conf"][j]),
            )
            for j, factor in enumerate(factors)
        ),
        s2=pairs,
        ranking=None,
        sd=float(np.std(y)),
        evaluations=len(y),
        rows=np.concatenate([found["S1"], found["ST"]])[None, :],
    )


def _notes(problem: Problem, points: int) -> tuple[str, ...]:
    bootstrap = (
        f"SALib: one scrambled design of {points:,} base points with bootstrap intervals ({RESAMPLES} resamples), "
        "which on such points can be several times too wide or too narrow; the ranking is therefore not judged"
    )
    blocks = correlated_blocks(problem)
    return (bootstrap, *(told(blocks, problem) if blocks else ()))


def _statistic(value: float, half: float) -> Statistic:
    found = Statistic(float(value), (float(value - half), float(value + half)))
    return Statistic(found.value, found.ci95, explain(found) or "bootstrap interval of one design")
