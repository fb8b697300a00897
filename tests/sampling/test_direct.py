"""Quantile tables over the uniform: accuracy against scipy.stats, which inputs get one, and what the engine does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mcengine import load_study
from mcengine.engine.problem import build_problem
from mcengine.families import distribution
from mcengine.sampling.direct import build_direct
from mcengine.sampling.tables import build_tables
from tests.engine.make import assumption_set, first_input, model, study
from tests.families.oracle import table
from tests.sampling.calls import direct_values, sample, scores, values
from tests.sampling.test_tables import CASES, U, exact

KINKED = {"triangular"}  # beside its mode no cubic over u follows; two look-ups, from two sections, do
SAME = model(first_input, ("a",))
HEAVY = {"lognormal, heavy", "lognormal by two quantiles"}


@pytest.mark.parametrize("name", CASES)
def test_quantiles_are_within_a_millionth_of_the_interquartile_range(name: str) -> None:
    law, oracle = CASES[name]
    aside = distribution("normal", {"mean": 0, "sd": 1})
    direct = build_direct(build_tables([aside, law, aside]), [0, 1, 2])
    assert direct.bits[0] == direct.bits[2] > 0
    if direct.bits[1] < 0:
        assert name in KINKED | HEAVY
        return
    spread = float(oracle.ppf(0.75) - oracle.ppf(0.25))
    error = np.abs(direct_values(direct, 1, U) - exact(oracle)) / spread
    worst = int(error.argmax())
    assert error[worst] <= 1e-6, (U[worst], error[worst])


def test_the_ends_and_the_middle_are_inside_the_table() -> None:
    tables = build_tables([distribution("normal", {"mean": 0, "sd": 1})])
    u = np.array([2.0**-54, 2.0**-53, 2.0**-33, 0.5 - 2.0**-54, 0.5, 0.5 + 2.0**-53, 1 - 2.0**-33, 1 - 2.0**-53])
    found = direct_values(build_direct(tables, [0]), 0, u)
    assert found == pytest.approx(scores(u), abs=2e-6)  # an sd beyond 6 is 1e-7 of the value, not of the spread
    assert np.all(np.diff(found) >= -1e-7)


def test_an_input_with_an_atom_or_without_a_place_gets_none() -> None:
    atom = distribution(
        "mixture", {"components": [table(0.3, "constant", value=0), table(0.7, "normal", mean=1, sd=1)]}
    )
    tables = build_tables([atom, distribution("uniform", {"low": 0, "high": 1})])
    assert build_direct(tables, [0, 1, -1]).bits.tolist() == [-1, 4, -1]


def test_only_inputs_outside_every_correlation_are_direct() -> None:
    with_correlations = build_problem(load_study("evidence"), seed=3, draws=1 << 12)
    correlated = set(with_correlations.copulas[0].rows.tolist())
    direct = set(np.flatnonzero(with_correlations.design.direct[0].bits >= 0).tolist())
    assert direct == set(range(len(with_correlations.design.uncertain))) - correlated
    assert len(direct) == 6


def test_the_engine_s_inputs_are_those_of_the_two_look_ups() -> None:
    """Every input of the evidence without correlations, by both ways, for the same points."""
    made = build_problem(replace(load_study("evidence"), correlations=False), seed=3, draws=1 << 12)
    x, _ = made.draws(0, 0, 1 << 12)
    u = sample(made.points, 0, 1 << 12, len(made.model.inputs))
    assert (made.design.direct[0].bits >= 0).sum() == 24  # all but the one with an atom
    for k, j in enumerate(made.design.uncertain):
        slow = values(made.tables[0], int(made.design.slot[0, k]), scores(u[j]))
        quartiles = np.quantile(slow, [0.25, 0.75])
        assert x[j] == pytest.approx(slow, abs=4e-7 * float(np.ptp(quartiles)), rel=1e-9), made.model.inputs[j]


def test_each_set_of_a_pool_has_its_own() -> None:
    low, high = ({"a": ("uniform", {"low": low, "high": low + 1.0})} for low in (0.0, 5.0))
    pool = study(("a",), (assumption_set(low, name="low"), 0.5), (assumption_set(high, name="high"), 0.5))
    made = build_problem(pool, seed=1, draws=1024, model=SAME)
    x, _ = made.draws(0, 0, 1024)
    u = sample(made.points, 0, 1024, 2)
    assert [direct.bits.tolist() for direct in made.design.direct] == [[4], [4]]
    assert x[0] == pytest.approx(u[0] + np.where(u[1] < 0.5, 0.0, 5.0), abs=1e-6)
