"""Break-even values of a plan: what its arithmetic says of them, percentiles, maps, and what is refused."""

from __future__ import annotations

import json
import math
from functools import cache

import numpy as np
import pytest

from mcengine import evaluate, load_study, sensitivity
from mcengine.analysis.break_even import break_even
from mcengine.analysis.break_even_result import ABOVE, BELOW, BreakEvenResult
from mcengine.cli.break_even import break_even_text
from mcengine.errors import InputError
from mcengine.inputs.assumptions import load_assumptions

SETS = ("plan_centred", "evidence", "sceptical")


@cache
def answer(name: str) -> BreakEvenResult:
    found: BreakEvenResult = sensitivity(load_study(name), "break-even")
    return found


def npv(name: str, **values: float) -> float:
    """NPV of one evaluation at the plan's values but these."""
    found = evaluate(load_study(name, set=values), at="plan").outputs["npv"]
    assert isinstance(found, float)
    return found


def test_none_comes_with_the_output_at_the_bounds() -> None:
    one = answer("replica")["revenue_per_medicine"]
    assert one.value is None
    data = one.to_dict()
    assert (data["value"], data["roots"], data["distance"], data["bounds"]) == (None, [], None, [0.0, 20000.0])
    exact = [npv("replica", revenue_per_medicine=bound) for bound in (0.0, 20000.0)]
    assert data["npv_at_bounds"] == pytest.approx(exact, rel=1e-12)
    assert "does not reach 0" in data["note"]
    assert data["percentiles"] == dict.fromkeys(SETS)


def test_a_plan_of_zero_has_a_distance_in_its_unit_only() -> None:
    for name, data in (
        (n, answer("replica").to_dict()["inputs"][n]) for n in ("displacement", "structural_depreciation")
    ):
        assert (data["plan"], data["distance"]) == (0.0, None), name
        assert data["distance_abs"] == data["value"] > 0.0


def test_a_flat_stretch_around_the_start_is_where_it_stands() -> None:
    one = break_even(load_study("textbook/ishigami"))["x3"]  # x1 = 0, so y = 0 whatever x3
    assert one.flat == ((-math.pi, math.pi),)
    assert one.value == one.start == 0.0
    assert "is 0 at every value from -3.14159 to 3.14159" in one.note


def test_the_published_plan() -> None:
    found = answer("replica")
    assert found.base == pytest.approx(1478.13, abs=0.005)
    assert (found.study.name, found.output, found.unit, found.level) == ("replica", "npv", "EUR m", 0.0)
    assert found.standing == "the plan's values"
    assert len(found.inputs) == len(load_study("replica").inputs)
    assert found["leverage"].value == pytest.approx(1.7954, abs=1e-4)
    nearest = [one.name for one in found.found]
    assert nearest[:3] == ["labour_share", "tax_burden", "multiplier"]
    assert nearest[-2:] == ["structural_depreciation", "displacement"]


def test_what_the_plans_arithmetic_says() -> None:
    # docs/method.md, plan accounting: the R&D tax is labour_share tax_burden (1 - displacement) Y, money follows
    # leverage x additionality, and outlay is multiplied by mcpf.
    found = answer("replica")
    value = {name: one.value for name, one in found.inputs.items() if one.value is not None}
    share = value["labour_share"] / found["labour_share"].plan
    assert value["tax_burden"] / found["tax_burden"].plan == pytest.approx(share, rel=1e-12)
    assert 1.0 - value["displacement"] == pytest.approx(share, rel=1e-12)
    assert value["leverage"] / found["leverage"].plan == pytest.approx(value["private_additionality"], rel=1e-12)
    assert value["mcpf"] == pytest.approx(evaluate(load_study("replica")).outputs["bcr"], rel=1e-12)


