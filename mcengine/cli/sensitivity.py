"""`mcengine sensitivity STUDY`: what drives an output, by one of several methods.

Each method prints itself, see `answers`.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcengine.analysis.methods import METHODS, find
from mcengine.cli.answers import text_of
from mcengine.cli.complete import one_of, output_names
from mcengine.cli.options import (
    MOST_THREADS,
    POINTS,
    Faults,
    HorizonOption,
    JsonOption,
    QuietOption,
    SetOption,
    StudyArgument,
    open_study,
    texts_of,
)
from mcengine.cli.printing import print_json, remark
from mcengine.cli.progress import Progress, compiled
from mcengine.cli.sensitivity_options import (
    ENGINES,
    AboveOption,
    AgainstOption,
    AlternativeOption,
    AtOption,
    BelowOption,
    CountOption,
    CoverageOption,
    CurvesOption,
    EngineOption,
    GroupOption,
    HarmonicsOption,
    HighOption,
    InnerOption,
    InputOption,
    LevelOption,
    LevelsOption,
    LowOption,
    MassOption,
    MostOption,
    PairOption,
    PeelOption,
    PermutationsOption,
    PickOption,
    PointsOption,
    ResamplesOption,
    SecondOrderOption,
    SetsOption,
    ShareOption,
    SlidesOption,
    flag,
    groups_of,
    names_of,
    pairs_of,
    studies_of,
)
from mcengine.errors import Fault, InputError, InterruptedRun, nearest_name

if TYPE_CHECKING:
    from mcengine.inputs.study import Study

ENTRY = "mcengine.engine.crossing.add_points"
"""The compiled function that the rest of an analysis hangs from."""


def sensitivity(
    context: typer.Context,
    study: StudyArgument,
    method: Annotated[
        str,
        typer.Option(
            "--method", "-m", metavar="NAME", help=f"One of {', '.join(METHODS)}.", autocompletion=one_of(METHODS)
        ),
    ] = "sobol",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            metavar="NAME",
            help="Which output [default: npv, or the model's first].",
            autocompletion=output_names,
        ),
    ] = None,
    n: Annotated[
        str | None, typer.Option("--n", "-n", metavar="N", help="Base points a replicate, a power of two.")
    ] = None,
    replicates: Annotated[
        str | None, typer.Option("--replicates", metavar="R", help="Independent replicates [default: 16].")
    ] = None,
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="S", help="Whole number; drawn and recorded when left out.")
    ] = None,
    independent: Annotated[
        bool, typer.Option("--independent", help="Draw all inputs independently: no rank correlations.")
    ] = False,
    settings: SetOption = None,
    horizon: HorizonOption = None,
    threads: Annotated[
        str | None,
        typer.Option("--threads", metavar="T", help="Threads [default: every processor]; they change no number."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for sensitivity.json and its figures.")
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    group: GroupOption = None,
    second_order: SecondOrderOption = False,
    engine: EngineOption = None,
    permutations: PermutationsOption = None,
    share: ShareOption = None,
    at: AtOption = None,
    level: LevelOption = None,
    low: LowOption = None,
    high: HighOption = None,
    points: PointsOption = None,
    pair: PairOption = None,
    sets: SetsOption = None,
    against: AgainstOption = None,
    alternative: AlternativeOption = None,
    input_: InputOption = None,
    below: BelowOption = None,
    above: AboveOption = None,
    mass: MassOption = None,
    peel: PeelOption = None,
    most: MostOption = None,
    coverage: CoverageOption = None,
    pick: PickOption = None,
    count: CountOption = None,
    levels: LevelsOption = None,
    slides: SlidesOption = None,
    resamples: ResamplesOption = None,
    harmonics: HarmonicsOption = None,
    inner: InnerOption = None,
    curves: CurvesOption = None,
) -> None:
    """Say what drives an output: which assumptions, how much, and how sure that ranking is.

    Example: mcengine sensitivity evidence --method sobol --seed 7 --out out/drivers
    """
    faults = Faults()
    faults.choice("--method", method, tuple(METHODS))
    options: dict[str, Any] = {
        "output": output,
        "n": faults.whole("--n", n, 1),
        "replicates": faults.whole("--replicates", replicates, 2),
        "seed": faults.whole("--seed", seed, 0),
        "threads": faults.whole("--threads", threads, 1, MOST_THREADS),
        "groups": groups_of(group, faults),
        "second_order": second_order or None,
        "engine": faults.choice("--engine", engine, ENGINES),
        "at": faults.choice("--at", at, POINTS),
        "pairs": pairs_of(pair, faults),
        "sets": names_of(sets),
        "against": (studies_of("--against", [against] if against else None, faults) or [None])[0],
        "alternatives": studies_of("--alternative", alternative, faults),
        "inputs": tuple(input_) if input_ else None,
    }
    numbers = {"share": share, "level": level, "low": low, "high": high, "below": below, "above": above}
    numbers |= {"mass": mass, "alpha": peel, "coverage": coverage}
    options |= {name: faults.number(flag(name), text) for name, text in numbers.items()}
    wholes = {"permutations": permutations, "points": points, "most": most, "count": count, "levels": levels}
    wholes |= {"slides": slides, "resamples": resamples, "harmonics": harmonics, "inner": inner, "curves": curves}
    options |= {name: faults.whole(flag(name), text, 1) for name, text in wholes.items()}
    options["pick"] = faults.whole("--pick", pick, 0)
    opened = open_study(study, settings, horizon, faults)
    if independent:
        opened = replace(opened, correlations=False)
    _apply_to_others(options, study, opened, texts_of(settings, horizon), quiet=quiet)
    target = None
    if out is not None:
        from mcengine.store.sensitivity import check_place

        target = check_place(out)
    started = datetime.now(UTC)
    result = _analyse(opened, method, options, quiet=quiet)
    files = [] if target is None else _keep(result, target, context.find_root().obj, started)
    _print(result, files, json=json)


def _apply_to_others(options: dict[str, Any], name: str, opened: Study, texts: list[str], *, quiet: bool) -> None:
    """Give the other studies in `options` the settings of the command, and say so on stderr."""
    from mcengine.cli.others import like
    from mcengine.inputs.study import load_study

    others = [key for key in ("against", "alternatives") if options[key] is not None]
    if not others or not (texts or not opened.correlations):
        return
    before = load_study(name)
    independent = before.correlations and not opened.correlations
    for key in others:
        studies = options[key] if key == "alternatives" else [options[key]]
        found = [like(other, before, texts, independent=independent) for other in studies]
        changed = [study for study, _ in found]
        options[key] = changed if key == "alternatives" else changed[0]
        if not quiet:
            for sentence in (sentence for _, said in found for sentence in said):
                remark(f"mcengine: {sentence}")


def _shown(value: Any) -> Any:
    """A value as the user wrote it: a study by its name."""
    found = [getattr(one, "name", one) for one in (value if isinstance(value, list) else [value])]
    return found[0] if len(found) == 1 else found


def _analyse(study: Study, method: str, options: dict[str, Any], *, quiet: bool) -> Any:
    """The analysis, with progress on a terminal where the method reports it."""
    from mcengine.analysis.sensitivity import sensitivity as analyse
    from mcengine.models.build import build_model

    model = build_model(study, luck=True)
    known = inspect.signature(find(METHODS, method)).parameters
    wrong = [name for name, value in options.items() if value is not None and name not in known]
    if wrong:
        rule, flags = f"is not an option of {method}", [flag(name) for name in known]
        raise InputError([Fault(None, flag(w), _shown(options[w]), rule, nearest_name(flag(w), flags)) for w in wrong])
    if "observer" in known and not quiet and not compiled(ENTRY):
        remark("compiling the kernel (first analysis on this machine, about 30 s) ...")
    with Progress(shown=not quiet) as progress:
        watched = {"observer": progress.observe} if "observer" in known else {}
        try:
            return analyse(study, method, model=model, **options, **watched)
        except KeyboardInterrupt:
            raise InterruptedRun("stopped by the user; nothing was kept. The same command starts again.") from None


def _keep(result: Any, target: Path, command: list[str] | None, started: datetime) -> list[Path]:
    """Write the answer and its figures."""
    from mcengine.report.language import Language
    from mcengine.report.sensitivity_figures import pictures_of
    from mcengine.store.sensitivity import write_sensitivity

    pictures = {picture.name: picture.svg for picture in pictures_of(result, Language("en"))}
    return write_sensitivity(
        result.to_dict(), pictures, target, command=command, started=started, sources=result.study.sources
    )


def _print(result: Any, files: list[Path], *, json: bool) -> None:
    if json:
        print_json({**result.to_dict(), "files": [str(file) for file in files]})
        return
    print(text_of(result))
    written = "Nothing was written. Add --out DIR to keep the numbers and figures."
    print("\n" + (f"files: {', '.join(str(file) for file in files)}" if files else written))
