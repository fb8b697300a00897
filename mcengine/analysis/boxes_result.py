"""What scenario discovery answers: boxes of inputs in which a case of interest is dense, as plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.boxes_search import Rule
from mcengine.analysis.result import Statistic
from mcengine.analysis.shown import Shown
from mcengine.engine.run import digest
from mcengine.inputs.study import Study

Array = NDArray[np.float64]
Sides = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked for: an output below, or above, a level in its unit. As text "npv < 0"."""

    output: str
    level: float
    above: bool

    def __str__(self) -> str:
        return f"{self.output} {'>' if self.above else '<'} {self.level:.6g}"


@dataclass(frozen=True, slots=True)
class Step:
    """One box: as PRIM found it, and as measured on fresh replicates.

    limits     (low, high) by restricted input, in its unit, both inside; None where that side is open
    shown      the same in as few digits as say the same to a thousandth of the draws: to print
    found      {"coverage", "density", "mass"} on the draws it was found on, too rosy by the search
    coverage   share of all cases of interest that are in the box; density: share of the box's draws that are
    mass       share of all draws in the box. These three with 95% intervals, on fresh replicates
    """

    limits: Mapping[str, Sides]
    shown: Mapping[str, Sides]
    found: Mapping[str, float]
    coverage: Statistic
    density: Statistic
    mass: Statistic

    def to_dict(self) -> dict[str, Any]:
        """As in JSON."""
        return {
            "limits": {name: list(pair) for name, pair in self.limits.items()},
            "found": dict(self.found),
            "coverage": self.coverage.to_dict(),
            "density": self.density.to_dict(),
            "mass": self.mass.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Limit:
    """What the picked box asks of one input.

    low, high   in `unit`, both inside, None where open; shown: the same to print, as in `Step`
    low_quantile, high_quantile   shares of the input's distribution below `low`, and up to `high`
    quasi_p     for (low, high) the chance to find so many cases if the limit meant nothing, on the draws it was
                found on (Bryant & Lempert 2010); None where open
    density_without   the box's density, on fresh replicates, when this input's limits are lifted
    """

    input: str
    unit: str
    low: float | None
    high: float | None
    shown: Sides
    low_quantile: float | None
    high_quantile: float | None
    quasi_p: tuple[float | None, float | None]
    density_without: Statistic

    def to_dict(self) -> dict[str, Any]:
        """As in JSON."""
        return {
            "input": self.input,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "low_quantile": self.low_quantile,
            "high_quantile": self.high_quantile,
            "quasi_p": list(self.quasi_p),
            "density_without": self.density_without.to_dict(),
        }


@dataclass(frozen=True)
class ShareMap:
    """The share of cases over two inputs, for a picture, among fresh draws inside the box's limits of the others.

    inputs   (across, up); edges: float64 (cells + 1,) of each, the middle 99% of the draws
    draws, cases   int64 (cells across, cells up)
    """

    inputs: tuple[str, str]
    edges: tuple[Array, Array]
    draws: NDArray[np.int64]
    cases: NDArray[np.int64]


@dataclass(frozen=True)
class DiscoveredBox:
    """One box with the trajectory it was picked from.

    looked_at  the inputs that were searched; inputs: those of them that the trajectory was made over
    steps      the trajectory, its first step all draws
    suggested  the step that the rule suggests; picked: the one that was taken, of which `limits` tells
    limits     of the inputs restricted, the one that matters most first
    fewer      the best box of each number of inputs, fewest first
    whole      the trajectory over all that were looked at, with no limit to their number
    map        None for a study of one input
    """

    looked_at: tuple[str, ...]
    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    suggested: int
    picked: int
    limits: tuple[Limit, ...]
    fewer: tuple[Step, ...]
    whole: tuple[Step, ...]
    map: ShareMap | None

    @property
    def step(self) -> Step:
        """The picked box."""
        return self.steps[self.picked]

    def to_dict(self) -> dict[str, Any]:
        """As in JSON; "whole" only where it is another trajectory."""
        whole = {} if self.whole == self.steps else {"trajectory_all_inputs": [s.to_dict() for s in self.whole]}
        return {
            "looked_at": list(self.looked_at),
            "inputs": list(self.inputs),
            "suggested": self.suggested,
            "picked": self.picked,
            "box": [limit.to_dict() for limit in self.limits],
            **self.step.to_dict(),
            "best_by_number_of_inputs": [step.to_dict() for step in self.fewer],
            "trajectory": [step.to_dict() for step in self.steps],
            **whole,
        }


@dataclass(frozen=True, repr=False)
class BoxesResult(Shown):
    """In which region of a few inputs the case of interest is dense. `result.boxes[0].step.density.value`.

    case        of interest
    found_on, measured_on   replicates that boxes were found on, and the fresh ones they were measured on
    share       of the fresh draws that are cases: the density without any box
    boxes       one, or as many as asked for and found, each among the draws that the ones before left
    together    coverage, density and mass of all boxes at once, where there are several
    rows        float64 (replicates, numbers): of each replicate its cases, and each step's draws and cases
    """

    study: Study
    output: str
    unit: str
    case: Case
    seed: int
    n: int
    found_on: int
    measured_on: int
    rule: Rule
    share: Statistic
    boxes: tuple[DiscoveredBox, ...]
    together: Step | None
    rows: Array
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0

    method = "boxes"

    @property
    def replicates(self) -> int:
        """All of them."""
        return self.found_on + self.measured_on

    @property
    def evaluations(self) -> int:
        """Of the model."""
        return self.n * self.replicates

    @property
    def digest(self) -> str:
        """sha256 of the replicates' numbers: the same study, seed, n and replicates give the same one."""
        return digest(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data; depends on study, seed, n, replicates and settings alone."""
        together = {} if self.together is None else {"together": self.together.to_dict()}
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "case": str(self.case),
            "level": self.case.level,
            "seed": self.seed,
            "n": self.n,
            "replicates": self.replicates,
            "found_on": self.found_on,
            "measured_on": self.measured_on,
            "evaluations": self.evaluations,
            "digest": self.digest,
            "alpha": self.rule.alpha,
            "least_mass": self.rule.mass,
            "objective": self.rule.objective,
            "most_inputs": self.rule.most,
            "least_coverage": self.rule.coverage,
            "share": self.share.to_dict(),
            "boxes": [box.to_dict() for box in self.boxes],
            **together,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }
