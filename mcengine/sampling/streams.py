"""Counter-based random streams: Philox4x32-10, addressed by (seed, replicate, name, draw).

Nothing has state: a uniform is a pure function of its address, so an input's draws do not move when another
input is added, and two studies with one seed are paired draw by draw. The key is a hash of seed and name; the
counter holds the draw and the replicate. Source: Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers:
as easy as 1, 2, 3", SC'11, section 3.3.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.compiled import pure

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32, _12 = np.uint64(32), np.uint64(12)
_ULP = 2.0**-52

SEED_LIMIT = 2**128


def fresh_seed() -> int:
    """A seed for a run that names none; it is recorded, so that the run can be repeated."""
    return secrets.randbits(48)


def key(seed: int, name: str) -> np.uint64:
    """The 64-bit stream key of `name` under `seed`: the first 8 bytes of a SHA-256 of both."""
    digest = hashlib.sha256(f"mcengine-stream-1|{seed}|{name}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


@pure
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32 on uint64 words that hold 32 bits each; returns four such words."""
    for _ in range(10):
        product0, product1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (
            (product1 >> _32) ^ c1 ^ k0,
            product1 & _LOW,
            (product0 >> _32) ^ c3 ^ k1,
            product0 & _LOW,
        )
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@pure
def uniforms(stream, replicate, first, out):
    """Fill `out`, float64 (draws,), with the uniforms of draws first, first + 1, ... (`first` even).

    Values are (k + 1/2) 2^-52 for whole k: never 0 or 1, so that every quantile is finite. A counter gives
    two draws: words 0, 1 the even one, words 2, 3 the odd one.
    """
    k0, k1 = stream & _LOW, stream >> _32
    c2, c3 = np.uint64(replicate) & _LOW, np.uint64(replicate) >> _32
    pairs = (out.shape[0] + 1) // 2
    for pair in range(pairs):
        counter = np.uint64(first // 2 + pair)
        a, b, c, d = philox(counter & _LOW, counter >> _32, c2, c3, k0, k1)
        out[2 * pair] = (np.float64(((a << _32) | b) >> _12) + 0.5) * _ULP
        if 2 * pair + 1 < out.shape[0]:
            out[2 * pair + 1] = (np.float64(((c << _32) | d) >> _12) + 0.5) * _ULP


def stream_keys(seed: int, names: tuple[str, ...]) -> NDArray[np.uint64]:
    """One key for each name, uint64 (names,)."""
    return np.array([key(seed, name) for name in names], dtype=np.uint64)


def known_answer(counter: tuple[int, ...], stream: tuple[int, int]) -> tuple[int, ...]:
    """Philox4x32-10 of a counter of four and a key of two 32-bit words, for tests of published answers."""
    words: Any = philox(*(np.uint64(c) for c in counter), *(np.uint64(k) for k in stream))
    return tuple(int(word) for word in words)
