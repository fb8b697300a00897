"""Accessibility, as axe-core judges it: on a desk, and on a telephone, where tables and figures slide sideways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.conftest import PAGES
from tests.browser.visit import NARROW, WIDE, Visit, visit

GRAVE = ("serious", "critical")
WITHOUT_STROKES = {"exclude": [["figure svg > *"]]}  # a figure is judged as one picture, or axe takes minutes


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("evidence-nl", NARROW),
        ("luck-en", WIDE),
        ("compare-nl", WIDE),
        ("compare-en", NARROW),
        ("index", WIDE),
        ("index", NARROW),
    ],
)
def test_no_serious_fault(page_of: Callable[..., Visit], name: str, width: int) -> None:
    found = Axe().run(page_of(name, width).page, context=WITHOUT_STROKES).response
    assert len(found["passes"]) > 15, "axe looked at the page"
    grave = [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"] if one["impact"] in GRAVE]
    assert grave == []


def test_what_slides_can_be_reached_with_the_keyboard(browser: Browser, reports: Path) -> None:
    with visit(browser, reports / PAGES["evidence-en"], width=NARROW) as opened:
        page = opened.page
        page.locator("#figure-side_by_side .scroll").focus()
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Figure")
        before = page.evaluate("document.activeElement.scrollLeft")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"document.activeElement.scrollLeft > {before}")
