"""Where `mcengine sensitivity --out DIR` writes: DIR/sensitivity.json and its figures.

sensitivity.json holds the answer as `--json` prints it, and under "provenance" how it came about; all times are
there. The folder may be new, empty, or one that an analysis has written, whose files are then replaced.

A run whose study asks for analyses keeps them in its own folder, as sensitivity/METHOD.json.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcengine.analysis.sensitivity import Sensitivity
from mcengine.errors import Fault, InputError
from mcengine.store.provenance import processor, versions, write_json
from mcengine.version import __version__

FILE = "sensitivity.json"
FIGURES = "figures"
ANSWERS = "sensitivity"


def check_place(directory: str | os.PathLike[str]) -> Path:
    """The full path of `directory`, when an analysis may be written there. Call it before computing.

    Raises
    ------
    InputError  it is a file, cannot be made, or holds something else than an analysis.
    """
    shown, rule = os.fspath(directory), None
    target = Path(directory).expanduser()
    try:
        target = target.resolve()
        if target.exists() and not target.is_dir():
            rule = "is a file; an analysis needs a folder"
        elif target.is_dir() and any(target.iterdir()) and not (target / FILE).is_file():
            rule = "holds other files; name a new folder, or one that an analysis has written"
        else:
            target.mkdir(parents=True, exist_ok=True)
            if not os.access(target, os.W_OK):
                rule = "cannot be written: no permission"
    except (OSError, ValueError) as error:
        rule = f"cannot be written: {getattr(error, 'strerror', None) or error}"
    if rule is not None:
        raise InputError(Fault(None, "--out", shown, rule))
    return target


def write_answers(answers: Sequence[Sensitivity], folder: Path) -> list[Path]:
    """Each analysis of a run as sensitivity/METHOD.json in the run's `folder`; returns the files."""
    files = []
    for answer in answers:
        (folder / ANSWERS).mkdir(exist_ok=True)
        path = folder / ANSWERS / f"{answer.method}.json"
        write_json(path, answer.to_dict())
        files.append(path)
    return files


def write_sensitivity(
    answer: Mapping[str, Any],
    pictures: Mapping[str, str],
    target: Path,
    *,
    command: Sequence[str] | None,
    started: datetime,
    sources: Sequence[tuple[str, str]],
) -> list[Path]:
    """Write the answer and the pictures, SVG text by name, into `target` (from `check_place`); returns the files.

    The answer comes last and under its name at once, so that a folder with it is complete.
    """
    provenance = {
        "mcengine": __version__,
        "command": None if command is None else list(command),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "processor": processor(),
        "sources": [{"file": file, "sha256": digest} for file, digest in sources],
    }
    files = []
    folder = target / FIGURES
    folder.mkdir(exist_ok=True)
    for old in folder.glob("sensitivity_*.svg"):
        old.unlink()
    for name, svg in pictures.items():
        path = folder / f"{name}.svg"
        path.write_text(svg, encoding="utf-8")
        files.append(path)
    new = target / f".{FILE}.new"
    write_json(new, {**answer, "provenance": provenance})
    new.replace(target / FILE)
    return [target / FILE, *files]
