"""Cubic pieces through Chebyshev nodes: how every table of this package is fitted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NODES: NDArray[np.float64] = (1.0 + np.cos((2 * np.arange(4) + 1) * np.pi / 8)) / 2
"""Chebyshev nodes on [0, 1], float64 (4,): near-minimax for a cubic."""

_INVERSE = np.linalg.inv(np.vander(NODES, 4, increasing=True))


def coefficients(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ascending powers, float64 (cells, 4), of the cubics with `values` (cells, 4) at the nodes of each cell."""
    fitted: NDArray[np.float64] = values @ _INVERSE.T
    return np.ascontiguousarray(fitted)
