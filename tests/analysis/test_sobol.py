"""Sobol' indices: exact answers, groups, correlated sets, pools, the tail, and what a result says of itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, norm

from mcengine import load_study, sensitivity
from mcengine.analysis.factors import CHOICE
from mcengine.analysis.sobol import sobol, sobol_of
from mcengine.analysis.sobol_result import AS_STUDIED, UNCORRELATED, FactorIndices, SobolResult
from mcengine.engine.saltelli import BELOW, SHORTFALL, Response
from mcengine.errors import AnswerNo, InputError
from mcengine.models.model import YEAR, Output
from tests.analysis import exact
from tests.engine.make import STANDARD, UNIT, assumption_set, first_input, model, simple, study

Floats = NDArray[np.float64]
SEED = 20261123
THREE = ("a", "b", "c")


def _sum(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] + 2.0 * x[1, i] + 3.0 * x[2, i]


def _values(factors: dict[str, FactorIndices]) -> tuple[Floats, Floats]:
    return tuple(  # type: ignore[return-value]
        np.array([getattr(factor, name).value for factor in factors.values()]) for name in ("s1", "st")
    )


# At n = 2^16 and 16 replicates the promised accuracy. Seen over seeds, the standard errors there are below a sixth of
# it, which is asserted too, so an honest engine fails less than once in a million seeds.
TEXTBOOK = {
    "textbook/ishigami": (exact.ishigami(), 1e-3),
    "textbook/g_function": (exact.g_function(), 5e-3),
    "textbook/linear_gaussian": ((np.array([4.0, 16.0, 9.0]) / 29,) * 2, 1e-3),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_indices_to_the_promised_accuracy(name: str) -> None:
    (s1, st), promised = TEXTBOOK[name]
    result = sensitivity(load_study(name), seed=SEED, n=1 << 16)
    found = _values(result.inputs)
    assert np.max(np.abs(found[0] - s1)) < promised
    assert np.max(np.abs(found[1] - st)) < promised
    errors = [(v.ci95[1] - v.ci95[0]) / 2 / 2.131 for f in result.inputs.values() for v in (f.s1, f.st)]
    assert max(errors) < promised / 6  # the intervals claim as much: 2.131 is t's quantile with 15 degrees of freedom


def correlated(n: int) -> tuple[SobolResult, Floats, Floats]:
    """A weighted sum whose a and c are correlated: the result, exact shares of (a + c, b), and of a, b, c apart."""
    laws = dict.fromkeys(THREE, STANDARD)
    given = simple(laws, correlations={("a", "c"): 0.5})
    r = 2 * np.sin(np.pi * 0.5 / 6)  # of the scores, for Spearman's 0.5
    matrix = np.array([[1, 0, r], [0, 1, 0], [r, 0, 1]])
    weights = (1.0, 2.0, 3.0)
    result = sobol(given, model=model(_sum, THREE), seed=SEED, n=n)
    together = exact.linear(weights, matrix, [[0, 2], [1]])
    return result, together, exact.linear(weights, np.eye(3), [[0], [1], [2]])


def check_correlated(n: int, tolerance: float) -> None:
    result, together, apart = correlated(n)
    assert list(result.groups) == ["a + c", "b"]
    for found in _values(result.groups):
        assert np.max(np.abs(found - together)) < tolerance
    assert result.inputs_variant == UNCORRELATED
    for found in _values(result.inputs):
        assert np.max(np.abs(found - apart)) < tolerance
    assert any("a, c" in note and "without its correlations" in note for note in result.notes)


def test_correlated_inputs_are_one_group_and_their_own_indices_labelled() -> None:
    check_correlated(1 << 16, 1e-3)


def test_groups_of_the_users_own() -> None:
    result = sensitivity(load_study("textbook/g_function"), seed=SEED, groups={"tail": ["x8", "x3", "x4"]})
    assert list(result.groups) == ["x1", "x2", "tail", "x5", "x6", "x7"]
    assert result["tail"].members == ("x3", "x4", "x8")
    own = 1 / (3 * (1 + np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])) ** 2)
    inside = np.prod(1 + own[[2, 3, 7]]) - 1
    outside = np.prod(1 + own[[0, 1, 4, 5, 6]])
    total = (1 + inside) * outside - 1
    assert result["tail"].s1.value == pytest.approx(inside / total, abs=2e-3)
    assert result["tail"].st.value == pytest.approx(inside * outside / total, abs=2e-3)
    assert "x3" not in result.inputs
    assert result.inputs_variant == AS_STUDIED


def test_a_group_must_be_possible() -> None:
    given = simple({**dict.fromkeys(THREE, STANDARD), "d": ("constant", {"value": 1.0})},
                   correlations={("a", "b"): 0.5})  # fmt: skip
    groups = {"one": ["a", "c", "d"], "two": ["c", "q"], "three": []}
    with pytest.raises(InputError) as caught:
        sobol(given, model=model(_sum, (*THREE, "d")), groups=groups, seed=1, n=16)
    text = str(caught.value)
    for words in ("group one = 'd': is fixed", "group two = 'c': is already in group one", "group two = 'q': is not an",
                  "group three: has no inputs", "are correlated, so they belong in one group"):  # fmt: skip
        assert words in text


def test_second_order() -> None:
    s1, st = exact.ishigami()
    result = sensitivity(load_study("textbook/ishigami"), seed=SEED, second_order=True)
    assert result.main.s2["x1", "x3"].value == pytest.approx(st[2] - s1[2], abs=8e-3)
    assert result.main.s2["x1", "x2"].value == pytest.approx(0.0, abs=8e-3)
    assert [row["between"] for row in result.to_dict()["s2"]] == [["x1", "x2"], ["x1", "x3"], ["x2", "x3"]]


def test_the_choice_of_the_set_is_a_factor_of_a_pool() -> None:
    """Halves of N(0, 1) and N(2, 1): the set's share is Var E[y | set] = 1 of 2."""
    low = assumption_set({"a": STANDARD}, name="low")
    high = assumption_set({"a": ("normal", {"mean": 2.0, "sd": 1.0})}, name="high")
    result = sobol(study(("a",), (low, 0.5), (high, 0.5)), model=model(first_input, ("a",)), seed=SEED)
    assert list(result.groups) == ["a", CHOICE]
    for found in _values(result.groups):
        assert found == pytest.approx([0.5, 0.5], abs=2e-3)


