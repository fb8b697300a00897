"""The plain twin of the investment kernel beside a study: the same data, its own arithmetic."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcengine import Study, load_study
from tests.reference.investment import PlanData, plan_accounting

FOUR_PHASES = Path(__file__).parents[1] / "data" / "four_phases" / "study.toml"


def study_named(name: str) -> Study:
    """A study by a short name; `horizon` years may follow after a colon: "replica:2050", "four_phases"."""
    short, _, horizon = name.partition(":")
    return load_study(FOUR_PHASES if short == "four_phases" else short, horizon=int(horizon) if horizon else None)


def plan_data(study: Study) -> PlanData:
    """What the twin needs to know of a study's plan and options."""
    plan, options = study.plan, study.options
    assert plan is not None
    years = range(plan.first_year, options.horizon + 1)
    budgets = [plan.budget(year) if year <= options.spend_until else (0.0, 0.0) for year in years]
    return PlanData(
        first_year=plan.first_year,
        base_year=options.discount_base_year,
        structural_years=options.structural_years,
        pipeline=[pipeline for pipeline, _ in budgets],
        preconditions=[preconditions for _, preconditions in budgets],
        shares=[phase.public_money_share for phase in plan.phases],
        ratios=plan.private_ratios,
        success0=[plan.input(phase.success).value for phase in plan.phases],
        success_names=[phase.success for phase in plan.phases],
        duration_names=[phase.duration for phase in plan.phases],
        gdp_per_job=plan.gdp_per_job,
    )


def twin(study: Study, x: dict[str, float]) -> dict[str, float]:
    """The twin's outputs by the kernel's keys: "npv", "cash_flow[2030]"."""
    found: dict[str, float] = {}
    assert study.plan is not None
    for name, value in plan_accounting(plan_data(study), x).items():
        if isinstance(value, list):
            found.update({f"{name}[{study.plan.first_year + t}]": v for t, v in enumerate(value)})
        else:
            found[name] = float(value)  # type: ignore[arg-type]
    return found


def wide(study: Study, count: int, seed: int) -> NDArray[np.float64]:
    """Vectors (inputs, count) uniform over the inputs' search ranges: wider than any law."""
    rng = np.random.default_rng(seed)
    low, high = np.array([spec.search for spec in study.inputs]).T
    return np.asarray(low[:, None] + (high - low)[:, None] * rng.random((len(low), count)))


def with_budgets(study: Study, factor: float) -> Study:
    """The study with every budget times `factor`."""
    plan = study.plan
    assert plan is not None
    scaled = dataclasses.replace(
        plan,
        public_pipeline=tuple(factor * b for b in plan.public_pipeline),
        preconditions=tuple(factor * b for b in plan.preconditions),
    )
    return dataclasses.replace(study, plan=scaled)
