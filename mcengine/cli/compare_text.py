"""How a comparison prints: outcomes side by side, differences, what differs in the inputs, and what explains it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcengine.cli.printing import can_print, width
from mcengine.cli.table import GAP, Column, render
from mcengine.report.compare import comparison
from mcengine.report.language import Language

if TYPE_CHECKING:
    from mcengine.report.compare import ComparedRun
    from mcengine.report.compare_findings import Findings
    from mcengine.report.language import Shown

_DASHES = {0x2212: "-", 0x2013: "-"}
_NARROW = {"±": "+/-", "→": "->", "×": "x", "“": '"', "”": '"'}

View = Mapping[str, Any]


def comparison_text(runs: Sequence[ComparedRun], found: Findings) -> str:
    """What `mcengine compare` prints: the comparison page's own rows and sentences, as text."""
    language = Language("en")
    view = comparison(runs, language, found)
    names = [run["name"] for run in view["runs"]]
    parts = [_filled(view["answer"]), _outcomes(view)]
    told = ""
    for one in view["differences"]:
        parts.append(_difference(one, language, told))
        told = one["how"]
    parts.append(f"{_title(language('compare.changes'))}\n\n{_changes(view['changes'], names, language)}")
    for one, name in zip(view["explained"], names[1:], strict=True):
        title = f"{language('compare.explained')}: {names[0]} -> {name}"
        parts.append(f"{_title(title)}\n\n{_explained(one, language)}")
    return "\n\n".join(part for part in parts if part)


def _outcomes(view: View) -> str:
    """One column a run: its figures and what was run."""
    rows, settings = view["rows"], view["settings"]
    labels = [_labelled(row) for row in rows]
    columns = []
    for position, run in enumerate(view["runs"]):
        cells = [_shown(row["cells"][position]) for row in rows]
        cells += ["", *(values[position] for _, values in settings)]
        columns.append((Column(run["name"], tuple(_plain(cell) for cell in cells)),))
    return render([*labels, "", *(label for label, _ in settings)], columns, width())


def _difference(view: View, language: Language, told: str) -> str:
    """The differences of one further run from the first, one row a figure; how they are made, unless just `told`."""
    rows = view["rows"]
    groups = [
        (
            Column(language("compare.difference"), tuple(_plain(row["shown"].value) for row in rows)),
            Column(language("compare.interval"), tuple(_plain(row["shown"].interval) for row in rows)),
        ),
        (Column(language("compare.narrower"), tuple(_plain(row["narrower"] or "-") for row in rows)),),
    ]
    notes = dict.fromkeys(_plain(row["shown"].note) for row in rows if row["shown"].note and not row["shown"].low)
    table = render([_labelled(row) for row in rows], groups if view["paired"] else groups[:1], width()) if rows else ""
    remarks = [*(f"note: {note}" for note in notes), view["left_out"]]
    parts = (
        _title(f"{language('compare.differences')}: {view['name']}"),
        "" if view["how"] == told else _filled(view["how"]),
        table,
        "\n".join(map(_filled, filter(None, remarks))),
    )
    return "\n\n".join(part for part in parts if part)


def _changes(view: View, names: Sequence[str], language: Language) -> str:
    """What differs in the inputs, and how much does not."""
    rows = [(_plain(row["label"]), row["cells"]) for row in view["settings"]]
    rows += [(row["name"] + (f" ({row['unit']})" if row["unit"] else ""), row["cells"]) for row in view["inputs"]]
    parts = [
        view["nothing"],
        _beside(language("compare.step"), rows, names),
        _filled(f"{view['same']} {view['idle']}".strip()),
    ]
    if view["files"]:
        files = _beside(language("repeat.file"), [(row["label"], row["cells"]) for row in view["files"]], names)
        parts.append(f"{language('compare.files')}:\n{files}")
    return "\n\n".join(part for part in parts if part)


def _beside(head: str, rows: Sequence[tuple[str, Sequence[str]]], names: Sequence[str]) -> str:
    """One row a thing and one column a run; where that is too wide, a line a run below each thing."""
    if not rows:
        return ""
    plain = [(label, [_plain(cell) for cell in cells]) for label, cells in rows]
    table = _aligned([(head, *names), *((label, *cells) for label, cells in plain)])
    if max(map(len, table.splitlines())) <= width():
        return table
    size = max(map(len, names))
    lines = []
    for label, cells in plain:
        lines.append(label)
        for name, cell in zip(names, cells, strict=True):
            start = f"    {name.ljust(size)}{GAP}"
            lines.append(
                textwrap.fill(f"{start}{cell}", max(width(), len(start) + 20), subsequent_indent=" " * len(start))
            )
    return "\n".join(lines)


def _explained(view: View, language: Language) -> str:
    """The sentence, and the steps with what they change from and to."""
    rows = [("", language("compare.change"), language("compare.effect"))]
    rows += [(row["name"] or row["label"], row["change"], row["effect"]) for row in view["rows"]]
    table = _aligned([tuple(map(_plain, row)) for row in rows], right=2) if view["rows"] else ""
    return "\n\n".join(part for part in (_filled(view["text"]), table, _filled(view["note"])) if part)


def _aligned(rows: Sequence[tuple[str, ...]], right: int | None = None) -> str:
    """Cells under one another, to the left but for the column `right`."""
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            text.rjust(n) if k == right else text.ljust(n) for k, (text, n) in enumerate(zip(row, sizes, strict=True))
        )
        lines.append(GAP.join(cells).rstrip())
    return "\n".join(lines)


def _title(text: str) -> str:
    """A heading, underlined."""
    plain = textwrap.shorten(_plain(text), width(), placeholder="...")
    return f"{plain}\n{'-' * len(plain)}"


def _labelled(row: View) -> str:
    return f"{row['label']} ({row['unit']})" if row["unit"] else str(row["label"])


def _shown(cell: Shown | None) -> str:
    """A figure with the half-width of its interval."""
    return "-" if cell is None else f"{cell.value} {cell.margin}".strip()


def _filled(text: str) -> str:
    return textwrap.fill(_plain(text), width())


def _plain(text: str) -> str:
    """`text` with plain hyphens for the report's minus signs and dashes, and plain signs where stdout has no others."""
    plain = text.translate(_DASHES)
    for sign, plainer in _NARROW.items():
        plain = plain if can_print(sign) else plain.replace(sign, plainer)
    return plain
