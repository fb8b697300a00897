"""The assumptions template through LibreOffice: what was edited changes and nothing else; faults come by cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from mcengine.cli.main import main
from mcengine.inputs.resolved import study_data
from mcengine.inputs.study import Study, load_study
from tests.inputs.workbooks import put, row_of, setting
from tests.workbook.conftest import DRAWS, SEED, TEMPLATES, Edited, Office

Saved = Callable[..., Path]
Facts = dict[str, Any]


def facts(study: Study) -> Facts:
    """Everything that a resolved study says, by the way to it; rows of lists by their input, pair or name."""

    def below(path: str, data: Any) -> Facts:
        if isinstance(data, Mapping):
            parts = {f"{path}.{key}": part for key, part in data.items()}
        elif isinstance(data, list) and any(isinstance(part, Mapping) for part in data):
            parts = {f"{path}[{_name(part, place)}]": part for place, part in enumerate(data)}
        else:
            return {path: data}
        return {key: value for name, part in parts.items() for key, value in below(name, part).items()}

    return below("", {key: part for key, part in study_data(study).items() if key != "sources"})


def _name(part: Any, place: int) -> str:
    if not isinstance(part, Mapping):
        return str(place)
    between = part.get("between")
    return str(part.get("input") or (" ~ ".join(between) if between else place))


def changes(before: Study, after: Study) -> dict[str, tuple[Any, Any]]:
    """What differs between two studies: the way to it, and both values; None where one says nothing."""
    old, new = facts(before), facts(after)
    keys = sorted(old.keys() | new.keys())
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, output and error messages of one command, which is no traceback."""
    capsys.readouterr()
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


@pytest.mark.parametrize(("study", "language"), TEMPLATES)
def test_saved_unchanged_it_is_the_study(study: str, language: str, saved: Saved) -> None:
    before, after = load_study(study), load_study(saved(study, language))
    assert changes(before, after) == {}
    assert replace(after, sources=()) == replace(before, sources=())
    assert len(facts(after)) > 1000


def test_saved_unchanged_it_runs_to_the_same_digest(saved: Saved, capsys: pytest.CaptureFixture[str]) -> None:
    digests = []
    for study in (saved("evidence", "nl"), "evidence"):
        code, out, _ = answer(capsys, "run", study, "--draws", DRAWS, "--seed", SEED, "--json", "--quiet")
        assert code == 0
        digests.append(json.loads(out)["digest"])
    assert digests[0] == digests[1]


def test_sheets_lists_and_marks_stay(saved: Saved, templates: dict[tuple[str, str], Path]) -> None:
    names = {
        "en": ["read me", "study", "assumptions", "correlations"],
        "nl": ["lees mij", "studie", "aannamen", "samenhang"],
    }
    for (study, language), path in templates.items():
        before, after = load_workbook(path), load_workbook(saved(study, language))
        assert before.sheetnames == after.sheetnames == names[language]
        for old, new in zip(before.worksheets[1:], after.worksheets[1:], strict=True):
            assert old.freeze_panes == "B4"  # without windows LibreOffice saves no view, so not of the other
            assert new.dimensions == old.dimensions
        old, new = (book[names[language][2]] for book in (before, after))
        lists = [rule for rule in new.data_validations.dataValidation if rule.type == "list"]
        assert any("lognormal" in str(rule.formula1) for rule in lists)
        marks = [rule for area in new.conditional_formatting for rule in area.rules]
        assert len(marks) == len([rule for area in old.conditional_formatting for rule in area.rules]) > 5


def _parameter(book: Any) -> None:
    sheet = book["assumptions"]
    put(sheet, row_of(sheet, "leverage"), median=1.25)


def _family(book: Any) -> None:
    sheet = book["assumptions"]
    put(sheet, row_of(sheet, "labour_share"), family="uniform", low=0.2, mode=None)


def _fixed(book: Any) -> None:
    book["study"].append(["mcpf", 1.25])


def _correlation(book: Any) -> None:
    book["correlations"]["C4"] = 0.45


def _new_pair(book: Any) -> None:
    row = 4
    while book["correlations"].cell(row, 1).value is not None:
        row += 1
    for column, value in enumerate(("tax_burden", "labour_share", -0.2, "J", "both follow the economy"), start=1):
        book["correlations"].cell(row, column).value = value


def _option(book: Any) -> None:
    setting(book, "horizon", 2045)


def _title(book: Any) -> None:
    setting(book, "title (English)", "My own view")


ROW = ".sets[0].assumptions"
EDITS: list[tuple[Callable[[Any], None], dict[str, tuple[Any, Any]]]] = [
    (_parameter, {f"{ROW}[leverage].parameters.median": (1, 1.25)}),
    (
        _family,
        {
            f"{ROW}[labour_share].family": ("pert", "uniform"),
            f"{ROW}[labour_share].parameters.low": (0.22, 0.2),
            f"{ROW}[labour_share].parameters.mode": (0.28, None),
        },
    ),
    (_fixed, {".fixed.mcpf": (None, 1.25)}),
    (_correlation, {".sets[0].correlations[success_discovery ~ success_preclinical].rho": (0.3, 0.45)}),
    (
        _new_pair,
        {
            f".sets[0].correlations[tax_burden ~ labour_share].{key}": (None, value)
            for key, value in {
                "between": ["tax_burden", "labour_share"],
                "rho": -0.2,
                "confidence": "J",
                "note": "both follow the economy",
            }.items()
        },
    ),
    (_option, {".options.horizon": (2035, 2045)}),
    (_title, {".title.en": ("Evidence", "My own view")}),
]


