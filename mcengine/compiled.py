"""The one setting of numba, and where its compiled code is kept between processes.

`jit` is `numba.njit` with
  cache=True              compiled once a machine, not once a process;
  nogil=True              replicates run in threads;
  error_model="numpy"     a division by zero gives inf or nan, as the loops over draws would otherwise carry a
                          branch for each division and not vectorise;
  fastmath off            sums keep their order, which is what makes the bits the same everywhere.
`pure` is `jit` for functions that make no array: without reference counts, which are atomic, are shared by all
threads and cost more than the work of a short loop. `inlined` is `pure` for the small functions of a kernel.

numba looks at a function's own file alone when it decides whether cached code is still good, not at the files of
the functions it calls. So the cache lives in a folder named after a hash of every file with compiled code: a
change in any of them starts afresh.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config

numba_config: Any = config  # its settings are made at run time
_njit: Any = numba.njit  # numba's hints leave out `_nrt`

_PACKAGE = Path(__file__).resolve().parent
_COMPILED = ("models", "sampling", "engine")


def _writable(folder: Path) -> bool:
    """Whether a file can really be made in `folder` (permission bits lie on read-only mounts)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _source_key() -> str:
    """Hash of the sources of all compiled functions."""
    files = [
        Path(__file__),
        _PACKAGE / "simd.py",
        *(f for part in _COMPILED for f in sorted((_PACKAGE / part).rglob("*.py"))),
    ]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _choose_cache() -> Path:
    """The first that can be written: NUMBA_CACHE_DIR, the package's __pycache__, the user's cache, a temporary one."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "mcengine"
    named = [Path(numba_config.CACHE_DIR)] if numba_config.CACHE_DIR else []
    last = Path(tempfile.gettempdir()) / f"mcengine-{os.getuid()}"
    folder = f"compiled-{_source_key()}"
    for base in (*named, _PACKAGE / "__pycache__", user):
        if _writable(base / folder):
            return base / folder
    return last / folder


CACHE = _choose_cache()
numba_config.CACHE_DIR = str(CACHE)


def jit(function: Callable[..., Any]) -> Any:
    """numba.njit with this project's settings; numba infers the types, docstrings state shapes and dtypes."""
    return _njit(cache=True, nogil=True, error_model="numpy")(function)


def pure(function: Callable[..., Any]) -> Any:
    """`jit` for a function that makes no array: no reference counts."""
    return _njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """`pure` for a small function, compiled into its callers."""
    return _njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)(function)
