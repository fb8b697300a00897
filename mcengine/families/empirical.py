"""empirical(values) or empirical(file): the quantile function drawn through the data.

Plotting positions are Hazen's (1914): the i-th smallest of n values stands at (i - 0.5) / n, with straight
lines between. The mean is then exactly the mean of the data. Below the first and above the last position
the quantile stays at the smallest and largest value: data say nothing about what lies beyond them, so the
support is [min, max] and each end carries half a data point. A tail beyond the data is an assumption,
which another family should state in so many words.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from mcengine.families.base import Array, Family
from mcengine.families.reader import Reader, number_text


@dataclass(frozen=True, eq=False)
class Empirical(Family):
    """Piecewise linear quantile function through `data`, shape (n,), ascending; `path` where it came from."""

    name = "empirical"
    forms = (("values",), ("file",))

    data: Array
    path: Path | None

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """empirical(values = [...]) or empirical(file = "one_column.csv"), two values at least."""
        path = None
        if reader.form == cls.forms[1]:
            path = _find(reader)
            values = [] if path is None else _read_column(reader, path)
        else:
            values = reader.numbers("values", least=2)
        reader.finish()
        data = np.sort(np.array(values))
        data.setflags(write=False)
        return cls(reader.given, data, path)

    @property
    def support(self) -> tuple[float, float]:
        """[min, max] of the data: no extrapolation."""
        return float(self.data[0]), float(self.data[-1])

    @property
    def mean(self) -> float:
        """The mean of the data, exactly."""
        return math.fsum(self.data) / self.data.size

    @property
    def sd(self) -> float:
        """Of the straight lines between the data and half a point at each end, exactly."""
        x = self.data - self.mean
        ends = 0.5 * (x[0] ** 2 + x[-1] ** 2)
        lines = (x[:-1] ** 2 + x[:-1] * x[1:] + x[1:] ** 2) / 3.0
        return math.sqrt((math.fsum(lines) + ends) / x.size)

    @property
    def text(self) -> str:
        """As "Empirical(17 values of costs.csv, 0.2 to 3.4)"."""
        low, high = map(number_text, self.support)
        source = "" if self.path is None else f" of {self.path.name}"
        return f"Empirical({self.data.size} values{source}, {low} to {high})"

    @property
    def resolved(self) -> dict[str, Any]:
        """The values, also where they came from a file."""
        return {"values": self.data.tolist()}

    @property
    def files(self) -> tuple[Path, ...]:
        """The file the data came from."""
        return () if self.path is None else (self.path,)

    def _positions(self) -> Array:
        """Plotting positions, shape (n,); read backwards they are the positions counted from above."""
        return (np.arange(self.data.size) + 0.5) / self.data.size

    def _lower(self, u: Array) -> Array:
        return np.interp(u, self._positions(), self.data)

    def _upper(self, v: Array) -> Array:
        return np.interp(v, self._positions(), self.data[::-1])

    def _cdf(self, x: Array) -> Array:
        return self._chance(self.data, x, "right")

    def _below(self, x: Array) -> Array:
        return self._chance(self.data, x, "left")

    def _sf(self, x: Array) -> Array:
        return self._chance(-self.data[::-1], -x, "left")

    def _at_least(self, x: Array) -> Array:
        return self._chance(-self.data[::-1], -x, "right")

    def _chance(self, data: Array, x: Array, side: str) -> Array:
        """P(X <= x) for side "right", P(X < x) for "left"; mirrored data give the upper tail.

        Equal values make an atom: its far side is the position of the last of them, its near side that of
        the first. The two ends reach out to 0 and 1.
        """
        n = data.size
        positions = self._positions()
        after = np.searchsorted(data, x, side="right")
        before = np.searchsorted(data, x, side="left")
        left = np.clip(after - 1, 0, n - 1)
        right = np.clip(after, 0, n - 1)
        width = np.where(data[right] > data[left], data[right] - data[left], 1.0)
        between = positions[left] + (x - data[left]) / width * (positions[right] - positions[left])
        if side == "right":
            return np.where(after == n, 1.0, between)
        first = np.where(before == 0, 0.0, positions[np.clip(before, 0, n - 1)])
        return np.where(before < after, first, between)

    def _edges(self) -> Array:
        return self.data


def _find(reader: Reader) -> Path | None:
    """The data file, looked for beside the file that names it."""
    name = reader.given.get("file")
    if not isinstance(name, str):
        if name is not None:
            reader.refuse("file", name, "must be the name of a CSV file")
        return None
    path = Path(name) if reader.base_dir is None else reader.base_dir / name
    if not path.is_file():
        reader.refuse("file", name, f"is not a file in {path.parent}")
        return None
    return path


def _read_column(reader: Reader, path: Path) -> list[float]:
    """The numbers of a one-column file; a first row that is no number is a header, empty rows are skipped."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [(number, row) for number, row in enumerate(csv.reader(stream), start=1) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reader.refuse("file", str(path), f"can't be read as CSV: {error}")
        return []
    values = []
    for order, (number, row) in enumerate(rows):
        value = _cell(row)
        if value is not None and math.isfinite(value):
            values.append(value)
        elif order > 0 or value is not None or len(row) > 1:
            rule = f"row {number} of {path.name} must hold one finite number"
            reader.refuse("file", ",".join(row), rule)
    if len(values) < 2 and not reader.problems:
        reader.refuse("file", str(path), f"needs at least 2 values, it holds {len(values)}")
    return values


def _cell(row: list[str]) -> float | None:
    """The number in a row of one cell, or None."""
    try:
        return float(row[0]) if len(row) == 1 else None
    except ValueError:
        return None
