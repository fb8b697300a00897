"""Figures of the sensitivity analyses. Nothing is computed here: positions come from the analyses' statistics.

Each method has a function (result, language) -> pictures in `FIGURES`, loaded when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcengine.analysis.methods import find
from mcengine.analysis.result import Statistic
from mcengine.analysis.sobol_result import FactorIndices, SobolResult
from mcengine.report.language import Language
from mcengine.report.names import short_name, study_title
from mcengine.report.style import BLUE, INK, ORANGE, Picture, Ticks, picture, style, wrapped

FIGURES: dict[str, str] = {
    "sobol": "mcengine.report.sensitivity_figures:sobol_pictures",
    "shapley": "mcengine.report.shapley_figures:shapley_pictures",
    "morris": "mcengine.report.measures_figures:measures_pictures",
    "pawn": "mcengine.report.measures_figures:measures_pictures",
    "delta": "mcengine.report.measures_figures:measures_pictures",
    "rbd-fast": "mcengine.report.measures_figures:measures_pictures",
    "tornado": "mcengine.report.tornado_figures:tornado_pictures",
    "break-even": "mcengine.report.break_even_figures:break_even_pictures",
    "waterfall": "mcengine.report.waterfall_figures:waterfall_pictures",
    "evppi": "mcengine.report.evppi_figures:evppi_pictures",
    "boxes": "mcengine.report.boxes_figures:boxes_pictures",
    "tail": "mcengine.report.tail_figures:tail_pictures",
    "luck": "mcengine.report.luck_figures:luck_pictures",
}
"""Method -> "module:function" that makes its pictures."""

_MOST, _LEAST, _SMALL = 20, 5, 0.001  # rows shown: those above a share of 0.1%; the others are counted below

_WORDS = {
    "en": {
        "st": "total: with its part in interactions",
        "s1": "first order: on its own",
        "share": "share of the variance of {response}",
        "more": "{count} more, each below {limit}",
        "others": "{first} + {count} more",
        "caption": "What drives {response} ({study}, {variant}). Whiskers: 95% intervals of the computation.",
        "as studied": "inputs as correlated in the study",
        "without correlations": "variant without correlations",
        "alt": "Bars of total and first-order Sobol' indices, largest first: {rows}.",
    },
    "nl": {
        "st": "totaal: met aandeel in wisselwerkingen",
        "s1": "eerste orde: op zichzelf",
        "share": "aandeel in de variantie van {response}",
        "more": "nog {count}, elk onder {limit}",
        "others": "{first} + nog {count}",
        "caption": "Wat {response} bepaalt ({study}, {variant}). Streepjes: 95%-intervallen van de berekening.",
        "as studied": "aannamen gecorreleerd zoals in de studie",
        "without correlations": "variant zonder correlaties",
        "alt": "Staven met totale en eerste-orde Sobol'-indices, grootste eerst: {rows}.",
    },
}


def pictures_of(result: Any, language: Language) -> list[Picture]:
    """The pictures of a method's result; none for a method without figures."""
    if result.method not in FIGURES:
        return []
    made: list[Picture] = find(FIGURES, result.method)(result, language)
    return made


def sobol_pictures(result: SobolResult, language: Language) -> list[Picture]:
    """Index bars of the inputs, and before them of the groups where there are any."""
    parts = []
    if result.groups:
        parts.append(("groups", list(result.groups.values()), result.main.variant))
    if result.inputs and not (result.groups and result.apart is None):
        parts.append(("inputs", list(result.inputs.values()), result.inputs_variant))
    labels = {spec.name: spec.label.get(language.code, spec.name) for spec in result.study.inputs}
    made = []
    for part, factors, variant in parts:
        words = _WORDS[language.code]
        ordered = sorted(factors, key=lambda factor: -_number(factor.st))
        response = short_name(result.response, language)
        about = {"response": response, "study": study_title(result.study, language), "variant": words[variant]}
        caption = words["caption"].format(**about)
        shown = ", ".join(
            f"{_label(f, labels, words['others'])} {language.percent(_number(f.st), 1)}" for f in ordered[:5]
        )
        figure = index_bars(language, ordered, labels, response)
        name = f"sensitivity_sobol_{part}"
        made.append(picture(name, figure, caption, words["alt"].format(rows=shown)))
    return made


def index_bars(
    language: Language, factors: Sequence[FactorIndices], labels: Mapping[str, str], response: str
) -> Figure:
    """Total and first-order indices, one pair of bars a factor from the top, whiskers their 95% intervals.

    labels  names to show by factor; a group goes by its own
    """
    words = _WORDS[language.code]
    count = min(max(sum(_number(factor.st) >= _SMALL for factor in factors), _LEAST), _MOST)
    shown, rest = factors[:count], factors[count:]
    with style():
        figure = Figure(figsize=(7.6, 1.5 + 0.36 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for name, offset, colour in (("st", -0.19, BLUE), ("s1", 0.19, ORANGE)):
            _bars(axes, [getattr(factor, name) for factor in shown], offset, colour, words[name])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks(range(len(shown)), wrapped([_label(factor, labels, words["others"]) for factor in shown]))
        axes.grid(visible=False, axis="y")
        axes.axvline(0.0, color=INK, linewidth=1.0)
        label = words["share"].format(response=response)
        if rest:
            largest = max(_SMALL, 1.1 * _number(rest[0].st))
            label += "\n" + words["more"].format(count=len(rest), limit=language.percent(largest, 1))
        axes.set_xlabel(label)
        axes.xaxis.set_major_formatter(Ticks(language, percent=True))
        figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)
    return figure


def _bars(axes: Axes, values: Sequence[Statistic], offset: float, colour: str, label: str) -> None:
    """Bars with whiskers at rows 0, 1, ... moved by `offset`."""
    places = [row + offset for row in range(len(values))]
    axes.barh(places, [_number(value) for value in values], height=0.36, color=colour, label=label)
    for place, value in zip(places, values, strict=True):
        if value.ci95 is not None:
            axes.plot([float(bound) for bound in value.ci95], (place, place), color=INK, linewidth=1.1)


def _label(factor: FactorIndices, labels: Mapping[str, str], others: str) -> str:
    """An input's label; of a block of correlated inputs the labels of its first ones; else the group's own name."""
    if factor.name in labels or not factor.members or not factor.name.startswith(f"{factor.members[0]} + "):
        return labels.get(factor.name, factor.name)
    first, count = labels[factor.members[0]], len(factor.members)
    return f"{first} + {labels[factor.members[1]]}" if count == 2 else others.format(first=first, count=count - 1)


def _number(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
