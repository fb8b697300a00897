"""The page of a batch: every run a row with its own figures, links that lead somewhere, sound HTML."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from mcengine.cli.batch import _Reports
from mcengine.scale.start import Outcome, run_batch

MANIFEST = """
schema = 1
name = "<small> & sound"
seed = 7
draws = 4096
reports = false
studies = ["bad.toml", "textbook/linear_gaussian"]
[matrix]
x1 = [0.25, 0.5]
[[runs]]
study = "sceptical"
draws = 2048
"""


class Page(HTMLParser):
    """Cells of the body's rows, links, and the tags left open."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.sorted: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.sorted += [value for key, value in attrs if key == "data-sort"]
        self.links += [value or "" for key, value in attrs if tag == "a" and key == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("index")
    (folder / "bad.toml").write_text('schema = 1\nname = "bad"\nplan = "biotech_nexus"\n')
    (folder / "batch.toml").write_text(MANIFEST)
    return run_batch(str(folder / "batch.toml"), folder / "out", _Reports(threads=2))


def page_of(outcome: Outcome) -> tuple[Page, str]:
    text = outcome.folder.index.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    return page, text


def test_every_run_is_a_row(outcome: Outcome) -> None:
    page, text = page_of(outcome)
    assert [row[0] for row in page.rows[1:]] == [state.slug for state in outcome.runs]
    assert page.rows[0][:2] == ["run", "x1"]
    assert "3 of 5 runs finished, 2 failed" in text
    assert "&lt;small&gt; &amp; sound" in text
    for state, row in zip(outcome.runs, page.rows[1:], strict=True):
        if state.digest:
            assert any(state.digest[7:19] in cell for cell in row)
        else:
            assert any("title: is required" in cell for cell in row)


def test_figures_are_those_of_the_summaries(outcome: Outcome) -> None:
    page, _ = page_of(outcome)
    values = {float(value) for value in page.sorted if value and re.fullmatch(r"[-+.\de]+", value)}
    for state in outcome.runs:
        if state.digest:
            summary = json.loads((outcome.folder.run(state.slug) / "summary.json").read_text())
            figures = summary["outputs"].get("npv") or summary["outputs"]["y"]
            assert {figures["mean"]["value"], figures["prob_positive"]["value"], summary["draws"]} <= values


def test_links_lead_somewhere(outcome: Outcome) -> None:
    page, _ = page_of(outcome)
    links = [link for link in page.links if not link.startswith("#")]
    assert len(links) >= 5
    for link in links:
        assert (outcome.folder.path / unquote(link)).is_file()


def test_nothing_is_fetched_from_elsewhere(outcome: Outcome, tmp_path: Path) -> None:
    _, text = page_of(outcome)
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", text)
