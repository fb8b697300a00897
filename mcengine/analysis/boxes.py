"""Scenario discovery: in which region of two or three inputs is the NPV negative?

Boxes are found by PRIM (`analysis.prim`, `analysis.boxes_search`) on the first half of the replicates and measured on
the other half, which had no part in finding them: the coverage and density that the search itself reports are the
best of many and so too rosy. Intervals are those of `analysis.summary` over the fresh replicates.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mcengine.analysis.boxes_measure import Ground, describe, divide, measures
from mcengine.analysis.boxes_result import BoxesResult, Case, DiscoveredBox, Step
from mcengine.analysis.boxes_search import CHANCE, LARGEST, Rule, Search, search
from mcengine.analysis.prim import DEFAULT_ALPHA, DEFAULT_MASS, OBJECTIVES, Array, Box, Mask, presort
from mcengine.analysis.sample import draw_sample
from mcengine.errors import AnswerNo, Fault, InputError, nearest_name
from mcengine.inputs.study import Study
from mcengine.models.model import Model

DEFAULT_N, DEFAULT_REPLICATES = 4096, 16
DEFAULT_MOST, DEFAULT_COVERAGE = 3, 0.5
MOST_BOXES = 10
FEW = 20  # cases: below it a search is told to rest on few

Pick = int | Sequence[int]


def boxes(
    study: Study,
    *,
    output: str | None = None,
    below: float | None = None,
    above: float | None = None,
    alpha: float = DEFAULT_ALPHA,
    mass: float = DEFAULT_MASS,
    most: int = DEFAULT_MOST,
    coverage: float = DEFAULT_COVERAGE,
    objective: str = "lenient1",
    inputs: Sequence[str] | None = None,
    pick: Pick | None = None,
    count: int = 1,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    model: Model | None = None,
    threads: int | None = None,
) -> BoxesResult:
    """The box of at most `most` inputs in which the case of interest is dense, with PRIM's whole trajectory.

    below, above   the case of interest is output < below, or output > above; below 0 when neither is given
    alpha          share of a box's draws peeled off, or pasted on, at a time; mass: least share of all draws in a box
    most           inputs that a box may restrict; coverage: least share of the cases in the box that is suggested
    objective      what a peel is chosen by: "lenient1", "lenient2" or "original" (`analysis.prim.OBJECTIVES`)
    inputs         which to look at; by default all that are uncertain
    pick           the step of the trajectory to take in place of the suggested one; a sequence, one for each box
    count          how many boxes, each among the draws that the ones before it leave
    n, replicates  draws of a replicate, and how many; half of the replicates find the boxes, the others measure them

    Raises
    ------
    InputError   an option that cannot be, each named; nothing uncertain
    AnswerNo     every draw is a case of interest, or none is, or no box is denser than all draws
    """
    picks = (pick,) if isinstance(pick, int) else tuple(pick or ())
    names = (inputs,) if isinstance(inputs, str) else study.uncertain if inputs is None else tuple(inputs)
    rule = Rule(alpha, mass, objective, most, coverage)
    faults = [*_faults(rule, below, above, count, replicates), *_input_faults(study, names, inputs is None),
              *_pick_faults(picks, count)]  # fmt: skip
    if faults:
        raise InputError(faults)
    started = time.perf_counter()
    sample = draw_sample(study, output=output, n=n, replicates=replicates, seed=seed, model=model, threads=threads)
    ground = divide(sample, Case(sample.outputs[0], float(above or below or 0.0), above is not None))
    _refuse_constant(ground)
    found, notes, rows = _discover(ground, rule, names, count, picks)
    everywhere = np.ones(len(ground.fresh.case), dtype=bool)
    problem = sample.problem
    return BoxesResult(
        study=study,
        output=sample.outputs[0],
        unit=problem.model.outputs[problem.model.output_index(sample.outputs[0])].unit,
        case=ground.case,
        seed=sample.seed,
        n=sample.n,
        found_on=ground.train.replicates,
        measured_on=ground.fresh.replicates,
        rule=rule,
        share=measures(ground.fresh, everywhere)[1],
        boxes=tuple(box for box, _ in found),
        together=_together(ground, found) if len(found) > 1 else None,
        rows=rows,
        notes=(*sample.notes, *_remarks(ground, rule), *notes),
        warnings=study.warnings,
        seconds=time.perf_counter() - started,
    )


def _faults(rule: Rule, below: Any, above: Any, count: Any, replicates: Any) -> Iterator[Fault]:
    if below is not None and above is not None:
        yield Fault(None, "above", above, f"cannot go with below = {below}: a case of interest has one side")
    for key, value in (("below", below), ("above", above)):
        if value is not None and not (_is_number(value) and math.isfinite(value)):
            yield Fault(None, key, value, "must be a finite number, in the output's unit")
    for key, value, top in (("alpha", rule.alpha, 0.5), ("mass", rule.mass, 1.0), ("coverage", rule.coverage, 1.0)):
        if not (_is_number(value) and 0.0 < value < top):
            yield Fault(None, key, value, f"must be a share above 0 and below {top:g}")
    for key, value, last in (("most", rule.most, LARGEST), ("count", count, MOST_BOXES)):
        if not _is_whole(value) or not 1 <= value <= last:
            yield Fault(None, key, value, f"must be a whole number from 1 to {last}")
    if rule.objective not in OBJECTIVES:
        near = nearest_name(rule.objective, OBJECTIVES)
        yield Fault(None, "objective", rule.objective, f"must be one of {', '.join(OBJECTIVES)}", near)
    if _is_whole(replicates) and replicates < 4:
        yield Fault(None, "replicates", replicates, "must be at least 4: half find the boxes, the others measure them")


def _input_faults(study: Study, inputs: Sequence[str], default: bool) -> Iterator[Fault]:
    names = [spec.name for spec in study.inputs]
    for k, name in enumerate(inputs):
        if name not in names:
            yield Fault(None, "inputs", name, "is not an input", nearest_name(name, study.uncertain))
        elif name not in study.uncertain:
            yield Fault(None, "inputs", name, "is fixed in this study, so no limit of it can matter")
        elif name in inputs[:k]:
            yield Fault(None, "inputs", name, "is named twice")
    if not inputs and not default:
        yield Fault(None, "inputs", None, "names no input")


def _pick_faults(picks: Sequence[Any], count: Any) -> Iterator[Fault]:
    for pick in picks:
        if not _is_whole(pick) or pick < 1:
            yield Fault(None, "pick", pick, "must be the whole number of a step of the trajectory, from 1")
    if _is_whole(count) and len(picks) > count >= 1:
        yield Fault(None, "pick", list(picks), f"names more boxes than are asked for, {count}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse_constant(ground: Ground) -> None:
    halves = (ground.train, ground.fresh)
    cases, draws = [int(half.case.sum()) for half in halves], [len(half.case) for half in halves]
    if 0 in cases or cases[0] == draws[0] or cases[1] == draws[1]:
        word = "none" if 0 in cases else "all"
        where = f"{word} of the draws of half the replicates ({sum(cases):,} of {sum(draws):,} in all)"
        raise AnswerNo(f"{ground.case} in {where}, so there is no region to tell apart; try another level")


def _remarks(ground: Ground, rule: Rule) -> Iterator[str]:
    case, cases, draws = ground.case, int(ground.train.case.sum()), len(ground.train.case)
    share = cases / draws
    if share > 0.5:
        yield (
            f"{case} in {share:.1%} of the draws, so hardly any box can be much denser than that; the region of the "
            f"opposite says more: {'below' if case.above else 'above'} = {case.level:.6g}"
        )
    if share < rule.mass:
        yield (
            f"a box holds at least {rule.mass:.3g} of the draws, more than the {share:.3g} that are cases, so its "
            f"density is at most {share / rule.mass:.1%}; a smaller mass allows smaller, denser boxes"
        )
    if min(cases, draws - cases) < FEW:
        yield f"boxes were found on {cases:,} cases among {draws:,} draws: too few to trust; more draws (n) help"


def _discover(
    ground: Ground, rule: Rule, inputs: Sequence[str], count: int, picks: Sequence[int]
) -> tuple[list[tuple[DiscoveredBox, Box]], list[str], Array]:
    """The boxes one after the other, notes on them, and the numbers of every replicate."""
    train, fresh = ground.train, ground.fresh
    places = [k for k, name in enumerate(ground.names) if name in inputs]
    order = presort(train.x)
    left = [np.ones(len(half.case), dtype=bool) for half in (train, fresh)]
    rows = [_by_replicate(ground, left)]
    found: list[tuple[DiscoveredBox, Box]] = []
    notes = []
    for k in range(count):
        answer = search(train.x, train.case, places, rule, left[0], order) if train.case[left[0]].any() else None
        if answer is None and not found:
            raise AnswerNo(f"no box of these inputs holds {ground.case} more often than all draws do")
        if answer is None:
            notes.append(f"only {k} of {count} boxes: in what they leave no box is denser than the rest of it")
            break
        picked = _picked(picks, k, answer)
        described = describe(ground, answer, picked, left)
        notes += [f"box {k + 1}: {text}" for text in _doubts(described, answer, rule)]
        rows += [_by_replicate(ground, left, box) for box in answer.steps]
        found.append((described, answer.steps[picked]))
        left = [own & ~answer.steps[picked].contains(half.x) for own, half in zip(left, (train, fresh), strict=True)]
    return found, notes, np.concatenate(rows, axis=1)


def _doubts(box: DiscoveredBox, answer: Search, rule: Rule) -> Iterator[str]:
    suggested = answer.steps[answer.suggested]
    if suggested.coverage < rule.coverage * answer.steps[0].coverage:
        yield f"none covers {rule.coverage:.0%} of the cases; the one that covers most is suggested"
    doubtful = [limit.input for limit in box.limits if any(p is not None and p > CHANCE for p in limit.quasi_p)]
    if doubtful:
        yield f"a limit on {', '.join(doubtful)} may be chance (quasi-p above {CHANCE:.0%})"


def _picked(picks: Sequence[int], k: int, answer: Search) -> int:
    """The step of box k's trajectory that the reader asked for, or else the suggested one."""
    if k >= len(picks):
        return answer.suggested
    if picks[k] >= len(answer.steps):
        rule = f"is not a step of the trajectory of box {k + 1}, which has steps 1 to {len(answer.steps) - 1}"
        raise InputError(Fault(None, "pick", picks[k], rule))
    return picks[k]


def _by_replicate(ground: Ground, left: Sequence[Mask], box: Box | None = None) -> Array:
    """(draws, cases) of every replicate, float64 (replicates, 2): what is left of all, or in `box`."""
    halves = (ground.train, ground.fresh)
    chosen = [own if box is None else own & box.contains(half.x) for half, own in zip(halves, left, strict=True)]
    return np.concatenate([half.counts(mask) for half, mask in zip(halves, chosen, strict=True)])


def _together(ground: Ground, found: Sequence[tuple[DiscoveredBox, Box]]) -> Step:
    """All boxes at once, on the draws they were found on and on fresh ones."""
    own, fresh = (
        measures(half, np.any([box.contains(half.x) for _, box in found], axis=0))
        for half in (ground.train, ground.fresh)
    )
    names = ("coverage", "density", "mass")
    values = {name: float(part.value or 0.0) for name, part in zip(names, own, strict=True)}
    return Step({}, {}, values, *fresh)
