"""Scenario discovery: boxes whose exact figures are known, honest intervals, few inputs, and what a result says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from mcengine import Model, load_study
from mcengine.analysis.boxes import boxes
from mcengine.analysis.boxes_measure import ratio
from mcengine.analysis.boxes_result import BoxesResult
from mcengine.analysis.boxes_search import CHANCE
from mcengine.analysis.prim import presort, prim
from mcengine.analysis.sample import draw_sample
from mcengine.cli.boxes import boxes_text
from mcengine.errors import AnswerNo, InputError
from tests.engine.make import STANDARD, UNIT, Law, assumption_set, first_input, model, simple, study

SEED = 20261125
FOUR = ("a", "b", "c", "d")


def _corner(x: Any, out: Any, constants: Any) -> None:
    """y < 0 where a < 0.5 and b > 0.6, and nowhere else; c and d do nothing."""
    for i in range(x.shape[1]):
        out[0, i] = max(x[0, i] - 0.5, 0.6 - x[1, i])


def _triangle(x: Any, out: Any, constants: Any) -> None:
    """y < 0 where a + b < 0.8."""
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] + x[1, i] - 0.8


def _corners(x: Any, out: Any, constants: Any) -> None:
    """y < 0 where a < 0.2 and b < 0.6, and where c > 0.8 and d > 0.5."""
    for i in range(x.shape[1]):
        out[0, i] = min(max(x[0, i] - 0.2, x[1, i] - 0.6), max(0.8 - x[2, i], 0.5 - x[3, i]))


@lru_cache
def compiled(rows: Callable[..., None]) -> Model:
    return model(rows, FOUR)


def uniforms(rows: Callable[..., None], **options: Any) -> BoxesResult:
    """`boxes` of a model of four uniform inputs."""
    return boxes(simple(dict.fromkeys(FOUR, UNIT)), model=compiled(rows), **{"seed": SEED, **options})


@lru_cache
def evidence(**options: Any) -> BoxesResult:
    return boxes(load_study("evidence"), seed=SEED, n=1024, **options)


def test_a_known_box_is_found_and_measured() -> None:
    """It has mass 0.2; a peel moves a side by at most 5% of the 0.5 that is left of an input."""
    result = uniforms(_corner)
    box = result.boxes[0]
    a, b = sorted(box.limits, key=lambda limit: limit.input)
    assert (a.input, a.low, b.input, b.high) == ("a", None, "b", None)
    assert a.high is not None
    assert b.low is not None
    assert a.high == pytest.approx(0.5, abs=0.025)
    assert b.low == pytest.approx(0.6, abs=0.025)
    mass, inside = a.high * (1 - b.low), min(a.high, 0.5) * min(1 - b.low, 0.4)
    exact = {"mass": mass, "density": inside / mass, "coverage": inside / 0.2}
    for name, value in exact.items():
        low, high = getattr(box.step, name).ci95
        assert low - 1e-12 <= value <= high + 1e-12, name  # three intervals of one seed, seen to hold
    assert a.density_without.value == pytest.approx(min(1 - b.low, 0.4) / (1 - b.low) * 0.5, abs=0.01)
    assert (a.high_quantile, b.low_quantile) == (a.high, b.low)  # uniform on (0, 1)
    assert a.quasi_p[1] is not None
    assert b.quasi_p[0] is not None
    assert max(a.quasi_p[1], b.quasi_p[0]) < 1e-6
    assert a.quasi_p[0] is None
    assert result.share.value == pytest.approx(0.2, abs=2e-3)


def exact_triangle(result: BoxesResult) -> dict[str, float]:
    """Coverage, density and mass of the box of a triangle of area 0.32, by a fine grid of a."""
    sides = {"a": (0.0, 1.0), "b": (0.0, 1.0)}
    others = 1.0
    for name, (low, high) in result.boxes[0].step.limits.items():
        own = (low or 0.0, 1.0 if high is None else high)
        if name in sides:
            sides[name] = own
        else:
            others *= own[1] - own[0]
    (low, high), (bottom, top) = sides.values()
    a = low + (high - low) * (np.arange(20_000) + 0.5) / 20_000
    inside = float(np.clip(np.minimum(0.8 - a, top) - bottom, 0.0, None).mean()) * (high - low) * others
    mass = (high - low) * (top - bottom) * others
    return {"coverage": inside / 0.32, "density": inside / mass, "mass": mass}


def test_intervals_on_fresh_replicates_are_honest() -> None:
    """Of 200 cheap searches 95% of the intervals should hold the box's exact figure; that fewer than 175 do has a
    chance below 1 in 10,000 for the three together. The search's own figure is too rosy."""
    hits = dict.fromkeys(("coverage", "density", "mass"), 0)
    rosy, given, own = [], simple(dict.fromkeys(FOUR, UNIT)), compiled(_triangle)
    for seed in range(200):
        result = boxes(given, model=own, n=32, seed=seed, mass=0.1, alpha=0.1, inputs=["a", "b"], most=2)
        step, exact = result.boxes[0].step, exact_triangle(result)
        for name in hits:
            low, high = getattr(step, name).ci95
            hits[name] += low <= exact[name] <= high
        rosy.append(step.found["density"] - exact["density"])
    assert min(hits.values()) >= 175, hits
    assert np.mean(rosy) > 4 * np.std(rosy) / np.sqrt(len(rosy)) > 0.0


