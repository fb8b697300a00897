"""Is N enough: is the order of the factors settled, and how many points would settle it?

Neighbours in the order are settled when their 95% intervals do not overlap. Those that are too small to matter, or
that cannot be told from an input that does nothing, are not asked for. The chance that the top three are the top
three treats the pooled values as normal about themselves with the covariance that the replicates show, mean +
z D / sqrt(R (R - 1)) for D the replicates' deviations, so that values of one design may move together.

How many points: half-widths are taken to shrink like n^-rate. Random points give 1/2. For total indices on
scrambled Sobol' points the studies that come with the engine gave 0.75 to 0.85 for the NPV and 0.5 to 0.7 for the
chance of a loss, which jumps.

`rank_values` serves any method that has one number a factor and replicate:

    >>> replicates = np.array([[0.50, 0.30, 0.02], [0.52, 0.29, 0.00], [0.51, 0.31, 0.01], [0.51, 0.30, 0.01]])
    >>> found = rank_values(
    ...     ("a", "b", "c"), replicates.mean(axis=0), replicates, n=64, seed=1, small=0.05, what="effects", floor="5%"
    ... )
    >>> found.order, found.settled, found.top, found.n
    (('a', 'b', 'c'), True, ('a', 'b'), 64)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mcengine.analysis.result import Statistic
from mcengine.analysis.summary import half_width
from mcengine.sampling.streams import key, uniforms

Array = NDArray[np.float64]

RATE, JUMP_RATE = 0.75, 0.5
RANDOM_RATE = 0.5
SMALL = 0.01  # of the variance: indices below it are not told apart
TOP = 3
_TRIALS = 1 << 14
_STREAM = "@ranking"
_MOST = 2.0**40  # base points: a gap that needs more is called a tie


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of the factors by one number each, and how sure it is.

    order       names, largest first
    settled     no two neighbours' intervals overlap, but for those below the floor
    open_pairs  neighbours that are not told apart, (larger, smaller)
    top         the leading names: three, or fewer where fewer stand above the floor, and never all
    chance      that these are the leading ones, in whatever order among themselves; None without any
    n, rate     points a replicate that would settle the order if half-widths shrink like n^-rate; n as it is
                when settled, None when a gap is too small to be settled
    what        the numbers ranked, in the plural; floor: what those not asked for lie below, "" where all are
    """

    order: tuple[str, ...]
    settled: bool
    open_pairs: tuple[tuple[str, str], ...]
    top: tuple[str, ...]
    chance: float | None
    n: int | None
    rate: float
    what: str = "total indices"
    floor: str = f"{SMALL:.0%} of the variance"

    def to_dict(self) -> dict[str, Any]:
        """As in JSON under "ranking"."""
        below = f"; {self.what} below {self.floor} are not told apart" if self.floor else ""
        return {
            "order": list(self.order),
            "settled": self.settled,
            "not_told_apart": [list(pair) for pair in self.open_pairs],
            "top": list(self.top),
            "top_chance": self.chance,
            "n_to_settle": self.n,
            "assumed": f"half-widths shrink like n^-{self.rate:g}{below}",
        }


def rank(
    names: Sequence[str], totals: Sequence[Statistic], rows: Array, *, n: int, seed: int, rate: float = RATE
) -> Ranking | None:
    """The ranking of total indices with intervals; rows float64 (replicates, names). None without intervals."""
    if not names or any(total.ci95 is None for total in totals):
        return None
    values = np.array([total.value for total in totals], dtype=np.float64)
    half = np.array([(float(t.ci95[1]) - float(t.ci95[0])) / 2 for t in totals if t.ci95 is not None])
    order, open_pairs, needed = _order(names, values, half, values + half > SMALL, n, rate)
    count = min(TOP, len(names) - 1)
    chance = top_chance(values, rows, count, seed) if count else None
    return Ranking(order, not open_pairs, open_pairs, order[:count], chance, needed, rate)


def rank_values(
    names: Sequence[str],
    pooled: Array,
    by_replicate: Array,
    *,
    n: int,
    seed: int,
    rate: float = RANDOM_RATE,
    small: float = 0.0,
    asked: NDArray[np.bool_] | None = None,
    what: str = "values",
    floor: str = "",
) -> Ranking | None:
    """The ranking of any method's numbers, one a factor; None without factors or where one is not finite.

    pooled        float64 (factors,), the estimates, larger is more important
    by_replicate  float64 (replicates, factors), the same of each of two or more independent replicates
    n             points of a replicate; seed: of the analysis; rate: half-widths shrink like n^-rate
    small         factors whose interval does not reach above it are not asked for, nor counted among the top
    asked         instead of `small`: bool (factors,), which factors stand out and are to be told apart
    what, floor   as in `Ranking`; floor is "the dummy's level", "1% of the largest" or the like
    """
    if not len(names) or not (np.isfinite(pooled).all() and np.isfinite(by_replicate).all()):
        return None
    half = np.array([half_width(by_replicate[:, j]) for j in range(len(names))])
    asked = pooled + half > small if asked is None else asked
    order, open_pairs, needed = _order(names, pooled, half, asked, n, rate)
    count = min(TOP, len(names) - 1, int(asked.sum()))
    chance = top_chance(pooled, by_replicate, count, seed) if count else None
    return Ranking(order, not open_pairs, open_pairs, order[:count], chance, needed, rate, what, floor)


def _order(
    names: Sequence[str], values: Array, half: Array, asked: NDArray[np.bool_], n: int, rate: float
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], int | None]:
    """(names by value, open pairs, points a replicate that would close them); a pair counts if its larger is asked."""
    order = np.argsort(-values, kind="stable")
    open_pairs, factor = [], 1.0
    for i, j in pairwise(order.tolist()):
        gap, width = values[i] - values[j], half[i] + half[j]
        if gap < width and asked[i]:
            open_pairs.append((names[i], names[j]))
            factor = max(factor, (width / gap) ** (1.0 / rate) if gap > 0 else np.inf)
    if not open_pairs:
        needed: int | None = n
    else:
        needed = 1 << int(np.ceil(np.log2(n * factor))) if n * factor <= _MOST else None
    return tuple(names[i] for i in order), tuple(open_pairs), needed


def top_chance(values: Array, rows: Array, count: int, seed: int) -> float:
    """Chance that the `count` largest of `values` (k,) are the largest, from replicates' values (R, k)."""
    replicates = len(rows)
    deviations = (rows - rows.mean(axis=0)) / np.sqrt(replicates * (replicates - 1.0))
    u = np.empty(_TRIALS)
    z = np.empty((_TRIALS, replicates))
    for r in range(replicates):
        uniforms(key(seed, _STREAM), r, 0, u)
        z[:, r] = ndtri(u)
    trials = values + z @ deviations
    order = np.argsort(-values, kind="stable")
    kept = trials[:, order[:count]].min(axis=1) > trials[:, order[count:]].max(axis=1)
    return float(kept.mean())
