"""Commands are called in this process, through the entry point, so that a test takes milliseconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcengine.cli.main import main

DRAWS = "4096"  # 128 a replicate: the 5% quantile is carried
SEED = "7"


@dataclass(frozen=True)
class Answer:
    """Exit code and output of one command."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """stdout as strict JSON."""
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))


Cli = Callable[..., Answer]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Answer(code, out, err)

    return call


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs `evidence` and `sceptical`. Read only: copy before changing anything."""
    folder = tmp_path_factory.mktemp("runs")
    for study in ("evidence", "sceptical"):
        arguments = ["run", study, "--draws", DRAWS, "--seed", SEED, "--out", str(folder / study), "--quiet"]
        assert main(arguments) == 0
    return folder
