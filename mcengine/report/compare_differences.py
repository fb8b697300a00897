"""The comparison's part on differences: a table for each further run, and one figure. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mcengine.analysis.difference_intervals import SHARES, Bounds
from mcengine.analysis.paired import INDEPENDENT, PAIRED, Difference, Differences
from mcengine.analysis.result import Statistic
from mcengine.report.language import MINUS, NUMBER, YEAR, Language, Shown, style_of
from mcengine.report.style import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILLION, Picture, Ticks, picture, style

DRAWN = ("mean", "p05", "p50", "p95", "expected_shortfall_05")
"""Statistics of the headline output that the figure shows, from the top."""
_LOOKS = ((BLUE, "o"), (VERMILLION, "D"), (GREEN, "s"), (PURPLE, "^"), (ORANGE, "v"), (INK, "x"))

View = dict[str, Any]


def points(statistic: Statistic) -> Statistic:
    """A difference of shares in percentage points."""
    value, bounds = statistic.value, statistic.ci95
    assert isinstance(value, float | int)
    ends = None if bounds is None else (100 * float(bounds[0]), 100 * float(bounds[1]))
    return replace(statistic, value=100 * value, ci95=ends)


def differences_view(
    found: Differences, titles: tuple[str, str], figures: Sequence[tuple[str, str, str]], language: Language
) -> View:
    """The differences of one further run from the first.

    titles   of the first run and the other; figures: (output, statistic, key of its name) of the rows wanted
    """
    rows = {(row.output, row.statistic): row for row in found.rows}
    wanted = [(rows[output, name], key) for output, name, key in figures if (output, name) in rows]
    left_out = ", ".join(language.label(name) for name in found.left_out)
    return {
        "title": language("compare.less", first=titles[0], second=titles[1]),
        "name": f"{found.second.name} - {found.first.name}",
        "how": _how(found, language),
        "paired": found.how == PAIRED,
        "rows": [_row(row, key, language) for row, key in wanted],
        "left_out": language("compare.left_out", names=left_out) if left_out else "",
    }


def _how(found: Differences, language: Language) -> str:
    """Where the intervals come from."""
    level = language.level(found.level)
    if found.how == PAIRED:
        return language("compare.paired", seed=found.first.seed, level=level)
    if found.how == INDEPENDENT:
        return language("compare.unpaired", level=level)
    unlike = ", ".join(language(f"repeat.{name}") for name in found.unlike)
    return language("compare.overlapping", unlike=unlike, level=level)


def _row(row: Difference, key: str, language: Language) -> View:
    share = row.statistic in SHARES
    plain = row.kind == "year" or row.unit == "1" or row.output == "bcr"
    unit = language("compare.points") if share else "" if plain else language.unit(row.unit)
    narrower = row.narrower
    ratio = "" if narrower is None else language.significant(narrower, 2)
    return {
        "label": language(key),
        "unit": unit,
        "shown": shown(row, language),
        "narrower": language("compare.times", ratio=ratio) if ratio else "",
    }


def shown(row: Difference, language: Language) -> Shown:
    """A difference as text, with its sign."""
    found = row.second_less_first
    if found.value is None:
        return Shown(language("compare.not_there"), note=language.note(found.note))
    if style_of(row.kind, row.statistic) == YEAR:
        text = language.statistic(found, NUMBER, most=0)
    else:
        text = language.statistic(points(found) if row.statistic in SHARES else found)
    return replace(text, value=signed(text.value))


def signed(text: str) -> str:
    """A number as text with a plus sign where it is above zero."""
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"


def differences_picture(
    found: Sequence[Differences], titles: Sequence[str], output: str, unit: str, language: Language
) -> Picture | None:
    """The differences of one output from the first run, by statistic; None where the runs share none of them.

    titles  of all runs, the first one's first
    """
    drawn = [{row.statistic: row for row in one.rows if row.output == output} for one in found]
    names = [name for name in DRAWN if any(_ends(one.get(name)) is not None for one in drawn)]
    if not names:
        return None
    texts = []
    for title, rows in zip(titles[1:], drawn, strict=True):
        own = [f"{_label(name, language)} {shown(rows[name], language).value}" for name in names if name in rows]
        texts.append(f"{title}: {', '.join(own)}")
    alt = language("compare.differences_alt", label=language.label(output), first=titles[0], rows="; ".join(texts))
    figure = _figure(names, drawn, titles[1:], output, unit, language)
    return picture("differences", figure, language("compare.differences_caption", first=titles[0]), alt)


def _label(name: str, language: Language) -> str:
    return language(f"statistics.{name}")


def _ends(row: Difference | None) -> tuple[float, Bounds] | None:
    """A difference and its bounds, which are the difference itself where it has no interval; None without a number."""
    if row is None or not isinstance(row.second_less_first.value, float | int):
        return None
    value, bounds = float(row.second_less_first.value), row.second_less_first.ci95
    return value, (value, value) if bounds is None else (float(bounds[0]), float(bounds[1]))


def _figure(
    names: Sequence[str],
    drawn: Sequence[dict[str, Difference]],
    titles: Sequence[str],
    output: str,
    unit: str,
    language: Language,
) -> Figure:
    """A row a statistic; in it a mark with its interval for each further run, one under another."""
    step = 0.6 / max(len(drawn), 1)
    with style():
        figure = Figure(figsize=(7.6, 1.3 + (0.3 + 0.14 * len(drawn)) * len(names)), layout="constrained")
        axes = figure.add_subplot()
        for k, rows in enumerate(drawn):
            colour, marker = _LOOKS[k % len(_LOOKS)]
            for y, name in enumerate(names):
                ends = _ends(rows.get(name))
                if ends is not None:
                    place = y + step * (k - (len(drawn) - 1) / 2)
                    axes.plot(ends[1], (place, place), color=colour, linewidth=2.0)
                    axes.plot(ends[0], place, marker, color=colour, markersize=5.5)
        axes.axvline(0.0, color=INK, linewidth=1.2, zorder=1)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_yticks(range(len(names)), [_label(name, language) for name in names])
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.06)
        label = language.label(output)
        axes.locator_params(axis="x", nbins=7)
        axes.set_xlabel(
            f"{language('compare.difference')}, {label}" + (f", {language.unit(unit)}" if unit != "1" else "")
        )
        axes.xaxis.set_major_formatter(Ticks(language))
        looks = [_LOOKS[k % len(_LOOKS)] for k in range(len(titles))]
        legend = [
            Line2D([], [], color=c, marker=m, linewidth=2.0, label=t) for (c, m), t in zip(looks, titles, strict=True)
        ]
        figure.legend(handles=legend, loc="outside lower center", ncols=3, fontsize=8.5)
    return figure
