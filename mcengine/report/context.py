"""What every section of the HTML report is made from: one run in one language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from mcengine.analysis.pack import Pack
from mcengine.analysis.result import OutputResult, Result
from mcengine.analysis.sensitivity import Sensitivity
from mcengine.inputs.texts import said
from mcengine.report import tables
from mcengine.report.language import Language, Shown, style_of

View = dict[str, Any]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Context:
    """One report: a run in one language.

    published  as from `tables.published`; analyses: what the study asks for; pack: what stands beside the run
    """

    result: Result
    language: Language
    published: tables.Published | None
    analyses: Sequence[Sensitivity] = ()
    pack: Pack = field(default_factory=Pack)

    @property
    def name(self) -> str:
        """Name of the output the report opens with."""
        return tables.headline_output(self.result.outputs)

    @property
    def output(self) -> OutputResult:
        """That output."""
        return self.result.outputs[self.name]

    @property
    def uncertain(self) -> bool:
        """Whether there is anything to draw a distribution of."""
        return tables.is_uncertain(self.result.study)

    @property
    def level(self) -> str:
        """Level of the intervals of the outputs' statistics, "95%"; higher where the run could stop early."""
        return self.language.level(tables.level(self.result))

    @cached_property
    def set_titles(self) -> Mapping[str, str]:
        """Title of each pooled set in this language, by name."""
        return {m.set.name: m.set.title.get(self.language.code, m.set.name) for m in self.result.study.sets}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The name of each input in this language, by its name in the files."""
        return {spec.name: spec.label.get(self.language.code, spec.name) for spec in self.result.study.inputs}

    def label(self, name: str) -> str:
        """The name of an input in this language; of anything else, as a group, its own."""
        return self.labels.get(name, name)

    def said(self, text: str) -> str:
        """A text of the plan or of a set in this language."""
        return said(text, self.language.code)

    def title(self, title: Mapping[str, str], name: str) -> str:
        """A title in this language, `name` where there is none."""
        return title.get(self.language.code, name)

    def note(self, text: str) -> str:
        """A message of the engine in this language, inputs by their names in it."""
        told = self.language.note(text)
        if self.result.study.plan is None:  # a model of one's own may have an input called "a"
            return told
        names = sorted(self.labels, key=len, reverse=True)
        pattern = rf"\b({'|'.join(map(re.escape, names))})\b"
        return re.sub(pattern, lambda found: self.labels[found[0]], told)

    def analysis(self, kind: type[Answer]) -> Answer | None:
        """The first of the study's analyses that is of this kind."""
        return next((one for one in self.analyses if isinstance(one, kind)), None)

    def shown(self, output: OutputResult, name: str) -> Shown | None:
        """A statistic of an output as text; None when the run has none of that name."""
        statistic = output.statistics.get(name)
        return None if statistic is None else self.language.statistic(statistic, style_of(output.kind, name))

    def unit_of(self, output: OutputResult) -> str:
        """The unit to write beside an output's name: "" where the name says it, as of years, ratios and jobs."""
        said = output.kind == "year" or output.name == "bcr" or output.unit == output.name.partition("[")[0]
        return "" if said else self.unit(output.unit)

    def unit(self, unit: str) -> str:
        """A unit in this language, "" for none."""
        return "" if unit == "1" else self.language.unit(unit)
