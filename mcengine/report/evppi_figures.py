"""The figure of the value of information: a bar for each input and group, beside the worth of knowing everything."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from mcengine.analysis.evppi_result import EvppiResult, Worth
from mcengine.analysis.result import Statistic
from mcengine.report.language import Language
from mcengine.report.style import BLUE, INK, ORANGE, VERMILLION, Picture, Ticks, picture, style

_MOST, _LEAST = 20, 3  # rows: those that ever change the decision; the others are counted below

_WORDS = {
    "en": {
        "input": "one input known",
        "group": "a group known",
        "evpi": "everything known: {value}",
        "axis": "worth of knowing it before deciding",
        "more": "{count} more change the decision in no draw",
        "fewer": "{count} more, each worth less",
        "caption": "What it is worth to find out before deciding on {study}: gain in expected {output}{unit}. Now, "
        "without knowing more, the best choice is {decision}. The dashed line is the most that any study can be worth. "
        "Whiskers: 95% intervals of the computation.",
        "alt": "Bars of the value of information, largest first: {rows}. Knowing everything is worth {evpi}{unit}.",
        "no-go": "not to go ahead",
        "in": " in {unit}",
    },
    "nl": {
        "input": "één invoer bekend",
        "group": "een groep bekend",
        "evpi": "alles bekend: {value}",
        "axis": "wat het waard is dit vóór het besluit te weten",
        "more": "{count} andere veranderen het besluit in geen enkele trekking",
        "fewer": "{count} andere, elk minder waard",
        "caption": "Wat het waard is om vóór het besluit over {study} uit te zoeken: winst in verwachte {output}"
        "{unit}. Zonder meer te weten is de beste keuze nu {decision}. De streeplijn is het meeste dat enig onderzoek "
        "waard kan zijn. Strepen: 95%-intervallen van de berekening.",
        "alt": "Staven van de waarde van informatie, grootste eerst: {rows}. Alles weten is {evpi}{unit} waard.",
        "no-go": "niet doorgaan",
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
    output = "NPV" if result.output == "npv" else language.label(result.output)
    chosen = result.decision if result.decision != result.options[0].name else words["no-go"]
    caption = words["caption"].format(
        study=result.study.name, output=output, unit=words["in"].format(unit=unit) if unit else "", decision=chosen
    )
    rows = ", ".join(f"{worth.name} {_plain(worth.evppi, language)}" for worth in shown[:5])
    alt = words["alt"].format(rows=rows, evpi=_plain(result.evpi, language), unit=f" {unit}" if unit else "")
    figure = _bars(language, shown, result, f" ({unit})" if unit else "", rest)
    return [picture("sensitivity_evppi", figure, caption, alt)]


def _bars(language: Language, shown: Sequence[Worth], result: EvppiResult, unit: str, rest: str) -> Figure:
    """One bar a row from the top; `rest` says what was left out."""
    words = _WORDS[language.code]
    labels = {spec.name: spec.label.get(language.code, spec.name) for spec in result.study.inputs}
    groups = [worth.name in result.groups for worth in shown]
    with style():
        figure = Figure(figsize=(7.6, 1.6 + 0.34 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for is_group, colour, word in ((False, BLUE, "input"), (True, ORANGE, "group")):
            rows = [row for row, group in enumerate(groups) if group == is_group]
            if rows:
                values = [_number(shown[row].evppi) for row in rows]
                axes.barh(rows, values, height=0.6, color=colour, label=words[word])
        for row, worth in enumerate(shown):
            if worth.evppi.ci95 is not None:
                axes.plot([float(bound) for bound in worth.evppi.ci95], (row, row), color=INK, linewidth=1.1)
        evpi = words["evpi"].format(value=_plain(result.evpi, language))
        axes.axvline(_number(result.evpi), color=VERMILLION, linewidth=1.4, linestyle="--", label=evpi)
        axes.axvline(0.0, color=INK, linewidth=1.0)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_yticks(range(len(shown)), [labels.get(worth.name, worth.name) for worth in shown])
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(words["axis"] + unit + (f"\n{rest}" if rest else ""))
        axes.xaxis.set_major_formatter(Ticks(language))
        figure.legend(loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def _plain(statistic: Statistic, language: Language) -> str:
    """The value in the digits of its interval."""
    return "0" if statistic.value == 0.0 else language.statistic(statistic).value


def _number(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
