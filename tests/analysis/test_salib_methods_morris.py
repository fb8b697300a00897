"""Elementary effects: closed forms on the grid, SALib by hand on the same sample, groups, refusals."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from mcengine import load_study, sensitivity
from mcengine.analysis.factors import build_factors
from mcengine.analysis.measures import MeasuresResult
from mcengine.analysis.salib_bridge import build_bridge, generator
from mcengine.analysis.salib_morris import morris, on_grid, replicate_effects
from mcengine.engine.problem import build_problem
from mcengine.errors import AnswerNo, InputError, NonFiniteError
from tests.engine.make import STANDARD, UNIT, model, simple
from tests.engine.test_saltelli import STUDIES, own

WEIGHTS = (3.0, -2.0, 0.5)
NAMES = ("a", "b", "c")


def weighted(x: Any, out: Any, constants: Any) -> None:
    w = constants[0]
    for i in range(x.shape[1]):
        out[0, i] = w[0] * x[0, i] + w[1] * x[1, i] + w[2] * x[2, i]


def linear(law: Any, levels: int = 4, **options: Any) -> MeasuresResult:
    given = simple(dict.fromkeys(NAMES, law))
    own_model = model(weighted, NAMES, np.array(WEIGHTS))
    return morris(given, model=own_model, n=16, replicates=8, seed=3, levels=levels, **options)


@pytest.mark.parametrize("levels", [4, 10, 20])
def test_a_linear_model_of_uniform_inputs_is_exact(levels: int) -> None:
    """A move across the grid is 0.9 of the range, whatever the others are: sigma is 0."""
    found = linear(UNIT, levels)
    for name, weight in zip(NAMES, WEIGHTS, strict=True):
        effect = 0.9 * weight
        assert found[name]["mu"].value == pytest.approx(effect, rel=1e-6)  # quantiles by table
        assert found[name]["mu_star"].value == pytest.approx(abs(effect), rel=1e-6)
        assert found[name]["sigma"].value == pytest.approx(0.0, abs=1e-6)
    assert found.main.ranking is not None
    assert found.main.ranking.order == ("a", "b", "c")
    assert found.main.ranking.settled


def close(found: Any, truth: float, times: float = 5.0) -> bool:
    """Within `times` half-widths of a 95% interval over 16 replicates: chance to miss below 1e-7 for 5."""
    low, high = found.ci95
    return abs(found.value - truth) <= times * (high - low) / 2 + 2e-5  # quantiles by table


@pytest.mark.parametrize("levels", [4, 10])
def test_a_linear_model_of_normal_inputs_has_the_moments_of_its_moves(levels: int) -> None:
    """Moves start at the lower half of the levels, evenly, and end half of the levels higher."""
    quantiles = ndtri(np.linspace(0.05, 0.95, levels))
    moves = (quantiles[levels // 2 :] - quantiles[: levels // 2]) / (levels / (2 * (levels - 1)))
    given = simple(dict.fromkeys(NAMES, STANDARD))
    found = morris(given, model=model(weighted, NAMES, np.array(WEIGHTS)), n=256, replicates=16, seed=5, levels=levels)
    for name, weight in zip(NAMES, WEIGHTS, strict=True):
        assert close(found[name]["mu"], weight * moves.mean())
        assert close(found[name]["mu_star"], abs(weight) * moves.mean())
        assert close(found[name]["sigma"], abs(weight) * moves.std())


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def enumerated(levels: int) -> np.ndarray:
    """E|effect|, sd and mean of the effects of each input, (3, 3), over all moves of the grid."""
    grid = np.pi * (2 * np.linspace(0.05, 0.95, levels) - 1)
    half, step = levels // 2, levels / (2 * (levels - 1))
    rows = []
    for j in range(3):
        effects = []
        for others in itertools.product(grid, repeat=2):
            for k in range(half):
                low, high = np.insert(others, j, grid[k]), np.insert(others, j, grid[k + half])
                effects.append((ishigami(high) - ishigami(low)) / step)
        rows.append([np.mean(np.abs(effects)), np.std(effects), np.mean(effects)])
    return np.array(rows)


def test_ishigami_by_enumeration_of_the_grid() -> None:
    found = morris(load_study("textbook/ishigami"), n=256, seed=1, levels=6)
    for row, factor in zip(enumerated(6), found.main.factors, strict=True):
        for value, measure in zip(row, ("mu_star", "sigma", "mu"), strict=True):
            assert close(factor[measure], value)


def test_an_effect_that_goes_both_ways_counts_by_its_size() -> None:
    """x2 of Ishigami, which a move of just half the range would leave as it is."""
    found = morris(load_study("textbook/ishigami"), n=64, seed=1)["x2"]
    assert found["mu_star"].value == pytest.approx(7 * (np.sin(0.3 * np.pi) ** 2 - np.sin(0.9 * np.pi) ** 2) * 1.5)
    assert close(found["mu"], 0.0)


def test_salib_by_hand_on_the_same_sample_agrees() -> None:
    from SALib.analyze import morris as analyzer
    from SALib.sample import morris as sampler

    study = load_study("textbook/ishigami")
    problem = build_problem(study, seed=7, draws=32)
    bridge = build_bridge(problem, build_factors(problem), ("y",))
    ours = replicate_effects(bridge, "y", 3, n=32, levels=10)
    by_hand = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0.05, 0.95]] * 3}
    u = sampler.sample(by_hand, 32, num_levels=10, seed=generator(7, "@salib:morris:3"))
    x = bridge.inputs(u)
    np.testing.assert_allclose(x.T, np.pi * (2 * u - 1), atol=1e-6)
    theirs = analyzer.analyze(by_hand, u, ishigami(x), num_levels=10, seed=1)
    for k, name in enumerate(("mu_star", "sigma", "mu")):
        assert ours[:, k] == pytest.approx(np.asarray(theirs[name]), rel=1e-12, abs=1e-12)


def test_the_pooled_sigma_is_that_of_all_effects_together() -> None:
    from SALib.analyze import morris as analyzer
    from SALib.sample import morris as sampler

    study = load_study("textbook/ishigami")
    found = morris(study, n=8, replicates=4, seed=2, levels=10)
    problem = build_problem(study, seed=2, draws=8)
    bridge = build_bridge(problem, build_factors(problem), ("y",))
    u = np.concatenate([
        sampler.sample(on_grid(bridge), 8, num_levels=10, seed=generator(2, f"@salib:morris:{r}")) for r in range(4)
    ])  # fmt: skip
    together = analyzer.analyze(on_grid(bridge), u, bridge.outputs(u, "y"), num_levels=10, seed=1)
    for name in ("mu_star", "sigma", "mu"):
        assert [factor[name].value for factor in found.main.factors] == pytest.approx(together[name], rel=1e-12)


def test_correlated_inputs_move_together_and_the_reader_is_told() -> None:
    found = sensitivity(STUDIES["correlated"], method="morris", model=own(), n=32, replicates=4, seed=1)
    assert list(found.groups) == ["a + c", "b"]
    assert found.inputs_variant == "without correlations"
    assert list(found.inputs) == ["a", "b", "c"]
    assert found["a + c"]["sigma"].value is None
    assert "up or down at random" in found["a + c"]["sigma"].note
    assert any("moved as one group (a, c)" in note for note in found.notes)
    assert found.evaluations == 4 * 32 * (3 + 4)
    plain = found.to_dict()
    assert plain["groups"]["a + c"]["mu"]["value"] is None
    assert set(plain["ranking"]) == {"groups", "inputs"}


def test_groups_of_ones_own() -> None:
    found = linear(UNIT, groups={"both": ("a", "b")})
    assert list(found.groups) == ["both", "c"]
    assert found["c"]["mu"].value == pytest.approx(0.45)
    sizes = {0.9 * 5.0, 0.9 * 1.0}  # a and b go the same way, or not
    assert min(sizes) < found["both"]["mu_star"].value < max(sizes)


def test_the_choice_of_the_set_in_a_pool_is_a_factor() -> None:
    found = morris(STUDIES["pooled, t copula"], model=own(), n=32, replicates=4, seed=1)
    assert list(found.groups) == ["a + c", "b", "assumption set"]
    assert found["assumption set"]["mu_star"].value > 0
    assert found["assumption set"]["mu"].value is None


def test_a_seed_of_nought_is_a_seed_and_threads_change_nothing() -> None:
    study = load_study("evidence")
    first = morris(study, n=8, replicates=4, seed=0, threads=1)
    again = morris(study, n=8, replicates=4, seed=0, threads=2)
    assert first.to_dict() == again.to_dict()
    assert first.seed == 0
    assert first.digest != morris(study, n=8, replicates=4, seed=1).digest


def holed(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] + x[1, i] if abs(x[0, i] - 0.95) > 1e-6 else np.inf


def test_a_non_finite_output_is_refused_by_name_and_place() -> None:
    """Infinite at P95 of a, the top level of the grid, where no pilot draw comes: a chance of 4,096 in a million."""
    given = simple({"a": UNIT, "b": UNIT})
    with pytest.raises(NonFiniteError, match="output 'y' is not a finite number") as caught:
        morris(given, model=model(holed, ("a", "b")), n=4, replicates=4, seed=1)
    replicate, place = caught.value.draws[0]
    assert caught.value.inputs["a"] == pytest.approx(0.95)
    assert 0 <= replicate < 4
    assert 0 <= place < 4 * 3


def constant(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 4.0


def test_a_constant_output_has_no_drivers() -> None:
    with pytest.raises(AnswerNo, match="nothing drives it"):
        morris(simple({"a": UNIT}), model=model(constant, ("a",)), n=4, replicates=2, seed=1)


def test_all_faults_of_the_sizes_at_once() -> None:
    with pytest.raises(InputError) as caught:
        morris(load_study("textbook/ishigami"), n=1, replicates=1, levels=5)
    assert [fault.key for fault in caught.value.faults] == ["n", "replicates", "levels"]
    with pytest.raises(InputError, match="levels"):
        morris(load_study("textbook/ishigami"), levels=True)
