"""What a run answers: statistics with their intervals, as plain objects.

`Result` is what reports, files and users read; it holds numbers that are already computed, so that nothing
after it does arithmetic on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mcengine.analysis.shown import Shown
from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from mcengine.analysis.correlations import RankCorrelation
    from mcengine.analysis.luck_result import LuckResult
    from mcengine.analysis.until import Stopping

NEVER = "never"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure and how well it is computed.

    value  float in the output's unit; "never" for a censored year; None when refused
    ci95   95% interval of the computation, (lo, hi), or None when refused or without spread to take it from
    note   why the value is refused, or what the interval is; "" otherwise
    """

    value: float | str | None
    ci95: tuple[float | str, float | str] | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """{"value", "ci95"[, "note"]}, as in summary.json."""
        plain: dict[str, Any] = {"value": self.value, "ci95": None if self.ci95 is None else list(self.ci95)}
        return {**plain, "note": self.note} if self.note else plain


@dataclass(frozen=True)
class Distribution:
    """A histogram for plots: `edges` float64 (bins + 1,) in the output's unit, `counts` int64 (bins,)."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class OutputResult:
    """All statistics of one output. `result["npv"].mean.value`; `.prob_positive` and the others likewise."""

    name: str
    unit: str
    kind: str
    draws: int
    statistics: Mapping[str, Statistic]
    distribution: Distribution | None = None
    curve: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """The S-curve for plots: values in the output's unit, ascending, and the share of all draws below each, 0 ... 1."""

    def __getattr__(self, name: str) -> Statistic:
        statistics: Mapping[str, Statistic] = self.__dict__.get("statistics", {})
        if name in statistics:
            return statistics[name]
        raise AttributeError(f"{self.__dict__.get('name')} has no statistic {name!r}; it has {', '.join(statistics)}")

    def to_dict(self) -> dict[str, Any]:
        """{statistic: {"value", "ci95"}}, with unit, kind and draws."""
        numbers = {name: statistic.to_dict() for name, statistic in self.statistics.items()}
        return {"unit": self.unit, "kind": self.kind, "draws": self.draws, **numbers}


@dataclass(frozen=True)
class YearlyResult:
    """Bands of one yearly quantity: `bands[year][statistic]`, from `draws` draws."""

    name: str
    unit: str
    draws: int
    bands: Mapping[int, Mapping[str, Statistic]]


@dataclass(frozen=True, repr=False)
class Result(Shown):
    """The answer of one run. Indexing by an output's name gives its `OutputResult`.

    study, seed, sampler, draws (in all), replicates   what was run
    digest       sha256 of the replicates' numbers: the same study, seed and draws give the same digest
    outputs      by name; sets: the same per pooled assumption set; years: yearly bands by quantity
    rows         float64 (replicates, numbers) with their names in `columns`
    notes        what was rounded or refused; warnings: doubts about the assumptions
    correlations target and achieved rank correlations; stopping: how a run with --until ended
    luck         the split of the first output's variance into ignorance and luck, where the study has luck
    seconds      wall time of the draws; threads: how many computed them
    """

    study: Study
    seed: int
    sampler: str
    draws: int
    replicates: int
    digest: str
    outputs: Mapping[str, OutputResult]
    sets: Mapping[str, Mapping[str, OutputResult]]
    years: Mapping[str, YearlyResult]
    columns: tuple[str, ...]
    rows: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    threads: int = 1
    correlations: tuple[RankCorrelation, ...] = ()
    stopping: Stopping | None = None
    luck: LuckResult | None = None

    def __getitem__(self, name: str) -> OutputResult:
        if name not in self.outputs:
            rule = f"is not an output of this run; it has {', '.join(self.outputs)}"
            raise InputError(Fault(None, "output", name, rule, nearest_name(name, self.outputs)))
        return self.outputs[name]

    def to_dict(self) -> dict[str, Any]:
        """What summary.json holds. Depends on study, seed and draws alone: no times, no machine."""
        return {
            "schema": SCHEMA,
            "study": self.study.name,
            "seed": self.seed,
            "sampler": self.sampler,
            "draws": self.draws,
            "replicates": self.replicates,
            "digest": self.digest,
            "outputs": {name: output.to_dict() for name, output in self.outputs.items()},
            "sets": {
                name: {key: output.to_dict() for key, output in outputs.items()} for name, outputs in self.sets.items()
            },
            "years": {
                name: {
                    "unit": yearly.unit,
                    "draws": yearly.draws,
                    "bands": {
                        str(year): {key: s.to_dict() for key, s in band.items()} for year, band in yearly.bands.items()
                    },
                }
                for name, yearly in self.years.items()
            },
            "correlations": [pair.to_dict() for pair in self.correlations],
            **({"until": self.stopping.to_dict()} if self.stopping else {}),
            **({"luck": self.luck.to_dict()} if self.luck else {}),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row an output and statistic: columns output, statistic, unit, value, lo, hi."""
        import pandas as pd

        rows = []
        for output in self.outputs.values():
            for name, statistic in output.statistics.items():
                low, high = statistic.ci95 or (None, None)
                unit = "share" if name.startswith(("prob_", "share_")) else output.unit
                rows.append((output.name, name, unit, statistic.value, low, high))
        return pd.DataFrame(rows, columns=["output", "statistic", "unit", "value", "lo", "hi"])

    def replicates_frame(self) -> pd.DataFrame:
        """One row a replicate, one column a number; what replicates.parquet holds."""
        import pandas as pd

        frame = pd.DataFrame(self.rows, columns=list(self.columns))
        frame.insert(0, "replicate", np.arange(len(frame)))
        return frame
