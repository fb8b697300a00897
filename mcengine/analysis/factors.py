"""What a variance is attributed to: inputs, or groups of them that are swapped together.

Sobol' indices need factors that are independent of each other. Inputs tied by rank correlations are not, but the
connected blocks of correlations are: each block is one factor. So is the choice among pooled assumption sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mcengine.engine.problem import Problem
from mcengine.engine.saltelli import Factor
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.sampling.dependence import blocks_of

CHOICE = "assumption set"
Groups = Mapping[str, Sequence[str]]


def correlated_blocks(problem: Problem) -> list[list[str]]:
    """The connected blocks of correlated inputs, over all the sets' copulas, each in declared order."""
    names = [problem.model.inputs[j] for j in problem.design.uncertain]
    pairs = {}
    for copula in problem.copulas:
        for a in range(len(copula.rows) - 1):
            if copula.block[a] == copula.block[a + 1]:
                pairs[names[copula.rows[a]], names[copula.rows[a + 1]]] = 1.0
    return blocks_of(names, pairs)


def build_factors(problem: Problem, groups: Groups | None = None) -> tuple[Factor, ...]:
    """The factors of `problem` in the order of their first inputs: the user's `groups`, correlated blocks, inputs.

    Raises
    ------
    InputError  a group with an unknown or fixed input, an input twice, or a part of a correlated block only.
    """
    uncertain = problem.study.uncertain
    blocks = correlated_blocks(problem)
    named = _named(problem, blocks, groups or {})
    taken = {member for members in named.values() for member in members}
    for block in blocks:
        if block[0] not in taken:
            named[_block_name(block)] = tuple(block)
            taken |= set(block)
    named |= {name: (name,) for name in uncertain if name not in taken}
    order = {name: j for j, name in enumerate(problem.model.inputs)}
    factors = [Factor(name, members) for name, members in named.items()]
    factors.sort(key=lambda factor: min(order[member] for member in factor.members))
    if len(problem.groups) > 1:
        factors.append(Factor(CHOICE, (), choice=True))
    return tuple(factors)


def _block_name(block: Sequence[str]) -> str:
    return " + ".join(block) if len(block) <= 2 else f"{block[0]} + {len(block) - 1} more"


def _named(problem: Problem, blocks: Sequence[Sequence[str]], groups: Groups) -> dict[str, tuple[str, ...]]:
    faults = list(_faults(problem, blocks, groups))
    if faults:
        raise InputError(faults)
    order = {name: j for j, name in enumerate(problem.model.inputs)}
    return {group: tuple(sorted(members, key=lambda name: order[name])) for group, members in groups.items()}


def _faults(problem: Problem, blocks: Sequence[Sequence[str]], groups: Groups) -> Iterator[Fault]:
    uncertain = problem.study.uncertain
    owner: dict[str, str] = {}
    for group, members in groups.items():
        key = f"group {group}"
        if not members:
            yield Fault(None, key, None, "has no inputs")
        if group in uncertain and list(members) != [group]:
            yield Fault(None, key, None, "is the name of an input; give the group a name of its own")
        for name in members:
            if name not in problem.model.inputs:
                yield Fault(None, key, name, "is not an input", nearest_name(name, uncertain))
            elif name not in uncertain:
                yield Fault(None, key, name, "is fixed in this study, so it drives nothing")
            elif name in owner:
                yield Fault(None, key, name, f"is already in group {owner[name]}")
            owner.setdefault(name, group)
    for block in blocks:
        owners = {owner.get(name) for name in block}
        if len(owners) > 1:
            rule = "these are correlated, so they belong in one group (or add --independent): " + ", ".join(block)
            yield Fault(None, "groups", " and ".join(sorted(o for o in owners if o)), rule)
