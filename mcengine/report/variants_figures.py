"""The figure of the variants: what the discount rate, its base year and the horizon do to NPV and chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mcengine.analysis.result import Statistic
from mcengine.analysis.variant_choices import (
    BASE_YEAR,
    CORRELATIONS,
    HORIZON,
    MCPF,
    RATE,
    SCENARIO,
    SHARES,
    SPENDING,
)
from mcengine.analysis.variants import Variant, Variants
from mcengine.report.language import NUMBER, PERCENT, Language
from mcengine.report.style import BLUE, GREY, INK, ORANGE, Picture, Ticks, picture, style

_BAND = "#e9ecef"
_HEADS = 1.25  # rows that the name of a choice takes
_WIDE = 30  # characters of a row's name on one line
OPTIONS = (
    (RATE,), (BASE_YEAR,), (HORIZON, SPENDING), (MCPF,), *((name,) for name in SHARES), (SCENARIO,), (CORRELATIONS,),
)  # fmt: skip
"""The options of each block of rows, in order; its name is that of the first."""
_MARKS: Mapping[str, Mapping[str, Any]] = {
    "mean": {"marker": "D", "markersize": 6.5, "color": ORANGE},
    "baseline": {"marker": "o", "markersize": 6.5, "color": "white"},
    "plan": {"marker": "*", "markersize": 11, "color": INK},
}


Group = tuple[str, Sequence[tuple[str, Variant]]]
"""What is chosen, and its variants by what they choose, both as text."""


def variants_picture(found: Variants, language: Language, *, uncertain: bool) -> Picture:
    """Rows by choice: left the NPV, and, where inputs are uncertain, right the chance that it is above zero."""
    unit = "" if found.unit == "1" else f", {language.unit(found.unit)},"
    key = "alt_row" if uncertain else "alt_row_fixed"
    told, groups = [], named_groups(found, language)
    for title, rows in groups:
        texts = [language(f"variants.{key}", value=value, **_texts(one, language)) for value, one in rows]
        told.append(f"{title}: {'; '.join(texts)}")
    caption = language("variants.figure" if uncertain else "variants.figure_fixed")
    alt = language("variants.alt", unit=unit, rows=". ".join(told))
    return picture("variants", variants_figure(found, groups, language, uncertain=uncertain), caption, alt)


def variants_figure(found: Variants, groups: Sequence[Group], language: Language, *, uncertain: bool) -> Figure:
    """The rows of every choice on one scale, from the top; the study's own on grey."""
    places, heads, bottom = _layout(groups)
    varying = ("mean", "baseline") if found.at != "plan" else ("mean",)
    kinds = [*(varying if uncertain else ()), "plan"]
    with style():
        figure = Figure(figsize=(7.6, 1.35 + 0.27 * bottom), layout="constrained")
        panels = figure.subplots(1, 2, sharey=True, width_ratios=(2.1, 1.0)) if uncertain else [figure.subplots()]
        for axes in panels:
            for y, _, one in places:
                if one.own:
                    axes.axhspan(y - 0.5, y + 0.5, color=_BAND, linewidth=0, zorder=0)
            axes.grid(visible=False, axis="y")
        for y, _, one in places:
            _money(panels[0], y, one, kinds)
        _money_axes(panels[0], found, language)
        if uncertain:
            _chances(panels[1], places, language)
        panels[0].set_ylim(bottom - 0.4, -0.2)
        panels[0].set_yticks([y for y, _, _ in places], [fill(value, _WIDE) for _, value, _ in places])
        for label, (_, _, one) in zip(panels[0].get_yticklabels(), places, strict=True):
            label.set_fontweight("bold" if one.own else "normal")
        for y, title in heads:
            panels[0].text(0.01, y, title, transform=panels[0].get_yaxis_transform(),
                           va="center", color=GREY, fontweight="bold", fontsize=8.5,
                           bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
        figure.legend(handles=_legend(found, language, kinds), loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def named_groups(found: Variants, language: Language) -> list[Group]:
    """Every block of rows that there is, in the order of the report's table."""
    groups = [(language(f"variants.{names[0]}"), found.of(*names)) for names in OPTIONS]
    return [(title, [(choice(one, language), one) for one in rows]) for title, rows in groups if rows]


def choice(one: Variant, language: Language) -> str:
    """What a variant chooses, as text: a rate or share without zeros that say nothing, as "2.25%", or a year."""
    if one.option == CORRELATIONS:
        return language(f"variants.{one.value}")
    if one.option == SCENARIO:
        return one.title.get(language.code, str(one.value))
    value = float(one.value)
    if one.option == RATE or one.option in SHARES:
        return f"{language.plain(round(100 * value, 6))}%"
    if one.option == SPENDING:
        return language("variants.goes_on", year=int(value))
    if one.stops is not None:
        return language("variants.stops", year=int(value), until=one.stops)
    return language.plain(value) if one.option == MCPF else str(int(value))


def _layout(groups: Sequence[Group]) -> tuple[list[tuple[float, str, Variant]], list[tuple[float, str]], float]:
    """Heights of the rows and of the choices' names, downwards, and where they end."""
    places, heads, y = [], [], 0.0
    for title, rows in groups:
        heads.append((y + 0.3, title))
        y += _HEADS
        for value, one in rows:
            places.append((y, value, one))
            y += 1.0
    return places, heads, y


def _money(axes: Axes, y: float, one: Variant, kinds: Sequence[str]) -> None:
    """The marks of one row; the line of precision on top, or a mark would hide it."""
    at = {"mean": one.mean.value, "baseline": one.baseline.npv, "plan": one.plan.npv}
    for kind in kinds:
        if (value := _number(at[kind])) is not None:
            axes.plot(value, y, linestyle="none", markeredgecolor=INK, zorder=3, **_MARKS[kind])
    if "mean" in kinds:
        _line(axes, y, one.mean)


def _line(axes: Axes, y: float, statistic: Statistic) -> None:
    if statistic.ci95 is not None:
        axes.plot([float(bound) for bound in statistic.ci95], (y, y), color=INK, linewidth=1.4, zorder=4)


def _money_axes(axes: Axes, found: Variants, language: Language) -> None:
    axes.margins(x=0.05)
    axes.axvline(0.0, color=INK, linewidth=1.2, zorder=1)
    axes.locator_params(axis="x", nbins=6)
    unit = "" if found.unit == "1" else f", {language.unit(found.unit)}"
    axes.set_xlabel(f"{language.label('npv')}{unit}")
    axes.xaxis.set_major_formatter(Ticks(language))


def _chances(axes: Axes, places: Sequence[tuple[float, str, Variant]], language: Language) -> None:
    """A dot a row with its interval, and the figure beside it where there is room."""
    for y, _, one in places:
        value = _number(one.chance.value)
        if value is None:
            continue
        axes.plot(value, y, "o", color=BLUE, markeredgecolor=INK, markersize=6, zorder=3)
        _line(axes, y, one.chance)
        left = value > 0.6
        text = language.statistic(one.chance, PERCENT, most=1).value
        axes.annotate(text, (value, y), (-7 if left else 7, 0),
                      textcoords="offset points", ha="right" if left else "left",
                      va="center", fontsize=8.5)  # fmt: skip
    axes.set_xlim(-0.05, 1.05)
    axes.set_xticks((0.0, 0.5, 1.0))
    axes.set_xlabel(language("variants.chance"))
    axes.xaxis.set_major_formatter(Ticks(language, percent=True))
    axes.tick_params(axis="y", length=0)


def _legend(found: Variants, language: Language, kinds: Sequence[str]) -> list[Line2D]:
    texts = {"mean": "figure.mean", "baseline": f"variants.at_{found.at}", "plan": "variants.at_plan"}
    return [
        Line2D([], [], linestyle="none", markeredgecolor=INK, label=language(texts[kind]), **_MARKS[kind])
        for kind in kinds
    ]


def _texts(one: Variant, language: Language) -> dict[str, str]:
    """The figures of a row for the alternative text."""
    return {
        "plan": language.number(one.plan.npv, 0),
        "mean": language.statistic(one.mean, NUMBER, most=0).value,
        "chance": language.statistic(one.chance, PERCENT, most=2).value,
    }


def _number(value: float | str | None) -> float | None:
    return float(value) if isinstance(value, float | int) else None
