"""Reading a study from the TOML file a user writes, with the plan and the sets it names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mcengine.errors import InputError
from mcengine.inputs import options
from mcengine.inputs.assumption_file import Library
from mcengine.inputs.catalog import find, shown
from mcengine.inputs.check import Report, check
from mcengine.inputs.overrides import read_fixed
from mcengine.inputs.plan import Plan
from mcengine.inputs.plan_file import read_plan
from mcengine.inputs.schema import SetFile, StudyFile, StudyInputRow
from mcengine.inputs.spec import InputSpec, read_inputs, text
from mcengine.inputs.study import Study, WeightedSet
from mcengine.inputs.toml import Reader, frozen


def read_study(path: Path) -> Study:
    """The study in the TOML file `path`, resolved or not.

    Raises InputError with every fault in it, in its plan and in its assumption sets.
    """
    reader = Reader()
    data = reader.toml(path)
    if data.get("resolved") is True:
        return Study.from_resolved(data, shown(path))
    return parse_study(data, path, reader)


def parse_study(data: Mapping[str, Any], path: Path, reader: Reader, own_set: Mapping[str, Any] | None = None) -> Study:
    """The study in the data of the file `path`, its plan and sets read by `reader`.

    `own_set`: the data of its one set where the file holds that too, with rows in full (`like` only says where a row
    comes from); its keys in faults begin with "set.". Raises InputError with every fault.
    """
    report = Report(shown(path))
    report.refuse_unusable_numbers(data)
    head = check(StudyFile, data, report)
    plan, inputs = _subject(head, report, reader, path.parent)
    model = "investment" if head.model is None else _own_model(head.model, report, reader, path.parent)
    sets: tuple[WeightedSet, ...] = ()
    if inputs is not None:
        library = Library(inputs, reader, None if plan is None else plan.name)
        sets = _sets(head, library, report, path.parent) if own_set is None else _whole(own_set, library, report, path)
    own = read_settings(head, plan, inputs, report)
    report.raise_if_any()
    return Study(
        name=head.name,
        title=text(head.title),
        file=shown(path),
        model=model,
        plan=plan,
        inputs=(inputs or ()) if plan is None else plan.inputs_of(own[1].accounting),
        sets=sets,
        fixed=MappingProxyType(own[0]),
        options=own[1],
        outputs=tuple(head.outputs.names),
        correlations=head.correlations is not False,
        sensitivity=frozen(head.sensitivity),
        sources=tuple(reader.sources.items()),
        description=text(head.description),
    )


def _subject(
    head: StudyFile, report: Report, reader: Reader, folder: Path
) -> tuple[Plan | None, tuple[InputSpec, ...] | None]:
    """The plan, if any, and the inputs; None for inputs that can't be known because of faults."""
    if (head.plan is None) == (head.model is None):
        report.add("plan", head.plan, "a study has either a `plan` or a `model` of its own")
        return None, None
    if head.plan is None:
        if not head.inputs:
            report.add("inputs", None, "a study with a model of its own declares its [[inputs]]")
        before = len(report.faults)
        inputs = read_inputs(head.inputs or [], report, StudyInputRow)
        return None, inputs if len(report.faults) == before else None
    if head.inputs:
        report.add("inputs", None, "the inputs of a study with a plan are the plan's")
    try:
        path = find("plan", head.plan, relative_to=folder, file=report.file, key="plan")
        plan = read_plan(path, reader)
    except InputError as error:
        report.take(error)
        return None, None
    return plan, plan.inputs


def _own_model(model: str, report: Report, reader: Reader, folder: Path) -> str:
    """The model's name, or path:name with the path in full, its file on record among the sources."""
    path, _, name = model.rpartition(":")
    if not path.endswith(".py"):
        return model
    file = (folder / path).resolve()
    if not file.is_file():
        report.add("model", model, f"no such file: {file}")
        return model
    reader.record(file)
    return f"{file}:{name}"


