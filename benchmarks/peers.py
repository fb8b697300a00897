"""The engine against NumPy and SciPy on one machine in one run: the `evidence` study, correlations on.

    python benchmarks/peers.py [--draws 8388608] [--peer-draws 262144] [--rounds 5] [--out FILE]

engine  `mcengine.run`: scrambled Sobol' points, normal copula, all statistics, bands and intervals; all processors
scipy   what SciPy's documentation leads to: qmc.Sobol (scrambled) -> normal scores -> Cholesky factor of the
        copula -> scipy.stats ppf of each input -> the model in vectorised NumPy
numpy   the leanest: Generator variates drawn family by family (beta, exp of normal, uniform), correlations left
        out, the model in vectorised NumPy on pieces that stay in cache; one thread, as NumPy runs it

The peers work in 32 replicates too and take the same statistics (means, quantiles, P(NPV > 0), shortfall of NPV
and benefit-cost ratio, payback, yearly bands of as many draws). Rounds alternate between the three; medians count.
Last come the engine's two floors: blocks of transformed inputs alone, and the kernel alone on inputs in cache.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import stages
from numpy.typing import NDArray
from numpy_model import PlanData, bands, plan_accounting, plan_data, statistics, year_statistics
from scipy import special, stats
from scipy.stats import qmc

Array = NDArray[np.float64]
Replicate = Callable[[int, int], "dict[str, Array | float]"]

REPLICATES = 32
PIECE = 4096  # draws the model takes at once: the fastest of 1,024 ... 32,768
HEADLINE = ("npv", "bcr", "payback_year")


def _pert(parameters: Mapping[str, float]) -> tuple[float, float, float, float]:
    """(a, b, low, width) of the PERT's beta distribution."""
    low, mode, high = (parameters[name] for name in ("low", "mode", "high"))
    weight = parameters.get("lambda", 4.0) / (high - low)
    return 1 + weight * (mode - low), 1 + weight * (high - mode), low, high - low


def _atom(law: Any) -> tuple[float, float, Any]:
    """(weight, value, other component) of a mixture of one constant below one other component."""
    from mcengine.families import distribution

    first, second = law.parameters["components"]
    other = distribution(second["family"], second["parameters"])
    return first["weight"], first["parameters"]["value"], other


def scipy_quantile(law: Any) -> Callable[[Array], Array]:
    """The quantile function of `law` from scipy.stats."""
    p = law.parameters
    if law.family == "mixture":
        weight, value, other = _atom(law)
        rest = scipy_quantile(other)
        return lambda u: np.where(u < weight, value, rest(np.maximum(u - weight, 0.0) / (1 - weight)))
    if law.family == "pert":
        a, b, low, width = _pert(p)
        frozen = stats.beta(a, b, loc=low, scale=width)
    elif law.family == "lognormal":
        frozen = stats.lognorm(p["log_sd"], scale=p["median"])
    elif law.family == "beta":
        frozen = stats.beta(p["mean"] * p["n"], (1 - p["mean"]) * p["n"])
    else:
        frozen = stats.uniform(p["low"], p["high"] - p["low"])
    quantile: Callable[[Array], Array] = frozen.ppf
    return quantile


def numpy_variates(law: Any, rng: np.random.Generator, n: int) -> Array:
    """`n` draws of `law` by the Generator's own methods."""
    p = law.parameters
    if law.family == "mixture":
        weight, value, other = _atom(law)
        return np.where(rng.random(n) < weight, value, numpy_variates(other, rng, n))
    if law.family == "pert":
        a, b, low, width = _pert(p)
        return low + width * rng.beta(a, b, n)
    if law.family == "lognormal":
        return np.exp(rng.normal(np.log(p["median"]), p["log_sd"], n))
    if law.family == "beta":
        return rng.beta(p["mean"] * p["n"], (1 - p["mean"]) * p["n"], n)
    return rng.uniform(p["low"], p["high"], n)


def scipy_inputs(study: Any) -> Replicate:
    """Inputs of replicate r by qmc points, Cholesky factor and scipy.stats quantiles."""
    from mcengine.sampling.dependence import correlation_matrix

    names = study.uncertain
    pairs = {(c.first, c.second): c.rho for c in study.sets[0].set.correlations}
    factor = np.linalg.cholesky(correlation_matrix(names, pairs, None, None)[0])
    quantile = {name: scipy_quantile(study.marginal(0, name)) for name in names}
    fixed = study.baseline("median")

    def inputs(replicate: int, n: int) -> dict[str, Array | float]:
        points = qmc.Sobol(len(names), scramble=True, rng=np.random.default_rng([stages.SEED, replicate]))
        u = np.clip(points.random_base2(n.bit_length() - 1), 2.0**-32, 1 - 2.0**-32)
        correlated = special.ndtr(special.ndtri(u) @ factor.T)
        return {**fixed, **{name: quantile[name](correlated[:, j]) for j, name in enumerate(names)}}

    return inputs


