"""`mcengine run STUDY`: simulate a study, print the headline, and keep the run when `--out` names a folder.

The folder is checked before anything is computed, and appears whole or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.headline import headline
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
from mcengine.cli.printing import print_json
from mcengine.cli.progress import Progress, announce_compiling
from mcengine.errors import InterruptedRun

if TYPE_CHECKING:
    from mcengine.analysis.result import Result
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
        typer.Option("--sampler", metavar="NAME", help="How points are drawn: sobol, random or lhs."),
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
        "sampler": sampler,
        "until": until,
        "cap": faults.whole("--cap", cap, 1),
    }
    opened = open_study(study, settings, horizon, faults)
    if independent:
        opened = replace(opened, correlations=False)
    if out is not None:
        from mcengine.store.folder import check_target

        check_target(Path(out))
    started = datetime.now(UTC)
    result = _simulate(opened, {name: value for name, value in wanted.items() if value is not None}, quiet=quiet)
    if out is not None:
        _keep(result, Path(out), context.find_root().obj, started)
    if json:
        how = {"seconds": result.seconds, "threads": result.threads, "out": out}
        print_json({**result.to_dict(), "run": how})
    else:
        print(headline(result, out))


def _simulate(study: Study, wanted: dict[str, Any], *, quiet: bool) -> Result:
    """Run with progress on a terminal. Ctrl-C becomes InterruptedRun, which says what is lost."""
    from mcengine.analysis.simulate import run as simulate
    from mcengine.models.build import build_model

    model = build_model(study)
    announce_compiling(model, sampling=True, quiet=quiet)
    with Progress(shown=not quiet) as progress:
        try:
            return simulate(study, **wanted, model=model, observer=progress.observe)
        except KeyboardInterrupt:
            done = progress.finished_replicates
            raise InterruptedRun(
                f"stopped by the user with {done} replicates finished; nothing was kept. "
                "The same command starts again from the beginning."
            ) from None


def _keep(result: Result, directory: Path, command: list[str] | None, started: datetime) -> None:
    """Write the run's folder and its report, all of it or nothing."""
    from mcengine.store.results import write_run

    try:
        write_run(
            result,
            directory,
            extra_files=lambda folder: _report(result, folder),
            command=command,
            started=started,
        )
    except KeyboardInterrupt:
        raise InterruptedRun(f"stopped by the user while writing; nothing was kept in {directory}") from None


def _report(result: Result, folder: Path) -> None:
    from mcengine.report.html import write_report

    write_report(result, folder)
