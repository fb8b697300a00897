"""Reading a family's parameters: every problem is collected before anything is refused."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mcengine.errors import Fault, InputError, nearest_name

if TYPE_CHECKING:
    from mcengine.families.base import Distribution


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a distribution's parameters.

    `key` the parameter (dotted inside a mixture), `value` what was given (None: nothing), `rule` what
    should hold, `nearest` the nearest valid name where a name was mistyped.
    """

    key: str
    value: Any
    rule: str
    nearest: str | None = None


class ParameterError(InputError):
    """A distribution that can't exist. `problems` holds everything found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(Fault(None, p.key, p.value, p.rule, p.nearest) for p in self.problems)


def number_text(value: float) -> str:
    """A number as people write it: ten significant digits, no trailing zeros."""
    return format(value, ".10g")


def plain(value: Any) -> Any:
    """`value` as plain Python data (lists, dicts, str, int, float) that TOML can hold."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


def number_fault(value: Any, *, infinite: bool = False) -> str | None:
    """The rule that `value` breaks as a number, or None. A bool or a string is not a number."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return "must be a number"
    try:
        as_float = float(value)
    except OverflowError:
        return "is too large for a double-precision number"
    if math.isnan(as_float) or (math.isinf(as_float) and not infinite):
        return "must be a number, not NaN" if infinite else "must be a finite number"
    return None


class Reader:
    """Reads the parameters of one family and collects every problem on the way.

    `forms` are the alternative lists of required parameter names, `optional` the names allowed beside
    them. A number that can't be read comes back as NaN; every comparison with NaN is false, so
    `refuse_if` does not report a problem that only follows from another one.
    """

    def __init__(
        self,
        family: str,
        given: Any,
        forms: Sequence[Sequence[str]],
        optional: Sequence[str],
        base_dir: Path | None,
        build: Callable[..., Distribution],
    ) -> None:
        self.family, self.base_dir, self.build = family, base_dir, build
        self.problems: list[Problem] = []
        if not isinstance(given, Mapping):
            self.refuse("parameters", given, "must be a table of parameter names and values")
            given = {}
            self.finish()
        self.given: dict[str, Any] = plain(given)
        named = [sum(name in self.given for name in form) for form in forms]
        self.form: tuple[str, ...] = tuple(forms[named.index(max(named))])
        self._check_names(forms, optional)

    def _check_names(self, forms: Sequence[Sequence[str]], optional: Sequence[str]) -> None:
        every = [name for form in forms for name in form] + list(optional)
        takes = " or ".join(f"({', '.join(form)})" for form in forms)
        takes += f" and optionally {', '.join(optional)}" if optional else ""
        meant: set[str | None] = set()
        for name, value in self.given.items():
            if name not in every:
                nearest = nearest_name(name, [item for item in every if item not in self.given])
                meant.add(nearest)
                rule = f"is not a parameter of {self.family}, which takes {takes}"
                self.refuse(name, value, rule, nearest)
            elif name not in self.form and name not in optional:
                other = ", ".join(self.form)
                self.refuse(name, value, f"does not go with {other}: {self.family} takes {takes}")
        for name in self.form:
            if name not in self.given and name not in meant:
                self.refuse(name, None, f"is missing: {self.family} takes {takes}")

    def refuse(self, key: str, value: Any, rule: str, nearest: str | None = None) -> None:
        """Note a problem."""
        self.problems.append(Problem(key, value, rule, nearest))

    def refuse_if(self, broken: bool, key: str, rule: str) -> None:
        """Note that the given value of `key` breaks `rule`."""
        if broken:
            self.refuse(key, self.given.get(key), rule)

    def number(self, name: str, default: float = math.nan) -> float:
        """The parameter as a finite float; `default` when not given, NaN when it can't be one."""
        if name not in self.given:
            return default
        return self.as_number(name, self.given[name])

    def as_number(self, key: str, value: Any) -> float:
        """`value` as a finite float, or NaN with a problem noted under `key`."""
        rule = number_fault(value)
        if rule is not None:
            self.refuse(key, value, rule)
            return math.nan
        return float(value)

    def numbers(self, name: str, least: int) -> list[float]:
        """The parameter as a list of at least `least` finite floats (NaN where one can't be read)."""
        values = self.given.get(name)
        if values is None:
            return []
        if not isinstance(values, list):
            self.refuse(name, values, "must be a list of numbers")
            return []
        if len(values) < least:
            self.refuse(name, values, f"needs at least {least} value{'s' if least > 1 else ''}")
        return [self.as_number(f"{name}[{row}]", value) for row, value in enumerate(values, start=1)]

    def weights(self, key: str, weights: Sequence[float], rows: Sequence[str]) -> list[float]:
        """The weights divided by their sum, which must be 1 to within 1e-9; `rows` names each of them."""
        for row, weight in zip(rows, weights, strict=True):
            if weight < 0.0:
                self.refuse(row, weight, "must not be negative")
        total = math.fsum(weights)
        if abs(total - 1.0) > 1e-9:
            self.refuse(key, total, "the weights must sum to 1")
        return [weight / total for weight in weights] if total > 0.0 else list(weights)

    def range(self, low: float, high: float) -> None:
        """Refuse a low that is not below high, and a width that no double can hold."""
        self.refuse_if(low >= high, "high", f"must lie above low = {number_text(low)}")
        self.refuse_if(math.isinf(high - low), "high", "lies too far above low for a double-precision number")

    def three_points(self, low: float, mode: float, high: float) -> None:
        """Refuse what is not low <= mode <= high with low < high."""
        self.range(low, high)
        rule = f"must lie between low = {number_text(low)} and high = {number_text(high)}"
        self.refuse_if(low < high and not low <= mode <= high and not math.isnan(mode), "mode", rule)

    def finish(self) -> None:
        """Raise `ParameterError` with every problem noted, if there are any."""
        if self.problems:
            raise ParameterError(self.problems)
