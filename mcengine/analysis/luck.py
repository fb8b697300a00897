"""Luck apart from ignorance: how much of a spread could be studied away, and how much no study can take away.

Var(y) = Var(E[y | x]) + E[Var(y | x)]: x are the assumptions, about which more could be known; what is left when they
are fixed is luck. A nested design draws each x a few times over, under lucks of its own (`Problem.lucks`). Two lucks of
one x share nothing but x, so the mean of their products estimates E[E[y | x]^2] without bias and without the inner
means, whose noise a large inner sample would have to drive out: one-way random effects (Searle, Casella & McCulloch
1992, "Variance components", chapter 3). The squared mean comes from products of different replicates, so that the
split is unbiased for Sobol' points too. Two lucks an x are the most efficient where luck is not far below ignorance.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.luck_result import IGNORANCE, LUCK, LuckBand, LuckCurve, LuckResult
from mcengine.analysis.result import Statistic
from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import check_size
from mcengine.analysis.summary import skewed_interval
from mcengine.engine.problem import Problem, build_problem, default_outputs
from mcengine.engine.run import default_threads
from mcengine.engine.threads import in_order
from mcengine.errors import AnswerNo, Fault, InputError, NonFiniteError
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import YEAR, Model
from mcengine.sampling.points import fill_luck

Array = NDArray[np.float64]

DEFAULT_N, DEFAULT_REPLICATES, DEFAULT_INNER = 4096, 16, 2
DEFAULT_CURVES, MOST_CURVES = 25, 200
MOST_INNER = 64
LUCKS = 512
"""Lucks on each curve of the band."""
RANKED, MEANS = 2048, 16
"""Assumptions that the curves are chosen from by rank, and the lucks that each one's mean is of."""
PROBABILITIES = (0.01, 0.025, *(k / 20 for k in range(1, 20)), 0.975, 0.99)

BELOW_ZERO = "below 0 by the error of its estimate; read it as 0"
NO_LUCK = (
    "this study has no luck: its model gives expected values. Set luck = true under [options], or --set luck=true, "
    "with accounting = 'pipeline'; or give a model of your own rows of luck (Model(..., luck=names))"
)


def luck(
    study: Study,
    *,
    output: str | None = None,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    inner: int = DEFAULT_INNER,
    curves: int = DEFAULT_CURVES,
    seed: int | None = None,
    model: Model | None = None,
    threads: int | None = None,
) -> LuckResult:
    """Split the variance of an output into ignorance and luck, and show the band of distributions.

    output   "npv", or the model's first continuous one, when None
    n        draws of the assumptions a replicate, rounded up to a power of two; the first luck of each is a run's
    inner    lucks of each of them, 2 to 64: n x replicates x inner evaluations, and the band's own on top
    curves   fixed assumptions in the band, at even ranks of their means
    threads  how many; no number depends on it

    Raises
    ------
    InputError  an option that cannot be; a study without luck
    AnswerNo    the output does not vary; NonFiniteError: it is NaN or infinite in some evaluation
    """
    faults = [*_whole("inner", inner, MOST_INNER), *_whole("curves", curves, MOST_CURVES)]
    if faults:
        raise InputError(faults)
    if model is None or not model.luck:
        model = build_model(study, luck=True)
    if not model.luck:
        raise InputError(Fault(study.file, "options.luck", False, NO_LUCK))
    n, notes = check_size(n, replicates)
    output = _continuous(model, output)
    problem = build_problem(study, seed=check_seed(seed), draws=n, outputs=(output,), model=model, luck=True)
    workers = threads or default_threads()
    problem.lucks(output, 0, 0, 8, inner)  # compiles what is not, so that the clock is the evaluations'
    started = time.perf_counter()

    def work(index: int, stop: object) -> Array:
        return _values(problem, output, index, n, inner)

    y = np.array(list(in_order(work, range(replicates), workers)))
    if y.min() == y.max():
        raise AnswerNo(f"{output} is the same in every evaluation of this study, so there is nothing to split")
    band = _band(problem, output, y, curves)
    mean, total, variances, shares, rows = split(y)
    below = [f"the variance from {name} came out {BELOW_ZERO}" for name, v in variances.items() if v.note]
    return LuckResult(
        study=study,
        output=output,
        unit=model.outputs[model.output_index(output)].unit,
        seed=problem.seed,
        n=n,
        replicates=replicates,
        inner=inner,
        mean=mean,
        variances=variances,
        shares=shares,
        total=total,
        band=band,
        rows=rows,
        notes=(*notes, *below),
        warnings=study.warnings,
        seconds=time.perf_counter() - started,
        threads=workers,
    )


def _whole(name: str, value: Any, most: int) -> Iterator[Fault]:
    if isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= most:
        yield Fault(None, name, value, f"must be a whole number from 2 to {most}")


