"""What figures call studies and outputs: by their titles in the report's language, not by their names in files."""

from __future__ import annotations

from collections.abc import Mapping

from mcengine.inputs.catalog import assumption_sets, find
from mcengine.inputs.study import Study
from mcengine.inputs.texts import said
from mcengine.inputs.toml import Reader
from mcengine.report.language import Language

_NPV = {"en": "NPV", "nl": "NCW"}


def study_title(study: Study, language: Language) -> str:
    """The title of a study; its name where it has none in this language."""
    return study.title.get(language.code, study.name)


def short_name(output: str, language: Language) -> str:
    """An output within a sentence or beside an axis: "NPV" short, another one by its label."""
    return _NPV[language.code] if output == "npv" else language.label(output)


def input_labels(study: Study, language: Language) -> Mapping[str, str]:
    """The names of a study's inputs in this language, by their names in files."""
    return {spec.name: spec.label.get(language.code, spec.name) for spec in study.inputs}


def set_title(name: str, study: Study, language: Language) -> str:
    """The title of an assumption set: one of the study's, else a bundled one; its name where neither has it."""
    for member in study.sets:
        if member.set.name == name:
            return member.set.title.get(language.code, name)
    if name not in assumption_sets():
        return name
    title = Reader().toml(find("assumption set", name)).get("title", {})
    return str(title.get(language.code, name))


def foreign(text: str, language: Language) -> str:
    """The language to mark `text` with where it may not be the page's: "en" for one given once, on a Dutch page."""
    return "en" if text and language.code != "en" and said(text, language.code) == said(text, "en") else ""
