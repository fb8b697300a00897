"""How much of the variance rests on inputs whose evidence is recalled (M) or judged (J) rather than read (V).

Shapley effects add up, so theirs do too, with an interval from the replicates. Sobol' totals count an interaction once
for each input in it, so they are listed and not added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcengine.analysis.result import Statistic
from mcengine.analysis.sensitivity import Sensitivity
from mcengine.analysis.shapley_result import ShapleyResult
from mcengine.analysis.sobol_result import SobolResult
from mcengine.analysis.summary import interval
from mcengine.families import Distribution
from mcengine.inputs.assumptions import Assumption
from mcengine.inputs.study import Study

WEAK, READ = ("M", "J"), "V"


@dataclass(frozen=True)
class WeakInput:
    """An uncertain input whose evidence is not read in a source in some set. share: of the variance; None: not known.

    confidence  "M", "J" or both, in the order of the sets
    """

    name: str
    confidence: tuple[str, ...]
    share: Statistic | None


@dataclass(frozen=True)
class ShapedInput:
    """An uncertain input whose evidence is read in every set, while the shape of its distribution is judged in some.

    share  of the variance, None: not known; zero: the judged distributions' chances of the value 0, each once
    """

    name: str
    share: Statistic | None
    zero: tuple[float, ...]


@dataclass(frozen=True)
class EvidenceShare:
    """The uncertain inputs on recalled or judged evidence, and their share of the variance of `output`.

    uncertain  how many inputs vary in all
    method     "shapley" or "sobol", from which the shares are; None where neither was done
    total      share of them all together; None where shares do not add up
    read       how many inputs vary by a row on evidence that was read (V); shaped: those whose shape is judged
    correlations  whether any correlation in use is judged (J)
    """

    study: Study
    uncertain: int
    inputs: tuple[WeakInput, ...]
    method: str | None = None
    output: str | None = None
    total: Statistic | None = None
    read: int = 0
    shaped: tuple[ShapedInput, ...] = ()
    correlations: bool = False

    def to_dict(self) -> dict[str, Any]:
        """{"study", "uncertain", "method", "output", "total", "inputs": {name: {"confidence", "share"}}, "read",

        "shaped": {name: {"share", "zero"}}, "correlations"}.
        """
        rows = {
            one.name: {
                "confidence": list(one.confidence),
                "share": None if one.share is None else one.share.to_dict(),
            }
            for one in self.inputs
        }
        return {
            "study": self.study.name,
            "uncertain": self.uncertain,
            "method": self.method,
            "output": self.output,
            "total": None if self.total is None else self.total.to_dict(),
            "inputs": rows,
            "read": self.read,
            "shaped": {
                one.name: {"share": None if one.share is None else one.share.to_dict(), "zero": list(one.zero)}
                for one in self.shaped
            },
            "correlations": self.correlations,
        }


def evidence_share(study: Study, analyses: Sequence[Sensitivity] = ()) -> EvidenceShare | None:
    """The weakly founded inputs of a study, with their shares from the first Shapley or else Sobol' analysis of it.

    The largest share first; None for a study with nothing uncertain.
    """
    if not study.uncertain:
        return None
    found = weak_inputs(study)
    shapley = next((one for one in analyses if isinstance(one, ShapleyResult)), None)
    sobol = next((one for one in analyses if isinstance(one, SobolResult)), None)
    shares: Mapping[str, Statistic] = {}
    method = output = total = None
    if shapley is not None:
        single = [name for name, effect in shapley.effects.items() if effect.members == (name,)]
        shares = {name: shapley.effects[name].share for name in single}
        method, output = shapley.method, shapley.output
        total = _together(shapley, found) if len(single) == len(shapley.effects) else None
    elif sobol is not None:
        shares = {name: factor.st for name, factor in sobol.inputs.items()}
        method, output = sobol.method, sobol.response
    rows = [WeakInput(name, confidence, shares.get(name)) for name, confidence in found.items()]
    rows.sort(key=lambda row: -_value(row.share))
    shaped = sorted(
        (ShapedInput(name, shares.get(name), zero) for name, zero in _shaped(study, found).items()),
        key=lambda row: -_value(row.share),
    )
    read = sum(any(row.evidence.confidence == READ for row in _rows(study, name)) for name in study.uncertain)
    judged = study.correlations and any(
        pair.rho != 0 and pair.confidence == "J" and {pair.first, pair.second} <= set(study.uncertain)
        for member in study.sets
        for pair in member.set.correlations
    )
    return EvidenceShare(
        study, len(study.uncertain), tuple(rows), method, output, total, read, tuple(shaped), correlations=judged
    )


def weak_inputs(study: Study) -> dict[str, tuple[str, ...]]:
    """The uncertain inputs with a row on recalled or judged evidence, and which of the two, in declared order."""
    found: dict[str, tuple[str, ...]] = {}
    for name in study.uncertain:
        given = [row.evidence.confidence for row in _rows(study, name)]
        if weak := tuple(dict.fromkeys(one for one in given if one in WEAK)):
            found[name] = weak
    return found


def _rows(study: Study, name: str) -> list[Assumption]:
    """The rows by which the input varies, one a set."""
    rows = [member.set.row(name) for g, member in enumerate(study.sets) if not study.marginal(g, name).is_constant]
    return [row for row in rows if row is not None]


def _shaped(study: Study, weak: Mapping[str, object]) -> dict[str, tuple[float, ...]]:
    """The inputs, not weakly founded, with a row whose shape is judged; of these rows the chances of the value 0."""
    found: dict[str, tuple[float, ...]] = {}
    for name in study.uncertain:
        judged = [row.distribution for row in _rows(study, name) if row.evidence.shape == "J"]
        if judged and name not in weak:
            found[name] = tuple(dict.fromkeys(_chance_of_zero(one) for one in judged))
    return found


def _chance_of_zero(found: Distribution) -> float:
    """The chance that a draw is exactly 0."""
    return round(float(found.cdf(0.0) + found.at_least(0.0) - 1.0), 12)  # of a continuous one rounding may leave 1e-17


def _together(result: ShapleyResult, names: Mapping[str, object]) -> Statistic:
    """The sum of the effects of `names`, with its interval."""
    columns = [k for k, name in enumerate(result.effects) if name in names]
    value = sum(_value(result.effects[name].share) for name in names if name in result.effects)
    variances = result.rows.sum(axis=1)
    return interval(value, result.rows[:, columns].sum(axis=1) / variances)


def _value(share: Statistic | None) -> float:
    return float(share.value) if share is not None and isinstance(share.value, float) else 0.0
