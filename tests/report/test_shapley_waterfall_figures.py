"""Figures of Shapley effects and waterfalls: every bar labelled, in both languages, both ends with their values."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from mcengine import load_study
from mcengine.analysis.shapley import shapley
from mcengine.analysis.shapley_result import ShapleyResult
from mcengine.analysis.waterfall import waterfall
from mcengine.analysis.waterfall_result import WaterfallResult
from mcengine.report.language import Language
from mcengine.report.shapley_figures import shapley_pictures
from mcengine.report.style import Picture
from mcengine.report.waterfall_figures import waterfall_figure, waterfall_pictures

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def effects() -> ShapleyResult:
    return shapley(load_study("evidence"), seed=1, n=64)


@pytest.fixture(scope="module")
def steps() -> WaterfallResult:
    return waterfall(load_study("plan_centred"), against="sceptical", seed=1, permutations=8)


def texts(picture: Picture) -> list[str]:
    """All text in a picture, which stands alone as SVG with a title."""
    root = ET.fromstring(picture.svg)
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == picture.alt == root.get("aria-label")
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize(("code", "label"), [("en", "leverage"), ("nl", "hefboom")])
def test_effects_are_bars_with_the_correlated_ones_told_apart(effects: ShapleyResult, code: str, label: str) -> None:
    [picture] = shapley_pictures(effects, Language(code))
    found = texts(picture)
    assert label in found
    assert any(text.startswith(("correlated with", "gecorreleerd")) for text in found)
    assert {"en": "Evidence", "nl": "Literatuur"}[code] in picture.caption
    assert picture.alt.index(label) < picture.alt.index({"en": "labour share", "nl": "aandeel personeelskosten"}[code])


def test_a_study_without_correlations_has_one_colour() -> None:
    result = shapley(load_study("textbook/ishigami"), seed=1, n=64)
    [picture] = shapley_pictures(result, Language("en"))
    found = texts(picture)
    assert "independent of all others" in found
    assert not any(text.startswith("correlated") for text in found)
    assert {"x1", "x2", "x3"} <= {*found}


@pytest.mark.parametrize(("code", "value", "more"), [("en", "−4,488", "15 more"), ("nl", "−4.488", "nog 15")])
def test_the_waterfall_names_both_ends_and_pools_small_steps(
    steps: WaterfallResult, code: str, value: str, more: str
) -> None:
    [picture] = waterfall_pictures(steps, Language(code))
    found = texts(picture)
    ends = {"en": {"Plan-centred", "Sceptical"}, "nl": {"Plan als middelpunt", "Sceptisch"}}
    assert {*ends[code], value, more} <= {*found}
    assert any("1.963 → 0.8" in text or "1,963 → 0,8" in text for text in found)
    assert value in picture.alt


def test_the_bars_of_the_waterfall_join(steps: WaterfallResult) -> None:
    bars = steps.bars()
    assert len(bars) == 13
    assert bars[0].start == steps.start.value
    assert bars[-1].end == steps.end.value
    assert all(one.end == other.start for one, other in pairwise(bars))
    sizes = [abs(bar.end - bar.start) for bar in bars[:-1]]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(bar.pooled for bar in bars) == 15
    assert len(steps.bars(most=26)) == len(steps.steps)  # one left over is shown as itself


def test_options_and_groups_have_labels() -> None:
    late = load_study("sceptical", horizon=2050)
    result = waterfall(
        load_study("evidence"), against=late, seed=1, groups={"growth": ["structural_share", "market_growth"]}
    )
    [picture] = waterfall_pictures(result, Language("nl"))
    assert {"zichtperiode tot en met, 2035 → 2050", "growth (2 invoervariabelen)"} <= {*texts(picture)}
    figure = waterfall_figure(Language("en"), result)
    low, high = figure.axes[0].get_xlim()
    assert low < min(result.start.value, result.end.value, 0.0)
    assert high > 0.0
