"""`mcengine batch MANIFEST`: many runs overnight, resumable after any stop.

What the batch does itself stands in `mcengine.scale`; here are its options, what it prints and its exit codes.
"""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.complete import batch_names
from mcengine.cli.machines import Machines, MixedOption, SchedulerOption, WorkersOption
from mcengine.cli.options import MOST_THREADS, Faults, JsonOption, QuietOption
from mcengine.cli.printing import number, print_json, remark, width
from mcengine.cli.table import Column, render
from mcengine.errors import AnswerNo, InterruptedRun

if TYPE_CHECKING:
    from mcengine.analysis.result import Result
    from mcengine.scale.estimate import RunEstimate
    from mcengine.scale.plan import BatchPlan
    from mcengine.scale.schedule import RunState
    from mcengine.scale.start import Outcome


def batch(
    context: typer.Context,
    manifest: Annotated[
        str,
        typer.Argument(
            metavar="MANIFEST", help="Path of a manifest, or smoke or overnight.", autocompletion=batch_names
        ),
    ],
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="DIR", help="Folder of the batch.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the batch in DIR where it stopped.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run, and what it would take, and stop.")
    ] = False,
    threads: Annotated[
        str | None,
        typer.Option("--threads", metavar="T", help="Threads [default: every processor]; they change no number."),
    ] = None,
    scheduler: SchedulerOption = None,
    workers: WorkersOption = None,
    allow_mixed: MixedOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Compute every run that a manifest lists, each to its precision; safe to stop at any moment.

    Example: mcengine batch overnight --out out/overnight
    """
    faults = Faults()
    count = faults.whole("--threads", threads, 1, MOST_THREADS)
    machines = Machines(faults, scheduler, workers, allow_mixed)
    if out is None and not dry_run:
        faults.add("--out", None, "name a folder for the batch (or --dry-run to see what it would take)")
    faults.raise_if_any()
    if dry_run:
        _dry_run(manifest, count, json=json)
        return
    assert out is not None
    words: list[str] = context.find_root().obj or ["mcengine", "batch", manifest, "--out", out]
    advice = shlex.join([word for word in words if word != "--resume"] + ["--resume"])
    outcome = _compute(manifest, out, resume, count, machines, words, advice, quiet=quiet)
    if json:
        print_json(_data(outcome))
    else:
        print(_text(outcome))
    if not quiet and (unlisted := _unlisted(outcome)):
        remark(f"mcengine: {unlisted}")
    if outcome.failed:
        remark(f"mcengine: {_failures(outcome.failed, outcome)}")
        raise typer.Exit(AnswerNo.exit_code)


def _compute(
    manifest: str,
    out: str,
    resume: bool,
    threads: int | None,
    machines: Machines,
    words: Sequence[str],
    advice: str,
    *,
    quiet: bool,
) -> Outcome:
    """The batch, with progress on a terminal. Whatever stops it is told with the command that goes on."""
    from mcengine.cli.batch_progress import BatchProgress
    from mcengine.scale.start import run_batch

    with _terminated_as_interrupted():
        try:
            with machines.source(quiet=quiet) as source, BatchProgress(shown=not quiet) as progress:
                return run_batch(
                    manifest,
                    out,
                    _Reports(threads),
                    resume=resume,
                    advice=advice,
                    threads=threads,
                    source=source,
                    command=words,
                    listen=progress.listen,
                )
        except KeyboardInterrupt:
            raise InterruptedRun(f"stopped by the user. To go on: {advice}") from None
        except InterruptedRun as error:
            raise InterruptedRun(f"{error}\nTo go on: {advice}") from error


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A request to end (SIGTERM, of a service manager or a queue) stops the batch as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = None
    with suppress(ValueError):  # not in the main thread
        before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


class _Reports:
    """The reports of `mcengine.report`, loaded when first needed.

    A run's report is the one that `mcengine run` writes, the other sets beside it under that run's own options and
    fixed values, which are different for each run of a matrix: so they are computed for each, in a second or two.
    """

    def __init__(self, threads: int | None) -> None:
        self._threads = threads

    def run(self, result: Result, folder: Path) -> None:
        from mcengine.report.build import build_report

        build_report(result, folder, threads=self._threads)

    def analysis(self, result: Any) -> Mapping[str, str]:
        from mcengine.report.language import Language
        from mcengine.report.sensitivity_figures import pictures_of

        return {picture.name: picture.svg for picture in pictures_of(result, Language("en"))}

    def index(self, plan: BatchPlan, states: Sequence[RunState], folder: Path) -> str:
        from mcengine.report.index import index_html

        return index_html(plan, states, folder)


def _data(outcome: Outcome) -> dict[str, Any]:
    plan = outcome.plan
    runs = []
    for state in outcome.runs:
        cell = plan.run(state.slug).cell
        summary = state.summary or {}
        runs.append(
            {
                "run": state.slug,
                "study": cell.study,
                "settings": dict(cell.settings),
                "status": "finished" if state.digest else "failed",
                "digest": state.digest or None,
                "draws": summary.get("draws"),
                "until": summary.get("until"),
                "directory": str(outcome.folder.run(state.slug)) if state.digest else None,
                "analyses": {method: str(outcome.folder.analysis(state.slug, method)) for method in state.analysed},
                "cause": state.cause or None,
                "unlisted": state.unlisted or None,
            }
        )
    return {
        "batch": plan.manifest.name,
        "seed": plan.seed,
        "directory": str(outcome.folder.path),
        "index": str(outcome.folder.index),
        "seconds": outcome.used,
        "runs": runs,
    }


def _text(outcome: Outcome) -> str:
    """Every run with its chance and mean, then where everything is."""
    from mcengine.analysis.result import Statistic
    from mcengine.report.language import MINUS, Language, style_of
    from mcengine.report.tables import headline_output

    language = Language("en")
    cells: list[tuple[str, ...]] = []
    for state in outcome.runs:
        if not state.digest or state.summary is None:
            cells.append(("failed", "", "", ""))
            continue
        outputs = state.summary["outputs"]
        figures = outputs[headline_output(outputs)]
        texts = []
        for name in ("prob_positive", "mean"):
            data = figures.get(name) or {"value": None, "ci95": None}
            bounds = None if data["ci95"] is None else (data["ci95"][0], data["ci95"][1])
            shown = language.statistic(Statistic(data["value"], bounds), style_of(figures["kind"], name))
            texts.append(f"{shown.value} {shown.margin}".rstrip().replace(MINUS, "-").replace("±", "+-"))
        cells.append((*texts, number(state.summary["draws"]), state.digest[7:19]))
    heads = ("chance above zero", "mean", "draws", "digest")
    columns = tuple(Column(head, tuple(row[k] for row in cells)) for k, head in enumerate(heads))
    table = render([state.slug for state in outcome.runs], [columns], width())
    done = sum(bool(state.digest) for state in outcome.runs)
    summary = f"{done} of {len(outcome.runs)} runs finished in {duration(outcome.used)}, seed {outcome.plan.seed}"
    return f"{table}\n\n{summary}\nindex: {outcome.folder.index}"


def _unlisted(outcome: Outcome) -> str:
    """Which finished runs do not stand in the catalogue, and what lists them after all; "" for none."""
    found = [state for state in outcome.runs if state.unlisted]
    if not found:
        return ""
    what = found[0].slug if len(found) == 1 else f"{len(found)} of {len(outcome.runs)} runs"
    cure = shlex.join(["mcengine", "runs", "--rebuild", str(outcome.folder.path)])
    why = found[0].unlisted.partition("catalogue of runs: ")[2].partition(". To list it")[0] or found[0].unlisted
    return f"{what} finished but not listed in the catalogue of runs: {why}\nTry: {cure}"


def _failures(failed: Sequence[RunState], outcome: Outcome) -> str:
    lines = [f"{len(failed)} of {len(outcome.runs)} runs failed, or an analysis of them:"]
    for state in failed:
        lines += [f"  {state.slug}: {state.cause}", f"    details: {outcome.folder.failure(state.slug)}"]
    return "\n".join(lines)


def _dry_run(manifest: str, threads: int | None, *, json: bool) -> None:
    """Print the runs, and what they take by a short pilot."""
    from mcengine.scale.estimate import estimate_batch
    from mcengine.scale.manifest import read_manifest
    from mcengine.scale.plan import plan_batch

    plan = plan_batch(read_manifest(manifest))
    found = estimate_batch(plan, threads=threads)
    hours = plan.manifest.hours
    seconds = sum(one.seconds for one in found)
    disk, work = sum(one.disk for one in found), max(one.work for one in found)
    if json:
        print_json(
            {
                "batch": plan.manifest.name,
                "runs": [{**one.__dict__, "seconds": one.seconds} for one in found],
                "hours": seconds / 3600,
                "hours_given": hours,
                "bytes": disk,
                "bytes_under_way": work,
            }
        )
        return
    print(_estimates(found))
    sampled = list(plan.manifest.sensitivity)
    print(f"\n{len(found)} runs, about {number(sum(one.likely for one in found))} draws (at most "
          f"{number(sum(one.most for one in found))}), about {duration(seconds)}"
          + (f"; {duration(3600 * hours)} are given" if hours else "")
          + (f"; and {', '.join(sampled)} for each, not counted here" if sampled else ""))  # fmt: skip
    print(f"disk: about {number(disk / 1e6)} MB, and {number(work / 1e6)} MB more under way")


def _estimates(found: Sequence[RunEstimate]) -> str:
    columns = (
        Column("first look", tuple(number(one.first) for one in found)),
        Column("likely draws", tuple("will fail" if one.cause else number(one.likely) for one in found)),
        Column("at most", tuple("" if one.cause else number(one.most) for one in found)),
        Column("draws/s", tuple("" if one.cause else number(one.speed) for one in found)),
        Column("time", tuple("" if one.cause else duration(one.seconds) for one in found)),
    )
    table = render([one.slug for one in found], [columns], width())
    causes = [f"{one.slug} will fail: {one.cause}" for one in found if one.cause]
    return "\n".join([table, *causes])


def duration(seconds: float) -> str:
    """Time in words that suit its length: 12 s, 3 min, 7 h 05 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
