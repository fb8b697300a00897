"""From a checked study to what the compiled loops need: kernel, points, tables, watched outputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcengine.engine.accumulators import BODY, Watch, build_watch
from mcengine.engine.blocks import Design, inputs_and_outputs, lucks
from mcengine.errors import Fault, InputError, NonFiniteError
from mcengine.inputs.study import Study
from mcengine.models.build import build_model, check_inputs
from mcengine.models.model import YEAR, Model, Output
from mcengine.sampling.dependence import Copula, Repair, build_copula, independent
from mcengine.sampling.direct import build_direct
from mcengine.sampling.points import DEFAULT_SAMPLER, Points, build_points
from mcengine.sampling.tables import SCORE_TABLE, TableError, Tables, build_tables
from mcengine.simd import WIDTH

Array = NDArray[np.float64]

PILOT_REPLICATE = 2**32 - 1  # no run has that many replicates
PILOT_DRAWS = 4096
LUCK_BLOCK = 504  # draws; see `replicates.DEFAULT_BLOCK`


@dataclass(frozen=True)
class Problem:
    """A study made ready to be simulated under one seed. Hand it to `engine.run.run_replicates`.

    repairs  how far correlations had to be moved
    watched  the outputs with full statistics, in the order of `watch`
    groups   the assumption sets' names, one a group of draws
    """

    study: Study
    model: Model
    seed: int
    sampler: str
    points: Points
    design: Design
    tables: tuple[Tables, ...]
    copulas: tuple[Copula, ...]
    repairs: tuple[Repair, ...]
    watched: tuple[Output, ...]
    watch: Watch
    groups: tuple[str, ...]

    @cached_property
    def function(self) -> Any:
        """The model's compiled kernel."""
        return self.model.function()

    def shape(self, *, yearly: bool) -> tuple[int, int, int]:
        """(headline rows, rows the kernel fills, working rows) for blocks with or without yearly tables."""
        headline = len(self.model.headline_outputs)
        beyond = bool(np.any(self.watch.row >= headline))
        filled = len(self.model.outputs) if yearly or beyond else headline
        return headline, filled, self.model.scratch

    def draws(self, replicate: int, first: int, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Inputs (inputs, count) and all outputs (outputs, count) of draws first .. first + count - 1."""
        x, out, _ = self._compute(replicate, first, count)
        return x, out

    def inputs(self, replicate: int, first: int, count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Inputs (inputs, count) and each draw's group (count,) of draws first .. first + count - 1."""
        x, _, group = self._compute(replicate, first, count)
        return x, group

    def lucks(self, key: str, replicate: int, first: int, count: int, lucky: int) -> NDArray[np.float64]:
        """Output `key` of draws first .. first + count - 1 (`first` even), each under `lucky` lucks of its own.

        float64 (lucky, count). The first is that of a run; the others are independent of it, and all share the draw's
        inputs. A block of draws at a time, so that memory does not grow with their number but for the answer's.
        """
        row, (headline, _, working) = self.model.output_index(key), self.shape(yearly=False)
        filled = headline if row < headline else len(self.model.outputs)
        found = np.empty((lucky, count))
        for start in range(0, count, LUCK_BLOCK):
            width = min(LUCK_BLOCK, count - start)
            values = np.empty((lucky, -(-width // WIDTH) * WIDTH))
            lucks(
                self.function, self.model.constants, self.points, self.design, self.tables, self.copulas,
                replicate, first + start, row, 0, filled + working, values,
            )  # fmt: skip
            found[:, start : start + width] = values[:, :width]
        return found

    def set_of(self, replicate: int, draw: int) -> str:
        """Name of the assumption set a draw belongs to."""
        _, _, group = self._compute(replicate, draw, 1)
        return self.groups[int(group[0])]

    def _compute(
        self, replicate: int, first: int, count: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        skipped = first % 2  # blocks begin at even draws
        width = -(-(count + skipped) // WIDTH) * WIDTH
        inputs = len(self.model.inputs)
        x = np.empty((inputs + len(self.model.luck), width))
        out = np.empty((len(self.model.outputs) + self.model.scratch, width))
        group = np.empty(width, dtype=np.int64)
        inputs_and_outputs(
            self.function, self.model.constants, self.points, self.design, self.tables, self.copulas,
            replicate, first - skipped, x, out, group,
        )  # fmt: skip
        wanted = slice(skipped, skipped + count)
        return x[:inputs, wanted], out[: len(self.model.outputs), wanted], group[wanted]

    def refuse_non_finite(self, replicate: int, first: int, count: int) -> NonFiniteError:
        """The error that names output, draws and inputs of the non-finite draws in this range."""
        x, out = self.draws(replicate, first, count)
        for k, output in enumerate(self.watched):
            values = out[self.watch.row[k]]
            bad = ~np.isfinite(values) & ~((output.kind == YEAR) & (values == np.inf))
            if bad.any():
                where = np.flatnonzero(bad)
                addresses = tuple((replicate, first + int(i)) for i in where[:5])
                inputs = dict(zip(self.model.inputs, x[:, where[0]].tolist(), strict=True))
                return NonFiniteError(output.key, addresses, inputs, len(where))
        raise AssertionError("a block was stopped for a non-finite output, but holds none")


def _uncertain(study: Study, model: Model) -> tuple[Array, NDArray[np.bool_], NDArray[np.int64]]:
    """By set and input the median (sets, inputs) and whether it is drawn; and the rows of inputs drawn in some set."""
    groups = max(len(study.sets), 1)
    laws = [[study.marginal(g, name) for name in model.inputs] for g in range(groups)]
    fixed = np.array([[law.median for law in row] for row in laws])
    random = np.array([[not law.is_constant for law in row] for row in laws])
    return fixed, random, np.flatnonzero(random.any(axis=0) | np.any(fixed != fixed[0], axis=0)).astype(np.int64)


def _design(
    study: Study,
    model: Model,
    fixed: Array,
    random: NDArray[np.bool_],
    uncertain: NDArray[np.int64],
    copulas: tuple[Copula, ...],
) -> tuple[Design, tuple[Tables, ...]]:
    slot = np.full((len(fixed), len(uncertain)), -1, dtype=np.int64)
    tables, direct = [], []
    for g, copula in enumerate(copulas):
        drawn = [k for k, j in enumerate(uncertain) if random[g, j]]
        slot[g, drawn] = np.arange(len(drawn))
        tables.append(_tabled(study, g, [model.inputs[uncertain[k]] for k in drawn]))
        alone = slot[g].copy()
        alone[copula.rows] = -1
        direct.append(build_direct(tables[g], alone))
    weights = np.array([member.weight for member in study.sets] or [1.0])
    return Design(fixed, uncertain, slot, np.cumsum(weights), SCORE_TABLE, tuple(direct)), tuple(tables)


def _tabled(study: Study, group: int, names: list[str]) -> Tables:
    """Quantile tables of the inputs `names` of one set; a law that cannot be tabled is named."""
    faults = []
    for name in names:
        try:
            build_tables([study.marginal(group, name)])
        except TableError as error:
            file = study.sets[group].set.file if study.sets else study.file
            faults.append(Fault(file, f"assumptions[{name}]", None, str(error)))
    if faults:
        raise InputError(faults)
    return build_tables([study.marginal(group, name) for name in names])


def _copulas(study: Study, model: Model, uncertain: NDArray[np.int64]) -> tuple[tuple[Copula, ...], tuple[Repair, ...]]:
    """One copula for each assumption set; independence where the study switches correlations off."""
    names = [model.inputs[j] for j in uncertain]
    first_mixing = len(model.inputs) + 1
    mixing = {name: first_mixing + j for j, name in enumerate(model.inputs)}
    copulas, repairs = [], []
    for g, member in enumerate(study.sets):
        drawn = {name for name in names if not study.marginal(g, name).is_constant}
        pairs = {(c.first, c.second): c.rho for c in member.set.correlations if {c.first, c.second} <= drawn}
        if not study.correlations or not pairs:
            copulas.append(independent())
            continue
        dof = member.set.copula_dof if member.set.copula == "t" else None
        copula, moved = build_copula(names, pairs, dof, mixing, member.set.file)
        copulas.append(copula)
        repairs += [replace(repair, set=member.set.name) for repair in moved]
    return tuple(copulas) or (independent(),), tuple(repairs)


def build_problem(
    study: Study,
    *,
    seed: int,
    draws: int,
    sampler: str = DEFAULT_SAMPLER,
    outputs: tuple[str, ...] = (),
    model: Model | None = None,
    luck: bool = False,
) -> Problem:
    """Make `study` ready to be simulated.

    draws    in a replicate; where the points depend on it ("lhs")
    outputs  names of further outputs to watch ("cash_flow[2030]") beside the study's own and the default ones
    model    a model of the caller's own; its inputs must be the study's
    luck     with the luck that the study asks for; else expected values, which is what most analyses are of

    Raises
    ------
    InputError      an output or model that does not exist
    NonFiniteError  a non-finite output already in the pilot
    """
    if model is None:
        model = build_model(study, luck=luck)
    else:
        check_inputs(study, model, luck=luck)
    points = build_points(sampler, seed, model.inputs, draws, model.luck)
    fixed, random, uncertain = _uncertain(study, model)
    copulas, repairs = _copulas(study, model, uncertain)
    design, tables = _design(study, model, fixed, random, uncertain, copulas)
    names = dict.fromkeys((*(o.key for o in default_outputs(model)), *study.outputs, *outputs))
    rows = [model.output_index(name) for name in names]
    watched = tuple(model.outputs[row] for row in rows)
    groups = tuple(member.set.name for member in study.sets) or ("plan",)
    empty = build_watch(rows, np.zeros((len(rows), 2)), [None] * len(rows))
    problem = Problem(study, model, seed, sampler, points, design, tables, copulas, repairs, watched, empty, groups)
    _, pilot = problem.draws(PILOT_REPLICATE, 0, PILOT_DRAWS)
    for output, row in zip(watched, rows, strict=True):
        if output.kind != YEAR and not np.isfinite(pilot[row]).all():
            raise problem.refuse_non_finite(PILOT_REPLICATE, 0, PILOT_DRAWS)
    years = [
        _first_year(model, pilot[row]) if output.kind == YEAR else None
        for output, row in zip(watched, rows, strict=True)
    ]
    return replace(problem, watch=build_watch(rows, pilot[rows], years))


def default_outputs(model: Model) -> tuple[Output, ...]:
    """The outputs watched in every run: the model's leading ones, without the parts of a quotient."""
    return tuple(o for o in model.headline_outputs if not o.name.startswith("pv_"))


def _first_year(model: Model, pilot: NDArray[np.float64]) -> int:
    """The first calendar year counted: the model's, or one well before the pilot's where it has no yearly tables."""
    years = [output.year for output in model.outputs if output.year is not None]
    finite = pilot[np.isfinite(pilot)]
    return min(years) if years else int(np.floor(finite.min() if len(finite) else 0.0)) - BODY // 2
