"""The search for a better split of the public money: what it evaluates, what it finds, and what it calls a gain."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mcengine import Study, load_study, run
from mcengine.analysis.optimise import KEPT, NOTHING_VARIES, ONE_PHASE, optimise
from mcengine.analysis.optimise_result import OptimiseResult
from mcengine.analysis.optimise_search import OBJECTIVES, Search, Splits, measure, on_simplex, starting_points
from mcengine.engine.problem import build_problem
from mcengine.errors import InputError
from mcengine.inputs.study import WeightedSet
from mcengine.models.build import build_model
from tests.engine.make import assumption_set
from tests.models.twin import FOUR_PHASES, twin, with_supplies

Floats = NDArray[np.float64]

N, REPLICATES, SEED = 64, 4, 11
MODERATE = {"supply_animal": 0.6, "supply_clinical": 0.3, "supply_approval": 0.2, "outside_finance": 0.5}


def splits_of(study: Study, *, moves: bool = True, n: int = N, replicates: int = REPLICATES) -> Splits:
    """The splits of a study on the sample that `optimise` searches on."""
    problem = build_problem(study, seed=SEED, draws=n)
    x = [np.ascontiguousarray(problem.inputs(r, 0, n)[0]) for r in range(replicates)]
    return Splits(problem, x, 0, problem.model.output_index("npv"), moves)


def with_phases(study: Study, *names: str, **changes: Any) -> Study:
    """The study with only these phases of its plan, changed alike, their public shares scaled to sum to one."""
    assert study.plan is not None
    kept = [phase for phase in study.plan.phases if phase.name in names]
    total = sum(phase.public_money_share for phase in kept)
    phases = tuple(replace(p, public_money_share=p.public_money_share / total, **changes) for p in kept)
    return replace(study, plan=replace(study.plan, phases=phases))


def with_shares(study: Study, shares: Floats) -> Study:
    """The study of a plan with other shares: what a plan file with them would give."""
    assert study.plan is not None
    phases = zip(study.plan.phases, shares.tolist(), strict=True)
    changed = tuple(replace(phase, public_money_share=share) for phase, share in phases)
    return replace(study, plan=replace(study.plan, phases=changed))


def four_phases(**changes: Any) -> Study:
    return load_study(FOUR_PHASES, **changes)


def scarce(*names: str) -> Study:
    """The invented plan under pipeline accounting with few candidates, with these of its phases (default: all)."""
    study = with_supplies(four_phases()).overridden(accounting="pipeline")
    study = study.overridden({name: value for name, value in MODERATE.items() if name in study.baseline()})
    return with_phases(study, *names) if names else study


def simplex(phases: int, steps: int) -> Iterator[Floats]:
    """Every split in whole multiples of 1/steps."""

    def parts(left: int, count: int) -> Iterator[list[int]]:
        if count == 1:
            yield [left]
            return
        for first in range(left + 1):
            yield from ([first, *rest] for rest in parts(left - first, count - 1))

    for part in parts(steps, phases):
        yield np.array(part) / steps


def random_split(phases: int, seed: int) -> Floats:
    return np.random.default_rng(seed).dirichlet(np.ones(phases))


def best_start(result: OptimiseResult) -> float:
    return max(start.value for start in result.starts)


# ---------------------------------------------------------------- what a split brings


@pytest.mark.parametrize("study", [load_study("evidence"), load_study("pipeline"), scarce()], ids=lambda s: s.name)
def test_the_plans_own_split_gives_the_draws_of_a_run_bit_by_bit(study: Study) -> None:
    for moves in (True, False):
        splits = splits_of(study, moves=moves)
        found = splits.values(splits.plan)
        expected = [splits.problem.draws(r, 0, N)[1][splits.row] for r in range(REPLICATES)]
        assert np.array_equal(found, expected)
    mean = run(study, draws=N * REPLICATES, replicates=REPLICATES, seed=SEED)["npv"].mean.value
    assert measure(found, "mean") == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("name", ["evidence", "pipeline"])
def test_another_split_is_a_plan_file_with_those_shares(name: str, moves: bool) -> None:
    """Bitwise the kernel of that plan, leverage times sum r(a) / sum r(a0) or as drawn; and its plain twin."""
    study = load_study(name)
    splits = splits_of(study, moves=moves)
    shares = random_split(6, 3)
    changed = with_shares(study, shares)
    assert study.plan is not None
    assert changed.plan is not None
    factor = sum(changed.plan.private_ratios) / sum(study.plan.private_ratios) if moves else 1.0
    assert splits.factor(shares) == pytest.approx(factor, rel=1e-14)
    x = splits.x[0].copy()
    x[splits.problem.model.inputs.index("leverage")] *= splits.factor(shares)
    found = splits.values(shares)[0]
    assert np.array_equal(found, build_model(changed).evaluate(x)[splits.row])
    for i in range(3):
        inputs = dict(zip(splits.problem.model.inputs, x[:, i].tolist(), strict=True))
        assert found[i] == pytest.approx(twin(changed, inputs)["npv"], rel=1e-9, abs=1e-6)


def test_money_in_a_wholly_public_phase_alone_brings_no_private_money() -> None:
    splits = splits_of(four_phases())
    corner = np.array([0.0, 0.0, 0.0, 1.0])
    assert splits.factor(corner) == 0.0
    x = splits.x[1].copy()
    x[splits.problem.model.inputs.index("leverage")] = 0.0
    inputs = dict(zip(splits.problem.model.inputs, x[:, 5].tolist(), strict=True))
    # ratios do not matter without leverage; those of the corner itself are 0 / 0
    nearly = with_shares(four_phases(), np.array([0.0, 0.0, 1e-12, 1.0 - 1e-12]))
    assert splits.values(corner)[1, 5] == pytest.approx(twin(nearly, inputs)["npv"], rel=1e-9)


# ---------------------------------------------------------------- what the search finds


@pytest.mark.parametrize("study", [load_study("evidence"), four_phases()], ids=lambda s: s.name)
def test_plan_accounting_is_linear_in_the_shares_so_that_the_best_corner_wins(study: Study) -> None:
    """With leverage that moves, lambda r_p = leverage r_p(a) / sum r(a0): money and medicines are linear in a."""
    splits = splits_of(study)
    phases = len(splits.plan)
    corners = np.array([splits.values(row) for row in np.eye(phases)])
    for seed in range(3):
        shares = random_split(phases, seed)
        assert splits.values(shares) == pytest.approx(np.tensordot(shares, corners, 1), rel=1e-9)
    result = optimise(study, seed=SEED, n=N, replicates=REPLICATES)
    means = corners.mean(axis=(1, 2))
    assert list(result.shares.values()) == pytest.approx(np.eye(phases)[means.argmax()], abs=1e-9)
    assert result.agree == len(result.starts)
    fresh = [splits.problem.inputs(r, 0, N)[0] for r in range(REPLICATES, 2 * REPLICATES)]
    later = replace(splits, x=[np.ascontiguousarray(x) for x in fresh])
    gain = (later.values(np.eye(phases)[means.argmax()]) - later.values(splits.plan)).mean()
    assert result.gain.value == pytest.approx(gain, rel=1e-9)
    assert result.told_apart
    assert ONE_PHASE in result.notes


def test_fixed_leverage_is_linear_where_all_phases_have_one_public_share() -> None:
    study = with_phases(four_phases(), "laboratory", "animal", "clinical", "approval", public_share=0.5)
    splits = splits_of(study, moves=False)
    corners = np.array([splits.values(row) for row in np.eye(4)])
    shares = random_split(4, 8)
    assert splits.values(shares) == pytest.approx(np.tensordot(shares, corners, 1), rel=1e-9)
    result = optimise(study, seed=SEED, n=N, replicates=REPLICATES, leverage="fixed")
    assert best_start(result) == pytest.approx(corners.mean(axis=(1, 2)).max(), rel=1e-9)
    assert result.factor == 1.0


def test_the_range_that_keeps_most_of_the_gain_is_exact_where_the_objective_is_linear() -> None:
    """From the best corner b, the others in the plan's proportions: the loss is (1 - a_b) (f_b - f_others)."""
    study = load_study("evidence")
    splits, result = splits_of(study), optimise(study, seed=SEED, n=N, replicates=REPLICATES)
    values = np.array([splits.values(row).mean() for row in np.eye(6)])
    b = int(values.argmax())
    rest = np.delete(splits.plan, b) / np.delete(splits.plan, b).sum()
    gain = values[b] - splits.plan @ values
    expected = 1.0 - (1.0 - KEPT) * gain / (values[b] - rest @ np.delete(values, b))
    phase = list(result.phases.values())[b]
    assert phase.keeps == pytest.approx((expected, 1.0), abs=2.0**-11)


