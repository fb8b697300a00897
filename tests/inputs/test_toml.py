"""Reading files: syntax errors with their line, digests, and numbers that are none."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest

from mcengine.inputs.toml import Reader, frozen, plain, unusable_numbers
from tests.inputs.conftest import faults_of


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        (b"a = 1\nb = = 2\n", "line 2", "b = = 2"),
        (b"a = 1\na = 2\n", "line 2", "a = 2"),
        (b"a = [1,\n2\n", "line 3", "2"),
        (b"a = 1\nb = '\xff'\n", "line 2", None),
        (b"x = 1\n[t]\ny = 1\n[t]\n", "line 4", "[t]"),
    ],
)
def test_a_syntax_error_is_one_fault_with_its_line(
    tmp_path: Path, content: bytes, line: str, found: str | None
) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    (fault,) = faults_of(lambda: Reader().toml(file))
    assert (fault.file, fault.key, fault.value) == (str(file), line, found)
    assert fault.rule.startswith("not valid TOML: ") or fault.rule == "must be UTF-8 text"


def test_deep_nesting_is_a_fault_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "deep.toml"
    file.write_text(f"a = {'[' * 20000}")
    (fault,) = faults_of(lambda: Reader().toml(file))
    assert fault.rule.startswith("not valid TOML")


def test_unreadable_file(tmp_path: Path) -> None:
    (fault,) = faults_of(lambda: Reader().text(tmp_path / "gone.csv"))
    assert str(fault) == f"{tmp_path}/gone.csv: cannot be read: No such file or directory"


def test_sources_hold_the_digest_of_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    reader = Reader()
    assert reader.toml(file) == {"a": 1}
    assert reader.sources == {str(file): hashlib.sha256(file.read_bytes()).hexdigest()}


def test_unusable_numbers_are_found_anywhere() -> None:
    data = {"a": [1, {"b": math.nan}], "c": 2**63, "d": math.inf, "e": True, "f": "nan"}
    assert [path for path, _ in unusable_numbers(data)] == [("a", 1, "b"), ("c",)]


def test_frozen_and_plain_are_each_others_inverse() -> None:
    data = {"a": [1, {"b": [2.5, "x"]}], "c": {}}
    assert plain(frozen(data)) == data
    with pytest.raises(TypeError):
        frozen(data)["a"] = 1
