"""The bundled plan and assumption sets against a second entry of the same numbers.

The CSV files beside this test were typed without sight of the first entry (the TOML files that the
engine ships). Both entries are decimal literals, so they must agree exactly:
a difference is a typing error in one of them, or a source that can be read in two ways. Either way it
is settled at the source, never by copying one entry over the other. See README.md in this folder.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mcengine.inputs.assumptions import AssumptionSet, load_assumptions
from mcengine.inputs.plan import Plan, load_plan
from mcengine.inputs.spec import Domain

HERE = Path(__file__).parent
SETS = ("plan_centred", "evidence", "sceptical")
TAKEN_OVER = {"pipeline": "evidence"}
"""Sets that have rows of their own beside all those of another set; only these are entered a second time."""

# Notation of the evidence table -> (family, names of its parameters in the order written).
NOTATION: dict[str, tuple[str, tuple[str, ...]]] = {
    "PERT": ("pert", ("low", "mode", "high")),
    "LN": ("lognormal", ("median", "log_sd")),
    "Beta": ("beta", ("mean", "n")),
    "Uniform": ("uniform", ("low", "high")),
    "Constant": ("constant", ("value",)),
}

Reading = tuple[str, dict[str, Any]]  # (family, parameters); a mixture's components are sorted


# ---------------------------------------------------------------- reading the second entry


def rows(name: str) -> list[dict[str, str]]:
    """Rows of the second entry's file `name`, every cell as the text that was typed."""
    with (HERE / name).open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def parse(expression: str) -> Reading:
    """Family and parameters of an expression such as `PERT(1, 2, 3)` or `Zero(0.25; LN(1, 0.6))`."""
    match = re.fullmatch(r"(\w+)\((.*)\)", expression.strip())
    if match is None:
        raise ValueError(f"{expression!r}: expected Name(number, ...)")
    name, inside = match.groups()
    if name == "Zero":
        chance, _, otherwise = inside.partition(";")
        weight = float(chance)
        family, parameters = parse(otherwise)
        components = [(weight, "constant", {"value": 0.0}), (1.0 - weight, family, parameters)]
        return "mixture", {"components": sorted(components, key=repr)}
    if name not in NOTATION:
        raise ValueError(f"{expression!r}: {name} is not one of {', '.join(NOTATION)}, Zero")
    family, names = NOTATION[name]
    numbers = [float(text) for text in inside.split(",")]
    if len(numbers) != len(names):
        raise ValueError(f"{expression!r}: {name} takes {len(names)} numbers ({', '.join(names)})")
    return family, dict(zip(names, numbers, strict=True))


def parse_domain(text: str) -> tuple[float, float, bool, bool]:
    """(low, high, low_open, high_open) of an interval such as `(0, 1]` or `[0, inf)`."""
    match = re.fullmatch(r"([\[(])(\S+), (\S+)([\])])", text)
    if match is None:
        raise ValueError(f"{text!r}: expected an interval such as (0, 1]")
    left, low, high, right = match.groups()
    return float(low), float(high), left == "(", right == ")"


# ---------------------------------------------------------------- reading the first entry


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The plan as the engine loads it (the first entry)."""
    return load_plan("biotech_nexus")


@pytest.fixture(scope="module")
def sets(plan: Plan) -> dict[str, AssumptionSet]:
    """The assumption sets with uncertain inputs as the engine loads them (the first entry)."""
    return {name: load_assumptions(name, plan.inputs) for name in (*SETS, *TAKEN_OVER)}


def second_rows(name: str) -> list[dict[str, str]]:
    """The second entry's rows of a set, with those that it takes over."""
    own = [row for row in rows("assumptions.csv") if row["set"] == name]
    return [*second_rows(TAKEN_OVER[name]), *own] if name in TAKEN_OVER else own


def second_correlations(name: str) -> list[dict[str, str]]:
    """The second entry's correlations of a set, with those that it takes over."""
    own = rows(f"correlations_{name}.csv") if name in TAKEN_OVER else []
    return [*rows("correlations.csv"), *own]


def reading(family: str, parameters: Mapping[str, Any]) -> Reading:
    """A loaded family and its parameters in the form that `parse` gives."""
    if family != "mixture":
        return family, {name: float(value) for name, value in parameters.items()}
    components = []
    for part in parameters["components"]:
        assert not part.get("truncate"), f"a truncated component has no place in the notation: {part}"
        components.append((float(part["weight"]), *reading(part["family"], part["parameters"])))
    return "mixture", {"components": sorted(components, key=repr)}


def loaded_domain(domain: Domain) -> tuple[float, float, bool, bool]:
    """A loaded domain as (low, high, low_open, high_open); an infinite end is open unless inf itself is a value."""
    return (
        domain.low,
        domain.high,
        domain.low_open or math.isinf(domain.low),
        domain.high_open or (math.isinf(domain.high) and not domain.infinite),
    )


