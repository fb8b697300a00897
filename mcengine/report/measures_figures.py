"""Figures of morris, pawn, delta and rbd-fast: bars of the measures with the dummy's level, Morris's mu* and sigma.

Nothing is computed here: positions come from the analyses' statistics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcengine.analysis.measures import FactorMeasures, Measured, MeasuresResult
from mcengine.analysis.result import Statistic
from mcengine.report.language import Language
from mcengine.report.names import short_name, study_title
from mcengine.report.style import BLUE, GREY, INK, ORANGE, Picture, Ticks, picture, style

_MOST, _LEAST, _SMALL = 20, 5, 0.01  # rows shown: above the dummy or 1% of the largest; the others are counted below
_SERIES = {"morris": ("mu_star",), "pawn": ("median", "maximum"), "delta": ("delta", "s1"), "rbd-fast": ("s1",)}
_STEP, _REACH = 0.05, 0.25  # of the axes: how far labels keep apart, and over which width

_WORDS = {
    "en": {
        "mu_star": "mean size of the effect of moving the input over its range (mu*)",
        "sigma": "spread of the effect (sigma)",
        "median": "median over the parts of the input's range",
        "maximum": "maximum",
        "delta": "delta: part of the distribution",
        "s1": "first-order index: share of the variance",
        "axis pawn": "Kolmogorov-Smirnov distance of {response}",
        "axis delta": "part of the distribution or the variance of {response} that goes with the input",
        "axis rbd-fast": "share of the variance of {response}",
        "axis morris": "effect on {response}, {unit}",
        "dummy": "an input that does nothing",
        "equal": "spread as large as the effect",
        "more": "{count} more, each smaller",
        "others": "{first} + {count} more",
        "caption": "{method}: what {response} moves with ({study}, {variant}). Whiskers: 95% intervals of the "
        "computation.",
        "below": " Dashed: how far noise alone lifts the blue bar of an input that does nothing.",
        "scatter": "Elementary effects on {response} ({study}, {variant}): to the right inputs that matter, higher up "
        "those whose effect depends on where they and the others stand.",
        "as studied": "inputs as in the study",
        "without correlations": "variant without correlations",
        "alt": "Bars of {measure}, largest first: {rows}.",
        "alt scatter": "Points of mean effect and its spread, largest first: {rows}.",
    },
    "nl": {
        "mu_star": "gemiddelde grootte van het effect van een beweging over het bereik (mu*)",
        "sigma": "spreiding van het effect (sigma)",
        "median": "mediaan over de delen van het bereik van de invoer",
        "maximum": "maximum",
        "delta": "delta: deel van de verdeling",
        "s1": "eerste-orde-index: aandeel in de variantie",
        "axis pawn": "Kolmogorov-Smirnov-afstand van {response}",
        "axis delta": "deel van de verdeling of de variantie van {response} dat met de invoer meegaat",
        "axis rbd-fast": "aandeel in de variantie van {response}",
        "axis morris": "effect op {response}, {unit}",
        "dummy": "een invoer die niets doet",
        "equal": "spreiding even groot als het effect",
        "more": "nog {count}, elk kleiner",
        "others": "{first} + nog {count}",
        "caption": "{method}: waarmee {response} meebeweegt ({study}, {variant}). Streepjes: 95%-intervallen van de "
        "berekening.",
        "below": " Gestippeld: tot waar ruis alleen de blauwe staaf brengt van een invoer die niets doet.",
        "scatter": "Elementaire effecten op {response} ({study}, {variant}): rechts de aannamen die ertoe doen, hoger "
        "die waarvan het effect ervan afhangt waar zij en de andere staan.",
        "as studied": "aannamen als in de studie",
        "without correlations": "variant zonder correlaties",
        "alt": "Staven met {measure}, grootste eerst: {rows}.",
        "alt scatter": "Punten met gemiddeld effect en spreiding ervan, grootste eerst: {rows}.",
    },
}
_METHODS = {"morris": "Morris", "pawn": "PAWN", "delta": "Borgonovo's delta", "rbd-fast": "RBD-FAST"}


def measures_pictures(result: MeasuresResult, language: Language) -> list[Picture]:
    """Bars of the groups where there are any, and of the inputs; for morris also mu* against sigma."""
    parts = []
    if result.groups:
        parts.append(("groups", list(result.groups.values()), result.main))
    if result.inputs and not (result.groups and result.apart is None):
        parts.append(("inputs", list(result.inputs.values()), result.apart or result.main))
    words, first = _WORDS[language.code], result.measures[0]
    title, response = study_title(result.study, language), short_name(result.output, language)
    labels, made = _labels(result, language), []
    for part, factors, found in parts:
        ordered = sorted(factors, key=lambda factor: -_number(factor[first]))
        about = {"response": response, "study": title, "variant": words[found.variant]}
        caption = words["caption"].format(method=_METHODS[result.method], **about)
        caption += words["below"] if found.dummy else ""
        alt = words["alt"].format(measure=words[first], rows=_rows(ordered, first, labels, language))
        figure = measure_bars(language, ordered, found, result, response)
        made.append(picture(f"sensitivity_{result.method}_{part}", figure, caption, alt))
    if result.method == "morris":
        found = result.apart or result.main
        single = [factor for factor in found.factors if factor["sigma"].value is not None]
        single.sort(key=lambda factor: -_number(factor[first]))
        caption = words["scatter"].format(response=response, study=title, variant=words[found.variant])
        alt = words["alt scatter"].format(rows=_rows(single, first, labels, language))
        figure = scatter(language, single, labels, response, result.unit)
        made.append(picture("sensitivity_morris_scatter", figure, caption, alt))
    return made


def measure_bars(
    language: Language, factors: Sequence[FactorMeasures], found: Measured, result: MeasuresResult, response: str
) -> Figure:
    """The measures of `factors`, largest first from the top, and of the dummy below; whiskers are intervals."""
    words, series = _WORDS[language.code], _SERIES[result.method]
    largest = _number(factors[0][series[0]])
    high = [f.above_dummy if found.dummy else _number(f[series[0]]) >= _SMALL * largest for f in factors]
    shown = factors[: min(max(sum(map(bool, high)), _LEAST), _MOST)]
    labels = _labels(result, language)
    rows = [factor.measures for factor in shown] + [found.dummy] * bool(found.dummy)
    names = [_label(factor, labels, words["others"]) for factor in shown] + [words["dummy"]] * bool(found.dummy)
    with style():
        figure = Figure(figsize=(7.6, 1.5 + 0.36 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        height = 0.72 / len(series)
        for k, (name, colour) in enumerate(zip(series, (BLUE, ORANGE), strict=False)):
            offset = (k - (len(series) - 1) / 2) * height
            _bars(axes, [row[name] for row in rows], offset, height, colour, words[name])
        if found.dummy and found.dummy[series[0]].ci95 is not None:
            level = float(found.dummy[series[0]].ci95[1])  # type: ignore[index]  # not None, see above
            axes.axvline(level, color=BLUE, linewidth=1.0, linestyle="--", zorder=0)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), names)
        axes.grid(visible=False, axis="y")
        axes.axvline(0.0, color=INK, linewidth=1.0)
        label = words[f"axis {result.method}"].format(response=response, unit=result.unit)
        if len(factors) > len(shown):
            label += "\n" + words["more"].format(count=len(factors) - len(shown))
        axes.set_xlabel(label)
        axes.xaxis.set_major_formatter(Ticks(language, percent=result.method in ("delta", "rbd-fast")))
        figure.legend(loc="outside lower center", ncols=len(series), fontsize=8.5)
    return figure


def scatter(
    language: Language, factors: Sequence[FactorMeasures], labels: Mapping[str, str], response: str, unit: str
) -> Figure:
    """sigma over mu* of single inputs, those of 2% of the largest or more by name, and the line where they equal."""
    words = _WORDS[language.code]
    x = [_number(factor["mu_star"]) for factor in factors]
    y = [_number(factor["sigma"]) for factor in factors]
    right, top = 1.1 * max(x), 1.15 * max(max(y), 0.2 * max(x))
    with style():
        figure = Figure(figsize=(7.6, 4.8), layout="constrained")
        axes = figure.add_subplot()
        end = min(right, top)
        axes.plot((0, end), (0, end), color=GREY, linewidth=1.0, linestyle="--", label=words["equal"])
        axes.scatter(x, y, color=BLUE, s=22, zorder=3)
        axes.set_xlim(-0.02 * right, 1.3 * right)  # room for the names
        axes.set_ylim(-0.03 * top, top)
        placed: list[tuple[float, float]] = []
        for factor, u, v in sorted(zip(factors, x, y, strict=True), key=lambda item: item[2]):
            if u < 2 * _SMALL * max(x):
                continue
            height = v / top
            while any(abs(height - h) < _STEP and abs(u / right - w) < _REACH for w, h in placed):
                height += _STEP / 4
            placed.append((u / right, height))
            name = _label(factor, labels, words["others"])
            axes.annotate(
                name, (u, v), (u + 0.015 * right, height * top), fontsize=8, va="center",
                arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.5} if height > v / top else None,
            )  # fmt: skip
        axes.set_xlabel(f"{words['mu_star']}\n" + words["axis morris"].format(response=response, unit=unit))
        axes.set_ylabel(f"{words['sigma']}, {unit}")
        axes.xaxis.set_major_formatter(Ticks(language))
        axes.yaxis.set_major_formatter(Ticks(language))
        figure.legend(loc="outside lower center", fontsize=8.5)
    return figure


def _bars(axes: Axes, values: Sequence[Statistic], offset: float, height: float, colour: str, label: str) -> None:
    """Bars with whiskers at rows 0, 1, ... moved by `offset`."""
    places = [row + offset for row in range(len(values))]
    axes.barh(places, [_number(value) for value in values], height=height, color=colour, label=label)
    for place, value in zip(places, values, strict=True):
        if value.ci95 is not None:
            axes.plot([float(bound) for bound in value.ci95], (place, place), color=INK, linewidth=1.1)


def _labels(result: MeasuresResult, language: Language) -> dict[str, str]:
    return {spec.name: spec.label.get(language.code, spec.name) for spec in result.study.inputs}


def _label(factor: FactorMeasures, labels: Mapping[str, str], others: str) -> str:
    """An input's label; of a block of correlated inputs the labels of its first ones; else the group's own name."""
    if factor.name in labels or not factor.members or not factor.name.startswith(f"{factor.members[0]} + "):
        return labels.get(factor.name, factor.name)
    first, count = labels[factor.members[0]], len(factor.members)
    return f"{first} + {labels[factor.members[1]]}" if count == 2 else others.format(first=first, count=count - 1)


def _rows(factors: Sequence[FactorMeasures], measure: str, labels: Mapping[str, str], language: Language) -> str:
    """The first five in words."""
    largest = _number(factors[0][measure]) if factors else 0.0
    decimals = 0 if largest >= 100 else 1 if largest >= 10 else 3
    others = _WORDS[language.code]["others"]
    return ", ".join(
        f"{_label(f, labels, others)} {language.number(_number(f[measure]), decimals)}" for f in factors[:5]
    )


def _number(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
