"""The same problem for SALib: the transform is the engine's, the indices agree, what SALib would hide is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mcengine import load_study, sensitivity
from mcengine.analysis.factors import build_factors
from mcengine.analysis.salib_bridge import Bridge, build_bridge
from mcengine.analysis.sobol import sobol
from mcengine.engine.problem import build_problem
from mcengine.errors import NonFiniteError
from mcengine.inputs.study import Study
from mcengine.models.model import Model
from mcengine.sampling.points import fill, replicate_words
from tests.engine.make import STANDARD, UNIT, model, simple
from tests.engine.test_saltelli import STUDIES, own

N = 256


def bridge(given: Study, own_model: Model | None = None) -> Bridge:
    problem = build_problem(given, seed=9, draws=N, model=own_model)
    return build_bridge(problem, build_factors(problem))


@pytest.mark.parametrize("name", [*STUDIES, "evidence"])
def test_the_transform_is_that_of_a_run(name: str) -> None:
    found = bridge(load_study(name)) if name == "evidence" else bridge(STUDIES[name], own())
    problem = found.problem
    places = (*problem.model.inputs, "@set", *(f"@mix:{i}" for i in problem.model.inputs))
    words = np.empty((len(places), 2), dtype=np.uint32)
    replicate_words(problem.points, 0, words)
    u = np.empty((N, len(found.variables)))
    for v, variable in enumerate(found.variables):
        column = np.empty(N)
        fill(problem.points, words, places.index(variable), 0, 0, column)
        u[:, v] = column
    x, _ = problem.draws(0, 0, N)
    assert np.array_equal(found.inputs(u), x)


def test_groups_and_mixing_variables_are_told_to_salib() -> None:
    found = bridge(STUDIES["pooled, t copula"], own())
    assert found.variables == ("a", "b", "c", "@mix:a", "@set")
    assert found.salib["groups"] == ["a + c", "b", "a + c", "a + c", "assumption set"]
    assert "groups" not in bridge(STUDIES["independent"], own()).salib


@pytest.mark.parametrize("second_order", [False, True])
def test_the_two_engines_agree_within_their_intervals(second_order: bool) -> None:
    given = load_study("evidence")
    ours = sensitivity(given, seed=1, n=1024, replicates=8)
    theirs = sensitivity(given, seed=0, n=1024, replicates=8, engine="salib", second_order=second_order)
    assert list(theirs.groups) == list(ours.groups)
    assert theirs.n == 8192
    for name, factor in ours.groups.items():
        assert theirs[name].st.value == pytest.approx(factor.st.value, abs=0.02)
        assert theirs[name].s1.value == pytest.approx(factor.s1.value, abs=0.03)
    assert len(theirs.main.s2) == (45 if second_order else 0)
    assert theirs.main.ranking is None
    assert any("bootstrap" in note for note in theirs.notes)
    again = sensitivity(given, seed=0, n=1024, replicates=8, engine="salib", second_order=second_order)
    assert again.to_dict() == theirs.to_dict()  # seed 0 is a seed


def _root(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = np.sqrt(4.2 - x[0, i]) + x[1, i]


def test_a_non_finite_output_never_reaches_salib() -> None:
    given = simple({"a": STANDARD, "b": UNIT})
    with pytest.raises(NonFiniteError, match="output 'y' is not a finite number"):
        sobol(given, model=model(_root, ("a", "b")), engine="salib", seed=1, n=1 << 14, replicates=16)
