"""The names of the sensitivity methods, and finding what a name stands for; light, as the help needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from mcengine.errors import Fault, InputError, nearest_name

METHODS: dict[str, str] = {
    "sobol": "mcengine.analysis.sobol:sobol",
    "shapley": "mcengine.analysis.shapley:shapley",
    "morris": "mcengine.analysis.salib_morris:morris",
    "pawn": "mcengine.analysis.salib_pawn:pawn",
    "delta": "mcengine.analysis.salib_delta:delta",
    "rbd-fast": "mcengine.analysis.salib_rbd_fast:rbd_fast",
    "tornado": "mcengine.analysis.tornado:tornado",
    "break-even": "mcengine.analysis.break_even:break_even",
    "waterfall": "mcengine.analysis.waterfall:waterfall",
    "evppi": "mcengine.analysis.evppi:evppi",
    "boxes": "mcengine.analysis.boxes:boxes",
    "tail": "mcengine.analysis.tail:tail",
    "luck": "mcengine.analysis.luck:luck",
}
"""Method -> "module:function"; a method is described in `analysis.sensitivity`."""

DEFAULT_METHOD = "sobol"


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
