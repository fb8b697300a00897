"""mcengine: how likely is it that a public investment plan pays, and what decides that.

    >>> import mcengine
    >>> study = mcengine.load_study("replica")
    >>> round(mcengine.evaluate(study).outputs["npv"], 2)
    1478.13

The names below are loaded when first used (PEP 562), so that `mcengine --help` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcengine.analysis.evaluation import evaluate
    from mcengine.analysis.result import Result
    from mcengine.analysis.sensitivity import sensitivity
    from mcengine.analysis.simulate import run
    from mcengine.errors import McEngineError
    from mcengine.inputs.assumptions import Assumption, AssumptionSet, Evidence
    from mcengine.inputs.plan import Plan
    from mcengine.inputs.study import Study, load_study
    from mcengine.models.model import Model
    from mcengine.store.replay import replay

__version__ = "0.1.0"

__all__ = [
    "Assumption",
    "AssumptionSet",
    "Evidence",
    "McEngineError",
    "Model",
    "Plan",
    "Result",
    "Study",
    "evaluate",
    "load_study",
    "replay",
    "run",
    "sensitivity",
]

_HOME = {
    "Assumption": "mcengine.inputs.assumptions",
    "AssumptionSet": "mcengine.inputs.assumptions",
    "Evidence": "mcengine.inputs.assumptions",
    "McEngineError": "mcengine.errors",
    "Model": "mcengine.models.model",
    "Plan": "mcengine.inputs.plan",
    "Result": "mcengine.analysis.result",
    "Study": "mcengine.inputs.study",
    "evaluate": "mcengine.analysis.evaluation",
    "load_study": "mcengine.inputs.study",
    "replay": "mcengine.store.replay",
    "run": "mcengine.analysis.simulate",
    "sensitivity": "mcengine.analysis.sensitivity",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mcengine' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
