"""What a notebook shows of an answer: the sentence that the command prints, the report's figures, and the table.

Pictures are images with their data inside, so that a notebook needs no network, and one picture's names cannot meet
another's. Everything that a user wrote is escaped.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

from mcengine.analysis.evaluation import Evaluation
from mcengine.analysis.optimise_result import OptimiseResult
from mcengine.analysis.result import Result
from mcengine.analysis.result_html import html as result_table
from mcengine.cli.answers import answer_of
from mcengine.cli.evaluate import text as evaluation_text
from mcengine.cli.optimise import optimise_text
from mcengine.report.axes import pictures
from mcengine.report.compared import Compared
from mcengine.report.language import Language

if TYPE_CHECKING:
    import pandas as pd

    from mcengine.report.style import Picture

WIDTH = 760  # pixels of a picture, where the page has room
_COLUMNS = 118  # characters of a printed table in a notebook's page


def html(answer: Any) -> str:
    """Any answer as HTML that stands alone."""
    if isinstance(answer, Evaluation):
        return f"<pre>{escape(evaluation_text(answer, 'en', _COLUMNS))}</pre>"
    drawn = "".join(_picture(one) for one in pictures(answer, Language("en")))
    if isinstance(answer, Result):
        return result_table(answer) + drawn
    said = escape(" ".join(sentence(answer).split()))
    return f"<p>{said}</p>{drawn}{'' if isinstance(answer, Compared) else _table(answer.to_frame())}"


def sentence(answer: Any) -> str:
    """The plain answer."""
    if isinstance(answer, Compared):
        return answer.answer
    if isinstance(answer, OptimiseResult):
        return optimise_text(answer).split("\n\n")[1]
    return answer_of(answer)


def _picture(one: Picture) -> str:
    data = b64encode(one.svg.encode()).decode()
    return (
        f'<figure><img width="{WIDTH}" alt="{escape(one.alt)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption><small>{escape(one.caption)}</small></figcaption></figure>"
    )


def _table(table: pd.DataFrame) -> str:
    """The whole table, folded away."""
    shown = table.to_html(index=False, border=0, na_rep="", float_format=lambda value: f"{value:,.4g}")
    rows = f"{len(table)} row{'s' if len(table) != 1 else ''}"
    return f"<details><summary>The table, {rows}</summary>{shown}</details>"
