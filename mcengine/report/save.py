"""`save` from Python: a result's folder as `mcengine run --out` writes it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcengine.report.build import build_report
from mcengine.store.results import write_run
from mcengine.store.sensitivity import write_answers

if TYPE_CHECKING:
    from mcengine.analysis.result import Result
    from mcengine.analysis.sensitivity import Sensitivity


def save(result: Result, folder: str | os.PathLike[str], *, analyses: Sequence[Sensitivity] = ()) -> Path:
    """Write the run's folder: its numbers, provenance, study, figures and reports in both languages and as a workbook.

    folder    made when it is not there; an earlier run in it is replaced, anything else is left alone and refused
    analyses  results of `sensitivity`, of the same study, to stand in the report

    Returns the folder, which `replay`, `compare` and `mcengine report` take.

    Raises
    ------
    InputError  a folder that holds something else, or cannot be written
    """

    def report(work: Path) -> None:
        write_answers(list(analyses), work)
        build_report(result, work, analyses=analyses, threads=result.threads)

    return write_run(result, folder, extra_files=report)
