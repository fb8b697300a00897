"""The Dutch report is Dutch: no English words and no names of the files in what a reader sees or hears."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mcengine import load_study, run
from mcengine.analysis.asked import analyse, asked_analyses
from mcengine.analysis.pack import build_pack
from mcengine.models.build import build_model
from mcengine.report.html import write_report

SIZES = {
    "shapley": {"n": 64, "replicates": 4},
    "sobol": {"n": 128, "replicates": 4},
    "tail": {"n": 128, "replicates": 4},
    "boxes": {"n": 8192},
    "evppi": {"n": 8192},
}
"""Options that make an analysis quick: what it says is looked at here, not how precisely."""

ENGLISH = frozenset(
    ["the", "and", "with", "years", "year", "to", "are", "not", "from", "by", "for", "its", "than", "that",
     "this", "which", "on", "at", "each", "more", "chance", "share", "values", "draws", "plan's", "range",
     "mean", "rate", "probability", "judgement", "annex", "item", "chapter", "unlimited", "false", "true",
     "inf", "sobol", "lognormal", "medicines", "phases", "sources", "study", "million", "billion"]
)
"""Words that no Dutch sentence of the report has; those of both languages (is, of, median) are left out."""

COMMANDS = ("mcengine run ... --until npv.mean=10m", "--set luck=true", "studie annex98", "Sobol’", "Sobol'", "Sobol-")
"""What a reader types, the name of a study to type, and a name of a person."""

_VOID = frozenset(("meta", "link", "br", "img", "hr", "input", "col"))
_CODE = frozenset(("style", "script", "code", "pre", "defs", "metadata"))


class Visible(HTMLParser):
    """The texts of a page that are read out or seen, but for code and what is marked as English."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        hidden = tag in _CODE or (found.get("lang") == "en") or any(skip for _, skip in self.open)
        if not hidden:
            self.texts += [text for name in ("alt", "aria-label", "title") if (text := found.get(name))]
        if tag not in _VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self.open and self.open[-1][1]):
            self.texts.append(" ".join(data.split()))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["evidence", "pipeline", "sceptical"])
def test_no_english_and_no_raw_names_on_a_dutch_page(name: str, tmp_path: Path) -> None:
    study = load_study(name)
    result = run(study, draws=4096, seed=1)
    model = build_model(study)
    analyses = [
        analyse(study, replace(one, options={**one.options, **SIZES.get(one.method, {})}), seed=1, model=model)
        for one in asked_analyses(study)
    ]
    write_report(result, tmp_path, languages=["nl"], analyses=analyses, pack=build_pack(result, analyses))
    texts = Visible((tmp_path / "report.nl.html").read_text(encoding="utf-8")).texts
    assert len(texts) > 1000
    assert study.plan is not None
    raw = {spec.name for spec in study.plan.inputs if "_" in spec.name} | {"leverage", "plan_centred", "sceptical"}
    seen = []
    for text in texts:
        for command in COMMANDS:
            text = text.replace(command, "")
        words = set(re.findall(r"[\w’']+", text.lower()))
        seen += [(sorted(words & (ENGLISH | raw)), text)] if words & (ENGLISH | raw) else []
        seen += [(["number"], text)] if re.search(r"EUR m\b|(?<![\w,.])-\d+[.,]\d", text) else []
    assert not seen
