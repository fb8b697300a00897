"""`mcengine help [COMMAND]`: the same as `--help`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.errors import Fault, InputError, nearest_name

if TYPE_CHECKING:
    from collections.abc import Mapping


def _command_names(context: typer.Context, incomplete: str) -> list[str]:
    return [name for name in _commands(context) if name.startswith(incomplete)]


def show_help(
    context: typer.Context,
    command: Annotated[
        str | None, typer.Argument(metavar="[COMMAND]", help="Which command.", autocompletion=_command_names)
    ] = None,
) -> None:
    """Show the help of a command, or the list of commands.

    Example: mcengine help run
    """
    root = context.find_root()
    if command is None:
        print(root.get_help())
        return
    found = _commands(context).get(command)
    if found is None:
        rule, near = "there is no such command", nearest_name(command, _commands(context))
        raise InputError(Fault(None, "COMMAND", command, rule, near))
    print(found.get_help(typer.Context(found, info_name=command, parent=root)))


def _commands(context: typer.Context) -> Mapping[str, Any]:
    """Every command by name."""
    commands: Mapping[str, Any] = getattr(context.find_root().command, "commands", {})
    return commands
