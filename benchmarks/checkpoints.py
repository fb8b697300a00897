"""What checkpoints cost a run: pairs of runs of `evidence`, one with and one without, in random order.

    python benchmarks/checkpoints.py --pairs 20 --draws 16_777_216 --folder /path/on/the/disk

Prints the median ratio of wall times within pairs, with a 95% interval by the order statistics of the ratios (exact,
whatever their distribution), and the same for processor time. The goal is below 3%. Pairs of some seconds differ by
more than that on a machine that others share, so the parts are clocked too, within the runs with checkpoints: the
writing thread's own processor time, and the time for which the run was held up (telling of news, the last flush), as
shares of the run's. Replicates are those of `run`: 32 however many draws, so `--replicates` makes them smaller, and
checkpoints more frequent.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy import stats

from mcengine import load_study
from mcengine.analysis.simulate import run
from mcengine.engine.problem import Problem
from mcengine.inputs.study import Study
from mcengine.store.checkpoints import Checkpoints, run_key

GOAL = 0.03


class Clocked(Checkpoints):
    """Checkpoints that know what they cost: `written` processor seconds, and `held` wall seconds of the run's own."""

    written = held = 0.0

    def _write_on(self) -> None:
        super()._write_on()
        self.written = time.thread_time()

    def _hold(self, call: Callable[[], None]) -> None:
        began = time.perf_counter()
        call()
        self.held += time.perf_counter() - began

    def news(self) -> None:
        self._hold(super().news)

    def close(self) -> None:
        self._hold(super().close)


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds of a run, problem and summary included; of its checkpoints; and segments left."""

    wall: float
    processor: float
    written: float
    held: float
    segments: int


def once(study: Study, draws: int, replicates: int, folder: Path | None) -> Cost:
    """A run, with checkpoints in `folder` or without."""
    keepers: list[Clocked] = []

    def keeper(problem: Problem, each: int, looks: Sequence[int]) -> Checkpoints:
        assert folder is not None
        keepers.append(Clocked(folder, run_key(problem, each), looks, print))
        return keepers[-1]

    wall, processor = time.perf_counter(), time.process_time()
    run(study, draws=draws, replicates=replicates, seed=7, keeper=keeper if folder else None)
    for one in keepers:
        one.close()
    return Cost(
        time.perf_counter() - wall,
        time.process_time() - processor,
        sum(one.written for one in keepers),
        sum(one.held for one in keepers),
        len(list(folder.glob("*.segment"))) if folder else 0,
    )


def interval(shares: Sequence[float]) -> tuple[float, float, float]:
    """Median and its 95% interval: the order statistics that hold it with at least that chance."""
    ordered, count = sorted(shares), len(shares)
    place = max(int(stats.binom.ppf(0.025, count, 0.5)) - 1, 0)
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return middle, ordered[place], ordered[count - 1 - place]


def main() -> None:
    """Run the pairs and print what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--draws", type=int, default=2**24)
    parser.add_argument("--replicates", type=int, default=512, help="512 of 32,768 draws, as in a run of a million")
    parser.add_argument("--folder", type=Path, help="where segments are written; a temporary folder unless given")
    options = parser.parse_args()
    study, order = load_study("evidence"), random.Random(1)
    place = Path(tempfile.mkdtemp(prefix="mcengine-checkpoints-", dir=options.folder))
    pairs: list[tuple[Cost, Cost]] = []
    try:
        once(study, options.draws // 16, options.replicates // 16, None)
        for pair in range(options.pairs):
            found = {}
            for kept in order.sample((True, False), 2):
                folder = place / str(pair) if kept else None
                found[kept] = once(study, options.draws, options.replicates, folder)
            pairs.append((found[True], found[False]))
            shutil.rmtree(place / str(pair))
            print(f"pair {pair + 1}: {found[False].wall:.2f} s without, {found[True].wall:.2f} s with", flush=True)
    finally:
        shutil.rmtree(place)
    tell("wall time", [kept.wall / bare.wall - 1 for kept, bare in pairs])
    tell("processor time", [kept.processor / bare.processor - 1 for kept, bare in pairs])
    tell("the writing thread's share of the processor time", [kept.written / kept.processor for kept, _ in pairs])
    tell("the run's share of wall time held up", [kept.held / kept.wall for kept, _ in pairs])
    segments = max(kept.segments for kept, _ in pairs)
    print(f"at most {segments} segments left by a run of {options.draws:,} draws in {options.replicates} replicates")


def tell(name: str, shares: Sequence[float]) -> None:
    """A line with the median of the pairs and its interval."""
    middle, low, high = interval(shares)
    print(f"{name}: {middle:+.2%} ({low:+.2%} to {high:+.2%}), goal below {GOAL:.0%}")


if __name__ == "__main__":
    main()
