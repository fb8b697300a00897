"""The workbook of one run: the numbers behind the report, in full precision, with names in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcengine.report import dependence, tables
from mcengine.report.language import LANGUAGES, SHARES, Language

if TYPE_CHECKING:
    from mcengine.analysis.result import Result, Statistic

CREATED = datetime(2000, 1, 1)  # fixed, so that the same run gives the same bytes

Cell = str | float | int | None
Row = Sequence[Cell]

YEARLY = ("mean", "p05", "p25", "p50", "p75", "p95")


def write_workbook(result: Result, path: Path, *, published: tables.Published | None = None) -> Path:
    """Write the workbook: one sheet a table, bold headings, numbers as numbers.

    published  from `tables.published`; None leaves that sheet out
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False, "strings_to_formulas": False}) as book:
        book.set_properties({"created": CREATED, "title": result.study.name})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        for title, heads, rows in sheets(result, published):
            _fill(book.add_worksheet(title), heads, rows, bold)
    return path


def sheets(result: Result, published: tables.Published | None) -> Iterator[tuple[str, Row, Sequence[Row]]]:
    """(sheet name, headings, rows) of every sheet, in order."""
    level = Language("en").level(tables.level(result))
    heads = [head.replace("95%", level) for head in STATISTICS_HEADS]
    yield "Statistics", heads, list(_statistics(result))
    if result.years:
        yield "Years", YEARS_HEADS, list(_years(result))
    yield "Assumptions", ASSUMPTIONS_HEADS, list(_assumptions(result))
    if result.correlations:
        yield "Dependence", DEPENDENCE_HEADS, list(_dependence(result))
    if result.stopping is not None:
        yield "Stopping", STOPPING_HEADS, list(_stopping(result))
    if published is not None:
        yield "Published", PUBLISHED_HEADS, list(_published(published))
    yield "Run", ("what / wat", "value / waarde"), list(_run(result))


STATISTICS_HEADS = (
    "set", "output", "statistic", "unit", "value", "low 95%", "high 95%", "note",
    "name (English)", "naam (Nederlands)",
)  # fmt: skip
"""`low` and `high` bound the computing precision (rekenprecisie) of `value`; `set` is empty for all draws. A run
that could stop early has the level of its intervals in place of 95%."""


def _bounds(statistic: Statistic) -> tuple[Cell, Cell]:
    return statistic.ci95 or (None, None)


def _statistics(result: Result) -> Iterator[Row]:
    english, dutch = Language("en"), Language("nl")
    for row in tables.statistic_rows(result):
        names = [f"{t.label(row.output)}: {t(f'statistics.{row.name}')}" for t in (english, dutch)]
        figure = row.statistic
        yield (row.set, row.output, row.name, row.unit, figure.value, *_bounds(figure), figure.note, *names)


YEARS_HEADS = (
    "quantity", "unit", "year", "draws",
    *(f"{name}{part}" for name in YEARLY for part in ("", " low 95%", " high 95%")),
    "name (English)", "naam (Nederlands)",
)  # fmt: skip


def _years(result: Result) -> Iterator[Row]:
    english, dutch = Language("en"), Language("nl")
    for yearly in result.years.values():
        names = english.label(yearly.name), dutch.label(yearly.name)
        for year, band in yearly.bands.items():
            cells: list[Cell] = []
            for name in YEARLY:
                cells += (band[name].value, *_bounds(band[name]))
            yield (yearly.name, yearly.unit, year, yearly.draws, *cells, *names)


ASSUMPTIONS_HEADS = (
    "set", "weight", "input", "name (English)", "naam (Nederlands)", "plan's value", "unit",
    "fixed at", "distribution",
    "confidence", "source", "locator", "owner", "date", "note", "taken over from",
)  # fmt: skip


def _assumptions(result: Result) -> Iterator[Row]:
    for row in tables.assumption_rows(result.study):
        spec, own = row.spec, row.row
        yield (
            None if row.set is None else row.set.name,
            row.weight,
            spec.name,
            spec.label.get("en", spec.name),
            spec.label.get("nl", spec.name),
            spec.value,
            spec.unit,
            row.fixed,
            own.distribution.text if own is not None and row.fixed is None else None,
            *_evidence(row),
        )


