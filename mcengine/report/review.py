"""Sections for who reviews: what the evidence is worth, what is not counted, whether n is enough, and the sign-off."""

from __future__ import annotations

from collections.abc import Iterator

from mcengine.analysis.ranking import Ranking
from mcengine.analysis.sobol_result import SobolResult
from mcengine.report.answer import extremes
from mcengine.report.context import Context, View
from mcengine.report.language import PERCENT, SHARES, style_of

SIGNATURES = 3


def evidence(context: Context) -> View | None:
    """The inputs whose evidence is recalled or judged, with their share of the variance where an analysis gives it."""
    found, language = context.pack.evidence, context.language
    if found is None:
        return None
    counts = {"count": len(found.inputs), "uncertain": found.uncertain}
    sentences = [language("evidence.count" if found.inputs else "evidence.no_weak", **counts)]
    if found.total is not None and found.inputs:
        shown = language.statistic(found.total, PERCENT, most=0)
        label = language.label(found.output or "")
        sentences.append(language("evidence.total", share=shown.value, interval=shown.interval, label=label))
    if found.inputs:
        sentences.append(language(f"evidence.{found.method}" if found.method else "evidence.unknown"))
    rows = [
        {
            "label": context.label(one.name),
            "confidence": [(code, language(f"assumptions.{code}")) for code in one.confidence],
            "share": None if one.share is None else language.statistic(one.share, PERCENT, most=1),
        }
        for one in found.inputs
    ]
    return {"sentences": sentences, "rows": rows, "shares": found.method is not None}


def not_counted(context: Context) -> View | None:
    """What the plan names and its model leaves out, with its place; for a plan that says nothing, an empty list."""
    plan, language = context.result.study.plan, context.language
    if plan is None:
        return None
    rows = [(context.title(item.text, item.text.get("en", "")), item.locator) for item in plan.not_counted]
    return {"intro": language("not_counted.intro" if rows else "not_counted.none"), "rows": rows}


def enough(context: Context) -> View | None:
    """Is N enough: how precise the answer is, how far the sets lie apart, and which rankings are settled."""
    if not context.uncertain:
        return None
    language = context.language
    return {
        "sentences": list(_precise(context)),
        "rows": list(_rankings(context)),
        "intro": language("enough.rankings"),
    }


def _precise(context: Context) -> Iterator[str]:
    """The run's own precision, in the terms of the answer, and beside the spread between the sets."""
    language, output = context.language, context.output
    draws = language.number(context.result.draws, 0)
    margins = []
    for name in ("prob_positive", "mean", "p05", "p95"):
        statistic = output.statistics.get(name)
        if statistic is None or statistic.value is None:
            continue
        shown = language.statistic(statistic, style_of(output.kind, name))
        if not shown.margin:
            continue
        unit = "" if name in SHARES else f" {context.unit(output.unit)}"
        margin = shown.margin.removesuffix("%") + f" {language('stopping.points')}" if name in SHARES else shown.margin
        margins.append(f"{language(f'statistics.{name}')} {margin}{unit}".rstrip())
    if margins:
        yield language("enough.precision", draws=draws, level=context.level, list=language.listed(margins))
    sides = context.pack.sides
    if sides is not None and len(sides.chances) > 1:
        chances = [(context.title(side.title, side.name), chance) for side, chance in sides.chances]
        if ends := extremes(language, chances):
            yield language("enough.spread", **ends)
    yield language("enough.stopping" if context.result.stopping else "enough.until")


def _rankings(context: Context) -> Iterator[View]:
    """One row for each ranking that the analyses made."""
    language = context.language
    for result in context.analyses:
        shown = (result.apart or result.main) if isinstance(result, SobolResult) else result
        found, n = getattr(shown, "ranking", None), getattr(result, "n", None)
        if not isinstance(found, Ranking) or n is None:
            continue
        top = language.listed([context.label(name) for name in found.top]) if found.top else "–"
        chance = "" if found.chance is None else language.percent(found.chance, 0)
        pairs = "; ".join(f"{context.label(a)} – {context.label(b)}" for a, b in found.open_pairs)
        needed = language("enough.too_small") if found.n is None else language.number(found.n, 0)
        yield {
            "title": language(f"drivers.{result.method}"),
            "top": top,
            "chance": chance,
            "settled": found.settled,
            "open": pairs,
            "used": language.number(n, 0),
            "needed": needed,
        }


def sign_off(context: Context) -> View:
    """The page on which reviewers sign, blank; nothing in it but what it is about."""
    result = context.result
    return {"lines": list(range(SIGNATURES)), "digest": result.digest, "study": result.study.name}
