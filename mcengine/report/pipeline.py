"""The report on pipeline accounting: what a limited supply of candidates does to the plan, and to its money."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mcengine.analysis.pipeline_money import LEAST_MONEY, PipelineMoney
from mcengine.inputs.plan import OUTSIDE_FINANCE, Phase
from mcengine.report.answer import unbroken
from mcengine.report.context import Context, View

MOST_YEARS, EVERY = 12, 5
"""Years shown one by one; of a longer horizon the later ones only now and then."""


def pipeline(context: Context) -> View | None:
    """The outcome at the plan's values with a limited supply, what stays unspent, and what each phase lacks by year."""
    found = context.pack.pipeline
    if found is None:
        return None
    places = _places(found)
    years = [int(found.limited.years[k]["year"]) for k in places]
    return {
        "sentences": list(_sentences(context, found)),
        "years": years,
        "parts": list(_parts(context, found, places)),
    }


def beside(context: Context) -> str:
    """What to know where a figure stands at the plan's values, which have no limit to the candidates; "" for none."""
    found = context.pack.pipeline
    if found is None or not any(math.isinf(found.own.inputs[name]) for name in found.limits):
        return ""
    return context.language("pipeline.beside", section=context.language("section.pipeline"))


def _sentences(context: Context, found: PipelineMoney) -> Iterator[str]:
    language, horizon = context.language, found.study.options.horizon
    own = _money(context, float(found.own.outputs["npv"]))
    yield language(
        "pipeline.limited_set" if found.fixed else "pipeline.limited",
        supplies=language.listed([_limit(context, found.limits[phase.supply or ""]) for phase in _supplied(found)]),
        phases=language.listed([_name(context, phase) for phase in _supplied(found)]),
        finance=language.plain(found.limits[OUTSIDE_FINANCE]),
        horizon=horizon,
        npv=_money(context, found.scalar("npv")),
        returned=_money(context, found.scalar("npv_if_returned")),
    )
    yield from _unspent(context, found)
    if beside(context):
        yield language("pipeline.own", npv=own)


def _unspent(context: Context, found: PipelineMoney) -> Iterator[str]:
    """How much programme money is left at the horizon, whose it is and where it lies."""
    language, total = context.language, found.scalar("unspent_at_horizon")
    if total < LEAST_MONEY:
        yield language("pipeline.spent", horizon=found.study.options.horizon)
        return
    public = found.scalar("unspent_public_at_horizon")
    yield language(
        "pipeline.unspent",
        horizon=found.study.options.horizon,
        total=_money(context, total),
        public=_money(context, public),
    )
    held = found.held_up
    most = max(found.plan.phases, key=lambda phase: held[phase.name])
    key = "pipeline.private" if found.private > public else "pipeline.public"
    yield language(
        key, private=_money(context, found.private), most=_money(context, held[most.name]), phase=_name(context, most)
    )


def _parts(context: Context, found: PipelineMoney, places: Sequence[int]) -> Iterator[View]:
    """Groups of rows, one a phase that is ever short, or ever has money left: candidates, money, unspent money."""
    language = context.language
    unit = context.unit(found.unit)
    groups = (("candidates", "lack_candidates", 1, ""), ("money", "lack_money", 0, unit), ("left", "unspent", 0, unit))
    for key, kind, decimals, of in groups:
        rows = []
        for phase in found.plan.phases:
            values = found.by_year(kind, phase.name)
            if any(values):
                cells = [language.number(values[k], decimals) if values[k] else "" for k in places]
                rows.append({"label": _name(context, phase), "cells": cells})
        title = language(f"pipeline.{key}") + (f" ({of})" if of else "")
        yield {"title": title, "rows": rows, "none": language("pipeline.nowhere")}


def _places(found: PipelineMoney) -> list[int]:
    """Which years are shown, as places in the evaluation's."""
    count = len(found.limited.years)
    return [k for k in range(count) if count <= MOST_YEARS or k < 10 or (k + 1) % EVERY == 0 or k == count - 1]


def _supplied(found: PipelineMoney) -> list[Phase]:
    return [phase for phase in found.plan.phases if phase.supply is not None]


def _limit(context: Context, value: float) -> str:
    return context.language("pipeline.unlimited") if math.isinf(value) else context.language.plain(value)


def _name(context: Context, phase: Phase) -> str:
    return context.title(phase.label, phase.name)


def _money(context: Context, value: float) -> str:
    unit = context.output.unit
    return unbroken(context.language.money(context.language.number(value, 0), unit))
