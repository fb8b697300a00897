"""Manifests and plans: runs in order under readable names, and every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcengine.errors import InputError
from mcengine.inputs import catalog
from mcengine.scale.manifest import read_manifest
from mcengine.scale.plan import BatchPlan, plan_batch

HEAD = 'schema = 1\nname = "b"\nseed = 1\n'


def plan(folder: Path, text: str) -> BatchPlan:
    (folder / "b.toml").write_text(HEAD + text)
    return plan_batch(read_manifest(str(folder / "b.toml")))


def faults(folder: Path, text: str) -> dict[str | None, str]:
    with pytest.raises(InputError) as caught:
        plan(folder, text)
    assert all(fault.file and fault.file.endswith("b.toml") for fault in caught.value.faults)
    return {fault.key: str(fault) for fault in caught.value.faults}


def test_studies_times_matrix_then_further_runs(tmp_path: Path) -> None:
    found = plan(
        tmp_path,
        """
        studies = ["evidence", "sceptical"]
        [matrix]
        horizon = [2035, 2050]
        discount_rate = [0.0225]
        [[runs]]
        study = "textbook/ishigami"
        draws = 4096
        set = { x1 = 0.5 }
        """,
    )
    assert [run.slug for run in found.runs] == [
        "evidence--horizon-2035--discount_rate-0.0225",
        "evidence--horizon-2050--discount_rate-0.0225",
        "sceptical--horizon-2035--discount_rate-0.0225",
        "sceptical--horizon-2050--discount_rate-0.0225",
        "textbook-ishigami--x1-0.5",
    ]
    assert [run.cell.draws for run in found.runs] == [1_000_000] * 4 + [4096]
    study = found.runs[1].study
    assert study is not None
    assert (study.options.horizon, study.fixed["discount_rate"]) == (2050, 0.0225)
    assert all(len(pair[1]) == 64 for files in found.files.values() for pair in files)


def test_names_are_safe_and_unique(tmp_path: Path) -> None:
    (tmp_path / "my study.toml").write_bytes(catalog.find("study", "textbook/ishigami").read_bytes())
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "my study.toml").write_bytes(catalog.find("study", "textbook/ishigami").read_bytes())
    found = plan(
        tmp_path, 'studies = ["my study.toml", "./my study.toml", "./deep/my study.toml"]\n[matrix]\nx1=[-0.5]'
    )
    assert [run.slug for run in found.runs] == ["my_study--x1--0.5", "my_study--x1--0.5-2", "my_study--x1--0.5-3"]


def test_every_fault_of_a_manifest_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        draws = 10
        until = "npv.mean=fast"
        sampler = "sobal"
        cap = 0
        hours = -1.0
        studys = ["evidence"]
        studies = ["evidence", "evidence"]
        [matrix]
        horizon = [2035, 2035]
        leverage = []
        accounting = [true]
        [[runs]]
        study = "sceptical"
        until = "npv.mean=0"
        [sensitivity]
        methods = ["sobl"]
        [sensitivity.sobol]
        n = 64
        """,
    )
    parts = {
        "draws": "must be between 64",
        "until": "must be output.statistic=half-width",
        "sampler": "did you mean 'sobol'",
        "cap": "must be at least 1",
        "hours": "must be above 0",
        "studys": "did you mean 'studies'",
        "studies": "stands in the list twice",
        "matrix.horizon": "stands in the list twice",
        "matrix.leverage": "must have at least one value",
        "matrix.accounting": "must be a number",
        "runs[1].until": "must be a number above 0",
        "sensitivity.methods": "did you mean 'sobol'",
        "sensitivity.sobol": "is not one of `methods`",
    }
    assert set(parts) <= set(found)
    for key, part in parts.items():
        assert part in found[key], key


def test_what_the_studies_do_not_know_is_refused_where_it_stands(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        studies = ["evidence"]
        until = "npw.mean=1m"
        [matrix]
        leverag = [1.0]
        discount_rate = [-3.0]
        [[runs]]
        study = "evidenc"
        [[runs]]
        study = "sceptical"
        set = { horizon = 1999 }
        """,
    )
    assert "did you mean 'leverage'" in found["matrix.leverag"]
    assert "-3.0" in found["matrix.discount_rate"]
    assert "did you mean 'evidence'" in found["runs[1]"]
    assert "1999" in found["runs[2].set.horizon"]
    found = faults(tmp_path, 'studies = ["evidence"]\nuntil = "npw.mean=1m, npv.men=1m"')
    assert "did you mean" in found["until"]


def test_sensitivity_options_are_those_of_the_method(tmp_path: Path) -> None:
    found = faults(tmp_path, 'studies = ["evidence"]\n[sensitivity]\nmethods = ["sobol"]\n[sensitivity.sobol]\nm = 2')
    assert "is not an option of sobol" in found["sensitivity.sobol.m"]
    sound = plan(tmp_path, 'studies = ["evidence"]\n[sensitivity]\nmethods = ["sobol"]\n[sensitivity.sobol]\nn = 64')
    assert dict(sound.manifest.sensitivity) == {"sobol": {"n": 64}}


@pytest.mark.parametrize(
    ("text", "rule"),
    [("", "a batch needs `studies`"), ("studies = 3", "must be a list"), ("studies = [", "not valid TOML")],
)
def test_manifests_without_runs(tmp_path: Path, text: str, rule: str) -> None:
    assert any(rule in fault for fault in faults(tmp_path, text).values())


def test_too_many_runs_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    axes = "\n".join(f"x{k} = [{', '.join(str(v) for v in range(100))}]" for k in range(6))
    assert "asks for 1,000,000,000,000 runs" in str(faults(tmp_path, f'studies = ["evidence"]\n[matrix]\n{axes}'))


def test_a_studys_own_fault_is_no_fault_of_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('schema = 1\nname = "bad"\nplan = "biotech_nexus"\n')
    found = plan(tmp_path, 'studies = ["bad.toml", "textbook/ishigami"]')
    assert [run.study is None for run in found.runs] == [True, False]
    assert found.runs[0].fault is not None


def test_the_same_run_twice_is_refused(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        studies = ["evidence"]
        [matrix]
        horizon = [2035, 2050]
        [[runs]]
        study = "evidence"
        set = { horizon = 2050 }
        """,
    )
    assert "is the second run with horizon=2050" in found["runs[1]"]


def test_a_seed_is_drawn_when_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text('schema = 1\nname = "b"\nstudies = ["textbook/ishigami"]\n')
    read = read_manifest(str(tmp_path / "b.toml"))
    assert plan_batch(read).seed != plan_batch(read).seed
    assert plan_batch(read, seed=7).seed == 7


def test_the_bundled_manifests_are_no_studies() -> None:
    assert catalog.batches() == catalog.BATCHES
    assert not set(catalog.BATCHES) & set(catalog.studies())
    assert len(plan_batch(read_manifest("overnight")).runs) >= 48
    assert len(plan_batch(read_manifest("smoke")).runs) >= 4
    with pytest.raises(InputError, match=r"bundled batch .*did you mean 'overnight'"):
        read_manifest("overnigt")
