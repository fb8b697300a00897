"""One deterministic evaluation of a study, and how it compares with the figures the plan published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcengine.analysis.result import NEVER
from mcengine.analysis.shown import Shown
from mcengine.errors import NonFiniteError
from mcengine.inputs.plan import PublishedFigure
from mcengine.inputs.study import Study
from mcengine.models.accounts import YEARLY
from mcengine.models.build import build_model
from mcengine.models.model import Model


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published figure beside the computed one. `matches`: equal at the published rounding."""

    figure: PublishedFigure
    computed: float
    rounded: float
    matches: bool


@dataclass(frozen=True, repr=False)
class Evaluation(Shown):
    """Outputs of one evaluation at one point.

    study, accounting, at   what was evaluated, and where: "plan", "median" or "mean" of its assumptions
    inputs     name -> value used
    outputs    every scalar output by name; a censored year that never comes is "never"
    years      one dict a year: "year" and each yearly quantity, in the units of docs/method.md, plan accounting
    published  comparisons with the plan's own figures; empty unless the study is the one they belong to
    """

    study: Study
    accounting: str
    at: str
    inputs: Mapping[str, float]
    outputs: Mapping[str, float | str]
    years: tuple[Mapping[str, float], ...]
    published: tuple[Comparison, ...]
    units: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """{"study", "accounting", "at", scalars ..., "years": [...], "published": [...]}, full precision."""
        published = [
            {
                "quantity": c.figure.quantity,
                "year": c.figure.year,
                "published": c.figure.value,
                "computed": c.computed,
                "matches": c.matches,
                "source": c.figure.source,
            }
            for c in self.published
        ]
        return {
            "study": self.study.name,
            "accounting": self.accounting,
            "at": self.at,
            **self.outputs,
            "years": [dict(year) for year in self.years],
            "published": published,
        }


def evaluate(study: Study, *, at: str | None = None, model: Model | None = None) -> Evaluation:
    """Evaluate `study` once, at its plan's values, or at the medians or means of its assumptions.

    at  "plan", "median" or "mean"; by default the median where inputs are uncertain, else the plan

    Raises
    ------
    NonFiniteError  an output is NaN or infinite.
    """
    model = build_model(study) if model is None else model
    at = at or ("median" if study.uncertain else "plan")
    inputs = study.baseline(at)
    x = np.array([[inputs[name]] for name in model.inputs])
    values = model.evaluate(x)[:, 0]
    outputs: dict[str, float | str] = {}
    years: dict[int, dict[str, float]] = {}
    for output, value in zip(model.outputs, values.tolist(), strict=True):
        if output.kind == "year" and np.isinf(value):
            outputs[output.name] = NEVER
        elif not np.isfinite(value):
            raise NonFiniteError(output.key, ((0, 0),), inputs, 1)
        elif output.year is None:
            outputs[output.name] = int(value) if output.kind == "year" else value
        else:
            years.setdefault(output.year, {"year": output.year})[output.name] = value
    rows = tuple(_with_growth(years))
    units = {output.name: output.unit for output in model.outputs} | {"gdp_rnd_growth": "1/year"}
    published = _compare(study, inputs, outputs, rows)
    return Evaluation(study, study.options.accounting, at, inputs, outputs, rows, published, units)


def _with_growth(years: dict[int, dict[str, float]]) -> list[dict[str, float]]:
    """The yearly rows in order, each but the first with gdp_rnd_growth = Y_t / Y_{t-1} - 1."""
    rows: list[dict[str, float]] = []
    for year in sorted(years):
        row = years[year]
        if rows and rows[-1].get("gdp_rnd"):
            row["gdp_rnd_growth"] = row["gdp_rnd"] / rows[-1]["gdp_rnd"] - 1.0
        rows.append(row)
    return rows


def _sales_tax_rate(x: Mapping[str, float]) -> float:
    profit = x["profit_margin"] * x["corporate_tax"]
    return x["sales_taxed_share"] * ((1 - x["profit_margin"]) * x["sales_wage_tax"] + profit)


# Published figures that are no output of the model but a rate or ratio that follows from its inputs.
_FROM_INPUTS: dict[str, Callable[[Mapping[str, float]], float]] = {
    "leverage": lambda x: x["leverage"],
    "rnd_wage_tax_annex98": lambda x: x["labour_share"] * x["tax_burden"],
    "sales_tax_rate_annex98": _sales_tax_rate,
}


def _compare(
    study: Study,
    inputs: Mapping[str, float],
    outputs: Mapping[str, float | str],
    rows: tuple[Mapping[str, float], ...],
) -> tuple[Comparison, ...]:
    if study.plan is None:
        return ()
    by_year = {int(row["year"]): row for row in rows}
    comparisons = []
    for figure in study.plan.published:
        if figure.study != study.name:
            continue
        quantity = figure.quantity.removesuffix(f"_{figure.study}")
        if figure.quantity in _FROM_INPUTS:
            value = _FROM_INPUTS[figure.quantity](inputs)
        elif quantity in YEARLY or quantity == "gdp_rnd_growth":
            if figure.year not in by_year or quantity not in by_year[figure.year]:
                continue
            value = by_year[figure.year][quantity]
        elif figure.year is not None and figure.year != study.options.horizon:
            continue
        else:
            value = float(outputs[quantity])
        rounded = round(value, figure.decimals)
        comparisons.append(Comparison(figure, value, rounded, rounded == round(figure.value, figure.decimals)))
    return tuple(comparisons)