def test_indices_of_the_tail() -> None:
    """y = a of N(0, 1) alone: every response is a's own; the spread of 1{y < 0} is 1/2, of (q - y)+ known."""
    laws = {"a": STANDARD, "b": UNIT}
    threshold = float(norm.ppf(0.05))
    responses = [Response("y", BELOW, 0.0), Response("y", SHORTFALL, threshold)]
    found = sobol_of(simple(laws), responses, model=model(first_input, ("a", "b")), seed=SEED)
    assert list(found) == ["y < 0", "(-1.64485 - y)+"]
    first = threshold * 0.05 + norm.pdf(threshold)
    second = (threshold**2 + 1) * 0.05 + threshold * norm.pdf(threshold)
    spreads = [0.5, np.sqrt(second - first**2)]
    for result, spread in zip(found.values(), spreads, strict=True):
        assert result["a"].s1.value == pytest.approx(1.0, abs=0.02)
        assert result["a"].st.value == pytest.approx(1.0, abs=0.02)
        assert result["b"].st.value == 0.0
        assert result.main.sd == pytest.approx(spread, rel=5e-3)


def test_an_event_that_some_replicates_lack_has_no_interval() -> None:
    response = Response("y", BELOW, -3.5)  # once in 4,300 draws; 16 base points a replicate
    result = sobol_of(simple({"a": STANDARD}), [response], model=model(first_input, ("a",)), seed=1, n=256)
    statistic = result[response.key]["a"].s1
    assert statistic.ci95 is None
    assert "does not vary within" in statistic.note
    assert result[response.key].main.ranking is None


def test_a_negative_index_is_explained() -> None:
    result = sensitivity(load_study("evidence"), seed=1, n=256)
    indices = [getattr(f, name) for f in (*result.groups.values(), *result.inputs.values()) for name in ("s1", "st")]
    negative = [value for value in indices if value.value < 0]
    assert negative
    assert all("read it as 0" in value.note for value in negative)
    assert not any(value.note for value in indices if 0 <= value.value <= 1)
    assert all(value["note"] for _, value in _notes(result.to_dict()) if value["value"] < 0)


def _notes(data: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, row[index])
        for part in ("groups", "inputs")
        for name, row in data[part].items()
        for index in ("s1", "st")
    ]


def test_the_same_seed_gives_the_same_answer_however_it_is_cut() -> None:
    options: dict[str, Any] = {"seed": 3, "n": 128, "replicates": 4}
    reference = sensitivity(load_study("evidence"), threads=1, **options)
    for cut in ({"threads": 3}, {"block": 16}, {"threads": 2, "block": 1000}):
        other = sensitivity(load_study("evidence"), **cut, **options)
        assert other.to_dict() == reference.to_dict()
    assert sensitivity(load_study("evidence"), **{**options, "seed": 4}).digest != reference.digest


