"""The regressions behind the value of information: against scikit-learn's own, and what their columns are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from mcengine.analysis import evppi_regression as regression
from mcengine.analysis.evppi_regression import Levels, Spline, Surface, cross_predict, scores

Floats = NDArray[np.float64]
REPLICATES, N = 4, 300


@pytest.fixture
def sample() -> tuple[Floats, Floats]:
    """Scores of two inputs, (2, replicates, n), and two targets, (replicates, 2, n)."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2, REPLICATES, N))
    noise = rng.standard_normal((2, REPLICATES, N))
    y = np.array([np.sin(x[0]) * x[1] + 3.0, x[0] ** 2]) + 0.1 * noise
    return np.array([scores(row) for row in x]), y.transpose(1, 0, 2)


@pytest.mark.parametrize("ridge", [1e-4, 1e-1])
@pytest.mark.parametrize("group", [False, True])
def test_each_replicate_is_predicted_by_ridge_regression_on_the_others(
    sample: tuple[Floats, Floats], ridge: float, group: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regression, "_RIDGES", np.array([ridge]))
    monkeypatch.setattr(regression, "_PIECE", 77)
    z, y = sample
    z = z if group else z[:1]
    pooled = z.reshape(len(z), -1)
    basis = Surface(pooled, np.concatenate(y, axis=1)) if group else Spline(pooled)
    found = cross_predict(basis, lambda r: z[:, r], y)
    for r in range(REPLICATES):
        rest = [s for s in range(REPLICATES) if s != r]
        columns = np.concatenate([basis.columns(z[:, s]) for s in rest])
        oracle = Ridge(alpha=ridge * len(columns), solver="cholesky").fit(
            columns, np.concatenate([y[s].T for s in rest])
        )
        np.testing.assert_allclose(found[r].T, oracle.predict(basis.columns(z[:, r])), rtol=1e-6, atol=1e-7)


def test_a_replicate_has_hardly_a_say_in_its_own_predictions(sample: tuple[Floats, Floats]) -> None:
    """Only by the ridge parameter, as the errors it is chosen by are of the others, from fits that include this one."""
    z, y = sample
    spoilt = y.copy()
    spoilt[0] = 0.0
    basis = Spline(z[:1].reshape(1, -1))
    errors = [np.abs(cross_predict(basis, lambda r: z[:1, r], own)[0] - y[0]).mean() for own in (y, spoilt)]
    assert errors[1] < 1.05 * errors[0]


def test_smooth_functions_and_interactions_are_found(sample: tuple[Floats, Floats]) -> None:
    z, y = sample
    one = cross_predict(Spline(z[:1].reshape(1, -1)), lambda r: z[:1, r], y)
    assert np.var(one[:, 1] - y[:, 1]) < 0.03  # x^2, with noise of variance 0.01
    both = cross_predict(Surface(z.reshape(2, -1), np.concatenate(y, axis=1)), lambda r: z[:, r], y)
    assert np.var(both[:, 0] - y[:, 0]) < 0.03  # sin(x0) x1


def test_scores_are_ranks_and_ties_share_one() -> None:
    x = np.array([[3.0, 1.0], [1.0, 100.0]])
    z = scores(x)
    assert z.shape == x.shape
    assert z[0, 1] == z[1, 0] < z[0, 0] < z[1, 1]
    np.testing.assert_array_equal(z, scores(np.exp(x / 10)))


def test_an_atom_has_a_level_of_its_own() -> None:
    """A jump at a value that 25% of the draws hold: no smoothing across it, whichever side it lies on."""
    rng = np.random.default_rng(6)
    x = rng.uniform(-1.0, 1.0, (REPLICATES, N))
    x[:, ::4] = 0.0
    y = np.where(x == 0.0, 10.0, x)[:, None]
    z = scores(x)[None]
    found = cross_predict(Spline(z.reshape(1, -1)), lambda r: z[:, r], y)
    np.testing.assert_allclose(found[:, 0], y[:, 0], atol=0.06)


def test_levels_are_the_means_by_label() -> None:
    rng = np.random.default_rng(7)
    label = rng.integers(0, 3, (REPLICATES, N)).astype(float)
    y = (label**2 + rng.standard_normal((REPLICATES, N)))[:, None]
    found = cross_predict(Levels(3), lambda r: label[None, r], y)
    for r in range(REPLICATES):
        rest = [s for s in range(REPLICATES) if s != r]
        for level in range(3):
            mean = y[rest, 0][label[rest] == level].mean()
            assert found[r, 0][label[r] == level] == pytest.approx(mean, abs=0.03)
