"""`mcengine run STUDY`: simulate a study, print the headline, and keep the run when `--out` names a folder.

The folder is checked before anything is computed, and appears whole or not at all. A run that is kept also keeps
the analyses that the study's `[sensitivity]` asks for.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.answers import answer_of, ask
from mcengine.cli.complete import one_of
from mcengine.cli.headline import headline
from mcengine.cli.machines import Machines, MixedOption, SchedulerOption, WorkersOption
from mcengine.cli.options import (
    MOST_THREADS,
    SAMPLERS,
    Faults,
    HorizonOption,
    JsonOption,
    QuietOption,
    SetOption,
    StudyArgument,
    open_study,
)
from mcengine.cli.printing import print_json, remark, width
from mcengine.cli.progress import Progress, announce_compiling
from mcengine.errors import InterruptedRun

if TYPE_CHECKING:
    from mcengine.analysis.asked import Asked
    from mcengine.analysis.result import Result
    from mcengine.analysis.sensitivity import Sensitivity
    from mcengine.inputs.study import Study


def run(
    context: typer.Context,
    study: StudyArgument,
    draws: Annotated[
        str, typer.Option("--draws", "-n", metavar="N", help="Draws in all, as in 1_000_000 or 1e6.")
    ] = "1_000_000",
    replicates: Annotated[
        str | None, typer.Option("--replicates", metavar="R", help="Independent replicates [default: 32].")
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option("--seed", metavar="S", help="Whole number; drawn and recorded when left out."),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            "--sampler",
            metavar="NAME",
            help="How points are drawn: sobol, random or lhs.",
            autocompletion=one_of(SAMPLERS),
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="TARGETS",
            help="Go on to a precision, as in 'npv.mean=10m, npv.p05=1%, npv.prob_positive=0.1pp'; looks at 1, 2, 4 "
            "... times --draws.",
        ),
    ] = None,
    cap: Annotated[
        str | None, typer.Option("--cap", metavar="N", help="Most draws in all with --until [default: 1e10].")
    ] = None,
    independent: Annotated[
        bool, typer.Option("--independent", help="Draw all inputs independently: no rank correlations.")
    ] = False,
    settings: SetOption = None,
    horizon: HorizonOption = None,
    threads: Annotated[
        str | None,
        typer.Option("--threads", metavar="T", help="Threads [default: every processor]; they change no number."),
    ] = None,
    scheduler: SchedulerOption = None,
    workers: WorkersOption = None,
    allow_mixed: MixedOption = False,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder for results and report; made when it is not there."),
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Simulate a study and say how likely it is that the plan pays.

    Example: mcengine run evidence --draws 1e6 --seed 7 --out out/evidence
    """
    faults = Faults()
    wanted = {
        "draws": faults.whole("--draws", draws, 1),
        "replicates": faults.whole("--replicates", replicates, 2),
        "seed": faults.whole("--seed", seed, 0),
        "threads": faults.whole("--threads", threads, 1, MOST_THREADS),
        "sampler": faults.choice("--sampler", sampler, SAMPLERS),
        "until": until,
        "cap": faults.whole("--cap", cap, 1),
    }
    _check_cap(faults, wanted)
    faults.name("--out", out)
    machines = Machines(faults, scheduler, workers, allow_mixed)
    opened = open_study(study, settings, horizon, faults)
    if independent:
        opened = replace(opened, correlations=False)
    if out is not None:
        from mcengine.store.folder import check_target

        check_target(Path(out))
    asked = _asked(opened)
    started = datetime.now(UTC)
    given = {name: value for name, value in wanted.items() if value is not None}
    result = _simulate(opened, given, machines, quiet=quiet)
    analyses: list[Sensitivity] = []
    refused: dict[str, str] = {}
    if out is not None:
        analyses, refused = _analyse(result, asked, quiet=quiet)
        _keep(result, analyses, Path(out), context.find_root().obj, started, quiet=quiet)
    if json:
        how = {"seconds": result.seconds, "threads": result.threads, "out": out}
        drivers = {"sensitivity": {found.method: found.to_dict() for found in analyses}} if analyses else {}
        unanswered = {"unanswered": refused} if refused else {}
        print_json({**result.to_dict(), **drivers, **unanswered, "run": how})
    else:
        print(headline(result, out))
        for found in (*([result.luck] if result.luck else []), *analyses):
            print(f"\n{found.method}: {answer_of(found)}")
        for method, reason in refused.items():
            print("\n" + textwrap.fill(f"{method}: no answer: {reason}.", width()))


