"""Plain twin of the pipeline kernel: pipeline accounting (docs/method.md) line by line, one draw, no numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.reference.investment import ROWS, PlanData, cash_flows
from tests.reference.luck import binomial, mean_revenue, rounded

EXTRA = ("unspent", "unspent_public", "unspent_grown", "candidates_launched")
USES = 4
PHASE_ROWS = ("started", "waiting", "unspent", "lack_candidates", "lack_money")


@dataclass(frozen=True)
class PhaseData:
    """What pipeline accounting knows of the phases beside `PlanData`."""

    names: Sequence[str]
    costs: Sequence[float]
    supply_names: Sequence[str | None]
    """None: as many candidates from outside as there is money for."""


@dataclass
class State:
    """What a phase holds. Arrivals are by year: candidates, and the credit they bring."""

    arriving: list[float]
    arriving_credit: list[float]
    programme: float = 0.0
    grown: float = 0.0
    waiting: float = 0.0
    credit: float = 0.0


@dataclass(frozen=True)
class Rates:
    """A phase's numbers in one draw. `inv`: money per public euro; `supply`: candidates a year."""

    inv: float
    price: float
    kappa: float
    supply: float
    success: float
    duration: float
    finance: float


def rates(plan: PlanData, phase: PhaseData, x: Mapping[str, float]) -> list[Rates]:
    """The numbers of every phase."""
    phases = range(len(plan.shares))
    lam = x["leverage"] * x["private_additionality"] / sum(plan.ratios)
    found = []
    for p in phases:
        kappa = phase.costs[p] / sum(phase.costs)
        price = kappa * x["launch_cost"]
        for j in phases:
            if j >= p:
                price *= plan.success0[j]
        supply_name = phase.supply_names[p]
        found.append(
            Rates(
                inv=plan.shares[p] + lam * plan.ratios[p],
                price=price,
                kappa=kappa,
                supply=math.inf if supply_name is None else x[supply_name],
                success=x[plan.success_names[p]],
                duration=x[plan.duration_names[p]],
                finance=x["outside_finance"],
            )
        )
    return found


def phase_year(rate: Rates, state: State, after: State, t: int, money: float, flow: float, share: float) -> list[float]:
    """One phase in one year, given its programme and grown money.

    Returns the programme money spent and the phase's row of `PHASE_ROWS`.
    """
    state.programme += money
    state.grown += flow
    state.waiting += state.arriving[t]
    state.credit += state.arriving_credit[t]
    ready = state.waiting + rate.supply
    first = min(state.programme / rate.price, ready)
    state.programme -= first * rate.price
    state.grown += share * first * rate.price
    second = max(min(state.grown / rate.price, ready - first), 0.0)
    state.grown -= second * rate.price
    starts = first + second
    own = min(starts, state.waiting)
    left = state.waiting - own
    overflow = left * rate.finance
    credit_each = state.credit / state.waiting if state.waiting > 0 else 0.0
    credit_on = own * credit_each + starts * rate.kappa + overflow * credit_each
    state.waiting = left - overflow
    state.credit = state.waiting * credit_each
    whole = math.floor(rate.duration)
    fraction = rate.duration - whole
    for lag, part in ((whole, 1 - fraction), (whole + 1, fraction)):
        if t + lag < len(after.arriving):
            after.arriving[t + lag] += part * rate.success * (starts + overflow)
            after.arriving_credit[t + lag] += part * rate.success * credit_on
    affordable = (state.programme + state.grown) / rate.price
    return [first * rate.price, starts, state.waiting, state.programme, affordable, left * rate.price]


