"""From an exception to a message and an exit code; the only place that decides either.

| raised                      | printed on stderr                            | exit code |
|-----------------------------|----------------------------------------------|-----------|
| `McEngineError`             | its message, every fault on a line            | its own   |
| Ctrl-C, a full disk         | a word on what is kept                        | 3         |
| anything else               | that it is ours, and where the details are    | 4         |

What can be put right ends with the command to try next. With `--json`, stdout holds the same as one JSON object.
"""

from __future__ import annotations

import errno
import functools
import math
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, ParamSpec

import typer

from mcengine.cli.next_step import example_of, help_command, next_step
from mcengine.cli.printing import print_json
from mcengine.errors import Fault, InputError, McEngineError
from mcengine.version import __version__

P = ParamSpec("P")

INTERRUPTED = 3
OURS = 4
BROKEN_PIPE = -1  # the reader of stdout left: no failure, and nobody to tell
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

COMMAND: ContextVar[tuple[str, ...]] = ContextVar("COMMAND", default=("mcengine",))
"""The words of the command line under way."""


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """`command`, its failures reported on stderr and turned into exit codes."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except typer.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:
            code = report_failure(error)
            raise typer.Exit(code) from None

    return wrapper


def report_failure(error: BaseException) -> int:
    """Say on stderr what went wrong and what to do next; return the exit code."""
    words = COMMAND.get()
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    if isinstance(error, KeyboardInterrupt):
        return _report(INTERRUPTED, "stopped by the user; nothing was kept. The same command starts again.")
    if isinstance(error, InputError):
        faults = [_as_typed(fault, words) for fault in error.faults]
        return _report(error.exit_code, input_message(faults), faults, next_step(faults, words))
    if isinstance(error, McEngineError) and error.exit_code != OURS:
        return _report(error.exit_code, str(error))
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        where = f" ({error.filename})" if error.filename else ""
        why = "a file would be larger than allowed" if error.errno == errno.EFBIG else "the disk is full"
        return _report(INTERRUPTED, f"{why}{where}; make room and run the same command again.")
    if isinstance(error, FileNotFoundError) and not _is_somewhere():
        fault = Fault(None, "working directory", None, "is gone; change to a folder that exists (cd) and try again")
        return _report(InputError.exit_code, str(fault), [fault])
    ours = f"this is a fault of ours, not of your input: {type(error).__name__}: {_one_line(error)}"
    return _report(OURS, f"{ours}\nmcengine: {_keep_details(error)}")


def refuse_usage(error: Exception) -> int:
    """Say what is wrong with the command line itself, and where the help is. Exit code 2."""
    words = COMMAND.get()
    fault = _usage_fault(error)
    message = str(fault)
    if example := example_of(words) if "argument" in message else "":
        message += f"\nFor example: {example}"
    return _report(InputError.exit_code, message, [fault], help_command(words))


def _usage_fault(error: Any) -> Fault:
    """What the parser of command lines says, as a fault."""
    option, near = getattr(error, "option_name", None), getattr(error, "possibilities", None) or [None]
    if option and "No such option" in error.format_message():
        return Fault(None, option, None, "there is no such option", near[0])
    return Fault(None, None, None, str(error.format_message()).rstrip("."))


def input_message(faults: Sequence[Fault]) -> str:
    """The faults of an InputError: one on the first line, several one on a line each."""
    if len(faults) == 1:
        return str(faults[0])
    lines = "\n".join(f"  {fault}" for fault in faults)
    return f"{len(faults)} faults in the input:\n{lines}"


def _report(code: int, message: str, faults: Sequence[Fault] = (), then: str = "") -> int:
    """Print the failure for people, and with `--json` for programs too; returns `code`."""
    words = COMMAND.get()
    rereads = then.startswith("mcengine check ") or then.endswith(" --dry-run")
    lead = "Once that is put right, try" if rereads and any(fault.file for fault in faults) else "Try"
    print(f"mcengine: {message}" + (f"\n{lead}: {then}" if then else ""), file=sys.stderr)
    if "--json" in words:
        found = [_fault_data(fault) for fault in faults]
        print_json({"ok": False, "exit_code": code, "message": message, "faults": found, "next": then or None})
    return code


def _fault_data(fault: Fault) -> dict[str, Any]:
    value = fault.value
    plain = isinstance(value, bool | int | str | None) or (isinstance(value, float) and math.isfinite(value))
    texts = {"file": fault.file, "key": fault.key, "value": value if plain else str(value), "rule": fault.rule}
    return {**texts, "nearest": fault.nearest}


def _as_typed(fault: Fault, words: Sequence[str]) -> Fault:
    """A fault of an argument of the library under the option that the user typed for it."""
    flag = f"--{(fault.key or '').replace('_', '-')}"
    typed = any(word == flag or word.startswith(f"{flag}=") for word in words)
    return replace(fault, key=flag) if fault.file is None and typed else fault


def _is_somewhere() -> bool:
    """Whether the working directory exists."""
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _keep_details(error: BaseException) -> str:
    """Write the traceback to a new file in the temporary folder; returns the sentence that says where."""
    details = (
        f"mcengine {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: {sys.argv}\n\n{''.join(traceback.format_exception(error))}"
    )
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="mcengine-fault-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            file.write(details)
    except OSError:
        return "its details could not be written to the temporary folder."
    return f"the details are in {file.name}; please send us that file."
