"""Shows on this machine that `make bench-compare` catches a kernel slowed by 15% and leaves identical code alone.

    python benchmarks/prove_compare.py [--trials 20] [--slowdown 0.15] [--only slowed|identical]

Each trial compares a copy of the package with another copy, as it is or with a kernel that idles so long that its
time grows by 15% (its throughput falls by 13%), through the very functions of compare.py, and prints the verdict. How
long to idle is measured first. Identical copies are measured on every gated stage, slowed ones on the kernel alone: a
noisier stage can only add launches, and so chances to see it. One minute a trial, half of it for the kernel alone.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from math import exp
from pathlib import Path

import compare
import decision

PARTS = ("mcengine", "studies", "distributions")
KERNEL = Path("mcengine/models/investment.py")
IDLE = """
from mcengine.compiled import jit as _jit

_fast = rows


@_jit
def rows(x, out, constants):
    _fast(x, out, constants)
    waste = out[0, 0]
    for _ in range({turns}):
        waste = waste * 0.9999 + 1.0
    if waste == 0.123:
        out[0, 0] = waste
"""


def copy_package(target: Path, turns: int = 0) -> Path:
    """A copy of the package and its data in `target`; the kernel idles for `turns` steps a block, if any."""
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(compare.ROOT / part, target / part, ignore=ignored)
    if turns:
        with (target / KERNEL).open("a", encoding="utf-8") as file:
            file.write(IDLE.format(turns=turns))
    return target


def lengthened(folder: Path, turns: int) -> float:
    """By what share `turns` idle steps lengthen the kernel's time, measured as any comparison is."""
    base, head = copy_package(folder / "plain"), copy_package(folder / f"idle{turns}", turns)
    found = compare.compare(base, head, ("kernel",)).changes()["kernel"]
    shutil.rmtree(base)
    return exp(-found.estimate) - 1


def calibrate(slowdown: float) -> int:
    """Idle steps a block that lengthen the kernel's time by `slowdown`: a straight line through two trials."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = 300, 1200
        low, high = (lengthened(Path(folder), turns) for turns in (few, many))
    turns = round(few + (slowdown - low) * (many - few) / (high - low))
    print(f"{few} idle steps a block take {low:.1%} of the kernel's time, {many} take {high:.1%}", flush=True)
    return max(turns, 1)


def trial(base: Path, head: Path, names: tuple[str, ...], caches: Path) -> list[str]:
    """One comparison of two copies on the stages `names`: those it flags."""
    found = compare.compare(base, head, names, caches)
    if found.missing or found.new:
        raise RuntimeError(f"a copy cannot be measured: {found.missing or found.new}")
    changes = found.changes()
    slower = [name for name, item in changes.items() if item.verdict == decision.SLOWER]
    said = ", ".join(f"{name} {item.percent:+.1f}% (noise {100 * item.noise:.1f}%)" for name, item in changes.items())
    launches = max(len(ratios) for ratios in found.ratios.values())
    print(f"  flagged: {', '.join(slower) or 'none'}; {launches} launches: {said}", flush=True)
    return slower


def main() -> None:
    """Run the trials and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--slowdown", type=float, default=0.15, help="of the kernel's time")
    parser.add_argument("--only", choices=("slowed", "identical"))
    options = parser.parse_args()
    turns = calibrate(options.slowdown) if options.only != "identical" else 0
    print(f"a fall is called beyond {100 * (exp(decision.FALL) - 1):.0f}%; the kernel idles {turns} steps a block")
    for name, steps, stages in (("slowed", turns, ("kernel",)), ("identical", 0, compare.GATED)):
        if options.only in (None, name):
            print(f"{name}:")
            with tempfile.TemporaryDirectory() as folder:
                caches = Path(folder) / "caches"
                base = copy_package(Path(folder) / "base")
                head = copy_package(Path(folder) / "head", steps)
                flagged = [trial(base, head, stages, caches) for _ in range(options.trials)]
            kernels = sum("kernel" in names for names in flagged)
            print(f"{name}: {sum(map(bool, flagged))} of {options.trials} flagged, the kernel {kernels} times")


if __name__ == "__main__":
    main()
