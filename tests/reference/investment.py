"""Plain twin of the investment kernel: plan accounting (docs/method.md) line by line, one draw, no numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PlanData:
    """What the plan fixes: years, budgets (EUR m, one a year to the horizon), phases as name-free columns."""

    first_year: int
    base_year: int
    structural_years: int
    pipeline: Sequence[float]
    preconditions: Sequence[float]
    shares: Sequence[float]
    ratios: Sequence[float]
    success0: Sequence[float]
    success_names: Sequence[str]
    duration_names: Sequence[str]
    gdp_per_job: float


def plan_accounting(plan: PlanData, x: Mapping[str, float]) -> dict[str, object]:
    """All outputs of one draw; yearly quantities are lists by year."""
    phases = range(len(plan.shares))
    lam = x["leverage"] * x["private_additionality"] / sum(plan.ratios)
    inv = [plan.shares[p] + lam * plan.ratios[p] for p in phases]
    tot = sum(inv)
    rho = (1 + x["market_growth"]) * (1 - x["structural_depreciation"])
    years = range(len(plan.pipeline))
    launched = [0.0 for _ in years]
    s0 = 0.0
    table: dict[str, list[float]] = {name: [] for name in ROWS}
    gdp_rnd = []
    for t in years:
        money = plan.pipeline[t] * tot
        activity = x["multiplier"] * money
        share = x["structural_share"] if t < plan.structural_years else 0.0
        s0 = rho * s0 + share * activity
        structural = s0 + x["opening_structural_stock"] * rho ** (t + 1)
        gdp_rnd.append((activity + structural) * (1 - x["displacement"]))
        funds = money + s0 / x["multiplier"]
        for p in phases:
            made = funds * (inv[p] / tot) / x["launch_cost"]
            for j in phases:
                if j >= p:
                    made *= x[plan.success_names[j]] / plan.success0[j]
            delay = sum(x[plan.duration_names[j]] for j in phases if j >= p)
            whole = math.floor(delay)
            fraction = delay - whole
            for lag, part in ((whole, 1 - fraction), (whole + 1, fraction)):
                if t + lag < len(launched):
                    launched[t + lag] += made * part
        table["public_pipeline"].append(plan.pipeline[t])
        table["preconditions"].append(plan.preconditions[t])
        table["private"].append(money - plan.pipeline[t])
        table["private_incl_multiplier"].append(activity - plan.pipeline[t])
        table["rnd_activity"].append(activity)
        table["structural"].append(structural)
        table["gdp_rnd"].append(gdp_rnd[t])
    table["launches"] = launched
    return cash_flows(plan, x, table)


ROWS = (
    "public_pipeline", "preconditions", "private", "private_incl_multiplier", "rnd_activity", "structural",
    "gdp_rnd", "gdp_sales", "gdp_added", "tax_rnd", "tax_sales", "cash_flow", "discount_factor",
    "present_value", "launches", "medicines_on_market", "jobs",
)  # fmt: skip


def on_market(launched: Sequence[float], t: int, market_life: float) -> float:
    """Of what was launched each year, that which still sells in year t."""
    life = math.floor(market_life)
    part = market_life - life
    total = 0.0
    for age in range(t + 1):
        weight = 1.0 if age < life else part if age == life else 0.0
        total += weight * launched[t - age]
    return total


def cash_flows(
    plan: PlanData, x: Mapping[str, float], table: dict[str, list[float]], sold: Sequence[float] | None = None
) -> dict[str, object]:
    """Everything that follows from R&D and launches. `sold`: launches weighed by revenue, where these differ."""
    rate = x["sales_taxed_share"] * (
        (1 - x["profit_margin"]) * x["sales_wage_tax"] + x["profit_margin"] * x["corporate_tax"]
    )
    launched = table["launches"]
    outlay = receipts = 0.0
    cumulative = []
    for t in range(len(plan.pipeline)):
        medicines = on_market(launched, t, x["market_life"])
        selling = medicines if sold is None else on_market(sold, t, x["market_life"])
        sales = selling * x["revenue_per_medicine"] * x["nl_share"]
        tax_rnd = x["labour_share"] * x["tax_burden"] * table["gdp_rnd"][t]
        tax_sales = rate * sales
        spent = x["mcpf"] * (plan.pipeline[t] + plan.preconditions[t])
        factor = (1 + x["discount_rate"]) ** -(plan.first_year + t - plan.base_year)
        cash = tax_rnd + tax_sales - spent
        outlay += spent * factor
        receipts += (tax_rnd + tax_sales) * factor
        cumulative.append((cumulative[-1] if cumulative else 0.0) + cash * factor)
        table["medicines_on_market"].append(medicines)
        table["gdp_sales"].append(sales)
        table["gdp_added"].append(table["gdp_rnd"][t] + sales)
        table["tax_rnd"].append(tax_rnd)
        table["tax_sales"].append(tax_sales)
        table["cash_flow"].append(cash)
        table["discount_factor"].append(factor)
        table["present_value"].append(cash * factor)
        table["jobs"].append((table["gdp_rnd"][t] + sales) / plan.gdp_per_job)
    payback = math.inf
    for t in reversed(range(len(cumulative))):
        if cumulative[t] < 0:
            break
        payback = plan.first_year + t
    return {
        "npv": cumulative[-1],
        "bcr": receipts / outlay,
        "payback_year": payback,
        "pv_receipts": receipts,
        "pv_outlay": outlay,
        **table,
    }
