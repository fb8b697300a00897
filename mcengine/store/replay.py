"""Compute a stored run again and compare; or one draw of it alone.

>>> from mcengine.store.replay import parse_draw
>>> parse_draw("3:17")
(3, 17)
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcengine.analysis.result import NEVER, Result
from mcengine.analysis.simulate import run
from mcengine.analysis.until import DEFAULT_CAP
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.run import Observer, digest
from mcengine.errors import Fault, InputError
from mcengine.models.model import YEAR, Model
from mcengine.store.difference import first_in_rows, first_in_summary
from mcengine.store.provenance import processor, same_processor, versions
from mcengine.store.results import MODEL, STUDY, SUMMARY, StoredRun, read_run

UNLIMITED = "inf"
"""An unlimited supply, as `--set` takes it: JSON has no number for it."""

ACROSS_PROCESSORS = 1e-12
"""Relative difference allowed between types of processor; on one type the bits are the same."""

_COMPARED = ("study", "seed", "sampler", "draws", "replicates", "outputs", "sets", "years")


@dataclass(frozen=True, slots=True)
class Value:
    """A named number with its unit; "never" for a year that does not come, "inf" for an unlimited supply."""

    name: str
    value: float | str
    unit: str


@dataclass(frozen=True, slots=True)
class ReplayedDraw:
    """One draw, computed alone: its address, the assumption set it belongs to, its inputs and outputs.

    set: None unless the study pools several sets; inputs in the model's order; outputs: all of the model's.
    """

    replicate: int
    draw: int
    set: str | None
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found.

    directory         the run's folder
    identical         whether every stored number came out again: the same bits, or within `tolerance` where
                      the processor is of another type; None for one draw, as nothing of it is stored
    first_difference  the first number that differs, with both values
    digest            of the replicates as computed now; `stored_digest` as recorded
    tolerance         0.0 (bit by bit) or `ACROSS_PROCESSORS`
    notes             what differs about the machine, the software or the files
    result, draw      what was computed: the whole run, or one draw
    """

    directory: Path
    identical: bool | None
    first_difference: str | None
    stored_digest: str
    digest: str | None
    tolerance: float
    notes: tuple[str, ...]
    result: Result | None = None
    draw: ReplayedDraw | None = None


def replay(
    directory: str | os.PathLike[str],
    *,
    draw: tuple[int, int] | None = None,
    threads: int | None = None,
    model: Model | None = None,
    observer: Callable[[Problem, int], Observer] | None = None,
) -> Replay:
    """Compute the run in `directory` again from its stored study, seed, sampler and draws, and compare.

    draw      (replicate, draw), both from 0: compute that draw alone, with its inputs and all outputs
    threads   how many to use; they change no bit
    model     the model, where `run` was given one of the caller's own
    observer  as in `run`

    Raises
    ------
    InputError      not a sound run folder, or a draw outside the run
    NonFiniteError  an output is NaN or infinite, though it was not when the run was made
    """
    stored = read_run(directory, verify=(STUDY, MODEL))
    notes = _notes(stored)
    tolerance = 0.0 if _same_machine(stored) else ACROSS_PROCESSORS
    known = stored.provenance
    outputs = tuple(str(name) for name in known["outputs"])
    if draw is not None:
        _check_draw(draw, known["replicates"], known["draws_per_replicate"])
        problem = build_problem(
            stored.study,
            seed=known["seed"],
            draws=known["draws_per_replicate"],
            sampler=known["sampler"],
            outputs=outputs,
            model=model,
            luck=True,
        )
        alone = replay_draw(problem, *draw)
        return Replay(stored.directory, None, None, known["digest"], None, tolerance, notes, draw=alone)
    until = stored.summary.get("until") or {}
    replicates = until.get("first_replicates", known["replicates"])
    result = run(
        stored.study,
        draws=replicates * known["draws_per_replicate"],
        replicates=replicates,
        until=until.get("asked"),
        cap=until.get("cap", DEFAULT_CAP),
        looks=until.get("looks"),
        seed=known["seed"],
        sampler=known["sampler"],
        outputs=outputs,
        model=model,
        threads=threads,
        observer=observer,
    )
    found = first_difference(stored, result, tolerance)
    return Replay(
        stored.directory,
        found is None,
        found,
        known["digest"],
        result.digest,
        tolerance,
        notes,
        result=result,
    )


