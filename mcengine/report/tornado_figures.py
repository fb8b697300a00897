"""Figures of a tornado: the bars, and the one-way curves of the inputs that matter most."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mcengine.analysis.tornado import OneWay, TornadoResult
from mcengine.report.language import Language
from mcengine.report.names import short_name, study_title
from mcengine.report.style import BLUE, GREY, INK, ORANGE, Picture, Ticks, picture, style, wrapped

_MOST, _CURVES, _ROW = 15, 9, 3
_HEIGHT = 0.62  # of a bar, of the distance between two rows
_ROOM = 0.16  # beside the bars, for the inputs' values, in widths of the widest bar

_WORDS = {
    "en": {
        "never": "never",
        "end": "input at its {end}",
        "base": "base: {value}",
        "bend": "range in between, where it goes beyond both ends",
        "more": "{count} more inputs, each with a smaller swing",
        "caption": "How to read it: each bar shows {output} when that input alone goes from its {low} to its {high}; "
        "the numbers beside the bars are the input's values there. The others stand at the base ({study}, {output} "
        "{base}). The longest bar matters most. Moved alone: what inputs do together is not in this figure.",
        "curves": "How to read it: {output} (upright, one scale) as one input alone goes from its P1 to its P99, for "
        "the inputs with the longest bars ({study}). The dots are its {low} and {high}; the dashed line is the base. A "
        "steep line matters, a bent one has its effect in one part of the range only.",
        "alt": "Bars of {output} by input, largest first: {rows}.",
        "row": "{name} {low} to {high}",
        "curves_alt": "Curves of {output} against {names}.",
    },
    "nl": {
        "never": "nooit",
        "end": "invoer op {end}",
        "base": "uitgangspunt: {value}",
        "bend": "bereik ertussen, waar dat buiten beide uiteinden komt",
        "more": "nog {count} aannamen, elk met een kleinere uitslag",
        "caption": "Zo leest u de figuur: elke balk geeft {output} als alleen die invoer van {low} naar {high} gaat; "
        "de getallen naast de balk zijn de waarden van de invoer daar. De andere staan op het uitgangspunt ({study}, "
        "{output} {base}). De langste balk telt het zwaarst. Elk alleen bewogen: wat aannamen samen doen, staat hier "
        "niet in.",
        "curves": "Zo leest u de figuur: {output} (verticaal, één schaal) als één invoer van P1 naar P99 gaat, voor de "
        "aannamen met de langste balken ({study}). De stippen zijn {low} en {high}; de streepjeslijn is het "
        "uitgangspunt. Een steile lijn telt zwaar, een gebogen lijn werkt vooral in een deel van het bereik.",
        "alt": "Staven van {output} per invoer, grootste eerst: {rows}.",
        "row": "{name} {low} tot {high}",
        "curves_alt": "Lijnen van {output} tegen {names}.",
    },
}


def tornado_pictures(result: TornadoResult, language: Language) -> list[Picture]:
    """The bars and the curves; none when no input changes the output."""
    rows = [one for one in result.inputs.values() if one.swing > 0.0]
    if not rows:
        return []
    words, labels = _WORDS[language.code], labels_of(result, language)
    output, (low, high) = short_name(result.output, language), _ends(result)
    shown = ", ".join(
        words["row"].format(
            name=labels[one.name],
            low=_amount(result, one.at_low, language),
            high=_amount(result, one.at_high, language),
        )
        for one in rows[:5]
    )
    told = {"output": output, "study": study_title(result.study, language), "low": low, "high": high}
    base = _amount(result, result.base, language)
    names = ", ".join(labels[one.name] for one in rows[:_CURVES])
    return [
        picture(
            "sensitivity_tornado",
            bars(result, rows, language),
            words["caption"].format(base=base, **told),
            words["alt"].format(output=output, rows=shown),
        ),
        picture(
            "sensitivity_tornado_curves",
            curves(result, rows[:_CURVES], language),
            words["curves"].format(**told),
            words["curves_alt"].format(output=output, names=names),
        ),
    ]


def bars(result: TornadoResult, rows: Sequence[OneWay], language: Language) -> Figure:
    """One bar an input from the top, from the output at its low value to that at its high one."""
    words, labels = _WORDS[language.code], labels_of(result, language)
    shown, rest, (low, high) = rows[:_MOST], rows[_MOST:], _ends(result)
    never = _never(result)
    least = min(min(one.least, result.base) for one in shown)
    width = max(min(one.most, never) for one in shown) - least
    with style():
        figure = Figure(figsize=(7.6, 1.6 + 0.36 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for row, one in enumerate(shown):
            _bar(axes, row, one, min(result.base, never), never, _ROOM * 0.08 * width, language)
        axes.plot([], [], color=ORANGE, linewidth=7, label=words["end"].format(end=low))
        axes.plot([], [], color=BLUE, linewidth=7, label=words["end"].format(end=high))
        if not all(one.monotone for one in shown):
            axes.plot([], [], color=INK, linewidth=1.3, marker="|", label=words["bend"])
        label = words["base"].format(value=_amount(result, result.base, language))
        axes.axvline(min(result.base, never), color=INK, linewidth=1.0, label=label)
        axes.set_xlim(least - _ROOM * width, least + (1 + _ROOM) * width)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks(range(len(shown)), wrapped([labels[one.name] for one in shown]))
        axes.grid(visible=False, axis="y")
        _number_axis(result, axes, "x", language)
        caption = in_words(short_name(result.output, language), result.unit, language)
        axes.set_xlabel(caption + ("\n" + words["more"].format(count=len(rest)) if rest else ""))
        figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)
    return figure


def _bar(axes: Axes, row: int, one: OneWay, base: float, never: float, gap: float, language: Language) -> None:
    """The two parts of a bar, each with the input's value at its end; one above the other on one side of the base."""
    ends = [(min(one.at_low, never), ORANGE, one.low), (min(one.at_high, never), BLUE, one.high)]
    same = (ends[0][0] - base) * (ends[1][0] - base) > 0.0
    for k, (end, colour, value) in enumerate(ends):
        place, height = (row + (k - 0.5) * _HEIGHT / 2, _HEIGHT / 2) if same else (row, _HEIGHT)
        axes.barh(place, end - base, left=base, height=height, color=colour)
        other = ends[1 - k][0]
        right = end > base or (end == base and other < base)
        if end == base and other == base:
            right = k == 1
        if not one.monotone:
            right, end = k == 1, min(one.most, never) if k == 1 else one.least
        axes.annotate(
            language.significant(value, 3), (end + (gap if right else -gap), place if one.monotone else row),
            ha="left" if right else "right", va="center", fontsize=7.5 if same and one.monotone else 8.0,
        )  # fmt: skip
    if not one.monotone:
        axes.plot([one.least, min(one.most, never)], [row, row], color=INK, linewidth=1.3, marker="|")


