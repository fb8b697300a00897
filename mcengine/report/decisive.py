"""The third sentence of the report: what decides the outcome, and where each of it would tip the balance."""

from __future__ import annotations

from mcengine.analysis.break_even_result import BreakEven, BreakEvenResult
from mcengine.analysis.set_points import SetPoint
from mcengine.analysis.shapley_result import ShapleyResult
from mcengine.analysis.sobol_result import SobolResult
from mcengine.report.context import Context
from mcengine.report.language import PERCENT
from mcengine.report.terms_words import but, neat, rounded

MOST, LEAST, SMALL = 3, 2, 0.05  # assumptions named: two or three, the third when it carries this much


def decisive(context: Context) -> list[str]:
    """The sentence on what decides the outcome, then what to know of its terms; empty when nothing was analysed."""
    language = context.language
    found = context.analysis(BreakEvenResult)
    points = None if found is None or found.output != context.name else found
    top, terms = _shares(context)
    if not top and points is None:
        return []
    if not top:
        assert points is not None
        named = [f"{context.label(one.name)} ({_point(context, one)})" for one in points.found[:MOST]]
        return [language("headline.nearest", list=language.listed(named)), _standing(context, points)] if named else []
    names = [name for name, _ in top]
    within = points is not None and points.at == "plan" and all(name in context.pack.points for name in names)
    texts = []
    for name, share in top:
        parts = [share]
        if within:
            parts += _set_point(context, context.pack.points[name])
        elif points is not None and name in points.inputs:
            parts.append(_point(context, points.inputs[name]))
        texts.append(f"{context.label(name)} ({'; '.join(parts)})")
    about = []
    if points is not None:
        about = [_at_plan(context, points, names) if within else _standing(context, points)]
    return [language("headline.decisive", list=language.listed(texts)), *([terms] if terms else []), *about]


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


def _set_point(context: Context, one: SetPoint) -> list[str]:
    """The median of one input, and its break-even value with the others at theirs."""
    language = context.language
    median = language("headline.set_median", median=rounded(language, one.median, one.unit))
    if one.value is not None:
        return [median, language("headline.set_point", value=rounded(language, one.value, one.unit))]
    low, high = (neat(language, end, one.unit) for end in (one.low, one.high))
    return [median, language("headline.no_set_point", low=low, high=high)]


def _at_plan(context: Context, points: BreakEvenResult, names: list[str]) -> str:
    """Where the same inputs break even with the others at the plan's values; of those that have such a value."""
    language, texts = context.language, []
    for one in (points.inputs[name] for name in names if name in points.inputs):
        plan = neat(language, one.plan, one.unit)
        key = "headline.point_none" if one.value is None else "headline.point_here"
        value = "" if one.value is None else rounded(language, one.value, one.unit)
        texts.append(language(key, name=context.label(one.name), value=value, plan=plan))
    clause = f"{text}," if (text := but(context)) else ""
    return language("headline.points", but=clause, list=language.listed(texts))


def _point(context: Context, one: BreakEven) -> str:
    """The break-even value of one input, with the value it starts from."""
    language = context.language
    if one.value is None:
        return language("headline.no_break_even")
    value, start = (rounded(language, number, one.unit) for number in (one.value, one.start))
    return language("headline.break_even", value=value, start=start)


def _standing(context: Context, points: BreakEvenResult) -> str:
    return context.language(f"headline.break_even_{points.at}", but=but(context))
