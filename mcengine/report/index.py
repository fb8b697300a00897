"""The page of a batch: every run a row, with its headline figures and links. Sortable where scripts run, whole without.

The words are English: the page is for those who run batches; the reports it leads to are in both languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mcengine.analysis.result import Statistic
from mcengine.report.html import render
from mcengine.report.language import Language, Shown, style_of
from mcengine.report.tables import headline_output
from mcengine.scale.plan import BatchPlan, PlannedRun
from mcengine.scale.schedule import RunState

COLUMNS = ("prob_positive", "mean", "p05", "p95")


def index_html(plan: BatchPlan, states: Sequence[RunState], folder: Path) -> str:
    """The page, for the folder of the batch: links lead to what is there now."""
    language = Language("en")
    runs = [_row(plan.run(state.slug), state, folder, language) for state in states]
    settings = list(dict.fromkeys(name for run in plan.runs for name in run.cell.settings))
    counts = {status: sum(run["status"] == status for run in runs) for status in ("finished", "failed", "waiting")}
    return render(
        "index.html.jinja",
        language,
        name=plan.manifest.name,
        seed=plan.seed,
        settings=settings,
        runs=runs,
        counts=counts,
    )


def _row(run: PlannedRun, state: RunState, folder: Path, language: Language) -> dict[str, Any]:
    """One run: its settings, its figures as text and as numbers to sort by, its links."""
    status = "finished" if state.digest else "failed" if state.failed else "waiting"
    row: dict[str, Any] = {
        "slug": run.slug,
        "study": run.cell.study,
        "settings": {name: {"text": str(value), "sort": value} for name, value in run.cell.settings.items()},
        "status": status,
        "cause": state.cause,
        "failure": f"failed/{quote(run.slug)}.json" if state.cause else None,
        "figures": [None] * len(COLUMNS),
        "links": [],
    }
    summary = state.summary if state.digest else None
    if summary is None:
        return row
    output = headline_output(summary["outputs"])
    figures = summary["outputs"][output]
    row |= {
        "output": output,
        "unit": "" if figures["unit"] == "1" else language.unit(figures["unit"]),
        "digest": summary["digest"],
        "draws": {"text": language.number(summary["draws"], 0), "sort": summary["draws"]},
        "why": summary.get("until", {}).get("why", ""),
        "figures": [_figure(figures, name, language) for name in COLUMNS],
        "links": _links(run.slug, state, folder),
    }
    return row


def _figure(figures: dict[str, Any], name: str, language: Language) -> dict[str, Any] | None:
    data = figures.get(name)
    if data is None or data["value"] is None:
        return None
    bounds = data["ci95"]
    statistic = Statistic(data["value"], None if bounds is None else (bounds[0], bounds[1]), data.get("note", ""))
    shown: Shown = language.statistic(statistic, style_of(figures["kind"], name))
    return {"text": shown.value, "interval": shown.interval, "sort": data["value"]}


def _links(slug: str, state: RunState, folder: Path) -> list[tuple[str, str]]:
    """What there is to open, as (text, link)."""
    wanted = [("report", "report.en.html"), ("rapport", "report.nl.html"), ("workbook", "report.xlsx")]
    found = [(text, f"runs/{quote(slug)}/{file}") for text, file in wanted if (folder / "runs" / slug / file).is_file()]
    found = found or [("summary", f"runs/{quote(slug)}/summary.json")]
    return found + [(method, f"sensitivity/{quote(f'{slug}--{method}')}/sensitivity.json") for method in state.analysed]