def test_the_variant_is_the_study_with_its_correlations_off() -> None:
    options: dict[str, Any] = {"seed": 3, "n": 128, "replicates": 4}
    with_both = sensitivity(load_study("evidence"), **options)
    alone = sensitivity(replace(load_study("evidence"), correlations=False), **options)
    assert with_both.apart is not None
    assert np.array_equal(with_both.apart.rows, alone.main.rows)
    assert alone.apart is None
    assert alone.groups == {}


def test_several_outputs_from_the_same_evaluations() -> None:
    given, options = load_study("evidence"), {"seed": 3, "n": 128, "replicates": 4}
    both = sobol_of(given, [Response("npv"), Response("bcr"), Response("cash_flow[2030]")], **options)  # type: ignore[arg-type]
    for key in ("npv", "bcr", "cash_flow[2030]"):
        alone = sensitivity(given, output=key, **options)
        assert alone.digest == both[key].digest


def test_the_contract_of_the_json() -> None:
    data = sensitivity(load_study("evidence"), seed=3, n=100, replicates=4).to_dict()
    json.dumps(data, allow_nan=False)
    assert {"study", "output", "method", "n", "replicates", "evaluations", "groups", "inputs", "s2"} <= set(data)
    assert (data["study"], data["output"], data["method"]) == ("evidence", "npv", "sobol")
    assert (data["n"], data["replicates"]) == (128, 4)
    assert data["evaluations"] == 128 * 4 * (len(data["groups"]) + 2 + 25 + 2)
    assert set(data["inputs"]["leverage"]) == {"s1", "st"}
    assert set(data["inputs"]["leverage"]["st"]) >= {"value", "ci95"}
    assert data["inputs_variant"] == "without correlations"
    assert data["notes"][0].startswith("128 base points a replicate instead of 100")
    members = [name for group in data["groups"].values() for name in group["members"]]
    assert sorted(members) == sorted(data["inputs"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "sobel"}, "'sobel': is not a method.*did you mean 'sobol'"),
        ({"output": "nvp"}, "did you mean 'npv'"),
        ({"output": "payback_year"}, "may be 'never', so it has no variance"),
        ({"n": 8, "replicates": 1}, "(?s)n = 8: must be a whole number from 16.*replicates = 1"),
        ({"n": 1 << 21}, "to 1048576"),
        ({"layout": "halfs"}, "did you mean 'halves'"),
        ({"engine": "SALib"}, "did you mean 'salib'"),
        ({"tresholds": 3}, "is not an option of sobol"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        sensitivity(load_study("evidence"), **options)


def test_nothing_uncertain_and_nothing_that_varies() -> None:
    with pytest.raises(InputError, match="no input of this study is uncertain"):
        sensitivity(load_study("replica"))
    idle = simple({"b": UNIT, "a": UNIT})
    with pytest.raises(AnswerNo, match="the same in every evaluation"):
        sobol(idle, model=model(_constant, ("b", "a")), seed=1, n=16)


def _constant(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 0.1 + 0.2


def test_the_first_output_is_taken_where_there_is_no_npv() -> None:
    outputs = (Output("first"), Output("when", "year", YEAR), Output("flow", year=2030))
    result = sobol(simple({"a": STANDARD, "b": STANDARD}), model=model(_two, ("a", "b"), outputs=outputs), seed=1, n=16)
    assert result.output == "first"


def _two(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] + x[1, i]
        out[1, i] = np.inf
        out[2, i] = 0.0


@pytest.mark.slow
def test_the_intervals_cover_the_exact_indices() -> None:
    """1,000 runs of 8 replicates of 64 base points; six intervals, each within the binomial's 99.9% over all six.

    With a coverage of 95% this test fails once in a thousand seeds (Bonferroni); the seeds are fixed.
    """
    given, truth = load_study("textbook/linear_gaussian"), np.array([4.0, 16.0, 9.0]) / 29
    runs, covered = 1000, np.zeros((3, 2))
    for seed in range(runs):
        factors = sensitivity(given, seed=seed, n=64, replicates=8, threads=1).inputs.values()
        for j, factor in enumerate(factors):
            for k, index in enumerate((factor.s1, factor.st)):
                covered[j, k] += index.ci95[0] <= truth[j] <= index.ci95[1]
    low, high = binom.ppf(0.001 / 12, runs, 0.95), binom.ppf(1 - 0.001 / 12, runs, 0.95)
    assert (covered >= low).all(), covered
    assert (covered <= high).all(), covered
