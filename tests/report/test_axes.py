"""The distribution on axes of the caller's own."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from mcengine import Result, load_study, run
from mcengine.errors import InputError
from mcengine.report.axes import plot


@pytest.fixture(scope="module")
def result() -> Result:
    return run(load_study("plan_centred"), draws=2**13, seed=7)


def test_it_draws_the_whole_histogram_on_the_axes_given(result: Result) -> None:
    axes = Figure().add_subplot()
    assert plot(result["npv"], axes) is axes
    shape = result["npv"].distribution
    assert shape is not None
    drawn = sum(np.asarray(p.get_data().values) for p in axes.patches if isinstance(p, StepPatch))
    assert np.array_equal(drawn, shape.counts)
    assert axes.get_xlabel() == "net present value (NPV), EUR m"
    assert [text.get_text() for text in axes.texts] == ["P5", "P50", "P95"]


def test_dutch_names_and_the_current_axes(result: Result) -> None:
    figure = pyplot.figure()
    try:
        axes = plot(result["npv"], language="nl")
        assert axes.figure is figure
        assert axes.get_xlabel().startswith("netto contante waarde (NCW)")
    finally:
        pyplot.close(figure)


def test_what_does_not_vary_has_nothing_to_draw() -> None:
    fixed = run(load_study("replica"), draws=64, seed=7)
    with pytest.raises(InputError, match="has no distribution to draw"):
        plot(fixed["npv"], Figure().add_subplot())


def test_marks_stay_at_their_values_when_the_limits_change(result: Result) -> None:
    """As on axes that share their limits with others."""
    axes = plot(result["npv"], Figure().add_subplot())
    axes.set_xlim(-20_000, 20_000)
    places = {text.get_text(): text.get_position()[0] for text in axes.texts}
    names = {"P5": "p05", "P50": "p50", "P95": "p95"}
    assert places == {text: result["npv"].statistics[name].value for text, name in names.items()}
