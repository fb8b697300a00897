"""What the shell completes beyond commands and options: names in the data, and folders of runs.

A shell asks at every press of Tab, so nothing here loads the engine: names are read from the TOML files as they stand.
Paths that no function here offers are completed by the shell itself, which does so for every word without an answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from mcengine.errors import InputError

Completer = Callable[[typer.Context, str], list[str]]

_STUDY_ENDINGS = (".toml", ".xlsx")
_DEPTH = 3  # folders below the one typed in which runs are looked for
_MOST = 2000  # entries of folders looked at: a home folder must not make Tab slow
YEARS = ("horizon", "spend_until", "discount_base_year", "structural_years")  # as in `inputs.options`, slow to load
_DEFAULT_STUDY = "evidence"


def starting(names: Iterable[str], incomplete: str) -> list[str]:
    """The names that begin as typed. A name with a space is left to the shell, which knows how to quote it."""
    return [name for name in names if name.startswith(incomplete) and not any(map(str.isspace, name))]


def one_of(names: Iterable[str]) -> Completer:
    """Completes with fixed names."""
    listed = tuple(names)

    def complete(context: typer.Context, incomplete: str) -> list[str]:
        return starting(listed, incomplete)

    return complete


def study_names(context: typer.Context, incomplete: str) -> list[str]:
    """Bundled studies, and the user's own study files in the folder typed."""
    from mcengine.inputs.catalog import studies

    return starting([*studies(), *_files(incomplete, _STUDY_ENDINGS)], incomplete)


def batch_names(context: typer.Context, incomplete: str) -> list[str]:
    """Bundled manifests, and TOML files in the folder typed."""
    from mcengine.inputs.catalog import batches

    return starting([*batches(), *_files(incomplete, (".toml",))], incomplete)


def set_names(context: typer.Context, incomplete: str) -> list[str]:
    """Bundled assumption sets; after a comma the next one."""
    from mcengine.inputs.catalog import assumption_sets

    return _after_comma(assumption_sets(), incomplete)


def input_names(context: typer.Context, incomplete: str) -> list[str]:
    """Inputs of the study on the command line; after a comma, or a group's name, the next one."""
    return _after_comma([row["name"] for row in _rows(_study(context))], incomplete)


def setting_names(context: typer.Context, incomplete: str) -> list[str]:
    """Inputs and options of the study on the command line, at the plan's values: to be edited."""
    study = _study(context)
    plan = _plan(study)
    rows = _rows(study)
    options = [f"{name}={plan[name]}" for name in YEARS if name in plan]
    options += ["accounting=plan", "accounting=pipeline", "luck=true"] if plan else []
    return starting([*(f"{row['name']}={row.get('value', '')}" for row in rows), *options], incomplete)


def output_names(context: typer.Context, incomplete: str) -> list[str]:
    """Outputs of the study's model; the yearly ones too once something is typed."""
    from mcengine.cli.rows import PIPELINE_ONLY, RESULTS, YEARLY

    study = _study(context)
    plan = _plan(study)
    if not plan:
        return starting(_outputs_of(study), incomplete)
    pipeline = study.get("options", {}).get("accounting") == "pipeline"
    names = [row.quantity for row in RESULTS if pipeline or row.quantity not in PIPELINE_ONLY]
    if incomplete:
        last = study.get("options", {}).get("horizon", plan["horizon"])
        names += [f"{name}[{year}]" for name in YEARLY for year in range(plan["first_year"], last + 1)]
    return starting(names, incomplete)


def run_folders(context: typer.Context, incomplete: str) -> list[str]:
    """Folders of runs at or some way below the folder typed."""
    typed, slash, _ = incomplete.rpartition("/")
    start = Path(f"{typed}{slash}" or ".").expanduser()
    given = {str(Path(one)) for one in context.params.get("directories") or ()}
    found = (f"{typed}{slash}{path.relative_to(start).as_posix()}" for path in _runs(start))
    return starting([name for name in found if name not in given], incomplete)


def _runs(start: Path) -> Iterator[Path]:
    """Folders with the provenance of a run, not further down than `_DEPTH`."""
    left = _MOST
    level = [start]
    for _ in range(_DEPTH):
        below: list[Path] = []
        for folder in level:
            for entry in _entries(folder):
                left -= 1
                if left < 0:
                    return
                path = Path(entry.path)
                if entry.name.startswith(".") or not _is_folder(path):
                    continue
                if (path / "provenance.json").exists():
                    yield path
                else:
                    below.append(path)
        level = below


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in `folder`, by name; nothing where that cannot be told."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _files(incomplete: str, endings: tuple[str, ...]) -> list[str]:
    """Files with one of the endings in the folder typed."""
    typed, slash, _ = incomplete.rpartition("/")
    entries = _entries(Path(f"{typed}{slash}" or ".").expanduser())
    return [f"{typed}{slash}{entry.name}" for entry in entries if entry.name.endswith(endings) and _is_file(entry)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads round in a circle
        return False


def _after_comma(names: Iterable[str], incomplete: str) -> list[str]:
    """Names for the last part of "a,b" or "group=a,b", with the part before it kept."""
    cut = max(incomplete.rfind(","), incomplete.rfind("=")) + 1
    begun, last = incomplete[:cut], incomplete[cut:]
    return [begun + name for name in starting(names, last) if name not in begun.split(",")]


def _study(context: typer.Context) -> dict[str, Any]:
    """The plain data of the study on the command line; of a bundled one where there is none yet.

    A line that ends in an option without its value is not parsed: then its words are looked at one by one.
    """
    named = context.params.get("study")
    words = [str(named)] if named else [word for word in context.args if not word.startswith("-")]
    return next((found for found in map(_read_study, words) if found), None) or _read_study(_DEFAULT_STUDY)


def _read_study(name: str) -> dict[str, Any]:
    return _read("study", name)


def _plan(study: dict[str, Any]) -> dict[str, Any]:
    return _read("plan", study["plan"]) if isinstance(study.get("plan"), str) else {}


def _read(kind: Any, name: str) -> dict[str, Any]:
    """The data of a TOML file; nothing for a workbook, or what cannot be read."""
    from mcengine.inputs.catalog import find
    from mcengine.inputs.toml import Reader

    try:
        return Reader().toml(find(kind, name))
    except InputError:
        return {}


def _rows(study: dict[str, Any]) -> list[dict[str, Any]]:
    """The inputs of a study or of its plan."""
    rows = [*_plan(study).get("inputs", ()), *study.get("inputs", ())]
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str)]


def _outputs_of(study: dict[str, Any]) -> list[str]:
    """Outputs that the study asks for by name; a model's others are only known when it is loaded."""
    names = study.get("outputs", {}).get("names", [])
    return [str(name) for name in names]
