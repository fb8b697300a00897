"""Memory does not grow with the number of draws."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from mcengine import load_study, run
run(load_study("evidence"), draws={draws}, seed=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(draws: int) -> float:
    """Peak resident memory of a run, MB."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(draws=draws)], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024


@pytest.mark.slow
def test_a_hundred_times_the_draws_take_the_same_memory() -> None:
    peak(10_000)  # compiles what is not
    assert peak(10**8) < peak(10**6) + 30
