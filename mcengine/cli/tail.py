"""How an analysis of the tail prints: what decides a loss, what its depth, and the indices side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mcengine.analysis.tail_result import BELOW_LEVEL, OUTPUT, SHORTFALL_BELOW
from mcengine.cli.printing import measure, number, percent, width
from mcengine.cli.table import Column, render

if TYPE_CHECKING:
    from mcengine.analysis.ranking import Ranking
    from mcengine.analysis.result import Statistic
    from mcengine.analysis.sobol_result import FactorIndices, SobolResult
    from mcengine.analysis.tail_result import TailResult

_LEAST = 0.01  # rows with no total index above it are counted, not printed
_TOP = 3
_MEANING = """\
total: the share of a response's variance that is left when all the other inputs are known. first order: the share
that goes when the input becomes known. In brackets 95% intervals of the computation."""
_ZERO = "An index printed in parentheses is negative by the error of its estimate; read it as 0."

Factors = Mapping[str, Mapping[str, "FactorIndices"]]


def tail_text(result: TailResult) -> str:
    """What `mcengine sensitivity --method tail` prints."""
    first = result.first
    parts = [
        f"{result.study.name}: what drives the low end of {_name(result)}\n"
        + _wrapped(
            f"{result.n:,} base points in each of {result.replicates} replicates, {result.evaluations:,} evaluations, "
            f"seed {result.seed}"
        ),
        _answer(result),
    ]
    if first.groups:
        parts += _section(result, "groups", {key: found.groups for key, found in result.responses.items()})
        parts.append(_members(first.groups))
    if first.inputs and not (first.groups and first.apart is None):
        parts += _section(result, "inputs", {key: found.inputs for key, found in result.responses.items()})
    parts.append(_wrapped(_MEANING) + (f"\n{_wrapped(_ZERO)}" if _negative(result) else ""))
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    threads = f"{result.threads} thread{'s' if result.threads != 1 else ''}"
    parts.append(f"digest {result.digest}\n{result.seconds:.2f} s on {threads}")
    return "\n\n".join(part for part in parts if part)


def _answer(result: TailResult) -> str:
    """A sentence a response: the chance of a loss, the depth of the worst, the output itself."""
    name, unit = _name(result), "" if result.unit == "1" else f" {result.unit}"
    level = f"{result.level:,.6g}{unit if result.level else ''}"
    lines = [f"{name} is below {level} with chance {_share(result.below)}."]
    if BELOW_LEVEL in result.responses:
        lines[0] += f" What decides whether it is: {_leaders(result.responses[BELOW_LEVEL])}."
    worst = f"The worst {percent(result.share, 0 if result.share >= 0.01 else 2)} lie below "
    lines.append(f"{worst}{measure(float(result.quantile.value or 0.0))}{unit}.")
    if SHORTFALL_BELOW in result.responses:
        lines[1] += f" What decides how far: {_leaders(result.responses[SHORTFALL_BELOW])}."
    if OUTPUT in result.responses:
        lines.append(f"Of all of {name}: {_leaders(result.responses[OUTPUT])}.")
    return "\n".join(_wrapped(line) for line in lines)


def _leaders(found: SobolResult) -> str:
    """The leading factors of the study as it is, with their total indices."""
    ordered = sorted(found.main.factors, key=lambda factor: -_value(factor.st))[:_TOP]
    return ", ".join(f"{factor.name} {percent(_value(factor.st))}" for factor in ordered)


def _section(result: TailResult, part: str, factors: Factors) -> list[str]:
    """Total and first-order indices by response, and whether each order is settled."""
    by = factors[BELOW_LEVEL if BELOW_LEVEL in factors else next(iter(factors))]
    names = sorted(by, key=lambda name: -_value(by[name].st))
    shown = [name for name in names if any(_value(own[name].st) >= _LEAST for own in factors.values())]
    variant = result.first.main.variant if part == "groups" else result.first.inputs_variant
    heads = {OUTPUT: result.output, BELOW_LEVEL: result.responses[BELOW_LEVEL].response if BELOW_LEVEL in factors
             else "", SHORTFALL_BELOW: "shortfall"}  # fmt: skip
    made = []
    for index, title in (("st", "total index"), ("s1", "first order")):
        columns = [
            Column(heads[key], tuple(_index(getattr(own[name], index)) for name in shown))
            for key, own in factors.items()
        ]
        title = _wrapped(f"{title} of the {part}, {variant}")
        made.append(f"{title}\n{render(shown, [(column,) for column in columns], width())}")
    if len(shown) < len(names):
        made[0] += f"\n{len(names) - len(shown)} more, each below {percent(_LEAST)}"
    sure = [_sure(heads[key], result.rankings(key).get(part)) for key in factors]
    return [*made, "\n".join(line for line in sure if line)]


def _sure(head: str, ranking: Ranking | None) -> str:
    """Whether the order is settled, and what would settle it."""
    if ranking is None:
        return _wrapped(f"{head}: too few events for intervals, so how sure the order is cannot be said.")
    lines = []
    if ranking.chance is not None:
        chance = "above 99.9%" if ranking.chance > 0.999 else percent(ranking.chance, 1)
        lines.append(f"the top {len(ranking.top)} are the top {len(ranking.top)} with chance {chance}")
    if ranking.settled:
        lines.append("the order is settled down to 1% of the variance")
    else:
        lines.append("not told apart yet: " + "; ".join(" and ".join(pair) for pair in ranking.open_pairs))
        points = "too close for any n" if ranking.n is None else f"about n = {number(ranking.n)} would settle it"
        lines.append(points)
    return _wrapped(f"{head}: {'; '.join(lines)}.")


def _members(groups: Mapping[str, FactorIndices]) -> str:
    lines = [
        textwrap.fill(f"{factor.name}: {', '.join(factor.members)}", width(), subsequent_indent="  ")
        for factor in groups.values()
        if len(factor.members) > 1 and factor.name != " + ".join(factor.members)
    ]
    return "\n".join(lines)


def _negative(result: TailResult) -> bool:
    factors: Sequence[FactorIndices] = [
        factor for found in result.responses.values() for factor in (*found.groups.values(), *found.inputs.values())
    ]
    return any(_value(statistic) < 0 for factor in factors for statistic in (factor.st, factor.s1))


def _index(statistic: Statistic) -> str:
    """An index in percent with its interval; in parentheses when below 0."""
    value = _value(statistic)
    text = percent(value, 1)
    if statistic.ci95 is not None:
        low, high = (float(bound) for bound in statistic.ci95)
        text = f"({text})" if value < 0 else text
        text += f" [{number(100 * low, 1)} to {number(100 * high, 1)}]"
    return text


def _share(statistic: Statistic) -> str:
    text = percent(_value(statistic), 1)
    if statistic.ci95 is None:
        return text
    low, high = (float(bound) for bound in statistic.ci95)
    return f"{text} [{number(100 * low, 1)} to {number(100 * high, 1)}]"


def _name(result: TailResult) -> str:
    return "NPV" if result.output == "npv" else result.output


def _value(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), width())
