"""Plan accounting (the published model) as a kernel over blocks of draws. Source: docs/method.md, plan accounting.

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
from mcengine.models.accounts import (
    SCALARS,
    clear,
    count_year,
    discounting,
    expiry,
    growth_rate,
    on_market,
    spread,
    taxes,
    value_at,
    write_scalars,
    write_year,
)
from mcengine.simd import WIDTH, fma, load, splat, store


def scratch_rows(years: int) -> int:
    """Rows of working space for `years` years: W_k, E_a, launches_t and f_t of eight draws."""
    return 4 * years


@inlined
def _lag_weights(x, i, at, where_, phases, success0, space, years):
    """Fill space[0:] with W_k; return tot and the range of k in which some W_k is not zero."""
    shares, ratios = phases[0], phases[1]
    sum_r = ratios.sum()
    private = value_at(x, at[0], i) * value_at(x, at[1], i)
    made = 1.0 / value_at(x, at[8], i)
    delay = splat(0.0)
    clear(space, 0, years)
    first, last = years, -1
    for p in range(shares.shape[0] - 1, -1, -1):
        made = made * (value_at(x, where_[0, p], i) * (1.0 / success0[p]))
        delay = delay + value_at(x, where_[1, p], i)
        weight = fma(private, ratios[p] / sum_r, shares[p]) * made
        first, last = spread(delay, weight, space, 0, years, first, last)
    return private + shares.sum(), first, last


@inlined
def _launched(space, years, t, lags):
    """launches_t = sum_k W_k f_{t-k}."""
    launched = splat(0.0)
    for k in range(lags[0], min(lags[1], t) + 1):
        launched = fma(load(space, WIDTH * k), load(space, WIDTH * (3 * years + t - k)), launched)
    return launched


@inlined
def _eight_draws(x, i, out, at, where_, budget, preconditions, phases, success0, calendar, job, space, tables):
    """All outputs of draws i to i + 7."""
    years = budget.shape[0]
    tot, first, last = _lag_weights(x, i, at, where_, phases, success0, space, years)
    lags, ages = (first, last), expiry(x, i, at, space, years, years)
    g = value_at(x, at[2], i) * tot
    share, growth = value_at(x, at[3], i), growth_rate(x, i, at)
    take, kept, value, sales_rate = taxes(x, i, at)
    rnd, sales = kept * g, sales_rate * value
    mcpf = value_at(x, at[19], i)
    inverse, discount = discounting(x, i, at, calendar)
    opening = value_at(x, at[6], i)
    state, medicines = splat(0.0), splat(0.0)
    totals = (splat(0.0), splat(0.0), splat(np.inf))
    for t in range(years):
        state = fma(growth, state, budget[t] if t < calendar[2] else 0.0)
        money = fma(share, state, budget[t])
        store(space, WIDTH * (3 * years + t), money)
        launched = _launched(space, years, t, lags)
        medicines = on_market(medicines, launched, space, years, 2 * years, t, ages)
        opening = opening * growth
        discount = discount * inverse
        spent = budget[t] + preconditions[t]
        cash = fma(rnd, money, fma(kept, opening, fma(sales, medicines, mcpf * -spent)))
        totals = count_year(totals, discount, cash, spent, calendar[0] + t)
        if tables:
            structural = g * (money - budget[t]) + opening
            write_year(
                x, i, at, out, len(SCALARS) + t, years, (budget[t], preconditions[t]), job[0], (tot - 1.0) * budget[t],
                g * budget[t], structural, value * medicines, (take, sales_rate), discount, (launched, medicines),
            )  # fmt: skip
    write_scalars(out, i, totals, mcpf)


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
