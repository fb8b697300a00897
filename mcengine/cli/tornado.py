"""How a tornado prints: a sentence, and one table with each input's ends, the output there and a bar."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcengine.cli.printing import can_print, measure, number, width
from mcengine.cli.table import Column, render

if TYPE_CHECKING:
    from mcengine.analysis.tornado import OneWay, TornadoResult

_MOST = 20  # rows; the others are counted below
_BAR = 30
_LEGEND = (
    "Each row: the input alone at the values between which the study's assumptions put it with chance {chance}, the "
    "others at the base. swing: from the least to the greatest output between the two. Bar: {low} towards {first}, "
    "{high} towards {last}, {base} the base."
)


def tornado_text(result: TornadoResult) -> str:
    """What `mcengine sensitivity --method tornado` prints."""
    rows = list(result.inputs.values())
    shown = [one for one in rows if one.swing > 0.0][:_MOST]
    parts = [textwrap.fill(_sentence(result, rows), width())]
    if shown:
        parts.append(_table(result, shown))
    parts.append(_rest(result, rows[len(shown) :]))
    between = [one for one in shown if not one.monotone]
    if between:
        parts.append("\n".join(textwrap.fill(_bend(result, one), width(), subsequent_indent="  ") for one in between))
    if shown:
        marks = _marks()
        first, last = _ends(result)
        chance = f"{number(100 * (result.high - result.low), 1).removesuffix('.0')}%"
        legend = _LEGEND.format(chance=chance, low=marks[0], high=marks[1], base=marks[2], first=first, last=last)
        parts.append(textwrap.fill(legend, width()))
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    return "\n\n".join(part for part in parts if part)


def output_name(output: str) -> str:
    """An output as sentences name it."""
    return "NPV" if output == "npv" else output


def _amount(result: TornadoResult, value: float) -> str:
    """A value of the output, to three figures of the largest swing; a calendar year as it is, or "never"."""
    if math.isinf(value):
        return "never"
    return f"{value:.0f}" if result.unit == "year" else number(value, _decimals(result))


def in_unit(name: str, unit: str) -> str:
    """A name with its unit, where it has one."""
    return name if unit in ("1", "") else f"{name} ({unit})"


def _ends(result: TornadoResult) -> tuple[str, str]:
    """The ends' names, "P10" and "P90"."""
    return f"P{100 * result.low:.6g}", f"P{100 * result.high:.6g}"


def _decimals(result: TornadoResult) -> int:
    """Decimals that show three figures of the largest swing."""
    sizes = [one.swing for one in result.inputs.values() if 0.0 < one.swing < math.inf]
    if not sizes:
        return 2
    return min(max(2 - math.floor(math.log10(max(sizes))), 0), 8)


def _sentence(result: TornadoResult, rows: Sequence[OneWay]) -> str:
    """The answer in words."""
    name = output_name(result.output)
    unit = "" if result.unit in ("1", "year") else f" {result.unit}"
    base = f"{_amount(result, result.base)}{unit} with the inputs at {result.standing}"
    top, (first, last) = rows[0], _ends(result)
    if not top.swing > 0.0:
        return f"{result.study.name}: {name} is {base}, and no input moved alone from {first} to {last} changes it."
    low, high = _amount(result, top.at_low), _amount(result, top.at_high)
    said = (
        f"{result.study.name}: {name} is {base}. It moves most with {top.name}: {low} at its {first} "
        f"({measure(top.low)}), {high} at its {last} ({measure(top.high)})."
    )
    if result.output == "npv":
        through = [one.name for one in rows if one.least < 0.0 < one.most]
        side = "below" if result.base < 0.0 else "above"
        said += (
            f" Moved alone, {', '.join(through)} can bring NPV to the other side of 0."
            if through
            else f" No input moved alone within these bounds takes NPV from {side} 0 to the other side."
        )
    return said


def _table(result: TornadoResult, rows: Sequence[OneWay]) -> str:
    (first, last), name = _ends(result), output_name(result.output)
    decimals = 0 if result.unit == "year" else _decimals(result)
    swing = tuple(
        ("to never" if math.isinf(one.swing) else number(one.swing, decimals)) + ("" if one.monotone else " *")
        for one in rows
    )
    columns = (
        Column(first, tuple(measure(one.low) for one in rows)),
        Column(last, tuple(measure(one.high) for one in rows)),
        Column(f"{name} at {first}", tuple(_amount(result, one.at_low) for one in rows)),
        Column(f"at {last}", tuple(_amount(result, one.at_high) for one in rows)),
        Column("swing", swing),
    )
    labels = [in_unit(one.name, one.unit) for one in rows]
    return render(labels, [(column,) for column in columns] + [(Column("", _bars(result, rows)),)], width())


def _marks() -> tuple[str, str, str]:
    """Characters of a bar towards the low end, towards the high end, and of the base."""
    return ("░", "█", "│") if can_print("░█│") else ("-", "#", "|")


def _bars(result: TornadoResult, rows: Sequence[OneWay]) -> tuple[str, ...]:
    """One bar a row from the output at one end to that at the other, all on one scale; "never" is its right end."""
    finite = [v for one in rows for v in (one.at_low, one.at_high, result.base) if math.isfinite(v)]
    least, most = min(finite), max(finite)
    scale = (_BAR - 1) / (most - least) if most > least else 0.0

    def place(value: float) -> int:
        return round((value - least) * scale) if math.isfinite(value) else _BAR - 1

    towards_low, towards_high, middle = _marks()
    bars = []
    for one in rows:
        cells, centre = [" "] * _BAR, place(result.base)
        ends = [(place(one.at_low), towards_low), (place(one.at_high), towards_high)]
        for end, mark in sorted(ends, key=lambda pair: -abs(pair[0] - centre)):  # the longer first, so that both show
            for cell in range(min(end, centre), max(end, centre) + 1):
                cells[cell] = mark
        cells[centre] = middle
        bars.append("".join(cells))
    return tuple(bars)


def _rest(result: TornadoResult, rows: Sequence[OneWay]) -> str:
    """The rows left out, counted."""
    moving = [one for one in rows if one.swing > 0.0]
    lines = []
    if moving:
        largest = measure(max(one.swing for one in moving))
        lines.append(f"{len(moving)} more, each with a swing of at most {largest}.")
    still = [one.name for one in rows if not one.swing > 0.0]
    if still and len(still) < len(result.inputs):
        lines.append(f"Without any effect between the two: {', '.join(still)}.")
    return textwrap.fill(" ".join(lines), width())


def _bend(result: TornadoResult, one: OneWay) -> str:
    """What a row with a star means."""
    first, last = _ends(result)
    return (
        f"* {one.name} takes {output_name(result.output)} beyond both ends between {first} and {last}: "
        f"from {_amount(result, one.least)} to {_amount(result, one.most)}"
    )
