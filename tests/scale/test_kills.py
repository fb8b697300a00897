"""kill -9 at any moment and at any write: the batch goes on, and ends with the same bytes as an undisturbed one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import MANIFEST

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: a kill leaves what was written there all the same, and syncs are quick."""
    shared = Path("/dev/shm")
    if not (shared.is_dir() and os.access(shared, os.W_OK)):
        yield tmp_path
        return
    made = Path(tempfile.mkdtemp(prefix="mcengine-test-", dir=shared))
    yield made
    shutil.rmtree(made)


def drive(folder: Path, kind: str, *numbers: int) -> Any:
    (folder / "batch.toml").write_text(MANIFEST)
    words = [kind, str(folder / "batch.toml"), str(folder / "out"), *(str(number) for number in numbers)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.scale.killed", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    errors = "".join(path.read_text() for path in folder.glob("out/*.err"))
    assert done.returncode == 0, done.stderr + errors
    return json.loads(done.stdout)


def test_twenty_kills_at_random_moments(folder: Path) -> None:
    found = drive(folder, "moments", 20, 1)
    assert found["kills"] == 20
    assert found["same"]


def test_a_kill_before_every_eleventh_write(folder: Path) -> None:
    found = drive(folder, "points", 11, 4)
    assert found["points"] > 60
    assert found["left"] == []


@pytest.mark.slow
def test_a_kill_before_every_write(folder: Path) -> None:
    """Temporary files, syncs, renames, journal, run folders, index: each write of a batch in turn."""
    found = drive(folder, "points")
    assert found["points"] > 60
    assert found["left"] == []
