"""A study made of an assumption set alone: the plan it names, with nothing else chosen."""

from __future__ import annotations

from dataclasses import replace

from mcengine.errors import Fault, InputError
from mcengine.inputs.catalog import find, shown
from mcengine.inputs.study import Study
from mcengine.inputs.study_file import parse_study
from mcengine.inputs.toml import Reader


def study_of_set(name: str) -> Study:
    """The study of the assumption set `name` (bundled, or a file) under the plan that the set names.

    It goes by the set's name, title and description. Raises InputError with every fault.
    """
    path = find("assumption set", name)
    plan = Reader().toml(path).get("plan")
    if not isinstance(plan, str):
        rule = "the set names no plan: start from a study that names both"
        raise InputError(Fault(shown(path), "plan", plan, rule))
    head = {"schema": 1, "name": path.stem, "title": {"en": path.stem, "nl": path.stem}, "plan": plan}
    study = parse_study(head | {"assumptions": str(path.resolve())}, path, Reader())
    chosen = study.sets[0].set
    return replace(study, name=chosen.name, title=chosen.title, description=chosen.description)
