"""From an exception to a message and an exit code; the only place that decides either.

| raised                      | printed on stderr                            | exit code |
|-----------------------------|----------------------------------------------|-----------|
| `McEngineError`             | its message, every fault on a line            | its own   |
| Ctrl-C, a full disk         | a word on what is kept                        | 3         |
| anything else               | that it is ours, and where the details are    | 4         |
"""

from __future__ import annotations

import errno
import functools
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

from mcengine import __version__
from mcengine.errors import InputError, McEngineError

P = ParamSpec("P")

INTERRUPTED = 3
OURS = 4
BROKEN_PIPE = -1  # the reader of stdout left: no failure, and nobody to tell
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


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
    """Say on stderr what went wrong and return the exit code."""
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    if isinstance(error, KeyboardInterrupt):
        _say("stopped by the user; nothing was kept. The same command starts again.")
        return INTERRUPTED
    if isinstance(error, InputError):
        _say(input_message(error))
        return error.exit_code
    if isinstance(error, McEngineError) and error.exit_code != OURS:
        _say(str(error))
        return error.exit_code
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        where = f" ({error.filename})" if error.filename else ""
        _say(f"the disk is full{where}; make room and run the same command again.")
        return INTERRUPTED
    _say(f"this is a fault of ours, not of your input: {type(error).__name__}: {_one_line(error)}")
    _say(_keep_details(error))
    return OURS


def input_message(error: InputError) -> str:
    """The faults of an InputError: one on the first line, several one on a line each."""
    if len(error.faults) == 1:
        return str(error.faults[0])
    lines = "\n".join(f"  {fault}" for fault in error.faults)
    return f"{len(error.faults)} faults in the input:\n{lines}"


def _say(message: str) -> None:
    print(f"mcengine: {message}", file=sys.stderr)


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
