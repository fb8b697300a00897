"""The typer app: every command of `mcengine`, in the order the help lists them."""

from __future__ import annotations

from typing import Annotated

import typer

from mcengine.cli import first_contact
from mcengine.cli.batch import batch
from mcengine.cli.check import check
from mcengine.cli.compare import compare
from mcengine.cli.evaluate import evaluate
from mcengine.cli.guard import guarded
from mcengine.cli.help import show_help
from mcengine.cli.list import list_all
from mcengine.cli.optimise import optimise
from mcengine.cli.printing import width
from mcengine.cli.replay import replay
from mcengine.cli.report import report
from mcengine.cli.run import run
from mcengine.cli.runs import runs
from mcengine.cli.sensitivity import sensitivity
from mcengine.cli.template import template
from mcengine.version import __version__

app = typer.Typer(
    name="mcengine",
    help="How likely is it that a public investment plan pays, and what decides that.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"mcengine {__version__}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """How likely is it that a public investment plan pays, and what decides that."""
    if context.invoked_subcommand is None:
        print(first_contact.text(width()))


app.command("list")(guarded(list_all))
app.command(short_help="Say whether a study and the files it names are sound.")(guarded(check))
app.command(short_help="Evaluate a study once, without sampling: its cash flows.")(guarded(evaluate))
app.command(short_help="Simulate a study: how likely is it that the plan pays?")(guarded(run))
app.command(short_help="List the runs that were kept, wherever they are.")(guarded(runs))
app.command(short_help="Say which assumptions drive an output, and how much.")(guarded(sensitivity))
app.command(short_help="Search a better split of the public money over the phases.")(guarded(optimise))
app.command(short_help="Compute a stored run again: is it identical?")(guarded(replay))
app.command(short_help="Show runs side by side: what differs, and why.")(guarded(compare))
app.command(short_help="Compute every run that a manifest lists.")(guarded(batch))
app.command(short_help="Build the report of a run again, as pages or PDF.")(guarded(report))
app.command(short_help="Write the assumptions as a workbook to edit and run.")(guarded(template))
app.command("help", short_help="Show the help of a command.")(guarded(show_help))
