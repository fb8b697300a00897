"""A page of a report as PDF, by a browser of the Chromium family or by WeasyPrint, whichever this machine has.

Either gives tagged pages with an outline, for those who have them read aloud or leaf by chapter.

The browser is started without network and without a profile of its own. Dates and random identifiers are taken out of
the file, so that the same page printed by the same browser gives the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from mcengine.errors import AnswerNo, Fault, InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WEASYPRINT = "weasyprint"
SECONDS = 120.0

_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
_DATES = re.compile(rb"/(CreationDate|ModDate) ?\(([^)]*)\)")
_IDS = re.compile(rb"/ID ?\[([^\]]*)\]")


def printer() -> str:
    """The path of a browser, or "weasyprint".

    Raises
    ------
    InputError  this machine has neither; says what to do instead.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    if find_spec(WEASYPRINT) is not None:
        return WEASYPRINT
    rule = (
        f"needs a browser of the Chromium family ({', '.join(BROWSERS)}) on the path or the Python package weasyprint, "
        "and there is neither; or open report.en.html or report.nl.html in any browser and print it there"
    )
    raise InputError(Fault(None, "--pdf", None, rule))


def write_pdf(page: Path, target: Path, tool: str) -> Path:
    """Print the HTML file `page` on A4 into `target` with `tool` (from `printer`); returns `target`.

    Raises
    ------
    AnswerNo  the tool fails, or takes more than two minutes; with what it said.
    """
    if tool == WEASYPRINT:
        import weasyprint  # type: ignore[import-not-found, import-untyped, unused-ignore]

        weasyprint.HTML(filename=str(page)).write_pdf(str(target), pdf_tags=True)
    else:
        _browse(page, target, tool)
    target.write_bytes(_undated(target.read_bytes()))
    return target


def _browse(page: Path, target: Path, tool: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        as_root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []  # root has no sandbox
        own = (f"--user-data-dir={profile}", f"--print-to-pdf={target}")
        command = [tool, *_FLAGS, *as_root, *own, page.resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AnswerNo(f"{tool} could not print {page.name}: {error}") from error
    if done.returncode != 0 or not target.is_file():
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise AnswerNo(f"{tool} could not print {page.name}: {said[-1] if said else 'it wrote no file'}")


def _undated(data: bytes) -> bytes:
    """`data` with its dates and identifiers blanked, byte for byte as long, so that no offset moves."""
    data = _DATES.sub(lambda m: m[0].replace(m[2], re.sub(rb"\d", b"0", m[2])), data)
    return _IDS.sub(lambda m: m[0].replace(m[1], re.sub(rb"[0-9A-Fa-f]", b"0", m[1])), data)
