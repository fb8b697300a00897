"""Figures of the split into ignorance and luck: the two shares, and the band of distributions."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcengine.analysis.luck_result import IGNORANCE, LUCK, LuckResult
from mcengine.analysis.result import Statistic
from mcengine.report.language import Language
from mcengine.report.names import short_name, study_title
from mcengine.report.style import BLUE, GREY, INK, ORANGE, VERMILLION, Picture, Ticks, picture, style

_LOOKS = {IGNORANCE: (BLUE, ""), LUCK: (ORANGE, "////")}

_WORDS = {
    "en": {
        IGNORANCE: "ignorance: goes when the assumptions become known",
        LUCK: "luck: stays",
        "share": "share of the variance of {name}",
        "split": "The spread of {name} ({study}) apart: {ignorance} of the variance is ignorance, which research can "
        "take away, and {luck} is luck, which it cannot. Whisker: 95% interval of the computation.",
        "split_alt": "One bar of the variance of {name}: ignorance {ignorance}, luck {luck}.",
        "whole": "all together",
        "expected": "mean over luck, by assumptions",
        "curve": "luck alone, at fixed assumptions",
        "below": "share of the outcomes below",
        "band": "One distribution of {name} for each of {count} fixed sets of assumptions ({study}): the slope of a "
        "thin curve is luck, the distance between the curves is ignorance. The plan has one of these curves; which one "
        "is not known.",
        "band_alt": "{count} thin S-curves of {name}, each over luck alone; their medians run from {low} to {high}. "
        "The S-curve of all together runs from {first} (P5) to {last} (P95).",
    },
    "nl": {
        IGNORANCE: "kennisonzekerheid: verdwijnt als de aannamen bekend worden",
        LUCK: "toeval: blijft",
        "share": "aandeel in de variantie van {name}",
        "split": "De spreiding van {name} ({study}) uit elkaar: {ignorance} van de variantie is kennisonzekerheid, die "
        "onderzoek kan wegnemen, en {luck} is toeval, waarvoor dat niet geldt. Streepje: 95%-interval van de "
        "berekening.",
        "split_alt": "Eén staaf met de variantie van {name}: kennisonzekerheid {ignorance}, toeval {luck}.",
        "whole": "alles samen",
        "expected": "gemiddelde over toeval, per stel aannamen",
        "curve": "toeval alleen, bij vaste aannamen",
        "below": "aandeel van de uitkomsten eronder",
        "band": "Eén verdeling van {name} voor elk van {count} vaste stellen aannamen ({study}): de helling van een "
        "dunne lijn is toeval, de afstand tussen de lijnen is kennisonzekerheid. Het plan heeft één van deze lijnen; "
        "welke is niet bekend.",
        "band_alt": "{count} dunne S-curven van {name}, elk over toeval alleen; hun medianen lopen van {low} tot "
        "{high}. De S-curve van alles samen loopt van {first} (P5) tot {last} (P95).",
    },
}


def luck_pictures(result: LuckResult, language: Language) -> list[Picture]:
    """The split, and the band of distributions."""
    words, name = _WORDS[language.code], _name(result, language)
    shares = {part: language.percent(_number(result.shares[part]), 1) for part in (IGNORANCE, LUCK)}
    told = {"name": name, "study": study_title(result.study, language), **shares}
    split = picture(
        "sensitivity_luck_split",
        split_bar(result, language),
        words["split"].format(**told),
        words["split_alt"].format(**told),
    )
    band = result.band
    middle, low, high = (band.probabilities.index(p) for p in (0.5, 0.05, 0.95))
    medians = [curve.quantiles[middle] for curve in band.curves]
    ends = {"low": min(medians), "high": max(medians), "first": band.whole[low], "last": band.whole[high]}
    told |= {key: _amount(value, result, language) for key, value in ends.items()}
    told["count"] = str(len(band.curves))
    caption, alt = words["band"].format(**told), words["band_alt"].format(**told)
    return [split, picture("sensitivity_luck_band", band_of_curves(result, language), caption, alt)]


def split_bar(result: LuckResult, language: Language) -> Figure:
    """One bar of the variance in two parts; where they meet the 95% interval."""
    words = _WORDS[language.code]
    with style():
        figure = Figure(figsize=(7.6, 1.9), layout="constrained")
        axes = figure.add_subplot()
        left = 0.0
        for part, (colour, hatch) in _LOOKS.items():
            share = max(_number(result.shares[part]), 0.0)
            axes.barh([0], [share], left=left, height=0.6, color=colour, hatch=hatch, edgecolor="white", linewidth=0,
                      label=f"{words[part]} ({language.percent(_number(result.shares[part]), 1)})")  # fmt: skip
            left += share
        interval = result.shares[IGNORANCE].ci95
        if interval is not None:
            axes.plot([float(bound) for bound in interval], (0, 0), color=INK, linewidth=1.6, marker="|", markersize=9)
        axes.set_yticks([])
        axes.set_ylim(-0.5, 0.5)
        axes.set_xlim(0.0, max(left, 1.0))
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(words["share"].format(name=_name(result, language)))
        axes.xaxis.set_major_formatter(Ticks(language, percent=True))
        figure.legend(loc="outside upper center", ncols=1, fontsize=8.5)
    return figure


def band_of_curves(result: LuckResult, language: Language) -> Figure:
    """The S-curves: thin ones over luck alone, the means over luck, and all together."""
    words, band = _WORDS[language.code], result.band
    with style():
        figure = Figure(figsize=(7.6, 4.6), layout="constrained")
        axes = figure.add_subplot()
        shades = mpl.colormaps["Blues"]
        for k, curve in enumerate(band.curves):
            axes.plot(curve.quantiles, band.probabilities, color=shades(0.35 + 0.5 * curve.rank), linewidth=0.9,
                      label=words["curve"] if k == len(band.curves) // 2 else None)  # fmt: skip
        axes.plot(band.expected, band.probabilities, color=VERMILLION, linewidth=1.8, linestyle=(0, (4, 2)),
                  label=words["expected"])  # fmt: skip
        axes.plot(band.whole, band.probabilities, color=INK, linewidth=2.2, label=words["whole"])
        _finish(axes, result, language)
        figure.legend(loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def _finish(axes: Axes, result: LuckResult, language: Language) -> None:
    words = _WORDS[language.code]
    first, last = axes.get_xlim()
    if first < 0.0 < last:
        axes.axvline(0.0, color=GREY, linewidth=1.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_ylabel(words["below"])
    axes.yaxis.set_major_formatter(Ticks(language, percent=True))
    axes.xaxis.set_major_formatter(Ticks(language))
    unit = "" if result.unit == "1" else f" ({language.unit(result.unit)})"
    axes.set_xlabel(f"{_name(result, language)}{unit}")
    axes.margins(x=0.02)


def _amount(value: float, result: LuckResult, language: Language) -> str:
    text = language.significant(value, 3)
    return text if result.unit == "1" else language.money(text, result.unit)


def _name(result: LuckResult, language: Language) -> str:
    return short_name(result.output, language)


def _number(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
