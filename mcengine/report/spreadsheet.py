"""Excel workbooks with every digit of a number, and the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

CREATED = datetime(2000, 1, 1)  # fixed, so that the same content gives the same bytes


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
