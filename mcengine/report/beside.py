"""Sections on what stands beside the run: every assumption set, the table of cash flows, the variants of choices."""

from __future__ import annotations

from collections.abc import Sequence

from mcengine.analysis.cash_flows import FACTOR, LINES, PRESENT, CashFlows
from mcengine.analysis.result import Statistic
from mcengine.analysis.side_by_side import PARTS, Side
from mcengine.analysis.variants import BASE_YEAR, HORIZON, RATE, Split, Variant
from mcengine.report.answer import extremes
from mcengine.report.context import Context, View
from mcengine.report.language import PERCENT, Shown
from mcengine.report.outcome import whisker_picture

_MONEY = 0  # decimals of one evaluation's money, in millions
_KEYS = {"prob_positive": "prob_positive", "p05": "npv_p05", "p50": "npv_p50", "p95": "npv_p95", "mean": "npv_mean"}


def side_by_side(context: Context) -> View | None:
    """Every assumption set at the same width: what they say of the NPV, and receipts apart from outlay."""
    found, language = context.pack.sides, context.language
    if found is None:
        return None
    sides = found.sides
    titles = [_title(context, side) for side in sides]
    rows = []
    for name, key in _KEYS.items():
        cells = [_shown(context, side, name) for side in sides]
        rows.append(_row(context, language(f"quantity.{key}"), cells, name))
    for name in PARTS:
        cells = [_exact(context, side.parts[name]) for side in sides]
        rows.append(_row(context, language("sides.expected", label=language.label(name)), cells, name))
    counts = {"draws": [side.draws for side in sides]}
    if any(side.draws != side.part_draws for side in sides):
        counts["part_draws"] = [side.part_draws for side in sides]
    for name, drawn in counts.items():
        cells = [Shown(language.number(count, 0)) for count in drawn]
        rows.append({"label": language(f"sides.{name}"), "unit": "", "cells": cells})
    ranges = [(title, side.statistics) for title, side in zip(titles, sides, strict=True)]
    return {
        "sentences": [*_spread(context), *_terms(context)],
        "columns": titles,
        "own": [side.own for side in sides],
        "rows": rows,
        "picture": whisker_picture(language, "side_by_side", ranges, "npv", found.unit),
        "notes": [context.note(text) for text in found.notes],
    }


def _title(context: Context, side: Side) -> str:
    if side.name == "plan":
        return context.language("sides.plan")
    return context.title(side.title, side.name)


def _row(context: Context, label: str, cells: Sequence[Shown], name: str) -> View:
    assert context.pack.sides is not None
    unit = "" if name == "prob_positive" else context.unit(context.pack.sides.unit)
    return {"label": label, "unit": unit, "cells": list(cells)}


def _shown(context: Context, side: Side, name: str) -> Shown:
    statistic = side.statistics[name]
    if name == "prob_positive":
        return context.language.statistic(statistic, PERCENT, most=2)
    return _exact(context, statistic)


def _exact(context: Context, statistic: Statistic) -> Shown:
    """Money in whole millions, with its interval where it has one."""
    if statistic.ci95 is None and isinstance(statistic.value, float):
        return Shown(context.language.number(statistic.value, _MONEY))
    return context.language.statistic(statistic, most=_MONEY)


def _spread(context: Context) -> list[str]:
    """How far the sets lie apart, beside how precisely each is computed."""
    found, language = context.pack.sides, context.language
    assert found is not None
    ends = extremes(language, [(_title(context, side), chance) for side, chance in found.chances])
    if len(found.chances) < 2:
        return []
    return [language("sides.apart", **ends) if ends else language("sides.together")]


def _terms(context: Context) -> list[str]:
    """On what terms the sets are compared."""
    found, language = context.pack.sides, context.language
    assert found is not None
    draws = max((side.draws for side in found.sides if side.draws > 1 and not side.own), default=0)
    horizon = context.result.study.options.horizon
    texts = [language("sides.terms", horizon=horizon, seed=found.seed)]
    if draws:
        texts.append(language("sides.few", draws=language.number(draws, 0)))
    if found.fixed:
        texts.append(language("sides.fixed", names=language.listed([context.label(name) for name in found.fixed])))
    return texts


