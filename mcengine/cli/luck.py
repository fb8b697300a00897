"""How the split into ignorance and luck prints: the shares, what they mean, and the band of distributions."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from mcengine.analysis.luck_result import IGNORANCE, LUCK
from mcengine.cli.printing import measure, number, percent, width
from mcengine.cli.sobol import bar
from mcengine.cli.table import Column, render

if TYPE_CHECKING:
    from mcengine.analysis.luck_result import LuckCurve, LuckResult
    from mcengine.analysis.result import Statistic

_ROWS = {
    IGNORANCE: "ignorance: Var(E[y | assumptions])",
    LUCK: "luck: E[Var(y | assumptions)]",
}
_MEANING = """\
Ignorance is the part of the variance that would go if all assumptions were known: research can take it away. Luck is
the part that would stay: which candidates pass, and what each medicine sells. In brackets 95% intervals of the
computation."""
_SHOWN = (0.1, 0.3, 0.5, 0.7, 0.9)
_AT = {"P5": 0.05, "P50": 0.5, "P95": 0.95}


def luck_text(result: LuckResult) -> str:
    """What `mcengine sensitivity --method luck`, and `run` of a study with luck, print."""
    size = (
        f"{result.n:,} draws in each of {result.replicates} replicates, {result.inner} lucks each, "
        f"{result.evaluations:,} evaluations with the band's, seed {result.seed}"
    )
    parts = [
        _wrapped(_answer(result)),
        _wrapped(size),
        _split(result),
        _band(result),
        _wrapped(_MEANING),
    ]
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    threads = f"{result.threads} thread{'s' if result.threads != 1 else ''}"
    parts.append(f"digest {result.digest}\n{result.seconds:.2f} s on {threads}")
    return "\n\n".join(part for part in parts if part)


def _answer(result: LuckResult) -> str:
    name = "the NPV" if result.output == "npv" else result.output
    return (
        f"{result.study.name}: of the variance of {name}, ignorance makes {_share(result.shares[IGNORANCE])} and luck "
        f"{_share(result.shares[LUCK])}."
    )


def _split(result: LuckResult) -> str:
    """Shares, and the standard deviation that each part would leave alone."""
    unit = "" if result.unit == "1" else f", {result.unit}"
    names = (IGNORANCE, LUCK)
    sds = [*(result.sd(name) for name in names), result.sd("total")]
    columns = [
        Column("share of the variance", (*(_share(result.shares[name]) for name in names), "100%")),
        Column(f"sd alone{unit}", tuple("-" if sd is None else measure(sd) for sd in sds)),
    ]
    bars = Column("", (*(bar(max(_value(result.shares[name]), 0.0)) for name in names), ""))
    labels = [*_ROWS.values(), "both"]
    room = max(width(), 60)
    wide = render(labels, [(*columns, bars)], room)
    fits = max(len(line) for line in wide.splitlines()) <= room
    return wide if fits else render(labels, [(column,) for column in columns], room)


def _band(result: LuckResult) -> str:
    """Some of the band's curves: what luck alone does at fixed assumptions."""
    band, unit = result.band, "" if result.unit == "1" else f", in {result.unit}"
    places = {head: band.probabilities.index(p) for head, p in _AT.items()}
    curves = [min(band.curves, key=lambda curve: abs(curve.rank - rank)) for rank in _SHOWN]
    labels = [*(f"assumptions at rank {percent(curve.rank, 0)}" for curve in curves), "all assumptions"]
    whole = band.whole
    columns = [Column("mean", (*(measure(curve.mean) for curve in curves), measure(_value(result.mean))))]
    columns += [
        Column(head, (*(measure(curve.quantiles[k]) for curve in curves), measure(whole[k])))
        for head, k in places.items()
    ]
    columns.append(Column("chance > 0", (*(percent(curve.prob_positive, 0) for curve in curves), "")))
    title = _wrapped(
        f"One distribution for each fixed set of assumptions, over luck alone ({band.lucks} lucks{unit}), by the rank "
        "of its mean"
    )
    low, high = _extremes(band.curves)
    runs = (
        f"runs from {percent(low, 0)} to {percent(high, 0)}: which of them holds is ignorance"
        if percent(low, 0) != percent(high, 0)
        else f"is {percent(low, 0)} on every one"
    )
    chances = _wrapped(f"Over the {len(band.curves)} curves of the band the chance of a value above 0 {runs}.")
    return f"{title}\n{render(labels, [(column,) for column in columns], width())}\n{chances}"


def _extremes(curves: tuple[LuckCurve, ...]) -> tuple[float, float]:
    chances = [curve.prob_positive for curve in curves]
    return min(chances), max(chances)


def _share(statistic: Statistic) -> str:
    """A share with its interval; in parentheses when below 0."""
    value = _value(statistic)
    text = percent(value, 1)
    text = f"({text})" if value < 0 else text
    if statistic.ci95 is None:
        return text
    low, high = (float(bound) for bound in statistic.ci95)
    return f"{text} [{number(100 * low, 1)} to {number(100 * high, 1)}]"


def _value(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), width())
