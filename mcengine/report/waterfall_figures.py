"""The waterfall figure. Nothing is computed here: levels come from the analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcengine.analysis.waterfall_result import Bar, Step, WaterfallResult
from mcengine.inputs.options import NAMES as OPTIONS
from mcengine.report.language import Language
from mcengine.report.names import input_labels, study_title
from mcengine.report.style import BLUE, GREY, INK, VERMILLION, Picture, Ticks, picture, style, wrapped

_WORDS = {
    "en": {
        "more": "{count} more",
        "mean": "at the means",
        "median": "at the medians",
        "plan": "at the plan's values",
        "inputs": "{count} inputs",
        "caption": "From {start} to {end}: {output}, and what each input that differs changes. Both ends are single "
        "evaluations {at} (one value), not mean outcomes. Each step is its mean effect over all orders of the steps, "
        "so they add up; read off the longest: the difference between the ends is decided there.",
        "orders": "The orders were sampled: computing precision of a step at most ± {margin} (95%).",
        "alt": "Waterfall from {start} ({first}) to {end} ({last}), largest steps first: {rows}.",
    },
    "nl": {
        "more": "nog {count}",
        "mean": "bij de gemiddelden",
        "median": "bij de medianen",
        "plan": "bij de waarden van het plan",
        "inputs": "{count} invoervariabelen",
        "caption": "Van {start} naar {end}: {output}, en wat elke invoer die verschilt verandert. Beide uiteinden zijn "
        "enkele berekeningen {at} (één waarde), geen gemiddelde uitkomsten. Elke stap is het gemiddelde effect over "
        "alle volgordes, dus de stappen tellen op; lees de langste af: daar zit het verschil tussen de uiteinden.",
        "orders": "De volgordes zijn getrokken: rekenprecisie van een stap hoogstens ± {margin} (95%).",
        "alt": "Waterval van {start} ({first}) naar {end} ({last}), grootste stappen eerst: {rows}.",
    },
}


def waterfall_pictures(
    result: WaterfallResult, language: Language, name: str = "sensitivity_waterfall"
) -> list[Picture]:
    """The bars from one end to the other, largest step first, as a picture called `name`."""
    words = _WORDS[language.code]
    output = language.label(result.output)
    first, last = (_amount(language, result, end.value) for end in (result.start, result.end))
    labels = _named(language, result)
    rows = ", ".join(
        f"{labels.get(step.name, step.name)} {_amount(language, result, step.value, signed=True)}"
        for step in result.steps[:5]
    )
    ends = dict(zip(("start", "end"), _titles(language, result), strict=True))
    caption = words["caption"].format(**ends, output=output, at=words[result.at])
    if margin := max((_margin(step) for step in result.steps), default=0.0):
        caption += " " + words["orders"].format(margin=_amount(language, result, margin))
    alt = words["alt"].format(**ends, first=first, last=last, rows=rows)
    return [picture(name, waterfall_figure(language, result), caption, alt)]


def waterfall_figure(language: Language, result: WaterfallResult) -> Figure:
    """Rows from the top: the start, a bar a step, the small ones in one, the end; each bar begins where the last ended.

    Rises and falls are told apart by colour and by the sign beside the bar.
    """
    bars = result.bars()
    start, end = _titles(language, result)
    ends = (Bar(start, 0.0, result.start.value), Bar(end, 0.0, result.end.value))
    rows = [ends[0], *bars, ends[1]]
    with style():
        figure = Figure(figsize=(7.6, 1.0 + 0.34 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        for row, bar in enumerate(rows):
            colour = GREY if bar in ends else BLUE if bar.end >= bar.start else VERMILLION
            axes.barh(row, bar.end - bar.start, left=bar.start, height=0.68, color=colour)
        for row in range(len(rows) - 1):  # from the end of a bar to where the next one begins
            axes.plot([rows[row].end] * 2, (row - 0.34, row + 1.34), color=GREY, linewidth=0.7)
        axes.axvline(0.0, color=INK, linewidth=1.0)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), wrapped(_labels(language, result, bars), 46))
        for row in (0, len(rows) - 1):
            axes.get_yticklabels()[row].set_fontweight("bold")
        axes.grid(visible=False, axis="y")
        unit = language.unit(result.unit)
        axes.set_xlabel(language.label(result.output) + (f", {unit}" if result.unit != "1" else ""))
        axes.xaxis.set_major_formatter(Ticks(language))
        _values(axes, language, result, rows)
    return figure


def _values(axes: Axes, language: Language, result: WaterfallResult, rows: Sequence[Bar]) -> None:
    """The ends' values and the steps' signed ones, where their bars end."""
    levels = [level for bar in rows for level in (bar.start, bar.end)]
    low, high = min(levels), max(levels)
    reach = (high - low) or 1.0
    axes.set_xlim(low - 0.22 * reach, high + 0.22 * reach)
    for row, bar in enumerate(rows):
        end = row in (0, len(rows) - 1)
        value = bar.end if end else bar.end - bar.start
        up = bar.end >= bar.start
        text = _amount(language, result, value, signed=not end)
        place, weight = bar.end + (0.012 if up else -0.012) * reach, "bold" if end else "normal"
        axes.text(place, row, text, va="center", ha="left" if up else "right", fontsize=8.5, fontweight=weight,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip


def _labels(language: Language, result: WaterfallResult, bars: Sequence[Bar]) -> list[str]:
    """The ends' titles, and the steps' names with what they change from and to."""
    words, labels = _WORDS[language.code], _named(language, result)
    steps = [words["more"].format(count=bar.pooled) if bar.pooled else _step(language, result[bar.name], labels)
             for bar in bars]  # fmt: skip
    start, end = _titles(language, result)
    return [start, *steps, end]


def _titles(language: Language, result: WaterfallResult) -> tuple[str, str]:
    """The titles of the two studies; their names where the titles are the same."""
    start, end = study_title(result.study, language), study_title(result.against, language)
    return (start, end) if start != end else (result.start.study, result.end.study)


def _named(language: Language, result: WaterfallResult) -> Mapping[str, str]:
    """What inputs and options are called, by name."""
    options = {option: language(f"repeat.{option}") for option in OPTIONS}
    return {**input_labels(result.study, language), **input_labels(result.against, language), **options}


def _step(language: Language, step: Step, labels: Mapping[str, str]) -> str:
    if list(step.changes) != [step.name]:
        return f"{step.name} ({_WORDS[language.code]['inputs'].format(count=len(step.changes))})"
    old, new = (
        language.value(float(f"{value:.4g}") if isinstance(value, float) else value)
        for value in step.changes[step.name]
    )
    return f"{labels.get(step.name, step.name)}, {old} → {new}"


def _margin(step: Step) -> float:
    """Half the width of the interval of a step's effect; 0 where all orders were taken."""
    low, high = step.effect.ci95 or (0.0, 0.0)
    return (float(high) - float(low)) / 2


def _amount(language: Language, result: WaterfallResult, value: float, *, signed: bool = False) -> str:
    """A value with decimals to the size of the ends."""
    size = max(abs(result.start.value), abs(result.end.value), abs(result.difference))
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 3 if size >= 1 else 5
    return language.signed(value, decimals) if signed else language.number(value, decimals)
