"""The stored sample of a study that regressions, scenario discovery and given-data indices work on.

The draws are those of a run with the same seed: replicate r, draw i is draw i of replicate r there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import check_output, check_size
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.run import default_threads
from mcengine.engine.threads import in_order
from mcengine.inputs.study import Study
from mcengine.models.model import Model

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Inputs and outputs of R replicates of n draws.

    inputs   names of the uncertain inputs, in declared order; x: float64 (replicates, inputs, n)
    outputs  keys of the outputs; y: float64 (replicates, outputs, n), finite
    notes    what was changed of what was asked
    """

    problem: Problem
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    x: Array
    y: Array
    notes: tuple[str, ...]

    @property
    def seed(self) -> int:
        """The seed, drawn where none was given."""
        return self.problem.seed

    @property
    def replicates(self) -> int:
        """How many there are."""
        return len(self.x)

    @property
    def n(self) -> int:
        """Draws of a replicate."""
        return int(self.x.shape[2])

    def pooled(self) -> tuple[Array, Array]:
        """x (inputs, replicates n) and y (outputs, replicates n), the replicates in order."""
        return np.concatenate(self.x, axis=1), np.concatenate(self.y, axis=1)


def draw_sample(
    study: Study,
    *,
    output: str | None = None,
    more: Sequence[str] = (),
    n: int,
    replicates: int,
    seed: int | None = None,
    model: Model | None = None,
    threads: int | None = None,
) -> Sample:
    """Draw `replicates` replicates of `n` draws (rounded up to a power of two) and keep inputs and outputs.

    output  the first output, "npv" or the model's first when None; more: keys of further continuous outputs
    threads how many; the sample does not depend on it

    Raises
    ------
    InputError      a size or output that cannot be, or nothing uncertain
    NonFiniteError  an output is NaN or infinite in some draw, named
    """
    n, notes = check_size(n, replicates)
    problem = build_problem(study, seed=check_seed(seed), draws=n, outputs=(*([output] if output else ()), *more),
                            model=model)  # fmt: skip
    keys = (check_output(study, problem.model, output), *(check_output(study, problem.model, key) for key in more))
    rows = [problem.model.output_index(key) for key in keys]
    names = study.uncertain
    columns = [problem.model.inputs.index(name) for name in names]

    def work(index: int, stop: object) -> tuple[Array, Array]:
        x, out = problem.draws(index, 0, n)
        if not np.isfinite(out[rows]).all():
            raise problem.refuse_non_finite(index, 0, n)
        return x[columns], out[rows]

    found = list(in_order(work, range(replicates), threads or default_threads()))
    x, y = (np.array([pair[k] for pair in found]) for k in (0, 1))
    return Sample(problem, names, keys, x, y, notes)
