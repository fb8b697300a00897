"""How numbers, ticks and JSON are printed. Plain text: it can be copied, piped and read aloud."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from typing import Any

_FALLBACK_WIDTH = 120  # columns where stdout is no terminal
_DUTCH = str.maketrans(",.", ".,")


def number(value: float, decimals: int = 0, language: str = "en") -> str:
    """`value` with thousands separated, as `language` writes it: 1,478.13 or 1.478,13. Never "-0"."""
    text = f"{value:,.{max(decimals, 0)}f}"
    if not text.strip("-0,."):
        text = text.removeprefix("-")
    return text.translate(_DUTCH) if language == "nl" else text


def percent(share: float, decimals: int = 0, language: str = "en") -> str:
    """A share as a percentage: 0.1234 with one decimal is 12.3%."""
    return f"{number(100 * share, decimals, language)}%"


def measure(value: float, language: str = "en") -> str:
    """`value` with decimals to its size: five figures or so, whatever its unit."""
    size = abs(value)
    if size == 0 or not math.isfinite(size):
        return number(value, 0, language)
    return number(value, min(max(4 - math.floor(math.log10(size)), 0), 10 if size < 1 else 4), language)


def can_print(text: str) -> bool:
    """Whether stdout's encoding has every character of `text`."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def tick(matches: bool) -> str:
    """A tick or a cross; "ok" or "NO" where stdout has no such characters."""
    fancy, plain = ("✓", "ok") if matches else ("✗", "NO")
    return fancy if can_print(fancy) else plain


def width() -> int:
    """Columns to fit output in: the terminal's, or `_FALLBACK_WIDTH` where stdout is none (COLUMNS wins)."""
    fallback = (_FALLBACK_WIDTH, 24)
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return shutil.get_terminal_size(fallback).columns
    return _FALLBACK_WIDTH


def print_json(data: Any) -> None:
    """Print `data` as JSON, full precision; a NaN or infinity in it is a fault of ours."""
    print(json.dumps(data, indent=2, ensure_ascii=not can_print("é✓"), allow_nan=False))


def remark(text: str) -> None:
    """Say `text` on stderr at once."""
    print(text, file=sys.stderr, flush=True)
