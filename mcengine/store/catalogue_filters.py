"""What can be asked of a catalogue: which runs, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONDITIONS = {
    "study": "study = :study",
    "set": "EXISTS (SELECT 1 FROM json_each(sets) WHERE value = :set)",
    "since": "date >= :since",
    "until": "date < :until",
    "digest": "substr(digest, 1, length(:digest)) = :digest",
    "pays_above": "prob > :pays_above",
    "pays_below": "prob < :pays_below",
}
_LATEST = "date IS NULL, date DESC, folder"
ORDERS = {
    "date": _LATEST,
    "pays": f"prob IS NULL, prob DESC, {_LATEST}",
    "speed": f"speed IS NULL, speed DESC, {_LATEST}",
    "study": f"study, {_LATEST}",
}
"""What runs can be sorted by: the latest, most probable or fastest first, or studies by name."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which runs are wanted: those that meet every condition that is not None.

    since, until   UTC as in `Entry.date`; `until` itself is out
    digest         how it begins, with or without "sha256:"
    pays_above, pays_below   bounds of the share of draws above zero, in [0, 1], themselves out
    below          folders at or below which the run lies; none: anywhere
    """

    study: str | None = None
    set: str | None = None
    since: str | None = None
    until: str | None = None
    digest: str | None = None
    pays_above: float | None = None
    pays_below: float | None = None
    below: Sequence[Path] = ()

    def where(self) -> tuple[str, dict[str, Any]]:
        """The conditions as SQL, and its values by name."""
        values = {name: getattr(self, name) for name in _CONDITIONS if getattr(self, name) is not None}
        texts = [_CONDITIONS[name] for name in values]
        if "digest" in values:
            values["digest"] = f"sha256:{values['digest'].removeprefix('sha256:')}"
        places = []
        for k, folder in enumerate(self.below):
            places.append(f"folder = :at{k} OR substr(folder, 1, length(:in{k})) = :in{k}")
            values |= {f"at{k}": str(folder), f"in{k}": f"{str(folder).rstrip('/')}/"}
        if places:
            texts.append(f"({' OR '.join(places)})")
        return " AND ".join(texts) or "1", values
