"""How a waterfall prints: both ends and the difference in one sentence, then the steps, largest first."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcengine.analysis.waterfall import AT
from mcengine.cli.printing import number, width

if TYPE_CHECKING:
    from mcengine.analysis.waterfall_result import End, Step, WaterfallResult

_BAR = 20  # characters of the largest step
_NAMED = 3  # steps in the first sentence
_PLUS_MINUS = "+/-"
_MEANING = """\
effect: the mean, over all orders in which the steps can be taken, of what the step changes (Shapley value), so that no
order is favoured; the effects add up to the difference between the ends. first, last: what it changes when taken
before, or after, all others."""


def waterfall_text(result: WaterfallResult) -> str:
    """What `mcengine sensitivity --method waterfall` prints."""
    parts = [
        textwrap.fill(_answer(result), width()),
        _table(result),
        _members(result),
        textwrap.fill(_MEANING, width()),
    ]
    remarks = [f"note: {note}" for note in (*result.notes, *_means(result))]
    remarks += [f"warning: {text}" for text in result.warnings]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    orders = "all orders" if result.permutations is None else f"{result.permutations:,} random orders"
    within = "" if result.replicates is None else f" in each of {result.replicates} replicates"
    parts.append(f"{orders}{within}, {result.evaluations:,} evaluations, seed {result.seed}\ndigest {result.digest}")
    return "\n\n".join(part for part in parts if part)


def _answer(result: WaterfallResult) -> str:
    """From where to where, and by which steps most of all."""
    output, decimals = "NPV" if result.output == "npv" else result.output, _decimals(result)
    unit = "" if result.unit == "1" else f" {result.unit}"
    moved = "rises" if result.difference > 0 else "falls" if result.difference < 0 else "stays"
    by = f" by {number(abs(result.difference), decimals)}{unit}" if result.difference else ""
    top = ", ".join(f"{step.name} {_signed(step.value, decimals)}" for step in result.steps[:_NAMED])
    return (
        f"From {result.start.study} to {result.end.study}, with inputs at the {AT[result.at]}, {output} {moved}{by}: "
        f"from {number(result.start.value, decimals)} to {number(result.end.value, decimals)}{unit}. "
        f"The largest {'step is' if len(result.steps) == 1 else 'steps are'} {top}."
    )


Column = tuple[str, list[str], bool]  # title, cells of the steps, whether to align right


def _table(result: WaterfallResult) -> str:
    """The start, the steps, the end; without bars, then without the first and last columns, on a narrow terminal."""
    decimals = _decimals(result)
    steps = [step for step in result.steps if not _is_small(step, decimals)]
    small = [step for step in result.steps if _is_small(step, decimals)]
    more = [f"  {len(small)} more"] if small else []
    rest = [_signed(sum(step.value for step in small), decimals)] if small else []
    blank = [""] * len(more)
    start, end = (number(one.value, decimals) for one in (result.start, result.end))
    columns: list[Column] = [
        ("", [result.start.study, *(f"  {step.name}" for step in steps), *more, result.end.study], False),
        ("from -> to", ["", *map(_change, steps), *blank, ""], False),
        ("effect", [start, *(_signed(step.value, decimals) for step in steps), *rest, end], True),
    ]
    if result.permutations is not None:
        columns.append((_PLUS_MINUS, ["", *(_margin(step, decimals) for step in steps), *blank, ""], True))
    needed = len(columns)
    for title in ("first", "last"):
        cells = [_signed(getattr(step, title), decimals) for step in steps]
        columns.append((title, ["", *cells, *blank, ""], True))
    columns.append(("", ["", *_bars(steps), *blank, ""], False))
    shown = next((columns[:k] for k in (len(columns), len(columns) - 1) if _across(columns[:k]) <= width()), None)
    return _aligned(shown or columns[:needed])


def _aligned(columns: Sequence[Column]) -> str:
    sizes = [max(map(len, (title, *cells))) for title, cells, _ in columns]
    right = [aligned for _, _, aligned in columns]
    lines = []
    for row in zip(*([title, *cells] for title, cells, _ in columns), strict=True):
        cells = (t.rjust(size) if r else t.ljust(size) for t, size, r in zip(row, sizes, right, strict=True))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _is_small(step: Step, decimals: int) -> bool:
    """Whether the step would print as 0, first and last too."""
    return max(abs(step.value), abs(step.first), abs(step.last)) < 0.5 * 10.0**-decimals


def _members(result: WaterfallResult) -> str:
    """What groups hold, and which steps are too small to print."""
    groups = [step for step in result.steps if list(step.changes) != [step.name]]
    rows = [f"{step.name}: {', '.join(step.changes)}" for step in groups]
    decimals = _decimals(result)
    small = [step.name for step in result.steps if _is_small(step, decimals)]
    if small:
        unit = "" if result.unit == "1" else f" {result.unit}"
        rows.append(f"{len(small)} more, each below {0.5 * 10.0**-decimals:g}{unit}: {', '.join(small)}")
    return "\n".join(textwrap.fill(row, width(), subsequent_indent="  ") for row in rows)


def _across(columns: Sequence[Column]) -> int:
    return sum(max(map(len, (title, *cells))) + 2 for title, cells, _ in columns) - 2


def _change(step: Step) -> str:
    """From what to what a step goes; of a group, how many inputs."""
    if list(step.changes) != [step.name]:
        return f"{len(step.changes)} input{'s' if len(step.changes) != 1 else ''}"
    old, new = (str(v) if isinstance(v, str | int) else f"{v:.4g}" for v in step.changes[step.name])
    return f"{old} -> {new}"


def _margin(step: Step, decimals: int) -> str:
    """Half the width of an effect's interval."""
    if step.effect.ci95 is None:
        return ""
    low, high = (float(bound) for bound in step.effect.ci95)
    return number((high - low) / 2, decimals)


def _bars(steps: Sequence[Step]) -> list[str]:
    largest = max((abs(step.value) for step in steps), default=0.0)
    if not largest:
        return [""] * len(steps)
    return [("+" if step.value > 0 else "-") * round(_BAR * abs(step.value) / largest) for step in steps]


def _means(result: WaterfallResult) -> list[str]:
    """That the output at the means is not its mean, where it was simulated."""
    ends: list[End] = [end for end in (result.start, result.end) if end.simulated is not None]
    if not ends:
        return []
    output, decimals = "NPV" if result.output == "npv" else result.output, _decimals(result)
    shown = []
    for end in ends:
        assert end.simulated is not None
        assert isinstance(end.simulated.value, float)
        low, high = (number(float(bound), decimals) for bound in end.simulated.ci95 or (0.0, 0.0))
        shown.append(f"{end.study} {number(end.simulated.value, decimals)} [{low} to {high}]")
    return [f"The mean of {output} is not {output} at the {AT[result.at]}. Simulated, it is: {'; '.join(shown)}"]


def _decimals(result: WaterfallResult) -> int:
    """Decimals that show the difference to five figures, none for a large one."""
    size = max(abs(result.difference), abs(result.start.value), abs(result.end.value))
    return 0 if size == 0 or not math.isfinite(size) else min(max(3 - math.floor(math.log10(size)), 0), 10)


def _signed(value: float, decimals: int) -> str:
    text = number(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0.,") else text
