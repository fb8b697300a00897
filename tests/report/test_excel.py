"""The workbook opened again: its values are those of summary.json."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from mcengine.analysis.result import Result
from mcengine.analysis.sensitivity import sensitivity
from mcengine.report import tables
from mcengine.report.excel import CHARTS, write_workbook
from mcengine.report.excel_tables import Table, unique

Row = dict[str, Any]


def opened(result: Result, folder: Path) -> dict[str, list[Row]]:
    path = write_workbook(result, folder / "report.xlsx", published=tables.published(result.study))
    book = load_workbook(path)
    found = {}
    for sheet in book.worksheets:
        if sheet.title == CHARTS:
            continue
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
            assert cell == number, (row, number)
        count += 1
    assert count == sum(len(o.statistics) for part in (pool.outputs, *pool.sets.values()) for o in part.values())


def test_yearly_bands_equal_the_summary(evidence: Result, tmp_path: Path) -> None:
    years = evidence.to_dict()["years"]
    for row in opened(evidence, tmp_path)["Years"]:
        band = years[row["quantity"]]["bands"][str(row["year"])]
        for name in ("mean", "p05", "p25", "p50", "p75", "p95"):
            assert row[name] == band[name]["value"]
            assert row["draws"] == years[row["quantity"]]["draws"]
            assert [row[f"{name} low 95%"], row[f"{name} high 95%"]] == band[name]["ci95"]


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
        assert numbers == expected
        assert row["confidence"] == "J"
        assert row["note"]
    assert rows[-1]["naam 1 (Nederlands)"] == "aandeel productie in Nederland"


def test_a_run_that_could_stop_early(repaired: Result, tmp_path: Path) -> None:
    sheets = opened(repaired, tmp_path)
    assert sheets["Statistics"][0]["low 98.33%"] == repaired["y"].mean.ci95[0]
    assert [(row["target"], row["reached"], row["looks"]) for row in sheets["Stopping"]] == [
        ("y.mean=1e-9", "no", 3),
        ("y.prob_positive=5pp", "yes", 3),
    ]
    first, second, third = sheets["Dependence"]
    assert first["moved by"] == pytest.approx(first["used"] - 0.7)
    used = [pair.used for pair in repaired.correlations]
    assert [row["used"] for row in (first, second, third)] == used


def test_a_model_without_plan(ishigami: Result, tmp_path: Path) -> None:
    assert list(opened(ishigami, tmp_path)) == ["Statistics", "S-curve", "Distribution", "Assumptions", "Run"]


def test_the_shape_of_the_distribution(pool: Result, tmp_path: Path) -> None:
    sheets = opened(pool, tmp_path)
    output = pool["npv"]
    for name, one in (("all draws / alle trekkingen", output), *((k, v["npv"]) for k, v in pool.sets.items())):
        columns = [[row[head] for row in sheets["S-curve"]] for head in (name, f"share at most: {name}")]
        values, shares = one.curve
        assert [[cell for cell in column if cell is not None] for column in columns] == [
            values.tolist(),
            shares.tolist(),
        ]
    rows = sheets["Distribution"]
    assert [row["draws"] for row in rows] == output.distribution.counts.tolist()
    assert [*(row["from"] for row in rows), rows[-1]["to"]] == output.distribution.edges.tolist()


def test_sets_side_by_side(pool: Result, tmp_path: Path) -> None:
    rows = opened(pool, tmp_path)["Sets"]
    assert [(row["set"], row["weight"]) for row in rows] == [
        ("plan_centred", 0.25),
        ("evidence", 0.5),
        ("sceptical", 0.25),
        ("pool", None),
    ]
    for row, outputs in zip(rows, (*pool.sets.values(), pool.outputs), strict=True):
        for name in ("prob_positive", "p05", "p50", "p95", "mean"):
            assert row[name] == outputs["npv"].statistics[name].value


def test_the_plans_own_line_and_its_inconsistencies(evidence: Result, tmp_path: Path) -> None:
    sheets = opened(evidence, tmp_path)
    flows = {row["year"]: row["plan"] for row in sheets["Years"] if row["quantity"] == "cash_flow"}
    own = tables.published(evidence.study)
    assert own is not None
    assert flows == {int(row["year"]): row["cash_flow"] for row in own.evaluation.years}
    assert len(sheets["Inconsistencies"]) == len(evidence.study.plan.inconsistencies)


def chart_files(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as book:
        names = [name for name in book.namelist() if name.startswith("xl/charts/chart")]
        return [book.read(name).decode() for name in sorted(names, key=lambda name: int(re.findall(r"\d+", name)[0]))]


def kinds(path: Path) -> list[str]:
    """Kind of every chart, in order."""
    return [str(re.findall(r"<c:(\w+)Chart>", text)[0]) for text in chart_files(path)]


def write(result: Result, folder: Path, *analyses: Any) -> Path:
    own = tables.published(result.study)
    return write_workbook(result, folder / "report.xlsx", published=own, analyses=analyses)


def test_native_charts_of_every_kind_of_run(
    evidence: Result, replica: Result, ishigami: Result, pool: Result, tmp_path: Path
) -> None:
    years, published = ["line", "line"], ["bar"]
    assert kinds(write(evidence, tmp_path)) == ["scatter", "bar", *years, *published]
    assert kinds(write(pool, tmp_path)) == ["scatter", "bar", "line", *years, *published]
    assert "hiLowLines" in chart_files(tmp_path / "report.xlsx")[2]
    assert kinds(write(replica, tmp_path)) == [*years, *published]
    assert kinds(write(ishigami, tmp_path)) == ["scatter", "bar"]


def test_charts_draw_numbers_that_are_in_the_tables(pool: Result, tmp_path: Path) -> None:
    """Every range that a chart refers to has a value in each of its cells, or is a heading's column cut short."""
    path = write(pool, tmp_path)
    book = load_workbook(path)
    count = 0
    for text in chart_files(path):
        for sheet, cells in re.findall(r"<c:f>'?([^'!<]+)'?!([^<]+)</c:f>", text):
            values = [cell.value for row in book[sheet][cells.replace("$", "")] for cell in row]
            assert values
            assert None not in values
            count += 1
    assert count > 20


