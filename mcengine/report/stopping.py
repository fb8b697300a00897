"""The section on how a run with a stated precision ended."""

from __future__ import annotations

from mcengine.analysis.until import Reached
from mcengine.report.context import Context, View
from mcengine.report.language import SHARES

FIGURES = 3  # significant digits of a half-width


def stopping(context: Context) -> View | None:
    """Why the run stopped, at which look, and where each target stands."""
    language, found = context.language, context.result.stopping
    if found is None:
        return None
    looks = {"looks": found.looks, "planned": found.planned, "first": found.first}
    numbers = {name: language.number(value, 0) for name, value in {**looks, "cap": found.cap}.items()}
    sentences = [
        language("stopping.why", why=language.note(found.why)),
        language("stopping.looks", **numbers),
    ]
    if found.level != 0.95:
        sentences.append(language("stopping.level", level=context.level))
    return {"sentences": sentences, "rows": [_row(context, one) for one in found.reached]}


def _row(context: Context, one: Reached) -> View:
    language, target = context.language, one.target
    share = target.statistic in SHARES
    unit = language("stopping.points") if share else context.unit(context.result.outputs[target.output].unit)
    scale = 100.0 if share else 1.0
    half, allowed = (
        language("page.refused") if value is None else language.significant(scale * value, FIGURES)
        for value in (one.half_width, one.allowed)
    )
    name = language(f"statistics.{target.statistic}")
    return {
        "target": target.text,
        "label": f"{language.label(target.output)}: {name}",
        "half_width": half,
        "allowed": allowed,
        "unit": unit,
        "met": one.met,
    }
