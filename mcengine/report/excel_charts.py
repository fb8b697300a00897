"""The native charts of the run's workbook, drawn by the spreadsheet from the tables on its other sheets.

Titles are in both languages; colours are those of the report's figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcengine.analysis.result import Result
from mcengine.report import tables
from mcengine.report.excel_tables import Cell, Table
from mcengine.report.language import Language

BLUE, ORANGE, VERMILLION, GREEN, PURPLE, INK = "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#222222"

S_CURVE, HISTOGRAM, SETS, YEARS, PUBLISHED = "S-curve", "Distribution", "Sets", "Years", "Published"
SIDES = "Side by side sides"
INPUT, YEAR = "input / invoer", "year / jaar"

MOST = 20
"""Bars of a chart; the table has the others."""

_BANDS = (
    ("p95", "#56B4E9", "solid", 1.25), ("p75", BLUE, "dash", 1.25), ("p50", BLUE, "solid", 2.5),
    ("p25", BLUE, "dash", 1.25), ("p05", "#56B4E9", "solid", 1.25), ("mean", ORANGE, "round_dot", 1.75),
    ("plan", VERMILLION, "long_dash", 1.5),
)  # fmt: skip
_SET_LINES = ((ORANGE, "dash"), (GREEN, "long_dash"), (PURPLE, "round_dot"), (VERMILLION, "dash_dot"))
_BARS: Mapping[str, Sequence[str]] = {
    "tornado": ("low output", "high output"),
    "tail": ("st",),
    "waterfall": ("effect",),
    "break-even": ("distance",),
    "evppi": ("evppi",),
    "luck": ("share",),
}
"""Headings that a method's chart shows, where they are not the first two statistics of its table."""

_SHARE = "share of the variance / aandeel in de variantie"
_SCALES: Mapping[str, str] = {
    "shapley": _SHARE,
    "sobol": f"Sobol' index, {_SHARE}",
    "tail": f"Sobol' index, {_SHARE}",
    "tornado": "{output}",
    "waterfall": "{output}",
    "evppi": "EVPPI ({unit})",
    "break-even": "change from the plan's value to the nearest break-even value; none: no bar / "
    "verandering van de waarde in het plan tot het naaste kantelpunt; geen: geen staaf",
}
"""What the axis of a method's bars says; of other methods it names what the bars show."""


@dataclass(frozen=True)
class Chart:
    """A chart as xlsxwriter makes it: its `kind`, `series`, titles and what else is set on its axes."""

    kind: Mapping[str, str]
    series: Sequence[Mapping[str, Any]]
    title: str
    x: Mapping[str, Any]
    y: Mapping[str, Any]
    lines: Mapping[str, Any] | None = None
    height: int = 380


def charts(result: Result, sheets: Mapping[str, Table], analyses: Sequence[Sequence[Table]]) -> Iterator[Chart]:
    """Every chart of the workbook in order; `sheets` by name, `analyses` the tables of each analysis."""
    name = tables.headline_output(result.outputs)
    label = f"{both(name)} ({result.outputs[name].unit})"
    if S_CURVE in sheets:
        yield _s_curve(sheets[S_CURVE], label)
    if HISTOGRAM in sheets:
        yield _histogram(sheets[HISTOGRAM], label)
    if SETS in sheets:
        yield _ranges(sheets[SETS], f"sets of this run / sets van deze run: {label}", label, "set", "")
    if SIDES in sheets:
        yield _ranges(sheets[SIDES], f"every assumption set / elke aannamenset: {label}", label, "sides", f"{name} ")
    if YEARS in sheets:
        for quantity in [name for name in tables.YEARLY_FIGURES if name in result.years] or list(result.years)[:2]:
            yield _yearly(sheets[YEARS], quantity, result.years[quantity].unit)
    if PUBLISHED in sheets:
        yield from _published(sheets[PUBLISHED])
    for found in analyses:
        yield from _analysis(found)


def both(quantity: str) -> str:
    """The name of an output or yearly quantity in both languages."""
    names = [Language(code).label(quantity) for code in ("en", "nl")]
    return " / ".join(dict.fromkeys(names))


