"""PRIM: step by step the same trajectory as ema_workbench's; a box that is known; what holds for every trajectory."""

from __future__ import annotations

import doctest
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

with warnings.catch_warnings():  # the oracle's own
    warnings.simplefilter("ignore")
    import pandas as pd
    from ema_workbench.analysis import prim as ema
    from ema_workbench.analysis.prim_util import get_quantile

import itertools

from mcengine import load_study
from mcengine.analysis import prim as module
from mcengine.analysis.prim import HIGH, LOW, OBJECTIVES, Box, lower_quantile, presort, prim, quasi_p, upper_quantile
from mcengine.analysis.sample import draw_sample

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Drawn = tuple[Floats, Mask]


@lru_cache
def evidence() -> tuple[Floats, Floats]:
    sample = draw_sample(load_study("evidence"), n=2048, replicates=2, seed=11)
    return sample.x[0], sample.y[0, 0]


def evidence_below(share: float, inputs: int = 8) -> Drawn:
    """2,048 draws of the evidence study, the cases its lowest `share`, of its first so many inputs."""
    x, y = evidence()
    return x[:inputs], y < np.quantile(y, share)


def known(seed: int, n: int) -> Drawn:
    """Cases are where 0.3 <= x0 <= 0.7 and x2 < 0.4, of five uniform inputs: mass 0.16."""
    x = np.random.default_rng(seed).random((5, n))
    return x, (x[0] >= 0.3) & (x[0] <= 0.7) & (x[2] < 0.4)


def tied(seed: int) -> Drawn:
    """Few values an input, atoms of half the draws, and chance cases: ties at every step."""
    generator = np.random.default_rng(seed)
    x = np.round(generator.random((4, 1000)), 1)
    x[3] = np.where(generator.random(1000) < 0.5, 0.0, x[3])
    return x, generator.random(1000) < np.where((x[0] < 0.4) & (x[3] > 0.0), 0.8, 0.2)


def noisy(seed: int) -> Drawn:
    """Chance cases, in a region more: peels go astray, so that pasting has something to mend."""
    generator = np.random.default_rng(seed)
    x = generator.random((4, 600))
    return x, generator.random(600) < np.where((abs(x[0] - 0.5) < 0.25) & (x[1] < 0.5), 0.7, 0.2)


SAMPLES: dict[str, tuple[Callable[[], Drawn], dict[str, float]]] = {
    "the evidence": (lambda: evidence_below(0.3), {"alpha": 0.1}),
    "a known box": (lambda: known(1, 2000), {"alpha": 0.1}),
    "noise": (lambda: noisy(9), {"mass": 0.1}),
    "more noise": (lambda: noisy(10), {"mass": 0.1}),
    "coarse peels": (lambda: noisy(4), {"alpha": 0.1, "mass": 0.1}),
    "ties": (lambda: tied(2), {}),
    "more ties": (lambda: tied(3), {"alpha": 0.03, "mass": 0.1}),
}


def theirs(x: Floats, case: Mask, objective: str, alpha: float = 0.05, mass: float = 0.05) -> Any:
    names = [f"x{j:02d}" for j in range(len(x))]
    return ema.Prim(
        pd.DataFrame(x.T.copy(), columns=names), case.copy(), threshold=1e-6, peel_alpha=alpha, paste_alpha=alpha,
        mass_min=mass, obj_function=ema.PRIMObjectiveFunctions(objective),
    )  # fmt: skip


def assert_same(x: Floats, case: Mask, steps: tuple[Box, ...], found: Any, among: Mask | None = None) -> None:
    """Every step's limits and figures, to the last bit; quasi-p values to 1e-9."""
    table = found.peeling_trajectory
    assert len(steps) == len(found.box_lims) == len(table)
    ends = x.min(axis=1), x.max(axis=1)
    for step, limits, row, chances in zip(steps, found.box_lims, table.to_dict("records"), found.qp, strict=True):
        np.testing.assert_array_equal(np.where(np.isfinite(step.low), step.low, ends[0]), limits.to_numpy()[0])
        np.testing.assert_array_equal(np.where(np.isfinite(step.high), step.high, ends[1]), limits.to_numpy()[1])
        own = (step.coverage, step.density, step.mass, len(step.restricted), step.draws, step.cases)
        assert own == tuple(row[key] for key in ("coverage", "density", "mass", "res_dim", "n", "k"))
        mine = quasi_p(x, case, step, among)
        assert {f"x{j:02d}" for j in step.restricted} == set(chances)
        for name, pair in chances.items():
            expected = np.where(np.array(pair) == -1, np.nan, pair)
            np.testing.assert_allclose(mine[int(name[1:])], expected, rtol=1e-9, atol=1e-290)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_trajectory_as_ema_workbench(name: str, objective: str) -> None:
    make, options = SAMPLES[name]
    compare(*make(), objective, **options)


@pytest.mark.slow
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("share", [0.06, 0.5, 0.94])
def test_the_same_trajectory_over_all_inputs_of_the_evidence(share: float, objective: str) -> None:
    compare(*evidence_below(share, inputs=25), objective)