# ---------------------------------------------------------------- comparing


def differences(what: str, first: Mapping[Any, Any], second: Mapping[Any, Any]) -> list[str]:
    """One line per key on which the two entries differ, a key missing on one side included."""
    lines = []
    for key in [*second, *(key for key in first if key not in second)]:
        left, right = first.get(key, "(no row)"), second.get(key, "(no row)")
        if left != right:
            name = " ".join(str(part) for part in key if part is not None) if isinstance(key, tuple) else key
            lines.append(f"{what}, {name}: first entry {left}, second entry {right}")
    return lines


def agree(lines: Iterable[str]) -> None:
    """Fail with all lines at once when there are any."""
    found = list(lines)
    if found:
        pytest.fail(f"{len(found)} difference(s) between the two entries:\n" + "\n".join(found), pytrace=False)


def no_repeats(what: str, keys: Iterable[Any]) -> None:
    """Fail when a key occurs twice: a mapping would silently keep the last one."""
    twice = [key for key, count in Counter(keys).items() if count > 1]
    assert not twice, f"{what}: entered more than once: {twice}"


def compact(unit: str) -> str:
    """A unit without its spaces: `EUR m / year` and `EUR m/year` are the same unit."""
    return unit.replace(" ", "")


# ---------------------------------------------------------------- the plan


def test_plan_values(plan: Plan) -> None:
    """Each input's value in the plan."""
    table = rows("plan_values.csv")
    no_repeats("plan_values.csv", (row["input"] for row in table))
    first = {spec.name: spec.value for spec in plan.inputs}
    agree(differences("plan value", first, {row["input"]: float(row["value"]) for row in table}))


def test_plan_units(plan: Plan) -> None:
    """Each input's unit, spaces aside."""
    first = {spec.name: compact(spec.unit) for spec in plan.inputs}
    second = {row["input"]: compact(row["unit"]) for row in rows("plan_values.csv")}
    agree(differences("plan unit", first, second))


def test_plan_domains(plan: Plan) -> None:
    """Each input's domain, written as (low, high, low end excluded, high end excluded)."""
    first = {spec.name: loaded_domain(spec.domain) for spec in plan.inputs}
    second = {row["input"]: parse_domain(row["domain"]) for row in rows("plan_values.csv")}
    agree(differences("plan domain (low, high, low open, high open)", first, second))


def test_plan_phases(plan: Plan) -> None:
    """The phases in order, with their shares and costs."""
    table = rows("plan_phases.csv")
    assert [phase.name for phase in plan.phases] == [row["phase"] for row in table]
    for column in ("public_money_share", "public_share", "cost"):
        first = {phase.name: getattr(phase, column) for phase in plan.phases}
        second = {row["phase"]: float(row[column]) for row in table}
        agree(differences(f"plan phase {column}", first, second))


def test_plan_years_to_market(plan: Plan) -> None:
    """The sum of the durations from a phase on is the plan's delay of that phase (table 22)."""
    value = {spec.name: spec.value for spec in plan.inputs}
    durations = [value[phase.duration] for phase in plan.phases]
    first = {phase.name: sum(durations[index:]) for index, phase in enumerate(plan.phases)}
    second = {row["phase"]: float(row["years_to_market"]) for row in rows("plan_phases.csv")}
    agree(differences("plan phase years_to_market", first, second))


def test_plan_budget(plan: Plan) -> None:
    """Both budget lines, year by year."""
    table = rows("plan_budget.csv")
    for line in ("public_pipeline", "preconditions"):
        first = dict(enumerate(getattr(plan, line), start=plan.first_year))
        second = {int(row["year"]): float(row[line]) for row in table}
        agree(differences(f"plan budget {line}", first, second))


def test_plan_options(plan: Plan) -> None:
    """First year, horizon and the other single numbers of the plan file."""
    second = {row["key"]: float(row["value"]) for row in rows("plan_options.csv")}
    agree(differences("plan option", {key: getattr(plan, key) for key in second}, second))


def test_published_figures(plan: Plan) -> None:
    """The published figures that the replica has to reproduce, with their published rounding."""
    table = rows("published.csv")
    second: dict[tuple[str, int | None], tuple[float, int]] = {}
    for row in table:
        year = int(row["year"]) if row["year"] else None
        second[row["quantity"], year] = (float(row["value"]), int(row["decimals"]))
    assert len(second) == len(table) == 42
    no_repeats("first entry of the published figures", ((f.quantity, f.year) for f in plan.published))
    first = {(f.quantity, f.year): (f.value, f.decimals) for f in plan.published}
    agree(differences("published figure (value, decimals)", first, second))


# ---------------------------------------------------------------- the assumption sets


