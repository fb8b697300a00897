"""In words, what a study takes otherwise than its plan; and an input's value as the report writes it."""

from __future__ import annotations

import math

from mcengine.analysis.terms import Difference, differences
from mcengine.report.context import Context
from mcengine.report.language import Language

SHARE_UNITS = ("share", "probability", "1/year")
FIGURES = 3  # significant digits of a value that was computed


def exact(language: Language, value: float, unit: str) -> str:
    """An input's value as it was given: a share as a percentage, without zeros that say nothing."""
    if math.isinf(value):
        return language("pipeline.unlimited") if value > 0 else language.plain(value)
    return f"{language.plain(round(100 * value, 8))}%" if unit in SHARE_UNITS else language.plain(value)


def rounded(language: Language, value: float, unit: str) -> str:
    """A computed value of an input, to three digits: a share as a percentage."""
    if unit in SHARE_UNITS:
        return f"{language.significant(100 * value, FIGURES)}%"
    return language.significant(value, FIGURES)


def neat(language: Language, value: float, unit: str) -> str:
    """A value as given where that takes few digits, else rounded: "28%", "12.5%", and 2.50 for 2.4952381."""
    scaled = 100 * value if unit in SHARE_UNITS else value
    short = math.isinf(scaled) or float(f"{scaled:.{FIGURES + 1}g}") == float(f"{scaled:.12g}")
    return exact(language, value, unit) if short else rounded(language, value, unit)


def changes(context: Context) -> str:
    """What "the plan's values" of this study have otherwise than the plan, listed; "" where it is nothing."""
    found = differences(context.result.study)
    return context.language.listed([_change(context, one) for one in found]) if found else ""


def but(context: Context) -> str:
    """The same as a clause to put after "the plan's values"; "" where they are just that."""
    text = changes(context)
    return context.language("headline.but", changes=text).rstrip(",") if text else ""


def _change(context: Context, one: Difference) -> str:
    language = context.language
    if one.option:
        key = one.value if one.name == "accounting" else one.name
        return language(f"differs.{key}", value=one.value)
    unit = next(spec.unit for spec in context.result.study.inputs if spec.name == one.name)
    return f"{context.label(one.name)} {exact(language, float(one.value), unit)}"
