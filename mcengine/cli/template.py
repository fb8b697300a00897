"""`mcengine template --xlsx FILE`: a workbook of assumptions to edit and run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcengine.cli.options import LANGUAGES, Faults, JsonOption
from mcengine.cli.printing import print_json
from mcengine.errors import Fault, InputError

if TYPE_CHECKING:
    from mcengine.inputs.study import Study

DEFAULT_STUDY = "evidence"


def template(
    xlsx: Annotated[
        str | None, typer.Option("--xlsx", metavar="FILE", help="The workbook to write; must not exist yet.")
    ] = None,
    study: Annotated[
        str | None,
        typer.Option("--study", metavar="STUDY", help=f"Study to start from [default: {DEFAULT_STUDY}]."),
    ] = None,
    assumptions: Annotated[
        str | None, typer.Option("--assumptions", metavar="SET", help="Assumption set to start from, in its place.")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="|".join(LANGUAGES), help="Language of the workbook.")
    ] = "en",
    json: JsonOption = False,
) -> None:
    """Write a workbook of assumptions to edit in Excel or LibreOffice; `mcengine run FILE` runs it.

    Example: mcengine template --xlsx my.xlsx --study evidence --language nl
    """
    faults = Faults()
    faults.choice("--language", language, LANGUAGES)
    path = _target(xlsx, faults)
    if study is not None and assumptions is not None:
        faults.add("--assumptions", assumptions, "a workbook starts from either a study or an assumption set")
    found = None
    try:
        found = _start(study, assumptions)
    except InputError as error:
        faults.found.extend(error.faults)
    faults.raise_if_any()
    assert path is not None
    assert found is not None

    from mcengine.report.template import template_bytes

    content = template_bytes(found, path.parent, language)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise InputError(Fault(None, "--xlsx", xlsx, "exists already; name a new file")) from None
    except OSError as error:
        raise InputError(Fault(None, "--xlsx", xlsx, f"cannot be written: {error.strerror}")) from None
    rows = len(found.sets[0].set.assumptions) if found.sets else 0
    inputs = 0 if found.plan is None else len(found.plan.inputs)
    if json:
        print_json({"file": str(path), "study": found.name, "inputs": inputs, "assumptions": rows})
    else:
        print(f"{path}: {inputs} inputs, {rows} with an assumption. Edit it, save it, and then:")
        print(f"  mcengine check {path}\n  mcengine run {path} --out out/{path.stem}")


def _target(xlsx: str | None, faults: Faults) -> Path | None:
    """The path to write, with what is wrong with it noted."""
    if xlsx is None:
        faults.add("--xlsx", None, "is required: the workbook to write, as in --xlsx my.xlsx")
        return None
    path = Path(xlsx).expanduser()
    try:
        if path.suffix.lower() != ".xlsx":
            faults.add("--xlsx", xlsx, "must end in .xlsx")
        elif path.exists():
            faults.add("--xlsx", xlsx, "exists already; name a new file")
        elif not path.parent.is_dir():
            faults.add("--xlsx", xlsx, f"there is no folder {path.parent}")
    except (OSError, ValueError) as error:
        faults.add("--xlsx", xlsx, f"is no path that can be written: {error}")
    return path


def _start(study: str | None, assumptions: str | None) -> Study:
    """The study that the workbook starts from."""
    from mcengine.inputs.study import load_study

    if assumptions is None:
        return load_study(DEFAULT_STUDY if study is None else study)
    from mcengine.inputs.set_study import study_of_set

    return study_of_set(assumptions)
