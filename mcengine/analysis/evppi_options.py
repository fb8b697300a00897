"""The options of a decision: not going ahead, the study's plan, and other designs of it, on the same draws.

What is not known is the same whatever is decided, so there is one sample: the study's. An alternative says what the
decision would change of it: inputs it fixes, options such as its years, and its own plan, with that plan's values for
inputs that nothing else fixes. All other inputs keep the study's draws, draw by draw (common random numbers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.sample import Sample
from mcengine.errors import Fault, InputError, NonFiniteError, nearest_name
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model

Array = NDArray[np.float64]
Alternatives = Sequence[Study] | Mapping[str, Study]

NO_GO = "no-go"


@dataclass(frozen=True)
class Option:
    """One thing that may be decided.

    differs  how an alternative differs from the study, "leverage = 2, horizon 2050"; "" for the study and no-go
    study, model  what computes its net benefit; None for no-go, whose net benefit is 0
    """

    name: str
    differs: str = ""
    study: Study | None = None
    model: Model | None = None


def decision_options(study: Study, model: Model, output: str, alternatives: Alternatives) -> tuple[Option, ...]:
    """No-go, the study and its alternatives, by name; a nameless one goes by its study's name and its difference.

    Raises
    ------
    InputError  every alternative that is no option beside the study, and why.
    """
    found = [Option(NO_GO), Option(study.name, "", study, model)]
    named = alternatives.items() if isinstance(alternatives, Mapping) else [(None, other) for other in alternatives]
    faults: list[Fault] = []
    for place, (given, other) in enumerate(named):
        differs = ", ".join(_differences(study, other))
        taken = {option.name for option in found}
        name = given or (f"{other.name} ({differs})" if other.name in taken else other.name)
        key = f"alternative {given or place + 1}"
        wrong = [Fault(other.file, key, name, rule) for rule in _refusals(study, other, differs, name in taken)]
        try:
            own = model if wrong else _model_of(study, model, other)
            wrong += [] if wrong else list(_without_output(own, model, output, key, other))
        except InputError as error:
            wrong += error.faults
        faults += wrong
        if not wrong:
            found.append(Option(name, differs, other, own))
    if faults:
        raise InputError(faults)
    return tuple(found)


def _changes(study: Study, other: Study) -> dict[str, tuple[float, tuple[int, ...]]]:
    """What an alternative puts in place of the study's draws: (value, the sets whose draws it is for) by input.

    What it fixes holds for every draw. An input that the study does not fix and a set has no row for is, in that
    set's draws, at the plan's value: the alternative's own plan.
    """
    found = {}
    every = tuple(range(len(study.sets)))
    for spec, own in zip(study.inputs, other.inputs, strict=True):
        name = spec.name
        rowless = tuple(g for g in every if study.sets[g].set.row(name) is None)
        if name in other.fixed:
            known = study.fixed.get(name, spec.value if rowless == every else None)
            if other.fixed[name] != known:
                found[name] = other.fixed[name], every
        elif name not in study.fixed and rowless and own.value != spec.value:
            found[name] = own.value, rowless
    return found


def _differences(study: Study, other: Study) -> Iterator[str]:
    """What the alternative changes, as texts; other inputs and assumptions are no difference but a fault."""
    if _inputs(study) == _inputs(other):
        yield from (f"{name} = {value:.10g}" for name, (value, _) in _changes(study, other).items())
    kept = asdict(study.options)
    yield from (f"{name} {value}" for name, value in asdict(other.options).items() if value != kept[name])
    if study.model != other.model:
        yield f"model {other.model}"
    elif study.plan is not None and other.plan is not None and study.plan != other.plan:
        yield f"plan {other.plan.name}"


def _inputs(study: Study) -> list[str]:
    return [spec.name for spec in study.inputs]


def _refusals(study: Study, other: Study, differs: str, taken: bool) -> Iterator[str]:
    """Why `other` is no option beside the study."""
    if _inputs(study) != _inputs(other):
        yield f"has other inputs than {study.name}, so that study's draws are not its draws"
        return
    if other.sets != study.sets:
        own, theirs = (", ".join(member.set.name for member in s.sets) or "none" for s in (study, other))
        yield (
            f"rests on other assumptions ({theirs}) than {study.name} ({own}): what is not known is the same whatever "
            "is decided. An option may differ in its plan, its fixed inputs and its options"
        )
    elif not differs:
        yield f"is {study.name} itself: nothing differs"
    if taken:
        yield "is the name of another option; hand the alternatives as a mapping with names of your own"


def _model_of(study: Study, model: Model, other: Study) -> Model:
    """The model of an alternative: the study's own where plan, options and model are the same."""
    if (other.plan, other.options, other.model) == (study.plan, study.options, study.model):
        return model
    if _code(build_model(study)) is not _code(model) and _code(build_model(study)) != _code(model):
        rule = f"differs in plan, options or model, which the model given ({model.name}) cannot follow"
        raise InputError(Fault(other.file, "alternatives", other.name, rule))
    return build_model(other)


def _code(model: Model) -> Any:
    rows = getattr(model.rows, "py_func", model.rows)
    return getattr(rows, "__code__", rows)


def _without_output(own: Model, model: Model, output: str, key: str, other: Study) -> Iterator[Fault]:
    """The fault of an alternative whose model has no such output, or has it in another unit."""
    keys = [o.key for o in own.outputs]
    if output not in keys:
        yield Fault(other.file, key, output, "is not an output of this alternative", nearest_name(output, keys))
        return
    unit, wanted = (m.outputs[m.output_index(output)].unit for m in (own, model))
    if unit != wanted:
        yield Fault(other.file, key, unit, f"{output} is in {wanted} in the study")


def net_benefits(sample: Sample, study: Study, options: Sequence[Option]) -> Array:
    """Net benefit of every option on every draw, float64 (replicates, options, n), in the output's unit.

    Raises
    ------
    NonFiniteError  an alternative's output is NaN or infinite in some draw.
    """
    found = np.zeros((sample.replicates, len(options), sample.n))
    found[:, 1] = sample.y[:, 0]
    others = range(2, len(options))
    for r in range(sample.replicates if others else 0):
        x, group = sample.problem.inputs(r, 0, sample.n)
        for k in others:
            found[r, k] = _benefit(options[k], study, sample.outputs[0], x, group, r)
    return found


def _benefit(option: Option, study: Study, output: str, x: Array, group: NDArray[np.int64], replicate: int) -> Array:
    """The alternative's output over the study's draws x, float64 (inputs, n), of replicate's sets `group`."""
    assert option.study is not None
    assert option.model is not None
    own = x.copy()
    for name, (value, sets) in _changes(study, option.study).items():
        own[option.model.inputs.index(name), np.isin(group, sets)] = value
    row = option.model.output_index(output)
    y: Array = option.model.evaluate(own, headline_only=row < len(option.model.headline_outputs))[row]
    bad = np.flatnonzero(~np.isfinite(y))
    if len(bad):
        inputs = dict(zip(option.model.inputs, own[:, bad[0]].tolist(), strict=True))
        addresses = tuple((replicate, int(i)) for i in bad[:5])
        raise NonFiniteError(f"{output} of {option.name}", addresses, inputs, len(bad))
    return y