def test_second_entry_covers_the_sets() -> None:
    """No (set, input) twice, no set beyond these, and only inputs of the plan."""
    table = rows("assumptions.csv")
    no_repeats("assumptions.csv", ((row["set"], row["input"]) for row in table))
    assert {row["set"] for row in table} == {*SETS, *TAKEN_OVER}
    assert {row["input"] for row in table} <= {row["input"] for row in rows("plan_values.csv")}


@pytest.mark.parametrize("name", [*SETS, *TAKEN_OVER])
def test_distributions(name: str, sets: dict[str, AssumptionSet]) -> None:
    """The same inputs have a row in both entries, with the same family and the same numbers."""
    loaded = sets[name].assumptions
    no_repeats(f"set {name}", (row.input for row in loaded))
    first = {row.input: reading(row.distribution.family, row.distribution.parameters) for row in loaded}
    table = second_rows(name)
    no_repeats(f"second entry of {name}", (row["input"] for row in table))
    second = {row["input"]: parse(row["expression"]) for row in table}
    truncated = [
        f"set {name}, {row.input}: first entry truncated to {row.distribution.truncate}, second entry not"
        for row in loaded
        if row.distribution.truncate is not None
    ]
    agree([*differences(f"set {name}", first, second), *truncated])


@pytest.mark.parametrize("name", [*SETS, *TAKEN_OVER])
def test_confidence(name: str, sets: dict[str, AssumptionSet]) -> None:
    """The first entry claims no other confidence than its source column gives.

    A source column may hold several letters, for several pieces of evidence: the row then carries one of
    them. Where it holds none, the row may be M or J but not V, because V says that somebody read it in
    the source. In plan_centred the spread round the plan's value is a judgement, so J is allowed too.
    """
    entered = {row["input"]: row["confidence"] for row in second_rows(name)}
    lines = []
    for row in sets[name].assumptions:
        allowed = (entered.get(row.input) or "MJ") + ("J" if name == "plan_centred" else "")
        letter = row.evidence.confidence
        if len(letter) != 1 or letter not in allowed:
            ways = " or ".join(dict.fromkeys(allowed))
            lines.append(f"set {name}, {row.input}, confidence: first entry {letter}, second entry {ways}")
    agree(lines)


@pytest.mark.parametrize("name", [*SETS, *TAKEN_OVER])
def test_correlations(name: str, sets: dict[str, AssumptionSet]) -> None:
    """The same pairs, in either order, with the same rank correlation."""
    table = second_correlations(name)
    second = {tuple(sorted((row["first"], row["second"]))): float(row["rho"]) for row in table}
    assert len(second) == len(table), f"correlations of {name}: a pair is entered more than once"
    loaded = sets[name].correlations
    no_repeats(f"set {name}, correlations", (tuple(sorted((c.first, c.second))) for c in loaded))
    first = {tuple(sorted((c.first, c.second))): c.rho for c in loaded}
    agree(differences(f"set {name}, correlation", first, second))


# ---------------------------------------------------------------- the notation


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("PERT(1.75, 2.4952381, 3.25)", ("pert", {"low": 1.75, "mode": 2.4952381, "high": 3.25})),
        ("LN(1.0, 0.60)", ("lognormal", {"median": 1.0, "log_sd": 0.6})),
        ("Beta(0.51, 12)", ("beta", {"mean": 0.51, "n": 12.0})),
        ("Uniform(0, 125)", ("uniform", {"low": 0.0, "high": 125.0})),
        ("Constant(0)", ("constant", {"value": 0.0})),
    ],
)
def test_notation(expression: str, expected: Reading) -> None:
    """Each plain form of the notation is read as its family."""
    assert parse(expression) == expected


def test_notation_of_a_mixture() -> None:
    """A chance of zero reads as the mixture the engine holds, whichever component comes first."""
    constant = {"weight": 0.25, "family": "constant", "parameters": {"value": 0}}
    spread = {"weight": 0.75, "family": "uniform", "parameters": {"low": 1, "high": 2}}
    for components in ([constant, spread], [spread, constant]):
        assert parse("Zero(0.25; Uniform(1, 2))") == reading("mixture", {"components": components})


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Beta", "expected Name"),
        ("Gamma(1, 2)", "not one of PERT"),
        ("PERT(1, 2)", "takes 3 numbers"),
        ("Zero(0.5; Gamma(1, 2))", "not one of PERT"),
        ("LN(1, two)", "could not convert"),
    ],
)
def test_notation_refuses(text: str, rule: str) -> None:
    """A slip in the notation stops the comparison instead of passing as some other distribution."""
    with pytest.raises(ValueError, match=rule):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[0, 1]", (0.0, 1.0, False, False)),
        ("(0, 1]", (0.0, 1.0, True, False)),
        ("(-1, inf)", (-1.0, math.inf, True, True)),
        ("[0, inf]", (0.0, math.inf, False, False)),
    ],
)
def test_notation_of_domains(text: str, expected: tuple[float, float, bool, bool]) -> None:
    """A round bracket excludes the end, a square one includes it."""
    assert parse_domain(text) == expected
