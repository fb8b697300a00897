"""`sensitivity`: one question to a study by the name of a method.

A method is a function (study, *, output, n, replicates, seed, ...) -> a result with `method` and `to_dict()`, found in
`methods.METHODS` by its name and loaded when asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from mcengine.analysis.methods import DEFAULT_METHOD, METHODS, find
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study
from mcengine.models.build import build_model

LUCK = "luck"
EXPECTED = (
    "this study has luck, which this method leaves out: what it analyses is the expected value given the assumptions; "
    "the method luck says how much of the spread that is"
)


class Sensitivity(Protocol):
    """What every method answers with."""

    @property
    def method(self) -> str:
        """The method's name."""

    @property
    def study(self) -> Study:
        """What was analysed."""

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data, as `--json` prints it."""


def sensitivity(study: Study, method: str = DEFAULT_METHOD, **options: Any) -> Any:
    """Analyse `study` by `method`; an option left out or None takes the method's default.

    Options of every method are output, seed and model, of those that sample also n (base points a replicate),
    replicates and threads; the method's own function documents the rest (for "sobol": `analysis.sobol.sobol`).

    Raises
    ------
    InputError  an unknown method or option (names the nearest), or an option that cannot be
    """
    function = find(METHODS, method)
    known = [name for name in inspect.signature(function).parameters if name != "study"]
    wrong = [name for name in options if name not in known and options[name] is not None]
    if wrong:
        rule = f"is not an option of {method}; there are {', '.join(known)}"
        raise InputError([Fault(None, name, options[name], rule, nearest_name(name, known)) for name in wrong])
    return answer(method, study, {name: value for name, value in options.items() if value is not None})


def answer(method: str, study: Study, options: Mapping[str, Any]) -> Any:
    """The result of a method; of a study with luck its expected value is analysed, as the notes then say.

    Only the method luck draws luck: what the others are about is what more knowledge could change.

    Raises
    ------
    InputError  a model of the user's own that has luck and so no expected value; else the method's own errors
    """
    function, model = find(METHODS, method), options.get("model")
    lucky = study.options.luck or (model is not None and bool(model.luck))
    if method == LUCK or not lucky:
        return function(study, **options)
    if model is not None and study.plan is None:
        rule = f"cannot analyse the model {model.name}, which has luck and no expected value; the method luck can"
        raise InputError(Fault(study.file, "method", method, rule))
    expected = build_model(study) if model is not None and model.luck else model
    result = function(study, **{**options, "model": expected})
    return replace(result, notes=(*result.notes, EXPECTED))
