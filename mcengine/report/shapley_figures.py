"""The figure of Shapley effects. Nothing is computed here: positions come from the analysis' statistics."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from mcengine.analysis.shapley_result import Effect, ShapleyResult, share
from mcengine.report.language import Language
from mcengine.report.names import short_name, study_title
from mcengine.report.style import BLUE, INK, ORANGE, Picture, Ticks, picture, style, wrapped

_MOST, _LEAST, _SMALL = 20, 5, 0.001  # rows shown: those above a share of 0.1%; the others are counted below

_WORDS = {
    "en": {
        "alone": "independent of all others",
        "tied": "correlated with others: shares with them",
        "share": "share of the variance of {response}",
        "more": "{count} more, each below {limit}",
        "caption": "What carries the variance of {response} ({study}): Shapley effects, which add up to 100%. Read off "
        "the longest bars: narrowing these inputs narrows the answer most. Whiskers: 95% intervals of the computation.",
        "alt": "Bars of Shapley effects, largest first: {rows}.",
    },
    "nl": {
        "alone": "onafhankelijk van alle andere",
        "tied": "gecorreleerd met andere: deelt met die",
        "share": "aandeel in de variantie van {response}",
        "more": "nog {count}, elk onder {limit}",
        "caption": "Wat de variantie van {response} draagt ({study}): Shapley-effecten, samen 100%. Lees de langste "
        "staven af: meer kennis hiervan verkleint de spreiding het meest. Streepjes: 95%-intervallen van de "
        "berekening.",
        "alt": "Staven met Shapley-effecten, grootste eerst: {rows}.",
    },
}


def shapley_pictures(result: ShapleyResult, language: Language) -> list[Picture]:
    """Bars of the effects, largest first."""
    words, ordered = _WORDS[language.code], result.ordered
    response = short_name(result.output, language)
    labels = {spec.name: spec.label.get(language.code, spec.name) for spec in result.study.inputs}
    names = [labels.get(effect.name, effect.name) for effect in ordered]
    figure = effect_bars(language, ordered, names, response)
    shown = ", ".join(
        f"{name} {language.percent(share(effect), 1)}" for name, effect in list(zip(names, ordered, strict=True))[:5]
    )
    caption = words["caption"].format(response=response, study=study_title(result.study, language))
    return [picture("sensitivity_shapley", figure, caption, words["alt"].format(rows=shown))]


def effect_bars(language: Language, effects: Sequence[Effect], labels: Sequence[str], response: str) -> Figure:
    """One bar an effect from the top, whiskers their 95% intervals, correlated inputs in another colour and hatched."""
    words = _WORDS[language.code]
    count = min(max(sum(share(effect) >= _SMALL for effect in effects), _LEAST), _MOST)
    shown, rest = effects[:count], effects[count:]
    with style():
        figure = Figure(figsize=(7.6, 1.4 + 0.3 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for tied, colour, hatch in ((False, BLUE, None), (True, ORANGE, "////")):
            rows = [row for row, effect in enumerate(shown) if bool(effect.correlated) == tied]
            if rows:
                values, label = [share(shown[row]) for row in rows], words["tied" if tied else "alone"]
                axes.barh(
                    rows, values, height=0.66, color=colour, hatch=hatch, edgecolor="white", linewidth=0, label=label
                )
        for row, effect in enumerate(shown):
            if effect.share.ci95 is not None:
                axes.plot([float(bound) for bound in effect.share.ci95], (row, row), color=INK, linewidth=1.1)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks(range(len(shown)), wrapped(labels[:count]))
        axes.grid(visible=False, axis="y")
        axes.axvline(0.0, color=INK, linewidth=1.0)
        label = words["share"].format(response=response)
        if rest:
            limit = language.percent(max(_SMALL, 1.1 * share(rest[0])), 1)
            label += "\n" + words["more"].format(count=len(rest), limit=limit)
        axes.set_xlabel(label)
        axes.xaxis.set_major_formatter(Ticks(language, percent=True))
        figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)
    return figure
