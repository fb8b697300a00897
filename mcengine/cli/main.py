"""The entry point of the command `mcengine`: arguments in, exit code out, never a traceback.

Nothing of weight is loaded before `main` has begun, so that Ctrl-C is answered from the first moment on.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

_TYPER_INTERRUPTED = 130  # what typer answers to Ctrl-C before a command has begun
_INTERRUPTED = 3
_COMPLETING = "_MCENGINE_COMPLETE"  # set by the shell's completion script


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line `arguments` (those of the process when None) and return the exit code.

    0 fine; 1 the answer is no; 2 the user's input is wrong; 3 interrupted; 4 a fault of ours.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _prepare_streams()
        code = _answer(words)
    except KeyboardInterrupt:  # while the program was still being loaded
        print("mcengine: stopped by the user; nothing was begun.", file=sys.stderr)
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        # CPython remembers an interrupt that fell inside an exec (dataclasses have one), and would end the process by
        # that signal although it was answered. The next exec makes it forget (run_eval_code_obj in pythonrun.c).
        exec("")
    return code


def _prepare_streams() -> None:
    """Streams that take any character. One that the caller has closed leads nowhere, not into the other."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # an odd character in a file name or title is no reason to stop
            stream.reconfigure(errors="backslashreplace")


def _answer(words: list[str]) -> int:
    from mcengine.cli.guard import BROKEN_PIPE, COMMAND, report_failure

    token = COMMAND.set(("mcengine", *words))
    try:
        code = _invoke(words)
        sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    except OSError as error:  # what was printed did not fit where stdout leads
        _silence_stdout()
        code = report_failure(error)
    finally:
        COMMAND.reset(token)
    if code == BROKEN_PIPE:
        _silence_stdout()
        return 0
    return code


def _invoke(arguments: list[str]) -> int:
    import typer

    from mcengine.cli.app import app
    from mcengine.cli.guard import refuse_usage, report_failure

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
        if os.environ.get(_COMPLETING):  # the user is typing: nothing to offer is better than a message
            return 1
        return refuse_usage(error) if hasattr(error, "format_message") else report_failure(error)
    if code == _TYPER_INTERRUPTED:
        return report_failure(KeyboardInterrupt())
    return code if isinstance(code, int) else 0


def _silence_stdout() -> None:
    """Point stdout nowhere: its reader has gone, and Python would complain when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
