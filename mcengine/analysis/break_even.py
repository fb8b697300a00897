"""Break-even values (kantelpunten): for each input of a plan the values at which an output equals a level.

One input is moved between its search bounds, the others stand at the plan's values. All values at which the output
equals the level (NPV = 0) are looked for, as described in `analysis.roots`; none is an answer too, and comes with the
output at both bounds. Beside each value stands the chance of lying below it under each assumption set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.break_even_map import pair_map
from mcengine.analysis.break_even_result import BreakEven, BreakEvenResult, PairMap, Percentile, nearest
from mcengine.analysis.lines import Line, build_line, standing
from mcengine.analysis.roots import Crossings, find_crossings
from mcengine.analysis.set_choice import choose_sets, law_of
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.assumptions import AssumptionSet
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import YEAR, Model

Array = NDArray[np.float64]

POINTS = 2049
"""Values of an input that are looked at, equally spaced between the bounds; as many by equal ratios where they are
positive and far apart."""
DEFAULT_PAIRS = (("leverage", "multiplier"),)

_RATIO = 100.0  # bounds further apart than this also get values by equal ratios
_DECADES = 1e-6  # of the upper bound: where these begin when the lower one is 0
_UNLIMITED = 1e9  # times the input's size: how far an unbounded search goes
_OPEN = 1e-6  # of the distance between the bounds: how near one that is itself outside the domain the search begins


def break_even(
    study: Study,
    *,
    output: str | None = None,
    at: str = "plan",
    level: float = 0.0,
    pairs: Sequence[Sequence[str]] | None = None,
    sets: Sequence[str] | None = None,
    model: Model | None = None,
) -> BreakEvenResult:
    """Where one output equals `level`, input by input; "npv", or the model's first, when `output` is None.

    at      where the other inputs stand: "plan", or the "median" or "mean" of the study's assumptions
    level   in the output's unit
    pairs   pairs of inputs to map together; when None leverage and multiplier, where both exist
    sets    assumption sets for the percentiles, by name or path; when None the study's own and, with a plan, every
            bundled one for that plan

    Raises
    ------
    InputError      an output, baseline, pair or set that does not exist; every fault at once
    NonFiniteError  the output is no number where the analysis starts
    """
    model = build_model(study) if model is None else model
    faults: list[Fault] = []
    line = None
    try:
        line = build_line(study, model, output, at)
    except InputError as error:
        faults += error.faults
    faults += _option_faults(study, line, level, pairs)
    try:
        chosen, notes = choose_sets(study, sets)
    except InputError as error:
        faults += error.faults
    if faults or line is None:
        raise InputError(faults)
    search = Search(study, line, float(level), chosen)
    return BreakEvenResult(
        study=study,
        output=line.output.key,
        unit=line.output.unit,
        at=at,
        standing=standing(study, at),
        level=float(level),
        base=search.base,
        inputs=search.inputs(),
        pairs=search.maps(_pairs(study, pairs)),
        sets=tuple(one.name for one in chosen),
        notes=notes,
        warnings=study.warnings,
    )


def _pairs(study: Study, pairs: Sequence[Sequence[str]] | None) -> tuple[tuple[str, str], ...]:
    """The pairs to map."""
    if pairs is not None:
        return tuple((first, second) for first, second in pairs)
    names = {spec.name for spec in study.inputs}
    return tuple(pair for pair in DEFAULT_PAIRS if names.issuperset(pair))


def _option_faults(
    study: Study, line: Line | None, level: object, pairs: Sequence[Sequence[str]] | None
) -> list[Fault]:
    """Everything wrong with the options."""
    faults = []
    if line is not None and line.output.kind == YEAR:
        rule = "a calendar year passes no level; ask for npv with the horizon set to the year it should pay back by"
        faults.append(Fault(None, "output", line.output.key, rule))
    if isinstance(level, bool) or not isinstance(level, int | float) or not math.isfinite(level):
        faults.append(Fault(None, "level", level, "must be a finite number, in the output's unit"))
    names = [spec.name for spec in study.inputs]
    for pair in pairs or ():
        if isinstance(pair, str) or len(pair) != 2 or pair[0] == pair[1]:
            faults.append(Fault(None, "pairs", pair, "a pair is two different inputs"))
            continue
        for name in pair:
            if name not in names:
                rule = "is not an input of this study"
                faults.append(Fault(None, "pairs", name, rule, nearest_name(name, names)))
    return faults


@dataclass(frozen=True)
class Search:
    """Looks for break-even values along one line of a study."""

    study: Study
    line: Line
    level: float
    sets: tuple[AssumptionSet, ...]

    @cached_property
    def base(self) -> float:
        """The output where the analysis starts."""
        return self.line.at_base

    @cached_property
    def _start(self) -> Mapping[str, float]:
        return dict(zip(self.line.model.inputs, self.line.base.tolist(), strict=True))

    @cached_property
    def _values(self) -> Mapping[str, BreakEven]:
        rows = np.arange(len(self.study.inputs))
        grids = [search_grid(spec, self._start[spec.name]) for spec in self.study.inputs]
        found = find_crossings(lambda which, x: self.line((rows[which], x)), grids, self.level)
        plan = self.study.baseline("plan")
        return {
            spec.name: self._one(spec, plan[spec.name], grid, crossings)
            for spec, grid, crossings in zip(self.study.inputs, grids, found, strict=True)
        }

    def inputs(self) -> dict[str, BreakEven]:
        """The break-even values of every input, by name in declared order."""
        return dict(self._values)

    def maps(self, pairs: Sequence[tuple[str, str]]) -> tuple[PairMap, ...]:
        """The maps of pairs of inputs."""
        specs = {spec.name: spec for spec in self.study.inputs}
        return tuple(
            pair_map(self.line, (specs[a], specs[b]), (self._values[a], self._values[b]), self.level, self.sets)
            for a, b in pairs
        )

    def _one(self, spec: InputSpec, plan: float, grid: Array, found: Crossings) -> BreakEven:
        """The answer for one input."""
        start = self._start[spec.name]
        inside = any(low <= start <= high for low, high in found.flat)
        roots = [root.value for root in found.roots]
        value = start if inside else nearest(roots, start) if roots else None
        bounds = (float(grid[0]), float(grid[-1]))
        return BreakEven(
            name=spec.name,
            unit=spec.unit,
            plan=plan,
            start=start,
            value=value,
            roots=found.roots,
            flat=found.flat,
            jumps=found.jumps,
            bounds=bounds,
            at_bounds=found.ends,
            percentiles={one.name: self._percentile(one, spec, value) for one in self.sets},
            note=describe(spec, start, bounds, found, self.line.output.key, self.level),
        )

    def _percentile(self, assumptions: AssumptionSet, spec: InputSpec, value: float | None) -> Percentile:
        """Where `value` lies in one set."""
        law = law_of(assumptions, spec)
        if not law.is_constant:
            return Percentile(None if value is None else float(law.cdf(value)))
        fixed = law.support[0]
        row = np.array([self.line.row(spec.name)])
        there = float(self.line((row, np.array([fixed])))[0])
        return Percentile(None, fixed, (there >= self.level) != (self.base >= self.level))


def search_grid(spec: InputSpec, start: float) -> Array:
    """The values of an input that are looked at, ascending, with `start` among them.

    From search bound to search bound; wider where `start` lies outside, a little narrower where a bound is itself
    outside the domain. A bound at infinity is replaced by a billion times the input's size.
    """
    low, high = spec.search
    size = max([1.0, *(abs(value) for value in (low, high, start) if math.isfinite(value))])
    if math.isfinite(start):
        low, high = min(low, start), max(high, start)
    unlimited = math.isinf(low), math.isinf(high)
    low, high = max(low, -_UNLIMITED * size), min(high, _UNLIMITED * size)
    step = _OPEN * (high - low)
    low = low + step if low == spec.domain.low and spec.domain.low_open else low
    high = high - step if high == spec.domain.high and spec.domain.high_open else high
    parts = [np.linspace(low, high, POINTS)]
    if low >= 0.0 and high > _RATIO * low:
        first = low if low > 0.0 and not any(unlimited) else max(low, _DECADES * min(high, size))
        parts.append(np.geomspace(first, high, POINTS))
    if math.isfinite(start):
        parts.append(np.array([start]))
    return np.unique(np.concatenate(parts))


def describe(
    spec: InputSpec, start: float, bounds: tuple[float, float], found: Crossings, output: str, level: float
) -> str:
    """What there is to say of an input beside its break-even value; "" for a single plain one."""
    name, said = "NPV" if output == "npv" else output, []
    if found.flat:
        stretches = " and ".join(f"from {low:.6g} to {high:.6g}" for low, high in found.flat)
        said.append(f"{name} is {level:g} at every value {stretches}")
    elif not found.roots and not found.jumps:
        low, high = found.ends
        same = low == high and not found.lost
        said.append(
            f"{name} is {low:.6g} at both bounds" if same
            else f"{name} runs from {low:.6g} at {bounds[0]:g} to {high:.6g} at {bounds[1]:g}"
        )  # fmt: skip
        said[-1] += f" and does not reach {level:g} between them"
    elif len(found.roots) > 1:
        said.append(f"{len(found.roots)} values: {', '.join(f'{root.value:.6g}' for root in found.roots)}")
    touching = [f"{root.value:.6g}" for root in found.roots if root.touches]
    if touching:
        said.append(f"{name} touches {level:g} at {', '.join(touching)} without passing it")
    if math.isinf(start):
        said.append("unlimited where the analysis starts")
    said += [
        f"{name} passes {level:g} at {jump.value:.6g} in a jump from {jump.before:.6g} to {jump.after:.6g}"
        for jump in found.jumps
    ]
    if found.lost:
        where = f"{len(found.lost)} of the values searched, first at {found.lost[0]:.6g}"
        said.append(f"{name} is no finite number at {where}: nothing was looked for there")
    if bounds != spec.search:
        said.append(f"searched from {bounds[0]:.6g} to {bounds[1]:.6g}")
    return "; ".join(said)
