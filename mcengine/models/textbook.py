"""Textbook models with exact answers; they test the engine and show how to bring a model of one's own.

Ishigami      y = sin x1 + a sin^2 x2 + b x3^4 sin x1, x uniform on (-pi, pi), a = 7, b = 0.1
              (Ishigami & Homma 1990; indices: Saltelli et al. 2008, Global Sensitivity Analysis, eq. 4.34 ff.)
g_function    y = prod_i (|4 x_i - 2| + a_i) / (1 + a_i), x uniform on (0, 1), a = 0, 1, 4.5, 9, 99, 99, 99, 99
              (Saltelli & Sobol' 1995; V_i = 1 / (3 (1 + a_i)^2))
linear        y = sum_i c_i x_i, c = 1, 2, 3; Gaussian inputs, so that mean, variance and indices are exact
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcengine.models.model import Model, Output


def _ishigami(x: Any, out: Any, constants: Any) -> None:
    a, b = constants[0]
    for i in range(x.shape[1]):
        first = np.sin(x[0, i])
        second = np.sin(x[1, i])
        third = x[2, i] * x[2, i]
        out[0, i] = first + a * second * second + b * third * third * first


def _g_function(x: Any, out: Any, constants: Any) -> None:
    a = constants[0]
    for i in range(x.shape[1]):
        product = 1.0
        for j in range(x.shape[0]):
            product *= (abs(4.0 * x[j, i] - 2.0) + a[j]) / (1.0 + a[j])
        out[0, i] = product


def _linear(x: Any, out: Any, constants: Any) -> None:
    coefficients = constants[0]
    for i in range(x.shape[1]):
        total = 0.0
        for j in range(x.shape[0]):
            total += coefficients[j] * x[j, i]
        out[0, i] = total


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"x{j + 1}" for j in range(count))


def ishigami() -> Model:
    """The Ishigami function of x1, x2, x3."""
    return Model(_ishigami, _names(3), (Output("y"),), (np.array([7.0, 0.1]),), name="ishigami")


def g_function() -> Model:
    """Sobol's G function of x1 ... x8."""
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])
    return Model(_g_function, _names(8), (Output("y"),), (a,), name="g_function")


def linear_gaussian() -> Model:
    """A weighted sum of x1, x2, x3."""
    return Model(_linear, _names(3), (Output("y"),), (np.array([1.0, 2.0, 3.0]),), name="linear_gaussian")


TEXTBOOK = {"ishigami": ishigami, "g_function": g_function, "linear_gaussian": linear_gaussian}
