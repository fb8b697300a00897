"""Luck in the engine: the same bits however the work is cut, the parameters' draws untouched, the right mean."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mcengine import Study, load_study, run
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.replicates import run_replicate
from mcengine.errors import InputError
from mcengine.models.build import build_model
from mcengine.models.model import Model
from mcengine.sampling.points import fill_luck
from tests.engine.make import STANDARD, UNIT, assumption_set, simple, study


@cache
def pipeline(**options: Any) -> Study:
    return load_study("pipeline", luck=True, **options)


@cache
def problem(*, lucky: bool = True, sampler: str = "sobol", **options: Any) -> Problem:
    return build_problem(pipeline(**options), seed=7, draws=512, sampler=sampler, luck=lucky)


def lucky_rows(x: Any, out: Any, constants: Any) -> None:
    """Kernel: y is the input, and beside it the two uniforms of luck."""
    for i in range(x.shape[1]):
        out[0, i] = x[0, i]
        out[1, i] = x[1, i]
        out[2, i] = x[2, i]


LUCKY = Model(lucky_rows, ("a",), ("y", "first", "second"), name="lucky", luck=("first", "second"))


@pytest.mark.parametrize("sampler", ["sobol", "random", "lhs"])
def test_turning_luck_on_leaves_the_parameters_alone(sampler: str) -> None:
    with_luck, _ = problem(sampler=sampler).draws(3, 0, 200)
    without, _ = problem(sampler=sampler, lucky=False).draws(3, 0, 200)
    assert np.array_equal(with_luck, without)
    assert with_luck.shape[0] == len(problem().model.inputs)


def test_a_longer_horizon_leaves_the_other_years_luck_alone() -> None:
    short, long = problem(), problem(horizon=2040)
    names = short.model.luck
    places = [long.model.luck.index(name) for name in names]
    assert len(long.model.luck) > len(names)
    assert np.array_equal(long.points.luck[places], short.points.luck)


def test_the_bits_do_not_depend_on_blocks_threads_or_what_is_beside_a_draw() -> None:
    rows = [run_replicate(problem(), 1, 1500, block=block).rows for block in (64, 504, 1500)]
    assert np.array_equal(rows[0], rows[1], equal_nan=True)
    assert np.array_equal(rows[0], rows[2], equal_nan=True)
    _, whole = problem().draws(2, 0, 100)
    for first, count in ((0, 1), (37, 1), (41, 12)):
        _, part = problem().draws(2, first, count)
        assert np.array_equal(part, whole[:, first : first + count])
    digests = {run(pipeline(), draws=4096, seed=3, threads=threads).digest for threads in (1, 2)}
    assert len(digests) == 1


def test_several_lucks_share_the_draw_and_begin_with_the_runs_own() -> None:
    values = problem().lucks("npv", 4, 6, 600, 3)  # more than one block
    _, out = problem().draws(4, 6, 600)
    assert np.array_equal(values[0], out[problem().model.output_index("npv")])
    assert values.shape == (3, 600)
    assert np.all(values[1] != values[2])
    assert np.array_equal(problem().lucks("npv", 4, 6, 600, 2), values[:2])
    year = problem().lucks("launches[2035]", 4, 6, 40, 1)  # a row of the yearly tables
    assert np.array_equal(year[0], out[problem().model.output_index("launches[2035]"), :40])


def test_uniforms_of_luck_are_uniform_and_independent() -> None:
    """Kolmogorov-Smirnov and correlations over names, draws, lucks and replicates: 2 x 1e-5 + 15 x 6e-7 by chance."""
    lucky = build_problem(simple({"a": UNIT}), seed=11, draws=64, model=LUCKY, luck=True)
    count = 20_000
    rows = []
    for replicate, inner in ((0, 0), (0, 1), (1, 0)):
        u = np.empty((2, count))
        fill_luck(lucky.points, replicate, inner, 0, u)
        rows += [u[0], u[1]]
    assert stats.kstest(np.concatenate(rows), "uniform").pvalue > 1e-5
    correlations = np.corrcoef(np.array(rows))[np.triu_indices(6, 1)]
    assert np.all(np.abs(correlations) < 5.0 / np.sqrt(count))
    assert abs(np.corrcoef(rows[0][1:], rows[0][:-1])[0, 1]) < 5.0 / np.sqrt(count)


def test_pools_choose_their_sets_as_without_luck() -> None:
    low = assumption_set({"a": ("uniform", {"low": 0.0, "high": 1.0})}, name="low")
    high = assumption_set({"a": ("uniform", {"low": 10.0, "high": 11.0})}, name="high")
    pooled = study(("a",), (low, 0.25), (high, 0.75))
    lucky = build_problem(pooled, seed=5, draws=1024, model=LUCKY, luck=True)
    x, group = lucky.inputs(0, 0, 1024)
    assert x.shape == (1, 1024)
    assert abs(float((group == 0).mean()) - 0.25) < 0.01
    assert np.array_equal(x[0] > 5.0, group == 1)


def test_where_nothing_runs_short_the_mean_over_luck_is_the_expected_value() -> None:
    """Through the engine: 32 replicates of 1,024 draws within 5 standard errors (2e-5 each)."""
    sure = load_study("evidence", accounting="pipeline")  # the plan's supplies: unlimited
    lucky = run(sure.overridden(luck=True), draws=32_768, seed=9)
    expected = run(sure, draws=32_768, seed=9)
    columns = lucky.columns
    for name in ("npv.mean", "bcr.mean"):
        found = lucky.rows[:, columns.index(name)] - expected.rows[:, columns.index(name)]
        error = found.std(ddof=1) / np.sqrt(len(found))
        assert error > 0.0
        assert abs(found.mean()) < 5.0 * error, name


# ---------------------------------------------------------------- who may draw luck


def test_expected_values_are_what_is_computed_unless_luck_is_asked_for() -> None:
    assert build_model(pipeline()).luck == ()
    assert len(build_model(pipeline(), luck=True).luck) == 10 * (6 * 4 + 1)
    assert build_model(load_study("pipeline"), luck=True).luck == ()
    assert build_problem(pipeline(), seed=1, draws=64).model.luck == ()


def test_a_model_of_ones_own_with_luck_is_refused_where_nobody_supplies_it() -> None:
    own = simple({"a": STANDARD})
    with pytest.raises(InputError, match="has luck beside its inputs, which only `run` and the method luck supply"):
        build_problem(own, seed=1, draws=64, model=LUCKY)
    found = run(own, draws=4096, seed=1, model=LUCKY)
    assert abs(float(found["first"].mean.value) - 0.5) < 0.03  # type: ignore[arg-type]  # 6 standard errors
