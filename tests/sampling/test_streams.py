"""Philox streams: published answers, addressing by draw, and the randomness a user relies on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mcengine.sampling.streams import fresh_seed, key, known_answer, stream_keys, uniforms

ALARM = 1e-6  # false-alarm rate of one statistical check below; each test says how many it makes


def draws(seed: int, name: str, replicate: int, first: int, count: int) -> NDArray[np.float64]:
    out = np.empty(count)
    uniforms(key(seed, name), replicate, first, out)
    return out


# Salmon et al. 2011, Random123 kat_vectors, "philox4x32 10"; the last is made of digits of pi.
@pytest.mark.parametrize(
    ("counter", "stream", "answer"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_published_known_answers(counter: str, stream: str, answer: str) -> None:
    words = tuple(int(word, 16) for word in counter.split())
    a, b = (int(word, 16) for word in stream.split())
    assert known_answer(words, (a, b)) == tuple(int(word, 16) for word in answer.split())


def test_uniforms_are_the_philox_words_of_their_address() -> None:
    stream, replicate, first = int(key(2026, "leverage")), (3 << 32) + 5, 2 * ((1 << 33) + 7)
    out = np.empty(2)
    uniforms(np.uint64(stream), replicate, first, out)
    counter = first // 2
    words = known_answer((counter & 0xFFFFFFFF, counter >> 32, 5, 3), (stream & 0xFFFFFFFF, stream >> 32))
    high = [((words[2 * k] << 32) | words[2 * k + 1]) >> 12 for k in range(2)]
    assert out.tolist() == [(value + 0.5) * 2.0**-52 for value in high]


def test_key_is_pinned() -> None:
    # A change here would silently change every result made with a recorded seed.
    import hashlib

    text = hashlib.sha256(b"mcengine-stream-1|7|leverage").digest()[:8]
    assert int(key(7, "leverage")) == int.from_bytes(text, "little")
    assert stream_keys(7, ("a", "b")).tolist() == [int(key(7, "a")), int(key(7, "b"))]


@pytest.mark.parametrize("cuts", [(2, 10, 64), (248, 496, 744), (998,), (1000,)])
def test_a_draw_does_not_depend_on_start_or_blocking(cuts: tuple[int, ...]) -> None:
    whole = draws(1, "x", 4, 0, 1001)
    parts = [draws(1, "x", 4, a, b - a) for a, b in itertools.pairwise((0, *cuts, 1001))]
    assert np.array_equal(np.concatenate(parts), whole)


def test_every_part_of_the_address_matters() -> None:
    base = draws(1, "x", 0, 0, 1000)
    others = [
        draws(2, "x", 0, 0, 1000), draws(1, "y", 0, 0, 1000), draws(1, "x", 1, 0, 1000),
        draws(1, "x", 1 << 32, 0, 1000), draws(1, "x", 0, 1000, 1000), draws(2**128 - 1, "x", 0, 0, 1000),
    ]  # fmt: skip
    for a, b in itertools.combinations([base, *others], 2):
        assert not np.isin(a, b).any()  # 21 pairs of 10^6 comparisons at 2^-52: false alarm 5e-9


def test_keys_of_many_names_and_seeds_differ() -> None:
    names = tuple(f"input_{k}" for k in range(1000))
    keys = np.concatenate([stream_keys(seed, names) for seed in range(20)])
    assert len(np.unique(keys)) == len(keys)


def test_never_zero_or_one() -> None:
    # The smallest and largest word give (0 + 1/2) 2^-52 and (2^52 - 1/2) 2^-52, which doubles hold exactly.
    assert 0.0 < 0.5 * 2.0**-52
    assert (2**52 - 1 + 0.5) * 2.0**-52 < 1.0
    values = draws(3, "x", 0, 0, 1 << 20)
    assert values.min() > 0.0
    assert values.max() < 1.0


def test_uniform_by_kolmogorov_and_chi_square() -> None:
    """12 checks at 1e-6 each: 1.2e-5 in all."""
    for name, replicate in itertools.product(("leverage", "mcpf", "@set"), (0, 31)):
        values = draws(2026, name, replicate, 0, 200_000)
        assert stats.kstest(values, "uniform", mode="asymp").pvalue > ALARM
        cells = np.bincount((values * 4096).astype(np.int64), minlength=4096)
        assert stats.chisquare(cells).pvalue > ALARM


def test_no_correlation_between_streams_replicates_or_neighbours() -> None:
    """55 + 10 correlations of 100,000 draws within 5 / sqrt(n) (5.7e-7 each): 3.8e-5 in all."""
    n = 100_000
    columns = [draws(5, f"input_{k}", 0, 0, n) for k in range(6)]
    columns += [draws(5, "input_0", r, 0, n) for r in range(1, 4)] + [draws(s, "input_0", 0, 0, n) for s in (6, 7)]
    correlations = np.corrcoef(columns)[np.triu_indices(11, 1)]
    serial = [np.corrcoef(columns[0][:-lag], columns[0][lag:])[0, 1] for lag in (*range(1, 10), 248)]
    assert np.max(np.abs(correlations)) < 5 / np.sqrt(n)
    assert np.max(np.abs(serial)) < 5 / np.sqrt(n - 248)


def test_fresh_seeds_differ() -> None:
    assert len({fresh_seed() for _ in range(100)}) == 100  # collisions: 2e-11
