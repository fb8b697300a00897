"""Runs and templates made by the program itself, then opened and saved by LibreOffice, each once for all tests."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook

from mcengine.cli.main import main

SEED, DRAWS = "7", "4096"  # 128 a replicate: the 5% quantile is carried

POOL = """
schema = 1
name = "pool"
plan = "biotech_nexus"
sets = { plan_centred = 0.25, evidence = 0.5, sceptical = 0.25 }
title = { en = "Pool of sets", nl = "Gewogen sets" }

[outputs]
names = ["cash_flow[2030]", "jobs[2035]"]

[sensitivity]
methods = ["tornado", "tail"]
output = "npv"
tail = { n = 64, replicates = 4 }
"""

PIPELINE = """
schema = 1
name = "lucky"
plan = "biotech_nexus"
assumptions = "pipeline"
title = { en = "Real candidates", nl = "Echte kandidaten" }

[options]
accounting = "pipeline"
luck = true

[sensitivity]
methods = ["shapley", "waterfall"]
output = "npv"
shapley = { n = 64, replicates = 4 }
waterfall = { against = "evidence" }
"""

RUNS = {"pool": POOL, "lucky": PIPELINE}
TEMPLATES = (("evidence", "en"), ("evidence", "nl"), ("pipeline", "nl"))


@dataclass(frozen=True)
class Office:
    """LibreOffice without windows, with a profile of its own, so that several may run side by side."""

    program: str
    profile: Path

    def saved(self, paths: Sequence[Path], folder: Path, ending: str = "xlsx") -> list[Path]:
        """Each file opened, worked out and saved again into `folder`."""
        command = [self.program, f"-env:UserInstallation={self.profile.as_uri()}", "--headless"]
        command += ["--convert-to", ending, "--outdir", str(folder), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        found = [folder / f"{path.stem}.{ending}" for path in paths]
        assert all(path.is_file() for path in found), done.stdout + done.stderr
        return found


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed here")
    return Office(program, tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of real runs, by the study's name."""
    folder = tmp_path_factory.mktemp("runs")
    for name, text in RUNS.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        until = ["--until", "npv.mean=10bn"] if name == "pool" else []
        command = ["run", folder / f"{name}.toml", "--draws", DRAWS, "--seed", SEED, *until]
        assert main([*map(str, command), "--out", str(folder / name), "--quiet"]) == 0
    return {name: folder / name for name in RUNS}


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Templates as the command writes them, by study and language."""
    folder = tmp_path_factory.mktemp("templates")
    found = {(study, code): folder / f"{study}.{code}.xlsx" for study, code in TEMPLATES}
    for (study, code), path in found.items():
        assert main(["template", "--xlsx", str(path), "--study", study, "--language", code]) == 0
    return found


@pytest.fixture(scope="session")
def saved(
    office: Office,
    runs: dict[str, Path],
    templates: dict[tuple[str, str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Path]:
    """What LibreOffice saved: the workbook of a run by its name, or a template by study and language."""
    folder = tmp_path_factory.mktemp("saved")
    books = {(name,): folder / "in" / f"{name}.xlsx" for name in runs}
    (folder / "in").mkdir()
    for (name,), path in books.items():
        shutil.copy(runs[name] / "report.xlsx", path)
    every = books | templates
    files = dict(zip(every, office.saved([*every.values()], folder), strict=True))
    return lambda *key: files[key]


@dataclass(frozen=True)
class Edited:
    """Changes a copy of a template that LibreOffice saved."""

    source: Path
    folder: Path

    def __call__(self, edit: Callable[..., None]) -> Path:
        """The copy, after `edit` had its workbook."""
        book = load_workbook(self.source)
        edit(book)
        path = self.folder / "my.xlsx"
        book.save(path)
        return path


@pytest.fixture
def edited(saved: Callable[..., Path], tmp_path: Path) -> Edited:
    return Edited(saved("evidence", "en"), tmp_path)
