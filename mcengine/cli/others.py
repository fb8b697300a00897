"""The other studies of a command (`--against`, `--alternative`) under the settings that the command gives its study.

Who asks for another horizon means it for both ends of a comparison. So `--set`, `--horizon` and `--independent` apply
to the other studies too, but for what a study's own file has otherwise: that is a difference asked for by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcengine.inputs.study import Study


def like(other: Study, before: Study, texts: Iterable[str], *, independent: bool) -> tuple[Study, list[str]]:
    """`other` with the settings that `before`, the command's study as its file has it, gets; and what was done.

    texts  "name=value", as `--set` takes them

    Raises InputError with every setting that the other study cannot take.
    """
    from mcengine.inputs.overrides import parse_overrides

    if (other.plan is None) != (before.plan is None):
        return other, []  # the analysis says what is wrong with that
    shared: dict[str, tuple[Any, Any]] = {}
    own: dict[str, tuple[Any, Any]] = {}
    for name, value in parse_overrides(texts).items():
        theirs = _own(other, name)
        (shared if theirs == _own(before, name) else own)[name] = (value, theirs)
    changed = other.overridden({name: value for name, (value, _) in shared.items()}) if shared else other
    if independent and other.correlations:
        changed = replace(changed, correlations=False)
    said = []
    if shared:
        said.append(f"{_listed((name, value) for name, (value, _) in shared.items())} applied to {other.name} too")
    if own:
        kept = _listed((name, theirs) for name, (_, theirs) in own.items())
        said.append(f"{other.name} keeps its own {kept}")
    return changed, said


def _own(study: Study, name: str) -> Any:
    """What a study says of an option or input: its value, or None where an input is not fixed."""
    if name in vars(study.options):
        return getattr(study.options, name)
    return study.fixed.get(name)


def _listed(pairs: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{name}={value:.10g}" if isinstance(value, float) else f"{name}={value}" for name, value in pairs)
