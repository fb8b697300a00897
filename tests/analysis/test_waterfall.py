"""Waterfalls: closed forms, adding up, symmetry, both ends as evaluated, options as steps, and refusals.

Random orders are held within 7 standard errors of the exact steps: Student's t with 15 degrees of freedom exceeds 7
with chance 4e-6. Seeds are fixed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, permutations
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from mcengine import Model, Study, evaluate, load_study
from mcengine.analysis import waterfall as module
from mcengine.analysis.waterfall import waterfall
from mcengine.analysis.waterfall_corners import Corners
from mcengine.analysis.waterfall_result import WaterfallResult
from mcengine.cli.waterfall import waterfall_text
from mcengine.errors import AnswerNo, InputError
from mcengine.inputs.catalog import studies
from tests.engine.make import UNIT, first_input, model, simple, study

SEED = 20261123
BUNDLED = [name for name in studies() if "/" not in name]


def _sum(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 2.0 * x[0, i] - 3.0 * x[1, i] + 0.5 * x[2, i]


def _product(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        total = 1.0
        for j in range(x.shape[0]):
            total *= x[j, i]
        out[0, i] = total


def _quotient(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 1.0 / (x[0, i] + x[1, i])


def fixed(name: str, values: Sequence[float]) -> Study:
    """A study of fixed inputs x0, x1, ..."""
    names = [f"x{j}" for j in range(len(values))]
    return replace(study(names, values=dict(zip(names, values, strict=True))), name=name)


@lru_cache
def product(count: int) -> Model:
    return model(_product, [f"x{j}" for j in range(count)])


def effects(result: WaterfallResult) -> dict[str, float]:
    return {step.name: step.value for step in result.steps}


def adds_up(result: WaterfallResult) -> None:
    scale = max(abs(result.start.value), abs(result.end.value))
    assert abs(sum(effects(result).values()) - result.difference) <= 1e-9 * scale


def test_in_a_sum_each_step_is_its_own_difference() -> None:
    a, b = fixed("a", [1.0, 2.0, 3.0]), fixed("b", [2.0, 5.0, -1.0])
    result = waterfall(a, against=b, model=model(_sum, ["x0", "x1", "x2"]))
    assert effects(result) == pytest.approx({"x1": -9.0, "x0": 2.0, "x2": -2.0}, abs=1e-12)
    assert result.steps[0].name == "x1"
    for step in result.steps:
        assert step.first == pytest.approx(step.value, abs=1e-12)
        assert step.last == pytest.approx(step.value, abs=1e-12)


pairs_of_values = st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=5).filter(
    lambda ends: any(old != new for old, new in ends)
)


@settings(deadline=None, max_examples=60)
@given(ends=pairs_of_values)
def test_in_a_product_steps_are_the_mean_over_all_orders(ends: list[tuple[float, float]]) -> None:
    a, b = (fixed(name, [pair[k] for pair in ends]) for k, name in enumerate("ab"))
    found = effects(waterfall(a, against=b, model=product(len(ends))))
    moved = [j for j, (old, new) in enumerate(ends) if old != new]
    expected, orders = dict.fromkeys((f"x{j}" for j in moved), 0.0), list(permutations(moved))
    for order in orders:
        x = [old for old, _ in ends]
        for j in order:
            before = np.prod(x)
            x[j] = ends[j][1]
            expected[f"x{j}"] += (np.prod(x) - before) / len(orders)
    assert found == pytest.approx(expected, abs=1e-10)


def test_two_factors_share_what_they_do_together_equally() -> None:
    """(1 + p)(1 + q) - 1: p + pq/2 and q + pq/2."""
    result = waterfall(fixed("a", [1.0, 1.0]), against=fixed("b", [1.5, 3.0]), model=product(2))
    assert effects(result) == pytest.approx({"x1": 2.5, "x0": 1.0}, abs=1e-12)
    assert (result["x0"].first, result["x0"].last) == (0.5, 1.5)


def test_an_input_without_effect_gets_nothing_and_one_that_is_the_same_has_no_step() -> None:
    a, b = fixed("a", [1.0, 2.0, 3.0]), fixed("b", [2.0, 7.0, 3.0])
    result = waterfall(a, against=b, model=model(first_input, ["x0", "x1", "x2"]))
    assert effects(result) == {"x0": 1.0, "x1": 0.0}


@pytest.mark.parametrize("at", ["mean", "median", "plan"])
@pytest.mark.parametrize(("first", "second"), list(combinations(BUNDLED, 2)))
def test_bundled_studies_add_up_and_end_where_evaluate_does(
    first: str, second: str, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EXACT", 10)
    monkeypatch.setattr(module, "_simulated", lambda *_: None)  # only the steps are looked at here
    a, b = load_study(first), load_study(second)
    same = a.baseline(at) == b.baseline(at) and a.options == b.options
    if same:
        with pytest.raises(AnswerNo, match="no difference to share out"):
            waterfall(a, against=b, at=at)
        return
    monkeypatch.setattr(module, "ORDERS", 64)
    result = waterfall(a, against=b, at=at, replicates=2, seed=SEED)
    adds_up(result)
    json.dumps(result.to_dict(), allow_nan=False)
    for end, one in ((result.start, a), (result.end, b)):
        assert end.study == one.name
        assert end.value == pytest.approx(evaluate(one, at=at).outputs["npv"], rel=1e-12)
    last = result.bars()[-1].end
    assert last == pytest.approx(result.end.value, rel=1e-9)


def test_the_way_back_has_the_same_steps_reversed() -> None:
    a, b = load_study("evidence"), load_study("sceptical")
    there, back = (waterfall(x, against=y, seed=SEED) for x, y in ((a, b), (b, a)))
    assert there.start.value == back.end.value
    assert effects(there) == pytest.approx({name: -value for name, value in effects(back).items()}, abs=1e-8)
    for step in there.steps:
        assert step.first == pytest.approx(-back[step.name].last, abs=1e-8)


def test_random_orders_agree_with_all_orders() -> None:
    a, b = load_study("evidence"), load_study("sceptical")
    exact, sampled = (waterfall(a, against=b, seed=SEED, permutations=orders) for orders in (None, 128))
    assert exact.permutations is None
    assert exact.evaluations == 1 << 12
    assert (sampled.permutations, sampled.replicates) == (128, 16)
    adds_up(sampled)
    for step in sampled.steps:
        assert step.effect.ci95 is not None
        error = (float(step.effect.ci95[1]) - float(step.effect.ci95[0])) / 2 / student.ppf(0.975, 15)
        assert abs(step.value - exact[step.name].value) < 7 * error + 1e-9
    assert sampled.digest == waterfall(a, against=b, seed=SEED, permutations=127, threads=1).digest  # made even
    assert sampled.digest != waterfall(a, against=b, seed=SEED + 1, permutations=128).digest


def test_one_order_and_its_reverse_are_exact_for_pairs() -> None:
    """Two effects that act together in pairs only: any order with its reverse gives the Shapley values."""
    result = waterfall(
        fixed("a", [1.0, 1.0]), against=fixed("b", [1.5, 3.0]), model=product(2), permutations=2, seed=SEED
    )
    assert effects(result) == pytest.approx({"x1": 2.5, "x0": 1.0}, abs=1e-12)


def test_groups_are_one_step() -> None:
    a, b = fixed("a", [1.0, 1.0, 2.0]), fixed("b", [1.5, 3.0, 2.0])
    result = waterfall(a, against=b, model=product(3), groups={"both": ["x1", "x0"], "idle": ["x2"]})
    assert effects(result) == pytest.approx({"both": 7.0})
    assert dict(result["both"].changes) == {"x0": (1.0, 1.5), "x1": (1.0, 3.0)}
    assert result.notes == ("group idle: no step, as its inputs are the same in a and b",)
    mixed = waterfall(a, against=b, model=product(3), groups={"some": ["x0", "x2"]})
    assert list(mixed["some"].changes) == ["x0"]
    assert mixed.notes == ("group some: x2 left out, as the same in a and b",)


def test_options_and_fixed_inputs_are_steps() -> None:
    a = load_study("replica")
    b = load_study("replica", set=["discount_rate=0.0225"], horizon=2050, spend_until=2030)
    result = waterfall(a, against=b)
    assert {step.name for step in result.steps} == {"discount_rate", "horizon", "spend_until"}
    assert dict(result["horizon"].changes) == {"horizon": (2035, 2050)}
    adds_up(result)
    npv = {
        (h, s): evaluate(load_study("replica", horizon=h, spend_until=s)).outputs["npv"]
        for h in (2035, 2050)
        for s in (2035, 2030)
    }
    assert result["horizon"].first == pytest.approx(npv[2050, 2035] - npv[2035, 2035], rel=1e-12)  # type: ignore[operator]
    alone = waterfall(a, against=load_study("replica", horizon=2050, spend_until=2030))
    expected = (npv[2050, 2035] - npv[2035, 2035] + npv[2050, 2030] - npv[2035, 2030]) / 2  # type: ignore[operator]
    assert alone["horizon"].value == pytest.approx(expected, rel=1e-9)


def test_ends_say_the_simulated_mean_where_something_is_uncertain() -> None:
    """x0 x1 of two independent uniforms: 1/4 both at the means and in the mean; for x0^2 the mean is 1/3."""
    a, b = simple({"x0": UNIT, "x1": UNIT}), fixed("b", [1.0, 1.0])
    result = waterfall(replace(a, name="a"), against=b, model=product(2), seed=SEED)
    assert result.start.value == 0.25
    assert result.start.simulated is not None
    assert result.start.simulated.value == pytest.approx(0.25, abs=1e-3)
    assert result.end.simulated is None


def test_the_other_end_is_the_plan_unless_said() -> None:
    result = waterfall(load_study("annex98", horizon=2050), seed=SEED)
    assert result.end == replace(result.end, study="plan", value=evaluate(load_study("horizon2050")).outputs["npv"])
    assert {step.name for step in result.steps} == {*load_study("annex98").fixed}
    adds_up(result)


def test_pooled_sets_are_at_the_mean_of_the_pool() -> None:
    evidence, sceptical = load_study("evidence"), load_study("sceptical")
    members = [replace(one.sets[0], weight=0.5) for one in (evidence, sceptical)]
    pool = replace(evidence, name="pool", sets=tuple(members), fixed=MappingProxyType({}))
    result = waterfall(evidence, against=pool, seed=SEED)
    adds_up(result)
    old, new = result["multiplier"].changes["multiplier"]
    assert isinstance(old, float)
    assert new == pytest.approx((old + 0.8) / 2)


def test_a_corner_that_is_not_finite_is_named() -> None:
    a, b = fixed("a", [1.0, 1.0]), fixed("b", [-1.0, 3.0])
    message = r"y is not a finite number with x0 as in b and everything else as in a, so the difference cannot"
    with pytest.raises(AnswerNo, match=message):
        waterfall(a, against=b, model=model(_quotient, ["x0", "x1"]))
    with pytest.raises(AnswerNo, match="not a finite number at the values of b"):
        waterfall(a, against=fixed("b", [1.0, -1.0]), model=model(_quotient, ["x0", "x1"]), permutations=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"against": "sceptikal"}, "sceptical"),
        ({"against": "textbook/ishigami"}, "both ends of a waterfall need the same plan and model"),
        ({"against": "sceptical", "at": "mode"}, "at = 'mode': must be one of"),
        ({"against": "sceptical", "output": "npw"}, "is not an output"),
        ({"against": "sceptical", "output": "payback_year"}, "may be 'never'"),
        ({"against": "sceptical", "permutations": 1}, "permutations = 1: must be a whole number from 2"),
        ({"against": "sceptical", "replicates": 1}, "replicates = 1"),
        ({"against": "sceptical", "seed": -1}, "seed = -1"),
        ({"against": "sceptical", "groups": {"g": ["leverag"]}}, "did you mean 'leverage'"),
        ({"against": "horizon2050", "groups": {"horizon": ["leverage"]}}, "is the name of an option"),
    ],
)
def test_options_that_cannot_be(options: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        waterfall(load_study("evidence"), **options)


def test_an_own_model_with_other_inputs_is_refused() -> None:
    with pytest.raises(InputError, match="has other inputs than a"):
        waterfall(fixed("a", [1.0, 1.0]), against=fixed("b", [1.0, 2.0, 3.0]), model=product(2))


def test_nothing_to_share_out_is_said_with_its_cure() -> None:
    with pytest.raises(AnswerNo, match=r"plan_centred and sceptical have the same .* assumption sets do not count"):
        waterfall(load_study("plan_centred"), against="sceptical", at="plan")


def test_many_corners_in_chunks_are_the_corners_one_by_one() -> None:
    ends = {f"x{j}": (1.0, 1.0 + 0.1 * j) for j in range(1, 14)}
    own = product(13)
    renamed = Model(own.rows, tuple(ends), own.outputs, own.constants, name="tests")
    a = fixed("a", [1.0] * 13)
    corners = Corners((a, a), renamed, ends, {name: (name,) for name in ends}, "y")
    chosen = np.random.default_rng(SEED).random((13, 9000)) < 0.5
    expected = np.prod(np.where(chosen, np.array([new for _, new in ends.values()])[:, None], 1.0), axis=0)
    assert np.allclose(corners.values(chosen), expected, rtol=1e-13)


def test_what_is_printed_and_kept() -> None:
    result = waterfall(load_study("plan_centred"), against="sceptical", seed=SEED, permutations=16)
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert {"study", "output", "unit", "method", "seed", "replicates", "evaluations", "digest", "notes"} <= {*plain}
    assert (plain["study"], plain["against"], plain["at"]) == ("plan_centred", "sceptical", "mean")
    assert plain["from"]["study"], plain["to"]["study"] == ("plan_centred", "sceptical")
    assert sum(step["effect"]["value"] for step in plain["steps"]) == pytest.approx(plain["difference"], rel=1e-12)
    assert any("random orders" in note for note in result.notes)
    printed = waterfall_text(result)
    assert printed.startswith("From plan_centred to sceptical, with inputs at the means, NPV falls by 5,886 EUR m")
    assert "The mean of NPV is not NPV at the means. Simulated, it is: plan_centred 1,398" in printed
    rows = printed.split("\n\n")[1].splitlines()
    assert rows[1].startswith("plan_centred")
    assert rows[-1].split() == ["sceptical", "-4,488"]
    with pytest.raises(InputError, match="did you mean 'leverage'"):
        result["leverag"]
