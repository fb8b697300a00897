"""A table of text that fits the terminal: labels wrapped, columns in blocks that follow one another."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

GAP = "  "
_NARROWEST_LABEL = 28


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `head` above it and one cell for each row, both printed to the right."""

    head: str
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        """Characters of the widest cell."""
        return max(len(text) for text in (self.head, *self.cells))


def render(labels: Sequence[str], groups: Sequence[tuple[Column, ...]], width: int) -> str:
    """The table with `labels` to the left of each block; the columns of one group stay in one block.

    A row with an empty label is a blank line.
    """
    room = max(width * 2 // 5, _NARROWEST_LABEL)
    wrapped = [textwrap.wrap(label, room, subsequent_indent="    ") or [""] for label in labels]
    label_width = max(len(line) for lines in wrapped for line in lines)
    blocks = _blocks(groups, width - label_width)
    return "\n\n".join(_block(wrapped, label_width, block) for block in blocks)


def _blocks(groups: Sequence[tuple[Column, ...]], room: int) -> list[list[Column]]:
    """Columns by block: as many groups as `room` characters hold, at least one."""
    blocks: list[list[Column]] = [[]]
    used = 0
    for group in groups:
        needed = sum(len(GAP) + column.width for column in group)
        if blocks[-1] and used + needed > room:
            blocks.append([])
            used = 0
        blocks[-1].extend(group)
        used += needed
    return blocks


def _block(labels: list[list[str]], label_width: int, columns: list[Column]) -> str:
    widths = [column.width for column in columns]

    def line(label: str, texts: Sequence[str]) -> str:
        cells = (text.rjust(width) for text, width in zip(texts, widths, strict=True))
        return GAP.join((label.ljust(label_width), *cells)).rstrip()

    lines = [line("", [column.head for column in columns])]
    for position, parts in enumerate(labels):
        lines.append(line(parts[0], [column.cells[position] for column in columns]))
        lines.extend(parts[1:])
    return "\n".join(lines)
