"""A plan under review: its years, phases, budgets and inputs, read from one TOML file.

>>> from mcengine.inputs.plan import load_plan
>>> plan = load_plan("biotech_nexus")
>>> plan.first_year, len(plan.phases), plan.input("leverage").unit
(2026, 6, 'EUR private / EUR public')
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mcengine.inputs.spec import Domain, InputSpec

_SHARE = Domain(0.0, 1.0)
_POSITIVE = Domain(0.0, low_open=True)
_ANY = Domain()

LIMITS: Mapping[str, Domain] = MappingProxyType(
    {
        "leverage": Domain(0.0),
        "private_additionality": _SHARE,
        "multiplier": _POSITIVE,
        "structural_share": _SHARE,
        "market_growth": Domain(-1.0, low_open=True),
        "structural_depreciation": _SHARE,
        "opening_structural_stock": _ANY,
        "displacement": _SHARE,
        "launch_cost": _POSITIVE,
        "revenue_per_medicine": _ANY,
        "market_life": _POSITIVE,
        "nl_share": _SHARE,
        "labour_share": _SHARE,
        "tax_burden": _SHARE,
        "profit_margin": _SHARE,
        "corporate_tax": _SHARE,
        "sales_wage_tax": _SHARE,
        "sales_taxed_share": _SHARE,
        "discount_rate": Domain(-1.0, low_open=True),
        "mcpf": Domain(1.0),
    }
)
"""Widest domain in which the investment model can compute, by scalar input (docs/method.md, the inputs); a plan
may narrow these, not widen them."""

SCALAR_INPUTS: tuple[str, ...] = tuple(LIMITS)
"""The inputs every plan must declare, beside each phase's success and duration."""

ACCOUNTINGS = (PLAN, PIPELINE) = ("plan", "pipeline")
"""How money becomes medicines, by the name of the accounting: docs/method.md, the investment model."""

SUCCESS_LIMIT = Domain(0.0, 1.0, low_open=True)
"""Widest domain of a phase's success probability."""

DURATION_LIMIT = Domain(0.0)
"""Widest domain of a phase's duration (years)."""

OUTSIDE_FINANCE = "outside_finance"
"""The scalar input of pipeline accounting alone: share of the own candidates left without money that others pay for."""

SUPPLY_LIMIT = Domain(0.0, infinite=True)
"""Widest domain of a phase's supply of candidates from outside (candidates a year); inf: unlimited."""


@dataclass(frozen=True)
class Phase:
    """One phase of development, in order of time."""

    name: str
    """Name in keys and results."""
    label: Mapping[str, str]
    """Name in the report, by language."""
    public_money_share: float
    """a_p: share of the public money that goes to this phase, in [0, 1]; the phases sum to 1."""
    public_share: float
    """s_p: public share of all money in this phase, in (0, 1]."""
    cost: float
    """K_p: cost per launched medicine (money of the plan, > 0); only the proportions are used."""
    success: str
    """Name of the input that holds the probability of passing this phase."""
    duration: str
    """Name of the input that holds the years this phase takes."""
    supply: str | None = None
    """Name of the input that holds the candidates a year from outside the programme, which pipeline accounting
    needs of every phase but the first."""
    source: str = ""
    """Document the phase's numbers come from."""
    locator: str = ""
    """Tables in it."""


@dataclass(frozen=True)
class PublishedFigure:
    """One figure the plan prints, to be reproduced at its printed rounding."""

    quantity: str
    """Name of the row or result."""
    year: int | None
    """Calendar year; None when the figure has none."""
    value: float
    """As printed, in `unit`."""
    decimals: int
    """Decimals printed; negative when rounded to tens, hundreds, ..."""
    unit: str
    """Unit of `value`."""
    source: str
    """Table or item in the plan."""
    study: str
    """Name of the study that should reproduce it; "" when the file does not say."""


@dataclass(frozen=True)
class Inconsistency:
    """Something about the plan to be told to the reader: what does not add up in it, or what it does not count."""

    text: Mapping[str, str]
    """What, by language."""
    locator: str
    """Where in the plan."""


