"""What to type next after a fault: the same command put right where that is plain, else the command that tells."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from mcengine.errors import Fault, nearest_name

_LISTED = ("study", "assumption set", "plan", "batch")
_STUDY_FILES = (".toml", ".xlsx", ".csv")
_MOST_TRIED = 100


def next_step(faults: Sequence[Fault], words: Sequence[str]) -> str:
    """The command to try after `faults` of the command line `words` ("mcengine" and what follows); "" for none."""
    if len(faults) == 1:
        corrected = _corrected(faults[0], words)
        if corrected:
            return shlex.join(corrected)
    for fault in faults:
        advice = _advice(fault, words)
        if advice:
            return advice
    return help_command(words)


def help_command(words: Sequence[str]) -> str:
    """The help of the command in `words`, of all of them where it has none."""
    name = _name(words)
    return f"mcengine {name} --help" if name else "mcengine --help"


def example_of(words: Sequence[str]) -> str:
    """The example in the help of the command in `words`; "" where it has none."""
    from mcengine.cli.app import app

    for command in app.registered_commands:
        called = command.name or getattr(command.callback, "__name__", "")
        if called == _name(words):
            lines = (command.callback.__doc__ or "").splitlines()
            return next((line.strip().removeprefix("Example: ") for line in lines if "Example: " in line), "")
    return ""


def _name(words: Sequence[str]) -> str:
    """The command's name; "" where the first word is none."""
    from mcengine.cli.app import app

    names = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    return words[1] if len(words) > 1 and words[1] in names else ""


def _corrected(fault: Fault, words: Sequence[str]) -> list[str] | None:
    """`words` with the nearest valid name, or a free folder, in place of what is wrong; None where it is not plain."""
    if fault.file is not None or not isinstance(fault.value, str | int | float) or isinstance(fault.value, bool):
        return None
    value, near = str(fault.value), fault.nearest
    instead = _instead(fault, value)
    if instead is not None or near is None:
        return _in_place(words, value, instead)
    if nearest_name(value, [near]) and not set("=,:") & set(value):  # else only a part of the value is wrong
        key = fault.key or ""
        for start in ("", f"{key}=", f"--{key}="):
            if changed := _in_place(words, f"{start}{value}", f"{start}{near}"):
                return changed
        return None
    start = f"{fault.key}="  # of --set
    found = [word for word in words if word.startswith(start)]
    return _in_place(words, found[0], f"{near}={found[0].removeprefix(start)}") if len(found) == 1 else None


def _instead(fault: Fault, value: str) -> str | None:
    """What would do where no name is near: the study that a run's folder holds, or a folder that is free."""
    if fault.key == "study" and (Path(value) / "study.toml").is_file():
        return (Path(value) / "study.toml").as_posix()
    taken = ("exists", "holds other files", "is a file", "is, or lies in")
    if fault.key in ("--out", "--xlsx") and fault.rule.startswith(taken):
        return _free(Path(value))
    return None


def _free(path: Path) -> str | None:
    """A path beside `path` that does not exist: out/evidence-2."""
    for number in range(2, _MOST_TRIED):
        other = path.with_name(f"{path.stem}-{number}{path.suffix}")
        if not other.exists() and not any(parent.is_file() for parent in other.parents):
            return other.as_posix()
    return None


def _in_place(words: Sequence[str], old: str, new: str | None) -> list[str] | None:
    """`words` with `new` where `old` stands, when it stands there once."""
    if new is None or new == old or list(words[1:]).count(old) != 1:
        return None
    return [words[0], *(new if word == old else word for word in words[1:])]


def _advice(fault: Fault, words: Sequence[str]) -> str:
    """The command that tells what would be valid, or checks again what was put right."""
    if fault.key in _LISTED and fault.file is None:
        return "mcengine list"
    if "no such input" in fault.rule and _study(words):
        return shlex.join(["mcengine", "check", _study(words), "--inputs"])
    if fault.file is None:
        return _run_again(Path(str(fault.value))) if fault.key == "DIR" else ""
    folder = Path(fault.file).parent
    if (folder / "provenance.json").exists() or fault.file.endswith("provenance.json"):
        return _run_again(folder, damaged=Path(fault.file).name)
    if Path(fault.file).suffix in _STUDY_FILES and len(words) > 2:
        if _name(words) == "batch":
            return shlex.join(["mcengine", "batch", words[2], "--dry-run"])
        return shlex.join(["mcengine", "check", _study(words) or fault.file])
    return ""


def _run_again(folder: Path, damaged: str = "") -> str:
    """The command that computes the run of a damaged folder again, where its study is left; else the list of runs."""
    study = folder / "study.toml"
    if damaged == study.name or not study.is_file():
        return "mcengine runs"
    return shlex.join(["mcengine", "run", str(study), "--out", f"{folder}-2"])


def _study(words: Sequence[str]) -> str:
    """The study that the command line names, where it stands in its usual place."""
    takes = ("check", "evaluate", "run", "sensitivity", "optimise")
    named = len(words) > 2 and words[1] in takes and not words[2].startswith("-")
    return words[2] if named else ""
