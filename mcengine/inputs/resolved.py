"""The study file of a run folder: everything the study says, in one file that names no other.

Floats are written with as many digits as they have, so that a study read back is the same study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from mcengine.errors import InputError
from mcengine.inputs.assumption_file import Library, set_data
from mcengine.inputs.check import Report, check, label
from mcengine.inputs.plan import Plan
from mcengine.inputs.plan_file import parse_plan, plan_data
from mcengine.inputs.schema import ResolvedSet, ResolvedStudy, StudyInputRow
from mcengine.inputs.spec import InputSpec, input_data, read_inputs, text
from mcengine.inputs.study import Study, WeightedSet
from mcengine.inputs.study_file import check_weights, read_settings
from mcengine.inputs.toml import Reader, frozen, plain


def study_data(study: Study) -> dict[str, Any]:
    """`study` as TOML data that point to no other file."""
    data: dict[str, Any] = {
        "schema": 1,
        "resolved": True,
        "name": study.name,
        "title": dict(study.title),
        "model": study.model,
        "correlations": study.correlations,
        "fixed": dict(study.fixed),
        "outputs": {"names": list(study.outputs)},
        "sensitivity": plain(study.sensitivity),
        "sources": [{"name": name, "sha256": digest} for name, digest in study.sources],
    }
    if study.description:
        data["description"] = dict(study.description)
    if study.plan is None:
        data["inputs"] = [input_data(spec) for spec in study.inputs]
    else:
        data["options"] = asdict(study.options)
        data["plan"] = plan_data(study.plan)
    data["sets"] = [set_data(member.set) | {"weight": member.weight} for member in study.sets]
    return data


def parse_resolved(data: Mapping[str, Any], file: str) -> Study:
    """The study in resolved data. Raises InputError with every fault."""
    report = Report(file)
    report.refuse_unusable_numbers(data)
    head = check(ResolvedStudy, data, report)
    plan, inputs = _subject(head, report)
    sets = () if inputs is None else _sets(head.sets, inputs, report)
    fixed, options = read_settings(head, plan, inputs, report)
    report.raise_if_any()
    return Study(
        name=head.name,
        title=text(head.title),
        file=file,
        model=head.model,
        plan=plan,
        inputs=(inputs or ()) if plan is None else plan.inputs_of(options.accounting),
        sets=sets,
        fixed=MappingProxyType(fixed),
        options=options,
        outputs=tuple(head.outputs.names),
        correlations=head.correlations,
        sensitivity=frozen(head.sensitivity),
        sources=tuple((source.name, source.sha256) for source in head.sources),
        description=text(head.description),
    )


def _subject(head: ResolvedStudy, report: Report) -> tuple[Plan | None, tuple[InputSpec, ...] | None]:
    """The plan, if any, and the inputs; None for inputs that can't be known because of faults."""
    if (head.plan is None) == (not head.inputs):
        report.add("plan", None, "a resolved study has either a [plan] or [[inputs]] of its own")
        return None, None
    before = len(report.faults)
    if head.plan is None:
        inputs = read_inputs(head.inputs, report, StudyInputRow)
        return None, inputs if len(report.faults) == before else None
    try:
        plan = parse_plan(head.plan, report.under("plan"))
    except InputError:
        return None, None
    return plan, plan.inputs


def _sets(raws: Sequence[Mapping[str, Any]], inputs: tuple[InputSpec, ...], report: Report) -> tuple[WeightedSet, ...]:
    """The weighted sets, each with its rows in full."""
    library = Library(inputs, Reader())
    sets: dict[str, WeightedSet] = {}
    for index, raw in enumerate(raws):
        part = report.under(f"sets{label('sets', index, raw)}")
        head = check(ResolvedSet, raw, part)
        if head.name in sets:
            part.add("name", head.name, "two sets have this name")
        try:
            found = library.parse(head, part, None, resolved=True)
        except InputError:
            continue
        sets[found.name] = WeightedSet(found, head.weight)
    if sets and len(sets) == len(raws):
        check_weights({name: member.weight for name, member in sets.items()}, report)
    return tuple(sets.values())
