"""How much two runs differ, statistic by statistic, and how well that difference is computed.

Runs with one seed, sampler, number of draws and number of replicates have the same draws: streams are keyed by the
inputs' names, so this holds across studies. Their replicates are then pairs, independent of one another, and the
difference has the t interval of the replicates' own differences (common random numbers; Glasserman & Yao 1992,
Management Science 38, 884-908), whatever the dependence within a pair. What both runs share cancels.

Runs with seeds of their own are independent: Welch's (1947, Biometrika 34, 28-35) interval. Runs that share a seed but
not their layout are neither; their half-widths are added, which holds for any dependence. See `difference_intervals`.

    >>> from mcengine import load_study, run
    >>> low, high = (run(load_study("evidence", set=[f"leverage={v}"]), draws=4096, seed=1) for v in (1, 1.2))
    >>> found = differences(Side.of(low, "low"), Side.of(high, "high"))
    >>> found.how, found["npv", "mean"].second_less_first.value > 0
    ('paired', True)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.difference_intervals import SHARES, Bounds, Pair, Values
from mcengine.analysis.result import NEVER, OutputResult, Result, Statistic
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study
from mcengine.models.model import YEAR

Array = NDArray[np.float64]

PAIRED, INDEPENDENT, OVERLAPPING = "paired", "independent", "overlapping"
OF_DRAWS = ("min", "max")
"""Statistics of the draws that were made, which estimate nothing: they have no interval and no difference."""
OF_FIXED = ("mean", "p50")
"""Statistics of a run in which nothing varies: its one number."""
NO_NEVER = "“never” in at least one of the runs: years cannot be subtracted"
NEVER_SOMEWHERE = "no interval: “never” in some replicates"
SAME_DRAWS = "every replicate is the same in both runs"


@dataclass(frozen=True)
class Side:
    """One of two runs.

    name      how the run is called
    draws     in all; level: of its intervals, above 0.95 where it could stop early
    columns   names of the numbers of a replicate, "npv.mean"; rows: float64 (replicates, numbers)
    outputs   its statistics by output
    """

    name: str
    study: Study
    seed: int
    sampler: str
    draws: int
    replicates: int
    level: float
    columns: tuple[str, ...]
    rows: Array
    outputs: Mapping[str, OutputResult]

    @classmethod
    def of(cls, result: Result, name: str | None = None) -> Side:
        """The side of a result just computed, called by its study's name if by no other."""
        level = result.stopping.level if result.stopping else 0.95
        layout = result.seed, result.sampler, result.draws, result.replicates
        return cls(name or result.study.name, result.study, *layout, level, result.columns, result.rows, result.outputs)

    @property
    def varies(self) -> bool:
        """Whether any input varies."""
        return self.study.varies

    def statistics(self, output: str) -> Mapping[str, Statistic]:
        """The statistics of an output that estimate something, by name."""
        found = self.outputs[output].statistics
        return {k: s for k, s in found.items() if k not in OF_DRAWS and (self.varies or k in OF_FIXED)}

    def values(self, output: str, statistic: str) -> Array:
        """The replicates' values of one statistic, float64 (replicates,)."""
        column: Array = self.rows[:, self.columns.index(f"{output}.{statistic}")]
        return column

    def block(self, output: str) -> Array:
        """All numbers of one output, pooled sets together, float64 (replicates, numbers of it)."""
        return self.rows[:, [k for k, name in enumerate(self.columns) if name.startswith(f"{output}.")]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one statistic of one output differs by, in the output's unit; of shares, as a share.

    first, second       the statistic in either run, with its own interval
    second_less_first   the difference of the pooled values with its interval; None with a note where there is none
    unpaired            the interval that runs of the same size with seeds of their own would have given
    """

    output: str
    statistic: str
    unit: str
    kind: str
    first: Statistic
    second: Statistic
    second_less_first: Statistic
    unpaired: Bounds | None

    @property
    def narrower(self) -> float | None:
        """How many times as wide the interval without pairing is; None where one is missing or has no width."""
        own, other = self.second_less_first.ci95, self.unpaired
        if own is None or other is None:
            return None
        width = float(own[1]) - float(own[0])
        return (other[1] - other[0]) / width if width > 0 else None

    def to_dict(self) -> dict[str, Any]:
        """{"first", "second", "difference", "ci95", "unpaired_ci95", "narrower"[, "note"]}."""
        found = self.second_less_first.to_dict()
        return {
            "first": self.first.value,
            "second": self.second.value,
            "difference": found.pop("value"),
            "ci95": found.pop("ci95"),
            "unpaired_ci95": None if self.unpaired is None else list(self.unpaired),
            "narrower": self.narrower,
            **found,
        }


@dataclass(frozen=True)
class Differences:
    """The differences between two runs, second less first. `found["npv", "mean"].second_less_first`.

    how       PAIRED, INDEPENDENT or OVERLAPPING: where the intervals come from
    unlike    which of seed, sampler, draws and replicates differ; none when paired
    level     of all intervals: 0.95, or the higher one of a run that could stop early
    rows      by output and statistic, in the first run's order
    left_out  outputs of either run that the other has not, or has in another unit: of these at most shares are compared
    """

    first: Side
    second: Side
    how: str
    unlike: tuple[str, ...]
    level: float
    rows: tuple[Difference, ...]
    left_out: tuple[str, ...]

    def __getitem__(self, key: tuple[str, str]) -> Difference:
        found = {f"{row.output}.{row.statistic}": row for row in self.rows}
        name = ".".join(key)
        if name not in found:
            rule = f"is not a statistic of both {self.first.name} and {self.second.name}"
            raise InputError(Fault(None, "statistic", name, rule, nearest_name(name, found)))
        return found[name]

    def to_dict(self) -> dict[str, Any]:
        """The contract of `compare --json` for two runs; differences are second less first."""
        outputs: dict[str, dict[str, Any]] = {}
        for row in self.rows:
            outputs.setdefault(row.output, {"unit": row.unit})[row.statistic] = row.to_dict()
        return {
            "first": self.first.name,
            "second": self.second.name,
            "draws": self.how,
            "unlike": list(self.unlike),
            "level": self.level,
            "outputs": outputs,
            "left_out": list(self.left_out),
        }


def differences(first: Side, second: Side, *, level: float | None = None) -> Differences:
    """Every statistic that both runs have, second less first.

    level  of the intervals, at least that of the runs' own; None: the higher of these
    """
    unlike = tuple(
        name for name in ("seed", "sampler", "draws", "replicates") if getattr(first, name) != getattr(second, name)
    )
    how = PAIRED if not unlike else INDEPENDENT if "seed" in unlike else OVERLAPPING
    level = max(first.level, second.level, level or 0.0)
    shared = [name for name, one in first.outputs.items() if _kind(one) == _kind(second.outputs.get(name))]
    alike = {name for name in shared if first.outputs[name].unit == second.outputs[name].unit}
    rows = [
        _difference(first, second, name, statistic, how, level)
        for name in shared
        for statistic in first.statistics(name)
        if statistic in second.statistics(name) and (name in alike or statistic in SHARES)
    ]
    left_out = dict.fromkeys(name for name in (*first.outputs, *second.outputs) if name not in alike)
    return Differences(first, second, how, unlike, level, tuple(rows), tuple(left_out))


def _kind(output: OutputResult | None) -> str | None:
    return None if output is None else output.kind


def _difference(first: Side, second: Side, output: str, statistic: str, how: str, level: float) -> Difference:
    """One row; refused with the run's own note where a run refuses the statistic."""
    old, new = (side.statistics(output)[statistic] for side in (first, second))
    kind, unit = first.outputs[output].kind, first.outputs[output].unit
    row = (output, statistic, unit, kind, old, new)
    refused = next((one for one in (old, new) if one.value is None), None)
    if refused is not None:
        return Difference(*row, Statistic(None, None, refused.note), None)
    if kind == YEAR and statistic not in SHARES:
        return Difference(*row, _years(first, second, output, statistic, how), None)
    pair = Pair(statistic, _values(first, output, statistic), _values(second, output, statistic), level)
    if how != PAIRED:
        bounds = pair.independent() if how == INDEPENDENT else pair.overlapping()
        return Difference(*row, Statistic(pair.change, bounds), None)
    same = np.array_equal(first.block(output), second.block(output), equal_nan=True)
    found = Statistic(0.0, (0.0, 0.0), SAME_DRAWS) if same else pair.paired()
    return Difference(*row, found, pair.independent())


def _values(side: Side, output: str, statistic: str) -> Values:
    pooled = side.statistics(output)[statistic].value
    assert isinstance(pooled, float | int)
    return Values(float(pooled), side.values(output, statistic), float(side.outputs[output].draws))


def _years(first: Side, second: Side, output: str, statistic: str, how: str) -> Statistic:
    """The difference of two years; as its interval the whole range over the replicates, as in `summary`."""
    old, new = (side.statistics(output)[statistic].value for side in (first, second))
    if old == NEVER or new == NEVER:
        return Statistic(None, None, NO_NEVER)
    assert isinstance(old, float | int)
    assert isinstance(new, float | int)
    change = float(new) - float(old)
    before, after = first.values(output, statistic), second.values(output, statistic)
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        return Statistic(change, None, NEVER_SOMEWHERE)
    steps = after - before if how == PAIRED else np.array([after.min() - before.max(), after.max() - before.min()])
    return Statistic(change, (float(steps.min()), float(steps.max())), "range over the replicates")
