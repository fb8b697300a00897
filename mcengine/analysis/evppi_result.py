"""What a value-of-information analysis answers: worth of knowing each input, the decision now, as plain objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.evppi_options import Option
from mcengine.analysis.ranking import Ranking, rank_values
from mcengine.analysis.result import Statistic
from mcengine.analysis.shown import Shown
from mcengine.analysis.summary import RARE, interval, probability, skewed_interval
from mcengine.engine.run import digest
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study

Array = NDArray[np.float64]

NEVER = "knowing it changes the decision in none of the {draws:,} draws"
_NEGATIVE = "below 0 by the error of the estimate: to know more costs nothing; read it as 0"
_ZERO = "not told apart from 0"
_WORTHLESS = "knowing everything is worth 0"
_FEW = "the decision changes in {count:,} draws only: the interval is rough"
_BEYOND = "above the value of knowing everything by the error of the predictions"
_HIGH = "the predictions promise more than the decisions made on them yield: the truth lies between the two"
_LOW = (
    "the decisions yield more than the predictions promise: by chance, or as the regression is too stiff and the truth "
    "higher"
)


@dataclass(frozen=True)
class Worth:
    """The worth of knowing an input, a group or everything before deciding; money in the output's unit.

    evppi       net benefit gained by decisions made on out-of-fold predictions, evaluated on the draws left out:
                below the truth in expectation, as no decision rule beats the best one
    se          standard error of `evppi` over the replicates
    share       `evppi` as a share of EVPI; None where EVPI is 0
    flip        probability that knowing it changes the decision
    plug_in     the predictions' own claim, E[max_k of the predictions]: above the truth in expectation, by their noise
    bias_check  `plug_in` minus `evppi`: near 0 when the predictions are good
    """

    name: str
    members: tuple[str, ...]
    evppi: Statistic
    se: float
    share: Statistic
    flip: Statistic
    plug_in: Statistic
    bias_check: Statistic

    @property
    def told_apart(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.evppi.ci95 is not None and float(self.evppi.ci95[0]) > 0.0

    def to_dict(self, *, members: bool) -> dict[str, Any]:
        """All statistics, with the members for a group."""
        own: dict[str, Any] = {"members": list(self.members)} if members else {}
        own |= {"evppi": self.evppi.to_dict(), "se": self.se}
        return own | {name: getattr(self, name).to_dict() for name in ("share", "flip", "plug_in", "bias_check")}


@dataclass(frozen=True)
class OptionWorth:
    """An option's expected net benefit, and that minus the chosen option's (paired, draw by draw)."""

    name: str
    differs: str
    mean: Statistic
    gap: Statistic

    def to_dict(self) -> dict[str, Any]:
        """As in JSON under "options"."""
        return {"name": self.name, "differs": self.differs, "mean": self.mean.to_dict(), "gap": self.gap.to_dict()}


@dataclass(frozen=True, repr=False)
class EvppiResult(Shown):
    """Worth of information about one output. `result["leverage"].evppi.value`; a group goes by its name.

    options   what may be decided, no-go first; decision: the one with the highest mean, best without knowing more
    evpi      worth of knowing everything, E[max_k NB_k] - max_k E[NB_k]; evpi_se: its standard error
    flip      probability that knowing everything changes the decision
    inputs    each input's worth, in declared order; groups: of the named groups
    rows      float64 (replicates, numbers): means of the options, then EVPI, then of each input and group evppi,
              plug_in and flip
    ranking   whether the order of the inputs that are worth something is settled; None where none is
    """

    study: Study
    output: str
    unit: str
    seed: int
    n: int
    replicates: int
    options: tuple[OptionWorth, ...]
    decision: str
    evpi: Statistic
    evpi_se: float
    flip: Statistic
    inputs: Mapping[str, Worth]
    groups: Mapping[str, Worth]
    rows: Array
    ranking: Ranking | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    threads: int = 1

    method = "evppi"

    @property
    def evaluations(self) -> int:
        """Of models, over all replicates and options but no-go."""
        return self.n * self.replicates * (len(self.options) - 1)

    @property
    def digest(self) -> str:
        """sha256 of the replicates' numbers."""
        return digest(self.rows)

    def __getitem__(self, name: str) -> Worth:
        known = {**self.inputs, **self.groups}
        if name not in known:
            rule = "has no value of information in this analysis"
            raise InputError(Fault(None, "input", name, rule, nearest_name(name, known)))
        return known[name]

    def to_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "study": self.study.name,
            "output": self.output,
            "unit": self.unit,
            "method": self.method,
            "seed": self.seed,
            "n": self.n,
            "replicates": self.replicates,
            "evaluations": self.evaluations,
            "digest": self.digest,
            "decision": self.decision,
            "options": [option.to_dict() for option in self.options],
            "evpi": self.evpi.to_dict(),
            "evpi_se": self.evpi_se,
            "flip": self.flip.to_dict(),
            "inputs": {name: worth.to_dict(members=False) for name, worth in self.inputs.items()},
            "groups": {name: worth.to_dict(members=True) for name, worth in self.groups.items()},
            "ranking": None if self.ranking is None else self.ranking.to_dict(),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def option_worths(options: Sequence[Option], means: Array, chosen: int) -> tuple[OptionWorth, ...]:
    """Means of the options and their gaps to the chosen one; means float64 (replicates, options)."""
    found = []
    for k, option in enumerate(options):
        own, gap = means[:, k], means[:, k] - means[:, chosen]
        exact = Statistic(0.0, (0.0, 0.0))
        found.append(
            OptionWorth(
                option.name,
                option.differs,
                skewed_interval(float(own.mean()), own) if option.study else exact,
                skewed_interval(float(gap.mean()), gap) if k != chosen else exact,
            )
        )
    return tuple(found)


