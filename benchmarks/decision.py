"""Whether throughput fell: the rule of `make bench-compare`, apart from the measuring, so that it can be tested.

What is compared. In one *launch* a process of each side is started anew on the same processor, and short samples
of both alternate A B B A, B A A B, ... A launch's answer for a stage is the median over these quads of
log(head's throughput / base's): alternating removes slow drift (clock speed, neighbours), the median single
disturbances. What is left differs from launch to launch (where the system puts pages and buffers), so launches, not
samples, are the independent unit: the noise is what the launches show.

The rule. From n launches the estimate is the Hodges-Lehmann median of pairwise means, and its one-sided 95% upper
bound inverts the exact Wilcoxon signed-rank test (Lehmann 1975, Nonparametrics, section 4.4). A stage is `slower`
when even that bound lies below log 0.9: a fall of more than 10% beyond the noise. No normality is assumed, and a few
wild launches of a busy machine move neither estimate nor bound much.

The sizes. A kernel whose time grows by 15% has a log-ratio of -0.140, 0.034 below log 0.9 = -0.105. Between
launches a shared, busy two-core virtual machine showed standard deviations of 0.01 to 0.02 (by the median deviation;
single launches of the kernel strayed further). With n = 12 the estimate's standard error is then at most 0.006 and
bound - estimate about 0.011, so the fall is caught with a chance above 0.99. While some stage's bound lies more than
0.02 from its estimate, four more launches are taken, up to 28: a rule that looks at widths, never at signs. That keeps
the chance near 0.9 up to a standard deviation of 0.05. Beyond it the table says `unclear` rather than `slower`.
Identical code is flagged only when the estimate is wrong by more than 10% and significantly so: about once in twenty
even for a true fall of exactly 10% (0.04 to 0.06 a stage in simulation), never in 10,000 simulations for a true 0.
tests/benchmarks simulates both rates, also with heavy tails; prove_compare.py counts them on a machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

import numpy as np

FALL = log(0.9)
LEVEL = 0.05
LAUNCHES, STEP, MOST = 12, 4, 28
WIDE = 0.02  # bound - estimate above which more launches are taken

SLOWER, FASTER, SAME, UNCLEAR = "slower", "faster", "no change beyond 10%", "unclear: too noisy"


@lru_cache
def critical(n: int, level: float = LEVEL) -> int:
    """The largest c with P(W <= c) <= level for the signed-rank statistic W of n values; -1 if there is none."""
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        ways[rank:] += ways[: len(ways) - rank].copy()
    return int(np.searchsorted(np.cumsum(ways) / 2.0**n, level, side="right")) - 1


@dataclass(frozen=True)
class Change:
    """log(head / base) of a stage: the estimate, and its one-sided 95% bounds."""

    estimate: float
    lower: float
    upper: float

    @property
    def noise(self) -> float:
        """The larger distance between estimate and bounds."""
        return max(self.upper - self.estimate, self.estimate - self.lower)

    @property
    def verdict(self) -> str:
        """What the rule says."""
        if self.upper < FALL:
            return SLOWER
        if self.lower > -FALL:
            return FASTER
        return UNCLEAR if self.noise > WIDE else SAME

    @property
    def percent(self) -> float:
        """The change of throughput in percent."""
        return 100 * (exp(self.estimate) - 1)


def change(launches: Sequence[float]) -> Change:
    """The change of a stage from each launch's log(head / base); at least 5 launches."""
    e = np.asarray(launches, dtype=np.float64)
    rows, columns = np.triu_indices(len(e))
    means = np.sort((e[rows] + e[columns]) / 2)
    c = critical(len(e))
    if c < 0:
        raise ValueError(f"{len(e)} launches carry no bound at level {LEVEL}: at least 5 are needed")
    return Change(float(np.median(means)), float(means[c]), float(means[len(means) - 1 - c]))


def needs_more(changes: Sequence[Change], launches: int) -> bool:
    """Whether another `STEP` launches are due."""
    return launches < MOST and any(item.noise > WIDE for item in changes)
