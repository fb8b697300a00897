"""The sheet "assumptions" of a workbook: one row an input, as the rows of an assumption set's data."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

from mcengine.errors import nearest_name
from mcengine.families import FAMILIES
from mcengine.inputs.check import label
from mcengine.inputs.plan import Plan
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.workbook_cells import Cell, Table
from mcengine.inputs.workbook_layout import ASSUMPTION_COLUMNS, PARAMETERS, SHOWN, plain
from mcengine.inputs.workbook_settings import inline_table

_GIVEN = ("input", "unit")
_SAYS = tuple(c.key for c in ASSUMPTION_COLUMNS if c.kind != SHOWN and c.key not in (*_GIVEN, "family"))
_TEXTS = ("unit", "source", "locator", "confidence", "shape", "owner", "note", "corrects")
_WORDS = ("source", "locator", "note")
_CUT = ("truncate low", "truncate high")
_CLOSE = 1e-12
"""Relative difference at which the plan's value in a sheet is still the plan's: spreadsheets keep 15 digits."""


def assumption_rows(table: Table, plan: Plan | None, places: dict[str, str]) -> list[dict[str, Any]]:
    """The `[[assumptions]]` rows of the data; `places` gets the cell of each of their keys.

    A row without a family is no row of the set: its input keeps the plan's value.
    """
    specs = {} if plan is None else {spec.name: spec for spec in plan.inputs}
    rows: list[dict[str, Any]] = []
    for number in table.rows():
        if not _is_meant(table, number, specs):
            continue
        row, keys = _row(table, number)
        prefix = f"set.assumptions{label('assumptions', len(rows), row)}"
        places[f"set.assumptions[{len(rows) + 1}]"] = keys[""]
        places |= {f"{prefix}{key}": place for key, place in keys.items()}
        rows.append(row)
    return rows


def _is_meant(table: Table, number: int, specs: Mapping[str, InputSpec]) -> bool:
    """Whether the row is one of the set, with what is wrong with a row that is not noted."""
    name, family = table.text(number, "input"), table.text(number, "family")
    assert name is not None  # required columns
    assert family is not None
    if name.value is None:
        table.report.add(name.place, None, "the row names no input: give one, or empty the row")
        return False
    spec = specs.get(name.value)
    if spec is not None:
        _check_shown(table, number, spec)
    if family.value is not None:
        return True
    if specs and spec is None:
        table.report.add(name.place, name.value, "there is no such input", nearest_name(name.value, specs))
    said = [key for key in _SAYS if (cell := table.cell(number, key)) is not None and cell.value is not None]
    if said and family.sound:
        rule = (
            f"the row has {', '.join(said)} but no family, so the input would stay at the plan's value: choose a "
            "family (constant, to say that of the plan's value), or empty those cells"
        )
        table.report.add(family.place, None, rule)
    return False


def _check_shown(table: Table, number: int, spec: InputSpec) -> None:
    """Refuse another plan's value than the plan's: the column only shows it."""
    cell = table.number(number, "plan's value", infinite=True)
    if cell is None or cell.value is None:
        return
    if not isinstance(cell.value, int | float) or not math.isclose(cell.value, spec.value, rel_tol=_CLOSE):
        rule = (
            f"the column shows the plan's value, {spec.value:.15g}, and changes nothing: give another value by the "
            f"family constant, or on the sheet for the study as a fixed value"
        )
        table.report.add(cell.place, cell.value, rule)


def _row(table: Table, number: int) -> tuple[dict[str, Any], dict[str, str]]:
    """One row of the data, and the cell of each key below the row's own (".family", ".parameters.low")."""
    row: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for column, key in (("input", "input"), *((name, name) for name in _TEXTS), ("same as set", "like")):
        cell = table.words(number, column) if column in _WORDS else table.text(number, column)
        if cell is not None:
            keys[f".{key}"] = cell.place
            row |= {} if cell.value is None else {key: cell.value}
    keys[""] = keys[".input"]
    date = table.cell(number, "date")
    if date is not None:
        keys[".date"] = date.place
        row |= {} if date.value is None else {"date": _day(date.value)}
    row |= _distribution(table, number, keys)
    return row, keys


