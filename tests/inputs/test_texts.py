"""Texts in one language or two: read, told apart, written and read back."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from mcengine.inputs.plan import load_plan
from mcengine.inputs.study import Study, load_study
from mcengine.inputs.texts import Text, said, written
from tests.inputs.conftest import faults_of


def test_two_texts_are_equal_in_both_languages_only() -> None:
    both, once = Text("table 2", "tabel 2"), Text("table 2")
    assert once == "table 2" and both != "table 2" and both != once  # noqa: PT018
    assert both == Text("table 2", "tabel 2") != Text("table 2", "tafel 2")
    assert pickle.loads(pickle.dumps(both)) == both
    assert [said(both, code) for code in ("en", "nl")] == ["table 2", "tabel 2"]
    assert said("as it is", "nl") == written(Text("as it is", "as it is")) == "as it is"
    assert written(both) == {"en": "table 2", "nl": "tabel 2"}


@pytest.mark.parametrize("name", ["evidence", "pipeline", "sceptical", "plan_centred"])
def test_every_place_and_note_of_the_bundled_files_is_there_in_dutch(name: str) -> None:
    study = load_study(name)
    assert Study.from_resolved(study.resolved(), study.file) == study
    plan = load_plan("biotech_nexus")
    places = [one.locator for one in (*plan.inputs, *plan.inconsistencies, *plan.not_counted)]
    assert all(said(text, "nl") != text for text in places)
    assert all(said(figure.source, "nl") != figure.source for figure in plan.published)
    rows = study.sets[0].set
    assert all(said(row.evidence.note, "nl") != row.evidence.note for row in rows.assumptions)
    assert all(said(pair.note, "nl") != pair.note for pair in rows.correlations)
    assert rows.rows["structural_share"].evidence.shape == (None if name == "plan_centred" else "J")


@pytest.mark.parametrize(
    ("note", "key", "rule"),
    [
        ("{ en = 'why' }", "note.nl", "is required"),
        ("{ en = 'why', nl = ' ' }", "note", "must not be blank in one of the languages"),
        ("{ en = 'why', nl = 'waarom', de = 'warum' }", "note.de", "unknown key; valid keys: en, nl"),
        ("3", "note", "must be text, or a table with a text for en and one for nl"),
    ],
)
def test_a_text_that_is_none_is_refused(note: str, key: str, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        f"""schema = 1
name = "mine"
plan = "biotech_nexus"
title = {{ en = "Mine", nl = "Mijn" }}
[[assumptions]]
input = "displacement"
family = "constant"
parameters = {{ value = 0.1 }}
unit = "share"
source = "me"
confidence = "J"
owner = "me"
date = "2026-11-23"
note = {note}
""",
        encoding="utf-8",
    )
    (fault,) = faults_of(lambda: load_study(path))
    assert (fault.key, fault.rule) == (f"assumptions[1:displacement].{key}", rule)
