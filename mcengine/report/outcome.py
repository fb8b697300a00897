"""Sections with the outcome itself: the answer, the assumption sets, the distribution and the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcengine.analysis.result import OutputResult, Statistic, YearlyResult
from mcengine.report import figures, tables
from mcengine.report.context import Context, View
from mcengine.report.language import PERCENT, Language, Shown, style_of
from mcengine.report.style import Picture, picture

NO_BREAK = "\N{NO-BREAK SPACE}"


def headline(context: Context) -> View:
    """The sentences of the answer and the key figures."""
    language, study = context.language, context.result.study
    if not context.uncertain:
        return {"sentences": [language("headline.fixed"), *_fixed_values(context)], "rows": []}
    sentences = (
        _npv_sentences(context) if study.plan is not None and context.name == "npv" else _other_sentences(context)
    )
    if context.result.sets and context.name == "npv":
        sentences.insert(0, _between_sets(context))
    if context.result.stopping is not None and not all(one.met for one in context.result.stopping.reached):
        sentences.append(language("headline.not_reached"))
    rows = []
    for name, statistic, key in tables.key_figures(context.result.outputs):
        part = context.result.outputs[name]
        unit = "" if statistic == "prob_positive" else context.unit_of(part)
        rows.append({"label": language(key), "shown": context.shown(part, statistic), "unit": unit})
    precision = language("page.precision_long", level=context.level)
    return {"sentences": sentences, "rows": rows, "precision": precision, "further": _further(context)}


def _further(context: Context) -> View | None:
    """The main statistics of the outputs that this run watched besides the usual ones; None when there are none."""
    outputs, names = tables.further_outputs(context.result), ("prob_positive", "mean", "p05", "p50", "p95")
    if not outputs:
        return None
    rows = [
        {
            "label": context.language.label(output.name),
            "unit": context.unit_of(output),
            "cells": [context.shown(output, name) for name in names],
        }
        for output in outputs
    ]
    return {"columns": [context.language(f"statistics.{name}") for name in names], "rows": rows}


def _between_sets(context: Context) -> str:
    """Whether the pooled assumption sets give the same answer."""
    found = [(context.set_titles[name], outputs["npv"]) for name, outputs in context.result.sets.items()]
    chances = [(title, output.statistics["prob_positive"]) for title, output in found if output.statistics]
    ends = extremes(context.language, chances)
    key = "headline.sets_disagree" if ends else "headline.sets_agree"
    return context.language(key, count=len(found), **ends)


def extremes(language: Language, chances: Sequence[tuple[str, Statistic]]) -> dict[str, str]:
    """The lowest and highest of some chances as texts, where their intervals lie apart; else empty.

    chances  (name, statistic); those without an interval are left out
    """
    known = [
        (name, s, s.value, s.ci95) for name, s in chances if s.ci95 is not None and isinstance(s.value, float | int)
    ]
    if len(known) < 2:
        return {}
    low, high = min(known, key=lambda row: row[2]), max(known, key=lambda row: row[2])
    if float(low[3][1]) >= float(high[3][0]):
        return {}
    texts: dict[str, str] = {}
    for end, (name, statistic, *_) in (("low", low), ("high", high)):
        shown = language.statistic(statistic, PERCENT, most=2)
        texts |= {end: shown.value, f"{end}_interval": shown.interval, f"{end}_name": name}
    return texts


def _npv_sentences(context: Context) -> list[str]:
    language, output = context.language, context.output
    statistics, horizon = output.statistics, context.result.study.options.horizon
    chance = language.statistic(statistics["prob_positive"], PERCENT, most=2)
    low, high, mean = (_unbroken(language.billions(statistics[name], output.unit)) for name in ("p05", "p95", "mean"))
    sentences = [language("headline.chance", p=chance.value, interval=chance.interval)]
    if statistics["p05"].value is not None and statistics["p95"].value is not None:
        sentences.append(language("headline.range", low=low, high=high, horizon=horizon))
    return [*sentences, language("headline.mean", mean=mean), language("headline.reading", level=context.level)]


def _unbroken(text: str) -> str:
    """`text` with spaces at which a line does not break: an amount stays in one piece."""
    return text.replace(" ", NO_BREAK)


def _other_sentences(context: Context) -> list[str]:
    language, output = context.language, context.output
    label, unit = language.label(output.name), context.unit(output.unit)
    if unit:
        unit = language("headline.other_unit", unit=unit)
    shown = {
        name: language.statistic(output.statistics[name])
        for name in ("mean", "p05", "p95")
        if name in output.statistics
    }
    sentences = []
    if "mean" in shown:
        mean = shown["mean"]
        sentences.append(
            language("headline.other_mean", label=label, mean=mean.value, interval=mean.interval, unit=unit)
        )
    if "p05" in shown and shown["p05"].low and shown["p95"].low:
        low, high = shown["p05"], shown["p95"]
        ends = {"low_interval": low.interval, "high_interval": high.interval}
        sentences.append(language("headline.other_range", label=label, low=low.value, high=high.value, **ends))
    if "prob_positive" in output.statistics:
        chance = language.statistic(output.statistics["prob_positive"], PERCENT, most=2)
        sentences.append(language("headline.other_chance", label=label, p=chance.value, interval=chance.interval))
    return [*sentences, language("headline.reading", level=context.level)]


def _fixed_values(context: Context) -> list[str]:
    """The outputs of a study in which every draw is the same."""
    language, sentences = context.language, []
    for output in context.result.outputs.values():
        statistic = output.statistics.get("p50" if output.kind == "year" else "mean")
        if statistic is None or statistic.value is None:
            continue
        only = Statistic(statistic.value)
        shown = language.statistic(only, style_of(output.kind, "mean"))
        if output.name == "npv" and context.result.study.plan is not None:
            value = _unbroken(language.money(shown.value, output.unit))
            sentences.append(language("headline.fixed_npv", value=value, horizon=context.result.study.options.horizon))
        else:
            unit = "" if output.kind == "year" else context.unit(output.unit)
            text = language("headline.fixed_value", label=language.label(output.name), value=shown.value, unit=unit)
            sentences.append(f"{text.strip()[:1].upper()}{text.strip()[1:]}.")
    return sentences


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
        caption = language("figure.line", year=years[-1], value=value, unit=span["unit"])
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
