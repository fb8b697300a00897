"""Throughput of the working tree against another version, on this machine, in one go.

    python benchmarks/compare.py REF [--out FILE]     exit 1 when a stage is slower by more than 10% beyond noise

REF is checked out by `git worktree` into a temporary folder. This folder's scripts measure both packages, each in
processes of its own with its own cache of compiled code; decision.py says how, and why so. Both sides run in this
environment: what a change of dependencies does is not seen. A stage that only one side has is `new` or `missing`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from math import exp, log
from pathlib import Path
from statistics import median

import decision
import stages

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
GATED = ("points_sobol", "transform", "kernel", "run")
QUADS = 16  # A B B A of each stage in a launch
SAMPLE = 0.008  # seconds a sample should take


def check_package(file: str, tree: Path) -> None:
    """Refuse to measure a package from anywhere but `tree`: an installed one may hide it."""
    if tree.resolve() not in Path(file).resolve().parents:
        raise RuntimeError(f"measured {file} instead of the package in {tree}")


class Worker:
    """A process of one side; see worker.py."""

    def __init__(self, tree: Path, cache: Path, names: tuple[str, ...], processor: int | None) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(tree),
            "NUMBA_CACHE_DIR": str(cache),
            "NUMBA_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, str(HERE / "worker.py"), *names]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tree
        )
        if processor is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self.process.pid, {processor})
        self.tree = tree

    def greeting(self) -> tuple[dict[str, int], dict[str, str]]:
        """Draws a call of each stage there is, and why each other one is not."""
        said = json.loads(self._line())
        if said["ready"]:
            check_package(said["package"], self.tree)
        return said["ready"], said["absent"]

    def seconds(self, name: str, calls: int) -> float:
        """Seconds per draw of one sample."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name} {calls}\n")
        self.process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the measuring process of {self.tree} ended with {self.process.wait()}")
        return line

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@dataclass
class Comparison:
    """Seconds per draw and log-ratios by stage, one element a launch; reasons for stages of one side only."""

    base: dict[str, list[float]] = field(default_factory=dict)
    head: dict[str, list[float]] = field(default_factory=dict)
    ratios: dict[str, list[float]] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def changes(self) -> dict[str, decision.Change]:
        """What the launches so far say of each stage."""
        return {name: decision.change(ratios) for name, ratios in self.ratios.items()}

    def failed(self) -> bool:
        """Whether a stage is slower, or cannot be run in head at all."""
        return bool(self.missing) or any(c.verdict == decision.SLOWER for c in self.changes().values())


@contextmanager
def _workers(
    base: Path, head: Path, caches: Path, names: tuple[str, ...], cpu: int | None
) -> Iterator[tuple[Worker, Worker]]:
    """One process a side, started together."""
    pair = Worker(base, caches / "base", names, cpu), Worker(head, caches / "head", names, cpu)
    try:
        yield pair
    finally:
        for worker in pair:
            worker.close()


def _launch(pair: tuple[Worker, Worker], calls: Mapping[str, int], found: Comparison) -> None:
    """Alternate the samples of one launch and add its answers to `found`."""
    for worker in pair:
        worker.greeting()
    quads: dict[str, list[float]] = {name: [] for name in calls}
    seconds: tuple[dict[str, list[float]], ...] = ({name: [] for name in calls}, {name: [] for name in calls})
    for turn in range(QUADS):
        for name, count in calls.items():
            ratio = 0.0
            for side in (0, 1, 1, 0) if turn % 2 == 0 else (1, 0, 0, 1):
                sample = pair[side].seconds(name, count)
                seconds[side][name].append(sample)
                ratio += (log(sample) if side == 0 else -log(sample)) / 2
            quads[name].append(ratio)
    for name in calls:
        found.ratios.setdefault(name, []).append(median(quads[name]))
        found.base.setdefault(name, []).append(median(seconds[0][name]))
        found.head.setdefault(name, []).append(median(seconds[1][name]))


def compare(base: Path, head: Path, names: tuple[str, ...] = GATED, caches: Path | None = None) -> Comparison:
    """Measure the packages in the folders `base` and `head`; `caches` keeps compiled code between calls."""
    found = Comparison()
    cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [None]
    with tempfile.TemporaryDirectory() if caches is None else nullcontext(caches) as folder:
        with _workers(base, head, Path(folder), names, None) as pair:  # compiles, and sets the samples' length
            (_, lacking), (ready, broken) = pair[0].greeting(), pair[1].greeting()
            found.missing = broken
            found.new = {name: reason for name, reason in lacking.items() if name in ready}
            common = [name for name in names if name in ready and name not in lacking]
            cost = {name: min(pair[1].seconds(name, 1) for _ in range(5)) * ready[name] for name in common}
            calls = {name: max(1, round(SAMPLE / cost[name])) for name in common}
        launches = 0
        while common and (launches < decision.LAUNCHES or decision.needs_more([*found.changes().values()], launches)):
            for _ in range(decision.LAUNCHES if launches == 0 else decision.STEP):
                with _workers(base, head, Path(folder), tuple(common), cpus[launches % len(cpus)]) as pair:
                    _launch(pair, calls, found)
                launches += 1
    return found


def table(found: Comparison, base: str) -> str:
    """The comparison as Markdown."""
    lines = [
        f"Throughput of this version against `{base}` (one thread, processor time, study `{stages.STUDY}`)\n",
        "| stage | base, M draws/s | head, M draws/s | change | noise | verdict |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for name, item in found.changes().items():
        before, after = (1e-6 / median(side[name]) for side in (found.base, found.head))
        noise = 100 * (exp(item.noise) - 1)
        verdict = f"**{item.verdict}**" if item.verdict == decision.SLOWER else item.verdict
        lines.append(f"| {name} | {before:.2f} | {after:.2f} | {item.percent:+.1f}% | {noise:.1f}% | {verdict} |")
    for what, reasons in (("new", found.new), ("**missing in head**", found.missing)):
        lines += [f"| {name} | | | | | {what} ({reason}) |" for name, reason in reasons.items()]
    count = max((len(ratios) for ratios in found.ratios.values()), default=0)
    lines.append(
        f"\n{count} launches of each side, {QUADS} alternating quads of samples in each. `slower`: the one-sided "
        "95% bound of the change lies below -10%. Noise: from the estimate to that bound."
    )
    return "\n".join(lines)


@contextmanager
def checkout(ref: str) -> Iterator[Path]:
    """A temporary work tree of `ref`."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), ref], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def main() -> int:
    """Compare, print and write the table; 1 when a stage fell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("ref", help="branch, tag or commit to compare with")
    parser.add_argument("--out", type=Path, help="also write the table here")
    options = parser.parse_args()
    with checkout(options.ref) as tree:
        found = compare(tree, ROOT)
    text = table(found, options.ref)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n", encoding="utf-8")
    return int(found.failed())


if __name__ == "__main__":
    sys.exit(main())
