"""`mcengine runs`: the catalogue of the runs that were kept, filtered and sorted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.complete import one_of, run_folders, set_names, study_names
from mcengine.cli.options import Faults, JsonOption
from mcengine.cli.printing import number, print_json, remark, width
from mcengine.cli.table import Column, render
from mcengine.errors import nearest_name

if TYPE_CHECKING:
    from mcengine.store.catalogue import Catalogue, Rebuilt
    from mcengine.store.catalogue_filters import Filters
    from mcengine.store.entries import Entry

SORTS = ("date", "pays", "speed", "study")
_DIGEST = 12  # figures of a digest that are shown


def runs(
    directories: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DIR", help="Only runs at or below these folders.", show_default=False, autocompletion=run_folders
        ),
    ] = None,
    study: Annotated[
        str | None, typer.Option("--study", metavar="NAME", help="Only runs of this study.", autocompletion=study_names)
    ] = None,
    assumption_set: Annotated[
        str | None,
        typer.Option("--set", metavar="NAME", help="Only runs with this assumption set.", autocompletion=set_names),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Finished on this day or later, as in 2026-03-01.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Finished on this day or earlier.")
    ] = None,
    digest: Annotated[
        str | None, typer.Option("--digest", metavar="PREFIX", help="Only runs whose digest begins so.")
    ] = None,
    pays_above: Annotated[
        str | None, typer.Option("--pays-above", metavar="P", help="P(NPV > 0) above P, as in 0.5.")
    ] = None,
    pays_below: Annotated[str | None, typer.Option("--pays-below", metavar="P", help="P(NPV > 0) below P.")] = None,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="KEY",
            help="date (latest first), pays or speed (highest first), or study.",
            autocompletion=one_of(SORTS),
        ),
    ] = "date",
    limit: Annotated[str | None, typer.Option("--limit", metavar="N", help="At most N runs [default: all].")] = None,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="First read all run folders at or below each DIR, and list what is there."),
    ] = False,
    file: Annotated[
        str | None,
        typer.Option(
            "--catalogue",
            metavar="FILE",
            help="Catalogue to use [default: $MCENGINE_CATALOGUE, else mcengine/runs.sqlite in the data folder].",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the runs that were kept with --out, wherever they are: what each found, how fast, and its digest.

    Example: mcengine runs --study evidence --since 2026-03-01 --sort pays
    """
    from mcengine.store.catalogue import Catalogue
    from mcengine.store.catalogue_filters import Filters

    faults = Faults()
    begin, end = _moment(faults, "--since", since), _moment(faults, "--until", until, end=True)
    filters = Filters(
        study=study,
        set=assumption_set,
        since=begin,
        until=end,
        digest=_digest(faults, digest),
        pays_above=_share(faults, "--pays-above", pays_above),
        pays_below=_share(faults, "--pays-below", pays_below),
        below=[Path(directory).expanduser().resolve() for directory in directories or ()],
    )
    _check_order(faults, filters, since, pays_above)
    faults.choice("--sort", sort, SORTS)
    most = faults.whole("--limit", limit, 1)
    if rebuild and not directories:
        faults.add("--rebuild", None, "name the folders to look in, as in mcengine runs --rebuild out")
    if file is not None and not rebuild and not Path(file).expanduser().is_file():
        faults.add("--catalogue", file, "there is no such file")
    faults.raise_if_any()
    catalogue = Catalogue(file)
    rebuilt = catalogue.rebuild(filters.below) if rebuild else None
    found = catalogue.find(filters, sort=sort)
    shown = found[:most]
    if json:
        repair = {} if rebuilt is None else {"rebuilt": _rebuilt_data(rebuilt)}
        listed = [entry.to_dict() for entry in shown]
        print_json({"catalogue": str(catalogue.path), "matching": len(found), "runs": listed, **repair})
        return
    if rebuilt is not None:
        _say_rebuilt(rebuilt, catalogue)
    print(_text(shown, len(found)) if found else _nothing(catalogue, filters))


def _moment(faults: Faults, key: str, text: str | None, *, end: bool = False) -> str | None:
    """A day (in local time) or time as UTC text: its beginning, or with `end` the moment after it."""
    if text is None:
        return None
    try:
        try:
            moment = datetime.combine(date.fromisoformat(text) + timedelta(days=end), time())
        except ValueError:
            moment = datetime.fromisoformat(text) + timedelta(seconds=end)
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        faults.add(key, text, "must be a day, as in 2026-03-01, or a time, as in 2026-03-01T14:05")
        return None


def _share(faults: Faults, key: str, text: str | None) -> float | None:
    """A probability, 0 to 1."""
    value = faults.number(key, text)
    if value is not None and not 0 <= value <= 1:
        faults.add(key, value, "must be a probability from 0 to 1, as in 0.5")
    return value


def _digest(faults: Faults, text: str | None) -> str | None:
    """The beginning of a digest, without what all have in common."""
    if text is None:
        return None
    plain = text.strip().lower().removeprefix("sha256:")
    if not plain or set(plain) - set("0123456789abcdef"):
        faults.add("--digest", text, "must be the beginning of a digest: figures 0-9 and a-f")
    return plain


