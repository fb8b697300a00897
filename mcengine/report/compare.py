"""Several runs side by side, at equal prominence: one page a language, one figure, links to each report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.paired import Difference, Side, differences
from mcengine.analysis.result import OutputResult, Statistic
from mcengine.analysis.study_changes import changes
from mcengine.inputs.study import Study
from mcengine.report import tables
from mcengine.report.compare_differences import differences_picture, differences_view, points
from mcengine.report.compare_findings import Findings, findings
from mcengine.report.compare_inputs import changes_view, explained_views, reason
from mcengine.report.html import other_languages, render, write_pictures
from mcengine.report.language import LANGUAGES, PERCENT, Language, Shown, style_of
from mcengine.report.outcome import whisker_picture
from mcengine.report.style import Picture

if TYPE_CHECKING:
    from mcengine.analysis.result import Result


@dataclass(frozen=True)
class ComparedRun:
    """One run of a comparison.

    name     how the run is called, its folder's name say
    summary  what its summary.json holds
    study    its study
    columns  names of the numbers of a replicate; rows: these numbers, float64 (replicates, numbers)
    link     its folder as seen from the comparison's ("evidence", "../out/evidence"); None: no link
    """

    name: str
    summary: Mapping[str, Any]
    study: Study
    columns: tuple[str, ...]
    rows: NDArray[np.float64]
    link: str | None = None

    @classmethod
    def of(cls, result: Result, link: str | None = None) -> ComparedRun:
        """The run of a result just computed, called by its study's name."""
        return cls(result.study.name, result.to_dict(), result.study, result.columns, result.rows, link)

    @cached_property
    def side(self) -> Side:
        """The run as `analysis.paired` compares it."""
        seed, sampler, draws, replicates = (self.summary[key] for key in ("seed", "sampler", "draws", "replicates"))
        layout = (int(seed), str(sampler), int(draws), int(replicates))
        return Side(self.name, self.study, *layout, self.level, self.columns, self.rows, self.outputs)

    @cached_property
    def outputs(self) -> dict[str, OutputResult]:
        """The statistics of each output, from the summary."""
        found = {}
        for name, data in self.summary["outputs"].items():
            statistics = {key: _statistic(value) for key, value in data.items() if isinstance(value, Mapping)}
            found[name] = OutputResult(name, data["unit"], data["kind"], data["draws"], statistics)
        return found

    @property
    def level(self) -> float:
        """Level of its intervals, above 0.95 where the run could stop early."""
        until: Mapping[str, Any] = self.summary.get("until", {})
        return float(until.get("level", 0.95))

    @property
    def uncertain(self) -> bool:
        """Whether any input varies."""
        return tables.is_uncertain(self.study)

    def statistic(self, output: str, name: str) -> Statistic | None:
        """A statistic; None where the run has none of that name, or nothing uncertain to take it from."""
        if output not in self.outputs or name not in self.outputs[output].statistics:
            return None
        statistic = self.outputs[output].statistics[name]
        if self.uncertain:
            return statistic
        shown = [key for found, key, _ in tables.KEY_FIGURES if found == output]
        only = "mean" if "mean" in shown or "p50" not in shown else "p50"  # its one number stands in one row
        return Statistic(statistic.value) if name == only else None


def _statistic(data: Mapping[str, Any]) -> Statistic:
    bounds = data["ci95"]
    return Statistic(data["value"], None if bounds is None else (bounds[0], bounds[1]), data.get("note", ""))


