"""The assumption sets that a value is compared with: a study's own and those bundled for its plan."""

from __future__ import annotations

from collections.abc import Sequence

from mcengine.errors import Fault, InputError
from mcengine.families import Distribution
from mcengine.families.constant import Constant
from mcengine.inputs.assumption_file import Library
from mcengine.inputs.assumptions import AssumptionSet
from mcengine.inputs.catalog import assumption_sets, find
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.study import Study
from mcengine.inputs.toml import Reader


def choose_sets(study: Study, names: Sequence[str] | None) -> tuple[tuple[AssumptionSet, ...], tuple[str, ...]]:
    """The sets by name or path, or when None the study's own and every bundled one for its plan; and notes.

    Unless named, a set without rows is left out, and a bundled one that says of every input of this study what an
    earlier one says. Of a set that the study has itself, its own copy is taken.

    Raises
    ------
    InputError  a set that does not exist or does not fit; every fault at once.
    """
    own = {member.set.name: member.set for member in study.sets}
    plan = study.plan
    library = Library(study.inputs if plan is None else plan.inputs, Reader(), None if plan is None else plan.name)
    if names is None:
        found, notes = _bundled(study, library)
        merged = {name: own.get(name, one) for name, one in found.items()} | own
        kept: list[AssumptionSet] = []
        for one in merged.values():
            if one.assumptions and (one.name in own or not any(_agree(one, other, study) for other in kept)):
                kept.append(one)
        return tuple(kept), notes
    faults: list[Fault] = []
    chosen: dict[str, AssumptionSet] = {}
    for name in [names] if isinstance(names, str) else names:
        try:
            one = own[name] if name in own else library.load(name, key="sets")
            chosen[one.name] = one
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return tuple(chosen.values()), ()


def _bundled(study: Study, library: Library) -> tuple[dict[str, AssumptionSet], tuple[str, ...]]:
    """The bundled sets for the study's plan, by name in listing order; and which do not fit it."""
    found: dict[str, AssumptionSet] = {}
    notes = []
    for name in assumption_sets() if study.plan is not None else ():
        if Reader().toml(find("assumption set", name)).get("plan") != library.plan:
            continue
        try:
            found[name] = library.load(name)
        except InputError as error:
            notes.append(f"assumption set {name} is left out, it does not fit this plan: {error.faults[0]}")
    return found, tuple(notes)


def _agree(one: AssumptionSet, other: AssumptionSet, study: Study) -> bool:
    """Whether two sets say the same of every input of the study."""
    return all(law_of(one, spec) == law_of(other, spec) for spec in study.inputs)


def law_of(assumptions: AssumptionSet, spec: InputSpec) -> Distribution:
    """What `assumptions` say of one input; without a row it is fixed at the plan's value."""
    row = assumptions.row(spec.name)
    return Constant({"value": spec.value}, spec.value) if row is None else row.distribution
