"""Options of a study beside its inputs: years, the accounting, and luck."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcengine.errors import nearest_name
from mcengine.inputs.check import Report
from mcengine.inputs.plan import ACCOUNTINGS, PIPELINE, PLAN, Plan

YEARS = ("horizon", "spend_until", "discount_base_year", "structural_years")
"""The options that are whole numbers; each defaults to the plan's."""

LUCK = "luck"

NAMES = (*YEARS, "accounting", LUCK)
"""Every option, by the name that `--set` takes."""

REACH = 200
"""Years that any option may lie from the plan's first year."""


@dataclass(frozen=True)
class Options:
    """What a study chooses beside its inputs. A model without years has 0 in the first four."""

    horizon: int
    """Last calendar year counted."""
    spend_until: int
    """Last calendar year with public spending; years after the plan's last budget repeat it."""
    discount_base_year: int
    """Calendar year whose discount factor is 1."""
    structural_years: int
    """Number of years, from the plan's first, in which activity becomes lasting growth."""
    accounting: str
    """One of `plan.ACCOUNTINGS`; "model" for a study with a model of its own."""
    luck: bool = False
    """Whether runs have whole candidates and a revenue of each medicine's own, or expected values."""


NO_YEARS = Options(0, 0, 0, 0, "model")
"""The options of a study with a model of its own."""


def check_option(name: str, value: Any, first_year: int, report: Report, key: str) -> int | str | bool | None:
    """The option's value in its own type; None, with the fault noted under `key`, when it is not valid."""
    if name == LUCK:
        if isinstance(value, bool):
            return value
        report.add(key, value, "must be true or false", nearest_name(value, ("true", "false")))
        return None
    if name == "accounting":
        if value in ACCOUNTINGS:
            return str(value)
        report.add(key, value, f"must be one of: {', '.join(ACCOUNTINGS)}", nearest_name(value, ACCOUNTINGS))
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        report.add(key, value, f"must be a whole {'number of years' if name == 'structural_years' else 'year'}")
        return None
    first = {"structural_years": 0, "discount_base_year": first_year - REACH}.get(name, first_year)
    last = REACH if name == "structural_years" else first_year + REACH
    year = int(value)
    if first <= year <= last:
        return year
    start = "" if name == "structural_years" else f" (the plan starts in {first_year})"
    report.add(key, value, f"must be from {first} to {last}{start}")
    return None


def read_options(given: Mapping[str, Any], plan: Plan | None, report: Report) -> Options:
    """The plan's options with those `given` in their place, faults noted under their names.

    Where a given option is not valid, the plan's stands in the answer.
    """
    if plan is None:
        for name, value in given.items():
            report.add(name, value, "this study has a model of its own, without years or accounting")
        return NO_YEARS
    chosen: dict[str, Any] = {name: getattr(plan, name) for name in YEARS} | {"accounting": PLAN, LUCK: False}
    for name, value in given.items():
        checked = check_option(name, value, plan.first_year, report, name)
        if checked is not None:
            chosen[name] = checked
    if chosen["accounting"] == PIPELINE and plan.pipeline_lacks:
        lacks = ", ".join(plan.pipeline_lacks)
        report.add(
            "accounting", PIPELINE, f"the plan {plan.name!r} does not say how many candidates there are: {lacks}"
        )
        chosen["accounting"] = PLAN
    elif chosen[LUCK] and chosen["accounting"] != PIPELINE:
        rule = (
            f"needs accounting = {PIPELINE!r}, which moves whole candidates; plan accounting has expected values only"
        )
        report.add(LUCK, True, rule)
        chosen[LUCK] = False
    return Options(**chosen)
