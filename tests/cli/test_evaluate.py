from __future__ import annotations

import csv
import sys

import pytest

from mcengine.cli import printing
from mcengine.cli.pipeline_table import BY_PHASE, LEFT_OVER
from mcengine.cli.rows import EXTRA, FROM_INPUTS, RESULTS, ROWS
from mcengine.cli.table import Column, render
from mcengine.inputs.catalog import data_root
from mcengine.models import pipeline
from mcengine.models.accounts import YEARLY

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
    found = [c for study in ("replica", "annex98") for c in cli("evaluate", study, "--json").data["published"]]
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


MODERATE = [
    f"--set={setting}"
    for setting in (
        "accounting=pipeline",
        "supply_preclinical=5",
        "supply_phase1=4",
        "supply_phase2=3",
        "supply_phase3=1.5",
        "supply_production=0.5",
        "outside_finance=0.5",
    )
]


def test_pipeline_accounting_prints_candidates_and_what_is_short(cli: Cli) -> None:
    answer = cli("evaluate", "replica", *MODERATE, "--language", "en")
    assert answer.code == 0
    assert "pipeline accounting, 2026-2035" in answer.out
    lines = {line.partition("  ")[0]: line.split() for line in answer.out.splitlines()}
    assert lines["discovery: started"][2:4] == ["45.05", "71.26"]
    assert lines["preclinical: waiting"][-1] == "65.84"
    assert lines["programme money left"][-1] == "4,585"
    assert "phase 3: waiting" not in lines
    text = " ".join(answer.out.split())
    assert "Candidates ran short: phase 1 2026-2031; phase 2 2028-2029; phase 3 2027-2035; production 2026-" in text
    assert "Money ran short: preclinical 2027-2035; phase 1 2033-2035; phase 2 2031-2035." in text
    assert "At the end of 2035, 4,585.3 EUR m of programme money is unspent: 458.5 public and 4,126.8 private" in text
    assert "Most of it, 4,585.3, lies in production." in text
    assert "NPV if unspent public money returns -100.05 EUR m" in text


def test_pipeline_accounting_in_dutch_and_as_json(cli: Cli) -> None:
    text = " ".join(cli("evaluate", "replica", *MODERATE, "--language", "nl").out.split())
    assert "fase 1: kandidaten te weinig" in text
    assert "Eind 2035 is 4.585,3 EUR m programmageld niet uitgegeven: 458,5 publiek en 4.126,8 privaat" in text
    data = cli("evaluate", "replica", *MODERATE, "--json").data
    assert data["accounting"] == "pipeline"
    assert data["npv_if_returned"] == pytest.approx(-100.05, abs=0.005)
    assert data["years"][-1]["unspent_public"] == pytest.approx(458.5, abs=0.05)
    assert data["years"][0]["lack_candidates_production"] > 0


def test_where_nothing_is_limited_the_pipeline_is_the_plan(cli: Cli) -> None:
    answer = cli("evaluate", "replica", "--set", "accounting=pipeline", "--language", "en")
    assert "39 of 39 published figures come out" in answer.out
    assert "Candidates ran short: nowhere." in answer.out
    assert "All programme money is spent by the end of 2035." in answer.out


def test_the_study_of_real_candidates(cli: Cli) -> None:
    answer = cli("evaluate", "pipeline")
    assert answer.code == 0
    assert "at the medians of the assumption set pipeline" in answer.out
    assert "productie / production: kandidaten te weinig / candidates short" in " ".join(answer.out.split())


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
    assert {row.quantity for row in RESULTS} == set(pipeline.SCALARS)
    assert {row.quantity for row in LEFT_OVER} | {"candidates_launched"} == set(pipeline.YEARLY) - set(YEARLY)
    assert {row.quantity for row in BY_PHASE} == set(pipeline.BY_PHASE)
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
