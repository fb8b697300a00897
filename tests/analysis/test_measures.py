"""What morris, pawn, delta and rbd-fast answer with: plain data, the dummy, measures without value or interval."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mcengine import load_study, sensitivity
from mcengine.analysis.measures import Scale, measured
from mcengine.engine.saltelli import Factor
from mcengine.errors import InputError
from tests.engine.make import UNIT, model, simple

SMALL = {
    "morris": {"n": 8, "levels": 4},
    "pawn": {"n": 128, "slides": 5},
    "delta": {"n": 128, "resamples": 0},
    "rbd-fast": {"n": 128, "harmonics": 4},
}
MEASURES = {
    "morris": ["mu_star", "sigma", "mu"], "pawn": ["median", "maximum"], "delta": ["delta", "s1"], "rbd-fast": ["s1"],
}  # fmt: skip


@pytest.mark.parametrize("method", SMALL)
def test_plain_data(method: str) -> None:
    found = sensitivity(load_study("evidence"), method=method, seed=2, replicates=4, **SMALL[method])
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (data["study"], data["output"], data["unit"], data["method"]) == ("evidence", "npv", "EUR m", method)
    assert (data["seed"], data["n"], data["replicates"]) == (2, SMALL[method]["n"], 4)
    assert data["digest"].startswith("sha256:")
    assert list(data["measures"]) == MEASURES[method]
    assert set(data["measures"].values()) == ({"EUR m"} if method == "morris" else {"1"})
    own = {name: value for name, value in SMALL[method].items() if name != "n"}
    assert data["settings"] == own
    assert len(data["inputs"]) == 25
    for row in data["inputs"].values():
        assert set(row) - {"above_dummy"} == set(MEASURES[method])
        assert all(row[m]["ci95"][0] <= row[m]["value"] <= row[m]["ci95"][1] for m in MEASURES[method])
    assert set(data["dummy"]) == (set() if method == "morris" else set(MEASURES[method]))
    assert data["ranking"]["inputs"]["order"][0] == "leverage"
    assert data["notes"]
    assert data["warnings"] == list(found.study.warnings)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    found = sensitivity(load_study("textbook/ishigami"), method="rbd-fast", seed=2, replicates=4, n=128)
    with pytest.raises(InputError, match="did you mean 'x1'"):
        found["x11"]
    with pytest.raises(InputError, match="did you mean 's1'"):
        found["x1"]["s11"]
    with pytest.raises(InputError, match="did you mean 'slides'"):
        sensitivity(load_study("textbook/ishigami"), method="pawn", slide=4)
    with pytest.raises(InputError, match="did you mean 'morris'"):
        sensitivity(load_study("textbook/ishigami"), method="moris")


FACTORS = (Factor("a", ("a",)), Factor("b", ("b",)))
SCALE = Scale(measures=("s1",), shares=("s1",), what="indices")


def test_a_factor_stands_above_the_dummy_when_the_intervals_say_so() -> None:
    each = np.array([[[0.5], [0.02], [0.01]], [[0.6], [0.0], [0.02]], [[0.55], [-0.06], [0.0]]])
    found = measured("as studied", FACTORS, SCALE, each.mean(axis=0), each, n=8, seed=1, evaluations=24)
    a, b = found.factors
    assert (a.above_dummy, b.above_dummy) == (True, False)
    assert found.dummy["s1"].value == pytest.approx(0.01)
    assert "read it as 0" in b["s1"].note
    assert found.ranking is not None
    assert found.ranking.settled
    assert found.ranking.top == ("a",)
    assert found.rows.shape == (3, 3)


def test_without_a_dummy_nothing_is_said_of_one() -> None:
    each = np.array([[[0.5], [0.02]], [[0.6], [0.0]]])
    found = measured("as studied", FACTORS, SCALE, each.mean(axis=0), each, n=8, seed=1, evaluations=16)
    assert found.dummy == {}
    assert [factor.above_dummy for factor in found.factors] == [None, None]
    assert "above_dummy" not in found.factors[0].to_dict(members=False)


def test_a_measure_that_is_not_defined_has_no_value_and_one_lost_replicate_no_interval() -> None:
    each = np.array([[[0.5], [np.nan]], [[np.nan], [np.nan]], [[0.5], [np.nan]]])
    pooled = np.array([[0.5], [np.nan]])
    found = measured("as studied", FACTORS, SCALE, pooled, each, n=8, seed=1, evaluations=24, undefined="because")
    assert found.factors[0]["s1"].to_dict() == {
        "value": 0.5, "ci95": None, "note": "no interval: the output does not vary within 1 replicate(s)",
    }  # fmt: skip
    assert found.factors[1]["s1"].to_dict() == {"value": None, "ci95": None, "note": "because"}
    assert found.ranking is None


def rare(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 1.0 if x[0, i] > 0.997 else 0.0


@pytest.mark.parametrize("method", ["pawn", "delta", "rbd-fast"])
def test_an_output_that_hardly_ever_varies_is_answered_without_nan(method: str) -> None:
    """3 in a thousand draws differ: of 8 replicates of 128 some have one and some none (seeded)."""
    study, own = simple({"a": UNIT, "b": UNIT}), model(rare, ("a", "b"))
    found = sensitivity(study, method=method, model=own, seed=2, replicates=8, **SMALL[method])
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    if method == "rbd-fast":  # of all draws together
        assert "does not vary within" in data["inputs"]["a"]["s1"]["note"]
        assert data["inputs"]["a"]["s1"]["ci95"] is None
    if method == "delta":
        assert data["inputs"]["a"]["delta"]["value"] is None
    if method != "pawn":
        assert data["ranking"] == {}
