"""Figures of a break-even analysis: how far off each value is, and the map of two inputs together."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import CenteredNorm, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mcengine.analysis.break_even_result import ABOVE, BELOW, BreakEven, BreakEvenResult, PairMap
from mcengine.report.language import Language
from mcengine.report.names import set_title, short_name, study_title
from mcengine.report.style import BLUE, GREY, INK, ORANGE, VERMILLION, Picture, Ticks, picture, style, wrapped
from mcengine.report.tornado_figures import in_words, labels_of

_MOST = 15
_WIDEST = 1.0  # distances beyond a whole are drawn as an arrow at the edge
_BANDS = 16  # of colour on a map
_MARKS = "so^Dv<>p"
_DIVERGING = LinearSegmentedColormap.from_list("mcengine", [VERMILLION, "#f4c7a8", "#ffffff", "#a9cfe6", BLUE])
"""Vermillion below the level, white at it, blue above it: told apart by the colour-blind."""

_WORDS = {
    "en": {
        "above": "{output} is above {level} when the input is above that value",
        "below": "{output} is above {level} when the input is below that value",
        "none": "{output} does not pass {level} there",
        "distance": "distance to the break-even value, share of the value it starts from",
        "more": "{count} more, further off",
        "caption": "How to read it: how far each input, moved alone, is from the value at which {output} is {level} "
        "({study}; the others at {standing}). Beside each: from where it stands to its break-even value. The shorter "
        "the line, the less it takes; an arrow goes on beyond the axis. {without} inputs have no such value within "
        "their bounds: the table has the outcome there.",
        "alt": "Break-even values, nearest first: {rows}.",
        "row": "{name} {start} to {value}",
        "map": "How to read it: {output} over {first} and {second}, the others at {standing} ({study}). On the line "
        "{output} is {level}; blue is above it, orange below. The star is where the analysis starts, the marks are the "
        "medians of the assumption sets in these two inputs alone.",
        "map_alt": "Map of {output} over {first} and {second} with the line on which it is {level}.",
        "start": "start",
        "plan": "plan",
    },
    "nl": {
        "above": "{output} is boven {level} als de invoer boven die waarde ligt",
        "below": "{output} is boven {level} als de invoer onder die waarde ligt",
        "none": "{output} gaat daar niet door {level}",
        "distance": "afstand tot het kantelpunt, als deel van de waarde nu",
        "more": "nog {count}, verder weg",
        "caption": "Zo leest u de figuur: hoe ver elke invoer, alleen bewogen, van de waarde ligt waarbij {output} "
        "{level} is: het kantelpunt ({study}; de andere op {standing}). Ernaast: van de waarde nu naar het kantelpunt. "
        "Hoe korter de lijn, hoe minder er nodig is; een pijl gaat verder dan de as. {without} aannamen hebben geen "
        "kantelpunt binnen hun grenzen: de tabel geeft de uitkomst daar.",
        "alt": "Kantelpunten, dichtstbij eerst: {rows}.",
        "row": "{name} {start} naar {value}",
        "map": "Zo leest u de figuur: {output} over {first} en {second}, de andere op {standing} ({study}). Op de lijn "
        "is {output} {level}; blauw is erboven, oranje eronder. De ster is waar de analyse begint, de tekens zijn de "
        "medianen van de aannamensets in alleen deze twee aannamen.",
        "map_alt": "Kaart van {output} over {first} en {second} met de lijn waarop die {level} is.",
        "start": "begin",
        "plan": "plan",
    },
}
_STANDING = {
    "en": {"plan": "the plan's values", "median": "the medians of the assumptions", "mean": "their means"},
    "nl": {"plan": "de waarden van het plan", "median": "de medianen van de aannamen", "mean": "hun gemiddelden"},
}


def break_even_pictures(result: BreakEvenResult, language: Language) -> list[Picture]:
    """The distances, where any input has a break-even value, and one map a pair."""
    words, labels = _WORDS[language.code], labels_of(result, language)
    told = {
        "output": short_name(result.output, language),
        "level": language.plain(result.level),
        "standing": _STANDING[language.code][result.at],
        "study": study_title(result.study, language),
    }
    made = []
    if result.found:
        listed = ", ".join(
            words["row"].format(name=labels[one.name], start=_start(one, language), value=_shown(one, language))
            for one in result.found[:5]
        )
        caption = words["caption"].format(without=len(result.without), **told)
        figure = distances(result, language)
        made.append(picture("sensitivity_break_even", figure, caption, words["alt"].format(rows=listed)))
    for pair in result.pairs:
        two = {"first": labels[pair.names[0]], "second": labels[pair.names[1]]}
        name = "_".join(["sensitivity_break_even", *(re.sub(r"\W+", "_", name) for name in pair.names)])
        alt = words["map_alt"].format(**told, **two)
        made.append(picture(name, pair_figure(result, pair, language), words["map"].format(**told, **two), alt))
    return made


def distances(result: BreakEvenResult, language: Language) -> Figure:
    """One line an input from the top, as long as the share by which it must move; nearest first."""
    words, labels = _WORDS[language.code], labels_of(result, language)
    shown, rest = result.found[:_MOST], result.found[_MOST:]
    told = {"output": short_name(result.output, language), "level": language.plain(result.level)}
    colours = {ABOVE: BLUE, BELOW: ORANGE, None: GREY}
    reach = min(max((abs(one.distance) for one in shown if one.distance is not None), default=1.0), _WIDEST)
    reach = reach or 1.0
    with style():
        figure = Figure(figsize=(7.6, 1.5 + 0.36 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for row, one in enumerate(shown):
            _distance(axes, row, one, reach, colours[one.exceeds], language)
        for side, colour in colours.items():
            if any(one.exceeds == side for one in shown):
                axes.plot([], [], color=colour, linewidth=2.5, label=words[side or "none"].format(**told))
        axes.axvline(0.0, color=INK, linewidth=1.0)
        axes.set_xlim(-1.12 * reach, 1.12 * reach)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks(range(len(shown)), wrapped([labels[one.name] for one in shown]))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(words["distance"] + ("\n" + words["more"].format(count=len(rest)) if rest else ""))
        axes.xaxis.set_major_formatter(Ticks(language, percent=True))
        axes.xaxis.set_major_locator(MaxNLocator(9))
        figure.legend(loc="outside lower center", ncols=1, fontsize=8.5)
    return figure


def _distance(axes: Axes, row: int, one: BreakEven, reach: float, colour: str, language: Language) -> None:
    """The line of one input, and from where to where in its unit; of an input that starts at 0 the words alone."""
    share = one.distance or 0.0
    end, text = max(min(share, reach), -reach), f"{_start(one, language)} → {_shown(one, language)}"
    if one.distance is not None:
        axes.plot([0.0, end], [row, row], color=colour, linewidth=2.5, solid_capstyle="butt")
        mark = "o" if abs(share) <= reach else (">" if share > 0.0 else "<")
        axes.plot([end], [row], mark, color=colour, markersize=6)
        text += f" ({language.signed(100 * share, 0)}%)"
    left = share > 0.0  # on the side of the line where nothing is drawn
    axes.annotate(
        text, ((-0.03 if left else 0.03) * reach, row), ha="right" if left else "left", va="center", fontsize=8.0
    )


def pair_figure(result: BreakEvenResult, pair: PairMap, language: Language) -> Figure:
    """Filled colours of the output over two inputs, the line at the level, and where plan and sets lie."""
    words, labels = _WORDS[language.code], labels_of(result, language)
    output = short_name(result.output, language)
    shown = np.ma.masked_invalid(pair.output)
    half = float(np.abs(shown - result.level).max()) or 1.0
    with style():
        figure = Figure(figsize=(7.2, 5.4), layout="constrained")
        axes = figure.add_subplot()
        bands = MaxNLocator(_BANDS).tick_values(float(shown.min()), float(shown.max()))
        if len(bands) > 1 and shown.max() > shown.min():
            norm = CenteredNorm(result.level, half)
            filled = axes.contourf(pair.x, pair.y, shown, bands, cmap=_DIVERGING, norm=norm)
            bar = figure.colorbar(filled, ax=axes, pad=0.02)
            bar.set_label(in_words(output, result.unit, language))
            bar.ax.yaxis.set_major_formatter(Ticks(language))
            bar.outline.set_visible(False)
        if shown.min() < result.level < shown.max():
            line = axes.contour(pair.x, pair.y, shown, [result.level], colors=[INK], linewidths=2.0)
            axes.clabel(line, fmt=lambda _: f"{output} = {language.plain(result.level)}", fontsize=8.5)
        titles = {name: set_title(name, result.study, language) for name in pair.medians}
        _points(axes, pair, words["plan" if result.at == "plan" else "start"], titles)
        axes.set_xlim(pair.x[0], pair.x[-1])
        axes.set_ylim(pair.y[0], pair.y[-1])
        for axis, name, unit in zip((axes.xaxis, axes.yaxis), pair.names, pair.units, strict=True):
            axis.set_label_text(in_words(labels[name], unit, language))
            axis.set_major_formatter(Ticks(language))
        figure.legend(loc="outside lower center", ncols=4, fontsize=8.5)
    return figure


def _points(axes: Axes, pair: PairMap, start: str, titles: Mapping[str, str]) -> None:
    """Where the analysis starts, and the sets' medians by the `titles` of the sets."""
    places: Sequence[tuple[str, tuple[float, float], str, int]] = [
        (start, pair.start, "*", 15),
        *((titles[name], point, _MARKS[k % len(_MARKS)], 7) for k, (name, point) in enumerate(pair.medians.items())),
    ]
    for name, (x, y), mark, size in places:
        if math.isfinite(x) and math.isfinite(y):
            face = INK if mark == "*" else "white"
            axes.plot(
                [x], [y], mark, markersize=size, color=INK, markerfacecolor=face, linestyle="none", label=name,
                clip_on=False, zorder=4,
            )  # fmt: skip


def _start(one: BreakEven, language: Language) -> str:
    """Where an input stands, as text."""
    return language.significant(one.start, 3) if math.isfinite(one.start) else "∞"


def _shown(one: BreakEven, language: Language) -> str:
    """An input's break-even value, as text."""
    return language.significant(one.value, 3) if one.value is not None else ""
