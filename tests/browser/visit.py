"""A page opened as a reader opens it, with all that it said and asked for meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

NARROW, WIDE = 360, 1280


@dataclass
class Visit:
    """A loaded page. said: console messages and uncaught errors; asked: every address it wanted."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def visit(browser: Browser, path: Path, *, width: int = WIDE, scripts: bool = True) -> Iterator[Visit]:
    """Open the file `path` in a window of `width` CSS pixels; any request but for the file itself is refused."""
    with browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts) as context:
        opened = Visit(context.new_page())
        uri = path.as_uri()

        def answer(route: Route) -> None:
            opened.asked.append(route.request.url)
            if route.request.url == uri:
                route.continue_()
            else:
                route.abort()

        context.route("**/*", answer)
        opened.page.on("console", lambda message: opened.said.append(f"{message.type}: {message.text}"))
        opened.page.on("pageerror", lambda error: opened.said.append(f"error: {error}"))
        opened.page.goto(uri)
        yield opened
