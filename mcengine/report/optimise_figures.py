"""The figure of a search for a better split: the plan's shares beside the best ones, and the money left by phase."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcengine.analysis.optimise_result import OptimiseResult
from mcengine.report.language import NUMBER, PERCENT, Language
from mcengine.report.names import short_name, study_title
from mcengine.report.style import BLUE, INK, ORANGE, Picture, Ticks, picture, style

_HEIGHT = 0.38

_WORDS = {
    "en": {
        "plan": "the plan's split",
        "best": "best split found",
        "tried": "best split found: no gain that can be told from noise",
        "share": "share of the public money",
        "unspent": "programme money unspent\nat the end of {year} ({unit})",
        "mean": "expected {name}",
        "prob_positive": "P({name} > 0)",
        "gain": "The split of the public money with the highest {goal} ({study}): {change} above the plan's, on fresh "
        "draws. Whiskers: shares of a phase with which, the others in proportion, 95% of the gain is kept.",
        "none": "The split of the public money with the highest {goal} that was found ({study}): no gain over the "
        "plan's split that can be told from noise.",
        "points": "percentage points",
        "moves": "Leverage moves with the split (times {factor}).",
        "fixed": "Leverage is held as drawn.",
        "left": "Unspent money lies where candidates are short.",
        "alt": "Bars of the share of public money by phase, the plan's and the best found: {rows}.",
    },
    "nl": {
        "plan": "de verdeling van het plan",
        "best": "beste gevonden verdeling",
        "tried": "beste gevonden verdeling: geen winst die van ruis te onderscheiden is",
        "share": "aandeel in het publieke geld",
        "unspent": "programmageld over\neind {year} ({unit})",
        "mean": "verwachte {name}",
        "prob_positive": "P({name} > 0)",
        "gain": "De verdeling van het publieke geld met de hoogste {goal} ({study}): {change} boven die van het plan, "
        "op nieuwe trekkingen. Streepjes: aandelen van een fase waarbij, met de andere naar verhouding, 95% van de "
        "winst behouden blijft.",
        "none": "De gevonden verdeling van het publieke geld met de hoogste {goal} ({study}): geen winst op de "
        "verdeling van het plan die van ruis te onderscheiden is.",
        "points": "procentpunt",
        "moves": "De hefboom beweegt mee met de verdeling (maal {factor}).",
        "fixed": "De hefboom blijft zoals getrokken.",
        "left": "Geld blijft over waar kandidaten ontbreken.",
        "alt": "Staven met het aandeel in het publieke geld per fase, van het plan en het beste gevonden: {rows}.",
    },
}


def optimise_pictures(result: OptimiseResult, language: Language) -> list[Picture]:
    """One picture: shares by phase and, in pipeline accounting, programme money left."""
    words = _WORDS[language.code]
    labels = _labels(result, language)
    name = short_name(result.output, language)
    goal = words[result.objective].format(name=name)
    share = result.objective == "prob_positive"
    change = str(language.statistic(result.gain, PERCENT if share else NUMBER)).replace("%", "")
    change += f" {words['points'] if share else language.unit(result.unit)}"
    told = words["gain" if result.told_apart else "none"]
    caption = [
        told.format(goal=goal, study=study_title(result.study, language), change=change),
        words[result.leverage].format(factor=language.number(result.factor, 2)),
    ]
    if _has_money(result):
        caption.append(words["left"])
    rows = "; ".join(
        f"{label} {language.percent(phase.plan, 0)}, {language.percent(phase.best, 0)}"
        for label, phase in zip(labels, result.phases.values(), strict=True)
    )
    figure = split_bars(language, result, labels)
    return [picture("sensitivity_optimise", figure, " ".join(caption), words["alt"].format(rows=rows))]


def split_bars(language: Language, result: OptimiseResult, labels: Sequence[str]) -> Figure:
    """Pairs of bars by phase from the top: shares with the range that keeps 95% of the gain, and money unspent."""
    words, phases = _WORDS[language.code], list(result.phases.values())
    money = _has_money(result)
    with style():
        figure = Figure(figsize=(7.6, 1.5 + 0.46 * len(phases)), layout="constrained")
        panels = figure.subplots(1, 2 if money else 1, sharey=True, squeeze=False)[0]
        shares = panels[0]
        _bars(shares, [phase.plan for phase in phases], [phase.best for phase in phases], result, language)
        for row, phase in enumerate(phases):
            if phase.keeps is not None and result.told_apart:
                shares.plot(phase.keeps, (row + _HEIGHT / 2,) * 2, color=INK, linewidth=1.1)
        shares.set_ylim(len(phases) - 0.4, -0.6)
        shares.set_yticks(range(len(phases)), labels)
        shares.set_xlabel(words["share"])
        shares.xaxis.set_major_formatter(Ticks(language, percent=True))
        if money:
            left = [phase.unspent or (0.0, 0.0) for phase in phases]
            _bars(panels[1], [pair[0] for pair in left], [pair[1] for pair in left], result, None)
            unit = result.effects["unspent_at_horizon"].unit
            panels[1].set_xlabel(words["unspent"].format(year=result.study.options.horizon, unit=language.unit(unit)))
            panels[1].xaxis.set_major_formatter(Ticks(language))
            panels[1].tick_params(axis="y", length=0)
        figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)
    return figure


def _bars(
    axes: Axes, plan: Sequence[float], best: Sequence[float], result: OptimiseResult, language: Language | None
) -> None:
    """Two bars a phase; with a language they are named in the legend."""
    words = _WORDS[language.code] if language else {}
    second = words.get("best" if result.told_apart else "tried", "_best")
    for values, offset, colour, name in (
        (plan, -_HEIGHT / 2, BLUE, words.get("plan", "_plan")),
        (best, _HEIGHT / 2, ORANGE, second),
    ):
        places = [row + offset for row in range(len(values))]
        axes.barh(places, values, height=_HEIGHT, color=colour, label=name)
    axes.grid(visible=False, axis="y")


def _labels(result: OptimiseResult, language: Language) -> list[str]:
    assert result.study.plan is not None
    return [phase.label.get(language.code, phase.name) for phase in result.study.plan.phases]


def _has_money(result: OptimiseResult) -> bool:
    return all(phase.unspent is not None for phase in result.phases.values())
