"""How scenario discovery prints: the box in a sentence, its limits, simpler boxes, and the trajectory to pick from."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mcengine.cli.printing import can_print, number, percent, width

if TYPE_CHECKING:
    from mcengine.analysis.boxes_result import BoxesResult, DiscoveredBox, Limit, Step
    from mcengine.analysis.result import Statistic

_STEPS = 12  # of the trajectory that are printed
_PLAIN = ("1", "share")  # units that go without saying
_MEANING = """\
density: the share of the box's draws that are cases. coverage: the share of all cases that are in the box. mass: the
share of all draws in it. quasi-p: the chance to find so many cases if the limit meant nothing."""


def boxes_text(result: BoxesResult) -> str:
    """What `mcengine sensitivity --method boxes` prints."""
    case = str(result.case).replace("npv", "NPV")
    parts = [
        f"{result.study.name}: in which region is {case}\n"
        f"{result.n:,} draws in each of {result.replicates} replicates, seed {result.seed}"
    ]
    for k, box in enumerate(result.boxes):
        parts += _box(result, box, k)
    if result.together is not None:
        together = result.together
        parts.append(
            _wrapped(
                f"The {len(result.boxes)} boxes together cover {_share(together.coverage)} of the cases in "
                f"{_share(together.mass)} of the draws; {_share(together.density)} of their draws are cases."
            )
        )
    rule = result.rule
    parts.append(
        _wrapped(
            f"Boxes were found by PRIM on {result.found_on} replicates and measured on {result.measured_on} fresh "
            "ones, so that the search's own optimism is not in these figures; in brackets 95% intervals over the "
            f"fresh replicates. Suggested is the densest box that holds at least {percent(rule.coverage)} of the "
            f"cases and restricts at most {rule.most} input{'s' * (rule.most > 1)}; one with fewer when it is at most "
            "1 point less dense."
        )
    )
    parts.append(_wrapped(_MEANING))
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    parts.append(f"digest {result.digest}\n{result.seconds:.2f} s, {result.evaluations:,} evaluations")
    return "\n\n".join(part for part in parts if part)


def _box(result: BoxesResult, box: DiscoveredBox, k: int) -> Iterator[str]:
    several = len(result.boxes) > 1
    yield _sentence(result, box, f"Box {k + 1}. " if several else "", first=k == 0)
    yield _limits(box.limits)
    if len(box.fewer) > 1:
        rows = [(str(len(step.limits)), _share(step.density), _share(step.coverage)) for step in box.fewer]
        yield _table(
            "the best box by number of inputs", ("inputs", "density", "coverage"), rows,
            [_in_words(step) for step in box.fewer],
        )  # fmt: skip
    yield _trajectory(box)


def _sentence(result: BoxesResult, box: DiscoveredBox, head: str, *, first: bool) -> str:
    """When leverage is below 1.2, NPV is below 0 in 97% of cases; this covers 80% of all such cases."""
    case, step = result.case, box.step
    output = "NPV" if case.output == "npv" else case.output
    unit = "" if result.unit in _PLAIN or case.level == 0 else f" {result.unit}"
    conditions = [_condition(limit) for limit in box.limits]
    listed = " and ".join([", ".join(conditions[:-1]), conditions[-1]] if len(conditions) > 1 else conditions)
    start = "When" if first else "Outside the boxes before, when"
    beside = f", against {_share(box.steps[0].density)} {'of all draws' if first else 'of what they leave'}"
    return _wrapped(
        f"{head}{start} {listed}, {output} is {'above' if case.above else 'below'} {case.level:,.6g}{unit} in "
        f"{_share(step.density)} of cases{beside}. This covers {_share(step.coverage)} of all draws in which it is, "
        f"in {_share(step.mass)} of the draws."
    )


def _condition(limit: Limit) -> str:
    unit = "" if limit.unit in _PLAIN else f" {limit.unit}"
    low, high = limit.shown
    if low is not None and high is not None:
        return f"{limit.input} is from {low:,.15g} to {high:,.15g}{unit}"
    bound = f"at most {high:,.15g}" if low is None else f"at least {low:,.15g}"
    return f"{limit.input} is {bound}{unit}"


def _limits(limits: Sequence[Limit]) -> str:
    """One line a limit: where it lies in the input's distribution, and what the box is without it."""
    rows, names = [], []
    for limit in limits:
        for word, value, quantile, chance in (
            ("at least", limit.shown[0], limit.low_quantile, limit.quasi_p[0]),
            ("at most", limit.shown[1], limit.high_quantile, limit.quasi_p[1]),
        ):
            if value is None or quantile is None or chance is None:
                continue
            rows.append((f"P{100 * quantile:.0f}", _share(limit.density_without), _chance(chance)))
            unit = "" if limit.unit in _PLAIN else f" {limit.unit}"
            names.append(f"{limit.input} {word} {value:,.15g}{unit}")
    return _table("the box", ("quantile", "density without it", "quasi-p"), rows, names)


