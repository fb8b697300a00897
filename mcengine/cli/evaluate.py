"""`mcengine evaluate STUDY`: one deterministic evaluation, beside the figures the plan published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mcengine.cli.complete import one_of
from mcengine.cli.options import (
    LANGUAGES,
    POINTS,
    Faults,
    HorizonOption,
    JsonOption,
    SetOption,
    StudyArgument,
    open_study,
)
from mcengine.cli.pipeline_table import candidates
from mcengine.cli.printing import measure, number, percent, print_json, tick, width
from mcengine.cli.rows import BOTH, EXTRA, FROM_INPUTS, NEVER, RESULTS, ROWS, Row, find_row
from mcengine.cli.table import Column, render

if TYPE_CHECKING:
    from mcengine.analysis.evaluation import Comparison, Evaluation
    from mcengine.inputs.plan import Plan

_BLANK = Row("", "", "")
PIPELINE = "pipeline"  # the accounting, as in `inputs.plan`, which is slow to import


def evaluate(
    study: StudyArgument,
    settings: SetOption = None,
    horizon: HorizonOption = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="|".join(POINTS),
            help="Where uncertain inputs stand; the medians of the assumptions unless given.",
            autocompletion=one_of(POINTS),
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="|".join(LANGUAGES),
            help="Row names in one language, not both.",
            autocompletion=one_of(LANGUAGES),
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Evaluate a study once, without sampling, and print its cash flows.

    Example: mcengine evaluate replica --set leverage=1.2 --horizon 2050
    """
    faults = Faults()
    point = faults.choice("--at", at, POINTS)
    tongue = faults.choice("--language", language, LANGUAGES)
    opened = open_study(study, settings, horizon, faults)

    from mcengine.analysis.evaluation import evaluate as evaluate_study
    from mcengine.cli.progress import announce_compiling
    from mcengine.models.build import build_model

    model = build_model(opened)
    announce_compiling(model, sampling=False)
    evaluation = evaluate_study(opened, at=point, model=model)
    if json:
        print_json(evaluation.to_dict())
    else:
        print(text(evaluation, tongue or BOTH, width()))


def text(evaluation: Evaluation, language: str, columns: int) -> str:
    """The whole printed answer, `columns` characters wide where it can be."""
    parts = [_head(evaluation, language)]
    if evaluation.years:
        parts.append(_table(evaluation, language, columns))
    plan = evaluation.study.plan
    if plan is not None and evaluation.accounting == PIPELINE:
        parts.append(candidates(evaluation, plan, language, columns))
    parts.append(_results(evaluation, language))
    if evaluation.published:
        parts.append(_verdict(evaluation))
    return "\n\n".join(parts)


def starting_point(evaluation: Evaluation) -> str:
    """In words: where the inputs stand."""
    if not evaluation.study.uncertain:
        return "every input at a fixed value"
    names = ", ".join(member.set.name for member in evaluation.study.sets)
    if evaluation.at == "plan":
        return f"uncertain inputs at the plan's values, not at those of {names}"
    noun = "sets" if len(evaluation.study.sets) > 1 else "set"
    return f"uncertain inputs at the {evaluation.at}s of the assumption {noun} {names}"


def _in(language: str, nl: str, en: str) -> str:
    return Row("", nl, en).label(language)


def _head(evaluation: Evaluation, language: str) -> str:
    study = evaluation.study
    title = _in(language, study.title.get("nl", study.name), study.title.get("en", study.name))
    lines = [f"{study.name}: {title}", f"One evaluation, no sampling: {starting_point(evaluation)}."]
    if study.plan is not None:
        years = f"{study.plan.first_year}-{study.options.horizon}"
        luck = ", expected values: luck is drawn in runs only" if study.options.luck else ""
        lines += [_in(language, *_titles(study.plan)), f"{evaluation.accounting} accounting, {years}{luck}"]
    return "\n".join(lines)


def _titles(plan: Plan) -> tuple[str, str]:
    return plan.title.get("nl", plan.name), plan.title.get("en", plan.name)


def _cell(row: Row, value: float | None, decimals: int, language: str) -> str:
    if value is None:
        return ""
    tongue = "nl" if language == "nl" else "en"
    if row.percent:
        return percent(value, max(decimals - 2, 0), tongue)
    return number(value, decimals, tongue)


