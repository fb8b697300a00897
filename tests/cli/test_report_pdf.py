"""`mcengine report DIR --pdf`: printed where there is a printer, and a clear word where there is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mcengine.report.pdf import BROWSERS
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
