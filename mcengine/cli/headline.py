"""The headline of a run: what the numbers say, each with its unit and interval.

Figures are rounded as the report rounds them: an interval decides how many digits are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mcengine.cli.printing import number

if TYPE_CHECKING:
    from mcengine.analysis.result import OutputResult, Result
    from mcengine.analysis.until import Stopping

_FIRST = {"npv": "net present value", "bcr": "benefit-cost ratio", "payback_year": "payback year"}
"""Outputs in the order in which they are printed; any others follow."""

_PRECISION = """\
Figures in brackets are 95% intervals of the computation: how exactly the figures follow from the assumptions,
not how sure the assumptions are."""

_NOTHING_VARIES = "No input of this study is uncertain, so every draw is the same."


def headline(result: Result, out: str | None) -> str:
    """What a run prints on a terminal: answer, range, payback, digest and where the report is."""
    study = result.study
    horizon = "" if study.plan is None else f", {study.plan.first_year}-{study.options.horizon}"
    parts = [
        f"{study.name}: {study.title.get('en', study.name)}\n"
        f"{result.draws:,} draws in {result.replicates} replicates, seed {result.seed}, "
        f"{result.sampler} points{horizon}"
    ]
    names = [name for name in _FIRST if name in result.outputs]
    names += [name for name in result.outputs if name not in _FIRST]
    parts += [_output(result.outputs[name]) for name in names] if study.varies else [_fixed(result, names)]
    if result.sets:
        parts.append("\n".join(["by assumption set", *(_set(name, found) for name, found in result.sets.items())]))
    parts.append(_PRECISION if study.varies else _NOTHING_VARIES)
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    if remarks:
        parts.append("\n".join(remarks))
    if result.stopping is not None:
        parts.append(_stopping(result.stopping))
    parts.append(f"digest {result.digest}\n{_speed(result)}\n{_where(out)}")
    return "\n\n".join(parts)


def _stopping(stopping: Stopping) -> str:
    """Why a run with --until stopped, and what it reached."""
    looks = f"look {stopping.looks} of {stopping.planned} planned"
    lines = [f"stopped: {stopping.why} ({looks}; intervals are {stopping.level:.2%} ones to allow for the looks)"]
    for one in stopping.reached:
        reached = "cannot be computed yet" if one.half_width is None else f"half-width {one.half_width:.4g}"
        allowed = "" if one.allowed is None else f", {'within' if one.met else 'above'} {one.allowed:.4g}"
        lines.append(f"  {one.target.text:28}  {reached}{allowed}")
    return "\n".join(lines)


def _speed(result: Result) -> str:
    threads = f"{result.threads} thread{'s' if result.threads != 1 else ''}"
    rate = f", {result.draws / result.seconds:,.0f} draws/s" if result.seconds > 0 else ""
    return f"{result.seconds:.2f} s on {threads}{rate}"


def _where(out: str | None) -> str:
    if out is None:
        return "Nothing was written. Add --out DIR to keep the results and the report."
    folder = Path(out)
    return f"report: {folder / 'report.en.html'} (Dutch: {folder / 'report.nl.html'}); all files: {folder}"


def _fixed(result: Result, names: list[str]) -> str:
    """The one value of each output of a study in which nothing varies."""
    lines = []
    for name in names:
        output = result.outputs[name]
        value = "p50" if "share_never" in output.statistics else "mean"
        lines.append(_line(_FIRST.get(name, name), output, value))
    return "\n".join(lines)


def _output(output: OutputResult) -> str:
    """The lines of one output: its chance of being positive, range and tail; or its years."""
    statistics, unit = output.statistics, _unit(output)
    lines = [_FIRST.get(output.name, output.name) + (f" ({unit})" if unit else "")]
    pays = "chance that the plan pays, " if output.name == "npv" else ""
    labels = {
        "share_never": "never",
        "prob_positive": f"{pays}P({_symbol(output)} > 0)",
        "mean": "mean",
        "p05": "P5",
        "p50": "median",
        "p95": "P95",
        "expected_shortfall_05": "expected shortfall, mean of the worst 5%",
    }
    if output.name == "bcr":  # a quotient of money: above 0 as soon as there are receipts
        del labels["prob_positive"], labels["expected_shortfall_05"]
    lines += [_line(label, output, name) for name, label in labels.items() if name in statistics]
    return "\n".join(lines)


def _set(name: str, outputs: Mapping[str, OutputResult]) -> str:
    """One line of a pooled assumption set: its own chance and mean of the first output."""
    output = next(iter(outputs.values()))
    label = f"{name}, {number(output.draws)} draws"
    if not output.statistics:
        return _labelled(label, "no draws")
    share, mean = _text(output, "prob_positive"), _text(output, "mean")
    return _labelled(label, f"P({_symbol(output)} > 0) {share}, mean {mean} {_unit(output)}".rstrip())


def _symbol(output: OutputResult) -> str:
    return "NPV" if output.name == "npv" else output.name


def _unit(output: OutputResult) -> str:
    return "" if output.unit in ("1", "year") else output.unit


def _labelled(label: str, text: str) -> str:
    return f"  {label.ljust(42)}  {text}"


def _line(label: str, output: OutputResult, name: str) -> str:
    share, refused = name in ("prob_positive", "share_never"), output.statistics[name].value is None
    unit = "" if share or refused else _unit(output)
    return _labelled(label, f"{_text(output, name)} {unit}".rstrip())


def _text(output: OutputResult, name: str) -> str:
    """A statistic in the report's digits: "12.3% [12.2% to 12.4%]"; why it is not given, when it is not."""
    from mcengine.report.language import MINUS, Language, style_of

    statistic = output.statistics[name]
    if statistic.value is None:
        return f"(not given: {statistic.note})"
    shown = Language("en").statistic(statistic, style_of(output.kind, name))
    bounds = f" [{shown.interval}]" if {shown.low, shown.high} - {"", shown.value} else ""
    return f"{shown.value}{bounds}".replace(MINUS, "-")