def _table(evaluation: Evaluation, language: str, columns: int) -> str:
    rows = [row for row in ROWS if any(row.quantity in year for year in evaluation.years)]
    extra = [row for row in EXTRA if any(row.quantity in year for year in evaluation.years)]
    order = [*rows, _BLANK, *extra]
    published: dict[int, dict[str, Comparison]] = {}
    for comparison in evaluation.published:
        if comparison.figure.year is not None:
            published.setdefault(comparison.figure.year, {})[comparison.figure.quantity] = comparison
    groups = []
    for year in evaluation.years:
        number_of, figures = int(year["year"]), published.get(int(year["year"]), {})
        cells = tuple(_cell(row, year.get(row.quantity), row.decimals, language) for row in order)
        group = [Column(str(number_of), cells)]
        if any(row.quantity in figures for row in order):
            plan = tuple(_figure(row, figures.get(row.quantity), language) for row in order)
            group.append(Column("plan", plan))
        groups.append(tuple(group))
    money = evaluation.units.get("cash_flow", "")
    caption = _in(language, "Kasstromen overheid", "government cash flows")
    legend = f"; plan: {_in(language, 'zoals gepubliceerd', 'as published')}" if published else ""
    labels = ["" if row is _BLANK else row.label(language) for row in order]
    return f"{caption} ({money}){legend}\n{render(labels, groups, columns)}"


def _figure(row: Row, comparison: Comparison | None, language: str) -> str:
    """A published figure as printed, with a tick when the computed one rounds to it."""
    if comparison is None:
        return ""
    figure = comparison.figure
    return f"{_cell(row, figure.value, figure.decimals, language)} {tick(comparison.matches)}"


def _results(evaluation: Evaluation, language: str) -> str:
    """The scalar outputs, and the published rates that follow from inputs, one a line."""
    listed: dict[str, tuple[float | str, Comparison | None]] = {}
    for name, value in evaluation.outputs.items():
        listed[name] = value, None
    tabled = {row.quantity for row in (*ROWS, *EXTRA)} if evaluation.years else set()
    for comparison in evaluation.published:
        name = comparison.figure.quantity.removesuffix(f"_{comparison.figure.study}")
        if name not in tabled:
            listed[name] = (comparison.computed, comparison)
    known = [row.quantity for row in (*RESULTS, *FROM_INPUTS)]
    names = sorted(listed, key=lambda name: known.index(name) if name in known else len(known))
    lines = []
    for name in names:
        row, (value, beside) = find_row(name), listed[name]
        unit = beside.figure.unit if beside is not None else evaluation.units.get(name, "")
        plan = f"plan {_figure(row, beside, language)}" if beside is not None else ""
        shown = _value(row, value, language)
        lines.append((row.label(language), shown, "" if unit in ("1", "year") else unit, plan))
    label, figure = (max(len(line[i]) for line in lines) for i in (0, 1))
    unit_width = max(len(line[2]) for line in lines)
    return "\n".join(
        f"{a.ljust(label)}  {b.rjust(figure)}  {c.ljust(unit_width)}  {d}".rstrip() for a, b, c, d in lines
    )


def _value(row: Row, value: float | str, language: str) -> str:
    if isinstance(value, str):
        return NEVER[language]
    if row.quantity == "payback_year":
        return str(int(value))
    if row not in RESULTS and row not in FROM_INPUTS:
        return measure(value, "nl" if language == "nl" else "en")
    return _cell(row, value, row.decimals, language)


def _verdict(evaluation: Evaluation) -> str:
    """How many of the published figures come out, and which do not: published against computed."""
    matching = sum(comparison.matches for comparison in evaluation.published)
    count = f"{matching} of {len(evaluation.published)} published figures"
    lines = [f"{count} come out at their published rounding{_elsewhere(evaluation)}."]
    for comparison in evaluation.published:
        if not comparison.matches:
            figure = comparison.figure
            where = f" {figure.year}" if figure.year is not None else ""
            printed, computed = number(figure.value, figure.decimals), measure(comparison.computed)
            values = f"published {printed}, computed {computed} {figure.unit}"
            lines.append(f"  {tick(False)} {figure.quantity}{where}: {values} ({figure.source})")
    return "\n".join(lines)


def _elsewhere(evaluation: Evaluation) -> str:
    """Where the plan's other published figures are compared."""
    plan = evaluation.study.plan
    figures = () if plan is None else plan.published
    others = sorted({figure.study for figure in figures} - {"", evaluation.study.name})
    rest = sum(figure.study in others for figure in figures)
    return f"; {rest} more of the plan's {len(figures)} belong to {', '.join(others)}" if rest else ""
