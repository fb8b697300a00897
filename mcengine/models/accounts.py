"""What both accountings share, eight draws at a time: taxes, discounting, medicines on the market, the yearly tables.

Source of each formula: docs/method.md. The functions are those of one draw, with `mcengine.simd.vec8` for its
numbers; a kernel compiles them into itself. `at` is where the scalar inputs stand in x, in the order of
`plan.SCALAR_INPUTS`; `i` the first of the eight draws.
"""

from __future__ import annotations

import numpy as np

from mcengine.compiled import inlined
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


@inlined
def value_at(x, row, i):
    """Input `row` of draws i to i + 7."""
    return load(x, row * x.shape[1] + i)


@inlined
def clear(space, start, count):
    """Set `count` rows of eight from row `start` of `space` to zero."""
    for k in range(start, start + count):
        store(space, WIDTH * k, splat(0.0))


@inlined
def spread(position, weight, space, start, count, first, last):
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
def expiry(x, i, at, space, start, years):
    """Fill space[start:] with E_a = max(0, 1 - |a - market_life|); return the ages a between which some is not zero."""
    clear(space, start, years)
    return spread(value_at(x, at[10], i), splat(1.0), space, start, years, years, -1)


@inlined
def on_market(before, launched, space, expiries, launches, t, ages):
    """N_t = N_{t-1} + launched_t - sum_a E_a launched_{t-a}, E and launched in the rows of `space` from these on."""
    store(space, WIDTH * (launches + t), launched)
    after = before + launched
    for a in range(ages[0], min(ages[1], t) + 1):
        old = load(space, WIDTH * (launches + t - a))
        after = after - load(space, WIDTH * (expiries + a)) * old
    return after


@inlined
def taxes(x, i, at):
    """(take, kept, value, rate): tax per EUR of GDP from R&D, the same before displacement, sales of a medicine that
    are Dutch GDP, and tax per EUR of them, sales_taxed_share ((1 - margin) wage tax + margin corporate tax)."""
    take = value_at(x, at[12], i) * value_at(x, at[13], i)
    kept, value = take * (1.0 - value_at(x, at[7], i)), value_at(x, at[9], i) * value_at(x, at[11], i)
    margin = value_at(x, at[14], i)
    wages, profit = (1.0 - margin) * value_at(x, at[16], i), margin * value_at(x, at[15], i)
    return take, kept, value, value_at(x, at[17], i) * (wages + profit)


@inlined
def growth_rate(x, i, at):
    """rho = (1 + market_growth)(1 - structural_depreciation)."""
    return (1.0 + value_at(x, at[4], i)) * (1.0 - value_at(x, at[5], i))


@inlined
def discounting(x, i, at, calendar):
    """(1 / (1 + discount_rate), the discount factor of the year before the first), by multiplication."""
    rate = value_at(x, at[18], i)
    inverse = 1.0 / (1.0 + rate)
    lead = calendar[0] - calendar[1] - 1  # negative when the base year is later
    factor = splat(1.0)
    for _ in range(abs(lead)):
        factor = factor * (inverse if lead > 0 else 1.0 + rate)
    return inverse, factor


@inlined
def count_year(totals, discount, cash, spent, year):
    """(NPV, present value of what is spent, payback year) with one more year in them."""
    npv = fma(discount, cash, totals[0])
    outlay = fma(discount, spent, totals[1])
    earlier = where(totals[2] == np.inf, splat(np.float64(year)), totals[2])
    return npv, outlay, where(npv >= 0.0, earlier, splat(np.inf))


@inlined
def write_scalars(out, i, totals, mcpf):
    """Rows 0 to 4 of `out`: `SCALARS`."""
    n = out.shape[1]
    outlay = totals[1] * mcpf
    receipts = totals[0] + outlay
    store(out, i, totals[0])
    store(out, n + i, receipts / outlay)
    store(out, 2 * n + i, totals[2])
    store(out, 3 * n + i, receipts)
    store(out, 4 * n + i, outlay)


@inlined
def write_year(x, i, at, out, row, years, public, job, private, activity, structural, sales, rates, discount, made):
    """Row `row` + q * years of `out` is quantity YEARLY[q] of the year that starts at `row`.

    public  (pipeline money, preconditions); rates  tax per EUR of GDP from R&D and from sales; made  (launches,
    medicines on the market)
    """
    gdp_rnd = (activity + structural) * (1.0 - value_at(x, at[7], i))
    tax_rnd, tax_sales = rates[0] * gdp_rnd, rates[1] * sales
    cash = tax_rnd + tax_sales - value_at(x, at[19], i) * (public[0] + public[1])
    row, step = row * out.shape[1] + i, years * out.shape[1]
    store(out, row, splat(public[0]))
    store(out, row + step, splat(public[1]))
    store(out, row + 2 * step, private)
    store(out, row + 3 * step, activity - public[0])
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
