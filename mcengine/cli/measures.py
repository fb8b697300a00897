"""How morris, pawn, delta and rbd-fast print: who leads, a table of measures, and how sure the order is."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mcengine.cli.printing import measure, number, width
from mcengine.cli.ranking import MOST_POINTS, sure
from mcengine.cli.sobol import bar, share

if TYPE_CHECKING:
    from mcengine.analysis.measures import FactorMeasures, Measured, MeasuresResult
    from mcengine.analysis.result import Statistic

_NAMES = {"mu_star": "mu*", "median": "median KS", "maximum": "maximum KS", "s1": "S1"}
_POINTS = {"morris": ("trajectories", 1 << 14)}
_DUMMY = "(dummy)"
_SHARES = ("s1",)  # printed in percent

_LEADING = {
    "morris": "{response} moves most with {leaders} (Morris's elementary effects)",
    "pawn": "the distribution of {response} moves most with {leaders} (PAWN)",
    "delta": "the distribution of {response} moves most with {leaders} (Borgonovo's delta)",
    "rbd-fast": "the variance of {response} comes most from {leaders} (RBD-FAST)",
}
_NOBODY = "no input of this study is told apart from one that does nothing, by what {method} sees of {response}"
_MEANING = {
    "morris": """\
mu*: mean size of the effect of moving the input across its range, the others anywhere in theirs. mu: the same with its
sign. sigma: how much the effect differs from place to place: 0 for one that is always the same, large for curvature
and interactions. In brackets 95% intervals of the computation.""",
    "pawn": """\
KS: the largest difference between the output's cumulative distribution with the input in one part of its range and
everywhere, 0 to 1; its median and maximum over the parts. In brackets 95% intervals of the computation.""",
    "delta": """\
delta: the part of the output's distribution that moves when the input becomes known, 0 to 1. S1: the share of the
variance that goes when it does. In brackets 95% intervals of the computation.""",
    "rbd-fast": """\
