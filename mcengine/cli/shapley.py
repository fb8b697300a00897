"""How Shapley effects print: what carries the variance, in one sentence and one table, and how sure the order is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcengine.cli.printing import can_print, measure, number, width
from mcengine.cli.ranking import sure

if TYPE_CHECKING:
    from mcengine.analysis.result import Statistic
    from mcengine.analysis.shapley_result import Effect, ShapleyResult

_BAR = 24  # characters of an effect of 100%
_NAMED = 3  # effects in the first sentence
_SMALL = 0.1  # percent: an effect that is surely smaller is not told in figures
_TIED = 2  # correlated inputs that a row names
_MEANING = """\
effect: the share of the variance that the input carries, with half of what it does together with one other, a third
with two others, and so on; what correlated inputs share is shared out among them. The effects add up to 100%.
In brackets 95% intervals of the computation."""


def shapley_text(result: ShapleyResult) -> str:
    """What `mcengine sensitivity --method shapley` prints."""
    count = result.permutations
    orders = "all orders" if count is None else f"{count} random order{'s' if count > 1 else ''} a point"
    points = f"{result.n:,} base points in each of {result.replicates} replicates, {orders}"
    parts = [
        textwrap.fill(_answer(result), width()),
        textwrap.fill(f"{points}, {result.evaluations:,} evaluations, seed {result.seed}", width()),
        _table(result.ordered),
        _members(result.ordered),
        sure(result.ranking),
        "\n".join(textwrap.wrap(_MEANING, width())),
    ]
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    threads = f"{result.threads} thread{'s' if result.threads != 1 else ''}"
    parts.append(f"digest {result.digest}\n{result.seconds:.2f} s on {threads}")
    return "\n\n".join(part for part in parts if part)


def _answer(result: ShapleyResult) -> str:
    """Which inputs carry the variance, in words."""
    output = "NPV" if result.output == "npv" else result.output
    top = [effect for effect in result.ordered if _value(effect.share) > 0][:_NAMED]
    shares = [f"{number(100 * _value(effect.share), 0)}%" for effect in top]
    unit = "" if result.unit == "1" else f" {result.unit}"
    others = "".join(f", {effect.name} {part}" for effect, part in zip(top[1:], shares[1:], strict=True))
    return (
        f"{result.study.name}: {top[0].name} carries {shares[0]} of the variance of {output} (standard deviation "
        f"{measure(result.sd)}{unit}){others}."
    )


def _table(ordered: Sequence[Effect]) -> str:
    """Largest first, with what each is correlated with where the terminal has room."""
    widest = max(3, *(len(effect.name) for effect in ordered))
    figures = [_figure(effect.share) for effect in ordered]
    across = max(len(figure) for figure in [*figures, "effect"])
    bars = [_bar(_value(effect.share)) for effect in ordered]
    longest = max(len(bar) for bar in bars)
    room = width() - (widest + across + longest + 8)
    tied = any(effect.correlated for effect in ordered) and room >= 24
    head = f"{'input'.ljust(widest + 2)}  {'effect'.ljust(across)}"
    lines = [f"{head}  {' ' * longest}  correlated with" if tied else head.rstrip()]
    for effect, figure, bar in zip(ordered, figures, bars, strict=True):
        line = f"  {effect.name.ljust(widest)}  {figure.ljust(across)}  {bar.ljust(longest)}"
        lines.append((f"{line}  {_partners(effect.correlated, room)}" if tied else line).rstrip())
    return "\n".join(lines)


def _partners(names: Sequence[str], room: int) -> str:
    more = f" + {len(names) - _TIED} more" if len(names) > _TIED else ""
    return textwrap.shorten(", ".join(names[:_TIED]) + more, room, placeholder=" ...")


def _members(ordered: Sequence[Effect]) -> str:
    groups = [effect for effect in ordered if effect.members != (effect.name,)]
    rows = (f"{effect.name}: {', '.join(effect.members)}" for effect in groups)
    return "\n".join(textwrap.fill(row, width(), subsequent_indent="  ") for row in rows)


def _figure(statistic: Statistic) -> str:
    """An effect in percent with its interval, as exact as the interval is."""
    value = 100 * _value(statistic)
    if statistic.ci95 is None:
        return f"{number(value, 1)}%"
    low, high = (100 * float(bound) for bound in statistic.ci95)
    if max(abs(low), abs(high)) < _SMALL:
        return f"below {_SMALL:g}%"
    decimals = 1 if (high - low) / 2 > 0.05 else 2
    return f"{number(value, decimals)}% [{number(low, decimals)} to {number(high, decimals)}]"


def _bar(share: float) -> str:
    block = "█" if can_print("█") else "#"
    return block * round(_BAR * min(max(share, 0.0), 1.0))


def _value(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0
