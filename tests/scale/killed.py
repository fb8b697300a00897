"""A driver for tests: batches in processes of their own, killed (SIGKILL) at one write or at a random moment.

    python -m tests.scale.killed points MANIFEST FOLDER [STEP FIRST]
    python -m tests.scale.killed moments MANIFEST FOLDER KILLS SEED

The processes are forked from one that has loaded and compiled everything, so that many fit in a minute; each runs the
real command. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WRITES = ("fsync", "replace", "rename", "unlink", "rmdir", "write", "ftruncate", "mkdir")


def kill_before(number: int) -> None:
    """End this process by SIGKILL before its write number `number`, from 0."""
    count = 0

    def guarded(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **options: Any) -> Any:
            nonlocal count
            if name != "write" or args[0] > 2:
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                count += 1
            return call(*args, **options)

        return wrapper

    for name in WRITES:
        setattr(os, name, guarded(name, getattr(os, name)))


def batch(manifest: str, out: Path, *, prepare: Callable[[], None] | None = None) -> int:
    """Start the batch in a process; returns its id."""
    child = os.fork()
    if child:
        return child
    from mcengine.cli.main import main

    code = 4
    try:
        with open(os.devnull, "w") as quiet, open(out.with_suffix(".err"), "a") as errors:  # noqa: PTH123
            sys.stdout, sys.stderr = quiet, errors
            if prepare is not None:
                prepare()
            code = main(["batch", manifest, "--out", str(out), "--resume", "--threads", "2"])
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """The exit code of a process; -9 when it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def results(out: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in sorted(out.glob("runs/*/summary.json"))}


def points(manifest: str, folder: Path, step: int = 1, first: int = 0) -> dict[str, Any]:
    """Kill a new batch before each of its writes in turn, and let another process end it."""
    assert ended(batch(manifest, folder / "whole")) == 0
    expected, number, left = results(folder / "whole"), first, []
    while True:
        out = folder / f"at-{number}"
        if ended(batch(manifest, out, prepare=lambda: kill_before(number))) == 0:  # noqa: B023
            return {"points": number, "runs": len(expected), "left": left}
        code = ended(batch(manifest, out))
        if code or results(out) != expected or any(out.glob("work/*")) or any(out.glob("**/.*")):
            left.append({"point": number, "code": code, "same": results(out) == expected})
        number += step


def moments(manifest: str, folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kill batches at random moments, `kills` times in all; each is gone on with until it ends."""
    began = time.perf_counter()
    assert ended(batch(manifest, folder / "whole")) == 0
    length = time.perf_counter() - began
    expected, draw, killed, batches = results(folder / "whole"), random.Random(seed), 0, 0
    while killed < kills:
        out, batches = folder / f"batch-{batches}", batches + 1
        while True:
            child = batch(manifest, out)
            if killed < kills:
                time.sleep(draw.uniform(0.1, 0.9) * length)
                os.kill(child, signal.SIGKILL)
            code = ended(child)
            killed += code == -signal.SIGKILL
            if code != -signal.SIGKILL:
                break
        if code or results(out) != expected:
            return {"kills": killed, "batch": batches, "code": code, "same": results(out) == expected}
    return {"kills": killed, "batches": batches, "same": True, "code": 0}


def warm_up() -> None:
    """Compile the kernels and load what a batch loads, without leaving a thread behind."""
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import mcengine.cli.batch_progress
    import mcengine.report.index
    import mcengine.scale.start  # noqa: F401
    from mcengine import load_study, run

    for name in ("textbook/linear_gaussian", "textbook/ishigami"):
        run(load_study(name), draws=128, seed=1, threads=1)


if __name__ == "__main__":
    warm_up()
    kind, manifest, where, *numbers = sys.argv[1:]
    Path(where).mkdir(parents=True, exist_ok=True)
    work: Callable[..., dict[str, Any]] = {"points": points, "moments": moments}[kind]
    print(json.dumps(work(manifest, Path(where), *(int(number) for number in numbers))))
