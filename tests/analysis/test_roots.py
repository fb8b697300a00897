"""Zeros of functions with known answers: crossings, touches, flat stretches, jumps, and values that are no numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mcengine.analysis.roots import Crossings, Root, find_crossings

Array = NDArray[np.float64]
One = Callable[[Array], Array]


def solve(functions: Sequence[One], low: float = 0.0, high: float = 4.0, level: float = 0.0) -> list[Crossings]:
    """All of `functions` in one call, on 2,049 equally spaced values."""

    def function(which: NDArray[np.int64], x: Array) -> Array:
        out = np.empty_like(x)
        with np.errstate(all="ignore"):
            for k, one in enumerate(functions):
                out[which == k] = one(x[which == k])
        return out

    return find_crossings(function, [np.linspace(low, high, 2049)] * len(functions), level)


def only(function: One, **options: float) -> Crossings:
    return solve([function], **options)[0]


def values(found: Crossings) -> list[float]:
    return [root.value for root in found.roots]


def test_three_simple_roots_to_the_last_digits() -> None:
    found = only(lambda x: (x - np.pi / 3) * (x - np.e) * (x - np.sqrt(11)))
    assert values(found) == pytest.approx([np.pi / 3, np.e, np.sqrt(11)], rel=1e-14)
    assert [(root.before, root.after) for root in found.roots] == [(-1, 1), (1, -1), (-1, 1)]
    assert (found.flat, found.jumps, found.lost) == ((), (), ())


def test_at_a_level() -> None:
    found = only(lambda x: x * x, level=2.0)
    assert values(found) == pytest.approx([np.sqrt(2)], rel=1e-14)
    assert found.ends == (0.0, 16.0)
    (jump,) = only(np.floor, level=1.5).jumps
    assert (jump.value, jump.before, jump.after) == (2.0, 1.0, 2.0)


def test_a_double_root_touches_and_is_found_once() -> None:
    for root in (np.pi / 2, 2.0, 1e-3):  # 2.0 is on the grid
        (found,) = only(lambda x, r=root: (x - r) ** 2).roots
        assert found.value == pytest.approx(root, abs=1e-7)
        assert found.touches
        assert (found.before, found.after) == (1, 1)


def test_a_kink_touches() -> None:
    (found,) = only(lambda x: -np.abs(x - 1.7)).roots
    assert found.value == pytest.approx(1.7, rel=1e-11)
    assert (found.before, found.after) == (-1, -1)


def test_two_roots_between_two_points_of_the_grid() -> None:
    found = only(lambda x: (x - 1.0001) * (x - 1.0009))  # the grid's step is 0.00195
    assert values(found) == pytest.approx([1.0001, 1.0009], rel=1e-12)
    assert [(root.before, root.after) for root in found.roots] == [(1, -1), (-1, 1)]


def test_a_turn_that_stays_away_from_zero_is_none() -> None:
    assert only(lambda x: (x - np.pi / 2) ** 2 + 1e-6).roots == ()
    assert only(lambda x: 3.0 + 1e-13 * np.sin(1e7 * x)).roots == ()


def test_a_jump_is_no_root() -> None:
    found = only(lambda x: np.floor(x) - 1.5)
    assert found.roots == ()
    (jump,) = found.jumps
    assert (jump.value, jump.before, jump.after) == (2.0, -0.5, 0.5)


def test_a_jump_at_zero() -> None:
    (jump,) = only(lambda x: np.where(x < 0, -1.0, 2.0), low=-0.3).jumps
    assert jump.value == pytest.approx(0.0, abs=1e-15)


def test_a_jump_that_lands_on_zero_is_a_root() -> None:
    assert 1.0 in values(only(lambda x: np.floor(x) - 1.0))


def test_a_pole_is_no_root() -> None:
    found = only(lambda x: 1 / (x - np.sqrt(3)))
    assert found.roots == ()
    assert found.jumps[0].value == pytest.approx(np.sqrt(3), rel=1e-14)


def test_a_steep_root_is_no_jump() -> None:
    assert values(only(lambda x: np.cbrt(x - np.sqrt(2)))) == pytest.approx([np.sqrt(2)], rel=1e-14)


def test_roots_at_the_bounds() -> None:
    (low,), (high,) = (found.roots for found in solve([lambda x: x, lambda x: x - 4.0]))
    assert low == Root(0.0, 0, 1)
    assert high == Root(4.0, -1, 0)


def test_a_flat_stretch_has_two_ends() -> None:
    found = only(lambda x: np.maximum(x - 1.3, 0) - np.maximum(0.7 - x, 0))
    assert found.flat[0] == pytest.approx((0.7, 1.3), abs=1e-10)
    assert values(found) == list(found.flat[0])
    assert [(root.before, root.after) for root in found.roots] == [(-1, 0), (0, 1)]
    assert only(lambda x: 0.0 * x).flat == ((0.0, 4.0),)


def test_nothing_is_looked_for_beside_what_is_no_number() -> None:
    found = only(lambda x: np.where(x < 1.0, np.nan, x - 3.0))
    assert values(found) == [3.0]
    assert len(found.lost) == 512
    assert np.isnan(found.ends[0])
    assert found.ends[1] == 1.0


def test_none() -> None:
    found = only(lambda x: x + 10.0)
    assert found == Crossings((), (), (), (10.0, 14.0), ())


def test_problems_do_not_touch_each_other() -> None:
    functions: list[One] = [
        lambda x: np.sin(5 * x),
        lambda x: x - 1.1,
        lambda x: (x - 2.2) ** 2,
        lambda x: np.floor(x) - 0.5,
        lambda x: x + 1,
    ]
    assert solve(functions) == [only(one) for one in functions]
    assert values(solve(functions)[0]) == pytest.approx([k * np.pi / 5 for k in range(7)], abs=1e-14)


@settings(deadline=None)
@given(
    st.lists(st.floats(-5.0, 5.0), min_size=3, max_size=3),
    st.floats(0.1, 100.0),
    st.booleans(),
)
def test_cubic_polynomials_as_numpy_finds_their_roots(parts: list[float], scale: float, real: bool) -> None:
    first, second, third = parts
    if real:
        coefficients = scale * np.poly([first, second, third])
    else:  # one real root, and a pair with an imaginary part
        coefficients = scale * np.poly([first, complex(second, 0.3 + abs(third)), complex(second, -0.3 - abs(third))])
    coefficients = np.real(coefficients)
    exact = np.roots(coefficients)
    wanted = np.sort(exact[np.abs(exact.imag) < 1e-6].real)
    gaps = np.abs(np.subtract.outer(exact, exact))[np.triu_indices(3, 1)]
    found = only(lambda x: np.polyval(coefficients, x), low=-6.0, high=6.0)
    size = np.abs(np.polyval(coefficients, np.linspace(-6.0, 6.0, 101))).max()
    assert np.abs(np.polyval(coefficients, values(found))).max(initial=0.0) <= 1e-9 * size
    if np.all(gaps > 1e-2):  # nearer ones are ill-conditioned for numpy too
        assert values(found) == pytest.approx(list(wanted), rel=1e-9, abs=1e-9)
        for root in found.roots:
            assert root.before == -root.after
