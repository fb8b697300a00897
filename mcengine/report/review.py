"""Sections for who reviews: what the evidence is worth, what is not counted, whether n is enough, and the sign-off."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mcengine.analysis.evidence_share import EvidenceShare
from mcengine.analysis.ranking import Ranking
from mcengine.analysis.result import Statistic
from mcengine.analysis.sobol_result import SobolResult
from mcengine.report.answer import extremes
from mcengine.report.context import Context, View
from mcengine.report.drivers import method_title
from mcengine.report.language import PERCENT, SHARES, Language, Shown, style_of, words
from mcengine.report.names import study_title

SIGNATURES = 3
KEY = ("prob_positive", "mean", "p05", "p95")  # the figures that must be precise enough
TIMES = 10  # what the answer spans must be this many times as wide as the half-width of its precision
WORTH = 64  # times the points used that it may take to tell two inputs apart, for that to be worth saying
LITTLE = 0.001  # a share that certainly lies below this is not written out


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
    if found.read:
        judged = list(_judged(context, found))
        above = language.listed(judged) if judged else ""
        sentences.append(language("evidence.shape", above=language("evidence.above", list=above) if above else ""))
    rows = [
        {
            "label": context.label(one.name),
            "confidence": [(code, language(f"assumptions.{code}")) for code in one.confidence],
            "share": None if one.share is None else _little(language, one.share),
        }
        for one in found.inputs
    ]
    return {"sentences": sentences, "rows": rows, "shares": found.method is not None}


def _judged(context: Context, found: EvidenceShare) -> Iterator[str]:
    """What is judgement although its evidence is read: shapes that say so, each with its share, and correlations."""
    language = context.language
    for one in found.shaped:
        label = context.label(one.name)
        share = "" if one.share is None else language.statistic(one.share, PERCENT, most=0).value
        named = language("evidence.shape_share", label=label, share=share) if share else label
        key = one.name if one.name in words()["zero"] else "other"
        chances = [chance for chance in one.zero if chance > 0]
        for chance in chances:
            texts = {"chance": language.percent(chance, 0), "zero": language(f"zero.{key}"), "label": named}
            yield language("evidence.shape_zero", **texts)
        if not chances:
            yield language("evidence.shape_other_share" if share else "evidence.shape_other", label=label, share=share)
    if found.correlations:
        yield language("evidence.correlations")


def _little(language: Language, share: Statistic) -> Shown:
    """A share of the variance; one that lies below `LITTLE` with its whole interval by that alone."""
    if share.ci95 is not None and float(share.ci95[1]) < LITTLE:
        return Shown(language("evidence.less", share=language.percent(LITTLE, 1)))
    return language.statistic(share, PERCENT, most=1)


def not_counted(context: Context) -> View | None:
    """What the plan names and its model leaves out, with its place; for a plan that says nothing, an empty list."""
    plan, language = context.result.study.plan, context.language
    if plan is None:
        return None
    rows = [
        (context.title(item.text, item.text.get("en", "")), context.said(item.locator)) for item in plan.not_counted
    ]
    return {"intro": language("not_counted.intro" if rows else "not_counted.none"), "rows": rows}


def enough(context: Context) -> View | None:
    """Is N enough: how precise the answer is, how far the sets lie apart, and which rankings are settled."""
    if not context.uncertain:
        return None
    language, rows = context.language, list(_rankings(context))
    return {
        "sentences": [*_verdict(context, rows), *_precise(context)],
        "rows": rows,
        "intro": language("enough.rankings"),
    }


def _verdict(context: Context, rankings: Sequence[View]) -> Iterator[str]:
    """Yes or no: how many times wider than its computing precision is what each key figure spans.

    What it spans is how far the assumption sets lie apart, where they do; else, for an amount, its own range from P5
    to P95, and for the chance all of it.
    """
    language, spans, key = context.language, _between_sets(context), "sets"
    if not spans:
        spans, key = _own_spans(context), "band"
    halves = {name: _half(context.output.statistics[name]) for name in spans}
    if none := [name for name, half in halves.items() if half is None]:
        yield language("enough.no_precision", list=_figures(language, none))
    ratios = {name: spans[name] / half for name, half in halves.items() if half}
    few = [name for name, ratio in ratios.items() if ratio < TIMES]
    if few:
        yield language(f"enough.no_{key}", list=_figures(language, few), times=TIMES)
    elif ratios and not none:
        least = min(ratios.values())
        step = 10 ** math.floor(math.log10(least))
        yield language(f"enough.yes_{key}", times=language.number(math.floor(least / step) * step, 0))
    if any(not row["settled"] for row in rankings):
        yield language("enough.open")


def _half(statistic: Statistic) -> float | None:
    """Half the width of an interval; None without one."""
    return None if statistic.ci95 is None else (float(statistic.ci95[1]) - float(statistic.ci95[0])) / 2.0


def _figures(language: Language, names: Sequence[str]) -> str:
    return language.listed([language(f"statistics.{name}") for name in names])


def _between_sets(context: Context) -> dict[str, float]:
    """How far the assumption sets lie apart in each key figure; empty where their chances do not lie apart."""
    sides = context.pack.sides
    if sides is None or context.name != "npv":
        return {}
    drawn = [side for side, _ in sides.chances]
    if not extremes(context.language, [(side.name, side.statistics["prob_positive"]) for side in drawn]):
        return {}
    found = {}
    for name in KEY:
        values = [float(v) for side in drawn if isinstance(v := side.statistics[name].value, float | int)]
        if len(values) > 1 and name in context.output.statistics:
            found[name] = max(values) - min(values)
    return found


def _own_spans(context: Context) -> dict[str, float]:
    """The range of the outcome for its amounts, 1 for a chance."""
    statistics = context.output.statistics
    low, high = (statistics[name].value if name in statistics else None for name in ("p05", "p95"))
    if not isinstance(low, float | int) or not isinstance(high, float | int):
        return {}
    return {name: 1.0 if name in SHARES else high - low for name in KEY if name in statistics}


def _precise(context: Context) -> Iterator[str]:
    """The run's own precision, in the terms of the answer, and beside the spread between the sets."""
    language, output = context.language, context.output
    draws = language.number(context.result.draws, 0)
    margins = []
    for name in KEY:
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
        if found.n is not None and found.n > WORTH * n:
            needed = language("enough.not_worth")
        yield {
            "title": method_title(result, language),
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
    return {
        "lines": list(range(SIGNATURES)),
        "digest": result.digest,
        "study": study_title(result.study, context.language),
    }
