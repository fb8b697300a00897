"""Replicates on more than one process or machine, by Dask distributed: a source of replicates for `run` and batches.

A task is a chunk of consecutive replicates, as many as last some seconds. Tasks may end in any order, on workers that
come and go; their replicates reach the caller in order of index and are the same bits as on one machine, because each
is computed from its address alone, and because workers are refused that would compile other code (`fleet`, `remote`).
"""

from __future__ import annotations

import importlib.util
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from mcengine.engine.problem import Problem
from mcengine.engine.replicates import Portion
from mcengine.engine.run import Observer
from mcengine.errors import Fault, InputError, InterruptedRun
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model
from mcengine.scale import remote
from mcengine.scale.campaign import Campaign, Pace
from mcengine.scale.fleet import Fleet
from mcengine.scale.remote import Order, facts
from mcengine.store.checkpoints import run_key

TASK_SECONDS = 3.0
PATIENCE = 30.0  # seconds that a scheduler may be out of reach
ADVICE = "pip install 'mcengine[cluster]'"


@dataclass
class Cluster:
    """A source of replicates (`engine.run.Source`) on the workers of a Dask cluster. A context manager.

    scheduler  address of a running one, tcp://host:port; or
    workers    how many processes of one thread to start on this machine, which end with the `with`
    mixed      accept workers of several types of processor, whose results may differ in the last bits
    seconds    how long a task should last
    say        is told, in a sentence, what a user should know
    patience   seconds that the scheduler may be out of reach

    >>> with Cluster(workers=2) as cluster:            # doctest: +SKIP
    ...     result = run(load_study("evidence"), draws=10**9, source=cluster)
    """

    scheduler: str | None = None
    workers: int | None = None
    mixed: bool = False
    seconds: float = TASK_SECONDS
    say: Callable[[str], None] = lambda sentence: None
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        self._client: Any = None
        self._own: Any = None
        self._fleet: Fleet | None = None
        self._levels: dict[str, int] = {}

    def __enter__(self) -> Cluster:
        """Connect, and examine the workers.

        Raises
        ------
        InputError  Dask is not installed, no scheduler answers, or a worker has other versions or another processor
        """
        option, value = ("--workers", self.workers) if self.scheduler is None else ("--scheduler", self.scheduler)
        if (self.scheduler is None) == (self.workers is None):
            raise InputError(Fault(None, "--scheduler", self.scheduler, "name a scheduler or a number of workers"))
        if importlib.util.find_spec("distributed") is None:
            raise InputError(Fault(None, option, value, f"needs Dask distributed, which is not installed: {ADVICE}"))
        import distributed  # noqa: F401 - sets up its loggers

        self._levels = _quieten()
        try:
            self._connect(option, value)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the cluster; one of our own ends."""
        for part in (self._client, self._own):
            if part is not None:
                with suppress(Exception):  # whatever is left of it, there is nothing more to be had from it
                    part.close(timeout=5)
        self._client = self._own = self._fleet = None
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        self._levels = {}

    def _connect(self, option: str, value: object) -> None:
        from distributed import Client, LocalCluster

        try:
            if self.scheduler is None:
                self._own = LocalCluster(
                    n_workers=self.workers, threads_per_worker=1, processes=True, host="127.0.0.1",
                    dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False},
                    preload=remote.__name__, memory_limit=0, silence_logs=logging.CRITICAL,
                )  # fmt: skip
            self._client = Client(
                self.scheduler or self._own, timeout=self.patience, set_as_default=False,
                direct_to_workers=self._own is not None,
            )  # fmt: skip
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            what = "no cluster can be started" if self.scheduler is None else "no scheduler can be reached there"
            rule = f"{what} ({_line(error)}); how to start one stands in docs/cluster.md"
            raise InputError(Fault(None, option, value, rule)) from error
        self._fleet = Fleet(self._client, mixed=self.mixed, say=self.say)
        try:
            self._fleet.examine()
        except OSError as error:
            raise InputError(Fault(None, option, value, f"its workers cannot be asked: {_line(error)}")) from error
        if faults := self._fleet.faults():
            advice = "install the same versions everywhere, on processors of one type (or add --allow-mixed)"
            raise InputError([Fault(None, option, value, f"{fault}; {advice}") for fault in faults])
        if not self._fleet.here:
            self.say(f"waiting for a worker to join {value} ...")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a result should say about where it was computed."""
        found = set() if self._fleet is None else self._fleet.processors | {facts()[remote.PROCESSOR]}
        if len(found) < 2:
            return ()
        names = ", ".join(sorted(found))
        return (f"computed on several types of processor, so that another run may differ in the last bits: {names}",)

    def __call__(
        self, problem: Problem, draws: int, indices: Sequence[int], *, observer: Observer
    ) -> Iterator[Portion]:
        """Yield the consecutive replicates `indices`, of `draws` draws each, in order.

        Raises
        ------
        InputError      the study's model cannot be sent to the workers, or does not work there
        NonFiniteError  of the first replicate (by index) that met a non-finite output
        AnswerNo        a task failed again and again, or ended every worker that it was given to
        InterruptedRun  the scheduler is gone
        """
        if self._client is None or self._fleet is None:
            raise InterruptedRun("the cluster is closed")
        order = order_of(problem, draws, mixed=self.mixed)
        key = f"{order.key}-{uuid.uuid4().hex[:8]}"
        pace = Pace(self.seconds, len(indices))
        campaign = Campaign(self._client, self._fleet, order, key, pace, self.patience, observer)
        yield from campaign.replicates(indices)


