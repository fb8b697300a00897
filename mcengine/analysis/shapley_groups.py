"""What a Shapley value is shared out over: single inputs, or inputs under the name of a group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mcengine.errors import Fault, InputError, nearest_name

Groups = Mapping[str, Sequence[str]]


def partition(
    players: Sequence[str], known: Sequence[str], groups: Groups | None, *, idle: str | None = None
) -> dict[str, tuple[str, ...]]:
    """The players by name: the user's groups, and each input that is in none; in the order of their first inputs.

    players  the inputs that take part; known: all inputs, in declared order
    idle     why an input that takes no part cannot be in a group; None: it is left out of the group, and a group of
             such inputs only is left out

    Raises
    ------
    InputError  a group that is empty, bears the name of an input, or holds an unknown input or one of another group.
    """
    groups = groups or {}
    faults = list(_faults(players, known, groups, idle))
    if faults:
        raise InputError(faults)
    order = {name: j for j, name in enumerate(known)}
    taken = {name for members in groups.values() for name in members}
    named = {name: tuple(sorted({*members} & {*players}, key=order.__getitem__)) for name, members in groups.items()}
    named |= {name: (name,) for name in players if name not in taken}
    kept = [name for name, members in named.items() if members]
    return {name: named[name] for name in sorted(kept, key=lambda name: order.get(named[name][0], len(order)))}


def _faults(players: Sequence[str], known: Sequence[str], groups: Groups, idle: str | None) -> Iterator[Fault]:
    owner: dict[str, str] = {}
    for group, members in groups.items():
        key = f"group {group}"
        if not members:
            yield Fault(None, key, None, "has no inputs")
        if group in known and list(members) != [group]:
            yield Fault(None, key, None, "is the name of an input; give the group a name of its own")
        for name in members:
            if name not in known:
                yield Fault(None, key, name, "is not an input", nearest_name(name, players))
            elif name not in players and idle is not None:
                yield Fault(None, key, name, idle)
            elif name in owner:
                yield Fault(None, key, name, f"is already in group {owner[name]}")
            owner.setdefault(name, group)
