"""Seconds for 2^20 draws (or as near as whole blocks come) of each stage; see ../stages.py."""

from __future__ import annotations

import stages

DRAWS = 1 << 20


class Stage:
    """One stage on one thread, compiled before the clock starts."""

    params = stages.STAGES
    param_names = ("stage",)
    warmup_time = 0.2
    draws = DRAWS

    def setup(self, stage: str) -> None:
        self.work = stages.work(stage, max(1, self.draws // stages.block()))

    def time_million_draws(self, stage: str) -> None:
        self.work.call()


class Run:
    """`mcengine.run` as a user calls it, on all processors: tables, pilot, draws and summary."""

    params = ("sobol", "random")
    param_names = ("sampler",)
    draws = DRAWS

    def setup(self, sampler: str) -> None:
        from mcengine import run

        self.run, self.study = run, stages.study()
        run(self.study, draws=64, seed=stages.SEED, sampler=sampler)

    def time_million_draws(self, sampler: str) -> None:
        self.run(self.study, draws=self.draws, seed=stages.SEED, sampler=sampler)
