"""The cache of compiled code: its folder's name follows every file that holds compiled code."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import mcengine
from mcengine import compiled

PACKAGE = Path(mcengine.__file__).parent


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package that the key is taken of."""
    target = tmp_path / "mcengine"
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    monkeypatch.setattr(compiled, "_PACKAGE", target)
    return target


def with_compiled_code() -> list[str]:
    found = [
        str(file.relative_to(PACKAGE))
        for file in sorted(PACKAGE.rglob("*.py"))
        if re.search(r"^(import|from) (numba|llvmlite|mcengine\.compiled)\b", file.read_text(), re.M)
    ]
    assert {"sampling/tables.py", "engine/blocks.py", "models/investment.py"} <= set(found)
    return [name for name in found if name != "compiled.py"]  # that one is read from where it is imported


@pytest.mark.parametrize("name", with_compiled_code())
def test_a_change_in_any_file_with_compiled_code_changes_the_key(copy: Path, name: str) -> None:
    before = compiled._source_key()
    with (copy / name).open("a") as file:
        file.write("\n# changed\n")
    assert compiled._source_key() != before


def test_the_key_is_stable_and_does_not_depend_on_the_rest(copy: Path) -> None:
    before = compiled._source_key()
    (copy / "report" / "tables.py").write_text("")
    (copy / "inputs" / "plan.py").write_text("")
    assert compiled._source_key() == before
    assert re.fullmatch("[0-9a-f]{12}", before)


def test_a_file_moved_or_added_changes_the_key(copy: Path) -> None:
    keys = {compiled._source_key()}
    (copy / "models" / "extra.py").write_text("x = 1\n")
    keys.add(compiled._source_key())
    (copy / "models" / "extra.py").rename(copy / "models" / "other.py")
    keys.add(compiled._source_key())
    assert len(keys) == 3


def test_the_cache_goes_where_it_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: Path) -> None:
    named, user = tmp_path / "named", tmp_path / "user"
    monkeypatch.setenv("XDG_CACHE_HOME", str(user))
    monkeypatch.setattr(compiled.numba_config, "CACHE_DIR", str(named))
    assert compiled._choose_cache().parent == named
    monkeypatch.setattr(compiled.numba_config, "CACHE_DIR", "")
    assert compiled._choose_cache().parent == copy / "__pycache__"
    monkeypatch.setattr(compiled, "_writable", lambda folder: copy not in folder.parents)
    assert compiled._choose_cache().parent == user / "mcengine"
    monkeypatch.setattr(compiled, "_writable", lambda folder: False)
    assert compiled._choose_cache().name == f"compiled-{compiled._source_key()}"
    assert not (tmp_path / "user").exists()


def test_writable_means_a_file_was_made(tmp_path: Path) -> None:
    assert compiled._writable(tmp_path / "new" / "folder")
    (tmp_path / "file").write_text("")
    assert not compiled._writable(tmp_path / "file" / "below")
