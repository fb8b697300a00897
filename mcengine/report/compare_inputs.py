"""The comparison's parts on inputs: what differs in them, and which of them explains the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mcengine.analysis import explained as why
from mcengine.analysis.explained import Explanation
from mcengine.analysis.result import Statistic
from mcengine.analysis.study_changes import (
    COPULA,
    DEPENDENCE,
    MODEL,
    PLAN,
    SETS,
    Assumed,
    Changes,
    SettingChange,
)
from mcengine.analysis.waterfall_result import Step, WaterfallResult
from mcengine.inputs.study import Study
from mcengine.report.compare_differences import signed
from mcengine.report.language import Language, words
from mcengine.report.style import Picture
from mcengine.report.waterfall_figures import waterfall_pictures

MOST_STEPS = 8
"""Rows of a waterfall's table; smaller steps stand in one row."""
MOST_NAMED = 3
"""Inputs that the opening sentence names; more of them are "the assumptions"."""
HASH = 12
"""Characters of a sha256 shown."""

View = dict[str, Any]


def changes_view(found: Changes, studies: Sequence[Study], language: Language) -> View:
    """What differs in the inputs of all runs: one row an input, option or file, one cell a run."""
    code, none = language.code, language("compare.not_there")
    labels = _labels(studies, code)
    return {
        "settings": [
            {"label": _setting(one, labels, language), "cells": [_value(one, value, language) for value in one.values]}
            for one in found.settings
        ],
        "inputs": [
            {
                "label": labels[one.name],
                "name": one.name,
                "unit": "" if one.spec.unit == "1" else language.unit(one.spec.unit),
                "cells": [_assumed(cell, language) for cell in one.assumed],
            }
            for one in found.inputs
        ],
        "files": [
            {"label": one.name, "cells": [none if text is None else text[:HASH] for text in one.sha256]}
            for one in found.files
        ],
        "nothing": "" if found.names else language("compare.no_changes"),
        "same": language(
            "compare.same_inputs",
            inputs=found.same_inputs,
            files=found.same_files,
            all=found.same_files + len(found.files),
        ),
        "idle": language("compare.idle", names=", ".join(labels[name] for name in found.idle)) if found.idle else "",
    }


def reason(found: Changes, language: Language) -> str:
    """In a sentence, what makes the difference between two studies: options, a few inputs by name, or assumptions."""
    labels = {one.name: one.spec.label.get(language.code, one.name) for one in found.inputs}
    shape = [one for one in found.settings if one.name in (COPULA, SETS) or one.name.startswith("rho(")]
    parts = []
    if len(found.inputs) > MOST_NAMED or shape:
        laws = [law for one in found.inputs for cell in one.assumed if cell is not None for law in cell.laws]
        fixed = not shape and all(law.is_constant for law in laws)
        count = len(found.inputs)
        parts.append(language("compare.why_values", count=count) if fixed else language("compare.why_assumptions"))
    else:
        cells = [[_assumed(cell, language) for cell in one.assumed] for one in found.inputs]
        parts += [f"{labels[one.name]} ({' → '.join(texts)})" for one, texts in zip(found.inputs, cells, strict=True)]
    for setting in (one for one in found.settings if one not in shape):
        values = " → ".join(_value(setting, value, language) for value in setting.values)
        parts.append(_setting(setting, labels, language) + ("" if setting.note else f" ({values})"))
    return language("compare.why", what=language.listed(parts)) if parts else language("compare.why_nothing")


def _labels(studies: Sequence[Study], code: str) -> dict[str, str]:
    """The inputs' labels by name, those too that a plan's accounting does not use."""
    specs = [spec for study in studies for spec in (study.inputs if study.plan is None else study.plan.inputs)]
    return {spec.name: spec.label.get(code, spec.name) for spec in reversed(specs)}


def _setting(change: SettingChange, labels: Mapping[str, str], language: Language) -> str:
    """The name of an option or of a part of the dependence, plan or model."""
    if change.name == PLAN and change.note:
        return language("compare.plan_parts", parts=change.note)
    ours = {DEPENDENCE: "dependence", COPULA: "copula", SETS: "pooled", PLAN: "plan", MODEL: "model"}
    if change.name in ours:
        return language(f"compare.{ours[change.name]}")
    if change.name.startswith("rho("):
        pair = change.name.removeprefix("rho(").removesuffix(")").split(", ")
        return language("compare.rho", pair=" – ".join(labels.get(name, name) for name in pair))
    return language(f"repeat.{change.name}") if change.name in words()["repeat"] else change.name


def _value(change: SettingChange, value: str | int | None, language: Language) -> str:
    if value is None or value == "":
        return language("compare.not_there")
    if isinstance(value, bool):
        return language("compare.yes" if value else "compare.no")
    return language(f"compare.{value}") if change.name == DEPENDENCE else language.distribution(str(value))


def _assumed(cell: Assumed | None, language: Language) -> str:
    """What one run assumes of an input."""
    if cell is None:
        return language("compare.not_there")
    texts = [language.distribution(text) for _, text in cell.parts]
    if len(texts) > 1:
        weighted = zip(cell.parts, texts, strict=True)
        texts = [f"{language.plain(round(100 * weight, 2))}%: {text}" for (weight, _), text in weighted]
    text = "; ".join(texts)
    return text if cell.used else language("compare.not_used", text=text)


