"""The report's two languages: words, numbers as each language writes them, and intervals.

The digits of a figure follow from its interval: the last digit shown is the largest power of ten that is not
wider than half the interval. Bounds are rounded outwards, so an interval on paper is never narrower than the
computed one.

    >>> from mcengine.analysis.result import Statistic
    >>> english, dutch = Language("en"), Language("nl")
    >>> dutch.number(1478.13, 1)
    '1.478,1'
    >>> str(english.statistic(Statistic(1478.13, (1455.2, 1501.0))))
    '1,478 (1,455 to 1,501)'
    >>> english.billions(Statistic(1478.13, (1455.2, 1501.0)), "EUR m")
    'EUR 1.48 ± 0.03 billion'
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from mcengine.analysis.result import NEVER, Statistic

LANGUAGES = ("en", "nl")
PERCENT, YEAR, NUMBER = "percent", "year", "number"
SHARES = ("prob_positive", "share_never")
"""Statistics that are shares of the draws, written as percentages whatever the output's unit."""

MINUS = "\N{MINUS SIGN}"
_MOST = {PERCENT: 4, NUMBER: 6}
_EXACT = 2  # decimals of a figure without an interval to choose them by
_NUMBER = re.compile(r"(?<![\w.,=])\d[\d.,]*\d")  # in an English message; one after "=" is as the user wrote it
_NEGATIVE = re.compile(r"(?<=[\s(])-(?=\d)")
_MILLIONS = re.compile(r"(?<=\d [A-Z]{3}) m\b")
_SIGNS = str.maketrans(".,", ",.")


@lru_cache
def words() -> dict[str, Any]:
    """All texts of `words.toml`, by section and key, each {"en": ..., "nl": ...}."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A statistic as text: value, bounds ("" without an interval), "± x" beside the value, and a note."""

    value: str
    low: str = ""
    high: str = ""
    margin: str = ""
    note: str = ""
    to: str = "to"

    @property
    def interval(self) -> str:
        """The bounds as "1,455 to 1,501", or ""."""
        return f"{self.low} {self.to} {self.high}" if self.low else ""

    def __str__(self) -> str:
        return f"{self.value} ({self.interval})" if self.low else self.value


def style_of(kind: str, statistic: str) -> str:
    """How a statistic of an output of this kind is written: PERCENT, YEAR or NUMBER."""
    if statistic in SHARES:
        return PERCENT
    return YEAR if kind == "year" else NUMBER


def digits(half_width: float, most: int) -> int:
    """Decimals that an interval of this half-width carries, 0 ... `most`."""
    if half_width <= 0 or not math.isfinite(half_width):
        return min(_EXACT, most)
    return min(max(math.ceil(-math.log10(half_width)), 0), most)


