"""How fast errors fall: one replicate's mean NPV and P(NPV > 0) against a large reference run.

    python benchmarks/accuracy.py                      convergence table, Sobol' points beside random ones
    python benchmarks/accuracy.py --reference 30       make reference.json anew from 2^30 draws

An error is the root mean square over 32 independent replicates of 2^m draws, about the reference, which other
seeds made and which is closer to the truth by orders of magnitude. Its own interval is in the file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import stages
from numpy.typing import NDArray

FILE = Path(__file__).with_name("reference.json")
REFERENCE_SEED = 20_260_101
STATISTICS = ("mean", "prob_positive")
EXPONENTS = tuple(range(8, 17))
REPLICATES = 32
FAR = 6.0  # standard errors: further from the reference, the study is another one


@dataclass(frozen=True)
class Convergence:
    """Errors by statistic, float64 (len(draws),), of replicates of `draws` draws with one sampler.

    scale  standard deviation of one draw, by statistic; seconds  of one thread, per draw, at the largest size
    """

    sampler: str
    draws: tuple[int, ...]
    errors: Mapping[str, NDArray[np.float64]]
    scale: Mapping[str, float]
    seconds: float

    def _line(self, statistic: str) -> tuple[float, float]:
        slope, intercept = np.polyfit(np.log(self.draws), np.log(self.errors[statistic]), 1)
        return float(slope), float(intercept)

    def slope(self, statistic: str) -> float:
        """Power of the number of draws with which the error falls (least squares of logarithms)."""
        return self._line(statistic)[0]

    def seconds_to(self, statistic: str, share: float) -> float:
        """Seconds of one thread until the error is `share` standard deviations of a draw, on the fitted line."""
        slope, intercept = self._line(statistic)
        target = np.log(share * self.scale[statistic])
        return float(np.exp((target - intercept) / slope)) * self.seconds


def reference() -> dict[str, Any]:
    """The stored reference run."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def convergence(sampler: str, exponents: Sequence[int] = EXPONENTS) -> Convergence:
    """Errors of replicates of 2^m draws for the `exponents` m.

    Raises
    ------
    ValueError  the replicates' mean lies too far from the reference: that belongs to another study or model.
    """
    from mcengine import run

    known, study = reference(), stages.study()
    errors: dict[str, list[float]] = {name: [] for name in STATISTICS}
    for m in exponents:
        draws = REPLICATES << m
        result = run(study, draws=draws, replicates=REPLICATES, seed=stages.SEED, sampler=sampler, threads=1)
        for name in STATISTICS:
            off = result.rows[:, result.columns.index(f"npv.{name}")] - known[name]["value"]
            if abs(off.mean()) > FAR * off.std(ddof=1) / REPLICATES**0.5:
                raise ValueError(f"npv.{name} with {sampler} points is not that of {FILE.name}: make it anew")
            errors[name].append(float(np.sqrt(np.mean(off**2))))
    p = known["prob_positive"]["value"]
    return Convergence(
        sampler,
        tuple(1 << m for m in exponents),
        {name: np.array(values) for name, values in errors.items()},
        {"mean": known["sd"]["value"], "prob_positive": (p * (1 - p)) ** 0.5},
        result.seconds / result.draws,
    )


def make_reference(exponent: int) -> dict[str, Any]:
    """Run 2^exponent draws and describe where the figures come from."""
    from mcengine import run
    from mcengine.store.provenance import processor, versions

    study = stages.study()
    result = run(study, draws=1 << exponent, seed=REFERENCE_SEED)
    resolved = json.dumps(study.resolved(), sort_keys=True, default=str)
    figures = {name: result["npv"].statistics[name].to_dict() for name in (*STATISTICS, "sd")}
    return {
        **figures,
        "unit": {"mean": "EUR m", "sd": "EUR m", "prob_positive": "1"},
        "study": study.name,
        "correlations": True,
        "study_sha256": hashlib.sha256(resolved.encode()).hexdigest(),
        "sampler": result.sampler,
        "draws": result.draws,
        "replicates": result.replicates,
        "seed": result.seed,
        "digest": result.digest,
        "command": f"python benchmarks/accuracy.py --reference {exponent}",
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions(),
        "processor": processor(),
    }


def table(found: Sequence[Convergence]) -> str:
    """The errors, slopes and times as Markdown."""
    heads = [f"{name}, {c.sampler}" for name in STATISTICS for c in found]
    lines = [f"| draws | {' | '.join(heads)} |", "|---:|" + "---:|" * len(heads)]
    for row, draws in enumerate(found[0].draws):
        cells = [f"{c.errors[name][row]:.3g}" for name in STATISTICS for c in found]
        lines.append(f"| {draws:,} | {' | '.join(cells)} |")
    slopes = [f"{c.slope(name):.2f}" for name in STATISTICS for c in found]
    times = [f"{c.seconds_to(name, 1e-3):.3g} s" for name in STATISTICS for c in found]
    lines.append(f"| slope | {' | '.join(slopes)} |")
    lines.append(f"| to 0.001 sd | {' | '.join(times)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the convergence table, or make the reference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reference", type=int, metavar="M", help="make reference.json from 2^M draws")
    options = parser.parse_args()
    if options.reference:
        FILE.write_text(json.dumps(make_reference(options.reference), indent=1) + "\n", encoding="utf-8")
        print(FILE)
    else:
        print(table([convergence(sampler) for sampler in ("sobol", "random")]))


if __name__ == "__main__":
    main()