def _sets(head: StudyFile, library: Library, report: Report, folder: Path) -> tuple[WeightedSet, ...]:
    """The weighted sets: one named, several named, or one inline."""
    if isinstance(head.assumptions, list) or isinstance(head.correlations, list):
        if head.assumptions is not None and not isinstance(head.assumptions, list):
            report.add("correlations", None, "[[correlations]] stand in the assumption set's own file")
            return ()
        return _inline(head, library, report, folder)
    if not isinstance(head.correlations, bool):
        report.add("correlations", head.correlations, "must be true or false (or rows [[correlations]])")
    if head.copula is not None:
        report.add("copula", None, "goes with [[assumptions]] in the same file")
    if head.assumptions is not None and head.sets is not None:
        report.add("sets", None, "a study has either `assumptions` or `sets`")
    if head.assumptions is not None and not (isinstance(head.assumptions, str) and head.assumptions.strip()):
        report.add("assumptions", head.assumptions, "must be the name of an assumption set, or rows [[assumptions]]")
        return ()
    weights = {head.assumptions: 1.0} if head.assumptions is not None else head.sets or {}
    if head.sets is not None:
        check_weights(head.sets, report)
    return _named(weights, library, report, folder, "sets" if head.assumptions is None else "assumptions")


def check_weights(weights: Mapping[str, float], report: Report) -> None:
    """Weights of sets are positive and sum to 1."""
    for name, weight in weights.items():
        if not weight > 0:
            report.add(f"sets.{name}", weight, "must be above 0: leave the set out instead")
    total = math.fsum(weights.values())
    if abs(total - 1) > 1e-9:
        report.add("sets", total, "the weights must sum to 1")


def _named(
    weights: Mapping[str, float], library: Library, report: Report, folder: Path, key: str
) -> tuple[WeightedSet, ...]:
    """Sets by name or path, each fault noted."""
    sets: dict[str, WeightedSet] = {}
    for name, weight in weights.items():
        where = f"sets.{name}" if key == "sets" else key
        try:
            found = library.load(name, relative_to=folder, file=report.file, key=where)
        except InputError as error:
            report.take(error)
            continue
        if found.name in sets:
            report.add(where, weight, f"two sets have the name {found.name!r}")
        sets[found.name] = WeightedSet(found, weight)
    return tuple(sets.values())


def _inline(head: StudyFile, library: Library, report: Report, folder: Path) -> tuple[WeightedSet, ...]:
    """The one set whose rows stand in the study's own file; it takes the study's name and title."""
    if head.sets is not None:
        report.add("sets", None, "a study has either `sets` or rows [[assumptions]] of its own")
    data: dict[str, Any] = {"schema": 1, "name": head.name or "study", "assumptions": head.assumptions or []}
    data |= {"title": {"en": "-", "nl": "-"} if head.title is None else head.title.model_dump()}
    data |= {"correlations": head.correlations} if isinstance(head.correlations, list) else {}
    rows = check(SetFile, data, report)
    rows.copula = head.copula
    try:
        return (WeightedSet(library.parse(rows, report, folder), 1.0),)
    except InputError:
        return ()


def _whole(data: Mapping[str, Any], library: Library, report: Report, path: Path) -> tuple[WeightedSet, ...]:
    """The one set whose data came whole with the study's."""
    part = report.under("set")
    part.refuse_unusable_numbers(data)
    try:
        return (WeightedSet(library.parse(check(SetFile, data, part), part, path.parent, resolved=True), 1.0),)
    except InputError:
        return ()


def read_settings(
    head: Any, plan: Plan | None, inputs: Sequence[InputSpec] | None, report: Report
) -> tuple[dict[str, float], options.Options]:
    """The fixed values and the options of a study's head, faults noted."""
    fixed: dict[str, float] = {}
    given = {} if head.options is None else head.options.model_dump(exclude_none=True)
    if inputs is not None:
        for name in head.fixed:
            if name in options.NAMES:
                report.add(f"fixed.{name}", head.fixed[name], "is an option: it belongs under [options]")
        values = {name: value for name, value in head.fixed.items() if name not in options.NAMES}
        fixed = read_fixed(values, inputs, report.under("fixed"))
    opted = options.read_options(given, plan, report.under("options")) if inputs is not None else options.NO_YEARS
    return fixed, opted
