"""The distribution of an output on matplotlib axes of the caller's own, as in a notebook."""

from __future__ import annotations

from matplotlib.axes import Axes

from mcengine.analysis.result import OutputResult
from mcengine.errors import Fault, InputError
from mcengine.report.figures import value_of
from mcengine.report.language import Language
from mcengine.report.style import BLUE, INK, ORANGE, Ticks, style

_MARKS = {"p05": "P5", "p50": "P50", "p95": "P95"}


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
                place = (value - low) / (high - low)
                axes.text(place, 1.02, text, transform=axes.transAxes, ha="center", va="bottom", fontsize=8.5)
        axes.set_xlabel(label if output.unit == "1" else f"{label}, {words.unit(output.unit)}")
        axes.set_yticks([])
        axes.xaxis.set_major_formatter(Ticks(words))
    return axes
