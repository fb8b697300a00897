"""Tables of the run's workbook: a sheet's name, its headings and its rows; and those of any analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str | float | int | None
Row = Sequence[Cell]

LONGEST_NAME = 31
"""Characters that Excel allows in a sheet's name."""

LARGEST_WHOLE = 2**53
"""Beyond this a number in a cell is no longer exact."""

SHORT = 4
"""Numbers of a list that still share one cell; longer lists become a table of their own."""


@dataclass(frozen=True)
class Table:
    """One sheet: `rows` under `heads`, from the first row of the sheet on."""

    title: str
    heads: Row
    rows: Sequence[Row]

    def span(self, head: str, first: int = 0, last: int | None = None) -> list[Any]:
        """The cells under `head` of the rows `first` to `last` (from 0; all by default), as charts refer to them."""
        column = list(self.heads).index(head)
        return [self.title, first + 1, column, (len(self.rows) - 1 if last is None else last) + 1, column]

    def column(self, head: str) -> list[Cell]:
        """The values under `head`."""
        place = list(self.heads).index(head)
        return [row[place] for row in self.rows]


@dataclass
class _Collector:
    """Gathers what an analysis says as tables: `found`, each a list of rows by heading, under the table's name.

    A table inside another begins with the columns that say which row of the other it belongs to.
    """

    labels: Mapping[str, Mapping[str, str]]
    found: dict[str, list[dict[str, Cell]]] = field(default_factory=dict)

    def walk(
        self, table: str, data: Mapping[str, Any], row: dict[str, Cell], keys: Mapping[str, Cell], prefix: str = ""
    ) -> None:
        """Put what is single in `data` into `row`, its headings behind `prefix`, and lists into tables of their own."""
        for key, value in data.items():
            name = f"{prefix} {key}".strip()
            below = f"{table} {name}".strip()
            if _is_statistic(value):
                low, high = value["ci95"] or (None, None)
                row |= {name: value["value"], f"{name} low 95%": low, f"{name} high 95%": high}
                row |= {f"{name} note": value["note"]} if value.get("note") else {}
            elif isinstance(value, Mapping) and _items(value):
                for item, part in value.items():
                    self._row(below, part, {**keys, key: item}, item)
            elif isinstance(value, Mapping) and _columns(value):
                for cells in zip(*value.values(), strict=True):
                    self._row(below, dict(zip(value, cells, strict=True)), keys)
            elif isinstance(value, Mapping):
                self.walk(table, value, row, keys, name)
            elif isinstance(value, list) and _long(value):
                for place, part in enumerate(value, start=1):
                    self._row(below, _cells(part), {**keys, key: place}, _named(part))
            else:
                row[name] = _cell(value)

    def _row(self, table: str, data: Mapping[str, Any], keys: Mapping[str, Cell], item: str = "") -> None:
        """One row of `table`, noted before what lies below it, so that tables come in the order of the data."""
        label = self.labels.get(item, {})
        row: dict[str, Cell] = {**keys, **{head: label[code] for code, head in _NAMES.items() if code in label}}
        self.found.setdefault(table, []).append(row)
        self.walk(table, data, row, keys)


_NAMES = {"en": "name (English)", "nl": "naam (Nederlands)"}


def _items(value: Mapping[str, Any]) -> bool:
    """Whether a mapping holds like things by name, each with facts of its own."""
    return bool(value) and all(isinstance(part, Mapping) and not _is_statistic(part) for part in value.values())


def _columns(value: Mapping[str, Any]) -> bool:
    """Whether a mapping holds the columns of a table: lists of one length."""
    sizes = {len(part) if isinstance(part, list) else 0 for part in value.values()}
    return len(sizes) == 1 and sizes.pop() > SHORT


def _long(value: list[Any]) -> bool:
    """Whether a list becomes a table: of things with facts, or of more numbers than share a cell."""
    if any(isinstance(part, Mapping) for part in value):
        return True
    return len(value) > SHORT and not any(isinstance(part, str) for part in value)


def _cells(part: Any) -> Mapping[str, Any]:
    """One thing of a list as cells by heading: its facts, or its numbers under 1, 2, 3 ..."""
    if isinstance(part, Mapping):
        return part
    listed = part if isinstance(part, list) else [part]
    return {str(number): one for number, one in enumerate(listed, start=1)}


def _named(part: Any) -> str:
    """The input or name that one thing of a list is about, "" for none."""
    return str(part.get("input", part.get("name", ""))) if isinstance(part, Mapping) else ""


def _is_statistic(value: Any) -> bool:
    return isinstance(value, Mapping) and "value" in value and "ci95" in value


def _cell(value: Any) -> Cell:
    """A plain value as a cell holds it: a short list as one text, a seed with more digits than a number holds too."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        return str(value)
    if isinstance(value, list):
        return ", ".join("-" if part is None else str(_cell(part)) for part in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_cell(part)}" for name, part in value.items())
    found: Cell = value
    return found


def analysis_tables(result: Any) -> Iterator[Table]:
    """The tables of an analysis, from its own `to_dict()`: its single figures, then one sheet a list of like things."""
    labels = {spec.name: dict(spec.label) for spec in result.study.inputs}
    return data_tables(result.method, result.to_dict(), labels)


def data_tables(title: str, data: Mapping[str, Any], labels: Mapping[str, Mapping[str, str]]) -> Iterator[Table]:
    """Plain data as tables, their names behind `title`; labels: names in both languages of what the data name."""
    collector = _Collector(labels)
    single: dict[str, Cell] = {}
    collector.walk("", data, single, {})
    yield Table(_title(title, ""), ("what", "value"), list(single.items()))
    for name, rows in collector.found.items():
        heads = list(dict.fromkeys(head for row in rows for head in row))
        yield Table(_title(title, name), heads, [[row.get(head) for head in heads] for row in rows])


def _title(method: str, table: str) -> str:
    """A sheet's name that Excel takes."""
    text = f"{method} {table}".strip()
    return "".join("-" if letter in "[]:*?/\\" else letter for letter in text)[:LONGEST_NAME].strip().strip("'")


def unique(tables: Sequence[Table]) -> list[Table]:
    """The tables with names that differ, whatever their capitals: a number behind those that come again."""
    seen: dict[str, int] = {}
    found = []
    for table in tables:
        title, count = table.title, 1
        while title.lower() in seen:
            count += 1
            end = f" {count}"
            title = f"{table.title[: LONGEST_NAME - len(end)]}{end}"
        seen[title.lower()] = count
        found.append(Table(title, table.heads, table.rows))
    return found
