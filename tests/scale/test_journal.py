"""The journal: what was written is read again; a torn end is dropped, anything else is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcengine.errors import InputError
from mcengine.scale.journal import Journal, line_of, read_line

ENTRIES = [{"event": "look", "run": "a", "look": 1}, {"event": "looked", "unsettled": 0.1 + 0.2}, {"event": "end"}]
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "journal.jsonl")
    for entry in ENTRIES:
        journal.add(**entry)
    journal.close()
    return tmp_path / "journal.jsonl"


@given(st.dictionaries(st.text().filter(lambda key: key not in ("n", "sum")), VALUES), st.integers(0, 10**6))
def test_a_line_gives_back_its_entry(entry: dict[str, object], number: int) -> None:
    line = line_of({"n": number, **entry})
    assert line.count("\n") == 1
    assert read_line(line[:-1], number) == entry
    assert read_line(line[:-1], number + 1) is None


def test_what_was_written_is_read_again_and_added_to(path: Path) -> None:
    journal = Journal(path)
    assert journal.entries == ENTRIES
    journal.add(event="more")
    journal.close()
    assert Journal(path).entries == [*ENTRIES, {"event": "more"}]


def test_every_torn_end_is_dropped(path: Path) -> None:
    data = path.read_bytes()
    starts = [0, *(place + 1 for place, byte in enumerate(data) if byte == 10)]
    for length in range(len(data)):
        path.write_bytes(data[:length])
        journal = Journal(path)
        whole = sum(start <= length for start in starts[1:])
        assert journal.entries == ENTRIES[:whole]
        journal.add(event="next")
        journal.close()
        assert Journal(path).entries == [*ENTRIES[:whole], {"event": "next"}]


def test_a_last_line_whose_middle_never_reached_the_disk_is_dropped(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-20] + bytes(19) + b"\n")
    assert Journal(path).entries == ENTRIES[:-1]


@pytest.mark.parametrize("line", [0, 1])
def test_a_changed_line_is_named(path: Path, line: int) -> None:
    lines = path.read_text().splitlines()
    lines[line] = lines[line].replace('"event"', '"evenT"')
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=rf"journal.jsonl: line {line + 1}: was changed or is damaged"):
        Journal(path)


def test_a_removed_line_is_named(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[2] + lines[2])
    with pytest.raises(InputError, match="line 2"):
        Journal(path)
