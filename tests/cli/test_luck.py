"""Luck as a user meets it: `--set luck=true` in a run, its folder and report, and the method."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import DRAWS, SEED, Cli

RUN = ("run", "pipeline", "--set", "luck=true", "--draws", DRAWS, "--seed", SEED, "--quiet")


def test_a_run_splits_its_spread_without_being_asked(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "lucky"
    answer = cli(*RUN, "--out", folder)
    assert answer.code == 0
    assert "luck: pipeline: of the variance of the NPV, ignorance makes" in answer.out
    summary = json.loads((folder / "summary.json").read_text())
    shares = [summary["luck"][name]["share"] for name in ("ignorance", "luck")]
    assert abs(sum(share["value"] for share in shares) - 1.0) < 1e-12
    assert all(share["ci95"][0] < share["value"] < share["ci95"][1] for share in shares)
    for code, title in (("en", "Luck against ignorance"), ("nl", "Kennisonzekerheid en toeval")):
        page = (folder / f"report.{code}.html").read_text()
        assert title in page
        for name in ("split", "band"):
            assert (folder / "figures" / f"sensitivity_luck_{name}.{code}.svg").is_file()
    again = cli("replay", folder)
    assert again.code == 0
    assert "identical" in again.out
    alone = cli("replay", folder, "--draw", "1:3", "--json").data
    assert alone["draw"]["replicate"] == 1


def test_luck_widens_a_run_and_not_its_inputs(cli: Cli) -> None:
    lucky, plain = cli(*RUN, "--json").data, cli(*RUN[:2], *RUN[4:], "--json").data
    assert lucky["digest"] != plain["digest"]
    assert lucky["correlations"] == plain["correlations"]
    assert "luck" not in plain


def test_the_method_and_its_refusal(cli: Cli) -> None:
    found = cli(
        "sensitivity", "pipeline", "--method", "luck", "--set", "luck=true", "--n", "64", "--seed", SEED, "--json"
    )
    assert found.code == 0
    assert found.data["method"] == "luck"
    assert len(found.data["band"]["curves"]) == 25
    refused = cli("sensitivity", "pipeline", "--method", "luck")
    assert refused.code == 2
    assert "--set luck=true" in refused.err
    assert cli("run", "evidence", "--set", "luck=true").code == 2


def test_evaluate_says_that_it_is_of_expected_values(cli: Cli) -> None:
    found, same = cli("evaluate", "pipeline", "--set", "luck=true"), cli("evaluate", "pipeline")
    assert "expected values: luck is drawn in runs only" in found.out
    assert "expected values" not in same.out
