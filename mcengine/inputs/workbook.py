"""A study from an assumptions workbook, as `mcengine template --xlsx` writes it and a reviewer edits it.

The workbook becomes the same data as a study's TOML file and goes through the same checks; then the keys of the faults
are turned back into cells. Only what belongs to the spreadsheet itself is checked here: sheets, headings, cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.assumption_file import Library
from mcengine.inputs.assumptions import Assumption
from mcengine.inputs.catalog import assumption_sets, find, shown
from mcengine.inputs.check import Report
from mcengine.inputs.options import NAMES
from mcengine.inputs.plan import Plan
from mcengine.inputs.plan_file import read_plan
from mcengine.inputs.study import Study
from mcengine.inputs.study_file import parse_study
from mcengine.inputs.toml import Reader
from mcengine.inputs.workbook_cells import Table, open_tables
from mcengine.inputs.workbook_layout import ASSUMPTIONS, CORRELATIONS, STUDY
from mcengine.inputs.workbook_rows import assumption_rows
from mcengine.inputs.workbook_settings import study_settings

_ROW = re.compile(r"row (\d+) of (assumptions|correlations)")
"""How a rule speaks of another row of the same list."""


@dataclass
class Places:
    """Where in the workbook each key of the data comes from."""

    cells: dict[str, str] = field(default_factory=dict)

    def find(self, key: str | None) -> str | None:
        """The cell of `key`, else of the nearest part of the data above it; None when there is none."""
        while key:
            if key in self.cells:
                return self.cells[key]
            key = re.sub(r"(\.[^.\[\]]*|\[[^\[\]]*\])$", "", key) if re.search(r"[.\[]", key) else ""
        return None


def read_workbook(path: Path) -> Study:
    """The study in the workbook `path`.

    Raises InputError with every fault, each at its sheet and cell ("assumptions!F12").
    """
    reader, report = Reader(), Report(shown(path))
    tables = open_tables(path, reader, report)
    places: dict[str, str] = {}
    data: dict[str, Any] = {"schema": 1}
    own: dict[str, Any] = {"schema": 1}
    fixed = study_settings(tables[STUDY], data, own, places) if STUDY in tables else {}
    plan = _plan(data.get("plan"), path.parent)
    _refuse_unknown(fixed, plan, data, report)
    if ASSUMPTIONS in tables:
        own["assumptions"] = assumption_rows(tables[ASSUMPTIONS], plan, places)
    if CORRELATIONS in tables:
        own["correlations"] = _correlations(tables[CORRELATIONS], places)
    if len(tables) < 3:
        report.raise_if_any()
    study = _checked(data, own, path, reader, report, Places(places))
    return _with_origins(study)


def _checked(
    data: Mapping[str, Any], own: Mapping[str, Any], path: Path, reader: Reader, report: Report, places: Places
) -> Study:
    """The study in the data; faults of the spreadsheet and of the data together, each once, by cell."""
    try:
        study = parse_study(data, path, reader, own)
    except InputError as error:
        settled = {fault.key for fault in report.faults}
        for fault in error.faults:
            found = _placed(fault, report.file, places, own)
            if found.file != report.file or found.key not in settled:
                report.faults.append(found)
        raise InputError(report.faults) from None
    report.raise_if_any()
    return study


def _placed(fault: Fault, file: str | None, places: Places, own: Mapping[str, Any]) -> Fault:
    """The fault at its cell, if it is one of this workbook's data; rows it speaks of as cells too."""
    if fault.file != file or fault.key is None:
        return fault
    key = fault.key
    pair = re.fullmatch(r"set\.correlations\[(\d+)\]\.between", key)
    if pair and fault.value == own["correlations"][int(pair[1]) - 1]["between"][1]:
        key = f"{key}[2]"  # of two names in one list only the value tells which is meant
    rule = _ROW.sub(lambda m: places.cells.get(f"set.{m[2]}[{m[1]}]", m[0]), fault.rule)
    place, name = places.find(key), key.rpartition(".")[2]
    shared = ".parameters." in key and [*places.cells.values()].count(place or "") > 1
    if name.isidentifier() and (fault.value is None or shared):  # else the cell alone says what is meant
        rule = f"{name} {rule}" if rule.startswith("is ") else f"{name}: {rule}"
    return replace(fault, key=place or fault.key, rule=rule)


def _refuse_unknown(fixed: Mapping[str, str], plan: Plan | None, data: Mapping[str, Any], report: Report) -> None:
    """Note names below "fixed values" that are no inputs, each at its own cell rather than at its value's."""
    known = [] if plan is None else [spec.name for spec in plan.inputs]
    for name, place in fixed.items():
        if known and name not in known and name not in NAMES:
            data.get("fixed", {}).pop(name, None)
            report.add(place, name, "there is no such input", nearest_name(name, known))


def _plan(name: Any, folder: Path) -> Plan | None:
    """The plan, to compare the columns that show it; None when it can't be had, which the data's check reports."""
    if not isinstance(name, str):
        return None
    try:
        return read_plan(find("plan", name, relative_to=folder), Reader())
    except InputError:
        return None


def _correlations(table: Table, places: dict[str, str]) -> list[dict[str, Any]]:
    """The `[[correlations]]` rows of the data."""
    rows: list[dict[str, Any]] = []
    for number in table.rows():
        prefix = f"set.correlations[{len(rows) + 1}]"
        row: dict[str, Any] = {"between": []}
        places[prefix] = places[f"{prefix}.between"] = table.place(number, "first")
        for place, key in enumerate(("first", "second"), start=1):
            cell = table.text(number, key)
            assert cell is not None  # a required column
            row["between"].append(cell.value or "")
            places[f"{prefix}.between[{place}]"] = cell.place
        for key in ("rho", "confidence", "note"):
            read = {"rho": table.number, "note": table.words}.get(key, table.text)
            cell = read(number, key)
            if cell is not None:
                places[f"{prefix}.{key}"] = cell.place
                row |= {} if cell.value is None else {key: cell.value}
        rows.append(row)
    return rows


def _with_origins(study: Study) -> Study:
    """The study with "same as set" kept only where the row still is that set's row.

    A name that is no bundled set can't be looked up here and stays as a note.
    """
    assert study.plan is not None  # a workbook is for a plan
    library = Library(study.plan.inputs, Reader())
    member = study.sets[0]
    rows = tuple(_origin(row, library) for row in member.set.assumptions)
    return replace(study, sets=(replace(member, set=replace(member.set, assumptions=rows)),))


def _origin(row: Assumption, library: Library) -> Assumption:
    """The row, without its origin when it differs from the row there."""
    if row.like is None or row.like not in assumption_sets():
        return row
    there = library.load(row.like).row(row.input)
    same = there is not None and replace(there, like=None) == replace(row, like=None)
    return row if same else replace(row, like=None)
