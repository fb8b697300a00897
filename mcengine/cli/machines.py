"""The options that let replicates be computed by other processes and machines, shared by `run` and `batch`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from mcengine.cli.options import Faults
from mcengine.cli.printing import remark

if TYPE_CHECKING:
    from mcengine.engine.run import Source

MOST_WORKERS = 1024

SchedulerOption = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="Compute on the Dask cluster of tcp://host:port."),
]
WorkersOption = Annotated[
    str | None,
    typer.Option("--workers", metavar="N", help="Compute in N processes of this machine, by Dask."),
]
MixedOption = Annotated[
    bool,
    typer.Option("--allow-mixed", help="Take workers with other types of processor: the last bits may differ."),
]


class Machines:
    """Where the replicates of a command are computed; its faults go to `faults`."""

    def __init__(self, faults: Faults, scheduler: str | None, workers: str | None, mixed: bool) -> None:
        self._scheduler, self._mixed = scheduler, mixed
        self._workers = faults.whole("--workers", workers, 1, MOST_WORKERS)
        if scheduler is not None and workers is not None:
            faults.add("--workers", workers, "starts a cluster of its own; leave out either this or --scheduler")
        if mixed and scheduler is None:
            faults.add("--allow-mixed", None, "is about the workers of a --scheduler, and there is none")

    @contextmanager
    def source(self, *, quiet: bool) -> Iterator[Source | None]:
        """The source of replicates; None for threads of this process. Raises InputError."""
        if self._scheduler is None and self._workers is None:
            yield None
            return
        from mcengine.scale.cluster import Cluster

        def say(sentence: str) -> None:
            if not quiet:
                remark(f"mcengine: {sentence}")

        with Cluster(self._scheduler, workers=self._workers, mixed=self._mixed, say=say) as cluster:
            yield cluster
