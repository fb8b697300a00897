"""The example notebooks: executed and stored without traces of a machine, and shown as pages of the site.

`python docs/site/notebooks.py` executes every notebook in docs/examples again, in a fresh kernel and an empty folder,
and stores what its cells show. A test holds the stored figures to a new execution.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import nbformat

EXAMPLES = Path(__file__).parents[1] / "examples"
_OUTPUT = "<!-- output {} of the notebook -->"


def executed(path: Path, folder: Path) -> Any:
    """The notebook of `path`, executed in `folder`, with what its cells show and nothing of when or where."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False, resources=resources)
    client.execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            if "metadata" in output:  # not in a stream's text
                output.metadata = {}
    return notebook


def markdown(path: Path) -> str:
    """The notebook's cells as markdown, with a place for what each shows."""
    parts, number = [], 0
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        else:
            parts.append(f"```python\n{cell.source}\n```")
            for _ in cell.outputs:
                parts.append(_OUTPUT.format(number))
                number += 1
    return "\n\n".join(parts) + "\n"


def with_outputs(html: str, path: Path) -> str:
    """The page made from `markdown`, with what the cells show in its places."""
    for number, shown in enumerate(outputs(path)):
        html = html.replace(_OUTPUT.format(number), f'<div class="shown">{shown}</div>')
    return html


def outputs(path: Path) -> Iterator[str]:
    """What the cells show, in order, as HTML."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                source = "".join(data["image/png"].split())
                yield f'<img alt="The figure of the code above" src="data:image/png;base64,{source}">'
                continue
            plain = output.get("text", data.get("text/plain", ""))
            yield data.get("text/html", f"<pre>{escape(plain)}</pre>")


def main() -> None:
    """Execute and store every notebook."""
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(path, Path(folder))
        nbformat.write(notebook, path)
        sys.stdout.write(f"{path.name}: {path.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main()
