"""The workbook of one run: the numbers behind the report, in full precision, with names in both languages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcengine.report import dependence, tables
from mcengine.report.excel_charts import HISTOGRAM, PUBLISHED, S_CURVE, SETS, YEARS, charts, draw
from mcengine.report.excel_pack import pack_tables
from mcengine.report.excel_tables import Cell, Row, Table, analysis_tables, unique
from mcengine.report.language import LANGUAGES, SHARES, Language
from mcengine.report.spreadsheet import add_sheet, printed, workbook

if TYPE_CHECKING:
    from mcengine.analysis.pack import Pack
    from mcengine.analysis.result import Result, Statistic
    from mcengine.analysis.sensitivity import Sensitivity

YEARLY = ("mean", "p05", "p25", "p50", "p75", "p95")

CHARTS, CHARTS_WIDTH = "Charts", 130


def write_workbook(
    result: Result,
    path: Path,
    *,
    published: tables.Published | None = None,
    analyses: Sequence[Sensitivity] = (),
    pack: Pack | None = None,
) -> Path:
    """Write the workbook: the charts, then one sheet a table, bold headings, numbers as numbers.

    published  from `tables.published`; None leaves that sheet out
    analyses   the results of what the study's `[sensitivity]` asks for: the tables of each
    pack       what stands beside the run in the report; None leaves its sheets out
    """
    every = unique([*sheets(result, published, pack), *(table for one in analyses for table in analysis_tables(one))])
    own = {table.title: table for table in every}
    with workbook(str(path), result.study.name) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        found = list(charts(result, own, _by_analysis(every, analyses)))
        if found:
            front = add_sheet(book, CHARTS)
            front.hide_gridlines(2)
            printed(front, CHARTS_WIDTH, None)
            front.write_string(0, 0, "Charts from the tables on the other sheets / Grafieken uit de tabellen", bold)
        for table in every:
            _fill(add_sheet(book, table.title), table, bold)
        if found:
            draw(book, front, found)
    return path


def _by_analysis(every: Sequence[Table], analyses: Sequence[Sensitivity]) -> list[list[Table]]:
    """The tables of each analysis, which stand behind those of the run in the analyses' order."""
    rest = list(every)
    found = []
    for one in reversed(analyses):
        count = sum(1 for _ in analysis_tables(one))
        found.append(rest[-count:])
        rest = rest[:-count]
    return found[::-1]


def sheets(result: Result, published: tables.Published | None, pack: Pack | None = None) -> Iterator[Table]:
    """Every table of the run and of what stands beside it, in order."""
    level = Language("en").level(tables.level(result))
    heads = [head.replace("95%", level) for head in STATISTICS_HEADS]
    yield Table("Statistics", heads, list(_statistics(result)))
    yield from _shape(result)
    if result.sets:
        yield Table(SETS, SETS_HEADS, list(_sets(result)))
    if result.years:
        yield Table(YEARS, YEARS_HEADS, list(_years(result, published)))
    yield Table("Assumptions", ASSUMPTIONS_HEADS, list(_assumptions(result)))
    if result.correlations:
        yield Table("Dependence", DEPENDENCE_HEADS, list(_dependence(result)))
    if result.stopping is not None:
        yield Table("Stopping", STOPPING_HEADS, list(_stopping(result)))
    if published is not None:
        yield Table(PUBLISHED, PUBLISHED_HEADS, list(_published(published)))
    plan = result.study.plan
    if plan is not None and plan.inconsistencies:
        rows = [(one.text.get("en"), one.text.get("nl"), one.locator) for one in plan.inconsistencies]
        yield Table("Inconsistencies", ("inconsistency in the plan", "inconsistentie in het plan", "place"), rows)
    if pack is not None:
        yield from pack_tables(pack)
    left_out = () if pack is None else pack.notes
    yield Table("Run", ("what / wat", "value / waarde"), [*_run(result), *(("note", text) for text in left_out)])


