"""A run's workbook, opened and saved by LibreOffice: it has every figure of summary.json, and its charts."""

from __future__ import annotations

import copy
import json
import re
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.workbook.conftest import RUNS
from tests.workbook.numbers import compare, lacking, sheets_of

Saved = Callable[..., Path]
ERRORS = re.compile(r"#(REF|NAME|VALUE|DIV|N/A|NUM|NULL)|Err:\d+|#+$")


def summary_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", RUNS)
def test_every_figure_of_the_summary_is_in_the_workbook(name: str, saved: Saved, runs: dict[str, Path]) -> None:
    summary = summary_of(runs[name])
    counts = compare(summary, sheets_of(load_workbook(saved(name))))
    statistics = sum(len(row) - 3 for row in summary["outputs"].values())
    assert counts["outputs"] >= 3 * statistics > 100
    assert counts["years"] >= 17 * 10 * 6 * 3
    pooled = sum(len(row) - 3 for part in summary["sets"].values() for row in part.values())
    assert counts.get("sets", 0) >= 3 * pooled
    assert set(counts) >= {"digest", "seed", "draws", "replicates", "sampler", "study", "correlations"}
    assert ("until" in counts) == (name == "pool")


def test_what_the_workbook_lacks_or_has_otherwise_is_noticed(saved: Saved, runs: dict[str, Path]) -> None:
    sheets, summary = sheets_of(load_workbook(saved("pool"))), summary_of(runs["pool"])
    changes: list[Callable[[Any], Any]] = [
        lambda s: s["outputs"]["npv"].update(skewness={"value": 0.5, "ci95": None}),
        lambda s: s["sets"]["evidence"]["npv"].update(p999={"value": 0.5, "ci95": [0.4, 0.6]}),
        lambda s: s["years"]["jobs"]["bands"]["2030"].update(p99={"value": 0.5, "ci95": None}),
        lambda s: s["years"].update(births={"unit": "1", "draws": 1, "bands": {}}),
        lambda s: s["correlations"][0].update(kendall=0.5),
        lambda s: s.update(moments={"third": 3.0}),
        lambda s: s["until"].update(seconds=3.0),
        lambda s: s["outputs"]["npv"]["mean"].update(value=s["outputs"]["npv"]["mean"]["value"] * (1 + 1e-12)),
        lambda s: s["outputs"]["npv"]["p05"]["ci95"].reverse(),
        lambda s: s["years"]["jobs"]["bands"]["2030"]["p50"].update(ci95=None),
    ]
    compare(summary, sheets)
    for change in changes:
        grown = copy.deepcopy(summary)
        change(grown)
        with pytest.raises((AssertionError, KeyError, StopIteration)):
            compare(grown, sheets)


def test_every_number_of_the_analyses_is_in_their_tables(saved: Saved, runs: dict[str, Path]) -> None:
    parts = [("lucky", "luck", summary_of(runs["lucky"])["luck"])]
    for name, folder in runs.items():
        files = sorted((folder / "sensitivity").iterdir())
        parts += [(name, path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in files]
    assert {method for _, method, _ in parts} >= {"luck", "shapley", "tornado", "waterfall", "tail"}
    for name, method, data in parts:
        sheets = sheets_of(load_workbook(saved(name)))
        tables = [rows for title, rows in sheets.items() if title == method or title.startswith(f"{method} ")]
        lost, count = lacking(data, tables)
        assert not lost, (method, lost[:5])
        assert count > 40, method
        assert lacking({**data, "more": 0.123456}, tables)[0] == [0.123456]


@pytest.mark.parametrize("name", RUNS)
def test_no_cell_is_an_error_or_a_formula(name: str, saved: Saved) -> None:
    count = 0
    for sheet in load_workbook(saved(name)).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type not in ("e", "f"), (sheet.title, cell.coordinate)
                assert not (isinstance(cell.value, str) and ERRORS.match(cell.value)), (sheet.title, cell.coordinate)
                count += cell.value is not None
    assert count > 5000


@pytest.mark.parametrize("name", RUNS)
def test_sheets_headings_and_filters_stay(name: str, saved: Saved, runs: dict[str, Path]) -> None:
    before, after = (load_workbook(path) for path in (runs[name] / "report.xlsx", saved(name)))
    assert after.sheetnames == before.sheetnames
    own = {"pool": {"Sets", "Stopping", "tornado", "tail"}, "lucky": {"luck", "shapley", "waterfall"}}
    common = {"Charts", "Statistics", "Years", "Assumptions", "Dependence", "Side by side sides", "Variants rows"}
    common |= {"Evidence inputs", "Cash flows"}
    assert set(after.sheetnames) >= common | own[name]
    for sheet in after.worksheets[1:]:
        assert before[sheet.title].freeze_panes == "A2"  # without windows LibreOffice saves no view
        assert sheet.auto_filter.ref == before[sheet.title].auto_filter.ref
        assert sheet.dimensions == before[sheet.title].dimensions
        widths = {letter: column.width for letter, column in sheet.column_dimensions.items()}
        assert min(widths.values()) > 3, sheet.title


def charts(path: Path) -> list[tuple[list[str], list[str], list[str]]]:
    """Title, axis names and ranges of each chart in a workbook's file, sorted."""
    found = []
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if re.match(r"xl/charts/chart\d+\.xml", name):
                text = book.read(name).decode()
                heads = re.findall(r"<c:title>.*?</c:title>", text, re.DOTALL)
                said = [unescape("".join(re.findall(r"<a:t>([^<]*)</a:t>", head))) for head in heads]
                ranges = [unescape(one) for one in re.findall(r"<c:f>([^<]*)</c:f>", text)]
                cells = sorted(one.replace("'", "").replace("$", "") for one in ranges if "!" in one)
                found.append((said[:1], sorted(said[1:]), cells))
    return sorted(found)


@pytest.mark.parametrize("name", RUNS)
def test_charts_stay_with_titles_axes_and_data(name: str, saved: Saved, runs: dict[str, Path]) -> None:
    before, after = charts(runs[name] / "report.xlsx"), charts(saved(name))
    assert len(after) == len(before) >= 6
    for (title, axes, ranges), (old_title, old_axes, old_ranges) in zip(after, before, strict=True):
        assert title == old_title
        assert axes == old_axes
        assert len(axes) == 2
        assert all(axes), title
        assert set(old_ranges) <= set(ranges), title
