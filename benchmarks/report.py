"""What a report costs: wall and processor seconds of the commands that make one, with all that is compiled at hand.

    python benchmarks/report.py --draws 1_000_000 --folder /path/on/the/disk

Two things are timed, each command in a process of its own, start-up included. `one report`: `mcengine run evidence
--out`, which samples, does every analysis that the study asks for and writes the report in two languages with its
workbook, every assumption set side by side in it. `all studies`: the same for each study of the plan (`--studies`), at
as many draws, and the page that compares them. The goal is a report of all sets at 10^6 draws in under 30 s. A round
with few draws goes before, so that nothing is compiled while the clock runs; processor seconds are what to compare on a
machine that others share.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STUDIES = ("replica", "plan_centred", "evidence", "sceptical", "pipeline")
ONE = "evidence"
GOAL = 30.0
FEW = 4096


@dataclass(frozen=True)
class Cost:
    """Seconds of a command: on the clock, and of all processors together."""

    name: str
    wall: float
    user: float
    system: float


def timed(name: str, words: Sequence[object], catalogue: Path) -> Cost:
    """What `mcengine WORDS` costs; it must succeed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "MCENGINE_CATALOGUE": str(catalogue)}
    command = [sys.executable, "-m", "mcengine", *map(str, words)]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(name, wall, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime)


def everything(studies: Sequence[str], draws: int, folder: Path) -> list[Cost]:
    """The cost of each study's run and report, and of the page that compares them."""
    catalogue = folder / "runs.sqlite"
    how = ("--draws", draws, "--seed", 2026, "--quiet", "--out")
    found = [timed(study, ("run", study, *how, folder / study), catalogue) for study in studies]
    sides = [folder / study for study in studies]
    if len(sides) < 2:
        return found
    return [*found, timed("compare", ("compare", *sides, "--out", folder / "side by side"), catalogue)]


def main() -> None:
    """Time it and print a table."""
    reading = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reading.add_argument("--draws", type=int, default=1_000_000, help="of each study [1_000_000]")
    reading.add_argument("--studies", nargs="+", default=STUDIES, help=f"in order [{' '.join(STUDIES)}]")
    reading.add_argument("--folder", type=Path, help="where to write [a temporary one]")
    chosen = reading.parse_args()
    studies = list(dict.fromkeys([*chosen.studies, ONE]))
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        for round_, draws in (("warm", FEW), ("timed", chosen.draws)):
            (Path(name) / round_).mkdir()
            costs = everything(studies, draws, Path(name) / round_)
    total = [sum(getattr(cost, part) for cost in costs) for part in ("wall", "user", "system")]
    one = next(cost for cost in costs if cost.name == ONE)
    print(f"{chosen.draws:,} draws, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; goal {GOAL:.0f} s")
    print(f"{'':24}{'wall s':>10}{'user s':>10}{'system s':>10}")
    for cost in [*costs, Cost("all studies", *total), Cost("one report", one.wall, one.user, one.system)]:
        print(f"{cost.name:24}{cost.wall:10.1f}{cost.user:10.1f}{cost.system:10.1f}")


if __name__ == "__main__":
    main()
