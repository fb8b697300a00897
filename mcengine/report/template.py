"""The assumptions workbook that a reviewer edits in Excel or LibreOffice; `inputs.workbook` reads it back.

It holds one study with one assumption set, whole: what is read back equals what was written.
"""

from __future__ import annotations

import datetime
import io
import math
import os
import tomllib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mcengine.errors import Fault, InputError
from mcengine.families import FAMILIES
from mcengine.inputs import workbook_layout as layout
from mcengine.inputs.assumptions import AssumptionSet
from mcengine.inputs.catalog import data_root, plans
from mcengine.inputs.plan import ACCOUNTINGS, Plan, load_plan
from mcengine.inputs.study import Study
from mcengine.report.spreadsheet import add_sheet, height, printed, workbook
from mcengine.report.template_cells import pair_cells, row_cells, setting_values, shown_cells

SPARE = 60
"""Empty rows below each table that still offer the choices and marks of its columns."""

_HEAD = 2
"""Row of the headings, counted from 0."""

_WIDTHS = {
    "input": 26, "name": 36, "unit": 24, "may be": 13, "plan's value": 12, "family": 13, "other parameters": 26,
    "source": 44, "locator": 60, "note": 60, "owner": 16, "date": 12, "corrects": 15, "same as set": 13,
    "first": 26, "second": 26, "setting": 34, "explanation": 90, "confidence": 12, "rho": 15,
}  # fmt: skip
_GUIDE_WIDTHS = 60, 110
_VALUE = 50
"""Width of the settings' values."""


def _width(key: str, column: str) -> int:
    """Width of a column of the sheet `key`, in characters."""
    return _VALUE if key == layout.STUDY and column == "value" else _WIDTHS.get(column.partition(" (")[0], 10)


@lru_cache
def _words() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "template_words.toml").read_text(encoding="utf-8"))


def template_bytes(study: Study, folder: Path, language: str = "en") -> bytes:
    """The workbook of `study`, as the bytes of an .xlsx file that will lie in `folder`.

    Raises InputError for a study that a workbook cannot hold: one without a plan, or that pools several sets.
    """
    plan, members = study.plan, study.sets
    if plan is None:
        rule = "has a model of its own; a workbook is for a plan: its assumptions stand in the study's TOML file"
        raise InputError(Fault(study.file, "model", study.model, rule))
    if len(members) > 1:
        names = ", ".join(member.set.name for member in members)
        rule = f"the study pools several sets ({names}) and a workbook holds one: write them one by one, by name"
        raise InputError(Fault(study.file, "sets", None, rule))
    chosen = members[0].set if members else AssumptionSet(study.name, study.title, study.file, ())
    stream = io.BytesIO()
    with workbook(stream, study.name) as book:
        sheets = _Sheets(book, language)
        sheets.guide(plan)
        sheets.study(study, plan, chosen, _plan_name(plan, folder))
        sheets.assumptions(plan, chosen)
        sheets.correlations(chosen, len(plan.inputs))
    return stream.getvalue()


def _plan_name(plan: Plan, folder: Path) -> str:
    """How the workbook names the plan: a bundled name, or its file's path from `folder`."""
    if plan.name in plans() and replace(load_plan(plan.name), file="") == replace(plan, file=""):
        return plan.name
    for root in (Path.cwd(), data_root()):
        path = root / plan.file
        if path.is_file() and replace(load_plan(path), file="") == replace(plan, file=""):
            return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    rule = "the plan does not stand in a file of its own, which a workbook needs to name"
    raise InputError(Fault(plan.file, "plan", plan.name, rule))


