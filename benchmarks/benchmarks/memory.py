"""Peak memory of a run: it must not grow with the number of draws."""

from __future__ import annotations

import stages


class Memory:
    """Peak resident memory of a process that runs so many draws."""

    params = (1_000_000, 10_000_000)
    param_names = ("draws",)

    def setup_cache(self) -> None:
        """Compile beforehand, in another process: the compiler takes more memory than any run."""
        self.peakmem_run(64)

    def peakmem_run(self, draws: int) -> None:
        from mcengine import run

        run(stages.study(), draws=draws, seed=stages.SEED)
