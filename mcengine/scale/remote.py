"""What a worker of a cluster does: it says what it is, and computes replicates of a run that is described to it.

Everything crosses the network as plain values: an `Order` goes out with every task, packed, some 10 kB; what comes
back is one `Answer`. A worker builds the problem of an order once and keeps the last few.
"""

from __future__ import annotations

import atexit
import hashlib
import pickle
import signal
import tempfile
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.engine.accumulators import Watch
from mcengine.engine.problem import PILOT_REPLICATE, Problem, build_problem
from mcengine.engine.replicates import Portion, run_replicate
from mcengine.errors import InputError, NonFiniteError
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.store.checkpoints import COMPILED, run_key
from mcengine.store.provenance import processor, versions
from mcengine.store.segments import RefusedSegment, Segment, decode, encode

PROCESSOR = "processor"
KEPT = 4  # problems
WARM_UP = 64  # draws
ANOTHER = "builds another problem of the same study"
_DECIDING = ("mcengine", "numpy", "scipy", "numba", "llvmlite")


@cache
def facts() -> dict[str, str]:
    """What the bits of a replicate depend on beside the study: versions, compiled sources, type of processor."""
    found = versions()
    machine = processor()
    return {
        **{name: found[name] for name in _DECIDING},
        "the compiled sources": COMPILED,
        PROCESSOR: f"{machine['machine']} {machine['type']} (features {machine['features']})",
    }


@dataclass(frozen=True)
class Order:
    """A run, as a worker needs it.

    key      `store.checkpoints.run_key`: what the worker builds must have the same
    study    resolved; file: the shown name of its file
    draws    in a replicate; outputs: keys of all that is watched
    watch    the grid of the histograms
    luck     whether the model has the luck that the study asks for
    model    (name of the file, its source, name of the model in it) where the model is in a file of the user's own
    facts    of whoever asks; mixed: whether the type of processor may be another
    """

    key: str
    study: Mapping[str, Any]
    file: str
    seed: int
    sampler: str
    draws: int
    outputs: tuple[str, ...]
    watch: tuple[NDArray[Any], ...]
    luck: bool
    model: tuple[str, str, str] | None
    facts: Mapping[str, str]
    mixed: bool

    def packed(self) -> bytes:
        """The order as bytes."""
        return zlib.compress(pickle.dumps(self))


@dataclass(frozen=True)
class Answer:
    """What a task comes to.

    finished how many replicates; data: they, as a packed segment
    seconds  of computing, without building the problem
    bad      the arguments of a NonFiniteError, of the replicate after those in `data`
    unfit    why the worker cannot be used; broken: why the study's model does not work there
    """

    finished: int = 0
    data: bytes = b""
    seconds: float = 0.0
    bad: tuple[Any, ...] | None = None
    unfit: str = ""
    broken: str = ""

    def portion(self, key: str) -> Portion:
        """The finished replicates. Raises RefusedSegment when they are those of another run, or damaged."""
        try:
            data = zlib.decompress(self.data)
        except zlib.error as error:
            raise RefusedSegment(f"is damaged: {error}") from None
        return decode(data, key).portion


def dask_setup(worker: object) -> None:
    """Called in each process of our own cluster when it starts: Ctrl-C is for the process that leads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def differences(found: Mapping[str, str], wanted: Mapping[str, str], *, mixed: bool) -> list[str]:
    """In what `found` is another than `wanted`, in words; `mixed`: whatever the processors."""
    return [
        f"{name} {found.get(name, 'unknown')}, not {value}"
        for name, value in wanted.items()
        if found.get(name) != value and not (mixed and name == PROCESSOR)
    ]


def compute(key: str, packed: bytes, first: int, count: int) -> Answer:
    """Compute replicates first .. first + count - 1 of the order with this key, `packed`."""
    try:
        problem, order = _PROBLEMS.get(key, packed)
    except _Unfit as error:
        return Answer(unfit=str(error))
    except InputError as error:
        return Answer(broken=str(error))
    began = time.perf_counter()
    rows: list[NDArray[np.float64]] = []
    total: NDArray[np.integer[Any]] = np.zeros(0, dtype=np.int64)
    bad = None
    for index in range(first, first + count):
        try:
            portion = run_replicate(problem, index, order.draws)
        except NonFiniteError as error:
            bad = (error.output, error.draws, error.inputs, error.count)
            break
        if count == 1:
            total = portion.histogram
        elif not rows:
            total = portion.histogram.astype(np.int64)
        else:
            total += portion.histogram
        rows.append(portion.rows)
    seconds = time.perf_counter() - began
    data = b""
    if rows:
        segment = Segment(Portion(first, np.concatenate(rows), total), order.key)
        data = zlib.compress(encode(segment), 1)  # most counts are small: a quarter of the bytes for 14 ms
    return Answer(len(rows), data, seconds, bad)


class _Unfit(Exception):
    """This worker would compute other numbers; says why."""


class _Problems:
    """The problems that were built last, by key; one is built at a time, as compiling is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[Problem, Order]] = OrderedDict()

    def get(self, key: str, packed: bytes) -> tuple[Problem, Order]:
        """The problem of the order `packed`, built when it is not there. Raises _Unfit, InputError."""
        with self._lock:
            if key not in self._found:
                order: Order = pickle.loads(zlib.decompress(packed))
                self._found[key] = _build(order), order
            self._found.move_to_end(key)
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
            return self._found[key]


_PROBLEMS = _Problems()


def _build(order: Order) -> Problem:
    """The problem of an order, compiled; it must be the one that the order was made of."""
    if found := differences(facts(), order.facts, mixed=order.mixed):
        raise _Unfit("has " + "; ".join(found))
    study = Study.from_resolved(order.study, order.file)
    subject = study
    if order.model is not None:
        name, source, attribute = order.model
        subject = replace(study, model=f"{_written(name, source)}:{attribute}")
    model = build_model(subject, luck=order.luck)
    problem = build_problem(
        study, seed=order.seed, draws=order.draws, sampler=order.sampler, outputs=order.outputs, model=model,
        luck=order.luck,
    )  # fmt: skip
    if order.mixed:  # the pilot may differ in its last bits, and histograms on other grids cannot be added up
        problem = replace(problem, watch=Watch(*order.watch))
    elif run_key(problem, order.draws) != order.key:
        raise _Unfit(ANOTHER)
    run_replicate(problem, PILOT_REPLICATE, WARM_UP)
    return problem


@cache
def _folder() -> Path:
    """Where models of users are put, until this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="mcengine-models-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _written(name: str, source: str) -> Path:
    """The file of a user's model on this machine."""
    folder = _folder() / hashlib.sha256(source.encode()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(source, encoding="utf-8")
    return folder / name