def _shape(result: Result) -> Iterator[Table]:
    """The distribution of the headline output, for its charts: the S-curves side by side, and the histogram."""
    name = tables.headline_output(result.outputs)
    output = result.outputs[name]
    if not tables.is_uncertain(result.study) or output.distribution is None or len(output.distribution.counts) < 2:
        return
    every = {"all draws / alle trekkingen": output, **{key: found[name] for key, found in result.sets.items()}}
    curves = {key: one.curve for key, one in every.items() if one.curve is not None}
    heads = [head for key in curves for head in (key, f"share at most: {key}")]
    columns = [part.tolist() for curve in curves.values() for part in curve]
    if columns:
        yield Table(S_CURVE, heads, list(zip_longest(*columns)))
    edges, counts = output.distribution.edges.tolist(), output.distribution.counts.tolist()
    yield Table(HISTOGRAM, ("from", "to", "draws"), list(zip(edges[:-1], edges[1:], counts, strict=True)))


SETS_HEADS = ("set", "weight", "title (English)", "titel (Nederlands)", "unit", "prob_positive", *YEARLY)
"""The headline output of each pooled set and of all draws together; every statistic stands in "Statistics"."""


def _sets(result: Result) -> Iterator[Row]:
    name = tables.headline_output(result.outputs)
    members = {member.set.name: member for member in result.study.sets}
    for key, outputs in (*result.sets.items(), (None, result.outputs)):
        member, output = members.get(key or ""), outputs[name]
        titles = (None, None) if member is None else (member.set.title.get("en"), member.set.title.get("nl"))
        found = [output.statistics.get(statistic) for statistic in ("prob_positive", *YEARLY)]
        cells = [None if one is None else one.value for one in found]
        yield (key or "pool", None if member is None else member.weight, *titles, output.unit, *cells)


STATISTICS_HEADS = (
    "set", "output", "statistic", "unit", "value", "low 95%", "high 95%", "note",
    "name (English)", "naam (Nederlands)", "draws",
)  # fmt: skip
"""`low` and `high` bound the computing precision (rekenprecisie) of `value`; `set` is empty for all draws. A run
that could stop early has the level of its intervals in place of 95%."""


def _bounds(statistic: Statistic) -> tuple[Cell, Cell]:
    return statistic.ci95 or (None, None)


def _statistics(result: Result) -> Iterator[Row]:
    english, dutch = Language("en"), Language("nl")
    for row in tables.statistic_rows(result):
        names = [f"{t.label(row.output)}: {t(f'statistics.{row.name}')}" for t in (english, dutch)]
        figure, outputs = row.statistic, result.outputs if row.set is None else result.sets[row.set]
        numbers = figure.value, *_bounds(figure)
        yield (row.set, row.output, row.name, row.unit, *numbers, figure.note, *names, outputs[row.output].draws)


YEARS_HEADS = (
    "quantity", "unit", "year", "draws",
    *(f"{name}{part}" for name in YEARLY for part in ("", " low 95%", " high 95%")), "plan",
    "name (English)", "naam (Nederlands)",
)  # fmt: skip


def _years(result: Result, published: tables.Published | None) -> Iterator[Row]:
    """`plan`: the same in the study that reproduces the plan's figures."""
    english, dutch = Language("en"), Language("nl")
    plan = {} if published is None else {int(row["year"]): row for row in published.evaluation.years}
    for yearly in result.years.values():
        names = english.label(yearly.name), dutch.label(yearly.name)
        for year, band in yearly.bands.items():
            cells: list[Cell] = []
            for name in YEARLY:
                cells += (band[name].value, *_bounds(band[name]))
            planned = plan.get(year, {}).get(yearly.name)
            yield (yearly.name, yearly.unit, year, yearly.draws, *cells, planned, *names)


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


def _fill(sheet: Any, table: Table, bold: Any) -> None:
    """Headings, rows and widths; the headings stay in view and can be filtered by."""
    heads, rows = table.heads, table.rows
    widths = [len(str(head)) for head in heads]
    sheet.write_row(0, 0, heads, bold)
    for place, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell:
                sheet.write_string(place, column, cell)
            elif cell == math.inf:  # an unlimited supply; a cell cannot hold it
                sheet.write_string(place, column, "inf")
            elif isinstance(cell, float | int):
                sheet.write_number(place, column, cell)
            widths[column] = max(widths[column], min(len(cell) if isinstance(cell, str) else 12, 60))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, 60) + 2)
    printed(sheet, sum(min(width, 60) + 2 for width in widths))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(heads) - 1)
