"""Small runs for the report's tests and their reports, each made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mcengine.analysis.result import Result
from mcengine.analysis.simulate import run
from mcengine.inputs.study import load_study
from mcengine.report.html import write_report

POOL = """
schema = 1
name = "pool"
plan = "biotech_nexus"
sets = { plan_centred = 0.25, evidence = 0.5, sceptical = 0.25 }
correlations = false
title = { en = "Pool of sets", nl = "Gewogen sets" }
"""


def small(name: str | Path, draws: int = 4096) -> Result:
    return run(load_study(name), draws=draws, replicates=8, seed=1)


@pytest.fixture(scope="session")
def evidence() -> Result:
    return small("evidence")


@pytest.fixture(scope="session")
def replica() -> Result:
    return small("replica")


@pytest.fixture(scope="session")
def ishigami() -> Result:
    return small("textbook/ishigami")


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Result:
    file = tmp_path_factory.mktemp("pool") / "pool.toml"
    file.write_text(POOL, encoding="utf-8")
    return small(file)


@pytest.fixture(scope="session")
def written(  # the arguments are the runs
    evidence: Result,
    replica: Result,
    ishigami: Result,
    pool: Result,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Path]:
    """The folder with the report of one of the runs above, by its name here."""
    results = {"evidence": evidence, "replica": replica, "ishigami": ishigami, "pool": pool}
    folders: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            write_report(results[name], folders[name])
        return folders[name]

    return folder
