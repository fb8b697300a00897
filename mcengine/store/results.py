"""The folder of a run: written whole, read back checked.

study.toml           the study, resolved: nothing in it points to a file elsewhere
model.py             the model, only where it is a file of the user's own
summary.json         the statistics with their intervals; the same bytes for the same study, seed and draws
replicates.parquet   one row a replicate, one column a number
provenance.json      see `provenance`
...                  whatever the caller adds: reports and figures
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.result import SCHEMA as SUMMARY_SCHEMA
from mcengine.analysis.result import Result
from mcengine.errors import Fault, InputError
from mcengine.inputs.study import Study
from mcengine.store.folder import CACHE, PROVENANCE, recover, replacing, sha256
from mcengine.store.provenance import check_schema, describe, read_json, read_provenance, seal, write_json

if TYPE_CHECKING:
    import pandas as pd

STUDY, MODEL, SUMMARY, REPLICATES = "study.toml", "model.py", "summary.json", "replicates.parquet"
OWN_FILES = (STUDY, MODEL, SUMMARY, REPLICATES)
"""What the engine itself writes beside the provenance, checked against it when read; `MODEL` not always."""


@dataclass(frozen=True)
class StoredRun:
    """A run read back from its folder; `provenance` and `summary` are its JSON files as they stand there."""

    directory: Path
    provenance: dict[str, Any]
    summary: dict[str, Any]
    study: Study

    @cached_property
    def _table(self) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        return _read_replicates(self.directory / REPLICATES, self.provenance["replicates"])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers of a replicate, "npv.mean"."""
        return self._table[0]

    @property
    def rows(self) -> NDArray[np.float64]:
        """The replicates' numbers, float64 (replicates, numbers), read when first asked for."""
        return self._table[1]

    def replicates_frame(self) -> pd.DataFrame:
        """The same as a frame with the column "replicate" first."""
        import pandas as pd

        frame = pd.DataFrame(self.rows, columns=list(self.columns))
        frame.insert(0, "replicate", np.arange(len(frame)))
        return frame

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """Files that are gone or no longer what the run wrote, reports included, by checksum."""
        recorded: dict[str, str] = self.provenance["files"]
        return tuple(name for name in recorded if _checksum(self.directory / name) != recorded[name])


def write_run(
    result: Result,
    directory: str | os.PathLike[str],
    *,
    extra_files: Callable[[Path], None] | None = None,
    command: Sequence[str] | None = None,
    started: datetime | None = None,
) -> Path:
    """Write the folder of a run, all of it or nothing; returns its full path. An older run there is replaced.

    extra_files       adds reports and figures to the folder, already a whole run, before it becomes visible
    command, started  for the provenance, see `provenance.describe`

    Raises
    ------
    InputError      the folder may not be written, see `folder.check_target`; ask that before computing
    InterruptedRun  the disk is full or cannot be written
    """
    advice = (
        "Free space or choose another folder, and run again: "
        f"the same study and draws with seed {result.seed} give the same numbers."
    )
    with replacing(directory, advice=advice) as folder:
        _write_study(result.study, folder)
        write_json(folder / SUMMARY, result.to_dict())
        _write_replicates(result, folder / REPLICATES)
        provenance = seal(folder, describe(result, command=command, started=started))
        if extra_files is not None:
            extra_files(folder)
            seal(folder, provenance)
    return Path(directory).expanduser().resolve()


def update_run(directory: str | os.PathLike[str], extra_files: Callable[[Path], None]) -> Path:
    """Rebuild reports in a run's folder: `extra_files` changes a copy, which then takes its place.

    Raises
    ------
    InputError      not the folder of a run, or its own files are not what the run wrote
    InterruptedRun  the disk is full or cannot be written; the folder is as it was
    """
    stored = read_run(directory)
    with replacing(stored.directory, advice="Free space and ask for the report again.") as folder:
        shutil.copytree(stored.directory, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(CACHE))
        extra_files(folder)
        seal(folder, stored.provenance)
    return stored.directory


def read_run(directory: str | os.PathLike[str], *, verify: Collection[str] = OWN_FILES) -> StoredRun:
    """The run in a folder.

    verify  which of `OWN_FILES` must be what the run wrote, by checksum; none may be missing

    Raises
    ------
    InputError  no such folder, not a run, of a later version, cut off, or changed; names the files.
    """
    folder = Path(directory).expanduser().resolve()
    _check_folder(folder, os.fspath(directory))
    provenance = read_provenance(folder)
    faults = []
    recorded = provenance["files"]
    for name in (name for name in OWN_FILES if name != MODEL or name in recorded):
        found = _checksum(folder / name)
        if found is None:
            faults.append(Fault(str(folder / name), None, None, "is missing from the folder of the run"))
        elif name in verify and found != recorded.get(name):
            rule = "is not the file that the run wrote (its sha256 differs from the one in provenance.json)"
            faults.append(Fault(str(folder / name), None, None, rule))
    if faults:
        raise InputError(faults)
    summary = read_json(folder / SUMMARY)
    check_schema(folder / SUMMARY, summary, SUMMARY_SCHEMA)
    return StoredRun(folder, provenance, summary, _read_study(folder / STUDY))


def _check_folder(folder: Path, shown: str) -> None:
    if not folder.exists():
        recover(folder)
    rule = None
    if not folder.exists():
        rule = "there is no such folder"
    elif not folder.is_dir():
        rule = "is a file; give the folder of a run"
    elif not (folder / PROVENANCE).is_file():
        rule = f"is not the folder of a run: it has no {PROVENANCE}"
    if rule is not None:
        raise InputError(Fault(None, "DIR", shown, rule))


def _checksum(path: Path) -> str | None:
    """The sha256 of a file, or None when it cannot be read."""
    try:
        return sha256(path)
    except OSError:
        return None


def _write_study(study: Study, folder: Path) -> None:
    """The resolved study; a model in a file of the user's own is taken along and named from here."""
    import tomli_w

    data = study.resolved()
    path, _, name = study.model.rpartition(":")
    if path.endswith(".py"):
        shutil.copyfile(path, folder / MODEL)
        data["model"] = f"{MODEL}:{name}"
    (folder / STUDY).write_text(tomli_w.dumps(data), encoding="utf-8")


def _read_study(path: Path) -> Study:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(Fault(str(path), None, None, f"is not valid TOML: {error}")) from None
    return Study.from_resolved(data, str(path))


def _write_replicates(result: Result, path: Path) -> None:
    """Columns "replicate" (int64) and the numbers (float64, NaN where a statistic is refused)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [pa.array(np.arange(len(result.rows))), *(pa.array(column) for column in result.rows.T)]
    table = pa.Table.from_arrays(arrays, names=["replicate", *result.columns])
    pq.write_table(table, path, use_dictionary=False)


def _read_replicates(path: Path, count: int) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise InputError(Fault(str(path), None, None, f"is not a Parquet file, or cut off: {error}")) from None
    names = table.column_names
    sound = names[:1] == ["replicate"] and table.column(0).to_pylist() == list(range(count))
    if not sound or not all(pa.types.is_float64(kind) for kind in table.schema.types[1:]):
        rule = f"must have a column replicate, 0 to {count - 1}, and columns of 64-bit numbers after it"
        raise InputError(Fault(str(path), None, None, rule))
    rows = np.empty((count, len(names) - 1))
    for k in range(1, len(names)):
        rows[:, k - 1] = table.column(k).to_numpy()
    return tuple(names[1:]), rows
