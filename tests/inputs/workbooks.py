"""Templates that somebody has changed, and the faults they then have."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from mcengine.errors import Fault
from mcengine.inputs.study import load_study
from mcengine.report.template import template_bytes
from tests.inputs.conftest import faults_of

HEAD = 3
Edit = Callable[[Any], None]


@lru_cache
def written(name: str, language: str = "en") -> bytes:
    return template_bytes(load_study(name), Path(), language)


def edited(path: Path, edit: Edit, name: str = "evidence", language: str = "en") -> Path:
    """A template that somebody has changed and saved."""
    book = load_workbook(io.BytesIO(written(name, language)))
    edit(book)
    book.save(path)
    return path


def put(sheet: Any, row: int, **cells: Any) -> None:
    """Set cells of a row by heading, spaces written as _."""
    heads = {str(cell.value).replace(" ", "_"): cell.column for cell in sheet[HEAD]}
    for name, value in cells.items():
        sheet.cell(row, heads[name]).value = value


def setting(book: Any, name: str, value: Any) -> str:
    """Set the value of a setting; returns the cell as a fault names it."""
    row = row_of(book["study"], name)
    book["study"].cell(row, 2).value = value
    return f"study!B{row}"


def row_of(sheet: Any, name: str) -> int:
    (row,) = [cell.row for cell in sheet["A"] if cell.value == name]
    return int(row)


def faults(path: Path) -> dict[str, Fault]:
    """The faults by cell, of which no two share one."""
    found = faults_of(lambda: load_study(path))
    cells = {str(fault.key): fault for fault in found}
    assert len(cells) == len(found)
    assert all(fault.file == str(path) for fault in found)
    return cells
