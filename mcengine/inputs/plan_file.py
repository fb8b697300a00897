"""Reading and writing a plan: from its TOML file (and csv of published figures) to a `Plan` and back."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcengine.errors import InputError, nearest_name
from mcengine.inputs import options, plan
from mcengine.inputs.catalog import shown
from mcengine.inputs.check import Report, check, label
from mcengine.inputs.plan import Inconsistency, Phase, Plan, PublishedFigure
from mcengine.inputs.schema import InputRow, PhaseRow, PlanFile, PublishedRow
from mcengine.inputs.spec import Domain, InputSpec, input_data, read_inputs, text
from mcengine.inputs.texts import all_written, written
from mcengine.inputs.toml import Reader


def read_plan(path: Path, reader: Reader) -> Plan:
    """The plan in the TOML file `path`. Raises InputError with every fault in it."""
    data = reader.toml(path)
    report = Report(shown(path))
    report.refuse_unusable_numbers(data)
    figures: list[PublishedFigure] = []
    name = data.get("published")
    if isinstance(name, str) and name.strip():
        try:
            figures = _read_csv(path.parent / name, reader)
        except InputError as error:
            report.take(error)
    return parse_plan(data, report, extra_figures=figures)


def parse_plan(data: Mapping[str, Any], report: Report, extra_figures: Sequence[PublishedFigure] = ()) -> Plan:
    """The plan in parsed TOML, with `extra_figures` after its own.

    Raises InputError with the faults already in `report` and every one found.
    """
    head = check(PlanFile, data, report)
    phases = _phases(head.phases or [], report)
    inputs = read_inputs(head.inputs or [], report, InputRow)
    _check_inputs(head, phases, inputs, report)
    _check_money(head, phases, report)
    if head.first_year is not None:
        for name in options.YEARS:
            if getattr(head, name) is not None:
                options.check_option(name, getattr(head, name), head.first_year, report, name)
    figures = [*_figures(head.figures, report), *extra_figures]
    report.raise_if_any()
    return _assemble(head, report.file or "", phases, inputs, tuple(figures))


_PHASE_DOMAINS = {
    "public_money_share": Domain(0.0, 1.0),
    "public_share": Domain(0.0, 1.0, low_open=True),
    "cost": Domain(0.0, low_open=True),
}


def _phases(rows: Sequence[Any], report: Report) -> tuple[Phase, ...]:
    """The sound `[[phases]]` rows, with every fault noted."""
    phases: list[Phase] = []
    names: set[str] = set()
    for index, raw in enumerate(rows):
        key, before = f"phases{label('phases', index, raw)}", len(report.faults)
        row = check(PhaseRow, raw, report, key)
        if row.name is not None and row.name in names:
            report.add(key, None, "the phase is declared twice")
        names.add(row.name)
        for name, domain in _PHASE_DOMAINS.items():
            _in_domain(getattr(row, name), domain, report, f"{key}.{name}")
        if len(report.faults) == before:
            fields = {name: getattr(row, name) for name in PhaseRow.model_fields if name != "label"}
            fields |= {"source": row.source.text, "locator": row.locator.text}
            phases.append(Phase(label=text(row.label), **fields))
    return tuple(phases)


def _in_domain(value: float | None, domain: Domain, report: Report, key: str) -> None:
    """Note a number outside its domain (a missing one has been noted already)."""
    if value is not None and not domain.contains(value):
        report.add(key, value, f"must lie in the domain, {domain.text}")


def _check_inputs(head: PlanFile, phases: tuple[Phase, ...], inputs: tuple[InputSpec, ...], report: Report) -> None:
    """The declared inputs are those the model needs, each in a domain in which it can compute."""
    declared = [row["name"] for row in head.inputs or [] if isinstance(row.get("name"), str)]
    needed = {*plan.SCALAR_INPUTS, plan.OUTSIDE_FINANCE}
    for phase in phases:
        for role in ("success", "duration", "supply"):
            name = getattr(phase, role)
            if name is None:
                continue
            nearest = nearest_name(name, declared)
            if name in plan.SCALAR_INPUTS:
                report.add(f"phases[{phase.name}].{role}", name, "must be an input of the phase's own")
            elif name not in declared:
                rule = "names an input that the plan does not declare"
                report.add(f"phases[{phase.name}].{role}", name, rule, nearest)
            needed.update(filter(None, (name, nearest)))
    for name in plan.SCALAR_INPUTS:
        if name not in declared:
            report.add("inputs", None, f"the input {name!r} is required and missing")
    whole = len(phases) == len(head.phases or [])
    for spec in inputs:
        limit = plan.limit(phases, spec.name)
        if whole and spec.name not in needed:
            rule = "the model has no such input (beside each phase's success, duration and supply)"
            report.add(f"inputs[{spec.name}].name", spec.name, rule, nearest_name(spec.name, needed))
        elif not spec.domain.within(limit):
            rule = f"is wider than the model can compute with, {limit.text}"
            report.add(f"inputs[{spec.name}].domain", spec.domain.text, rule)
    _check_order(phases, inputs, report)


def _check_order(phases: tuple[Phase, ...], inputs: tuple[InputSpec, ...], report: Report) -> None:
    """The inputs of pipeline accounting alone stand last, so that both accountings draw the others alike."""
    if phases and phases[0].supply is not None:
        rule = "the first phase has none: it makes as many candidates as it has money for"
        report.add(f"phases[{phases[0].name}].supply", phases[0].supply, rule)
    last = {plan.OUTSIDE_FINANCE, *(phase.supply for phase in phases)}
    names = [spec.name for spec in inputs]
    others = [name for name in names if name not in last]
    for name in names[: names.index(others[-1])] if others else ():
        if name in last:
            report.add(f"inputs[{name}]", None, f"belongs after {others[-1]!r}: plan accounting does not use it")


def _check_money(head: PlanFile, phases: tuple[Phase, ...], report: Report) -> None:
    """Budgets, the phases' shares of them, and GDP per job."""
    if head.gdp_per_job is not None:
        _in_domain(head.gdp_per_job.value, Domain(0.0, low_open=True), report, "gdp_per_job.value")
    if head.budget is not None:
        lists = {name: getattr(head.budget, name) for name in ("public_pipeline", "preconditions")}
        for name, amounts in lists.items():
            for index, amount in enumerate(amounts):
                _in_domain(amount, Domain(0.0), report, f"budget.{name}[{index + 1}]")
        if len(lists["public_pipeline"]) != len(lists["preconditions"]):
            rule = f"must have as many years as budget.public_pipeline, {len(lists['public_pipeline'])}"
            report.add("budget.preconditions", len(lists["preconditions"]), rule)
    if phases and len(phases) == len(head.phases):
        total = math.fsum(phase.public_money_share for phase in phases)
        if abs(total - 1) > 1e-9:
            report.add("phases.public_money_share", total, "the phases' shares must sum to 1")
        if all(phase.public_share == 1 or phase.public_money_share == 0 for phase in phases):
            rule = "at least one phase with public money must be below 1: leverage has nothing to act on"
            report.add("phases.public_share", None, rule)


