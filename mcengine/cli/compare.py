"""`mcengine compare DIR DIR...`: stored runs side by side, all at equal prominence."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.options import JsonOption
from mcengine.cli.printing import can_print, print_json, width
from mcengine.cli.table import Column, render
from mcengine.errors import Fault, InputError

if TYPE_CHECKING:
    from mcengine.report.compare import ComparedRun
    from mcengine.report.language import Shown
    from mcengine.store.results import StoredRun

_DASHES = {0x2212: "-", 0x2013: "-"}
_SUMMARY = ("study", "seed", "sampler", "draws", "replicates", "digest", "outputs")


def compare(
    directories: Annotated[
        list[str],
        typer.Argument(metavar="DIR DIR...", help="Folders of two or more runs, in the order wanted."),
    ],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="DIR", help="Also write a page, DIR/index.en.html and .nl."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show stored runs side by side, in the order given.

    Example: mcengine compare out/replica out/evidence out/sceptical --out out
    """
    runs = _read(directories)
    target = None if out is None else _target(out, [run.directory for run in runs])
    compared = [_compared(run, target) for run in runs]
    files = [] if target is None else _write(compared, target)
    if json:
        print_json({"runs": [_data(run) for run in runs], "files": [str(file) for file in files]})
        return
    print(_text(compared))
    pages = [str(file) for file in files if file.suffix == ".html"]
    if pages:
        print(f"\npage: {', '.join(pages)}")


def _read(directories: Sequence[str]) -> list[StoredRun]:
    """The runs, or InputError with the faults of all the folders together."""
    from mcengine.store.results import read_run

    faults: list[Fault] = []
    if len(directories) < 2:
        faults.append(Fault(None, "DIR", directories[0], "is one run; a comparison needs two or more"))
    runs = []
    for directory in directories:
        try:
            runs.append(read_run(directory))
        except InputError as error:
            faults.extend(fault for fault in error.faults if fault not in faults)
    if faults:
        raise InputError(faults)
    return runs


def _target(out: str, runs: Sequence[Path]) -> Path:
    """The full path of the folder for the page. Raises InputError where it cannot go."""
    target = Path(out).expanduser().resolve()
    rule = None
    if target.exists() and not target.is_dir():
        rule = "is a file; the page needs a folder"
    elif (target / "provenance.json").exists() or any(target.is_relative_to(run) for run in runs):
        rule = "is, or lies in, the folder of a run; name another"
    if rule is not None:
        raise InputError(Fault(None, "--out", out, rule))
    return target


def _compared(run: StoredRun, target: Path | None) -> ComparedRun:
    """A run as the report compares it, with a link to its folder from the page in `target`."""
    from mcengine.report.compare import ComparedRun

    link = None if target is None else Path(os.path.relpath(run.directory, target)).as_posix()
    return ComparedRun(run.directory.name, run.summary, run.study, link)


def _write(runs: Sequence[ComparedRun], target: Path) -> list[Path]:
    from mcengine.report.compare import write_comparison

    try:
        return write_comparison(runs, target)
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise InputError(Fault(None, "--out", str(target), f"cannot be written: {error.strerror}")) from None


def _data(run: StoredRun) -> dict[str, Any]:
    return {"directory": str(run.directory), **{key: run.summary.get(key) for key in _SUMMARY}}


def _text(runs: Sequence[ComparedRun]) -> str:
    """The comparison page's own rows and sentence, as text: one column a run."""
    from mcengine.report.compare import comparison
    from mcengine.report.language import Language

    view = comparison(runs, Language("en"))
    rows, settings = view["rows"], view["settings"]
    labels = [f"{row['label']} ({row['unit']})" if row["unit"] else row["label"] for row in rows]
    columns = []
    for position, run in enumerate(view["runs"]):
        cells = [_shown(row["cells"][position]) for row in rows]
        cells += ["", *(values[position] for _, values in settings)]
        columns.append((Column(run["name"], tuple(_plain(cell) for cell in cells)),))
    table = render([*labels, "", *(label for label, _ in settings)], columns, width())
    answer = textwrap.fill(_plain(view["answer"]), width())
    return f"{answer}\n\n{table}" if answer else table


def _shown(cell: Shown | None) -> str:
    """A figure with the half-width of its interval."""
    return "-" if cell is None else f"{cell.value} {cell.margin}".strip()


def _plain(text: str) -> str:
    """`text` with plain hyphens for the report's minus signs and dashes, and +/- where stdout has no ±."""
    plain = text.translate(_DASHES)
    return plain if can_print("±") else plain.replace("±", "+/-")