def write_comparison(
    runs: Sequence[ComparedRun],
    folder: Path,
    *,
    languages: Sequence[str] = LANGUAGES,
    found: Findings | None = None,
) -> list[Path]:
    """Write index.LANGUAGE.html and its figures/*.LANGUAGE.svg into `folder`; returns the files written.

    runs   at least one, in the order in which they are to stand
    found  what `findings` found of them, where that is known already
    """
    if not runs:
        raise ValueError("a comparison needs at least one run")
    folder.mkdir(parents=True, exist_ok=True)
    found = found or findings([run.side for run in runs])
    written = []
    for code in languages:
        language = Language(code)
        view = comparison(runs, language, found)
        view |= pictures(runs, language, found)
        page = render("compare.html.jinja", language, other_languages=other_languages("index", code, languages), **view)
        path = folder / f"index.{code}.html"
        path.write_text(page, encoding="utf-8", newline="\n")
        shown = [view["picture"], view["differences_picture"], *(one["picture"] for one in view["explained"])]
        written += [path, *write_pictures(folder, code, [picture for picture in shown if picture is not None])]
    return written


def comparison(runs: Sequence[ComparedRun], language: Language, found: Findings | None = None) -> dict[str, Any]:
    """What text and page show: the answer, outcomes, differences and settings, runs in the order given.

    found  what `findings` found of the runs, where that is known already
    """
    code = language.code
    found = found or findings([run.side for run in runs])
    headline = tables.headline_output(runs[0].outputs)
    titles = _titles(runs, code)
    plans = {run.study.plan.title.get(code, run.study.plan.name) for run in runs if run.study.plan}
    return {
        "intro": _intro(runs, language),
        "answer": _answer(runs, titles, headline, language),
        "plan": plans.pop() if len(plans) == 1 else "",
        "runs": [
            {
                "name": run.name,
                "title": title,
                "link": None if run.link is None else f"{quote(run.link)}/report.{code}.html",
            }
            for run, title in zip(runs, titles, strict=True)
        ],
        "rows": _rows(runs, headline, language),
        "differences": [
            differences_view(one, (titles[0], title), _figures(runs, headline), language)
            for one, title in zip(found.differences, titles[1:], strict=True)
        ],
        "changes": changes_view(found.changes, [run.study for run in runs], language),
        "explained": explained_views(found.explained, titles, language),
        "settings": _settings(runs, language),
    }


def pictures(runs: Sequence[ComparedRun], language: Language, found: Findings) -> dict[str, Any]:
    """The page's figures, by the name they have in its view."""
    headline = tables.headline_output(runs[0].outputs)
    titles = _titles(runs, language.code)
    ranges = [(title, _drawn(run, headline)) for title, run in zip(titles, runs, strict=True)]
    unit = runs[0].outputs[headline].unit
    apart: Picture | None = differences_picture(found.differences, titles, headline, unit, language)
    return {
        "picture": whisker_picture(language, "comparison", ranges, headline, unit),
        "differences_picture": apart,
        "explained": explained_views(found.explained, titles, language, draw=True),
    }


def _intro(runs: Sequence[ComparedRun], language: Language) -> str:
    """How to read the page, with the level of the intervals or where to find it."""
    levels = {run.level for run in runs}
    return (
        language("compare.intro", level=language.level(levels.pop()))
        if len(levels) == 1
        else language("compare.levels")
    )


def _titles(runs: Sequence[ComparedRun], code: str) -> list[str]:
    """The studies' titles, with the run's name where two runs are of one study."""
    titles = [run.study.title.get(code, run.study.name) for run in runs]
    return [f"{t} ({run.name})" if titles.count(t) > 1 else t for t, run in zip(titles, runs, strict=True)]


def _drawn(run: ComparedRun, headline: str) -> dict[str, Statistic]:
    """The statistics that the figure draws: the mean alone where nothing varies."""
    names = ("p05", "p25", "p50", "p75", "p95", "mean")
    found = {name: run.statistic(headline, name) for name in names}
    return {name: statistic for name, statistic in found.items() if statistic is not None}


