"""Warnings: corrections made twice, correlations and rows to no effect."""

from __future__ import annotations

from tests.inputs.conftest import Folder

CAUSAL = ('owner = "tests"', 'owner = "tests"\ncorrects = "additionality"')
ADDITIONALITY = """
[[assumptions]]
input = "private_additionality"
family = "uniform"
parameters = { low = 0.5, high = 1 }
unit = "share"
source = "tests"
confidence = "J"
owner = "tests"
date = "2026-11-23"
"""


def test_one_correction_is_no_warning(folder: Folder) -> None:
    assert folder.load().warnings == ()


def test_a_causal_row_beside_a_plan_value_that_is_not_neutral(folder: Folder) -> None:
    study = folder.edit("assumptions", *CAUSAL).load()
    warning = (
        "leverage (Lognormal(median 0.8, log-sd 0.4)) and "
        "private_additionality (0.95) correct the same thing, "
        "additionality: do not count it twice"
    )
    assert study.warnings == (warning,)
    assert study.sets[0].set.warnings == (warning,)


def test_a_neutral_fixed_value_ends_the_double_counting(folder: Folder) -> None:
    study = folder.edit("assumptions", *CAUSAL).load(set={"private_additionality": 1})
    assert study.warnings == ()


def test_a_fixed_value_that_is_not_neutral_starts_it(folder: Folder) -> None:
    folder.edit("assumptions", *CAUSAL).edit("plan", "value = 0.95", "value = 1")
    assert folder.load().warnings == ()
    (warning,) = folder.load(set=["private_additionality=0.8"]).warnings
    assert "private_additionality (0.8) correct the same thing, additionality" in warning


def test_a_row_that_is_fixed_no_longer_corrects(folder: Folder) -> None:
    study = folder.edit("assumptions", *CAUSAL).load(set=["leverage=0.5"])
    assert study.warnings[0] == (
        "leverage is fixed at 0.5 by the study; its row (Lognormal(median 0.8, log-sd 0.4)) is not used"
    )
    assert not any("correct the same thing" in warning for warning in study.warnings)


def test_two_rows(folder: Folder) -> None:
    folder.edit("assumptions", *CAUSAL)
    rows = (folder.path / "assumptions.toml").read_text() + ADDITIONALITY
    folder.write("assumptions.toml", rows)
    (warning,) = folder.load().warnings
    assert "private_additionality (Uniform(0.5, 1)) correct the same thing" in warning


def test_a_correlation_with_a_fixed_input(folder: Folder) -> None:
    study = folder.load(set=["leverage=0.5"])
    assert study.warnings[1:] == (
        "the correlation of leverage and success_clinical has no effect: leverage is not uncertain",
    )
    folder.edit("study", "[options]", "[options]").edit(
        "study", "schema = 1", "schema = 1\ncorrelations = false"
    )
    assert len(folder.load(set=["leverage=0.5"]).warnings) == 1


def test_warnings_of_a_pool_name_the_set(folder: Folder) -> None:
    text = (folder.path / "assumptions.toml").read_text()
    folder.write("other.toml", text.replace('name = "four_phases"', 'name = "other"', 1))
    folder.edit("assumptions", *CAUSAL)
    folder.edit(
        "study", 'assumptions = "assumptions.toml"', 'sets = { "assumptions.toml" = 0.5, "other.toml" = 0.5 }'
    )
    (warning,) = folder.load().warnings
    assert warning.startswith("four_phases: leverage")
