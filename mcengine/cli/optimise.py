"""`mcengine optimise STUDY`: which split of the public money over the phases makes most of it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcengine.cli.complete import one_of, output_names
from mcengine.cli.options import (
    MOST_THREADS,
    Faults,
    HorizonOption,
    JsonOption,
    QuietOption,
    SetOption,
    StudyArgument,
    open_study,
)
from mcengine.cli.printing import number, percent, print_json, remark, width
from mcengine.cli.table import Column, render
from mcengine.errors import InterruptedRun

if TYPE_CHECKING:
    from mcengine.analysis.optimise_result import OptimiseResult, PhaseShare
    from mcengine.analysis.result import Statistic
    from mcengine.inputs.study import Study

OBJECTIVES, LEVERAGES = ("mean", "prob_positive"), ("moves", "fixed")  # of the analysis, which the help does not load

_NAMES = {
    "npv_if_returned": "expected NPV if unspent public money is returned",
    "unspent_at_horizon": "programme money unspent",
    "unspent_public_at_horizon": "- of which public",
    "launches": "launches that count",
}
_SHARES = """\
kept: shares with which, the others in proportion, 95% of the gain is kept: how exact the split must be."""
_MONEY = """\
unspent: programme money left at the end of {year}, where candidates are short; waiting: own candidates in the queue \
then, where money is short. Means of the fresh draws."""


def optimise(
    context: typer.Context,
    study: StudyArgument,
    objective: Annotated[
        str,
        typer.Option(
            "--objective",
            metavar="WHAT",
            help=f"To be maximised: {' or '.join(OBJECTIVES)} (> 0).",
            autocompletion=one_of(OBJECTIVES),
        ),
    ] = "mean",
    leverage: Annotated[
        str,
        typer.Option(
            "--leverage",
            metavar="HOW",
            help="moves with the ratios of the split, or stays fixed as drawn.",
            autocompletion=one_of(LEVERAGES),
        ),
    ] = "moves",
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="NAME", help="Which output [default: npv].", autocompletion=output_names),
    ] = None,
    n: Annotated[
        str | None, typer.Option("--n", "-n", metavar="N", help="Draws a replicate, a power of two [default: 1024].")
    ] = None,
    replicates: Annotated[
        str | None,
        typer.Option("--replicates", metavar="R", help="To search on, and as many fresh ones [default: 16]."),
    ] = None,
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="S", help="Whole number; drawn and recorded when left out.")
    ] = None,
    starts: Annotated[
        str | None,
        typer.Option("--starts", metavar="K", help="Searches [default: 4 at random, and the phases + 2 named]."),
    ] = None,
    settings: SetOption = None,
    horizon: HorizonOption = None,
    threads: Annotated[
        str | None,
        typer.Option("--threads", metavar="T", help="Threads [default: every processor]; they change no number."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for sensitivity.json and its figure.")
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Search the split of the public money over the phases with the highest expected NPV, or P(NPV > 0).

    Example: mcengine optimise pipeline --seed 7

    The gain over the plan's split is measured on fresh draws.
    """
    faults = Faults()
    numbers = {
        "n": faults.whole("--n", n, 1),
        "replicates": faults.whole("--replicates", replicates, 2),
        "seed": faults.whole("--seed", seed, 0),
        "starts": faults.whole("--starts", starts, 1),
        "threads": faults.whole("--threads", threads, 1, MOST_THREADS),
    }
    faults.choice("--objective", objective, OBJECTIVES)
    faults.choice("--leverage", leverage, LEVERAGES)
    opened = open_study(study, settings, horizon, faults)
    target = None
    if out is not None:
        from mcengine.store.sensitivity import check_place

        target = check_place(out)
    started = datetime.now(UTC)
    given = {name: value for name, value in numbers.items() if value is not None}
    result = _search(opened, objective, leverage, output, given, quiet=quiet)
    files = [] if target is None else _keep(result, target, context.find_root().obj, started)
    if json:
        print_json({**result.to_dict(), "files": [str(file) for file in files]})
        return
    print(optimise_text(result))
    written = "Nothing was written. Add --out DIR to keep the numbers and the figure."
    print("\n" + (f"files: {', '.join(str(file) for file in files)}" if files else written))


