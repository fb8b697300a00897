"""The working space of pipeline accounting: what each phase holds, and what it passed on, year by year.

Flat rows of eight draws: E_a, launches, and launches weighed by revenue; then of each phase tables by year and states.
Behind them rows of the block's own width, for numbers that are read one by one: the range of lags of each phase, and
three for work draw by draw.
"""

from __future__ import annotations

import numpy as np

from mcengine.compiled import inlined
from mcengine.models import accounts
from mcengine.models.accounts import clear, spread, value_at
from mcengine.simd import WIDTH, fma, load, real, splat, store, where, whole

SCALARS = (*accounts.SCALARS, "npv_if_returned", "unspent_at_horizon", "unspent_public_at_horizon")
YEARLY = (*accounts.YEARLY, "unspent", "unspent_public", "unspent_grown", "candidates_launched")
BY_PHASE = ("started", "waiting", "unspent", "lack_candidates", "lack_money")
"""Further yearly quantities, for each phase in turn: all of the first phase, then all of the second.

started          candidates, own and from outside, on which programme and grown money was spent
waiting          own candidates in the queue at the end of the year
unspent          EUR m: programme money left at the end of the year
lack_candidates  how many more the money left over would have paid for
lack_money       EUR m: what the programme's own candidates left without money would have cost
"""

FIRST, YEARLY_ROWS, PHASE_ROWS = len(SCALARS), len(YEARLY), len(BY_PHASE)
STATES = 7  # of a phase, in this order; money is inv_p, private and public money per public euro
PROGRAMME, GROWN, WAITING, CREDIT, MONEY, PRICE, INVERSE = range(STATES)
TABLES = 3  # of a phase by year, in this order
WEIGHTS, PASSED, PASSED_CREDIT = range(TABLES)
EXPIRIES, LAUNCHES, SOLD, BY_YEAR = range(4)  # first rows of the space, in years
LANES = 3


@inlined
def wide(years, phases):
    """First of the rows of the block's own width."""
    return BY_YEAR * years + phases * (TABLES * years + STATES)


def scratch_rows(years: int, phases: int) -> int:
    """Rows of working space that the kernel needs."""
    return int(wide.py_func(years, phases)) + phases + LANES


@inlined
def table(p, which, years):
    """First row of eight of a table of phase p."""
    return (BY_YEAR + TABLES * p + which) * years


@inlined
def state(p, which, years, phases):
    """Where a state of phase p stands, counted flat."""
    return WIDTH * ((BY_YEAR + TABLES * phases) * years + STATES * p + which)


@inlined
def floor(v):
    """The whole part of numbers from 0 on."""
    return real(whole(v))


@inlined
def start(x, i, at, where_, shares, space, years, lucky):
    """Fill the working space as it is before the first year; return tot.

    With luck each candidate comes out in a whole year: the lag is the whole part of the duration, and those that take
    a year more are passed on a year later (`pass_on`).
    """
    phases = shares.shape[1]
    sum_r = shares[1].sum()
    private = value_at(x, at[0], i) * value_at(x, at[1], i)
    cost = value_at(x, at[8], i)
    for p in range(phases):
        weights = table(p, WEIGHTS, years)
        clear(space, weights, years)
        duration = value_at(x, where_[1, p], i)
        if lucky:
            clear(space, table(p, PASSED, years), 2 * years)
            duration = floor(where(duration < np.float64(years), duration, splat(np.float64(years))))
        first, last = spread(duration, splat(1.0), space, weights, years, years, -1)
        lags = wide(years, phases) + p
        space[lags, 0], space[lags, 1] = np.float64(first), np.float64(last)
        for which in range(MONEY):
            store(space, state(p, which, years, phases), splat(0.0))
        price = cost * shares[2, p]
        store(space, state(p, MONEY, years, phases), fma(private, shares[1, p] / sum_r, shares[0, p]))
        store(space, state(p, PRICE, years, phases), price)
        store(space, state(p, INVERSE, years, phases), 1.0 / price)
    return private + shares[0].sum()


@inlined
def arriving(space, p, t, years, phases):
    """Candidates that come out of phase p in year t, and the credit they carry."""
    lags = wide(years, phases) + p
    weights, passed, credits = table(p, WEIGHTS, years), table(p, PASSED, years), table(p, PASSED_CREDIT, years)
    candidates, credit = splat(0.0), splat(0.0)
    for k in range(np.int64(space[lags, 0]), min(np.int64(space[lags, 1]), t) + 1):
        weight = load(space, WIDTH * (weights + k))
        candidates = fma(weight, load(space, WIDTH * (passed + t - k)), candidates)
        credit = fma(weight, load(space, WIDTH * (credits + t - k)), credit)
    return candidates, credit


@inlined
def left_over(space, shares, years):
    """(programme money, its public part, grown money) that the phases hold."""
    phases = shares.shape[1]
    programme, public, grown = splat(0.0), splat(0.0), splat(0.0)
    for p in range(phases):
        held = load(space, state(p, PROGRAMME, years, phases))
        money = load(space, state(p, MONEY, years, phases))
        programme = programme + held
        public = public + shares[0, p] * held / where(money > 0.0, money, splat(1.0))
        grown = grown + load(space, state(p, GROWN, years, phases))
    return programme, public, grown


@inlined
def write_phase(out, i, space, p, t, years, phases, started, left):
    """The rows of year t of `BY_PHASE` for phase p."""
    row = (FIRST + (YEARLY_ROWS + PHASE_ROWS * p) * years + t) * out.shape[1] + i
    step = years * out.shape[1]
    inverse = load(space, state(p, INVERSE, years, phases))
    programme = load(space, state(p, PROGRAMME, years, phases))
    store(out, row, started)
    store(out, row + step, load(space, state(p, WAITING, years, phases)))
    store(out, row + 2 * step, programme)
    store(out, row + 3 * step, (programme + load(space, state(p, GROWN, years, phases))) * inverse)
    store(out, row + 4 * step, left * load(space, state(p, PRICE, years, phases)))


@inlined
def write_left_over(out, i, space, shares, t, years, candidates):
    """The rows of year t of `YEARLY` that plan accounting does not have."""
    row = (FIRST + len(accounts.YEARLY) * years + t) * out.shape[1] + i
    step = years * out.shape[1]
    programme, public, grown = left_over(space, shares, years)
    store(out, row, programme)
    store(out, row + step, public)
    store(out, row + 2 * step, grown)
    store(out, row + 3 * step, candidates)