def curves(result: TornadoResult, rows: Sequence[OneWay], language: Language) -> Figure:
    """One small panel an input: the output against the input's values."""
    labels, never = labels_of(result, language), _never(result)
    units = {spec.name: spec.unit for spec in result.study.inputs}
    columns = min(len(rows), _ROW)
    lines = math.ceil(len(rows) / columns)
    with style():
        figure = Figure(figsize=(7.6, 0.5 + 2.05 * lines), layout="constrained")
        panels = figure.subplots(lines, columns, sharey=True, squeeze=False)
        for panel in panels.flat[len(rows) :]:
            panel.set_visible(False)
        for panel, one in zip(panels.flat, rows, strict=False):
            outputs = [min(value, never) for value in one.outputs.tolist()]
            panel.axhline(min(result.base, never), color=GREY, linewidth=1.0, linestyle="--")
            steps = "steps-mid" if result.unit == "year" else "default"
            panel.plot(one.values, outputs, color=INK, linewidth=1.5, drawstyle=steps)
            for value, output, colour in ((one.low, one.at_low, ORANGE), (one.high, one.at_high, BLUE)):
                panel.plot([value], [min(output, never)], "o", color=colour, markersize=5.5)
            panel.set_title(textwrap.fill(labels[one.name], 30), fontsize=8.5, loc="left")
            unit = language.unit(units[one.name]) if units[one.name] != "1" else ""
            panel.set_xlabel(textwrap.fill(unit, 30), fontsize=8)
            panel.tick_params(labelsize=7.5)
            panel.xaxis.set_major_locator(MaxNLocator(4))
            panel.xaxis.set_major_formatter(Ticks(language))
            _number_axis(result, panel, "y", language)
        figure.supylabel(in_words(short_name(result.output, language), result.unit, language), fontsize=9)
    return figure


def labels_of(result: object, language: Language) -> Mapping[str, str]:
    """The inputs' labels by name."""
    inputs = result.study.inputs  # type: ignore[attr-defined]
    return {spec.name: spec.label.get(language.code, spec.name) for spec in inputs}


def in_words(name: str, unit: str, language: Language) -> str:
    """A name with its unit, where it has one."""
    return name if unit in ("1", "year", "") else f"{name} ({language.unit(unit)})"


def _ends(result: TornadoResult) -> tuple[str, str]:
    """The ends' names, "P10" and "P90"."""
    return f"P{100 * result.low:.6g}", f"P{100 * result.high:.6g}"


def _amount(result: TornadoResult, value: float, language: Language) -> str:
    """A value of the output as text."""
    if math.isinf(value):
        return _WORDS[language.code]["never"]
    if result.unit == "year":
        return f"{value:.0f}"
    size = max(abs(one.most - one.least) for one in result.inputs.values())
    decimals = min(max(2 - math.floor(math.log10(size)), 0), 8) if 0.0 < size < math.inf else 2
    return language.number(value, decimals)


def _outputs(result: TornadoResult) -> list[float]:
    """Every output that a figure shows."""
    rows = result.inputs.values()
    return [result.base, *(float(v) for one in rows for v in (one.at_low, one.at_high, *one.outputs.tolist()))]


def _never(result: TornadoResult) -> float:
    """Where a year that never comes is drawn: a little beyond the last one that does; inf when every year comes."""
    values = _outputs(result)
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) == len(values):
        return math.inf
    return max(finite) + max(1.0, 0.1 * (max(finite) - min(finite)))


def _number_axis(result: TornadoResult, axes: Axes, which: str, language: Language) -> None:
    """Numbers along the output's axis: amounts, or years with "never" beyond them."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    if result.unit != "year":
        axis.set_major_formatter(Ticks(language))
        return
    never, word = _never(result), _WORDS[language.code]["never"]
    axis.set_major_locator(MaxNLocator(5, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda x, _: word if x >= never else f"{x:.0f}"))
    if math.isfinite(never):
        years = [value for value in _outputs(result) if math.isfinite(value)]
        axis.set_ticks(sorted({min(years), max(years), never}))
