"""Where in a run's workbook each figure of summary.json stands, and whether it is the same there."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PRECISION = 1e-14
"""LibreOffice saves 15 significant digits of a number."""

Row = dict[str, Any]
Sheets = dict[str, list[Row]]


def sheets_of(book: Any) -> Sheets:
    """Each table of the workbook as rows by heading."""
    found = {}
    for sheet in book.worksheets:
        if sheet.title != "Charts":
            heads, *rows = sheet.iter_rows(values_only=True)
            found[sheet.title] = [dict(zip(heads, row, strict=True)) for row in rows]
    return found


def equal(cell: object, number: object) -> bool:
    """Whether a cell holds a value of the summary, to the digits that LibreOffice keeps."""
    if isinstance(number, float | int) and isinstance(cell, float | int):
        return math.isclose(cell, number, rel_tol=PRECISION)
    return cell == (None if number == "" else number)


def compare(summary: Mapping[str, Any], sheets: Sheets) -> dict[str, int]:
    """Every figure of the summary against its cell; returns how many figures, by part of the summary.

    Raises AssertionError for one that differs, and for one for which the workbook has no place.
    """
    counts: dict[str, int] = {}
    for path, expected in _figures(summary):
        cells = _cells(path, sheets)
        assert len(cells) == len(expected), path
        for cell, number in zip(cells, expected, strict=True):
            assert equal(cell, number), (path, cell, number)
        counts[str(path[0])] = counts.get(str(path[0]), 0) + len(expected)
    return counts


def _figures(summary: Mapping[str, Any]) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    """Each statistic (value, low, high) and each other number or text of the summary, with the way to it."""
    parts = {name: part for name, part in summary.items() if name not in ("schema", "luck")}  # luck: see `lacking`
    yield from _below((), parts)


def _below(path: tuple[Any, ...], data: Any) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    if isinstance(data, Mapping) and {"value", "ci95"} <= set(data):
        bounds = data["ci95"] or (None, None)
        yield path, [data["value"], *bounds, *([data["note"]] if "note" in data else [])]
    elif isinstance(data, Mapping):
        for name, part in data.items():
            if name != "kind":  # of an output: how its figures are written
                yield from _below((*path, name), part)
    elif isinstance(data, list):
        for place, part in enumerate(data):
            yield from _below((*path, place), part)
    else:
        yield path, [data]


def _one(rows: Sequence[Row], **cells: Any) -> Row:
    """The only row with these cells."""
    found = [row for row in rows if all(row[name] == cell for name, cell in cells.items())]
    assert len(found) == 1, cells
    return found[0]


def _cells(path: tuple[Any, ...], sheets: Sheets) -> list[Any]:
    """The cells for what stands at `path` of the summary; fails where the workbook has none."""
    match path:
        case ("outputs", output, *rest):
            return _statistic(sheets, None, output, rest)
        case ("sets", name, output, *rest):
            return _statistic(sheets, name, output, rest)
        case ("years", name, ("unit" | "draws") as key):
            return [next(row for row in sheets["Years"] if row["quantity"] == name)[key]]
        case ("years", name, "bands", year, statistic):
            row = _one(sheets["Years"], quantity=name, year=int(year))
            return [row[f"{statistic}{part}"] for part in ("", " low 95%", " high 95%")]
        case ("correlations", place, *rest):
            row = sheets["Dependence"][place]
            named = {"inputs": ["input 1", "input 2"], "achieved": ["achieved", "low 95%", "high 95%"]}
            heads = named.get(rest[0], [rest[0]])
            return [row[heads[rest[1]]]] if len(rest) > 1 else [row[head] for head in heads]
        case ("until", *rest):
            return [_stopping(sheets, rest)]
        case ("notes" | "warnings" as key, place):
            return [[row["value / waarde"] for row in sheets["Run"] if row["what / wat"] == key[:-1]][place]]
        case (name,):
            value = _one(sheets["Run"], **{"what / wat": name})["value / waarde"]
            return [int(value) if name == "seed" else value]
    raise AssertionError(f"the workbook has no place for {path}")


def _statistic(sheets: Sheets, name: str | None, output: str, rest: Sequence[Any]) -> list[Any]:
    """Cells of the sheet "Statistics": of one statistic, or what is said of the whole output."""
    rows = [row for row in sheets["Statistics"] if (row["set"], row["output"]) == (name, output)]
    if rest[0] in ("unit", "draws"):
        return [rows[0][rest[0]]]
    row = _one(rows, statistic=rest[0])
    bounds = [cell for head, cell in row.items() if str(head).startswith(("low ", "high "))]
    return [row["value"], *bounds, *([row["note"]] if row["note"] else [])]


def _stopping(sheets: Sheets, rest: Sequence[Any]) -> Any:
    """One fact of how a run with --until ended."""
    repeat = str(_one(sheets["Run"], **{"what / wat": "repeat"})["value / waarde"])
    match rest:
        case ["asked" | "first_replicates" | "cap" as key]:
            option = {"asked": "until", "first_replicates": "replicates", "cap": "cap"}[key]
            said = repeat.partition(f"--{option} ")[2].strip('"').split('"')[0].split(" --")[0]
            return said if key == "asked" else int(said)
        case ["targets", place, key]:
            row = sheets["Stopping"][place]
            cell = row[{"half_width": "half-width", "met": "reached"}.get(key, key)]
            return cell == "yes" if key == "met" else cell
        case [key]:
            return sheets["Stopping"][0][{"planned_looks": "looks planned"}.get(key, key)]
    raise AssertionError(f"the workbook has no place for until, {rest}")


def lacking(data: Any, tables: Sequence[Sequence[Row]]) -> tuple[list[float], int]:
    """The numbers of an analysis that its tables lack, and how many there are: each counts as often as it is there."""
    there = sorted(number for rows in tables for row in rows for cell in row.values() for number in _parts(cell))
    lost, count = [], 0
    for number in sorted(_numbers(data)):
        count += 1
        slack = PRECISION * abs(number)
        place = bisect.bisect_left(there, number - slack)
        if place < len(there) and there[place] <= number + slack:
            del there[place]
        else:
            lost.append(number)
    return lost, count


def _numbers(data: Any) -> Iterator[float]:
    """Every number in plain data."""
    if isinstance(data, Mapping | list):
        for part in data.values() if isinstance(data, Mapping) else data:
            yield from _numbers(part)
    elif isinstance(data, float | int) and not isinstance(data, bool):
        yield float(data)


def _parts(cell: Any) -> Iterator[float]:
    """The number or numbers in a cell: a short list is one text."""
    if isinstance(cell, float | int):
        yield float(cell)
    for part in cell.replace(",", " ").split() if isinstance(cell, str) else ():
        try:
            yield float(part)
        except ValueError:
            continue