def test_an_analysis_has_its_tables_and_charts(evidence: Result, tmp_path: Path) -> None:
    study = evidence.study
    sobol = sensitivity(study, "sobol", n=64, replicates=4, seed=1)
    tornado = sensitivity(study, "tornado")
    path = write(evidence, tmp_path, sobol, tornado)
    book = load_workbook(path)

    def table(name: str) -> list[Row]:
        heads, *rows = book[name].iter_rows(values_only=True)
        return [dict(zip(heads, row, strict=True)) for row in rows]

    indices = sobol.to_dict()["inputs"]
    rows = {row["inputs"]: row for row in table("sobol inputs")}
    assert list(rows) == list(indices)
    for name, row in rows.items():
        assert row["st"] == indices[name]["st"]["value"]
        assert [row["st low 95%"], row["st high 95%"]] == indices[name]["st"]["ci95"]
        assert row["naam (Nederlands)"]
    swings = {row["inputs"]: row["swing"] for row in table("tornado inputs")}
    assert swings == {name: one["swing"] for name, one in tornado.to_dict()["inputs"].items()}
    curves = tornado.to_dict()["inputs"]["leverage"]["curve"]
    found = [row["outputs"] for row in table("tornado inputs curve") if row["inputs"] == "leverage"]
    assert found == curves["outputs"]
    overview = {row["what"]: row["value"] for row in table("sobol")}
    assert overview["digest"] == sobol.to_dict()["digest"]
    assert kinds(path)[-3:] == ["bar"] * 3  # groups and inputs of sobol, tornado
    base = tornado.to_dict()["base"]
    assert f'<c:crossesAt val="{base!r}"/>' in chart_files(path)[-1]


def test_names_of_sheets_are_what_excel_takes() -> None:
    names = ["a" * 31, "A" * 31, "b", "B", "b 2"]
    titles = [table.title for table in unique([Table(name, (), ()) for name in names])]
    assert len({title.lower() for title in titles}) == len(names)
    assert max(map(len, titles)) <= 31


def test_the_same_run_gives_the_same_bytes(evidence: Result, tmp_path: Path) -> None:
    first = write(evidence, tmp_path).read_bytes()
    assert write(evidence, tmp_path).read_bytes() == first
