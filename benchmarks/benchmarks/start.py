"""What a user waits for before anything is computed, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys


class Start:
    """Seconds from the command to its end; compiled code is there already, as from the second call on."""

    number = 1
    repeat = (3, 7, 20.0)

    def _call(self, *words: str) -> None:
        subprocess.run([sys.executable, "-m", "mcengine", *words], check=True, stdout=subprocess.DEVNULL)

    def setup(self) -> None:
        self._call("evaluate", "replica")

    def time_help(self) -> None:
        self._call("--help")

    def time_evaluate_again(self) -> None:
        self._call("evaluate", "replica")
