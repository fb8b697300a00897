"""`compare` from Python: results or stored runs side by side, as `mcengine compare` shows them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcengine.analysis.result import Result
from mcengine.analysis.shown import Shown
from mcengine.errors import Fault, InputError
from mcengine.report.compare import ComparedRun, comparison, pictures, write_comparison
from mcengine.report.compare_findings import Findings, findings
from mcengine.report.language import Language
from mcengine.report.style import Picture
from mcengine.store.results import read_run

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Compared(Shown):
    """Runs at equal prominence, in the order given.

    runs   what was compared; found: each further run's differences from the first, and what explains them
    """

    runs: tuple[ComparedRun, ...]
    found: Findings

    @property
    def answer(self) -> str:
        """Whether the runs agree on the chance that the plan pays, in a sentence."""
        text: str = comparison(self.runs, Language("en"), self.found)["answer"]
        return text

    def to_dict(self) -> dict[str, Any]:
        """As `mcengine compare --json`: {"runs", "differences", "changes", "explained"}."""
        runs = [{"name": run.name, **run.summary} for run in self.runs]
        return {"runs": runs, **self.found.to_dict()}

    def to_frame(self) -> pd.DataFrame:
        """One row a run, output and statistic: columns run, output, statistic, unit, value, lo, hi."""
        import pandas as pd

        rows = []
        for run in self.runs:
            for output in run.outputs.values():
                for name, statistic in output.statistics.items():
                    low, high = statistic.ci95 or (None, None)
                    rows.append((run.name, output.name, name, output.unit, statistic.value, low, high))
        return pd.DataFrame(rows, columns=["run", "output", "statistic", "unit", "value", "lo", "hi"])

    def pictures(self, language: Language) -> list[Picture]:
        """Ranges side by side, differences from the first run, and the waterfalls between them."""
        made = pictures(self.runs, language, self.found)
        found = [made["picture"], made["differences_picture"], *(one["picture"] for one in made["explained"])]
        return [one for one in found if one is not None]

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the page, index.en.html and .nl with its figures, into `folder`; returns the files written."""
        return write_comparison(self.runs, Path(folder), found=self.found)


def compare(*runs: Result | str | os.PathLike[str]) -> Compared:
    """Set two or more runs side by side: results, or folders of stored runs.

    Runs with one seed and as many draws are compared draw by draw.

    Raises
    ------
    InputError  fewer than two runs, or a folder that is not that of a run
    """
    if len(runs) < 2:
        raise InputError(Fault(None, "runs", len(runs), "a comparison needs two or more"))
    read: Sequence[ComparedRun] = [ComparedRun.of(run) if isinstance(run, Result) else _stored(run) for run in runs]
    return Compared(tuple(read), findings([run.side for run in read]))


def _stored(folder: str | os.PathLike[str]) -> ComparedRun:
    run = read_run(folder)
    return ComparedRun(run.directory.name, run.summary, run.study, run.columns, run.rows)
