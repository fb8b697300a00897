"""Sobol' indices of the `evidence` study without correlations: the engine against SALib's own way, in one run.

    python benchmarks/sobol_peer.py [--points 65536] [--rounds 3] [--large 22] [--layouts]

25 ungrouped, independent inputs, no second order, `points` base points in all (the engine's over 16 replicates).

engine   `mcengine.sensitivity`, from the study to the ranking, compiled code cached
salib    sample (scrambled Sobol'), quantiles and kernel as the engine's, analyze with 100 resamples
--large  also the engine with 2^L base points in all, in a process of its own: seconds and peak memory
--layouts  also the error of the interleaved against the halves layout, as the spread over 64 replicates at three n

Rounds alternate between the two; medians count.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
from SALib.analyze import sobol as analyzer
from SALib.sample import sobol as sampler

from mcengine import Study, load_study, sensitivity
from mcengine.analysis.factors import build_factors
from mcengine.analysis.salib_bridge import build_bridge, generator
from mcengine.analysis.sobol import replicate_sums
from mcengine.analysis.sobol_estimators import estimate
from mcengine.engine.problem import build_problem
from mcengine.engine.saltelli import BELOW, LAYOUTS, Response, build_saltelli

REPLICATES = 16


def study() -> Study:
    return replace(load_study("evidence"), correlations=False)


def engine(points: int) -> float:
    started = time.perf_counter()
    sensitivity(study(), seed=1, n=points // REPLICATES, replicates=REPLICATES)
    return time.perf_counter() - started


def salib(points: int) -> dict[str, float]:
    """Seconds of each stage."""
    problem = build_problem(study(), seed=1, draws=points)
    bridge = build_bridge(problem, build_factors(problem), ("npv",))
    marks = [time.perf_counter()]
    u = sampler.sample(bridge.salib, points, calc_second_order=False, seed=generator(1, "sample"))
    marks.append(time.perf_counter())
    y = bridge.outputs(u, "npv")
    marks.append(time.perf_counter())
    analyzer.analyze(bridge.salib, y, calc_second_order=False, num_resamples=100, seed=generator(1, "analyze"))
    marks.append(time.perf_counter())
    return dict(zip(("sample", "model", "analyze"), np.diff(marks).tolist(), strict=True))


def large(log2: int) -> None:
    """The engine with 2^log2 base points in a child process."""
    code = f"import sobol_peer as s; t = s.engine(1 << {log2}); print(t, s.peak_mb())"
    words = subprocess.run([sys.executable, "-c", code], cwd=sys.path[0], check=True, capture_output=True, text=True)
    seconds, megabytes = (float(word) for word in words.stdout.split())
    print(f"engine, 2^{log2} base points in all: {seconds:.1f} s, peak memory {megabytes:.0f} MB")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def layouts() -> None:
    """Root mean square over the factors with a total index above 1%, of the spread over 64 replicates."""
    responses = [Response("npv"), Response("npv", BELOW, 0.0)]
    problem = build_problem(study(), seed=1, draws=4096)
    factors = build_factors(problem)
    print("error of one replicate, rms over the inputs that matter: s1, st (halves / interleaved)")
    for n in (512, 2048, 8192):
        errors = {}
        for layout in LAYOUTS:
            sums = replicate_sums(build_saltelli(problem, factors, responses, layout=layout), n, 64, threads=2)
            for k, response in enumerate(responses):
                each = [estimate(own, n, len(factors), second_order=False) for own in sums[:, k]]
                s1, st = np.array([e.s1 for e in each]), np.array([e.st for e in each])
                matter = st.mean(axis=0) > 0.01
                for name, rows in (("s1", s1), ("st", st)):
                    errors[layout, response.key, name] = float(np.sqrt(np.mean(rows[:, matter].var(axis=0))))
        for response in responses:
            pairs = [(errors["halves", response.key, i], errors["interleaved", response.key, i]) for i in ("s1", "st")]
            shown = ", ".join(f"{h:.5f} / {i:.5f} = {h / i:.2f}" for h, i in pairs)
            print(f"  n = {n:5}  {response.key:8}  {shown}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1 << 16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, metavar="L")
    parser.add_argument("--layouts", action="store_true")
    options = parser.parse_args()
    engine(16 * REPLICATES)  # compiles
    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(engine(options.points))
        theirs.append(salib(options.points))
    total = [sum(stages.values()) for stages in theirs]
    stages = {name: statistics.median(t[name] for t in theirs) for name in theirs[0]}
    print(f"{options.points:,} base points in all, 25 inputs, {options.points * 27:,} evaluations")
    print(f"engine {statistics.median(ours):.3f} s")
    print(f"salib  {statistics.median(total):.2f} s: " + ", ".join(f"{k} {v:.2f}" for k, v in stages.items()))
    ratios = [t / o for t, o in zip(total, ours, strict=True)]
    print(f"ratio  {statistics.median(ratios):.0f}  (rounds: {', '.join(f'{r:.0f}' for r in ratios)})")
    if options.large:
        large(options.large)
    if options.layouts:
        layouts()


if __name__ == "__main__":
    main()
