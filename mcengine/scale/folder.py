"""The folder of a batch.

batch.json       what the batch computes, and from which files and software: what a resumed batch must still be
journal.jsonl    what it decided and did, see `journal`
log.jsonl        one event a line, for people and monitors, see `events`
runs/            a folder for each finished run, as `mcengine run --out` writes it
sensitivity/     a folder for each finished analysis, <run>--<method>
failed/          for each run that failed, why, and how to compute the draw again
work/            checkpoints of runs under way
index.html       every run a row
lock             held by the process that computes the batch
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcengine.errors import Fault, InputError, InterruptedRun
from mcengine.scale.plan import BatchPlan
from mcengine.store.checkpoints import COMPILED, sync_folder
from mcengine.store.provenance import check_schema, processor, read_json, same_processor, versions

KIND = "mcengine batch"
SCHEMA = 1
RECORD = "batch.json"
_COMPUTE = ("mcengine", "python", "numpy", "scipy", "numba", "llvmlite")
"""Software whose version has a part in the numbers."""


class BatchFolder:
    """Paths in the folder of a batch, and its record."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.shown = os.fspath(directory)
        self.path = Path(directory).expanduser().resolve()
        self.record, self.journal, self.log = (self.path / name for name in (RECORD, "journal.jsonl", "log.jsonl"))
        self.lock, self.index = self.path / "lock", self.path / "index.html"

    def run(self, slug: str) -> Path:
        """Where a finished run lies."""
        return self.path / "runs" / slug

    def work(self, slug: str) -> Path:
        """Where a run under way keeps its checkpoints."""
        return self.path / "work" / slug

    def analysis(self, slug: str, method: str) -> Path:
        """Where a finished analysis lies."""
        return self.path / "sensitivity" / f"{slug}--{method}"

    def failure(self, slug: str) -> Path:
        """Where it is said why a run failed."""
        return self.path / "failed" / f"{slug}.json"

    def remove_work(self, slug: str) -> None:
        """Drop the checkpoints of a run whose folder is complete."""
        shutil.rmtree(self.work(slug), ignore_errors=True)

    def check(self, *, resume: bool, advice: str) -> Mapping[str, Any] | None:
        """The record of the batch there, or None where there is none yet. Call it before computing.

        advice  the command that resumes, for the message

        Raises
        ------
        InputError  it holds something else, a batch though not `resume`, or cannot be made or read
        """
        rule = None
        try:
            if self.path.exists() and not self.path.is_dir():
                rule = "is a file; a batch needs a folder"
            elif not self.record.is_file() and self.path.is_dir():
                strange = sorted(p.name for p in self.path.iterdir() if p.name not in ("lock", f".{RECORD}.new"))
                rule = f"holds other files ({', '.join(strange[:3])}); name a new folder" if strange else None
        except (OSError, ValueError) as error:
            rule = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        if rule is None and self.record.is_file():
            if resume:
                return self._stored()
            rule = f"holds a batch already; to go on with it: {advice}"
        if rule is not None:
            raise InputError(Fault(None, "--out", self.shown, rule))
        return None

    def _stored(self) -> Mapping[str, Any]:
        data = read_json(self.record)
        if data.get("kind") != KIND:
            raise InputError(Fault(str(self.record), "kind", data.get("kind"), f"must be {KIND!r}"))
        check_schema(self.record, data, SCHEMA)
        missing = [key for key in ("batch", "files", "versions", "processor", "compiled") if key not in data]
        if missing:
            raise InputError([Fault(str(self.record), key, None, "is required and missing") for key in missing])
        return data

    def create(self, plan: BatchPlan) -> None:
        """Write the record; from here on the folder is this batch's. Raises InterruptedRun."""
        data = {
            "kind": KIND,
            "schema": SCHEMA,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "manifest": plan.manifest.file,
            "batch": plan.resolved(),
            "files": {name: [list(pair) for pair in files] for name, files in plan.files.items()},
            "versions": versions(),
            "compiled": COMPILED,
            "processor": processor(),
        }
        try:
            write_whole(self.record, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        except OSError as error:
            raise InterruptedRun(f"{self.record} cannot be written: {error.strerror}") from error

    def check_unchanged(self, stored: Mapping[str, Any], plan: BatchPlan) -> None:
        """Refuse to go on with other runs, files, software or processor than the batch began with.

        Raises
        ------
        InputError  every change by name: which file, with both hashes; which version; which run
        """
        rules = [
            *_changed_runs(stored["batch"], plan.resolved()),
            *_changed_files(stored["files"], plan.files),
            *_changed_software(stored),
        ]
        if rules:
            advice = "put it back to go on, or begin a new batch in another folder"
            raise InputError([Fault(str(self.record), key, None, f"{rule}; {advice}") for key, rule in rules])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock, which the system drops when the process ends, however it ends.

        Raises
        ------
        InputError      another batch holds it; says which process
        InterruptedRun  the folder cannot be made
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise InterruptedRun(f"{self.path} cannot be written: {error.strerror}") from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self.lock.read_text(encoding="utf-8").strip() or "another process"
                rule = f"another batch is at work in this folder: {holder}"
                raise InputError(Fault(None, "--out", self.shown, rule)) from None
            os.ftruncate(handle, 0)
            since = datetime.now(UTC).isoformat(timespec="seconds")
            os.write(handle, f"process {os.getpid()} on {platform.node()}, since {since}\n".encode())
            yield
        finally:
            os.close(handle)


def _changed_runs(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the manifest asks for otherwise."""
    found = [
        (key, f"the manifest had {key} = {then.get(key)!r}, and now has {value!r}")
        for key, value in now.items()
        if key != "runs" and then.get(key) != json.loads(json.dumps(value))
    ]
    before, after = then.get("runs", {}), json.loads(json.dumps(now["runs"]))
    found += [(slug, "this run is no longer in the manifest") for slug in before if slug not in after]
    found += [(slug, "this run was not in the manifest") for slug in after if slug not in before]
    for slug in (slug for slug in after if slug in before and after[slug] != before[slug]):
        changed = [key for key in after[slug] if after[slug][key] != before[slug].get(key)]
        parts = ", ".join(f"{key} was {before[slug].get(key)!r}, is now {after[slug][key]!r}" for key in changed)
        found.append((slug, parts))
    if not found and list(before) != list(after):
        found.append(("runs", "the manifest has the runs in another order"))
    return found


def _changed_files(then: Mapping[str, Any], now: Mapping[str, tuple[tuple[str, str], ...]]) -> list[tuple[str, str]]:
    """Studies and data whose content differs."""
    found = {}
    for study, files in now.items():
        before = {str(file): str(digest) for file, digest in then.get(study, [])}
        if sorted(before.values()) == sorted(digest for _, digest in files):
            continue  # the same contents, perhaps under other paths
        for file, digest in files:
            was = before.pop(file, None)
            if was is None:
                found[file] = f"{file} was not read before (sha256 {digest[:12]}...)"
            elif was != digest:
                found[file] = f"{file} has changed: its sha256 was {was[:12]}..., is now {digest[:12]}..."
        found |= {
            file: f"{file} is no longer read by study {study} (sha256 {was[:12]}...)" for file, was in before.items()
        }
    return [(file, rule) for file, rule in found.items()]


def _changed_software(stored: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Versions and the type of processor."""
    now, then = versions(), stored["versions"]
    found = [
        (name, f"the batch began with {name} {then.get(name, 'unknown')}; this is {now[name]}")
        for name in _COMPUTE
        if then.get(name) != now[name]
    ]
    if not found and stored["compiled"] != COMPILED:
        found.append(("compiled", f"mcengine's compiled code was {stored['compiled']}, is now {COMPILED}"))
    if not same_processor(stored["processor"], processor()):
        was, here = stored["processor"].get("model", "unknown"), processor()["model"]
        found.append(("processor", f"the batch began on another type of processor ({was}; this one: {here})"))
    return found


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all, and is on the disk when this returns."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)
