"""Tornado and one-way curves: closed forms, quantiles of pools, bends, years that never come, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from mcengine import evaluate, load_study, sensitivity
from mcengine.analysis.tornado import TornadoResult, moving, pooled, tornado
from mcengine.cli.tornado import tornado_text
from mcengine.errors import InputError, NonFiniteError
from mcengine.inputs.study import Study
from tests.engine.make import STANDARD, UNIT, assumption_set, first_input, model, study

Z90 = float(norm.ppf(0.9))


@cache
def answer(name: str) -> TornadoResult:
    found: TornadoResult = sensitivity(load_study(name), "tornado")
    return found


def pool() -> Study:
    """Two sets that overlap in a, do not in b, and fix c at two values; d varies in one set only."""
    first = assumption_set(
        {"a": ("uniform", {"low": 0.0, "high": 2.0}), "b": ("uniform", {"low": 0.0, "high": 1.0}),
         "c": ("constant", {"value": 1.0}), "d": UNIT}, name="first"
    )  # fmt: skip
    second = assumption_set(
        {"a": ("uniform", {"low": 1.0, "high": 3.0}), "b": ("uniform", {"low": 5.0, "high": 6.0}),
         "c": ("constant", {"value": 2.0})}, name="second"
    )  # fmt: skip
    return study(("a", "b", "c", "d", "e"), (first, 0.75), (second, 0.25), values={"d": 0.5, "e": 1.0})


def test_a_linear_model_in_closed_form() -> None:
    found = answer("textbook/linear_gaussian")  # x1 + 2 x2 + 3 x3, sd 1, 1 and 0.5
    assert list(found.inputs) == ["x2", "x3", "x1"]
    for name, (weight, sd) in {"x1": (1.0, 1.0), "x2": (2.0, 1.0), "x3": (3.0, 0.5)}.items():
        one = found[name]
        assert (one.low, one.high) == pytest.approx((-Z90 * sd, Z90 * sd), rel=1e-12)
        assert one.swing == pytest.approx(2 * weight * Z90 * sd, rel=1e-12)
        assert (one.at_low, one.at_high) == pytest.approx((weight * one.low, weight * one.high), rel=1e-12)
        assert one.monotone
        assert one.probabilities[[0, -1]] == pytest.approx([0.01, 0.99])
        assert one.values == pytest.approx(sd * norm.ppf(one.probabilities), rel=1e-9, abs=1e-12)
        assert one.outputs == pytest.approx(weight * one.values, rel=1e-12)
    assert found.base == 0.0
    assert found.evaluations == 1 + 3 * 35


def test_a_bend_is_flagged_and_counts_in_the_swing() -> None:
    found = tornado(load_study("textbook/ishigami"), points=99)
    one = found["x2"]  # 7 sin^2 x2: the same at both ends, from 0 to 7 between them
    assert one.at_low == pytest.approx(one.at_high, rel=1e-12)
    assert not one.monotone
    assert (one.least, one.most) == pytest.approx((0.0, 7.0), abs=0.01)
    assert one.swing == pytest.approx(one.most - one.least)
    assert list(found.inputs) == ["x2", "x1", "x3"]
    assert (found["x3"].swing, found["x3"].monotone) == (0.0, True)  # x1 = 0
    assert "* x2 takes y beyond both ends between P10 and P90: from 0.00 to 7.00" in tornado_text(found)


def test_each_end_is_an_evaluation_of_its_own() -> None:
    given = load_study("evidence")
    found, at_median = answer("evidence"), given.baseline("median")
    for name in ("leverage", "structural_share", "nl_share", "duration_phase2"):
        one, law = found[name], given.marginal(0, name)
        assert (one.low, one.high) == (float(law.ppf(0.1)), float(law.ppf(0.9)))
        for value, output in ((one.low, one.at_low), (one.high, one.at_high)):
            again = evaluate(load_study("evidence", set=at_median | {name: value}), at="plan").outputs["npv"]
            assert output == pytest.approx(again, rel=1e-12)
    assert found.base == pytest.approx(float(evaluate(given).outputs["npv"]), rel=1e-12)
    assert found.standing == "the medians of the assumption set evidence"
    swings = [one.swing for one in found.inputs.values()]
    assert swings == sorted(swings, reverse=True)
    assert set(found.inputs) == set(given.uncertain)


@pytest.mark.parametrize("at", ["plan", "mean"])
def test_from_another_base(at: str) -> None:
    given = load_study("evidence")
    found = tornado(given, at=at, output="cash_flow[2030]", points=3)
    years = {int(year["year"]): year for year in evaluate(given, at=at).years}
    assert found.base == pytest.approx(years[2030]["cash_flow"], rel=1e-12)
    assert found["leverage"].low == answer("evidence")["leverage"].low
    assert found.standing == ("the plan's values" if at == "plan" else "the means of the assumption set evidence")


def test_quantiles_of_a_pool_are_of_the_mixture() -> None:
    given = pool()
    laws = moving(given)
    assert list(laws) == ["a", "b", "c", "d"]
    p = np.linspace(0.005, 0.995, 199)
    for name, law in laws.items():
        parts = [given.marginal(g, name) for g in range(2)]
        x = law.ppf(p)
        upto = 0.75 * parts[0].cdf(x) + 0.25 * parts[1].cdf(x)
        below = 0.75 * parts[0].below(x) + 0.25 * parts[1].below(x)
        assert np.all(upto >= p - 1e-12), name
        assert np.all(below <= p + 1e-12), name
    assert float(laws["a"].ppf(0.1)) == pytest.approx(2 * 0.1 / 0.75)  # below 1 only the first set has mass
    assert float(laws["b"].ppf(0.9)) == pytest.approx(5.6)
    assert (float(laws["c"].ppf(0.1)), float(laws["c"].ppf(0.9))) == (1.0, 2.0)
    assert float(laws["d"].ppf(0.5)) == 0.5
    assert pooled(given, "e").is_constant


def test_a_pool() -> None:
    found = tornado(pool(), model=model(first_input, ("a", "b", "c", "d", "e")))
    assert found["a"].base == pytest.approx(0.75 * 1.0 + 0.25 * 2.0)
    assert found["a"].swing == pytest.approx(float(pooled(pool(), "a").ppf(0.9)) - 2 * 0.1 / 0.75)
    assert "pooled by weight: first 0.75, second 0.25" in found.notes[0]
    assert found.standing == "the averages of the medians of the assumption sets first, second"


def test_an_unlimited_supply() -> None:
    data = tornado(load_study("pipeline"), at="plan").to_dict()["inputs"]["supply_phase3"]
    assert data["base"] == "inf"
    assert 0.0 < data["low"]["value"] < data["high"]["value"]


def test_an_atom_repeats_its_value() -> None:
    one = answer("sceptical")["structural_share"]  # 0 with chance one half
    assert np.all(one.values[one.probabilities <= 0.5] == 0.0)
    assert (one.low, one.base, one.at_low) == (0.0, 0.0, answer("sceptical").base)


def test_years_that_never_come() -> None:
    found = tornado(load_study("evidence"), output="payback_year", at="plan")
    one = found["leverage"]
    assert (one.at_low, one.swing) == (math.inf, math.inf)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))["inputs"]["leverage"]
    assert (data["low"]["output"], data["swing"]) == ("never", None)
    assert data["curve"]["outputs"][0] == "never"
    text = tornado_text(found)
    assert "payback_year is 2031 with the inputs at the plan's values" in " ".join(text.split())
    assert "to never" in text
    stuck = tornado_text(tornado(load_study("sceptical"), output="payback_year"))
    assert "no input moved alone from P10 to P90 changes it" in " ".join(stuck.split())


def _sometimes_nan(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = np.nan if x[0, i] > 1.5 else x[0, i]


def test_no_number_is_refused() -> None:
    given = study(("a",), (assumption_set({"a": STANDARD}), 1.0))
    with pytest.raises(NonFiniteError, match=r"'y' is not a finite number.*a="):
        tornado(given, model=model(_sometimes_nan, ("a",)))


def test_json() -> None:
    data = json.loads(json.dumps(answer("evidence").to_dict(), allow_nan=False))
    assert (data["study"], data["output"], data["method"], data["unit"]) == ("evidence", "npv", "tornado", "EUR m")
    assert (data["low"], data["high"], data["at"]) == (0.1, 0.9, "median")
    one = data["inputs"]["leverage"]
    assert one["swing"] == pytest.approx(abs(one["high"]["output"] - one["low"]["output"]))
    assert {len(one["curve"][key]) for key in ("probabilities", "values", "outputs")} == {33}
    assert any("correlations play no part" in note for note in data["notes"])
    independent = tornado(replace(load_study("evidence"), correlations=False))
    assert independent.notes == ()


def test_every_fault_at_once() -> None:
    with pytest.raises(InputError) as caught:
        tornado(load_study("evidence"), output="nvp", low=0.0, high=1.5, points=2)
    for words in ("did you mean 'npv'", "low = 0.0", "high = 1.5", "points = 2"):
        assert words in str(caught.value)
    with pytest.raises(InputError, match="must be below high"):
        tornado(load_study("evidence"), low=0.9, high=0.1)
    with pytest.raises(InputError, match="no input of this study is uncertain"):
        tornado(load_study("replica"))
    with pytest.raises(InputError, match="did you mean 'leverage'"):
        answer("evidence")["leverige"]


@pytest.mark.parametrize("columns", ["60", "150"])
def test_what_is_printed(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = tornado_text(answer("evidence"))
    flat = " ".join(text.split())
    for words in (
        "evidence: NPV is -3,017 EUR m with the inputs at the medians of the assumption set evidence.",
        "It moves most with leverage: -3,823 at its P10 (0.46351), -1,278 at its P90 (2.1575).",
        "No input moved alone within these bounds takes NPV from below 0 to the other side.",
        "with chance 80%",
        "note: each input is moved alone",
    ):
        assert words in flat
    assert max(len(line) for line in text.splitlines()) <= int(columns)
    from_plan = " ".join(tornado_text(tornado(load_study("evidence"), at="plan")).split())
    assert "can bring NPV to the other side of 0" in from_plan
