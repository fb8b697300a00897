"""Reading the project's pages: their fenced blocks, and the commands in them with what they are said to print.

In a ```console block a line that begins with "$ " is a command and "#" a comment; the lines below it are part of what
it prints, "..." standing for more.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import typer

from mcengine.cli.app import app

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DOCS = ROOT / "docs"
SITE = sorted(DOCS.glob("*.md"))
CHEAP = ("list", "check", "evaluate", "template")
"""Commands that compute little, so that tests run them."""


def blocks(page: Path, language: str) -> list[str]:
    """The contents of a page's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def commands(page: Path) -> Iterator[tuple[list[str], list[str]]]:
    """(words, the lines shown below it) of each command in the page's console blocks."""
    for block in blocks(page, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield shlex.split(command, comments=True), [line for line in shown if line.strip(" .")]


def make_targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def parse(words: list[str]) -> None:
    """Parse a command line of mcengine without running it: raises where it could not run."""
    group = typer.main.get_command(app)
    with group.make_context("mcengine", words[1:]) as context:
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(name, rest, parent=context).close()


def missing_lines(shown: list[str], printed: str) -> list[str]:
    """Lines of `shown` that are not in `printed`; "..." within a line stands for any text."""
    lines = printed.splitlines()
    patterns = {line: ".*".join(map(re.escape, line.split("..."))) for line in shown}
    return [line for line, pattern in patterns.items() if not any(re.fullmatch(pattern, one) for one in lines)]


def own_model(folder: Path) -> None:
    """Write the files of docs/own-model.md into `folder`: both models, and a study of each."""
    page = DOCS / "own-model.md"
    (sales, chance), (study,) = blocks(page, "python"), blocks(page, "toml")
    by_chance = study.replace('"sales.py:model"', '"chance.py:model"')
    assert by_chance != study
    files = {"sales.py": sales, "chance.py": chance, "study.toml": study, "chance.toml": by_chance}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
