"""What a run refuses, and in which words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mcengine import load_study, run
from mcengine.engine.problem import build_problem
from mcengine.engine.replicates import run_replicate
from mcengine.engine.run import Silent, lay_out, run_replicates
from mcengine.errors import InputError, NonFiniteError
from tests.engine.make import STANDARD, UNIT, first_input, model, simple


def bad_at(x: Any, out: Any, constants: Any) -> None:
    """Kernel: y is u, but the constants' second value where u is exactly the first."""
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] + 0.0 * x[1, i]
        out[1, i] = constants[0][1] if x[0, i] == constants[0][0] else x[0, i]


LAWS = {"u": UNIT, "v": STANDARD}


def spoiled(replicate: int, draw: int, value: float, **options: Any) -> tuple[Any, float, float]:
    """A model whose output "y" is `value` in one draw; with the draw's inputs."""
    problem = build_problem(simple(LAWS), seed=1, model=model(first_input, LAWS), **options)
    u, v = problem.draws(replicate, draw, 1)[0][:, 0].tolist()
    return model(bad_at, LAWS, [u, value], outputs=("fine", "y")), u, v


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("replicate", "draw"), [(0, 0), (2, 777), (3, 2047)])
def test_one_bad_draw_of_ten_thousand_stops_the_run_by_name(value: float, replicate: int, draw: int) -> None:
    own, u, v = spoiled(replicate, draw, value, draws=2048)
    with pytest.raises(NonFiniteError) as caught:
        run(simple(LAWS), draws=5 * 2048, replicates=5, seed=1, model=own)
    error = caught.value
    assert (error.output, error.draws, error.count) == ("y", ((replicate, draw),), 1)
    assert error.inputs == {"u": u, "v": v}
    assert error.exit_code == 1
    for part in ("'y'", f"{replicate}:{draw}", f"u={u!r}", f"v={v!r}", "is not a finite number in 1 draw"):
        assert part in str(error)


def test_without_the_bad_draw_the_same_model_runs() -> None:
    own, _, _ = spoiled(4, 777, np.nan, draws=2048)
    assert run(simple(LAWS), draws=4 * 2048, replicates=4, seed=1, model=own)["y"].draws == 8192


def test_the_first_of_several_bad_replicates_is_named() -> None:
    """Whatever the threads: replicates are judged in order."""

    def rows(x: Any, out: Any, constants: Any) -> None:
        for i in range(x.shape[1]):
            out[0, i] = np.log(x[0, i] - 0.0005)

    own = model(rows, ("u",))
    messages = set()
    for threads in (1, 2, 4):
        with pytest.raises(NonFiniteError) as caught:
            run(simple({"u": UNIT}), draws=2**15, seed=3, model=own, threads=threads)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_the_addresses_given_lead_to_bad_draws() -> None:
    def rows(x: Any, out: Any, constants: Any) -> None:
        for i in range(x.shape[1]):
            out[0, i] = np.sqrt(x[0, i] - 0.01)

    problem = build_problem(simple({"u": UNIT}), seed=1, draws=4096, model=model(first_input, ("u",)))
    own = build_problem_without_pilot(problem, model(rows, ("u",)))
    with pytest.raises(NonFiniteError) as caught:
        run_replicate(own, 2, 4096)
    for replicate, draw in caught.value.draws:
        assert np.isnan(own.draws(replicate, draw, 1)[1][0, 0])
        assert own.draws(replicate, draw, 1)[0][0, 0] < 0.01


def build_problem_without_pilot(problem: Any, own: Any) -> Any:
    from dataclasses import replace

    return replace(problem, model=own)


@pytest.mark.parametrize("draws", [0, -1, 1, 63, 10**12 + 1, 10**18, 1e6, "many", True, float("nan")])
def test_impossible_numbers_of_draws_are_refused(draws: Any) -> None:
    with pytest.raises(InputError, match="draws"):
        run(load_study("textbook/linear_gaussian"), draws=draws, seed=1)


def test_refused_draws_say_what_would_do() -> None:
    with pytest.raises(InputError) as caught:
        lay_out(0)
    assert str(caught.value) == "draws = 0: must be between 64 (2 in each of 32 replicates) and 1e+12"
    with pytest.raises(InputError, match="must be between"):
        lay_out(10**18)


