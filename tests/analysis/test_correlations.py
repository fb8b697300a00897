"""Target and achieved rank correlations of a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mcengine import load_study, run
from mcengine.analysis.correlations import attainable, mid_ranks, spearman
from mcengine.families import distribution
from tests.engine.make import STANDARD, UNIT, first_input, model, simple
from tests.families.oracle import table


def test_ranks_and_spearman_are_scipys_with_ties_too() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 20, 500).astype(float), rng.normal(size=500)
    assert np.array_equal(mid_ranks(x), stats.rankdata(x))
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert spearman(np.ones(5), np.arange(5.0)) == 0.0


@pytest.mark.parametrize("dof", [None, 4.0])
def test_the_achieved_correlation_is_the_target(dof: float | None) -> None:
    """65,536 draws: within 5 standard errors, at most 1.3 / 256 each; 2 pairs and 2 copulas, 2.3e-6."""
    laws = {"a": STANDARD, "b": UNIT, "c": ("lognormal", {"median": 1.0, "log_sd": 0.9}), "d": UNIT}
    study = simple(laws, correlations={("a", "c"): 0.7, ("b", "c"): -0.2}, dof=dof)
    found = run(study, draws=4096, seed=3, model=model(first_input, laws)).correlations
    assert [(c.first, c.second, c.target, c.attainable) for c in found] == [
        ("a", "c", 0.7, 1.0), ("b", "c", -0.2, -1.0),
    ]  # fmt: skip
    for pair in found:
        assert abs(float(pair.achieved.value) - pair.target) < 5 * 1.3 / 256  # type: ignore[arg-type]
        assert pair.used == pair.target


def test_the_bundled_evidence_gets_the_correlations_it_states() -> None:
    """As above; continuous pairs only, some ten of them: 6e-6."""
    result = run(load_study("evidence"), draws=4096, seed=3)
    assert len(result.correlations) == len(result.study.sets[0].set.correlations) > 0
    for pair in result.correlations:
        assert pair.target == pair.used
        if abs(pair.attainable) == 1.0:
            assert abs(float(pair.achieved.value) - pair.target) < 5 * 1.3 / 256  # type: ignore[arg-type]
        else:
            assert 0 < abs(float(pair.achieved.value)) <= abs(pair.target) + 0.02  # type: ignore[arg-type]


def test_an_atom_limits_what_can_be_attained() -> None:
    """Zero(w; D) against a continuous law: ties at w of the draws leave sqrt(1 - w^3) of the rank correlation."""
    pert = distribution("pert", {"low": 0, "mode": 1, "high": 2})
    for w in (0.25, 0.5):
        parts = [table(w, "constant", value=0), table(1 - w, "pert", low=0.02, mode=0.1, high=0.2)]
        zero = distribution("mixture", {"components": parts})
        assert attainable(zero, pert, 1.0) == pytest.approx(np.sqrt(1 - w**3), abs=1e-3)
        assert attainable(zero, pert, -1.0) == pytest.approx(-np.sqrt(1 - w**3), abs=1e-3)
    assert attainable(pert, pert, -1.0) == -1.0


def test_correlations_that_are_switched_off_are_not_reported() -> None:
    laws = {"a": STANDARD, "b": UNIT}
    study = simple(laws, correlations={("a", "b"): 0.7})
    own = model(first_input, laws)
    assert run(replace(study, correlations=False), draws=1024, seed=3, model=own).correlations == ()
    tied, free = (
        run(study, draws=1024, seed=3, model=own),
        run(replace(study, correlations=False), draws=1024, seed=3, model=own),
    )
    # The first of a block keeps its own draws, by its score where it is correlated, by a direct table where not.
    assert tied["y"].mean.value == pytest.approx(free["y"].mean.value, abs=1e-7)
