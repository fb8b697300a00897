"""Comparison of a distribution with a frozen scipy.stats one, and the grids used for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mcengine.families import Distribution, ParameterError, Problem, distribution

BODY = np.linspace(0.001, 0.999, 999)
TAIL = 10.0 ** np.arange(-300, -2, 7)
NEAR_ONE = 1.0 - 2.0 ** -np.arange(2.0, 54.0)
U = np.concatenate([TAIL, BODY, NEAR_ONE])


def agree(found: Distribution, oracle: Any, *, rtol: float = 1e-11, tail: Any = TAIL) -> None:
    """Quantiles from both ends, both chances, mean, sd and median are those of scipy.stats.

    Errors are relative to the larger of the value and, for values near 0, 1e-14 of the middle half.
    """
    spread = float(oracle.ppf(0.75) - oracle.ppf(0.25))
    near = {"rtol": rtol, "atol": 1e-14 * spread}
    u = np.concatenate([tail, BODY])
    np.testing.assert_allclose(found.ppf(u), oracle.ppf(u), **near)
    np.testing.assert_allclose(found.isf(u), oracle.isf(u), **near)
    np.testing.assert_allclose(found.ppf(NEAR_ONE), oracle.isf(1.0 - NEAR_ONE), **near)
    x = np.concatenate([oracle.ppf(u), oracle.isf(u)])
    np.testing.assert_allclose(found.cdf(x), oracle.cdf(x), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found.sf(x), oracle.sf(x), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose([found.mean, found.sd], [oracle.mean(), oracle.std()], rtol=1e-12)
    np.testing.assert_allclose(found.median, oracle.median(), rtol=rtol)


def problems(family: str, parameters: Any, **options: Any) -> dict[str, Problem]:
    """The problems that `distribution` finds, by key; fails when it finds none."""
    with pytest.raises(ParameterError) as caught:
        distribution(family, parameters, **options)
    assert str(caught.value).count("\n") == len(caught.value.problems) - 1
    return {problem.key: problem for problem in caught.value.problems}


def table(weight: float, family: str, **parameters: Any) -> dict[str, Any]:
    """A component of a mixture, as a TOML file holds it."""
    return {"weight": weight, "family": family, "parameters": parameters}