@pytest.mark.parametrize("replicates", [1, 0, -3])
def test_one_replicate_has_no_spread(replicates: int) -> None:
    with pytest.raises(InputError, match=f"replicates = {replicates}: needs at least 2"):
        lay_out(1000, replicates)


@pytest.mark.parametrize(
    ("draws", "replicates", "sampler", "expected"),
    [
        (1_000_000, None, "sobol", (32_768, 32)),
        (1_000_000, None, "random", (31_250, 32)),
        (1_000_001, None, "random", (31_251, 32)),
        (1_000_000, None, "lhs", (31_250, 32)),
        (1_048_576, None, "sobol", (32_768, 32)),
        (64, None, "sobol", (2, 32)),
        (10, 5, "random", (2, 5)),
        (2**25, None, "sobol", (2**20, 32)),
        (2**25 + 1, None, "sobol", (2**20, 33)),
        (10**8, 4, "random", (1_041_667, 96)),
        (10**10, None, "sobol", (2**20, 9537)),
    ],
)
def test_layouts(draws: int, replicates: int | None, sampler: str, expected: tuple[int, int]) -> None:
    layout = lay_out(draws, replicates, sampler=sampler)
    assert (layout.draws, layout.replicates) == expected
    assert layout.total >= draws
    assert layout.draws <= 2**20
    assert bool(layout.notes) == (layout.total != draws or layout.replicates != (replicates or 32))


def test_rounding_up_is_said_with_its_reason() -> None:
    result = run(load_study("textbook/linear_gaussian"), draws=5000, seed=1)
    assert result.draws == 8192
    note = "8,192 draws instead of 5,000: 32 replicates of 256 each, a power of two for Sobol' points"
    assert note in result.notes


@pytest.mark.parametrize("seed", [-1, 2**128, 1.5, "7", True])
def test_seeds_that_cannot_be_are_refused(seed: Any) -> None:
    with pytest.raises(InputError, match=r"seed.*whole number from 0 to 2\^128 - 1"):
        run(load_study("textbook/linear_gaussian"), draws=256, seed=seed)


def test_seeds_at_the_ends_and_no_seed_are_fine() -> None:
    study = load_study("textbook/linear_gaussian")
    digests = {run(study, draws=256, seed=seed).digest for seed in (0, 1, 2**64, 2**128 - 1)}
    assert len(digests) == 4
    first, second = run(study, draws=256), run(study, draws=256)
    assert first.seed != second.seed
    assert run(study, draws=256, seed=first.seed).digest == first.digest


def test_samplers_and_outputs_are_found_by_name() -> None:
    study = load_study("textbook/linear_gaussian")
    with pytest.raises(InputError, match=r"sampler = 'sobal': must be one of.*did you mean 'sobol'"):
        run(study, draws=256, sampler="sobal")
    with pytest.raises(InputError, match=r"output = 'npw'.*did you mean 'npv'"):
        run(load_study("evidence"), draws=256, outputs=("npw",))


def test_a_model_with_other_inputs_than_the_study_is_refused() -> None:
    with pytest.raises(InputError, match="must be the model's inputs in its order"):
        run(simple(LAWS), draws=256, model=model(first_input, ("u", "w")))


def test_an_observer_hears_every_draw_and_every_replicate_in_order() -> None:
    problem = build_problem(simple({"u": UNIT}), seed=1, draws=512, model=model(first_input, ("u",)))

    class Listener(Silent):
        def __init__(self) -> None:
            self.count, self.order = 0, list[int]()

        def drawn(self, count: int) -> None:
            self.count += count

        def finished(self, portion: Any) -> None:
            self.order.append(portion.first)

    listener = Listener()
    list(run_replicates(problem, 512, range(6), threads=1, observer=listener))
    assert (listener.count, listener.order) == (6 * 512, list(range(6)))


def test_replicates_can_be_left_half_way() -> None:
    problem = build_problem(simple({"u": UNIT}), seed=1, draws=512, model=model(first_input, ("u",)))
    replicates = run_replicates(problem, 512, range(1000), threads=2)
    assert next(replicates).first == 0
    replicates.close()  # type: ignore[attr-defined]
