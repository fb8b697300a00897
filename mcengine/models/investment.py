"""Plan accounting (the published model) as a kernel over blocks of draws. Source: MODEL.md section 3.

With g = multiplier tot and lambda as there, the recursions reduce to one state a draw, p_t:

    p_t = rho p_{t-1} + [t in structural years] B_t        S0_t = g structural_share p_t
    f_t = B_t + structural_share p_t                       F_t  = tot f_t,   G_t + S0_t = g f_t
    w_p = inv_p / launch_cost prod_{j>=p} success_j/success0_j          medicines of phase p per EUR m of f_t
    W_k = sum_p w_p max(0, 1 - |k - delay_p|)              the linear split over whole lags k, as one weight a lag
    launches_t = sum_k W_k f_{t-k}
    N_t = N_{t-1} + launches_t - sum_a E_a launches_{t-a}, E_a = max(0, 1 - |a - market_life|)

Every inner loop runs over the draws of the block without a branch, so that LLVM makes vector code of it.
Lags and ages at which the weight is zero in the whole block are skipped: adding an exact zero changes no
bit, so the result does not depend on how draws are grouped into blocks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcengine.compiled import jit

SCALARS = ("npv", "bcr", "payback_year", "pv_receipts", "pv_outlay")
YEARLY = (
    "public_pipeline",
    "preconditions",
    "private",
    "private_incl_multiplier",
    "rnd_activity",
    "structural",
    "gdp_rnd",
    "gdp_sales",
    "gdp_added",
    "tax_rnd",
    "tax_sales",
    "cash_flow",
    "discount_factor",
    "present_value",
    "launches",
    "medicines_on_market",
    "jobs",
)
# Rows of working space: per year f_t, launches_t, N_t; per lag W_k; then single rows a draw.
_SINGLE = ("tot", "g", "opening", "growth", "discount", "both", "rnd", "sales", "inverse", "outlay")


def scratch_rows(years: int) -> int:
    """Rows of working space the kernel needs for `years` years."""
    return 4 * years + len(_SINGLE)


@jit
def _spread(position, weight, lags, first, last):  # type: ignore[no-untyped-def]
    """Add weight max(0, 1 - |k - position|) to lags[k]; widen (first, last), the block's range of k."""
    count = lags.shape[0]
    low, high = count, -1
    for i in range(position.shape[0]):
        k = np.int64(min(position[i], np.float64(count)))
        low = min(low, k)
        high = max(high, k)
    high = min(high + 1, count - 1)
    for k in range(low, high + 1):
        row = lags[k]
        for i in range(position.shape[0]):
            row[i] += weight[i] * max(0.0, 1.0 - abs(position[i] - k))
    return min(first, low), max(last, high)


@jit
def _lag_weights(x, at, phases, success0, where, single, lags):  # type: ignore[no-untyped-def]
    """Fill lags[k] = W_k and single rows tot, g; return the range of k in which some W_k is not zero."""
    tot, g, delay, success, per_phase = single[0], single[1], single[6], single[7], single[8]
    leverage, additionality, multiplier, cost = x[at[0]], x[at[1]], x[at[2]], x[at[8]]
    shares, ratios = phases[0], phases[1]
    sum_a, sum_r = shares.sum(), ratios.sum()
    n = tot.shape[0]
    for i in range(n):
        tot[i] = sum_a + leverage[i] * additionality[i]
        g[i] = multiplier[i] * tot[i]
        delay[i] = 0.0
        success[i] = 1.0 / cost[i]
    lags[:] = 0.0
    first, last = lags.shape[0], -1
    for p in range(shares.shape[0] - 1, -1, -1):
        chance, years = x[where[0, p]], x[where[1, p]]
        share, ratio, unit = shares[p], ratios[p] / sum_r, 1.0 / success0[p]
        for i in range(n):
            success[i] *= chance[i] * unit
            delay[i] += years[i]
            per_phase[i] = (share + leverage[i] * additionality[i] * ratio) * success[i]
        first, last = _spread(delay, per_phase, lags, first, last)
    return first, last


