"""Where the data lie: bundled studies, plans and assumption sets, and the user's own files.

The bundled data are found in three situations alike: inside a wheel (`mcengine/_data/`), in an editable
install, and in a bare checkout (`studies/` and `distributions/` beside the package). A user's own path
wins over a bundled name. Nothing here parses a file, so that listing names stays fast.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from mcengine.errors import Fault, InputError, McEngineError, nearest_name

Kind = Literal["study", "plan", "assumption set", "batch"]

STUDY_ORDER = (
    "replica",
    "plan_centred",
    "evidence",
    "sceptical",
    "annex98",
    "horizon2050",
    "pipeline",
    "textbook/ishigami",
    "textbook/g_function",
    "textbook/linear_gaussian",
)
"""Names and order in which the bundled studies are listed and run; part of the contract."""

SPREADSHEETS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".csv")
"""Endings of files that are read as a workbook; what is none of Excel's present format is refused with the way out."""

BATCHES = ("smoke", "overnight")
"""Names of the bundled manifests of `mcengine batch`, which lie among the studies."""

_FOLDERS: dict[Kind, str] = {
    "study": "studies",
    "plan": "studies/plans",
    "assumption set": "distributions",
    "batch": "studies",
}


def data_root() -> Path:
    """The folder that holds `studies/` and `distributions/`.

    Raises McEngineError when the installation has no data: that is a fault of the installation.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package / "_data", package.parent):
        if (root / "studies").is_dir() and (root / "distributions").is_dir():
            return root
    raise McEngineError(f"the bundled studies are missing from this installation ({package})")


def studies() -> tuple[str, ...]:
    """Names of the bundled studies, in the contract's order, any others after them by name."""
    return tuple(_bundled("study"))


def plans() -> tuple[str, ...]:
    """Names of the bundled plans, by name."""
    return tuple(_bundled("plan"))


def assumption_sets() -> tuple[str, ...]:
    """Names of the bundled assumption sets, in the order of the studies of the same name."""
    return tuple(_bundled("assumption set"))


def batches() -> tuple[str, ...]:
    """Names of the bundled manifests of batches."""
    return tuple(_bundled("batch"))


def find(
    kind: Kind,
    name: str | os.PathLike[str],
    *,
    relative_to: Path | None = None,
    file: str | None = None,
    key: str | None = None,
) -> Path:
    """The file that `name` means: an existing path, or else the bundled `kind` of that name.

    A relative path is looked up first in the folder `relative_to` (that of the file which names it), then
    in the working directory. `file` and `key` say where the name stands, for the message.
    Raises InputError, with the nearest bundled name, when there is neither.
    """
    text = os.fspath(name)
    if any("\ud800" <= letter <= "\udfff" for letter in text):  # bytes that the locale makes no letters of
        rule = "is no text in this locale; rename it, or set a locale that can (LC_ALL=C.UTF-8)"
        raise InputError(Fault(file, key or kind, text, rule))
    for folder in (relative_to, Path.cwd()):
        if folder is not None and _is_file(folder / text):
            return folder / text
    bundled = _bundled(kind)
    if text in bundled:
        return bundled[text]
    what = "is a folder, or no file that can be read," if _exists(text, relative_to) else "no such file"
    rule = f"{what} and no bundled {kind} of this name; bundled: {', '.join(bundled) or 'none'}"
    nearest = nearest_name(text, bundled) or _nearest_beside(text, relative_to)
    nearest = nearest or nearest_name(Path(text).stem, bundled)
    raise InputError(Fault(file, key or kind, text, rule, nearest))


def shown(path: Path) -> str:
    """How messages and provenance name `path`: bundled files from the data folder, others from the
    working directory where they lie below it, else in full."""
    full = path.resolve()
    root = data_root()
    for folder in (root / "studies", root / "distributions"):
        if full.is_relative_to(folder):
            return full.relative_to(root).as_posix()
    here = Path.cwd().resolve()
    return full.relative_to(here).as_posix() if full.is_relative_to(here) else str(full)


def _nearest_beside(text: str, relative_to: Path | None) -> str | None:
    """The TOML file or workbook most like `text` in the folder where it was expected."""
    wanted = (relative_to or Path.cwd()) / text
    if wanted.suffix not in (".toml", *SPREADSHEETS) or not wanted.parent.is_dir():
        return None
    beside = (path for path in wanted.parent.glob(f"*{wanted.suffix}") if _is_file(path))
    nearest = nearest_name(wanted.name, sorted(path.name for path in beside))
    return Path(text).with_name(nearest).as_posix() if nearest else None


def _exists(text: str, relative_to: Path | None) -> bool:
    """Whether there is anything of that name, where it was looked for."""
    places = (folder / text for folder in (relative_to, Path.cwd()) if folder is not None and text)
    return any(os.path.lexists(path) for path in places)


def _is_file(path: Path) -> bool:
    """Whether `path` is a file; False for what can't be a path at all (too long, with a NUL)."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _bundled(kind: Kind) -> dict[str, Path]:
    """Bundled name -> file of one kind, in listing order."""
    folder = data_root() / _FOLDERS[kind]
    found = {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.toml")}
    if kind == "study":
        found = {name: path for name, path in found.items() if not name.startswith("plans/") and name not in BATCHES}
    if kind == "batch":
        found = {name: path for name, path in found.items() if name in BATCHES}
    place = {name: position for position, name in enumerate((*STUDY_ORDER, *BATCHES))}
    return dict(sorted(found.items(), key=lambda item: (place.get(item[0], len(place)), item[0])))
