"""Numbers as each language writes them, and intervals that never claim more than was computed."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcengine.analysis.result import Result, Statistic
from mcengine.families import distribution
from mcengine.report import language as module
from mcengine.report.language import LANGUAGES, MINUS, PERCENT, YEAR, Language, words

EN, NL = Language("en"), Language("nl")
REPORT = Path(module.__file__).parent


def back(text: str) -> float:
    """The number that an English text shows."""
    return float(text.replace(",", "").replace(MINUS, "-").rstrip("%"))


def test_the_examples_in_the_module_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_numbers_follow_the_language() -> None:
    assert (EN.number(-1478.125, 2), NL.number(-1478.125, 2)) == (f"{MINUS}1,478.12", f"{MINUS}1.478,12")
    assert (EN.number(12648.0, -2), NL.percent(0.0664, 1)) == ("12,600", "6,6%")
    assert (EN.plain(2.4952381), NL.plain(2.4952381), NL.plain(2000.0)) == ("2.4952381", "2,4952381", "2.000")
    assert EN.number(-0.004, 2) == "0.00"
    assert (EN.signed(0.0231, 3), NL.signed(-0.0231, 3)) == ("+0.023", f"{MINUS}0,023")
    assert (EN.significant(0.070068, 3), EN.significant(1234.5, 3), EN.significant(0.0, 3)) == ("0.0701", "1,234", "0")
    assert (EN.level(0.95), EN.level(0.9875), NL.level(1 - 0.05 / 3)) == ("95%", "98.75%", "98,33%")


def test_an_output_of_one_year_has_a_name() -> None:
    assert EN.label("cash_flow[2030]") == "cash flow of the state in 2030"
    assert NL.label("cash_flow[2030]") == "kasstroom overheid in 2030"
    assert EN.label("stock[2030]") == "stock[2030]"


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        (
            "4,096 draws instead of 4,000: 2 replicates of 2,048 each, a power of two for Sobol' points",
            "4.096 trekkingen in plaats van 4.000: 2 herhalingen van elk 2.048, een macht van twee voor Sobol-punten",
        ),
        (
            "rank correlation x1 - x2 moved from 0.7 to 0.6770: the stated ones cannot hold together",
            "rangcorrelatie x1 - x2 verschoven van 0,7 naar 0,6770: de gestelde kunnen niet samen gelden",
        ),
        (
            "the cap on draws was reached before npv.p05=1.5%, npv.mean=10m",
            "het maximum aan trekkingen bereikt was voor npv.p05=1.5%, npv.mean=10m",
        ),
        (
            "evidence: the correlation of a and b has no effect: a and b are not uncertain",
            "evidence: de correlatie van a en b heeft geen effect: a en b zijn niet onzeker",
        ),
        (
            "leverage is fixed at 1.2 by the study; its row (PERT(1.5, 2, 3)) is not used",
            "leverage is door de studie vastgezet op 1,2; de regel in de set (PERT(1,5, 2, 3)) is niet gebruikt",
        ),
        ("something new with 1,000", "something new with 1,000"),
    ],
)
def test_the_engines_messages_in_dutch(english: str, dutch: str) -> None:
    assert NL.note(english) == dutch
    assert EN.note(english) == english


def test_the_patterns_know_the_engines_own_messages(repaired: Result) -> None:
    from mcengine.inputs.study import load_study

    assert repaired.stopping is not None
    fixed = load_study("evidence", set=["leverage=1.2"])
    told = [*repaired.notes, repaired.stopping.why, "every half-width is small enough", *fixed.warnings]
    assert len(told) > 3
    for text in told:
        assert NL.note(text) != text


@given(
    value=st.floats(-1e7, 1e7),
    half=st.floats(1e-9, 1e6),
    style=st.sampled_from([PERCENT, "number"]),
    most=st.sampled_from([None, 0, 2]),
)
def test_a_shown_interval_holds_the_computed_one_and_the_shown_value(
    value: float, half: float, style: str, most: int | None
) -> None:
    low, high = value - half, value + half
    shown = EN.statistic(Statistic(value, (low, high)), style, most=most)
    if low == high:
        assert shown.interval == ""
        return
    scale = 100 if style == PERCENT else 1
    slack = 1e-9 * max(abs(value) * scale, 1.0)
    assert back(shown.low) <= low * scale + slack
    assert back(shown.high) >= high * scale - slack
    assert back(shown.low) <= back(shown.value) <= back(shown.high)
    assert back(shown.low) < back(shown.high)
    margin = back(shown.margin.removeprefix("± "))
    assert back(shown.value) - margin <= low * scale + slack
    assert back(shown.value) + margin >= high * scale - slack


def test_the_interval_decides_the_digits() -> None:
    assert str(EN.statistic(Statistic(3.51234, (3.4612, 3.5634)))) == "3.51 (3.46 to 3.57)"
    assert str(NL.statistic(Statistic(0.0664, (0.0657, 0.0671)), PERCENT)) == "6,64% (6,57% tot 6,71%)"
    assert str(EN.statistic(Statistic(0.0, (0.0, 3.7e-6)), PERCENT)) == "0.0000% (0.0000% to 0.0004%)"


def test_years_and_refusals_in_words() -> None:
    assert str(NL.statistic(Statistic("never", (2034.0, "never")), YEAR)) == "nooit (2034 tot nooit)"
    same = EN.statistic(Statistic("never", ("never", "never")), YEAR)
    assert (str(same), same.note) == ("never", "the same in all replicates")
    refused = NL.statistic(Statistic(None, None, "needs at least 16,000 draws over 32 replicates, has 4,096"))
    assert refused.note == "vraagt minstens 16.000 trekkingen over 32 herhalingen, heeft er 4.096"


def test_money_for_a_sentence() -> None:
    figure = Statistic(-1478.13, (-1502.0, -1454.0))
    assert NL.billions(figure, "EUR m") == f"EUR {MINUS}1,48 ± 0,03 miljard"
    assert EN.billions(Statistic(437.4, (422.1, 452.0)), "EUR m") == "EUR 437 ± 15 million"


@pytest.mark.parametrize(
    ("family", "parameters", "text"),
    [
        ("pert", {"low": 0.5, "mode": 1, "high": 2}, "PERT(0,5; 1; 2)"),
        ("lognormal", {"median": 1.0, "log_sd": 0.6}, "lognormaal(mediaan 1; log-sd 0,6)"),
    ],
)
def test_distributions_in_dutch(family: str, parameters: dict[str, float], text: str) -> None:
    assert NL.distribution(distribution(family, parameters).text) == text


def test_every_text_is_there_in_every_language_with_the_same_braces() -> None:
    tables = {name: part for name, part in words().items() if isinstance(part, dict)}
    for section, part in tables.items():
        for key, text in part.items():
            assert set(text) == set(LANGUAGES), f"{section}.{key}"
            braces = [sorted(re.findall(r"{\w+}", text[code])) for code in LANGUAGES]
            assert braces[0] == braces[1], f"{section}.{key}"


def test_every_text_that_code_and_templates_name_exists() -> None:
    sources = [*REPORT.glob("*.py"), *REPORT.glob("templates/**/*.jinja")]
    named = {key for file in sources for key in re.findall(r'(?:\bt|language)\("(\w+\.\w+)"', file.read_text())}
    assert len(named) > 50
    for key in named:
        section, _, name = key.partition(".")
        assert name in words()[section], key


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'de' is not a language of the report: en, nl"):
        Language("de")
