"""A workbook opened, and its sheets read as tables: headings found, cells as values, faults by sheet and cell.

Values are read, not formulas: a formula counts by the value that Excel or LibreOffice last computed for it.
"""

from __future__ import annotations

import datetime
import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.catalog import shown
from mcengine.inputs.check import Report
from mcengine.inputs.toml import Reader
from mcengine.inputs.workbook_layout import COLUMNS, LANGUAGES, OWN, SHEETS, SHOWN, by_name, in_language, plain

LOOKED_AT = 50
"""Rows from the top in which the headings are looked for."""

LARGEST = 200_000_000
"""Bytes that a workbook may unpack to."""

_COMPOUND, _PACKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_SPACES = " \t\r\n\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{NARROW NO-BREAK SPACE}"
_PLAIN_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")
_DUTCH_NUMBER = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+)?,\d+(\s*%)?|[-+]?\d{1,3}(\.\d{3}){2,}")
_PERCENTAGE = re.compile(r"[-+]?\d+(\.\d+)?\s*%")
_INFINITE = {"inf": math.inf, "+inf": math.inf, "∞": math.inf, "-inf": -math.inf, "-∞": -math.inf}
SAVE_AGAIN = "open it in Excel or LibreOffice and save it as .xlsx"


@dataclass(frozen=True)
class Cell:
    """A cell: where it stands ("assumptions!F12") and its value; None when empty. `sound`: no fault was noted."""

    place: str
    value: Any
    sound: bool = True


@dataclass
class Table:
    """A sheet as a table: `title` as the sheet is called, cells found by row number and column key."""

    title: str
    values: Any
    formulas: Any
    columns: dict[str, int]
    first: int
    report: Report
    known: dict[tuple[int, str], Cell] = field(default_factory=dict)

    def rows(self) -> Iterator[int]:
        """Numbers of the rows below the headings that hold anything in a column that is read."""
        for row in range(self.first, self.values.max_row + 1):
            if any(self._raw(row, column) is not None for column in self.columns.values()):
                yield row

    def place(self, row: int, key: str, last: str | None = None) -> str:
        """Address of a cell, or of the range from `key` to `last`."""
        from openpyxl.utils import get_column_letter

        ends = [self.columns[key], self.columns[last or key]]
        cells = [f"{get_column_letter(column)}{row}" for column in dict.fromkeys(sorted(ends))]
        return f"{self.title}!{':'.join(cells)}"

    def cell(self, row: int, key: str) -> Cell | None:
        """The cell, its faults noted once; None when the sheet has no such column."""
        if key not in self.columns:
            return None
        if (row, key) not in self.known:
            self.known[row, key] = self._read(row, key)
        return self.known[row, key]

    def _raw(self, row: int, column: int) -> Any:
        """What a cell holds, a formula as its text; None for blanks."""
        value = self.formulas.cell(row, column).value
        return None if isinstance(value, str) and not value.strip(_SPACES) else value

    def _read(self, row: int, key: str) -> Cell:
        place, column = self.place(row, key), self.columns[key]
        value, formula = self.values.cell(row, column), self.formulas.cell(row, column)
        if formula.data_type == "f" and value.value is None:
            text = formula.value if isinstance(formula.value, str) else getattr(formula.value, "text", "a formula")
            rule = "is a formula without a value: open and save the workbook in Excel or LibreOffice, or type the value"
            self.report.add(place, text, rule)
            return Cell(place, None, sound=False)
        if value.data_type == "e":
            self.report.add(place, value.value, "is an error of the spreadsheet, not a value")
            return Cell(place, None, sound=False)
        found = value.value
        if isinstance(found, str):
            found = found.strip(_SPACES) or None
        return Cell(place, found)

    def number(self, row: int, key: str, *, infinite: bool = False) -> Cell | None:
        """The cell as a number, also where it is a number typed as text; faults noted.

        `infinite`: inf and -inf may be typed. What is no number stays as it is, for the check of the data to refuse.
        """
        cell = self.cell(row, key)
        if cell is None or cell.value is None or not cell.sound:
            return cell
        value, rule = as_number(cell.value, infinite=infinite)
        if rule is not None:
            self.report.add(cell.place, _shown_value(cell.value), rule)
            self.known[row, key] = Cell(cell.place, None, sound=False)
            return self.known[row, key]
        return Cell(cell.place, value)

    def text(self, row: int, key: str) -> Cell | None:
        """The cell as text: a number as one writes it, a date in ISO form."""
        cell = self.cell(row, key)
        if cell is None or cell.value is None or isinstance(cell.value, str):
            return cell
        value = cell.value
        if isinstance(value, bool):
            return Cell(cell.place, str(value).lower())
        if isinstance(value, datetime.datetime):
            return Cell(cell.place, value.date().isoformat())
        return Cell(cell.place, f"{value:.15g}" if isinstance(value, int | float) else str(value))

    def words(self, row: int, key: str) -> Cell | None:
        """The cell as a text, in both languages where the sheet has it in a further one; faults noted.

        The column without a language holds the text for every reader, or that of the language without a column.
        """
        cell = self.text(row, key)
        given = {code: self.text(row, in_language(key, code)) for code in LANGUAGES}
        texts = {code: one.value for code, one in given.items() if one is not None and one.value is not None}
        if cell is None or not texts:
            return cell
        if cell.value is None:
            return Cell(cell.place, texts if len(texts) == len(LANGUAGES) else next(iter(texts.values())))
        if len(texts) == len(LANGUAGES):
            self.report.add(cell.place, cell.value, "the text stands in both languages beside it: empty this cell")
            return Cell(cell.place, None, sound=False)
        return Cell(cell.place, {code: texts.get(code, cell.value) for code in LANGUAGES})


