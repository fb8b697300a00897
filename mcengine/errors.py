"""What can go wrong, and the exit code each kind of failure ends with.

| error              | means                                         | exit code |
|--------------------|-----------------------------------------------|-----------|
| `AnswerNo`         | the computed answer is no (replay differs)     | 1 |
| `NonFiniteError`   | a computed refusal: an output is NaN or inf    | 1 |
| `InputError`       | the user's input is wrong, every fault named   | 2 |
| `InterruptedRun`   | stopped, but nothing finished was lost         | 3 |
| anything else      | a fault of ours                                | 4 |

Nothing here imports the rest of the package: every layer may raise these.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the user's input.

    `file` the file it stands in (None: the command line or a call), `key` where in it, `value` what
    was found (None: nothing), `rule` what should hold, `nearest` the nearest valid name, if any.
    """

    file: str | None
    key: str | None
    value: Any
    rule: str
    nearest: str | None = None

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.key) if part)
        found = "" if self.value is None else f" = {_short(self.value)}"
        hint = f" (did you mean {self.nearest!r}?)" if self.nearest else ""
        return f"{where}{found}: {self.rule}{hint}" if where else f"{self.rule}{hint}"


def _short(value: Any) -> str:
    """The value as written, cut after 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


class McEngineError(Exception):
    """Base of every error the engine raises on purpose; `exit_code` is what the command ends with."""

    exit_code: ClassVar[int] = 4


class InputError(McEngineError):
    """The user's input is wrong. Carries every fault found, not only the first."""

    exit_code: ClassVar[int] = 2

    def __init__(self, faults: Iterable[Fault] | Fault) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class AnswerNo(McEngineError):
    """The computation ran and its answer is no (a replay that differs, say)."""

    exit_code: ClassVar[int] = 1


class NonFiniteError(AnswerNo):
    """An output came out NaN or infinite; the run refuses to average over it.

    `output` its name, `draws` the first offending addresses as (replicate, draw), `inputs` the inputs
    of the first of them by name, `count` how many draws were affected in the tile that was stopped.
    """

    def __init__(
        self, output: str, draws: tuple[tuple[int, int], ...], inputs: Mapping[str, float], count: int
    ) -> None:
        self.output, self.draws, self.inputs, self.count = output, draws, dict(inputs), count
        first = ", ".join(f"{r}:{i}" for r, i in draws)
        values = ", ".join(f"{name}={value!r}" for name, value in self.inputs.items())
        super().__init__(
            f"output {output!r} is not a finite number in {count} draw(s); first at draw {first} "
            f"(replicate:draw), with inputs {values}"
        )


class InterruptedRun(McEngineError):
    """Stopped before the end by the user or by the machine, in a state that can be resumed."""

    exit_code: ClassVar[int] = 3


def nearest_name(name: object, valid: Iterable[str]) -> str | None:
    """The valid name most like `name`, or None when none is near (difflib ratio below 0.6)."""
    lookup = {candidate.lower(): candidate for candidate in valid}
    matches = difflib.get_close_matches(str(name).lower(), lookup, n=1)
    return lookup[matches[0]] if matches else None
