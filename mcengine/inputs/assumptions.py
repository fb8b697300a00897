"""Sets of assumptions: what each uncertain input may be, on whose word, and how inputs move together.

>>> from mcengine.inputs.plan import load_plan
>>> from mcengine.inputs.assumptions import load_assumptions
>>> evidence = load_assumptions("evidence", load_plan("biotech_nexus").inputs)
>>> row = evidence.row("leverage")
>>> row.distribution.text, row.evidence.confidence, row.corrects
('Lognormal(median 1, log-sd 0.6)', 'V', 'additionality')
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from mcengine.families import Distribution
from mcengine.inputs.spec import InputSpec


@dataclass(frozen=True)
class Evidence:
    """On whose word an assumption stands."""

    source: str
    """The document."""
    locator: str
    """Where in it, and the figures found there."""
    confidence: str
    """"V" read in the source, "M" recalled and not yet checked against it, "J" judgement."""
    owner: str
    """Who answers for the row."""
    date: str
    """Day of the last change, ISO (2026-11-23)."""
    note: str
    """How the row follows from the source."""
    shape: str | None = None
    """"J" where the shape of the distribution is judgement beyond what the sources give, by its note; else None."""


@dataclass(frozen=True)
class Assumption:
    """What one input may be."""

    input: str
    """Name of the input."""
    distribution: Distribution
    """Its values, in `unit`."""
    unit: str
    """Unit of the distribution: that of the input."""
    evidence: Evidence
    """On whose word."""
    corrects: str | None = None
    """Kind of correction that the estimate already contains ("additionality", say); None: none."""
    like: str | None = None
    """Name of the set the row was taken over from; None for a row of the set's own."""


@dataclass(frozen=True)
class Correlation:
    """How two inputs move together."""

    first: str
    """Name of one input."""
    second: str
    """Name of the other."""
    rho: float
    """Spearman rank correlation, in (-1, 1)."""
    confidence: str = "J"
    """"V", "M" or "J", as in `Evidence`."""
    note: str = ""
    """Why."""


@dataclass(frozen=True)
class AssumptionSet:
    """A coherent set of assumptions; inputs without a row keep the plan's value."""

    name: str
    """Name by which studies and `like` rows refer to it."""
    title: Mapping[str, str]
    """Title by language."""
    file: str = field(compare=False)
    """Shown name of the file it was read from; not part of what the set is."""
    assumptions: tuple[Assumption, ...]
    """The rows, in file order, one per input."""
    correlations: tuple[Correlation, ...] = ()
    """One per pair of inputs."""
    copula: str = "normal"
    """Shape of the dependence: "normal" or "t"."""
    copula_dof: float | None = None
    """Degrees of freedom of the t copula, > 0; None for the normal one."""
    warnings: tuple[str, ...] = ()
    """What to tell the reader, although it is no fault."""
    description: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the set stands for, by language; empty when not given."""

    @cached_property
    def rows(self) -> Mapping[str, Assumption]:
        """The assumptions by input."""
        return MappingProxyType({row.input: row for row in self.assumptions})

    def row(self, name: str) -> Assumption | None:
        """The row of the input `name`; None when it has none."""
        return self.rows.get(name)


def load_assumptions(name: str | os.PathLike[str], inputs: tuple[InputSpec, ...]) -> AssumptionSet:
    """The assumption set in a file, or the bundled set of that name, checked against `inputs`.

    Raises InputError with every fault in it.
    """
    from mcengine.inputs.assumption_file import Library
    from mcengine.inputs.toml import Reader

    return Library(inputs, Reader()).load(name)
