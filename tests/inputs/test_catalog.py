"""Finding bundled files and a user's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcengine.errors import McEngineError
from mcengine.inputs import catalog
from mcengine.inputs.study import load_study
from tests.inputs.conftest import Folder, faults_of

ROOT = Path(__file__).parents[2]


def test_bundled_studies_come_in_the_order_of_the_contract() -> None:
    names = catalog.studies()
    ordered = [name for name in catalog.STUDY_ORDER if name in names]
    assert list(names[: len(ordered)]) == ordered
    assert {"replica", "plan_centred", "evidence", "sceptical", "textbook/ishigami"} <= set(names)
    assert not [name for name in names if name.startswith("plans/")]


def test_bundled_plans_and_sets() -> None:
    assert catalog.plans() == ("biotech_nexus",)
    assert catalog.assumption_sets()[:4] == ("replica", "plan_centred", "evidence", "sceptical")


def test_unknown_study_names_the_nearest() -> None:
    (fault,) = faults_of(lambda: catalog.find("study", "evidnce"))
    assert fault.rule.startswith("no such file and no bundled study of this name; bundled: replica, ")
    assert str(fault).endswith("(did you mean 'evidence'?)")


def test_a_mistyped_path_names_the_file_beside_it(folder: Folder) -> None:
    (fault,) = faults_of(lambda: catalog.find("study", folder.path / "stdy.toml"))
    assert fault.nearest == str(folder.path / "study.toml")
    (fault,) = faults_of(lambda: catalog.find("study", "/nowhere/evidence.toml"))
    assert fault.nearest == "evidence"


@pytest.mark.parametrize("name", ["", " ", "a\0b", "x" * 5000, ".", "/"])
def test_names_that_are_no_paths_are_refused(name: str) -> None:
    assert faults_of(lambda: catalog.find("study", name))


def test_own_path_wins_over_a_bundled_name(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(folder.path / "study.toml", folder.path / "evidence")
    assert catalog.find("study", "evidence").is_relative_to(ROOT / "studies")
    assert catalog.find("study", "evidence", relative_to=folder.path) == folder.path / "evidence"
    monkeypatch.chdir(folder.path)
    assert catalog.find("study", "evidence") == folder.path / "evidence"


def test_a_folder_of_that_name_does_not_hide_the_bundled_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evidence").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_study("evidence").name == "evidence"


def test_paths_in_a_file_are_relative_to_it(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.path.parent)
    assert load_study("four/study.toml").plan is not None
    assert load_study("four/study.toml").file == "four/study.toml"


def test_shown_names() -> None:
    assert catalog.shown(ROOT / "studies" / "evidence.toml") == "studies/evidence.toml"
    assert catalog.shown(Path("/nowhere/x.toml")) == "/nowhere/x.toml"


def test_data_inside_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "mcengine"
    for name in ("studies", "distributions"):
        shutil.copytree(ROOT / name, package / "_data" / name)
    (package / "inputs").mkdir()
    monkeypatch.setattr(catalog, "__file__", str(package / "inputs" / "catalog.py"))
    assert catalog.find("study", "replica") == package / "_data" / "studies" / "replica.toml"
    assert load_study("evidence").file == "studies/evidence.toml"


def test_an_installation_without_data_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "__file__", str(tmp_path / "a" / "mcengine" / "inputs" / "catalog.py"))
    with pytest.raises(McEngineError, match="bundled studies are missing from this installation"):
        catalog.studies()


def test_listing_names_needs_no_heavy_library() -> None:
    code = "import sys; from mcengine.inputs import catalog; catalog.studies(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"pydantic", "numpy", "scipy"} & set(done.stdout.split())