@dataclass(frozen=True)
class Plan:
    """A plan under review. All money in millions of `currency` at `price_level`."""

    name: str
    """Name by which studies and assumption sets refer to it."""
    title: Mapping[str, str]
    """Title by language."""
    file: str = field(compare=False)
    """Shown name of the file it was read from; not part of what the plan is."""
    source: str
    """The plan's document."""
    locator: str
    """Where in that document the model is."""
    currency: str
    """Unit of money, "EUR m"."""
    price_level: int
    """Year whose prices the money is in."""
    first_year: int
    """First calendar year of the budget, t0."""
    horizon: int
    """Last calendar year counted, unless a study says otherwise."""
    spend_until: int
    """Last calendar year with public spending, unless a study says otherwise."""
    discount_base_year: int
    """Calendar year whose discount factor is 1."""
    structural_years: int
    """Number of years, from the first, in which activity becomes lasting growth."""
    gdp_per_job: float
    """GDP per job (money a year), > 0."""
    gdp_per_job_unit: str
    """Unit of `gdp_per_job`."""
    gdp_per_job_source: str
    """Document `gdp_per_job` comes from."""
    gdp_per_job_locator: str
    """Where in it."""
    public_pipeline: tuple[float, ...]
    """B_t: public pipeline money of each year from `first_year` on, >= 0; the last one repeats."""
    preconditions: tuple[float, ...]
    """R_t: public money for preconditions, the same years, >= 0; the last one repeats."""
    budget_unit: str
    """Unit of both budgets."""
    budget_source: str
    """Document the budgets come from."""
    budget_locator: str
    """Where in it."""
    phases: tuple[Phase, ...]
    """The phases in order of time."""
    inputs: tuple[InputSpec, ...]
    """The inputs in declared order: most important first, the order of Sobol' dimensions."""
    published: tuple[PublishedFigure, ...]
    """The figures the plan prints."""
    inconsistencies: tuple[Inconsistency, ...]
    """What does not add up in the plan."""
    not_counted: tuple[Inconsistency, ...] = ()
    """Effects that the plan names and its model leaves out (pro memorie)."""
    remarks: tuple[Inconsistency, ...] = ()
    """What a reader could take for an inconsistency of the plan, and is none."""

    def input(self, name: str) -> InputSpec:
        """The input called `name`. Raises KeyError."""
        return input_named(self.inputs, name)

    @property
    def private_ratios(self) -> tuple[float, ...]:
        """r_p = a_p (1 - s_p) / s_p: private money per public euro of the plan, by phase (docs/method.md)."""
        return tuple(p.public_money_share * (1 - p.public_share) / p.public_share for p in self.phases)

    @property
    def pipeline_inputs(self) -> tuple[str, ...]:
        """Names of the declared inputs that pipeline accounting alone uses (docs/method.md, pipeline accounting)."""
        own = {*(phase.supply for phase in self.phases), OUTSIDE_FINANCE}
        return tuple(spec.name for spec in self.inputs if spec.name in own)

    @property
    def pipeline_lacks(self) -> tuple[str, ...]:
        """What the plan would have to declare before pipeline accounting can be used, by key of its file."""
        lacks = [f"phases[{phase.name}].supply" for phase in self.phases[1:] if phase.supply is None]
        declared = any(spec.name == OUTSIDE_FINANCE for spec in self.inputs)
        return (*lacks, *(() if declared else (f"inputs[{OUTSIDE_FINANCE}]",)))

    def inputs_of(self, accounting: str) -> tuple[InputSpec, ...]:
        """The inputs that this accounting uses, in declared order; those of plan accounting come first in both."""
        idle = () if accounting == PIPELINE else self.pipeline_inputs
        return tuple(spec for spec in self.inputs if spec.name not in idle)

    def budget(self, year: int) -> tuple[float, float]:
        """(B_t, R_t) of a calendar year from `first_year` on; years after the last repeat it.

        Raises ValueError for a year before the first. Whether money is still spent then (`spend_until`) is
        the study's choice and not applied here.
        """
        if year < self.first_year:
            raise ValueError(f"year {year}: the budget starts in {self.first_year}")
        index = min(year - self.first_year, len(self.public_pipeline) - 1)
        return self.public_pipeline[index], self.preconditions[index]


def input_named(inputs: tuple[InputSpec, ...], name: str) -> InputSpec:
    """The spec called `name`. Raises KeyError."""
    for spec in inputs:
        if spec.name == name:
            return spec
    raise KeyError(name)


def load_plan(name: str | os.PathLike[str]) -> Plan:
    """The plan in a file, or the bundled plan of that name. Raises InputError with every fault in it."""
    from mcengine.inputs import catalog, plan_file
    from mcengine.inputs.toml import Reader

    return plan_file.read_plan(catalog.find("plan", name), Reader())


def limit(phases: tuple[Phase, ...], name: str) -> Domain:
    """The widest domain the model allows the input `name` of a plan with these phases."""
    if name in LIMITS:
        return LIMITS[name]
    if name == OUTSIDE_FINANCE:
        return _SHARE
    if any(phase.success == name for phase in phases):
        return SUCCESS_LIMIT
    if any(phase.supply == name for phase in phases):
        return SUPPLY_LIMIT
    return DURATION_LIMIT if any(phase.duration == name for phase in phases) else _ANY
