"""The report's figures. Nothing is computed here: positions come from histograms and statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from mcengine.analysis.result import Distribution, OutputResult, Statistic, YearlyResult
from mcengine.report.language import Language
from mcengine.report.style import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILLION, Ticks, style

SET_STYLES = ((VERMILLION, "--"), (GREEN, "-."), (PURPLE, ":"), (INK, (0, (5, 1, 1, 1, 1, 1))))

Statistics = Mapping[str, Statistic]


def value_of(statistics: Statistics, name: str) -> float | None:
    """The number of a statistic; None where there is none."""
    statistic = statistics.get(name)
    return statistic.value if statistic is not None and isinstance(statistic.value, float | int) else None


def _blank(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.6, height), layout="constrained")
    return figure, figure.add_subplot()


def _axis_title(language: Language, label: str, unit: str) -> str:
    return f"{label}, {language.unit(unit)}" if unit != "1" else label


def _stairs(axes: Axes, distribution: Distribution, low: float, high: float, **look: Any) -> None:
    """The histogram's shape, painted between `low` and `high` only."""
    edges, counts = distribution.edges, distribution.counts
    shape = axes.stairs(counts, edges, fill=True, **look)
    clip = Rectangle((low, 0.0), high - low, 1.2 * float(counts.max()), transform=axes.transData)
    shape.set_clip_path(clip)


def _marks(axes: Axes, marks: Sequence[tuple[float, str]]) -> None:
    """Upright lines with short names above the axes, on a second or third line where they would touch."""
    low, high = axes.get_xlim()
    last = [-1.0, -1.0, -1.0]
    for x, name in sorted(marks):
        place = (x - low) / (high - low)
        if not 0.0 <= place <= 1.0:
            continue
        level = next((k for k in range(3) if place - last[k] > 0.07), 2)
        last[level] = place
        dash = "-" if name == "ES" else (0, (4, 2))
        axes.axvline(x, color=INK, linewidth=1.0, linestyle=dash)
        axes.text(place, 1.02 + 0.07 * level, name, transform=axes.transAxes, ha="center", va="bottom", fontsize=8.5)


