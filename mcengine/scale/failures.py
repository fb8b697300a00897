"""What is kept of a run that failed: its cause, the first draws that cannot be, and how to compute one again."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Mapping
from typing import Any

from mcengine.engine.problem import Problem
from mcengine.errors import InputError, McEngineError, NonFiniteError
from mcengine.inputs.catalog import find, shown
from mcengine.scale.manifest import Manifest
from mcengine.scale.plan import PlannedRun


def describe_failure(
    run: PlannedRun, manifest: Manifest, stage: str, error: BaseException, problem: Problem | None
) -> dict[str, Any]:
    """The failure as plain data.

    stage    what was being done: "run", or the method of an analysis
    problem  what was computed, where it came that far; gives the inputs of every draw that the error names
    """
    data: dict[str, Any] = {
        "run": run.slug,
        "study": run.cell.study,
        "settings": dict(run.cell.settings),
        "stage": stage,
        "error": type(error).__name__,
        "cause": cause_of(error),
    }
    if isinstance(error, InputError):
        data["faults"] = [str(fault) for fault in error.faults]
    if isinstance(error, NonFiniteError):
        draws = _draws(error, problem)
        data |= {"output": error.output, "draws": draws, "replay": _command(run, manifest, draws[0]["inputs"])}
    elif not isinstance(error, McEngineError):
        data["traceback"] = "".join(traceback.format_exception(error)).splitlines()
    return data


def cause_of(error: BaseException) -> str:
    """One line that says what went wrong."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"not enough memory{': ' + text if text else ''}"
    if isinstance(error, McEngineError):
        return text
    return f"{type(error).__name__}: {text}"


def _draws(error: NonFiniteError, problem: Problem | None) -> list[dict[str, Any]]:
    """Address and inputs of the draws that the error names; of the first alone without a problem."""
    if problem is None:
        (replicate, draw), *_ = error.draws
        return [{"replicate": replicate, "draw": draw, "inputs": dict(error.inputs)}]
    found = []
    for replicate, draw in error.draws:
        x, _ = problem.draws(replicate, draw, 1)
        inputs = dict(zip(problem.model.inputs, x[:, 0].tolist(), strict=True))
        found.append({"replicate": replicate, "draw": draw, "inputs": inputs})
    return found


def _command(run: PlannedRun, manifest: Manifest, inputs: Mapping[str, float]) -> str:
    """The command that evaluates the study at the inputs of one draw."""
    study = run.cell.study
    path = find("study", study, relative_to=manifest.folder)
    try:
        here = find("study", study).resolve() == path.resolve()
    except InputError:
        here = False
    study = study if here else shown(path)
    settings = {name: value for name, value in run.cell.settings.items() if name not in inputs} | dict(inputs)
    words = ["mcengine", "evaluate", study]
    for name, value in settings.items():
        words += ["--set", f"{name}={value!r}" if not isinstance(value, str) else f"{name}={value}"]
    return shlex.join(words)
