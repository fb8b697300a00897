"""Figures of tornado and break-even analyses: SVG that stands alone, in both languages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from mcengine import load_study, sensitivity
from mcengine.report.language import Language
from mcengine.report.sensitivity_figures import pictures_of
from mcengine.report.style import Picture
from mcengine.report.tornado_figures import bars

SVG = "{http://www.w3.org/2000/svg}"

CASES: dict[str, Callable[[], Any]] = {
    "evidence": lambda: sensitivity(load_study("evidence"), "tornado"),
    "bends": lambda: sensitivity(load_study("textbook/ishigami"), "tornado"),
    "never": lambda: sensitivity(load_study("evidence"), "tornado", output="payback_year", at="plan"),
    "plan": lambda: sensitivity(load_study("replica"), "break-even"),
    "medians": lambda: sensitivity(load_study("evidence"), "break-even", at="median", pairs=[("mcpf", "nl_share")]),
    "flat": lambda: sensitivity(load_study("textbook/ishigami"), "break-even", pairs=[("x2", "x3")]),
}
NAMES = {
    "evidence": ["sensitivity_tornado", "sensitivity_tornado_curves"],
    "bends": ["sensitivity_tornado", "sensitivity_tornado_curves"],
    "never": ["sensitivity_tornado", "sensitivity_tornado_curves"],
    "plan": ["sensitivity_break_even", "sensitivity_break_even_leverage_multiplier"],
    "medians": ["sensitivity_break_even", "sensitivity_break_even_mcpf_nl_share"],
    "flat": ["sensitivity_break_even", "sensitivity_break_even_x2_x3"],
}


@cache
def made(case: str, code: str) -> list[Picture]:
    return pictures_of(CASES[case](), Language(code))


def texts(picture: Picture) -> str:
    return " | ".join("".join(node.itertext()) for node in ET.fromstring(picture.svg).iter(f"{SVG}text"))


@pytest.mark.parametrize("code", ["en", "nl"])
@pytest.mark.parametrize("case", CASES)
def test_each_figure_stands_alone(case: str, code: str) -> None:
    pictures = made(case, code)
    assert [picture.name for picture in pictures] == NAMES[case]
    for one in pictures:
        root = ET.fromstring(one.svg)
        assert root.get("aria-label") == one.alt
        assert texts(one)
        assert one.caption.startswith({"en": "How to read it", "nl": "Zo leest u de figuur"}[code])
        assert "{" not in one.caption + one.alt


def test_the_bars_carry_the_inputs_values() -> None:
    shown = texts(made("evidence", "en")[0])
    for words in ("0.464", "2.16", "leverage", "input at its P10", "base: \N{MINUS SIGN}3,017", "7 more inputs"):
        assert words in shown
    assert "0,464" in texts(made("evidence", "nl")[0])
    assert "hefboom" in texts(made("evidence", "nl")[0])


def test_bends_and_years_that_never_come() -> None:
    assert "range in between" in texts(made("bends", "en")[0])
    assert "range in between" not in texts(made("evidence", "en")[0])
    for one in made("never", "nl"):
        assert "nooit" in texts(one)
        assert "2.0" not in texts(one).replace("2.00", "")  # a year is no amount: 2035, not 2.035
    assert "leverage 2033 to never" not in made("never", "en")[0].alt
    assert "leverage never to 2033" in made("never", "en")[0].alt


def test_nothing_moves_no_figure() -> None:
    assert pictures_of(sensitivity(load_study("sceptical"), "tornado", output="payback_year"), Language("en")) == []


def test_rows_are_limited() -> None:
    result = CASES["evidence"]()
    rows = [one for one in result.inputs.values() if one.swing > 0.0]
    assert len(bars(result, rows, Language("en")).axes[0].get_yticks()) == 15


def test_the_map_marks_plan_sets_and_the_line() -> None:
    shown = texts(made("plan", "en")[1])
    for words in ("NPV = 0", "plan", "Evidence", "Sceptical", "leverage (EUR private / EUR public)", "NPV (EUR m)"):
        assert words in shown
    assert "NCW = 0" in texts(made("plan", "nl")[1])


def test_the_distances_say_from_where_to_where() -> None:
    shown = texts(made("plan", "en")[0])
    for words in (
        "0.280 → 0.225 (\N{MINUS SIGN}20%)",
        "0 → 0.197",
        "NPV is above 0 when the input is below that value",
    ):
        assert words in shown
    assert "22 inputs have no such value" in made("plan", "en")[0].caption
