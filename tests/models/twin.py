"""The plain twins of the kernels beside a study: the same data, their own arithmetic."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcengine import Model, Study, load_study
from mcengine.inputs.plan import OUTSIDE_FINANCE, PIPELINE, SUPPLY_LIMIT
from mcengine.inputs.spec import Domain, InputSpec
from tests.reference.investment import PlanData, plan_accounting
from tests.reference.pipeline import PhaseData, pipeline_accounting

Floats = NDArray[np.float64]
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


def phase_data(study: Study) -> PhaseData:
    """What the twin of pipeline accounting needs beside that."""
    assert study.plan is not None
    phases = study.plan.phases
    return PhaseData([p.name for p in phases], [p.cost for p in phases], [p.supply for p in phases])


def twin(study: Study, x: dict[str, float], luck: list[float] | None = None) -> dict[str, float]:
    """The twin's outputs by the kernel's keys: "npv", "cash_flow[2030]"; by the study's accounting."""
    found: dict[str, float] = {}
    assert study.plan is not None
    if study.options.accounting == PIPELINE:
        outputs = pipeline_accounting(plan_data(study), phase_data(study), x, luck)
    else:
        outputs = plan_accounting(plan_data(study), x)
    for name, value in outputs.items():
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


def allowed(study: Study, model: Model, expected: dict[str, float]) -> Floats:
    """1e-9 of the present value of the outlay for money (and for the jobs it makes); else of the row's largest,
    or of the largest of all rows of candidates."""
    assert study.plan is not None
    largest = {"bcr": 1.0}  # a ratio to the outlay
    for output in model.outputs:
        name = "candidates" if output.unit == "candidates" else output.name
        largest[name] = max(largest.get(name, 0.0), abs(expected[output.key]))
    scales = [
        expected["pv_outlay"]
        if output.unit.startswith("EUR m")
        else expected["pv_outlay"] / study.plan.gdp_per_job
        if output.name == "jobs"
        else largest["candidates" if output.unit == "candidates" else output.name]
        for output in model.outputs
    ]
    return 1e-9 * np.array(scales)


def compare(study: Study, model: Model, x: Floats, luck: Floats | None = None) -> None:
    """Kernel and twin agree in every output (`allowed`), and exactly in the payback year."""
    found = model.evaluate(x, luck=luck)
    keys = [output.key for output in model.outputs]
    exact = np.array([key == "payback_year" for key in keys])
    for i in range(x.shape[1]):
        given = None if luck is None else luck[:, i].tolist()
        expected = twin(study, dict(zip(model.inputs, x[:, i].tolist(), strict=True)), given)
        assert set(expected) == set(keys)
        values = np.array([expected[key] for key in keys])
        near = np.abs(found[~exact, i] - values[~exact]) <= allowed(study, model, expected)[~exact]
        assert near.all(), [
            (np.array(keys)[~exact][k], found[~exact, i][k], values[~exact][k]) for k in np.flatnonzero(~near)[:5]
        ]
        assert np.array_equal(found[exact, i], values[exact])


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


def with_supplies(study: Study) -> Study:
    """The study with inputs of supply for every phase but the first, and of outside finance, at its plan's end."""
    plan = study.plan
    assert plan is not None
    phases = [dataclasses.replace(phase, supply=f"supply_{phase.name}") for phase in plan.phases[1:]]
    domains = {phase.supply: SUPPLY_LIMIT for phase in phases} | {OUTSIDE_FINANCE: Domain(0.0, 1.0)}
    added = [
        InputSpec(str(name), 1.0, "1", domain, (0.0, 20.0 if domain.infinite else 1.0), {}, "", "")
        for name, domain in domains.items()
    ]
    whole = dataclasses.replace(plan, phases=(plan.phases[0], *phases), inputs=(*plan.inputs, *added))
    return dataclasses.replace(study, plan=whole)
