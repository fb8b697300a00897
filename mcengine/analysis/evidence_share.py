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
from mcengine.inputs.study import Study

WEAK = ("M", "J")


@dataclass(frozen=True)
class WeakInput:
    """An uncertain input whose evidence is not read in a source in some set. share: of the variance; None: not known.

    confidence  "M", "J" or both, in the order of the sets
    """

    name: str
    confidence: tuple[str, ...]
    share: Statistic | None


@dataclass(frozen=True)
class EvidenceShare:
    """The uncertain inputs on recalled or judged evidence, and their share of the variance of `output`.

    uncertain  how many inputs vary in all
    method     "shapley" or "sobol", from which the shares are; None where neither was done
    total      share of them all together; None where shares do not add up
    """

    study: Study
    uncertain: int
    inputs: tuple[WeakInput, ...]
    method: str | None = None
    output: str | None = None
    total: Statistic | None = None

    def to_dict(self) -> dict[str, Any]:
        """{"study", "uncertain", "method", "output", "total", "inputs": {name: {"confidence", "share"}}}."""
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
    return EvidenceShare(study, len(study.uncertain), tuple(rows), method, output, total)


def weak_inputs(study: Study) -> dict[str, tuple[str, ...]]:
    """The uncertain inputs with a row on recalled or judged evidence, and which of the two, in declared order."""
    found: dict[str, tuple[str, ...]] = {}
    for name in study.uncertain:
        rows = [member.set.row(name) for g, member in enumerate(study.sets) if not study.marginal(g, name).is_constant]
        given = [row.evidence.confidence for row in rows if row is not None]
        if weak := tuple(dict.fromkeys(one for one in given if one in WEAK)):
            found[name] = weak
    return found


def _together(result: ShapleyResult, names: Mapping[str, object]) -> Statistic:
    """The sum of the effects of `names`, with its interval."""
    columns = [k for k, name in enumerate(result.effects) if name in names]
    value = sum(_value(result.effects[name].share) for name in names if name in result.effects)
    variances = result.rows.sum(axis=1)
    return interval(value, result.rows[:, columns].sum(axis=1) / variances)


def _value(share: Statistic | None) -> float:
    return float(share.value) if share is not None and isinstance(share.value, float) else 0.0