@pytest.mark.parametrize(("edit", "expected"), EDITS, ids=[edit.__name__[1:] for edit, _ in EDITS])
def test_an_edit_changes_that_and_nothing_else(
    edit: Callable[[Any], None], expected: dict[str, tuple[Any, Any]], edited: Edited
) -> None:
    assert changes(load_study("evidence"), load_study(edited(edit))) == expected


def test_rows_that_are_empty_or_moved_change_nothing(edited: Edited) -> None:
    def edit(book: Any) -> None:
        sheet = book["assumptions"]
        sheet.insert_rows(9)
        sheet.insert_rows(5, 2)
        book["study"].insert_rows(8)
        book["correlations"].insert_rows(6)

    assert changes(load_study("evidence"), load_study(edited(edit))) == {}


def test_the_edited_workbook_runs(edited: Edited, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = answer(capsys, "run", edited(_fixed), "--draws", DRAWS, "--seed", SEED, "--json", "--quiet")
    assert (code, err) == (0, "")
    words = ("run", "evidence", "--set", "mcpf=1.25", "--draws", DRAWS, "--seed", SEED, "--json", "--quiet")
    assert json.loads(out)["digest"] == json.loads(answer(capsys, *words)[1])["digest"]


def _fault(**cells: Any) -> Callable[[Any], None]:
    """Cells of the row of labour_share changed, by heading."""
    return lambda book: put(book["assumptions"], row_of(book["assumptions"], "labour_share"), **cells)


def _without(title: str) -> Callable[[Any], None]:
    return lambda book: book.remove(book[title])


def _no_name(book: Any) -> None:
    sheet = book["assumptions"]
    sheet.cell(row_of(sheet, "labour_share"), 1).value = None


FAULTS: list[tuple[str, Callable[[Any], None], str, str]] = [
    ("text in a number cell", _fault(low="about a fifth"), "assumptions!I6 = 'about a fifth'", "must be a number"),
    ("misspelt family", _fault(family="uniforn"), "assumptions!F6 = 'uniforn'", "did you mean 'uniform'"),
    ("missing sheet", _without("correlations"), "correlations", "there is no sheet of this name"),
    ("removed column", lambda b: b["assumptions"].delete_cols(6), "assumptions!3:3", "the column 'family'"),
    ("low above high", _fault(low=0.9), "assumptions!K6 = 0.65", "must lie above low = 0.9"),
    ("decimal comma", _fault(low="0,22"), "assumptions!I6 = '0,22'", "or write 0.22"),
    ("formula without value", _fault(low="=0.1*2"), "assumptions!I6 = '=0.1*2'", "is a formula without a value"),
    ("no name", _no_name, "assumptions!A6", "the row names no input"),
    ("correlation of 2", lambda b: b["correlations"].__setitem__("C4", 2), "correlations!C4 = 2", "-1"),
    ("no such option", lambda b: setting(b, "horizon", "soon"), "study!B10 = 'soon'", "number"),
]


@pytest.mark.parametrize(("edit", "place", "words"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_a_fault_is_one_message_by_sheet_and_cell(
    edit: Callable[[Any], None],
    place: str,
    words: str,
    edited: Edited,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    path = edited(edit)
    for command in ("check", "run"):
        code, out, err = answer(capsys, command, path)
        assert (code, out) == (2, "")
        assert f"{path}: {place}" in err
        assert words in err
        assert err.count(f"{path}: ") == 1, err


def test_a_formula_counts_once_libreoffice_saved_it(office: Office, edited: Edited, tmp_path: Path) -> None:
    path = edited(_fault(low="=0.1*2", note='="see "&T6'))
    (again,) = office.saved([path], tmp_path / "again")
    found = changes(load_study("evidence"), load_study(again))
    assert set(found) == {f"{ROW}[labour_share].parameters.low", f"{ROW}[labour_share].note.en"}
    assert found[f"{ROW}[labour_share].parameters.low"] == (0.22, 0.2)
    source = load_study("evidence").sets[0].set.rows["labour_share"].evidence.source
    assert found[f"{ROW}[labour_share].note.en"][1] == f"see {source}"


def test_saved_in_libreoffices_own_format_it_says_what_to_do(
    office: Office, templates: dict[tuple[str, str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = office.saved([templates["evidence", "nl"]], tmp_path, "ods")
    for command in ("check", "run"):
        code, out, err = answer(capsys, command, path)
        assert (code, out) == (2, "")
        assert "LibreOffice's own format" in err
        assert "save it as .xlsx" in " ".join(err.split())