def test_the_output_at_each_root() -> None:
    found = answer("replica")
    assert len(found.found) == 10
    for one in found.found:
        scale = max(abs(value) for value in one.at_bounds)
        for root in one.roots:
            assert abs(npv("replica", **{one.name: root.value})) <= 1e-9 * scale, one.name
        assert one.value is not None
        step = 1e-6 * max(abs(one.value), 1e-3)
        sides = {ABOVE: (-1, 1), BELOW: (1, -1)}[one.exceeds or ""]
        for direction, sign in zip((-step, step), sides, strict=True):
            assert np.sign(npv("replica", **{one.name: one.value + direction})) == sign, one.name


def test_a_ratio_of_one_is_a_balance_of_zero() -> None:
    ratio = break_even(load_study("replica"), output="bcr", level=1.0, pairs=())
    for one in answer("replica").found:
        assert ratio[one.name].value == pytest.approx(one.value, rel=1e-9), one.name


def test_fixed_values_horizon_and_level() -> None:
    low = break_even(load_study("replica", set={"multiplier": 1.6}, horizon=2040), level=100.0, pairs=())
    assert low["multiplier"].start == 1.6
    value = low["leverage"].value
    assert value is not None
    again = evaluate(load_study("replica", set={"multiplier": 1.6, "leverage": value}, horizon=2040)).outputs["npv"]
    assert again == pytest.approx(100.0, abs=1e-6)


def test_percentiles_are_those_of_the_sets() -> None:
    found = answer("evidence")
    assert found.sets == SETS
    laws = {name: load_assumptions(name, found.study.inputs) for name in SETS}
    for one in found.found:
        for name in SETS:
            row, shown = laws[name].row(one.name), one.percentiles[name]
            if row is None or row.distribution.is_constant:
                assert shown.value is None
                assert shown.fixed == (one.plan if row is None else row.distribution.mean)
            else:
                assert shown.value == float(row.distribution.cdf(one.value))
    assert found["leverage"].percentiles["evidence"].value == pytest.approx(0.835, abs=5e-4)


def test_sets_by_name_and_the_studys_own() -> None:
    found = break_even(load_study("evidence"), sets=["sceptical"], pairs=())
    assert found.sets == ("sceptical",)
    assert break_even(load_study("textbook/linear_gaussian")).sets == ("textbook/linear_gaussian",)


def test_from_the_medians_of_the_assumptions() -> None:
    found = break_even(load_study("evidence"), at="median", pairs=())
    one = found["leverage"]
    assert found.standing == "the medians of the assumption set evidence"
    assert (one.start, one.plan) == (1.0, 2.4952381)
    assert one.value is not None
    assert one.distance == pytest.approx(one.value - 1.0)
    at_median = load_study("evidence").baseline("median") | {"leverage": one.value}
    again = evaluate(load_study("evidence", set=at_median), at="plan").outputs["npv"]
    assert again == pytest.approx(0.0, abs=1e-6)


def test_the_map_agrees_with_the_single_inputs() -> None:
    found = answer("replica")
    (pair,) = found.pairs
    assert pair.names == ("leverage", "multiplier")
    assert pair.start == (found["leverage"].plan, found["multiplier"].plan)
    assert pair.output.shape == (len(pair.y), len(pair.x)) == (61, 61)
    column = int(np.flatnonzero(pair.x == pair.start[0])[0])
    row = int(np.flatnonzero(pair.y == pair.start[1])[0])
    assert pair.output[row, column] == pytest.approx(found.base, rel=1e-12)
    assert pair.second_at[column] == pytest.approx([found["multiplier"].value], rel=1e-12)
    assert pair.first_at[row] == pytest.approx([found["leverage"].value], rel=1e-12)
    for one in ("leverage", "multiplier"):  # the window holds both break-even values and the sets' medians
        axis = pair.x if one == "leverage" else pair.y
        assert axis[0] <= (found[one].value or 0.0) <= axis[-1]
    assert set(pair.medians) == set(SETS)
    assert len(pair.contour) > 61
    for leverage, multiplier in pair.contour[::10]:
        assert npv("replica", leverage=leverage, multiplier=multiplier) == pytest.approx(0.0, abs=1e-6)
    for k, below in enumerate(pair.output.min(axis=0) < 0.0):
        inside = [y for y in pair.second_at[k] if pair.y[0] <= y <= pair.y[-1]]
        assert bool(inside) == (bool(below) and pair.output[:, k].max() > 0.0)


