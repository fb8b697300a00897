"""What a Sobol' analysis answers: indices with intervals, groups, rankings, as plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.ranking import Ranking
from mcengine.analysis.result import Statistic
from mcengine.analysis.shown import Shown
from mcengine.analysis.summary import skewed_interval
from mcengine.engine.run import digest
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study

Array = NDArray[np.float64]

AS_STUDIED, UNCORRELATED = "as studied", "without correlations"

_NEGATIVE = "below 0 by the error of the estimate: an index lies in [0, 1]; read it as 0"
_CLEARLY = "its interval lies below 0, which happens by chance to 1 in 40 indices that are 0; read it as 0"
_BEYOND = "above 1 by the error of the estimate: an index lies in [0, 1]; read it as 1"


@dataclass(frozen=True, slots=True)
class FactorIndices:
    """One factor's first-order (s1) and total (st) index, as shares of the output's variance."""

    name: str
    members: tuple[str, ...]
    s1: Statistic
    st: Statistic

    def to_dict(self, *, members: bool) -> dict[str, Any]:
        """{"s1", "st"}, with the members for a group."""
        own = {"members": list(self.members)} if members else {}
        return {**own, "s1": self.s1.to_dict(), "st": self.st.to_dict()}


@dataclass(frozen=True)
class Attribution:
    """All indices of one response in one variant of a study, from one design.

    variant  AS_STUDIED or UNCORRELATED; factors: in declared order; s2: by pair of factors' names, empty when not asked
    sd       of the response, in its unit; rows: float64 (replicates, numbers), s1 then st then s2 of each replicate
    """

    variant: str
    factors: tuple[FactorIndices, ...]
    s2: Mapping[tuple[str, str], Statistic]
    ranking: Ranking | None
    sd: float
    evaluations: int
    rows: Array


@dataclass(frozen=True, repr=False)
class SobolResult(Shown):
    """Sobol' indices of one output of a study. `result["leverage"].st.value`; a group goes by its name.

    response   the output, or what of its tail was asked ("npv < 0"); unit: the output's
    n          base points of a replicate; evaluations: of the model, in all
    groups     the indices of the study as it is, by factor, where some factor is more than one input
    inputs     each input's indices: of the study itself, or of its `inputs_variant` without correlations
    """

    study: Study
    output: str
    response: str
    unit: str
    seed: int
    n: int
    replicates: int
    engine: str
    layout: str
    main: Attribution
    apart: Attribution | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    threads: int = 1

    method = "sobol"

    @property
    def evaluations(self) -> int:
        """Of the model, over all replicates and both variants."""
        return self.main.evaluations + (self.apart.evaluations if self.apart else 0)

    @property
    def groups(self) -> dict[str, FactorIndices]:
        """The factors of the study as it is, where they are not all single inputs; else empty."""
        single = all(factor.members == (factor.name,) for factor in self.main.factors)
        return {} if single else {factor.name: factor for factor in self.main.factors}

    @property
    def inputs(self) -> dict[str, FactorIndices]:
        """Each input's own indices, of the variant `inputs_variant`."""
        found = (self.apart or self.main).factors
        return {factor.name: factor for factor in found if factor.members == (factor.name,)}

    @property
    def inputs_variant(self) -> str:
        """Which study the inputs' indices are of: "as studied" or "without correlations"."""
        return (self.apart or self.main).variant

    @property
    def digest(self) -> str:
        """sha256 of the replicates' numbers: the same study, seed, n and replicates give the same one."""
        rows = [self.main.rows, *([self.apart.rows] if self.apart else [])]
        return digest(np.concatenate(rows, axis=1))

    def __getitem__(self, name: str) -> FactorIndices:
        known = {**self.inputs, **self.groups}
        if name not in known:
            raise InputError(Fault(None, "factor", name, "has no index in this analysis", nearest_name(name, known)))
        return known[name]

    def to_dict(self) -> dict[str, Any]:
        """The contract of `sensitivity --method sobol --json`; depends on study, seed, n and replicates alone."""
        rankings = {"groups" if self.groups else "inputs": self.main.ranking}
        if self.apart:
            rankings["inputs"] = self.apart.ranking
        return {
            "study": self.study.name,
            "output": self.output,
            "response": self.response,
            "unit": self.unit,
            "method": self.method,
            "engine": self.engine,
            "seed": self.seed,
            "n": self.n,
            "replicates": self.replicates,
            "evaluations": self.evaluations,
            "layout": self.layout,
            "digest": self.digest,
            "sd": self.main.sd,
            "groups": {name: factor.to_dict(members=True) for name, factor in self.groups.items()},
            "inputs_variant": self.inputs_variant,
            "inputs": {name: factor.to_dict(members=False) for name, factor in self.inputs.items()},
            "s2": [{"between": list(pair), "s2": value.to_dict()} for pair, value in self.main.s2.items()],
            "ranking": {name: ranking.to_dict() for name, ranking in rankings.items() if ranking},
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def index(value: float, values: Array) -> Statistic:
    """An index with its interval, and with an explanation where it lies outside [0, 1]; values (replicates,)."""
    if not np.isfinite(values).all():
        lost = int(np.sum(~np.isfinite(values)))
        return Statistic(float(value), None, f"no interval: the response does not vary within {lost} replicate(s)")
    found = skewed_interval(float(value), values)
    return replace(found, note=explain(found))


def explain(found: Statistic) -> str:
    """Why an index is outside [0, 1], if it is."""
    assert isinstance(found.value, float)
    if found.value < 0.0:
        sure = found.ci95 is not None and float(found.ci95[1]) < 0.0
        return _CLEARLY if sure else _NEGATIVE
    return _BEYOND if found.value > 1.0 + 1e-12 else ""
