"""The figure of the value of information: what it shows, in two languages, and when there is none."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mcengine import load_study
from mcengine.analysis.evppi import evppi
from mcengine.analysis.evppi_result import EvppiResult
from mcengine.report.language import Language
from mcengine.report.sensitivity_figures import pictures_of
from tests.analysis.test_evppi import FOUR, LINEAR, WEIGHTS
from tests.engine.make import STANDARD, simple


@pytest.fixture(scope="module")
def evidence() -> EvppiResult:
    groups = {"money": ["leverage", "labour_share"]}
    return evppi(load_study("evidence"), groups=groups, n=1024, seed=1)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", ("worth of knowing it before deciding (EUR m)", "everything known: 106", "leverage", "money")),
        ("nl", ("vóór het besluit te weten (EUR mln)", "alles bekend: 106", "hefboom", "een groep bekend")),
    ],
)
def test_bars_whiskers_and_the_line_of_everything(evidence: EvppiResult, code: str, words: tuple[str, ...]) -> None:
    (made,) = pictures_of(evidence, Language(code))
    ET.fromstring(made.svg)
    assert made.name == "sensitivity_evppi"
    assert all(word in made.svg for word in words), made.svg
    output, first = {"en": ("NPV", "leverage"), "nl": ("NCW", "hefboom")}[code]
    assert output in made.caption
    assert made.alt.index("money") < made.alt.index(first)


def test_what_never_changes_the_decision_is_counted(evidence: EvppiResult) -> None:
    (made,) = pictures_of(evidence, Language("en"))
    idle = sum(not worth.flip.value for worth in evidence.inputs.values())
    shown = 1 + len(evidence.inputs) - idle
    assert f"{idle - max(3 - shown, 0)} more change the decision in no draw" in made.svg


def test_no_picture_where_nothing_can_change_the_decision() -> None:
    made = LINEAR.with_constants((np.array([-50.0]), WEIGHTS))
    result = evppi(simple(dict.fromkeys(FOUR, STANDARD)), model=made, seed=1, n=64)
    assert pictures_of(result, Language("en")) == []