def _day(value: Any) -> Any:
    """A cell's date without its time of day."""
    return value.date() if isinstance(value, datetime.datetime) else value


def _distribution(table: Table, number: int, keys: dict[str, str]) -> dict[str, Any]:
    """Family, parameters and bounds of the row; a chance of 0 makes it a mixture with 0."""
    family = table.text(number, "family")
    assert family is not None  # a required column
    named = plain(family.value)
    part: dict[str, Any] = {"family": named if named in FAMILIES else family.value}
    own = {"family": family.place}
    part["parameters"] = _parameters(table, number, own)
    bounds = _bounds(table, number, own)
    part |= {} if bounds is None else {"truncate": bounds}
    chance = _chance(table, number)
    if chance is None:
        keys |= {f".{key}": place for key, place in own.items()}
        return part
    first, second = ".parameters.components[1]", ".parameters.components[2]"
    keys |= {f"{second}.{key}": place for key, place in own.items()}
    keys |= {".family": family.place, ".parameters": own["parameters"], first: chance.place, second: family.place}
    keys |= {f"{second}.weight": chance.place, ".parameters.components": chance.place}
    zero = {"weight": chance.value, "family": "constant", "parameters": {"value": 0}}
    return {"family": "mixture", "parameters": {"components": [zero, {"weight": 1 - chance.value, **part}]}}


def _parameters(table: Table, number: int, own: dict[str, str]) -> dict[str, Any]:
    """The parameters from their columns and from "other parameters"; the cell of each in `own`."""
    found: dict[str, Any] = {}
    filled = []
    for name in PARAMETERS:
        cell = table.number(number, name)
        if cell is None:
            continue
        own[f"parameters.{name}"] = cell.place
        if cell.value is not None:
            found[name] = cell.value
        if cell.value is not None or not cell.sound:
            filled.append(name)
    other = table.text(number, "other parameters")
    if other is not None and other.value is not None:
        for name, value in (inline_table(other.value, other, table) or {}).items():
            if name in found:
                table.report.add(other.place, other.value, f"{name} also stands in the column {name!r}")
            found.setdefault(name, value)
            own[f"parameters.{name}"] = other.place
    own["parameters"] = own["family"]
    if other is not None:
        for kind in FAMILIES.values():
            for name in (name for form in (*kind.forms, kind.optional) for name in form):
                own.setdefault(f"parameters.{name}", other.place)
        own["parameters"] = other.place if other.value is not None else own["parameters"]
    if filled:
        in_order = sorted(filled, key=table.columns.__getitem__)
        own["parameters"] = table.place(number, in_order[0], in_order[-1])
    return found


def _bounds(table: Table, number: int, own: dict[str, str]) -> list[float] | None:
    """[low, high] of the truncation, infinite where only the other is given; None for neither."""
    cells = [table.number(number, key, infinite=True) for key in _CUT]
    given = [cell for cell in cells if cell is not None]
    for place, cell in enumerate(cells, start=1):
        if cell is not None:
            own[f"truncate[{place}]"] = cell.place
    if all(cell.value is None for cell in given):
        return None
    own["truncate"] = table.place(number, _CUT[0], _CUT[1]) if len(given) == 2 else given[0].place
    low, high = (None if cell is None else cell.value for cell in cells)
    return [-math.inf if low is None else low, math.inf if high is None else high]


def _chance(table: Table, number: int) -> Cell | None:
    """The cell with the chance of 0; None when there is none or it is no chance, with the fault noted."""
    cell = table.number(number, "chance of 0")
    if cell is None or cell.value is None or cell.value == 0:
        return None
    if isinstance(cell.value, bool) or not isinstance(cell.value, int | float) or not 0 <= cell.value < 1:
        table.report.add(cell.place, cell.value, "must be a chance from 0 up to but not including 1")
        return None
    return cell
