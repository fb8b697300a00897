"""Small runs for the report's tests and their reports, each made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mcengine.analysis.result import Result
from mcengine.analysis.simulate import run
from mcengine.inputs.assumptions import Correlation
from mcengine.inputs.study import Study, load_study
from mcengine.report.html import write_report

POOL = """
schema = 1
name = "pool"
plan = "biotech_nexus"
sets = { plan_centred = 0.25, evidence = 0.5, sceptical = 0.25 }
title = { en = "Pool of sets", nl = "Gewogen sets" }

[outputs]
names = ["cash_flow[2030]", "jobs[2035]"]
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


def correlated(*pairs: Correlation) -> Study:
    """The linear textbook study with these correlations."""
    study = load_study("textbook/linear_gaussian")
    member = study.sets[0]
    return replace(
        study,
        name="correlated",
        correlations=True,
        sets=(replace(member, set=replace(member.set, correlations=pairs)),),
    )


@pytest.fixture(scope="session")
def repaired() -> Result:
    """Correlations that cannot all hold, and targets of which one is out of reach: stopped at the cap."""
    pairs = (Correlation("x1", "x2", 0.7), Correlation("x1", "x3", 0.7), Correlation("x2", "x3", -0.05, "M", "a note"))
    until = "y.mean=1e-9, y.prob_positive=5pp"
    return run(correlated(*pairs), draws=4096, replicates=8, seed=1, until=until, cap=16384)


@pytest.fixture(scope="session")
def independent() -> Result:
    study = replace(load_study("evidence"), correlations=False)
    return run(study, draws=4096, replicates=8, seed=1, outputs=("cash_flow[2030]",))


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
    repaired: Result,
    independent: Result,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Path]:
    """The folder with the report of one of the runs above, by its name here."""
    results = {"evidence": evidence, "replica": replica, "ishigami": ishigami, "pool": pool}
    results |= {"repaired": repaired, "independent": independent}
    folders: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            write_report(results[name], folders[name])
        return folders[name]

    return folder
