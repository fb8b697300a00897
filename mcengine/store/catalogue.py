"""The catalogue of runs: one SQLite file that says which runs there are, where, and what they found.

The run folders are what counts; the catalogue is a list of them that can always be made again. So a run never fails
because its row could not be written: `record_run` says so in a remark, and `Catalogue.rebuild` mends it.

Writers take turns by SQLite's own locks, with a rollback journal: unlike a write-ahead log it needs no memory shared
between processes, which network disks do not give, and a reader needs no leave to write. A row is one transaction of
a few milliseconds; what a crash cuts off, the next who opens the file takes back.
"""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import time
from collections.abc import Callable, Container, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from mcengine.errors import Fault, InputError, InterruptedRun
from mcengine.store.catalogue_filters import ORDERS, Filters
from mcengine.store.entries import Entry, read_entry, run_folders
from mcengine.store.folder import PROVENANCE

T = TypeVar("T")

VARIABLE = "MCENGINE_CATALOGUE"
SCHEMA = 1
"""In user_version; a reader refuses a higher one."""
APPLICATION = 0x6D63656E  # "mcen": no other program's file is ever written to
PATIENCE = 10.0
"""Seconds to wait for others who write; a run is not kept waiting longer."""

_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SLICE = 0.5  # seconds of one wait, after which Ctrl-C is heard
_COLUMNS = tuple(field.name for field in fields(Entry))
_TABLE = """
CREATE TABLE runs (
    folder TEXT PRIMARY KEY, study TEXT NOT NULL, sets TEXT NOT NULL, horizon INTEGER, date TEXT, seed TEXT NOT NULL,
    sampler TEXT NOT NULL, draws INTEGER NOT NULL, replicates INTEGER NOT NULL, digest TEXT NOT NULL,
    output TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL, prob REAL, prob_low REAL, prob_high REAL,
    mean REAL, mean_low REAL, mean_high REAL, speed REAL, mcengine TEXT NOT NULL
) WITHOUT ROWID
"""
_ADD = f"INSERT OR REPLACE INTO runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


class Refused(InputError):
    """The catalogue's file cannot be used; `why` says so without the advice that the message ends with."""

    def __init__(self, path: Path, why: str, advice: str = "") -> None:
        self.why = f"{path} {why}"
        super().__init__(Fault(str(path), None, None, f"{why}{advice}"))


class _Unusable(Refused):
    """Damaged, or of a later version: a rebuild begins it anew."""

    def __init__(self, path: Path, why: str) -> None:
        named = "" if path == catalogue_path() else f" --catalogue {shlex.quote(str(path))}"
        command = f"mcengine runs --rebuild DIR...{named}"
        super().__init__(path, why, f"; `{command}`, with the folders that hold your runs, begins it anew")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: runs found, rows removed, why folders were left out, an unusable file's new name."""

    found: int
    removed: int
    faults: tuple[InputError, ...]
    set_aside: Path | None