def total_worth(values: Array, flips: Array, n: int) -> tuple[Statistic, float, Statistic]:
    """(EVPI, its standard error, probability that the decision changes) from replicates' values and flips (n each)."""
    draws, count = n * len(values), round(float(flips.sum()) * n)
    evpi = Statistic(0.0, None, NEVER.format(draws=draws)) if count == 0 else _value(values, count)
    return evpi, _standard_error(values), probability(float(flips.mean()), flips, draws)


def worth(name: str, members: tuple[str, ...], rows: Array, evpi: Array, n: int) -> Worth:
    """A `Worth` from replicates' rows of (evppi, plug_in, flip), float64 (replicates, 3); evpi (replicates,)."""
    gained, claimed, flips = rows.T
    draws, count = n * len(rows), round(float(flips.sum()) * n)
    flip = probability(float(flips.mean()), flips, draws)
    if count == 0:
        zero = Statistic(0.0)
        share = zero if evpi.any() else Statistic(None, None, _WORTHLESS)
        return Worth(name, members, Statistic(0.0, None, NEVER.format(draws=draws)), 0.0, share, flip, zero, zero)
    plug_in = interval(float(claimed.mean()), claimed)
    if float(claimed.mean()) > float(evpi.mean()):
        plug_in = replace(plug_in, note=_BEYOND)
    check = interval(float((claimed - gained).mean()), claimed - gained)
    low, high = check.ci95 or (0.0, 0.0)
    check = replace(check, note=_HIGH if float(low) > 0.0 else _LOW if float(high) < 0.0 else "")
    return Worth(
        name,
        members,
        _value(gained, count),
        _standard_error(gained),
        _share(gained, evpi),
        flip,
        plug_in,
        check,
    )


def order(worths: Sequence[Worth], rows: Sequence[Array], n: int, seed: int) -> Ranking | None:
    """Is n enough to tell apart what inputs are worth: of those above 0; rows: each one's float64 (replicates, 3)."""
    apart = [(own, found) for own, found in zip(worths, rows, strict=True) if own.told_apart]
    if len(apart) < 2:
        return None
    values = np.stack([found[:, 0] for _, found in apart], axis=1)
    return rank_values([own.name for own, _ in apart], values.mean(axis=0), values, n=n, seed=seed, what="worths")


def _value(values: Array, count: int) -> Statistic:
    """The mean of the replicates' values with its interval, and what to think of it; count: draws behind it."""
    found = skewed_interval(float(values.mean()), values)
    assert found.ci95 is not None
    notes = []
    if float(values.mean()) < 0.0:
        notes.append(_NEGATIVE)
    elif float(found.ci95[0]) <= 0.0:
        notes.append(_ZERO)
    if count < RARE * len(values):
        notes.append(_FEW.format(count=count))
    return replace(found, note="; ".join(notes))


def _share(gained: Array, evpi: Array) -> Statistic:
    """Ratio of the means, its interval from the replicates' linearised ratios (Cochran 1977, eq. 6.13)."""
    total = float(evpi.mean())
    if total == 0.0:
        return Statistic(None, None, _WORTHLESS)
    ratio = float(gained.mean()) / total
    return interval(ratio, (gained - ratio * evpi) / total)


def _standard_error(values: Array) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))
