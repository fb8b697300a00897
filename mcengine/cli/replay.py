"""`mcengine replay DIR`: compute a stored run again, or one draw of it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.options import MOST_THREADS, Faults, JsonOption, QuietOption, RunArgument
from mcengine.cli.printing import measure, print_json, remark, width
from mcengine.cli.progress import Progress
from mcengine.cli.table import Column, render
from mcengine.errors import AnswerNo, InputError

if TYPE_CHECKING:
    from mcengine.store.replay import Replay, ReplayedDraw, Value


def replay(
    directory: RunArgument,
    draw: Annotated[
        str | None,
        typer.Option("--draw", metavar="R:I", help="Only draw I of replicate R, both counted from 0."),
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option("--threads", metavar="T", help="Threads [default: every processor]; they change no number."),
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Compute a stored run again; exit code 1, with the first difference, when it is not identical.

    Example: mcengine replay out/evidence --draw 3:1250
    """
    from mcengine.store.replay import parse_draw
    from mcengine.store.replay import replay as replay_run

    faults = Faults()
    address = None
    if draw is not None:
        try:
            address = parse_draw(draw)
        except InputError as error:
            faults.found.extend(error.faults)
    workers = faults.whole("--threads", threads, 1, MOST_THREADS)
    faults.raise_if_any()
    with Progress(shown=not quiet) as progress:
        answer = replay_run(directory, draw=address, threads=workers, observer=progress.observe)
    if json:
        print_json(_data(answer))
    else:
        print(_text(answer))
    if answer.identical is False:
        if not quiet:
            remark(f"mcengine: the run in {directory} did not come out again")
        raise typer.Exit(AnswerNo.exit_code)


def _data(answer: Replay) -> dict[str, Any]:
    data: dict[str, Any] = {"directory": str(answer.directory), "notes": list(answer.notes)}
    if answer.draw is not None:
        return {**data, "draw": _draw(answer.draw)}
    return {
        **data,
        "identical": answer.identical,
        "first_difference": answer.first_difference,
        "stored_digest": answer.stored_digest,
        "digest": answer.digest,
        "tolerance": answer.tolerance,
    }


def _draw(draw: ReplayedDraw) -> dict[str, Any]:
    """{"replicate", "draw", "set", "inputs": {name: value}, "outputs": {name: value}}, full precision."""
    return {
        "replicate": draw.replicate,
        "draw": draw.draw,
        "set": draw.set,
        "inputs": {value.name: value.value for value in draw.inputs},
        "outputs": {value.name: value.value for value in draw.outputs},
    }


def _text(answer: Replay) -> str:
    notes = [f"note: {note}" for note in answer.notes]
    if answer.draw is not None:
        return "\n".join([*_draw_lines(answer.draw), *notes])
    if answer.identical:
        how = f"to {answer.tolerance:g} relative" if answer.tolerance else "bit by bit"
        return "\n".join([f"identical, {how}: {answer.directory}", f"digest {answer.digest}", *notes])
    lines = [
        f"NOT identical: {answer.directory}",
        f"first difference: {answer.first_difference}",
        f"digest stored {answer.stored_digest}",
        f"digest now    {answer.digest}",
    ]
    return "\n".join([*lines, *notes])


def _draw_lines(draw: ReplayedDraw) -> list[str]:
    """Inputs and outputs one a line, then the yearly outputs as a table."""
    member = f", assumption set {draw.set}" if draw.set else ""
    scalars = [value for value in draw.outputs if not value.name.endswith("]")]
    lines = [f"draw {draw.draw} of replicate {draw.replicate}{member}"]
    longest = max(len(value.name) for value in (*draw.inputs, *scalars))
    for heading, values in (("inputs", draw.inputs), ("outputs", scalars)):
        lines += ["", heading]
        for value in values:
            unit = "" if value.unit in ("1", "year") else value.unit
            lines.append(f"  {value.name.ljust(longest)}  {_number(value).rjust(14)}  {unit}".rstrip())
    table = _yearly([value for value in draw.outputs if value.name.endswith("]")])
    return [*lines, "", table] if table else lines


def _yearly(values: list[Value]) -> str:
    """The outputs `name[year]` as a table with a column a year; "" when there are none."""
    cells: dict[str, dict[str, str]] = {}
    units: dict[str, str] = {}
    for value in values:
        name, _, year = value.name.removesuffix("]").partition("[")
        cells.setdefault(year, {})[name] = _number(value)
        units[name] = value.unit
    labels = [f"{name} ({unit})" if unit != "1" else name for name, unit in units.items()]
    columns = [(Column(year, tuple(found.get(name, "") for name in units)),) for year, found in cells.items()]
    return render(labels, columns, width()) if columns else ""


def _number(value: Value) -> str:
    """Five figures or so, without zeros that say nothing; a year as it is."""
    if isinstance(value.value, str):
        return value.value
    if value.unit == "year":
        return str(int(value.value))
    text = measure(value.value)
    return text.rstrip("0").rstrip(".") if "." in text else text
