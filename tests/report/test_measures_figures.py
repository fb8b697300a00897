"""Figures of morris, pawn, delta and rbd-fast: what is drawn, in both languages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

import pytest

from mcengine import load_study, sensitivity
from mcengine.report.language import Language
from mcengine.report.measures_figures import measures_pictures
from mcengine.report.sensitivity_figures import pictures_of

SMALL: dict[str, dict[str, Any]] = {"morris": {"n": 8}, "pawn": {"n": 128}, "delta": {"n": 128}, "rbd-fast": {"n": 128}}
SVG = "{http://www.w3.org/2000/svg}"


@cache
def result(method: str, study: str = "evidence") -> Any:
    return sensitivity(load_study(study), method=method, seed=1, replicates=4, **SMALL[method])


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("method", SMALL)
def test_each_picture_stands_alone(method: str, language: str) -> None:
    made = pictures_of(result(method), Language(language))
    names = [f"sensitivity_{method}_inputs"]
    if method == "morris":
        names = ["sensitivity_morris_groups", *names, "sensitivity_morris_scatter"]
    assert [picture.name for picture in made] == names
    for picture in made:
        root = ET.fromstring(picture.svg)
        text = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
        assert {"en": "Evidence", "nl": "Literatuur"}[language] in picture.caption
        label = next(s.label[language] for s in result(method).study.inputs if s.name == "leverage")
        assert label in text
        assert label in picture.alt


def test_the_dummy_is_drawn_where_there_is_one() -> None:
    for method in SMALL:
        pictures = measures_pictures(result(method), Language("en"))
        drawn = any("an input that does nothing" in picture.svg for picture in pictures)
        assert drawn == (method != "morris")
        assert any("Dashed" in picture.caption for picture in pictures) == (method != "morris")


def test_an_effect_has_a_unit() -> None:
    bars, scatter = measures_pictures(result("morris", "textbook/ishigami"), Language("nl"))
    assert "effect op y" in bars.svg
    assert "spreiding van het effect (sigma)" in scatter.svg
