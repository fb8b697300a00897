"""What holds for every family: order, support, inverses, shapes, copies."""

import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from itertools import pairwise

import numpy as np
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from mcengine.families import FAMILIES, distribution

from .oracle import TAIL, U, table

EXAMPLES = {
    "constant": ("constant", {"value": 3}),
    "uniform": ("uniform", {"low": -1, "high": 2}),
    "triangular": ("triangular", {"low": 0, "mode": 1, "high": 4}),
    "pert": ("pert", {"low": 1.75, "mode": 2.4952381, "high": 3.25}),
    "normal": ("normal", {"mean": 1, "sd": 2}),
    "lognormal": ("lognormal", {"median": 1, "log_sd": 0.6}),
    "beta": ("beta", {"mean": 0.29, "n": 60}),
    "empirical": ("empirical", {"values": [1, 1, 2.5, 3, 7]}),
    "discrete": ("discrete", {"values": [0, 1, 5], "weights": [0.5, 0.3, 0.2]}),
    "mixture": (
        "mixture",
        {"components": [table(0.25, "constant", value=0), table(0.75, "uniform", low=1, high=2)]},
    ),
    "overlap": (
        "mixture",
        {"components": [table(0.4, "normal", mean=0, sd=1), table(0.6, "pert", low=0, mode=1, high=3)]},
    ),
    "truncated": ("normal", {"mean": 0, "sd": 1}, (0.5, float("inf"))),
    "truncated mixture": (
        "mixture",
        {"components": [table(0.5, "constant", value=1), table(0.5, "lognormal", median=1, log_sd=1)]},
        (0.2, 4),
    ),
}


def build(name):
    family, parameters, *bounds = EXAMPLES[name]
    return distribution(family, parameters, truncate=bounds[0] if bounds else None)


every = pytest.mark.parametrize("name", EXAMPLES)


def test_the_examples_cover_every_family():
    assert {example[0] for example in EXAMPLES.values()} == set(FAMILIES)


@every
def test_quantiles_rise_inside_the_support(name):
    found = build(name)
    x = found.ppf(np.sort(U))
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(found.isf(np.sort(U))) <= 0)
    low, high = found.support
    assert low <= x[0]
    assert x[-1] <= high
    np.testing.assert_array_equal(found.ppf([0, 1]), [low, high])
    np.testing.assert_array_equal(found.isf([1, 0]), [low, high])


@every
def test_quantiles_are_the_least_value_that_reaches_the_chance(name):
    """Galois: cdf(ppf(u)) >= u, P(X < ppf(u)) <= u, and the same from above; equal where continuous."""
    found = build(name)
    u = np.concatenate([10.0 ** np.arange(-12, -2), np.linspace(0.001, 0.999, 500)])
    slack = 1e-10 * np.maximum(
        u, 1e-6
    )  # of u; a step of 1e-16 in x near the support's edge is more than 1e-10 u
    assert np.all(found.cdf(found.ppf(u)) >= u - slack)
    assert np.all(found.below(found.ppf(u)) <= u + slack)
    assert np.all(found.sf(found.isf(u)) <= u + slack)
    assert np.all(found.at_least(found.isf(u)) >= u - slack)


@every
def test_chances_add_up_and_are_clipped(name):
    found = build(name)
    x = np.concatenate([found.ppf(np.linspace(0.01, 0.99, 99)), [-1e300, 1e300, -np.inf, np.inf]])
    np.testing.assert_allclose(found.cdf(x) + found.sf(x), 1, rtol=1e-13)
    np.testing.assert_allclose(found.below(x) + found.at_least(x), 1, rtol=1e-13)
    np.testing.assert_array_equal(found.cdf(x[-4:]), [0, 1, 0, 1])
    np.testing.assert_array_equal(found.sf(x[-4:]), [1, 0, 1, 0])


@every
def test_pieces_cover_all_probability_and_end_where_quantiles_do(name):
    found = build(name)
    pieces = found.pieces
    assert pieces[0].u_low == 0
    assert pieces[-1].u_high == 1
    for piece, following in pairwise(pieces):
        assert piece.u_high == pytest.approx(following.u_low, rel=1e-14)
    assert found.breaks == tuple(piece.u_low for piece in pieces[1:])
    for piece in pieces:
        inner = found.ppf(piece.u_low + (piece.u_high - piece.u_low) * np.array([1e-9, 1 - 1e-9]))
        assert piece.x_low <= inner[0]
        assert inner[1] <= piece.x_high
        if piece.x_low == piece.x_high:
            assert set(inner) == {piece.x_low}


@every
def test_moments_are_those_of_the_quantile_function(name):
    """Midpoint rule in 200,000 steps between the breaks, good to 1e-3 of the standard deviation."""
    found = build(name)
    x = found.ppf((np.arange(200_000) + 0.5) / 200_000)
    assert found.mean == pytest.approx(x.mean(), abs=1e-3 * found.sd + 1e-15)
    assert found.sd == pytest.approx(x.std(), rel=3e-3)
    assert found.median == found.ppf(0.5)


