"""A study: which plan or model, under whose assumptions, with which options.

>>> from mcengine.inputs.study import load_study
>>> study = load_study("evidence", set=["leverage=1.2"], horizon=2050)
>>> study.options.horizon, study.baseline("median")["leverage"], "leverage" in study.uncertain
(2050, 1.2, False)
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.families import Distribution
from mcengine.families.constant import Constant
from mcengine.inputs.assumptions import AssumptionSet
from mcengine.inputs.double_counting import set_warnings
from mcengine.inputs.options import Options
from mcengine.inputs.plan import Plan
from mcengine.inputs.spec import InputSpec

BASELINES = ("plan", "median", "mean")
"""Where an evaluation may start from; see `Study.baseline`."""


@dataclass(frozen=True)
class WeightedSet:
    """One assumption set of a study, and its share of the draws."""

    set: AssumptionSet
    """The assumptions."""
    weight: float
    """Chance that a draw belongs to this set, in (0, 1]; a study's weights sum to 1."""


@dataclass(frozen=True)
class Study:
    """Everything a run depends on, except seed and number of draws."""

    name: str
    """Name in results and comparisons."""
    title: Mapping[str, str]
    """Title by language."""
    file: str = field(compare=False)
    """Shown name of the file it was read from; not part of what the study is."""
    model: str
    """"investment" for a plan, else the name of a model or "/path/to/file.py:name"."""
    plan: Plan | None
    """The plan under review; None for a study with a model of its own."""
    inputs: tuple[InputSpec, ...]
    """The plan's inputs that the accounting uses, or the study's own, in the order of streams and Sobol' dimensions."""
    sets: tuple[WeightedSet, ...]
    """The assumption sets, pooled linearly; empty when every input is fixed."""
    fixed: Mapping[str, float]
    """Values, in the input's unit, that stand in for rows and plan's values alike, by input (also of inputs that
    the accounting does not use)."""
    options: Options
    """Years, accounting and luck."""
    outputs: tuple[str, ...]
    """Names of the outputs to keep; empty: those of the model."""
    correlations: bool
    """Whether the sets' correlations apply; False draws all inputs independently."""
    sensitivity: Mapping[str, Any]
    """Settings for sensitivity analyses, as given."""
    sources: tuple[tuple[str, str], ...] = ()
    """(shown name, sha256) of every file that was read."""
    description: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the study is for, by language; empty when not given."""

    @cached_property
    def uncertain(self) -> tuple[str, ...]:
        """Names, in declared order, of the inputs that vary within at least one set."""
        places = range(len(self.sets))
        names = [spec.name for spec in self.inputs]
        return tuple(name for name in names if any(not self.marginal(g, name).is_constant for g in places))

    @property
    def varies(self) -> bool:
        """Whether draws of it differ: by an uncertain input, the choice of a set, or luck."""
        return bool(self.uncertain) or len(self.sets) > 1 or self.options.luck

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What to tell the reader, although it is no fault: rows not used, corrections made twice."""
        found = [] if self.sets else list(set_warnings(self.inputs, {}, (), self.fixed))
        found += self._idle()
        for member in self.sets:
            rows, prefix = member.set.rows, f"{member.set.name}: " if len(self.sets) > 1 else ""
            unused = [
                f"{name} is fixed at {value:.10g} by the study; its row ({rows[name].distribution.text}) is not used"
                for name, value in self.fixed.items()
                if name in rows
            ]
            correlations = member.set.correlations if self.correlations else ()
            own = (*unused, *set_warnings(self.inputs, rows, correlations, self.fixed))
            found.extend(prefix + warning for warning in own)
        return tuple(found)

    def _idle(self) -> list[str]:
        """One warning about the inputs that are fixed or have a row although the accounting does not use them."""
        given = {*self.fixed, *(name for member in self.sets for name in member.set.rows)}
        names = [] if self.plan is None else [spec.name for spec in self.plan.inputs if spec.name in given]
        idle = [name for name in names if name not in self._place]
        return [f"{self.options.accounting} accounting does not use {', '.join(idle)}: no effect"] if idle else []

    @cached_property
    def _place(self) -> Mapping[str, InputSpec]:
        """The inputs by name."""
        return {spec.name: spec for spec in self.inputs}

    def marginal(self, set_index: int, name: str) -> Distribution:
        """The distribution of the input `name` in one set: fixed value, else row, else plan's value.

        Without sets `set_index` is not looked at. Raises KeyError, IndexError.
        """
        value = self._place[name].value
        if name not in self.fixed and self.sets:
            row = self.sets[set_index].set.row(name)
            if row is not None:
                return row.distribution
        certain = self.fixed.get(name, value)  # made without its reader: a supply may be inf, which no row may
        return Constant({"value": certain}, certain)

    def baseline(self, at: str = "plan") -> dict[str, float]:
        """One value for each input, by name in declared order.

        "plan": fixed values, else the plan's, whatever the rows say. "median" and "mean": of the input's
        distribution; over several sets the average of the sets' medians (not the median of the pool, which
        no single set may hold plausible) or means (which is the mean of the pool), by their weights.
        """
        if at == "plan":
            return {spec.name: self.fixed.get(spec.name, spec.value) for spec in self.inputs}
        if at not in BASELINES:
            rule = f"must be one of: {', '.join(BASELINES)}"
            raise InputError(Fault(None, "at", at, rule, nearest_name(at, BASELINES)))
        return {spec.name: self._average(spec.name, at) for spec in self.inputs}

    def _average(self, name: str, of: str) -> float:
        """The sets' medians or means of one input, averaged by weight; exact where they agree."""
        values = [float(getattr(self.marginal(g, name), of)) for g in range(max(len(self.sets), 1))]
        if len(set(values)) == 1:
            return values[0]
        weights = [member.weight for member in self.sets]
        average = math.fsum(w * v for w, v in zip(weights, values, strict=True)) / math.fsum(weights)
        return min(max(average, min(values)), max(values))

    def overridden(
        self,
        values: Mapping[str, Any] | Iterable[str] = (),
        *,
        horizon: int | None = None,
        spend_until: int | None = None,
        discount_base_year: int | None = None,
        structural_years: int | None = None,
        accounting: str | None = None,
        luck: bool | None = None,
    ) -> Study:
        """This study with inputs fixed and options changed.

        `values` by input or option name, or texts "name=value" as `--set` takes them.
        Raises InputError with every fault: names, numbers, domains, ranges of years.
        """
        from mcengine.inputs.overrides import override

        named = {
            "horizon": horizon,
            "spend_until": spend_until,
            "discount_base_year": discount_base_year,
            "structural_years": structural_years,
            "accounting": accounting,
            "luck": luck,
        }
        return override(self, values, {name: value for name, value in named.items() if value is not None})

    def assuming(
        self,
        name: str,
        family: str,
        parameters: Mapping[str, Any],
        *,
        source: str,
        owner: str,
        date: str,
        confidence: str = "J",
        locator: str | None = None,
        note: str | None = None,
        truncate: tuple[float, float] | None = None,
    ) -> Study:
        """This study with an assumption of your own about the input `name`, in each of its sets.

        family, parameters  as in an assumption file: "pert", {"low": 0.5, "mode": 1.0, "high": 3.0}; truncate: (low,
                            high), in so many words
        source, owner, date, confidence, locator, note  on whose word: as in a file, where none may be missing

        Raises InputError with every fault, as for a file.
        """
        from mcengine.inputs.own_row import with_row

        row = {"family": family, "parameters": dict(parameters), "truncate": truncate and list(truncate)}
        words = {"source": source, "locator": locator, "confidence": confidence, "owner": owner, "date": date}
        return with_row(self, name, {**row, **words, "note": note})

    def resolved(self) -> dict[str, Any]:
        """The whole study as TOML data that point to no other file; `from_resolved` gives it back.

        A model in a file of the user's own is the exception: its path stays a path.
        """
        from mcengine.inputs.resolved import study_data

        return study_data(self)

    @classmethod
    def from_resolved(cls, data: Mapping[str, Any], file: str) -> Study:
        """The study in resolved data read from `file`, equal to the one they were made from.

        Raises InputError with every fault.
        """
        from mcengine.inputs.resolved import parse_resolved

        return parse_resolved(data, file)


def load_study(
    name: str | os.PathLike[str],
    *,
    set: Mapping[str, Any] | Iterable[str] = (),
    horizon: int | None = None,
    spend_until: int | None = None,
    discount_base_year: int | None = None,
    structural_years: int | None = None,
    accounting: str | None = None,
    luck: bool | None = None,
) -> Study:
    """The study in a file (TOML or .xlsx; also the study.toml of a run folder), or the bundled study of that name.

    The other arguments are those of `Study.overridden`. Raises InputError with every fault found.
    """
    from mcengine.inputs.catalog import SPREADSHEETS, find

    path = find("study", name)
    if path.suffix.lower() in SPREADSHEETS:
        from mcengine.inputs.workbook import read_workbook as read
    else:
        from mcengine.inputs.study_file import read_study as read

    return read(path).overridden(
        set,
        horizon=horizon,
        spend_until=spend_until,
        discount_base_year=discount_base_year,
        structural_years=structural_years,
        accounting=accounting,
        luck=luck,
    )