def _answer(runs: Sequence[ComparedRun], titles: Sequence[str], headline: str, language: Language) -> str:
    """Whether the lowest and the highest chance of a positive NPV differ by more than their computing precision."""
    found = [(run.statistic(headline, "prob_positive"), k) for k, run in enumerate(runs)]
    chances = [(float(one.value), k) for one, k in found if one is not None and isinstance(one.value, float | int)]
    if headline != "npv" or len(chances) < 2:
        return ""
    (_, low), (_, high) = min(chances), max(chances, key=lambda one: one[0])
    change = _between(runs[low], runs[high], len(chances))
    bounds = change.second_less_first.ci95
    if bounds is None or float(bounds[0]) <= 0:
        return language("compare.agree")
    texts: dict[str, str] = {}
    for end, k, statistic in (("low", low, change.first), ("high", high, change.second)):
        shown = language.statistic(statistic, PERCENT, most=2)
        texts |= {end: shown.value, f"{end}_interval": shown.interval, f"{end}_name": titles[k]}
    shown = language.statistic(points(change.second_less_first), most=2)
    said = language("compare.difference_said", difference=shown.value, interval=shown.interval)
    why = reason(changes([runs[low].study, runs[high].study]), language)
    return f"{language('compare.disagree', why=why, **texts)} {said}"


def _between(low: ComparedRun, high: ComparedRun, runs: int) -> Difference:
    """The difference of two chances, at a level that allows for their being the extremes of so many runs."""
    level = 1 - 0.05 / (runs * (runs - 1) / 2)
    return differences(low.side, high.side, level=level)["npv", "prob_positive"]


def _figures(runs: Sequence[ComparedRun], headline: str) -> list[tuple[str, str, str]]:
    """(output, statistic, key of its name) of the rows shown."""
    outputs: dict[str, OutputResult] = {}
    for run in runs:
        outputs = {**run.outputs, **outputs}
    return tables.key_figures(outputs) or tables.plain_figures(outputs[headline])


def _rows(runs: Sequence[ComparedRun], headline: str, language: Language) -> list[dict[str, Any]]:
    outputs: dict[str, OutputResult] = {}
    for run in runs:
        outputs = {**run.outputs, **outputs}
    rows = []
    for output, name, key in _figures(runs, headline):
        kind, unit = outputs[output].kind, outputs[output].unit
        plain = kind == "year" or name == "prob_positive" or unit == "1" or output == "bcr"
        cells = [_cell(run, output, name, kind, language) for run in runs]
        rows.append({"label": language(key), "unit": "" if plain else language.unit(unit), "cells": cells})
    return rows


def _cell(run: ComparedRun, output: str, name: str, kind: str, language: Language) -> Shown | None:
    statistic = run.statistic(output, name)
    if statistic is not None:
        return language.statistic(statistic, style_of(kind, name))
    if name == "prob_positive" and not run.uncertain:
        return Shown(language("compare.not_there"), note=language("compare.fixed"))
    return None


def _settings(runs: Sequence[ComparedRun], language: Language) -> list[tuple[str, list[str]]]:
    """What was run, one row a setting; the options only where every run has them."""
    options = [dict(tables.options(run.study)) for run in runs]
    shared = [name for name in options[0] if all(name in found for found in options)]
    rows = [(language(f"repeat.{name}"), [str(found[name]) for found in options]) for name in shared]
    sets = [", ".join(m.set.title.get(language.code, m.set.name) for m in run.study.sets) for run in runs]
    rows.append((language("sets.set"), [text or language("compare.not_there") for text in sets]))
    rows.append((language("compare.dependence"), [_dependence(run, language) for run in runs]))
    if len({run.level for run in runs}) > 1:
        rows.append((language("compare.level"), [language.level(run.level) for run in runs]))
    for name, show in (("draws", True), ("replicates", True), ("seed", False)):
        values = [run.summary[name] for run in runs]
        rows.append((language(f"repeat.{name}"), [language.number(v, 0) if show else str(v) for v in values]))
    return rows


def _dependence(run: ComparedRun, language: Language) -> str:
    """How the inputs were drawn together."""
    if not run.uncertain:
        return language("compare.not_there")
    return language("compare.correlated" if run.summary.get("correlations") else "compare.independent")
