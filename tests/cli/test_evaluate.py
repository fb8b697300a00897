from __future__ import annotations

import csv
import sys

import pytest

from mcengine.cli import printing
from mcengine.cli.rows import EXTRA, FROM_INPUTS, RESULTS, ROWS
from mcengine.cli.table import Column, render
from mcengine.inputs.catalog import data_root
from mcengine.models.investment import SCALARS, YEARLY

from .conftest import Cli


def test_the_plan_comes_out_with_a_tick_a_cell(cli: Cli) -> None:
    answer = cli("evaluate", "replica")
    assert answer.code == 0
    assert "39 of 39 published figures come out" in answer.out
    assert "✗" not in answer.out
    assert answer.out.count("✓") == 39
    (line,) = (line for line in answer.out.splitlines() if line.startswith("BBP bijdrage / GDP"))
    assert "2,460  2,460 ✓" in line
    assert "11,322  11,322 ✓" in line


def test_replica_and_annex_match_every_published_row(cli: Cli) -> None:
    published = data_root() / "studies" / "plans" / "biotech_nexus_published.csv"
    with published.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [
        c for study in ("replica", "annex98") for c in cli("evaluate", study, "--json").data["published"]
    ]
    assert len(found) == len(rows) == 42
    assert all(comparison["matches"] for comparison in found)


def test_json_is_the_contract(cli: Cli) -> None:
    data = cli("evaluate", "replica", "--json").data
    assert data["study"] == "replica"
    assert data["accounting"] == "plan"
    assert data["npv"] == pytest.approx(1478.13, abs=0.005)
    assert data["payback_year"] == 2031
    assert [row["year"] for row in data["years"]] == list(range(2026, 2036))
    assert {"public_pipeline", "gdp_rnd", "cash_flow", "discount_factor", "jobs"} <= set(data["years"][0])


@pytest.mark.parametrize(
    ("arguments", "npv"),
    [(["annex98"], 10288.8), (["replica", "--horizon", "2050"], 18529.8), (["horizon2050"], 18529.8)],
)
def test_variants_of_the_plan(cli: Cli, arguments: list[str], npv: float) -> None:
    assert cli("evaluate", *arguments, "--json").data["npv"] == pytest.approx(npv, abs=0.05)


def test_a_figure_that_is_off_shows_both_values(cli: Cli) -> None:
    answer = cli("evaluate", "replica", "--set", "multiplier=1.9")
    assert answer.code == 0
    assert "2,377  2,460 ✗" in answer.out
    assert "✗ npv 2035: published 1,478, computed 1,219.7 EUR m" in answer.out


def test_it_says_where_uncertain_inputs_stand(cli: Cli) -> None:
    assert "at the medians of the assumption set evidence" in cli("evaluate", "evidence").out
    assert "at the means of the assumption set evidence" in cli("evaluate", "evidence", "--at", "mean").out
    assert "at the plan's values" in cli("evaluate", "evidence", "--at", "plan").out
    plan = cli("evaluate", "evidence", "--at", "plan", "--json").data
    assert plan["at"] == "plan"
    assert plan["npv"] == pytest.approx(1478.13, abs=0.005)


def test_one_language_names_and_numbers(cli: Cli) -> None:
    dutch, english = (cli("evaluate", "replica", "--language", code).out for code in ("nl", "en"))
    assert "Totale kasstromen" in dutch
    assert "total cash flow" not in dutch
    assert "2.460" in dutch
    assert "total cash flow" in english
    assert "kasstromen" not in english


def test_never_and_a_model_without_years(cli: Cli) -> None:
    assert "nooit / never" in cli("evaluate", "sceptical").out
    answer = cli("evaluate", "textbook/linear_gaussian")
    assert answer.code == 0
    assert answer.out.splitlines()[-1].split()[0] == "y"


def test_a_narrow_terminal_gets_blocks_of_years(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = cli("evaluate", "replica", "--language", "nl").out.splitlines()
    heads = [line.split() for line in lines if line.strip().startswith("20")]
    years = [word for head in heads for word in head if word != "plan"]
    assert len(heads) > 1
    assert years == [str(year) for year in range(2026, 2036)]
    assert max(len(line) for line in lines[6:-6]) <= 80


def test_without_a_tick_in_the_encoding(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "can_print", lambda text: text.isascii())
    out = cli("evaluate", "replica").out
    assert "2,460 ok" in out
    assert out.isascii()


def test_every_row_of_the_model_has_a_name() -> None:
    named = {row.quantity for row in (*ROWS, *EXTRA)}
    assert set(YEARLY) | {"gdp_rnd_growth"} == named | {"rnd_activity"}
    assert {row.quantity for row in RESULTS} == set(SCALARS)
    every = (*ROWS, *EXTRA, *RESULTS, *FROM_INPUTS)
    assert len({row.quantity for row in every}) == len(every)


@pytest.mark.parametrize(
    ("value", "decimals", "english", "dutch"),
    [
        (1478.126, 2, "1,478.13", "1.478,13"),
        (-0.4, 0, "0", "0"),
        (-60.4, 0, "-60", "-60"),
        (12600.0, -2, "12,600", "12.600"),
    ],
)
def test_numbers(value: float, decimals: int, english: str, dutch: str) -> None:
    assert printing.number(value, decimals) == english
    assert printing.number(value, decimals, "nl") == dutch


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.051234567, "0.051235"),
        (3.14159265, "3.1416"),
        (12345.678, "12,346"),
        (-1e-9, "-0.0000000010"),
    ],
)
def test_measures_show_about_five_figures(value: float, text: str) -> None:
    assert printing.measure(value) == text


def test_a_table_keeps_the_columns_of_a_group_together() -> None:
    groups = [(Column(f"{y}", ("1",)), Column("plan", ("2",))) for y in (2026, 2027, 2028)]
    assert render(["row"], groups, 28).count("row") == 2
    assert render(["row"], groups, 5).count("row") == 3  # never fewer than one group a block
    assert render(["row"], groups, 200).count("row") == 1


def test_width_follows_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    assert printing.width() == 120
    monkeypatch.setenv("COLUMNS", "77")
    assert printing.width() == 77
