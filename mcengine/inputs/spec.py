"""An input of a model: its value, its unit, the values it may take, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mcengine.inputs.check import Report, check, label
from mcengine.inputs.schema import InputRow, StudyInputRow, TextRow
from mcengine.inputs.texts import written


@dataclass(frozen=True)
class Domain:
    """The values an input may take: an interval of finite numbers, its ends open or closed; rarely infinity too."""

    low: float = -math.inf
    """Lower bound, in the input's unit; -inf when there is none."""
    high: float = math.inf
    """Upper bound, in the input's unit; inf when there is none."""
    low_open: bool = False
    """True when `low` itself is outside."""
    high_open: bool = False
    """True when `high` itself is outside."""
    infinite: bool = False
    """True when +inf ("unlimited") is inside beside the finite numbers."""

    def contains(self, value: float) -> bool:
        """Whether `value` is a number inside; finite, unless the domain has infinity."""
        if math.isinf(value):
            return self.infinite and value > 0
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below

    def within(self, other: Domain) -> bool:
        """Whether every value in this domain is in `other` too."""
        low = self.low > other.low or (self.low == other.low and (self.low_open or not other.low_open))
        high = self.high < other.high or (self.high == other.high and (self.high_open or not other.high_open))
        return low and high and (other.infinite or not self.infinite)

    @property
    def text(self) -> str:
        """The domain as one writes it: "(0, 1]", ">= 0", "any finite number", ">= 0 or inf"."""
        return f"{self._finite_text} or inf" if self.infinite else self._finite_text

    @property
    def _finite_text(self) -> str:
        """The finite numbers of the domain as one writes them."""
        if math.isinf(self.low) and math.isinf(self.high):
            return "any finite number"
        if math.isinf(self.high):
            return f"{'>' if self.low_open else '>='} {self.low:.15g}"
        if math.isinf(self.low):
            return f"{'<' if self.high_open else '<='} {self.high:.15g}"
        start, end = "(" if self.low_open else "[", ")" if self.high_open else "]"
        return f"{start}{self.low:.15g}, {self.high:.15g}{end}"

    def rule(self, value: float, unit: str = "") -> str:
        """What `value`, which is outside, should have been: a number at all, or one of these."""
        if math.isfinite(value) or self.infinite:
            return f"must lie in the domain, {self.text}{unit}"
        return "must be a finite number"


@dataclass(frozen=True)
class InputSpec:
    """One input of a plan or model, in the order that fixes its stream and its Sobol' dimension."""

    name: str
    """Name used by `--set`, assumption sets and results."""
    value: float
    """The plan's value, in `unit`."""
    unit: str
    """Unit of every value of this input."""
    domain: Domain
    """Values the input may take."""
    search: tuple[float, float]
    """Lower and upper bound, in `unit`, between which break-even points are sought."""
    label: Mapping[str, str]
    """Name in the report, by language ("en", "nl")."""
    meaning: str
    """What the number says, in words."""
    source: str
    """Document the plan's value comes from."""
    locator: str = ""
    """Page, table or item in the source."""
    corrects: str | None = None
    """Kind of correction made by any value other than `neutral` ("additionality", say); None: none."""
    neutral: float | None = None
    """Value at which nothing is corrected, in `unit`; None when `corrects` is."""


def read_inputs(
    rows: Sequence[Any], report: Report, model: type[InputRow] | type[StudyInputRow]
) -> tuple[InputSpec, ...]:
    """The `[[inputs]]` rows as specs, in file order, with every fault noted in `report`.

    Rows with faults are left out of the answer.
    """
    specs: dict[str, InputSpec] = {}
    seen: dict[str, int] = {}
    for index, raw in enumerate(rows):
        key, before = f"inputs{label('inputs', index, raw)}", len(report.faults)
        row = check(model, raw, report, key)
        if row.name is not None and seen.setdefault(row.name, index) != index:
            report.add(key, None, f"the input is declared twice: rows {seen[row.name] + 1} and {index + 1} of inputs")
        domain = _domain(row, report, key)
        if len(report.faults) == before:
            specs[row.name] = _spec(row, domain)
    return tuple(specs.values())


def _domain(row: Any, report: Report, key: str) -> Domain:
    """The row's domain, with its value, neutral value and search bounds checked against it."""
    bounds = row.domain
    if bounds is None:
        return Domain()
    low = -math.inf if bounds.min is None else bounds.min
    high = math.inf if bounds.max is None else bounds.max
    domain = Domain(low, high, bounds.open_min, bounds.open_max, bounds.infinite)
    if not low < high:
        report.add(f"{key}.domain.min", low, f"must be below domain.max, {high:.15g}")
        return Domain()
    if domain.infinite and math.isfinite(high):
        report.add(f"{key}.domain.infinite", True, f"does not go with domain.max, {high:.15g}")
    if row.value is not None and not domain.contains(row.value):
        report.add(f"{key}.value", row.value, domain.rule(row.value))
    if (row.corrects is None) != (row.neutral is None):
        report.add(f"{key}.corrects", row.corrects, "`corrects` and `neutral` go together")
    if row.neutral is not None and not domain.contains(row.neutral):
        report.add(f"{key}.neutral", row.neutral, f"must lie in the domain, {domain.text}")
    if row.search is not None:
        closed = Domain(low, high)
        if row.search[0] >= row.search[1] or not all(closed.contains(bound) for bound in row.search):
            report.add(f"{key}.search", row.search, f"must be [low, high] with low < high, in {domain.text}")
    return domain


def _spec(row: InputRow | StudyInputRow, domain: Domain) -> InputSpec:
    """The frozen spec of a sound row."""
    search = row.search or _default_search(row.value, domain)
    return InputSpec(
        name=row.name,
        value=row.value,
        unit=row.unit,
        domain=domain,
        search=(search[0], search[1]),
        label=text(row.label or TextRow(en=row.name, nl=row.name)),
        meaning=row.meaning,
        source=row.source.text,
        locator=row.locator.text,
        corrects=row.corrects,
        neutral=row.neutral,
    )


def _default_search(value: float, domain: Domain) -> list[float]:
    """The domain; where it has no bound, ten times the value's size (at least 10) away from the value."""
    reach = 10 * max(1.0, abs(value))
    low = domain.low if math.isfinite(domain.low) else value - reach
    high = domain.high if math.isfinite(domain.high) else value + reach
    return [low, high]


def text(row: TextRow | None) -> Mapping[str, str]:
    """A read-only {"en": ..., "nl": ...}; empty when `row` is None."""
    return MappingProxyType({} if row is None else {"en": row.en, "nl": row.nl})


def input_data(spec: InputSpec) -> dict[str, Any]:
    """`spec` as the row it would be read from."""
    domain = spec.domain
    bounds: dict[str, Any] = {"min": domain.low} if math.isfinite(domain.low) else {}
    bounds |= {"max": domain.high} if math.isfinite(domain.high) else {}
    bounds |= {"open_min": True} if domain.low_open else {}
    bounds |= {"open_max": True} if domain.high_open else {}
    bounds |= {"infinite": True} if domain.infinite else {}
    row = {
        "name": spec.name,
        "value": spec.value,
        "unit": spec.unit,
        "domain": bounds,
        "search": list(spec.search),
        "label": dict(spec.label),
        "meaning": spec.meaning,
        "source": written(spec.source),
        "locator": written(spec.locator),
    }
    return row if spec.corrects is None else row | {"corrects": spec.corrects, "neutral": spec.neutral}
