"""A text of a plan or an assumption set: in one language for every reader, or in the report's two.

>>> place = Text("table 2", "tabel 2")
>>> said(place, "nl"), said(place, "en"), f"see {place}"
('tabel 2', 'table 2', 'see table 2')
>>> said(Text("Sussex 2016"), "nl")
'Sussex 2016'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Text(str):
    """A text; as a string it is the English one, or the only one, so that whatever shows one language can use it.

    nl  the same in Dutch; None for a text that is given once, whatever its language

    Two texts are equal only when both languages are; a plain string equals a text given once.
    """

    nl: str | None

    def __new__(cls, text: str = "", nl: str | None = None) -> Text:
        """The text `text`, and in Dutch `nl`."""
        found = super().__new__(cls, text)
        found.nl = None if nl == text else nl
        return found

    def __eq__(self, other: object) -> bool:
        """Whether `other` says the same in both languages."""
        return str.__eq__(self, other) is True and self.nl == getattr(other, "nl", None)

    def __ne__(self, other: object) -> bool:
        """Whether `other` says something else in a language."""
        return not self == other

    __hash__ = str.__hash__


def said(text: str, code: str) -> str:
    """`text` in the language `code` ("en" or "nl"); a text given once as it is."""
    dutch = getattr(text, "nl", None)
    return dutch if code == "nl" and dutch is not None else str(text)


def written(text: str) -> str | dict[str, str]:
    """`text` as the TOML value it would be read from: a string, or a table with both languages."""
    dutch = getattr(text, "nl", None)
    return str(text) if dutch is None else {"en": str(text), "nl": dutch}


def all_written(row: Mapping[str, Any]) -> dict[str, Any]:
    """`row` with its texts as TOML values."""
    return {name: written(value) if isinstance(value, Text) else value for name, value in row.items()}
