"""Docstrings with columns, as markdown.

The project's docstrings describe arguments and fields in two columns, "name  what it is", which a terminal shows as
they stand and markdown would run together. Such lines become the items of a list here; under "Raises" they become
what the reader of docstrings expects there, a name with its description indented below.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_NAME = r"[\w.*`]+(?: \([^)]*\))?"
_ROW = re.compile(rf"^({_NAME}(?:(?:, | and ){_NAME})*)(?:  +)(\S.*)$")


class Columns(griffe.Extension):
    """Rewrites the docstring of every object as it is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Columns of one object's docstring."""
        if obj.docstring is not None:
            obj.docstring.value = listed(obj.docstring.value)


def listed(text: str) -> str:
    r"""`text` with its two-column lines as list items, or as numpydoc's rows under "Raises".

    >>> print(listed("A figure.\n\nvalue  a float,\n       or None\n\nRaises\n------\nInputError  no such name"))
    A figure.
    <BLANKLINE>
    - `value`: a float,
      or None
    <BLANKLINE>
    Raises
    ------
    InputError
        no such name
    """
    lines: list[str] = []
    row = raises = False
    for line in text.splitlines():
        raises = raises or line == "Raises"
        found = _ROW.match(line)
        if found and raises:
            lines += [found[1], f"    {found[2]}"]
        elif found:
            lines += ([""] if not row and lines and lines[-1] else []) + [f"- `{found[1].strip('`')}`: {found[2]}"]
        elif row and line.startswith(" "):
            lines.append(("    " if raises else "  ") + line.strip())
        else:
            lines += ([""] if row and line else []) + [line]
        row = bool(found) or (row and line.startswith(" "))
    return "\n".join(lines)
