"""How a break-even analysis prints: the nearest points in a sentence, a table, what has none, and each map in brief."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcengine.cli.printing import measure, number, percent, width
from mcengine.cli.table import Column, render
from mcengine.cli.tornado import in_unit, output_name

if TYPE_CHECKING:
    from mcengine.analysis.break_even_result import BreakEven, BreakEvenResult, PairMap, Percentile

_NAMED = 3  # break-even points in the opening sentence
_STOPS = 7  # values of the first input at which a map's contour is printed
_LEGEND = (
    "One input moves, the others stand at {standing}. distance: as a share of the {start}. Under each assumption set: "
    'the chance that it puts the input below the break-even value; "fixed" where the set does not vary it, "fixed, '
    'past" where its value lies beyond the break-even point.'
)


def break_even_text(result: BreakEvenResult) -> str:
    """What `mcengine sensitivity --method break-even` prints."""
    parts = [textwrap.fill(_sentence(result), width())]
    if result.found:
        parts.append(_table(result, result.found))
    if result.jumping or result.without:
        parts.append(_missing(result, (*result.jumping, *result.without)))
    said = [f"{one.name}: {one.note}" for one in result.inputs.values() if one.note and (one.value is not None or
            one.jumps or "is no finite number" in one.note)]  # fmt: skip
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in said))
    parts += [_map(result, pair) for pair in result.pairs]
    start = "plan's value" if result.at == "plan" else "starting value"
    parts.append(textwrap.fill(_LEGEND.format(standing=result.standing, start=start), width()))
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    return "\n\n".join(part for part in parts if part)


def _level(result: BreakEvenResult) -> str:
    return number(result.level, 0) if result.level == round(result.level) else measure(result.level)


def _sentence(result: BreakEvenResult) -> str:
    """The nearest break-even points."""
    name, level = output_name(result.output), _level(result)
    unit = "" if result.unit == "1" else f" {result.unit}"
    said = f"{result.study.name}: {name} is {measure(result.base)}{unit} with the inputs at {result.standing}."
    count = len(result.found)
    if not count:
        return f"{said} No input moved alone within its bounds makes it exactly {level}."
    nearest = [f"{one.name} at {measure(_value(one))}{_moved(one)}" for one in result.found[:_NAMED]]
    listed = ", ".join(nearest[:-1]) + " or " + nearest[-1] if len(nearest) > 1 else nearest[0]
    return f"{said} One input moved alone makes it {level}: nearest are {listed}. {_count(result)}"


def _count(result: BreakEvenResult) -> str:
    """How many of the inputs have a break-even value."""
    count = len(result.found)
    return f"{count} of {len(result.inputs)} inputs {'have' if count != 1 else 'has'} a break-even value within bounds."


def _value(one: BreakEven) -> float:
    assert one.value is not None
    return one.value


def _moved(one: BreakEven) -> str:
    """The distance in brackets, for a sentence."""
    if one.value == one.start:
        return " (where it stands)"
    if one.distance is not None:
        return f" ({_signed(one.distance)})"
    return f" (from {measure(one.start)})" if math.isfinite(one.start) else " (now unlimited)"


def _signed(share: float) -> str:
    return ("+" if share > 0.0 else "") + percent(share, 1)


def _table(result: BreakEvenResult, rows: Sequence[BreakEven]) -> str:
    start = "plan" if result.at == "plan" else "start"
    name, level = output_name(result.output), _level(result)
    several = [" *" if len(one.roots) > 1 else "" for one in rows]
    columns = [
        Column(start, tuple(measure(one.start) if math.isfinite(one.start) else "unlimited" for one in rows)),
        Column("break-even", tuple(measure(_value(one)) + mark for one, mark in zip(rows, several, strict=True))),
        Column("distance", tuple("-" if one.distance is None else _signed(one.distance) for one in rows)),
        Column(f"{name} > {level}", tuple(one.exceeds or "-" for one in rows)),
    ]
    groups = [tuple(columns[:2]), tuple(columns[2:])]
    groups += [(Column(name, tuple(_chance(one.percentiles[name]) for one in rows)),) for name in result.sets]
    return render([in_unit(one.name, one.unit) for one in rows], groups, width())


def _chance(found: Percentile) -> str:
    """A percentile as printed."""
    if found.value is None:
        return "-" if found.fixed is None else "fixed, past" if found.beyond else "fixed"
    if 0.0 < found.value < 0.0005:
        return "< 0.1%"
    return "> 99.9%" if 0.9995 < found.value < 1.0 else percent(found.value, 1)


def _missing(result: BreakEvenResult, rows: Sequence[BreakEven]) -> str:
    """The inputs without a break-even value, with the output at both bounds."""
    name = output_name(result.output)
    bounds = (
        Column("from", tuple(f"{one.bounds[0]:,.6g}" for one in rows)),
        Column("to", tuple(f"{one.bounds[1]:,.6g}" for one in rows)),
    )
    outputs = (
        Column(f"{name} from", tuple(_output(one.at_bounds[0]) for one in rows)),
        Column("to", tuple(_output(one.at_bounds[1]) for one in rows)),
    )
    title = f"No value within the bounds at which {name} is {_level(result)}:"
    return f"{title}\n{render([in_unit(one.name, one.unit) for one in rows], [bounds, outputs], width())}"


def _output(value: float) -> str:
    return measure(value) if math.isfinite(value) else "no number"


def _map(result: BreakEvenResult, pair: PairMap) -> str:
    """The contour of a map at a few values of its first input."""
    (first, second), last = pair.names, len(pair.x) - 1
    stops = sorted({round(last * k / (_STOPS - 1)) for k in range(_STOPS)})
    name, level = output_name(result.output), _level(result)
    cells = []
    for k in stops:
        found = ", ".join(measure(value) for value in pair.second_at[k])
        cells.append((measure(float(pair.x[k])), found or "none"))
    low, high = result.inputs[second].bounds
    title = f"{first} and {second} together: the {second}, from {low:.6g} to {high:.6g}, that makes {name} {level}"
    columns = (Column(first, tuple(x for x, _ in cells)), Column(second, tuple(y for _, y in cells)))
    return f"{textwrap.fill(title, width())}\n{render(['' for _ in cells], [columns], width())}"