def _trajectory(box: DiscoveredBox) -> str:
    """Some steps of the trajectory, the picked and the suggested one among them."""
    last = len(box.steps) - 1
    shown = {round(k * last / (_STEPS - 1)) for k in range(_STEPS)} | {box.suggested, box.picked}
    rows, names = [], []
    for k in sorted(shown):
        step = box.steps[k]
        mark = {box.suggested: "*", box.picked: ">"}.get(k, "")
        rows.append((f"{mark}{k}", _share(step.density), _share(step.coverage), percent(_value(step.mass), 1)))
        names.append(_in_words(step))
    other = "" if box.picked == box.suggested else ", > the one picked"
    sign = ">" if box.picked == box.suggested else "*"
    title = f"the trajectory, {len(shown)} of its {last + 1} steps ({sign} the suggested one{other}; --pick another)"
    return _table(title, ("step", "density", "coverage", "mass"), rows, names)


def _in_words(step: Step) -> str:
    least, most = ("≥", "≤") if can_print("≥≤") else (">=", "<=")
    parts = []
    for name, (low, high) in step.shown.items():
        if low is not None and high is not None:
            parts.append(f"{low:,.15g} {most} {name} {most} {high:,.15g}")
        else:
            parts.append(f"{name} {most} {high:,.15g}" if low is None else f"{name} {least} {low:,.15g}")
    return ", ".join(parts) or "all draws"


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[str]) -> str:
    """Columns of figures to the right under `heads`, a text after each row, wrapped to the terminal."""
    widths = [max(len(head), *(len(row[k]) for row in rows)) for k, head in enumerate(heads)]
    indent = 2 + sum(w + 2 for w in widths)

    def line(cells: Sequence[str]) -> str:
        return "  " + "".join(cell.rjust(w) + "  " for cell, w in zip(cells, widths, strict=True))

    lines = [_wrapped(title), line(heads).rstrip()]
    room = max(width() - indent, 28)
    for row, text in zip(rows, texts, strict=True):
        parts = textwrap.wrap(text, room) or [""]
        lines.append((line(row) + parts[0]).rstrip())
        lines += [" " * indent + part for part in parts[1:]]
    return "\n".join(lines)


def _share(statistic: Statistic) -> str:
    """A share in percent with its interval, as exact as the interval is."""
    if statistic.value is None or isinstance(statistic.value, str):
        return "unknown"
    if statistic.ci95 is None or statistic.ci95[0] == statistic.ci95[1]:
        return percent(statistic.value, 1)
    low, high = (float(bound) for bound in statistic.ci95)
    decimals = min(max(math.ceil(-math.log10(100 * (high - low))), 1), 4)
    bounds = f" [{number(100 * low, decimals)} to {number(100 * high, decimals)}]"
    return percent(statistic.value, decimals) + bounds


def _chance(chance: float) -> str:
    return f"{chance:.2g}" if chance >= 1e-4 else "< 0.0001"


def _value(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), width())
