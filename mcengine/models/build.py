"""From a study to its model: plan accounting for a plan, a textbook model, or one from a user's own file."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.plan import SCALAR_INPUTS, Plan
from mcengine.inputs.study import Study
from mcengine.models import investment
from mcengine.models.model import YEAR, Model, Output
from mcengine.models.textbook import TEXTBOOK

UNITS = {
    "bcr": "EUR receipts / EUR outlay",
    "payback_year": "year",
    "discount_factor": "1",
    "launches": "medicines",
    "medicines_on_market": "medicines",
    "jobs": "jobs",
}
MONEY = "EUR m"


def investment_model(study: Study, plan: Plan) -> Model:
    """Plan accounting for `plan` with the study's options; any number of phases and years."""
    options = study.options
    years = options.horizon - plan.first_year + 1
    pays = [plan.first_year + t <= options.spend_until for t in range(years)]
    budgets = [plan.budget(plan.first_year + t) if pays[t] else (0.0, 0.0) for t in range(years)]
    names = tuple(spec.name for spec in plan.inputs)
    row = {name: j for j, name in enumerate(names)}
    shares = [phase.public_money_share for phase in plan.phases]
    constants = (
        np.array([row[name] for name in SCALAR_INPUTS], dtype=np.int64),
        np.array([[row[p.success] for p in plan.phases], [row[p.duration] for p in plan.phases]], dtype=np.int64),
        np.array([pipeline for pipeline, _ in budgets], dtype=np.float64),
        np.array([preconditions for _, preconditions in budgets], dtype=np.float64),
        np.array([shares, plan.private_ratios], dtype=np.float64),
        np.array([plan.input(phase.success).value for phase in plan.phases], dtype=np.float64),
        np.array([plan.first_year, options.discount_base_year, options.structural_years], dtype=np.int64),
        np.array([plan.gdp_per_job], dtype=np.float64),
    )
    scalars = [
        Output(n, UNITS.get(n, MONEY), YEAR if n == "payback_year" else "continuous") for n in investment.SCALARS
    ]
    yearly = [
        Output(name, UNITS.get(name, MONEY), year=plan.first_year + t)
        for name in investment.YEARLY
        for t in range(years)
    ]
    return Model(
        investment.rows,
        names,
        (*scalars, *yearly),
        constants,
        name="investment",
        headline=len(scalars),
        scratch=investment.scratch_rows(years),
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


def build_model(study: Study) -> Model:
    """The model of `study`.

    Raises
    ------
    InputError  a model that does not exist, or whose inputs are not the study's.
    """
    if study.plan is not None:
        return investment_model(study, study.plan)
    if study.model in TEXTBOOK:
        model = TEXTBOOK[study.model]()
    elif ":" in study.model:
        model = _own_model(study)
    else:
        rule = f"is not a model; there are {', '.join(TEXTBOOK)}, or path/to/file.py:name"
        raise InputError(Fault(study.file, "model", study.model, rule, nearest_name(study.model, TEXTBOOK)))
    check_inputs(study, model)
    return model


def check_inputs(study: Study, model: Model) -> None:
    """Refuse a model whose inputs, by name and order, are not the study's."""
    names = tuple(spec.name for spec in study.inputs)
    if names != model.inputs:
        rule = f"must be the model's inputs in its order: {', '.join(model.inputs)}"
        raise InputError(Fault(study.file, "inputs", ", ".join(names), rule))