def first_difference(stored: StoredRun, result: Result, tolerance: float) -> str | None:
    """The first stored number that `result` does not have: in the replicates, the summary, the digests."""
    names, rows = (stored.columns, result.columns), (stored.rows, result.rows)
    found = first_in_rows(names, rows, tolerance)
    if found is not None:
        return found
    present = result.to_dict()
    compared = {key: stored.summary.get(key) for key in _COMPARED}
    found = first_in_summary(compared, present, tolerance)
    if found is not None:
        return f"{SUMMARY}, {found}"
    expected = digest(stored.rows) if tolerance else result.digest
    for place, recorded in (
        ("provenance.json", stored.provenance["digest"]),
        (SUMMARY, stored.summary.get("digest")),
    ):
        if recorded != expected:
            return f"{place}, digest: stored {recorded}, now {expected}"
    return None


def replay_draw(problem: Problem, replicate: int, draw: int) -> ReplayedDraw:
    """Draw `draw` of `replicate` of a problem, computed alone."""
    x, out = problem.draws(replicate, draw, 1)
    units = {spec.name: spec.unit for spec in problem.study.inputs}
    inputs = tuple(
        Value(name, UNLIMITED if value == np.inf else value, units.get(name, "1"))
        for name, value in zip(problem.model.inputs, x[:, 0].tolist(), strict=True)
    )
    outputs = tuple(
        Value(o.key, NEVER if o.kind == YEAR and value == np.inf else value, o.unit)
        for o, value in zip(problem.model.outputs, out[:, 0].tolist(), strict=True)
    )
    return ReplayedDraw(
        replicate, draw, problem.set_of(replicate, draw) if len(problem.groups) > 1 else None, inputs, outputs
    )


def parse_draw(text: str) -> tuple[int, int]:
    """(replicate, draw) from "r:i". Raises InputError for anything else."""
    if not re.fullmatch(r"[0-9]{1,18}:[0-9]{1,18}", text, flags=re.ASCII):
        rule = "must be replicate:draw, two whole numbers counted from 0, as in 3:17"
        raise InputError(Fault(None, "--draw", text, rule))
    replicate, _, draw = text.partition(":")
    return int(replicate), int(draw)


def _check_draw(draw: tuple[int, int], replicates: int, draws: int) -> None:
    """Refuse an address outside the run, with every fault."""
    faults = []
    for what, value, count in (("replicate", draw[0], replicates), ("draw", draw[1], draws)):
        if not 0 <= value < count:
            size = f"the run has {replicates} replicates of {draws:,} draws"
            rule = f"the {what} must be from 0 to {count - 1:,}: {size}"
            faults.append(Fault(None, "--draw", f"{draw[0]}:{draw[1]}", rule))
    if faults:
        raise InputError(faults)


def _same_machine(stored: StoredRun) -> bool:
    return same_processor(stored.provenance["processor"], processor())


def _notes(stored: StoredRun) -> tuple[str, ...]:
    """What differs between then and now, short of the numbers."""
    notes = []
    if not _same_machine(stored):
        then, now = stored.provenance["processor"].get("model", "unknown"), processor()["model"]
        notes.append(
            f"computed on another type of processor ({then}; this one: {now}): "
            f"compared to {ACROSS_PROCESSORS:g} relative instead of bit by bit"
        )
    recorded = stored.provenance["versions"]
    for name, version in versions().items():
        if recorded.get(name) != version:
            notes.append(f"{name} was {recorded.get(name, 'unknown')}, is now {version}")
    notes += [f"{name} is not the file that the run wrote" for name in stored.changed]
    return tuple(notes)
