"""The options of `mcengine sensitivity`: their help, in panels by method, and what each one's text means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from mcengine.cli.complete import Completer, input_names, one_of, set_names, study_names
from mcengine.cli.options import POINTS, Faults

ENGINES = ("mcengine", "salib")

FLAGS = {
    "groups": "--group",
    "pairs": "--pair",
    "alternatives": "--alternative",
    "inputs": "--input",
    "alpha": "--peel",
}
"""Flags that do not read like the option of the Python function."""


def flag(name: str) -> str:
    """The flag of a method's option."""
    return FLAGS.get(name, f"--{name.replace('_', '-')}")


def _text(flag: str, metavar: str, panel: str, text: str, completer: Completer | None = None) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=panel, autocompletion=completer)


_VARIANCE = "sobol, shapley, tail, morris"
_ONE = "tornado, break-even, waterfall"
_BOXES = "boxes, evppi"
_SALIB = "morris, pawn, delta, rbd-fast"
_LUCK = "luck"

GroupOption = Annotated[
    list[str] | None,
    _text("--group", "NAME=INPUT,INPUT", _VARIANCE, "Treat inputs as one; may be repeated.", input_names),
]
SecondOrderOption = Annotated[
    bool,
    typer.Option(
        "--second-order", help="sobol: also the indices of pairs, at twice the evaluations.", rich_help_panel=_VARIANCE
    ),
]
EngineOption = Annotated[
    str | None, _text("--engine", "NAME", _VARIANCE, "sobol: mcengine, or salib for comparison.", one_of(ENGINES))
]
PermutationsOption = Annotated[
    str | None, _text("--permutations", "K", _VARIANCE, "shapley, waterfall: orders to draw where not all are taken.")
]
ShareOption = Annotated[
    str | None, _text("--share", "SHARE", _VARIANCE, "tail: the worst share of the draws [default: 0.05].")
]
LevelOption = Annotated[
    str | None, _text("--level", "VALUE", _ONE, "break-even, tail: the output's value that is asked for [default: 0].")
]
AtOption = Annotated[
    str | None, _text("--at", "POINT", _ONE, "Where the other inputs stand: plan, median or mean.", one_of(POINTS))
]
LowOption = Annotated[str | None, _text("--low", "CHANCE", _ONE, "tornado: each input moves from here [default: 0.1].")]
HighOption = Annotated[str | None, _text("--high", "CHANCE", _ONE, "tornado: ... to here [default: 0.9].")]
PointsOption = Annotated[str | None, _text("--points", "K", _ONE, "tornado: values on each curve [default: 33].")]
PairOption = Annotated[
    list[str] | None,
    _text(
        "--pair",
        "INPUT,INPUT",
        _ONE,
        "break-even: map two inputs together [default: leverage,multiplier].",
        input_names,
    ),
]
SetsOption = Annotated[
    str | None,
    _text("--sets", "SET,SET", _ONE, "break-even: sets in which to place each value [default: all].", set_names),
]
AgainstOption = Annotated[
    str | None,
    _text("--against", "STUDY", _ONE, "waterfall: the study at the other end [default: the plan].", study_names),
]
AlternativeOption = Annotated[
    list[str] | None,
    _text("--alternative", "STUDY", _BOXES, "evppi: a further option to choose from; may be repeated.", study_names),
]
InputOption = Annotated[
    list[str] | None,
    _text("--input", "NAME", _BOXES, "Only these inputs; may be repeated [default: all].", input_names),
]
BelowOption = Annotated[
    str | None, _text("--below", "VALUE", _BOXES, "boxes: the cases with the output below this [default: 0].")
]
AboveOption = Annotated[str | None, _text("--above", "VALUE", _BOXES, "boxes: the cases with the output above this.")]
MassOption = Annotated[
    str | None, _text("--mass", "SHARE", _BOXES, "boxes: least share of the draws in a box [default: 0.05].")
]
PeelOption = Annotated[
    str | None, _text("--peel", "SHARE", _BOXES, "boxes: share of a box cut off in a step [default: 0.05].")
]
MostOption = Annotated[
    str | None, _text("--most", "K", _BOXES, "boxes: most inputs that a suggested box may limit [default: 3].")
]
CoverageOption = Annotated[
    str | None, _text("--coverage", "SHARE", _BOXES, "boxes: least coverage of a suggested box [default: 0.5].")
]
PickOption = Annotated[str | None, _text("--pick", "STEP", _BOXES, "boxes: the step of the trajectory to take.")]
CountOption = Annotated[str | None, _text("--count", "K", _BOXES, "boxes: how many boxes to look for [default: 1].")]
LevelsOption = Annotated[str | None, _text("--levels", "K", _SALIB, "morris: levels of the grid [default: 4].")]
SlidesOption = Annotated[str | None, _text("--slides", "K", _SALIB, "pawn: parts of each input's range [default: 10].")]
ResamplesOption = Annotated[
    str | None, _text("--resamples", "K", _SALIB, "delta: resamples against its bias [default: 1].")
]
HarmonicsOption = Annotated[
    str | None, _text("--harmonics", "K", _SALIB, "rbd-fast: harmonics that count [default: 10].")
]
InnerOption = Annotated[str | None, _text("--inner", "K", _LUCK, "luck: lucks of each draw [default: 2].")]
CurvesOption = Annotated[
    str | None, _text("--curves", "K", _LUCK, "luck: fixed sets of assumptions in the band of curves [default: 25].")
]


def groups_of(texts: Sequence[str] | None, faults: Faults) -> dict[str, tuple[str, ...]] | None:
    """{"name": (inputs)} of texts "name=input,input"; None when there are none."""
    if not texts:
        return None
    groups: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, listed = text.partition("=")
        members = names_of(listed)
        if not equals or not name.strip() or not members:
            faults.add("--group", text, "must be NAME=INPUT,INPUT")
        elif name.strip() in groups:
            faults.add("--group", text, "is the second group of this name")
        groups[name.strip()] = members or ()
    return groups


def names_of(text: str | None) -> tuple[str, ...] | None:
    """The names in "a, b"; None for None or an empty text."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip()) or None


def pairs_of(texts: Sequence[str] | None, faults: Faults) -> list[tuple[str, ...]] | None:
    """The pairs of texts "input,input"; None when there are none."""
    if not texts:
        return None
    pairs = [names_of(text) or () for text in texts]
    for text, pair in zip(texts, pairs, strict=True):
        if len(pair) != 2:
            faults.add("--pair", text, "must be INPUT,INPUT")
    return pairs


def studies_of(key: str, names: Sequence[str] | None, faults: Faults) -> list[Any] | None:
    """The studies of these names or paths; None when there are none."""
    from mcengine.errors import InputError
    from mcengine.inputs.study import load_study

    found = []
    for name in names or ():
        try:
            found.append(load_study(name))
        except InputError as error:
            faults.found.extend(error.faults)
    return found or None
