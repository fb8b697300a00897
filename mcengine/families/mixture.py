"""mixture(components): one of several distributions, each with its own chance.

components is a list of tables {weight, family, parameters, truncate}; the weights sum to 1. A component
may be a constant (an atom: "0 with chance 0.25, else ..."), supports may overlap or leave gaps.

The values at which any component's cdf jumps or kinks cut the axis into intervals. On an atom the quantile
is the atom, exactly. In an interval where a single component has mass it is that component's own quantile,
exactly. Only where several overlap is the weighted cdf (in the upper half: the survival function) inverted
numerically.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from mcengine.errors import nearest_name
from mcengine.families.base import Array, Distribution, Family, blended
from mcengine.families.reader import ParameterError, Reader, number_text
from mcengine.families.roots import where_chance_is

KEYS = ("weight", "family", "parameters", "truncate")
SEVERAL, NONE = -2, -1


class Interval(NamedTuple):
    """The open intervals between the ladder's values, arrays of shape (edges + 1,).

    `low`, `high` their ends; `owner` the one component with mass there, `SEVERAL` or `NONE`; `below` and
    `above` the chance of the other components to lie under and over an interval with one owner.
    """

    low: Array
    high: Array
    owner: np.ndarray[Any, np.dtype[np.int64]]
    below: Array
    above: Array


@dataclass(frozen=True, eq=False)
class Mixture(Family):
    """`parts`, each taken with its chance in `weight`, shape (parts,), above 0 and summing to 1."""

    name = "mixture"
    forms = (("components",),)

    parts: tuple[Distribution, ...]
    weight: tuple[float, ...]

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """mixture(components = [{weight, family, parameters, truncate}, ...])."""
        tables = reader.given.get("components", [])
        if not isinstance(tables, list) or (not tables and "components" in reader.given):
            reader.refuse("components", tables, f"must be a list of tables with {', '.join(KEYS)}")
            tables = []
        rows = [f"components[{row}]" for row in range(1, len(tables) + 1)]
        read = [_component(reader, key, table) for key, table in zip(rows, tables, strict=True)]
        weights = [weight for weight, _ in read]
        if not any(math.isnan(weight) for weight in weights) and tables:
            weights = reader.weights("components", weights, [f"{row}.weight" for row in rows])
        reader.finish()
        kept = [(w, part) for w, (_, part) in zip(weights, read, strict=True) if part is not None and w > 0.0]
        return cls(reader.given, tuple(part for _, part in kept), tuple(w for w, _ in kept))

    @property
    def support(self) -> tuple[float, float]:
        """From the least to the greatest value of any component."""
        return min(part.support[0] for part in self.parts), max(part.support[1] for part in self.parts)

    @property
    def mean(self) -> float:
        """Sum of weight times mean."""
        return blended(self.split())[0]

    @property
    def sd(self) -> float:
        """From the components' variances and the spread between their means."""
        return blended(self.split())[1]

    @property
    def text(self) -> str:
        """As "0 with chance 0.25, else PERT(0.02, 0.1, 0.2)"."""
        pairs = sorted(self.split(), key=lambda pair: not pair[1].is_constant)
        if len(pairs) == 2 and pairs[0][1].is_constant:
            (weight, atom), (_, other) = pairs
            return f"{atom.text} with chance {number_text(weight)}, else {other.text}"
        return "; ".join(f"{part.text} with chance {number_text(w)}" for w, part in self.split())

    @property
    def resolved(self) -> dict[str, Any]:
        """Components with a weight above 0, each with its own resolved parameters."""
        tables = [table for table in self.parameters["components"] if table["weight"] > 0.0]
        for table, part in zip(tables, self.parts, strict=True):
            table["parameters"] = part.resolved
        return {"components": tables}

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of all components."""
        return tuple(path for part in self.parts for path in part.files)

    def split(self) -> tuple[tuple[float, Distribution], ...]:
        """The components with their weights, in the order given."""
        return tuple(zip(self.weight, self.parts, strict=True))

    def _cdf(self, x: Array) -> Array:
        return self._weighted([part.cdf(x) for part in self.parts])

    def _sf(self, x: Array) -> Array:
        return self._weighted([part.sf(x) for part in self.parts])

    def _below(self, x: Array) -> Array:
        return self._weighted([part.below(x) for part in self.parts])

    def _at_least(self, x: Array) -> Array:
        return self._weighted([part.at_least(x) for part in self.parts])

    def _weighted(self, chances: Sequence[Array]) -> Array:
        """The components' chances at the same values, weighed together."""
        return np.asarray(np.tensordot(self.weight, chances, axes=1), dtype=np.float64)

    def _edges(self) -> Array:
        return np.concatenate([part.ladder.x for part in self.parts])

    @cached_property
    def _intervals(self) -> Interval:
        """What lies between the ladder's values."""
        low, high = np.append(-np.inf, self.ladder.x), np.append(self.ladder.x, np.inf)
        weight = np.array(self.weight)[:, None]
        cdf = np.array([part.cdf(low) for part in self.parts])
        sf = np.array([part.sf(low) for part in self.parts])
        next_cdf = np.array([part.below(high) for part in self.parts])
        next_sf = np.array([part.at_least(high) for part in self.parts])
        active = (next_cdf > cdf) | (next_sf < sf)
        count = active.sum(axis=0)
        owner = np.where(count == 1, active.argmax(axis=0), np.where(count == 0, NONE, SEVERAL))
        others = weight * ~active
        return Interval(low, high, owner, (others * cdf).sum(axis=0), (others * sf).sum(axis=0))

    def _lower(self, u: Array) -> Array:
        steps = self.ladder
        chances = np.maximum.accumulate(steps.upto)
        at = np.searchsorted(chances, u, side="left")
        on_atom = np.append(steps.below, np.inf)[at] < u
        x = self._quantile(u, at, on_atom, self._intervals.below, "ppf", "cdf")
        return np.where(u == 0.0, self.support[0], x)

    def _upper(self, v: Array) -> Array:
        steps = self.ladder
        chances = np.maximum.accumulate(steps.above[::-1])
        at = steps.x.size - np.searchsorted(chances, v, side="right")
        on_atom = np.append(steps.at_least, -np.inf)[at] > v
        x = self._quantile(v, at, on_atom, self._intervals.above, "isf", "sf")
        return np.where(v == 0.0, self.support[1], x)

    def _quantile(self, p: Array, at: Any, on_atom: Any, others: Array, inverse: str, chance: str) -> Array:
        """Quantiles at p, which lie on the ladder's value `at` or in the interval that ends there."""
        gaps = self._intervals
        low, high, owner = gaps.low[at], gaps.high[at], gaps.owner[at]
        out: Array = np.where(on_atom | np.isneginf(low), high, low)
        for index, (weight, part) in enumerate(self.split()):
            own = ~on_atom & (owner == index)
            share = np.clip((p[own] - others[at[own]]) / weight, 0.0, 1.0)
            out[own] = np.clip(getattr(part, inverse)(share), low[own], high[own])
        mixed = ~on_atom & (owner == SEVERAL) & (p > 0.0)
        if mixed.any():
            out[mixed] = self._solve(p[mixed], low[mixed], high[mixed], inverse, chance)
        return out

    def _solve(self, p: Array, low: Array, high: Array, inverse: str, chance: str) -> Array:
        """Quantiles where several components overlap, between the least and greatest of their own."""
        own = np.array([getattr(part, inverse)(p) for part in self.parts])
        low, high = np.maximum(low, own.min(axis=0)), np.minimum(high, own.max(axis=0))
        return where_chance_is(p, getattr(self, chance), low, high, rising=chance == "cdf")


