from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from numba.core import config

from mcengine.analysis.simulate import run
from mcengine.cli import progress
from mcengine.cli.progress import Progress, announce_compiling, compiled
from mcengine.inputs.study import load_study
from mcengine.models.build import build_model

FUNCTION = "mcengine.models.model._call"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    folder = tmp_path / "models_0123"
    folder.mkdir()
    return folder


def test_compiled_code_is_known_by_an_index_younger_than_its_source(cache: Path) -> None:
    assert not compiled(FUNCTION)
    index = cache / "model._call-150.py311.nbi"
    index.touch()
    assert compiled(FUNCTION)
    os.utime(index, (0, 0))
    assert not compiled(FUNCTION)


def test_compiled_code_beside_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", "")
    folder = Path(sys.modules["mcengine.models.model"].__file__ or "").parent / "__pycache__"
    assert compiled(FUNCTION) == any(folder.glob("model._call-*.nbi")) or not compiled(FUNCTION)
    assert compiled("some.other.module.function")  # nothing can be said of it


def test_compiling_is_announced_once(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = build_model(load_study("replica"))
    announce_compiling(model, sampling=False)
    assert "first run on this machine" in capsys.readouterr().err
    announce_compiling(model, sampling=False, quiet=True)
    for name in ("model._call-1", "investment.rows-1"):
        (cache / f"{name}.py311.nbi").touch()
    announce_compiling(model, sampling=False)
    assert capsys.readouterr() == ("", "")


def test_every_entry_point_that_is_looked_for_exists() -> None:
    for name in progress._ENTRY.values():
        module, _, function = name.rpartition(".")
        assert hasattr(sys.modules[module], function)


def test_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(shown=True) as watched:
        run(load_study("evidence"), draws=4096, seed=1, observer=watched.observe)
    assert watched.finished_replicates == 32
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("columns", ["80", "160"])
def test_on_a_terminal_it_ends_at_the_pooled_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    with Progress(shown=True) as watched:
        result = run(load_study("evidence"), draws=4096, seed=1, observer=watched.observe)
    share = result["npv"].prob_positive
    assert share.ci95 is not None
    low, high = (float(bound) for bound in share.ci95)
    assert isinstance(share.value, float)
    assert watched.answer() == f"P(NPV > 0) {share.value:.2%} ({low:.2%} - {high:.2%})"
    shown = capsys.readouterr().err
    assert "draws/s" in shown or "draws" in shown


def test_quiet_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress(shown=False) as watched:
        run(load_study("replica"), draws=64, seed=1, observer=watched.observe)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (8192, "8,192"), (838_400, "838k"), (8_388_608, "8.39M")]
)
def test_counts_are_short(count: int, text: str) -> None:
    assert progress.short(np.float64(count)) == text
