"""The figures as files: SVG that stands alone, with its text as text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcengine.analysis.result import Distribution, OutputResult, Result, Statistic
from mcengine.analysis.summary import cumulative_curve
from mcengine.engine.accumulators import BINS, TAIL
from mcengine.report import figures
from mcengine.report.language import Language
from mcengine.report.style import Ticks, picture

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ["evidence", "replica", "ishigami", "pool"])
def test_each_figure_is_an_svg_file_with_title_and_text(name: str, written: Callable[[str], Path]) -> None:
    files = sorted(written(name).glob("figures/*.svg"))
    assert files
    for file in files:
        root = ET.fromstring(file.read_text(encoding="utf-8"))
        title = root.find(f"{SVG}title")
        assert title is not None
        assert title.text == root.get("aria-label")
        assert "".join(t.text or "" for t in root.iter(f"{SVG}text"))
        assert "metadata" not in file.read_text(encoding="utf-8")


def test_the_fan_shows_the_years_and_the_plan(written: Callable[[str], Path]) -> None:
    text = (written("evidence") / "figures" / "cash_flow_years.nl.svg").read_text(encoding="utf-8")
    assert all(label in text for label in ("2026", "2035", "P5 tot P95", "plan met eigen waarden"))


@pytest.mark.parametrize(("low", "high"), [(-10.0, -1.0), (1.0, 10.0), (-1.0, 1.0)])
def test_the_histogram_can_lie_on_either_side_of_zero(low: float, high: float) -> None:
    shape = Distribution(np.linspace(low, high, 11), np.arange(1, 11))
    statistics = {"p05": Statistic(low + 0.5), "expected_shortfall_05": Statistic(low + 0.2)}
    output = OutputResult("npv", "EUR m", "continuous", 55, statistics, shape)
    svg = picture("x", figures.density(Language("en"), output, "NPV", "50%"), "", "alt").svg
    assert ("below zero" in svg) == (low < 0)
    assert ("chance above zero: 50%" in svg) == (high > 0)


def test_the_fan_says_how_many_draws_its_bands_come_from(evidence: Result) -> None:
    yearly = replace(evidence.years["cash_flow"], draws=1234)
    assert "banden uit 1.234 trekkingen" in picture("x", figures.fan(Language("nl"), yearly, "k"), "", "alt").svg


@pytest.mark.parametrize("name", ["evidence", "ishigami", "pool"])
def test_the_s_curve_is_that_of_all_draws(name: str, request: pytest.FixtureRequest) -> None:
    result: Result = request.getfixturevalue(name)
    outputs = [o for part in (result.outputs, *result.sets.values()) for o in part.values() if o.kind != "year"]
    for output in outputs:
        assert output.curve is not None
        values, shares = output.curve
        assert shares[0] == 0.0
        assert shares[-1] == 1.0
        assert np.all(np.diff(values) > 0)
        assert np.all(np.diff(shares) >= 0)
        assert values[0] <= output.min.value <= output.max.value <= values[-1]
        step = 2e-4 * output.sd.value  # two bins of the histogram behind it
        for p, key in ((0.05, "p05"), (0.25, "p25"), (0.5, "p50"), (0.75, "p75"), (0.95, "p95")):
            if (value := figures.value_of(output.statistics, key)) is not None:
                low, high = (float(np.interp(value + side, values, shares)) for side in (-step, step))
                assert low - 1e-9 <= p <= high + 1e-9
        above = output.prob_positive.value
        assert float(np.interp(0.0, values, shares)) == pytest.approx(1.0 - above, abs=0.005)


def test_an_atom_is_a_step_in_the_s_curve() -> None:
    histogram = np.zeros(BINS, dtype=np.int64)
    histogram[TAIL + 1000 : TAIL + 3000] = 1
    histogram[TAIL + 2000] += 2000
    values, shares = cumulative_curve(histogram, (0.0, 1.0), np.array([1000.0, 3000.0]))
    at = np.flatnonzero(values == 2000.0)[0]
    assert values[at + 1] == 2001.0
    assert (shares[at], shares[at + 1]) == (1000 / 4000, 3001 / 4000)


def test_ticks_have_the_decimals_of_their_step() -> None:
    assert Ticks(Language("nl")).format_ticks([0.0, 0.25, 0.5]) == ["0,00", "0,25", "0,50"]
    assert Ticks(Language("nl")).format_ticks([0.0, 2500.0, 5000.0]) == ["0", "2.500", "5.000"]
    assert Ticks(Language("en"), percent=True).format_ticks([0.0, 0.2]) == ["0%", "20%"]


def test_alternative_text_is_escaped() -> None:
    from matplotlib.figure import Figure

    found = picture("x", Figure(figsize=(1, 1)), "", 'a "b" & <c>')
    assert ET.fromstring(found.svg).get("aria-label") == 'a "b" & <c>'
