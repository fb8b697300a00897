"""Every page in a browser: quiet, whole, in its language, on a desk and on a telephone, with scripts and without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from mcengine.analysis.result import Statistic
from mcengine.report.language import NUMBER, PERCENT, Language
from mcengine.report.sections import SECTIONS
from tests.browser.conftest import DRAWS, PAGES
from tests.browser.visit import NARROW, WIDE, Visit, visit

Open = Callable[..., Visit]

PARTS = {
    "headline side_by_side published cash_flows drivers variants years inconsistencies not_counted assumptions "
    "repeat sign_off": ("evidence", "luck", "replica"),
    "distribution statistics evidence dependence enough": ("evidence", "luck"),
}
"""Parts that the reports of these runs must have; there may be more."""
METHODS = {
    "evidence": ("shapley", "tornado", "break-even", "waterfall", "evppi", "boxes"),
    "luck": ("luck",),
}
FIGURES = """() => [...document.querySelectorAll("figure")].map(f => {
    const svg = f.querySelector("svg"), box = svg.getBoundingClientRect();
    return {name: f.id, width: box.width, height: box.height, role: svg.getAttribute("role"),
            alt: svg.getAttribute("aria-label"), title: svg.querySelector("title").textContent,
            words: svg.querySelectorAll("text").length, caption: f.querySelector("figcaption").innerText};
})"""


def figures(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(FIGURES)
    return found


def of(name: str) -> tuple[str, str]:
    """(run, language) of a page."""
    run, _, code = name.partition("-")
    return run, code or "en"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_and_asks_for_nothing_but_itself(page_of: Open, reports: Path, name: str) -> None:
    opened = page_of(name)
    assert opened.page.locator("html").get_attribute("lang") == of(name)[1]
    assert opened.page.locator("h1").count() == 1
    assert opened.said == []
    assert opened.asked == [(reports / PAGES[name]).as_uri()]


@pytest.mark.parametrize("name", [name for name in PAGES if name != "index"])
def test_every_figure_is_drawn_with_caption_and_alternative_text(page_of: Open, reports: Path, name: str) -> None:
    path, code = reports / PAGES[name], of(name)[1]
    found = figures(page_of(name).page)
    kept = {f"figure-{file.name.removesuffix(f'.{code}.svg')}" for file in path.parent.glob(f"figures/*.{code}.svg")}
    assert {one["name"] for one in found} == kept
    assert len(found) == len(kept)
    for one in found:
        assert one["width"] > 300, one["name"]
        assert one["height"] > 80, one["name"]
        assert one["role"] == "img", one["name"]
        assert one["words"] > 0, one["name"]
        assert len(one["alt"]) > 20, one["name"]
        assert one["alt"] == one["title"]
        assert len(one["caption"]) > 60, one["name"]


@pytest.mark.parametrize("name", ["evidence-nl", "evidence-en", "luck-nl", "luck-en", "replica-en"])
def test_all_parts_have_their_headings(page_of: Open, name: str) -> None:
    run, code = of(name)
    language = Language(code)
    wanted = {language(f"section.{part}") for parts, runs in PARTS.items() if run in runs for part in parts.split()}
    known = [language(f"section.{part}") for part, _ in SECTIONS]
    page = page_of(name).page
    heads = page.locator("h2").all_inner_texts()
    smaller = page.locator("#drivers h3").all_inner_texts()
    contents = page.locator("nav a").all_inner_texts()
    assert wanted <= set(heads)
    assert heads == [head for head in known if head in heads]
    assert contents == heads[1:]
    if run in METHODS:
        assert {language(f"drivers.{method}") for method in METHODS[run]} <= set(smaller)


@pytest.mark.parametrize("name", ["evidence-nl", "evidence-en", "luck-nl", "luck-en"])
def test_it_opens_with_the_answer_in_the_language_s_own_notation(page_of: Open, reports: Path, name: str) -> None:
    run, code = of(name)
    language = Language(code)
    npv = json.loads((reports / "runs" / run / "summary.json").read_text(encoding="utf-8"))["outputs"]["npv"]
    chance, mean = (
        language.statistic(Statistic(npv[key]["value"], tuple(npv[key]["ci95"])), style, most=most)
        for key, style, most in (("prob_positive", PERCENT, 2), ("mean", NUMBER, None))
    )
    foreign = {"nl": r"\d\.\d{1,2}(?!\d)", "en": r"\d,\d{1,2}(?!\d)"}[code]
    page = page_of(name).page
    first = page.locator("main > *").first
    assert first.get_attribute("id") == "headline"
    box = page.locator(".answer p").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900, "the answer is on the first screen"
    answer = first.inner_text().replace("\N{NO-BREAK SPACE}", " ")
    ticks = page.locator("#figure-npv_distribution svg text").all_text_contents()
    assert f"{chance.value} ({language('page.precision')} {chance.interval})" in answer
    assert mean.value in answer
    assert not re.findall(foreign, answer), answer
    assert language.number(int(DRAWS), 0) in page.locator("#repeat").inner_text()
    assert {"nl": "−4.000", "en": "−4,000"}[code] in [text.strip() for text in ticks]


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_does_not_slide_sideways(page_of: Open, name: str, width: int) -> None:
    page = page_of(name, width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.getBoundingClientRect().right") <= width


@pytest.mark.parametrize("name", ["evidence-nl", "luck-en", "compare-nl"])
def test_without_scripts_it_reads_the_same(browser: Browser, page_of: Open, reports: Path, name: str) -> None:
    page = page_of(name).page
    text, drawn = page.locator("body").inner_text(), page.locator("figure svg").count()
    with visit(browser, reports / PAGES[name], scripts=False) as plain:
        assert plain.page.locator("body").inner_text() == text
        pictures = plain.page.locator("figure svg").all()
        assert len(pictures) == drawn > 2
        assert all(picture.bounding_box() for picture in pictures)
    assert len(text) > 3000


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(page_of: Open, reports: Path, name: str) -> None:
    path = reports / PAGES[name]
    page = page_of(name).page
    links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert links
    for link in links:
        parts = urlsplit(link)
        assert not parts.scheme, link
        if parts.path:
            assert (path.parent / unquote(parts.path)).is_file(), link
        else:
            assert parts.fragment in ids, link


def test_a_link_of_the_contents_goes_to_its_part(browser: Browser, reports: Path) -> None:
    with visit(browser, reports / PAGES["evidence-nl"]) as opened:
        opened.page.locator("nav a[href='#variants']").click()
        box = opened.page.locator("#variants-title").bounding_box()
        assert box is not None
        assert -1 < box["y"] < 200
