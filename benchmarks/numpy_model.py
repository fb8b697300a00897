"""Plan accounting in vectorised NumPy, and the engine's statistics with NumPy's own functions.

What a careful analyst would write without a compiler: arrays over draws, loops over years only. It is the
yardstick of `peers.py` and is itself held to the engine's kernel by tests/benchmarks.
Source: docs/method.md, plan accounting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcengine.inputs.study import Study

Array = NDArray[np.float64]
Inputs = Mapping[str, "Array | float"]

PROBABILITIES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
BANDS = (0.05, 0.25, 0.50, 0.75, 0.95)


@dataclass(frozen=True)
class PlanData:
    """What the plan and the options fix.

    pipeline, preconditions  float64 (years,), EUR m; shares, ratios (a_p and r_p) and success0 float64 (phases,);
    successes, durations     names of the phases' inputs
    """

    first_year: int
    base_year: int
    structural_years: int
    pipeline: Array
    preconditions: Array
    shares: Array
    ratios: Array
    success0: Array
    successes: tuple[str, ...]
    durations: tuple[str, ...]
    gdp_per_job: float


def plan_data(study: Study) -> PlanData:
    """The plan of `study` with the study's options."""
    plan, options = study.plan, study.options
    assert plan is not None
    years = range(plan.first_year, options.horizon + 1)
    budget = np.array([plan.budget(y) if y <= options.spend_until else (0.0, 0.0) for y in years])
    return PlanData(
        first_year=plan.first_year,
        base_year=options.discount_base_year,
        structural_years=options.structural_years,
        pipeline=budget[:, 0],
        preconditions=budget[:, 1],
        shares=np.array([phase.public_money_share for phase in plan.phases]),
        ratios=np.array(plan.private_ratios),
        success0=np.array([plan.input(phase.success).value for phase in plan.phases]),
        successes=tuple(phase.success for phase in plan.phases),
        durations=tuple(phase.duration for phase in plan.phases),
        gdp_per_job=plan.gdp_per_job,
    )


def _convolve(weights: Array, rows: Array, first: int = 0) -> Array:
    """sum_k weights[k] rows[t - k] for each year t; all float64 (years, draws), lags from `first` on."""
    total = np.zeros_like(rows)
    for lag in range(first, len(rows)):
        if weights[lag].any():
            total[lag:] += weights[lag] * rows[: len(rows) - lag]
    return total


def _launches(plan: PlanData, x: Inputs, funds: Array, private: Array) -> Array:
    """Medicines launched a year, float64 (years, draws); `private` is leverage times additionality."""
    lags = np.arange(len(funds), dtype=np.float64)[:, None]
    weights = np.zeros_like(funds)
    made: Array | float = 1.0 / x["launch_cost"]
    delay: Array | float = 0.0
    for p in reversed(range(len(plan.shares))):
        made = made * (x[plan.successes[p]] / plan.success0[p])
        delay = delay + x[plan.durations[p]]
        invested = plan.shares[p] + private * (plan.ratios[p] / plan.ratios.sum())
        weights += invested * made * np.maximum(0.0, 1.0 - np.abs(lags - delay))
    return _convolve(weights, funds)


def _on_market(x: Inputs, launches: Array) -> Array:
    """Medicines on the market a year, float64 (years, draws): a cohort leaves at the age of market_life."""
    life = np.asarray(x["market_life"], dtype=np.float64)
    ages = np.arange(len(launches), dtype=np.float64)[:, None]
    leaving = np.maximum(0.0, 1.0 - np.abs(ages - life)) + np.zeros_like(launches)
    return np.cumsum(launches - _convolve(leaving, launches, first=int(life.min())), axis=0)


