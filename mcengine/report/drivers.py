"""The report's section on what decides the outcome: the figures of the study's own analyses, method by method."""

from __future__ import annotations

from mcengine.report.context import Context, View
from mcengine.report.sensitivity_figures import pictures_of


def drivers(context: Context) -> View | None:
    """One part a method: what it answers, its figures, and what its reader must know."""
    if not context.analyses:
        return None
    language, own = context.language, f"{context.result.study.name}: "
    parts = []
    for result in context.analyses:
        told = [*getattr(result, "notes", ()), *getattr(result, "warnings", ())]
        parts.append(
            {
                "title": language(f"drivers.{result.method}"),
                "why": language(f"drivers.{result.method}_why"),
                "pictures": pictures_of(result, language),
                "notes": [context.note(text) for text in told if text.removeprefix(own) not in context.result.warnings],
            }
        )
    return {"intro": language("drivers.intro"), "parts": parts}
