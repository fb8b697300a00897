"""Quantile tables against scipy.stats, from uniform to value, as the engine goes: u -> normal score -> quantile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtri

from mcengine.families import Distribution, distribution
from mcengine.sampling.tables import TableError, build_tables
from tests.families.oracle import table
from tests.sampling.calls import scores, values

Floats = NDArray[np.float64]

DEPTH = 1e-9
TAIL = 10.0 ** -np.linspace(np.log10(2.0), 9.0, 4001)[:-1]
RANDOM = np.random.default_rng(1).random(40_000)
U = np.unique(np.concatenate([TAIL, 1.0 - TAIL, (np.arange(20_000) + 0.5) / 20_000, RANDOM]))
U = U[(U >= DEPTH) & (U <= 1.0 - DEPTH)]


def tabled(law: Distribution, u: Floats = U) -> Floats:
    """Values from the tables; the input has a neighbour on each side, so that offsets matter."""
    aside = [distribution("normal", {"mean": 0, "sd": 1}), distribution("uniform", {"low": 0, "high": 1})]
    return values(build_tables([aside[0], law, aside[1]]), 1, scores(u))


def exact(oracle: Any, u: Floats = U) -> Floats:
    """Quantiles, the upper half through the chance of exceeding: 1 - u is exact there."""
    return np.where(u < 0.5, oracle.ppf(u), oracle.isf(1.0 - u))


def pert(low: float, mode: float, high: float, weight: float = 4.0) -> Any:
    width = high - low
    return stats.beta(1 + weight * (mode - low) / width, 1 + weight * (high - mode) / width, low, width)


CASES: dict[str, tuple[Distribution, Any]] = {
    "uniform": (distribution("uniform", {"low": 0, "high": 125}), stats.uniform(0, 125)),
    "uniform far from 0": (distribution("uniform", {"low": 2e3, "high": 2e3 + 1}), stats.uniform(2e3, 1)),
    "triangular": (distribution("triangular", {"low": 1, "mode": 2.25, "high": 5}), stats.triang(0.3125, 1, 4)),
    "triangular, mode at an end": (distribution("triangular", {"low": 1, "mode": 1, "high": 5}), stats.triang(0, 1, 4)),
    "pert": (distribution("pert", {"low": 1.75, "mode": 2.4952381, "high": 3.25}), pert(1.75, 2.4952381, 3.25)),
    "pert, mode at an end": (distribution("pert", {"low": 0, "mode": 0, "high": 1}), pert(0, 0, 1)),
    "pert, peaked": (distribution("pert", {"low": 0, "mode": 0.1, "high": 1, "lambda": 20}), pert(0, 0.1, 1, 20)),
    "normal": (distribution("normal", {"mean": 3, "sd": 2}), stats.norm(3, 2)),
    "lognormal": (distribution("lognormal", {"median": 1, "log_sd": 0.6}), stats.lognorm(0.6)),
    "lognormal, heavy": (distribution("lognormal", {"median": 370, "log_sd": 1.4}), stats.lognorm(1.4, scale=370)),
    "lognormal by two quantiles": (
        distribution("lognormal", {"p_low": 0.05, "x_low": 1, "p_high": 0.95, "x_high": 9}),
        stats.lognorm(np.log(3) / ndtri(0.95), scale=3),
    ),
    "beta": (distribution("beta", {"mean": 0.3, "n": 40}), stats.beta(12, 28)),
    "beta, U-shaped": (distribution("beta", {"a": 0.5, "b": 0.5}), stats.beta(0.5, 0.5)),
    "beta, mass at 0": (distribution("beta", {"a": 0.1, "b": 3}), stats.beta(0.1, 3)),
    "beta, narrow": (distribution("beta", {"mean": 0.06, "n": 5000}), stats.beta(300, 4700)),
    "normal, truncated": (
        distribution("normal", {"mean": 0.9, "sd": 0.1}, truncate=(0.0, 1.0)), stats.truncnorm(-9, 1, 0.9, 0.1),
    ),
    "normal, cut to its tail": (
        distribution("normal", {"mean": 0, "sd": 1}, truncate=(5.0, 9.0)), stats.truncnorm(5, 9),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_quantiles_are_within_a_millionth_of_the_interquartile_range(name: str) -> None:
    law, oracle = CASES[name]
    spread = float(oracle.ppf(0.75) - oracle.ppf(0.25))
    error = np.abs(tabled(law) - exact(oracle)) / spread
    worst = int(error.argmax())
    assert error[worst] <= 1e-6, (U[worst], error[worst])


def test_very_heavy_tails_keep_ten_digits_or_are_refused() -> None:
    """Beyond a log-sd of about 1.4 a millionth of the interquartile range at 1 - 1e-9 asks for more digits of the
    value than normal scores carry; what must hold then is the relative error."""
    for log_sd in (1.6, 2.0, 2.5):
        law, oracle = distribution("lognormal", {"median": 1, "log_sd": log_sd}), stats.lognorm(log_sd)
        body = (U > 1e-3) & (U < 1 - 1e-3)
        spread = float(oracle.ppf(0.75) - oracle.ppf(0.25))
        error = np.abs(tabled(law) - exact(oracle))
        assert np.max(error[body]) <= 1e-6 * spread
        assert np.max(error / np.maximum(exact(oracle), spread)) < 1e-8


def test_scores_are_normal_to_eight_decimals() -> None:
    u = np.concatenate([U, 2.0 ** -np.linspace(1, 53, 5000), [0.5, 2.0**-53, 1 - 2.0**-53]])
    expected = np.where(u < 0.5, ndtri(u), -ndtri(1.0 - u))
    assert np.max(np.abs(scores(u) - expected)) < 1e-8


def test_scores_are_symmetric_and_increase() -> None:
    u = (np.arange(1, 100_000) / 100_000).astype(np.float64)
    z = scores(u)
    assert np.all(np.diff(z) > 0.0)
    quarter = np.arange(1, 1 << 12) / (1 << 13)  # 1 - u is exact
    assert np.array_equal(scores(quarter), -scores(1.0 - quarter))


def test_every_uniform_gives_a_finite_value_inside_the_support() -> None:
    ends = np.array([2.0**-53, 1.5 * 2.0**-52, 2.0**-33, 0.5, 0.7, 1 - 2.0**-33, 1 - 2.0**-52, 1 - 2.0**-53])
    for name, (law, _) in CASES.items():
        x = tabled(law, ends)
        low, high = law.support
        slack = 1e-6 * float(law.ppf(0.75) - law.ppf(0.25))
        assert np.isfinite(x).all(), name
        assert np.all((x >= low - slack) & (x <= high + slack)), name


def zero_or(weight: float, family: str, **parameters: float) -> Distribution:
    parts = [table(weight, "constant", value=0), table(1 - weight, family, **parameters)]
    return distribution("mixture", {"components": parts})


def test_zero_or_pert_has_its_atom_exactly_and_the_rest_to_a_millionth() -> None:
    law = zero_or(0.25, "pert", low=0.02, mode=0.1, high=0.2)
    u = U[np.abs(U - 0.25) > 2e-9]  # a score's error, 1e-9, decides nearer by
    x = tabled(law, u)
    inside = pert(0.02, 0.1, 0.2)
    assert np.all(x[u < 0.25] == 0.0)
    above = u > 0.25
    rest = (u[above] - 0.25) / 0.75
    expected = np.where(rest < 0.5, inside.ppf(rest), inside.isf((1.0 - u[above]) / 0.75))
    spread = float(law.ppf(0.75) - law.ppf(0.25 + 1e-12))
    # Beside the atom the quantile rises like a square root, where a score's error of 1e-9 is worth more.
    steep = rest < 1e-6
    assert np.max(np.abs(x[above] - expected)[~steep]) <= 1e-6 * spread
    assert np.all((x[above] >= 0.02 - 1e-9) & (x[above] <= 0.2))


def test_zero_or_lognormal_keeps_its_upper_tail() -> None:
    law = zero_or(0.4, "lognormal", median=1, log_sd=0.8)
    u = U[U > 0.4 + 1e-6]
    expected = stats.lognorm(0.8).isf((1.0 - u) / 0.6)
    spread = float(law.ppf(0.75))  # P25 is the atom
    assert np.max(np.abs(tabled(law, u) - expected)) <= 1e-6 * spread


def test_atoms_and_steps_are_exact() -> None:
    law = distribution("discrete", {"values": [1.0, 2.5, 1e6], "weights": [0.2, 0.3, 0.5]})
    u = U[(np.abs(U - 0.2) > 2e-9) & (np.abs(U - 0.5) > 2e-9)]
    assert np.array_equal(tabled(law, u), np.select([u < 0.2, u < 0.5], [1.0, 2.5], 1e6))
    middle = distribution(
        "mixture",
        {"components": [table(0.2, "constant", value=2.0), table(0.8, "triangular", low=1, mode=2.25, high=5)]},
    )
    x = tabled(middle)
    below = 0.8 * float(stats.triang(0.3125, 1, 4).cdf(2.0))
    on_atom = np.abs(U - (below + 0.1)) < 0.1 - 2e-9
    assert np.all(x[on_atom] == 2.0)


@pytest.mark.parametrize(
    "parts",
    [
        [table(0.5, "uniform", low=0, high=1), table(0.5, "uniform", low=2, high=3)],
        [table(0.3, "uniform", low=0, high=1), table(0.7, "normal", mean=0, sd=3)],
        [table(0.2, "constant", value=0), table(0.8, "beta", a=0.5, b=0.5)],
        [table(0.5, "pert", low=0, mode=1, high=2), table(0.5, "pert", low=1, mode=2, high=4)],
    ],
    ids=["gap", "kinks inside", "atom at a U-shape's end", "overlap"],
)
def test_mixtures_follow_their_exact_quantile(parts: list[dict[str, Any]]) -> None:
    law = distribution("mixture", {"components": parts})
    u = U[np.min(np.abs(U[:, None] - np.array(law.breaks)), axis=1) > 1e-6]
    expected = np.where(u < 0.5, law.ppf(u), law.isf(1.0 - u))
    spread = float(law.ppf(0.75) - law.ppf(0.25))
    assert np.max(np.abs(tabled(law, u) - expected)) <= 1e-6 * spread


@pytest.mark.parametrize("count", [2, 5, 100, 2000])
def test_empirical_laws_follow_every_kink(count: int) -> None:
    law = distribution("empirical", {"values": np.random.default_rng(5).normal(size=count).tolist()})
    expected = np.where(U < 0.5, law.ppf(U), law.isf(1.0 - U))
    spread = float(law.ppf(0.75) - law.ppf(0.25))
    assert np.max(np.abs(tabled(law) - expected)) <= 1e-6 * spread


def test_quantiles_increase_with_u() -> None:
    for name, (law, _) in CASES.items():
        x = tabled(law)
        spread = float(law.ppf(0.75) - law.ppf(0.25))
        assert np.all(np.diff(x) >= -2e-7 * spread), name


def test_what_cubics_cannot_follow_is_refused_by_name() -> None:
    """A law that jumps without saying so, in `breaks`, cannot be followed by smooth pieces."""
    honest = distribution("discrete", {"values": [0, 1], "weights": [0.3, 0.7]})

    class Jumping:
        breaks = ()
        text = "Jumping(0, 1)"
        ppf = staticmethod(honest.ppf)
        isf = staticmethod(honest.isf)

    with pytest.raises(TableError, match=r"Jumping.*interquartile range.*normal scores"):
        build_tables([Jumping()])


def test_no_inputs_give_empty_tables() -> None:
    assert build_tables([]).start.tolist() == [0]
