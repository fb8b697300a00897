"""Points in (0, 1)^d by address: (seed, replicate, input, draw) -> uniform.

Each input has its own place whatever the others are: its stream's key comes from its name, its Sobol' dimension is
its row in the model's declared order. `Points` holds what the compiled blocks need; `words` are a replicate's own.

sobol   Sobol' points, Owen-scrambled anew for each replicate and input (`sampling.sobol`)
random  independent uniforms (`sampling.streams`)
lhs     a Latin hypercube a replicate: draw i of n lies in stratum pi(i), pi a permutation by Feistel network
        (Luby & Rackoff 1988; cycle walking for n not a power of two), at a random place inside (McKay et al. 1979)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcengine.compiled import pure
from mcengine.sampling.sobol import directions, low_points, point, scramble_words, scrambled
from mcengine.sampling.streams import stream_keys, uniforms

SET_STREAM = "@set"  # picks the assumption set of a draw when several are pooled; follows the inputs
MIXING_STREAM = "@mix:"  # before an input's name: mixes the t copula of the block it leads; follow the set's
LUCK_STREAM = "@luck:"  # before the name of a uniform of a model's luck
RANDOM, SOBOL, LHS = 0, 1, 2
SAMPLERS = {"sobol": SOBOL, "random": RANDOM, "lhs": LHS}
DEFAULT_SAMPLER = "sobol"
LOW_POINTS = 1024  # points kept ready, shared by all stretches of as many draws

_MIX1, _MIX2 = np.uint32(0x21F0AAAD), np.uint32(0x735A2D97)  # Wellons 2018, "lowbias32"
_15, _16, _STEP = np.uint32(15), np.uint32(16), np.uint32(0x9E3779B9)
_32 = np.uint64(32)


class Points(NamedTuple):
    """Where uniforms come from.

    sampler: a value of `SAMPLERS`; draws: in a replicate (for "lhs"); keys uint64 (places,): inputs, the
    choice of sets, mixing variables; vectors uint32 (places, 32) direction numbers and low uint32 (places, 1024)
    the first points, both bit-reversed and left out unless Sobol' points are used; luck uint64 (uniforms,): the
    streams of a model's luck, whatever the sampler.
    """

    sampler: np.int64
    draws: np.int64
    keys: NDArray[np.uint64]
    vectors: NDArray[np.uint32]
    low: NDArray[np.uint32]
    luck: NDArray[np.uint64]


def build_points(sampler: str, seed: int, inputs: tuple[str, ...], draws: int, luck: tuple[str, ...] = ()) -> Points:
    """The points of a run over `inputs` (all of the model's, in declared order), `draws` a replicate.

    luck  names of the uniforms of a model's luck; turning it on leaves the inputs' points alone
    """
    code = SAMPLERS[sampler]
    vectors, low = np.zeros((1, 32), dtype=np.uint32), np.zeros((1, 1), dtype=np.uint32)
    names = (*inputs, SET_STREAM, *(MIXING_STREAM + name for name in inputs))
    if code == SOBOL:
        vectors = directions(len(names))
        low = np.empty((len(vectors), LOW_POINTS), dtype=np.uint32)
        low_points(vectors, low)
    return Points(np.int64(code), np.int64(draws), stream_keys(seed, names), vectors, low, luck_keys(seed, luck))


def luck_keys(seed: int, luck: tuple[str, ...]) -> NDArray[np.uint64]:
    """Streams of the uniforms of luck, uint64 (uniforms,); named, so that a longer horizon leaves the others alone."""
    return stream_keys(seed, tuple(LUCK_STREAM + name for name in luck))


@pure
def replicate_words(points, replicate, words):
    """Fill `words`, uint32 (places, 2), with what scrambles each place in this replicate."""
    for j in range(words.shape[0]):
        words[j, 0], words[j, 1] = scramble_words(points.keys[j], replicate)


@pure
def fill(points, words, place, replicate, first, u):
    """Uniforms of the input at `place` for draws first, first + 1, ... of a replicate; `u` float64 (draws,).

    `first` is even, as a counter of the random streams gives two draws.
    """
    n = u.shape[0]
    if points.sampler == SOBOL:
        vectors = points.vectors[place]
        add, multiply = words[place, 0], words[place, 1]
        done = 0
        while done < n:  # stretches that share the high bits of the index
            low = (first + done) % LOW_POINTS
            size = min(n - done, LOW_POINTS - low)
            base = point(vectors, first + done - low)
            scrambled(points.low[place, low : low + size], base, add, multiply, u[done : done + size])
            done += size
        return
    uniforms(points.keys[place], replicate, first, u)
    if points.sampler == LHS:
        width = 1.0 / points.draws
        for i in range(n):
            index = min(first + i, points.draws - 1)  # a block may reach beyond the last draw
            u[i] = (stratum(index, points.draws, words[place, 0], words[place, 1]) + u[i]) * width


@pure
def fill_luck(points, replicate, inner, first, u):
    """The uniforms of luck of draws first, first + 1, ... (`first` even) into `u`, float64 (uniforms, draws).

    Always of the counter streams: some hundreds of Sobol' dimensions would have no better equidistribution at any
    number of draws that is run. inner: which of the lucks of one draw, from 0 (a run's own) to 2^32 - 1; it is the
    replicate's high word in the counter, as no run has 2^32 replicates.
    """
    address = np.uint64(replicate) | (np.uint64(inner) << _32)
    for k in range(points.luck.shape[0]):
        uniforms(points.luck[k], address, first, u[k])


@pure
def stratum(index, count, key0, key1):
    """Place of `index` under a keyed permutation of 0 .. count - 1 (count at most 2^32)."""
    half = 1
    while (1 << 2 * half) < count:
        half += 1
    mask = np.uint32((1 << half) - 1)
    value = np.int64(index)
    while True:
        left, right = np.uint32(value >> half), np.uint32(np.uint32(value) & mask)
        for turn in range(6):
            mixed = np.uint32(right + (key0 if turn % 2 == 0 else key1) + np.uint32(turn) * _STEP)
            mixed = np.uint32(np.uint32(mixed ^ np.uint32(mixed >> _16)) * _MIX1)
            mixed = np.uint32(np.uint32(mixed ^ np.uint32(mixed >> _15)) * _MIX2)
            left, right = (
                right,
                np.uint32(left ^ np.uint32(np.uint32(mixed ^ np.uint32(mixed >> _15)) & mask)),
            )
        value = (np.int64(left) << half) | np.int64(right)
        if value < count:
            return value
