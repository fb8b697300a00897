"""Excel workbooks with every digit of a number, and the same bytes each time."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

CREATED = datetime(2000, 1, 1)  # fixed, so that the same content gives the same bytes

LINE = 15.0
"""Points of a line of text in a row."""

_FULL, _PAGE = 125, 180
"""Characters across a page in print of full size, and in small but legible print."""

_WRAP = 0.97
"""Characters to a line, as a share of a column's width: fonts that stand in for Excel's own are wider."""


class ExactSheet(Worksheet):  # type: ignore[misc]
    """A worksheet that writes a number with as many digits as it has; xlsxwriter itself stops at 16."""

    def _xml_number_element(self, number: float, attributes: Any = ()) -> None:
        text = "".join(f' {key}="{self._escape_attributes(value)}"' for key, value in attributes)
        self.fh.write(f"<c{text}><v>{repr(float(number)).removesuffix('.0')}</v></c>")


@contextmanager
def workbook(file: str | BinaryIO, title: str) -> Iterator[Any]:
    """A new workbook, written to `file` (a path or a binary stream) when the block ends. Texts are never formulas."""
    options = {"strings_to_urls": False, "strings_to_formulas": False, "in_memory": True}
    with Workbook(file, options) as book:
        book.set_properties({"created": CREATED, "title": title})
        yield book


def add_sheet(book: Any, name: str) -> Any:
    """A new sheet of the workbook, exact in its numbers."""
    return book.add_worksheet(name, worksheet_class=ExactSheet)


def printed(sheet: Any, width: float, head: int | None = 0) -> None:
    """Print the sheet on A4, lying: the headings (in row `head`) and the first column on each page.

    width  of all columns in characters, which says how many pages stand side by side so that it can still be read
    """
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    pages = round(width / _PAGE)
    if width > _FULL:  # a narrow sheet would be blown up
        sheet.fit_to_pages(max(1, pages), 0)
    sheet.set_footer("&L&F, &A&R&P / &N")
    if head is not None:
        sheet.repeat_rows(head)
    if pages > 1:
        sheet.repeat_columns(0)


def height(cells: Iterable[tuple[object, float]]) -> float:
    """Points that a row needs for its (value, column width in characters) where texts wrap.

    Written into the file, because LibreOffice does not work it out when it opens one: wrapped lines would overlap.
    """
    texts = ((value, int(_WRAP * width)) for value, width in cells if isinstance(value, str) and value)
    lines = (sum(len(textwrap.wrap(part, width)) or 1 for part in text.split("\n")) for text, width in texts)
    return LINE * max(lines, default=1)
