"""`mcengine compare DIR DIR...`: stored runs side by side, all at equal prominence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.complete import run_folders
from mcengine.cli.options import JsonOption
from mcengine.cli.printing import print_json
from mcengine.errors import Fault, InputError

if TYPE_CHECKING:
    from mcengine.report.compare import ComparedRun
    from mcengine.report.compare_findings import Findings
    from mcengine.store.results import StoredRun

_SUMMARY = ("study", "seed", "sampler", "draws", "replicates", "digest", "outputs")


def compare(
    directories: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR DIR...",
            help="Folders of two or more runs, in the order wanted.",
            autocompletion=run_folders,
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="DIR", help="Also write a page, DIR/index.en.html and .nl."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show stored runs side by side, in the order given: what differs in outcome and inputs, and why.

    Example: mcengine compare out/replica out/evidence out/sceptical --out out

    Each further run is compared with the first; runs with one seed and as many draws are compared draw by draw.
    """
    from mcengine.cli.compare_text import comparison_text
    from mcengine.report.compare_findings import findings

    runs = _read(directories)
    target = None if out is None else _target(out, [run.directory for run in runs])
    compared = [_compared(run, target) for run in runs]
    found = findings([run.side for run in compared])
    files = [] if target is None else _write(compared, target, found)
    if json:
        data = [_data(run, stored.directory) for run, stored in zip(compared, runs, strict=True)]
        print_json({"runs": data, "files": [str(file) for file in files], **found.to_dict()})
        return
    print(comparison_text(compared, found))
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
            run = read_run(directory)
            assert len(run.rows)  # reads the replicates, so that every fault is found here
            runs.append(run)
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
    return ComparedRun(run.directory.name, run.summary, run.study, run.columns, run.rows, link)


def _write(runs: Sequence[ComparedRun], target: Path, found: Findings) -> list[Path]:
    from mcengine.report.compare import write_comparison

    try:
        return write_comparison(runs, target, found=found)
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise InputError(Fault(None, "--out", str(target), f"cannot be written: {error.strerror}")) from None


def _data(run: ComparedRun, directory: Path) -> dict[str, Any]:
    return {"directory": str(directory), **{key: run.summary.get(key) for key in _SUMMARY}}