def density(language: Language, output: OutputResult, label: str, chance: str) -> Figure:
    """Histogram of an output: above and below zero told apart, the worst 5% hatched, ES and quantiles marked.

    chance  the chance of a value above zero, as text
    """
    assert output.distribution is not None
    shape, statistics = output.distribution, output.statistics
    left, right = float(shape.edges[0]), float(shape.edges[-1])
    with style():
        figure, axes = _blank(3.6)
        legend: list[Any] = []
        for low, high, colour, text in (
            (min(left, 0.0), 0.0, ORANGE, language("figure.below")),
            (0.0, max(right, 0.0), BLUE, language("figure.above", p=chance)),
        ):
            if high > low and high > left and low < right:
                _stairs(axes, shape, low, high, color=colour)
                legend.append(Patch(color=colour, label=text))
        p05 = value_of(statistics, "p05")
        if p05 is not None and value_of(statistics, "expected_shortfall_05") is not None:
            _stairs(axes, shape, left, p05, facecolor="none", edgecolor=INK, hatch="/////", linewidth=0)
            legend.append(Patch(facecolor="white", edgecolor=INK, hatch="/////", label=language("figure.worst")))
        axes.set_xlim(left, right)
        axes.set_ylim(0, 1.05 * float(shape.counts.max()))
        if left < 0 < right:
            axes.axvline(0.0, color=INK, linewidth=1.6)
        names = {
            "expected_shortfall_05": "ES",
            "p05": "P5",
            "p50": "P50",
            "p95": "P95",
            "mean": language("figure.mark_mean"),
        }
        _marks(
            axes,
            [(value, text) for name, text in names.items() if (value := value_of(statistics, name)) is not None],
        )
        axes.set_xlabel(f"{_axis_title(language, label, output.unit)}\n{language('figure.marks')}")
        axes.set_ylabel(language("figure.relative"))
        axes.set_yticks([])
        axes.xaxis.set_major_formatter(Ticks(language))
        figure.legend(handles=legend, loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def s_curve(
    language: Language,
    output: OutputResult,
    label: str,
    chance: str,
    sets: Sequence[tuple[str, OutputResult]] = (),
) -> Figure:
    """Cumulative distribution of an output, with the chance above zero bracketed; thin lines for `sets`."""
    assert output.distribution is not None
    assert output.curve is not None
    left, right = float(output.distribution.edges[0]), float(output.distribution.edges[-1])
    with style():
        figure, axes = _blank(3.4)
        axes.plot(*output.curve, color=BLUE, linewidth=2.2, label=language("sets.pool") if sets else None, zorder=3)
        for k, (name, part) in enumerate(sets):
            colour, dash = SET_STYLES[k % len(SET_STYLES)]
            if part.curve is not None:
                axes.plot(*part.curve, color=colour, linestyle=dash, linewidth=1.3, label=name)
        for p, name in ((0.05, "p05"), (0.25, "p25"), (0.5, "p50"), (0.75, "p75"), (0.95, "p95")):
            if (value := value_of(output.statistics, name)) is not None:
                axes.plot(value, p, "o", color=BLUE, markersize=4.5, zorder=4)
                axes.annotate(
                    name.upper().replace("P05", "P5"),
                    (value, p),
                    (-7, 3) if name == "p05" else (8, -9),
                    textcoords="offset points",
                    ha="right" if name == "p05" else "left",
                    fontsize=8,
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
                    zorder=4,
                )
        axes.set_xlim(left, right)
        axes.set_ylim(0, 1)
        above = value_of(output.statistics, "prob_positive")
        if left < 0 < right and above is not None:
            _bracket(axes, language("figure.above", p=chance), 1.0 - above)
        axes.set_xlabel(_axis_title(language, label, output.unit))
        axes.set_ylabel(language("figure.at_most"))
        axes.xaxis.set_major_formatter(Ticks(language))
        axes.yaxis.set_major_formatter(Ticks(language, percent=True))
        if sets:
            figure.legend(loc="outside lower center", ncols=4, fontsize=8.5)
    return figure


def _bracket(axes: Axes, text: str, height: float) -> None:
    """At x = 0 a bracket from the curve, at `height`, to 1: the chance of a value above zero."""
    axes.axvline(0.0, color=INK, linewidth=0.9)
    axes.plot(
        [0.0, 0.0],
        [height, 1.0],
        color=VERMILLION,
        linewidth=3.0,
        solid_capstyle="butt",
        zorder=5,
        clip_on=False,
    )
    low, high = axes.get_xlim()
    aside = (-8, "right") if -low > high / 2 else (8, "left")
    axes.annotate(
        text,
        (0.0, (1.0 + height) / 2),
        (aside[0], 0),
        textcoords="offset points",
        ha=aside[1],
        va="center",
        color="#9c3f00",
        fontsize=9,
        fontweight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )


def fan(language: Language, yearly: YearlyResult, label: str, plan: Mapping[int, float] | None = None) -> Figure:
    """Bands of a yearly quantity, P5-P95 and P25-P75 about the median; dashed: `plan`, by year."""
    years = [year for year, band in yearly.bands.items() if value_of(band, "p05") is not None]
    rows = {
        name: np.array([value_of(yearly.bands[year], name) for year in years], dtype=float)
        for name in ("p05", "p25", "p50", "p75", "p95")
    }
    with style():
        figure, axes = _blank(3.3)
        axes.fill_between(years, rows["p05"], rows["p95"], color="#c6e2f3", linewidth=0, label=language("figure.outer"))
        axes.fill_between(years, rows["p25"], rows["p75"], color="#6fb4dc", linewidth=0, label=language("figure.inner"))
        axes.plot(years, rows["p50"], color="#00456c", linewidth=2.0, label=language("figure.median"))
        shown = [year for year in years if plan and year in plan]
        if plan and shown:
            line = [plan[year] for year in shown]
            axes.plot(shown, line, color=VERMILLION, linewidth=1.6, linestyle="--", label=language("figure.plan"))
        _year_axes(language, axes, years, label, yearly.unit)
        axes.set_xlabel(language("figure.fan_draws", draws=language.number(yearly.draws, 0)))
        figure.legend(loc="outside lower center", ncols=4, fontsize=8.5)
    return figure


def bars(language: Language, yearly: YearlyResult, label: str) -> Figure:
    """One bar a year, for a study without uncertain inputs."""
    values = {year: value_of(band, "mean") for year, band in yearly.bands.items()}
    known = {year: value for year, value in values.items() if value is not None}
    with style():
        figure, axes = _blank(3.0)
        colours = [BLUE if value >= 0 else ORANGE for value in known.values()]
        axes.bar(list(known), list(known.values()), color=colours, width=0.7)
        _year_axes(language, axes, list(known), label, yearly.unit, margin=0.6)
    return figure


def _year_axes(
    language: Language, axes: Axes, years: Sequence[int], label: str, unit: str, margin: float = 0.0
) -> None:
    if min(axes.get_ylim()) < 0 < max(axes.get_ylim()):
        axes.axhline(0.0, color=INK, linewidth=1.2)
    axes.set_xlim(years[0] - margin, years[-1] + max(margin, 1e-9))
    step = max(1, math.ceil(len(years) / 12))
    axes.set_xticks(list(years[::step]), [str(year) for year in years[::step]])
    axes.set_ylabel(_axis_title(language, label, unit))
    axes.yaxis.set_major_formatter(Ticks(language))


def whiskers(language: Language, rows: Sequence[tuple[str, Statistics]], label: str, unit: str) -> Figure:
    """Ranges side by side, one row each from the top, all drawn alike: P5-P95, P25-P75, median, mean."""
    with style():
        figure, axes = _blank(1.5 + 0.42 * len(rows))
        for y, (_, statistics) in enumerate(rows):
            for low, high, width in (("p05", "p95", 1.6), ("p25", "p75", 7.0)):
                left, right = value_of(statistics, low), value_of(statistics, high)
                if left is not None and right is not None:
                    axes.plot((left, right), (y, y), color=BLUE, linewidth=width, solid_capstyle="butt", alpha=0.9)
            for name, marker, size, face in (("p50", "o", 6.5, "white"), ("mean", "D", 5.0, ORANGE)):
                if (value := value_of(statistics, name)) is not None:
                    axes.plot(value, y, marker, color=face, markeredgecolor=INK, markersize=size, zorder=3)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.04)
        if axes.get_xlim()[0] < 0 < axes.get_xlim()[1]:
            axes.axvline(0.0, color=INK, linewidth=1.2, zorder=1)
        axes.set_xlabel(_axis_title(language, label, unit))
        axes.xaxis.set_major_formatter(Ticks(language))
        figure.legend(handles=_whisker_legend(language), loc="outside lower center", ncols=4, fontsize=8.5)
    return figure


def _whisker_legend(language: Language) -> list[Line2D]:
    return [
        Line2D([], [], color=BLUE, linewidth=1.6, label=language("figure.outer")),
        Line2D([], [], color=BLUE, linewidth=7.0, label=language("figure.inner")),
        Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            color="white",
            markeredgecolor=INK,
            label=language("figure.median"),
        ),
        Line2D([], [], linestyle="", marker="D", color=ORANGE, markeredgecolor=INK, label=language("figure.mean")),
    ]
