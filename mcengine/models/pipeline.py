"""Pipeline accounting as a kernel over blocks of draws: money moves real candidates (docs/method.md).

Each year, phase by phase, a phase p holds programme money and grown money, and a queue of candidates that arrived
from the phase before; per year t it keeps what it passed on, so that the next phase can look back:

    arrived_{p+1,t} = sum_k w_pk passed_{p,t-k}        w_pk = max(0, 1 - |k - duration_p|)
    passed_pt       = success_p (starts + overflow)    price_p = launch_cost x (kappa_p prod_{j>=p} success0_j)

and the same for the credit that the candidates carry. Whether money or candidates run short is decided by what the
candidates cost, money < ready x price, so that an unlimited supply (inf) needs no case of its own and a phase that
spends all it has is left with exactly nothing.

With luck (`rows_with_luck`) candidates are whole. What a phase buys of both moneys together is rounded at random, and
each money pays in proportion: so a phase overdraws its money by less than one price, and carries that. Whoever passes
takes the whole part of the duration, or a year more; numbers of both are whole too. All chance comes from uniforms
behind the inputs of x: as long as each year's money pays for a candidate, and nothing runs short, the mean over them
is exactly what `rows` computes.

The code is that of one draw; `mcengine.simd` makes it eight. Lags at which the weight is zero for all eight are
skipped: adding an exact zero changes no bit, so a draw's result does not depend on which draws are beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcengine.compiled import inlined, pure
from mcengine.models import queues
from mcengine.models.accounts import (
    count_year,
    discounting,
    expiry,
    growth_rate,
    on_market,
    taxes,
    value_at,
    write_scalars,
    write_year,
)
from mcengine.models.chance import binomial, revenue, rounded
from mcengine.models.queues import (
    CREDIT,
    EXPIRIES,
    GROWN,
    INVERSE,
    LANES,
    LAUNCHES,
    MONEY,
    PASSED,
    PASSED_CREDIT,
    PRICE,
    PROGRAMME,
    SOLD,
    WAITING,
    arriving,
    floor,
    left_over,
    start,
    state,
    table,
    wide,
    write_left_over,
    write_phase,
)
from mcengine.simd import WIDTH, fma, load, splat, store, where

SCALARS, YEARLY, BY_PHASE = queues.SCALARS, queues.YEARLY, queues.BY_PHASE
USES = ("start", "finance", "pass", "arrive")
"""What a uniform of luck decides, for each year and phase; one more a year decides revenues."""

_START, _FINANCE, _PASS, _ARRIVE = range(len(USES))
_USES, _SCALARS = len(USES), len(SCALARS)


@inlined
def _bought(money, price, inverse, ready):
    """(candidates, what they cost): as many of `ready` as `money` pays for."""
    cost = ready * price
    short = money < cost
    return where(short, money * inverse, ready), where(short, money, cost)


@inlined
def _positive(v):
    return where(v > 0.0, v, splat(0.0))


@inlined
def _bought_whole(programme, grown, share, price, inverse, ready, u):
    """(whole candidates, programme money, grown money spent): both moneys together, rounded at random.

    What one money is overdrawn by, the other covers: grown money below zero even after what `programme` adds to it
    holds programme money back, so that the two together are never below zero before the rounding.
    """
    cost, rich = ready * price, _positive(programme)
    spent = where(rich < cost, rich, cost)
    richer = fma(share, spent, grown)
    keeps = 1.0 - share
    covered = _positive(programme + grown) / where(keeps > 1e-9, keeps, splat(1e-9))
    spent = where(richer < 0.0, where(covered < spent, covered, spent), spent)
    free = _positive(richer + (programme - rich))
    rest = _positive(cost - spent)
    spent_grown = where(free < rest, free, rest)
    wanted = (spent + spent_grown) * inverse
    started = rounded(wanted, u)
    scale = started / where(wanted > 0.0, wanted, splat(1.0))
    return started, spent * scale, spent_grown * scale


@inlined
def _buy(x, i, space, p, years, phases, budget, flow, share, waiting, supply, chance, lucky):
    """Spend a phase's money of one year on waiting candidates and those from outside.

    Returns (candidates started, programme money spent).
    """
    money = load(space, state(p, MONEY, years, phases))
    price = load(space, state(p, PRICE, years, phases))
    inverse = load(space, state(p, INVERSE, years, phases))
    programme = fma(budget, money, load(space, state(p, PROGRAMME, years, phases)))
    grown = fma(flow, money, load(space, state(p, GROWN, years, phases)))
    ready = waiting + supply
    if lucky:
        started, spent, spent_grown = _bought_whole(
            programme, grown, share, price, inverse, ready, value_at(x, chance + _START, i)
        )
    else:
        first, spent = _bought(programme, price, inverse, ready)
        second, spent_grown = _bought(fma(share, spent, grown), price, inverse, _positive(ready - first))
        started = first + second
    store(space, state(p, PROGRAMME, years, phases), programme - spent)
    store(space, state(p, GROWN, years, phases), fma(share, spent, grown) - spent_grown)
    return started, spent


@inlined
def _queue(x, i, space, p, years, phases, waiting, credit, started, finance, chance, lucky):
    """Take started candidates from the queue, own ones first, and those that others pay for.

    Returns (candidates that go on, the credit they brought, own candidates left without money).
    """
    own = where(started < waiting, started, waiting)
    left = waiting - own
    others = left * finance
    if lucky:
        others = rounded(others, value_at(x, chance + _FINANCE, i))
    each = credit / where(waiting > 0.0, waiting, splat(1.0))
    brought = where(left > 0.0, (own + others) * each, credit)
    stays = left - others
    store(space, state(p, WAITING, years, phases), stays)
    store(space, state(p, CREDIT, years, phases), stays * each)
    return started + others, brought, left


@inlined
def _pass_whole(x, i, where_, space, p, t, years, phases, going, credit, chance):
    """Pass on a whole number of `going` candidates with their share of the credit, some of them a year later."""
    n, lanes = space.shape[1], wide(years, phases) + phases
    store(space, lanes * n, going)
    store(space, (lanes + 1) * n, value_at(x, where_[0, p], i))
    store(space, (lanes + 2) * n, value_at(x, chance + _PASS, i))
    for lane in range(WIDTH):
        space[lanes, lane] = binomial(space[lanes, lane], space[lanes + 1, lane], space[lanes + 2, lane])
    passed = load(space, lanes * n)
    duration = value_at(x, where_[1, p], i)
    limit = splat(np.float64(years))
    duration = where(duration < limit, duration, limit)
    late = rounded(passed * (duration - floor(duration)), value_at(x, chance + _ARRIVE, i))
    each = credit / where(going > 0.0, going, splat(1.0))
    at, at_credit = WIDTH * (table(p, PASSED, years) + t), WIDTH * (table(p, PASSED_CREDIT, years) + t)
    store(space, at, load(space, at) + (passed - late))
    store(space, at_credit, fma(passed - late, each, load(space, at_credit)))
    if t + 1 < years:
        store(space, at + WIDTH, late)
        store(space, at_credit + WIDTH, late * each)


@inlined
def _phase_year(x, i, where_, shares, space, p, t, years, budget, flow, share, finance, chance, lucky):
    """One phase in one year; returns (programme money spent, candidates started, own ones left without money)."""
    phases = shares.shape[1]
    waiting, credit, supply = splat(0.0), splat(0.0), splat(np.inf)
    if p > 0:
        candidates, brought = arriving(space, p - 1, t, years, phases)
        waiting = load(space, state(p, WAITING, years, phases)) + candidates
        credit = load(space, state(p, CREDIT, years, phases)) + brought
        supply = value_at(x, where_[2, p], i)
    started, spent = _buy(x, i, space, p, years, phases, budget, flow, share, waiting, supply, chance, lucky)
    going, brought, left = _queue(x, i, space, p, years, phases, waiting, credit, started, finance, chance, lucky)
    credit = fma(started, shares[3, p], brought)
    if lucky:
        _pass_whole(x, i, where_, space, p, t, years, phases, going, credit, chance)
    else:
        success = value_at(x, where_[0, p], i)
        store(space, WIDTH * (table(p, PASSED, years) + t), success * going)
        store(space, WIDTH * (table(p, PASSED_CREDIT, years) + t), success * credit)
    return spent, started, left


@inlined
def _revenues(x, i, space, years, phases, candidates, chance):
    """Mean revenue of the medicines launched in a year, where 1 is what is expected."""
    n, lanes = space.shape[1], wide(years, phases) + phases
    store(space, lanes * n, candidates)
    store(space, (lanes + 1) * n, value_at(x, chance, i))
    for lane in range(WIDTH):
        space[lanes, lane] = revenue(space[lanes, lane], space[lanes + 1, lane])
    return load(space, lanes * n)


@inlined
def _eight_draws(x, i, out, at, where_, budget, preconditions, shares, calendar, job, space, tables, luck, lucky):
    """All outputs of draws i to i + 7. `luck`: the first row of uniforms in x, used when `lucky`."""
    years, phases, n = budget.shape[0], shares.shape[1], out.shape[1]
    tot = start(x, i, at, where_, shares, space, years, lucky)
    ages = expiry(x, i, at, space, EXPIRIES * years, years)
    multiplier, growth = value_at(x, at[2], i), growth_rate(x, i, at)
    take, kept, value, sales_rate = taxes(x, i, at)
    sales, mcpf, finance = sales_rate * value, value_at(x, at[19], i), value_at(x, at[20], i)
    inverse, discount = discounting(x, i, at, calendar)
    per_tot = 1.0 / (multiplier * tot)
    opening = value_at(x, at[6], i)
    lasting, medicines, selling = splat(0.0), splat(0.0), splat(0.0)  # S0_t, N_t, and N_t weighed by revenue
    totals = (splat(0.0), splat(0.0), splat(np.inf))
    for t in range(years):
        share = value_at(x, at[3], i) * (1.0 if t < calendar[2] else 0.0)
        lasting = growth * lasting
        flow, spent = lasting * per_tot, splat(0.0)
        for p in range(phases):
            chance = luck + _USES * (phases * t + p)
            paid, started, left = _phase_year(
                x, i, where_, shares, space, p, t, years, budget[t], flow, share, finance, chance, lucky
            )
            spent = spent + paid
            if tables:
                write_phase(out, i, space, p, t, years, phases, started, left)
        candidates, launched = arriving(space, phases - 1, t, years, phases)
        medicines = on_market(medicines, launched, space, EXPIRIES * years, LAUNCHES * years, t, ages)
        if lucky:
            sold = launched * _revenues(x, i, space, years, phases, candidates, luck + _USES * phases * years + t)
            selling = on_market(selling, sold, space, EXPIRIES * years, SOLD * years, t, ages)
        else:
            selling = medicines
        activity = multiplier * spent
        lasting = fma(share, activity, lasting)
        opening = opening * growth
        discount = discount * inverse
        outlay = budget[t] + preconditions[t]
        structural = lasting + opening
        cash = fma(kept, activity + structural, fma(sales, selling, mcpf * -outlay))
        totals = count_year(totals, discount, cash, outlay, calendar[0] + t)
        if tables:
            write_left_over(out, i, space, shares, t, years, candidates)
            write_year(
                x, i, at, out, _SCALARS + t, years, (budget[t], preconditions[t]), job[0], (tot - 1.0) * budget[t],
                activity, structural, value * selling, (take, sales_rate), discount, (launched, medicines),
            )  # fmt: skip
    write_scalars(out, i, totals, mcpf)
    programme, public, _ = left_over(space, shares, years)
    store(out, 5 * n + i, fma(mcpf * discount, public, totals[0]))
    store(out, 6 * n + i, programme)
    store(out, 7 * n + i, public)


@inlined
def _all_draws(x, out, constants, lucky):
    at, where_, budget, preconditions, shares, calendar, job = constants
    years, phases, n = budget.shape[0], shares.shape[1], x.shape[1]
    working = wide(years, phases) + phases + LANES
    space = out[out.shape[0] - working :]
    tables = out.shape[0] > _SCALARS + working
    luck = at[21]
    for first in range(0, n, WIDTH):
        i = min(first, n - WIDTH)
        _eight_draws(
            x, i, out, at, where_, budget, preconditions, shares, calendar, job, space, tables, luck, lucky
        )  # fmt: skip


@pure
def rows(x: Any, out: Any, constants: Any) -> None:
    """Pipeline accounting, as expected, for a block of at least eight draws.

    x          float64 (inputs, draws); a supply may be inf
    out        float64 (8 scalars [+ (21 + 5 phases) quantities x years] + working space, draws); the yearly tables
               are filled when the rows are there
    constants  (at, where, budget, preconditions, shares, calendar, job)
               at int64 (22,) rows of the scalar inputs in the order of `plan.SCALAR_INPUTS`, of outside finance, and of
               the first uniform of luck;
               where int64 (3, phases) rows of the phases' success, duration and supply (the first has none);
               budget, preconditions float64 (years,) EUR m; shares float64 (4, phases): a_p, r_p, price_p per EUR
               of launch cost, and kappa_p; calendar int64 (first year, base year, structural years);
               job float64 (1,) EUR m of GDP a job

    The last eight draws are taken together even where they overlap the eight before: the same draws give the
    same bits again.
    """
    _all_draws(x, out, constants, False)


@pure
def rows_with_luck(x: Any, out: Any, constants: Any) -> None:
    """The same with whole candidates and the revenue of each medicine its own.

    x  float64 (inputs + luck, draws): behind the inputs uniforms in (0, 1), one for each year, phase and use of `USES`
       (the use runs fastest, then the phase), then one for each year
    """
    _all_draws(x, out, constants, True)
