"""`Study.assuming`: a study with one assumption of the user's own."""

from __future__ import annotations

import pytest

from mcengine import load_study, run
from mcengine.errors import InputError
from mcengine.inputs.study import Study

WHO = {"source": "interviews", "owner": "reviewer", "date": "2026-11-24"}
PERT = {"low": 0.5, "mode": 1.5, "high": 3.0}


def changed(study: str = "evidence") -> Study:
    return load_study(study, horizon=2040).assuming("leverage", "pert", PERT, **WHO)


def test_the_row_is_replaced_and_nothing_else() -> None:
    before, after = load_study("evidence", horizon=2040), changed()
    (old,), (new,) = before.sets, after.sets
    row = new.set.row("leverage")
    assert row is not None
    assert (row.distribution.family, row.evidence.confidence, row.unit) == ("pert", "J", "EUR private / EUR public")
    assert [one for one in new.set.assumptions if one.input != "leverage"] == [
        one for one in old.set.assumptions if one.input != "leverage"
    ]
    assert new.set.correlations == old.set.correlations
    assert (after.plan, after.options) == (before.plan, before.options)
    assert (after.name, new.set.name) == ("evidence_own", "evidence_own")
    assert after.title["nl"].endswith("leverage gewijzigd")


def test_the_same_distribution_gives_the_same_draws() -> None:
    """Streams go by input: what is not changed is drawn as before, so the same row gives the same outcome."""
    same = load_study("evidence").assuming("leverage", "lognormal", {"median": 1.0, "log_sd": 0.6}, **WHO)
    first, second = (run(study, draws=3200, seed=1) for study in (load_study("evidence"), same))
    assert first["npv"].mean == second["npv"].mean
    assert run(changed(), draws=3200, seed=1)["npv"].mean != first["npv"].mean


def test_an_input_without_a_row_gets_one() -> None:
    study = load_study("evidence").assuming("displacement", "uniform", {"low": 0.0, "high": 0.3}, **WHO)
    assert "displacement" in study.uncertain


def test_faults_are_those_of_a_file_all_at_once() -> None:
    with pytest.raises(InputError) as caught:
        load_study("evidence").assuming(
            "leverage", "pert", {"low": -1.0, "mode": 2.0, "high": 1.0}, source="x", owner="", date="2026-13-01"
        )
    keys = {fault.key.rpartition(".")[2] for fault in caught.value.faults}
    assert {"owner", "date"} <= keys
    with pytest.raises(InputError, match=r"did you mean 'leverage'"):
        load_study("evidence").assuming("levarage", "pert", PERT, **WHO)
    with pytest.raises(InputError, match=r"outside|domain|below"):
        load_study("evidence").assuming("leverage", "normal", {"mean": 1.0, "sd": 1.0}, **WHO)
