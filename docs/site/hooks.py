"""What the documentation site adds to its pages when it is built: the command reference, notebooks, top-level pages.

The command reference is made from the program's own help, so it cannot say anything else. A notebook is shown with
what its cells showed when it was executed. CONTRIBUTING.md and CHANGELOG.md stay where readers of a repository look
for them and are pages too. Links that lead to files outside
docs/ become the file's name, as the site does not hold those files.
"""

from __future__ import annotations

import posixpath
import re
from html import escape
from pathlib import Path
from typing import Any

import click
import notebooks  # beside this file
import typer
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PLACE = "<!-- commands -->"
TOP_LEVEL = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
"""Page -> the file at the top level that it shows."""
NOTEBOOKS = {"notebook.md": notebooks.EXAMPLES / "biotech_nexus.ipynb"}
"""Page -> the notebook that it shows."""
CARRIED = Path("tests/data/four_phases")
"""A folder of the repository whose files the site has too, in examples/, for readers without the repository."""

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Add the pages that come from the top level, and the notebooks."""
    for page, source in TOP_LEVEL.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=within_docs(text, ".")))
    for page, path in NOTEBOOKS.items():
        files.append(File.generated(config, page, content=notebooks.markdown(path)))
    for source in sorted((ROOT / CARRIED).glob("*.toml")):
        place = f"examples/{CARRIED.name}/{source.name}"
        files.append(File.generated(config, place, content=source.read_text(encoding="utf-8")))
    return files


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Put what a notebook's cells showed in its places."""
    path = NOTEBOOKS.get(page.file.src_uri)
    return html if path is None else notebooks.with_outputs(html, path)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in the command reference; write links to files outside docs/ as names."""
    if page.file.src_uri in TOP_LEVEL:
        return markdown
    text = within_docs(markdown, posixpath.join("docs", posixpath.dirname(page.file.src_uri)))
    return text.replace(PLACE, commands()) if PLACE in text else text


def within_docs(text: str, folder: str) -> str:
    """`text`, a page in `folder` of the repository, with links to docs/ kept and links to other files as their names.

    Links in a page at the top level are made to start from docs/, where the site shows it.
    """

    def written(found: re.Match[str]) -> str:
        words, target = found.groups()
        if target.startswith(("http", "#", "mailto:")):
            return found[0]
        path, mark, anchor = target.partition("#")
        place = posixpath.normpath(posixpath.join(folder, path))
        if place in TOP_LEVEL.values():
            up = "" if folder == "." else posixpath.relpath("docs", folder) + "/"
            page = next(page for page, source in TOP_LEVEL.items() if source == place)
            return f"[{words}]({posixpath.normpath(up + page)})"
        shown = next((page for page, path in NOTEBOOKS.items() if path == ROOT / place), None)
        carried = Path(place).parent == CARRIED and f"examples/{CARRIED.name}/{Path(place).name}"
        if shown or carried:
            return f"[{words}]({posixpath.relpath(f'docs/{shown or carried}', 'docs' if folder == '.' else folder)})"
        inside = place.startswith("docs/") and (ROOT / place).is_file()
        if inside:
            return f"[{words}]({place.removeprefix('docs/') if folder == '.' else path}{mark}{anchor})"
        return f"`{place}`" if words.strip("`") == place else f"{words} (`{place}`)"

    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _LINK.sub(written, part) for part in parts)


def commands() -> str:
    """Every command of the program with its arguments and options, as markdown."""
    from mcengine.cli.app import app

    group = typer.main.get_command(app)
    with click.Context(group, info_name="mcengine") as context:
        found = ((name, group.get_command(context, name)) for name in group.list_commands(context))
        return "\n\n".join(command(name, one, context) for name, one in found if one is not None)


def command(name: str, one: click.Command, parent: click.Context) -> str:
    """One command: what it does, how it is called, its arguments and options."""
    with click.Context(one, info_name=name, parent=parent) as context:
        usage = " ".join(one.collect_usage_pieces(context))
        records = [(p.param_type_name, p.get_help_record(context)) for p in one.get_params(context)]
    described = [f"## {name}", help_text(one.help or "")]
    described.append(f"```text\n{context.command_path} {usage}\n```")
    for kind, heading in (("argument", "Argument"), ("option", "Option")):
        rows = [record for what, record in records if what == kind and record]
        if rows:
            described.append(table(heading, rows))
    return "\n\n".join(described)


def help_text(text: str) -> str:
    """A command's help with its examples as code."""
    shown = []
    for part in (" ".join(paragraph.split()) for paragraph in text.split("\n\n")):
        example = part.removeprefix("Example: ")
        shown.append(escape(part, quote=False) if example == part else f"Example:\n\n```text\n{example}\n```")
    return "\n\n".join(shown)


def table(heading: str, rows: list[tuple[str, str]]) -> str:
    """Names and what they mean, as a markdown table."""
    lines = [f"| {heading} | Meaning |", "|---|---|"]
    for names, meaning in rows:
        words = escape(" ".join(meaning.split()), quote=False).replace("|", "&#124;")
        lines.append(f"| `{names}` | {words} |")
    return "\n".join(lines)
