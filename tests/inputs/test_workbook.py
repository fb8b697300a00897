"""An assumptions workbook: what was written is read back, and an edit changes what was edited alone."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from mcengine.families import distribution
from mcengine.inputs.assumptions import Correlation
from mcengine.inputs.catalog import assumption_sets
from mcengine.inputs.set_study import study_of_set
from mcengine.inputs.study import Study, load_study
from mcengine.inputs.texts import Text, said
from mcengine.report.template import template_bytes
from tests.inputs.conftest import Folder, faults_of
from tests.inputs.workbooks import HEAD, edited, put, row_of, written

PLAN_STUDIES = ("replica", "plan_centred", "evidence", "sceptical", "annex98", "horizon2050", "pipeline")


def same_but_sources(first: Study, second: Study) -> bool:
    return replace(first, sources=()) == replace(second, sources=())


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("name", PLAN_STUDIES)
def test_every_bundled_study_comes_back_whole(name: str, language: str, tmp_path: Path) -> None:
    path = tmp_path / "my.xlsx"
    path.write_bytes(written(name, language))
    study, back = load_study(name), load_study(path)
    assert [member.set for member in back.sets] == [member.set for member in study.sets]
    assert same_but_sources(back, study)
    assert next(file for file, _ in back.sources) == str(path)


@pytest.mark.parametrize("name", assumption_sets())
def test_every_bundled_set_comes_back_whole(name: str, tmp_path: Path) -> None:
    study, path = study_of_set(name), tmp_path / "my.xlsx"
    path.write_bytes(template_bytes(study, tmp_path, "nl"))
    assert load_study(path).sets == study.sets
    assert study.sets[0].set.name == name


def test_a_resolved_study_stands_without_the_workbook(tmp_path: Path) -> None:
    path = tmp_path / "my.xlsx"
    path.write_bytes(written("sceptical"))
    study = load_study(path)
    path.unlink()
    assert Study.from_resolved(study.resolved(), "study.toml") == study


FAMILY_ROWS: list[tuple[str, dict[str, Any], tuple[float, float] | None]] = [
    ("constant", {"value": 0.1 + 0.2}, None),
    ("uniform", {"low": 1e-300, "high": 0.7}, None),
    ("triangular", {"low": 0, "mode": 0.1, "high": 1}, None),
    ("pert", {"low": 0, "mode": 0.1, "high": 1, "lambda": 6.5}, None),
    ("normal", {"mean": 1 / 3, "sd": 0.1}, (0.0, 1.0)),
    ("lognormal", {"median": 0.2, "log_sd": 0.3}, (0.0, 0.5)),
    ("lognormal", {"p_low": 0.05, "x_low": 0.1, "p_high": 0.95, "x_high": 0.3}, (float("-inf"), 1.0)),
    ("beta", {"mean": 0.3, "n": 12}, None),
    ("beta", {"a": 2, "b": 5.5}, (0.0, float("inf"))),
    ("empirical", {"values": [0.1, 0.25, 0.2]}, None),
    ("discrete", {"values": [0, 0.5], "weights": [0.25, 0.75]}, None),
]


@pytest.mark.parametrize(("family", "parameters", "truncate"), FAMILY_ROWS)
@pytest.mark.parametrize("weight", [None, 0.25, 0.9])
def test_every_family_comes_back_alone_and_mixed_with_zero(
    family: str, parameters: dict[str, Any], truncate: tuple[float, float] | None, weight: float | None, tmp_path: Path
) -> None:
    part: dict[str, Any] = {"family": family, "parameters": parameters}
    part |= {} if truncate is None else {"truncate": list(truncate)}
    if weight is not None:
        zero = {"weight": weight, "family": "constant", "parameters": {"value": 0}}
        family, truncate = "mixture", None
        parameters = {"components": [zero, {"weight": 1 - weight, **part}]}
    assert_comes_back(distribution(family, parameters, truncate=truncate), tmp_path)


def test_other_mixtures_come_back(tmp_path: Path) -> None:
    low = {"weight": 0.3, "family": "uniform", "parameters": {"low": 0.1, "high": 0.2}}
    high = {"weight": 0.7, "family": "pert", "parameters": {"low": 0.2, "mode": 0.5, "high": 1}, "truncate": [0.3, 1]}
    zero = {"weight": 0.9, "family": "constant", "parameters": {"value": 0}}
    rest = {"weight": 0.1, "family": "uniform", "parameters": {"low": 0.1, "high": 0.2}}  # 1 - 0.9 is not 0.1
    nested = {"weight": 0.1, "family": "mixture", "parameters": {"components": [low, high]}}
    for components, truncate in (([low, high], None), ([low, high], (0.15, 0.9)), ([zero, rest], None)):
        assert_comes_back(distribution("mixture", {"components": components}, truncate=truncate), tmp_path)
    assert_comes_back(distribution("mixture", {"components": [zero, nested]}), tmp_path)


def assert_comes_back(found: Any, folder: Path) -> None:
    study = load_study("evidence")
    member = study.sets[0]
    row = replace(member.set.assumptions[1], distribution=found)
    changed = (member.set.assumptions[0], row, *member.set.assumptions[2:])
    study = replace(study, sets=(replace(member, set=replace(member.set, assumptions=changed)),))
    path = folder / "my.xlsx"
    path.write_bytes(template_bytes(study, folder))
    assert load_study(path).sets[0].set.rows[row.input].distribution == found


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=2, unique=True))
def test_numbers_come_back_to_the_last_bit(values: list[float], tmp_path: Path) -> None:
    assert_comes_back(distribution("uniform", {"low": min(values), "high": max(values)}), tmp_path)


def test_settings_of_every_kind_come_back(tmp_path: Path) -> None:
    study = load_study("evidence", set=["leverage=1.2", "supply_phase1=inf"], horizon=2050, accounting="pipeline")
    study = study.overridden(luck=True)
    member = study.sets[0]
    pairs = (Correlation("leverage", "multiplier", -0.25, "M", 'a "note"; 1 = 2'),)
    member = replace(member, set=replace(member.set, name="own", copula="t", copula_dof=4.5, correlations=pairs))
    analyses = MappingProxyType(
        {"methods": ("sobol", "tornado"), "output": "npv", "sobol": MappingProxyType({"n": 64})}
    )
    study = replace(
        study, sets=(member,), correlations=False, outputs=("cash_flow[2030]", "jobs[2035]"), sensitivity=analyses
    )
    for language in ("en", "nl"):
        path = tmp_path / f"{language}.xlsx"
        path.write_bytes(template_bytes(study, tmp_path, language))
        assert same_but_sources(load_study(path), study)


def test_a_plan_of_ones_own_is_named_from_the_workbooks_folder(folder: Folder) -> None:
    study = load_study(folder.path / "study.toml")
    below = folder.path / "below"
    below.mkdir()
    (below / "my.xlsx").write_bytes(template_bytes(study, below))
    back = load_study(below / "my.xlsx")
    assert same_but_sources(replace(back, sets=study.sets), study)
    sheet = load_workbook(below / "my.xlsx")["study"]
    assert sheet.cell(row_of(sheet, "plan"), 2).value == "../plan.toml"


def test_what_a_workbook_cannot_hold_is_refused(tmp_path: Path) -> None:
    (fault,) = faults_of(lambda: template_bytes(load_study("textbook/ishigami"), tmp_path))
    assert fault.key == "model"
    study = load_study("evidence")
    pool = replace(study, sets=tuple(replace(study.sets[0], weight=0.5) for _ in range(2)))
    (fault,) = faults_of(lambda: template_bytes(pool, tmp_path))
    assert "pools several sets" in fault.rule


@pytest.mark.parametrize("language", ["en", "nl"])
def test_texts_keep_both_languages_through_a_workbook_in_either(language: str, tmp_path: Path) -> None:
    study = load_study("sceptical")
    path = tmp_path / "my.xlsx"
    path.write_bytes(template_bytes(study, tmp_path, language))
    assert load_study(path).sets[0].set.assumptions == study.sets[0].set.assumptions
    assert load_study(path).sets[0].set.correlations == study.sets[0].set.correlations
    book = load_workbook(path)
    sheet = book[{"en": "assumptions", "nl": "aannamen"}[language]]
    own, other = {"en": ("note", "note (Dutch)"), "nl": ("toelichting", "toelichting (Engels)")}[language]
    heads = [cell.value for cell in sheet[3]]
    old = study.sets[0].set.rows["nl_share"].evidence.note
    cells = [sheet.cell(row_of(sheet, "nl_share"), heads.index(name) + 1) for name in (own, other)]
    code = {"en": "nl", "nl": "en"}[language]
    assert [cell.value for cell in cells] == [said(old, language), said(old, code)]
    for values, texts in (
        (("new", "nieuw"), {language: "new", code: "nieuw"}),
        (("new", None), {"en": "new", "nl": "new"}),
        ((None, "nieuw"), {"en": "nieuw", "nl": "nieuw"}),
    ):
        for cell, value in zip(cells, values, strict=True):
            cell.value = value
        book.save(path)
        note = load_study(path).sets[0].set.rows["nl_share"].evidence.note
        assert {key: said(note, key) for key in texts} == texts


def test_an_edit_changes_what_was_edited_and_nothing_else(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        sheet = book["assumptions"]
        put(sheet, row_of(sheet, "labour_share"), high=0.6, date=datetime.datetime(2026, 12, 1), note=" new ")
        put(
            sheet,
            row_of(sheet, "mcpf"),
            family="PERT ",
            low="1",
            mode=" 1.25 ",
            high=1.5,
            unit="EUR welfare / EUR outlay",
        )
        put(sheet, row_of(sheet, "mcpf"), source="me", confidence="J", owner="me", date="2026-12-01")
        book["study"].append(["leverage", 1.5])

    before, after = load_study("evidence"), load_study(edited(tmp_path / "my.xlsx", edit))
    old, new = before.sets[0].set, after.sets[0].set
    assert dict(after.fixed) == {"leverage": 1.5}
    assert list(new.rows) == [*old.rows, "mcpf"]
    assert {name for name in old.rows if old.rows[name] != new.rows[name]} == {"labour_share"}
    row = new.rows["labour_share"]
    dutch = said(old.rows["labour_share"].evidence.note, "nl")
    assert (row.distribution.text, row.evidence.note) == ("PERT(0.22, 0.28, 0.6)", Text("new", dutch))
    assert row.evidence.date == "2026-12-01"
    assert new.rows["mcpf"].distribution.text == "PERT(1, 1.25, 1.5)"
    assert same_but_sources(replace(after, fixed=before.fixed, sets=before.sets), before)


def test_a_row_taken_over_counts_as_such_until_it_is_changed(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        sheet = book["assumptions"]
        put(sheet, row_of(sheet, "leverage"), median=1.25)
        put(sheet, row_of(sheet, "labour_share"), same_as_set="a set of ours")

    rows = load_study(edited(tmp_path / "my.xlsx", edit, "pipeline")).sets[0].set.rows
    assert rows["leverage"].like is None
    assert rows["structural_share"].like == "evidence"
    assert rows["labour_share"].like == "a set of ours"


def test_what_people_do_in_excel_is_no_fault(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        sheet = book["assumptions"]
        sheet.insert_rows(7, 2)
        sheet.move_range("T3:T80", cols=12)  # the source, to the far right
        for row in range(HEAD, 81):
            sheet[f"T{row}"] = f"# remark {row}"
        sheet.column_dimensions["P"].hidden = True
        sheet.row_dimensions[6].hidden = True
        sheet["AF3"] = " Source "
        sheet["F3"], sheet["E3"] = "FAMILY", "plan’s value"
        sheet["A4"] = "leverage\N{NO-BREAK SPACE} "
        sheet["U3"] = "vindplaats"  # the Dutch name among English ones
        sheet.insert_rows(1)
        sheet.merge_cells("A1:H1")
        book.create_sheet("scratch", 0)["A1"] = "=1/0"
        book["correlations"].title = "Correlations "
        book["study"].cell(book["study"].max_row + 3, 1).value = "   "

    study = load_study("evidence")
    assert load_study(edited(tmp_path / "my.xlsx", edit)).sets == study.sets
