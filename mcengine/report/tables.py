"""What the report's tables hold, before a language or a file format is chosen: rows of plain values.

Used by the HTML report, the workbook and the comparison alike, so that all three say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcengine.analysis.result import OutputResult, Result, Statistic
from mcengine.inputs.assumptions import Assumption, AssumptionSet
from mcengine.inputs.plan import PIPELINE, Plan
from mcengine.inputs.spec import InputSpec
from mcengine.inputs.study import Study

if TYPE_CHECKING:
    from mcengine.analysis.evaluation import Comparison, Evaluation

UNINTERESTING = {("bcr", "prob_positive")}
"""Statistics that say nothing: receipts over outlay are above zero anyway."""

KEY_FIGURES = (
    ("npv", "prob_positive", "quantity.prob_positive"),
    ("npv", "mean", "quantity.npv_mean"),
    ("npv", "p05", "quantity.npv_p05"),
    ("npv", "p50", "quantity.npv_p50"),
    ("npv", "p95", "quantity.npv_p95"),
    ("npv", "expected_shortfall_05", "quantity.npv_es"),
    ("bcr", "p50", "quantity.bcr_p50"),
    ("payback_year", "p50", "quantity.payback_p50"),
    ("payback_year", "share_never", "quantity.never_share"),
)
"""The figures a reviewer looks for first: output, statistic, key of their name."""

YEARLY_FIGURES = ("cash_flow", "gdp_added")
"""Yearly quantities with a figure and a table in the report."""

FixedBy = str
PLAN, STUDY, SET, MODEL = "fixed_plan", "fixed_study", "fixed_set", "fixed_model"


def headline_output(outputs: Mapping[str, Any]) -> str:
    """Name of the output that the report opens with: the NPV, or the first one of another model."""
    return "npv" if "npv" in outputs else next(iter(outputs))


def is_uncertain(study: Study) -> bool:
    """Whether any input of the study varies; if not, every draw is the same."""
    return study.varies


def key_figures(outputs: Mapping[str, OutputResult]) -> list[tuple[str, str, str]]:
    """(output, statistic, key of its name) of the key figures that this run has."""
    return [row for row in KEY_FIGURES if row[0] in outputs and row[1] in outputs[row[0]].statistics]


def plain_figures(output: OutputResult) -> list[tuple[str, str, str]]:
    """The same of a model without an NPV: the main statistics of its first output."""
    names = ("prob_positive", "mean", "p05", "p50", "p95", "expected_shortfall_05")
    return [(output.name, name, f"statistics.{name}") for name in names if name in output.statistics]


@dataclass(frozen=True)
class StatisticRow:
    """One statistic of one output, for all draws (`set` None) or of one pooled set."""

    set: str | None
    output: str
    unit: str
    kind: str
    name: str
    statistic: Statistic


def statistic_rows(result: Result) -> Iterator[StatisticRow]:
    """Every statistic of the run in the order of summary.json, pooled ones first."""
    for name, outputs in ((None, result.outputs), *result.sets.items()):
        for output in outputs.values():
            for key, statistic in output.statistics.items():
                yield StatisticRow(name, output.name, output.unit, output.kind, key, statistic)


@dataclass(frozen=True)
class AssumptionRow:
    """One input in one assumption set.

    set      the set, None where the study has none; weight: its weight in the pool
    spec     the input: labels, plan's value, unit, source
    row      the set's assumption; None when the input has none or the study fixes it
    fixed    the value it is fixed at, None when it varies; by: who fixed it (PLAN, STUDY, SET or MODEL)
    """

    set: AssumptionSet | None
    weight: float | None
    spec: InputSpec
    row: Assumption | None
    fixed: float | None
    by: FixedBy | None


def assumption_rows(study: Study) -> list[AssumptionRow]:
    """Every input of every set, in the model's order."""
    members: list[tuple[AssumptionSet | None, float | None]]
    members = [(member.set, member.weight) for member in study.sets] or [(None, None)]
    return [_assumption(study, chosen, weight, spec) for chosen, weight in members for spec in study.inputs]


def _assumption(study: Study, chosen: AssumptionSet | None, weight: float | None, spec: InputSpec) -> AssumptionRow:
    row = None if chosen is None else chosen.row(spec.name)
    if spec.name in study.fixed:
        return AssumptionRow(chosen, weight, spec, None, float(study.fixed[spec.name]), STUDY)
    if row is None:
        return AssumptionRow(chosen, weight, spec, None, spec.value, PLAN if study.plan else MODEL)
    if row.distribution.is_constant:
        return AssumptionRow(chosen, weight, spec, row, float(row.distribution.median), SET)
    return AssumptionRow(chosen, weight, spec, row, None, None)


