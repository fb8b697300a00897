"""The steps from a plan's own values to the sceptical assumptions, which every report of that plan carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mcengine.analysis.waterfall import waterfall
from mcengine.analysis.waterfall_result import WaterfallResult
from mcengine.inputs.plan import PLAN
from mcengine.inputs.study import Study, load_study

START, END = "replica", "sceptical"
"""The bundled studies at the ends."""


def plan_to_sceptical(study: Study, *, seed: int, threads: int | None = None) -> WaterfallResult | None:
    """The waterfall between these ends under plan accounting, with the years of `study` and nothing that it fixes.

    None for a study of another plan, or of no plan. Raises NonFiniteError, AnswerNo as `waterfall`.
    """
    if study.plan is None:
        return None
    ends = [load_study(name) for name in (START, END)]
    if any(end.plan != study.plan for end in ends):
        return None
    options = replace(study.options, accounting=PLAN, luck=False)
    start, end = (replace(end, options=options) for end in ends)
    return waterfall(start, against=end, seed=seed, threads=threads)


def same_ends(one: WaterfallResult, analyses: Sequence[Any]) -> bool:
    """Whether one of `analyses` is a waterfall between the ends of `one`, in either direction."""
    ends = {one.start.value, one.end.value}
    found = (other for other in analyses if isinstance(other, WaterfallResult))
    return any(other.output == one.output and {other.start.value, other.end.value} == ends for other in found)
