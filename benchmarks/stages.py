"""The engine's stages as units of work that can be timed apart, on the study `evidence` with correlations on.

    points_sobol, points_random   uniforms of the 25 uncertain inputs, block by block
    transform                     uniforms in cache -> normal scores -> copula -> quantiles
    inputs                        points and transform as the engine joins them: the first floor of a run
    kernel                        plan accounting on one block of inputs in cache: the second floor
    run                           whole replicates: points to statistics, yearly bands included
    run_pipeline                  the same of the study `pipeline`, whose kernel moves real candidates

Used by asv (benchmarks/), compare.py, peers.py and history.py, so that all speak of the same work. `work(name)`
asks only for what that stage needs of the package: an older version that lacks a part lacks that stage alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import median
from typing import Any

import numpy as np

STUDY = "evidence"
SEED = 2026
DRAWS = 1 << 15  # in a replicate: what a run of a million draws has


@dataclass(frozen=True)
class Work:
    """`call()` processes `draws` draws; each `Work` has buffers of its own, so that threads can run several."""

    draws: int
    call: Callable[[], Any]


def study(name: str = STUDY) -> Any:
    """The study all benchmarks but one use: 25 uncertain inputs, rank correlations on."""
    from mcengine.inputs.study import load_study

    return replace(load_study(name), correlations=True)


@lru_cache(maxsize=4)
def problem(sampler: str = "sobol", name: str = STUDY) -> Any:
    """The study made ready to be simulated."""
    from mcengine.engine.problem import build_problem

    return build_problem(study(name), seed=SEED, draws=DRAWS, sampler=sampler)


def _words(p: Any) -> Any:
    from mcengine.sampling.points import replicate_words

    words = np.empty((len(p.points.keys), 2), dtype=np.uint32)
    replicate_words(p.points, 0, words)
    return words


def block() -> int:
    """Draws in a block of the engine."""
    from mcengine.engine.replicates import DEFAULT_BLOCK

    return int(DEFAULT_BLOCK)


def aligned(shape: tuple[int, int]) -> Any:
    """An empty float64 array that starts on a cache line.

    NumPy promises 16 bytes only, and vector stores across cache lines made the kernel 25% slower in some
    processes and not in others; the engine's own blocks, allocated by numba, start at multiples of 32.
    """
    space = np.empty(shape[0] * shape[1] + 7)
    start = -space.ctypes.data % 64 // 8
    return space[start : start + shape[0] * shape[1]].reshape(shape)


def _copied(values: Any) -> Any:
    """`values`, aligned."""
    copy = aligned(values.shape)
    copy[:] = values
    return copy


def _points(sampler: str, blocks: int) -> Work:
    import loops

    p = problem(sampler)
    u = aligned((len(p.design.uncertain), block()))
    arguments = (p.points, _words(p), p.design.uncertain, blocks, u)
    return Work(blocks * u.shape[1], lambda: loops.uniforms(*arguments))


def _transform(blocks: int) -> Work:
    import loops

    p, width = problem(), block()
    count = len(p.design.uncertain)
    u = _copied(np.random.default_rng(SEED).random((count, width)))
    z, x = aligned((count, width)), aligned((len(p.model.inputs), width))
    arguments = (u, p.design, p.tables[0], p.copulas[0], blocks, z, x)
    return Work(blocks * width, lambda: loops.transform(*arguments))


def _inputs(blocks: int) -> Work:
    import loops

    from mcengine.engine.blocks import SPACE

    p, width = problem(), block()
    x = _copied(np.repeat(p.design.fixed[:1].T, width, axis=1))
    z = aligned((SPACE + len(p.design.uncertain), width))
    group = np.zeros(width, dtype=np.int64)
    arguments = (p.points, _words(p), p.design, p.tables, p.copulas, blocks, x, z, group)
    return Work(blocks * width, lambda: loops.inputs(*arguments))


def _kernel(blocks: int) -> Work:
    import loops

    p, width = problem(), block()
    x = _copied(p.draws(0, 0, width)[0])
    out = aligned((len(p.model.headline_outputs) + p.model.scratch, width))
    arguments = (p.function, x, out, p.model.constants, blocks)
    return Work(blocks * width, lambda: loops.kernel(*arguments))


def _run(blocks: int, name: str = STUDY) -> Work:
    from mcengine.engine.replicates import run_replicate

    p, count = problem(name=name), max(1, blocks * block() // DRAWS)
    return Work(count * DRAWS, lambda: [run_replicate(p, index, DRAWS) for index in range(count)])


_MAKERS: dict[str, Callable[[int], Work]] = {
    "points_sobol": lambda blocks: _points("sobol", blocks),
    "points_random": lambda blocks: _points("random", blocks),
    "transform": _transform,
    "inputs": _inputs,
    "kernel": _kernel,
    "run": _run,
    "run_pipeline": lambda blocks: _run(blocks, "pipeline"),
}
STAGES = tuple(_MAKERS)


def work(name: str, blocks: int = 256) -> Work:
    """Stage `name` over about `blocks` blocks of draws, compiled and warm."""
    made = _MAKERS[name](blocks)
    made.call()
    return made


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def rate(works: list[Work]) -> float:
    """Draws per second of wall time when each of `works` runs in a thread of its own."""
    with ThreadPoolExecutor(len(works)) as pool:
        started = time.perf_counter()
        for done in [pool.submit(item.call) for item in works]:
            done.result()
        return sum(item.draws for item in works) / (time.perf_counter() - started)


def rates(name: str, samples: int, *, threads: int = 1, blocks: int = 256) -> list[float]:
    """`samples` measurements of a stage's draws per second with `threads` threads."""
    works = [work(name, blocks) for _ in range(threads)]
    return [rate(works) for _ in range(samples)]


def spread(values: list[float]) -> tuple[float, float]:
    """Median, and half the distance between the quartiles over the median."""
    ordered = sorted(values)
    low, high = ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]
    return median(values), (high - low) / 2 / median(values)
