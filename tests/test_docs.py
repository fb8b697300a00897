"""The pages of docs/ hold: their commands exist and print what they show, their examples run, the site is complete.

Commands that compute little are run with every test; the others are parsed, and run by `make test-slow`.
"""

from __future__ import annotations

import ast
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import pytest

from mcengine import load_study
from mcengine.analysis.methods import METHODS
from mcengine.cli.app import app
from mcengine.cli.main import main
from mcengine.families import FAMILIES
from tests.pages import (
    CHEAP,
    CONTRIBUTING,
    DOCS,
    README,
    ROOT,
    SITE,
    blocks,
    commands,
    make_targets,
    missing_lines,
    own_model,
    parse,
)

FOUR_PHASES = ROOT / "tests" / "data" / "four_phases"
OWN_PLAN, OWN_MODEL = DOCS / "own-plan.md", DOCS / "own-model.md"
PAGES = [*SITE, README, CONTRIBUTING]
COMMANDS = [(page, *found) for page in PAGES for found in commands(page)]
MCENGINE = [pytest.param(*one, id=f"{one[0].stem}: {' '.join(one[1])}") for one in COMMANDS if one[1][0] == "mcengine"]
WITH_COMMANDS = [page for page in PAGES if any(found[0][0] == "mcengine" for found in commands(page))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the commands: what the pages say that the reader has."""
    shutil.copytree(FOUR_PHASES, tmp_path / "four_phases")
    own_model(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.mark.parametrize(("page", "words", "shown"), MCENGINE)
def test_command_is_one_the_program_knows(page: Path, words: list[str], shown: list[str]) -> None:
    parse(words)


def test_make_targets_exist() -> None:
    assert {words[1] for _, words, _ in COMMANDS if words[0] == "make"} <= make_targets()


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.stem)
def test_cheap_commands_print_what_the_page_shows(page: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, shown in commands(page):
        if words[0] == "mcengine" and words[1] in CHEAP:
            assert main(words[1:]) == 0, words
            assert not missing_lines(shown, capsys.readouterr().out), words


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.stem)
def test_all_commands_print_what_the_page_shows(page: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = {}
    for words, shown in commands(page):
        if words[0] == "mcengine":
            assert main(words[1:]) == 0, words
            missing[" ".join(words)] = missing_lines(shown, capsys.readouterr().out)
    assert not {command: lines for command, lines in missing.items() if lines}


def test_commands_outside_console_blocks_are_ones_the_program_knows() -> None:
    """As on the page of the cluster, where the machines are not there to run them on."""
    plain = [line for page in PAGES for block in blocks(page, "") for line in block.splitlines()]
    found = [shlex.split(line) for line in plain if line.startswith("mcengine ")]
    assert found
    for words in found:
        parse(words)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_python_on_the_page_imports_what_there_is(page: Path) -> None:
    """Each block is sound Python, and every name that it takes from here is there."""
    for block in blocks(page, "python"):
        if block.startswith("--8"):  # a file of docs/examples, which runs below
            continue
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mcengine"):
                module = import_module(node.module or "")
                assert all(hasattr(module, name.name) for name in node.names), ast.unparse(node)


def test_figures_in_the_review_stand_in_an_answer_that_it_shows() -> None:
    """Each figure with a decimal in the review's text, as 48.85% or 106.4, stands in what the page's commands print."""
    text = (DOCS / "review.md").read_text(encoding="utf-8")
    shown = "\n".join(line for _, lines in commands(DOCS / "review.md") for line in lines)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    figures = set(re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?%?", prose))
    loose = {figure for figure in figures if "." in figure.rstrip(".") or "," in figure.strip(",")}
    rounded = {"94.6%", "0.2%", "1.80"}
    plan = {"2,000", "2,070"}  # the cost table: tests/qc
    assert {figure for figure in loose if figure.strip(",") not in shown} == rounded | plan


def test_families_of_the_page_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ", OWN_PLAN.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [name for name in rows if name in FAMILIES] == list(FAMILIES)


def test_pieces_of_the_example_are_those_of_its_files() -> None:
    """Each TOML block of the page is read, and what it says stands in the files of the example."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOUR_PHASES.glob("*.toml"))]
    found = 0
    for block in blocks(OWN_PLAN, "toml"):
        data = tomllib.loads(block)
        if set(data) == {"sensitivity"}:
            assert set(data["sensitivity"]["methods"]) <= set(METHODS)
            continue
        assert any(_within(data, whole) for whole in files), block
        found += 1
    assert found == 4


def _within(part: object, whole: object) -> bool:
    """Whether everything in `part` stands in `whole`; a list's tables each match one of the other's."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list) and part and isinstance(part[0], dict):
        return all(any(_within(one, other) for other in whole) for one in part)
    return part == whole


@pytest.mark.parametrize("script", sorted((DOCS / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_example_script_runs(script: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(script), run_name="__main__")
    printed = capsys.readouterr().out
    assert "NPV 1,478.13, 39 published figures come out" in printed
    assert (folder / "evidence.png").stat().st_size > 5_000


class Loads(HTMLParser):
    """Collects what a page would load, and what it would lead to elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        address = found.get("src") or (found.get("href") if tag == "link" else None)
        if address:
            self.loaded.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly."""
    pytest.importorskip("material", reason="needs the extra docs: pip install -e '.[docs]'")
    made = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(made)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return made


def test_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(SITE)
    for page in pages:
        parser = Loads()
        parser.feed(page.read_text(encoding="utf-8"))
        assert not [address for address in parser.loaded if re.match(r"(https?:)?//", address)], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_site_has_every_command_and_method(site: Path) -> None:
    reference = (site / "commands.html").read_text(encoding="utf-8")
    names = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    assert names
    assert all(f'id="{name.removesuffix("_all")}"' in reference for name in names)
    python = (site / "python.html").read_text(encoding="utf-8")
    assert all(f'id="{target.replace(":", ".")}"' in python for target in METHODS.values())


def test_studies_that_the_pages_name_exist() -> None:
    named = {words[2] for _, words, _ in COMMANDS if words[:2] in (["mcengine", "run"], ["mcengine", "evaluate"])}
    for name in sorted(named):
        if not name.endswith((".toml", ".xlsx")):
            assert load_study(name).name == name
