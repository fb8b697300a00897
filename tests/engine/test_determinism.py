"""The contract: the same study, seed and draws give the same bits, however the work is cut."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcengine import Result, load_study, run
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.run import run_replicates
from mcengine.sampling.points import SAMPLERS
from tests.engine.make import STANDARD, UNIT, assumption_set, first_input, model, simple, study

DRAWS, REPLICATES, SEED = 8 * 1024, 8, 2026

CHILD = """
from mcengine import load_study, run
print(run(load_study("evidence"), draws=8192, replicates=8, seed=2026, block={block}).digest)
"""


@pytest.fixture(scope="module")
def reference() -> Result:
    return run(load_study("evidence"), draws=DRAWS, replicates=REPLICATES, seed=SEED, threads=1)


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_no_bit(reference: Result, threads: int) -> None:
    other = run(load_study("evidence"), draws=DRAWS, replicates=REPLICATES, seed=SEED, threads=threads)
    assert other.digest == reference.digest
    assert other.to_dict() == reference.to_dict()


@pytest.mark.parametrize("block", [2, 8, 64, 250, 1000, 1 << 16])
def test_blocks_change_no_bit(reference: Result, block: int) -> None:
    other = run(load_study("evidence"), draws=DRAWS, replicates=REPLICATES, seed=SEED, block=block)
    assert other.digest == reference.digest


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_blocks_change_no_bit_for_any_sampler_pool_or_copula(sampler: str) -> None:
    """1,022 draws: the last block is short, and narrower than a vector for some block sizes."""
    laws = {"a": STANDARD, "b": UNIT, "c": ("lognormal", {"median": 1.0, "log_sd": 0.5})}
    tied = assumption_set(laws, name="tied", correlations={("a", "c"): 0.6, ("a", "b"): -0.3}, dof=4.0)
    loose = assumption_set({**laws, "b": ("constant", {"value": 0.2})}, name="loose")
    pooled = study(("a", "b", "c"), (tied, 0.3), (loose, 0.6), (replace(loose, name="more"), 0.1))
    own = model(_sum, ("a", "b", "c"))
    draws = 4 * (1024 if sampler == "sobol" else 1022)
    digests = {
        run(pooled, draws=draws, replicates=4, seed=1, sampler=sampler, model=own, block=block).digest
        for block in (8, 10, 62, 248, 1000, 4096)
    }
    assert len(digests) == 1


def _sum(x, out, constants):  # type: ignore[no-untyped-def]
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] + 2.0 * x[1, i] + x[2, i]


@pytest.mark.parametrize(("threads", "block"), [("1", 248), ("2", 1000)])
def test_another_process_with_other_threads_gives_the_same_digest(reference: Result, threads: str, block: int) -> None:
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD.format(block=block)],
        env={**os.environ, "NUMBA_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == reference.digest


def test_a_replicate_does_not_depend_on_how_many_there_are(reference: Result) -> None:
    fewer = run(load_study("evidence"), draws=DRAWS // 4, replicates=REPLICATES // 4, seed=SEED)
    assert np.array_equal(fewer.rows, reference.rows[: REPLICATES // 4], equal_nan=True)
    problem = build_problem(load_study("evidence"), seed=SEED, draws=1024)
    late, early = run_replicates(problem, 1024, [5, 1])
    assert (late.first, early.first) == (5, 1)
    assert np.array_equal(late.rows[0], reference.rows[5], equal_nan=True)
    assert np.array_equal(early.rows[0], reference.rows[1], equal_nan=True)


def test_another_seed_is_another_run(reference: Result) -> None:
    other = run(load_study("evidence"), draws=DRAWS, replicates=REPLICATES, seed=SEED + 1)
    assert other.digest != reference.digest
    mean = reference.columns.index("npv.mean")
    assert len(set(reference.rows[:, mean]) | set(other.rows[:, mean])) == 2 * REPLICATES


def test_a_sobol_replicate_of_more_draws_begins_with_the_same_ones() -> None:
    short = build_problem(load_study("evidence"), seed=SEED, draws=256)
    long = build_problem(load_study("evidence"), seed=SEED, draws=4096)
    for first in (0, 100, 255):
        one, other = short.draws(3, first, 1), long.draws(3, first, 1)
        assert np.array_equal(one[0], other[0])
        assert np.array_equal(one[1], other[1])


def draws(problem: Problem, replicate: int = 0, count: int = 512) -> dict[str, np.ndarray]:
    return dict(zip(problem.model.inputs, problem.draws(replicate, 0, count)[0], strict=True))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_input_added_or_made_uncertain_leaves_the_others_draws_alone(sampler: str) -> None:
    laws = {"a": STANDARD, "b": UNIT}
    options = {"seed": 9, "draws": 512, "sampler": sampler}
    two = build_problem(simple(laws), model=model(first_input, laws), **options)
    more = {**laws, "c": UNIT}
    three = build_problem(simple(more), model=model(first_input, more), **options)
    fixed = {"a": STANDARD, "b": ("constant", {"value": 1.0})}
    one = build_problem(simple(fixed), model=model(first_input, fixed), **options)
    for replicate in (0, 7):
        assert np.array_equal(draws(two, replicate)["a"], draws(three, replicate)["a"])
        assert np.array_equal(draws(two, replicate)["b"], draws(three, replicate)["b"])
        assert np.array_equal(draws(two, replicate)["a"], draws(one, replicate)["a"])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_two_studies_with_one_seed_are_paired(sampler: str) -> None:
    """The same uniform behind each input: where both are uncertain their values have the same ranks."""
    problems = [
        build_problem(load_study(name), seed=5, draws=512, sampler=sampler)
        for name in ("plan_centred", "evidence", "sceptical")
    ]
    found = [draws(problem, 2) for problem in problems]
    tied = {name for p in problems for m in p.study.sets for c in m.set.correlations for name in (c.first, c.second)}
    free = set.intersection(*(set(p.study.uncertain) for p in problems)) - tied
    assert len(free) >= 3
    for name in free:
        order = np.argsort(found[0][name], kind="stable")
        for other in found[1:]:
            assert np.all(np.diff(other[name][order]) >= 0.0)
    laws = [{"a": STANDARD}, {"a": UNIT}, {"a": ("lognormal", {"median": 2.0, "log_sd": 1.0})}]
    a, b, c = (
        draws(build_problem(simple(law), seed=5, draws=512, sampler=sampler, model=model(first_input, law)))["a"]
        for law in laws
    )
    assert c == pytest.approx(2.0 * np.exp(a), rel=1e-6)
    assert np.array_equal(np.argsort(a), np.argsort(b))


def test_a_horizon_does_not_move_the_draws() -> None:
    near = build_problem(load_study("evidence"), seed=1, draws=64)
    far = build_problem(load_study("evidence", horizon=2050), seed=1, draws=64)
    assert np.array_equal(near.draws(0, 0, 64)[0], far.draws(0, 0, 64)[0])


def test_any_stretch_of_draws_can_be_asked_for() -> None:
    problem = build_problem(load_study("evidence"), seed=1, draws=1024)
    x, out = problem.draws(4, 0, 1024)
    for first, count in ((0, 1), (1, 1), (7, 3), (8, 8), (101, 500), (1023, 1), (1000, 24)):
        part = problem.draws(4, first, count)
        assert np.array_equal(part[0], x[:, first : first + count])
        assert np.array_equal(part[1], out[:, first : first + count])


def test_the_digest_is_of_the_rows() -> None:
    from mcengine.engine.run import digest

    rows = np.array([[1.0, np.nan], [2.0, 3.0]])
    assert digest(rows) == digest(rows.copy(order="F"))
    other = rows.copy()
    other[0, 1] = -other[0, 1]
    assert digest(other) == digest(rows)
    other[1, 1] = np.nextafter(3.0, 4.0)
    assert digest(other) != digest(rows)
    assert digest(rows[::-1]) != digest(rows)
    assert digest(rows).startswith("sha256:")
