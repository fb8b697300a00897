"""What checkpoints cost a run: pairs of runs of `evidence`, one with and one without, in random order.

    python benchmarks/checkpoints.py --pairs 20 --draws 16_777_216 --folder /path/on/the/disk

Prints the median ratio of wall times within pairs, with a 95% interval by the order statistics of the ratios (exact,
whatever their distribution), and the same for processor time. The goal is below 3%. Replicates are those of `run`:
32 however many draws, so `--replicates` makes them smaller, and checkpoints more frequent.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from scipy import stats

from mcengine import load_study
from mcengine.analysis.simulate import run
from mcengine.engine.problem import Problem
from mcengine.inputs.study import Study
from mcengine.store.checkpoints import Checkpoints, run_key

GOAL = 0.03


def once(study: Study, draws: int, replicates: int, folder: Path | None) -> tuple[float, float, int]:
    """Wall and processor seconds of a run, problem and summary included, and how many segments it left."""
    keepers: list[Checkpoints] = []

    def keeper(problem: Problem, each: int, looks: Sequence[int]) -> Checkpoints:
        assert folder is not None
        keepers.append(Checkpoints(folder, run_key(problem, each), looks, print))
        return keepers[-1]

    wall, processor = time.perf_counter(), time.process_time()
    run(study, draws=draws, replicates=replicates, seed=7, keeper=keeper if folder else None)
    for one in keepers:
        one.close()
    spent = time.perf_counter() - wall, time.process_time() - processor
    return *spent, len(list(folder.glob("*.segment"))) if folder else 0


def interval(ratios: Sequence[float]) -> tuple[float, float, float]:
    """Median and its 95% interval: the order statistics that hold it with at least that chance."""
    ordered, count = sorted(ratios), len(ratios)
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
    walls, processors, segments = [], [], 0
    try:
        once(study, options.draws // 16, options.replicates // 16, None)
        for pair in range(options.pairs):
            found = {}
            for kept in order.sample((True, False), 2):
                folder = place / str(pair) if kept else None
                *found[kept], left = once(study, options.draws, options.replicates, folder)
                segments = max(segments, left)
            walls.append(found[True][0] / found[False][0])
            processors.append(found[True][1] / found[False][1])
            shutil.rmtree(place / str(pair))
            print(f"pair {pair + 1}: {found[False][0]:.2f} s without, {found[True][0]:.2f} s with", flush=True)
    finally:
        shutil.rmtree(place)
    for name, ratios in (("wall time", walls), ("processor time", processors)):
        middle, low, high = interval(ratios)
        print(f"{name}: {middle - 1:+.2%} ({low - 1:+.2%} to {high - 1:+.2%}), goal below {GOAL:.0%}")
    print(f"at most {segments} segments left by a run of {options.draws:,} draws in {options.replicates} replicates")


if __name__ == "__main__":
    main()
