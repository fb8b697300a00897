"""Everything that a run's report needs, made and written in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcengine.report.html import write_report
from mcengine.report.language import LANGUAGES

if TYPE_CHECKING:
    from mcengine.analysis.result import Result
    from mcengine.analysis.sensitivity import Sensitivity


def build_report(
    result: Result,
    folder: Path,
    *,
    analyses: Sequence[Sensitivity] = (),
    languages: Sequence[str] = LANGUAGES,
    threads: int | None = None,
) -> list[Path]:
    """Compute what stands beside the run, and write its report into `folder`; returns the files written.

    analyses   the results of what the study's `[sensitivity]` asks for, in its order
    languages  some of `LANGUAGES`; threads: how many work, which changes no byte
    """
    from mcengine.analysis.pack import build_pack

    pack = build_pack(result, analyses, threads=threads)
    return write_report(result, folder, languages=languages, analyses=analyses, pack=pack)