def as_number(value: Any, *, infinite: bool = False) -> tuple[Any, str | None]:
    """`value` of a cell as a number and None, or None and the rule with the way to put it right.

    Text that is no number at all comes back as it is, for the check of the data to refuse.
    """
    if isinstance(value, bool):
        return value, None
    if isinstance(value, int | float):
        return float(value) if abs(value) >= 2**53 else value, None
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return None, (
            "is a date or time, not a number: the spreadsheet took what was typed for one (a Dutch Excel reads 1.5 as "
            "1 May); give the cell the format Number and type it with the decimal sign of your spreadsheet"
        )
    text = str(value).replace("\N{MINUS SIGN}", "-").replace(" ", "")
    if infinite and text.lower() in _INFINITE:
        return _INFINITE[text.lower()], None
    if _THOUSANDS.fullmatch(text):
        whole = text.replace(".", "")
        return None, f"is text that may mean {float(text):g} or {whole}: type it as a number" if text.count(
            "."
        ) == 1 else f"is text with thousands points: type it as a number, {whole}"
    if _PLAIN_NUMBER.fullmatch(text):
        return (int(text) if re.fullmatch(r"[-+]?\d{1,15}", text) else float(text)), None
    if _DUTCH_NUMBER.fullmatch(text):
        meant = text.replace(".", "").replace(",", ".")
        meant = f"{float(meant[:-1]) / 100:.15g}" if meant.endswith("%") else meant
        return (
            None,
            f"is text with a decimal comma: give the cell the format Number and type it again, or write {meant}",
        )
    if _PERCENTAGE.fullmatch(text):
        return None, f"is text: give the cell the format Percentage and type it again, or write {_share(text)}"
    return value, None


def _share(text: str) -> str:
    """A percentage as text ("25%") as a share ("0.25")."""
    return f"{float(text.rstrip('%')) / 100:.15g}"


def _shown_value(value: Any) -> Any:
    """A cell's value as a message shows it."""
    return str(value) if isinstance(value, datetime.date | datetime.time | datetime.timedelta) else value


def open_tables(path: Path, reader: Reader, report: Report) -> dict[str, Table]:
    """The tables of the workbook in `path` by sheet key, with the file on record in `reader`.

    Faults of the structure (sheets, headings, merged cells) are noted in `report`, and what they concern left out.
    Raises InputError for a file that is no workbook at all.
    """
    values, formulas = _books(path, reader.record(path))
    names = by_name(SHEETS)
    found: dict[str, list[str]] = {}
    for sheet in values.worksheets:
        if plain(sheet.title) in names:
            found.setdefault(names[plain(sheet.title)], []).append(sheet.title)
    others = [s.title for s in values.worksheets if plain(s.title) not in names]
    tables: dict[str, Table] = {}
    for key, nl in SHEETS.items():
        titles = found.get(key, [])
        if len(titles) == 1:
            table = _table(key, values[titles[0]], formulas[titles[0]], report)
            tables |= {} if table is None else {key: table}
        elif titles:
            report.add(None, ", ".join(titles), f"two sheets for one thing: keep one, named {key} (or {nl})")
        else:
            nearest = nearest_name(key, others) or nearest_name(nl, others)
            report.add(key, None, f"there is no sheet of this name (in Dutch: {nl})", nearest)
    return tables


