"""Where two runs' numbers first differ, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def first_in_rows(
    columns: tuple[Sequence[str], Sequence[str]], rows: tuple[Array, Array], tolerance: float
) -> str | None:
    """The first difference between stored and present replicates, float64 (replicates, numbers), or None.

    columns    names of the numbers, stored and now
    tolerance  0: bit by bit; else relative to the largest value of the column, since a mean near 0 is the sum
               of terms that are not
    """
    for before, now in zip(*columns, strict=False):
        if before != now:
            return f"names of the numbers: stored {before}, now {now}"
    stored, present = rows
    if stored.shape != present.shape:
        return f"replicates x numbers: stored {_size(stored)}, now {_size(present)}"
    finite = np.isfinite(stored) & np.isfinite(present)
    first, second = np.where(finite, stored, 0.0), np.where(finite, present, 0.0)
    scale = np.max(np.maximum(np.abs(first), np.abs(second)), axis=0, initial=0.0)
    same = finite & (np.abs(first - second) <= tolerance * scale)
    same |= (stored == present) | (np.isnan(stored) & np.isnan(present))
    if same.all():
        return None
    replicate, k = np.argwhere(~same)[0]
    before, now = stored[replicate, k].item(), present[replicate, k].item()
    return f"replicate {replicate}, {columns[0][k]}: stored {before!r}, now {now!r}"


def first_in_summary(stored: Any, present: Any, tolerance: float, path: str = "", scale: float = 0.0) -> str | None:
    """The first stored value that is not in `present` likewise (within `tolerance`), or None.

    Values that are only in `present`, as a later version may add, are no difference. A statistic's value and
    interval share one scale: the largest of them.
    """
    if isinstance(stored, Mapping) and isinstance(present, Mapping):
        if "value" in stored:
            numbers = [stored["value"], *(stored.get("ci95") or ())]
            scale = max((abs(n) for n in numbers if isinstance(n, int | float)), default=0.0)
        for key, value in stored.items():
            place = f"{path}.{key}" if path else str(key)
            if key not in present:
                return f"{place}: stored {_short(value)}, now nothing"
            found = first_in_summary(value, present[key], tolerance, place, scale)
            if found is not None:
                return found
        return None
    if isinstance(stored, list) and isinstance(present, list) and len(stored) == len(present):
        pairs = enumerate(zip(stored, present, strict=True))
        found_all = (first_in_summary(a, b, tolerance, f"{path}[{i}]", scale) for i, (a, b) in pairs)
        return next((found for found in found_all if found is not None), None)
    if _alike(stored, present, tolerance * scale):
        return None
    return f"{path}: stored {_short(stored)}, now {_short(present)}"


def _alike(stored: Any, present: Any, slack: float) -> bool:
    numbers = isinstance(stored, int | float) and isinstance(present, int | float)
    return bool(stored == present or (numbers and abs(stored - present) <= slack))


def _size(rows: Array) -> str:
    return " x ".join(str(n) for n in rows.shape)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
