"""A study folder of the test's own: the invented plan of four phases, copied so that it may be spoilt."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcengine.errors import Fault, InputError
from mcengine.inputs.study import Study, load_study

FOUR_PHASES = Path(__file__).parents[1] / "data" / "four_phases"


@dataclass(frozen=True)
class Folder:
    """A copy of the four-phase plan, its assumption set and its study."""

    path: Path

    def edit(self, name: str, old: str, new: str) -> Folder:
        """Replace the first `old` in the file `name`.toml."""
        file = self.path / f"{name}.toml"
        content = file.read_text(encoding="utf-8")
        assert old in content, f"{name}.toml has no {old!r}"
        file.write_text(content.replace(old, new, 1), encoding="utf-8")
        return self

    def write(self, name: str, content: str) -> Path:
        """Write a file."""
        file = self.path / name
        file.write_text(content, encoding="utf-8")
        return file

    def load(self, **changes: Any) -> Study:
        """The study."""
        return load_study(self.path / "study.toml", **changes)

    def faults(self, **changes: Any) -> list[Fault]:
        """What is wrong with the study and its files."""
        return faults_of(lambda: self.load(**changes))

    def messages(self, **changes: Any) -> list[str]:
        """The faults as text, without the folder's own path."""
        return [str(fault).replace(f"{self.path}/", "") for fault in self.faults(**changes)]


def faults_of(load: Callable[[], object]) -> list[Fault]:
    """The faults of an InputError that `load` must raise."""
    with pytest.raises(InputError) as caught:
        load()
    assert caught.value.faults
    assert caught.value.exit_code == 2
    return list(caught.value.faults)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A fresh copy of the four-phase study."""
    shutil.copytree(FOUR_PHASES, tmp_path / "four")
    return Folder(tmp_path / "four")
