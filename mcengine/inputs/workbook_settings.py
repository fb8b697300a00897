"""The sheet "study" of an assumptions workbook: settings, and the values at which inputs are fixed."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from mcengine.errors import nearest_name
from mcengine.inputs.workbook_cells import Cell, Table
from mcengine.inputs.workbook_layout import FIXED, NO, SETTINGS, YES, Setting, by_name, plain

_TITLES = ("title", "description")
_BROKEN = re.compile(r"[\r\n]+")


def study_settings(table: Table, data: dict[str, Any], own: dict[str, Any], places: dict[str, str]) -> dict[str, str]:
    """Fill in `data` (of the study) and `own` (of its set) from the sheet, and in `places` the cell of each key.

    Returns the names below "fixed values", each with its cell.
    """
    names = by_name({setting.key: setting.nl for setting in SETTINGS})
    kinds = {setting.key: setting for setting in SETTINGS}
    fixing, seen, fixed = False, dict[str, str](), dict[str, str]()
    for row in table.rows():
        cell = table.text(row, "setting")
        assert cell is not None  # a required column
        if cell.value is None:
            table.report.add(cell.place, None, "names no setting and no input")
        elif plain(cell.value) in FIXED:
            fixing = True
        elif plain(cell.value) in seen:
            table.report.add(cell.place, cell.value, f"stands here twice, also in {seen[plain(cell.value)]}")
        elif fixing:
            seen[plain(cell.value)] = fixed[cell.value] = cell.place
            _fix(table, row, cell.value, data, places)
        elif plain(cell.value) in names:
            seen[plain(cell.value)] = cell.place
            _set(table, row, kinds[names[plain(cell.value)]], data, own, places)
        else:
            rule = f"there is no such setting; a value for an input stands below {FIXED[0]!r} ({FIXED[1]!r})"
            table.report.add(cell.place, cell.value, rule, nearest_name(plain(cell.value), names))
    for setting in SETTINGS:
        places.setdefault(setting.path, f"{table.title}: {setting.key}")
        if setting.path.endswith(".en"):
            places.setdefault(setting.path.removesuffix(".en"), places[setting.path])
    _complete(data, own)
    return fixed


def _fix(table: Table, row: int, name: str, data: dict[str, Any], places: dict[str, str]) -> None:
    """One fixed value; a name without one is skipped."""
    cell = table.number(row, "value", infinite=True)
    assert cell is not None  # a required column
    places[f"fixed.{name}"] = cell.place
    if cell.value is not None:
        data.setdefault("fixed", {})[name] = cell.value


def _set(
    table: Table, row: int, setting: Setting, data: dict[str, Any], own: dict[str, Any], places: dict[str, str]
) -> None:
    """One setting; an empty one is skipped, so that its default holds."""
    kind = setting.kind
    cell = table.number(row, "value") if kind in ("whole", "number") else table.cell(row, "value")
    if cell is not None and kind not in ("whole", "number", "yes"):
        cell = table.text(row, "value")
    assert cell is not None  # a required column
    places[setting.path] = cell.place
    if cell.value is None:
        return
    value = _value(table, setting, cell)
    if value is None:
        return
    *tables, last = setting.path.removeprefix("set.").split(".")
    target = own if setting.path.startswith("set.") else data
    for name in tables:
        target = target.setdefault(name, {})
    if kind == "table":
        target.setdefault(last, {}).update(value)
    else:
        target[last] = value


def _value(table: Table, setting: Setting, cell: Cell) -> Any:
    """The cell's value in the kind of the setting; None with the fault noted when it can't be."""
    value = cell.value
    if setting.kind == "whole":
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if setting.kind == "list":
        return [name.strip() for name in re.split(r"[,;\n]", value) if name.strip()]
    if setting.kind == "table":
        return inline_table(value, cell, table)
    if setting.kind == "yes":
        word = plain(value)
        if word in YES or word in NO:
            return word in YES
        table.report.add(cell.place, value, f"must be {YES[0]} or {NO[0]} ({YES[1]} of {NO[1]})")
        return None
    return value


def inline_table(text: str, cell: Cell, table: Table) -> dict[str, Any] | None:
    """The table in a cell with "name = value, ..."; None with the fault noted when it can't be read."""
    straight = _BROKEN.sub(" ", text).translate(str.maketrans("“”„‘’", '"""\'\''))
    try:
        found: dict[str, Any] = tomllib.loads(f"x = {{ {straight} }}")["x"]
    except (tomllib.TOMLDecodeError, RecursionError):
        rule = (
            "must be name = value, parted by commas, with decimal points: lambda = 6 or "
            "values = [0, 1.5], weights = [0.25, 0.75]"
        )
        table.report.add(cell.place, text, rule)
        return None
    return found


def _complete(data: dict[str, Any], own: dict[str, Any]) -> None:
    """A text in one language stands for both; the set goes by the study's name and title where it has none."""
    for target in (data, own):
        for name in _TITLES:
            texts = target.get(name, {})
            for code, other in (("en", "nl"), ("nl", "en")):
                if other in texts:
                    texts.setdefault(code, texts[other])
    for name in ("name", "title"):
        if name in data:
            own.setdefault(name, data[name])
    own.setdefault("name", "study")
    own.setdefault("title", {"en": "-", "nl": "-"})
