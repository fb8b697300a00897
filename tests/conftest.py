"""For all tests: the catalogue of runs of whoever runs them is left alone, and text is as wide whoever runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # how long an example takes says nothing of the code here
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where every run that a test keeps is listed, in this process and in those it starts."""
    path = tmp_path_factory.mktemp("catalogue") / "runs.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCENGINE_CATALOGUE", str(path))
        patch.setenv("COLUMNS", "120")
        yield path