def _figures(rows: Sequence[Any], report: Report) -> list[PublishedFigure]:
    """Inline `[[figures]]` rows."""
    checked = [check(PublishedRow, raw, report, f"figures[{index + 1}]") for index, raw in enumerate(rows)]
    return [_published(row) for row in checked]


def _read_csv(path: Path, reader: Reader) -> list[PublishedFigure]:
    """The figures in a csv file with columns quantity, year, value, decimals, unit, source, study and source_nl."""
    report = Report(shown(path))
    lines = csv.DictReader(reader.text(path).splitlines())
    columns = [*PublishedRow.model_fields, _DUTCH]
    for name in lines.fieldnames or ():
        if name not in columns:
            rule = f"unknown column; valid columns: {', '.join(columns)}"
            report.add("line 1", name, rule, nearest_name(name, columns))
    figures = [_figure(line, report, f"line {lines.line_num}") for line in lines]
    report.raise_if_any()
    return [figure for figure in figures if figure is not None]


_COLUMN_TYPES = {"year": int, "value": float, "decimals": int}
_DUTCH = "source_nl"
"""The column with the source in Dutch, where `source` is in English; it may be left out."""


def _figure(line: Mapping[str | None, Any], report: Report, key: str) -> PublishedFigure | None:
    """One line of the csv file; None when it has faults."""
    before = len(report.faults)
    if None in line:
        report.add(key, line[None], "has more values than the file has columns")
    row: dict[str, Any] = {name: line[name] for name in PublishedRow.model_fields if line.get(name)}
    if line.get(_DUTCH):
        row["source"] = {"en": row.get("source", ""), "nl": line[_DUTCH]}
    for name, kind in _COLUMN_TYPES.items():
        try:
            row |= {name: kind(row[name])} if name in row else {}
        except ValueError:
            words = "a whole number" if kind is int else "a number"
            report.add(f"{key}.{name}", row.pop(name), f"must be {words}")
    if len(report.faults) > before:
        return None
    checked = check(PublishedRow, row, report, key)
    return _published(checked) if len(report.faults) == before else None