@jit
def _funding(x, at, budget, structural_years, single, funds):  # type: ignore[no-untyped-def]
    """Fill funds[t] = f_t, the money that funds medicines per unit of tot (EUR m)."""
    share, market, depreciation = x[at[3]], x[at[4]], x[at[5]]
    state, growth = single[2], single[3]
    n = state.shape[0]
    for i in range(n):
        growth[i] = (1.0 + market[i]) * (1.0 - depreciation[i])
        state[i] = 0.0
    for t in range(budget.shape[0]):
        row, money = funds[t], budget[t]
        added = money if t < structural_years else 0.0
        for i in range(n):
            state[i] = growth[i] * state[i] + added
            row[i] = money + share[i] * state[i]


@jit
def _medicines(x, at, funds, lags, first, last, launches, on_market, expiry):  # type: ignore[no-untyped-def]
    """Fill launches[t] and on_market[t] (medicines). `expiry` shares its rows with nothing still needed."""
    n = x.shape[1]
    years = funds.shape[0]
    launches[:] = 0.0
    for t in range(years):
        row = launches[t]
        for k in range(first, min(last, t) + 1):
            weight, money = lags[k], funds[t - k]
            for i in range(n):
                row[i] += weight[i] * money[i]
    expiry[:] = 0.0
    ones = on_market[0]
    ones[:] = 1.0
    youngest, oldest = _spread(x[at[10]], ones, expiry, years, -1)
    for t in range(years):
        row, new = on_market[t], launches[t]
        if t == 0:
            for i in range(n):
                row[i] = new[i]
        else:
            before = on_market[t - 1]
            for i in range(n):
                row[i] = before[i] + new[i]
        for a in range(youngest, min(oldest, t) + 1):
            share, old = expiry[a], launches[t - a]
            for i in range(n):
                row[i] -= share[i] * old[i]


@jit
def _rates(x, at, lead, single, out):  # type: ignore[no-untyped-def]
    """Fill the rates a draw that `_cash` uses year by year, and clear its sums. `lead`: years from base to first, less 1."""
    g, opening, growth, discount, both, rnd, sales, inverse, outlay = (
        single[1], single[2], single[3], single[4], single[5], single[6], single[7], single[8], single[9],
    )  # fmt: skip
    displaced, labour, tax, rate, stock = x[at[7]], x[at[12]], x[at[13]], x[at[18]], x[at[6]]
    revenue, domestic = x[at[9]], x[at[11]]
    margin, corporate, wage, taxed = x[at[14]], x[at[15]], x[at[16]], x[at[17]]
    n = x.shape[1]
    for i in range(n):
        inverse[i] = 1.0 / (1.0 + rate[i])
        both[i] = growth[i] * inverse[i]
        discount[i] = 1.0
    for i in range(n):
        take = labour[i] * tax[i] * (1.0 - displaced[i])
        rnd[i] = take * g[i]
        opening[i] = take * stock[i]
    for i in range(n):
        sales[i] = taxed[i] * ((1.0 - margin[i]) * wage[i] + margin[i] * corporate[i])
    for i in range(n):
        sales[i] *= revenue[i] * domestic[i]
    for _ in range(abs(lead)):
        for i in range(n):
            discount[i] *= inverse[i] if lead > 0 else 1.0 + rate[i]
    for i in range(n):
        opening[i] *= discount[i]
        outlay[i] = 0.0
    out[0, :] = 0.0
    out[2, :] = np.inf


@jit
def _cash(x, at, budget, preconditions, first_year, base_year, single, funds, on_market, out):  # type: ignore[no-untyped-def]
    """Fill the scalars npv, bcr, payback_year, pv_receipts, pv_outlay.

    Discounting and growth of the opening stock advance together: `opening` holds its discounted tax.
    The year's work is cut into loops over few rows, as LLVM gives up on loops that need many overlap checks.
    """
    _rates(x, at, first_year - base_year - 1, single, out)
    opening, discount, both, rnd, sales, inverse, outlay = (
        single[2], single[4], single[5], single[6], single[7], single[8], single[9],
    )  # fmt: skip
    mcpf, npv, payback, taxes = x[at[19]], out[0], out[2], out[3]
    n = x.shape[1]
    for t in range(budget.shape[0]):
        year, spent = np.float64(first_year + t), budget[t] + preconditions[t]
        money, medicines = funds[t], on_market[t]
        for i in range(n):
            taxes[i] = rnd[i] * money[i] + sales[i] * medicines[i] - mcpf[i] * spent
        for i in range(n):
            discount[i] *= inverse[i]
            opening[i] *= both[i]
            npv[i] += discount[i] * taxes[i] + opening[i]
            outlay[i] += discount[i] * spent
        for i in range(n):
            earlier = year if payback[i] == np.inf else payback[i]
            payback[i] = earlier if npv[i] >= 0.0 else np.inf
    bcr, receipts, paid = out[1], out[3], out[4]
    for i in range(n):
        cost = outlay[i] * mcpf[i]
        paid[i] = cost
        receipts[i] = npv[i] + cost
        bcr[i] = receipts[i] / cost