def test_the_trajectory_is_prim_on_the_first_half_of_the_stored_sample() -> None:
    given = load_study("evidence")
    names = ["leverage", "labour_share"]
    result = boxes(given, seed=SEED, n=512, replicates=6, inputs=names)
    sample = draw_sample(given, n=512, replicates=6, seed=SEED)
    x, y = np.concatenate(sample.x[:3], axis=1), np.concatenate(sample.y[:3, 0])
    rows = [sample.inputs.index(name) for name in result.boxes[0].inputs]
    steps = prim(x[rows], y < 0, order=presort(x[rows]))
    found = result.boxes[0].steps
    assert [s.found["density"] for s in found] == [s.density for s in steps]
    assert [s.found["coverage"] for s in found] == [s.coverage for s in steps]
    assert (result.found_on, result.measured_on) == (3, 3)
    last, fresh = steps[result.boxes[0].picked], np.concatenate(sample.x[3:], axis=1)[rows]
    inside, negative = last.contains(fresh), np.concatenate(sample.y[3:, 0]) < 0
    assert result.boxes[0].step.density.value == negative[inside].mean()
    assert result.boxes[0].step.coverage.value == (negative & inside).sum() / negative.sum()


@pytest.mark.parametrize("most", [1, 2, 3])
def test_at_most_so_many_inputs(most: int) -> None:
    result = evidence(above=0.0, most=most)
    box = result.boxes[0]
    assert 1 <= len(box.limits) <= most
    assert len(box.inputs) <= most
    assert box.limits[0].input == "leverage"
    assert [len(step.limits) for step in box.fewer] == list(range(1, len(box.fewer) + 1))
    assert len(box.looked_at) == 25
    densities = [step.found["density"] for step in box.fewer]
    assert densities == sorted(densities)


def test_the_suggested_box_follows_the_rule() -> None:
    result = evidence(above=0.0, coverage=0.7)
    box = result.boxes[0]
    chosen = box.steps[box.suggested]
    assert box.picked == box.suggested
    assert chosen.found["coverage"] >= 0.7
    denser = [s for s in box.steps if s.found["density"] > chosen.found["density"] and s.found["coverage"] >= 0.7]
    assert all(len(step.limits) >= len(chosen.limits) for step in denser)
    assert all(p is None or p <= CHANCE for limit in box.limits for p in limit.quasi_p)


def test_fewer_inputs_are_suggested_when_they_do_as_well() -> None:
    """One input decides y, and b moves it by a thousandth: a limit on b gains less than a point."""

    def rows(x: Any, out: Any, constants: Any) -> None:
        for i in range(x.shape[1]):
            out[0, i] = x[0, i] + 0.001 * x[1, i] - 0.3

    result = uniforms(rows)
    assert [limit.input for limit in result.boxes[0].limits] == ["a"]


def test_the_reader_picks() -> None:
    suggested = evidence(above=0.0)
    picked = evidence(above=0.0, pick=10)
    assert picked.boxes[0].picked == 10
    assert picked.boxes[0].suggested == suggested.boxes[0].suggested
    assert picked.boxes[0].step == suggested.boxes[0].steps[10]
    assert {limit.input for limit in picked.boxes[0].limits} == set(picked.boxes[0].step.limits)
    assert picked.digest == suggested.digest
    with pytest.raises(InputError, match="pick = 1000: is not a step of the trajectory of box 1"):
        evidence(above=0.0, pick=1000)


