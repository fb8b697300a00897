"""Value of information: closed forms, nested simulation, bounds, coverage, and what a result says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from mcengine import load_study, sensitivity
from mcengine.analysis.evppi import evppi
from mcengine.analysis.evppi_result import EvppiResult
from mcengine.analysis.factors import CHOICE
from mcengine.analysis.sample import draw_sample
from mcengine.models.build import build_model
from mcengine.models.model import Model
from tests.engine.make import STANDARD, UNIT, Law, assumption_set, model, simple, study

Floats = NDArray[np.float64]
SEED = 20261123
FOUR = ("a", "b", "c", "d")
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.0])

# A check "within 6 standard errors" of 16 replicates fails by chance once in 40,000 (t, 15 degrees of freedom); there
# are about 30 of them, so fewer than one seed in a thousand would fail here.
WIDE = 6.0


def _weighted(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = constants[0][0]
        for j in range(x.shape[0]):
            out[0, i] += constants[1][j] * x[j, i]


def weighted(level: float, weights: Floats = WEIGHTS) -> Model:
    """y = level + sum of weights times inputs."""
    return model(_weighted, FOUR, np.array([level]), weights)


def linear_evppi(level: float, sd: float) -> float:
    """E[max(m, 0)] - max(level, 0) for m of N(level, sd^2), the conditional mean of a Gaussian net benefit."""
    if sd == 0.0:
        return 0.0
    return float(sd * norm.pdf(level / sd) + level * norm.cdf(level / sd) - max(level, 0.0))


def known_sd(known: Sequence[int], correlation: Floats) -> float:
    """Standard deviation of E[w'x | x_S] for x of N(0, correlation)."""
    inner = correlation[np.ix_(known, known)]
    return float(np.sqrt(WEIGHTS @ correlation[:, known] @ np.linalg.solve(inner, correlation[known] @ WEIGHTS)))


def check_linear(result: EvppiResult, level: float, correlation: Floats, groups: Mapping[str, Sequence[int]]) -> None:
    for name, known in {**{name: [j] for j, name in enumerate(FOUR)}, **groups}.items():
        worth, truth = result[name], linear_evppi(level, known_sd(known, correlation))
        assert abs(worth.evppi.value - truth) < WIDE * worth.se + 1e-4, name
        assert abs(worth.plug_in.value - truth) < WIDE * worth.se + 2e-3, name
        assert worth.share.value == pytest.approx(worth.evppi.value / result.evpi.value)
        assert worth.flip.value == pytest.approx(
            norm.cdf(-abs(level) / max(1e-9, known_sd(known, correlation))), abs=0.02
        )
    total = float(np.sqrt(WEIGHTS @ correlation @ WEIGHTS))
    assert abs(result.evpi.value - linear_evppi(level, total)) < WIDE * result.evpi_se
    assert result.flip.value == pytest.approx(norm.cdf(-abs(level) / total), abs=2e-3)


GROUPS = {"ab": ["a", "b"], "all": list(FOUR)}


@pytest.mark.parametrize("level", [-1.0, 0.8])
def test_closed_form_of_a_gaussian_net_benefit(level: float) -> None:
    result = evppi(simple(dict.fromkeys(FOUR, STANDARD)), model=weighted(level), groups=GROUPS, n=2048, seed=SEED)
    check_linear(result, level, np.eye(4), {"ab": [0, 1], "all": [0, 1, 2, 3]})
    assert result.decision == ("no-go" if level < 0 else "tests")
    assert result.notes == ()


def test_closed_form_with_correlated_inputs() -> None:
    """An input is worth what it tells of the others too: here c, of weight 0.5, moves with b, of weight 2."""
    given = simple(dict.fromkeys(FOUR, STANDARD), correlations={("b", "c"): 0.6, ("a", "d"): -0.7})
    correlation = np.eye(4)
    for (i, j), rho in {(1, 2): 0.6, (0, 3): -0.7}.items():
        correlation[i, j] = correlation[j, i] = 2 * np.sin(np.pi * rho / 6)
    result = evppi(given, model=weighted(-1.0), groups=GROUPS, n=2048, seed=SEED)
    check_linear(result, -1.0, correlation, {"ab": [0, 1], "all": [0, 1, 2, 3]})
    assert result["c"].evppi.value > 5 * linear_evppi(-1.0, 0.5)
    assert result["d"].told_apart  # idle in the model, and yet it tells of a
    assert "correlated" in result.notes[0]


def _product(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] * x[1, i] + np.sin(3.0 * x[2, i]) * x[0, i] - constants[0][0]


def test_nested_simulation_of_a_model_with_interactions() -> None:
    """Brute force: the inner mean over 2^12 draws of the rest at each of 2^9 outer points."""
    laws: dict[str, Law] = {
        "a": ("lognormal", {"median": 1.0, "log_sd": 0.5}), "b": ("triangular", {"low": 0.0, "mode": 1.0, "high": 4.0}),
        "c": UNIT,
    }  # fmt: skip
    given, made = simple(laws), model(_product, tuple(laws), np.array([2.5]))
    result = evppi(given, model=made, groups={"a and c": ["a", "c"]}, seed=SEED)
    inner, _ = draw_sample(given, model=made, n=1 << 11, replicates=2, seed=1).pooled()
    outer, _ = draw_sample(given, model=made, n=1 << 8, replicates=2, seed=2).pooled()
    for name, rows in {"a": [0], "b": [1], "c": [2], "a and c": [0, 2]}.items():
        means = np.array([_inner_mean(made, inner, rows, point) for point in outer.T])
        nested = np.maximum(means, 0.0).mean() - max(means.mean(), 0.0)
        assert result[name].evppi.value == pytest.approx(nested, rel=0.03, abs=0.002), name


def _inner_mean(made: Model, inner: Floats, rows: list[int], point: Floats) -> float:
    x = inner.copy()
    x[rows] = point[rows, None]
    return float(made.evaluate(x, headline_only=True)[0].mean())


def test_nested_simulation_of_a_bundled_study() -> None:
    """Without correlations, knowing an input is fixing it: 2^13 draws of the others at each of 201 values.

    The nested answer moves by 0.01% over seeds; the regression's standard error is 0.7%, and 4 of it are allowed.
    """
    given = replace(load_study("evidence"), correlations=False)
    result = evppi(given, inputs=["leverage"], seed=SEED)
    made = build_model(given)
    row = made.inputs.index("leverage")
    inner = draw_sample(given, n=1 << 13, replicates=2, seed=1).problem.inputs(0, 0, 1 << 13)[0]
    score = np.linspace(-5.0, 5.0, 201)
    points = np.tile(inner[:, :1], 201)
    points[row] = given.marginal(0, "leverage").ppf(norm.cdf(score))
    means = np.array([_inner_mean(made, inner, [row], point) for point in points.T])
    nested = np.sum(np.maximum(means, 0.0) * norm.pdf(score)) * 0.05
    assert result["leverage"].evppi.value == pytest.approx(nested, rel=0.03)
    fixed = given.overridden({"leverage": float(points[row, 120])})
    same = draw_sample(fixed, n=1 << 13, replicates=2, seed=1).y[0].mean()
    assert same == pytest.approx(means[120], rel=1e-9)


@pytest.mark.slow
def test_nested_simulation_of_a_pair_of_a_bundled_study() -> None:
    given = replace(load_study("evidence"), correlations=False)
    names = ["leverage", "labour_share"]
    result = evppi(given, groups={"two": names}, inputs=names, seed=SEED)
    made = build_model(given)
    rows = [made.inputs.index(name) for name in names]
    inner = draw_sample(given, n=1 << 12, replicates=2, seed=1).problem.inputs(0, 0, 1 << 12)[0]
    outer = draw_sample(given, n=1 << 12, replicates=2, seed=2).problem.inputs(0, 0, 1 << 12)[0]
    means = np.array([_inner_mean(made, inner, rows, point) for point in outer.T])
    assert result["two"].evppi.value == pytest.approx(np.maximum(means, 0.0).mean(), rel=0.04)
    labour = np.array([_inner_mean(made, inner, rows[1:], point) for point in outer.T])
    assert result["labour_share"].evppi.value == pytest.approx(np.maximum(labour, 0.0).mean(), abs=0.5)


def test_an_idle_input_is_worth_nothing() -> None:
    given = simple(dict.fromkeys(FOUR, STANDARD))
    near = evppi(given, model=weighted(-0.02), seed=SEED, inputs=["d"])["d"]  # the decision hangs by a hair
    assert near.evppi.ci95 is None or near.evppi.ci95[0] <= 0.0 <= near.evppi.ci95[1]
    assert not near.told_apart
    far = evppi(given, model=weighted(-2.0), seed=SEED, inputs=["d"])["d"]
    assert (far.evppi.value, far.evppi.ci95, far.flip.value) == (0.0, None, 0.0)
    assert "changes the decision in none of the 65,536 draws" in far.evppi.note


def test_to_know_more_is_worth_more_and_never_more_than_everything() -> None:
    given = load_study("evidence")
    first, second, third = "leverage", "labour_share", "structural_share"
    groups = {"two": [first, second], "three": [first, second, third], "all": list(given.uncertain)}
    result = evppi(given, groups=groups, inputs=[first], n=2048, seed=SEED)
    chain = [result[name].evppi.value for name in (first, "two", "three", "all")]
    assert chain == sorted(chain)
    assert 0.99 * result.evpi.value < chain[-1] <= result.evpi.value
    assert result["all"].bias_check.value == pytest.approx(0.0, abs=0.015 * result.evpi.value)


def test_over_a_pool_the_choice_of_the_set_is_a_group() -> None:
    """Halves of N(-3, 1) and N(1, 1): knowing the set is worth (0 + 1) / 2, as the mean is -1."""
    low = assumption_set({"a": ("normal", {"mean": -3.0, "sd": 1.0}), "b": UNIT}, name="low")
    high = assumption_set({"a": ("normal", {"mean": 1.0, "sd": 1.0}), "b": UNIT}, name="high")
    made = model(_first, ("a", "b"))
    result = evppi(study(("a", "b"), (low, 0.5), (high, 0.5)), model=made, seed=SEED)
    assert result[CHOICE].evppi.value == pytest.approx(0.5, abs=0.005)
    assert result[CHOICE].flip.value == pytest.approx(0.5, abs=0.005)
    truth = (linear_evppi(-3.0, 1.0) + linear_evppi(1.0, 1.0) + 1.0) / 2
    assert result["a"].evppi.value == pytest.approx(truth, abs=0.005)
    assert result["b"].evppi.value == 0.0
    assert any("pooled sets" in note for note in result.notes)


def _first(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i]


def _steps(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 3.0 if x[0, i] == 2.0 else x[1, i] - 1.0


def test_a_discrete_input_is_known_level_by_level() -> None:
    """y = 3 where a is 2 (10% of the draws), else -1 + b with b of N(0, 1): knowing a is worth 0.1 x 3."""
    laws: dict[str, Law] = {
        "a": ("discrete", {"values": [1.0, 2.0, 3.0], "weights": [0.5, 0.1, 0.4]}), "b": STANDARD,
    }  # fmt: skip
    result = evppi(simple(laws), model=model(_steps, ("a", "b")), seed=SEED)
    assert result["a"].evppi.value == pytest.approx(0.3, abs=0.002)
    assert result["a"].plug_in.value == pytest.approx(0.3, abs=0.002)


@settings(max_examples=8, deadline=None)
@given(
    level=st.floats(-3.0, 3.0),
    weights=st.lists(st.floats(-2.0, 2.0), min_size=4, max_size=4),
    seed=st.integers(0, 1000),
)
@example(level=-2.75, weights=[0.0, 1.1875, -0.75, 0.0], seed=546)  # EVPI of exactly 0, beside a wrong prediction
def test_bounds_hold_on_every_sample(level: float, weights: list[float], seed: int) -> None:
    """Draw by draw no decision gains more than the best one; and the JSON holds no NaN, whatever the model."""
    made = LINEAR.with_constants((np.array([level]), np.array(weights)))
    result = evppi(
        simple(dict.fromkeys(FOUR, STANDARD)), model=made, seed=seed, n=16, replicates=4, groups={"ab": ["a", "b"]}
    )
    for worth in (*result.inputs.values(), *result.groups.values()):
        assert worth.evppi.value <= result.evpi.value * (1 + 1e-12) + 1e-300
        assert 0.0 <= worth.flip.value <= 1.0
        assert worth.evppi.value >= 0.0 or "read it as 0" in worth.evppi.note
    json.dumps(result.to_dict(), allow_nan=False)


LINEAR = weighted(0.0)


def test_the_unit_of_an_input_or_of_money_does_not_matter() -> None:
    given = {"a": STANDARD, "b": ("lognormal", {"median": 1.0, "log_sd": 2.0}), "c": UNIT, "d": STANDARD}
    base = evppi(simple(given), model=weighted(-1.0, np.array([1.0, 0.01, 0.1, 0.1])), seed=1, n=256)
    money = evppi(simple(given), model=weighted(-1e6, 1e6 * np.array([1.0, 0.01, 0.1, 0.1])), seed=1, n=256)
    assert money["a"].evppi.value == pytest.approx(1e6 * base["a"].evppi.value, rel=1e-6)
    shifted = {**given, "a": ("normal", {"mean": 500.0, "sd": 100.0})}
    moved = evppi(simple(shifted), model=weighted(-6.0, np.array([0.01, 0.01, 0.1, 0.1])), seed=1, n=256)
    assert moved["a"].evppi.value == pytest.approx(base["a"].evppi.value, rel=1e-6)


def test_the_same_seed_gives_the_same_answer_for_any_number_of_threads() -> None:
    options: dict[str, Any] = {"seed": 3, "n": 256, "replicates": 4, "groups": {"two": ["leverage", "labour_share"]}}
    one, three = (sensitivity(load_study("evidence"), "evppi", threads=t, **options) for t in (1, 3))
    assert one.to_dict() == three.to_dict()
    assert sensitivity(load_study("evidence"), "evppi", **{**options, "seed": 4}).digest != one.digest


def test_the_contract_of_the_json() -> None:
    alternative = load_study("evidence", spend_until=2030)
    result = sensitivity(load_study("evidence"), "evppi", seed=3, n=100, alternatives=[alternative])
    data = result.to_dict()
    json.dumps(data, allow_nan=False)
    assert (data["study"], data["output"], data["unit"], data["method"]) == ("evidence", "npv", "EUR m", "evppi")
    assert (data["n"], data["replicates"], data["evaluations"]) == (128, 16, 2 * 128 * 16)
    assert list(data["inputs"]) == list(load_study("evidence").uncertain)
    worth = data["inputs"]["leverage"]
    assert set(worth) == {"evppi", "se", "share", "flip", "plug_in", "bias_check"}
    assert set(data["evpi"]) >= {"value", "ci95"}
    assert data["decision"] in [option["name"] for option in data["options"]]
    assert worth["bias_check"]["value"] == pytest.approx(worth["plug_in"]["value"] - worth["evppi"]["value"])
    assert data["notes"][0].startswith("128 base points a replicate instead of 100")
    assert result.digest == data["digest"]


def test_nothing_that_could_be_found_out_matters() -> None:
    result = evppi(simple(dict.fromkeys(FOUR, STANDARD)), model=weighted(-50.0), seed=1, n=64)
    assert (result.evpi.value, result.evpi.ci95, result["a"].share.value) == (0.0, None, None)
    json.dumps(result.to_dict(), allow_nan=False)


def test_the_order_of_what_is_worth_something_is_ranked_and_nothing_else() -> None:
    """Of independent normal inputs the larger variance is worth more (closed form above); a tie is not settled."""
    result = sensitivity(load_study("textbook/linear_gaussian"), "evppi", n=256, seed=1)
    assert result.ranking is not None
    values = [result[name].evppi.value for name in result.ranking.order]
    assert values == sorted(values, reverse=True)
    assert result.ranking.settled
    assert result.to_dict()["ranking"]["order"] == list(result.ranking.order)
    evidence = sensitivity(load_study("evidence"), "evppi", n=256, inputs=("leverage",), seed=1)
    assert evidence.ranking is None