def _component(reader: Reader, key: str, table: Any) -> tuple[float, Distribution | None]:
    """Weight and distribution of one component; NaN or None with the problems noted."""
    if not isinstance(table, Mapping):
        reader.refuse(key, table, f"must be a table with {', '.join(KEYS)}")
        return math.nan, None
    for name in table:
        if name not in KEYS:
            rule = f"is not a key of a component, which takes {', '.join(KEYS)}"
            reader.refuse(f"{key}.{name}", table[name], rule, nearest_name(name, KEYS))
    for name in KEYS[:3]:
        if name not in table:
            reader.refuse(f"{key}.{name}", None, "is missing")
    weight = reader.as_number(f"{key}.weight", table["weight"]) if "weight" in table else math.nan
    if "family" not in table or "parameters" not in table:
        return weight, None
    try:
        part = reader.build(
            table["family"], table["parameters"], truncate=table.get("truncate"), base_dir=reader.base_dir
        )
    except ParameterError as error:
        for problem in error.problems:
            inner = problem.key.split("[")[0] in ("family", "truncate", "parameters")
            path = f"{key}.{problem.key}" if inner else f"{key}.parameters.{problem.key}"
            reader.refuse(path, problem.value, problem.rule, problem.nearest)
        return weight, None
    return weight, part
