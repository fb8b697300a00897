"""Studies and models made in memory, for tests that need other laws than the bundled files hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mcengine import Model
from mcengine.families import Distribution, distribution
from mcengine.inputs.assumptions import Assumption, AssumptionSet, Correlation, Evidence
from mcengine.inputs.options import NO_YEARS
from mcengine.inputs.spec import Domain, InputSpec
from mcengine.inputs.study import Study, WeightedSet

Law = tuple[str, Mapping[str, Any]]
NONE = Evidence("tests", "", "J", "tests", "2026-11-23", "")

STANDARD: Law = ("normal", {"mean": 0.0, "sd": 1.0})
UNIT: Law = ("uniform", {"low": 0.0, "high": 1.0})


def law(given: Law) -> Distribution:
    """The distribution of (family, parameters)."""
    return distribution(given[0], given[1])


def assumption_set(
    laws: Mapping[str, Law],
    *,
    name: str = "tests",
    correlations: Mapping[tuple[str, str], float] | None = None,
    dof: float | None = None,
) -> AssumptionSet:
    """A set with one row an input; a t copula with `dof` degrees of freedom, else a normal one."""
    rows = tuple(Assumption(input, law(given), "1", NONE) for input, given in laws.items())
    pairs = tuple(Correlation(a, b, rho) for (a, b), rho in (correlations or {}).items())
    copula = "normal" if dof is None else "t"
    return AssumptionSet(name, {"en": name, "nl": name}, "tests", rows, pairs, copula, dof)


def study(
    inputs: Sequence[str],
    *sets: tuple[AssumptionSet, float],
    outputs: tuple[str, ...] = (),
    values: Mapping[str, float] | None = None,
) -> Study:
    """A study with a model of its own over `inputs`; `values` where a set has no row (else 0.5)."""
    specs = tuple(
        InputSpec(name, (values or {}).get(name, 0.5), "1", Domain(), (-10.0, 10.0), {"en": name, "nl": name}, "", "t")
        for name in inputs
    )
    return Study(
        name="tests", title={"en": "tests", "nl": "tests"}, file="tests", model="tests", plan=None, inputs=specs,
        sets=tuple(WeightedSet(member, weight) for member, weight in sets), fixed={}, options=NO_YEARS,
        outputs=outputs, correlations=True, sensitivity={},
    )  # fmt: skip


def simple(laws: Mapping[str, Law], **options: Any) -> Study:
    """A study of one set with one row an input."""
    return study(tuple(laws), (assumption_set(laws, **options), 1.0))


def model(rows: Callable[..., None], inputs: Sequence[str], *constants: Any, outputs: Any = ("y",)) -> Model:
    """A custom model."""
    return Model(rows, tuple(inputs), tuple(outputs), tuple(np.asarray(c) for c in constants), name="tests")


def first_input(x: Any, out: Any, constants: Any) -> None:
    """Kernel: y is the first input."""
    for i in range(x.shape[1]):
        out[0, i] = x[0, i]