def explained_views(
    found: Sequence[Explanation], titles: Sequence[str], language: Language, *, draw: bool = False
) -> list[View]:
    """What explains the difference of each further run from the first; with its figure where `draw`.

    titles  of all runs, the first one's first
    """
    views = []
    for k, (one, title) in enumerate(zip(found, titles[1:], strict=True), start=1):
        steps = one.waterfall
        views.append(
            {
                "title": language("compare.pair", first=titles[0], second=title),
                "text": _sentence(one, language),
                "rows": [] if steps is None else _rows(one, steps, language),
                "note": language("compare.sampled") if steps is not None and steps.permutations is not None else "",
                "picture": _picture(steps, f"explained{k}", language) if draw and steps is not None else None,
            }
        )
    return views


def _sentence(one: Explanation, language: Language) -> str:
    if one.kind == why.ONE:
        what = _only(one, language)
        if one.difference is None or one.difference.value is None:
            return language("compare.explained_one_only", what=what)
        assert one.output is not None
        mean = language("quantity.npv_mean") if one.output == "npv" else f"{one.output}, {language('statistics.mean')}"
        unit = "" if one.unit == "1" else f" {language.unit(one.unit)}"
        return language(
            "compare.explained_one", what=what, label=mean, difference=_difference(one.difference, language) + unit
        )
    if one.kind == why.STEPS and one.waterfall is not None:
        return _steps_sentence(one.waterfall, language)
    if one.kind == why.NOT_THERE:
        return language("compare.explained_not_there", reason=language.note(one.reason))
    return language(f"compare.explained_{one.kind}")


def _steps_sentence(steps: WaterfallResult, language: Language) -> str:
    top = [f"{_what(step.name, language, steps)} {_amount(step.value, steps, language)}" for step in steps.steps[:3]]
    start, end = (language.number(one.value, _decimals(steps)) for one in (steps.start, steps.end))
    unit = "" if steps.unit == "1" else f" {language.unit(steps.unit)}"
    return language(
        "compare.explained_steps",
        label=language.label(steps.output),
        start=start,
        end=end + unit,
        count=len(steps.steps),
        steps=", ".join(top),
    )


def _only(one: Explanation, language: Language) -> str:
    """The one thing that differs, from what to what."""
    found, cells = one.changes, []
    if found.settings:
        (setting,) = found.settings
        name = _setting(setting, {}, language)
        cells = [_value(setting, value, language) for value in setting.values]
    else:
        (change,) = found.inputs
        name = change.spec.label.get(language.code, change.name)
        cells = [_assumed(cell, language) for cell in change.assumed]
    return f"{name} ({' → '.join(cells)})"


def _what(name: str, language: Language, steps: WaterfallResult | None = None) -> str:
    """The name of an option or input as the reader knows it."""
    if name in words()["repeat"]:
        return language(f"repeat.{name}")
    specs = () if steps is None else (*steps.against.inputs, *steps.study.inputs)
    return {spec.name: spec.label.get(language.code, name) for spec in specs}.get(name, name)


def _rows(one: Explanation, steps: WaterfallResult, language: Language) -> list[View]:
    """The largest steps, the rest of them, their sum, and what the simulated means differ by beyond it."""
    seen = [step for step in steps.steps if abs(step.value) >= 0.5 * 10.0 ** -_decimals(steps)]
    shown = seen[:MOST_STEPS] if len(steps.steps) > MOST_STEPS + 1 else seen
    if len(steps.steps) - len(shown) == 1:
        shown = list(steps.steps)
    rows = [
        {
            "label": _what(step.name, language, steps),
            "name": step.name,
            "change": _change(step, language),
            "effect": _effect(step.effect, steps, language),
            "sum": False,
        }
        for step in shown
    ]
    small = steps.steps[len(shown) :]
    if small:
        text = _amount(sum(step.value for step in small), steps, language)
        rows.append(_line(language("compare.more_steps", count=len(small)), text))
    rows.append(_line(language("compare.at_means"), _amount(steps.difference, steps, language), total=True))
    if one.rest is not None and one.difference is not None:
        rows.append(_line(language("compare.rest"), _effect(one.rest, steps, language)))
        rows.append(_line(language("compare.simulated"), _effect(one.difference, steps, language), total=True))
    return rows


def _line(label: str, effect: str, *, total: bool = False) -> View:
    return {"label": label, "name": "", "change": "", "effect": effect, "sum": total}


def _change(step: Step, language: Language) -> str:
    """From what to what a step goes."""
    old, new = (
        language.value(float(f"{value:.4g}") if isinstance(value, float) else value)
        for value in step.changes[step.name]
    )
    return f"{old} → {new}"


def _effect(effect: Statistic, steps: WaterfallResult, language: Language) -> str:
    """An effect with its sign, and its half-width where it has an interval."""
    if effect.ci95 is None:
        assert isinstance(effect.value, float | int)
        return _amount(float(effect.value), steps, language)
    return _difference(effect, language)


def _difference(statistic: Statistic, language: Language) -> str:
    text = language.statistic(statistic)
    return f"{signed(text.value)} {text.margin}".strip()


def _amount(value: float, steps: WaterfallResult, language: Language) -> str:
    text = language.number(value, _decimals(steps))
    return signed(text)


def _decimals(steps: WaterfallResult) -> int:
    """Decimals to the size of the ends."""
    size = max(abs(steps.start.value), abs(steps.end.value), abs(steps.difference))
    return 0 if size >= 1000 else 1 if size >= 100 else 3 if size >= 1 else 5


def _picture(steps: WaterfallResult, name: str, language: Language) -> Picture:
    """The waterfall's figure under a name of its own, as a page may hold several."""
    (found,) = waterfall_pictures(steps, language)
    return replace(found, name=name, svg=found.svg.replace(f"{found.name}-", f"{name}-"))
