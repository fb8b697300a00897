"""One portion of finished replicates as bytes: checked, and small where most bins of a histogram are empty.

    8 bytes   "mcengseg"
    4 bytes   length of the header, little-endian
    header    JSON: schema, key, first, replicates, numbers, shape, level, seconds, chunks
    rows      float64 (replicates, numbers), little-endian
    chunks    by size of count, 1, 2, 4 and 8 bytes: indices uint32 (n,), then counts (n, CHUNK)
    32 bytes  sha256 of everything before

The histogram, read as one row of bins, is cut into chunks of `CHUNK` bins. Chunks without a count are left out; the
others are stored in the smallest unsigned type that holds their largest count.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.engine.replicates import Portion

SCHEMA = 1
CHUNK = 4096
_MAGIC = b"mcengseg"
_LENGTH = struct.Struct("<I")
_SUM = hashlib.sha256().digest_size
_TYPES = ("<u1", "<u2", "<u4", "<u8")


class RefusedSegment(Exception):
    """Bytes that are not a whole segment of this run; says why."""


@dataclass(frozen=True)
class Segment:
    """A portion, the run it belongs to (`key`), and how often it was merged (`level`)."""

    portion: Portion
    key: str
    level: int = 0


def encode(segment: Segment) -> bytes:
    """The segment as bytes. Counts must not be negative."""
    portion = segment.portion
    groups = _chunks(portion.histogram)
    header = {
        "schema": SCHEMA,
        "key": segment.key,
        "first": portion.first,
        "replicates": len(portion.rows),
        "numbers": portion.rows.shape[1],
        "shape": list(portion.histogram.shape),
        "level": segment.level,
        "seconds": portion.seconds,
        "chunks": [len(indices) for indices, _ in groups],
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    parts = [_MAGIC, _LENGTH.pack(len(text)), text, np.ascontiguousarray(portion.rows, dtype="<f8").tobytes()]
    for indices, counts in groups:
        parts += [indices.tobytes(), counts.tobytes()]
    body = b"".join(parts)
    return body + hashlib.sha256(body).digest()


def _chunks(histogram: NDArray[np.integer[Any]]) -> list[tuple[NDArray[np.uint32], NDArray[Any]]]:
    """Indices (n,) and counts (n, CHUNK) of the chunks that hold counts, for each type of `_TYPES`."""
    flat = histogram.reshape(-1)
    whole = len(flat) // CHUNK * CHUNK
    rows = flat[:whole].reshape(-1, CHUNK)
    rest = np.zeros((1, CHUNK), dtype=flat.dtype)
    rest[0, : len(flat) - whole] = flat[whole:]
    largest = np.append(rows.max(axis=1, initial=0), rest.max())
    groups, low = [], 0
    for name in _TYPES:
        high = min(int(np.iinfo(name).max), int(np.iinfo(np.int64).max))
        indices = np.flatnonzero((largest > low) & (largest <= high)).astype("<u4")
        inside = indices[indices < len(rows)]
        counts = rows[inside].astype(name)
        if len(inside) < len(indices):
            counts = np.concatenate((counts, rest.astype(name)))
        groups.append((indices, counts))
        low = high
    return groups


def decode(data: bytes, key: str) -> Segment:
    """The segment in `data`; its histogram is int64.

    Raises
    ------
    RefusedSegment  not a segment, of a later schema, cut off, changed, or of a run with another key
    """
    header, start = _header(data)
    shape, rows = header["shape"], (header["replicates"], header["numbers"])
    sizes = [n * (4 + CHUNK * np.dtype(t).itemsize) for n, t in zip(header["chunks"], _TYPES, strict=True)]
    expected = start + 8 * prod(rows) + sum(sizes) + _SUM
    if len(data) != expected:
        what = "is cut off" if len(data) < expected else "is too long"
        raise RefusedSegment(f"{what}: {len(data):,} bytes instead of {expected:,}")
    if hashlib.sha256(memoryview(data)[:-_SUM]).digest() != data[-_SUM:]:
        raise RefusedSegment("is damaged: its content does not match its checksum")
    if header["key"] != key:
        raise RefusedSegment(f"belongs to another run (key {header['key'][:12]}..., this run's is {key[:12]}...)")
    table = np.frombuffer(data, "<f8", prod(rows), start).reshape(rows).astype(np.float64)
    histogram = _histogram(data, start + table.nbytes, header["chunks"], prod(shape))
    portion = Portion(header["first"], table, histogram.reshape(shape), header["seconds"])
    return Segment(portion, key, header["level"])


def _header(data: bytes) -> tuple[dict[str, Any], int]:
    """The header, and where the rows begin."""
    start = len(_MAGIC) + _LENGTH.size
    if len(data) < start:
        raise RefusedSegment(f"is cut off: {len(data)} bytes are less than a header")
    if data[: len(_MAGIC)] != _MAGIC:
        raise RefusedSegment("is damaged, or not a segment: it does not begin like one")
    (length,) = _LENGTH.unpack(data[len(_MAGIC) : start])
    if len(data) < start + length:
        raise RefusedSegment(f"is cut off: {len(data):,} bytes are less than its header")
    try:
        header = json.loads(data[start : start + length])
        if header["schema"] != SCHEMA:
            raise RefusedSegment(f"is of schema {header['schema']!r}; this mcengine reads {SCHEMA}")
        whole = [header["first"], header["replicates"], header["numbers"], header["level"]]
        whole += [*header["shape"], *header["chunks"]]
        if not all(type(number) is int and number >= 0 for number in whole) or len(header["chunks"]) != len(_TYPES):
            raise ValueError("impossible sizes")
        return {**header, "key": str(header["key"]), "seconds": float(header["seconds"])}, start + length
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RefusedSegment("is damaged: its header cannot be read") from None


def _histogram(data: bytes, place: int, chunks: list[int], bins: int) -> NDArray[np.int64]:
    """The counts, int64 (bins,), from the chunks that begin at byte `place`."""
    rows = np.zeros((-(-bins // CHUNK), CHUNK), dtype=np.int64)
    for count, name in zip(chunks, _TYPES, strict=True):
        indices = np.frombuffer(data, "<u4", count, place)
        place += indices.nbytes
        counts = np.frombuffer(data, name, count * CHUNK, place)
        place += counts.nbytes
        rows[indices] = counts.reshape(-1, CHUNK)
    return rows.reshape(-1)[:bins]


def merge(segments: Iterable[Segment]) -> Segment:
    """Consecutive segments of one run, at least one, as one a level higher; one at a time is held in memory."""
    rows: list[NDArray[np.float64]] = []
    histogram, first, stop, level, seconds, key = np.zeros(0, dtype=np.int64), 0, 0, 0, 0.0, ""
    for segment in segments:
        portion = segment.portion
        if not rows:
            histogram, first, key = portion.histogram.astype(np.int64), portion.first, segment.key
        elif portion.first != stop:
            raise ValueError("only consecutive segments can be merged")
        else:
            histogram += portion.histogram
        rows.append(portion.rows)
        stop, level, seconds = portion.stop, max(level, segment.level), seconds + portion.seconds
    return Segment(Portion(first, np.concatenate(rows), histogram, seconds), key, level + 1)
