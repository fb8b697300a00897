"""What drives the bad end: Sobol' indices of the chance of NPV < 0 and of the shortfall below its 5% quantile.

The variance of the NPV may come from how good the good outcomes are. Two responses look at the other end: the
indicator 1{y < level}, whose indices say what decides whether there is a loss, and the shortfall (q - y)+ below a low
quantile q, whose indices say what decides how deep the worst outcomes are; both from the evaluations of one design,
beside the indices of y itself (target sensitivity analysis: Marrel & Chabridon 2021, Reliability Engineering & System
Safety, article 107711). q is the quantile of a sample of the study's own, on a stream of its own, so that the indices
are unbiased for the q that was found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from mcengine.analysis.factors import Groups
from mcengine.analysis.result import Statistic
from mcengine.analysis.sample import Sample, draw_sample
from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import Watcher, sobol_of
from mcengine.analysis.sobol_result import SobolResult
from mcengine.analysis.summary import interval, probability
from mcengine.analysis.tail_result import BELOW_LEVEL, OUTPUT, SHORTFALL_BELOW, TailResult
from mcengine.engine.replicates import CARRIED
from mcengine.engine.saltelli import BELOW, SHORTFALL, Response
from mcengine.errors import AnswerNo, Fault, InputError, NonFiniteError
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model
from mcengine.sampling.streams import key

DEFAULT_N, DEFAULT_REPLICATES = 4096, 16
DEFAULT_LEVEL, DEFAULT_SHARE = 0.0, 0.05
DRAWS, DRAWN_REPLICATES = 8192, 16  # for the quantile and the chance, whatever n is
STREAM = "@tail"
LEAST_SHARE = math.ceil(CARRIED / DRAWS * 1e4) / 1e4  # what a replicate of the draws can carry


def tail(
    study: Study,
    *,
    output: str | None = None,
    level: float = DEFAULT_LEVEL,
    share: float = DEFAULT_SHARE,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    groups: Groups | None = None,
    model: Model | None = None,
    threads: int | None = None,
    observer: Watcher | None = None,
) -> TailResult:
    """Sobol' indices of 1{y < level} and of (q - y)+, q the quantile of y at `share`, beside those of y.

    output         "npv", or the model's first, when None
    level          in the output's unit; share: from `LEAST_SHARE` to 0.5
    n, replicates, groups, threads   of the design, as `analysis.sobol.sobol` takes them

    Raises
    ------
    InputError   an option that cannot be, each named; nothing uncertain
    AnswerNo     the output does not vary; NonFiniteError: it is NaN or infinite in some evaluation
    """
    faults = list(_faults(level, share))
    if faults:
        raise InputError(faults)
    seed = check_seed(seed)
    model = build_model(study) if model is None else model
    drawn_from = int(key(seed, STREAM))
    sample = draw_sample(study, output=output, n=DRAWS, replicates=DRAWN_REPLICATES, seed=drawn_from, model=model,
                         threads=threads)  # fmt: skip
    name, y = sample.outputs[0], sample.y[:, 0]
    # Hazen's rule: a stratified sample's k-th value stands for (k - 1/2) / n; other rules are off by more than the
    # error. The mean over the replicates, as the quantile of all draws varies more than their spread says.
    quantiles = np.quantile(y, share, axis=1, method="hazen")
    quantile = interval(float(quantiles.mean()), quantiles)
    below = probability(float((y < level).mean()), (y < level).mean(axis=1), float(y.size))
    assert isinstance(quantile.value, float)
    asked = {
        OUTPUT: Response(name),
        BELOW_LEVEL: Response(name, BELOW, float(level)),
        SHORTFALL_BELOW: Response(name, SHORTFALL, quantile.value),
    }
    refused = dict(_constant(asked, sample))
    wanted = {part: response for part, response in asked.items() if part not in refused}
    options: dict[str, Any] = {"n": n, "replicates": replicates, "seed": seed, "groups": groups, "model": model,
                               "threads": threads, "observer": observer}  # fmt: skip
    found = _indices(study, wanted, refused, options)
    unit = next(iter(found.values())).unit
    return TailResult(
        study=study,
        output=name,
        unit=unit,
        level=float(level),
        share=float(share),
        quantile=quantile,
        below=below,
        drawn=y.size,
        responses=found,
        refused={part: refused[part] for part in asked if part in refused},
        notes=tuple(_notes(found, refused, quantile, unit, share, y.size)),
    )


def _faults(level: Any, share: Any) -> Iterator[Fault]:
    def is_number(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

    if not is_number(level):
        yield Fault(None, "level", level, "must be a finite number, in the output's unit")
    if not is_number(share) or not LEAST_SHARE <= share <= 0.5:
        yield Fault(None, "share", share, f"must be a share from {LEAST_SHARE:g} to 0.5: of the draws, in the tail")


def _constant(asked: dict[str, Response], sample: Sample) -> Iterator[tuple[str, str]]:
    """Which responses of the tail do not vary among the draws, and why."""
    y = sample.y[:, 0]
    if y.min() == y.max():
        return  # the design says so
    response = asked[BELOW_LEVEL]
    events = int((y < response.threshold).sum())
    if events in (0, y.size):
        word = "none" if events == 0 else "every one"
        yield BELOW_LEVEL, f"{response.key} in {word} of {y.size:,} draws, so nothing drives it; try another level"
    response = asked[SHORTFALL_BELOW]
    if not (y < response.threshold).any():
        yield SHORTFALL_BELOW, f"no draw is below {response.threshold:.6g}, the least value there is: no shortfall"


def _indices(
    study: Study, wanted: dict[str, Response], refused: dict[str, str], options: dict[str, Any]
) -> dict[str, SobolResult]:
    """The analyses by response; one that does not vary over the design is moved to `refused`."""
    try:
        found = sobol_of(study, tuple(wanted.values()), **options)
        return {part: found[response.key] for part, response in wanted.items()}
    except NonFiniteError:
        raise
    except AnswerNo:
        if len(wanted) == 1:
            raise
    each: dict[str, SobolResult] = {}
    for part, response in wanted.items():  # rare: a response varies among the draws, and not over the design
        try:
            each[part] = sobol_of(study, (response,), **options)[response.key]
        except NonFiniteError:
            raise
        except AnswerNo as error:
            if part == OUTPUT:
                raise
            refused[part] = str(error)
    return each


def _notes(
    found: dict[str, SobolResult], refused: dict[str, str], quantile: Statistic, unit: str, share: float, drawn: int
) -> Iterator[str]:
    first = next(iter(found.values()))
    yield from first.notes
    low, high = quantile.ci95 or (quantile.value, quantile.value)
    shown = "" if unit == "1" else f" {unit}"
    yield (
        f"the quantile at {share:.4g} is {quantile.value:,.6g}{shown} (95% interval {low:,.6g} to {high:,.6g}), of "
        f"{drawn:,} draws of the study's own; the shortfall is how far an outcome lies below it"
    )
    if first.apart:
        yield "the variant without correlations is looked at below the same level and the same quantile"
    yield from refused.values()
