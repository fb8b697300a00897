"""The sections of the HTML report: each builder turns a run into what its template shows, or None to skip it.

A new section is one builder in `SECTIONS` and one template `templates/sections/NAME.html.jinja`; its title is
`section.NAME` in words.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mcengine.analysis.result import OutputResult
from mcengine.inputs.catalog import studies
from mcengine.inputs.study import Study, load_study
from mcengine.inputs.texts import said
from mcengine.report import tables
from mcengine.report.answer import headline
from mcengine.report.beside import cash_flows, side_by_side
from mcengine.report.context import Context, View
from mcengine.report.dependence import dependence
from mcengine.report.drivers import drivers
from mcengine.report.language import Language
from mcengine.report.names import foreign, set_title
from mcengine.report.outcome import distribution, sets, years
from mcengine.report.pipeline import pipeline
from mcengine.report.review import enough, evidence, not_counted, sign_off
from mcengine.report.stopping import stopping
from mcengine.report.varied import variants


def published(context: Context) -> View | None:
    """Published figures beside the computed ones: a table by year, and a list of the single figures."""
    found, language = context.published, context.language
    if found is None:
        return None
    grid: dict[str, dict[int | None, View]] = {}
    for row in found.rows:
        figure = row.figure
        percent = figure.unit in ("share", "1/year")
        write = language.percent if percent else language.number
        decimals = max(figure.decimals - 2 if percent else figure.decimals, 0)
        grid.setdefault(figure.quantity, {})[figure.year] = {
            "published": write(figure.value, decimals),
            "computed": write(row.rounded, decimals),
            "matches": row.matches,
            "label": language.label(figure.quantity),
            "year": figure.year,
            "unit": "" if percent or figure.unit == figure.quantity else context.unit(figure.unit),
            "source": context.said(figure.source),
        }
    by_year = {name: cells for name, cells in grid.items() if len(cells) > 1}
    years = sorted({year for cells in by_year.values() for year in cells if year is not None})
    total, study = len(found.rows), found.evaluation.study.name
    key = "published.all" if found.matching == total else "published.some"
    others = "".join(_other_figures(context, study))
    return {
        "intro": language("published.intro", study=study),
        "other": "" if found.own else language("published.other", study=study),
        "verdict": language(key, total=total, matching=found.matching, others=others),
        "years": years,
        "by_year": [[cells.get(year) for year in years] for cells in by_year.values()],
        "labels": [next(iter(cells.values())) for cells in by_year.values()],
        "single": [cell for name, cells in grid.items() if name not in by_year for cell in cells.values()],
    }


def _other_figures(context: Context, study: str) -> Iterator[str]:
    """How many of the plan's figures other studies compare, by study."""
    plan, language = context.result.study.plan, context.language
    names = [] if plan is None else [figure.study for figure in plan.published if figure.study not in ("", study)]
    for name in dict.fromkeys(names):
        title = load_study(name).title.get(language.code, name) if name in studies() else name
        yield language("published.others", count=names.count(name), title=title, study=name)


def statistics(context: Context) -> View | None:
    """Every statistic of every output: at most four outputs beside each other, years apart."""
    if not context.uncertain:
        return None
    outputs = list(context.result.outputs.values())
    plain = [output for output in outputs if output.kind != "year"]
    groups = [plain[k : k + 4] for k in range(0, len(plain), 4)]
    return {
        "intro": context.language("statistics.intro", level=context.level),
        "tables": [_matrix(context, group) for group in groups],
        "years": [_matrix(context, [output]) for output in outputs if output.kind == "year"],
    }


def _matrix(context: Context, outputs: Sequence[OutputResult]) -> View:
    language = context.language
    names = list(dict.fromkeys(name for output in outputs for name in output.statistics))
    heads = []
    for output in outputs:
        unit = context.unit(output.unit) if output.name == "bcr" else context.unit_of(output)
        heads.append({"label": language.label(output.name), "unit": unit})
    rows = [
        {
            "label": language(f"statistics.{name}{_of_npv(name, outputs)}"),
            "cells": [None if (o.name, name) in tables.UNINTERESTING else context.shown(o, name) for o in outputs],
        }
        for name in names
    ]
    return {"heads": heads, "rows": rows}


def _of_npv(name: str, outputs: Sequence[OutputResult]) -> str:
    """The ending of the words for a statistic that is named otherwise of the NPV, of which low is bad."""
    return "_npv" if name == "expected_shortfall_05" and any(output.name == "npv" for output in outputs) else ""


def inconsistencies(context: Context) -> View | None:
    """What does not add up in the plan, and what only seems not to."""
    plan, code = context.result.study.plan, context.language.code
    if plan is None or not (plan.inconsistencies or plan.remarks):
        return None
    rows, remarks = (
        [(item.text.get(code, item.text.get("en", "")), context.said(item.locator)) for item in items]
        for items in (plan.inconsistencies, plan.remarks)
    )
    return {"rows": rows, "remarks": remarks}