def numpy_inputs(study: Any) -> Replicate:
    """Inputs of replicate r by Generator variates, independent."""
    laws = {name: study.marginal(0, name) for name in study.uncertain}
    fixed = study.baseline("median")

    def inputs(replicate: int, n: int) -> dict[str, Array | float]:
        rng = np.random.default_rng([stages.SEED, replicate])
        return {**fixed, **{name: numpy_variates(law, rng, n) for name, law in laws.items()}}

    return inputs


def simulate(plan: PlanData, inputs: Replicate, draws: int) -> dict[str, Array]:
    """All statistics of `draws` draws over the replicates: pooled, and each replicate's for the intervals."""
    n = draws // REPLICATES
    kept = min(n, max(1024, n // 64))
    outputs = {name: np.empty((REPLICATES, n)) for name in HEADLINE}
    by_replicate = []
    for r in range(REPLICATES):
        x = inputs(r, n)
        for start in range(0, n, PIECE):
            piece = {k: v if isinstance(v, float) else v[start : start + PIECE] for k, v in x.items()}
            for name, values in plan_accounting(plan, piece).items():
                if name in outputs:
                    outputs[name][r, start : start + PIECE] = values
        first = {k: v if isinstance(v, float) else v[:kept] for k, v in x.items()}
        tables = [table for table in plan_accounting(plan, first, yearly=True).values() if table.ndim == 2]
        by_replicate.append(np.append(statistics(outputs["npv"][r]), bands(tables)))
    return {
        "npv": statistics(outputs["npv"].ravel()),
        "bcr": statistics(outputs["bcr"].ravel()),
        "payback_year": year_statistics(outputs["payback_year"].ravel()),
        "half_width": stats.t.ppf(0.975, REPLICATES - 1) * np.std(by_replicate, axis=0) / REPLICATES**0.5,
    }


def _timed(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure(draws: int, peer_draws: int, rounds: int, threads: int) -> dict[str, list[float]]:
    """Draws per second of each contender and floor, one value a round, contenders taking turns."""
    from mcengine.analysis.simulate import run

    study = stages.study()
    plan = plan_data(study)
    peers = {"scipy": scipy_inputs(study), "numpy": numpy_inputs(study)}
    floors = {name: [stages.work(name, 2048) for _ in range(threads)] for name in ("inputs", "kernel")}
    run(study, draws=1 << 16, seed=stages.SEED, threads=threads)
    found: dict[str, list[float]] = {name: [] for name in ("engine", "alone", *peers, *floors)}
    for _ in range(rounds):
        result = None
        started = time.perf_counter()
        result = run(study, draws=draws, seed=stages.SEED, threads=threads)
        found["engine"].append(result.draws / (time.perf_counter() - started))
        found["alone"].append(result.draws / result.seconds)
        for name, inputs in peers.items():
            share = peer_draws if name == "scipy" else 4 * peer_draws
            seconds = _timed(lambda inputs=inputs, share=share: simulate(plan, inputs, share))  # type: ignore[misc]
            found[name].append(share / seconds)
        for name, works in floors.items():
            found[name].append(stages.rate(works))
    return found


def table(found: Mapping[str, list[float]], threads: int) -> str:
    """The figures as Markdown."""
    middle = {name: stages.spread(values) for name, values in found.items()}
    engine = middle["engine"][0]
    labels = {
        "engine": f"engine, {threads} threads, whole `run`",
        "alone": f"engine, {threads} threads, without preparing tables and pilot",
        "numpy": "leanest NumPy: Generator variates, no correlations, 1 thread",
        "scipy": "SciPy: qmc.Sobol, copula, stats ppf",
        "inputs": f"floor: transformed inputs alone, {threads} threads",
        "kernel": f"floor: kernel alone, {threads} threads",
    }
    lines = ["| what | million draws/s | spread | ns/draw | engine is |", "|---|---:|---:|---:|---:|"]
    for name, label in labels.items():
        value, noise = middle[name]
        ratio = f"{engine / value:.1f} x" if name in ("numpy", "scipy") else ""
        lines.append(f"| {label} | {value / 1e6:.3f} | {noise:.0%} | {1e9 / value:.1f} | {ratio} |")
    sum_of_floors = 1 / middle["inputs"][0] + 1 / middle["kernel"][0]
    over = 1 / middle["alone"][0] / sum_of_floors
    lines.append(f"\nA draw of the run takes {over:.2f} times the sum of its two floors.")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--draws", type=int, default=1 << 23, help="of the engine")
    parser.add_argument("--peer-draws", type=int, default=1 << 18, help="of SciPy; NumPy takes four times as many")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=stages.processors())
    parser.add_argument("--out", type=Path, help="also write the table here")
    options = parser.parse_args()
    text = table(measure(options.draws, options.peer_draws, options.rounds, options.threads), options.threads)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
