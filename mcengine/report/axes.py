"""Figures for a notebook: an answer's own as matplotlib figures, and a distribution on axes of the caller's own."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcengine.analysis.evaluation import Evaluation
from mcengine.analysis.optimise_result import OptimiseResult
from mcengine.analysis.result import OutputResult, Result
from mcengine.errors import Fault, InputError
from mcengine.report.compared import Compared
from mcengine.report.context import Context
from mcengine.report.figures import value_of
from mcengine.report.language import Language
from mcengine.report.optimise_figures import optimise_pictures
from mcengine.report.outcome import distribution
from mcengine.report.sensitivity_figures import pictures_of
from mcengine.report.style import BLUE, INK, ORANGE, Picture, Ticks, keeping, style

_MARKS = {"p05": "P5", "p50": "P50", "p95": "P95"}


def pictures(answer: Any, language: Language) -> list[Picture]:
    """The pictures of any answer: of a run its distribution and S-curve; none of a single evaluation."""
    if isinstance(answer, Result):
        drawn = distribution(Context(answer, language, None))
        made: list[Picture] = [] if drawn is None else drawn["pictures"]
        return made
    if isinstance(answer, Compared):
        return answer.pictures(language)
    if isinstance(answer, Evaluation):
        return []
    return optimise_pictures(answer, language) if isinstance(answer, OptimiseResult) else pictures_of(answer, language)


def figures(answer: Any, language: str = "en") -> list[Figure]:
    """The same as matplotlib figures, whose `axes` can be drawn in further."""
    with keeping() as kept:
        pictures(answer, Language(language))
    return kept


def plot(output: OutputResult, axes: Axes | None = None, language: str = "en") -> Axes:
    """Draw the histogram of `output`, with zero and P5, P50 and P95 marked, and return the axes.

    axes      where to draw; the current axes of pyplot unless given
    language  "en" or "nl", for names and numbers

    Raises
    ------
    InputError  an output without a distribution, as one that does not vary
    """
    shape = output.distribution
    if shape is None or not shape.edges[0] < shape.edges[-1]:
        raise InputError(Fault(None, "output", output.name, "has no distribution to draw"))
    if axes is None:
        from matplotlib import pyplot

        axes = pyplot.gca()
    words = Language(language)
    label = words.label(output.name)
    with style():
        low, high = float(shape.edges[0]), float(shape.edges[-1])
        for colour, chosen in ((ORANGE, shape.edges[1:] <= 0), (BLUE, shape.edges[1:] > 0)):
            axes.stairs(shape.counts * chosen, shape.edges, fill=True, color=colour)
        axes.set_xlim(low, high)
        if low < 0 < high:
            axes.axvline(0.0, color=INK, linewidth=1.6)
        for name, text in _MARKS.items():
            value = value_of(output.statistics, name)
            if value is not None and low <= value <= high:
                axes.axvline(value, color=INK, linewidth=1.0, linestyle=(0, (4, 2)))
                above = axes.get_xaxis_transform()  # at its value, whatever limits the axes get later
                axes.text(value, 1.02, text, transform=above, ha="center", va="bottom", fontsize=8.5)
        axes.set_xlabel(label if output.unit == "1" else f"{label}, {words.unit(output.unit)}")
        axes.set_yticks([])
        axes.xaxis.set_major_formatter(Ticks(words))
    return axes
