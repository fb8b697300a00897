"""How every figure looks, and how it becomes SVG text that is the same on every run.

Colours are of the Okabe-Ito palette, told apart by the colour-blind and, by brightness or line style, in grey
print. Text stays text, so that it can be selected, searched and read aloud.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter

from mcengine.report.language import Language

BLUE, ORANGE, VERMILLION, GREEN, PURPLE = "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7"
INK, GREY = "#222222", "#6b6b6b"
FONTS = "'DejaVu Sans', Verdana, Arial, sans-serif"


_TALL = 0.85  # height to width above which a figure is tall

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "mcengine",
}


@contextmanager
def style() -> Iterator[None]:
    """Within: the settings of every figure, for making it and for saving it."""
    with mpl.rc_context(_STYLE):  # type: ignore[arg-type]  # its keys are literals in the stubs
        yield


def wrapped(labels: Sequence[str], width: int = 40) -> list[str]:
    """Labels beside an axis, the long ones on two lines or more, so that they leave room for what is drawn."""
    return [textwrap.fill(label, width) for label in labels]


class Ticks(Formatter):
    """Axis numbers as the language writes them, with just the decimals that the step needs."""

    def __init__(self, language: Language, percent: bool = False) -> None:
        self._language, self._percent = language, percent

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of a tick at `x` alone."""
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """The labels of all ticks, with equally many decimals."""
        if self._percent:
            return [self._language.percent(x, 0) for x in values]
        steps = np.diff(np.unique(np.asarray(values, dtype=float)))
        slack = 1e-6 * float(steps.min()) if len(steps) else 1e-6
        exact = (d for d in range(7) if all(abs(round(x, d) - x) <= slack for x in values))
        decimals = next(exact, 7)
        return [self._language.number(x, decimals) for x in values]


_KEPT: ContextVar[list[Figure] | None] = ContextVar("kept figures", default=None)


@contextmanager
def keeping() -> Iterator[list[Figure]]:
    """Within: every figure that becomes a picture is kept in the list too, for who wants to go on drawing in it."""
    figures: list[Figure] = []
    token = _KEPT.set(figures)
    try:
        yield figures
    finally:
        _KEPT.reset(token)


@dataclass(frozen=True)
class Picture:
    """A finished figure: `name` (also its file's), `svg` as one <svg> element, `caption`, `alt` text."""

    name: str
    svg: str
    caption: str
    alt: str


def picture(name: str, figure: Figure, caption: str, alt: str) -> Picture:
    """`figure` as a `Picture`; the ids inside it start with `name`, so that several can share a page."""
    kept = _KEPT.get()
    if kept is not None:
        kept.append(figure)
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text).replace("url(#", f"url(#{name}-")
    text = text.replace("'DejaVu Sans'", FONTS)
    head, _, body = text.partition(">")
    head = re.sub(r' (?:width|height|version)="[^"]*"', "", head)
    label = escape(alt, quote=True)
    width, height = figure.get_size_inches()
    shape = ' class="tall"' if height > _TALL * width else ""  # printed larger, or its text would be too small
    svg = f'{head}{shape} role="img" aria-label="{label}">\n <title>{escape(alt)}</title>{body}'
    return Picture(name, svg.strip() + "\n", caption, alt)
