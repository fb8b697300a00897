"""The sums behind Shapley effects: outputs at points of which ever more inputs are redrawn, over all sets or in orders.

Points and what is redrawn are Sobol' points A and B of Saltelli's design (`engine.saltelli`), those of `sobol` with the
same seed. They pass in chunks of a fixed size, so memory grows neither with their number nor with the replicates'.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import factorial

import numpy as np

from mcengine.analysis.salib_bridge import generator
from mcengine.analysis.shapley_sampling import Array, Block, Source, Whole, build_blocks, source
from mcengine.engine.problem import Problem
from mcengine.engine.replicates import Stopped
from mcengine.engine.saltelli import LAYOUTS, build_pair
from mcengine.errors import NonFiniteError
from mcengine.sampling.points import Points

CHUNK = 1 << 11  # base points at once; a power of two
_ORDERS = "@shapley-orders"  # before the replicate: the stream of its random orders


@dataclass(frozen=True)
class Walk:
    """A problem made ready for the sums of its Shapley effects. Make it with `build_walk`.

    factors  names of what the variance is shared out over; orders: random ones a base point, None for all sets
    row      of the output
    """

    problem: Problem
    factors: tuple[str, ...]
    blocks: tuple[Block, ...]
    points: tuple[Points, ...]
    row: int
    orders: int | None

    @property
    def evaluations(self) -> int:
        """Of the model, for one base point."""
        return 1 << len(self.factors) if self.orders is None else 1 + self.orders * len(self.factors)

    def replicate(
        self,
        index: int,
        n: int,
        *,
        stop: threading.Event | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Array:
        """Shapley values of the variance from one replicate of n base points, float64 (factors,), unit squared.

        n  a power of two of at least 8

        Raises
        ------
        NonFiniteError  an output is NaN or infinite; Stopped: `stop` was set meanwhile.
        """
        drawn, redrawn = (source(self.problem, points, index) for points in self.points)
        chance = generator(self.problem.seed, f"{_ORDERS}:{index}")
        sums = np.zeros(1 << len(self.factors) if self.orders is None else len(self.factors))
        width = min(n, CHUNK)
        for first in range(0, n, width):
            chunk = _Chunk(self, drawn, redrawn, first, width)
            if self.orders is None:
                chunk.add_sets(sums)
            else:
                for _ in range(self.orders):
                    chunk.add_orders(sums, random_orders(chance, len(self.factors), width))
            if progress is not None:
                progress(width * self.evaluations)
            if stop is not None and stop.is_set():
                raise Stopped
        return shapley_values(sums / n) if self.orders is None else sums / (n * self.orders)


class _Chunk:
    """`width` base points of a replicate from `first` on, and their partners."""

    def __init__(self, walk: Walk, a: Source, b: Source, first: int, width: int) -> None:
        self.walk, self.replicate, self.first, self.width = walk, a.replicate, first, width
        self.x = np.repeat(walk.problem.design.fixed[0][:, None], width, axis=1)
        independent, fresh = a.scores(first, width), b.scores(first, width)
        self.parts: list[tuple[Block, Array, Array, Array | None]] = []
        for block in walk.blocks:
            own, other = (
                None if block.dof is None else points.uniforms(block.mixing, first, width) for points in (a, b)
            )
            base = block.correlated(independent[block.rows], own)
            self.parts.append((block, base, fresh[block.rows], other))

    @cached_property
    def start(self) -> Array:
        """The output at the base points, float64 (width,)."""
        own = (block.values(base[None], self.walk.problem)[0] for block, base, _, _ in self.parts)
        return self._output(own)

    def add_sets(self, sums: Array) -> None:
        """Add (Y - Y^(u))^2 / 2 of every set u of factors, by its bits, to sums, float64 (2^factors,)."""
        states = [self._states(*part) for part in self.parts]
        for chosen in range(1, len(sums)):
            y = self._output(found[chosen & bits(block)] for block, found in zip(self.walk.blocks, states, strict=True))
            sums[chosen] += 0.5 * np.square(y - self.start).sum()

    def _states(self, block: Block, base: Array, fresh: Array, mixing: Array | None) -> dict[int, Array]:
        """The block's values, float64 (b, width), with each set of its factors redrawn, by the set's bits."""
        own, found = np.unique(block.factor), {}
        for k in range(1 << len(own)):
            redrawn = own[(k >> np.arange(len(own)) & 1).astype(bool)]
            last = np.isin(block.factor, redrawn)
            order = np.argsort(last, kind="stable")[:, None]
            scores = block.redrawn(base, fresh, order, [int((~last).sum())], mixing)
            found[int((1 << redrawn).sum())] = block.values(scores, self.walk.problem)[0]
        return found

    def add_orders(self, sums: Array, orders: Whole) -> None:
        """Add each factor's terms to sums, float64 (factors,), one order a base point: int64 (factors, width)."""
        position = np.argsort(orders, axis=0)
        states = []
        for block, base, fresh, mixing in self.parts:
            entered = position[block.factor]  # the step at which each member is redrawn
            order = np.argsort(-entered, axis=0, kind="stable")
            scores = block.redrawn(base, fresh, order, range(len(order) + 1), mixing)
            states.append((entered, block.values(scores, self.walk.problem)))
        before = self.start
        for step, factor in enumerate(orders):
            y = self._output(
                np.take_along_axis(values, (entered > step).sum(axis=0)[None, None], axis=0)[0]
                for entered, values in states
            )
            # (Y - Y^(u + i))^2 / 2 - (Y - Y^(u))^2 / 2, without squares of large numbers (Goda 2021, eq. 9)
            terms = 0.5 * (before - y) * (2.0 * self.start - before - y)
            sums += np.bincount(factor, weights=terms, minlength=len(sums))
            before = y

    def _output(self, values: Iterator[Array]) -> Array:
        """The output, float64 (width,), at the values of each block, float64 (b, width)."""
        problem = self.walk.problem
        for block, own in zip(self.walk.blocks, values, strict=True):
            self.x[problem.design.uncertain[block.rows]] = own
        headline = self.walk.row < len(problem.model.headline_outputs)
        y: Array = problem.model.evaluate(self.x, headline_only=headline)[self.walk.row]
        bad = np.flatnonzero(~np.isfinite(y))
        if len(bad):
            inputs = dict(zip(problem.model.inputs, self.x[:, bad[0]].tolist(), strict=True))
            addresses = tuple((self.replicate, self.first + int(i)) for i in bad[:5])
            raise NonFiniteError(problem.model.outputs[self.walk.row].key, addresses, inputs, len(bad))
        return y


