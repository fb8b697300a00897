"""How the value of information prints: the decision now, what knowing more is worth, and of what."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mcengine.cli.printing import width
from mcengine.cli.ranking import sure
from mcengine.cli.table import Column, render

if TYPE_CHECKING:
    from mcengine.analysis.evppi_result import EvppiResult, Worth
    from mcengine.analysis.result import Statistic

_ZERO = "0 (not distinguishable)"
_MOST = 3  # inputs named in the opening sentence
_MEANING = """\
worth: what the decisions made with this knowledge gain on the mean, a lower estimate; of EVPI: as a share of the \
worth of knowing everything. bias: what the predictions behind them claim beyond that, so the truth lies between worth \
and worth + bias; near 0 is good. changes: the chance that the knowledge changes the decision. In brackets 95% \
intervals of the computation. A worth is of complete knowledge, so it is the most that a study may cost; worths do not \
add up."""


def evppi_text(result: EvppiResult) -> str:
    """What `mcengine sensitivity --method evppi` prints."""
    draws = result.n * result.replicates
    parts = [
        f"{result.study.name}: what is it worth to find out more before deciding?\n"
        f"{draws:,} draws in {result.replicates} replicates, {result.evaluations:,} evaluations, seed {result.seed}",
        _filled([_decision(result), _everything(result), _most_worth(result)]),
        _options(result),
    ]
    for title, worths in (("groups", result.groups.values()), ("inputs", result.inputs.values())):
        parts.append(_table(title, list(worths), result))
    parts.append(sure(result.ranking, points="draws"))
    if any(worth.flip.value for worth in (*result.inputs.values(), *result.groups.values())):
        parts.append(_filled([_MEANING]))
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    threads = f"{result.threads} thread{'s' if result.threads != 1 else ''}"
    parts.append(f"digest {result.digest}\n{result.seconds:.2f} s on {threads}")
    return "\n\n".join(part for part in parts if part)


def _decision(result: EvppiResult) -> str:
    """What each choice is expected to bring; which one to make is for who decides."""
    options = result.options[1:]
    unit, several = _unit(result), len(options) > 1
    choices = [f"{option.name if several else 'go ahead'} {_text(option.mean)}{unit}" for option in options]
    study = result.study
    whose = f" to {study.options.horizon} in this set, without unquantified effects" if study.plan is not None else ""
    return (
        f"For someone who looks only at the expected {_benefit(result)}{whose}, the comparison is: "
        f"{', '.join(choices)}, do not 0."
    )


def _everything(result: EvppiResult) -> str:
    if result.evpi.ci95 is None:
        return "Nothing that could be found out changes that."
    return (
        f"Knowing everything first would be worth {_text(result.evpi)}{_unit(result)}; it would change the decision "
        f"with a chance of {_text(result.flip, share=True)}."
    )


def _most_worth(result: EvppiResult) -> str:
    """The inputs most worth studying, and the best group."""
    if result.evpi.ci95 is None:
        return ""
    top = [worth for worth in _ordered(result.inputs.values()) if worth.told_apart]
    named = [f"{worth.name} ({_text(worth.evppi)}{_unit(result)})" for worth in top[:_MOST]]
    alone = f"Most worth studying: {', '.join(named)}." if named else "No input is worth studying alone."
    best = [worth for worth in _ordered(result.groups.values()) if worth.told_apart]
    if not best:
        return alone
    return f"{alone} Of the groups: {best[0].name} ({_text(best[0].evppi)}{_unit(result)})."


def _options(result: EvppiResult) -> str:
    """The options with their means, and what alternatives differ in."""
    labels = [o.name + " (decided now)" * (o.name == result.decision) for o in result.options]
    mean = [_text(option.mean) if k else "0" for k, option in enumerate(result.options)]
    head = f"expected {_benefit(result)}{f', {result.unit}' if _unit(result) else ''}"
    lines = [render(labels, [(Column(head, tuple(mean)),)], width())]
    lines += [f"{o.name}: {o.differs}" for o in result.options if o.differs and o.differs not in o.name]
    return "\n".join(lines)


def _table(title: str, worths: Sequence[Worth], result: EvppiResult) -> str:
    """Largest worth first; those that never change the decision in one sentence."""
    shown = [worth for worth in _ordered(worths) if worth.flip.value]
    rest = [worth.name for worth in worths if not worth.flip.value]
    lines = []
    if shown:
        head = f"worth{f' ({result.unit})' if _unit(result) else ''}"
        columns = (
            Column(head, tuple(_text(worth.evppi) if worth.told_apart else _ZERO for worth in shown)),
            Column("of EVPI", tuple(_text(worth.share, share=True, bare=True) for worth in shown)),
            Column("changes", tuple(_text(worth.flip, share=True, bare=True) for worth in shown)),
            Column("bias", tuple(_text(worth.bias_check) for worth in shown)),
        )
        lines.append(render([worth.name for worth in shown], [columns[:1], columns[1:3], columns[3:]], width()))
        zero = [worth.name for worth in shown if not worth.told_apart]
        lines += [_filled([f"Not told apart from 0: {', '.join(zero)}."])] if zero else []
        lines += [_filled([f"{w.name}: {w.evppi.note}."]) for w in shown if w.told_apart and w.evppi.note]
        lines += [_filled([f"{w.name}: {w.bias_check.note}."]) for w in shown if w.bias_check.note]
    if rest:
        draws = result.n * result.replicates
        never = f"changes the decision in none of the {draws:,} draws"
        subject = "Knowing one of these" if len(rest) > 1 else "Knowing this"
        lines.append(_filled([f"{subject} {never}: {', '.join(rest)}."]))
    return f"{title}\n" + "\n".join(lines) if lines else ""


def _ordered(worths: Iterable[Worth]) -> list[Worth]:
    return sorted(worths, key=lambda worth: -_value(worth.evppi))


def _text(statistic: Statistic, *, share: bool = False, bare: bool = False) -> str:
    """A statistic in the digits of its interval, which is left out when `bare`."""
    from mcengine.report.language import MINUS, NUMBER, PERCENT, Language

    if statistic.value is None:
        return "-"
    if statistic.value == 0.0 and statistic.ci95 in (None, (0.0, 0.0)):
        return "0%" if share else "0"
    shown = Language("en").statistic(statistic, PERCENT if share else NUMBER)
    bounds = "" if bare or not shown.low else f" [{shown.interval}]"
    return f"{shown.value}{bounds}".replace(MINUS, "-")


def _benefit(result: EvppiResult) -> str:
    return "NPV" if result.output == "npv" else result.output


def _unit(result: EvppiResult) -> str:
    return "" if result.unit in ("1", "") else f" {result.unit}"


def _value(statistic: Statistic) -> float:
    return float(statistic.value) if isinstance(statistic.value, float) else 0.0


def _filled(sentences: Sequence[str]) -> str:
    return textwrap.fill(" ".join(text for text in sentences if text), width())
