"""A waterfall: what takes an output from one study's value to another's, shared out over the inputs that differ.

Both ends are single evaluations, with every input at its mean (or median, or the plan's value). What an input's change
adds depends on which others are changed before it, so each gets its Shapley value: the mean over all orders. No order
is favoured, the steps add up to the difference, and the way back has the same steps with their signs reversed.

Up to 20 players all 2^k corners are evaluated. Beyond, the mean is over random orders, each with its reverse, in
independent replicates that give the steps their intervals; any sample of orders adds up too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.result import Statistic
from mcengine.analysis.sample import draw_sample
from mcengine.analysis.shapley_groups import Groups, partition
from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import DEFAULT_REPLICATES, check_size
from mcengine.analysis.summary import interval, skewed_interval
from mcengine.analysis.waterfall_corners import Corners, option_names
from mcengine.analysis.waterfall_result import End, Step, WaterfallResult
from mcengine.engine.problem import default_outputs
from mcengine.engine.run import default_threads
from mcengine.engine.threads import in_order
from mcengine.errors import AnswerNo, Fault, InputError
from mcengine.inputs.study import Study, load_study
from mcengine.models.build import build_model
from mcengine.models.model import YEAR, Model

Ends = dict[str, tuple[float, float]]

EXACT = 20  # players: 2^20 corners, about a second
ORDERS = 4096  # random orders a replicate beyond, about as long
MOST_ORDERS = 1 << 20
DRAWS = 1024  # a replicate, for the mean of the simulated output beside each end
AT = {"mean": "means", "median": "medians", "plan": "plan's values"}


def waterfall(
    study: Study,
    *,
    against: Study | str | None = None,
    at: str = "mean",
    output: str | None = None,
    groups: Groups | None = None,
    permutations: int | None = None,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    model: Model | None = None,
    threads: int | None = None,
) -> WaterfallResult:
    """The steps from `study` to `against` for one output; "npv", or the model's first, when `output` is None.

    against       the study at the other end, or the name or path of one, of the same plan or model; None: the plan's
                  own values (of a model, those of its study) under the options of `study`
    at            "mean" of each input's distribution (the average over pooled sets), "median" or "plan"
    groups        inputs that make one step, by the group's name; those that do not differ are left out
    permutations  random orders a replicate, made even; None: all orders, exactly, up to 20 players, else 4,096
    replicates    of the random orders, and of the simulated means beside the ends; seed: of both

    Options that differ (horizon, accounting) are steps of their own. Where a study is uncertain the mean of its
    simulated output is given beside its end: of a curved model it is not the output at the means.

    Raises
    ------
    InputError  an option that cannot be; studies of different plans or models; a group that cannot be
    AnswerNo    nothing differs between the ends; the output is not finite in some combination of them, which is named
    """
    studies = study, _other_end(study, against)
    model = build_model(study) if model is None else model
    output = _output(model, output)
    check_size(DRAWS, replicates)
    _check_orders(permutations)
    seed = check_seed(seed)
    ends = _ends(studies, at)
    corners = Corners(studies, model, ends, _players(studies, ends, groups, at), output)
    exact = permutations is None and len(corners.players) <= EXACT
    pairs = -(-(permutations or ORDERS) // 2)
    rows = corners.exact()[None] if exact else _rows(corners, seed, pairs, replicates, threads)
    count = len(corners.players)
    steps, rows = _steps(corners, rows)
    values = corners.values(np.array([[False, True]] * count))
    start, end = (
        End(one.name, float(value), _simulated(one, output, replicates, seed, threads, model if one is study else None))
        for one, value in zip(studies, values, strict=True)
    )
    return WaterfallResult(
        study=study,
        against=studies[1],
        at=at,
        output=output,
        unit=model.outputs[model.output_index(output)].unit,
        start=start,
        end=end,
        steps=steps,
        seed=seed,
        permutations=None if exact else 2 * pairs,
        replicates=None if exact else replicates,
        evaluations=1 << count if exact else replicates * (1 + 2 * pairs * count),
        rows=rows,
        notes=tuple(_told(corners, groups, exact)),
        warnings=tuple(f"{one.name}: {warning}" for one in studies for warning in one.warnings),
    )


def _other_end(study: Study, against: Study | str | None) -> Study:
    """The study at the other end, of the same plan or model as `study`."""
    if against is None:
        return replace(study, name="plan" if study.plan else "model", sets=(), fixed=MappingProxyType({}))
    other = against if isinstance(against, Study) else load_study(against)
    rule = None
    if other.plan != study.plan or other.model != study.model:
        own, others = (one.plan.name if one.plan else one.model for one in (study, other))
        what = f"{others}, not of {own}" if own != others else f"another version of {own}"
        rule = f"is of {what}: both ends of a waterfall need the same plan and model"
    elif study.plan is None and [one.name for one in study.inputs] != [one.name for one in other.inputs]:
        rule = f"has other inputs than {study.name}: both ends of a waterfall need the same"
    if rule is not None:
        raise InputError(Fault(None, "against", other.name, rule))
    return other


def _output(model: Model, output: str | None) -> str:
    """The name of a continuous output; by default "npv" or the model's first."""
    names = [one.key for one in default_outputs(model)]
    output = output or ("npv" if "npv" in names else names[0])
    if model.outputs[model.output_index(output)].kind == YEAR:
        rule = "may be 'never', so differences of it cannot be taken; ask for npv or another output"
        raise InputError(Fault(None, "output", output, rule))
    return output


