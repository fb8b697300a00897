"""One row of an assumption set: an input's distribution and the evidence for it."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcengine.errors import nearest_name
from mcengine.families import Distribution, ParameterError, distribution
from mcengine.inputs.assumptions import Assumption, Evidence
from mcengine.inputs.check import Report, check
from mcengine.inputs.schema import EvidenceRow
from mcengine.inputs.spec import Domain, InputSpec
from mcengine.inputs.texts import all_written

TINY = 1e-18
"""Chance at which a tail must still be inside an open end of the domain: no draw lies further out."""


@dataclass(frozen=True)
class Context:
    """What a row is checked against."""

    inputs: Mapping[str, InputSpec]
    """The inputs that rows may be about, by name."""
    folder: Path | None
    """Where data files are looked for; None: the working directory."""

    def known(self, name: str, report: Report, key: str = "input") -> bool:
        """Whether `name` is an input; the fault noted under `key` if not."""
        if name not in self.inputs:
            report.add(key, name, "there is no such input", nearest_name(name, self.inputs))
        return name in self.inputs


def read_row(raw: Mapping[str, Any], report: Report, context: Context) -> Assumption | None:
    """The row's assumption; None, with every fault noted, when it has any."""
    before = len(report.faults)
    row = check(EvidenceRow, raw, report)
    known = row.input is not None and context.known(row.input, report)
    spec = context.inputs[row.input] if known else None
    if spec is not None and row.unit is not None and row.unit != spec.unit:
        report.add("unit", row.unit, f"{spec.name} is in {spec.unit!r}", nearest_name(row.unit, [spec.unit]))
    kinds = list(dict.fromkeys(other.corrects for other in context.inputs.values() if other.corrects))
    if row.corrects is not None and row.corrects not in kinds:
        rule = f"must be a kind of correction that an input makes: {', '.join(kinds) or 'none does'}"
        report.add("corrects", row.corrects, rule, nearest_name(row.corrects, kinds))
    date = None if row.date is None else _iso(row.date, report)
    found = _distribution(row, report, context.folder)
    if spec is not None and found is not None:
        _refuse_leaks(found, spec, report)
    if found is None or date is None or len(report.faults) > before:
        return None
    evidence = Evidence(
        row.source.text, row.locator.text, row.confidence, row.owner, date, row.note.text, row.shape
    )
    return Assumption(row.input, found, row.unit, evidence, row.corrects, row.like)


def _iso(value: Any, report: Report) -> str | None:
    """A date, given as TOML date or as text, in ISO form."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return datetime.date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    report.add("date", str(value), "must be a date, year-month-day (2026-11-23)")
    return None


def _distribution(row: Any, report: Report, folder: Path | None) -> Distribution | None:
    """The row's distribution; None, with every problem noted, when it can't exist."""
    if row.family is None or row.parameters is None:
        return None
    bounds: Any = None if row.truncate is None else tuple(row.truncate)
    try:
        return distribution(row.family, row.parameters, truncate=bounds, base_dir=folder)
    except ParameterError as error:
        for problem in error.problems:
            own = re.split(r"[.\[]", problem.key)[0] in ("family", "truncate", "parameters")
            key = problem.key if own else f"parameters.{problem.key}"
            report.add(key, problem.value, problem.rule, problem.nearest)
        return None


def _refuse_leaks(found: Distribution, spec: InputSpec, report: Report) -> None:
    """Note a distribution with values outside the input's domain."""
    domain, (low, high) = spec.domain, found.support
    if low < domain.low or high > domain.high or _on_open_end(found, domain):
        support = "all numbers" if math.isinf(low) and math.isinf(high) else f"from {low:.10g} to {high:.10g}"
        rule = (
            f"its support, {support}, leaks out of the domain of {spec.name}, {domain.text}; "
            f"if it is to be cut off there, say so: truncate = [{domain.low:.10g}, {domain.high:.10g}]"
        )
        report.add("parameters" if found.truncate is None else "truncate", found.text, rule)


def _on_open_end(found: Distribution, domain: Domain) -> bool:
    """Whether draws may land on an open end of the domain, which is also where the support ends.

    An atom there does, and a density so steep that quantiles round to the end itself.
    """
    low, high = domain.low, domain.high
    at_low = domain.low_open and (found.cdf(low) > 0 or found.ppf(TINY) <= low)
    at_high = domain.high_open and (found.at_least(high) > 0 or found.isf(TINY) >= high)
    return bool(at_low or at_high)


def taken_over(row: Assumption, name: str) -> Assumption:
    """`row` of the set `name` as a row of another set; a row that was itself taken over keeps its origin."""
    return replace(row, like=row.like or name)


def row_data(row: Assumption) -> dict[str, Any]:
    """`row` as the TOML data it would be read from, data files replaced by their values."""
    data: dict[str, Any] = {
        "input": row.input,
        "family": row.distribution.family,
        "parameters": row.distribution.resolved,
        "unit": row.unit,
        **all_written(vars(row.evidence)),
    }
    optional = {"shape": data.pop("shape"), "corrects": row.corrects, "like": row.like}
    data |= {name: value for name, value in optional.items() if value is not None}
    bounds = row.distribution.truncate
    return data if bounds is None else data | {"truncate": list(bounds)}
