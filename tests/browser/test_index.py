"""The index of a batch: sorted by a click, and by the keyboard; whole without scripts."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.conftest import PAGES
from tests.browser.visit import visit


def column(page: Page, number: int) -> list[float]:
    """What the column is sorted by, from the top."""
    cells = page.locator(f"#runs tbody td:nth-child({number + 1})")
    return [float(value) for value in cells.evaluate_all("all => all.map(one => one.dataset.sort)")]


def test_a_click_on_a_heading_sorts_and_another_turns_it_round(browser: Browser, reports: Path) -> None:
    with visit(browser, reports / PAGES["index"]) as opened:
        page = opened.page
        heads = page.locator("#runs thead th").all_inner_texts()
        number = heads.index("mean")
        button = page.get_by_role("button", name="mean", exact=True)
        button.click()
        up = column(page, number)
        assert up == sorted(up)
        assert up[0] < up[-1]
        assert page.locator("#runs thead th").nth(number).get_attribute("aria-sort") == "ascending"
        button.focus()
        page.keyboard.press("Enter")
        assert column(page, number) == up[::-1]
        assert page.locator("#runs thead th").nth(number).get_attribute("aria-sort") == "descending"
        assert opened.said == []


def test_without_scripts_the_table_is_whole(browser: Browser, reports: Path) -> None:
    with visit(browser, reports / PAGES["index"], scripts=False) as plain:
        text = plain.page.locator("main").inner_text()
        assert plain.page.locator("#runs tbody tr").count() == 2
        assert plain.page.locator("#runs button").count() == 0
    assert "2 of 2 runs finished" in text
    assert "textbook-ishigami" in text