def _search(
    study: Study, objective: str, leverage: str, output: str | None, numbers: dict[str, int], *, quiet: bool
) -> OptimiseResult:
    """The search; on a terminal it says how many of its searches are done."""
    from mcengine.analysis.optimise import optimise as analyse
    from mcengine.cli.progress import announce_compiling
    from mcengine.models.build import build_model

    if study.plan is not None:
        announce_compiling(build_model(study), sampling=False, quiet=quiet)
    shown = not quiet and sys.stderr.isatty()

    def observe(done: int, of: int) -> None:
        if shown:
            remark(f"search {done} of {of} done")

    try:
        return analyse(study, objective=objective, leverage=leverage, output=output, observer=observe, **numbers)
    except KeyboardInterrupt:
        raise InterruptedRun("stopped by the user; nothing was kept. The same command starts again.") from None


def _keep(result: OptimiseResult, target: Path, command: list[str] | None, started: datetime) -> list[Path]:
    """Write the answer and its figure."""
    from mcengine.report.language import Language
    from mcengine.report.optimise_figures import optimise_pictures
    from mcengine.store.sensitivity import write_sensitivity

    pictures = {picture.name: picture.svg for picture in optimise_pictures(result, Language("en"))}
    return write_sensitivity(
        result.to_dict(), pictures, target, command=command, started=started, sources=result.study.sources
    )


def optimise_text(result: OptimiseResult) -> str:
    """What `mcengine optimise` prints."""
    draws = result.n * result.replicates
    parts = [
        f"{result.study.name}: which split of the public money over the phases has the highest {_goal(result)}?\n"
        f"{draws:,} draws to search on and {draws:,} fresh ones, {len(result.starts)} searches, "
        f"{result.splits:,} splits tried, seed {result.seed}",
        _filled(_answer(result)),
        _split(result),
        _effects(result),
        _filled(_leverage(result)),
    ]
    remarks = [*(f"note: {note}" for note in result.notes), *(f"warning: {text}" for text in result.warnings)]
    parts.append("\n".join(textwrap.fill(text, width(), subsequent_indent="  ") for text in remarks))
    threads = f"{result.threads} thread{'s' if result.threads != 1 else ''}"
    parts.append(f"digest {result.digest}\n{result.seconds:.2f} s on {threads}")
    return "\n\n".join(part for part in parts if part)


def _goal(result: OptimiseResult, article: str = "") -> str:
    name = _output(result)
    return f"{article}expected {name}" if result.objective == "mean" else f"P({name} > 0)"


def _output(result: OptimiseResult) -> str:
    return "NPV" if result.output == "npv" else result.output


def _answer(result: OptimiseResult) -> list[str]:
    """Whether there is a better split, what it brings, and how sure that is."""
    share, main = result.objective != "mean", result.main
    unit = " percentage points" if share else f" {result.unit}"
    if not result.told_apart:
        if all(phase.plan == phase.best for phase in result.phases.values()):
            return ["There is no gain that can be told from noise: no split that was tried is better than the plan's."]
        return [
            "There is no gain that can be told from noise: on fresh draws the best split found changes "
            f"{_goal(result, 'the ')} by {_change(main.change, share)}{unit}."
        ]
    before, after = (_text(side, share, bare=True) for side in (main.plan, main.best))
    change = f"{_change(main.change, share)}{unit}"
    sentences = [f"The best split found raises {_goal(result, 'the ')} by {change}, from {before} to {after}."]
    if not share and isinstance(main.best.value, float) and main.best.value < 0:
        sentences.append("It stays negative all the same.")
    count = len(result.starts)
    ends = "all" if result.agree == count else f"{result.agree}"
    sentences.append(f"Of {count} searches {ends} found this gain to within 1%.")
    sentences.append(
        "It is measured on draws that the search has not seen. Optimism of the search: on its own draws the gain is "
        f"larger by {_change(result.optimism, share)}{unit}."
    )
    return sentences


