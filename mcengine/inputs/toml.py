"""Reading files: bytes to plain data, with every file read on record and NaN refused at the door."""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mcengine.errors import Fault, InputError
from mcengine.inputs.catalog import shown

LARGEST = 16 * 2**20
"""Bytes of the largest TOML file that is parsed: a study has thousands, and a parser takes seconds for more."""

_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass
class Reader:
    """Reads files and remembers each with its digest: the sources of one study.

    `sources` maps the shown name of each file read to the sha256 of its bytes, in reading order.
    """

    sources: dict[str, str] = field(default_factory=dict)

    def record(self, path: Path) -> bytes:
        """The bytes of `path`, on record from now on. Raises InputError when it cannot be read."""
        name = shown(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(Fault(name, None, None, f"cannot be read: {error.strerror}")) from None
        self.sources[name] = hashlib.sha256(content).hexdigest()
        return content

    def text(self, path: Path) -> str:
        """The text of `path` (UTF-8). Raises InputError when it cannot be read."""
        content = self.record(path)
        try:
            return content.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            raise InputError(Fault(shown(path), f"line {line}", None, "must be UTF-8 text")) from None

    def toml(self, path: Path) -> dict[str, Any]:
        """The parsed TOML of `path`. Raises InputError, with the line, for a syntax error."""
        text = self.text(path)
        if len(text) > LARGEST:
            rule = f"must be at most {LARGEST // 2**20} MB; is this the file that was meant?"
            raise InputError(Fault(shown(path), None, None, rule))
        try:
            return tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise InputError(_syntax_fault(shown(path), text, str(error))) from None


def _syntax_fault(file: str, text: str, message: str) -> Fault:
    """A TOML parser's complaint as a fault with its line and what stands there."""
    place = _LINE.search(message)
    number = int(place.group(1)) if place else text.count("\n") + 1
    lines = text.splitlines() or [""]
    found = lines[min(number, len(lines)) - 1].strip()
    rule = f"not valid TOML: {_LINE.sub('', message).replace('(at end of document)', 'at the end').strip()}"
    return Fault(file, f"line {number}", found or None, rule)


def unusable_numbers(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Path and value of every number in `data` that can't be computed with: NaN, or above 64 bits."""
    if (isinstance(data, float) and math.isnan(data)) or (isinstance(data, int) and abs(data) >= 2**63):
        yield path, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from unusable_numbers(value, (*path, key))
    elif isinstance(data, list | tuple):
        for index, value in enumerate(data):
            yield from unusable_numbers(value, (*path, index))


def plain(data: Any) -> Any:
    """`data` with mappings as dicts and sequences as lists: what a TOML or JSON writer takes."""
    if isinstance(data, Mapping):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    return data


def frozen(data: Any) -> Any:
    """`data` with mappings read-only and sequences as tuples."""
    if isinstance(data, Mapping):
        return MappingProxyType({key: frozen(value) for key, value in data.items()})
    if isinstance(data, list | tuple):
        return tuple(frozen(value) for value in data)
    return data
