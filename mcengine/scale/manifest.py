"""The manifest of a batch: which studies, under which overrides, to which precision. TOML in, frozen object out.

schema = 1
name = "overnight"
seed = 2026                            # of every run, so that runs are paired draw by draw
draws = 1_000_000                      # of the first look
until = "npv.mean=10m"                 # optional, as `run --until`; `cap` the most draws of a run
cap = 100_000_000
hours = 8.0                            # optional: the least settled run gets the next draws until time is up
studies = ["evidence", "studies/own.toml"]

[matrix]                               # every study under every combination
horizon = [2035, 2050]
discount_rate = [0.0225, 0.028]

[[runs]]                               # further runs, with overrides of their own
study = "evidence"
set = { leverage = 1.2 }

[sensitivity]                          # after each run
methods = ["sobol"]
[sensitivity.sobol]
n = 1024
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from mcengine.analysis.methods import METHODS
from mcengine.analysis.methods import find as find_method
from mcengine.analysis.simulate import DEFAULT_DRAWS, check_sampler, check_seed
from mcengine.analysis.until import DEFAULT_CAP, parse_targets
from mcengine.engine.run import lay_out
from mcengine.errors import InputError, nearest_name
from mcengine.inputs.catalog import find, shown
from mcengine.inputs.check import Report, Row, check, label
from mcengine.inputs.schema import NonBlank, Table, Version
from mcengine.inputs.toml import Reader
from mcengine.sampling.points import DEFAULT_SAMPLER

MOST_RUNS = 100_000
_OURS = ("study", "model", "threads", "observer", "block", "seed")
"""Arguments of an analysis that a manifest does not set: they are the batch's own."""

Value = float | int | str


class RunRow(Row):
    """One `[[runs]]` row."""

    study: NonBlank
    set: dict[str, Any] = Field(default_factory=dict)
    draws: int | None = None
    replicates: int | None = None
    until: NonBlank | None = None
    cap: int | None = None


