"""Measures of importance that a peer's estimators give, an input each, with intervals from independent replicates.

One result for the methods morris, pawn, delta and rbd-fast: each gives every factor one or more measures, of which
the first ranks. Where noise alone lifts a measure above 0, a *dummy* is analysed as well: an input that is drawn like
the others and that the model never sees. What does not stand above the dummy is not told apart from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.ranking import RANDOM_RATE, Ranking, rank_values
from mcengine.analysis.result import Statistic
from mcengine.analysis.shown import Shown
from mcengine.analysis.sobol_result import explain
from mcengine.analysis.summary import interval
from mcengine.engine.problem import Problem
from mcengine.engine.run import digest
from mcengine.engine.saltelli import Factor
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FactorMeasures:
    """One factor's measures by name: `result["leverage"]["mu_star"].value`.

    above_dummy  the first measure's interval lies above the dummy's; None for a method without a dummy
    """

    name: str
    members: tuple[str, ...]
    measures: Mapping[str, Statistic]
    above_dummy: bool | None = None

    def __getitem__(self, measure: str) -> Statistic:
        if measure not in self.measures:
            rule = f"is not a measure of this method; there are {', '.join(self.measures)}"
            raise InputError(Fault(None, "measure", measure, rule, nearest_name(measure, self.measures)))
        return self.measures[measure]

    def to_dict(self, *, members: bool) -> dict[str, Any]:
        """{measure: {"value", "ci95"}}, with the members for a group and whether it stands above the dummy."""
        own: dict[str, Any] = {"members": list(self.members)} if members else {}
        beyond = {} if self.above_dummy is None else {"above_dummy": self.above_dummy}
        return {**own, **{name: value.to_dict() for name, value in self.measures.items()}, **beyond}


@dataclass(frozen=True)
class Measured:
    """All measures of one variant of a study, from one design.

    variant  as in `analysis.sobol_result`; factors: in declared order; dummy: its measures, empty without one
    rows     float64 (replicates, numbers): each replicate's measures, factor after factor, the dummy last
    """

    variant: str
    factors: tuple[FactorMeasures, ...]
    dummy: Mapping[str, Statistic]
    ranking: Ranking | None
    evaluations: int
    rows: Array


@dataclass(frozen=True, repr=False)
class MeasuresResult(Shown):
    """Measures of importance of one output. `result["leverage"]["s1"].value`; a group goes by its name.

    measures  their names, of which the first ranks; units: by measure, "1" for a pure number
    settings  what the method was run with beside the sizes
    n         base points of a replicate: draws, for morris trajectories; evaluations: of the model, in all
    groups    the measures of the study as it is, by factor, where some factor is more than one input
    inputs    each input's measures: of the study itself, or of its `inputs_variant` without correlations
    """

    study: Study
    output: str
    unit: str
    method: str
    measures: tuple[str, ...]
    units: Mapping[str, str]
    settings: Mapping[str, int | float | str]
    seed: int
    n: int
    replicates: int
    main: Measured
    apart: Measured | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    threads: int = 1

    @property
    def evaluations(self) -> int:
        """Of the model, over all replicates and variants."""
        return self.main.evaluations + (self.apart.evaluations if self.apart else 0)

    @property
    def groups(self) -> dict[str, FactorMeasures]:
        """The factors of the study as it is, where they are not all single inputs; else empty."""
        single = all(factor.members == (factor.name,) for factor in self.main.factors)
        return {} if single else {factor.name: factor for factor in self.main.factors}

    @property
    def inputs(self) -> dict[str, FactorMeasures]:
        """Each input's own measures, of the variant `inputs_variant`."""
        found = (self.apart or self.main).factors
        return {factor.name: factor for factor in found if factor.members == (factor.name,)}

    @property
    def inputs_variant(self) -> str:
        """Which study the inputs' measures are of: "as studied" or "without correlations"."""
        return (self.apart or self.main).variant

    @property
    def dummy(self) -> Mapping[str, Statistic]:
        """The measures of an input that does nothing; empty for a method without one."""
        return self.main.dummy

    @property
    def digest(self) -> str:
        """sha256 of the replicates' numbers: the same study, seed, n and replicates give the same one."""
        rows = [self.main.rows, *([self.apart.rows] if self.apart else [])]
        return digest(np.concatenate(rows, axis=1))

    def __getitem__(self, name: str) -> FactorMeasures:
        known = {**self.inputs, **self.groups}
        if name not in known:
            raise InputError(Fault(None, "factor", name, "has no measure in this analysis", nearest_name(name, known)))
        return known[name]

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; depends on study, seed, n, replicates and settings alone."""
        rankings = {"groups" if self.groups else "inputs": self.main.ranking}
        if self.apart:
            rankings["inputs"] = self.apart.ranking
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "measures": dict(self.units),
            "settings": dict(self.settings),
            "seed": self.seed,
            "n": self.n,
            "replicates": self.replicates,
            "evaluations": self.evaluations,
            "digest": self.digest,
            "groups": {name: factor.to_dict(members=True) for name, factor in self.groups.items()},
            "inputs_variant": self.inputs_variant,
            "inputs": {name: factor.to_dict(members=False) for name, factor in self.inputs.items()},
            "dummy": {name: value.to_dict() for name, value in self.dummy.items()},
            "ranking": {name: ranking.to_dict() for name, ranking in rankings.items() if ranking},
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Scale:
    """How a method's measures are read and ranked.

    measures  names, the first ranks; shares: those that lie in [0, 1], where values outside are explained
    rate      half-widths of the first shrink like n^-rate
    what      the first measure in the plural, in words; small: of the largest, factors below are not ranked
    """

    measures: tuple[str, ...]
    shares: tuple[str, ...]
    what: str
    rate: float = RANDOM_RATE
    small: float = 0.0


def measured(
    variant: str,
    factors: Sequence[Factor],
    scale: Scale,
    pooled: Array,
    by_replicate: Array,
    *,
    n: int,
    seed: int,
    evaluations: int,
    undefined: str = "",
) -> Measured:
    """Statistics and ranking from the numbers of a method.

    pooled        float64 (factors or factors + 1, measures), from all replicates together; one row more than there
                  are factors is the dummy's
    by_replicate  float64 (replicates, factors or factors + 1, measures)
    undefined     why a measure is NaN, which makes it a statistic without value
    """
    made = [
        {name: _statistic(pooled[f, m], by_replicate[:, f, m], name in scale.shares, undefined)
         for m, name in enumerate(scale.measures)}
        for f in range(len(pooled))
    ]  # fmt: skip
    count, first = len(factors), scale.measures[0]
    dummy = made[count] if len(made) > count else {}
    above = [_above(made[f][first], dummy[first]) if dummy else None for f in range(count)]
    floor = "the dummy's level" if dummy else f"{scale.small:.0%} of the largest" if scale.small else ""
    ranking = rank_values(
        [factor.name for factor in factors], pooled[:count, 0], by_replicate[:, :count, 0], n=n, seed=seed,
        rate=scale.rate, small=scale.small * float(np.max(pooled[:count, 0])),
        asked=np.array(above, dtype=np.bool_) if dummy else None, what=scale.what, floor=floor,
    )  # fmt: skip
    named = tuple(FactorMeasures(factor.name, factor.members, made[f], above[f]) for f, factor in enumerate(factors))
    rows = by_replicate.reshape(len(by_replicate), -1)
    return Measured(variant, named, dummy, ranking, evaluations, rows)


def repaired(problem: Problem) -> list[str]:
    """What the reader must know of rank correlations that could not hold together."""
    return [
        f"rank correlation {r.first} - {r.second} moved from {r.stated:g} to {r.used:.4f}: "
        "the stated ones cannot hold together"
        for r in problem.repairs
    ]


def _statistic(value: float, values: Array, share: bool, undefined: str) -> Statistic:
    if not np.isfinite(value):
        return Statistic(None, None, undefined)
    if not np.isfinite(values).all():
        lost = int(np.sum(~np.isfinite(values)))
        return Statistic(float(value), None, f"no interval: the output does not vary within {lost} replicate(s)")
    found = interval(float(value), values)
    return replace(found, note=explain(found)) if share else found


def _above(own: Statistic, dummy: Statistic) -> bool:
    """Whether an interval lies above the dummy's; one without an interval does not."""
    return own.ci95 is not None and dummy.ci95 is not None and float(own.ci95[0]) > float(dummy.ci95[1])