def _check_orders(permutations: int | None) -> None:
    whole = isinstance(permutations, int) and not isinstance(permutations, bool)
    if permutations is not None and not (whole and 2 <= permutations <= MOST_ORDERS):
        rule = f"must be a whole number from 2 to {MOST_ORDERS}: random orders a replicate"
        raise InputError(Fault(None, "permutations", permutations, rule))


def _ends(studies: Sequence[Study], at: str) -> Ends:
    """Both values of every input that either study uses, by name in declared order.

    Under another accounting a study of the same plan uses other inputs; it has values for these too.
    """
    used = {spec.name for study in studies for spec in study.inputs}
    values = []
    for study in studies:
        own = study.baseline(at)
        if study.plan is not None and used - own.keys():
            own = replace(study, inputs=study.plan.inputs).baseline(at)
        values.append(own)
    order = [*values[0], *(name for name in values[1] if name not in values[0])]
    return {name: (values[0][name], values[1][name]) for name in order if name in used}


def _players(studies: Sequence[Study], ends: Ends, groups: Groups | None, at: str) -> dict[str, tuple[str, ...]]:
    """The steps' names with their inputs: the inputs and groups of them that differ, then the options that do."""
    first, second = studies
    differing = [name for name, (old, new) in ends.items() if old != new]
    options = option_names(studies)
    taken = [Fault(None, f"group {name}", None, "is the name of an option") for name in groups or {} if name in options]
    if taken:
        raise InputError(taken)
    players = partition(differing, tuple(ends), groups) | dict.fromkeys(options, ())
    if not players:
        cure = "; at the plan's values assumption sets do not count" if at == "plan" else ""
        raise AnswerNo(
            f"{first.name} and {second.name} have the same options and, at their {AT[at]}, the same inputs, so there "
            f"is no difference to share out{cure}"
        )
    return players


def _rows(corners: Corners, seed: int, pairs: int, replicates: int, threads: int | None) -> NDArray[np.float64]:
    """The steps of every replicate of random orders, float64 (replicates, players)."""

    def work(index: int, stop: Any) -> NDArray[np.float64]:
        return corners.sampled(seed, index, pairs)

    return np.array(list(in_order(work, range(replicates), threads or default_threads())))


def _steps(corners: Corners, rows: NDArray[np.float64]) -> tuple[tuple[Step, ...], NDArray[np.float64]]:
    """The steps, largest first, and the rows in their order."""
    first, last = corners.alone()
    pooled = rows.mean(axis=0)
    order = np.argsort(-np.abs(pooled), kind="stable")
    names = list(corners.players)
    steps = tuple(
        Step(
            names[j],
            _changes(corners, names[j]),
            interval(float(pooled[j]), rows[:, j]) if len(rows) > 1 else Statistic(float(pooled[j])),
            float(first[j]),
            float(last[j]),
        )
        for j in order
    )
    return steps, rows[:, order]


def _changes(corners: Corners, name: str) -> Mapping[str, tuple[float | str, float | str]]:
    """From what to what the inputs of a player, or the option of its name, change."""
    members = corners.players[name]
    if members:
        return {member: corners.ends[member] for member in members}
    old, new = (getattr(study.options, name) for study in corners.studies)
    return {name: (old, new)}


def _simulated(
    study: Study, output: str, replicates: int, seed: int, threads: int | None, model: Model | None
) -> Statistic | None:
    """The mean of the simulated output with its interval; None where nothing is uncertain."""
    if not study.uncertain:
        return None
    sample = draw_sample(study, output=output, n=DRAWS, replicates=replicates, seed=seed, model=model, threads=threads)
    means = sample.y[:, 0].mean(axis=1)
    return skewed_interval(float(means.mean()), means)


def _told(corners: Corners, groups: Groups | None, exact: bool) -> Iterator[str]:
    """What the reader must know of how the steps were made."""
    players, (first, second) = len(corners.players), corners.studies
    if not exact:
        yield (
            f"{players} steps are too many for all their orders (up to {EXACT} are exact; --group makes fewer), so "
            "each effect is a mean over random orders, with the error of that; they add up all the same"
        )
    for group, members in (groups or {}).items():
        same = [name for name in members if corners.ends[name][0] == corners.ends[name][1]]
        if same:
            some = "no step, as its inputs are" if len(same) == len(members) else f"{', '.join(same)} left out, as"
            yield f"group {group}: {some} the same in {first.name} and {second.name}"
