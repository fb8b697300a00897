"""`mcengine report DIR`: rebuild the report of a stored run.

A run's folder holds its statistics but not the histograms behind the figures, so the draws are made again;
the report is only written when they come out as stored.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mcengine.cli.answers import ask
from mcengine.cli.complete import one_of
from mcengine.cli.options import LANGUAGES, Faults, JsonOption, QuietOption, RunArgument
from mcengine.cli.printing import print_json
from mcengine.cli.progress import Progress
from mcengine.errors import AnswerNo


def report(
    directory: RunArgument,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="|".join(LANGUAGES),
            help="Only this language [default: both].",
            autocompletion=one_of(LANGUAGES),
        ),
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Also print each page to PDF, with Chromium or WeasyPrint where installed.")
    ] = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Rebuild the report of a run; exit code 1 when the run no longer comes out as stored.

    Example: mcengine report out/evidence --language nl
    """
    faults = Faults()
    chosen = faults.choice("--language", language, LANGUAGES)
    faults.raise_if_any()

    from mcengine.analysis.asked import asked_analyses
    from mcengine.models.build import build_model
    from mcengine.report.build import build_report
    from mcengine.report.pdf import printer, write_pdf
    from mcengine.store.replay import replay
    from mcengine.store.results import read_run, update_run

    languages = LANGUAGES if chosen is None else (chosen,)
    tool = printer() if pdf else None
    with Progress(shown=not quiet) as progress:
        answer = replay(directory, observer=progress.observe)
    result = answer.result
    if result is None or not answer.identical:
        difference = f"{directory} does not come out as stored ({answer.first_difference})"
        raise AnswerNo(f"{difference}, so its report was left as it is")

    result = replace(result, notes=tuple(read_run(directory).summary["notes"]))  # what the first run rounded
    asked = asked_analyses(result.study)
    model = build_model(result.study, luck=True)
    analyses, _ = ask(result.study, asked, seed=result.seed, model=model)  # the run has said which have no answer

    def rebuild(copy: Path) -> None:
        build_report(result, copy, languages=languages, analyses=analyses)
        for code in languages:
            if tool is not None:
                write_pdf(copy / f"report.{code}.html", copy / f"report.{code}.pdf", tool)

    folder = update_run(directory, rebuild)
    endings = ("html", "pdf") if pdf else ("html",)
    files = [str(folder / f"report.{code}.{ending}") for code in languages for ending in endings]
    if json:
        print_json({"directory": str(folder), "files": files})
    else:
        print("\n".join(files))
