"""`mcengine report DIR --pdf`: printed where there is a printer, and a clear word where there is none."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from mcengine.report.pdf import BROWSERS, WEASYPRINT, printer, write_pdf
from tests.cli.conftest import Cli


@pytest.fixture
def kept(cli: Cli, tmp_path: Path) -> Path:
    folder = tmp_path / "ishigami"
    assert cli("run", "textbook/ishigami", "--draws", "2048", "--seed", "1", "--out", folder, "--quiet").code == 0
    return folder


def test_without_a_printer_nothing_is_computed_and_the_way_out_is_named(
    cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr("mcengine.report.pdf.WEASYPRINT", "no_such_package_here")
    answer = cli("report", kept, "--pdf")
    assert answer.code == 2
    assert "in any browser and print it there" in answer.err.replace("\n", " ")
    assert not list(kept.glob("*.pdf"))


@pytest.mark.skipif(not any(shutil.which(name) for name in BROWSERS), reason="no browser of the Chromium family here")
def test_the_pages_are_printed_beside_the_html(cli: Cli, kept: Path) -> None:
    answer = cli("report", kept, "--pdf", "--language", "nl")
    assert answer.code == 0
    assert answer.out.split() == [str(kept / "report.nl.html"), str(kept / "report.nl.pdf")]
    assert (kept / "report.nl.pdf").read_bytes().startswith(b"%PDF-")


def sound(file: Path) -> bytes:
    """The bytes of a printed file: some pages, tagged, without a date."""
    raw = file.read_bytes()
    assert raw.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in raw
    assert not re.search(rb"/(?:Creation|Mod)Date ?\([^)]*[1-9][^)]*\)", raw)
    return raw


@pytest.mark.skipif(not any(shutil.which(name) for name in BROWSERS), reason="no browser of the Chromium family here")
def test_a_browser_prints_the_same_bytes_with_an_outline(kept: Path, tmp_path: Path) -> None:
    first, second = (
        write_pdf(kept / "report.en.html", tmp_path / f"{name}.pdf", printer()) for name in ("one", "other")
    )
    raw = sound(first)
    assert b"/Outlines" in raw
    assert raw == second.read_bytes()


@pytest.mark.skipif(find_spec(WEASYPRINT) is None, reason="weasyprint is not installed here")
def test_without_a_browser_weasyprint_prints(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert printer() == WEASYPRINT
    first, second = (
        write_pdf(kept / "report.nl.html", tmp_path / f"{name}.pdf", WEASYPRINT) for name in ("one", "other")
    )
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"%PDF-")
