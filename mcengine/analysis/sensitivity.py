"""`sensitivity`: one question to a study by the name of a method.

A method is a function (study, *, output, n, replicates, seed, ...) -> a result with `method` and `to_dict()`, found in
`METHODS` by its name and loaded when asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study

METHODS: dict[str, str] = {
    "sobol": "mcengine.analysis.sobol:sobol",
}
"""Method -> "module:function"."""

DEFAULT_METHOD = "sobol"


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


def find(table: Mapping[str, str], method: str) -> Callable[..., Any]:
    """The function of `method` in a table of "module:function".

    Raises
    ------
    InputError  there is no such method; names the nearest.
    """
    if method not in table:
        rule = f"is not a method; there are {', '.join(table)}"
        raise InputError(Fault(None, "method", method, rule, nearest_name(method, table)))
    module, _, function = table[method].partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


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
    return function(study, **{name: value for name, value in options.items() if value is not None})