def test_an_unlimited_supply() -> None:
    found = break_even(load_study("pipeline"), pairs=[("supply_production", "leverage")])
    one = found["supply_production"]
    assert one.value is not None
    assert npv("pipeline", supply_production=one.value) == pytest.approx(0.0, abs=1e-6)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))["inputs"]["supply_production"]
    assert (data["plan"], data["distance"], data["distance_abs"]) == ("inf", None, None)
    assert data["fixed"]["evidence"] == {"value": "inf", "beyond": False}
    assert data["percentiles"]["pipeline"] > 0.9
    assert "unlimited" in break_even_text(found)
    assert found.sets == (*SETS, "pipeline")  # in plan accounting it says what the evidence says


def test_pairs_on_request() -> None:
    found = break_even(load_study("replica"), pairs=[("displacement", "nl_share"), ["labour_share", "mcpf"]])
    assert [pair.names for pair in found.pairs] == [("displacement", "nl_share"), ("labour_share", "mcpf")]
    assert break_even(load_study("textbook/ishigami")).pairs == ()


def test_json_is_the_contract() -> None:
    data = json.loads(json.dumps(answer("evidence").to_dict(), allow_nan=False))
    assert (data["study"], data["output"], data["method"], data["unit"]) == ("evidence", "npv", "break-even", "EUR m")
    assert data["at"] == "plan"
    keys = {"value", "roots", "plan", "distance", "distance_abs", "bounds", "npv_at_bounds", "percentiles", "note"}
    for name, one in data["inputs"].items():
        assert keys <= set(one), name
        assert list(one["percentiles"]) == list(SETS)
        if one["value"] is not None:
            assert one["value"] in one["roots"]
    one = data["inputs"]["leverage"]
    assert one["distance"] == pytest.approx((one["value"] - one["plan"]) / one["plan"])
    assert one["bounds"] == [0.0, 10.0]
    (pair,) = data["pairs"]
    assert len(pair["output"]) == len(pair["y"]) == len(pair["contour"]["leverage"])
    assert len(pair["contour"]["multiplier"]) == len(pair["x"])
    assert data == json.loads(json.dumps(sensitivity(load_study("evidence"), "break-even").to_dict()))


def test_every_fault_at_once() -> None:
    with pytest.raises(InputError) as caught:
        break_even(load_study("evidence"), at="medium", level=math.nan, sets=["sceptic"],
                   pairs=[("leverige", "multiplier"), ("mcpf", "mcpf")])  # fmt: skip
    text = str(caught.value)
    for words in ("did you mean 'median'", "level = nan", "did you mean 'sceptical'", "did you mean 'leverage'",
                  "a pair is two different inputs"):  # fmt: skip
        assert words in text
    with pytest.raises(InputError, match="did you mean 'npv'"):
        break_even(load_study("evidence"), output="nvp")
    with pytest.raises(InputError, match="passes no level; ask for npv with the horizon"):
        break_even(load_study("evidence"), output="payback_year")
    with pytest.raises(InputError, match="did you mean 'leverage'"):
        answer("replica")["leverag"]


@pytest.mark.parametrize("columns", ["60", "140"])
def test_what_is_printed(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = break_even_text(answer("evidence"))
    flat = " ".join(text.split())
    for words in (
        "evidence: NPV is 1,478.1 EUR m with the inputs at the plan's values",
        "nearest are labour_share at 0.22472 (-19.7%), tax_burden at 0.36665 (-19.7%) or multiplier at 1.5696 (-20.3%)",
        "10 of 32 inputs have a break-even value",
        "No value within the bounds at which NPV is 0",
        "leverage and multiplier together",
        "83.5%",
    ):
        assert words in flat
    assert max(len(line) for line in text.splitlines()) <= int(columns)
