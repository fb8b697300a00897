"""Expected value of partial perfect information: what is it worth to find out an input before deciding?

With NB_k the net benefit of option k (no-go 0; the study's output; alternatives), what knowing the inputs S is worth is

    EVPPI_S = E[max_k E[NB_k | x_S]] - max_k E[NB_k],    for all inputs EVPI = E[max_k NB_k] - max_k E[NB_k]

(Felli & Hazen 1998, Medical Decision Making 18, 95-109). EVPI is exact on the sample. The conditional means are
regressions on one sample (Strong, Oakley & Brennan 2014), here of each option's gain over the option chosen now, and
cross-fitted: a replicate's predictions come from the others. They give two estimates with biases of opposite sign:

evppi     decide by the predictions, count the gains of the draws left out. No rule beats the best one, so this is below
          the truth in expectation; its error is of second order in the predictions' error
plug_in   the mean of the predictions' maximum: above the truth in expectation, as a maximum profits from noise

The first is the answer, their difference the bias check. Intervals are over replicates: a replicate's gains depend on
the others only by way of the decision rule, to second order. They held the closed form in 93 to 97% of the runs
(tests/analysis/test_evppi_coverage.py); in 86 to 92% where so few draws change the decision that a note says so.

Correlated inputs need nothing special: E[NB | x] counts what x tells of the inputs that move with it, as a study of x
would. Over pooled sets the sample is the pool's, so an input also tells which set is right; that choice itself is the
group "assumption set".
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.evppi_options import NO_GO, Alternatives, Option, decision_options, net_benefits
from mcengine.analysis.evppi_regression import Basis, Levels, Spline, Surface, cross_predict, scores
from mcengine.analysis.evppi_result import EvppiResult, option_worths, order, total_worth, worth
from mcengine.analysis.factors import CHOICE, Groups, correlated_blocks
from mcengine.analysis.result import Statistic
from mcengine.analysis.sample import Sample, draw_sample
from mcengine.analysis.sobol import check_output, check_size
from mcengine.engine.run import default_threads
from mcengine.engine.threads import in_order
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model

Array = NDArray[np.float64]

DEFAULT_N, DEFAULT_REPLICATES = 4096, 16
SMALL = 0.01  # of EVPI: a bias that is not worth a note
MOST_NUMBERS = 1 << 26  # of inputs and net benefits stored: 0.5 GiB, and twice that at the peak


@dataclass(frozen=True)
class Candidate:
    """What may become known: an input, a group of them, or (no members) which assumption set is right."""

    name: str
    members: tuple[str, ...]
    group: bool


def evppi(
    study: Study,
    *,
    output: str | None = None,
    alternatives: Alternatives = (),
    groups: Groups | None = None,
    inputs: Sequence[str] | None = None,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    model: Model | None = None,
    threads: int | None = None,
) -> EvppiResult:
    """Worth of knowing each input, and each of `groups`, before deciding; in the output's unit.

    output        the net benefit of going ahead; "npv", or the model's first, when None. No-go counts as 0
    alternatives  further options: studies with the same inputs and assumption sets that differ in the inputs they fix,
                  their options or their plan. That difference is laid over the study's own draws, so that all options
                  meet the same world draw by draw; what only the study fixes holds for them too
    groups        inputs to be known together, by the group's name; an input may be in several
    inputs        the single inputs to look at; all uncertain ones when None
    n             draws a replicate, rounded up to a power of two
    threads       how many; no number depends on it

    Raises
    ------
    InputError      an option that cannot be: every group, input and alternative at fault; a sample too large to store
    NonFiniteError  an output is NaN or infinite in some draw
    """
    model = build_model(study) if model is None else model
    output = check_output(study, model, output)
    n, rounded = check_size(n, replicates)
    options = decision_options(study, model, output, alternatives)
    candidates = _candidates(study, inputs, groups or {})
    _check_room(n, replicates, len(study.uncertain) + len(options))
    workers = threads or default_threads()
    started = time.perf_counter()
    sample = draw_sample(study, output=output, n=n, replicates=replicates, seed=seed, model=model, threads=workers)
    result = _answer(sample, options, candidates, net_benefits(sample, study, options), workers)
    notes = (*rounded, *_notes(result, sample))
    return replace(result, notes=notes, seconds=time.perf_counter() - started)


def _answer(
    sample: Sample, options: Sequence[Option], candidates: Sequence[Candidate], benefits: Array, threads: int
) -> EvppiResult:
    """The result, without its notes and time; benefits float64 (replicates, options, n)."""
    study, model, output = sample.problem.study, sample.problem.model, sample.outputs[0]
    means = benefits.mean(axis=2)
    chosen = int(np.argmax(means.mean(axis=0)))
    gains = np.delete(benefits - benefits[:, chosen, None], chosen, axis=1)
    best = np.maximum(gains.max(axis=1), 0.0)
    everything = best.mean(axis=1)
    rows = _worths(sample, candidates, gains, threads)
    found = [worth(c.name, c.members, own, everything, sample.n) for c, own in zip(candidates, rows, strict=True)]
    single = [k for k, candidate in enumerate(candidates) if not candidate.group]
    evpi, evpi_se, flip = total_worth(everything, (best > 0.0).mean(axis=1), sample.n)
    return EvppiResult(
        study=study,
        output=output,
        unit=model.outputs[model.output_index(output)].unit,
        seed=sample.seed,
        n=sample.n,
        replicates=sample.replicates,
        options=option_worths(options, means, chosen),
        decision=options[chosen].name,
        evpi=evpi,
        evpi_se=evpi_se,
        flip=flip,
        inputs={own.name: own for c, own in zip(candidates, found, strict=True) if not c.group},
        groups={own.name: own for c, own in zip(candidates, found, strict=True) if c.group},
        rows=np.concatenate((means, everything[:, None], *rows), axis=1),
        ranking=order([found[k] for k in single], [rows[k] for k in single], sample.n, sample.seed),
        warnings=study.warnings,
        threads=threads,
    )


def _candidates(study: Study, inputs: Sequence[str] | None, groups: Groups) -> tuple[Candidate, ...]:
    """What may become known. Raises InputError with every name that is not an uncertain input."""
    faults = list(_faults(study, inputs, groups))
    if faults:
        raise InputError(faults)
    asked = study.uncertain if inputs is None else [name for name in study.uncertain if name in inputs]
    found = [Candidate(name, (name,), False) for name in asked]
    for name, members in groups.items():
        found.append(Candidate(name, tuple(member for member in study.uncertain if member in members), True))
    if len(study.sets) > 1:
        found.append(Candidate(CHOICE, (), True))
    return tuple(found)


def _faults(study: Study, inputs: Sequence[str] | None, groups: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    known = {spec.name for spec in study.inputs}
    asked = {"inputs": inputs or ()} | {f"group {name}": members for name, members in groups.items()}
    for key, members in asked.items():
        if isinstance(members, str):
            yield Fault(None, key, members, "must be a list of inputs")
            continue
        if key != "inputs" and not members:
            yield Fault(None, key, None, "has no inputs")
        for name in members:
            if name not in known:
                yield Fault(None, key, name, "is not an input", nearest_name(name, study.uncertain))
            elif name not in study.uncertain:
                yield Fault(None, key, name, "is fixed in this study, so there is nothing to find out")
    for name in groups:
        if name in known or name == CHOICE:
            yield Fault(None, f"group {name}", None, "is the name of something else; give the group a name of its own")


def _check_room(n: int, replicates: int, each: int) -> None:
    """Refuse a sample that does not fit in memory; each: numbers a draw."""
    if n * replicates * each > MOST_NUMBERS:
        most = 1 << (MOST_NUMBERS // (replicates * each)).bit_length() - 1
        rule = (
            f"{n * replicates:,} draws of {each} inputs and options would take {n * replicates * each * 8 / 2**30:.1f} "
            f"GiB, stored for the regressions; the most is {MOST_NUMBERS * 8 / 2**30:g} GiB, so n at most {most:,} "
            f"with {replicates} replicates"
        )
        raise InputError(Fault(None, "n", n, rule))


def _worths(sample: Sample, candidates: Sequence[Candidate], gains: Array, threads: int) -> list[Array]:
    """(evppi, plug_in, flip) of each candidate by replicate, float64 (replicates, 3); gains (replicates, options, n).

    Linear algebra runs on one thread within a candidate: its sums, and so the bits, must not depend on how many
    threads it likes to take.
    """
    import sklearn.preprocessing  # noqa: F401  # loads its libraries, which the limit must reach
    from threadpoolctl import threadpool_limits

    def work(index: int, stop: object) -> Array:
        basis, known = _regression(sample, candidates[index], gains)
        predicted = cross_predict(basis, lambda r: known[:, r], gains)
        return _decided(predicted, gains)

    with threadpool_limits(limits=1):
        return list(in_order(work, range(len(candidates)), threads))


def _regression(sample: Sample, candidate: Candidate, gains: Array) -> tuple[Basis, Array]:
    """The columns for a candidate, and what they are made of, float64 (inputs, replicates, n)."""
    if not candidate.members:
        labels = [sample.problem.inputs(r, 0, sample.n)[1] for r in range(sample.replicates)]
        return Levels(len(sample.problem.groups)), np.array(labels, dtype=np.float64)[None]
    known = np.array([scores(sample.x[:, sample.inputs.index(name)]) for name in candidate.members])
    pooled = known.reshape(len(known), -1)
    if len(known) == 1:
        return Spline(pooled), known
    return Surface(pooled, np.concatenate(gains, axis=1)), known


def _decided(predicted: Array, gains: Array) -> Array:
    """(evppi, plug_in, flip) of each replicate from predicted and true gains, both float64 (replicates, options, n)."""
    best = predicted.argmax(axis=1)[:, None]
    promised = np.take_along_axis(predicted, best, axis=1)[:, 0]
    changes = promised > 0.0
    gained = np.where(changes, np.take_along_axis(gains, best, axis=1)[:, 0], 0.0)
    return np.column_stack([part.mean(axis=1) for part in (gained, np.where(changes, promised, 0.0), changes)])


def _notes(result: EvppiResult, sample: Sample) -> Iterator[str]:
    """What the reader must know."""
    study = result.study
    if result.output != check_output(study, sample.problem.model, None):
        yield f"net benefit is {result.output} here, and {NO_GO} counts as 0"
    near = [o.name for o in result.options if o.gap.ci95 and float(o.gap.ci95[1]) >= 0.0 > float(o.gap.ci95[0])]
    if near:
        yield f"the sample does not tell the chosen option's mean apart from that of {', '.join(near)}"
    if correlated_blocks(sample.problem):
        yield "inputs are correlated: an input's worth counts what it tells of the inputs that move with it"
    if len(study.sets) > 1:
        yield (
            f"over the pooled sets an input's worth counts what it tells of which set is right; '{CHOICE}' is the "
            "worth of knowing just that"
        )
    least = SMALL * _number(result.evpi)
    both = (*result.inputs.values(), *result.groups.values())
    wrong = [own.name for own in both if own.bias_check.note and abs(_number(own.bias_check)) > least]
    if wrong:
        yield f"the bias check is more than {SMALL:.0%} of EVPI for {', '.join(wrong)}: see its note"


def _number(statistic: Statistic) -> float:
    return statistic.value if isinstance(statistic.value, float) else 0.0