@jit
def _tables(x, at, budget, preconditions, first_year, base_year, job, single, funds, launches, on_market, out):  # type: ignore[no-untyped-def]
    """Fill the yearly tables: row q * years + t of `out` is quantity YEARLY[q] in year t."""
    tot, g, growth = single[0], single[1], single[3]
    T = budget.shape[0]
    for i in range(x.shape[1]):
        opening = x[at[6], i]
        discount = (1.0 + x[at[18], i]) ** (base_year - first_year + 1)
        rnd_tax = x[at[12], i] * x[at[13], i]
        margin = x[at[14], i]
        sales_tax = x[at[17], i] * ((1.0 - margin) * x[at[16], i] + margin * x[at[15], i])
        for t in range(T):
            opening *= growth[i]
            discount /= 1.0 + x[at[18], i]
            activity = g[i] * budget[t]
            structural = g[i] * (funds[t, i] - budget[t]) + opening
            gdp_rnd = (activity + structural) * (1.0 - x[at[7], i])
            gdp_sales = on_market[t, i] * x[at[9], i] * x[at[11], i]
            cash = (
                rnd_tax * gdp_rnd + sales_tax * gdp_sales - x[at[19], i] * (budget[t] + preconditions[t])
            )
            out[t, i] = budget[t]
            out[T + t, i] = preconditions[t]
            out[2 * T + t, i] = budget[t] * (tot[i] - 1.0)
            out[3 * T + t, i] = activity - budget[t]
            out[4 * T + t, i] = activity
            out[5 * T + t, i] = structural
            out[6 * T + t, i] = gdp_rnd
            out[7 * T + t, i] = gdp_sales
            out[8 * T + t, i] = gdp_rnd + gdp_sales
            out[9 * T + t, i] = rnd_tax * gdp_rnd
            out[10 * T + t, i] = sales_tax * gdp_sales
            out[11 * T + t, i] = cash
            out[12 * T + t, i] = discount
            out[13 * T + t, i] = discount * cash
            out[14 * T + t, i] = launches[t, i]
            out[15 * T + t, i] = on_market[t, i]
            out[16 * T + t, i] = (gdp_rnd + gdp_sales) / job


@jit
def rows(x: Any, out: Any, constants: Any) -> None:
    """Plan accounting for a block of draws.

    x          float64 (inputs, draws)
    out        float64 (5 scalars [+ 17 quantities x years] + working space, draws); the yearly tables are
               filled when the rows are there
    constants  (at, where, budget, preconditions, phases, success0, calendar, job)
               at int64 (20,) rows of the scalar inputs in the order of `plan.SCALAR_INPUTS`;
               where int64 (2, phases) rows of the phases' success and duration;
               budget, preconditions float64 (years,) EUR m; phases float64 (2, phases): a_p and r_p;
               success0 float64 (phases,); calendar int64 (first year, base year, structural years);
               job float64 (1,) EUR m of GDP a job
    """
    at, where, budget, preconditions, phases, success0, calendar, job = constants
    years = budget.shape[0]
    space = out[out.shape[0] - (4 * years + 10) :]
    funds, launches = space[:years], space[years : 2 * years]
    on_market, lags = space[2 * years : 3 * years], space[3 * years : 4 * years]
    single = space[4 * years :]
    first_year, base_year, structural_years = calendar[0], calendar[1], calendar[2]
    first, last = _lag_weights(x, at, phases, success0, where, single, lags)
    _funding(x, at, budget, structural_years, single, funds)
    _medicines(x, at, funds, lags, first, last, launches, on_market, lags)
    _cash(x, at, budget, preconditions, first_year, base_year, single, funds, on_market, out)
    if out.shape[0] > 5 + space.shape[0]:
        tables = out[5 : out.shape[0] - space.shape[0]]
        _tables(
            x, at, budget, preconditions, first_year, base_year, job[0], single, funds, launches, on_market, tables
        )
