"""Sections on what stands beside the run: every assumption set, and the table of cash flows."""

from __future__ import annotations

from collections.abc import Sequence

from mcengine.analysis.cash_flows import FACTOR, LINES, PRESENT, CashFlows
from mcengine.analysis.result import Statistic
from mcengine.analysis.side_by_side import PARTS, Side
from mcengine.report.answer import extremes, single
from mcengine.report.context import Context, View
from mcengine.report.language import PERCENT, Shown
from mcengine.report.outcome import whisker_picture
from mcengine.report.pipeline import beside
from mcengine.report.terms_words import changes, exact

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
        "single": [side.draws == 1 for side in sides],
        "rows": rows,
        "picture": whisker_picture(language, "side_by_side", ranges, "npv", found.unit),
        "notes": [context.note(text) for text in found.notes],
    }


def _title(context: Context, side: Side) -> str:
    if side.name == "plan":
        return context.language("sides.plan_but" if changes(context) else "sides.plan")
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
    """On what terms the sets are compared, and which of them stand on others."""
    found, language = context.pack.sides, context.language
    assert found is not None
    draws = max((side.draws for side in found.sides if side.draws > 1 and not side.own), default=0)
    options = context.result.study.options
    texts = [
        language("sides.terms", horizon=options.horizon, base=options.discount_base_year, seed=found.seed),
        *_exceptions(context),
    ]
    if 0 < draws < context.result.draws:
        texts.append(language("sides.few", draws=language.number(draws, 0)))
    if found.fixed:
        texts.append(language("sides.fixed", names=language.listed([context.label(name) for name in found.fixed])))
    return [*texts, language("sides.null")]


def _exceptions(context: Context) -> list[str]:
    """What the sets do not have in common, although it is chosen rather than uncertain."""
    found, language, study = context.pack.sides, context.language, context.result.study
    assert found is not None
    titles = {side.name: _title(context, side) for side in found.sides}
    texts = []
    for one in found.departs:
        unit = next(spec.unit for spec in study.inputs if spec.name == one.name)
        values = {"value": exact(language, one.value, unit), "plan": exact(language, one.plan, unit)}
        texts.append(language(f"sides.depart_{one.name}", name=titles[one.set], **values))
    if found.unlimited:
        names = language.listed([f"“{titles[name]}”" for name in found.unlimited])
        texts.append(language("sides.unlimited", names=names))
    if (told := changes(context)) and study.plan is not None and found.plan_npv is not None:
        own = {"horizon": study.plan.horizon, "own": single(context, found.plan_npv)}
        texts.append(language("sides.plan_differs", title=titles["plan"], changes=told, **own))
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
    if len(context.pack.flows) > 1 and "npv" in context.result.outputs:
        median = context.shown(context.result.outputs["npv"], "p50")
        if median is not None and median.interval:
            texts = {"median": median.value, "interval": median.interval, "unit": context.unit(context.output.unit)}
            sentences.append(language("flows.medians", **texts))
    sentences += filter(None, [beside(context)])
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
    present, told = cells(dict(table.present)), changes(context) if table.at == "plan" else ""
    title = language("flows.at_plan_but", changes=told) if told else language(f"flows.at_{table.at}")
    return {
        "title": title,
        "unit": context.unit(table.unit),
        "heads": [*heads, language("flows.factor"), language("flows.present")],
        "strong": [*(line in ("outlay", "receipts", "cash_flow") for line in LINES), False, False],
        "rows": rows,
        "totals": [
            {"label": language("flows.total"), "cells": [*cells(dict(table.totals)), "", ""]},
            {"label": language("flows.total_present"), "cells": [*present, "", present[-1]]},
        ],
    }
