"""The opening of the report: the answer in three sentences, what the sets say before it, and the key figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mcengine.analysis.result import Statistic
from mcengine.analysis.side_by_side import Side
from mcengine.analysis.variant_choices import HORIZON, SPENDING
from mcengine.report import tables
from mcengine.report.context import Context, View
from mcengine.report.decisive import decisive
from mcengine.report.language import PERCENT, Language, digits, style_of
from mcengine.report.terms_words import changes

NO_BREAK = "\N{NO-BREAK SPACE}"
BILLION = 1000.0  # in millions; amounts from here on are told in billions


def headline(context: Context) -> View:
    """The sentences of the answer and the key figures."""
    language, study = context.language, context.result.study
    if not context.uncertain:
        first, *reading = decisive(context) or [""]
        sentences = [text for text in (language("headline.fixed"), *_fixed_values(context), first) if text]
        return {"before": _before(context), "sentences": sentences, "reading": reading, "rows": []}
    money = study.plan is not None and context.name == "npv"
    sentences = _npv_sentences(context) if money else _other_sentences(context)
    reading = [language("headline.reading", level=context.level)]
    if told := decisive(context):
        sentences.append(told[0])
        reading += told[1:]
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
    plan = next((_plan(context, side) for side in sides.sides if side.name == "plan"), "")
    own = context.title(context.result.study.title, context.result.study.name)
    return [language("headline.sides_disagree", plan=plan, own=own, **ends)]


def _plan(context: Context, side: Side) -> str:
    """What the plan comes to at its own values; and, where the study takes some otherwise, with these."""
    language, study, sides = context.language, context.result.study, context.pack.sides
    assert sides is not None
    assert study.plan is not None
    value, told = single(context, float(side.statistics["mean"].value or 0.0)), changes(context)
    if not told:
        return language("headline.sides_plan", value=value)
    own = "–" if sides.plan_npv is None else single(context, sides.plan_npv)
    return language("headline.sides_plan_but", changes=told, value=value, horizon=study.plan.horizon, own=own)


def single(context: Context, npv: float) -> str:
    """The NPV of one evaluation, "EUR 1,478 m", in one piece."""
    return unbroken(context.language.money(context.language.number(npv, 0), context.output.unit))


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
    first = language("headline.chance", p=chance.value, interval=chance.interval)
    if longer := _longer(context):
        first += f" {longer}"
    if statistics["p05"].value is not None and statistics["p95"].value is not None:
        (low, high, mean), precision = amounts(context, ("p05", "p95", "mean"))
        told = language("headline.range", low=low, high=high, mean=mean, horizon=horizon, precision=precision)
        return [first, told]
    (mean,), precision = amounts(context, ("mean",))
    return [first, language("headline.mean", mean=f"{mean}{precision}")]


def amounts(context: Context, names: Sequence[str]) -> tuple[list[str], str]:
    """Some statistics of the output in one unit and with the same decimals; and what their precision is better than.

    The decimals are those that the widest of the intervals carries, at most two in billions and none in millions.
    """
    language, unit = context.language, context.output.unit
    found = [context.output.statistics[name] for name in names]
    values = [float(one.value) for one in found if one.value is not None]
    ends = [(value, one.ci95) for one, value in zip(found, values, strict=True) if one.ci95]
    scale = BILLION if unit.endswith(" m") and max(map(abs, values)) >= BILLION else 1.0
    halves = [max(float(high) - value, value - float(low)) for value, (low, high) in ends]
    most = 2 if scale == BILLION else 0
    half = max(halves, default=0.0) / scale
    decimals = digits(half, most)

    def money(value: float) -> str:
        text = language.number(value, decimals)
        named = f"{unit.removesuffix(' m')} {text} {language('page.bn')}" if scale == BILLION else ""
        return unbroken(named or language.money(text, unit))

    bound = (math.floor(half * 10**decimals) + 1) / 10**decimals  # the next one up at these decimals
    size = "bn" if scale == BILLION else "m"
    than = f"{language.number(bound, decimals)} {language(f'page.{size}')}" if unit.endswith(" m") else money(bound)
    precision = language("headline.better", than=unbroken(than)) if halves else ""
    return [money(value / scale) for value in values], precision


def _longer(context: Context) -> str:
    """What the longest horizon makes of the chance, if spending stops and if it goes on; "" where it is the run's."""
    language, found = context.language, context.pack.variants
    if found is None:
        return ""
    stops, on = found.of(HORIZON)[-1], found.of(SPENDING)[-1:]
    if not on or on[0].value != stops.value or float(stops.value) <= context.result.study.options.horizon:
        return ""
    one, other = (language.statistic(row.chance, PERCENT, most=1) for row in (stops, on[0]))
    texts = {"stops": one.value, "stops_interval": one.interval, "on": other.value, "on_interval": other.interval}
    return language("headline.longer", year=int(stops.value), until=stops.stops, **texts)


def unbroken(text: str) -> str:
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