def test_a_second_box_among_what_the_first_leaves() -> None:
    """Two corners of 0.12 and 0.1, apart but for 0.012: each box finds one, together they hold nearly all."""
    result = uniforms(_corners, count=2, most=2, coverage=0.4)
    first, second = result.boxes
    assert {limit.input for limit in first.limits} == {"a", "b"}
    assert {limit.input for limit in second.limits} == {"c", "d"}
    assert second.steps[0].coverage.value == pytest.approx(1 - first.step.coverage.value, abs=1e-12)
    assert second.steps[0].mass.value == pytest.approx(1 - first.step.mass.value, abs=1e-12)
    together = result.together
    assert together is not None
    assert together.coverage.value == pytest.approx(first.step.coverage.value + second.step.coverage.value, abs=1e-12)
    assert together.density.value > 0.9
    picked = uniforms(_corners, count=2, most=2, coverage=0.4, pick=(5,))
    assert picked.boxes[0].picked == 5
    assert picked.boxes[1].picked == picked.boxes[1].suggested


def test_no_more_boxes_than_there_are() -> None:
    result = uniforms(_corner, count=4, coverage=0.9)
    assert len(result.boxes) < 4
    assert any(f"only {len(result.boxes)} of 4 boxes" in note for note in result.notes)


def test_above_is_below_of_the_negative() -> None:
    def negative(x: Any, out: Any, constants: Any) -> None:
        for i in range(x.shape[1]):
            out[0, i] = 0.8 - x[0, i] - x[1, i]

    below, above = uniforms(_triangle, n=256), uniforms(negative, n=256, above=0.0)
    assert (str(below.case), str(above.case)) == ("y < 0", "y > 0")
    assert below.boxes[0].to_dict() == above.boxes[0].to_dict()


def test_limits_in_units_and_quantiles_of_correlated_inputs_and_pools() -> None:
    low = assumption_set({"a": STANDARD, "b": STANDARD}, name="low", correlations={("a", "b"): 0.6})
    high = assumption_set({"a": ("normal", {"mean": 2.0, "sd": 1.0}), "b": STANDARD}, name="high")
    pool = study(("a", "b"), (low, 0.25), (high, 0.75))
    result = boxes(pool, model=model(first_input, ("a", "b")), seed=SEED, below=1.0)
    (limit,) = result.boxes[0].limits
    assert limit.high is not None
    assert limit.input == "a"
    exact = 0.25 * norm.cdf(limit.high) + 0.75 * norm.cdf(limit.high - 2.0)
    assert limit.high_quantile == pytest.approx(exact, abs=1e-9)
    assert result.boxes[0].step.mass.value == pytest.approx(exact, abs=5e-3)


def half_an_atom(at: float) -> Law:
    parts = [
        {"weight": 0.5, "family": "constant", "parameters": {"value": at}},
        {"weight": 0.5, "family": "uniform", "parameters": {"low": 1.0, "high": 2.0}},
    ]
    return "mixture", {"components": parts}


@pytest.mark.parametrize(("at", "options"), [(0.0, {"below": 0.5}), (2.0, {"above": 1.9999999})])
def test_an_atom_is_kept_or_peeled_whole(at: float, options: dict[str, float]) -> None:
    """a is the atom in half of the draws, and only then a case: the box is the atom, with its end inside."""
    given, own = simple({"a": half_an_atom(at), "b": UNIT}), model(first_input, ("a", "b"))
    result = boxes(given, model=own, seed=1, n=256, **options)
    (limit,) = result.boxes[0].limits
    assert result.boxes[0].step.density.value == result.boxes[0].step.coverage.value == 1.0
    assert (limit.low_quantile, limit.high_quantile) == ((0.5, None) if at else (None, 0.5))
    assert (limit.shown[0] == 2.0) if at else (0.0 <= limit.shown[1] <= 1.01)
    assert ("When a is at least 2, y is above 2 in 100.0%" if at else "When a is at most ") in boxes_text(result)


def test_limits_are_shown_in_few_digits_that_say_the_same() -> None:
    result = evidence(above=0.0)
    sample = draw_sample(load_study("evidence"), n=1024, replicates=16, seed=SEED)
    for step in result.boxes[0].steps:
        for name, pair in step.limits.items():
            x = np.concatenate(sample.x[:8], axis=1)[sample.inputs.index(name)]
            for exact, shown in zip(pair, step.shown[name], strict=True):
                assert (exact is None) == (shown is None)
                if exact is not None:
                    assert abs((x <= exact).mean() - (x <= shown).mean()) <= 0.001
                    assert len(f"{shown:.15g}".replace(".", "").lstrip("0")) <= 6


def test_the_same_seed_gives_the_same_answer_for_any_number_of_threads() -> None:
    options: dict[str, Any] = {"seed": 3, "n": 128, "replicates": 4}
    reference = boxes(load_study("evidence"), threads=1, **options)
    assert boxes(load_study("evidence"), threads=3, **options).to_dict() == reference.to_dict()
    assert boxes(load_study("evidence"), **{**options, "seed": 4}).digest != reference.digest


