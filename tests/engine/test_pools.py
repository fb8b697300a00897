"""A linear opinion pool: each draw belongs to one assumption set, and a set's results are those of its own law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from mcengine import Study, run
from mcengine.engine.problem import build_problem
from mcengine.sampling.points import SAMPLERS
from tests.engine.make import STANDARD, UNIT, assumption_set, model, simple, study

LAWS: dict[str, tuple[str, dict[str, Any]]] = {
    "low": ("normal", {"mean": -2.0, "sd": 1.0}),
    "middle": ("uniform", {"low": 5.0, "high": 6.0}),
    "high": ("lognormal", {"median": 10.0, "log_sd": 0.5}),
}
SHARES = {"low": 0.25, "middle": 0.5, "high": 0.25}


def pool() -> Study:
    """x differs by set; z is standard normal, but fixed at 3 in "middle"."""
    sets = [
        (assumption_set({"x": LAWS[name], **({} if name == "middle" else {"z": STANDARD})}, name=name), share)
        for name, share in SHARES.items()
    ]
    return study(("x", "z"), *sets, values={"z": 3.0})


def both(x: Any, out: Any, constants: Any) -> None:
    """Kernel: x and z as they are."""
    for i in range(x.shape[1]):
        out[0, i] = x[0, i]
        out[1, i] = x[1, i]


OWN = model(both, ("x", "z"), outputs=("x_out", "z_out"))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_each_draw_has_one_set_and_the_shares_are_right(sampler: str) -> None:
    """Binomial shares of 32,768 random draws within 5 standard errors, 3 sets: 2e-6; stratified ones closer."""
    problem = build_problem(pool(), seed=4, draws=8192, sampler=sampler, model=OWN)
    groups = np.concatenate([problem.inputs(r, 0, 8192)[1] for r in range(4)])
    found = np.bincount(groups, minlength=3) / len(groups)
    exact = np.array(list(SHARES.values()))
    error = 5 * np.sqrt(exact * (1 - exact) / len(groups)) if sampler == "random" else 4 / len(groups)
    assert np.all(np.abs(found - exact) <= error)
    assert [problem.set_of(2, i) for i in range(5)] == [problem.groups[g] for g in problem.inputs(2, 0, 5)[1]]


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_the_inputs_of_a_sets_draws_follow_the_sets_law(sampler: str) -> None:
    """Kolmogorov at 1e-6: 5 laws and 2 samplers, 1e-5 (points that are more even than random pass more easily)."""
    problem = build_problem(pool(), seed=4, draws=4096, sampler=sampler, model=OWN)
    drawn = [problem.inputs(r, 0, 4096) for r in range(4)]
    x, group = np.concatenate([d[0] for d in drawn], axis=1), np.concatenate([d[1] for d in drawn])
    oracles = {"low": stats.norm(-2, 1), "middle": stats.uniform(5, 1), "high": stats.lognorm(0.5, scale=10)}
    for g, name in enumerate(SHARES):
        assert stats.kstest(x[0, group == g], oracles[name].cdf).pvalue > 1e-6
        if name == "middle":
            assert np.all(x[1, group == g] == 3.0)
        else:
            assert stats.kstest(x[1, group == g], "norm").pvalue > 1e-6


def test_results_by_set_are_those_of_the_sets_draws_and_add_up_to_the_pool() -> None:
    replicates, draws = 4, 8192
    result = run(pool(), draws=replicates * draws, replicates=replicates, seed=4, model=OWN)
    problem = build_problem(pool(), seed=4, draws=draws, model=OWN)
    drawn = [problem.inputs(r, 0, draws) for r in range(replicates)]
    x, group = np.concatenate([d[0] for d in drawn], axis=1), np.concatenate([d[1] for d in drawn])
    assert list(result.sets) == list(SHARES)
    for g, name in enumerate(SHARES):
        for key, values in zip(("x_out", "z_out"), x[:, group == g], strict=True):
            found = result.sets[name][key]
            spread = float(np.std(result_values(x, key)))
            assert found.draws == len(values)
            assert found.mean.value == pytest.approx(values.mean(), rel=1e-10)
            assert found.sd.value == pytest.approx(np.std(values, ddof=1), rel=1e-9, abs=1e-9)
            assert found.prob_positive.value == pytest.approx(np.mean(values > 0), abs=1e-12)
            exact = np.quantile(values, 0.05, method="inverted_cdf")
            assert float(found.p05.value) == pytest.approx(exact, abs=1.1e-4 * spread)  # type: ignore[arg-type]
    whole = result["x_out"]
    assert whole.draws == replicates * draws
    assert whole.mean.value == pytest.approx(x[0].mean(), rel=1e-10)
    assert whole.min.value == x[0].min()
    mixed = sum(result.sets[n]["x_out"].draws * float(result.sets[n]["x_out"].mean.value) for n in SHARES)  # type: ignore[arg-type]
    assert whole.mean.value == pytest.approx(mixed / whole.draws, rel=1e-12)


def result_values(x: np.ndarray, key: str) -> np.ndarray:
    return x[0] if key == "x_out" else x[1]


def test_the_pools_intervals_hold_its_exact_mean() -> None:
    """t interval with 31 degrees of freedom widened 2.5 times: 1e-5 each, 4 checks."""
    result = run(pool(), draws=2**16, seed=12, model=OWN)
    exact = {"low": -2.0, "middle": 5.5, "high": 10.0 * np.exp(0.125)}
    checks = [(result["x_out"].mean, sum(SHARES[n] * exact[n] for n in SHARES))]
    checks += [(result.sets[n]["x_out"].mean, exact[n]) for n in SHARES]
    for statistic, value in checks:
        low, high = (float(end) for end in statistic.ci95)  # type: ignore[union-attr]
        assert abs(float(statistic.value) - value) < 2.5 * (high - low) / 2  # type: ignore[arg-type]


def test_a_pool_of_one_set_three_times_is_that_set() -> None:
    law = {"x": STANDARD, "z": UNIT}
    shares = {"one": 0.5, "two": 0.3, "three": 0.2}
    same = study(("x", "z"), *((assumption_set(law, name=name), share) for name, share in shares.items()))
    options = {"draws": 2**14, "seed": 3, "model": OWN}
    pooled, once = run(same, **options), run(simple(law), **options)
    assert not once.sets
    for name in ("mean", "sd", "p05", "p50", "p99", "prob_positive", "expected_shortfall_05"):
        assert pooled["x_out"].statistics[name].value == pytest.approx(
            once["x_out"].statistics[name].value, rel=1e-12, abs=1e-12
        )


def test_a_single_set_owns_every_draw() -> None:
    problem = build_problem(simple({"x": STANDARD, "z": UNIT}), seed=1, draws=64, model=OWN)
    assert [problem.set_of(0, i) for i in range(3)] == ["tests"] * 3
    assert not problem.inputs(0, 0, 64)[1].any()


def test_a_correlation_holds_within_its_set_only() -> None:
    """Spearman of 8,000 draws or more within 5 standard errors of its target: 3 checks, 2e-6."""
    laws = {"x": STANDARD, "z": STANDARD}
    sets = [
        (assumption_set(laws, name=f"{rho}", correlations={("x", "z"): rho} if rho else None), share)
        for rho, share in ((0.8, 0.5), (0.0, 0.25), (-0.5, 0.25))
    ]
    problem = build_problem(
        study(("x", "z"), *sets),
        seed=6, draws=32_768, sampler="random", model=OWN,
    )  # fmt: skip
    x, group = problem.inputs(0, 0, 32_768)
    for g, rho in ((0, 0.8), (1, 0.0), (2, -0.5)):
        found = stats.spearmanr(x[0, group == g], x[1, group == g]).statistic
        assert abs(found - rho) < 5 * 1.1 / np.sqrt(np.sum(group == g))
