"""The typer app: every command of `mcengine`, in the order the help lists them."""

from __future__ import annotations

from typing import Annotated

import typer

from mcengine import __version__
from mcengine.cli.batch import batch
from mcengine.cli.check import check
from mcengine.cli.compare import compare
from mcengine.cli.evaluate import evaluate
from mcengine.cli.guard import guarded
from mcengine.cli.list import list_all
from mcengine.cli.optimise import optimise
from mcengine.cli.replay import replay
from mcengine.cli.report import report
from mcengine.cli.run import run
from mcengine.cli.runs import runs
from mcengine.cli.sensitivity import sensitivity
from mcengine.cli.template import template

FIRST_CONTACT = """\
mcengine answers, for a public investment plan: how likely is it that the plan pays, what drives that, what
must be true, and how sure are we of these answers.

Three commands to try:
  mcengine evaluate replica                     the plan's own cash flows, beside the figures it published
  mcengine run evidence --out out/evidence      a million draws of what the literature supports, and a report
  mcengine list                                 the studies that come with it

`mcengine --help` lists every command, `mcengine COMMAND --help` its options."""

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
        print(FIRST_CONTACT)


app.command("list")(guarded(list_all))
app.command()(guarded(check))
app.command()(guarded(evaluate))
app.command()(guarded(run))
app.command()(guarded(runs))
app.command()(guarded(sensitivity))
app.command()(guarded(optimise))
app.command()(guarded(replay))
app.command()(guarded(compare))
app.command()(guarded(batch))
app.command()(guarded(report))
app.command()(guarded(template))
