"""The option luck: where it may stand, what it refuses, and that it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcengine import Study, load_study
from mcengine.errors import InputError


@pytest.mark.parametrize("given", [{"luck": True}, ["luck=true"]])
def test_set_turns_luck_on_and_off(given: dict[str, bool] | list[str]) -> None:
    study = load_study("pipeline", set=given)
    assert study.options.luck is True
    assert study.varies
    assert study.overridden(["luck=false"]).options.luck is False
    assert study.overridden(luck=False) == load_study("pipeline")
    assert load_study("pipeline").options.luck is False


def test_a_resolved_study_keeps_it() -> None:
    study = load_study("pipeline", luck=True)
    data = study.resolved()
    assert data["options"]["luck"] is True
    assert Study.from_resolved(data, study.file).options.luck is True
    del data["options"]["luck"]  # as older run folders have it
    assert Study.from_resolved(data, study.file).options.luck is False


def test_a_study_file_sets_it(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    text = (
        'schema = 1\nname = "own"\nplan = "biotech_nexus"\nassumptions = "pipeline"\n'
        '[title]\nen = "Own"\nnl = "Eigen"\n[options]\naccounting = "pipeline"\nluck = true\n'
    )
    file.write_text(text)
    assert load_study(file).options.luck is True
    file.write_text(text.replace("luck = true", "luck = 1"))
    with pytest.raises(InputError, match=r"options\.luck"):
        load_study(file)


def test_luck_needs_whole_candidates() -> None:
    with pytest.raises(InputError, match="luck = True: needs accounting = 'pipeline'"):
        load_study("evidence", luck=True)
    with pytest.raises(InputError, match="luck = True: needs accounting = 'pipeline'"):
        load_study("pipeline", luck=True).overridden(accounting="plan")
    assert load_study("evidence", set=["luck=true", "accounting=pipeline"]).options.luck is True


@pytest.mark.parametrize("text", ["maybe", "1", "tru"])
def test_luck_is_true_or_false(text: str) -> None:
    with pytest.raises(InputError, match="must be true or false"):
        load_study("pipeline", set=[f"luck={text}"])


def test_a_model_of_its_own_has_no_such_option() -> None:
    with pytest.raises(InputError, match="model of its own"):
        load_study("textbook/ishigami", luck=True)
