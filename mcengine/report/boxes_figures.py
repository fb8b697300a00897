"""Figures of scenario discovery: the trajectory to pick a box from, and the box on a map of its two leading inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mcengine.analysis.boxes_result import BoxesResult, DiscoveredBox, Limit, ShareMap, Step
from mcengine.analysis.result import Statistic
from mcengine.report.language import PERCENT, Language
from mcengine.report.names import short_name, study_title
from mcengine.report.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, VERMILLION, Picture, Ticks, picture, style

_MARKS = (("o", GREY), ("s", BLUE), ("^", ORANGE), ("D", GREEN), ("v", PURPLE), ("P", VERMILLION), ("X", INK))
_PLAIN = ("1", "share")  # units that go without saying
_FEWEST = 5  # draws in a cell of the map that is coloured
_LABELLED = 6  # steps with their number beside them

_WORDS = {
    "en": {
        "coverage": "coverage: share of all cases with {case} that are in the box",
        "density": "density: share with {case} in the box",
        "number": "{count} inputs restricted",
        "one": "1 input restricted",
        "none": "all draws",
        "whole": "PRIM over all {count} inputs",
        "picked": "the box taken: step {step}",
        "caption": "Boxes in which {case} is dense ({study}), each as measured on fresh draws; further up and to "
        "the right is better. Numbers are steps of the trajectory to pick from. In the box taken ({box}) {density} "
        "of the draws have {case}, and it holds {coverage} of all that do. Cross: 95% intervals of the computation.",
        "alt": "Density against coverage of {count} boxes; the one taken has density {density}, coverage {coverage}.",
        "share": "share of draws with {case}",
        "map": "Where {case} ({study}): the darker, the more of the draws have it; the line is the box taken. "
        "{others}White: fewer than {fewest} draws. The middle 99% of each input is shown.",
        "others": "Only draws within its limits on the other inputs are shown: {limits}. ",
        "map_alt": "Map of the share of draws with {case} over {across} and {up}; inside the box it is {density}.",
        "above": "{name} at least {low}",
        "below": "{name} at most {high}",
        "between": "{name} from {low} to {high}",
    },
    "nl": {
        "coverage": "dekking: aandeel van alle gevallen met {case} dat in het gebied ligt",
        "density": "dichtheid: aandeel met {case} in het gebied",
        "number": "{count} aannamen begrensd",
        "one": "1 aanname begrensd",
        "none": "alle trekkingen",
        "whole": "PRIM over alle {count} aannamen",
        "picked": "het gekozen gebied: stap {step}",
        "caption": "Gebieden waarin {case} vaak voorkomt ({study}), elk gemeten op nieuwe trekkingen; hoger en meer "
        "naar rechts is beter. Getallen zijn stappen van het traject om uit te kiezen. In het gekozen gebied ({box}) "
        "heeft {density} van de trekkingen {case}, en het bevat {coverage} van alle zulke trekkingen. Kruis: "
        "95%-intervallen van de berekening.",
        "alt": "Dichtheid tegen dekking van {count} gebieden; het gekozen gebied heeft dichtheid {density} en dekking "
        "{coverage}.",
        "share": "aandeel trekkingen met {case}",
        "map": "Waar {case} ({study}): hoe donkerder, hoe meer van de trekkingen; de lijn is het gekozen gebied. "
        "{others}Wit: minder dan {fewest} trekkingen. Getoond is de middelste 99% van elke invoer.",
        "others": "Alleen trekkingen binnen de grenzen op de andere aannamen zijn getoond: {limits}. ",
        "map_alt": "Kaart van het aandeel trekkingen met {case} over {across} en {up}; binnen het gebied is het "
        "{density}.",
        "above": "{name} minstens {low}",
        "below": "{name} hoogstens {high}",
        "between": "{name} van {low} tot {high}",
    },
}  # fmt: skip


def boxes_pictures(result: BoxesResult, language: Language) -> list[Picture]:
    """For each box its trajectory and its map."""
    made = []
    for k, box in enumerate(result.boxes):
        suffix = f"_{k + 1}" if len(result.boxes) > 1 else ""
        made.append(_trajectory_picture(result, box, language, f"sensitivity_boxes_trajectory{suffix}"))
        if box.map is not None:
            made.append(_map_picture(result, box, box.map, language, f"sensitivity_boxes_map{suffix}"))
    return made


def _trajectory_picture(result: BoxesResult, box: DiscoveredBox, language: Language, name: str) -> Picture:
    words, case = _WORDS[language.code], _case(result, language)
    density, coverage = (str(language.statistic(s, PERCENT, most=1)) for s in (box.step.density, box.step.coverage))
    listed = "; ".join(_limit(limit, result, language) for limit in box.limits)
    caption = words["caption"].format(
        case=case, study=study_title(result.study, language), box=listed, density=density, coverage=coverage
    )  # fmt: skip
    alt = words["alt"].format(count=len(box.steps), density=density, coverage=coverage)
    return picture(name, trajectory(language, box, case), caption, alt)


def trajectory(language: Language, box: DiscoveredBox, case: str) -> Figure:
    """Density against coverage of every step, by number of restricted inputs; the picked one with its intervals."""
    words = _WORDS[language.code]
    with style():
        figure = Figure(figsize=(7.0, 5.0), layout="constrained")
        axes = figure.add_subplot()
        if box.whole != box.steps:
            axes.plot(*_places(box.whole), color=GREY, linewidth=1.0, linestyle=":",
                      label=words["whole"].format(count=len(box.looked_at)))  # fmt: skip
        for number in sorted({len(step.limits) for step in box.steps}):
            marker, colour = _MARKS[min(number, len(_MARKS) - 1)]
            label = words["number"].format(count=number) if number > 1 else words["one" if number else "none"]
            own = [step for step in box.steps if len(step.limits) == number]
            axes.plot(*_places(own), marker=marker, color=colour, linestyle="", markersize=5, label=label)
        _picked(axes, box.step, words["picked"].format(step=box.picked))
        for k in {round(i * (len(box.steps) - 1) / (_LABELLED - 1)) for i in range(_LABELLED)} | {box.picked}:
            place = _number(box.steps[k].coverage), _number(box.steps[k].density)
            axes.annotate(str(k), place, xytext=(6, 5), textcoords="offset points", fontsize=8, color=INK)
        axes.set_xlabel(words["coverage"].format(case=case))
        axes.set_ylabel(words["density"].format(case=case))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(Ticks(language, percent=True))
        axes.margins(0.06)
        figure.legend(loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def _picked(axes: Axes, step: Step, label: str) -> None:
    """A ring round the step and its intervals as a cross."""
    x, y = _number(step.coverage), _number(step.density)
    axes.plot([x], [y], marker="o", markersize=13, markerfacecolor="none", markeredgecolor=VERMILLION,
              markeredgewidth=1.8, linestyle="", label=label)  # fmt: skip
    if step.coverage.ci95 is not None:
        axes.plot([float(bound) for bound in step.coverage.ci95], [y, y], color=INK, linewidth=1.1)
    if step.density.ci95 is not None:
        axes.plot([x, x], [float(bound) for bound in step.density.ci95], color=INK, linewidth=1.1)


def _map_picture(result: BoxesResult, box: DiscoveredBox, shares: ShareMap, language: Language, name: str) -> Picture:
    words, case = _WORDS[language.code], _case(result, language)
    labels = _labels(result, language)
    others = [limit for limit in box.limits if limit.input not in shares.inputs]
    listed = "; ".join(_limit(limit, result, language) for limit in others)
    caption = words["map"].format(
        case=case, study=study_title(result.study, language), fewest=_FEWEST,
        others=words["others"].format(limits=listed) if others else "",
    )  # fmt: skip
    across, up = (labels[name] for name in shares.inputs)
    density = str(language.statistic(box.step.density, PERCENT, most=1))
    alt = words["map_alt"].format(case=case, across=across, up=up, density=density)
    units = {spec.name: spec.unit for spec in result.study.inputs}
    titles = [_with_unit(labels[name], units[name], language) for name in shares.inputs]
    return picture(
        name, share_map(language, shares, box.limits, titles, words["share"].format(case=case)), caption, alt
    )


def share_map(
    language: Language, shares: ShareMap, limits: Sequence[Limit], titles: Sequence[str], label: str
) -> Figure:
    """The share of cases in every cell, and the sides of the box on the two inputs."""
    few = shares.draws < _FEWEST
    values = np.ma.masked_where(few, shares.cases / np.maximum(shares.draws, 1))
    with style():
        figure = Figure(figsize=(6.6, 5.0), layout="constrained")
        axes = figure.add_subplot()
        axes.grid(visible=False)
        colours = LinearSegmentedColormap.from_list("share", ("#e3ebf2", "#8db9da", BLUE, "#00304d"))
        mesh = axes.pcolormesh(*shares.edges, values.T, cmap=colours, vmin=0.0, vmax=1.0, linewidth=0.3,
                               edgecolors="face")  # fmt: skip
        bar = figure.colorbar(mesh, ax=axes, label=label)
        bar.ax.yaxis.set_major_formatter(Ticks(language, percent=True))
        _outline(axes, shares, limits)
        for axis, title in ((axes.xaxis, titles[0]), (axes.yaxis, titles[1])):
            axis.set_label_text(title)
            axis.set_major_formatter(Ticks(language))
    return figure


def _outline(axes: Axes, shares: ShareMap, limits: Sequence[Limit]) -> None:
    """The box's sides; one without a limit is at the edge of the map."""
    spans = []
    for name, edges in zip(shares.inputs, shares.edges, strict=True):
        own = next((limit for limit in limits if limit.input == name), None)
        ends = (float(edges[0]), float(edges[-1]))
        low = ends[0] if own is None or own.low is None else own.low
        high = ends[1] if own is None or own.high is None else own.high
        spans.append((min(max(low, ends[0]), ends[1]), min(max(high, ends[0]), ends[1])))
    (left, right), (bottom, top) = spans
    x, y = [left, right, right, left, left], [bottom, bottom, top, top, bottom]
    axes.plot(x, y, color="white", linewidth=4.0, clip_on=False)
    axes.plot(x, y, color=VERMILLION, linewidth=2.2, clip_on=False)


