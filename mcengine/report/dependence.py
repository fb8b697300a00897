"""The section on how inputs move together: rank correlations asked for, used, and found in the draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from mcengine.analysis.variant_choices import CORRELATIONS, OFF, ON
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.texts import said
from mcengine.report import tables
from mcengine.report.context import Context, View
from mcengine.report.language import PERCENT, Language
from mcengine.report.names import foreign

if TYPE_CHECKING:
    from mcengine.analysis.correlations import RankCorrelation
    from mcengine.analysis.result import Result
    from mcengine.inputs.study import Study

FULL = 1.0 - 1e-9  # an attainable correlation from here on counts as 1


@dataclass(frozen=True)
class PairRow:
    """One correlated pair of inputs in one assumption set, with the grounds the set gives for it.

    shift  used - target of a pair that a repair of the matrix moved, else None
    """

    pair: RankCorrelation
    first: InputSpec
    second: InputSpec
    shift: float | None
    confidence: str
    note: str


def pair_rows(result: Result) -> list[PairRow]:
    """Every pair of the run in the order of summary.json."""
    specs = {spec.name: spec for spec in result.study.inputs}
    stated = {(m.set.name, c.first, c.second): c for m in result.study.sets for c in m.set.correlations}
    rows = []
    for pair in result.correlations:
        grounds = stated[pair.set, pair.first, pair.second]
        shift = None if pair.used == pair.target else pair.used - pair.target
        rows.append(PairRow(pair, specs[pair.first], specs[pair.second], shift, grounds.confidence, grounds.note))
    return rows


def unused_pairs(study: Study) -> int:
    """How many stated correlations of inputs that vary a study with independent draws leaves out."""
    count = 0
    for g, member in enumerate(study.sets):
        varies = {spec.name for spec in study.inputs if not study.marginal(g, spec.name).is_constant}
        count += sum(c.rho != 0.0 and {c.first, c.second} <= varies for c in member.set.correlations)
    return count


def dependence(context: Context) -> View | None:
    """Target, used and achieved rank correlation of every pair; or that the draws are independent."""
    if not context.uncertain:
        return None
    result, language = context.result, context.language
    rows = pair_rows(result)
    if not rows:
        unused = 0 if result.study.correlations else unused_pairs(result.study)
        intro = language("dependence.off", count=unused) if unused else language("dependence.none")
        remarks = _without(context) if unused else []
        return {"intro": intro, "remarks": remarks, "groups": [], "atoms": False, "commands": ()}
    from mcengine.analysis.correlations import DRAWS, REPLICATES

    atoms = any(abs(row.pair.attainable) < FULL for row in rows)
    draws = language.number(REPLICATES * DRAWS, 0)
    remarks = [language("dependence.measured", draws=draws), _copulas(context)]
    if len(result.study.sets) > 1:
        remarks[0] += f" {language('dependence.shared')}"
    if any(row.shift is not None for row in rows):
        remarks.append(language("dependence.repaired"))
    if atoms:
        remarks.append(language("dependence.atoms"))
    remarks += _without(context)
    return {
        "intro": language("dependence.intro"),
        "remarks": remarks,
        "groups": _groups(context, rows),
        "atoms": atoms,
        "commands": tables.independent_commands(result),
    }


def _without(context: Context) -> list[str]:
    """What the run says with its correlations and without, where both have been computed."""
    language, found = context.language, context.pack.variants
    rows = {} if found is None else {str(row.value): row for row in found.of(CORRELATIONS)}
    if found is None or len(rows) < 2:
        return []
    texts = {"unit": context.unit(found.unit)}
    for key, row in rows.items():
        chance, mean = language.statistic(row.chance, PERCENT, most=2), language.statistic(row.mean, most=0)
        texts |= {key: chance.value, f"{key}_interval": chance.interval}
        texts |= {f"{key}_mean": mean.value, f"{key}_mean_interval": mean.interval}
    return [language(f"dependence.{OFF if rows[ON].own else ON}_chance", **texts)]


def _copulas(context: Context) -> str:
    """The shape of the dependence of each set that states some, named where there are several."""
    language, texts = context.language, []
    used = {pair.set for pair in context.result.correlations}
    for member in context.result.study.sets:
        chosen = member.set
        if chosen.name not in used:
            continue
        dof = chosen.copula_dof
        text = language("dependence.normal") if dof is None else language("dependence.t", dof=language.plain(dof))
        texts.append((context.set_titles[chosen.name], text))
    different = list(dict.fromkeys(text for _, text in texts))
    return different[0] if len(different) == 1 else " ".join(f"{title}: {text}" for title, text in texts)


def _groups(context: Context, rows: Sequence[PairRow]) -> list[View]:
    """One table a set; in it one block for each run of pairs on the same grounds."""
    groups = []
    several = len(context.result.study.sets) > 1
    for name, of_set in groupby(rows, key=lambda row: row.pair.set):
        title = context.language("assumptions.set", title=context.set_titles[name]) if several else ""
        groups.append({"title": title, "blocks": _blocks(context.language, list(of_set))})
    return groups


def _blocks(language: Language, rows: Sequence[PairRow]) -> list[View]:
    blocks = []
    for (confidence, note), pairs in groupby(rows, key=lambda row: (row.confidence, row.note)):
        block = {"confidence": confidence, "confidence_text": language(f"assumptions.{confidence}")}
        block |= {"note": said(note, language.code), "note_in": foreign(note, language)}
        blocks.append(block | {"rows": [_row(language, row) for row in pairs]})
    return blocks


def _row(language: Language, row: PairRow) -> View:
    pair, names = row.pair, [spec.label.get(language.code, spec.name) for spec in (row.first, row.second)]
    used, moved = language.plain(pair.used), ""
    if row.shift is not None:
        used, moved = language.number(pair.used, 3), language("dependence.moved", shift=language.signed(row.shift, 3))
    return {
        "inputs": " – ".join(names),
        "target": language.plain(pair.target),
        "used": used,
        "moved": moved,
        "achieved": language.statistic(pair.achieved, most=3),
        "attainable": language.number(pair.attainable, 3) if abs(pair.attainable) < FULL else "",
    }
