"""From a study to its model: an accounting for a plan, a textbook model, or one from a user's own file."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.plan import OUTSIDE_FINANCE, PIPELINE, PLAN, SCALAR_INPUTS, Plan
from mcengine.inputs.study import Study
from mcengine.models import accounts, investment, pipeline, queues
from mcengine.models.model import YEAR, Model, Output
from mcengine.models.textbook import TEXTBOOK

UNITS = {
    "bcr": "EUR receipts / EUR outlay",
    "payback_year": "year",
    "discount_factor": "1",
    "launches": "medicines",
    "medicines_on_market": "medicines",
    "candidates_launched": "candidates",
    "jobs": "jobs",
    "waiting": "candidates",
    "started": "candidates",
    "lack_candidates": "candidates",
}
MONEY = "EUR m"


def _outputs(plan: Plan, years: int, scalars: Sequence[str], yearly: Sequence[tuple[str, str]]) -> tuple[Output, ...]:
    """The outputs of either accounting, scalars first; `yearly` by (name, what its unit goes by)."""
    first = [Output(n, UNITS.get(n, MONEY), YEAR if n == "payback_year" else "continuous") for n in scalars]
    rows = [
        Output(name, UNITS.get(kind, MONEY), year=plan.first_year + t) for name, kind in yearly for t in range(years)
    ]
    return (*first, *rows)


def _money(study: Study, plan: Plan) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Public pipeline money and preconditions of each year up to the horizon; none after spending stops."""
    years = range(plan.first_year, study.options.horizon + 1)
    paid = [plan.budget(year) if year <= study.options.spend_until else (0.0, 0.0) for year in years]
    return np.array([pipeline for pipeline, _ in paid]), np.array([preconditions for _, preconditions in paid])


def _calendar(study: Study, plan: Plan) -> NDArray[np.int64]:
    """First year, discount base year and number of structural years."""
    options = study.options
    return np.array([plan.first_year, options.discount_base_year, options.structural_years], dtype=np.int64)


def investment_model(study: Study, plan: Plan) -> Model:
    """Plan accounting for `plan` with the study's options; any number of phases and years."""
    budget, preconditions = _money(study, plan)
    names = tuple(spec.name for spec in plan.inputs_of(PLAN))
    row = {name: j for j, name in enumerate(names)}
    shares = [phase.public_money_share for phase in plan.phases]
    constants = (
        np.array([row[name] for name in SCALAR_INPUTS], dtype=np.int64),
        np.array([[row[p.success] for p in plan.phases], [row[p.duration] for p in plan.phases]], dtype=np.int64),
        budget,
        preconditions,
        np.array([shares, plan.private_ratios], dtype=np.float64),
        np.array([plan.input(phase.success).value for phase in plan.phases], dtype=np.float64),
        _calendar(study, plan),
        np.array([plan.gdp_per_job], dtype=np.float64),
    )
    return Model(
        investment.rows,
        names,
        _outputs(plan, len(budget), accounts.SCALARS, [(name, name) for name in accounts.YEARLY]),
        constants,
        name="investment",
        headline=len(accounts.SCALARS),
        scratch=investment.scratch_rows(len(budget)),
    )


def pipeline_model(study: Study, plan: Plan, *, luck: bool = False) -> Model:
    """Pipeline accounting for `plan`, which must have its supplies (`Plan.pipeline_lacks` is empty).

    luck  whole candidates and a revenue of each medicine's own, from uniforms behind the inputs; else expected values
    """
    budget, preconditions = _money(study, plan)
    names = tuple(spec.name for spec in plan.inputs_of(PIPELINE))
    row = {name: j for j, name in enumerate(names)}
    phases = plan.phases
    kappa = np.array([phase.cost for phase in phases]) / sum(phase.cost for phase in phases)
    onwards = np.cumprod([plan.input(phase.success).value for phase in phases][::-1])[::-1]
    supplies = [row[phase.supply] if phase.supply is not None else -1 for phase in phases]
    constants = (
        np.array([*(row[name] for name in (*SCALAR_INPUTS, OUTSIDE_FINANCE)), len(names)], dtype=np.int64),
        np.array([[row[p.success] for p in phases], [row[p.duration] for p in phases], supplies], dtype=np.int64),
        budget,
        preconditions,
        np.array([[p.public_money_share for p in phases], plan.private_ratios, kappa * onwards, kappa]),
        _calendar(study, plan),
        np.array([plan.gdp_per_job], dtype=np.float64),
    )
    yearly = [(name, name) for name in pipeline.YEARLY]
    yearly += [(f"{kind}_{phase.name}", kind) for phase in phases for kind in pipeline.BY_PHASE]
    years = range(plan.first_year, study.options.horizon + 1)
    uses = [f"{use}_{phase.name}[{year}]" for year in years for phase in phases for use in pipeline.USES]
    return Model(
        pipeline.rows_with_luck if luck else pipeline.rows,
        names,
        _outputs(plan, len(budget), pipeline.SCALARS, yearly),
        constants,
        name="pipeline",
        headline=len(pipeline.SCALARS),
        scratch=queues.scratch_rows(len(budget), len(phases)),
        luck=(*uses, *(f"revenue[{year}]" for year in years)) if luck else (),
    )


def _own_model(study: Study) -> Model:
    """The model `path/to/file.py:name` of a study, relative to the study's file."""
    path, _, attribute = study.model.rpartition(":")
    file = Path(path) if Path(path).is_absolute() else Path(study.file).parent / path
    if not file.is_file():
        raise InputError(Fault(study.file, "model", study.model, f"there is no file {file}"))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise InputError(Fault(study.file, "model", study.model, f"{file.name} is not a Python file"))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        rule = f"{file.name} cannot be run: {type(error).__name__}: {error}"
        raise InputError(Fault(study.file, "model", study.model, rule)) from error
    model = getattr(module, attribute, None)
    if not isinstance(model, Model):
        names = [name for name, value in vars(module).items() if isinstance(value, Model)]
        rule = f"{file.name} has no Model of the name {attribute!r}"
        raise InputError(Fault(study.file, "model", study.model, rule, nearest_name(attribute, names)))
    return model


def build_model(study: Study, *, luck: bool = False) -> Model:
    """The model of `study`.

    luck  with the luck that the study asks for, from a caller that supplies its uniforms; else expected values

    Raises
    ------
    InputError  a model that does not exist, or whose inputs are not the study's.
    """
    if study.plan is not None:
        if study.options.accounting == PIPELINE:
            return pipeline_model(study, study.plan, luck=luck and study.options.luck)
        return investment_model(study, study.plan)
    if study.model in TEXTBOOK:
        model = TEXTBOOK[study.model]()
    elif ":" in study.model:
        model = _own_model(study)
    else:
        rule = f"is not a model; there are {', '.join(TEXTBOOK)}, or path/to/file.py:name"
        raise InputError(Fault(study.file, "model", study.model, rule, nearest_name(study.model, TEXTBOOK)))
    check_inputs(study, model, luck=luck)
    return model


def check_inputs(study: Study, model: Model, *, luck: bool = False) -> None:
    """Refuse a model whose inputs, by name and order, are not the study's, or, without `luck`, one that has luck."""
    if model.luck and not luck:
        rule = "has luck beside its inputs, which only `run` and the method luck supply"
        raise InputError(Fault(study.file, "model", model.name, rule))
    names = tuple(spec.name for spec in study.inputs)
    if names != model.inputs:
        rule = f"must be the model's inputs in its order: {', '.join(model.inputs)}"
        raise InputError(Fault(study.file, "inputs", ", ".join(names), rule))
