"""The example notebook: executed again in a fresh kernel, it shows the figures that it was stored with."""

from __future__ import annotations

import importlib.util
import re
from html import unescape
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from mcengine import evaluate, load_study, run
from tests.pages import DOCS

NOTEBOOK = DOCS / "examples" / "biotech_nexus.ipynb"
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
MOST_BYTES = 500_000


@pytest.fixture(scope="module")
def notebooks() -> ModuleType:
    """docs/site/notebooks.py, which stores and shows notebooks."""
    spec = importlib.util.spec_from_file_location("notebooks", DOCS / "site" / "notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def texts(html: list[str]) -> list[str]:
    """What the cells say, without pictures and markup."""
    return [" ".join(unescape(re.sub(r"<[^>]*>", " ", shown)).split()) for shown in html]


def numbers(text: str) -> list[float]:
    """Every figure in some text; a digest has none to compare."""
    plain = re.sub(r"sha256:\w+", "", text)
    return [float(found.replace(",", "")) for found in NUMBER.findall(plain)]


def test_executed_again_it_shows_the_stored_figures(notebooks: ModuleType, tmp_path: Path) -> None:
    done = tmp_path / "again.ipynb"
    nbformat.write(notebooks.executed(NOTEBOOK, tmp_path), done)
    assert (tmp_path / "evidence_own" / "report.nl.html").is_file()
    stored, again = texts(list(notebooks.outputs(NOTEBOOK))), texts(list(notebooks.outputs(done)))
    assert len(stored) == len(again) == 10
    for before, now in zip(stored, again, strict=True):
        assert numbers(now) == pytest.approx(numbers(before), rel=1e-6), now


def test_stored_headline_is_that_of_the_studies(notebooks: ModuleType) -> None:
    shown = texts(list(notebooks.outputs(NOTEBOOK)))
    npv = evaluate(load_study("replica")).outputs["npv"]
    assert f"net present value in all {npv:,.2f} EUR m" in shown[0]
    pays = run(load_study("evidence"), draws=65_536, seed=2026)["npv"].prob_positive
    low, high = pays.ci95 or (None, None)
    assert shown[2] == f"P(NPV > 0) = {pays.value:.2%}, 95% interval {low:.2%} to {high:.2%}"


def test_stored_is_a_valid_notebook() -> None:
    nbformat.validate(nbformat.read(NOTEBOOK, as_version=4))


def test_stored_without_traces_of_a_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < MOST_BYTES
    assert not re.search(r"/(home|root|tmp|usr|work|Users)/|0x[0-9a-f]{6,}|\d\d:\d\d:\d\d", text)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert not any(cell.metadata for cell in notebook.cells)
    assert all(cell.outputs for cell in notebook.cells if cell.cell_type == "code")


def test_page_has_every_cell_and_what_it_shows(notebooks: ModuleType) -> None:
    page = notebooks.with_outputs(notebooks.markdown(NOTEBOOK), NOTEBOOK)
    assert page.count("```python") == 10
    assert page.count('class="shown"') == len(list(notebooks.outputs(NOTEBOOK)))
    assert page.count("<img ") == sum(shown.count("<img ") for shown in notebooks.outputs(NOTEBOOK)) > 5
    assert "data:image/png;base64," in page
    assert "<!-- output" not in page
