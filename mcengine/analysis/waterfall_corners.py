"""Outputs between two studies, some inputs and options as in one and the rest as in the other, and Shapley values.

The value of a set of players (inputs, groups of them, options) is the output with that set as in the second study and
all others as in the first. A player's Shapley value is the mean of what its change adds over all orders in which the
players can be changed (Shapley 1953; for differences between two points: Owen & Prieur 2017, section 2.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from math import factorial

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.salib_bridge import generator
from mcengine.errors import AnswerNo
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model

Array = NDArray[np.float64]
Chosen = NDArray[np.bool_]

CHUNK = 1 << 12  # corners evaluated at once
_ORDERS = "@waterfall-orders"  # before the replicate: the stream of its random orders


@dataclass(frozen=True)
class Corners:
    """The corners between two studies, and their outputs.

    studies  the first and the second; model: of the first one
    ends     (first, second) value of every input of either, by name
    players  inputs of each player by its name, in declared order; none for an option, which goes by its own name
    output   key of the output
    """

    studies: tuple[Study, Study]
    model: Model
    ends: Mapping[str, tuple[float, float]]
    players: Mapping[str, tuple[str, ...]]
    output: str
    _models: dict[tuple[bool, ...], Model] = field(default_factory=dict, repr=False, compare=False)

    def values(self, chosen: Chosen) -> Array:
        """The output, float64 (corners,), with the chosen players, bool (players, corners), as in the second study.

        Raises
        ------
        AnswerNo  it is not finite in some corner, which is named.
        """
        found = np.empty(chosen.shape[1])
        options = [j for j, members in enumerate(self.players.values()) if not members]
        for first in range(0, len(found), CHUNK):
            own = chosen[:, first : first + CHUNK]
            for settings in np.unique(own[options], axis=1).T if options else [np.zeros(0, dtype=np.bool_)]:
                here = np.flatnonzero((own[options] == settings[:, None]).all(axis=0))
                found[first + here] = self._evaluate(own[:, here], tuple(settings.tolist()))
        return found

    def _evaluate(self, chosen: Chosen, settings: tuple[bool, ...]) -> Array:
        """The output, float64 (corners,), under the model of one choice of options."""
        model = self._model(settings)
        x = np.array([np.full(chosen.shape[1], self.ends[name][0]) for name in model.inputs])
        place = {name: row for row, name in enumerate(model.inputs)}
        for members, own in zip(self.players.values(), chosen, strict=True):
            for name in members:
                if name in place:  # one accounting may use inputs that the other does not
                    x[place[name], own] = self.ends[name][1]
        row = model.output_index(self.output)
        y: Array = model.evaluate(x, headline_only=row < len(model.headline_outputs))[row]
        bad = np.flatnonzero(~np.isfinite(y))
        if len(bad):
            raise self._refusal(chosen[:, bad[0]], len(bad))
        return y

    def _model(self, settings: tuple[bool, ...]) -> Model:
        """The model with these options, of those that differ, as in the second study."""
        if not any(settings):
            return self.model
        if settings not in self._models:
            first, second = self.studies
            names = list(compress((name for name, members in self.players.items() if not members), settings))
            changed = replace(first.options, **{name: getattr(second.options, name) for name in names})
            inputs = (second if "accounting" in names else first).inputs
            self._models[settings] = build_model(replace(first, options=changed, inputs=inputs))
        return self._models[settings]

    def _refusal(self, chosen: Chosen, count: int) -> AnswerNo:
        first, second = (study.name for study in self.studies)
        changed = list(compress(self.players, chosen))
        where = f"at the values of {first}"
        if len(changed) == len(self.players):
            where = f"at the values of {second}"
        elif changed:
            listed = ", ".join(changed)
            where = f"with {listed} as in {second} and everything else as in {first}"
        others = f" (and in {count - 1} other combinations at least)" if count > 1 else ""
        return AnswerNo(f"{self.output} is not a finite number {where}{others}, so the difference cannot be shared out")

    def exact(self) -> Array:
        """The Shapley values from all 2^players corners, float64 (players,)."""
        players = len(self.players)
        with_it = np.array([0.0] + [_weight(size - 1, players) for size in range(1, players + 1)])
        without = np.array([_weight(size, players) for size in range(players)] + [0.0])
        values, base = np.zeros(players), None
        for first in range(0, 1 << players, CHUNK):
            corners = np.arange(first, min(first + CHUNK, 1 << players))
            chosen = (corners >> np.arange(players)[:, None] & 1).astype(np.bool_)
            size, y = chosen.sum(axis=0), self.values(chosen)
            base = y[0] if base is None else base
            shifted = y - base  # so that nothing is lost beside a large common part
            values += np.where(chosen, with_it[size] * shifted, -without[size] * shifted).sum(axis=1)
        return values

    def sampled(self, seed: int, replicate: int, pairs: int) -> Array:
        """The mean of what each player adds over `pairs` random orders and their reverses, float64 (players,)."""
        players = len(self.players)
        chance = generator(seed, f"{_ORDERS}:{replicate}")
        half = chance.permuted(np.repeat(np.arange(players)[:, None], pairs, axis=1), axis=0)
        orders = np.concatenate([half, half[::-1]], axis=1)
        position = np.argsort(orders, axis=0)
        values = np.zeros(players)
        before = self.values(np.zeros((players, 1), dtype=np.bool_))
        for step, player in enumerate(orders):
            after = self.values(position <= step)
            values += np.bincount(player, weights=after - before, minlength=players)
            before = after
        return values / (2 * pairs)

    def alone(self) -> tuple[Array, Array]:
        """What each player adds when it is changed before all others, and after them, float64 (players,) both."""
        one = np.eye(len(self.players), dtype=np.bool_)
        start, end = self.values(np.array([[False, True]] * len(self.players)))
        return self.values(one) - start, end - self.values(~one)


def _weight(size: int, players: int) -> float:
    """The share of the orders in which a player comes just after a given set of `size` others."""
    return factorial(size) * factorial(players - size - 1) / factorial(players)


def option_names(studies: Sequence[Study]) -> tuple[str, ...]:
    """The options in which two studies differ."""
    first, second = (vars(study.options) for study in studies)
    return tuple(name for name, value in first.items() if value != second[name])
