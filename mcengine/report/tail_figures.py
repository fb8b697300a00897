"""Figures of an analysis of the tail: total indices of the output, of a loss and of its depth side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcengine.analysis.result import Statistic
from mcengine.analysis.sobol_result import FactorIndices
from mcengine.analysis.tail_result import BELOW_LEVEL, OUTPUT, SHORTFALL_BELOW, TailResult
from mcengine.report.language import PERCENT, Language
from mcengine.report.names import short_name, study_title
from mcengine.report.style import BLUE, GREEN, INK, ORANGE, Picture, Ticks, picture, style, wrapped

_LOOKS = {OUTPUT: (BLUE, ""), BELOW_LEVEL: (ORANGE, ""), SHORTFALL_BELOW: (GREEN, "////")}
_MOST, _LEAST, _SMALL = 15, 3, 0.01  # rows shown: those with an index above 1% in some response

_WORDS = {
    "en": {
        "share": "total Sobol' index, of the variance of each response",
        OUTPUT: "{name} itself",
        BELOW_LEVEL: "whether {name} < {level} ({chance} of the draws)",
        SHORTFALL_BELOW: "how far {name} falls below {quantile}, its worst {share}",
        "caption": "What drives {name} ({study}, {variant}), whether it is low and how low it gets: an input whose "
        "bars differ in length matters more, or less, at the low end than on the whole. Whiskers: 95% intervals of the "
        "computation.",
        "more": "{count} more, each below {limit} in every response",
        "others": "{first} + {count} more",
        "as studied": "inputs as correlated in the study",
        "without correlations": "variant without correlations",
        "alt": "Bars of total Sobol' indices by response, largest first: {rows}.",
    },
    "nl": {
        "share": "totale Sobol'-index, van de variantie van elke grootheid",
        OUTPUT: "{name} zelf",
        BELOW_LEVEL: "of {name} < {level} ({chance} van de trekkingen)",
        SHORTFALL_BELOW: "hoe ver {name} onder {quantile} komt, de slechtste {share}",
        "caption": "Wat {name} bepaalt ({study}, {variant}), of die laag is en hoe laag die wordt: een invoer waarvan "
        "de staven verschillen, telt aan de onderkant zwaarder of juist minder dan over het geheel. Streepjes: "
        "95%-intervallen van de berekening.",
        "more": "nog {count}, elk onder {limit} bij alle grootheden",
        "others": "{first} + nog {count}",
        "as studied": "aannamen gecorreleerd zoals in de studie",
        "without correlations": "variant zonder correlaties",
        "alt": "Staven met totale Sobol'-indices per grootheid, grootste eerst: {rows}.",
    },
}

Factors = Mapping[str, Mapping[str, FactorIndices]]


def tail_pictures(result: TailResult, language: Language) -> list[Picture]:
    """Index bars of the inputs, and before them of the groups where there are any."""
    first, parts = result.first, []
    if first.groups:
        parts.append(("groups", {key: found.groups for key, found in result.responses.items()}, first.main.variant))
    if first.inputs and not (first.groups and first.apart is None):
        parts.append(("inputs", {key: found.inputs for key, found in result.responses.items()}, first.inputs_variant))
    words = _WORDS[language.code]
    labels = {spec.name: spec.label.get(language.code, spec.name) for spec in result.study.inputs}
    responses = {key: _response(result, key, language) for key in result.responses}
    made = []
    for part, factors, variant in parts:
        leading = factors[BELOW_LEVEL if BELOW_LEVEL in factors else next(iter(factors))]
        ordered = sorted(leading, key=lambda name: -_number(leading[name].st))
        rows = "; ".join(
            f"{_label(leading[name], labels, words['others'])} "
            + ", ".join(language.percent(_number(own[name].st), 0) for own in factors.values())
            for name in ordered[:5]
        )
        caption = words["caption"].format(
            name=_name(result, language), study=study_title(result.study, language), variant=words[variant]
        )  # fmt: skip
        alt = words["alt"].format(rows=f"{', '.join(responses.values())}: {rows}")
        figure = tail_bars(language, factors, ordered, labels, responses)
        made.append(picture(f"sensitivity_tail_{part}", figure, caption, alt))
    return made


def tail_bars(
    language: Language,
    factors: Factors,
    ordered: Sequence[str],
    labels: Mapping[str, str],
    responses: Mapping[str, str],
) -> Figure:
    """Total indices, one bar a response for each of the factors `ordered` from the top, with 95% intervals.

    labels  names to show by input; responses: in words, by their keys
    """
    words = _WORDS[language.code]
    large = [name for name in ordered if any(_number(own[name].st) >= _SMALL for own in factors.values())]
    shown = (large if len(large) >= _LEAST else list(ordered[:_LEAST]))[:_MOST]
    height = 0.8 / len(factors)
    with style():
        figure = Figure(figsize=(7.6, 1.9 + 0.2 * (len(factors) + 0.6) * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for k, (key, own) in enumerate(factors.items()):
            offset = (k - (len(factors) - 1) / 2) * height
            _bars(axes, [own[name].st for name in shown], offset, height, key, responses[key])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        members = next(iter(factors.values()))
        axes.set_yticks(range(len(shown)), wrapped([_label(members[name], labels, words["others"]) for name in shown]))
        axes.grid(visible=False, axis="y")
        axes.axvline(0.0, color=INK, linewidth=1.0)
        label, rest = words["share"], [name for name in ordered if name not in shown]
        if rest:
            highest = max(_number(own[name].st) for own in factors.values() for name in rest)
            limit = language.percent(max(_SMALL, 1.1 * highest), 0)
            label += "\n" + words["more"].format(count=len(rest), limit=limit)
        axes.set_xlabel(label)
        axes.xaxis.set_major_formatter(Ticks(language, percent=True))
        figure.legend(loc="outside lower center", ncols=1, fontsize=8.5)
    return figure


def _bars(axes: Axes, values: Sequence[Statistic], offset: float, height: float, key: str, label: str) -> None:
    """Bars with whiskers at rows 0, 1, ... moved by `offset`."""
    colour, hatch = _LOOKS[key]
    places = [row + offset for row in range(len(values))]
    axes.barh(places, [_number(value) for value in values], height=0.9 * height, color=colour, hatch=hatch,
              edgecolor="white" if hatch else colour, linewidth=0, label=label)  # fmt: skip
    for place, value in zip(places, values, strict=True):
        if value.ci95 is not None:
            axes.plot([float(bound) for bound in value.ci95], (place, place), color=INK, linewidth=1.1)


def _response(result: TailResult, key: str, language: Language) -> str:
    """A response in words, with its chance or its quantile."""
    unit = result.unit
    level, quantile = (
        text if unit == "1" else language.money(text, unit)
        for text in (language.plain(result.level), language.significant(_number(result.quantile), 4))
    )
    return _WORDS[language.code][key].format(
        name=_name(result, language),
        level=level if result.level else "0",
        chance=language.statistic(result.below, PERCENT, most=1).value,
        quantile=quantile,
        share=language.percent(result.share, 0 if result.share >= 0.01 else 2),
    )


def _name(result: TailResult, language: Language) -> str:
    return short_name(result.output, language)


def _label(factor: FactorIndices, labels: Mapping[str, str], others: str) -> str:
    """An input's label; of a block of correlated inputs the labels of its first ones; else the group's own name."""
    if factor.name in labels or not factor.members or not factor.name.startswith(f"{factor.members[0]} + "):
        return labels.get(factor.name, factor.name)
    first, count = labels[factor.members[0]], len(factor.members)
    return f"{first} + {labels[factor.members[1]]}" if count == 2 else others.format(first=first, count=count - 1)


def _number(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