def test_the_json() -> None:
    data = evidence(above=0.0).to_dict()
    json.dumps(data, allow_nan=False)
    expected = "study output unit method seed n replicates evaluations digest notes warnings share boxes"
    assert set(expected.split()) <= set(data)
    assert (data["method"], data["case"], data["evaluations"]) == ("boxes", "npv > 0", 1024 * 16)
    box = data["boxes"][0]
    assert {"limits", "coverage", "density", "mass", "found"} <= set(box["trajectory"][0])
    assert box["limits"] == box["trajectory"][box["picked"]]["limits"]
    assert box["box"][0]["unit"] == "EUR private / EUR public"
    assert box["trajectory"][0]["coverage"] == {"value": 1.0, "ci95": [1.0, 1.0]}


def test_a_case_in_most_draws_is_answered_with_a_hint() -> None:
    assert any("the region of the opposite says more: above = 0" in note for note in evidence().notes)
    assert not any("opposite" in note for note in evidence(above=0.0).notes)
    rare = uniforms(_corner, below=-0.3, mass=0.2)
    assert any("so its density is at most" in note for note in rare.notes)
    few = uniforms(_corner, below=-0.35, n=128, mass=0.02)
    assert any("too few to trust" in note for note in few.notes)


def test_refusals() -> None:
    with pytest.raises(AnswerNo, match=r"y < -5 in none of the draws .* \(0 of 1,024 in all\)"):
        uniforms(_corner, below=-5.0, n=64)
    with pytest.raises(AnswerNo, match="y < 5 in all of the draws"):
        uniforms(_corner, below=5.0, n=64)
    with pytest.raises(AnswerNo, match="no box of these inputs holds y < 0 more often"):
        boxes(simple({"a": STANDARD, "b": ("uniform", {"low": 0.0, "high": 1e-300})}), inputs=["b"], seed=1, n=64,
              model=model(first_input, ("a", "b")), mass=0.99)  # fmt: skip


def test_faults_all_at_once() -> None:
    with pytest.raises(InputError) as caught:
        boxes(load_study("evidence"), below=0.0, above=float("inf"), alpha=0.5, mass=0.0, coverage=1.0, most=9, count=0,
              objective="lenent1", replicates=3, inputs=["leverge", "mcpf", "leverage", "leverage"],
              pick=[0])  # fmt: skip
    text = str(caught.value)
    for words in ("a case of interest has one side", "above = inf: must be a finite", "alpha = 0.5: must be a share",
                  "mass = 0.0: must", "coverage = 1.0", "most = 9: must be a whole number from 1 to 6", "count = 0",
                  "did you mean 'lenient1'", "replicates = 3: must be at least 4", "did you mean 'leverage'",
                  "'mcpf': is fixed in this study", "'leverage': is named twice", "pick = 0"):  # fmt: skip
        assert words in text, words
    with pytest.raises(InputError, match="names more boxes than are asked for, 1"):
        boxes(load_study("evidence"), pick=(3, 4))
    with pytest.raises(InputError, match="names no input"):
        boxes(load_study("evidence"), inputs=[])
    with pytest.raises(InputError, match="no input of this study is uncertain"):
        boxes(load_study("replica"))
    with pytest.raises(InputError, match="may be 'never'"):
        boxes(load_study("evidence"), output="payback_year")


def test_a_share_of_replicates_without_draws_has_binomial_bounds() -> None:
    found = ratio(np.array([1.0, 0.0, 2.0]), np.array([4.0, 0.0, 4.0]))
    assert found.value == 3 / 8
    assert found.note == "exact binomial bounds"
    assert ratio(np.zeros(3), np.zeros(3)).value is None


@pytest.mark.parametrize("columns", ["70", "100", "160"])
def test_what_is_printed(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    result = evidence(above=0.0)
    text = boxes_text(result)
    assert max(len(line) for line in text.splitlines() if "sha256" not in line) <= int(columns) + 20
    flat = " ".join(text.split())
    limit = result.boxes[0].limits[0]
    assert f"When leverage is at least {limit.shown[0]:.15g} EUR private / EUR public" in flat
    assert re.search(r"NPV is above 0 in \d\d(\.\d+)?% \[.*?\] of cases, against 6\.\d+% \[.*?\] of all draws", flat)
    assert "--pick another" in flat
    assert f">{result.boxes[0].suggested}" in flat
    both = boxes_text(evidence(above=0.0, count=2))
    assert "Box 2. Outside the boxes before, when leverage" in " ".join(both.split())
    assert "The 2 boxes together cover" in " ".join(both.split())