def _continuous(model: Model, output: str | None) -> str:
    """The output's name: the one asked for, "npv", or the first that has a variance."""
    names = [o.key for o in default_outputs(model) if o.kind != YEAR]
    output = output or ("npv" if "npv" in names else next(iter(names), model.outputs[0].key))
    if model.outputs[model.output_index(output)].kind == YEAR:
        rule = "may be 'never', so it has no variance to split; ask for npv or another output"
        raise InputError(Fault(None, "output", output, rule))
    return output


def _values(problem: Problem, output: str, replicate: int, count: int, lucks: int) -> Array:
    """The output of a replicate's first draws under several lucks, float64 (lucks, draws).

    Raises
    ------
    NonFiniteError  NaN or infinite in some of them.
    """
    y = problem.lucks(output, replicate, 0, count, lucks)
    bad = np.flatnonzero(~np.isfinite(y).all(axis=0))
    if len(bad):
        x, _ = problem.inputs(replicate, int(bad[0]), 1)
        inputs = dict(zip(problem.model.inputs, x[:, 0].tolist(), strict=True))
        raise NonFiniteError(output, tuple((replicate, int(i)) for i in bad[:5]), inputs, len(bad))
    return y


def split(y: Array) -> tuple[Statistic, Statistic, dict[str, Statistic], dict[str, Statistic], Array]:
    """(mean, total variance, variances, shares, rows) from y, float64 (replicates, lucks, draws), finite.

    With d the values less their mean and m lucks, over draws and then replicates:
        a = mean of sum_{k != l} d_k d_l / (m (m - 1))   estimates E[E[d | x]^2]
        w = mean of sum_k (d_k - mean_k d)^2 / (m - 1)   estimates E[Var(y | x)]: luck
        ignorance = a - (mean of products of different replicates' means)
    """
    replicates, m, _ = y.shape
    centre = float(y.mean())
    d = y - centre
    means = d.mean(axis=(1, 2))
    sums, squares = d.sum(axis=1), (d**2).sum(axis=1)
    w = ((squares - sums**2 / m) / (m - 1)).mean(axis=1)
    a = ((sums**2 - squares) / (m * (m - 1))).mean(axis=1)
    squared_mean = (means.sum() ** 2 - (means**2).sum()) / (replicates * (replicates - 1))
    own = {IGNORANCE: a - means**2, LUCK: w}
    pooled = {IGNORANCE: float(a.mean() - squared_mean), LUCK: float(w.mean())}
    total, totals = sum(pooled.values()), own[IGNORANCE] + own[LUCK]
    variances = {name: _told(skewed_interval(pooled[name], own[name])) for name in own}
    shares = {name: _told(skewed_interval(pooled[name] / total, own[name] / totals)) for name in own}
    rows = np.stack([centre + means, own[IGNORANCE], own[LUCK]], axis=1)
    return skewed_interval(centre, rows[:, 0]), skewed_interval(total, totals), variances, shares, rows


def _told(found: Statistic) -> Statistic:
    """With a note where it is below 0: a variance is not, its estimate may be."""
    negative = isinstance(found.value, float) and found.value < 0.0
    return Statistic(found.value, found.ci95, BELOW_ZERO) if negative else found


def _band(problem: Problem, output: str, y: Array, count: int) -> LuckBand:
    """Curves at even ranks of E[y | x] among the draws of a replicate behind the design's.

    They are chosen by noisy means, and then drawn anew: a curve is right for its assumptions whatever its rank.
    """
    model, replicate = problem.model, len(y)
    means = _values(problem, output, replicate, RANKED, MEANS).mean(axis=0)
    ranks = (np.arange(count) + 0.5) / count
    chosen = np.argsort(means, kind="stable")[(ranks * RANKED).astype(np.int64)]
    x, _ = problem.inputs(replicate, 0, RANKED)
    uniforms = np.empty((len(model.luck), LUCKS))
    fill_luck(problem.points, replicate + 1, 0, 0, uniforms)
    row = model.output_index(output)
    leading = row < len(model.headline_outputs)
    curves = []
    for rank, draw in zip(ranks, chosen, strict=True):
        same = np.repeat(x[:, draw : draw + 1], LUCKS, axis=1)
        values = model.evaluate(same, luck=uniforms, headline_only=leading)[row]
        if not np.isfinite(values).all():
            inputs = dict(zip(model.inputs, x[:, draw].tolist(), strict=True))
            raise NonFiniteError(output, ((replicate, int(draw)),), inputs, int((~np.isfinite(values)).sum()))
        positive, sd = float((values > 0.0).mean()), float(values.std(ddof=1))
        curves.append(LuckCurve(float(rank), float(values.mean()), sd, positive, _quantiles(values)))
    return LuckBand(
        PROBABILITIES, tuple(curves), _quantiles(means), _quantiles(y.ravel()), LUCKS, RANKED, MEANS
    )  # fmt: skip


def _quantiles(values: Array) -> tuple[float, ...]:
    """Quantiles at `PROBABILITIES` by Hazen's rule: the k-th of n values stands for (k - 1/2) / n."""
    return tuple(np.quantile(values, PROBABILITIES, method="hazen").tolist())
