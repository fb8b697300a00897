"""The workbook opened again: its values are those of summary.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from mcengine.analysis.result import Result
from mcengine.report import tables
from mcengine.report.excel import write_workbook

Row = dict[str, Any]


def opened(result: Result, folder: Path) -> dict[str, list[Row]]:
    path = write_workbook(result, folder / "report.xlsx", published=tables.published(result.study))
    book = load_workbook(path)
    found = {}
    for sheet in book.worksheets:
        heads, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(heads, row, strict=True)) for row in rows]
    return found


def test_statistics_equal_the_summary(pool: Result, tmp_path: Path) -> None:
    rows = opened(pool, tmp_path)["Statistics"]
    summary = pool.to_dict()
    count = 0
    for row in rows:
        outputs = summary["outputs"] if row["set"] is None else summary["sets"][row["set"]]
        figure = outputs[row["output"]][row["statistic"]]
        expected = [figure["value"], *(figure["ci95"] or (None, None))]
        for cell, number in zip((row["value"], row["low 95%"], row["high 95%"]), expected, strict=True):
            exact = cell == number if isinstance(number, str | None) else cell == pytest.approx(number, rel=1e-15)
            assert exact, (row, number)
        count += 1
    assert count == sum(len(o.statistics) for part in (pool.outputs, *pool.sets.values()) for o in part.values())


def test_yearly_bands_equal_the_summary(evidence: Result, tmp_path: Path) -> None:
    years = evidence.to_dict()["years"]
    for row in opened(evidence, tmp_path)["Years"]:
        band = years[row["quantity"]]["bands"][str(row["year"])]
        for name in ("mean", "p05", "p25", "p50", "p75", "p95"):
            assert row[name] == pytest.approx(band[name]["value"], rel=1e-15)
            assert row["draws"] == years[row["quantity"]]["draws"]
            assert [row[f"{name} low 95%"], row[f"{name} high 95%"]] == pytest.approx(band[name]["ci95"], rel=1e-15)


def test_every_input_of_every_set_is_listed(pool: Result, tmp_path: Path) -> None:
    rows = opened(pool, tmp_path)["Assumptions"]
    assert [row["input"] for row in rows] == [spec.name for spec in pool.study.inputs] * 3
    for row in rows:
        assert (row["distribution"] is None) != (row["fixed at"] is None)
        assert row["source"]


def test_published_figures_and_the_run_itself(evidence: Result, tmp_path: Path) -> None:
    sheets = opened(evidence, tmp_path)
    assert [row["equal"] for row in sheets["Published"]] == ["yes"] * 39
    run = {row["what / wat"]: row["value / waarde"] for row in sheets["Run"]}
    assert (run["digest"], run["seed"], run["draws"]) == (evidence.digest, "1", evidence.draws)


def test_rank_correlations_equal_the_summary(evidence: Result, tmp_path: Path) -> None:
    rows, pairs = opened(evidence, tmp_path)["Dependence"], evidence.to_dict()["correlations"]
    assert len(rows) == len(pairs) == 37
    for row, pair in zip(rows, pairs, strict=True):
        assert (row["set"], [row["input 1"], row["input 2"]]) == (pair["set"], pair["inputs"])
        assert (row["target"], row["used"], row["moved by"]) == (pair["target"], pair["used"], None)
        numbers = [row["achieved"], row["low 95%"], row["high 95%"], row["attainable"]]
        expected = [pair["achieved"]["value"], *pair["achieved"]["ci95"], pair["attainable"]]
        assert numbers == pytest.approx(expected, rel=1e-15)
        assert row["confidence"] == "J"
        assert row["note"]
    assert rows[-1]["naam 1 (Nederlands)"] == "aandeel productie in Nederland"


def test_a_run_that_could_stop_early(repaired: Result, tmp_path: Path) -> None:
    sheets = opened(repaired, tmp_path)
    assert sheets["Statistics"][0]["low 98.33%"] == pytest.approx(repaired["y"].mean.ci95[0], rel=1e-15)
    assert [(row["target"], row["reached"], row["looks"]) for row in sheets["Stopping"]] == [
        ("y.mean=1e-9", "no", 3),
        ("y.prob_positive=5pp", "yes", 3),
    ]
    first, second, third = sheets["Dependence"]
    assert first["moved by"] == pytest.approx(first["used"] - 0.7)
    used = [pair.used for pair in repaired.correlations]
    assert [row["used"] for row in (first, second, third)] == used


def test_a_model_without_plan(ishigami: Result, tmp_path: Path) -> None:
    assert list(opened(ishigami, tmp_path)) == ["Statistics", "Assumptions", "Run"]