@every
def test_arrays_keep_their_shape_and_what_is_no_chance_is_nan(name):
    found = build(name)
    for function in (found.ppf, found.isf, found.cdf, found.sf, found.below, found.at_least):
        assert function(0.3).shape == ()
        assert function(np.full((2, 3), 0.3)).shape == (2, 3)
        assert function([]).shape == (0,)
        assert function([0.3]).dtype == np.float64
        assert np.isnan(function(np.nan))
    assert np.isnan(found.ppf([-1e-9, 1 + 1e-9, np.nan, np.inf])).all()


@every
def test_copies_by_pickle_and_by_parameters_are_equal(name):
    found = build(name)
    assert found.mean == found.mean
    for copy in (
        pickle.loads(pickle.dumps(found)),
        distribution(found.family, found.parameters, truncate=found.truncate),
        distribution(found.family, found.resolved, truncate=found.truncate),
    ):
        assert copy == found
        np.testing.assert_array_equal(copy.ppf(U), found.ppf(U))
    assert tomli_w.dumps(found.parameters)
    assert found != "something else"


@every
def test_is_frozen(name):
    found = build(name)
    with pytest.raises(FrozenInstanceError):
        found.given = {}
    found.parameters["extra"] = 1
    assert "extra" not in found.parameters


@pytest.mark.parametrize("name", ["normal", "lognormal", "overlap", "truncated"])
def test_tails_round_trip_to_1e_300(name):
    found = build(name)
    np.testing.assert_allclose(found.sf(found.isf(TAIL)), TAIL, rtol=1e-10)
    if name != "truncated":
        np.testing.assert_allclose(found.cdf(found.ppf(TAIL)), TAIL, rtol=1e-10)


def test_importing_the_families_stays_light():
    code = "import sys, mcengine.families; print(*[m for m in sys.modules if m.startswith('scipy.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("scipy.stats", "scipy.optimize", "scipy.integrate"):
        assert heavy not in loaded


moderate = st.floats(-1e6, 1e6, allow_subnormal=False)
positive = st.floats(1e-3, 1e3)
chance = st.floats(1e-280, 1.0, exclude_max=True)  # below, scipy's betainc loses digits


def ordered(count):
    """Ascending values with at least 1e-6 of the largest between the first and the last."""
    return (
        st.lists(moderate, min_size=count, max_size=count)
        .map(sorted)
        .filter(lambda x: x[-1] - x[0] > 1e-6 * max(1.0, abs(x[0]), abs(x[-1])))
    )


smooth = st.one_of(
    ordered(2).map(lambda x: ("uniform", {"low": x[0], "high": x[1]})),
    ordered(3).map(lambda x: ("triangular", dict(zip(("low", "mode", "high"), x, strict=True)))),
    st.tuples(ordered(3), st.floats(0.1, 50)).map(
        lambda x: ("pert", dict(zip(("low", "mode", "high"), x[0], strict=True)) | {"lambda": x[1]})
    ),
    st.tuples(moderate, positive).map(lambda x: ("normal", {"mean": x[0], "sd": x[1]})),
    st.tuples(positive, st.floats(0.01, 3)).map(lambda x: ("lognormal", {"median": x[0], "log_sd": x[1]})),
    st.tuples(st.floats(0.01, 0.99), st.floats(0.5, 500)).map(lambda x: ("beta", {"mean": x[0], "n": x[1]})),
)
atoms = moderate.map(lambda x: ("constant", {"value": x}))
components = st.lists(st.one_of(smooth, atoms), min_size=1, max_size=4).map(
    lambda parts: ("mixture", {"components": [table(1 / len(parts), name, **given) for name, given in parts]})
)
anything = st.one_of(smooth, components)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(anything, st.lists(chance, min_size=2, max_size=6))
def test_any_distribution_inverts_itself(which, chances):
    """Next to a quantile, a step of 4 units in the last place either way brackets the chance."""
    found = distribution(*which)
    u = np.sort(chances)
    low, high = found.support
    for inverse, sign in ((found.ppf, 1), (found.isf, -1)):
        x = inverse(u)
        assert np.all(sign * np.diff(x) >= 0)
        assert np.all((low <= x) & (x <= high))
        step = 4 * np.spacing(np.abs(x))
        if sign > 0:
            under, upto = found.below(x - step), found.cdf(x + step)
        else:
            under, upto = found.sf(x + step), found.at_least(x - step)
        assert np.all(under <= u * (1 + 1e-8))
        assert np.all(upto >= u * (1 - 1e-8))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(anything, st.tuples(chance, chance), st.lists(chance, min_size=2, max_size=6))
def test_any_truncation_stays_inside_and_inverts_itself(which, cut, chances):
    whole = distribution(*which)
    bounds = np.sort(whole.ppf(np.sort(cut)))
    if not whole.cdf(bounds[1]) - whole.below(bounds[0]) > 1e-3:
        return
    found = distribution(*which, truncate=tuple(bounds.tolist()))
    u = np.sort(chances)
    x = found.ppf(u)
    assert np.all(np.diff(x) >= 0)
    assert np.all((found.support[0] <= x) & (x <= found.support[1]))
    wide = 4 * np.spacing(np.abs(x))
    assert np.all(found.below(x - wide) <= u + 1e-9)
    assert np.all(found.cdf(x + wide) >= u - 1e-9)
    assert found.support[0] <= found.mean <= found.support[1]