def _books(path: Path, content: bytes) -> tuple[Any, Any]:
    """The workbook twice: with its values, and with its formulas."""
    name = shown(path)
    rule = _unreadable(path, content)
    if rule is not None:
        raise InputError(Fault(name, None, None, rule))
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it leaves unread: validations, colours
            opened = [load_workbook(io.BytesIO(content), data_only=only) for only in (True, False)]
        return opened[0], opened[1]
    except Exception as error:  # a damaged file fails in many ways: zip, XML, missing parts, wrong types
        said = " ".join(str(error).split())[:120]
        rule = f"cannot be read as an Excel workbook ({type(error).__name__}: {said}); {SAVE_AGAIN}"
        raise InputError(Fault(name, None, None, rule)) from None


def _unreadable(path: Path, content: bytes) -> str | None:
    """Why these bytes can't be an .xlsx workbook, or None."""
    if content.startswith(_COMPOUND):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return "is protected by a password: open it, take the password off and save it again"
        return f"is a workbook of the old format .xls: {SAVE_AGAIN}"
    if not content.startswith(_PACKED):
        text = path.suffix.lower() == ".csv"
        what = "is a text file with values, without sheets" if text else "is not an Excel workbook, or is damaged"
        return f"{what}: {SAVE_AGAIN}"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(item.file_size for item in archive.infolist())
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        return f"is damaged ({error}): {SAVE_AGAIN}"
    if size > LARGEST:
        return f"unpacks to {size:,} bytes, more than any workbook of assumptions needs ({LARGEST:,})"
    if "[Content_Types].xml" not in names:
        kind = "a workbook of LibreOffice's own format" if "mimetype" in names else "not an Excel workbook"
        return f"is {kind}: {SAVE_AGAIN}"
    if "xl/workbook.bin" in names:
        return f"is a binary workbook, .xlsb: {SAVE_AGAIN}"
    return None


def _table(key: str, values: Any, formulas: Any, report: Report) -> Table | None:
    """The sheet `key` as a table; None, with the fault noted, when its headings can't be found."""
    names = by_name({column.key: column.nl for column in COLUMNS[key]})
    required = {column.key: column.nl for column in COLUMNS[key] if column.required}
    found = (0, 0)
    for row in range(1, min(values.max_row, LOOKED_AT) + 1):
        known = {names.get(plain(cell.value)) for cell in values[row] if cell.value is not None}
        found = max(found, (len(known & set(required)), -row))
    if found[0] < min(2, len(required)):
        wanted = ", ".join(f"{name} ({nl})" if name != nl else name for name, nl in required.items())
        report.add(values.title, None, f"has no row of headings: it needs {wanted}")
        return None
    head = -found[1]
    columns = _headings(values, head, names, report)
    lacking = [name for name in required if name not in columns]
    for name in lacking:
        nl = f" (in Dutch: {required[name]})" if required[name] != name else ""
        report.add(f"{values.title}!{head}:{head}", None, f"the column {name!r}{nl} is missing")
    _refuse_merged(values, head, columns, report)
    return None if lacking else Table(values.title, values, formulas, columns, head + 1, report)


def _headings(values: Any, head: int, names: dict[str, str], report: Report) -> dict[str, int]:
    """Column numbers by key; faults for headings that are unknown, given twice or missing above values."""
    from openpyxl.utils import get_column_letter

    columns: dict[str, int] = {}
    for cell in values[head]:
        place, text = f"{values.title}!{cell.coordinate}", None if cell.value is None else str(cell.value)
        if text is None or not text.strip(_SPACES):
            below = next((c for c in _below(values, head, cell.column) if c.value is not None), None)
            if below is not None:
                rule = f"has no heading above it; a column of your own has one that begins with {OWN}"
                report.add(f"{values.title}!{below.coordinate}", _shown_value(below.value), rule)
            continue
        if text.strip(_SPACES).startswith(OWN):
            continue
        key = names.get(plain(text))
        if key is None:
            rule = f"is not a column that is read; begin the heading of a column of your own with {OWN}"
            near = nearest_name(plain(text), names)
            report.add(place, text, rule, near)
        elif key in columns:
            report.add(place, text, f"the column is there twice, also as {get_column_letter(columns[key])}")
        else:
            columns[key] = cell.column
    return columns


def _below(values: Any, head: int, column: int) -> Iterator[Any]:
    """The cells of a column below the headings."""
    return (values.cell(row, column) for row in range(head + 1, values.max_row + 1))


def _refuse_merged(values: Any, head: int, columns: dict[str, int], report: Report) -> None:
    """Note merged cells in the table: all but the first of them are empty, whatever they seem to hold."""
    shown_only = {column.key for sheet in COLUMNS.values() for column in sheet if column.kind == SHOWN}
    read = {number for key, number in columns.items() if key not in shown_only}
    for area in values.merged_cells.ranges:
        inside = read & set(range(area.min_col, area.max_col + 1))
        if area.max_row >= head and inside:
            report.add(
                f"{values.title}!{area.coord}", None, "the cells are merged, so that only the first counts: split them"
            )
