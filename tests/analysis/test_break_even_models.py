"""Break-even values of models with known answers: several, double, none, jumps, bounds, and values without a number."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mcengine.analysis.break_even import break_even, search_grid
from mcengine.analysis.break_even_result import BELOW
from mcengine.cli.break_even import break_even_text
from mcengine.errors import NonFiniteError
from mcengine.inputs.spec import Domain, InputSpec
from mcengine.inputs.study import Study
from mcengine.models.model import YEAR, Output
from tests.engine.make import UNIT, assumption_set, model, study


def _shapes(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        cubic = (x[0, i] - 1.0) * (x[0, i] - 2.5) * (x[0, i] - 7.0)
        touch = (x[1, i] - 3.0) * (x[1, i] - 3.0)
        jump = np.floor(x[2, i]) - 1.5
        out[0, i] = cubic + touch + jump + 1.5
        out[1, i] = touch
        out[2, i] = jump
        out[3, i] = x[3, i] / (x[4, i] - 4.0)
        out[4, i] = 2030.0


SHAPES = ("cubic", "touch", "jump", "line", "pole")


def shapes(values: Mapping[str, float] | None = None, **searches: tuple[float, float]) -> tuple[Study, Any]:
    """The study and model of `_shapes`; inputs stand at 1, 3, 0, 0 and 0 unless in `values`."""
    start = {"cubic": 1.0, "touch": 3.0, "jump": 0.0, "line": 0.0, "pole": 0.0, **(values or {})}
    made = study(SHAPES, values=start)
    specs = tuple(replace(spec, search=searches.get(spec.name, spec.search)) for spec in made.inputs)
    outputs = ("all", "touching", "jumping", "ratio", Output("year", "year", YEAR))
    return replace(made, inputs=specs), model(_shapes, SHAPES, outputs=outputs)


def test_three_roots_and_the_one_nearest_the_plan() -> None:
    given, own = shapes({"cubic": 3.0})
    one = break_even(given, model=own)["cubic"]
    assert [root.value for root in one.roots] == pytest.approx([1.0, 2.5, 7.0], rel=1e-12)
    assert one.value == pytest.approx(2.5, rel=1e-12)
    assert one.distance == pytest.approx(-0.5 / 3.0, rel=1e-11)
    assert one.exceeds == BELOW
    assert "3 values: 1, 2.5, 7" in one.note


def test_a_double_root_is_said_to_touch() -> None:
    given, own = shapes({"touch": 5.0})
    one = break_even(given, model=own, output="touching")["touch"]
    assert one.value == pytest.approx(3.0, abs=1e-7)
    assert one.exceeds is None
    assert "touches 0 at 3 without passing it" in one.note
    assert one.to_dict()["touching"] == [one.value]
    assert break_even(given, model=own, output="touching").sets == ()


def test_a_jump_is_no_break_even_value() -> None:
    given, own = shapes()
    found = break_even(given, model=own, output="jumping")
    one = found["jump"]
    assert (one.value, one.roots) == (None, ())
    assert one.to_dict()["jumps"] == [{"value": 2.0, "before": -0.5, "after": 0.5}]
    assert found.jumping == (one,)
    assert found.found == ()
    text = " ".join(break_even_text(found).split())
    assert "passes 0 at 2 in a jump from -0.5 to 0.5" in text
    assert "No input moved alone within its bounds makes it exactly 0" in text


def test_an_input_that_does_nothing() -> None:
    given, own = shapes()
    one = break_even(given, model=own, output="touching", level=-1.0)["line"]
    assert one.note == "touching is 0 at both bounds and does not reach -1 between them"


def test_roots_at_the_bounds() -> None:
    given, own = shapes({"cubic": 4.0}, cubic=(1.0, 7.0))
    one = break_even(given, model=own)["cubic"]
    assert [root.value for root in one.roots] == pytest.approx([1.0, 2.5, 7.0], rel=1e-12)
    assert one.value == pytest.approx(2.5)


def test_values_without_a_number_are_left_out_and_told() -> None:
    given, own = shapes({"line": 1.0, "pole": 8.0}, pole=(4.0, 10.0))
    one = break_even(given, model=own, output="ratio", level=0.5)["pole"]
    assert one.value == pytest.approx(6.0, rel=1e-12)
    assert one.to_dict()["npv_at_bounds"] == [None, pytest.approx(1.0 / 6.0)]
    assert "is no finite number at 1 of the values searched, first at 4" in one.note
    assert "no number" not in json.dumps(one.to_dict())
    with pytest.raises(NonFiniteError):
        break_even(shapes({"line": 1.0, "pole": 4.0})[0], model=own, output="ratio")


ANYWHERE = Domain()


def spec(search: tuple[float, float], domain: Domain = ANYWHERE) -> InputSpec:
    return InputSpec("x", 1.0, "1", domain, search, {"en": "x", "nl": "x"}, "", "t")


def test_where_is_searched() -> None:
    grid = search_grid(spec((-2.0, 2.0)), 0.3)
    assert (grid[0], grid[-1], len(grid)) == (-2.0, 2.0, 2050)
    assert 0.3 in grid
    wide = search_grid(spec((0.01, 100.0)), 1.0)
    assert len(wide) > 4000
    assert np.all(np.diff(wide) > 0.0)
    assert np.sum(wide < 0.1) > 500
    assert search_grid(spec((0.0, 10.0)), 12.0)[-1] == 12.0
    unlimited = search_grid(spec((0.0, math.inf)), 5.0)
    assert unlimited[-1] == 5e9
    assert np.sum(unlimited < 100.0) > 500
    assert search_grid(spec((0.0, 50.0)), math.inf)[-1] == 50.0
    opened = search_grid(spec((0.0, 10.0), Domain(0.0, low_open=True)), 1.0)
    assert 0.0 < opened[0] <= 1e-5


def test_a_value_fixed_beyond_the_break_even_point() -> None:
    own = (assumption_set({"line": ("constant", {"value": 5.0}), "cubic": UNIT}, name="own"), 1.0)
    given = replace(study(SHAPES, own, values={"cubic": 1.0, "touch": 3.0, "jump": 0.0, "line": 0.0, "pole": 5.0}))
    found = break_even(given, model=shapes()[1], output="ratio", level=2.0)
    one = found["line"]
    assert one.value == pytest.approx(2.0)
    assert one.to_dict()["percentiles"] == {"own": None}
    assert one.to_dict()["fixed"] == {"own": {"value": 5.0, "beyond": True}}
    assert "fixed, past" in break_even_text(found)
    assert found["pole"].percentiles["own"].beyond is False  # without a row it stays at the study's value
