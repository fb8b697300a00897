"""The opening of the report: the answer in three sentences, what the sets say before it, and the key figures."""

from __future__ import annotations

from collections.abc import Sequence

from mcengine.analysis.break_even_result import BreakEvenResult
from mcengine.analysis.result import Statistic
from mcengine.analysis.shapley_result import ShapleyResult
from mcengine.analysis.side_by_side import Side
from mcengine.analysis.sobol_result import SobolResult
from mcengine.report import tables
from mcengine.report.context import Context, View
from mcengine.report.language import PERCENT, Language, style_of

NO_BREAK = "\N{NO-BREAK SPACE}"
FIGURES = 3  # significant digits of a break-even value
MOST, LEAST, SMALL = 3, 2, 0.05  # assumptions named: two or three, the third when it carries this much


def headline(context: Context) -> View:
    """The sentences of the answer and the key figures."""
    language, study = context.language, context.result.study
    if not context.uncertain:
        first, *reading = _decisive(context) or [""]
        sentences = [text for text in (language("headline.fixed"), *_fixed_values(context), first) if text]
        return {"before": _before(context), "sentences": sentences, "reading": reading, "rows": []}
    money = study.plan is not None and context.name == "npv"
    sentences = _npv_sentences(context) if money else _other_sentences(context)
    reading = [language("headline.reading", level=context.level)]
    if decisive := _decisive(context):
        sentences.append(decisive[0])
        reading += decisive[1:]
    if context.result.stopping is not None and not all(one.met for one in context.result.stopping.reached):
        sentences.append(language("headline.not_reached"))
    rows = []
    for name, statistic, key in tables.key_figures(context.result.outputs):
        part = context.result.outputs[name]
        unit = "" if statistic == "prob_positive" else context.unit_of(part)
        rows.append({"label": language(key), "shown": context.shown(part, statistic), "unit": unit})
    return {
        "before": _before(context),
        "sentences": sentences,
        "reading": reading,
        "rows": rows,
        "precision": language("page.precision_long", level=context.level),
        "further": _further(context),
    }


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


def _before(context: Context) -> list[str]:
    """Whether the assumption sets give the same answer: said first, pooled sets before those beside the run."""
    language = context.language
    if context.name != "npv":
        return []
    if context.result.sets:
        found = [(context.set_titles[name], outputs["npv"]) for name, outputs in context.result.sets.items()]
        ends = extremes(language, [(title, output.statistics["prob_positive"]) for title, output in found])
        return [language(f"headline.{'sets_disagree' if ends else 'sets_agree'}", count=len(found), **ends)]
    sides = context.pack.sides
    if sides is None:
        return []
    ends = extremes(language, [(context.title(side.title, side.name), chance) for side, chance in sides.chances])
    if not ends:
        return []
    plan = next(
        (language("headline.sides_plan", value=_npv(context, side)) for side in sides.sides if side.draws == 1), ""
    )
    own = context.title(context.result.study.title, context.result.study.name)
    return [language("headline.sides_disagree", plan=plan, own=own, **ends)]


def _npv(context: Context, side: Side) -> str:
    return unbroken(context.language.billions(side.statistics["mean"], context.output.unit))


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
    low, high, mean = (unbroken(language.billions(statistics[name], output.unit)) for name in ("p05", "p95", "mean"))
    sentences = [language("headline.chance", p=chance.value, interval=chance.interval)]
    if statistics["p05"].value is not None and statistics["p95"].value is not None:
        return [*sentences, language("headline.range", low=low, high=high, mean=mean, horizon=horizon)]
    return [*sentences, language("headline.mean", mean=mean)]


def unbroken(text: str) -> str:
    """`text` with spaces at which a line does not break: an amount stays in one piece."""
    return text.replace(" ", NO_BREAK)


def _decisive(context: Context) -> list[str]:
    """The sentence on what decides the outcome, then what to know of its terms; empty when nothing was analysed."""
    language = context.language
    kanteling = context.analysis(BreakEvenResult)
    points = None if kanteling is None or kanteling.output != context.name else kanteling
    top, terms = _shares(context)
    if not top and points is None:
        return []
    about = [language(f"headline.break_even_{points.at}", standing=points.standing)] if points is not None else []
    if not top:
        assert points is not None
        rows = [_point(context, points, one.name) for one in points.found[:MOST]]
        named = [f"{context.label(one.name)} ({row})" for one, row in zip(points.found, rows, strict=False)]
        return [language("headline.nearest", list=language.listed(named)), *about] if named else []
    texts = []
    for name, share in top:
        parts = [share] if points is None or name not in points.inputs else [share, _point(context, points, name)]
        texts.append(f"{context.label(name)} ({'; '.join(parts)})")
    return [language("headline.decisive", list=language.listed(texts)), terms, *about]


def _shares(context: Context) -> tuple[list[tuple[str, str]], str]:
    """(input, its share as text) of the two or three inputs that carry most of the variance; what the shares are."""
    shapley, sobol = context.analysis(ShapleyResult), context.analysis(SobolResult)
    if shapley is not None and shapley.output == context.name:
        method, found = shapley.method, [(effect.name, effect.share) for effect in shapley.ordered]
    elif sobol is not None and sobol.response == context.name and sobol.inputs:
        method = sobol.method if sobol.apart is None else f"{sobol.method}_apart"
        found = [(factor.name, factor.st) for factor in sobol.inputs.values()]
        found.sort(key=lambda row: -float(row[1].value or 0.0))
    else:
        return [], ""
    chosen = [row for k, row in enumerate(found[:MOST]) if k < LEAST or float(row[1].value or 0.0) >= SMALL]
    language, texts = context.language, []
    for name, share in chosen:
        shown = language.statistic(share, PERCENT, most=0)
        texts.append((name, language("headline.share", share=f"{shown.value} {shown.margin}".strip())))
    return texts, language(f"headline.share_{method}")


def _point(context: Context, found: BreakEvenResult, name: str) -> str:
    """The break-even value of one input, with the value it starts from."""
    language, one = context.language, found.inputs[name]
    if one.value is None:
        return language("headline.no_break_even")
    value, start = (language.significant(number, FIGURES) for number in (one.value, one.start))
    return language("headline.break_even", value=value, start=start)


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
    return sentences


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
            value = unbroken(language.money(shown.value, output.unit))
            sentences.append(language("headline.fixed_npv", value=value, horizon=context.result.study.options.horizon))
        else:
            unit = "" if output.kind == "year" else context.unit(output.unit)
            text = language("headline.fixed_value", label=language.label(output.name), value=shown.value, unit=unit)
            sentences.append(f"{text.strip()[:1].upper()}{text.strip()[1:]}.")
    return sentences
