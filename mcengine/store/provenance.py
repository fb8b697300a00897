"""provenance.json: what was computed, from which sources, by which software, on which machine, and when.

It is the only file of a run with times in it, so that the others are the same whenever and wherever the run
is repeated. `replay` needs no more than this file and the study beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mcengine.analysis.result import Result
from mcengine.errors import Fault, InputError
from mcengine.store.folder import KIND, PROVENANCE, files_in, sha256
from mcengine.version import __version__

SCHEMA = 1
"""Of provenance.json; a reader refuses a higher one."""

_PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "pyarrow", "scikit-learn", "SALib")

_FIELDS: dict[str, type] = {
    "mcengine": str,
    "study": str,
    "seed": int,
    "sampler": str,
    "draws": int,
    "draws_per_replicate": int,
    "replicates": int,
    "outputs": list,
    "digest": str,
    "versions": dict,
    "processor": dict,
    "sources": list,
    "files": dict,
}
"""Fields that a reader needs, with their types in JSON."""

_KINDS = {str: "text", int: "a whole number", list: "a list", dict: "a table"}


def versions() -> dict[str, str]:
    """Version of Python and of every package that has a part in the numbers or their files, by name."""
    found = {"mcengine": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


@cache
def processor() -> dict[str, str]:
    """The processor: machine, model, the type code is compiled for, and a hash of its instruction sets.

    Compiled code depends on `machine`, `type` and `features` alone; see `same_processor`.
    """
    from llvmlite import binding

    flags: str = binding.get_host_cpu_features().flatten()
    return {
        "machine": platform.machine(),
        "model": _model_name(),
        "type": binding.get_host_cpu_name(),
        "features": hashlib.sha256(flags.encode()).hexdigest()[:16],
    }


def same_processor(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether code compiled on these two is the same, so that the same bits are promised."""
    return all(first.get(name) == second.get(name) for name in ("machine", "type", "features"))


def describe(
    result: Result, *, command: Sequence[str] | None = None, started: datetime | None = None
) -> dict[str, Any]:
    """The provenance of `result`, but for the files, which `seal` adds.

    command  the words of the command line, where there was one
    started  when the run began (with a time zone); by default `result.seconds` ago
    """
    now = datetime.now(UTC)
    began = started.astimezone(UTC) if started else now - timedelta(seconds=result.seconds)
    return {
        "kind": KIND,
        "schema": SCHEMA,
        "mcengine": __version__,
        "command": None if command is None else list(command),
        "study": result.study.name,
        "seed": result.seed,
        "sampler": result.sampler,
        "draws": result.draws,
        "draws_per_replicate": result.draws // result.replicates,
        "replicates": result.replicates,
        "outputs": list(result.outputs),
        "digest": result.digest,
        "started": began.isoformat(timespec="seconds"),
        "finished": now.isoformat(timespec="seconds"),
        "seconds": result.seconds,
        "draws_per_second": result.draws / result.seconds if result.seconds > 0 else None,
        "threads": result.threads,
        "versions": versions(),
        "processor": processor(),
        "sources": [{"file": file, "sha256": digest} for file, digest in result.study.sources],
    }


def seal(folder: Path, provenance: dict[str, Any]) -> dict[str, Any]:
    """Write `provenance` into `folder` with the sha256 of every other file; returns what was written."""
    sealed = provenance | {"files": {name: sha256(folder / name) for name in files_in(folder)}}
    write_json(folder / PROVENANCE, sealed)
    return sealed


def write_json(path: Path, data: Any) -> None:
    """Write strict JSON (no NaN, no infinity) in the order of `data`, one value a line.

    A byte of a path that is no text is written as JSON's own escape, which reads back as it was.
    """
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def read_json(path: Path) -> dict[str, Any]:
    """The table in a JSON file. Raises InputError when it cannot be read or is not strict JSON."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not a number in JSON")

    try:
        data = json.loads(path.read_bytes(), parse_constant=refuse)
    except OSError as error:
        raise InputError(Fault(os.fspath(path), None, None, f"cannot be read: {error.strerror}")) from None
    except (ValueError, RecursionError) as error:
        rule = f"is not valid JSON, so it is cut off or was changed: {error}"
        raise InputError(Fault(os.fspath(path), None, None, rule)) from None
    if not isinstance(data, dict):
        raise InputError(Fault(os.fspath(path), None, None, "must hold a table {...}"))
    return data


def read_provenance(folder: Path) -> dict[str, Any]:
    """The checked provenance of a run folder.

    Raises
    ------
    InputError  it is not that of a run, was written by a later version, or lacks fields; all faults at once.
    """
    path = folder / PROVENANCE
    data = read_json(path)
    if data.get("kind") != KIND:
        raise InputError(
            Fault(os.fspath(path), "kind", data.get("kind"), f"must be {KIND!r}: this is not a run folder")
        )
    check_schema(path, data, SCHEMA)
    faults = []
    for key, kind in _FIELDS.items():
        value = data.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            rule = f"must be {_KINDS[kind]}" if key in data else "is required and missing"
            faults.append(Fault(os.fspath(path), key, value, rule))
    if not faults and data["draws"] != data["draws_per_replicate"] * data["replicates"]:
        product = f"{data['replicates']} x {data['draws_per_replicate']}"
        rule = f"must be replicates times draws_per_replicate, {product}"
        faults.append(Fault(os.fspath(path), "draws", data["draws"], rule))
    if faults:
        raise InputError(faults)
    return data


def check_schema(path: Path, data: dict[str, Any], known: int) -> None:
    """Refuse a file whose schema is none, or higher than the `known` one."""
    schema = data.get("schema")
    if isinstance(schema, bool) or not isinstance(schema, int) or schema < 1:
        raise InputError(Fault(os.fspath(path), "schema", schema, f"must be a whole number from 1 to {known}"))
    if schema > known:
        rule = f"was written by a later mcengine; this one ({__version__}) reads up to {known}"
        raise InputError(Fault(os.fspath(path), "schema", schema, rule))


def _model_name() -> str:
    """The processor's name as its maker gives it, where the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
