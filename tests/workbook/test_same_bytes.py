"""The same study, seed and draws give the same files, whenever, wherever and on however many threads they are made."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from mcengine.cli.main import main
from tests.workbook.conftest import DRAWS, SEED

TIMED = {"provenance.json"}
"""The one file that says when, where and by what command a run was made."""


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.slow  # a whole run more; that pages, figures and workbook are the same is in tests/report too
def test_a_run_made_again_elsewhere_on_one_thread_is_the_same(runs: dict[str, Path], tmp_path: Path) -> None:
    study, out = runs["lucky"].parent / "lucky.toml", tmp_path / "deep" / "other name"
    out.parent.mkdir()
    words = ("run", study, "--draws", DRAWS, "--seed", SEED, "--threads", "1", "--out", out, "--quiet")
    assert main([*map(str, words)]) == 0
    first, second = files(runs["lucky"]), files(out)
    assert list(first) == list(second)
    assert {"report.en.html", "report.nl.html", "report.xlsx", "summary.json", "sensitivity/shapley.json"} <= set(first)
    assert sum(name.startswith("figures/") for name in first) > 10
    assert {name for name in first if first[name] != second[name]} == TIMED


def test_the_workbook_says_nothing_of_the_clock(runs: dict[str, Path]) -> None:
    with zipfile.ZipFile(runs["pool"] / "report.xlsx") as book:
        assert {item.date_time for item in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_a_comparison_made_again_elsewhere_is_the_same(runs: dict[str, Path], tmp_path: Path) -> None:
    for place in ("a", "b"):
        words = ("compare", runs["pool"], runs["lucky"], "--out", tmp_path / place / "side")
        (tmp_path / place).mkdir()
        assert main([*map(str, words)]) == 0
    first, second = (files(tmp_path / place / "side") for place in ("a", "b"))
    assert {"index.en.html", "index.nl.html"} < set(first)
    assert first == second
