"""What a user sees while a run is under way: that it compiles, how far it is, and what it says so far."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcengine.cli.printing import percent, remark

if TYPE_CHECKING:
    from mcengine.engine.problem import Problem
    from mcengine.engine.replicates import Portion
    from mcengine.models.model import Model

_ROOM_FOR_BAR = 105  # columns
_ENTRY = {False: "mcengine.models.model._call", True: "mcengine.engine.blocks.simulate"}
"""The compiled function that everything else hangs from, of an evaluation and of a run (sampling=True)."""


def announce_compiling(model: Model, *, sampling: bool, quiet: bool = False) -> None:
    """Say on stderr that the kernels will be compiled, when numba's cache does not have them yet."""
    kernel = getattr(model.rows, "py_func", model.rows)
    names = (_ENTRY[sampling], f"{kernel.__module__}.{kernel.__qualname__}")
    if not quiet and not all(compiled(name) for name in names):
        seconds = 20 if sampling else 10
        remark(f"compiling the kernel (first run on this machine, about {seconds} s) ...")


def compiled(function: str) -> bool:
    """Whether numba's cache has an entry for the function of this full name, younger than its source.

    Index files are called <module>.<function>-<line>.<python>.nbi, in the __pycache__ beside the source or in
    a folder of numba's CACHE_DIR. A function whose source cannot be found counts as compiled.
    """
    module, _, name = function.rpartition(".")
    source = _source(module)
    if source is None:
        return True
    from numba.core import config

    chosen = getattr(config, "CACHE_DIR", "")
    folder, pattern = source.parent / "__pycache__", f"{source.stem}.{name}-*.nbi"
    if chosen:
        folder, pattern = Path(chosen), f"*/{pattern}"
    changed = source.stat().st_mtime
    return any(entry.stat().st_mtime >= changed for entry in folder.glob(pattern))


def _source(module: str) -> Path | None:
    loaded = getattr(sys.modules.get(module), "__file__", None)
    if loaded is None:
        spec = importlib.util.find_spec(module) if module.startswith("mcengine.") else None
        loaded = spec.origin if spec is not None else None
    path = Path(loaded) if loaded else None
    return path if path is not None and path.is_file() else None


class Progress:
    """An observer of a run that shows draws done, draws a second, time left and the current answer on stderr.

    A context manager. Silent unless stderr is a terminal; `finished_replicates` counts in any case.
    """

    def __init__(self, *, shown: bool) -> None:
        self.finished_replicates = 0
        self._shown = shown and sys.stderr.isatty()
        self._display: Any = None
        self._task: Any = None
        self._columns: tuple[int, int] | None = None
        self._name = ""
        self._values: list[float] = []
        self._draws = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._display is not None:
            self._display.stop()

    def observe(self, problem: Problem, total: int) -> Progress:
        """Called when the draws begin: which number to show, and of how many draws."""
        from mcengine.engine.replicates import columns

        names = columns(problem)
        shares = [output.key for output in problem.watched if f"{output.key}.prob_positive" in names]
        if shares:
            self._name = "npv" if "npv" in shares else shares[0]
            self._columns = names.index(f"{self._name}.prob_positive"), names.index(f"{self._name}.count")
        if self._shown:
            self._display = _display()
            self._task = self._display.add_task("", total=total, answer="")
            self._display.start()
        return self

    def drawn(self, count: int) -> None:
        """`count` more draws are simulated (from any thread)."""
        if self._display is not None:
            task = self._display.tasks[0]
            more = {"total": 2 * task.total} if task.completed + count > task.total else {}  # --until goes on
            self._display.update(self._task, advance=count, **more)

    def finished(self, portion: Portion) -> None:
        """A replicate, or several, are done."""
        self.finished_replicates += len(portion.rows)
        if self._display is None or self._columns is None:
            return
        share, count = self._columns
        self._values.extend(portion.rows[:, share].tolist())
        self._draws += int(portion.rows[:, count].sum())
        self._display.update(self._task, answer=self.answer())

    def answer(self) -> str:
        """P(NPV > 0) so far, with its 95% interval once two replicates are done."""
        import numpy as np

        from mcengine.analysis.summary import probability

        values = np.array(self._values)
        name = self._name.upper() if self._name == "npv" else self._name
        share = f"P({name} > 0) {percent(float(values.mean()), 2)}"
        if len(values) < 2:
            return share
        bounds = probability(float(values.mean()), values, self._draws).ci95
        assert bounds is not None
        low, high = (percent(float(bound), 2) for bound in bounds)
        return f"{share} ({low} - {high})"


def _display() -> Any:
    """A line of rich progress on stderr, gone when done."""
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Display
    from rich.text import Text

    class Speed(ProgressColumn):
        """Draws a second."""

        def render(self, task: Any) -> Text:
            return Text(f"{short(task.speed)} draws/s" if task.speed else "")

    class Done(ProgressColumn):
        """Draws done, of how many."""

        def render(self, task: Any) -> Text:
            return Text(f"{short(task.completed)} of {short(task.total)} draws")

    console = Console(stderr=True)
    bar = [BarColumn(bar_width=20)] if console.width >= _ROOM_FOR_BAR else []
    parts = (*bar, Done(), Speed(), TimeRemainingColumn(), TextColumn("{task.fields[answer]}"))
    return Display(*parts, console=console, transient=True)


def short(count: float) -> str:
    """A count in few characters: 8,192, 838k, 8.39M."""
    if count < 1e4:
        return f"{count:,.0f}"
    return f"{count / 1e3:,.0f}k" if count < 1e6 else f"{count / 1e6:,.2f}M"
