"""One browser, and reports made once by the commands that users type, for all tests here and all their processes."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from mcengine.cli.main import main
from mcengine.report.pdf import BROWSERS
from tests.browser.visit import WIDE, Visit, visit

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DRAWS, SEED = "32768", "7"
PIPELINE = """
schema = 1
name = "luck"
plan = "biotech_nexus"
assumptions = "pipeline"
title = { en = "Real candidates, with luck", nl = "Echte kandidaten, met toeval" }

[options]
accounting = "pipeline"
luck = true
"""
BATCH = """
schema = 1
name = "pages"
seed = 7
draws = 4096
studies = ["textbook/ishigami", "textbook/linear_gaussian"]
"""
PAGES = {
    "evidence-nl": "runs/evidence/report.nl.html",
    "evidence-en": "runs/evidence/report.en.html",
    "luck-nl": "runs/luck/report.nl.html",
    "luck-en": "runs/luck/report.en.html",
    "replica-en": "runs/replica/report.en.html",
    "compare-nl": "compare/index.nl.html",
    "compare-en": "compare/index.en.html",
    "index": "batch/index.html",
}
"""Every kind of page: a full report, luck, a study without uncertainty, a comparison, the index of a batch."""


def installed() -> str | None:
    """The path of a browser of the Chromium family."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = installed()
    if path is None:
        pytest.skip(f"no browser installed: none of {', '.join(BROWSERS)} is on the path")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        yield started
        started.close()


@pytest.fixture(scope="session")
def page_of(browser: Browser, reports: Path) -> Iterator[Callable[..., Visit]]:
    """A page of `PAGES` by name and width, opened once; for tests that look and touch nothing."""
    with ExitStack() as opened:
        yield lru_cache(
            lambda name, width=WIDE: opened.enter_context(visit(browser, reports / PAGES[name], width=width))
        )


@pytest.fixture(scope="session")
def reports(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `PAGES` is about; read only. Processes that test beside each other share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "browser-reports"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            _make(folder)
            (folder / "made").touch()
    return folder


def _make(folder: Path) -> None:
    folder.mkdir()
    (folder / "luck.toml").write_text(PIPELINE, encoding="utf-8")
    (folder / "pages.toml").write_text(BATCH, encoding="utf-8")
    runs = folder / "runs"
    for study in ("evidence", str(folder / "luck.toml"), "replica"):
        out = runs / Path(study).stem
        assert main(["run", study, "--draws", DRAWS, "--seed", SEED, "--out", str(out), "--quiet"]) == 0
    assert main(["compare", str(runs / "evidence"), str(runs / "replica"), "--out", str(folder / "compare")]) == 0
    assert main(["batch", str(folder / "pages.toml"), "--out", str(folder / "batch"), "--quiet"]) == 0
