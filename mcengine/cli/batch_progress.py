"""What a terminal shows while a batch is under way: two lines, the batch and its current run."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from mcengine.cli.progress import short

if TYPE_CHECKING:
    from mcengine.scale.events import Monitor, State

_EVERY = 0.5  # seconds


class BatchProgress:
    """A context manager that shows the state of a monitor on stderr; silent unless that is a terminal."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._live: Any = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def __enter__(self) -> BatchProgress:
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._live is not None:
            self._live.stop()

    def listen(self, monitor: Monitor) -> None:
        """The batch begins."""
        if not self._shown:
            return
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(stderr=True), transient=True, auto_refresh=False)
        self._live.start()
        self._thread = threading.Thread(target=self._show, args=(monitor,), daemon=True)
        self._thread.start()

    def _show(self, monitor: Monitor) -> None:
        while not self._stop.wait(_EVERY):
            self._live.update(lines(monitor.state()), refresh=True)


def lines(state: State) -> str:
    """The two lines."""
    from mcengine.cli.batch import duration

    failed = f", {state.failed} failed" if state.failed else ""
    left = "" if state.left is None else f", about {duration(state.left)} left"
    batch = f"{state.finished} of {state.runs} runs finished{failed}{left}, {state.memory / 1e6:,.0f} MB"
    done = f"{short(min(state.done, state.total))} of {short(state.total)} draws" if state.total else ""
    run = ", ".join(part for part in (done, f"{short(state.speed)} draws/s" if state.speed else "") if part)
    return f"{batch}\n{state.run}: {run}" if state.run else batch