def _published(row: PublishedRow) -> PublishedFigure:
    """The frozen figure of a checked row."""
    return PublishedFigure(**{**row.model_dump(), "source": row.source.text})


def _assemble(
    head: PlanFile,
    file: str,
    phases: tuple[Phase, ...],
    inputs: tuple[InputSpec, ...],
    figures: tuple[PublishedFigure, ...],
) -> Plan:
    """The frozen plan of sound parts."""
    return Plan(
        name=head.name,
        title=text(head.title),
        file=file,
        source=head.source.document,
        locator=head.source.locator.text,
        currency=head.currency,
        price_level=head.price_level,
        first_year=head.first_year,
        horizon=head.horizon,
        spend_until=head.spend_until,
        discount_base_year=head.discount_base_year,
        structural_years=head.structural_years,
        gdp_per_job=head.gdp_per_job.value,
        gdp_per_job_unit=head.gdp_per_job.unit,
        gdp_per_job_source=head.gdp_per_job.source.text,
        gdp_per_job_locator=head.gdp_per_job.locator.text,
        public_pipeline=tuple(head.budget.public_pipeline),
        preconditions=tuple(head.budget.preconditions),
        budget_unit=head.budget.unit,
        budget_source=head.budget.source.text,
        budget_locator=head.budget.locator.text,
        phases=phases,
        inputs=inputs,
        published=figures,
        inconsistencies=tuple(Inconsistency(text(row), row.locator.text) for row in head.inconsistencies),  # type: ignore[arg-type]
        not_counted=tuple(Inconsistency(text(row), row.locator.text) for row in head.not_counted),  # type: ignore[arg-type]
        remarks=tuple(Inconsistency(text(row), row.locator.text) for row in head.remarks),  # type: ignore[arg-type]
    )


def plan_data(plan: Plan) -> dict[str, Any]:
    """`plan` as the TOML data it would be read from, its published figures inline."""
    source = {"source": written(plan.gdp_per_job_source), "locator": written(plan.gdp_per_job_locator)}
    figures = [all_written(vars(figure)) for figure in plan.published]
    phases = [
        {name: value for name, value in all_written(vars(phase)).items() if value is not None}
        | {"label": dict(phase.label)}
        for phase in plan.phases
    ]
    return {
        "schema": 1,
        "name": plan.name,
        "title": dict(plan.title),
        "source": {"document": plan.source, "locator": written(plan.locator)},
        "currency": plan.currency,
        "price_level": plan.price_level,
        **{name: getattr(plan, name) for name in ("first_year", *options.YEARS)},
        "gdp_per_job": {"value": plan.gdp_per_job, "unit": plan.gdp_per_job_unit, **source},
        "budget": {
            "unit": plan.budget_unit,
            "source": written(plan.budget_source),
            "locator": written(plan.budget_locator),
            "public_pipeline": list(plan.public_pipeline),
            "preconditions": list(plan.preconditions),
        },
        "figures": [{k: v for k, v in figure.items() if v is not None} for figure in figures],
        "phases": phases,
        "inputs": [input_data(spec) for spec in plan.inputs],
        "inconsistencies": [dict(item.text) | {"locator": written(item.locator)} for item in plan.inconsistencies],
        "not_counted": [dict(item.text) | {"locator": written(item.locator)} for item in plan.not_counted],
        "remarks": [dict(item.text) | {"locator": written(item.locator)} for item in plan.remarks],
    }