def _check_order(faults: Faults, filters: Filters, since: str | None, above: str | None) -> None:
    """Bounds that leave nothing between them are a slip."""
    if filters.since is not None and filters.until is not None and filters.since >= filters.until:
        faults.add("--since", since, "must not be later than --until")
    low, high = filters.pays_above, filters.pays_below
    if low is not None and high is not None and low >= high:
        faults.add("--pays-above", above, "must be less than --pays-below")


def _rebuilt_data(rebuilt: Rebuilt) -> dict[str, Any]:
    return {
        "found": rebuilt.found,
        "removed": rebuilt.removed,
        "left_out": [str(fault) for error in rebuilt.faults for fault in error.faults],
        "set_aside": None if rebuilt.set_aside is None else str(rebuilt.set_aside),
    }


def _say_rebuilt(rebuilt: Rebuilt, catalogue: Catalogue) -> None:
    """What a rebuild did, on stderr: the list itself may be piped on."""
    if rebuilt.set_aside is not None:
        remark(f"the file could not be used and is kept as {rebuilt.set_aside}; the catalogue is begun anew")
    for fault in (fault for error in rebuilt.faults for fault in error.faults):
        remark(f"left out: {fault}")
    removed = f", {rebuilt.removed} taken off the list" if rebuilt.removed else ""
    remark(f"{rebuilt.found} run{'s' * (rebuilt.found != 1)} found{removed}: {catalogue.path}\n")


def _nothing(catalogue: Catalogue, filters: Filters) -> str:
    """Why the list is empty, and what there is."""
    every = catalogue.find()
    if not every:
        return (
            f"No run is listed in {catalogue.path}.\n"
            "`mcengine run STUDY --out DIR` lists what it keeps; `mcengine runs --rebuild DIR` finds earlier runs."
        )
    lines = [f"None of the {len(every)} runs in {catalogue.path} is asked for."]
    names = {"study": {entry.study for entry in every}, "set": {name for entry in every for name in entry.sets}}
    for key, valid in names.items():
        value = getattr(filters, key)
        if value is not None and value not in valid:
            near = nearest_name(value, valid)
            known = f"did you mean {near!r}?" if near else f"there are {', '.join(sorted(valid)) or 'none'}"
            lines.append(f"No run has the {'assumption set' if key == 'set' else key} {value!r} ({known})")
    return "\n".join(lines)


def _text(entries: Sequence[Entry], matching: int) -> str:
    """A row a run; what a run is of, beside what it found, and where it is."""
    npv = all(entry.output == "npv" for entry in entries)
    shares, means = zip(*(_figures(entry) for entry in entries), strict=True)
    folders = [_folder(entry) for entry in entries]
    longest = max(len(folder) for folder in folders)
    columns = [
        Column("sets", tuple(", ".join(entry.sets) or "-" for entry in entries)),
        Column("horizon", tuple("-" if entry.horizon is None else str(entry.horizon) for entry in entries)),
        *([] if npv else [Column("output", tuple(entry.output for entry in entries))]),
        Column("draws", tuple(number(entry.draws) for entry in entries)),
        Column("P(NPV > 0)" if npv else "P(output > 0)", shares),
        Column("NPV mean" if npv else "mean", means),
        Column("draws/s", tuple("-" if entry.speed is None else number(entry.speed) for entry in entries)),
        Column("digest", tuple(entry.digest.removeprefix("sha256:")[:_DIGEST] for entry in entries)),
        Column("folder".ljust(longest), tuple(folder.ljust(longest) for folder in folders)),
    ]
    labels = [f"{_local(entry.date)}  {entry.study}" for entry in entries]
    lines = [render(labels, [(column,) for column in columns], width()), ""]
    units = {entry.unit for entry in entries} - {"1"}
    money = f", means in {units.pop()}" if npv and len(units) == 1 else ""
    count = number(matching) if len(entries) == matching else f"{number(len(entries))} of {number(matching)}"
    lines.append(f"{count} run{'s' * (matching != 1)}{money}; +- is the half-width of a 95% interval")
    gone = sum(entry.gone for entry in entries)
    if gone:
        advice = "`mcengine runs --rebuild DIR`, with the folder they were in, takes them off the list"
        lines.append(f"{gone} {'is' if gone == 1 else 'are'} gone; {advice}")
    return "\n".join(lines)


def _figures(entry: Entry) -> tuple[str, str]:
    """The chance and the mean, each with the half-width of its interval."""
    from mcengine.analysis.result import Statistic
    from mcengine.report.language import MINUS, Language, style_of

    texts = []
    for name, value, low, high in (
        ("prob_positive", entry.prob, entry.prob_low, entry.prob_high),
        ("mean", entry.mean, entry.mean_low, entry.mean_high),
    ):
        interval = None if low is None or high is None else (low, high)
        shown = Language("en").statistic(Statistic(value, interval), style_of(entry.kind, name))
        text = "-" if value is None else f"{shown.value} {shown.margin}".rstrip()
        texts.append(text.replace(MINUS, "-").replace("±", "+-"))
    return texts[0], texts[1]


def _folder(entry: Entry) -> str:
    """The folder from here where it lies below, in full elsewhere; marked when it is gone."""
    try:
        below = entry.folder.relative_to(Path.cwd())
    except (ValueError, OSError):
        below = entry.folder
    return f"{os.fspath(below)}{' (gone)' if entry.gone else ''}"


def _local(text: str | None) -> str:
    """A time in UTC as local time to the minute."""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}" if text else "-".ljust(16)
