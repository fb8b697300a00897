"""Plan accounting (the published model) as a kernel over blocks of draws. Source: MODEL.md section 3.

With g = multiplier tot and lambda as there, the recursions reduce to one state a draw, p_t:

    p_t = rho p_{t-1} + [t in structural years] B_t        S0_t = g structural_share p_t
    f_t = B_t + structural_share p_t                       F_t  = tot f_t,   G_t + S0_t = g f_t
    w_p = inv_p / launch_cost prod_{j>=p} success_j/success0_j          medicines of phase p per EUR m of f_t
    W_k = sum_p w_p max(0, 1 - |k - delay_p|)              the linear split over whole lags k, as one weight a lag
    launches_t = sum_k W_k f_{t-k}
    N_t = N_{t-1} + launches_t - sum_a E_a launches_{t-a}, E_a = max(0, 1 - |a - market_life|)

The code is that of one draw; `mcengine.simd` makes it eight, with the year's state in registers. Lags and ages at
which the weight is zero for all eight are skipped: adding an exact zero changes no bit, so a draw's result does
not depend on which draws are beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcengine.compiled import inlined, pure
from mcengine.simd import WIDTH, fma, highest, load, lowest, size, splat, store, where

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


def scratch_rows(years: int) -> int:
    """Rows of working space for `years` years: W_k, E_a, f_t and launches_t of eight draws."""
    return 4 * years


@inlined
def _at(x, row, i):
    """Input `row` of draws i to i + 7."""
    return load(x, row * x.shape[1] + i)


@inlined
def _spread(position, weight, space, start, count, first, last):
    """Add weight max(0, 1 - |k - position|) to row k of space[start:], k < count; widen the range (first, last)."""
    low = min(np.int64(lowest(position)), count)
    high = min(np.int64(min(highest(position), np.float64(count))) + 1, count - 1)
    for k in range(low, high + 1):
        share = 1.0 - size(position - np.float64(k))
        share = where(share > 0.0, share, splat(0.0))
        at = WIDTH * (start + k)
        store(space, at, fma(weight, share, load(space, at)))
    return min(first, low), max(last, high)


@inlined
def _lag_weights(x, i, at, where_, phases, success0, space, years):
    """Fill space[0:] with W_k; return tot and the range of k in which some W_k is not zero."""
    shares, ratios = phases[0], phases[1]
    sum_r = ratios.sum()
    private = _at(x, at[0], i) * _at(x, at[1], i)
    made = 1.0 / _at(x, at[8], i)
    delay = splat(0.0)
    for k in range(years):
        store(space, WIDTH * k, splat(0.0))
    first, last = years, -1
    for p in range(shares.shape[0] - 1, -1, -1):
        made = made * (_at(x, where_[0, p], i) * (1.0 / success0[p]))
        delay = delay + _at(x, where_[1, p], i)
        weight = fma(private, ratios[p] / sum_r, shares[p]) * made
        first, last = _spread(delay, weight, space, 0, years, first, last)
    return private + shares.sum(), first, last


@inlined
def _expiry(x, i, at, space, years):
    """Fill space[years:] with E_a; return the range of ages a in which some E_a is not zero."""
    for a in range(years):
        store(space, WIDTH * (years + a), splat(0.0))
    return _spread(_at(x, at[10], i), splat(1.0), space, years, years, years, -1)


@inlined
def _medicines(space, years, t, lags, ages, before):
    """(launches_t, N_t) from f, W, E and earlier launches in `space` and N_{t-1} = `before`."""
    launched = splat(0.0)
    for k in range(lags[0], min(lags[1], t) + 1):
        launched = fma(load(space, WIDTH * k), load(space, WIDTH * (2 * years + t - k)), launched)
    store(space, WIDTH * (3 * years + t), launched)
    on_market = before + launched
    for a in range(ages[0], min(ages[1], t) + 1):
        old = load(space, WIDTH * (3 * years + t - a))
        on_market = on_market - load(space, WIDTH * (years + a)) * old
    return launched, on_market


@inlined
def _sales_rate(x, i, at):
    """Tax per EUR of sales: sales_taxed_share ((1 - margin) wage tax + margin corporate tax)."""
    margin = _at(x, at[14], i)
    return _at(x, at[17], i) * ((1.0 - margin) * _at(x, at[16], i) + margin * _at(x, at[15], i))


@inlined
def _first_discount(inverse, rate, lead):
    """(1 + rate)^-lead, by multiplication; `lead` years, negative when the base year is later."""
    factor = splat(1.0)
    for _ in range(abs(lead)):
        factor = factor * (inverse if lead > 0 else 1.0 + rate)
    return factor


@inlined
def _write_year(x, i, at, out, t, years, budget, precondition, job, tot, g, structural, sales, rates, discount, made):
    """Row q * years + t of the yearly tables is quantity YEARLY[q]; see MODEL.md section 3 for each."""
    activity = g * budget
    gdp_rnd = (activity + structural) * (1.0 - _at(x, at[7], i))
    tax_rnd, tax_sales = rates[0] * gdp_rnd, rates[1] * sales
    cash = tax_rnd + tax_sales - _at(x, at[19], i) * (budget + precondition)
    row, step = (len(SCALARS) + t) * x.shape[1] + i, years * x.shape[1]
    store(out, row, splat(budget))
    store(out, row + step, splat(precondition))
    store(out, row + 2 * step, (tot - 1.0) * budget)
    store(out, row + 3 * step, activity - budget)
    store(out, row + 4 * step, activity)
    store(out, row + 5 * step, structural)
    store(out, row + 6 * step, gdp_rnd)
    store(out, row + 7 * step, sales)
    store(out, row + 8 * step, gdp_rnd + sales)
    store(out, row + 9 * step, tax_rnd)
    store(out, row + 10 * step, tax_sales)
    store(out, row + 11 * step, cash)
    store(out, row + 12 * step, discount)
    store(out, row + 13 * step, discount * cash)
    store(out, row + 14 * step, made[0])
    store(out, row + 15 * step, made[1])
    store(out, row + 16 * step, (gdp_rnd + sales) / job)


@inlined
def _eight_draws(x, i, out, at, where_, budget, preconditions, phases, success0, calendar, job, space, tables):
    """All outputs of draws i to i + 7."""
    years, n = budget.shape[0], x.shape[1]
    tot, first, last = _lag_weights(x, i, at, where_, phases, success0, space, years)
    lags, ages = (first, last), _expiry(x, i, at, space, years)
    g = _at(x, at[2], i) * tot
    share, growth = _at(x, at[3], i), (1.0 + _at(x, at[4], i)) * (1.0 - _at(x, at[5], i))
    take = _at(x, at[12], i) * _at(x, at[13], i)
    kept, value = take * (1.0 - _at(x, at[7], i)), _at(x, at[9], i) * _at(x, at[11], i)
    sales_rate = _sales_rate(x, i, at)
    rnd, sales = kept * g, sales_rate * value
    rate, mcpf = _at(x, at[18], i), _at(x, at[19], i)
    inverse = 1.0 / (1.0 + rate)
    discount = _first_discount(inverse, rate, calendar[0] - calendar[1] - 1)
    opening = _at(x, at[6], i)
    state, on_market, npv, outlay = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    payback = splat(np.inf)
    for t in range(years):
        state = fma(growth, state, budget[t] if t < calendar[2] else 0.0)
        money = fma(share, state, budget[t])
        store(space, WIDTH * (2 * years + t), money)
        launched, on_market = _medicines(space, years, t, lags, ages, on_market)
        opening = opening * growth
        discount = discount * inverse
        spent = budget[t] + preconditions[t]
        cash = fma(rnd, money, fma(kept, opening, fma(sales, on_market, mcpf * -spent)))
        npv = fma(discount, cash, npv)
        outlay = fma(discount, spent, outlay)
        earlier = where(payback == np.inf, splat(np.float64(calendar[0] + t)), payback)
        payback = where(npv >= 0.0, earlier, splat(np.inf))
        if tables:
            structural = g * (money - budget[t]) + opening
            _write_year(
                x, i, at, out, t, years, budget[t], preconditions[t], job[0], tot, g, structural,
                value * on_market, (take, sales_rate), discount, (launched, on_market),
            )  # fmt: skip
    outlay = outlay * mcpf
    receipts = npv + outlay
    store(out, i, npv)
    store(out, n + i, receipts / outlay)
    store(out, 2 * n + i, payback)
    store(out, 3 * n + i, receipts)
    store(out, 4 * n + i, outlay)


@pure
def rows(x: Any, out: Any, constants: Any) -> None:
    """Plan accounting for a block of at least eight draws.

    x          float64 (inputs, draws)
    out        float64 (5 scalars [+ 17 quantities x years] + working space, draws); the yearly tables are
               filled when the rows are there
    constants  (at, where, budget, preconditions, phases, success0, calendar, job)
               at int64 (20,) rows of the scalar inputs in the order of `plan.SCALAR_INPUTS`;
               where int64 (2, phases) rows of the phases' success and duration;
               budget, preconditions float64 (years,) EUR m; phases float64 (2, phases): a_p and r_p;
               success0 float64 (phases,); calendar int64 (first year, base year, structural years);
               job float64 (1,) EUR m of GDP a job

    The last eight draws are taken together even where they overlap the eight before: the same draws give the
    same bits again.
    """
    at, where_, budget, preconditions, phases, success0, calendar, job = constants
    working = 4 * budget.shape[0]
    space = out[out.shape[0] - working :]
    tables = out.shape[0] > len(SCALARS) + working
    n = x.shape[1]
    for start in range(0, n, WIDTH):
        i = min(start, n - WIDTH)
        _eight_draws(x, i, out, at, where_, budget, preconditions, phases, success0, calendar, job, space, tables)
