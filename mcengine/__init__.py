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

from mcengine.version import __version__ as __version__

if TYPE_CHECKING:
    from mcengine.analysis.evaluation import evaluate
    from mcengine.analysis.optimise import optimise
    from mcengine.analysis.result import Result
    from mcengine.analysis.sensitivity import sensitivity
    from mcengine.analysis.simulate import run
    from mcengine.errors import McEngineError
    from mcengine.inputs.assumptions import Assumption, AssumptionSet, Evidence
    from mcengine.inputs.plan import Plan
    from mcengine.inputs.study import Study, load_study
    from mcengine.models.model import Model
    from mcengine.report.compared import compare
    from mcengine.report.save import save
    from mcengine.store.replay import replay

__all__ = [
    "Assumption",
    "AssumptionSet",
    "Evidence",
    "McEngineError",
    "Model",
    "Plan",
    "Result",
    "Study",
    "compare",
    "evaluate",
    "load_study",
    "optimise",
    "replay",
    "run",
    "save",
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
    "compare": "mcengine.report.compared",
    "evaluate": "mcengine.analysis.evaluation",
    "load_study": "mcengine.inputs.study",
    "optimise": "mcengine.analysis.optimise",
    "replay": "mcengine.store.replay",
    "run": "mcengine.analysis.simulate",
    "save": "mcengine.report.save",
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
