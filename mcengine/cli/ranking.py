"""How a ranking prints, of any method: the chance of the top three, what is not told apart, and what would do it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from mcengine.cli.printing import number, width

if TYPE_CHECKING:
    from mcengine.analysis.ranking import Ranking

MOST_POINTS = 1 << 20  # a replicate's


def sure(ranking: Ranking | None, points: str = "base points", most: int = MOST_POINTS) -> str:
    """Whether the order is settled, and what would settle it; "" without a ranking.

    points  what n counts; most: how many a replicate may have
    """
    if ranking is None:
        return ""
    lines = []
    if ranking.chance is not None:
        count = len(ranking.top)
        claim = f"The top {count} are the top {count}" if count > 1 else "The first is the first"
        lines.append(f"{claim} with chance {chance(ranking.chance)}.")
    if ranking.settled:
        down = f" down to {ranking.floor}" if ranking.floor else ""
        lines.append(f"The order of the {ranking.what} is settled{down}.")
    else:
        pairs = "; ".join(" and ".join(pair) for pair in ranking.open_pairs)
        lines.append(f"Not told apart yet: {pairs}.")
        lines.append(cure(ranking, points, most))
    return textwrap.fill(" ".join(lines), width())


def cure(ranking: Ranking, points: str, most: int) -> str:
    """How many points would settle an order that is not."""
    if ranking.n is None:
        return "They are too close for any number of points to tell apart: call them equal."
    needed = f"About {number(ranking.n)} {points} a replicate would settle the order"
    more = ", or as many more replicates" if ranking.n <= most else ", which takes more replicates"
    return f"{needed} if the intervals shrink like n^-{ranking.rate:g}{more}."


def chance(share: float) -> str:
    """A chance in percent; one too near 0 or 1 for the trials as a bound."""
    return "above 99.9%" if share > 0.999 else "below 0.1%" if share < 0.001 else f"{100 * share:.1f}%"