def cash_flows(context: Context) -> View | None:
    """The table of cash flows at the plan's values and at the medians, outlay and receipts on lines of their own."""
    if not context.pack.flows:
        return None
    language = context.language
    mcpf = context.pack.flows[0].mcpf
    sentences = [language("flows.intro")]
    if mcpf != 1.0:
        sentences.append(language("flows.mcpf", mcpf=language.plain(mcpf)))
    return {"sentences": sentences, "tables": [_flows(context, table) for table in context.pack.flows]}


def _flows(context: Context, table: CashFlows) -> View:
    language = context.language
    heads = [language(f"flows.{line}") for line in LINES]

    def cells(row: dict[str, float]) -> list[str]:
        return [language.number(row[line], _MONEY) for line in LINES]

    rows = [
        {
            "year": str(int(row["year"])),
            "cells": [*cells(dict(row)), language.number(row[FACTOR], 3), language.number(row[PRESENT], _MONEY)],
        }
        for row in table.years
    ]
    present = cells(dict(table.present))
    return {
        "title": language(f"flows.at_{table.at}"),
        "unit": context.unit(table.unit),
        "heads": [*heads, language("flows.factor"), language("flows.present")],
        "strong": [*(line in ("outlay", "receipts", "cash_flow") for line in LINES), False, False],
        "rows": rows,
        "totals": [
            {"label": language("flows.total"), "cells": [*cells(dict(table.totals)), "", ""]},
            {"label": language("flows.total_present"), "cells": [*present, "", present[-1]]},
        ],
    }


def variants(context: Context) -> View | None:
    """One choice changed at a time: discount rate, base year, horizon; and what falls after the plan's horizon."""
    found, language = context.pack.variants, context.language
    if found is None:
        return None
    both = found.at != "plan"
    parts = []
    for option in (RATE, BASE_YEAR, HORIZON):
        rows = [_variant(context, one, both) for one in found.of(option)]
        parts.append({"title": language(f"variants.{option}"), "rows": rows})
    later = [one for one in found.of(HORIZON) if one.value > found.split_year]
    splits = [row for one in later for row in _splits(context, one, both)]
    intro = language("variants.intro", draws=language.number(found.draws, 0))
    return {
        "intro": intro if context.uncertain else language("variants.intro_fixed"),
        "spending": language("variants.spending", year=context.result.study.options.spend_until),
        "both": both,
        "uncertain": context.uncertain,
        "unit": context.unit(found.unit),
        "parts": parts,
        "splits": splits,
        "until": language("variants.until", year=found.split_year),
        "after": language("variants.after", year=found.split_year),
        "split_title": language("variants.split", year=found.split_year),
    }


def _variant(context: Context, one: Variant, both: bool) -> View:
    language = context.language
    value = _percentage(context, one.value) if one.option == RATE else str(int(one.value))
    row: View = {"value": value, "own": one.own, "plan": language.number(one.plan.npv, _MONEY)}
    if both:
        row["baseline"] = language.number(one.baseline.npv, _MONEY)
    if context.uncertain:
        row["mean"] = language.statistic(one.mean, most=_MONEY)
        row["chance"] = language.statistic(one.chance, PERCENT, most=2)
    return row


def _percentage(context: Context, share: float) -> str:
    """A rate without zeros that say nothing: "2.25%"."""
    return f"{context.language.plain(round(100 * share, 6))}%"


def _splits(context: Context, one: Variant, both: bool) -> list[View]:
    """What falls until the plan's horizon and after, at the plan's values and at the medians."""
    places = [("plan", one.plan), *([("median", one.baseline)] if both else [])]
    return [_split(context, one.value, at, split) for at, split in places]


def _split(context: Context, horizon: float, at: str, split: Split) -> View:
    language = context.language
    return {
        "horizon": str(int(horizon)),
        "at": language(f"variants.at_{at}"),
        "npv": language.number(split.npv, _MONEY),
        "until": language.number(split.until, _MONEY),
        "after": language.number(split.after, _MONEY),
        "share": language.percent(split.share, 0) if split.share is not None else language("variants.no_share"),
    }
