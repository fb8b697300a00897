"""One small run, made once, that the tests write, spoil and replay in folders of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcengine import Result, load_study, run
from mcengine.store.results import write_run


@pytest.fixture(scope="session")
def result() -> Result:
    """Four replicates of 64 draws: too few for the outer quantiles, so that refused numbers are in it."""
    return run(load_study("textbook/linear_gaussian"), draws=256, replicates=4, seed=7)


@pytest.fixture(scope="session")
def other() -> Result:
    """The same study under another seed."""
    return run(load_study("textbook/linear_gaussian"), draws=256, replicates=4, seed=8)


@pytest.fixture
def folder(result: Result, tmp_path: Path) -> Path:
    """`result` written to a folder of its own."""
    return write_run(result, tmp_path / "out", command=["mcengine", "run", "textbook/linear_gaussian"])
