"""One output along lines through a base point: what the methods that move one input at a time stand on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcengine.engine.problem import default_outputs
from mcengine.errors import NonFiniteError
from mcengine.inputs.study import Study
from mcengine.models.model import YEAR, Model, Output

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

UNLIMITED = "inf"

_CHUNK = 1 << 14  # evaluations at once: some ten megabytes with yearly tables


@dataclass(frozen=True)
class Line:
    """One output of a model as a function of a few inputs, the others at a base point.

    base  float64 (inputs,), in the model's order
    """

    model: Model
    output: Output
    base: Array

    def row(self, name: str) -> int:
        """The row of the input `name`."""
        return self.model.inputs.index(name)

    @property
    def at_base(self) -> float:
        """The output with every input at the base point. Raises NonFiniteError."""
        found = self((np.zeros(1, np.int64), self.base[:1]))
        self.refuse_non_finite(found, (np.zeros(1, np.int64), self.base[:1]))
        return float(found[0])

    def __call__(self, *moves: tuple[Rows, Array]) -> Array:
        """The output, float64 (m,), of m evaluations.

        moves  pairs (rows, values), each int64 and float64 (m,): evaluation i has input rows[i] at values[i]; a later
               pair is applied after an earlier one
        """
        count = len(moves[0][1])
        out = np.empty(count)
        row = self.model.output_index(self.output.key)
        headline = row < len(self.model.headline_outputs)
        for start in range(0, count, _CHUNK):
            part = slice(start, min(start + _CHUNK, count))
            x = np.repeat(self.base[:, None], part.stop - start, axis=1)
            for rows, values in moves:
                x[rows[part], np.arange(part.stop - start)] = values[part]
            out[part] = self.model.evaluate(x, headline_only=headline)[row]
        return out

    def refuse_non_finite(self, values: Array, *moves: tuple[Rows, Array]) -> None:
        """Raise NonFiniteError, with the inputs, when one of `values` (m,), got by these moves, is no number.

        The +inf ("never") of a censored year is one.
        """
        bad = ~np.isfinite(values)
        if self.output.kind == YEAR:
            bad &= values != np.inf
        if bad.any():
            where = np.flatnonzero(bad)
            inputs = dict(zip(self.model.inputs, self.base.tolist(), strict=True))
            for rows, moved in moves:
                inputs[self.model.inputs[rows[where[0]]]] = float(moved[where[0]])
            addresses = tuple((0, int(i)) for i in where[:5])
            raise NonFiniteError(self.output.key, addresses, inputs, len(where))


def build_line(study: Study, model: Model, output: str | None, at: str) -> Line:
    """The line of `output` ("npv", or the model's first, when None) through the study's baseline `at`.

    Raises
    ------
    InputError  no such output or baseline.
    """
    names = [o.key for o in default_outputs(model)]
    chosen = output or ("npv" if "npv" in names else names[0])
    base = study.baseline(at)
    values = np.array([base[name] for name in model.inputs])
    return Line(model, model.outputs[model.output_index(chosen)], values)


def stated(value: float) -> float | str:
    """An input's value as JSON holds it: "inf" for an unlimited supply, as `--set` takes it."""
    return UNLIMITED if math.isinf(value) else value


def standing(study: Study, at: str) -> str:
    """In words, where every input of `study.baseline(at)` stands."""
    if at == "plan" or not study.sets:
        return "the plan's values" if study.plan is not None else "the study's own values"
    names = ", ".join(member.set.name for member in study.sets)
    if len(study.sets) > 1:
        return f"the averages of the {at}s of the assumption sets {names}"
    return f"the {at}s of the assumption set {names}"
