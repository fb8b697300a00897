"""The command as a real process in unfriendly surroundings: no streams, no home, no folder, odd locales, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MCENGINE = (sys.executable, "-m", "mcengine")
PYTHON = f'"{sys.executable}" -m mcengine'
EVALUATE = ("evaluate", "textbook/ishigami", "--json")


def shell(text: str, cwd: Path, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """What bash makes of `text`, with {mcengine} the command; None takes a variable away."""
    variables = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
    command = ["bash", "-c", text.replace("{mcengine}", PYTHON)]
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False, timeout=300)
    assert "Traceback" not in done.stdout + done.stderr
    assert "a fault of ours" not in done.stderr
    return done


def test_a_closed_stdout_is_no_failure(tmp_path: Path) -> None:
    done = shell("{mcengine} list >&-", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_closed_stderr_leaves_stdout_alone(tmp_path: Path) -> None:
    done = shell("{mcengine} run evidense 2>&-", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert shell("{mcengine} list --json 2>&-", tmp_path).stdout.startswith("{")


def test_a_closed_stdin_is_not_needed(tmp_path: Path) -> None:
    assert shell("{mcengine} list <&-", tmp_path).returncode == 0


@pytest.mark.parametrize("words", ["--version", "list", "help run", "list --json"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_behind_stdout_is_told(tmp_path: Path, words: str) -> None:
    done = shell(f"{{mcengine}} {words} >/dev/full", tmp_path)
    assert done.returncode == 3
    assert done.stderr.startswith("mcengine: the disk is full")


def test_a_folder_that_is_gone_is_the_users_to_leave(tmp_path: Path) -> None:
    for words in ("list", "run evidence --draws 64 --out x", "check own.toml"):
        done = shell(f"mkdir gone && cd gone && rmdir ../gone && {{mcengine}} {words}", tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("mcengine: working directory: is gone; change to a folder that exists")


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": None, "MCENGINE_CATALOGUE": None},
        {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "20"},
        {"COLUMNS": "no number"},
        {"COLUMNS": "0"},
        {"PYTHONWARNINGS": "error"},
    ],
    ids=lambda environment: ",".join(environment),
)
def test_odd_surroundings_change_no_answer(tmp_path: Path, environment: dict[str, str | None]) -> None:
    text = "{mcengine} check evidence && {mcengine} evaluate textbook/ishigami --json"
    done = shell(text, tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert '"y"' in done.stdout
    assert shell("{mcengine} run evidense", tmp_path, **environment).returncode == 2


def _own(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((Path(__file__).parents[2] / "studies" / "textbook" / "ishigami.toml").read_bytes())


RUN = "{mcengine} run 'een map/mijn plän.toml' --draws 1024 --seed 1 --out 'een map/üit' --quiet"


def test_names_with_spaces_and_letters_of_any_kind(tmp_path: Path) -> None:
    _own(tmp_path / "een map" / "mijn plän.toml")
    done = shell(f"{RUN} && {{mcengine}} replay 'een map/üit' -q && {{mcengine}} runs 'een map'", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "identical" in done.stdout


def test_a_name_that_the_locale_cannot_write_is_refused_with_the_way_out(tmp_path: Path) -> None:
    _own(tmp_path / "een map" / "mijn plän.toml")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell(RUN, tmp_path, **plain)
    assert done.returncode == 2
    assert "rename it, or set a locale that can (LC_ALL=C.UTF-8)" in done.stderr
    assert shell(RUN, tmp_path).returncode == 0


def test_a_folder_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    done = shell("{mcengine} run textbook/ishigami --draws 1024 --out $'o\\xff'", tmp_path)
    assert done.returncode == 2
    assert "is no text in this locale; use another name" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("delay", [0.1, 0.15, 0.2, 0.3, 0.45])
def test_ctrl_c_is_answered_while_the_program_is_loading(delay: float) -> None:
    """Any time after Python itself has started; what is told depends on how far it was."""
    command = (*MCENGINE, "run", "evidence", "--draws", "1e9", "--seed", "7", "--quiet")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        loaded = Path(f"/proc/{process.pid}/maps")
        while loaded.exists() and "pydantic" not in loaded.read_text() and process.poll() is None:
            time.sleep(0.005)  # until imports are under way, however slow this machine is
        time.sleep(delay - 0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 3, err
    assert out == ""
    assert err.startswith("mcengine: stopped by the user")
    assert "Traceback" not in err