def _evidence(row: tables.AssumptionRow) -> Row:
    """Confidence, source, locator, owner, date, note and the set it comes from."""
    if row.row is not None:
        e = row.row.evidence
        return e.confidence, e.source, e.locator, e.owner, e.date, e.note, row.row.like
    if row.by == tables.STUDY:
        return None, None, None, None, None, "fixed by the study", None
    return None, row.spec.source, row.spec.locator, None, None, None, None


DEPENDENCE_HEADS = (
    "set", "input 1", "input 2", "target", "used", "moved by", "achieved", "low 95%", "high 95%", "attainable",
    "confidence", "note", "name 1 (English)", "name 2 (English)", "naam 1 (Nederlands)", "naam 2 (Nederlands)",
)  # fmt: skip
"""Spearman's rank correlations; `attainable` is the largest in size that the two distributions allow."""


def _dependence(result: Result) -> Iterator[Row]:
    for row in dependence.pair_rows(result):
        pair, specs = row.pair, (row.first, row.second)
        yield (
            *(pair.set, pair.first, pair.second, pair.target, pair.used, row.shift),
            *(pair.achieved.value, *_bounds(pair.achieved), pair.attainable, row.confidence, row.note),
            *(spec.label.get(code, spec.name) for code in LANGUAGES for spec in specs),
        )


STOPPING_HEADS = (
    "target", "output", "statistic", "unit", "half-width", "allowed", "reached",
    "level", "looks", "looks planned", "why",
)  # fmt: skip


def _stopping(result: Result) -> Iterator[Row]:
    stopping = result.stopping
    assert stopping is not None
    for one in stopping.reached:
        target, unit = one.target, result.outputs[one.target.output].unit
        shown = "share" if target.statistic in SHARES else unit
        yield (
            *(target.text, target.output, target.statistic, shown, one.half_width, one.allowed),
            *("yes" if one.met else "no", stopping.level, stopping.looks, stopping.planned, stopping.why),
        )


PUBLISHED_HEADS = (
    "study", "quantity", "year", "published", "computed", "decimals", "computed, rounded", "equal",
    "unit", "place in the plan", "name (English)", "naam (Nederlands)",
)  # fmt: skip


def _published(published: tables.Published) -> Iterator[Row]:
    english, dutch = Language("en"), Language("nl")
    study = published.evaluation.study.name
    for row in published.rows:
        figure = row.figure
        names = english.label(figure.quantity), dutch.label(figure.quantity)
        numbers = (figure.value, row.computed, figure.decimals, row.rounded, "yes" if row.matches else "no")
        yield (study, figure.quantity, figure.year, *numbers, figure.unit, figure.source, *names)


def _run(result: Result) -> Iterator[Row]:
    yield "study", result.study.name
    yield from ((name, value) for name, value in tables.options(result.study))
    yield "seed", str(result.seed)  # up to 2^128: more digits than a number in a cell holds
    yield from (("draws", result.draws), ("replicates", result.replicates), ("sampler", result.sampler))
    yield "rank correlations", "as stated by the assumption sets" if result.correlations else "none: independent draws"
    yield from (("digest", result.digest), ("version", tables.version()))
    yield from zip(("verify", "repeat"), tables.commands(result), strict=True)
    yield from ((f"sha256 of {name}", digest) for name, digest in result.study.sources)
    yield from (("warning", text) for text in result.warnings)
    yield from (("note", text) for text in result.notes)


def _fill(sheet: Any, heads: Row, rows: Sequence[Row], bold: Any) -> None:
    """Headings, rows and widths; the headings stay in view and can be filtered by."""
    widths = [len(str(head)) for head in heads]
    sheet.write_row(0, 0, heads, bold)
    for place, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell:
                sheet.write_string(place, column, cell)
            elif isinstance(cell, float | int):
                sheet.write_number(place, column, cell)
            widths[column] = max(widths[column], min(len(cell) if isinstance(cell, str) else 12, 60))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, 60) + 2)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(heads) - 1)
