"""How a Sobol' analysis prints: one table of groups, one of inputs, bars in text, and how sure the ranking is."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mcengine.cli.printing import can_print, number, width
from mcengine.cli.ranking import sure

if TYPE_CHECKING:
    from mcengine.analysis.result import Statistic
    from mcengine.analysis.sobol_result import FactorIndices, SobolResult

BAR = 24  # characters of an index of 1
_LEADERS = 3  # named in the opening sentence
_PAIRS = 10  # of the second order, the largest
_MEANING = """\
first order: the share of the variance that goes when the input becomes known. total: the share that is left when
all the others are known; their difference is the input's part in interactions. In brackets 95% intervals of the
computation."""
_ZERO = "A first-order index printed in parentheses is negative by the error of its estimate; read it as 0."


def sobol_text(result: SobolResult) -> str:
    """What `mcengine sensitivity --method sobol` prints."""
    points = f"{result.n:,} base points" + (f" in each of {result.replicates} replicates" * (result.replicates > 1))
    size = f"{points}, {result.evaluations:,} evaluations, seed {result.seed}, engine {result.engine}"
    parts = [textwrap.fill(text, width()) for text in (_leading(result), size)]
    if result.groups:
        parts.append(_table("groups of inputs, as the study correlates them", result.groups))
        parts.append(_members(result.groups))
        parts.append(sure(result.main.ranking))
    if result.inputs and not (result.groups and result.apart is None):
        label = "inputs" if result.apart is None else f"each input, of the study {result.inputs_variant}"
        parts.append(_table(label, result.inputs))
        parts.append(sure((result.apart or result.main).ranking))
    if result.main.s2:
        parts.append(_pairs(result.main.s2))
    shown = [*result.groups.values(), *result.inputs.values()]
    negative = any(_value(factor.s1) < 0 for factor in shown)
    parts.append(_MEANING + (f"\n{_ZERO}" if negative else ""))
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    rate = f", {result.evaluations / result.seconds:,.0f} evaluations/s" if result.seconds > 0 else ""
    threads = f"{result.threads} thread{'s' if result.threads != 1 else ''}"
    parts.append(f"digest {result.digest}\n{result.seconds:.2f} s on {threads}{rate}")
    return "\n\n".join(part for part in parts if part)


def _leading(result: SobolResult) -> str:
    """The answer in a sentence: the largest total indices, as shares of the variance in which a factor has a part."""
    response = "NPV" if result.response == "npv" else result.response
    factors = sorted((result.groups or result.inputs).values(), key=lambda factor: -_value(factor.st))
    first, *others = [f"{factor.name} {{}} {share(factor.st)}" for factor in factors[:_LEADERS]]
    told = ", ".join([first.format("has a part in"), *(other.format("in") for other in others)])
    return f"{result.study.name}: of the variance of {response}, {told} (total Sobol' indices)."


def _table(title: str, factors: Mapping[str, FactorIndices]) -> str:
    """Largest total index first."""
    ordered = sorted(factors.values(), key=lambda factor: -_value(factor.st))
    widest = max(len(factor.name) for factor in ordered)
    rows = [(share(factor.st), share(factor.s1)) for factor in ordered]
    total, first = (max(len(row[k]) for row in [*rows, ("total", "first order")]) for k in (0, 1))
    lines = [f"{title.ljust(widest + 2)}  {'total'.ljust(total)}  {'first order'.ljust(first)}"]
    for factor, (st, s1) in zip(ordered, rows, strict=True):
        line = f"  {factor.name.ljust(widest)}  {st.ljust(total)}  {s1.ljust(first)}  {bar(_value(factor.st))}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def _members(groups: Mapping[str, FactorIndices]) -> str:
    lines = []
    for factor in groups.values():
        if len(factor.members) > 1 and factor.name != " + ".join(factor.members):
            lines.append(textwrap.fill(f"{factor.name}: {', '.join(factor.members)}", width(), subsequent_indent="  "))
    return "\n".join(lines)


def _pairs(pairs: Mapping[tuple[str, str], Statistic]) -> str:
    ordered: Sequence[tuple[tuple[str, str], Statistic]] = sorted(pairs.items(), key=lambda item: -_value(item[1]))
    lines = [f"interactions of pairs (the {min(_PAIRS, len(ordered))} largest of {len(ordered)})"]
    lines += [f"  {first} x {second}  {share(value)}" for (first, second), value in ordered[:_PAIRS]]
    return "\n".join(lines)


def share(statistic: Statistic) -> str:
    """An index in percent with its interval, as exact as the interval is; in parentheses when below 0."""
    value = _value(statistic)
    if statistic.ci95 is None:
        return f"{100 * value:.1f}%"
    low, high = (float(bound) for bound in statistic.ci95)
    decimals = next((d for d in (0, 1, 2) if 100 * (high - low) / 2 > 0.5 * 10.0**-d), 3)
    decimals = max(decimals, 1)
    text = f"{number(100 * value, decimals)}%"
    if 0 < value < 0.5 * 10.0 ** -(decimals + 2):
        return f"below {10.0**-decimals:.{decimals}f}%"
    bounds = f" [{number(100 * low, decimals)} to {number(100 * high, decimals)}]"
    return f"({text}){bounds}" if value < 0 else text + bounds


def bar(part: float) -> str:
    """A bar in text, `BAR` characters for 1."""
    block = "█" if can_print("█") else "#"
    return block * round(BAR * min(max(part, 0.0), 1.0))


def _value(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
