"""The analyses that a study asks for in its own `[sensitivity]` table, and that `run` then does.

[sensitivity]
methods = ["sobol", "tornado", "waterfall"]
output = "npv"                      # of every method; may be left out

[sensitivity.waterfall]             # a method's own options, by the names of its Python function
against = "sceptical"               # a study: a bundled name, or a path from this study's file
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcengine.analysis.methods import METHODS, find
from mcengine.analysis.sensitivity import LUCK, Sensitivity, answer
from mcengine.errors import AnswerNo, Fault, InputError, nearest_name
from mcengine.inputs.plan import PIPELINE
from mcengine.inputs.study import Study, load_study
from mcengine.models.model import Model

_SHARED = ("methods", "output")
_NOT_OPTIONS = ("study", "model", "seed", "threads", "block", "observer")
_STUDY, _STUDIES = "against", "alternatives"


@dataclass(frozen=True)
class Asked:
    """One analysis of a study: the method's name and its options, studies among them loaded."""

    method: str
    options: Mapping[str, Any]


def asked_analyses(study: Study) -> tuple[Asked, ...]:
    """What the study's `[sensitivity]` asks for, in its order; nothing when it has none.

    Raises
    ------
    InputError  an unknown method, option or study, all at once, with file, key and the nearest name.
    """
    table = study.sensitivity
    methods = table.get("methods", ())
    faults: list[Fault] = []

    def add(key: str, value: Any, rule: str, nearest: str | None = None) -> None:
        faults.append(Fault(study.file, f"sensitivity.{key}", value, rule, nearest))

    if isinstance(methods, str) or not all(isinstance(name, str) for name in methods):
        add("methods", methods, "must be a list of methods' names")
        raise InputError(faults)
    for key in table:
        if key not in (*_SHARED, *METHODS):
            add(key, None, "is neither an option of all methods nor a method", nearest_name(key, [*_SHARED, *METHODS]))
        elif key in METHODS and key not in methods:
            add(key, None, f"has options, but methods does not name {key}")
    found = []
    for name in methods:
        if name not in METHODS:
            add(
                "methods", name, f"there is no such method; there are {', '.join(METHODS)}", nearest_name(name, METHODS)
            )
            continue
        own = table.get(name, {})
        if not isinstance(own, Mapping):
            add(name, own, "must be a table of options")
            continue
        shared = {"output": table["output"]} if "output" in table else {}
        found.append(Asked(name, shared | dict(_options(study, name, own, add))))
    if faults:
        raise InputError(faults)
    return tuple(found)


def _options(
    study: Study, method: str, table: Mapping[str, Any], add: Callable[..., None]
) -> Iterator[tuple[str, Any]]:
    """(option, value) of a method's own table."""
    known = [name for name in inspect.signature(find(METHODS, method)).parameters if name not in _NOT_OPTIONS]
    for name, value in table.items():
        if name not in known:
            rule = f"is not an option of {method}; there are {', '.join(known)}"
            add(f"{method}.{name}", value, rule, nearest_name(name, known))
        elif name == _STUDY:
            yield name, _study(study, value)
        elif name == _STUDIES:
            yield name, tuple(_study(study, one) for one in value)
        else:
            yield name, value


def _study(study: Study, name: str) -> Study:
    """The study of a name, or of a path from the folder of `study`'s file."""
    beside = Path(study.file).parent / name
    return load_study(beside if name.endswith(".toml") and beside.is_file() else name)


def analyse(study: Study, asked: Asked, *, seed: int, model: Model, threads: int | None = None) -> Sensitivity:
    """Do one of the analyses; a method that draws nothing takes no seed.

    A study under pipeline accounting whose run leaves luck out may still ask for its split: that is of the same study
    with luck.

    Raises
    ------
    AnswerNo  luck is asked for where the accounting, set otherwise for this run, knows none; else the method's own
    """
    if asked.method == LUCK and study.plan is not None and not study.options.luck:
        if study.options.accounting != PIPELINE:
            raise AnswerNo(f"{study.options.accounting} accounting has no luck to set apart")
        study = replace(study, options=replace(study.options, luck=True))
    function = find(METHODS, asked.method)
    known = inspect.signature(function).parameters
    offered = {"seed": seed, "model": model, "threads": threads}
    options = {name: value for name, value in offered.items() if name in known} | dict(asked.options)
    found: Sensitivity = answer(asked.method, study, options)
    return found
