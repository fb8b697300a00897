"""Shows on this machine that `make bench-compare` catches a kernel slowed by 15% and leaves identical code alone.

    python benchmarks/prove_compare.py [--trials 20] [--slowdown 0.15] [--only slowed|identical]

Each trial compares a copy of the package with another copy, as it is or with a kernel that idles for 15% of its time,
through the very functions of compare.py, and prints the verdict. About a minute and a half a trial.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import compare
import decision
import stages

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


def calibrate(slowdown: float) -> int:
    """Idle steps a block that lengthen the kernel's time on a block by the share `slowdown`."""
    from mcengine.compiled import jit

    @jit
    def idle(turns, waste):  # type: ignore[no-untyped-def]
        for _ in range(turns):
            waste = waste * 0.9999 + 1.0
        return waste

    def seconds(call: Callable[[], Any]) -> float:
        started = time.process_time()
        call()
        return time.process_time() - started

    blocks, steps = 256, 1_000_000
    kernel = stages.work("kernel", blocks)
    idle(1, 1.0)
    pairs = [(seconds(kernel.call) / blocks, seconds(lambda: idle(steps, 1.0)) / steps) for _ in range(51)]
    return round(slowdown * median(block / step for block, step in pairs))


def trial(turns: int) -> bool:
    """One comparison of two copies; whether it flags."""
    with tempfile.TemporaryDirectory() as folder:
        base = copy_package(Path(folder) / "base")
        head = copy_package(Path(folder) / "head", turns)
        found = compare.compare(base, head)
    said = ", ".join(
        f"{name} {item.percent:+.1f}% (noise {100 * item.noise:.1f}%, {len(found.ratios[name])} launches)"
        for name, item in found.changes().items()
    )
    if found.missing or found.new:
        raise RuntimeError(f"a copy cannot be measured: {found.missing or found.new}")
    flagged = found.failed()
    print(f"  {'flagged' if flagged else 'passed '}  {said}", flush=True)
    return flagged


def main() -> None:
    """Run the trials and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--slowdown", type=float, default=0.15, help="of the kernel's time")
    parser.add_argument("--only", choices=("slowed", "identical"))
    options = parser.parse_args()
    turns = calibrate(options.slowdown)
    print(f"a fall is called beyond log-ratio {decision.FALL:.3f}; the kernel idles {turns} steps a block")
    for name, steps in (("slowed", turns), ("identical", 0)):
        if options.only in (None, name):
            print(f"{name}:")
            count = sum(trial(steps) for _ in range(options.trials))
            print(f"{name}: flagged {count} of {options.trials}")


if __name__ == "__main__":
    main()
