"""Which variants there are of a study's choices: scenarios of what is chosen or debated rather than uncertain.

The discount rates are those a Dutch reviewer compares: the plan's, the government's own (2.25%), its risk-free part
(1.6%), and 2.9% and 4%. The horizons are the plan's and ten and fifteen years on, each with spending that stops and
with spending that goes on; the base years those of the plan's discounting and of its first money. The marginal cost of
public funds is the official 1 and 1.25. No source gives the shares of displacement and additionality: these are round
numbers that show how much hangs on them. Last come the plan's own scenarios: studies that it publishes figures for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from mcengine.inputs.double_counting import double_counting
from mcengine.inputs.plan import Plan
from mcengine.inputs.study import Study

RATES = (0.016, 0.0225, 0.029, 0.04)
LONGER = (10, 15)
COSTS = (1.25,)
SHARES = {"displacement": (0.25, 0.5), "private_additionality": (0.75, 0.5)}

RATE, BASE_YEAR, HORIZON, MCPF = "discount_rate", "discount_base_year", "horizon", "mcpf"
SPENDING = "horizon_and_spending"
"""A horizon with spending that goes on until then; under HORIZON it stops where it does in the study or the plan."""
CORRELATIONS, ON, OFF = "correlations", "on", "off"
SCENARIO = "scenario"
OPTIONS = (RATE, BASE_YEAR, HORIZON, SPENDING, MCPF, *SHARES, SCENARIO, CORRELATIONS)


@dataclass(frozen=True)
class Choice:
    """The study with one choice changed.

    option, value  one of `OPTIONS`; a number in the option's unit, ON or OFF, or the name of the plan's own scenario
    own            whether this is what the study chooses itself
    stops          last year of public spending, where it ends before the horizon; else None
    title          of a scenario of the plan's own, by language
    """

    option: str
    value: float | str
    study: Study
    own: bool
    stops: int | None = None
    title: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def choices(study: Study, plan: Plan) -> tuple[list[Choice], tuple[str, ...]]:
    """Every variant, but for the correlations, by option and value; and the inputs of those left out.

    Left out is what would correct a second time what the study's assumptions correct already, as displacement beside
    a net multiplier.
    """
    found = [
        *_values(study, plan, RATE, RATES),
        *_base_years(study, plan),
        *_horizons(study, plan),
        *_values(study, plan, MCPF, COSTS),
    ]
    refused: list[str] = []
    for name, shares in SHARES.items():
        rows = list(_values(study, plan, name, shares))
        twice = any(_twice(row.study) - _twice(study) for row in rows)
        refused += [name] if twice else []
        found += [] if twice else rows
    return [*found, *_scenarios(study, plan)], tuple(refused)


def _twice(study: Study) -> set[str]:
    """The corrections that the assumptions make more than once."""
    rows = [member.set.rows for member in study.sets] or [{}]
    return {warning for one in rows for warning in double_counting(study.inputs, one, study.fixed)}


def chosen(study: Study, name: str) -> float:
    """The study's own value of an input; of one that varies, that at which evaluations start."""
    return study.baseline("median" if study.uncertain else "plan")[name]


def other_dependence(study: Study) -> Study | None:
    """The study with its correlations switched the other way; None where no pair of inputs that vary has any."""
    for g, member in enumerate(study.sets):
        for pair in member.set.correlations:
            names = {pair.first, pair.second} & {spec.name for spec in study.inputs}
            if pair.rho != 0.0 and len(names) == 2 and not any(study.marginal(g, n).is_constant for n in names):
                return replace(study, correlations=not study.correlations)
    return None


def _values(study: Study, plan: Plan, name: str, others: tuple[float, ...]) -> Iterator[Choice]:
    own, spec = chosen(study, name), plan.input(name)
    for value in sorted({*(value for value in others if spec.domain.contains(value)), spec.value, own}):
        yield Choice(name, value, study if value == own else study.overridden({name: value}), value == own)


def _base_years(study: Study, plan: Plan) -> Iterator[Choice]:
    own = study.options.discount_base_year
    for year in sorted({plan.discount_base_year, plan.first_year, own}):
        yield Choice(BASE_YEAR, year, study.overridden(discount_base_year=year), year == own)


def _horizons(study: Study, plan: Plan) -> Iterator[Choice]:
    """Each horizon with spending that stops, and, where that is before the horizon, with spending that goes on."""
    own = study.options
    end = own.spend_until if own.spend_until < own.horizon else plan.spend_until
    for year in sorted({plan.horizon, *(plan.horizon + more for more in LONGER), own.horizon}):
        for option, until in ((HORIZON, min(end, year)), *([(SPENDING, year)] if end < year else [])):
            same = (year, until) == (own.horizon, min(own.spend_until, own.horizon))
            changed = study if same else study.overridden(horizon=year, spend_until=until)
            yield Choice(option, year, changed, same, until if until < year else None)


def _scenarios(study: Study, plan: Plan) -> Iterator[Choice]:
    """The scenarios for which the plan publishes figures and of which a bundled study holds the inputs fixed."""
    from mcengine.inputs.catalog import studies
    from mcengine.inputs.study import load_study

    used = {spec.name for spec in study.inputs}
    for name in dict.fromkeys(figure.study for figure in plan.published):
        if name not in studies():
            continue
        other = load_study(name)
        values = {key: value for key, value in other.fixed.items() if key in used}
        if other.plan is None or replace(other.plan, file="") != replace(plan, file="") or not values:
            continue
        own = values.items() <= dict(study.fixed).items()
        yield Choice(SCENARIO, name, study if own else study.overridden(values), own, title=other.title)