def _check_cap(faults: Faults, wanted: dict[str, Any]) -> None:
    """A cap that could not be kept to is a slip: without --until, or below the first look."""
    cap, draws = wanted["cap"], wanted["draws"]
    if cap is not None and wanted["until"] is None:
        faults.add("--cap", cap, "is about --until, and there is none; leave it out, or name a precision with --until")
    elif cap is not None and draws is not None and cap < draws:
        faults.add("--cap", cap, f"must be at least --draws, {draws}, which is the first look")


def _asked(study: Study) -> tuple[Asked, ...]:
    """The analyses that the study asks for; a fault in what it asks is found before anything is computed."""
    from mcengine.analysis.asked import asked_analyses

    return asked_analyses(study) if study.sensitivity else ()


def _analyse(result: Result, asked: Sequence[Asked], *, quiet: bool) -> tuple[list[Sensitivity], dict[str, str]]:
    """What the study asks for, with the run's seed; and which analyses have no answer, with the reason."""
    from mcengine.models.build import build_model

    if not asked:
        return [], {}
    if not quiet:
        remark(f"analysing: {', '.join(one.method for one in asked)} ...")
    model = build_model(result.study, luck=True)
    try:
        return ask(result.study, asked, seed=result.seed, model=model, threads=result.threads)
    except KeyboardInterrupt:
        raise InterruptedRun("stopped by the user while analysing; nothing was kept.") from None


def _simulate(study: Study, wanted: dict[str, Any], machines: Machines, *, quiet: bool) -> Result:
    """Run with progress on a terminal. Ctrl-C becomes InterruptedRun, which says what is lost."""
    from mcengine.analysis.simulate import run as simulate
    from mcengine.models.build import build_model

    model = build_model(study, luck=True)
    announce_compiling(model, sampling=True, quiet=quiet)
    with machines.source(quiet=quiet) as source, Progress(shown=not quiet) as progress:
        try:
            return simulate(study, **wanted, model=model, observer=progress.observe, source=source)
        except KeyboardInterrupt:
            done = progress.finished_replicates
            raise InterruptedRun(
                f"stopped by the user with {done} replicates finished; nothing was kept. "
                "The same command starts again from the beginning."
            ) from None
        except InterruptedRun as error:
            raise InterruptedRun(
                f"{error}, with {progress.finished_replicates} replicates finished; nothing was kept. "
                "The same command starts again from the beginning; `mcengine batch` keeps what is finished."
            ) from error


def _keep(
    result: Result,
    analyses: list[Sensitivity],
    directory: Path,
    command: list[str] | None,
    started: datetime,
    *,
    quiet: bool,
) -> None:
    """Write the run's folder, its analyses and its report, all of it or nothing; then list it in the catalogue."""
    from mcengine.store.catalogue import record_run
    from mcengine.store.results import write_run

    try:
        write_run(
            result,
            directory,
            extra_files=lambda folder: _report(result, analyses, folder),
            command=command,
            started=started,
        )
    except KeyboardInterrupt:
        raise InterruptedRun(f"stopped by the user while writing; nothing was kept in {directory}") from None
    try:
        unlisted = record_run(directory)
    except KeyboardInterrupt:  # while it waits for others who write
        raise InterruptedRun(f"stopped by the user; the run is kept in {directory}") from None
    if unlisted and not quiet:
        remark(f"mcengine: {unlisted}")


def _report(result: Result, analyses: list[Sensitivity], folder: Path) -> None:
    from mcengine.report.build import build_report
    from mcengine.store.sensitivity import write_answers

    write_answers(analyses, folder)
    build_report(result, folder, analyses=analyses, threads=result.threads)