def _s_curve(table: Table, label: str) -> Chart:
    """One line for all draws, a thinner one for each pooled set."""
    series = []
    for place in range(0, len(table.heads), 2):
        value, share = str(table.heads[place]), str(table.heads[place + 1])
        last = sum(cell is not None for cell in table.column(value)) - 1
        colour, dash = (BLUE, "solid") if place == 0 else _SET_LINES[(place // 2 - 1) % len(_SET_LINES)]
        series.append(
            {
                "name": value,
                "categories": table.span(value, 0, last),
                "values": table.span(share, 0, last),
                "line": {"color": colour, "dash_type": dash, "width": 2.25 if place == 0 else 1.5},
            }
        )
    y = {"name": "share of draws at most / aandeel hoogstens", "min": 0, "max": 1, "num_format": "0%"}
    return Chart(
        {"type": "scatter", "subtype": "straight"},
        series,
        f"S-curve: {label}",
        {**_AXIS, "name": label},
        {**_AXIS, **y},
    )


def _histogram(table: Table, label: str) -> Chart:
    series = {
        "name": "draws / trekkingen",
        "categories": table.span("from"),
        "values": table.span("draws"),
        "gap": 5,
        "fill": {"color": BLUE},
    }
    x = {**_AXIS, "name": label, "num_format": "#,##0", "interval_unit": 10}
    y = {**_AXIS, "name": "draws / trekkingen"}
    return Chart({"type": "column"}, [series], f"distribution / verdeling: {label}", x, y)


def _ranges(table: Table, title: str, label: str, sets: str, prefix: str) -> Chart:
    """P5 to P95 of each set as a line with marks; sets: the heading above their names, prefix: of the figures'."""
    marks = {"p05": "triangle", "p25": "square", "p50": "circle", "p75": "square", "p95": "triangle"}
    series = [
        {
            "name": name.upper().replace("P05", "P5") if name != "mean" else "mean / gemiddelde",
            "categories": table.span(sets),
            "values": table.span(f"{prefix}{name}"),
            "line": {"none": True},
            "marker": {"type": mark, "size": 9, "fill": {"color": colour}, "border": {"color": INK}},
        }
        for name, mark, colour in [*((n, m, BLUE) for n, m in marks.items()), ("mean", "diamond", ORANGE)]
        if f"{prefix}{name}" in table.heads
    ]
    lines = {"line": {"color": BLUE, "width": 2}}
    x = {"label_position": "low", "name": "assumption set / aannamenset"}
    return Chart({"type": "line"}, series, title, x, {**_AXIS, "name": label}, lines)


def _yearly(table: Table, quantity: str, unit: str) -> Chart:
    """The bands of one quantity by year, and the plan's own line."""
    rows = [place for place, name in enumerate(table.column("quantity")) if name == quantity]
    first, last = rows[0], rows[-1]
    series = []
    for name, colour, dash, width in _BANDS:
        if name in table.heads and any(cell is not None for cell in table.column(name)[first : last + 1]):
            series.append(
                {
                    "name": name.upper().replace("P05", "P5") if name.startswith("p") and name != "plan" else name,
                    "categories": table.span("year", first, last),
                    "values": table.span(name, first, last),
                    "line": {"color": colour, "dash_type": dash, "width": width},
                }
            )
    label = f"{both(quantity)} ({unit})"
    return Chart({"type": "line"}, series, label, _YEAR_AXIS, {**_AXIS, "name": unit})


def _published(table: Table) -> Iterator[Chart]:
    """Published beside computed, for the first quantity of those that matter most that is given for several years."""
    for quantity in ("cash_flow", "present_value", *dict.fromkeys(table.column("quantity"))):
        rows = [place for place, name in enumerate(table.column("quantity")) if name == quantity]
        if len(rows) > 1 and rows[-1] - rows[0] == len(rows) - 1:
            pair = (("published", "gepubliceerd", VERMILLION), ("computed", "berekend", BLUE))
            series = [
                {
                    "name": f"{english} / {dutch}",
                    "categories": table.span("year", rows[0], rows[-1]),
                    "values": table.span(english, rows[0], rows[-1]),
                    "fill": {"color": colour},
                }
                for english, dutch, colour in pair
            ]
            unit = str(table.rows[rows[0]][list(table.heads).index("unit")])
            title = f"published against computed / gepubliceerd naast berekend: {both(str(quantity))} ({unit})"
            yield Chart({"type": "column"}, series, title, _YEAR_AXIS, {**_AXIS, "name": unit})
            return


def _analysis(found: Sequence[Table]) -> Iterator[Chart]:
    """Bars of the inputs, of the groups where there are any, or of the steps of an analysis."""
    overview = dict(zip(found[0].column("what"), found[0].column("value"), strict=True))
    method = str(overview["method"])
    for table in found[1:]:
        kind = table.title.removeprefix(method).strip()
        if kind not in ("groups", "inputs", "steps", "responses groups", "responses inputs"):
            continue
        heads = [str(head) for head in table.heads]
        statistics = [head for head in heads if f"{head} low 95%" in heads]
        shown = [head for head in _BARS.get(method, statistics[:2] or ["value"]) if head in heads]
        if shown:
            yield from _bars(table, method, shown, overview)


def _bars(table: Table, method: str, shown: Sequence[str], overview: Mapping[Cell, Cell]) -> Iterator[Chart]:
    """One chart of horizontal bars a response, in the order of the table, at most `MOST` of them."""
    heads = [str(head) for head in table.heads]
    names = "name (English)" if "name (English)" in heads and None not in table.column("name (English)") else None
    names = names or next(head for head in heads if head in ("inputs", "groups", "name", "steps"))
    responses = table.column("responses") if "responses" in heads else [None] * len(table.rows)
    for response in dict.fromkeys(responses):
        rows = [place for place, one in enumerate(responses) if one == response]
        first, last = rows[0], min(rows[-1], rows[0] + MOST - 1)
        series = [
            {
                "name": head,
                "categories": table.span(names, first, last),
                "values": table.span(head, first, last),
                "fill": {"color": colour},
                **_whiskers(table, head, first, last),
                **({"overlap": 100, "gap": 40} if method == "tornado" else {"gap": 60}),
            }
            for head, colour in zip(shown, (BLUE, ORANGE), strict=False)
        ]
        output = both(str(overview.get("output", "")))
        parts = [method, *([str(response)] if response else []), output]
        unit = overview.get("unit")
        named = output if unit in (None, "", "1") else f"{output} ({unit})"
        scale = _SCALES.get(method, ", ".join(shown)).format(output=named, unit=unit)
        x = {**_AXIS, "name": scale, "num_format": "0%" if method == "break-even" else "General"}  # the axis of values
        if method == "tornado" and isinstance(overview.get("base"), float):
            x["crossing"] = overview["base"]
        title = f"{parts[0]}: {', '.join(part for part in parts[1:] if part)}"
        y = {"reverse": True, "label_position": "low", "name": INPUT}
        yield Chart({"type": "bar"}, series, title, x, y, height=140 + 26 * (last - first + 1))


def _whiskers(table: Table, head: str, first: int, last: int) -> dict[str, Any]:
    """The 95% interval of each bar, where all have one."""
    if f"{head} low 95%" not in table.heads:
        return {}
    columns = [table.column(name)[first : last + 1] for name in (head, f"{head} low 95%", f"{head} high 95%")]
    numbers = [[cell for cell in cells if isinstance(cell, float | int)] for cells in zip(*columns, strict=True)]
    if any(len(cells) < 3 for cells in numbers):
        return {}
    reach = {
        "plus_values": [high - value for value, _, high in numbers],
        "minus_values": [value - low for value, low, _ in numbers],
    }
    return {"y_error_bars": {"type": "custom", **reach, "line": {"color": INK}}}


_YEAR_AXIS: Mapping[str, Any] = {"label_position": "low", "name": YEAR}
_AXIS: Mapping[str, Any] = {
    "num_format": "General",
    "major_gridlines": {"visible": True, "line": {"color": "#E4E4E4"}},
    "label_position": "low",
}


_ROW = 20
"""Pixels of a row."""

_SCALE, _PAGE_ROWS = 78, 43
"""Per cent at which charts are printed (one as wide as a page, two as high), and the rows of a page."""


def draw(book: Any, sheet: Any, found: Sequence[Chart]) -> None:
    """Make the charts and set them below each other on `sheet`, in print none across two pages."""
    row = top = 1
    breaks = []
    for one in found:
        rows = one.height // _ROW + 2
        if row + rows - top > _PAGE_ROWS and row > top:
            breaks.append(row - 1)
            top = row
        chart = book.add_chart(dict(one.kind))
        for series in one.series:
            chart.add_series(dict(series))
        chart.set_title({"name": one.title, "name_font": {"size": 12, "bold": True}, "overlay": False})
        chart.set_x_axis(dict(one.x))
        chart.set_y_axis(dict(one.y))
        chart.set_legend({"none": True} if len(one.series) == 1 else {"position": "bottom"})
        chart.show_blanks_as("gap")
        if one.lines is not None:
            chart.set_high_low_lines(dict(one.lines))
        chart.set_size({"width": 960, "height": one.height})
        sheet.insert_chart(row, 0, chart, {"description": one.title})
        row += rows
    sheet.fit_to_pages(0, 0)  # a spreadsheet that fits pages heeds no breaks
    sheet.set_print_scale(_SCALE)
    sheet.set_h_pagebreaks(breaks)
