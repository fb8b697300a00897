"""The report's section on what decides the outcome: the figures of the study's own analyses, method by method."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mcengine.analysis.break_even_result import BreakEven, BreakEvenResult
from mcengine.analysis.plan_to_sceptical import same_ends
from mcengine.analysis.sensitivity import Sensitivity
from mcengine.analysis.tail_result import TailResult
from mcengine.analysis.waterfall_result import WaterfallResult
from mcengine.report.context import Context, View
from mcengine.report.language import Language
from mcengine.report.names import short_name
from mcengine.report.sensitivity_figures import pictures_of
from mcengine.report.waterfall_figures import waterfall_pictures

_WORST = 0.05


def drivers(context: Context) -> View | None:
    """One part a method: what it answers, its figures, its table, and what its reader must know."""
    steps = context.pack.to_sceptical
    parts = [
        _part(context, result)
        for result in context.analyses
        if steps is None or not (isinstance(result, WaterfallResult) and same_ends(steps, [result]))
    ]
    if steps is not None:
        place = next((k for k, part in enumerate(parts) if part["method"] == steps.method), len(parts))
        drawn = waterfall_pictures(steps, context.language, "plan_to_sceptical")
        parts.insert(place, _part(context, replace(steps, notes=()), drawn))  # its caption says how it was computed
        for later in (part for part in parts[place + 1 :] if part["method"] == steps.method):
            later |= {"title": "", "why": ""}  # one heading for both
    return {"intro": context.language("drivers.intro"), "parts": parts} if parts else None


def method_title(result: Any, language: Language) -> str:
    """What a method is called in headings."""
    npv = isinstance(result, TailResult) and result.output == "npv" and result.level == 0 and result.share == _WORST
    return language("drivers.tail_npv" if npv else f"drivers.{result.method}")


def _part(context: Context, result: Sensitivity, pictures: list[Any] | None = None) -> View:
    language, own = context.language, f"{context.result.study.name}: "
    told = [*getattr(result, "notes", ()), *getattr(result, "warnings", ())]
    notes = [context.note(text) for text in told if text.removeprefix(own) not in context.result.warnings]
    return {
        "method": result.method,
        "title": method_title(result, language),
        "why": language(f"drivers.{result.method}_why"),
        "pictures": pictures_of(result, language) if pictures is None else pictures,
        "bounds": _bounds(context, result) if isinstance(result, BreakEvenResult) else None,
        "notes": notes,
    }


def _bounds(context: Context, result: BreakEvenResult) -> View | None:
    """The outcome at both bounds of each input that has no break-even value within them."""
    rows = [
        {"label": context.label(one.name), "unit": context.unit(one.unit), "ends": _ends(context, result, one)}
        for one in result.without
    ]
    if not rows:
        return None
    language, npv = context.language, result.output == "npv" and result.level == 0
    key = "drivers.break-even_at" if npv else "drivers.break-even_at_other"
    unit = context.unit(result.unit)
    head = language("drivers.break-even_npv", label=short_name(result.output, language))
    return {
        "title": language(key, level=language.plain(result.level)),
        "head": f"{head} ({unit})" if unit else head,
        "rows": rows,
    }


def _ends(context: Context, result: BreakEvenResult, one: BreakEven) -> list[tuple[str, str]]:
    """(bound, outcome there) as texts, low and high."""
    language = context.language
    decimals = 0 if result.output == "npv" else 4
    return [
        (
            language.plain(bound).replace("inf", "\N{INFINITY}"),
            language.number(value, decimals) if math.isfinite(value) else language("drivers.break-even_none"),
        )
        for bound, value in zip(one.bounds, one.at_bounds, strict=True)
    ]
