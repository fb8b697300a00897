"""On paper: A4, nothing cut at the edge or over a page's end, the sign-off on a page of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mcengine.report.language import Language
from tests.browser.conftest import PAGES
from tests.browser.visit import visit

MM = 96 / 25.4  # CSS pixels
CONTENT = (round((210 - 28) * MM), (297 - 34) * MM)  # width and height between the margins of style.css
A4 = (595, 842)  # points
CUT = """([width, height]) => [
    ...[...document.querySelectorAll("figure, figure svg, table, pre")].filter(one => {
        const box = one.getBoundingClientRect();
        return box.left < 0 || box.right > width + 1 || (one.closest("figure") && box.height > height);
    }),
    ...[...document.querySelectorAll(".scroll")].filter(one => one.scrollWidth > one.clientWidth + 1),
].map(one => (one.id || one.closest("[id]").id) + " " + one.tagName)"""


@pytest.mark.parametrize("name", ["evidence-nl", "luck-en", "compare-nl", "replica-en", "index"])
def test_nothing_is_wider_than_the_paper_nor_a_figure_higher(browser: Browser, reports: Path, name: str) -> None:
    with visit(browser, reports / PAGES[name], width=CONTENT[0]) as opened:
        opened.page.emulate_media(media="print")
        assert opened.page.evaluate(CUT, list(CONTENT)) == []
        assert not opened.page.locator("nav a").first.is_visible() or name == "index"


@pytest.mark.parametrize(("name", "few", "many"), [("evidence-nl", 20, 34), ("replica-en", 8, 20)])
def test_the_pdf_has_its_pages_and_the_sign_off_the_last(
    browser: Browser, reports: Path, tmp_path: Path, name: str, few: int, many: int
) -> None:
    file = tmp_path / "report.pdf"
    with visit(browser, reports / PAGES[name]) as opened:
        opened.page.pdf(path=file, prefer_css_page_size=True, tagged=True)
    raw = file.read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", raw))
    assert few <= pages <= many
    sizes = {tuple(round(float(x)) for x in box.split()[2:]) for box in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", raw)}
    assert all(abs(got - want) <= 1 for size in sizes for got, want in zip(size, A4, strict=True))
    assert b"/StructTreeRoot" in raw, "tagged, for those who have it read aloud"


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext (poppler-utils) installed")
@pytest.mark.parametrize(("name", "code"), [("evidence-nl", "nl"), ("replica-en", "en")])
def test_each_printed_page_says_whose_it_is_and_no_figure_leaves_its_caption(
    browser: Browser, reports: Path, tmp_path: Path, name: str, code: str
) -> None:
    file, language = tmp_path / "report.pdf", Language(code)
    with visit(browser, reports / PAGES[name]) as opened:
        opened.page.pdf(path=file, prefer_css_page_size=True, tagged=True)
        captions = [text.split() for text in opened.page.locator("figcaption").all_inner_texts()]
        labels = [
            [text.strip() for text in one.locator("svg text").all_text_contents() if text.strip()]
            for one in opened.page.locator("figure").all()
        ]
    printed = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True, text=True).stdout
    pages = printed.removesuffix("\f").split("\f")
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page
        assert f"{language('page.report')} – " in page
    last = pages[-1]
    assert language("section.sign_off") in last
    assert last.index(language("section.sign_off")) < 200
    assert language("section.repeat") not in last
    flat = [" ".join(page.split()) for page in pages]
    assert captions
    for caption, words in zip(captions, labels, strict=True):
        on = [page for page in flat if " ".join(caption[:6]) in page and " ".join(caption[-4:]) in page]
        assert on, caption[:6]
        assert any(words[0] in page and words[-1] in page for page in on), (caption[:6], words[0], words[-1])