class ManifestFile(Row):
    """A manifest. Numbers of draws, targets and overrides are checked where they are used."""

    schema_: Version = Field(alias="schema")
    name: NonBlank
    seed: int | None = None
    draws: int = DEFAULT_DRAWS
    replicates: int | None = None
    sampler: str = DEFAULT_SAMPLER
    until: NonBlank | None = None
    cap: int = DEFAULT_CAP
    hours: Annotated[float, Field(gt=0)] | None = None
    outputs: list[NonBlank] = Field(default_factory=list)
    independent: bool = False
    reports: bool = True
    studies: list[NonBlank] = Field(default_factory=list)
    matrix: dict[str, list[Any]] = Field(default_factory=dict)
    runs: list[Table] = Field(default_factory=list)
    sensitivity: Table = Field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One run that a manifest asks for.

    study     name or path, as written
    settings  overrides of inputs and options, in the order of the manifest
    key       where in the manifest it is asked for, by setting; "" for the run as a whole
    """

    study: str
    settings: Mapping[str, Value]
    draws: int
    replicates: int | None
    until: str | None
    cap: int
    keys: Mapping[str, str]


@dataclass(frozen=True)
class Manifest:
    """A checked manifest: `cells` in order, and what they share. `hours` None: every run to its end in turn."""

    file: str
    folder: Path
    name: str
    seed: int | None
    sampler: str
    hours: float | None
    outputs: tuple[str, ...]
    independent: bool
    reports: bool
    cells: tuple[Cell, ...]
    sensitivity: Mapping[str, Mapping[str, Any]]
    """Options by method, in order."""


def read_manifest(name: str) -> Manifest:
    """The manifest in the file `name`, or the bundled one of that name.

    Raises
    ------
    InputError  every fault of the file: keys, types, sizes, targets, methods, doubled runs.
    """
    path = find("batch", name)
    data = Reader().toml(path)
    report = Report(shown(path))
    report.refuse_unusable_numbers(data)
    head = check(ManifestFile, data, report)
    for key, judge in (("seed", check_seed), ("sampler", check_sampler)):
        if getattr(head, key) is not None:
            _judge(report, key, judge, getattr(head, key))
    cells = _cells(head, report)
    sensitivity = _sensitivity(head.sensitivity, report)
    report.raise_if_any()
    return Manifest(
        file=shown(path),
        folder=path.parent,
        name=head.name,
        seed=head.seed,
        sampler=head.sampler,
        hours=head.hours,
        outputs=tuple(head.outputs),
        independent=head.independent,
        reports=head.reports,
        cells=tuple(cells),
        sensitivity=sensitivity,
    )


def _judge(report: Report, key: str, judge: Any, *values: Any, **named: Any) -> None:
    """Have `judge` look at values; its faults are noted under `key` of the file."""
    try:
        judge(*values, **named)
    except InputError as error:
        for fault in error.faults:
            report.add(key, fault.value, fault.rule, fault.nearest)


def _cells(head: Any, report: Report) -> list[Cell]:
    """The runs asked for: studies times matrix, then `[[runs]]`."""
    _check_matrix(head.matrix, report)
    studies = list(dict.fromkeys(head.studies))
    for name in (name for name in studies if head.studies.count(name) > 1):
        report.add("studies", name, "stands in the list twice")
    count = len(studies)
    for values in head.matrix.values():
        count *= max(len(values), 1)
    if count > MOST_RUNS:
        report.add("matrix", None, f"asks for {count:,} runs; a batch takes at most {MOST_RUNS:,}")
        return []
    _check_size(head, report, head.draws, head.replicates, head.until, head.cap)
    shared: dict[str, Any] = {name: getattr(head, name) for name in ("draws", "replicates", "until", "cap")}
    keys = {"": "studies"} | {name: f"matrix.{name}" for name in head.matrix}
    cells = [
        Cell(study, dict(zip(head.matrix, values, strict=True)), keys=keys, **shared)
        for study in studies
        for values in product(*head.matrix.values())
    ]
    for index, raw in enumerate(head.runs):
        place = f"runs{label('runs', index, raw)}"
        part = report.under(place)
        row = check(RunRow, raw, part)
        own = shared | {name: getattr(row, name) for name in shared if getattr(row, name) is not None}
        for name, value in row.set.items():
            _check_value(part, f"set.{name}", value)
        if own != shared:
            _check_size(head, part, *own.values())
        if row.study is not None:
            where = {"": place} | {name: f"{place}.set.{name}" for name in row.set}
            cells.append(Cell(row.study, row.set, keys=where, **own))
    if not cells and not report.faults:
        report.add("studies", None, "a batch needs `studies`, or [[runs]]")
    _refuse_doubles(cells, report)
    return cells


def _check_matrix(matrix: Mapping[str, Sequence[Any]], report: Report) -> None:
    for name, values in matrix.items():
        if not values:
            report.add(f"matrix.{name}", values, "must have at least one value")
        for place, value in enumerate(values):
            _check_value(report, f"matrix.{name}", value)
            if value in values[:place]:
                report.add(f"matrix.{name}", value, "stands in the list twice")


def _check_value(report: Report, key: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, float | int | str):
        report.add(key, value, "must be a number, or the name of an accounting")


def _check_size(head: Any, report: Report, draws: int, replicates: int | None, until: str | None, cap: int) -> None:
    """Draws, replicates and targets are possible."""
    try:
        lay_out(draws, replicates, sampler=head.sampler or DEFAULT_SAMPLER)
    except InputError as error:
        for fault in error.faults:
            report.add(fault.key, fault.value, fault.rule)
    if cap < 1:
        report.add("cap", cap, "must be at least 1")
    if until is not None:
        _judge(report, "until", parse_targets, until)


def _refuse_doubles(cells: Sequence[Cell], report: Report) -> None:
    """Two runs of one study under the same settings would be the same run twice."""
    seen: dict[Any, Cell] = {}
    for cell in cells:
        same = cell.study, tuple(sorted(cell.settings.items()))
        if same in seen:
            settings = ", ".join(f"{name}={value}" for name, value in cell.settings.items()) or "no overrides"
            rule = f"is the second run with {settings}; the first is that of {seen[same].keys['']}"
            report.add(cell.keys[""], cell.study, rule)
        seen.setdefault(same, cell)


def _sensitivity(table: Mapping[str, Any], report: Report) -> dict[str, dict[str, Any]]:
    """Options by method."""
    part = report.under("sensitivity")
    methods = table.get("methods", [])
    if not isinstance(methods, list) or not all(isinstance(name, str) for name in methods):
        part.add("methods", methods, "must be a list of names")
        return {}
    for name in dict.fromkeys(methods):
        if name not in METHODS:
            part.add("methods", name, f"is not a method; there are {', '.join(METHODS)}", nearest_name(name, METHODS))
        if methods.count(name) > 1:
            part.add("methods", name, "stands in the list twice")
    for name, options in table.items():
        if name == "methods":
            continue
        if name not in methods:
            part.add(name, None, "is not one of `methods`", nearest_name(name, methods))
        elif not isinstance(options, dict):
            part.add(name, options, "must be a table of the method's options")
        elif name in METHODS:
            known = [key for key in inspect.signature(find_method(METHODS, name)).parameters if key not in _OURS]
            for key in (key for key in options if key not in known):
                rule = f"is not an option of {name}; there are {', '.join(known)}"
                part.add(f"{name}.{key}", options[key], rule, nearest_name(key, known))
    return {name: dict(table.get(name) or {}) for name in dict.fromkeys(methods)}
