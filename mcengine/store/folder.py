"""Folders that appear whole or not at all.

A new run is built in a hidden work folder beside its place, and swapped in by two renames once every file is
on the disk:

    parent/.mcengine-<hash of name>-<random>/new    the run being written
    parent/.mcengine-<hash of name>-<random>/old    the older run, between the two renames and its removal

The writer holds a lock on the work folder, which the system drops when the process ends, however it ends. A
work folder that can be locked is therefore what a crash has left: the next write (or read) of that place
finishes a swap that had begun and removes it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mcengine.errors import Fault, InputError, InterruptedRun

PROVENANCE = "provenance.json"
KIND = "mcengine run"
CACHE = "__pycache__"

_MACHINE = frozenset(
    getattr(errno, name)
    for name in [
        "ENOSPC",
        "EDQUOT",
        "EFBIG",
        "EIO",
        "EACCES",
        "EPERM",
        "EROFS",
        "EBUSY",
        "EXDEV",
        "EEXIST",
        "ENOTEMPTY",
        "ESTALE",
        "EMFILE",
        "ENFILE",
        "ENAMETOOLONG",
    ]
)
"""Failures of the disk or of permissions, as against a fault of ours (a missing template, say)."""


def check_target(directory: str | os.PathLike[str], *, key: str = "--out") -> Path:
    """The full path of `directory`, when a run may be written there. Call it before computing.

    It may be new, empty, or a run folder, which is then replaced; nothing that a run did not write is ever
    removed. What a crash has left there is put right first. `key` says where the path was given.

    Raises
    ------
    InputError  it holds something else than a run, or cannot be made or replaced.
    """
    shown = os.fspath(directory)
    try:
        target = _full(directory)
        recover(target)
        rule = _refusal(target)
        if rule is None:
            with _work_folder(_existing(target.parent), target):
                pass
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        rule = f"cannot be written: {_reason(error)}"
    if rule is not None:
        raise InputError(Fault(None, key, shown, rule))
    return target


@contextmanager
def replacing(directory: str | os.PathLike[str], *, advice: str = "") -> Iterator[Path]:
    """A new, empty folder that takes the place of `directory` when the block ends without an error.

    When the block raises, nothing of it is left and an older run is as it was.

    Raises
    ------
    InputError      see `check_target`
    InterruptedRun  the disk is full or cannot be written; ends with `advice`
    """
    target = check_target(directory)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _work_folder(target.parent, target) as work:
            new = work / "new"
            new.mkdir()  # not the work folder itself, which is private to its owner
            yield new
            _flush(new)
            _swap(work, target)
    except OSError as error:
        if error.errno not in _MACHINE:
            raise
        untouched = " The older run there is untouched." if target.exists() else ""
        message = f"the run could not be written to {target}: {_reason(error)}.{untouched} {advice}"
        raise InterruptedRun(message.strip()) from error


def recover(target: Path) -> None:
    """Put right what a crash has left beside `target`: finish a swap that had begun, remove the rest."""
    for work in sorted(target.parent.glob(f"{_prefix(target)}*")):
        with suppress(OSError), _locked(work) as free:
            if free:
                if (work / "old").exists() and not target.exists():
                    (work / "new" if (work / "new").exists() else work / "old").rename(target)
                shutil.rmtree(work, ignore_errors=True)


def record(folder: Path) -> dict[str, Any] | None:
    """The provenance of a run folder as it stands there, unchecked; None when `folder` is not one."""
    try:
        data = json.loads((folder / PROVENANCE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("kind") == KIND else None


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(folder: Path) -> list[str]:
    """Every file below `folder`, as sorted paths from it with forward slashes.

    But for the provenance, hidden files (a file browser's) and Python's caches (of a model's compiled code).
    """
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    seen = [path for path in found if not any(part.startswith(".") or part == CACHE for part in path.parts)]
    return sorted(path.as_posix() for path in seen if path != Path(PROVENANCE))


def _refusal(target: Path) -> str | None:
    """Why no run may be written at `target`, or None."""
    if not target.exists():
        parent = _existing(target.parent)
        return None if parent.is_dir() else f"cannot be written: {parent} is not a folder"
    if not target.is_dir():
        return "is a file; a run needs a folder"
    if Path.cwd().is_relative_to(target):
        return "is the working directory or holds it, and would be replaced whole; name a folder inside it"
    if target.is_mount():
        return "is a mount point and cannot be replaced; name a folder inside it"
    if not any(target.iterdir()):
        return None
    written = record(target)
    if written is None:
        return "exists and is not the folder of a run; name a new folder, or one with a run to replace"
    strange = _strangers(target, written.get("files"))
    if strange:
        listed = ", ".join(strange[:3]) + (f" and {len(strange) - 3} more" if len(strange) > 3 else "")
        return f"holds files that the run did not write ({listed}); move them elsewhere first"
    return None


def _strangers(folder: Path, written: Any) -> list[str]:
    """Files in a run folder that are not in its record."""
    known = written if isinstance(written, dict) else {}
    return [name for name in files_in(folder) if name not in known]


def _full(directory: str | os.PathLike[str]) -> Path:
    """The path with links followed: a link to a run folder stays, the folder it leads to is replaced."""
    return Path(directory).expanduser().resolve()


def _existing(path: Path) -> Path:
    """`path`, or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)


def _prefix(target: Path) -> str:
    """How work folders of `target` begin; a hash, as the name may be of any length."""
    return f".mcengine-{hashlib.sha256(target.name.encode(errors='surrogateescape')).hexdigest()[:12]}-"


@contextmanager
def _work_folder(parent: Path, target: Path) -> Iterator[Path]:
    """A locked work folder for `target`, removed in the end unless it holds the only copy of a run."""
    work = Path(tempfile.mkdtemp(prefix=_prefix(target), dir=parent))
    try:
        with _locked(work):
            yield work
    finally:
        if target.exists() or not (work / "old").exists():
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of `folder`, if nobody else does; yields whether it is held."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        held = True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # held by another, or a file system without locks: then nothing is ever cleaned
            held = False
        yield held
    finally:
        os.close(handle)


def _flush(folder: Path) -> None:
    """Have every file and folder below `folder`, and itself, written to the disk."""
    for path in (*folder.rglob("*"), folder):
        if path.is_dir() or path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _swap(work: Path, target: Path) -> None:
    """Put work/new in the place of `target`, keeping what was there until it is done."""
    old = work / "old"
    if target.exists():
        target.rename(old)
    try:
        (work / "new").rename(target)
    except BaseException:
        if old.exists():
            old.rename(target)
        raise
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
