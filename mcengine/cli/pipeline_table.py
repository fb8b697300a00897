"""What `mcengine evaluate` prints of pipeline accounting: candidates and money by year and phase, and what is short."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mcengine.cli.printing import number
from mcengine.cli.rows import Row
from mcengine.cli.table import Column, render

if TYPE_CHECKING:
    from mcengine.analysis.evaluation import Evaluation
    from mcengine.inputs.plan import Phase, Plan

LAUNCHED = (
    Row("launches", "Nieuwe medicijnen die meetellen", "launches that count", decimals=2),
    Row("candidates_launched", "Alle gelanceerde kandidaten", "all candidates launched", decimals=2),
)
LEFT_OVER = (
    Row("unspent", "Programmageld over", "programme money left"),
    Row("unspent_public", "- Waarvan publiek", "of which public"),
    Row("unspent_grown", "Geld uit structurele groei over", "money of structural growth left"),
)
BY_PHASE = (
    Row("started", "gestart", "started", decimals=2),
    Row("waiting", "wachtend", "waiting", decimals=2),
    Row("unspent", "programmageld over", "programme money left"),
    Row("lack_candidates", "kandidaten te weinig", "candidates short", decimals=1),
    Row("lack_money", "geld te weinig", "money short"),
)
"""Of each phase in turn: quantity `NAME_PHASE`."""

_WORDS = {
    "en": {
        "note": "waiting: the programme's own candidates in the queue at the end of the year. candidates short: how "
        "many more the money left would have paid for. money short: what the own candidates left without money would "
        "have cost.",
        "lack_candidates": "Candidates ran short: {phases}.",
        "lack_money": "Money ran short: {phases}.",
        "nowhere": "nowhere",
        "spent": "All programme money is spent by the end of {year}.",
        "left": "At the end of {year}, {total} {money} of programme money is unspent: {public} public and {private} "
        "private, which the plan's leverage counts on. Most of it, {most}, lies in {phase}.",
    },
    "nl": {
        "note": "wachtend: eigen kandidaten in de rij aan het eind van het jaar. kandidaten te weinig: hoeveel er nog "
        "van het overgebleven geld betaald hadden kunnen worden. geld te weinig: wat de eigen kandidaten zonder geld "
        "hadden gekost.",
        "lack_candidates": "Kandidaten kwamen tekort: {phases}.",
        "lack_money": "Geld kwam tekort: {phases}.",
        "nowhere": "nergens",
        "spent": "Al het programmageld is eind {year} uitgegeven.",
        "left": "Eind {year} is {total} {money} programmageld niet uitgegeven: {public} publiek en {private} privaat, "
        "waar de hefboom van het plan op rekent. Het meeste, {most}, ligt bij {phase}.",
    },
}


def candidates(evaluation: Evaluation, plan: Plan, language: str, columns: int) -> str:
    """The table of candidates and money by phase and year, then in words what was short and what is left."""
    rows: list[tuple[Row, str]] = [(row, row.quantity) for row in (*LAUNCHED, *LEFT_OVER)]
    labels = [row.label(language) for row, _ in rows]
    for phase in plan.phases:
        name = Row("", _name(phase, "nl"), _name(phase, "en")).label(language)
        shown = [(row, f"{row.quantity}_{phase.name}") for row in BY_PHASE]
        shown = [
            (row, quantity) for row, quantity in shown if any(_seen(year[quantity], row) for year in evaluation.years)
        ]
        rows += [(Row("", "", ""), ""), *shown]
        labels += ["", *(f"{name}: {row.label(language)}" for row, _ in shown)]
    tongue = "nl" if language == "nl" else "en"
    groups = [(Column(str(int(year["year"])), _cells(year, rows, tongue)),) for year in evaluation.years]
    caption = Row("", "Kandidaten en geld per fase", "candidates and money by phase").label(language)
    table = f"{caption} ({evaluation.units['unspent']})\n{render(labels, groups, columns)}"
    words = [_WORDS[tongue]["note"], *_short(evaluation, plan, tongue), _left(evaluation, plan, tongue)]
    return "\n\n".join((table, "\n".join(textwrap.fill(text, columns) for text in words)))


def _name(phase: Phase, language: str) -> str:
    return phase.label.get(language, phase.name)


def _seen(value: float, row: Row) -> bool:
    """Whether `value` is printed as anything but zero."""
    return value >= 0.5 * 10.0**-row.decimals


def _cells(year: Mapping[str, float], rows: Sequence[tuple[Row, str]], language: str) -> tuple[str, ...]:
    """The cells of one year; what is none at all stays empty, so that what is short stands out."""
    found = [(year.get(quantity, 0.0), row) for row, quantity in rows]
    return tuple(number(value, row.decimals, language) if _seen(value, row) else "" for value, row in found)


def _short(evaluation: Evaluation, plan: Plan, language: str) -> list[str]:
    """Which phases lacked candidates and which lacked money, and when."""
    words, lines = _WORDS[language], []
    for row in BY_PHASE[-2:]:
        found = []
        for phase in plan.phases:
            quantity = f"{row.quantity}_{phase.name}"
            years = [int(year["year"]) for year in evaluation.years if _seen(year[quantity], row)]
            found += [f"{_name(phase, language)} {_spans(years)}"] if years else []
        lines.append(words[row.quantity].format(phases="; ".join(found) or words["nowhere"]))
    return lines


def _spans(years: Sequence[int]) -> str:
    """Years as "2026-2028, 2031"."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in spans)


def _left(evaluation: Evaluation, plan: Plan, language: str) -> str:
    """What programme money is left at the end, whose it is, and in which phase most of it lies."""
    end, words = evaluation.years[-1], _WORDS[language]
    year, unspent, public = int(end["year"]), end["unspent"], end["unspent_public"]
    if not _seen(unspent, LEFT_OVER[0]):
        return words["spent"].format(year=year)
    phase = max(plan.phases, key=lambda phase: end[f"unspent_{phase.name}"])
    return words["left"].format(
        year=year,
        total=number(unspent, 1, language),
        money=evaluation.units["unspent"],
        public=number(public, 1, language),
        private=number(unspent - public, 1, language),
        most=number(end[f"unspent_{phase.name}"], 1, language),
        phase=_name(phase, language),
    )
