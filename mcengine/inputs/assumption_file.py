"""Reading and writing assumption sets: from TOML rows to an `AssumptionSet` and back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcengine.errors import Fault, InputError, nearest_name
from mcengine.inputs import rows
from mcengine.inputs.assumptions import Assumption, AssumptionSet, Correlation
from mcengine.inputs.catalog import find, shown
from mcengine.inputs.check import Report, check, label
from mcengine.inputs.double_counting import set_warnings
from mcengine.inputs.schema import CopulaRow, CorrelationRow, LikeRow, SetFile
from mcengine.inputs.spec import InputSpec, text
from mcengine.inputs.texts import written
from mcengine.inputs.toml import Reader


@dataclass
class Library:
    """Loads the assumption sets of one study, each file once, also those that `like` rows refer to."""

    inputs: tuple[InputSpec, ...]
    """The inputs that rows may be about."""
    reader: Reader
    """Reads the files and remembers them."""
    plan: str | None = None
    """Name of the plan the sets must be for; None: not checked."""
    loaded: dict[Path, AssumptionSet | InputError] = field(default_factory=dict)
    """What came of each file so far."""
    opening: tuple[Path, ...] = ()
    """The files being read: a set that leads back to one of them is refused."""

    def load(
        self,
        name: str | os.PathLike[str],
        *,
        relative_to: Path | None = None,
        file: str | None = None,
        key: str | None = None,
    ) -> AssumptionSet:
        """The set in the file `name`, or the bundled one; `file` and `key` say where it is named.

        Raises InputError with every fault in the file.
        """
        path = find("assumption set", name, relative_to=relative_to, file=file, key=key).resolve()
        if path in self.opening:
            circle = " -> ".join(shown(step) for step in (*self.opening[self.opening.index(path) :], path))
            rule = f"sets take rows from each other in a circle: {circle}"
            raise InputError(Fault(file, key, str(name), rule))
        if path not in self.loaded:
            self.opening += (path,)
            try:
                self.loaded[path] = self._read(path)
            except InputError as error:
                self.loaded[path] = error
            finally:
                self.opening = self.opening[:-1]
        found = self.loaded[path]
        if isinstance(found, InputError):
            raise InputError(found.faults)
        return found

    def _read(self, path: Path) -> AssumptionSet:
        """The set in the file `path`."""
        data = self.reader.toml(path)
        report = Report(shown(path))
        report.refuse_unusable_numbers(data)
        head = check(SetFile, data, report)
        if self.plan is not None and head.plan is not None and head.plan != self.plan:
            rule = f"the set is for another plan; the study's plan is {self.plan!r}"
            report.add("plan", head.plan, rule, nearest_name(head.plan, [self.plan]))
            report.raise_if_any()
        return self.parse(head, report, path.parent)

    def parse(self, head: SetFile, report: Report, folder: Path | None, *, resolved: bool = False) -> AssumptionSet:
        """The set with this head. `folder` is where its data files lie; `resolved`: `like` is only a note.

        Raises InputError with the faults already in `report` and every one found.
        """
        context = rows.Context({spec.name: spec for spec in self.inputs}, folder)
        assumptions: dict[str, Assumption] = {}
        seen: dict[str, int] = {}
        for index, raw in enumerate(head.assumptions or []):
            key = f"assumptions{label('assumptions', index, raw)}"
            name = raw.get("input")
            if isinstance(name, str) and seen.setdefault(name, index) != index:
                report.add(key, None, f"the input already has a row: row {seen[name] + 1} of assumptions")
            if "like" in raw and not resolved:
                row = self._like(raw, report.under(key), context)
            else:
                row = rows.read_row(raw, report.under(key), context)
            if row is not None:
                assumptions[row.input] = row
        correlations = _correlations(head.correlations or [], report, context)
        copula, dof = _copula(head.copula, report)
        report.raise_if_any()
        for path in (path for row in assumptions.values() for path in row.distribution.files):
            self.reader.record(path)
        return AssumptionSet(
            name=head.name,
            title=text(head.title),
            file=report.file or "",
            assumptions=tuple(assumptions.values()),
            correlations=correlations,
            copula=copula,
            copula_dof=dof,
            warnings=set_warnings(self.inputs, assumptions, correlations, {}),
            description=text(head.description),
        )

    def _like(self, raw: Mapping[str, Any], report: Report, context: rows.Context) -> Assumption | None:
        """The row that another set has for the same input, marked as taken over."""
        for name in raw:
            if name not in LikeRow.model_fields:
                report.add(name, raw[name], "a row with `like` is taken over whole, beside `input` alone")
        row = check(LikeRow, {name: raw[name] for name in raw if name in LikeRow.model_fields}, report)
        known = row.input is not None and context.known(row.input, report)
        if row.like is None or not known:
            return None
        try:
            other = self.load(row.like, relative_to=context.folder, file=report.file, key=report.key("like"))
        except InputError as error:
            report.take(error)
            return None
        found = other.row(row.input)
        if found is None:
            report.add("like", row.like, f"that set has no row for {row.input}")
            return None
        return rows.taken_over(found, other.name)


def _correlations(raws: Sequence[Any], report: Report, context: rows.Context) -> tuple[Correlation, ...]:
    """The `[[correlations]]` rows, one object per pair of inputs."""
    pairs: dict[frozenset[str], tuple[int, Correlation]] = {}
    for index, raw in enumerate(raws):
        part = report.under(f"correlations[{index + 1}]")
        row = check(CorrelationRow, raw, part)
        if ("between" in raw) == ("among" in raw):
            part.add(None, None, "must have either `between`, two inputs, or `among`, two or more")
        if row.rho is not None and not -1 < row.rho < 1:
            part.add("rho", row.rho, "must lie in the domain, (-1, 1)")
        where = "among" if row.between is None else "between"
        names = row.between or row.among or []
        known = [name for name in names if context.known(name, part, where)]
        for position, first in enumerate(known):
            for second in known[position + 1 :]:
                pair = frozenset((first, second))
                if first == second:
                    part.add(where, first, "an input is not correlated with itself")
                elif pair in pairs:
                    rule = f"the pair already stands in row {pairs[pair][0] + 1} of correlations"
                    part.add(where, f"{first}, {second}", rule)
                else:
                    pairs[pair] = index, Correlation(first, second, row.rho, row.confidence, row.note.text)
    return tuple(correlation for _, correlation in pairs.values())


def _copula(row: CopulaRow | None, report: Report) -> tuple[str, float | None]:
    """Family and degrees of freedom of the copula."""
    if row is None or row.family is None:
        return "normal", None
    if (row.family == "t") != (row.degrees_of_freedom is not None):
        rule = "the t copula needs them" if row.family == "t" else "the normal copula has none"
        report.add("copula.degrees_of_freedom", row.degrees_of_freedom, rule)
    return row.family, row.degrees_of_freedom


def set_data(assumptions: AssumptionSet) -> dict[str, Any]:
    """`assumptions` as TOML data that stand on their own: data files as values, `like` rows written out."""
    copula: dict[str, Any] = {"family": assumptions.copula}
    if assumptions.copula_dof is not None:
        copula["degrees_of_freedom"] = assumptions.copula_dof
    described = {"description": dict(assumptions.description)} if assumptions.description else {}
    correlations = [
        {
            "between": [pair.first, pair.second],
            "rho": pair.rho,
            "confidence": pair.confidence,
            "note": written(pair.note),
        }
        for pair in assumptions.correlations
    ]
    return {
        "schema": 1,
        "name": assumptions.name,
        "title": dict(assumptions.title),
        **described,
        "copula": copula,
        "assumptions": [rows.row_data(row) for row in assumptions.assumptions],
        "correlations": correlations,
    }
