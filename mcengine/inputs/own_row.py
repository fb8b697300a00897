"""A study with one assumption of the user's own, checked as the row of a file is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.resolved import parse_resolved, study_data

if TYPE_CHECKING:
    from mcengine.inputs.study import Study

OWN = "_own"
_CHANGED = {"en": "changed", "nl": "gewijzigd"}


def with_row(study: Study, name: str, given: Mapping[str, Any]) -> Study:
    """`study` with the row of the input `name` replaced, or added, in each of its sets; `given` as in a file.

    Study and sets get "_own" behind their names and the input's behind their titles, as they are no longer those of
    the files. Raises InputError with every fault.
    """
    names = [spec.name for spec in study.inputs]
    if name not in names:
        raise InputError(Fault(study.file, "input", name, "is not an input of this study", nearest_name(name, names)))
    if not study.sets:
        rule = "has no assumption set to change; start from one that has, as evidence"
        raise InputError(Fault(study.file, "study", study.name, rule))
    data = study_data(study)
    unit = next(spec.unit for spec in study.inputs if spec.name == name)
    row = {"input": name, "unit": unit, **{key: value for key, value in given.items() if value is not None}}
    for one in data["sets"]:
        places = [k for k, old in enumerate(one["assumptions"]) if old["input"] == name]
        if places:
            one["assumptions"][places[0]] = row
        else:
            one["assumptions"].append(row)
    for one in (data, *data["sets"]):
        one["name"] = one["name"].removesuffix(OWN) + OWN
        one["title"] = {code: f"{text}; {name} {_CHANGED.get(code, '')}" for code, text in one["title"].items()}
    return parse_resolved(data, study.file)