def plan_accounting(plan: PlanData, x: Inputs, *, yearly: bool = False) -> dict[str, Array]:
    """Scalar outputs, float64 (draws,), and with `yearly` each yearly quantity, float64 (years, draws).

    x  by input: float64 (draws,), or a number where the input is fixed
    """
    years = np.arange(len(plan.pipeline))
    private = np.asarray(x["leverage"] * x["private_additionality"])
    total = plan.shares.sum() + private
    activity_per_euro = x["multiplier"] * total
    growth = np.asarray((1 + x["market_growth"]) * (1 - x["structural_depreciation"]))
    draws = max(np.size(value) for value in x.values())
    state, funds = np.zeros(draws), np.empty((len(years), draws))
    lasting = np.empty_like(funds)
    for t, money in enumerate(plan.pipeline):
        state = growth * state + (money if t < plan.structural_years else 0.0)
        lasting[t] = x["structural_share"] * state
        funds[t] = money + lasting[t]
    launches = _launches(plan, x, funds, private)
    on_market = _on_market(x, launches)
    opening = x["opening_structural_stock"] * growth ** (years + 1)[:, None]
    structural = activity_per_euro * lasting + opening
    activity = activity_per_euro * plan.pipeline[:, None]
    gdp_rnd = (activity + structural) * (1 - x["displacement"])
    gdp_sales = on_market * (x["revenue_per_medicine"] * x["nl_share"])
    margin = x["profit_margin"]
    rate = x["sales_taxed_share"] * ((1 - margin) * x["sales_wage_tax"] + margin * x["corporate_tax"])
    tax_rnd = (x["labour_share"] * x["tax_burden"]) * gdp_rnd
    tax_sales = rate * gdp_sales
    spent = x["mcpf"] * (plan.pipeline + plan.preconditions)[:, None]
    elapsed = (plan.first_year + years - plan.base_year)[:, None]
    discount: Array = (1 + np.asarray(x["discount_rate"], dtype=np.float64)) ** -elapsed
    present = discount * (tax_rnd + tax_sales - spent)
    outputs = _scalars(plan, np.cumsum(present, axis=0), (discount * spent).sum(axis=0))
    if yearly:
        outputs |= {
            "public_pipeline": plan.pipeline[:, None],
            "preconditions": plan.preconditions[:, None],
            "private": plan.pipeline[:, None] * (total - 1),
            "private_incl_multiplier": activity - plan.pipeline[:, None],
            "rnd_activity": activity,
            "structural": structural,
            "gdp_rnd": gdp_rnd,
            "gdp_sales": gdp_sales,
            "gdp_added": gdp_rnd + gdp_sales,
            "tax_rnd": tax_rnd,
            "tax_sales": tax_sales,
            "cash_flow": tax_rnd + tax_sales - spent,
            "discount_factor": discount,
            "present_value": present,
            "launches": launches,
            "medicines_on_market": on_market,
            "jobs": (gdp_rnd + gdp_sales) / plan.gdp_per_job,
        }
    return outputs


def _scalars(plan: PlanData, cumulative: Array, outlay: Array) -> dict[str, Array]:
    """The outputs without a year; `cumulative` is the present value up to and with each year."""
    npv = cumulative[-1]
    negative = cumulative[::-1] < 0
    never, always = negative[0], ~negative.any(axis=0)
    last = len(cumulative) - 1 - negative.argmax(axis=0)
    payback = np.where(always, plan.first_year, np.where(never, np.inf, plan.first_year + last + 1.0))
    return {
        "npv": npv,
        "bcr": (npv + outlay) / outlay,
        "payback_year": payback,
        "pv_receipts": npv + outlay,
        "pv_outlay": outlay,
    }


def statistics(y: Array) -> Array:
    """Mean, sd, least, most, P(y > 0), the quantiles of `PROBABILITIES` and the mean of the lowest 5%."""
    quantiles = np.quantile(y, PROBABILITIES)
    shortfall = y[y <= quantiles[1]].mean()
    return np.array([y.mean(), y.std(ddof=1), y.min(), y.max(), (y > 0).mean(), *quantiles, shortfall])


def year_statistics(y: Array) -> Array:
    """Share of never, and the quantiles of `PROBABILITIES` without interpolation (infinite years)."""
    return np.array([np.isinf(y).mean(), *np.quantile(y, PROBABILITIES, method="higher")])


def bands(tables: Sequence[Array]) -> Array:
    """Mean and the quantiles of `BANDS` of each year of each yearly quantity, (years drawn, 6)."""
    parts = [np.vstack([t.mean(axis=1), np.quantile(t, BANDS, axis=1)]).T for t in tables]
    return np.concatenate(parts)
