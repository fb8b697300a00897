"""What every answer shows of itself in a notebook: a sentence and figures, a data frame, matplotlib figures.

The sentences belong to the command line and the figures to the report, and both stand above the analyses: layers
import downwards only. So they are found by name when a notebook asks, as the methods are, and an answer is of use
without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcengine.analysis.methods import find

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_MAKERS = {"html": "mcengine.cli.notebook:html", "figures": "mcengine.report.axes:figures"}

_ABOUT = ("method", "at", "output", "seed", "n", "draws", "replicates", "answer")


class Shown:
    """Base of the answers: `Result`, `Evaluation`, the result of each method, of `optimise` and of `compare`."""

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """What it is, of what; its numbers, thousands of them, are for `to_frame` and `to_dict`."""
        about = {name: getattr(self, name) for name in _ABOUT if hasattr(self, name)}
        study = getattr(self, "study", None)
        named = [] if study is None else [f"study={study.name!r}"]
        return f"{type(self).__name__}({', '.join([*named, *(f'{key}={value!r}' for key, value in about.items())])})"

    def to_frame(self) -> pd.DataFrame:
        """The answer's table: a row an input (a year, a step, a condition), a column a number.

        A number with an interval has two columns more, its name with _lo and _hi: the 95% interval of the computation.
        """
        from mcengine.analysis.frames import frame

        return frame(self.to_dict())

    def figures(self, language: str = "en") -> list[Figure]:
        """The answer's figures as in the report, each a matplotlib figure with its `axes`; none where nothing varies.

        language  "en" or "nl", for words and numbers
        """
        made: list[Figure] = find(_MAKERS, "figures")(self, language)
        return made

    def _repr_html_(self) -> str:
        """What a notebook shows: the plain answer, the figures and the table."""
        text: str = find(_MAKERS, "html")(self)
        return text