@pytest.mark.parametrize("leverage", ["moves", "fixed"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_two_phases_agree_with_a_fine_grid(objective: str, leverage: str) -> None:
    """An interior best split, by brute force over 501 of them. The search is at most a thousandth of the gain worse;
    for the chance of a profit, whose search is smoothed, a hundredth of the chance."""
    study = scarce("animal", "clinical").overridden({"revenue_per_medicine": 60})
    splits = splits_of(study, moves=leverage == "moves")
    grid = np.linspace(0.0, 1.0, 501)
    values = np.array([measure(splits.values(np.array([a, 1.0 - a])), objective) for a in grid])
    result = optimise(study, seed=SEED, n=N, replicates=REPLICATES, objective=objective, leverage=leverage)
    plan = measure(splits.values(splits.plan), objective)
    assert 0.02 < grid[values.argmax()] < 0.98
    slack = 1e-3 * (values.max() - plan) if objective == "mean" else 0.01
    assert best_start(result) >= values.max() - slack
    if objective == "mean":
        assert best_start(result) <= values.max() + slack


def test_four_phases_agree_with_a_grid_on_the_simplex() -> None:
    """1771 splits in steps of 5%: none is better than what the search finds from any of the first six starts."""
    study = scarce()
    splits = splits_of(study)
    values = np.array([measure(splits.values(shares), "mean") for shares in simplex(4, 20)])
    result = optimise(study, seed=SEED, n=N, replicates=REPLICATES, starts=6)
    plan = measure(splits.values(splits.plan), "mean")
    assert values.max() > plan
    assert all(start.value >= values.max() - 0.01 * (values.max() - plan) for start in result.starts)
    assert best_start(result) >= values.max()


def test_shares_are_a_split_from_every_start() -> None:
    for objective in OBJECTIVES:
        result = optimise(scarce(), seed=SEED, n=16, replicates=2, objective=objective)
        assert len(result.starts) == 2 + 4 + 4
        for start in result.starts:
            assert sum(start.shares) == pytest.approx(1.0, abs=1e-12)
            assert min(start.shares) >= 0.0
        assert sum(result.shares.values()) == pytest.approx(1.0, abs=1e-12)


@given(st.lists(st.floats(-10.0, 10.0), min_size=1, max_size=8).filter(lambda v: max(v) > 1e-6))
def test_on_simplex(values: list[float]) -> None:
    shares = on_simplex(np.array(values))
    assert shares.min() >= 0.0
    assert math.fsum(shares) == pytest.approx(1.0, abs=1e-12)
    assert np.array_equal(shares > 0, np.array(values) > 0) or min(abs(v) for v in values if v) < 1e-300


def test_starting_points_are_named_and_repeatable() -> None:
    splits = splits_of(four_phases(), n=16, replicates=2)
    names = ["a", "b", "c", "d"]
    points = starting_points(splits, names, 9, seed=5)
    assert [name for name, _ in points] == [
        "the plan's split", "equal shares", "mostly a", "mostly b", "mostly c", "mostly d",
        "random 1", "random 2", "random 3",
    ]  # fmt: skip
    again = starting_points(splits, names, 9, seed=5)
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(points, again, strict=True))
    other = starting_points(splits, names, 9, seed=6)
    assert not np.array_equal(points[-1][1], other[-1][1])
    assert all(point.sum() == pytest.approx(1.0, abs=1e-12) for _, point in points)


# ---------------------------------------------------------------- what is called a gain


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_where_no_split_matters_there_is_no_gain(objective: str) -> None:
    """One public share for all, and medicines worth nothing: every split has the same NPV but for rounding."""
    study = with_phases(four_phases(), "laboratory", "animal", "clinical", "approval", public_share=0.5)
    result = optimise(
        study.overridden({"revenue_per_medicine": 0}), seed=3, n=N, replicates=REPLICATES, objective=objective
    )
    assert not result.told_apart
    assert result.gain.value == 0.0
    assert result.gain.ci95 == (0.0, 0.0)
    assert all(phase.plan == phase.best and phase.keeps is None for phase in result.phases.values())


def alike_in_expectation() -> Study:
    """Two phases whose money has the same expected worth: the first takes no time and is passed with its plan's
    chance on average, independently of all else, so that a medicine from either costs the same. Draws differ."""
    study = with_phases(four_phases(), "laboratory", "animal", public_share=0.5)
    laws = {
        "success_laboratory": ("beta", {"mean": 0.6, "n": 10}),
        "leverage": ("uniform", {"low": 0.4, "high": 1.2}),
        "revenue_per_medicine": ("lognormal", {"median": 25, "log_sd": 0.5}),
    }
    sets = (WeightedSet(assumption_set(laws), 1.0),)
    return replace(study, sets=sets).overridden({"duration_laboratory": 0})


def test_the_noise_of_the_sample_is_not_called_a_gain() -> None:
    """40 seeds in which every split has the same expected NPV. An interval misses 0 in 5% of them, and lies above it in
    2.5%: more than 9, or 7, happen with chances 2e-5 and 6e-6. The search gains on its own draws every time."""
    study = alike_in_expectation()
    results = [optimise(study, seed=seed, n=16, replicates=16, starts=2) for seed in range(40)]
    missed = sum(not float(r.gain.ci95[0]) <= 0.0 <= float(r.gain.ci95[1]) for r in results if r.gain.ci95)
    assert missed <= 9
    assert sum(result.told_apart for result in results) <= 7
    sampled = [float(result.optimism.value) + float(result.gain.value) for result in results]  # type: ignore[arg-type]
    assert min(sampled) > 0.0
    assert np.mean([float(result.optimism.value) for result in results]) > 0.0  # type: ignore[arg-type]


def test_a_gain_that_is_real_is_told_apart() -> None:
    result = optimise(load_study("pipeline"), seed=SEED, n=N, replicates=8, starts=2)
    assert result.told_apart
    low, high = result.gain.ci95 or (0.0, 0.0)
    assert float(low) > 200.0
    assert float(high) < 450.0
    assert result.agree == 2
    money = result.effects["unspent_at_horizon"]
    for side, k in (("plan", 0), ("best", 1)):
        total = sum(phase.unspent[k] for phase in result.phases.values() if phase.unspent)
        assert total == pytest.approx(getattr(money, side).value, rel=1e-9)


def test_a_study_in_which_nothing_varies_has_an_exact_gain() -> None:
    result = optimise(load_study("replica"), seed=1)
    assert result.main.plan.value == pytest.approx(1478.13, abs=0.005)
    assert result.gain.ci95 == (result.gain.value, result.gain.value)
    assert result.told_apart
    assert NOTHING_VARIES in result.notes
    assert result.optimism.value == pytest.approx(0.0, abs=1e-6)


# ---------------------------------------------------------------- the contract


def test_same_bits_on_any_threads_and_plain_json() -> None:
    one, two = (optimise(scarce(), seed=4, n=32, replicates=4, threads=threads).to_dict() for threads in (1, 3))
    assert one == two
    assert json.loads(json.dumps(one, allow_nan=False)) == one
    assert optimise(scarce(), seed=5, n=32, replicates=4).to_dict()["digest"] != one["digest"]
    assert one["method"] == "optimise"
    assert one["evaluations"] == (sum(start["tried"] for start in one["starts"]) + 2) * 32 * 4


def test_another_output_can_be_asked_for() -> None:
    result = optimise(scarce(), seed=4, n=32, replicates=4, output="npv_if_returned", starts=2)
    assert next(iter(result.effects)) == "npv_if_returned"
    assert "npv" in result.effects


def test_the_observer_hears_of_every_search() -> None:
    heard: list[tuple[int, int]] = []
    optimise(scarce(), seed=4, n=16, replicates=2, starts=3, observer=lambda done, of: heard.append((done, of)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_faults_come_together() -> None:
    with pytest.raises(InputError) as error:
        optimise(load_study("textbook/ishigami"), objective="meen", leverage="move", starts=0, n=3, replicates=1)
    message = str(error.value)
    for words in ("did you mean 'mean'", "did you mean 'moves'", "starts = 0", "n = 3", "replicates = 1", "no plan"):
        assert words in message


@pytest.mark.parametrize(
    ("study", "options", "words"),
    [
        (four_phases(), {"leverage": "fixed"}, "approval has none"),
        (with_phases(four_phases(), "animal"), {}, "one phase"),
        (four_phases(), {"output": "payback_year"}, "must be one of npv, bcr"),
        (four_phases(), {"n": 2**17}, "which are kept"),
    ],
)
def test_what_is_refused(study: Study, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        optimise(study, **options)


def test_a_search_reports_the_best_it_met() -> None:
    from threading import Event

    splits = splits_of(scarce())
    search = Search(splits, "mean", float(splits.values(splits.plan).std()))
    found = search.climb("here", splits.plan, Event())
    assert found.value == search.value(np.array(found.shares)) >= search.value(splits.plan)