def whole_phase_year(
    rate: Rates,
    state: State,
    after: State,
    t: int,
    money: float,
    flow: float,
    share: float,
    u_start: float,
    u_finance: float,
    u_pass: float,
    u_arrive: float,
) -> list[float]:
    """The same with whole candidates: what the phase buys of both moneys is rounded, each pays in proportion."""
    state.programme += money
    state.grown += flow
    state.waiting += state.arriving[t]
    state.credit += state.arriving_credit[t]
    ready = state.waiting + rate.supply
    first = min(max(state.programme, 0.0) / rate.price, ready)
    grown = state.grown + share * first * rate.price
    second = 0.0
    if grown >= 0:  # a programme overdrawn before is a debt of the phase
        second = max(min((grown + min(state.programme, 0.0)) / rate.price, ready - first), 0.0)
    else:  # an overdrawn pot of grown money holds programme money back
        covered = max(state.programme + state.grown, 0.0) / max(1 - share, 1e-9)
        first = min(covered / rate.price, first)
    starts = rounded(first + second, u_start)
    if first + second > 0:
        first, second = starts * first / (first + second), starts * second / (first + second)
    state.programme -= first * rate.price
    state.grown += share * first * rate.price - second * rate.price
    own = min(starts, state.waiting)
    left = state.waiting - own
    overflow = rounded(left * rate.finance, u_finance)
    credit_each = state.credit / state.waiting if state.waiting > 0 else 0.0
    credit_on = (own + overflow) * credit_each + starts * rate.kappa
    state.waiting = left - overflow
    state.credit = state.waiting * credit_each
    going = round(starts + overflow)
    passed = binomial(going, rate.success, u_pass)
    whole = math.floor(rate.duration)
    late = rounded(passed * (rate.duration - whole), u_arrive)
    for lag, number in ((whole, passed - late), (whole + 1, late)):
        if t + lag < len(after.arriving) and number:
            after.arriving[t + lag] += number
            after.arriving_credit[t + lag] += number * credit_on / going
    affordable = (state.programme + state.grown) / rate.price
    return [first * rate.price, starts, state.waiting, state.programme, affordable, left * rate.price]


def pipeline_accounting(
    plan: PlanData, phase: PhaseData, x: Mapping[str, float], luck: Sequence[float] | None = None
) -> dict[str, object]:
    """All outputs of one draw; yearly quantities are lists by year. `luck`: uniforms for whole candidates."""
    years, phases = range(len(plan.pipeline)), range(len(plan.shares))
    rate = rates(plan, phase, x)
    tot = sum(r.inv for r in rate)
    rho = (1 + x["market_growth"]) * (1 - x["structural_depreciation"])
    states = [State([0.0 for _ in years], [0.0 for _ in years]) for _ in (*phases, "launched")]
    table: dict[str, list[float]] = {name: [] for name in (*ROWS, *EXTRA)}
    table.update({f"{row}_{name}": [] for name in phase.names for row in PHASE_ROWS})
    s0, sold = 0.0, []
    for t in years:
        money = plan.pipeline[t] * tot
        share = x["structural_share"] if t < plan.structural_years else 0.0
        flow = rho * s0 / x["multiplier"]
        spent = 0.0
        for p in phases:
            part = rate[p].inv / tot
            given = (rate[p], states[p], states[p + 1], t, money * part, flow * part, share)
            if luck is None:
                paid, *row = phase_year(*given)
            else:
                first = USES * (len(phases) * t + p)
                paid, *row = whole_phase_year(*given, *luck[first : first + USES])
            spent += paid
            for name, value in zip(PHASE_ROWS, row, strict=True):
                table[f"{name}_{phase.names[p]}"].append(value)
        activity = x["multiplier"] * spent
        s0 = rho * s0 + share * activity
        structural = s0 + x["opening_structural_stock"] * rho ** (t + 1)
        table["public_pipeline"].append(plan.pipeline[t])
        table["preconditions"].append(plan.preconditions[t])
        table["private"].append(money - plan.pipeline[t])
        table["private_incl_multiplier"].append(activity - plan.pipeline[t])
        table["rnd_activity"].append(activity)
        table["structural"].append(structural)
        table["gdp_rnd"].append((activity + structural) * (1 - x["displacement"]))
        table["launches"].append(states[-1].arriving_credit[t])
        if luck is not None:
            each = mean_revenue(round(states[-1].arriving[t]), luck[USES * len(phases) * len(years) + t])
            sold.append(states[-1].arriving_credit[t] * each)
        table["candidates_launched"].append(states[-1].arriving[t])
        table["unspent"].append(sum(states[p].programme for p in phases))
        public = [states[p].programme * plan.shares[p] / rate[p].inv for p in phases if rate[p].inv > 0]
        table["unspent_public"].append(sum(public))
        table["unspent_grown"].append(sum(states[p].grown for p in phases))
    found = cash_flows(plan, x, table, None if luck is None else sold)
    returned = x["mcpf"] * table["unspent_public"][-1] * table["discount_factor"][-1]
    return {
        **found,
        "npv_if_returned": found["npv"] + returned,  # type: ignore[operator]
        "unspent_at_horizon": table["unspent"][-1],
        "unspent_public_at_horizon": table["unspent_public"][-1],
    }
