"""The section on the variants of what is chosen: the table, its figure, and what falls after the plan's horizon."""

from __future__ import annotations

from mcengine.analysis.variant_choices import CORRELATIONS, HORIZON, SHARES, SPENDING
from mcengine.analysis.variants import Variant
from mcengine.report.context import Context, View
from mcengine.report.language import PERCENT, Shown, words
from mcengine.report.pipeline import beside
from mcengine.report.terms_words import changes
from mcengine.report.variants_figures import choice, named_groups, variants_picture

_MONEY = 0  # decimals of one evaluation's money, in millions


def variants(context: Context) -> View | None:
    """One choice changed at a time, and what falls after the plan's horizon."""
    found, language = context.pack.variants, context.language
    if found is None:
        return None
    both = found.at != "plan"
    parts = [
        {"title": title, "rows": [_variant(context, one, both) for _, one in rows]}
        for title, rows in named_groups(found, language)
    ]
    later = [one for one in found.of(HORIZON, SPENDING) if float(one.value) > found.split_year]
    return {
        "sentences": [*_intro(context), *([told] if (told := beside(context)) else [])],
        "both": both,
        "uncertain": context.uncertain,
        "unit": context.unit(found.unit),
        "parts": parts,
        "picture": variants_picture(found, language, uncertain=context.uncertain),
        "splits": [row for one in later for row in _splits(context, one, both)],
        "until": language("variants.until", year=found.split_year),
        "after": language("variants.after", year=found.split_year),
        "split_title": language("variants.split", year=found.split_year),
    }


def _intro(context: Context) -> list[str]:
    """How to read the table."""
    found, language = context.pack.variants, context.language
    assert found is not None
    texts = [language("variants.intro_fixed")]
    if context.uncertain:
        texts = [language("variants.intro", draws=language.number(found.draws, 0))]
        if rows := found.of(CORRELATIONS):
            texts.append(language("variants.dependence", draws=language.number(min(row.draws for row in rows), 0)))
    if told := changes(context):
        texts.append(language("variants.plan_but", changes=told))
    texts.append(language("variants.spending"))
    if shown := [context.label(name) for name in SHARES if found.of(name)]:
        texts.append(language("variants.shares", names=language.listed(shown)))
    if left := [context.label(name) for name in found.left_out]:
        texts.append(language("variants.left_out", names=language.listed(left)))
    return texts


def _variant(context: Context, one: Variant, both: bool) -> View:
    language = context.language
    row: View = {"value": _named(context, one), "own": one.own, "plan": language.number(one.plan.npv, _MONEY)}
    if both:
        row["baseline"] = language.number(one.baseline.npv, _MONEY)
    if context.uncertain:
        row["mean"] = language.statistic(one.mean, most=_MONEY)
        row["chance"] = language.statistic(one.chance, PERCENT, most=2)
    return row


def _named(context: Context, one: Variant) -> str:
    """What a variant chooses; where spending goes on and it is known, with the place where the plan asks for that."""
    plan = context.result.study.plan
    key = f"goes_on_{plan.name}" if plan is not None else ""
    if one.option == SPENDING and key in words()["variants"]:
        return context.language(f"variants.{key}", year=int(float(one.value)))
    return choice(one, context.language)


def _splits(context: Context, one: Variant, both: bool) -> list[View]:
    """What falls until the plan's horizon and after: expected, at the plan's values and at the medians."""
    language, rows = context.language, []
    if context.uncertain and one.until is not None and one.after is not None:
        cells = [language.statistic(value, most=_MONEY) for value in (one.mean, one.until, one.after)]
        rows.append(_row(context, one, "mean", cells, one.share))
    for at, split in [("plan", one.plan), *([("median", one.baseline)] if both else [])]:
        cells = [Shown(language.number(value, _MONEY)) for value in (split.npv, split.until, split.after)]
        rows.append(_row(context, one, at, cells, split.share))
    return rows


def _row(context: Context, one: Variant, at: str, cells: list[Shown], share: float | None) -> View:
    language = context.language
    return {
        "horizon": choice(one, language),
        "at": language(f"variants.at_{at}"),
        "cells": cells,
        "share": language.percent(share, 0) if share is not None else language("variants.no_share"),
    }
