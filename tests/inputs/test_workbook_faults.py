"""What can be wrong with an assumptions workbook: each fault is named by its cell, all of them at once."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.formula import ArrayFormula

from mcengine.errors import InputError
from mcengine.inputs.catalog import SPREADSHEETS
from mcengine.inputs.study import load_study
from mcengine.inputs.workbook_cells import as_number
from tests.inputs.conftest import faults_of
from tests.inputs.workbooks import edited, faults, put, row_of, setting, written


def test_faults_of_the_cells_all_at_once(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        sheet = book["assumptions"]
        put(sheet, 4, **{"plan's_value": 3})
        put(sheet, 5, chance_of_0=1.5)
        put(sheet, 6, low="0,25")
        put(sheet, 7, low="1.000")
        put(sheet, 8, mode="10%")
        put(sheet, 9, high=datetime.datetime(2026, 5, 1))
        put(sheet, 10, family="prt")
        put(sheet, 11, **{"source": None, "source_(Dutch)": None})
        put(sheet, 12, confidence="X", unit="EUR mln")
        put(sheet, 13, date="23-11-2026", note="=A1&B1", other_parameters="lamda = 2")
        put(sheet, 14, mode=9)
        put(sheet, 15, low="#REF!", mode=None)
        put(sheet, 35, high=3)
        put(sheet, 36, input="lverage")
        put(sheet, 37, input=None)
        put(sheet, 60, input="leverage", family="constant")
        sheet["I15"].data_type = "e"

    found = faults(edited(tmp_path / "my.xlsx", edit))
    rules = {key: fault.rule for key, fault in found.items()}
    assert rules["assumptions!E4"].startswith("the column shows the plan's value, 2.4952381")
    assert rules["assumptions!G5"] == "must be a chance from 0 up to but not including 1"
    assert rules["assumptions!I6"].endswith(
        "decimal comma: give the cell the format Number and type it again, or write 0.25"
    )
    assert rules["assumptions!I7"] == "is text that may mean 1 or 1000: type it as a number"
    assert rules["assumptions!J8"].endswith("or write 0.1")
    assert "a Dutch Excel reads 1.5 as 1 May" in rules["assumptions!K9"]
    assert (found["assumptions!F10"].value, found["assumptions!F10"].nearest) == ("prt", "pert")
    assert rules["assumptions!T11"] == "source is required"
    assert "'V', 'M' or 'J'" in rules["assumptions!V12"]
    assert rules["assumptions!C12"].startswith("launch_cost is in")
    assert rules["assumptions!X13"] == "must be a date, year-month-day (2026-11-23)"
    assert rules["assumptions!Y13"].startswith("is a formula without a value")
    assert rules["assumptions!S13"].startswith("lamda is not a parameter of pert")
    assert rules["assumptions!J14"] == "must lie between low = 0 and high = 0.3"
    assert rules["assumptions!I15"] == "is an error of the spreadsheet, not a value"
    assert rules["assumptions!J15"].startswith("mode is missing: pert takes")
    assert rules["assumptions!F35"].startswith("the row has high but no family")
    assert found["assumptions!A36"].nearest == "leverage"
    assert rules["assumptions!A37"].startswith("the row names no input")
    assert rules["assumptions!A60"] == "the input already has a row: assumptions!A4"
    assert rules["assumptions!H60"].startswith("value is missing")
    needed = {f"assumptions!{column}60" for column in ("C", "T", "V", "W", "X")}
    assert needed < set(rules)
    assert len(rules) == 21 + len(needed)


def test_faults_of_distributions_are_at_their_parameters(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        sheet = book["assumptions"]
        put(sheet, 4, family="normal", median=None, log_sd=None, mean=1, sd=1)
        put(sheet, 5, low=-0.5)
        put(sheet, 6, truncate_low=2)
        put(sheet, 7, truncate_low="∞", truncate_high=-4)
        put(sheet, 8, truncate_low="abc")
        put(sheet, 9, corrects="additionalty")
        put(sheet, 10, other_parameters="low = 3")
        put(sheet, 11, other_parameters="lambda = 6,5")

    found = faults(edited(tmp_path / "my.xlsx", edit))
    assert set(found) == {
        *("assumptions!L4:M4", "assumptions!I5:K5", "assumptions!Q6:R6", "assumptions!Q7:R7", "assumptions!Q8"),
        *("assumptions!Z9", "assumptions!S10", "assumptions!S11"),
    }
    assert "leaks out of the domain of leverage, >= 0" in found["assumptions!L4:M4"].rule
    assert found["assumptions!Z9"].nearest == "additionality"


def test_faults_of_study_and_correlations(tmp_path: Path) -> None:
    places: list[str] = []

    def edit(book: Any) -> None:
        sheet, pairs = book["study"], book["correlations"]
        row = row_of(sheet, "accounting")
        sheet.cell(row, 1).value = "acounting"
        places.append(f"study!A{row}")
        places.append(setting(book, "study name", None))
        places.append(setting(book, "use correlations", "perhaps"))
        places.append(setting(book, "horizon", 1950))
        places.append(setting(book, "options of analyses", "n = 4,5"))
        setting(book, "copula", "t")
        places.append(f"study!B{row_of(sheet, 'degrees of freedom')}")
        start = sheet.max_row + 1
        for row in (("leverag", 1.2), ("horizon", 2050), ("tax_burden", "0,4"), ("tax_burden", 2), ("mcpf", 0.5)):
            sheet.append(row)
        places.extend(f"study!{column}{start + place}" for place, column in enumerate("AABAB"))
        pairs["C4"], pairs["A5"], pairs["B6"], pairs["B7"] = 1.4, "succes_phase1", "x y", None
        pairs["D8"], pairs["C9"], pairs["C10"] = "Q", "0,3", None
        pairs["A60"], pairs["B60"], pairs["C60"] = pairs["B11"].value, pairs["A11"].value, 0.1

    found = faults(edited(tmp_path / "my.xlsx", edit))
    assert set(found) == {
        *places,
        *(f"correlations!{cell}" for cell in ("C4", "A5", "B6", "B7", "D8", "C9", "C10", "A60")),
    }
    assert found[places[0]].nearest == "accounting"
    assert found[places[1]].rule == "name is required"
    assert found[places[2]].rule == "must be yes or no (ja of nee)"
    assert (found[places[6]].value, found[places[6]].nearest) == ("leverag", "leverage")
    assert found["correlations!A60"].rule == "the pair already stands in correlations!A11"


def test_sheets_and_headings_are_refused_by_name(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        book["correlations"].title = "corelations"
        sheet = book["assumptions"]
        sheet["F3"], sheet["S3"], sheet["Z3"], sheet["AA3"] = "familly", None, "my own", "# mine"
        sheet["AA5"], sheet["AF7"] = "hello", "stray"
        sheet.merge_cells("G7:H7")
        sheet["U3"] = "Source"
        book["study"]["A3"] = book["study"]["B3"] = None

    found = faults(edited(tmp_path / "my.xlsx", edit))
    assert found["correlations"].nearest == "corelations"
    assert found["assumptions!F3"].nearest == "family"
    assert "begin the heading of a column of your own with #" in found["assumptions!Z3"].rule
    assert found["assumptions!AF7"].rule.startswith("has no heading above it")
    assert found["assumptions!3:3"].rule == "the column 'family' (in Dutch: verdeling) is missing"
    assert found["assumptions!U3"].rule == "the column is there twice, also as T"
    assert "merged" in found["assumptions!G7:H7"].rule
    assert found["study"].rule.startswith("has no row of headings")
    assert len(found) == 8


def test_formulas_count_by_their_value(tmp_path: Path) -> None:
    """openpyxl cannot compute: the values are put into the file as a spreadsheet would."""

    def edit(book: Any) -> None:
        sheet = book["assumptions"]
        put(sheet, 6, high="=0.3*2", low=ArrayFormula("I6", "=0.11*2"))

    path = edited(tmp_path / "my.xlsx", edit)
    assert set(faults(path)) == {"assumptions!I6", "assumptions!K6"}
    content = path.read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            text = old.read(item.filename)
            text = text.replace(b"0.3*2</f><v />", b"0.3*2</f><v>0.6</v>").replace(
                b"0.3*2</f><v/>", b"0.3*2</f><v>0.6</v>"
            )
            text = text.replace(b"0.11*2</f><v />", b"0.11*2</f><v>0.22</v>")
            text = text.replace(b"0.11*2</f><v/>", b"0.11*2</f><v>0.22</v>")
            new.writestr(item, text)
    path.write_bytes(out.getvalue())
    assert load_study(path).sets[0].set.rows["labour_share"].distribution.text == "PERT(0.22, 0.28, 0.6)"


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    return out.getvalue()


COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"input,family\n", "text file with values"),
        ("a.xls", COMPOUND + b"x" * 600, "old format .xls"),
        ("a.xlsx", COMPOUND + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        ("a.xlsx", b"", "not an Excel workbook"),
        ("a.xlsx", b"schema = 1", "not an Excel workbook"),
        ("a.xlsx", written("replica")[:9000], "is damaged"),
        ("a.xlsx", archive("[Content_Types].xml"), "cannot be read as an Excel workbook"),
        ("a.xlsb", archive("[Content_Types].xml", "xl/workbook.bin"), "binary workbook"),
        ("a.ods", archive("mimetype", "content.xml"), "LibreOffice's own format"),
        ("a.xlsx", archive("content.xml"), "not an Excel workbook"),
    ],
)
def test_files_that_are_no_workbook_are_refused_with_the_way_out(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (fault,) = faults_of(lambda: load_study(path))
    assert fault.file == str(path)
    assert words in fault.rule
    assert "save" in fault.rule
    assert path.suffix in SPREADSHEETS


def test_damage_anywhere_ends_in_a_clear_refusal_or_in_no_change(tmp_path: Path) -> None:
    """A byte turned over in any part of the file: never another error than InputError."""
    content, path = written("replica"), tmp_path / "my.xlsx"
    for place in range(5, len(content), len(content) // 40):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            load_study(path)
        except InputError as error:
            assert error.faults  # noqa: PT017


def test_a_mistyped_path_names_the_workbook_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.xlsx").write_bytes(b"")
    (fault,) = faults_of(lambda: load_study(tmp_path / "mien.xlsx"))
    assert fault.nearest == str(tmp_path / "mine.xlsx")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.25", 0.25), ("-3", -3), ("1e3", 1000.0), ("1 000", 1000), ("\N{MINUS SIGN}.5", -0.5), ("0.125", 0.125)],
)
def test_numbers_typed_as_text(text: str, value: float) -> None:
    assert as_number(text) == (value, None)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("0,25", "0.25"),
        ("1.234,5", "1234.5"),
        ("-,5", "-.5"),
        ("2,5%", "0.025"),
        ("25 %", "0.25"),
        ("1.234.567", "1234567"),
    ],
)
def test_dutch_numbers_typed_as_text_come_with_the_fix(text: str, fix: str) -> None:
    value, rule = as_number(text)
    assert value is None
    assert rule is not None
    assert rule.endswith(f" {fix}")