def _places(steps: Sequence[Step]) -> tuple[list[float], list[float]]:
    return [_number(step.coverage) for step in steps], [_number(step.density) for step in steps]


def _case(result: BoxesResult, language: Language) -> str:
    name = short_name(result.output, language)
    level = language.plain(result.case.level)
    if result.case.level and result.unit != "1":
        level = language.money(level, result.unit)
    return f"{name} {'>' if result.case.above else '<'} {level}"


def _labels(result: BoxesResult, language: Language) -> dict[str, str]:
    return {spec.name: spec.label.get(language.code, spec.name) for spec in result.study.inputs}


def _limit(limit: Limit, result: BoxesResult, language: Language) -> str:
    """A limit in words, with the input's unit."""
    words, name = _WORDS[language.code], _labels(result, language)[limit.input]
    low, high = ("" if v is None else _amount(v, limit.unit, language) for v in limit.shown)
    kind = "between" if low and high else "above" if low else "below"
    return words[kind].format(name=name, low=low, high=high)


def _amount(value: float, unit: str, language: Language) -> str:
    text = language.plain(value)
    return text if unit in _PLAIN else f"{text} {language.unit(unit)}"


def _with_unit(label: str, unit: str, language: Language) -> str:
    return label if unit in _PLAIN else f"{label} ({language.unit(unit)})"


def _number(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else float("nan")
