"""Segments: what goes in comes out, bit by bit, and nothing else is ever believed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mcengine.engine.replicates import Portion
from mcengine.store.segments import CHUNK, RefusedSegment, Segment, decode, encode, merge

KEY = "0123456789abcdef" * 4
FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=64)


@st.composite
def portions(draw: Any, first: int = 0, numbers: int | None = None, shape: tuple[int, ...] | None = None) -> Portion:
    count = draw(st.integers(1, 4))
    width = draw(st.integers(1, 5)) if numbers is None else numbers
    rows = draw(hnp.arrays(np.float64, (count, width), elements=FLOATS))
    size = draw(st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 3 * CHUNK))) if shape is None else shape
    histogram = np.zeros(size, dtype=np.int64)
    flat = histogram.reshape(-1)
    for place, value in draw(st.lists(st.tuples(st.integers(0, flat.size - 1), st.integers(0, 2**62)), max_size=12)):
        flat[place] = value
    return Portion(first, rows, histogram, draw(st.floats(0, 1e6)))


def same(a: Portion, b: Portion) -> bool:
    return (
        a.first == b.first
        and a.seconds == b.seconds
        and a.rows.tobytes() == b.rows.tobytes()  # NaN included
        and np.array_equal(a.histogram, b.histogram)
    )


@given(portions(first=7), st.integers(0, 9))
def test_what_goes_in_comes_out(portion: Portion, level: int) -> None:
    found = decode(encode(Segment(portion, KEY, level)), KEY)
    assert same(found.portion, portion)
    assert found.level == level


@given(st.data())
def test_merging_keeps_rows_in_order_and_adds_counts(data: Any) -> None:
    parts, stop = [], 3
    for _ in range(data.draw(st.integers(1, 4))):
        portion = data.draw(portions(first=stop, numbers=2, shape=(1, 2, 5000)))
        portion = Portion(portion.first, portion.rows, portion.histogram // 4, portion.seconds)
        parts.append(portion)
        stop = portion.stop
    levels = [data.draw(st.integers(0, 2)) for _ in parts]
    merged = merge(Segment(part, KEY, level) for part, level in zip(parts, levels, strict=True))
    assert (merged.portion.first, merged.portion.stop, merged.level) == (3, stop, max(levels) + 1)
    assert merged.portion.rows.tobytes() == np.concatenate([part.rows for part in parts]).tobytes()
    assert np.array_equal(merged.portion.histogram, np.sum([part.histogram for part in parts], axis=0))
    assert same(decode(encode(merged), KEY).portion, merged.portion)


def test_only_neighbours_are_merged() -> None:
    one = Portion(0, np.zeros((2, 1)), np.ones((1, 1, 8), dtype=np.int64))
    with pytest.raises(ValueError, match="consecutive"):
        merge([Segment(one, KEY), Segment(Portion(3, one.rows, one.histogram), KEY)])


def test_few_counts_take_few_bytes() -> None:
    histogram = np.zeros((3, 1, 294_913), dtype=np.int32)
    histogram[0, 0, 100_000:140_000] = 200
    histogram[1, 0, 5] = 70_000
    size = len(encode(Segment(Portion(0, np.zeros((1, 1000)), histogram), KEY)))
    assert size < 8 * 1000 + 11 * (CHUNK + 4) + 4 * CHUNK + 600 < histogram.nbytes / 10


@pytest.fixture(scope="module")
def sound() -> bytes:
    rng = np.random.default_rng(1)
    histogram = rng.poisson(0.1, (1, 1, 6000)).astype(np.int32)
    return encode(Segment(Portion(4, rng.normal(size=(3, 6)), histogram, 1.5), KEY))


def test_every_flipped_bit_is_found(sound: bytes) -> None:
    """Each byte in turn, header, rows, counts and checksum alike (every 7th of the long middle)."""
    for place in [*range(400), *range(400, len(sound) - 40, 7), *range(len(sound) - 40, len(sound))]:
        spoiled = bytearray(sound)
        spoiled[place] ^= 1 << (place % 8)
        with pytest.raises(RefusedSegment):
            decode(bytes(spoiled), KEY)


def test_every_length_but_the_right_one_is_refused(sound: bytes) -> None:
    for length in [*range(400), *range(400, len(sound), 97), len(sound) - 1]:
        with pytest.raises(RefusedSegment, match="cut off"):
            decode(sound[:length], KEY)
    with pytest.raises(RefusedSegment, match="too long"):
        decode(sound + b"\0", KEY)


def test_another_runs_segment_is_refused(sound: bytes) -> None:
    with pytest.raises(RefusedSegment, match=r"belongs to another run \(key 0123456789ab"):
        decode(sound, "f" * 64)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(RefusedSegment):
        decode(data, KEY)
    with pytest.raises(RefusedSegment):
        decode(b"mcengseg" + data, KEY)
