"""What a catalogue keeps of a run, read from its folder without computing or rebuilding anything."""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcengine.analysis.result import SCHEMA as SUMMARY_SCHEMA
from mcengine.errors import Fault, InputError
from mcengine.store.folder import CACHE, KIND, PROVENANCE, record, recover, sha256
from mcengine.store.provenance import check_schema, read_json, read_provenance

STUDY, SUMMARY = "study.toml", "summary.json"
_LARGEST = 2**63 - 1  # whole number that SQLite holds


@dataclass(frozen=True, slots=True)
class Entry:
    """One run. The figures are of `output`: the NPV, or the first output of another model.

    folder       full path
    sets         names of the assumption sets; none where every input has the plan's value
    horizon      last calendar year counted; None for a study without a plan
    date         when the run finished, UTC, "2026-03-01T14:05:00+00:00"; None where the run does not say
    prob, mean   share of the draws above zero, and mean in `unit`; None where refused
    *_low, *_high   bounds of their 95% intervals; None where there is none
    speed        draws per second of all threads together
    """

    folder: Path
    study: str
    sets: tuple[str, ...]
    horizon: int | None
    date: str | None
    seed: int
    sampler: str
    draws: int
    replicates: int
    digest: str
    output: str
    unit: str
    kind: str
    prob: float | None
    prob_low: float | None
    prob_high: float | None
    mean: float | None
    mean_low: float | None
    mean_high: float | None
    speed: float | None
    mcengine: str

    @property
    def gone(self) -> bool:
        """Whether there is no run in the folder any more."""
        return not (self.folder / PROVENANCE).is_file()

    def to_dict(self) -> dict[str, Any]:
        """As JSON: {"folder", "gone", "study", ..., "prob_positive": {"value", "ci95"}, "mean": {...}, ...}."""
        data = asdict(self)
        figures = {
            key: {"value": data.pop(name), "ci95": _pair(data.pop(f"{name}_low"), data.pop(f"{name}_high"))}
            for key, name in (("prob_positive", "prob"), ("mean", "mean"))
        }
        speed, version = data.pop("speed"), data.pop("mcengine")
        plain = {**data, "folder": os.fspath(self.folder), "sets": list(self.sets)}
        return {"gone": self.gone, **plain, **figures, "draws_per_second": speed, "mcengine": version}


def _pair(low: float | None, high: float | None) -> list[float] | None:
    return None if low is None or high is None else [low, high]


def read_entry(directory: str | os.PathLike[str]) -> Entry:
    """The entry of the run in a folder.

    Raises
    ------
    InputError  not a run, of a later version, or its study or summary are not what the run wrote
    """
    folder = Path(directory).expanduser().resolve()
    if not folder.exists():
        recover(folder)
    provenance = read_provenance(folder)
    for name in (STUDY, SUMMARY):
        _check_unchanged(folder / name, provenance["files"].get(name))
    summary = read_json(folder / SUMMARY)
    check_schema(folder / SUMMARY, summary, SUMMARY_SCHEMA)
    study = tomllib.loads((folder / STUDY).read_text(encoding="utf-8"))
    for key in ("draws", "replicates"):
        if not 0 < provenance[key] <= _LARGEST:
            raise InputError(Fault(str(folder / PROVENANCE), key, provenance[key], f"must be from 1 to {_LARGEST}"))
    outputs = summary["outputs"]
    output = "npv" if "npv" in outputs else next(iter(outputs))
    prob, mean = (_figure(outputs[output], name) for name in ("prob_positive", "mean"))
    return Entry(
        folder,
        provenance["study"],
        tuple(str(member["name"]) for member in study.get("sets", ())),
        study.get("options", {}).get("horizon"),
        _utc(provenance.get("finished")),
        provenance["seed"],
        provenance["sampler"],
        provenance["draws"],
        provenance["replicates"],
        provenance["digest"],
        output,
        str(outputs[output]["unit"]),
        str(outputs[output]["kind"]),
        *prob,
        *mean,
        _number(provenance.get("draws_per_second")),
        provenance["mcengine"],
    )


def run_folders(directory: Path) -> Iterator[Path]:
    """Every run folder at or below `directory`, in order of name. Links and hidden folders are not followed."""
    for place, folders, files in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != CACHE)
        if PROVENANCE in files and record(Path(place)) is not None:
            yield Path(place)


def _check_unchanged(path: Path, recorded: str | None) -> None:
    try:
        found = sha256(path)
    except OSError as error:
        raise InputError(Fault(str(path), None, None, f"cannot be read: {error.strerror}")) from None
    if found != recorded:
        rule = f"is not the file that the {KIND} wrote (its sha256 differs from the one in {PROVENANCE})"
        raise InputError(Fault(str(path), None, None, rule))


def _figure(figures: Mapping[str, Any], name: str) -> tuple[float | None, float | None, float | None]:
    """Value and bounds of a statistic, None for what is refused or no number (a year that never comes)."""
    found = figures.get(name) or {}
    low, high = found.get("ci95") or (None, None)
    return _number(found.get("value")), _number(low), _number(high)


def _number(value: Any) -> float | None:
    """`value` as a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _utc(text: Any) -> str | None:
    """A time with its zone, in UTC to the second, so that the order of texts is that of times."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError):
        return None
