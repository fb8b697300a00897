"""The tasks of one run on a cluster: cut, handed out, gathered in order of index, and handed out again when lost."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mcengine.engine.replicates import Portion
from mcengine.engine.run import Observer
from mcengine.errors import AnswerNo, Fault, InputError, InterruptedRun, NonFiniteError
from mcengine.scale.fleet import Fleet
from mcengine.scale.remote import ANOTHER, Answer, Order, compute
from mcengine.store.segments import RefusedSegment

AHEAD = 2  # tasks handed out for each that can run at once: one under way, one waiting
WINDOW = 4  # tasks beyond the first that is not finished, for each that can run at once: bounds what waits in memory
FAILURES = 3  # of one task before the run is given up
GROWTH = 8  # times as many replicates in a task as the largest measured so far
MOST = 512  # replicates in a task: rows of 9 kB are 5 MB then
TICK = 0.25  # seconds between two looks at a quiet cluster


class Pace:
    """How many replicates a task takes so that it lasts `target` seconds, of `total` replicates in all."""

    def __init__(self, target: float, total: int) -> None:
        self._target, self._total = target, total
        self._each: float | None = None
        self._largest = 0

    def measured(self, replicates: int, seconds: float) -> None:
        """A task of so many replicates took so long."""
        each = seconds / replicates
        self._each = each if self._each is None else 0.7 * self._each + 0.3 * each
        self._largest = max(self._largest, replicates)

    def size(self, left: int, slots: int) -> int:
        """Replicates of the next task when `left` are left for `slots` at once: near the end so many that all work."""
        if self._each is None:
            return 1
        wanted = int(self._target / max(self._each, 1e-9))
        share = -(-left // (2 * max(slots, 1)))
        return max(1, min(wanted, GROWTH * self._largest, share, MOST, left))


@dataclass
class _Task:
    """Replicates first .. first + count - 1, under way.

    future    None while it waits to be handed out
    only      the workers that may take it; None: any
    failures  how often it failed so far
    """

    first: int
    count: int
    future: Any = None
    only: frozenset[str] | None = None
    failures: int = 0


class Campaign:
    """The replicates of `order`, on the workers of `fleet`. Used once.

    key       of the order, of this use of it alone
    patience  seconds that the scheduler may be out of reach
    """

    def __init__(
        self, client: Any, fleet: Fleet, order: Order, key: str, pace: Pace, patience: float, observer: Observer
    ) -> None:
        self._client, self._fleet, self._pace, self._observer = client, fleet, pace, observer
        self._order, self._key, self._patience = order, key, patience
        self._packed = order.packed()
        self._wake = threading.Event()
        self._under_way: deque[_Task] = deque()
        self._ready: dict[int, tuple[_Task, Answer]] = {}
        self._cut = self._stop = 0
        self._lost_since: float | None = None

    def replicates(self, indices: Sequence[int]) -> Iterator[Portion]:
        """Yield the portions in order of index; errors as those of `Cluster`."""
        if not indices:
            return
        done, self._cut, self._stop = indices[0], indices[0], indices[-1] + 1
        try:
            while done < self._stop:
                while done in self._ready:
                    task, answer = self._ready.pop(done)
                    portion = self._portion(task, answer)
                    if portion is not None:
                        done = portion.stop
                        self._observer.finished(portion)
                        yield portion
                    if answer.bad is not None:
                        raise NonFiniteError(*answer.bad)
                self._within_reach(self._hand_out)
                if self._under_way:
                    self._wake.wait(TICK)  # bounded, so that Ctrl-C is heard at once
                    self._wake.clear()
                    self._within_reach(self._gather)
        finally:
            self._drop()

    def _portion(self, task: _Task, answer: Answer) -> Portion | None:
        """The replicates that a task has finished; None when it has none, or must be done again."""
        if not answer.finished:
            return None
        try:
            return answer.portion(self._order.key)
        except RefusedSegment as error:
            self._under_way.append(task)
            self._again(task, str(error))
            return None

    def _hand_out(self) -> None:
        """Keep every slot busy, without running far ahead of the first replicate that is not finished."""
        self._fleet.look()
        slots = self._fleet.slots
        if not slots:
            return
        for task in self._under_way:
            if task.future is None:
                self._submit(task)
        while (
            self._cut < self._stop
            and len(self._under_way) < AHEAD * slots
            and len(self._under_way) + len(self._ready) < WINDOW * slots
        ):
            task = _Task(self._cut, self._pace.size(self._stop - self._cut, slots))
            self._under_way.append(task)
            self._cut += task.count
            self._submit(task)

    def _submit(self, task: _Task) -> None:
        chosen = self._fleet.chosen
        task.only = None if chosen is None else frozenset(chosen)
        task.future = self._client.submit(
            compute, self._key, self._packed, task.first, task.count,
            key=f"replicates-{task.first}-{task.first + task.count - 1}-{uuid.uuid4().hex[:8]}",
            pure=False, workers=chosen, priority=-task.first,
        )  # fmt: skip
        task.future.add_done_callback(self._hear)

    def _hear(self, future: Any) -> None:
        self._wake.set()

    def _gather(self) -> None:
        """Take in every task that has ended, well or not; hand out again what was lost."""
        states = [(task, task.future.status) for task in self._under_way if task.future is not None]
        finished = [task for task, state in states if state == "finished"]
        for task, answer in zip(finished, self._answers(finished), strict=False):
            self._take(task, answer)
        for task, state in states:
            if state == "error":
                self._fail(task, task.future.exception())
            elif state in ("cancelled", "lost"):  # with the connection to the scheduler
                task.future = None
            elif state == "pending" and task.only is not None and not task.only & set(self._fleet.here):
                task.future.cancel()  # the workers that may take it have all gone
                task.future = None

    def _answers(self, finished: Sequence[_Task]) -> list[Answer]:
        """The answers of finished tasks, fetched together; none when one of them was lost meanwhile."""
        futures = [task.future for task in finished]
        if not futures:
            return []
        try:
            answers: list[Answer] = self._client.gather(futures)
        except Exception:
            if all(future.status == "finished" for future in futures):
                raise
            return []
        return answers

    def _take(self, task: _Task, answer: Answer) -> None:
        if answer.unfit:
            self._refuse(task, answer.unfit)
            return
        if answer.broken:
            rule = f"does not work on a worker, where its file is sent alone: {answer.broken}"
            raise InputError(Fault(self._order.file, "model", self._order.study["model"], rule))
        self._under_way.remove(task)
        self._ready[task.first] = task, answer
        self._observer.drawn(answer.finished * self._order.draws)
        if answer.finished == task.count:
            self._pace.measured(task.count, answer.seconds)

    def _refuse(self, task: _Task, reason: str) -> None:
        """A worker found itself unfit: it joined after the last look, or only building the problem shows it."""
        for address in self._client.who_has([task.future]).get(task.future.key, ()):
            self._fleet.reject(address, reason)
        task.future = None
        if reason == ANOTHER and not self._fleet.slots:
            rule = f"no worker can be used: each of them {reason}"
            raise InputError(Fault(None, "--scheduler", self._client.scheduler.address, rule))

    def _fail(self, task: _Task, error: BaseException) -> None:
        """A task raised something: perhaps on a worker that cannot even load it, which a look will tell."""
        known = set(self._fleet.unfit)
        self._fleet.examine()
        if self._fleet.unfit.keys() - known:
            task.future = None
            return
        if type(error).__name__ == "KilledWorker":  # Dask has tried again itself
            rule = "ended every worker that they were given to, one after the other, perhaps for want of memory"
            raise AnswerNo(f"replicates {task.first} to {task.first + task.count - 1} {rule}")
        self._again(task, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")

    def _again(self, task: _Task, what: str) -> None:
        """Hand a task that failed out once more, unless that was done often enough."""
        task.failures, task.future = task.failures + 1, None
        if task.failures > FAILURES:
            last = task.first + task.count - 1
            raise AnswerNo(f"replicates {task.first} to {last} failed {task.failures} times on the cluster: {what}")

    def _within_reach(self, step: Callable[[], None]) -> None:
        """Take a step that speaks to the scheduler; one that is out of reach is waited for, but not for ever."""
        try:
            if self._client.status == "running":
                step()
                self._lost_since = None
                return
            what = f"the connection is {self._client.status}"
        except (OSError, CancelledError, TimeoutError) as error:
            what = " ".join(str(error).split())[:200] or type(error).__name__
        now = time.monotonic()
        self._lost_since = self._lost_since or now
        if self._client.status == "closed" or now - self._lost_since > self._patience:
            raise InterruptedRun(f"the scheduler of the cluster can no longer be reached ({what})")
        time.sleep(TICK)

    def _drop(self) -> None:
        """Let go of the tasks under way; those that run end by themselves, within seconds."""
        futures = [task.future for task in self._under_way if task.future is not None]
        self._under_way.clear()
        if futures and self._client.status == "running":
            with suppress(OSError, CancelledError, TimeoutError):
                self._client.cancel(futures, force=True)
