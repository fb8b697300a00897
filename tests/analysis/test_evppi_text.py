"""What the value of information prints: the answer in its first sentence, in the digits it has."""

from __future__ import annotations

import numpy as np
import pytest

from mcengine import load_study
from mcengine.analysis.evppi import evppi
from mcengine.analysis.evppi_result import EvppiResult
from mcengine.cli.evppi import evppi_text
from tests.analysis.test_evppi import FOUR, LINEAR, WEIGHTS
from tests.engine.make import STANDARD, simple


@pytest.fixture(scope="module")
def evidence() -> EvppiResult:
    groups = {"money": ["leverage", "labour_share"], "science": ["success_phase1", "success_phase2"]}
    shorter = load_study("evidence", spend_until=2030)
    return evppi(load_study("evidence"), groups=groups, alternatives=[shorter], n=1024, seed=1)


def test_it_opens_with_the_answer(evidence: EvppiResult) -> None:
    text = " ".join(evppi_text(evidence).split())
    start = "For someone who looks only at the expected NPV to 2035 in this set, without unquantified effects, the "
    assert start + "comparison is: evidence -2,6" in text
    assert "evidence (spend_until 2030) -1,02" in text
    assert "EUR m, do not 0." in text
    assert "Knowing everything first would be worth 13" in text
    assert "Most worth studying: leverage (6" in text
    assert "Of the groups: money (" in text


def test_the_table_and_what_changes_nothing(evidence: EvppiResult) -> None:
    lines = evppi_text(evidence).splitlines()
    assert any(line.startswith("no-go (decided now)  ") and line.endswith(" 0") for line in lines)
    assert any(line.startswith("leverage") and "47" in line for line in lines)
    text = " ".join(" ".join(lines).split())
    assert "Knowing this changes the decision in none of the 16,384 draws: science." in text
    assert "success_phase2" in text.partition("Knowing one of these")[2]
    assert text.count(evidence.digest) == 1


def test_a_narrow_terminal(evidence: EvppiResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    long = [line for line in evppi_text(evidence).splitlines() if len(line) > 60 and not line.startswith("digest")]
    assert long == []


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (-50.0, "looks only at the expected y, the comparison is: go ahead -50.0"),
        (-50.0, "Nothing that could be found out changes that."),
        (50.0, "looks only at the expected y, the comparison is: go ahead 49.9"),
        (1.0, "Most worth studying: b ("),
        (2.5, "Not told apart from 0: "),
        (2.5, "0 (not distinguishable)"),
    ],
)
def test_each_kind_of_answer(level: float, words: str) -> None:
    made = LINEAR.with_constants((np.array([level]), WEIGHTS))
    result = evppi(simple(dict.fromkeys(FOUR, STANDARD)), model=made, seed=1, n=64)
    assert words in " ".join(evppi_text(result).split())