S1: the share of the variance that goes when the input becomes known. In brackets 95% intervals of the computation.""",
}
_ZERO = "A share below 0 is negative by the error of its estimate; read it as 0."
_ABOUT_DUMMY = "The dummy is an input that does nothing: its level is that of noise."


def measures_text(result: MeasuresResult) -> str:
    """What `mcengine sensitivity --method morris` (pawn, delta, rbd-fast) prints."""
    points, most = _POINTS.get(result.method, ("draws", MOST_POINTS))
    settings = "".join(f", {name} {value}" for name, value in result.settings.items())
    size = (
        f"{result.n:,} {points} in each of {result.replicates} replicates, {result.evaluations:,} evaluations, "
        f"seed {result.seed}{settings}"
    )
    answer = f"{result.study.name}: {_leading(result)}."
    parts = [textwrap.fill(text, width()) for text in (answer, size)]
    if result.groups:
        several = any(len(factor.members) > 1 for factor in result.groups.values())
        title = "groups of inputs, as the study correlates them" if several else "inputs and the choice of the set"
        parts += [_table(title, result.main, result), _members(result.groups)]
        parts += [_apart(result.main), _sure(result.main, points, most)]
    if result.inputs and not (result.groups and result.apart is None):
        found = result.apart or result.main
        title = "inputs" if result.apart is None else f"each input, of the study {result.inputs_variant}"
        parts += [_table(title, found, result), _apart(found), _sure(found, points, most)]
    shown = [*result.main.factors, *(result.apart.factors if result.apart else ())]
    negative = result.method != "morris" and any(_value(v) < 0 for factor in shown for v in factor.measures.values())
    meaning = [_MEANING[result.method], *[_ABOUT_DUMMY] * bool(result.dummy), *[_ZERO] * negative]
    parts.append("\n".join(textwrap.fill(text, width()) for text in meaning))
    lost = dict.fromkeys(v.note for f in shown for v in f.measures.values() if v.value is None or v.ci95 is None)
    notes = [*(f"- in the table: {note}" for note in lost if note), *(f"note: {note}" for note in result.notes)]
    remarks = [*notes, *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    threads = f"{result.threads} thread{'s' if result.threads != 1 else ''}"
    parts.append(f"digest {result.digest}\n{result.seconds:.2f} s on {threads}")
    return "\n\n".join(part for part in parts if part)


def _leading(result: MeasuresResult) -> str:
    """The answer in a sentence: who comes first."""
    response = "NPV" if result.output == "npv" else result.output
    factors = sorted(result.main.factors, key=lambda factor: -_value(factor[result.measures[0]]))
    leaders = [factor.name for factor in factors if factor.above_dummy is not False][:3]
    if not leaders:
        return _NOBODY.format(method=result.method, response=response)
    listed = " and ".join([", ".join(leaders[:-1]), leaders[-1]] if len(leaders) > 1 else leaders)
    return _LEADING[result.method].format(response=response, leaders=listed)


def _table(title: str, found: Measured, result: MeasuresResult) -> str:
    """Largest first measure first, the dummy among them; columns and intervals are left out where they do not fit."""
    rows: list[tuple[str, Mapping[str, Statistic]]] = [(factor.name, factor.measures) for factor in found.factors]
    if found.dummy:
        rows.append((_DUMMY, found.dummy))
    first = result.measures[0]
    rows.sort(key=lambda row: -_value(row[1][first]))
    largest = max(_value(rows[0][1][first]), 1e-300)
    heads = [_head(name, result.units[name]) for name in result.measures]
    full = [
        [_figure(name, values[name], 3 * (result.units[name] == "1")) for name in result.measures] for _, values in rows
    ]
    short = [[cells[0], *(cell.partition(" [")[0] for cell in cells[1:])] for cells in full]
    bars = [bar(_value(values[first]) / largest) for _, values in rows]
    names = [name for name, _ in rows]
    drawn = len(names) * [""]
    layouts = [(full, bars), (full, drawn), (short, bars), (short, drawn), ([cells[:1] for cells in full], drawn)]
    for cells, bars in layouts:
        lines = _lines(title, names, heads[: len(cells[0])], cells, bars)
        if max(len(line) for line in lines) <= width():
            break
    return "\n".join(lines)


def _lines(
    title: str, names: Sequence[str], heads: Sequence[str], cells: Sequence[Sequence[str]], bars: Sequence[str]
) -> list[str]:
    widest = max(len(name) for name in names) + 2
    sizes = [max(len(row[k]) for row in [heads, *cells]) for k in range(len(heads))]
    head = "  ".join(text.ljust(size) for text, size in zip(heads, sizes, strict=True))
    lines = [title, f"{'':{widest}}  {head}".rstrip()]
    for name, row, drawn in zip(names, cells, bars, strict=True):
        texts = "  ".join(text.ljust(size) for text, size in zip(row, sizes, strict=True))
        lines.append(f"  {name:{widest - 2}}  {texts}  {drawn}".rstrip())
    return lines


def _head(name: str, unit: str) -> str:
    shown = _NAMES.get(name, name)
    return shown if unit == "1" else f"{shown}, {unit}"


def _figure(name: str, statistic: Statistic, least: int) -> str:
    """A measure with its interval, as exact as the interval is, in `least` decimals or more."""
    if statistic.value is None:
        return "-"
    if name in _SHARES and statistic.ci95 is not None:
        return share(statistic)
    value = _value(statistic)
    if statistic.ci95 is None:
        return f"{measure(value)} [-]"
    low, high = (float(bound) for bound in statistic.ci95)
    if high <= low:
        return f"{measure(value)} [no spread]"
    decimals = min(max(math.ceil(-math.log10((high - low) / 2)), least), 6)
    return f"{number(value, decimals)} [{number(low, decimals)} to {number(high, decimals)}]"


def _members(groups: Mapping[str, FactorMeasures]) -> str:
    lines = []
    for factor in groups.values():
        if len(factor.members) > 1 and factor.name != " + ".join(factor.members):
            lines.append(textwrap.fill(f"{factor.name}: {', '.join(factor.members)}", width(), subsequent_indent="  "))
    return "\n".join(lines)


def _apart(found: Measured) -> str:
    """Which factors are not told apart from the dummy."""
    names = [factor.name for factor in found.factors if factor.above_dummy is False]
    return textwrap.fill(f"Not told apart from the dummy: {', '.join(names)}.", width()) if names else ""


def _sure(found: Measured, points: str, most: int) -> str:
    """How sure the order is, unless nothing stands above the dummy."""
    nothing = all(factor.above_dummy is False for factor in found.factors)
    return "" if nothing else sure(found.ranking, points, most)


def _value(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
