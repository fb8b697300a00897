"""Saltelli's design: the compiled sums against plain NumPy on the same points, SALib, and the same bits however cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from SALib.analyze import sobol as salib

from mcengine import Study, load_study
from mcengine.analysis.factors import build_factors
from mcengine.analysis.sobol import replicate_sums
from mcengine.analysis.sobol_estimators import estimate
from mcengine.engine.problem import build_problem
from mcengine.engine.saltelli import BELOW, LAYOUTS, SHORTFALL, Response, Saltelli, build_saltelli
from mcengine.errors import NonFiniteError
from mcengine.models.model import Model
from tests.engine.make import STANDARD, UNIT, assumption_set, model, simple, study

Floats = NDArray[np.float64]
SEED, N = 5, 512


def _product(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] * (1.0 + x[1, i]) + x[2, i] * x[2, i]
        out[1, i] = x[0, i] + x[1, i] + x[2, i]


def _fails_far_out(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = np.sqrt(4.2 - x[0, i]) + x[1, i]  # beyond 4.2 once in 75,000; the pilot of 4,096 does not reach it


LAWS = {"a": STANDARD, "b": UNIT, "c": ("lognormal", {"median": 1.0, "log_sd": 0.5})}


def own(outputs: Sequence[str] = ("y", "w")) -> Model:
    return model(_product, tuple(LAWS), outputs=outputs)


def pooled(dof: float | None = None) -> Study:
    tied = assumption_set(LAWS, name="tied", correlations={("a", "c"): 0.6}, dof=dof)
    moved = assumption_set({**LAWS, "a": ("normal", {"mean": 2.0, "sd": 0.5})}, name="moved")
    return study(tuple(LAWS), (tied, 0.3), (moved, 0.7))


STUDIES = {
    "independent": simple(LAWS),
    "correlated": simple(LAWS, correlations={("a", "c"): 0.6}),
    "t copula": simple(LAWS, correlations={("a", "c"): 0.6}, dof=4.0),
    "pooled": pooled(),
    "pooled, t copula": pooled(3.0),
}
RESPONSES = (Response("y"), Response("w"), Response("y", BELOW, 0.5), Response("y", SHORTFALL, 0.5))


def build(given: Study, responses: Sequence[Response] = RESPONSES, **options: Any) -> Saltelli:
    problem = build_problem(given, seed=SEED, draws=N, outputs=("y", "w"), model=own())
    return build_saltelli(problem, build_factors(problem), responses, **options)


def responses_of(design: Saltelli, y: Floats) -> Floats:
    """Shifted responses, float64 (responses, evaluations, points), from outputs (outputs, evaluations, points)."""
    found = []
    for k, response in enumerate(design.responses):
        values = y[design.problem.model.output_index(response.output)]
        if response.kind == BELOW:
            values = (values < response.threshold).astype(float)
        elif response.kind == SHORTFALL:
            values = np.maximum(response.threshold - values, 0.0)
        found.append(values - design.compiled.centre[k])
    return np.array(found)


def plain_sums(design: Saltelli, values: Floats) -> Floats:
    """The sums of one response from its values, float64 (evaluations, points), one at a time."""
    count = len(design.factors)
    a, b, crossed = values[0], values[-1], values[1 : 1 + count]
    reverse = values[1 + count : 1 + 2 * count] if design.second_order else np.zeros_like(crossed)
    sums = [a.sum(), b.sum(), (a * a).sum(), (b * b).sum(), (a * b).sum()]
    for c, e in zip(crossed, reverse, strict=True):
        sums += [(b * (c - a)).sum(), c.sum(), ((a - c) ** 2).sum(), e.sum()]
    if design.second_order:
        sums += [(reverse[j] * crossed[k]).sum() for j in range(count) for k in range(j + 1, count)]
    return np.array(sums)


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize("name", STUDIES)
def test_the_sums_are_those_of_the_plain_design(name: str, second_order: bool) -> None:
    design = build(STUDIES[name], second_order=second_order)
    found = design.replicate(1, N)
    values = responses_of(design, design.outputs(1, 0, N))
    for k in range(len(design.responses)):
        expected = plain_sums(design, values[k])
        assert found[k] == pytest.approx(expected, rel=1e-11, abs=1e-11 * float((values[k] ** 2).sum()))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("second_order", [False, True])
def test_salib_finds_the_same_indices_on_the_same_sample(layout: str, second_order: bool) -> None:
    given = replace(load_study("evidence"), correlations=False)
    problem = build_problem(given, seed=SEED, draws=N)
    design = build_saltelli(
        problem, build_factors(problem), [Response("npv")], second_order=second_order, layout=layout
    )
    names = [factor.name for factor in design.factors]
    y = design.outputs(0, 0, N)[problem.model.output_index("npv")]
    expected = salib.analyze(
        {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)},
        y.T.ravel(),
        calc_second_order=second_order,
        num_resamples=2,
        seed=np.random.default_rng(1),
    )
    found = estimate(design.replicate(0, N)[0], N, len(names), second_order=second_order)
    assert np.max(np.abs(found.s1 - expected["S1"])) < 1e-10
    assert np.max(np.abs(found.st - expected["ST"])) < 1e-10
    if second_order:
        assert found.s2 is not None
        assert np.nanmax(np.abs(found.s2 - expected["S2"])) < 1e-10
        assert np.array_equal(np.isnan(found.s2), np.isnan(expected["S2"]))


@pytest.mark.parametrize("block", [1, 8, 20, 64, 248, 512, 1000])
def test_blocks_change_no_bit(block: int) -> None:
    design = build(pooled(3.0), second_order=True)
    assert np.array_equal(design.replicate(0, N, block=block), design.replicate(0, N))


def test_threads_change_no_bit() -> None:
    design = build(STUDIES["correlated"])
    one = replicate_sums(design, N, 6, threads=1)
    assert np.array_equal(replicate_sums(design, N, 6, threads=5), one)
    assert len(np.unique(one[:, 0, 0])) == 6  # every replicate has its own scramble


def test_points_of_a_and_b_do_not_move_when_an_input_is_fixed() -> None:
    free = build(simple(LAWS)).sample(3, 0, 64)
    fixed = build(simple({**LAWS, "b": ("constant", {"value": 0.25})}))
    found = fixed.sample(3, 0, 64)
    assert [factor.name for factor in fixed.factors] == ["a", "c"]
    for evaluation, same in ((0, 0), (-1, -1)):
        assert np.array_equal(found[evaluation][[0, 2]], free[same][[0, 2]])
    assert (found[:, 1] == 0.25).all()


def test_the_halves_layout_draws_a_as_a_run_does() -> None:
    design = build(simple(LAWS), layout="halves")
    x, _ = design.problem.draws(2, 0, 64)
    assert np.array_equal(design.sample(2, 0, 64)[0], x)


def test_every_crossing_swaps_its_factor_and_nothing_else() -> None:
    design = build(pooled(), second_order=True)
    assert [factor.name for factor in design.factors] == ["a + c", "b", "assumption set"]
    a, ab_ac, ab_b, ab_set, ba_ac, ba_b, ba_set, b = design.sample(0, 0, 64)
    assert np.array_equal(ab_b[[0, 2]], a[[0, 2]])
    assert np.array_equal(ab_b[1], b[1])
    assert np.array_equal(ba_b[[0, 2]], b[[0, 2]])
    assert np.array_equal(ba_b[1], a[1])
    assert np.array_equal(ab_ac[1], a[1])
    assert np.array_equal(ba_ac[1], b[1])
    assert np.array_equal(ab_set[1:2], a[1:2])  # b has one law in both sets
    assert np.array_equal(ba_set[1:2], b[1:2])
    assert not np.array_equal(ab_set[0], a[0])


def test_a_non_finite_evaluation_is_named() -> None:
    given = simple({"a": STANDARD, "b": UNIT})
    problem = build_problem(given, seed=1, draws=1 << 16, model=model(_fails_far_out, ("a", "b")))
    design = build_saltelli(problem, build_factors(problem), [Response("y")])
    with pytest.raises(NonFiniteError, match="output 'y' is not a finite number") as caught:
        design.replicate(0, 1 << 16)
    assert caught.value.inputs["a"] > 4.2
    replicate, point = caught.value.draws[0]
    y = design.outputs(replicate, point - point % 8, 8)[0]
    assert not np.isfinite(y[:, point % 8]).all()
