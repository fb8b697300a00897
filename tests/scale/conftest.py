"""Small batches of textbook models, in a folder of the test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mcengine.scale.batch import Reports
from mcengine.scale.start import Outcome, run_batch

MANIFEST = """
schema = 1
name = "small"
seed = 5
draws = 2048
until = "y.mean=0.0001"
cap = 8192
reports = false
studies = ["textbook/linear_gaussian", "textbook/ishigami"]
"""


class Plain:
    """Reports that write little."""

    def run(self, result: Any, folder: Path) -> None:
        (folder / "report.txt").write_text(result.digest)

    def analysis(self, result: Any) -> Mapping[str, str]:
        return {"picture": "<svg/>"}

    def index(self, plan: Any, states: Any, folder: Path) -> str:
        return "".join(f"{state.slug} {state.digest}\n" for state in states)


def compute(folder: Path, text: str | None = None, name: str = "batch.toml", **options: Any) -> Outcome:
    """The batch of a manifest's text, in folder/out; `text` None: of the manifest that is there."""
    path = folder / name
    if text is not None:
        path.write_text(text)
    reports: Reports = options.pop("reports", Plain())
    return run_batch(str(path), options.pop("out", folder / "out"), reports, **options)


def results(out: Path) -> dict[str, bytes]:
    """What a batch came to, by run: summary.json byte for byte, which holds the digest."""
    return {path.parent.name: path.read_bytes() for path in sorted(out.glob("runs/*/summary.json"))}


def journal(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The results of the small batch, undisturbed."""
    folder = tmp_path_factory.mktemp("whole")
    outcome = compute(folder, MANIFEST)
    assert outcome.failed == []
    return results(folder / "out")
