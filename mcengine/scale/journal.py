"""What a batch decided and did, line by line, each on the disk before the next step is taken.

A line is JSON with a running number "n" and a checksum "sum" of the rest of it. A last line that is cut off is what a
crash leaves: it is dropped. Anything else that does not hold is a file that was changed, and is named.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from mcengine.errors import Fault, InputError
from mcengine.store.checkpoints import sync_folder

Entry = dict[str, Any]


def line_of(entry: Entry) -> str:
    """The line for `entry`, checksum last."""
    text = json.dumps(entry, allow_nan=False)
    return f'{text[:-1]}, "sum": "{_sum(text)}"}}\n'


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_line(line: str, number: int) -> Entry | None:
    """The entry in a line, without number and checksum; None when it is not a sound line of this number."""
    body, mark, tail = line.rpartition(', "sum": "')
    if not mark or tail != f'{_sum(body + "}")}"}}':
        return None
    entry: Entry = json.loads(body + "}")
    return {key: value for key, value in entry.items() if key != "n"} if entry.get("n") == number else None


class Journal:
    """The journal in a file, read and then added to. `entries` are those so far, in order.

    Raises
    ------
    InputError  a line before the last does not hold; names file and line
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        data = path.read_bytes() if path.exists() else b""
        lines = data.split(b"\n")
        good = 0
        for place, raw in enumerate(lines[:-1]):
            entry = read_line(raw.decode("utf-8", errors="replace"), place)
            if entry is None:
                if place == len(lines) - 2 and not lines[-1]:
                    break  # the last line: its end reached the disk, something before it did not
                rule = "was changed or is damaged: its checksum or number does not hold. Finished runs are in runs/"
                raise InputError(Fault(str(path), f"line {place + 1}", None, rule))
            self.entries.append(entry)
            good += len(raw) + 1
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if good < len(data):
            os.ftruncate(self._handle, good)
        os.fsync(self._handle)
        sync_folder(path.parent)

    def add(self, **entry: Any) -> None:
        """Write an entry; it is on the disk when this returns. Raises OSError."""
        line = line_of({"n": len(self.entries), **entry}).encode()
        size = os.fstat(self._handle).st_size
        try:
            written = os.write(self._handle, line)
            if written < len(line):
                os.write(self._handle, line[written:])  # raises what is wrong with the disk
            os.fsync(self._handle)
        except OSError:
            os.ftruncate(self._handle, size)
            raise
        self.entries.append(entry)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)