class Language:
    """One language. Calling it gives a text: `language("section.repeat")`."""

    def __init__(self, code: str) -> None:
        if code not in LANGUAGES:
            raise ValueError(f"{code!r} is not a language of the report: {', '.join(LANGUAGES)}")
        self.code = code

    def __call__(self, key: str, **values: object) -> str:
        """The text `key` ("section.name") with its braces filled in. Raises KeyError."""
        section, _, name = key.partition(".")
        text: str = words()[section][name][self.code]
        return text.format(**values) if values else text

    def label(self, quantity: str) -> str:
        """The name of an output or yearly row; one without a name of ours keeps its own."""
        base, bracket, year = quantity.partition("[")
        names = words()["quantity"].get(base)
        if names is None:
            return quantity
        label: str = names[self.code]
        return self("page.in_year", label=label, year=year.removesuffix("]")) if bracket else label

    def unit(self, unit: str) -> str:
        """A unit in this language; an unknown one as it is."""
        names = words()["unit"].get(unit)
        return names[self.code] if names else unit

    def note(self, text: str) -> str:
        """A message of the engine, which writes English, in this language as far as it is known."""
        if self.code == "en":
            return text
        for pattern in words()["patterns"]:
            if match := re.fullmatch(pattern["en"], text):
                told = _NUMBER.sub(lambda m: m[0].translate(_SIGNS), match.expand(pattern[self.code]))
                return _MILLIONS.sub(f" {self('page.m')}", _NEGATIVE.sub(MINUS, told))
        return text

    def distribution(self, text: str) -> str:
        """A distribution's text ("PERT(1, 2.5, 4)") with this language's words and decimal sign."""
        if self.code == "en":
            return text.replace("-", MINUS) if text.startswith("-") else text
        for pattern in words()["distribution"]:
            text = text.replace(pattern["en"], pattern[self.code])
        return re.sub(r"(\d)\.(\d)", r"\1,\2", text.replace(", ", "; "))

    def value(self, value: object) -> str:
        """The value of an option or input as a reader says it: "yes", "pipeline", "unlimited", 0.25."""
        if isinstance(value, float):
            return self.plain(value)
        names = words()["value"].get(str(value).lower())
        return names[self.code] if names else str(value)

    def listed(self, texts: Sequence[str]) -> str:
        """Several texts as one: "a, b and c"."""
        *first, last = texts
        return self("page.and", first=", ".join(first), last=last) if first else last

    def number(self, value: float, decimals: int) -> str:
        """`value` with this many decimals (negative: rounded to tens, ...), nearest, ties to even."""
        return self._written(self._rounded(Decimal(repr(float(value))), decimals, ROUND_HALF_EVEN))

    def percent(self, value: float, decimals: int) -> str:
        """A share as a percentage."""
        return self._written(self._rounded(Decimal(repr(float(value))) * 100, decimals, ROUND_HALF_EVEN), "%")

    def signed(self, value: float, decimals: int) -> str:
        """`value` with its sign, "+0.012"."""
        return f"+{text}" if (text := self.number(value, decimals))[0] != MINUS else text

    def level(self, level: float) -> str:
        """The level of an interval: "95%", "98.75%"."""
        return f"{self.plain(round(100 * level, 2))}%"

    def significant(self, value: float, figures: int) -> str:
        """`value` with this many significant digits."""
        if value == 0 or not math.isfinite(value):
            return self.plain(value)
        return self.number(value, max(figures - 1 - math.floor(math.log10(abs(value))), 0))

    def plain(self, value: float) -> str:
        """An input's value with up to ten significant digits, no trailing zeros."""
        exact = Decimal(format(value, ".10g"))
        if not exact.is_finite():
            return f"{MINUS if value < 0 else ''}{self('value.inf')}" if math.isinf(value) else str(value)
        exponent = exact.normalize().as_tuple().exponent
        assert isinstance(exponent, int)
        return self._written(self._rounded(exact, max(-exponent, 0), ROUND_HALF_EVEN))

    def statistic(self, statistic: Statistic, style: str = NUMBER, *, most: int | None = None) -> Shown:
        """A statistic with its interval, its digits chosen by the interval (at most `most` decimals)."""
        value, note = statistic.value, self.note(statistic.note)
        if value is None:
            return Shown(self("page.refused"), note=note)
        if style == YEAR or isinstance(value, str):
            low, high = (self._year(bound) for bound in statistic.ci95 or ("", ""))
            if low and low == high:
                return Shown(self._year(value), note=self("page.same"))
            return Shown(self._year(value), low, high, note=note, to=self("page.to"))
        scale, suffix = (2, "%") if style == PERCENT else (0, "")
        return self._measured(statistic, scale, suffix, _MOST[style] if most is None else most)

    def money(self, value: str, unit: str) -> str:
        """An amount as text with its unit as this language writes it: "EUR 1,478.13 m"."""
        return f"{unit.removesuffix(' m')} {value} {self('page.m')}" if unit.endswith(" m") else f"{value} {unit}"

    def billions(self, statistic: Statistic, unit: str) -> str:
        """Money for a sentence: "EUR 1.48 ± 0.03 billion"; in millions below one billion."""
        value = statistic.value
        if not isinstance(value, float | int):
            return self.statistic(statistic).value
        currency = unit.removesuffix(" m")
        big = abs(value) >= 1000
        shown = self._measured(statistic, -3 if big else 0, "", 2 if big or statistic.ci95 is None else 0)
        margin = f" {shown.margin}" if shown.margin else ""
        return f"{currency} {shown.value}{margin} {self('page.billion' if big else 'page.million')}"

    def _measured(self, statistic: Statistic, scale: int, suffix: str, most: int) -> Shown:
        """`statistic` times 10^scale, written with the digits that its interval carries."""
        value, note = Decimal(repr(statistic.value)).scaleb(scale), self.note(statistic.note)
        bounds = [Decimal(repr(bound)).scaleb(scale) for bound in statistic.ci95 or ()]
        if not bounds:
            return Shown(self._written(self._rounded(value, min(_EXACT, most), ROUND_HALF_EVEN), suffix), note=note)
        low, high = bounds
        decimals = digits(float(high - low) / 2, most)
        shown = self._rounded(value, decimals, ROUND_HALF_EVEN)
        if low == high:
            return Shown(self._written(shown, suffix), note=note)
        margin = self._rounded(max(high - shown, shown - low), decimals, ROUND_CEILING)
        return Shown(
            self._written(shown, suffix),
            self._written(self._rounded(low, decimals, ROUND_FLOOR), suffix),
            self._written(self._rounded(high, decimals, ROUND_CEILING), suffix),
            f"± {self._written(margin, suffix)}",
            note,
            self("page.to"),
        )

    def _year(self, value: float | str) -> str:
        if isinstance(value, str):
            return self("page.never") if value == NEVER else value
        return str(int(value))

    @staticmethod
    def _rounded(value: Decimal, decimals: int, rounding: str) -> Decimal:
        rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=rounding)
        return abs(rounded) if rounded == 0 else rounded

    def _written(self, value: Decimal, suffix: str = "") -> str:
        from babel.numbers import format_decimal

        exponent = value.as_tuple().exponent
        assert isinstance(exponent, int)
        places = max(-exponent, 0)
        pattern = f"#,##0.{'0' * places}" if places else "#,##0"
        return format_decimal(value, format=pattern, locale=self.code).replace("-", MINUS) + suffix
