"""`--set name=value`: from texts or values to a study with inputs fixed and options changed."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

from mcengine.errors import InputError, nearest_name
from mcengine.inputs import options
from mcengine.inputs.check import Report
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.study import Study


def parse_override(text: str) -> tuple[str, float | int | str]:
    """("leverage", 1.2) from "leverage=1.2". Options that are names stay text, whole numbers int, true and false bool.

    Raises InputError when it is not name=value, or the value not a number. Whether there is such an input
    and whether the value suits it is checked when a study is overridden.
    """
    report = Report(None)
    name, separator, given = (part.strip() for part in text.partition("="))
    value: float | int | str = given
    if not separator or not name or not given:
        report.add("set", text, "must be name=value, such as leverage=1.2")
    elif name == options.LUCK and given in ("true", "false"):
        value = given == "true"
    elif name != "accounting":
        try:
            value = _number(given)
        except ValueError:
            if name == options.LUCK:
                return name, given
            report.add(name, given, "must be a number, with a decimal point (1.2, 1e3)")
    report.raise_if_any()
    return name, value


def parse_overrides(texts: Iterable[str]) -> dict[str, float | int | str]:
    """The values by name. Raises InputError with the faults of every text, and for a name given twice."""
    report = Report(None)
    values = _parse(texts, report)
    report.raise_if_any()
    return values


def _parse(texts: Iterable[str], report: Report) -> dict[str, float | int | str]:
    """The values by name, faults noted."""
    values: dict[str, float | int | str] = {}
    for text in texts:
        try:
            name, value = parse_override(text)
        except InputError as error:
            report.take(error)
            continue
        if name in values:
            report.add(name, value, f"is given twice; the other value is {values[name]!r}")
        values.setdefault(name, value)
    return values


def _number(text: str) -> float | int:
    """`text` as int where it is one, else as float. Raises ValueError."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def override(study: Study, values: Mapping[str, Any] | Iterable[str], chosen: Mapping[str, Any]) -> Study:
    """`study` with `values` (inputs and options) and the `chosen` options in place of its own.

    Raises InputError with every fault.
    """
    report = Report(None)
    texts = [values] if isinstance(values, str) else values
    given = dict(texts) if isinstance(texts, Mapping) else _parse(texts, report)
    for name, value in chosen.items():
        if name in given and given[name] != value:
            report.add(name, value, f"is given twice; the other value is {given[name]!r}")
        given[name] = value
    declared = study.inputs if study.plan is None else study.plan.inputs
    own = {spec.name for spec in declared}
    changed = {name: given.pop(name) for name in options.NAMES if name in given and name not in own}
    fixed = read_fixed(given, declared, report, also=options.NAMES if study.plan is not None else ())
    kept = {} if study.plan is None else asdict(study.options)
    opted = options.read_options(kept | changed, study.plan, report)
    report.raise_if_any()
    used = study.inputs if study.plan is None else study.plan.inputs_of(opted.accounting)
    return replace(study, fixed=MappingProxyType({**study.fixed, **fixed}), options=opted, inputs=used)


def read_fixed(
    given: Mapping[str, Any], inputs: Iterable[InputSpec], report: Report, also: Iterable[str] = ()
) -> dict[str, float]:
    """The sound values by input, faults noted under the inputs' names.

    `also`: further names that are valid where the values come from, for the nearest name.
    """
    specs = {spec.name: spec for spec in inputs}
    fixed = {}
    for name, value in given.items():
        spec = specs.get(name)
        if spec is None:
            kind = "input or option" if also else "input"
            report.add(name, value, f"there is no such {kind}", nearest_name(name, [*specs, *also]))
            continue
        number = check_value(spec, value, report)
        if number is not None:
            fixed[name] = number
    return fixed


def check_value(spec: InputSpec, value: Any, report: Report) -> float | None:
    """`value` as a value of the input; None, with the fault noted under its name, when it is not one."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        report.add(spec.name, value, "must be a number")
        return None
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if spec.domain.contains(number):
        return number
    report.add(spec.name, value, spec.domain.rule(number, "" if spec.unit == "1" else f" (in {spec.unit})"))
    return None
