"""Work over many replicates in threads, answered in order of their index.

Each replicate is computed by one thread from its address alone, so the number of threads decides when a replicate
is finished and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def in_order(work: Callable[[int, threading.Event], T], indices: Sequence[int], threads: int) -> Iterator[T]:
    """Yield work(index, stop) for each of `indices`, in that order, computed by `threads` threads.

    stop  set when the caller leaves early (an error, Ctrl-C); `work` looks at it now and then and returns

    At most 2 `threads` answers are kept waiting.
    """
    workers = max(1, min(threads, len(indices)))
    stop = threading.Event()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="mcengine")
    waiting: list[Future[T]] = []
    upcoming = iter(indices)
    try:
        while True:
            for index in upcoming:
                waiting.append(pool.submit(work, index, stop))
                if len(waiting) >= 2 * workers:
                    break
            if not waiting:
                return
            while not waiting[0].done():  # a bounded wait, so that Ctrl-C is heard at once
                wait(waiting[:1], timeout=0.2, return_when=FIRST_COMPLETED)
            yield waiting.pop(0).result()
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
