"""What several commands share: their options, and how the text of an option becomes a value.

Numbers come in as text and are parsed here rather than by typer, so that every fault of a command line is
named in the words and with the exit code of the other faults, all of them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from math import inf, isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.cli.complete import run_folders, setting_names, study_names
from mcengine.errors import Fault, InputError, nearest_name

if TYPE_CHECKING:
    from mcengine.inputs.study import Study

LANGUAGES = ("en", "nl")
POINTS = ("plan", "median", "mean")
SAMPLERS = ("sobol", "random", "lhs")  # as in `sampling.points`, which the help does not load
MOST_THREADS = 1024
LONGEST = 45  # digits: beyond any number an option can take, and short enough to be made at once


StudyArgument = Annotated[
    str,
    typer.Argument(help="Name of a bundled study, or path of a study file.", autocompletion=study_names),
]
RunArgument = Annotated[
    str,
    typer.Argument(metavar="DIR", help="Folder that `mcengine run --out` has written.", autocompletion=run_folders),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="INPUT=VALUE",
        help="Fix an input or set an option of the study; may be repeated.",
        autocompletion=setting_names,
    ),
]
HorizonOption = Annotated[str | None, typer.Option("--horizon", metavar="YEAR", help="Last calendar year counted.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks on stderr.")]


@dataclass
class Faults:
    """The faults of one command line, gathered and raised together."""

    found: list[Fault] = field(default_factory=list)

    def add(self, key: str, value: Any, rule: str, nearest: str | None = None) -> None:
        """Note one fault of the option `key`."""
        self.found.append(Fault(None, key, value, rule, nearest))

    def raise_if_any(self) -> None:
        """Raise InputError with all faults, if there are any."""
        if self.found:
            raise InputError(self.found)

    def whole(self, key: str, text: str | None, low: int, high: int | None = None) -> int | None:
        """The whole number that `text` writes, in [low, high]; None when it is None or faulty.

        1000000, 1_000_000, 1e6 and 2.5e6 are whole numbers.
        """
        if text is None:
            return None
        bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
        number = _whole(text)
        if number is None or number < low or (high is not None and number > high):
            spelling = " (1e6 and 1_000_000 are 1000000)" if number is None else ""
            self.add(key, text if number is None else number, f"must be a whole number {bounds}{spelling}")
            return None
        return number

    def number(self, key: str, text: str | None) -> float | None:
        """The finite number that `text` writes; None when it is None or faulty."""
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = inf
        if not isfinite(value):
            self.add(key, text, "must be a finite number, with a decimal point")
            return None
        return value

    def name(self, key: str, text: str | None) -> None:
        """Note a path that is no text: bytes of which the locale makes no letters cannot be kept in a run's files."""
        if text is not None and any("\ud800" <= letter <= "\udfff" for letter in text):
            self.add(key, text, "is no text in this locale; use another name, or a locale that has it (LC_ALL=C.UTF-8)")

    def choice(self, key: str, text: str | None, valid: tuple[str, ...]) -> str | None:
        """`text` when it is one of `valid`; None when it is None or faulty."""
        if text is not None and text not in valid:
            self.add(key, text, f"must be one of {', '.join(valid)}", nearest_name(text, valid))
            return None
        return text


def _whole(text: str) -> int | None:
    """The whole number in `text`, None when there is none (or one of more than `LONGEST` digits)."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() >= LONGEST or number != number.to_integral_value():
        return None
    return int(number)


def texts_of(settings: list[str] | None, horizon: str | None) -> list[str]:
    """`--set` and `--horizon` as texts "name=value"."""
    return [*(settings or []), *([] if horizon is None else [f"horizon={horizon}"])]


def open_study(name: str, settings: list[str] | None, horizon: str | None, faults: Faults) -> Study:
    """The study `name` with `--set` and `--horizon` applied.

    Raises InputError with the faults of the command line and of the study's files together.
    """
    from mcengine.inputs.overrides import parse_overrides
    from mcengine.inputs.study import load_study

    texts = texts_of(settings, horizon)
    study = None
    try:
        study = load_study(name)
        study = study.overridden(texts)
    except InputError as error:
        faults.found.extend(error.faults)
    if study is None:  # then nobody has looked at the texts yet
        try:
            parse_overrides(texts)
        except InputError as error:
            faults.found.extend(error.faults)
    faults.raise_if_any()
    assert study is not None
    return study
