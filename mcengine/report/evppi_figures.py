"""The figure of the value of information: a bar for each input and group, beside the worth of knowing everything."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from mcengine.analysis.evppi_result import EvppiResult, Worth
from mcengine.analysis.result import Statistic
from mcengine.report.language import Language
from mcengine.report.names import input_labels, short_name, study_title
from mcengine.report.style import BLUE, INK, ORANGE, VERMILLION, Picture, Ticks, picture, style, wrapped

_MOST, _LEAST = 20, 3  # rows: those that ever change the decision; the others are counted below

_WORDS = {
    "en": {
        "input": "one input known",
        "group": "a group known",
        "evpi": "everything known: {value}",
        "axis": "worth of knowing it before deciding",
        "more": "{count} more change the decision in no draw",
        "fewer": "{count} more, each worth less",
        "caption": "What it is worth to find out before a {decision}: gain in expected {output}{unit}. "
        "{now} The dashed line is the most that any study can be worth. "
        "Whiskers: 95% intervals of the computation.",
        "alt": "Bars of the value of information, largest first: {rows}. Knowing everything is worth {evpi}{unit}.",
        "decision": "decision on the plan, under the set {study}",
        "decision_other": "decision on {study}",
        "now": "For someone who looks only at the expected {output} to {horizon} in this set, without unquantified "
        "effects, the comparison is: {choices}, do not 0.",
        "now_other": "For someone who looks only at the expected {output}, the comparison is: {choices}, do not 0.",
        "go": "go ahead {mean}",
        "option": "{name} {mean}",
        "zero": "0 (not distinguishable)",
        "in": " in {unit}",
    },
    "nl": {
        "input": "één invoer bekend",
        "group": "een groep bekend",
        "evpi": "alles bekend: {value}",
        "axis": "wat het waard is dit vóór het besluit te weten",
        "more": "{count} andere veranderen het besluit in geen enkele trekking",
        "fewer": "{count} andere, elk minder waard",
        "caption": "Wat het waard is om vóór het {decision} uit te zoeken: winst in verwachte {output}"
        "{unit}. {now} De streeplijn is het meeste dat enig onderzoek "
        "waard kan zijn. Strepen: 95%-intervallen van de berekening.",
        "alt": "Staven van de waarde van informatie, grootste eerst: {rows}. Alles weten is {evpi}{unit} waard.",
        "decision": "besluit over het plan, bij de set {study},",
        "decision_other": "besluit over {study}",
        "now": "Voor wie alleen let op de verwachte {output} tot en met {horizon} in deze set, zonder p.m.-posten, is "
        "de vergelijking: {choices}, niet doorgaan 0.",
        "now_other": "Voor wie alleen let op de verwachte {output}, is de vergelijking: {choices}, niet doorgaan 0.",
        "go": "doorgaan {mean}",
        "option": "{name} {mean}",
        "zero": "0 (niet te onderscheiden)",
        "in": " in {unit}",
    },
}


def evppi_pictures(result: EvppiResult, language: Language) -> list[Picture]:
    """Bars of EVPPI with whiskers and the line of EVPI; none where nothing could change the decision."""
    if result.evpi.ci95 is None:
        return []
    words = _WORDS[language.code]
    both = [*result.inputs.values(), *result.groups.values()]
    ordered = sorted(both, key=lambda worth: (_number(worth.flip) == 0.0, -_number(worth.evppi)))
    changing = sum(_number(worth.flip) > 0.0 for worth in both)
    shown = ordered[: min(max(changing, _LEAST), _MOST)]
    rest = ""
    if len(ordered) > len(shown):
        key = "fewer" if changing > len(shown) else "more"
        rest = words[key].format(count=len(ordered) - len(shown))
    unit = "" if result.unit == "1" else language.unit(result.unit)
    output = short_name(result.output, language)
    plan = result.study.plan is not None
    title = study_title(result.study, language)
    caption = words["caption"].format(
        decision=words["decision" if plan else "decision_other"].format(study=title),
        output=output,
        unit=words["in"].format(unit=unit) if unit else "",
        now=words["now" if plan else "now_other"].format(
            output=output, horizon=result.study.options.horizon, choices=_choices(result, language)
        ),
    )
    labels = input_labels(result.study, language)
    rows = ", ".join(f"{labels.get(worth.name, worth.name)} {_plain(worth.evppi, language)}" for worth in shown[:5])
    alt = words["alt"].format(rows=rows, evpi=_plain(result.evpi, language), unit=f" {unit}" if unit else "")
    figure = _bars(language, shown, result, f" ({unit})" if unit else "", rest)
    return [picture("sensitivity_evppi", figure, caption, alt)]


def _bars(language: Language, shown: Sequence[Worth], result: EvppiResult, unit: str, rest: str) -> Figure:
    """One bar a row from the top; `rest` says what was left out."""
    words = _WORDS[language.code]
    labels = input_labels(result.study, language)
    groups = [worth.name in result.groups for worth in shown]
    with style():
        figure = Figure(figsize=(7.6, 1.6 + 0.34 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for is_group, colour, word in ((False, BLUE, "input"), (True, ORANGE, "group")):
            rows = [row for row, group in enumerate(groups) if group == is_group]
            if rows:
                values = [max(_number(shown[row].evppi), 0.0) for row in rows]  # below 0 by its error: nothing
                axes.barh(rows, values, height=0.6, color=colour, label=words[word])
        for row, worth in enumerate(shown):
            if worth.evppi.ci95 is not None:
                axes.plot([float(bound) for bound in worth.evppi.ci95], (row, row), color=INK, linewidth=1.1)
        evpi = words["evpi"].format(value=_plain(result.evpi, language))
        axes.axvline(_number(result.evpi), color=VERMILLION, linewidth=1.4, linestyle="--", label=evpi)
        axes.axvline(0.0, color=INK, linewidth=1.0)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks(range(len(shown)), wrapped([labels.get(worth.name, worth.name) for worth in shown]))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(words["axis"] + unit + (f"\n{rest}" if rest else ""))
        axes.xaxis.set_major_formatter(Ticks(language))
        figure.legend(loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def _choices(result: EvppiResult, language: Language) -> str:
    """What each choice other than not going ahead is expected to bring."""
    words, options = _WORDS[language.code], result.options[1:]
    kind = "go" if len(options) == 1 else "option"
    told = []
    for option in options:
        shown = language.statistic(option.mean, most=0 if result.output == "npv" else None)
        mean = shown.value if result.unit == "1" else language.money(shown.value, result.unit)
        interval = f" ({shown.interval})" if shown.interval else ""
        told.append(words[kind].format(name=option.name, mean=mean + interval))
    return language.listed(told)


def _plain(statistic: Statistic, language: Language) -> str:
    """The value in the digits of its interval; in words where the interval does not lie above 0."""
    if statistic.ci95 is not None and float(statistic.ci95[0]) <= 0.0:
        return _WORDS[language.code]["zero"]
    return "0" if statistic.value == 0.0 else language.statistic(statistic).value


def _number(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
