"""Sections with the outcome itself: the assumption sets, the distribution and the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcengine.analysis.result import OutputResult, Statistic, YearlyResult
from mcengine.report import figures, tables
from mcengine.report.context import Context, View
from mcengine.report.language import PERCENT, Language, Shown
from mcengine.report.style import Picture, picture


def sets(context: Context) -> View | None:
    """Results of each pooled assumption set beside the pool's."""
    result, language = context.result, context.language
    if not result.sets or not context.uncertain:
        return None
    weights = {member.set.name: member.weight for member in result.study.sets}
    members: list[tuple[str, float | None, Mapping[str, OutputResult]]]
    members = [(context.set_titles[name], weights[name], outputs) for name, outputs in result.sets.items()]
    figures_shown = tables.key_figures(result.outputs) or tables.plain_figures(context.output)
    groups = [*members, (language("sets.pool"), None, result.outputs)]
    rows = [
        {
            "label": language(key),
            "unit": "" if statistic == "prob_positive" else context.unit_of(result.outputs[output]),
            "cells": [context.shown(outputs[output], statistic) for _, _, outputs in groups],
        }
        for output, statistic, key in figures_shown
    ]
    ranges = [(name, outputs[context.name].statistics) for name, _, outputs in groups]
    return {
        "columns": [name for name, _, _ in groups],
        "weights": ["" if weight is None else language.percent(weight, 1) for _, weight, _ in groups],
        "rows": rows,
        "picture": whisker_picture(language, "sets", ranges, context.name, context.output.unit),
    }


def whisker_picture(
    language: Language,
    name: str,
    ranges: Sequence[tuple[str, Mapping[str, Statistic]]],
    output: str,
    unit: str,
) -> Picture:
    """Ranges of one output side by side, with caption and alternative text."""
    label = language.label(output)
    texts = []
    for title, statistics in ranges:
        shown = {key: language.statistic(statistics[key]).value for key in ("p05", "p50", "p95") if key in statistics}
        if len(shown) == 3:
            texts.append(language("figure.whiskers_row", name=title, **shown))
    alt = language("figure.whiskers_alt", label=label, rows="; ".join(texts))
    return picture(name, figures.whiskers(language, ranges, label, unit), language("figure.whiskers"), alt)


def distribution(context: Context) -> View | None:
    """The histogram and the S-curve of the headline output."""
    language, output = context.language, context.output
    if not context.uncertain or output.distribution is None or "prob_positive" not in output.statistics:
        return None
    if len(output.distribution.counts) < 2:
        return None
    label, unit = language.label(output.name), context.unit(output.unit)
    chance = language.statistic(output.statistics["prob_positive"], PERCENT, most=2)
    values = {
        name: language.statistic(s).value for name, s in output.statistics.items() if name in ("p05", "p50", "p95")
    }
    shortfall = context.shown(output, "expected_shortfall_05") or Shown("")
    alt = {"label": label, "p": chance.value, "unit": unit, **values}
    text = {"p": chance.value, "interval": chance.interval, "unit": unit}
    parts = [(context.set_titles[name], outputs[output.name]) for name, outputs in context.result.sets.items()]
    curve_caption = language("figure.s_curve", **text) + (f" {language('figure.s_curve_sets')}" if parts else "")
    return {
        "pictures": [
            picture(
                f"{output.name}_distribution",
                figures.density(language, output, label, chance.value),
                language("figure.density", es=shortfall.value, es_interval=shortfall.interval, **text).replace(
                    " .", "."
                ),
                language("figure.density_alt", **alt).replace(" .", "."),
            ),
            picture(
                f"{output.name}_s_curve",
                figures.s_curve(language, output, label, chance.value, parts),
                curve_caption,
                language("figure.s_curve_alt", **alt).replace(" .", "."),
            ),
        ]
    }


def years(context: Context) -> View | None:
    """Fan charts of the yearly quantities, each with its table; bars where nothing varies."""
    result, language = context.result, context.language
    names = [name for name in tables.YEARLY_FIGURES if name in result.years] or list(result.years)[:2]
    if not names:
        return None
    intro = language("years.intro_fixed")
    if context.uncertain:
        counts = {"draws": result.years[names[0]].draws, "total": result.draws}
        intro = language("years.intro", **{name: language.number(count, 0) for name, count in counts.items()})
    return {"intro": intro, "parts": [_yearly(context, result.years[name]) for name in names]}


def _yearly(context: Context, yearly: YearlyResult) -> View:
    language = context.language
    columns = [n for n in ("p05", "p25", "p50", "p75", "p95", "mean") if n in next(iter(yearly.bands.values()))]
    if not context.uncertain:
        columns = ["mean"]
    rows = []
    for year, band in yearly.bands.items():
        chosen = [band[name] if context.uncertain else Statistic(band[name].value) for name in columns]
        rows.append({"year": year, "cells": [language.statistic(statistic, most=2) for statistic in chosen]})
    heads = [language(f"statistics.{name}") for name in columns] if context.uncertain else [language("page.value")]
    title = f"{language.label(yearly.name)}, {language.unit(yearly.unit)}"
    return {
        "title": title[0].upper() + title[1:],
        "caption": language("years.draws", draws=language.number(yearly.draws, 0)) if context.uncertain else "",
        "columns": heads,
        "rows": rows,
        "picture": _yearly_picture(context, yearly),
    }


def _yearly_picture(context: Context, yearly: YearlyResult) -> Picture | None:
    language, label = context.language, context.language.label(yearly.name)
    years = list(yearly.bands)
    span = {"label": label, "first": years[0], "last": years[-1], "unit": context.unit(yearly.unit)}
    last = yearly.bands[years[-1]]
    if not context.uncertain:
        value = language.statistic(Statistic(last["mean"].value)).value
        key = "figure.line_cash_flow" if yearly.name == "cash_flow" else "figure.line"
        caption = language(key, year=years[-1], value=value, unit=span["unit"])
        alt = language("figure.line_alt", value=value, **span)
        return picture(f"{yearly.name}_years", figures.bars(language, yearly, label), caption, alt)
    bands = {name: language.statistic(last[name]) for name in ("p05", "p50", "p95")}
    if any(shown.low == "" and last[name].value is None for name, shown in bands.items()):
        return None
    texts: dict[str, str] = {name: shown.value for name, shown in bands.items()}
    caption_texts = {**texts, **{f"{name}_interval": shown.interval for name, shown in bands.items()}}
    plan = _plan_line(context, yearly.name)
    caption_texts["draws"] = language.number(yearly.draws, 0)
    caption = language("figure.fan", year=years[-1], unit=span["unit"], **caption_texts)
    caption += f" {language('figure.fan_plan')}" if plan else ""
    alt = language("figure.fan_alt", **span, **texts)
    return picture(f"{yearly.name}_years", figures.fan(language, yearly, label, plan), caption, alt)


def _plan_line(context: Context, quantity: str) -> dict[int, float]:
    """The quantity by year in the study that reproduces the plan; empty when there is none."""
    if context.published is None:
        return {}
    return {int(row["year"]): row[quantity] for row in context.published.evaluation.years if quantity in row}
