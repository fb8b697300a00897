"""What `mcengine sensitivity` prints for morris, pawn, delta and rbd-fast."""

from __future__ import annotations

import numpy as np
import pytest

from mcengine.analysis.measures import MeasuresResult, Scale, measured
from mcengine.analysis.ranking import Ranking
from mcengine.cli.measures import measures_text
from mcengine.cli.ranking import sure
from mcengine.engine.saltelli import Factor
from mcengine.inputs.study import load_study

from .conftest import SEED, Cli

SMALL = ("--replicates", "4", "--seed", SEED, "--n")
ANSWERS = {
    "morris": ("16", "evidence: NPV moves most with", "mu*, EUR m", "moved as one group", "trajectories in each"),
    "pawn": (
        "128",
        "evidence: the distribution of NPV moves most with leverage",
        "median KS",
        "(dummy)",
        "as they are",
    ),
    "delta": ("128", "evidence: the distribution of NPV moves most with leverage", "delta", "(dummy)", "as they are"),
    "rbd-fast": ("128", "evidence: the variance of NPV comes most from leverage", "S1", "(dummy)", "as they are"),
}


@pytest.mark.parametrize("method", ANSWERS)
def test_the_text_answers_first_and_says_how_sure_it_is(cli: Cli, method: str) -> None:
    n, opening, *words = ANSWERS[method]
    answer = cli("sensitivity", "evidence", "--method", method, *SMALL, n)
    assert answer.code == 0
    assert answer.out.startswith(opening)
    for word in (*words, "with chance", "digest sha256:"):
        assert word in answer.out


@pytest.mark.parametrize("method", ANSWERS)
def test_a_narrow_terminal_keeps_the_first_measure_and_its_interval(
    cli: Cli, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    answer = cli("sensitivity", "evidence", "--method", method, *SMALL, ANSWERS[method][0]).out
    table = [line for line in answer.splitlines() if line.startswith("  leverage ")]
    assert table
    assert all(len(line) <= 60 for line in answer.splitlines() if not line.startswith(("digest", "files", "Nothing")))
    assert "[" in table[0]


def test_json(cli: Cli) -> None:
    command = ("sensitivity", "textbook/ishigami", "--method", "rbd-fast", *SMALL, "256", "--json")
    data = cli(*command).data
    assert data["inputs"]["x1"]["s1"]["value"] == pytest.approx(0.31, abs=0.1)
    assert data == cli(*command, "--threads", "1").data


FACTORS = (Factor("a", ("a",)), Factor("b", ("b",)))


def answer(values: list[float], dummy: float, spread: float) -> str:
    each = np.array([[[value + spread * s] for value in (*values, dummy)] for s in (-1.0, 0.0, 1.0)])
    main = measured(
        "as studied", FACTORS, Scale(("s1",), ("s1",), "indices"), each.mean(axis=0), each, n=8, seed=1, evaluations=24
    )
    return measures_text(
        MeasuresResult(
            study=load_study("textbook/ishigami"), output="y", unit="1", method="rbd-fast", measures=("s1",),
            units={"s1": "1"}, settings={"harmonics": 4}, seed=1, n=8, replicates=3, main=main,
        )
    )  # fmt: skip


def test_nobody_above_the_dummy() -> None:
    text = answer([0.01, 0.02], 0.015, 0.01)
    assert text.startswith("textbook/ishigami: no input of this study is told apart from one that does nothing")
    assert "Not told apart from the dummy: a, b." in text
    assert "the top" not in text


def test_a_negative_share_is_explained() -> None:
    assert "read it as 0" in answer([0.5, -0.01], 0.0, 0.01)
    assert "read it as 0" not in answer([0.5, 0.01], 0.0, 0.01)


def test_what_has_no_value_or_interval_is_explained(cli: Cli) -> None:
    out = cli("sensitivity", "evidence", "--method", "morris", *SMALL, "8").out
    assert "- in the table: only the size of an effect counts where inputs move together" in " ".join(out.split())


def ranking(**changes: object) -> Ranking:
    given = {
        "order": ("a", "b", "c"), "settled": False, "open_pairs": (("a", "b"),), "top": ("a", "b"), "chance": 0.9,
        "n": 1 << 15, "rate": 0.5, "what": "deltas", "floor": "the dummy's level",
    }  # fmt: skip
    return Ranking(**(given | changes))  # type: ignore[arg-type]


def test_how_sure_an_order_is() -> None:
    assert sure(None) == ""
    assert "The top 2 are the top 2 with chance 90.0%. Not told apart yet: a and b." in sure(ranking())
    assert "About 32,768 draws a replicate would settle the order" in " ".join(sure(ranking(), "draws").split())
    assert "which takes more replicates" in " ".join(sure(ranking(), "trajectories", 1 << 14).split())
    assert "call them equal" in sure(ranking(n=None))
    settled = sure(ranking(settled=True, open_pairs=(), n=64, chance=0.9999, top=("a",)))
    assert settled == (
        "The first is the first with chance above 99.9%. The order of the deltas is settled down to the dummy's level."
    )
    assert sure(ranking(settled=True, open_pairs=(), chance=None, floor="")) == "The order of the deltas is settled."