def _split(result: OptimiseResult) -> str:
    """The table of phases: shares, and in pipeline accounting what lies where."""
    phases = list(result.phases.values())
    names = {phase.name: phase.label.get("en", phase.name) for phase in result.study.plan.phases}  # type: ignore[union-attr]
    told = result.told_apart
    shares = [
        Column("plan's share", tuple(percent(phase.plan, 1) for phase in phases)),
        Column("best share" if told else "share tried", tuple(percent(phase.best, 1) for phase in phases)),
    ]
    if told:
        shares.append(Column("kept", tuple(_kept(phase) for phase in phases)))
    groups, meaning = [tuple(shares)], [_SHARES] if told else []
    if phases[0].unspent is not None:
        unit = result.effects["unspent_at_horizon"].unit
        for kind, decimals, head in (("unspent", 0, f"unspent {unit}"), ("waiting", 1, "waiting")):
            groups.append(
                tuple(
                    Column(text, tuple(number(getattr(phase, kind)[k], decimals) for phase in phases))
                    for k, text in enumerate((f"{head}: plan", "best" if told else "tried"))
                )
            )
        meaning.append(_MONEY.format(year=result.study.options.horizon))
    table = render([names[phase.name] for phase in phases], groups, width())
    return "\n".join((table, *(_filled([text]) for text in meaning)))


def _kept(phase: PhaseShare) -> str:
    return "" if phase.keeps is None else f"{percent(phase.keeps[0], 0)} to {percent(phase.keeps[1], 0)}"


def _effects(result: OptimiseResult) -> str:
    """The table of effects on the fresh draws."""
    effects = list(result.effects.values())
    labels = []
    for effect in effects:
        name, _, statistic = effect.name.partition(".")
        label = "NPV" if name == "npv" else name
        shown = f"P({label} > 0)" if statistic else _NAMES.get(name, f"expected {label}")
        labels.append(shown + (f" ({effect.unit})" if effect.unit not in ("share", "1") else ""))
    columns = tuple(
        Column(head, tuple(_text(getattr(e, side), e.unit == "share", bare=True) for e in effects))
        for side, head in (("plan", "plan"), ("best", "best" if result.told_apart else "tried"))
    )
    changes = [_change(e.change, e.unit == "share") + " pp" * (e.unit == "share") for e in effects]
    columns = (*columns, Column("change", tuple(changes)))
    return "on fresh draws, change with its 95% interval\n" + render(labels, [columns], width())


def _leverage(result: OptimiseResult) -> list[str]:
    """How private money follows the split."""
    before, after = result.private
    ratios = f"The plan's ratios give {number(before, 2)} private euro a public one under its own split"
    if result.leverage == "fixed":
        return [f"Leverage is held as drawn: the split decides where private money goes, not how much. {ratios}."]
    return [
        f"Leverage moves with the split: {ratios[0].lower()}{ratios[1:]} and {number(after, 2)} under this one, so the "
        f"drawn leverage is multiplied by {number(result.factor, 3)}. --leverage fixed holds it as drawn."
    ]


def _text(statistic: Statistic, share: bool, *, bare: bool = False) -> str:
    """A statistic in the digits of its interval, which is left out when `bare`."""
    from mcengine.report.language import MINUS, NUMBER, PERCENT, Language

    if statistic.value == 0.0 and statistic.ci95 in (None, (0.0, 0.0)):
        return "0%" if share else "0"
    shown = Language("en").statistic(statistic, PERCENT if share else NUMBER)
    bounds = "" if bare or not shown.low else f" [{shown.interval}]"
    return f"{shown.value}{bounds}".replace(MINUS, "-")


def _change(statistic: Statistic, share: bool) -> str:
    """A change; of a share in percentage points, without that unit."""
    return _text(statistic, share).replace("%", "")


def _filled(sentences: Sequence[str]) -> str:
    return textwrap.fill(" ".join(text for text in sentences if text), width())