def weakly_founded(rows: list[AssumptionRow]) -> list[InputSpec]:
    """The inputs whose varying rows rest on recalled (M) or judged (J) evidence, each once."""
    found: dict[str, InputSpec] = {}
    for row in rows:
        if row.row is not None and row.fixed is None and row.row.evidence.confidence in ("M", "J"):
            found.setdefault(row.spec.name, row.spec)
    return list(found.values())


@dataclass(frozen=True)
class Published:
    """The plan's published figures beside the computed ones; `own`: they belong to the study itself."""

    evaluation: Evaluation
    own: bool

    @property
    def rows(self) -> tuple[Comparison, ...]:
        """One comparison a figure, in the order of the plan's file."""
        return self.evaluation.published

    @property
    def matching(self) -> int:
        """How many are equal at the published rounding."""
        return sum(row.matches for row in self.rows)


def published(study: Study) -> Published | None:
    """The comparison for the study itself, else for the first bundled study of the same plan that has one.

    None when the plan publishes nothing, or when no study that reproduces it can be found.
    """
    from mcengine.analysis.evaluation import evaluate

    if study.plan is None or not study.plan.published:
        return None
    names = list(dict.fromkeys(figure.study for figure in study.plan.published))
    if study.name in names:
        own = evaluate(study, at="plan")
        return Published(own, own=True) if own.published else None
    for name in names:
        other = _bundled(name, study.plan)
        if other is not None:
            found = evaluate(other, at="plan")
            return Published(found, own=False) if found.published else None
    return None


def _bundled(name: str, plan: Plan) -> Study | None:
    """The bundled study of this name, if it is about the very same plan."""
    from mcengine.inputs.catalog import studies
    from mcengine.inputs.study import load_study

    if name not in studies():
        return None
    other = load_study(name)
    same = other.plan is not None and replace(other.plan, file="") == replace(plan, file="")
    return other if same else None


def options(study: Study) -> list[tuple[str, Any]]:
    """The study's options by name; none for a model without years."""
    if study.plan is None:
        return []
    chosen = study.options
    names = ("horizon", "spend_until", "discount_base_year", "structural_years", "accounting")
    luck = [("luck", str(chosen.luck).lower())] if chosen.accounting == PIPELINE else []
    return [*((name, getattr(chosen, name)) for name in names), *luck, ("price_level", study.plan.price_level)]


def level(result: Result) -> float:
    """Level of the intervals of the outputs' statistics; that of yearly bands and rank correlations is always 0.95."""
    return result.stopping.level if result.stopping else 0.95


def further_outputs(result: Result) -> list[OutputResult]:
    """The outputs that the study or the caller named besides the usual ones: single years, and present values."""
    return [output for name, output in result.outputs.items() if "[" in name or name.startswith("pv_")]


def commands(result: Result) -> tuple[str, str]:
    """The commands that verify and that repeat the run, given in the run's folder."""
    named = tuple(output.name for output in further_outputs(result) if output.name not in result.study.outputs)
    again = _again_in_python(result, named) if named else f"{_again(result)} --out ../repeated"
    return "mcengine replay .", again


def _again(result: Result) -> str:
    """The command that repeats the run, stop and all, without a folder."""
    draws, replicates = _first_size(result)
    size, points = f"--draws {draws} --replicates {replicates}", f"--seed {result.seed} --sampler {result.sampler}"
    stop = f' --until "{result.stopping.asked}" --cap {result.stopping.cap}' if result.stopping else ""
    return f"mcengine run study.toml {size} {points}{stop}"


def _again_in_python(result: Result, outputs: tuple[str, ...]) -> str:
    """The same where the caller named outputs, which only Python can: it prints the digest."""
    draws, replicates = _first_size(result)
    given = f"draws={draws}, replicates={replicates}, seed={result.seed}, sampler={result.sampler!r}"
    stop = f", until={result.stopping.asked!r}, cap={result.stopping.cap}" if result.stopping else ""
    call = f"run(load_study('study.toml'), {given}{stop}, outputs={outputs!r})"
    return f'python -c "from mcengine import load_study, run; print({call}.digest)"'


def _first_size(result: Result) -> tuple[int, int]:
    """Draws and replicates that the run was started with."""
    first = result.stopping.first if result.stopping else result.replicates
    return result.draws // result.replicates * first, first


def independent_commands(result: Result) -> tuple[str, str]:
    """The commands that repeat the run with every input drawn independently, and compare the two."""
    other = "../independent"
    return f"{_again(result)} --independent --out {other}", f"mcengine compare . {other} --out ../comparison"


def version() -> str:
    """The installed version of mcengine; "unknown" in a bare checkout."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("mcengine")
    except PackageNotFoundError:
        return "unknown"