def catalogue_path() -> Path:
    """$MCENGINE_CATALOGUE, else mcengine/runs.sqlite in the user's folder for data."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().resolve()
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path("~/.local/share").expanduser()) / "mcengine" / "runs.sqlite"


def record_run(folder: str | os.PathLike[str]) -> str | None:
    """Add the run in `folder` to the user's catalogue. Returns None, or a remark on why it is not listed.

    Never raises: a run is not lost, and a batch does not stop, for want of its row.
    """
    try:
        Catalogue().add(folder)
    except Exception as error:  # whatever it is, the run itself is safe in its folder
        why = error.why if isinstance(error, Refused) else str(error) or type(error).__name__
        command = f"mcengine runs --rebuild {shlex.quote(os.fspath(folder))}"
        return f"the run is kept, but not listed in the catalogue of runs: {why}. To list it: {command}"
    return None


class Catalogue:
    """The catalogue in the file `path`, by default the user's, which the first `add` makes.

    Every method raises `Refused`, an InputError, for a file that is damaged, of a later version or of another
    program, or cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = catalogue_path() if path is None else Path(path).expanduser().resolve()

    def add(self, folder: str | os.PathLike[str]) -> Entry:
        """Add the run in `folder`, in the place of what was listed there. Raises InputError when it is none."""
        entry = read_entry(folder)
        self._write(lambda connection: connection.execute(_ADD, _row(entry)))
        return entry

    def find(self, filters: Filters | None = None, *, sort: str = "date") -> list[Entry]:
        """The runs that `filters` let through, sorted by one of `ORDERS`; [] when there is no file yet."""
        where, values = (filters or Filters()).where()
        query = f"SELECT {', '.join(_COLUMNS)} FROM runs WHERE {where} ORDER BY {ORDERS[sort]}"

        def read(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return connection.execute(query, values).fetchall() if self._known(connection) else []

        return self._entries(self._attempt("rw", read)) if self.path.exists() else []

    def rebuild(self, folders: Sequence[str | os.PathLike[str]]) -> Rebuilt:
        """List every run at or below `folders` as it is now, and no other there; the rest of the catalogue stays.

        A file that cannot be used as a catalogue is renamed, and the catalogue begun anew with `folders` alone.

        Raises
        ------
        InputError      a folder is not there and nothing listed was there either; the file cannot be written
        InterruptedRun  the disk is full
        """
        places = [Path(folder).expanduser().resolve() for folder in folders]
        self._check_places(places)
        aside = self._set_aside()
        entries, faults = dict[Path, Entry](), dict[Path, InputError]()
        for folder in (folder for place in places for folder in run_folders(place)):
            try:
                entries[folder] = read_entry(folder)
            except InputError as error:
                faults[folder] = error

        def settle(connection: sqlite3.Connection) -> int:
            connection.executemany(_ADD, [_row(entry) for entry in entries.values()])
            return _remove(connection, places, frozenset(faults))

        removed = self._write(settle)
        return Rebuilt(len(entries), removed, tuple(faults.values()), aside)

    def _check_places(self, places: Sequence[Path]) -> None:
        missing = [place for place in places if not place.is_dir()]
        with suppress(_Unusable):
            missing = [place for place in missing if not self.find(Filters(below=[place]))]
        if missing:
            rule = "there is no such folder, and no run is listed in it"
            raise InputError(Fault(None, "DIR", str(place), rule) for place in missing)

    def _set_aside(self) -> Path | None:
        """Rename a file that is no sound catalogue, with what SQLite keeps beside it; returns its new name."""
        if not self.path.is_file():
            return None

        def check(connection: sqlite3.Connection) -> None:
            if self._known(connection):
                [[answer]] = connection.execute("PRAGMA quick_check(1)").fetchall()
                if answer != "ok":
                    self._damaged(answer)
                self._entries(connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM runs").fetchall())

        try:
            self._attempt("rw", check)
        except _Unusable:
            names = (self.path.with_name(f"{self.path.name}.set-aside-{k}") for k in range(1, 1000))
            aside = next(name for name in names if not name.exists())
            for suffix in ("-journal", "-wal", "-shm"):  # first: it would be played back into the new file
                with suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + suffix).rename(aside.with_name(aside.name + suffix))
            self.path.rename(aside)
            return aside
        return None

    def _known(self, connection: sqlite3.Connection) -> bool:
        """Whether the file is a catalogue that this version reads; False for an empty one. Raises Refused."""
        [[application]] = connection.execute("PRAGMA application_id")
        [[version]] = connection.execute("PRAGMA user_version")
        [[tables]] = connection.execute("SELECT count(*) FROM sqlite_master")
        if not (application or version or tables):
            return False
        if application != APPLICATION:
            raise Refused(self.path, "is an SQLite file of another program, not a catalogue of runs; name another file")
        if version > SCHEMA:
            raise _Unusable(self.path, f"was written by a later mcengine: its schema is {version}, not {SCHEMA}")
        return True

    def _entries(self, rows: Sequence[Sequence[Any]]) -> list[Entry]:
        """Back from `_row`."""
        found = []
        for row in rows:
            values = dict(zip(_COLUMNS, row, strict=True))
            try:
                values["folder"], values["seed"] = Path(values["folder"]), int(values["seed"])
                values["sets"] = tuple(json.loads(values["sets"]))
            except (ValueError, TypeError) as error:
                self._damaged(error)
            found.append(Entry(**values))
        return found

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in one transaction, in a file that is made when it is not there."""

        def whole(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            if not self._known(connection):
                connection.execute(_TABLE)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
            result = work(connection)
            connection.execute("COMMIT")
            return result

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(self.path, f"cannot be made: {error.strerror}") from None
        return self._attempt("rwc", whole)

    def _attempt(self, mode: str, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` with a connection, again and again while others hold the file. Closing takes back what is open."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                uri = f"{self.path.as_uri()}?mode={mode}"
                with closing(sqlite3.connect(uri, uri=True, timeout=_SLICE, isolation_level=None)) as connection:
                    return work(connection)
            except sqlite3.Error as error:
                if _code(error) not in _HELD or time.monotonic() > deadline:
                    self._refuse(error)
                time.sleep(0.01)

    def _refuse(self, error: sqlite3.Error) -> NoReturn:
        """Say what is wrong with the file, in words that help."""
        code = _code(error)
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            self._damaged(error)
        if code == sqlite3.SQLITE_FULL:
            raise InterruptedRun(f"{self.path} could not be written, and is as it was: {error}") from None
        if code in _HELD:
            raise Refused(self.path, f"is held by another program, and was so for {PATIENCE:g} s") from None
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise Refused(self.path, f"cannot be read or written: {error} ({name})") from None

    def _damaged(self, reason: object) -> NoReturn:
        raise _Unusable(self.path, f"is damaged, or no catalogue of runs: {reason}") from None


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary code of what went wrong; 0 where Python found it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _row(entry: Entry) -> tuple[Any, ...]:
    """The values of `_COLUMNS`. Raises InputError for a path that is no text."""
    folder = str(entry.folder)
    try:
        folder.encode()
    except UnicodeEncodeError:
        raise InputError(Fault(None, "DIR", folder, "cannot be listed: the path is not valid UTF-8")) from None
    values = {name: getattr(entry, name) for name in _COLUMNS}
    values |= {"folder": folder, "sets": json.dumps(entry.sets, ensure_ascii=False), "seed": str(entry.seed)}
    return tuple(values.values())


def _remove(connection: sqlite3.Connection, places: Sequence[Path], faulty: Container[Path]) -> int:
    """Remove the rows at or below `places` of folders that hold no run any more, or a faulty one."""
    where, values = Filters(below=places).where()
    listed = [Path(folder) for (folder,) in connection.execute(f"SELECT folder FROM runs WHERE {where}", values)]
    old = [(str(path),) for path in listed if path in faulty or not (path / PROVENANCE).is_file()]
    connection.executemany("DELETE FROM runs WHERE folder = ?", old)
    return len(old)
