"""Answers as data frames: the tables of their plain data, one row an entry.

>>> row({"st": {"value": 0.5, "ci95": [0.4, 0.6]}, "bounds": [0.0, 10.0], "members": ["a", "b"], "roots": [1.5]})
{'st': 0.5, 'st_lo': 0.4, 'st_hi': 0.6, 'bounds_lo': 0.0, 'bounds_hi': 10.0, 'members': 'a, b'}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
Data = Mapping[str, Any]

_PAIRS = ("bounds", "npv_at_bounds", "keeps")
"""Lists of two numbers, from and to."""

_NESTED = ("percentiles", "unspent", "waiting", "changes", "variance", "share")
"""Tables within an entry that become columns; other ones, as curves and rankings, stay in `to_dict`."""


def frame(data: Data) -> pd.DataFrame:
    """The table of an answer's `to_dict()`; methods that no maker names have inputs and perhaps groups of them."""
    import pandas as pd

    maker = _MAKERS.get(data.get("method", "evaluate"), _factors)
    return pd.DataFrame(list(maker(data)))


def row(entry: Data) -> Row:
    """One entry as columns: statistics with their bounds, pairs as from and to, names joined; curves left out."""
    found: Row = {}
    for key, value in entry.items():
        if isinstance(value, Mapping) and "ci95" in value:
            low, high = value["ci95"] or (None, None)
            found |= {key: value["value"], f"{key}_lo": low, f"{key}_hi": high}
        elif isinstance(value, Mapping):
            if key in _NESTED or set(value) == {"value", "output"}:
                found |= {f"{key}_{name}": one for name, one in row(value).items()}
        elif isinstance(value, list | tuple):
            if key in _PAIRS:
                found |= {f"{key}_lo": value[0], f"{key}_hi": value[1]}
            elif value and all(isinstance(one, str) for one in value):
                found[key] = ", ".join(value)
        else:
            found[key] = value
    return found


def _factors(data: Data) -> Iterator[Row]:
    """Groups of inputs, where there are any, and inputs; `of` says which of the two."""
    for of in ("groups", "inputs"):
        for name, entry in data.get(of, {}).items():
            yield {"of": of, "name": name, **row(entry)}


def _evaluation(data: Data) -> Iterator[Row]:
    yield from (dict(year) for year in data["years"])


def _steps(data: Data) -> Iterator[Row]:
    """The steps of a waterfall, between its two ends."""
    start, end = data["from"], data["to"]
    yield {"name": start["study"], "effect": start["value"]}
    for step in data["steps"]:
        changes = step["changes"]
        alone = next(iter(changes.values())) if len(changes) == 1 else {}
        yield {"name": step["name"], **alone, **row({k: v for k, v in step.items() if k not in ("name", "changes")})}
    yield {"name": end["study"], "effect": end["value"]}


def _conditions(data: Data) -> Iterator[Row]:
    """The conditions of the boxes that were picked, each with its box's coverage, density and mass."""
    for number, box in enumerate(data["boxes"], 1):
        whole = row({key: box[key] for key in ("coverage", "density", "mass")})
        for limit in box["box"]:
            chosen = ("input", "unit", "low", "high", "low_quantile", "high_quantile", "density_without")
            yield {"box": number, **row({key: limit[key] for key in chosen}), **whole}


def _responses(data: Data) -> Iterator[Row]:
    for response in data["responses"].values():
        yield from ({"response": response["response"], **one} for one in _factors(response))


def _parts(data: Data) -> Iterator[Row]:
    yield from ({"name": name, **row(data[name])} for name in ("ignorance", "luck"))


def _phases(data: Data) -> Iterator[Row]:
    yield from ({"phase": name, **row(entry)} for name, entry in data["phases"].items())


_MAKERS: dict[str, Callable[[Data], Iterator[Row]]] = {
    "evaluate": _evaluation,
    "waterfall": _steps,
    "boxes": _conditions,
    "tail": _responses,
    "luck": _parts,
    "optimise": _phases,
}