def _quieten() -> dict[str, int]:
    """Let Dask log nothing: what a user should know is said by `say` and by errors. Returns the levels before."""
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    levels = {name: logging.getLogger(name).level for name in known}
    for name in known:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return levels


def order_of(problem: Problem, draws: int, *, mixed: bool = False) -> Order:
    """What the workers need to know of a run. Raises InputError when its model cannot be sent to them."""
    study = problem.study
    luck = bool(problem.model.luck)
    model = _sent_model(study, problem.model, luck=luck)
    return Order(
        key=run_key(problem, draws),
        study=study.resolved(),
        file=study.file,
        seed=problem.seed,
        sampler=problem.sampler,
        draws=draws,
        outputs=tuple(output.key for output in problem.watched),
        watch=tuple(problem.watch),
        luck=luck,
        model=model,
        facts=facts(),
        mixed=mixed,
    )


def _sent_model(study: Study, model: Model, *, luck: bool) -> tuple[str, str, str] | None:
    """The file of a user's own model, its source and the model's name in it; None for the models that come with us."""
    try:
        same = _same(build_model(study, luck=luck), model)
    except InputError:
        same = False
    if not same:
        rule = (
            "is not the model that the study names, so it cannot be sent to other processes; put it into a file of "
            'its own and name that in the study: model = "file.py:name"'
        )
        raise InputError(Fault(study.file, "model", model.name, rule))
    if study.plan is not None or ":" not in study.model:
        return None
    path, _, attribute = study.model.rpartition(":")
    file = Path(study.file).parent / path  # an absolute path stands alone
    return file.name, file.read_text(encoding="utf-8"), attribute


def _same(first: Model, second: Model) -> bool:
    """Whether two models have the same code, names and constants."""
    codes = [getattr(getattr(model.rows, "py_func", model.rows), "__code__", None) for model in (first, second)]
    shapes = [(m.inputs, m.outputs, m.headline, m.scratch, m.luck, len(m.constants)) for m in (first, second)]
    return (
        codes[0] == codes[1]
        and shapes[0] == shapes[1]
        and all(
            a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
            for a, b in zip(first.constants, second.constants, strict=True)
        )
    )


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
