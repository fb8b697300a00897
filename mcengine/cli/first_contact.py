"""What `mcengine` alone says: what it is, and the three commands to try."""

from __future__ import annotations

import re
import textwrap

_WHAT = """\
mcengine answers, for a public investment plan: how likely is it that the plan pays, what drives that, what must be \
true, and how sure are we of these answers."""

_TRY = (
    ("mcengine evaluate replica", "the plan's own cash flows, beside the figures it published"),
    ("mcengine run evidence --out out/evidence", "a million draws of what the literature supports, and a report"),
    ("mcengine list", "the studies that come with it"),
)

_MORE = """\
`mcengine --help` lists every command, `mcengine COMMAND --help` its options. `mcengine --install-completion` lets \
the Tab key complete them, and the names of studies, inputs and runs."""

_GLUE = "\0"  # in place of a space at which no line may break
_WIDEST = 107  # longer lines are hard to read


def text(columns: int) -> str:
    """The whole of it, in lines of at most `columns` characters where the commands themselves fit."""
    room = min(columns, _WIDEST)
    size = max(len(command) for command, _ in _TRY)
    if max(len(f"  {command.ljust(size)}    {what}") for command, what in _TRY) <= room:
        tried = [f"  {command.ljust(size)}    {what}" for command, what in _TRY]
    else:  # what a command does stands below it; a command is never broken, so that it can be copied
        indent = "  " if size + 2 <= room else ""
        tried = [f"{indent}{command}\n{_filled(what, room, indent + '    ')}" for command, what in _TRY]
    return "\n".join([_filled(_WHAT, room), "", "Three commands to try:", *tried, "", _filled(_MORE, room)])


def _filled(words: str, room: int, indent: str = "") -> str:
    """Lines of `room` characters; a command in backticks stays on one of them, so that it can be copied."""
    whole = re.sub("`[^`]*`", lambda found: found[0].replace(" ", _GLUE), words)
    lines = textwrap.wrap(
        whole, max(room, 20), initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return "\n".join(lines).replace(_GLUE, " ")
