"""The HTML report of one run: one self-contained file a language, its figures beside it, and the workbook.

The same run gives the same bytes: no time, machine or path of this computer gets in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcengine.analysis.pack import Pack
from mcengine.report import tables
from mcengine.report.context import Context
from mcengine.report.excel import write_workbook
from mcengine.report.language import LANGUAGES, Language
from mcengine.report.sections import SECTIONS
from mcengine.report.style import Picture

if TYPE_CHECKING:
    import jinja2

    from mcengine.analysis.result import Result
    from mcengine.analysis.sensitivity import Sensitivity


def write_report(
    result: Result,
    folder: Path,
    *,
    languages: Sequence[str] = LANGUAGES,
    analyses: Sequence[Sensitivity] = (),
    pack: Pack | None = None,
) -> list[Path]:
    """Write report.LANGUAGE.html, figures/*.svg and report.xlsx into `folder`; returns the files written.

    languages  some of `LANGUAGES`, in the order wanted
    analyses   the results of what the study's `[sensitivity]` asks for, in its order; the run's own split into
               ignorance and luck goes before them
    pack       what stands beside the run (`report.build.build_report` makes it); without it those parts are left out
    """
    folder.mkdir(parents=True, exist_ok=True)
    if result.luck is not None and all(one.method != result.luck.method for one in analyses):
        analyses = (result.luck, *analyses)
    published = tables.published(result.study)
    written = []
    for code in languages:
        context = Context(result, Language(code), published, analyses, pack or Pack())
        sections = [(name, view) for name, build in SECTIONS if (view := build(context)) is not None]
        written.append(_write(folder / f"report.{code}.html", report_html(context, sections, languages)))
        written += write_pictures(folder, code, [picture for _, view in sections for picture in _pictures(view)])
    book = folder / "report.xlsx"
    written.append(write_workbook(result, book, published=published, analyses=analyses, pack=pack))
    return written


def report_html(
    context: Context, sections: Sequence[tuple[str, Mapping[str, Any]]], languages: Sequence[str] = LANGUAGES
) -> str:
    """The page of one run in one language from its sections (name, view)."""
    study, code = context.result.study, context.language.code
    return render(
        "report.html.jinja",
        context.language,
        title=study.title.get(code, study.name),
        plan=study.plan.title.get(code, study.plan.name) if study.plan else "",
        description=study.description.get(code, ""),
        digest=context.result.digest[:19],
        sections=sections,
        other_languages=other_languages("report", code, languages),
    )


def other_languages(stem: str, code: str, languages: Sequence[str]) -> list[dict[str, str]]:
    """Links to the same page in the other languages."""
    names = {"en": "English", "nl": "Nederlands"}
    return [{"file": f"{stem}.{c}.html", "code": c, "text": names[c]} for c in languages if c != code]


def render(template: str, language: Language, **values: Any) -> str:
    """A page from a template of this package; `t` in it is the language."""
    return _environment().get_template(template).render(t=language, **values)


@lru_cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["css_string"] = css_string
    return environment


def css_string(text: str) -> str:
    """`text` as a quoted string of CSS, inside a style element: what could end the string or the element is escaped."""
    return '"' + re.sub(r'[\x00-\x1f"\\<>&]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def write_pictures(folder: Path, code: str, pictures: Sequence[Picture]) -> list[Path]:
    """Each figure as figures/NAME.LANGUAGE.svg below `folder`."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    return [_write(folder / "figures" / f"{picture.name}.{code}.svg", picture.svg) for picture in pictures]


def _pictures(view: object) -> list[Picture]:
    """The figures anywhere in a section's view, in order."""
    if isinstance(view, Picture):
        return [view]
    if isinstance(view, Mapping):
        view = list(view.values())
    return [picture for part in view for picture in _pictures(part)] if isinstance(view, list) else []


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
