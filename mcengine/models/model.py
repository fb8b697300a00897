"""What a model is to the engine: a compiled function from inputs to outputs, with their names.

A model of your own in one page::

    from numba import njit
    from mcengine import Model

    @njit
    def rows(x, out, constants):            # x float64 (inputs, draws), out float64 (outputs, draws)
        for i in range(x.shape[1]):         # constants: a tuple of arrays, the same for every draw
            out[0, i] = x[0, i] * x[1, i]

    model = Model(rows, inputs=("price", "quantity"), outputs=("revenue",), name="sales")

Column i of `out` may depend on column i of `x` alone; nothing may be read from elsewhere or drawn at random.
The engine calls `rows` with at least eight draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from mcengine.compiled import jit
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.simd import WIDTH

CONTINUOUS = "continuous"
YEAR = "year"


@dataclass(frozen=True, slots=True)
class Output:
    """One output row: `name`, `unit`, `kind` and, for a row of a yearly table, its calendar `year`.

    `kind` is "continuous" (finite in every draw, or the run is refused) or "year": a whole calendar year,
    censored, +inf meaning "never"; it has quantiles and a share of never, but no mean.
    """

    name: str
    unit: str = "1"
    kind: str = CONTINUOUS
    year: int | None = None

    @property
    def key(self) -> str:
        """`name` for a scalar, `name[year]` for a row of a yearly table."""
        return self.name if self.year is None else f"{self.name}[{self.year}]"


@dataclass(frozen=True)
class Model:
    """A kernel with the names of its rows.

    rows       function (x, out, constants) compiled by numba, or compilable; see the module's example
    inputs     names of the rows of x, in order; the order is each input's Sobol' dimension
    outputs    names (or `Output`s) of the rows of out
    constants  tuple of arrays fixed for a run
    headline   how many leading outputs the kernel fills when `out` has only these; the yearly tables after
               them are then left out (None: the kernel always fills all)
    scratch    extra rows at the end of `out` that the kernel may use as working space
    luck       names of uniforms in (0, 1) that the kernel takes as further rows of x, behind the inputs: chance that
               no knowledge of the inputs takes away
    """

    rows: Callable[..., None]
    inputs: tuple[str, ...]
    outputs: tuple[Output, ...]
    constants: tuple[NDArray[Any], ...] = ()
    name: str = "custom"
    headline: int | None = None
    scratch: int = 0
    luck: tuple[str, ...] = ()
    _compiled: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        outputs = tuple(o if isinstance(o, Output) else Output(str(o)) for o in self.outputs)
        object.__setattr__(self, "inputs", tuple(self.inputs))
        object.__setattr__(self, "outputs", outputs)
        constants = tuple(np.ascontiguousarray(c) for c in self.constants) or (np.zeros(0),)
        object.__setattr__(self, "constants", constants)
        for what, names in (("input", self.inputs), ("output", tuple(o.key for o in outputs))):
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled or not names:
                rule = f"each {what} needs one name of its own" if doubled else f"a model needs an {what}"
                raise InputError(Fault(None, f"Model.{what}s", doubled or None, rule))

    @property
    def headline_outputs(self) -> tuple[Output, ...]:
        """The outputs that every draw computes."""
        return self.outputs[: self.headline]

    @property
    def yearly_outputs(self) -> tuple[Output, ...]:
        """The rows of yearly tables, computed where yearly bands are asked for."""
        return () if self.headline is None else self.outputs[self.headline :]

    def output_index(self, key: str) -> int:
        """Row of the output `key` ("npv", "cash_flow[2030]").

        Raises
        ------
        InputError  there is no such output; names the nearest.
        """
        keys = [output.key for output in self.outputs]
        if key not in keys:
            raise InputError(Fault(None, "output", key, "is not an output of this model", nearest_name(key, keys)))
        return keys.index(key)

    def function(self) -> Any:
        """The kernel as a first-class compiled function: (x, out, constants) -> None.

        Compiled as a C function of one fixed signature, so that the engine's loops, which take it as an
        argument, are themselves compiled once and cached (a numba dispatcher as an argument never is).
        """
        if "function" not in self._compiled:
            matrix = types.float64[:, ::1]
            signature = types.void(matrix, matrix, numba.typeof(self.constants))
            source = getattr(self.rows, "py_func", self.rows)
            counted = getattr(self.rows, "targetoptions", {}).get("_nrt", True)  # see `compiled.pure`
            compiler: Any = numba.cfunc  # numba's hints leave out its options
            # numba's cache would not see a change in what a kernel of the user's calls in another file
            own = source.__module__.startswith("mcengine.")
            self._compiled["function"] = compiler(
                signature, cache=own, nopython=True, error_model="numpy", _nrt=counted
            )(source)
        return self._compiled["function"]

    def evaluate(
        self, x: NDArray[np.float64], *, headline_only: bool = False, luck: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Outputs, float64 (outputs, draws), for inputs `x`, float64 (inputs, draws), and uniforms (luck, draws)."""
        x = _rows("x", x, len(self.inputs), f"input of {self.name}")
        if luck is not None or self.luck:
            x = np.vstack([x, _rows("luck", luck, len(self.luck), f"uniform of luck of {self.name}")])
        filled, draws = len(self.headline_outputs if headline_only else self.outputs), x.shape[1]
        if draws < WIDTH:
            x = np.ascontiguousarray(np.pad(x, ((0, 0), (0, WIDTH - draws)), mode="edge"))
        out = np.full((filled + self.scratch, x.shape[1]), np.nan)
        _call(self.function(), x, out, self.constants)
        return out[:filled, :draws]

    def with_constants(self, constants: tuple[NDArray[Any], ...]) -> Model:
        """The same kernel and names with other constants."""
        return replace(self, constants=constants, _compiled={})


def _rows(name: str, given: NDArray[np.float64] | None, count: int, each: str) -> NDArray[np.float64]:
    """`given` as float64 (count, draws)."""
    values = np.ascontiguousarray(np.atleast_2d(np.asarray(given, dtype=np.float64)))
    if values.shape[0] != count or given is None:
        rule = f"must have {count} rows, one for each {each}"
        raise InputError(Fault(None, f"{name}.shape", None if given is None else values.shape, rule))
    return values


@jit
def _call(rows, x, out, constants):
    rows(x, out, constants)
