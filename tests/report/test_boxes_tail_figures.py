"""The figures of scenario discovery and of the tail, in both languages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import lru_cache
from typing import Any

import pytest

from mcengine import load_study
from mcengine.analysis.boxes import boxes
from mcengine.analysis.boxes_result import BoxesResult
from mcengine.analysis.tail import tail
from mcengine.analysis.tail_result import TailResult
from mcengine.report.language import Language
from mcengine.report.sensitivity_figures import pictures_of
from mcengine.report.style import Picture
from tests.engine.make import STANDARD, UNIT, first_input, model, simple

SVG = "{http://www.w3.org/2000/svg}"
ENGLISH, DUTCH = Language("en"), Language("nl")


@lru_cache
def discovered(**options: Any) -> BoxesResult:
    return boxes(load_study("evidence"), seed=5, n=512, above=0.0, **options)


@lru_cache
def tailed(**options: Any) -> TailResult:
    return tail(load_study("evidence"), seed=5, n=128, **options)


def words_in(picture: Picture) -> str:
    """All text of a picture, which stands alone as an SVG with a title for who cannot see it."""
    root = ET.fromstring(picture.svg)
    assert root.get("aria-label") == picture.alt
    return " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("code", ["en", "nl"])
@pytest.mark.parametrize("make", [discovered, tailed])
def test_every_figure_stands_alone_and_is_the_same_each_time(make: Any, code: str) -> None:
    made, again = (pictures_of(make(), Language(code)) for _ in range(2))
    assert len(made) == 2
    assert [picture.svg for picture in made] == [picture.svg for picture in again]
    for picture in made:
        assert words_in(picture)
        assert picture.name.startswith(f"sensitivity_{make().method}_")
        assert {"en": "Evidence", "nl": "Literatuur"}[code] in picture.caption
        assert "{" not in picture.caption + picture.alt + words_in(picture)


def test_the_trajectory_shows_the_steps_to_pick_from() -> None:
    trajectory, _ = pictures_of(discovered(), ENGLISH)
    text, box = words_in(trajectory), discovered().boxes[0]
    assert f"the box taken: step {box.picked}" in text
    assert f" {len(box.steps) - 1} " in f" {text} "
    assert "density: share with NPV > 0 in the box" in text
    assert "leverage at least" in trajectory.caption


def test_the_map_names_the_limits_it_is_cut_by() -> None:
    _, share_map = pictures_of(discovered(), ENGLISH)
    box = discovered().boxes[0]
    assert box.map is not None
    assert "leverage (EUR private / EUR public)" in words_in(share_map)
    others = [limit.input for limit in box.limits if limit.input not in box.map.inputs]
    assert len(others) == 1
    assert "Only draws within its limits on the other inputs are shown" in share_map.caption
    _, dutch = pictures_of(boxes(load_study("evidence"), seed=5, n=128, below=-3000.0), DUTCH)
    assert "NCW < EUR −3.000 mln" in dutch.caption
    _, dutch = pictures_of(discovered(), DUTCH)
    assert "NCW > 0" in dutch.caption
    assert "hefboom" in words_in(dutch)


def test_several_boxes_and_a_study_of_one_input() -> None:
    names = [picture.name for picture in pictures_of(discovered(count=2), ENGLISH)]
    assert names == [f"sensitivity_boxes_{part}_{k}" for k in (1, 2) for part in ("trajectory", "map")]
    alone = boxes(simple({"a": STANDARD}), model=model(first_input, ("a",)), seed=1, n=256)
    assert [picture.name for picture in pictures_of(alone, DUTCH)] == ["sensitivity_boxes_trajectory"]


def test_the_bars_of_the_tail_say_what_they_are_of() -> None:
    groups, inputs = pictures_of(tailed(), DUTCH)
    assert "of NCW < 0 (93,8% van de trekkingen)" in words_in(groups)
    assert "de slechtste 5%" in words_in(groups)
    assert "aannamen gecorreleerd zoals in de studie" in groups.caption
    assert "variant zonder correlaties" in inputs.caption
    assert "hefboom 5" in inputs.alt
    assert "hefboom + nog 3" in words_in(groups)


def test_a_refused_response_is_left_out() -> None:
    result = tail(simple({"a": UNIT}), model=model(first_input, ("a",)), seed=1, n=64)
    (bars,) = pictures_of(result, ENGLISH)
    assert "whether" not in words_in(bars)
    assert "y itself" in words_in(bars)