class _Sheets:
    """Writes the sheets of one workbook in one language."""

    def __init__(self, book: Any, language: str) -> None:
        self.book, self.language = book, language
        base = {"valign": "top", "text_wrap": True}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.part = book.add_format({"bold": True, "font_color": "#0072B2", "valign": "top"})
        self.wide = book.add_format(base)
        self.head = book.add_format({**base, "bold": True, "bg_color": "#DDE8F0", "bottom": 1})
        self.shown = book.add_format({**base, "font_color": "#555555", "bg_color": "#F2F2F2"})
        self.code = book.add_format({"font_name": "Consolas", "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self.needed = book.add_format({"bg_color": "#FFF4B8"})

    def word(self, section: str, name: str, **values: object) -> str:
        """A text in the language."""
        text: str = _words()[section][name][self.language]
        return text.format(**values)

    def named(self, key: str, nl: str) -> str:
        """A name of the layout in the language."""
        return nl if self.language == "nl" else key

    def columns(self, key: str) -> list[layout.Column]:
        """The columns of a sheet: of texts, the one without a language holds those in the language of the workbook."""
        return [column for column in layout.COLUMNS[key] if column.language != self.language]

    def add(self, key: str) -> Any:
        """The sheet of that key with its title line and its headings, which stay in view."""
        sheet = add_sheet(self.book, self.named(key, layout.SHEETS[key]))
        sheet.write_string(0, 0, self.word("top", key), self.part)
        for place, column in enumerate(self.columns(key)):
            sheet.write_string(_HEAD, place, self.named(column.key, column.nl), self.head)
            sheet.set_column(place, place, _width(key, column.key))
        heads = [(self.named(column.key, column.nl), _width(key, column.key)) for column in self.columns(key)]
        sheet.set_row(_HEAD, height(heads))
        sheet.freeze_panes(_HEAD + 1, 1)
        printed(sheet, sum(width for _, width in heads), _HEAD)
        return sheet

    def guide(self, plan: Plan) -> None:
        """The first sheet: how to use the others."""
        words, sheet = _words()["guide"], add_sheet(self.book, self.word("sheet", "guide"))
        for place, width in enumerate(_GUIDE_WIDTHS):
            sheet.set_column(place, place, width)
        sheet.hide_gridlines(2)
        printed(sheet, sum(_GUIDE_WIDTHS), None)
        sheet.write_string(0, 0, self.word("guide", "title", plan=plan.title.get(self.language, plan.name)), self.title)
        rows: list[tuple[str, str, Any]] = [("", line[self.language], self.wide) for line in words["lines"]]
        rows.append((self.word("guide", "commands"), "", self.part))
        rows += [
            ("mcengine check my.xlsx", self.word("guide", "check"), self.code),
            ("mcengine run my.xlsx --out out/my", self.word("guide", "run"), self.code),
        ]
        rows.append((self.word("guide", "sheets"), "", self.part))
        rows += [(self.named(key, nl), self.word("guide", key), self.wide) for key, nl in layout.SHEETS.items()]
        rows.append((self.word("guide", "families"), "", self.part))
        rows += [(_takes(name, self.language), self.word("family", name), self.code) for name in FAMILIES]
        rows.append((self.word("guide", "more"), "", self.part))
        for line in words["notes"]:
            name, _, rest = line[self.language].partition(": ")
            rows.append((name if rest else "", rest or name, self.wide))
        for place, (left, right, form) in enumerate(rows, start=2):
            sheet.write_string(place, 0, left, form)
            sheet.write_string(place, 1, right, self.wide)
            sheet.set_row(place, height(zip((left, right), _GUIDE_WIDTHS, strict=True)))

    def study(self, study: Study, plan: Plan, chosen: AssumptionSet, plan_name: str) -> None:
        """The settings, and below them the fixed values."""
        sheet = self.add(layout.STUDY)
        values = setting_values(study, chosen, plan_name, self.word("prompt", "yes" if study.correlations else "no"))
        row = _HEAD
        for setting in layout.SETTINGS:
            row += 1
            sheet.write_string(row, 0, self.named(setting.key, setting.nl), self.head)
            value, said = values.get(setting.path), self._explained(setting.path, plan)
            _write(sheet, row, 1, value, self.wide)
            sheet.write_string(row, 2, said, self.shown)
            sheet.set_row(row, height([(value, _VALUE), (said, _WIDTHS["explanation"])]))
            choices = {
                "correlations": [self.word("prompt", "yes"), self.word("prompt", "no")],
                "options.accounting": list(ACCOUNTINGS),
                "set.copula.family": ["normal", "t"],
            }.get(setting.path)
            if choices:
                sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": choices})
        row += 1
        sheet.write_string(row, 0, self.named(*layout.FIXED), self.part)
        sheet.write_string(row, 2, self.word("setting", "fixed"), self.shown)
        for place, (name, value) in enumerate(study.fixed.items(), start=row + 1):
            sheet.write_string(place, 0, name, self.head)
            _write(sheet, place, 1, value, self.wide)

    def _explained(self, path: str, plan: Plan) -> str:
        """What the setting at `path` of the data means."""
        name = path.removeprefix("options.").split(".")[0]
        if path.startswith("set."):
            name = path.rpartition(".")[2] if "freedom" in path else "copula" if "copula" in path else "set"
        name = {"sensitivity": "analyses" if "." in path else "analysis_options"}.get(name, name)
        return self.word("setting", name, plan=getattr(plan, name, ""))

    def assumptions(self, plan: Plan, chosen: AssumptionSet) -> None:
        """One row an input: those of the set in its order, then the others in the plan's."""
        sheet = self.add(layout.ASSUMPTIONS)
        specs, columns = {spec.name: spec for spec in plan.inputs}, self.columns(layout.ASSUMPTIONS)
        order = [*chosen.rows, *(name for name in specs if name not in chosen.rows)]
        shown = {column.key for column in columns if column.kind == layout.SHOWN} | {"unit", "input"}
        for place, name in enumerate(order, start=_HEAD + 1):
            cells = shown_cells(specs[name], self.language) | row_cells(chosen.row(name), chosen.file, self.language)
            for at, column in enumerate(columns):
                form = self.shown if column.key in shown else self.day if column.kind == layout.DATE else self.wide
                _write(sheet, place, at, cells.get(column.key), form)
            sheet.set_row(place, height((value, _width(layout.ASSUMPTIONS, key)) for key, value in cells.items()))
        last = _HEAD + len(order) + SPARE
        sheet.autofilter(_HEAD, 0, _HEAD + len(order), len(columns) - 1)
        self._choices(sheet, last)
        self._needed_cells(sheet, last)

    def _choices(self, sheet: Any, last: int) -> None:
        """Drop-down lists, and a word of advice on cells for numbers."""
        advice = {"validate": "decimal", "criteria": "between", "minimum": -1e300, "maximum": 1e300}
        for at, column in enumerate(layout.ASSUMPTION_COLUMNS):
            rule: dict[str, Any] = {}
            if column.key == "family":
                guide = self.word("sheet", "guide")
                rule = {"validate": "list", "source": list(FAMILIES)}
                rule |= {"input_message": self.word("prompt", "family", guide=guide)}
            elif column.key == "confidence":
                rule = {"validate": "list", "source": ["V", "M", "J"]}
            elif column.key == "shape":
                rule = {"validate": "list", "source": ["J"]}
            elif column.kind == layout.NUMBER:
                message = self.word("prompt", "number")
                rule = {**advice, "error_type": "warning", "error_message": message}
            if rule:
                sheet.data_validation(_HEAD + 1, at, last, at, rule)

    def _needed_cells(self, sheet: Any, last: int) -> None:
        """Colour the cells of the parameters that the family chosen in the row takes."""
        keys = [column.key for column in layout.ASSUMPTION_COLUMNS]
        family = f"${_letter(keys.index('family'))}{_HEAD + 2}"
        for at, key in enumerate(keys):
            if key == "other parameters":
                users = [name for name, kind in FAMILIES.items() if not set(kind.forms[0]) <= set(layout.PARAMETERS)]
            else:
                users = [name for name, kind in FAMILIES.items() if key in kind.forms[0] and key in layout.PARAMETERS]
            if users:
                tests = ",".join(f'{family}="{name}"' for name in users)
                rule = {"type": "formula", "criteria": f"=OR({tests})", "format": self.needed}
                sheet.conditional_format(_HEAD + 1, at, last, at, rule)

    def correlations(self, chosen: AssumptionSet, inputs: int) -> None:
        """One row a pair."""
        sheet = self.add(layout.CORRELATIONS)
        for place, pair in enumerate(chosen.correlations, start=_HEAD + 1):
            cells = pair_cells(pair, self.language)
            for at, column in enumerate(self.columns(layout.CORRELATIONS)):
                _write(sheet, place, at, cells.get(column.key), self.wide)
            sheet.set_row(place, height((value, _width(layout.CORRELATIONS, key)) for key, value in cells.items()))
        last = _HEAD + len(chosen.correlations) + SPARE
        names = self.named(layout.ASSUMPTIONS, layout.SHEETS[layout.ASSUMPTIONS])
        source = f"={names}!$A${_HEAD + 2}:$A${_HEAD + 1 + inputs}"
        sheet.data_validation(_HEAD + 1, 0, last, 1, {"validate": "list", "source": source, "error_type": "warning"})
        between = {"validate": "decimal", "criteria": "between", "minimum": -1, "maximum": 1, "error_type": "warning"}
        sheet.data_validation(_HEAD + 1, 2, last, 2, between | {"error_message": self.word("prompt", "number")})
        sheet.data_validation(_HEAD + 1, 3, last, 3, {"validate": "list", "source": ["V", "M", "J"]})


def _takes(name: str, language: str) -> str:
    """A family with its parameters: "beta: mean, n or a, b"."""
    kind = FAMILIES[name]
    forms = {"en": " or ", "nl": " of "}[language].join(", ".join(form) for form in kind.forms)
    return f"{name}: {forms}" + (f" ({', '.join(kind.optional)})" if kind.optional else "")


def _write(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    """One cell of any kind; infinity as a word."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, datetime.date):
        sheet.write_datetime(row, column, datetime.datetime(value.year, value.month, value.day), form)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, form)
    elif math.isinf(value):
        sheet.write_string(row, column, "inf" if value > 0 else "-inf", form)
    else:
        sheet.write_number(row, column, value, form)


def _letter(column: int) -> str:
    """The letters of a column counted from 0."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))
