"""What an analysis prints: each method has a function of its own, result -> text."""

from __future__ import annotations

from typing import Any

from mcengine.analysis.methods import find

PRINTERS: dict[str, str] = {
    "sobol": "mcengine.cli.sobol:sobol_text",
    "shapley": "mcengine.cli.shapley:shapley_text",
    "morris": "mcengine.cli.measures:measures_text",
    "pawn": "mcengine.cli.measures:measures_text",
    "delta": "mcengine.cli.measures:measures_text",
    "rbd-fast": "mcengine.cli.measures:measures_text",
    "tornado": "mcengine.cli.tornado:tornado_text",
    "break-even": "mcengine.cli.break_even:break_even_text",
    "waterfall": "mcengine.cli.waterfall:waterfall_text",
    "evppi": "mcengine.cli.evppi:evppi_text",
    "boxes": "mcengine.cli.boxes:boxes_text",
    "tail": "mcengine.cli.tail:tail_text",
    "luck": "mcengine.cli.luck:luck_text",
}
"""Method -> "module:function" that makes the text it prints."""


def text_of(result: Any) -> str:
    """The text of one method's result."""
    text: str = find(PRINTERS, result.method)(result)
    return text


def answer_of(result: Any) -> str:
    """The plain answer in that text: its first paragraph that is a sentence, not a heading."""
    paragraphs = text_of(result).split("\n\n")
    return next((paragraph for paragraph in paragraphs if paragraph.endswith(".")), paragraphs[0])
