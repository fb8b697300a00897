"""Sobol' points by index, with independent Owen scrambles by hash, in compiled code.

The unscrambled point i of dimension j is the exclusive or of direction numbers v_{j,k} over the bits k of
i xor (i >> 1) (Antonov & Saleev 1979), which is linear in the bits of i: a block's points are those of
its low bits, the same for all blocks, combined with one word of its high bits.

Scrambling is nested uniform (Owen 1995): bit k of the result is bit k of the point flipped or not by a function
of the bits before it. A hash whose every step lets a bit depend on itself and the more significant bits alone
(Laine & Karras 2011; constants of Vegdahl 2021) computes all flips at once, on bit-reversed words; its seed is
a Philox word of (seed, replicate, input), so replicates are scrambled independently.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcengine.compiled import pure
from mcengine.errors import Fault, InputError
from mcengine.sampling.streams import philox

BITS = 32
_FILE = Path(__file__).with_name("joe_kuo.txt")
_1, _2, _4, _8, _16 = (np.uint32(k) for k in (1, 2, 4, 8, 16))
_MASK1, _MASK2 = np.uint32(0x55555555), np.uint32(0x33333333)
_MASK4, _MASK8 = np.uint32(0x0F0F0F0F), np.uint32(0x00FF00FF)
_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


@lru_cache(maxsize=4)
def directions(dimensions: int) -> NDArray[np.uint32]:
    """Direction numbers v_{j,k} with the bits reversed, uint32 (dimensions, 32).

    Raises
    ------
    InputError  more dimensions than the published table holds (1,024).
    """
    lines = [line for line in _FILE.read_text().splitlines() if not line.startswith("#")]
    if dimensions > len(lines):
        raise InputError(Fault(None, "inputs", dimensions, f"Sobol' points have at most {len(lines)} dimensions"))
    v = np.zeros((dimensions, BITS), dtype=np.uint32)
    for j in range(dimensions):
        polynomial, *m = (int(word) for word in lines[j].split()[1:])
        v[j] = _expand(polynomial, m)
    return _reversed(v)


def _expand(polynomial: int, m: list[int]) -> NDArray[np.uint32]:
    """v_k = m_k 2^(32 - k) with the recurrence of Joe & Kuo (2008), equation (3)."""
    degree = polynomial.bit_length() - 1
    if degree == 0:  # the first dimension: van der Corput
        return np.array([1 << (BITS - 1 - k) for k in range(BITS)], dtype=np.uint32)
    m = list(m)
    for k in range(degree, BITS):
        new = m[k - degree] ^ (m[k - degree] << degree)
        for step in range(1, degree):
            if polynomial >> (degree - step) & 1:
                new ^= m[k - step] << step
        m.append(new)
    return np.array([m[k] << (BITS - 1 - k) for k in range(BITS)], dtype=np.uint32)


def _reversed(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    result = np.zeros_like(words)
    for k in range(BITS):
        result |= ((words >> np.uint32(k)) & np.uint32(1)) << np.uint32(BITS - 1 - k)
    return result


@pure
def point(vectors, index):
    """Bit-reversed point `index` of the dimension with direction numbers `vectors`, uint32 (32,)."""
    gray = np.uint64(index) ^ (np.uint64(index) >> np.uint64(1))
    word = np.uint32(0)
    for k in range(BITS):
        if (gray >> np.uint64(k)) & np.uint64(1):
            word = np.uint32(word ^ vectors[k])
    return word


@pure
def scramble_words(key, replicate):
    """Two 32-bit words that scramble one input in one replicate."""
    r = np.uint64(replicate)
    a, b, _, _ = philox(np.uint64(0), np.uint64(1), r & _LOW, r >> _32, key & _LOW, key >> _32)
    return np.uint32(a), np.uint32(np.uint32(b) | _1)


@pure
def scrambled(low_points, base, add, multiply, out):
    """Fill `out`, float64 (draws,), with scrambled uniforms (k + 1/2) 2^-32 of the points base xor low_points.

    Every step is cast back to 32 bits: numba widens unsigned arithmetic to 64.
    """
    for i in range(out.shape[0]):
        r = np.uint32(low_points[i] ^ base)
        r = np.uint32(r ^ np.uint32(r * np.uint32(0x3D20ADEA)))
        r = np.uint32(np.uint32(r + add) * multiply)
        r = np.uint32(r ^ np.uint32(r * np.uint32(0x05526C56)))
        r = np.uint32(r ^ np.uint32(r * np.uint32(0x53A22864)))
        r = np.uint32((np.uint32(r >> _1) & _MASK1) | np.uint32((r & _MASK1) << _1))
        r = np.uint32((np.uint32(r >> _2) & _MASK2) | np.uint32((r & _MASK2) << _2))
        r = np.uint32((np.uint32(r >> _4) & _MASK4) | np.uint32((r & _MASK4) << _4))
        r = np.uint32((np.uint32(r >> _8) & _MASK8) | np.uint32((r & _MASK8) << _8))
        r = np.uint32(np.uint32(r >> _16) | np.uint32(r << _16))
        out[i] = (np.float64(r) + 0.5) * 2.0**-32


@pure
def low_points(vectors, out):
    """Fill `out`, uint32 (dimensions, size), with the points 0 .. size - 1 of each dimension, bit-reversed."""
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[j, i] = point(vectors[j], i)
