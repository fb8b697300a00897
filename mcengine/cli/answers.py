"""What an analysis prints: each method has a function of its own, result -> text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcengine.analysis.methods import find
from mcengine.errors import AnswerNo

if TYPE_CHECKING:
    from mcengine.analysis.asked import Asked
    from mcengine.analysis.sensitivity import Sensitivity
    from mcengine.inputs.study import Study
    from mcengine.models.model import Model

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


def ask(
    study: Study, asked: Sequence[Asked], *, seed: int, model: Model, threads: int | None = None
) -> tuple[list[Sensitivity], dict[str, str]]:
    """What the analyses that a study asks for say; (results, {method: why it has no answer}).

    An analysis without an answer (no draw with a loss, say) is no reason to lose the run beside it.
    """
    from mcengine.analysis.asked import analyse

    results, refused = [], {}
    for one in asked:
        try:
            results.append(analyse(study, one, seed=seed, model=model, threads=threads))
        except AnswerNo as error:
            refused[one.method] = str(error)
    return results, refused


def answer_of(result: Any) -> str:
    """The plain answer in that text: its first paragraph that is a sentence, not a heading."""
    paragraphs = text_of(result).split("\n\n")
    return next((paragraph for paragraph in paragraphs if paragraph.endswith(".")), paragraphs[0])
