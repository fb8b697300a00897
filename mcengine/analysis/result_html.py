"""A result as a small HTML table, for notebooks: the headline statistics of each output with their intervals.

>>> from mcengine.analysis.result import Statistic
>>> shown(Statistic(0.062683, (0.062478, 0.062888)), percent=True)
('6.268%', '6.248% to 6.289%')
>>> shown(Statistic(None, None, "too few draws"))
('not given', 'too few draws')
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcengine.analysis.result import OutputResult, Result, Statistic

_LABELS = {
    "prob_positive": "P({name} > 0)",
    "share_never": "never",
    "mean": "mean",
    "p05": "P5",
    "p50": "median",
    "p95": "P95",
    "expected_shortfall_05": "mean of the worst 5%",
}
_SHARES = ("prob_positive", "share_never")
_NOT_OF_A_RATIO = ("prob_positive", "expected_shortfall_05")
"""Left out for the benefit-cost ratio, which is above 0 as soon as there are receipts."""

_PRECISION = (
    "95% intervals of the computation: how exactly the figures follow from the assumptions, not how sure the "
    "assumptions are."
)
_NOTHING_VARIES = "No input of this study is uncertain, so every draw is the same."


def html(result: Result) -> str:
    """The table of `result`; every text in it is escaped."""
    study = result.study
    caption = (
        f"{study.name}: {study.title.get('en', study.name)}. {result.draws:,} draws in {result.replicates} "
        f"replicates, seed {result.seed}"
    )
    lines = _lines if study.varies else _fixed
    rows = "".join(_row(cells) for output in result.outputs.values() for cells in lines(output))
    heading = "".join(f"<th>{text}</th>" for text in ("output", "", "value", "95% interval", "unit"))
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p><small>{_PRECISION if study.varies else _NOTHING_VARIES}</small></p>"
    )


def shown(statistic: Statistic, percent: bool = False, year: bool = False) -> tuple[str, str]:
    """The value and its interval as text; without a value "not given" and why."""
    if statistic.value is None:
        return "not given", statistic.note
    values = (statistic.value, *(statistic.ci95 or ()))
    decimals = 0 if year else _decimals([float(v) * (100 if percent else 1) for v in values if not isinstance(v, str)])
    texts = [_text(value, decimals, percent, year) for value in values]
    return texts[0], " to ".join(texts[1:])


def _lines(output: OutputResult) -> Iterable[tuple[str, ...]]:
    for name, label in _LABELS.items():
        if name not in output.statistics or (output.name == "bcr" and name in _NOT_OF_A_RATIO):
            continue
        share = name in _SHARES
        value, interval = shown(output.statistics[name], percent=share, year=output.kind == "year" and not share)
        unit = "" if share or output.unit in ("1", "year") else output.unit
        yield output.name, label.format(name=output.name), value, interval, unit


def _fixed(output: OutputResult) -> Iterable[tuple[str, ...]]:
    """The one value of an output that every draw has: of a year its median, or that it never comes."""
    year = output.kind == "year"
    statistics = output.statistics
    never = year and statistics["share_never"].value == 1.0
    value = "never" if never else shown(replace(statistics["p50" if year else "mean"], ci95=None), year=year)[0]
    yield output.name, "", value, "", "" if output.unit in ("1", "year") else output.unit


def _row(cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _decimals(values: list[float]) -> int:
    """Decimals that show two digits of the interval's half-width; six digits of a value without one."""
    value, bounds = values[0], values[1:]
    half = max((abs(bound - value) for bound in bounds), default=0.0)
    if half > 0.0:
        return min(max(1 - math.floor(math.log10(half)), 0), 6)
    return 2 if value == 0.0 else min(max(5 - math.floor(math.log10(abs(value))), 0), 6)


def _text(value: float | str, decimals: int, percent: bool, year: bool) -> str:
    if isinstance(value, str):
        return value
    if year:
        return f"{value:.0f}"
    return f"{100 * value:,.{decimals}f}%" if percent else f"{value:,.{decimals}f}"
