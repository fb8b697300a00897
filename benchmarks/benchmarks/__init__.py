"""Benchmarks for asv (https://asv.readthedocs.io), on the study `evidence` with correlations on.

    asv run --config benchmarks/asv.conf.json --environment existing:python --set-commit-hash $(git rev-parse HEAD)

measures the installed version; without `--environment` asv builds one of its own for each commit.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # stages.py and accuracy.py, which asv does not look for
