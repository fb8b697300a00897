"""Warnings about a set of assumptions that is valid, but says something twice or to no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mcengine.inputs.assumptions import Assumption, Correlation
from mcengine.inputs.spec import InputSpec


def set_warnings(
    inputs: Sequence[InputSpec],
    rows: Mapping[str, Assumption],
    correlations: Sequence[Correlation],
    fixed: Mapping[str, float],
) -> tuple[str, ...]:
    """All warnings about one set of assumptions by input; `fixed` values stand in for their rows."""
    return double_counting(inputs, rows, fixed) + idle_correlations(correlations, rows, fixed)


def double_counting(
    inputs: Sequence[InputSpec], rows: Mapping[str, Assumption], fixed: Mapping[str, float]
) -> tuple[str, ...]:
    """One warning for each kind of correction that more than one input makes.

    A row may contain a correction (`corrects`), and an input may be one (its `corrects`, when it is not at
    its neutral value): causal leverage and private_additionality below 1 both correct for additionality.
    `fixed` values stand in for the rows of their inputs.
    """
    found: dict[str, dict[str, str]] = {}
    for spec in inputs:
        for kind, text in _corrections(spec, None if spec.name in fixed else rows.get(spec.name), fixed):
            found.setdefault(kind, {})[spec.name] = text
    return tuple(
        f"{' and '.join(made.values())} correct the same thing, {kind}: do not count it twice"
        for kind, made in found.items()
        if len(made) > 1
    )


def _corrections(spec: InputSpec, row: Assumption | None, fixed: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """(kind, input as text) of what one input corrects."""
    if row is not None and row.corrects is not None:
        yield row.corrects, f"{spec.name} ({row.distribution.text})"
    if spec.corrects is None:
        return
    if row is not None and not row.distribution.is_constant:
        yield spec.corrects, f"{spec.name} ({row.distribution.text})"
        return
    value = fixed.get(spec.name, spec.value) if row is None else row.distribution.median
    if value != spec.neutral:
        yield spec.corrects, f"{spec.name} ({value:.10g})"


def idle_correlations(
    correlations: Sequence[Correlation], rows: Mapping[str, Assumption], fixed: Mapping[str, float]
) -> tuple[str, ...]:
    """One warning for each correlation with an input that is not uncertain."""
    warnings = []
    for pair in correlations:
        still = [name for name in (pair.first, pair.second) if not _uncertain(rows.get(name), name in fixed)]
        if still:
            fact = f"{' and '.join(still)} {'is' if len(still) == 1 else 'are'} not uncertain"
            warnings.append(f"the correlation of {pair.first} and {pair.second} has no effect: {fact}")
    return tuple(warnings)


def _uncertain(row: Assumption | None, fixed: bool) -> bool:
    """Whether an input with this row varies."""
    return row is not None and not fixed and not row.distribution.is_constant
