"""The entry point of the command `mcengine`: arguments in, exit code out, never a traceback."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

import typer

from mcengine.cli.app import app
from mcengine.cli.guard import BROKEN_PIPE, report_failure

_TYPER_INTERRUPTED = 130  # what typer answers to Ctrl-C before a command has begun


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line `arguments` (those of the process when None) and return the exit code.

    0 fine; 1 the answer is no; 2 the user's input is wrong; 3 interrupted; 4 a fault of ours.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # an odd character in a file name or title is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _invoke(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    if code == BROKEN_PIPE:
        _silence_stdout()
        return 0
    return code


def _invoke(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        code = command.main(args=arguments, prog_name="mcengine", standalone_mode=False, obj=["mcengine", *arguments])
    except BrokenPipeError:
        raise
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        return report_failure(KeyboardInterrupt())
    except Exception as error:
        if not hasattr(error, "format_message"):
            return report_failure(error)
        return _refuse_usage(error)
    if code == _TYPER_INTERRUPTED:
        return report_failure(KeyboardInterrupt())
    return code if isinstance(code, int) else 0


def _refuse_usage(error: Exception) -> int:
    """Say what is wrong with the command line itself, and where the help is. Exit code 2."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "mcengine"
    message = str(error.format_message()).rstrip(".")  # type: ignore[attr-defined]
    print(f"mcengine: {message}\nTry '{path} --help'.", file=sys.stderr)
    return 2


def _silence_stdout() -> None:
    """Point stdout nowhere: its reader has gone, and Python would complain when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
