"""Shapley effects: the share of an output's variance that each input carries, correlated or not; they sum to 1.

The effect of input i is its Shapley value in the game with c(u) = E[Var(Y | X_-u)], u a set of inputs (Owen 2014, SIAM
/ASA JUQ 2, 245-251; Song, Nelson & Staum 2016, JUQ 4, 1060-1083; the game Var(E[Y | X_u]) gives the same values):

    Sh_i = sum over u without i of |u|! (d - |u| - 1)! / d! (c(u + i) - c(u)) / Var(Y)

Song et al. estimate c by a double loop, whose inner sample biases nothing but wastes most evaluations. Here every base
point X has one partner X^(u), the inputs u redrawn on condition of the others (`shapley_sampling`, exact for the
study's copula), and c(u) is the mean of (Y - Y^(u))^2 / 2 (Jansen 1999), free of bias and of inner loops.

Few inputs: all 2^d sets u at each base point, and the sum above as it stands. More: random orders of the inputs, as in
Castro, Gomez & Tejada (2009). Along an order the sets grow by one input and X^(u) with them, from X to a point of its
own, so an order costs d + 1 evaluations and gives a term of every input's effect (Goda 2021, RESS 213, 107702, where
inputs are independent; the chain is conditional here). The terms telescope to (Y - Y')^2 / 2, so the effects of any
sample sum to 1 exactly. Each base point has an order of its own: 64 orders a replicate, each for a run of points, are
as good on the evidence study and quadruple the error where inputs correlate by 0.9. Reversed and rotated orders gain
nothing, ranks of further Sobol' dimensions from nothing to two fifths (all at n = 4,096, 16 replicates).
An independent input that does nothing gets 0 exactly: its step changes no output.

An input that takes one value with positive chance counts as known together with its place within that chance (its
normal score), as an input's factor is its rank throughout the engine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.factors import correlated_blocks
from mcengine.analysis.ranking import SMALL, rank_values
from mcengine.analysis.shapley_groups import Groups, partition
from mcengine.analysis.shapley_result import Effect, ShapleyResult
from mcengine.analysis.shapley_walk import Walk, build_walk
from mcengine.analysis.simulate import check_seed
from mcengine.analysis.sobol import DEFAULT_N, DEFAULT_REPLICATES, Watcher, check_output, check_size
from mcengine.analysis.sobol_result import index
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.run import Observer, default_threads
from mcengine.engine.threads import in_order
from mcengine.errors import AnswerNo, Fault, InputError
from mcengine.inputs.study import Study
from mcengine.models.build import build_model
from mcengine.models.model import Model

EXACT = 8  # factors: all 2^8 sets of them cost what 28 orders do and settle far more
MOST_ORDERS = 1024  # more of them are better had from more base points


def shapley(
    study: Study,
    *,
    output: str | None = None,
    n: int = DEFAULT_N,
    replicates: int = DEFAULT_REPLICATES,
    seed: int | None = None,
    groups: Groups | None = None,
    permutations: int | None = None,
    model: Model | None = None,
    threads: int | None = None,
    observer: Watcher | None = None,
) -> ShapleyResult:
    """Shapley effects of one output; "npv", or the model's first, when `output` is None.

    n             base points a replicate, rounded up to a power of two
    groups        inputs that share one effect, by the group's name; they may be correlated with inputs outside it
    permutations  random orders of the factors at each base point; None: all orders, exactly, up to 8 factors, else 1
    threads       how many; they change the time and no bit

    Raises
    ------
    InputError  an option that cannot be; nothing uncertain; a pool of sets; a group that cannot be
    AnswerNo    the output does not vary; NonFiniteError: it is NaN or infinite in some evaluation
    """
    model = build_model(study) if model is None else model
    output = check_output(study, model, output)
    refuse_pool(study)
    n, notes = check_size(n, replicates)
    check_orders(permutations)
    factors = partition(study.uncertain, model.inputs, groups, idle="is fixed in this study, so it drives nothing")
    orders = 1 if permutations is None and len(factors) > EXACT else permutations
    problem = build_problem(study, seed=check_seed(seed), draws=n, outputs=(output,), model=model)
    walk = build_walk(problem, factors, output, orders)
    total = walk.evaluations * n * replicates
    watcher = observer(problem, total) if observer else None
    started = time.perf_counter()
    rows = _rows(walk, n, replicates, threads, watcher)
    seconds = time.perf_counter() - started
    variance = float(rows.mean(axis=0).sum())
    if not variance > 0.0:
        raise AnswerNo(f"{output} is the same in every evaluation of this study, so nothing drives it")
    blocks = correlated_blocks(problem)
    effects, shares = effects_of(factors, rows, blocks)
    return ShapleyResult(
        study=study,
        output=output,
        unit=model.outputs[walk.row].unit,
        seed=problem.seed,
        n=n,
        replicates=replicates,
        permutations=walk.orders,
        effects=effects,
        ranking=rank_values(
            tuple(effects),
            rows.mean(axis=0) / rows.mean(axis=0).sum(),
            shares,
            n=n,
            seed=problem.seed,
            small=SMALL,
            what="effects",
            floor=f"{SMALL:.0%} of the variance",
        ),
        sd=float(np.sqrt(variance)),
        evaluations=total,
        rows=rows,
        notes=(*notes, *_told(problem, blocks)),
        warnings=study.warnings,
        seconds=seconds,
        threads=threads or default_threads(),
    )


def refuse_pool(study: Study) -> None:
    """Refuse a study that pools several assumption sets: their joint law is a mixture, not a copula."""
    if len(study.sets) > 1:
        names = [member.set.name for member in study.sets]
        rule = (
            f"pools the sets {', '.join(names)}, and inputs cannot be redrawn on condition of each other across sets; "
            "ask for the effects of a study of one set, or for sobol, where the choice of the set is a factor"
        )
        raise InputError(Fault(study.file, "sets", None, rule))


def check_orders(permutations: int | None) -> None:
    """Refuse a number of random orders that is not None or a whole number of at least 1."""
    if permutations is None:
        return
    if isinstance(permutations, bool) or not isinstance(permutations, int) or not 1 <= permutations <= MOST_ORDERS:
        rule = f"must be a whole number from 1 to {MOST_ORDERS}: random orders of the factors at each base point"
        raise InputError(Fault(None, "permutations", permutations, rule))


def _rows(walk: Walk, n: int, replicates: int, threads: int | None, watcher: Observer | None) -> NDArray[np.float64]:
    """The Shapley values of the variance of every replicate, float64 (replicates, factors), in order."""
    progress = watcher.drawn if watcher else None

    def work(index: int, stop: Any) -> NDArray[np.float64]:
        return walk.replicate(index, n, stop=stop, progress=progress)

    return np.array(list(in_order(work, range(replicates), threads or default_threads())))


def effects_of(
    factors: Mapping[str, tuple[str, ...]], rows: NDArray[np.float64], blocks: Sequence[Sequence[str]]
) -> tuple[dict[str, Effect], NDArray[np.float64]]:
    """The effects with their intervals, and the shares of each replicate, float64 (replicates, factors)."""
    pooled = rows.mean(axis=0)
    values = pooled / pooled.sum()
    variances = rows.sum(axis=1, keepdims=True)
    shares = np.divide(rows, variances, out=np.full_like(rows, np.nan), where=variances > 0.0)
    effects = {}
    for f, (name, members) in enumerate(factors.items()):
        tied = [other for block in blocks if {*block} & {*members} for other in block if other not in members]
        effects[name] = Effect(name, members, index(float(values[f]), shares[:, f]), tuple(tied))
    return effects, shares


def _told(problem: Problem, blocks: Sequence[Sequence[str]]) -> Iterator[str]:
    """What the reader of a correlated study must know."""
    if not blocks:
        return
    listed = "; ".join(", ".join(block) for block in blocks)
    yield (
        f"these inputs are correlated: {listed}. The effect of a correlated input holds part of what the others do, as "
        "far as it moves with them, so it can be positive for an input that the output does not depend on"
    )
    for repair in problem.repairs:
        yield (
            f"rank correlation {repair.first} - {repair.second} moved from {repair.stated:g} to {repair.used:.4f}: "
            "the stated ones cannot hold together"
        )
    stepped = [name for block in blocks for name in block if _has_atom(problem, name)]
    if stepped:
        yield (
            f"a value of positive chance: {', '.join(stepped)}. To know such an input counts as to know its rank too, "
            "also among the draws that have that value"
        )


def _has_atom(problem: Problem, name: str) -> bool:
    """Whether some value of the input has a positive chance."""
    return any(piece.x_low == piece.x_high for piece in problem.study.marginal(0, name).pieces)