def assumptions(context: Context) -> View:
    """The assumptions log: one table a set, every input in it."""
    language, study = context.language, context.result.study
    rows = tables.assumption_rows(study)
    groups: dict[str, View] = {}
    for row in rows:
        name = "" if row.set is None else row.set.name
        group = groups.setdefault(name, {"title": _set_title(context, row, len(study.sets)), "rows": []})
        group["rows"].append(_assumption(language, row, study))
    weak = [spec.label.get(language.code, spec.name) for spec in tables.weakly_founded(rows)]
    return {
        "groups": list(groups.values()),
        "weak": language("assumptions.weak", names=", ".join(weak)) if weak else "",
    }


def _set_title(context: Context, row: tables.AssumptionRow, count: int) -> str:
    language = context.language
    if row.set is None:
        return language("assumptions.none")
    title = context.set_titles[row.set.name]
    if count > 1 and row.weight is not None:
        return language("assumptions.set_weight", title=title, weight=language.percent(row.weight, 1))
    return language("assumptions.set", title=title)


def _assumption(language: Language, row: tables.AssumptionRow, study: Study) -> View:
    spec, own = row.spec, row.row
    if own is not None and row.fixed is None:
        assumed = language.distribution(own.distribution.text)
    else:
        assert row.fixed is not None
        assert row.by is not None
        assumed = language(f"assumptions.{row.by}", value=language.plain(row.fixed))
    view: View = {
        "label": spec.label.get(language.code, spec.name),
        "name": spec.name,
        "plan": language.plain(spec.value),
        "unit": "" if spec.unit == "1" else language.unit(spec.unit),
        "assumed": assumed,
        "fixed": row.fixed is not None,
        **_source(language, spec.source, spec.locator),
        "confidence": "",
        "confidence_text": "",
        "note": "",
        "owner": "",
        "like": "",
    }
    if own is None:
        return view if row.by != tables.STUDY else view | {"source": "", "locator": ""}
    evidence = own.evidence
    return view | {
        **_source(language, evidence.source, evidence.locator),
        "confidence": evidence.confidence,
        "confidence_text": language(f"assumptions.{evidence.confidence}"),
        "note": said(evidence.note, language.code),
        "note_in": foreign(evidence.note, language),
        "owner": language("assumptions.owner", owner=evidence.owner, date=evidence.date),
        "like": language("assumptions.taken_over", set=set_title(own.like, study, language)) if own.like else "",
    }


def _source(language: Language, source: str, locator: str) -> View:
    """A source and the place in it, each with the language to mark it with."""
    code = language.code
    return {
        "source": said(source, code),
        "source_in": foreign(source, language),
        "locator": said(locator, code),
        "locator_in": foreign(locator, language),
    }


def notes(context: Context) -> View | None:
    """The engine's notes on the computation and its doubts about the assumptions."""
    result, further = context.result, context.pack.notes
    if not (result.notes or result.warnings or further):
        return None
    return {
        "warnings": [context.note(text) for text in result.warnings],
        "notes": [context.note(text) for text in (*result.notes, *further)],
    }


def repeat(context: Context) -> View:
    """What was run, and how to run it again."""
    result, language = context.result, context.language
    verify, again = tables.commands(result)
    rows = [
        ("page.study", result.study.name),
        *((f"repeat.{name}", language.value(value)) for name, value in tables.options(result.study)),
        ("repeat.seed", str(result.seed)),
        ("repeat.draws", language.number(result.draws, 0)),
        ("repeat.replicates", language.number(result.replicates, 0)),
        ("repeat.sampler", language.value(result.sampler)),
        *([("repeat.until", result.stopping.asked)] if result.stopping else []),
        ("repeat.version", tables.version()),
        ("repeat.digest", result.digest),
    ]
    return {
        "rows": [(language(key), value) for key, value in rows],
        "verify": verify,
        "again": again,
        "sources": list(result.study.sources),
    }


SECTIONS: tuple[tuple[str, Callable[[Context], View | None]], ...] = (
    ("headline", headline),
    ("side_by_side", side_by_side),
    ("sets", sets),
    ("pipeline", pipeline),
    ("published", published),
    ("cash_flows", cash_flows),
    ("distribution", distribution),
    ("drivers", drivers),
    ("variants", variants),
    ("years", years),
    ("statistics", statistics),
    ("inconsistencies", inconsistencies),
    ("not_counted", not_counted),
    ("evidence", evidence),
    ("assumptions", assumptions),
    ("dependence", dependence),
    ("enough", enough),
    ("stopping", stopping),
    ("notes", notes),
    ("repeat", repeat),
    ("sign_off", sign_off),
)
"""The report's sections in their order: name, builder."""