def bits(block: Block) -> int:
    """The factors of a block as the bits of a whole number."""
    return int((1 << np.unique(block.factor)).sum())


def shapley_values(worth: Array) -> Array:
    """Shapley values, float64 (players,), of a game: worth float64 (2^players,), by the bits of the coalition."""
    players = (len(worth) - 1).bit_length()
    chosen = np.arange(len(worth))
    inside = chosen[:, None] >> np.arange(players) & 1
    size = inside.sum(axis=1)
    weight = np.array([factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)])
    values = np.empty(players)
    for i in range(players):
        without = chosen[inside[:, i] == 0]
        values[i] = (weight[size[without]] * (worth[without | 1 << i] - worth[without])).sum()
    return values


def random_orders(chance: np.random.Generator, factors: int, count: int) -> Whole:
    """Independent random orders of the factors, int64 (factors, count)."""
    return chance.permuted(np.repeat(np.arange(factors)[:, None], count, axis=1), axis=0)


def build_walk(problem: Problem, factors: Mapping[str, Sequence[str]], output: str, orders: int | None) -> Walk:
    """The walk of a problem with one assumption set over factors (name -> inputs) that hold all its inputs."""
    return Walk(
        problem,
        tuple(factors),
        build_blocks(problem, factors),
        build_pair(problem.seed, problem.model.inputs, LAYOUTS[0], pooled=False),
        problem.model.output_index(output),
        orders,
    )