def compare(x: Floats, case: Mask, objective: str, **options: float) -> None:
    steps = prim(x, case, objective=objective, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = theirs(x, case, objective, **options).find_box()
    assert len(steps) > 5
    assert_same(x, case, steps, found)


def test_pasting_happens_in_these_samples() -> None:
    """So that the comparison above is of pasting too."""
    trajectories = [prim(*make(), objective=o, **options) for make, options in SAMPLES.values() for o in OBJECTIVES]
    pasted = [steps for steps in trajectories if any(a.draws < b.draws for a, b in itertools.pairwise(steps))]
    assert len(pasted) >= 9


def test_the_second_box_is_that_of_ema_workbench() -> None:
    """The first box is picked in mid-trajectory; its draws are gone, mass and coverage stay shares of all."""
    x, case = evidence_below(0.3)
    first = prim(x, case, alpha=0.1)
    among = ~first[10].contains(x)
    second = prim(x, case, alpha=0.1, among=among)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = theirs(x, case, "lenient1", alpha=0.1)
        oracle.find_box().select(10)
        found = oracle.find_box()
    assert second[0].draws == among.sum()
    assert_same(x, case, second, found, among)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.floats(0.01, 0.49))
def test_quantiles_are_those_of_the_oracle(values: list[int], alpha: float) -> None:
    data = np.sort(np.array(values, dtype=np.float64))
    assert lower_quantile(data, alpha) == get_quantile(data, alpha)
    assert upper_quantile(data, 1 - alpha) == get_quantile(data, 1 - alpha)


def test_a_known_box_is_found() -> None:
    """A peel takes 5% of the box, here at most 0.05 x 0.4 of an input: so near a side can be hit."""
    x, case = known(4, 20_000)
    best = max(prim(x, case), key=lambda step: step.density + step.coverage)
    assert best.restricted == (0, 2)
    assert best.density > 0.97
    assert best.coverage > 0.99
    assert [best.low[0], best.high[0], best.high[2]] == pytest.approx([0.3, 0.7, 0.4], abs=0.02)
    assert np.isneginf(best.low[2])


DRAWN = st.integers(0, 2**32 - 1).map(
    lambda seed: tied(seed) if seed % 2 else known(seed, 300)
)  # cases in both, of 1,000 and of 300 draws


@given(DRAWN, st.sampled_from(list(OBJECTIVES)), st.floats(0.02, 0.3), st.floats(0.02, 0.3))
@settings(max_examples=40, deadline=None)
def test_what_holds_for_every_trajectory(drawn: Drawn, objective: str, alpha: float, mass: float) -> None:
    x, case = drawn
    steps = prim(x, case, objective=objective, alpha=alpha, mass=mass)
    assert steps[0].restricted == ()
    assert steps[0].mass == steps[0].coverage == 1.0
    for step in steps:
        inside = step.contains(x)
        assert (inside.sum(), (inside & case).sum()) == (step.draws, step.cases)
        assert step.coverage == step.cases / case.sum()
        assert step.density == step.cases / step.draws
        assert step.mass == step.draws / len(case) >= min(mass, 1.0)
    moves = np.sign(np.diff([step.draws for step in steps]))
    assert (np.diff(moves) >= 0).all()  # peels, then pastes
    densities = [step.density for step in steps]
    if objective != "original":
        assert (np.diff(densities) > 0).all()


@given(DRAWN)
@settings(max_examples=20, deadline=None)
def test_units_and_the_order_of_the_draws_do_not_matter(drawn: Drawn) -> None:
    """exp keeps the order of an input's values, so every box holds the same draws."""
    x, case = drawn
    expected = [(step.draws, step.cases, step.restricted) for step in prim(x, case)]
    scaled = [(step.draws, step.cases, step.restricted) for step in prim(np.exp(x), case)]
    shuffled = np.random.default_rng(0).permutation(len(case))
    moved = [(step.draws, step.cases, step.restricted) for step in prim(x[:, shuffled], case[shuffled])]
    assert scaled == moved == expected


def test_a_subset_and_a_shared_order() -> None:
    x, case = evidence_below(0.3)
    order = presort(x)
    alone = prim(x[[0, 5]], case)
    shared = prim(x[[0, 5]], case, order=order[[0, 5]])
    assert [(s.draws, s.cases) for s in alone] == [(s.draws, s.cases) for s in shared]


def test_quasi_p_is_the_binomial_test() -> None:
    x, case = known(5, 500)
    box = next(step for step in prim(x, case) if len(step.restricted) == 2)
    found = quasi_p(x, case, box)
    j = box.restricted[0]
    side = LOW if np.isfinite(box.low[j]) else HIGH
    without = box.contains(x, without=(j,))
    if np.isfinite(box.low[j]) and np.isfinite(box.high[j]):
        without &= x[j] <= box.high[j]
    p = case[without].mean()
    assert found[j, side] == pytest.approx(binomtest(box.cases, box.draws, p, alternative="greater").pvalue, rel=1e-9)
    assert np.isnan(quasi_p(x, case, prim(x, case)[0])).all()


def test_nothing_to_peel() -> None:
    """Where every input has one value, or no peel gains, the trajectory is its first box."""
    assert len(prim(np.ones((2, 50)), np.arange(50) < 10)) == 1
    assert len(prim(np.arange(50.0)[None], np.ones(50, dtype=bool))) == 1


def test_the_examples_in_the_module() -> None:
    assert doctest.testmod(module).failed == 0
