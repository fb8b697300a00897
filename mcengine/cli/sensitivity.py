"""`mcengine sensitivity STUDY`: what drives an output, by one of several methods.

Each method prints itself: `PRINTERS` names its function, result -> text. A method without one prints JSON.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.options import (
    MOST_THREADS,
    Faults,
    HorizonOption,
    JsonOption,
    QuietOption,
    SetOption,
    StudyArgument,
    open_study,
)
from mcengine.cli.printing import print_json, remark
from mcengine.cli.progress import Progress, compiled
from mcengine.errors import Fault, InputError, InterruptedRun, nearest_name

if TYPE_CHECKING:
    from mcengine.inputs.study import Study

PRINTERS: dict[str, str] = {
    "sobol": "mcengine.cli.sobol:sobol_text",
}
"""Method -> "module:function" that makes the text it prints."""

ENGINES = ("mcengine", "salib")

ENTRY = "mcengine.engine.crossing.add_points"
"""The compiled function that the rest of an analysis hangs from."""


def sensitivity(
    context: typer.Context,
    study: StudyArgument,
    method: Annotated[str, typer.Option("--method", "-m", metavar="NAME", help="How to attribute: sobol.")] = "sobol",
    output: Annotated[
        str | None, typer.Option("--output", metavar="NAME", help="Which output [default: npv, or the model's first].")
    ] = None,
    n: Annotated[
        str | None, typer.Option("--n", "-n", metavar="N", help="Base points a replicate, a power of two.")
    ] = None,
    replicates: Annotated[
        str | None, typer.Option("--replicates", metavar="R", help="Independent replicates [default: 16].")
    ] = None,
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="S", help="Whole number; drawn and recorded when left out.")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="NAME=INPUT,INPUT", help="Treat inputs as one; may be repeated."),
    ] = None,
    second_order: Annotated[
        bool, typer.Option("--second-order", help="Also the indices of pairs, at twice the evaluations.")
    ] = False,
    engine: Annotated[
        str | None, typer.Option("--engine", metavar="NAME", help="mcengine, or salib for comparison.")
    ] = None,
    independent: Annotated[
        bool, typer.Option("--independent", help="Draw all inputs independently: no rank correlations.")
    ] = False,
    settings: SetOption = None,
    horizon: HorizonOption = None,
    threads: Annotated[
        str | None,
        typer.Option("--threads", metavar="T", help="Threads [default: every processor]; they change no number."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for sensitivity.json and its figures.")
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Say what drives an output: which assumptions, how much, and how sure that ranking is.

    Example: mcengine sensitivity evidence --method sobol --seed 7 --out out/drivers
    """
    from mcengine.analysis.sensitivity import METHODS

    faults = Faults()
    faults.choice("--method", method, tuple(METHODS))
    options: dict[str, Any] = {
        "output": output,
        "n": faults.whole("--n", n, 1),
        "replicates": faults.whole("--replicates", replicates, 2),
        "seed": faults.whole("--seed", seed, 0),
        "threads": faults.whole("--threads", threads, 1, MOST_THREADS),
        "groups": _groups(group, faults),
        "second_order": second_order or None,
        "engine": faults.choice("--engine", engine, ENGINES),
    }
    opened = open_study(study, settings, horizon, faults)
    if independent:
        opened = replace(opened, correlations=False)
    target = None
    if out is not None:
        from mcengine.store.sensitivity import check_place

        target = check_place(out)
    started = datetime.now(UTC)
    result = _analyse(opened, method, options, quiet=quiet)
    files = [] if target is None else _keep(result, target, context.find_root().obj, started)
    _print(result, files, json=json)


def _groups(texts: list[str] | None, faults: Faults) -> dict[str, tuple[str, ...]] | None:
    """{"name": (inputs)} of texts "name=input,input"; None when there are none."""
    if not texts:
        return None
    groups: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, listed = text.partition("=")
        members = tuple(part.strip() for part in listed.split(",") if part.strip())
        if not equals or not name.strip() or not members:
            faults.add("--group", text, "must be NAME=INPUT,INPUT")
        elif name.strip() in groups:
            faults.add("--group", text, "is the second group of this name")
        groups[name.strip()] = members
    return groups


def _analyse(study: Study, method: str, options: dict[str, Any], *, quiet: bool) -> Any:
    """The analysis, with progress on a terminal where the method reports it."""
    from mcengine.analysis.sensitivity import METHODS, find
    from mcengine.analysis.sensitivity import sensitivity as analyse
    from mcengine.models.build import build_model

    model = build_model(study)
    known = inspect.signature(find(METHODS, method)).parameters
    wrong = [name for name, value in options.items() if value is not None and name not in known]
    if wrong:
        flags = {name: "--group" if name == "groups" else f"--{name.replace('_', '-')}" for name in known}
        rule = f"is not an option of {method}"
        raise InputError(
            [Fault(None, f"--{w.replace('_', '-')}", options[w], rule, nearest_name(w, flags.values())) for w in wrong]
        )
    if not quiet and not compiled(ENTRY):
        remark("compiling the kernel (first analysis on this machine, about 30 s) ...")
    with Progress(shown=not quiet) as progress:
        watched = {"observer": progress.observe} if "observer" in known else {}
        try:
            return analyse(study, method, model=model, **options, **watched)
        except KeyboardInterrupt:
            raise InterruptedRun("stopped by the user; nothing was kept. The same command starts again.") from None


def _keep(result: Any, target: Path, command: list[str] | None, started: datetime) -> list[Path]:
    """Write the answer and its figures."""
    from mcengine.report.language import Language
    from mcengine.report.sensitivity_figures import pictures_of
    from mcengine.store.sensitivity import write_sensitivity

    pictures = {picture.name: picture.svg for picture in pictures_of(result, Language("en"))}
    return write_sensitivity(
        result.to_dict(), pictures, target, command=command, started=started, sources=result.study.sources
    )


def _print(result: Any, files: list[Path], *, json: bool) -> None:
    from mcengine.analysis.sensitivity import find

    if json or result.method not in PRINTERS:
        print_json({**result.to_dict(), "files": [str(file) for file in files]})
        return
    print(find(PRINTERS, result.method)(result))
    written = "Nothing was written. Add --out DIR to keep the numbers and figures."
    print("\n" + (f"files: {', '.join(str(file) for file in files)}" if files else written))
