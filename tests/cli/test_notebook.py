"""What a notebook shows: every answer gives a sentence, figures with their data inside, and a table of its numbers."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from mcengine import compare, evaluate, load_study, optimise, run, save, sensitivity
from mcengine.analysis.frames import frame
from mcengine.analysis.methods import METHODS
from mcengine.cli.notebook import html, sentence
from mcengine.store.results import read_run

SEED = 2026
SMALL = {"boxes": 1024, "luck": 64, "morris": 16, "waterfall": None, "tornado": None, "break-even": None}
"""Base points a replicate where 256 do not suit."""


def ask(method: str) -> Any:
    if method == "break-even":
        return sensitivity(load_study("replica"), method)
    study = load_study("pipeline", set={"luck": True}) if method == "luck" else load_study("evidence")
    return sensitivity(study, method, **({} if method == "tornado" else {"seed": SEED}), n=SMALL.get(method, 256))


ASKED: dict[str, Callable[[], Any]] = {
    **{method: lambda method=method: ask(method) for method in METHODS},  # type: ignore[misc]
    "optimise": lambda: optimise(load_study("pipeline"), seed=SEED, n=64, replicates=4, starts=1),
}


@pytest.fixture(scope="module", params=ASKED)
def answer(request: pytest.FixtureRequest) -> Any:
    return ASKED[request.param]()


@pytest.fixture(scope="module")
def runs() -> list[Any]:
    return [run(load_study(name), draws=8192, seed=SEED) for name in ("plan_centred", "evidence")]


def images(shown: str) -> list[ElementTree.Element]:
    """The pictures in some HTML, parsed; each must carry its own data."""
    sources = re.findall(r'<img [^>]*src="([^"]*)"', shown)
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    return [ElementTree.fromstring(b64decode(source.partition(",")[2])) for source in sources]


def test_an_analysis_shows_its_sentence_figures_and_table(answer: Any) -> None:
    shown = answer._repr_html_()
    said = " ".join(sentence(answer).split())
    assert said.endswith(".")
    assert said in unescape(shown)
    figures = answer.figures("nl")
    assert len(images(shown)) == len(figures) >= 1
    assert all(isinstance(figure, Figure) and figure.axes for figure in figures)
    assert f"The table, {len(answer.to_frame())} row" in shown


def statistics_in(data: Any) -> list[float]:
    """Every value with an interval within the tables that make an answer's frame."""
    if isinstance(data, dict):
        own = [data["value"]] if "ci95" in data and isinstance(data["value"], float) else []
        return own + [value for part in data.values() for value in statistics_in(part)]
    return []


def test_a_frame_holds_the_numbers_of_the_answer(answer: Any) -> None:
    data = answer.to_dict()
    keys = {"tail": "responses", "optimise": "phases"}.get(answer.method)
    tables = [data[keys]] if keys else [data.get("groups", {}), data.get("inputs", {})]
    held = set(answer.to_frame().select_dtypes("number").to_numpy().ravel().tolist())
    assert set(statistics_in(tables)) <= held
    if answer.method in ("tornado", "break-even"):
        own = [one["swing"] if "swing" in one else one["plan"] for one in data["inputs"].values()]
        assert set(own) <= held


def test_frames_of_their_own_shape() -> None:
    steps = ask("waterfall").to_frame()
    assert steps.effect.iloc[0] + steps.effect.iloc[1:-1].sum() == pytest.approx(steps.effect.iloc[-1], abs=1e-6)
    assert steps.loc[steps.name == "leverage", "to"].item() == pytest.approx(2.4952381)
    luck = ask("luck").to_frame()
    assert luck.share.sum() == pytest.approx(1.0)
    boxes = ask("boxes")
    conditions = boxes.to_frame()
    assert list(conditions.input) == list(boxes.boxes[0].inputs)
    assert (conditions.density == boxes.boxes[0].to_dict()["density"]["value"]).all()


def test_a_run_shows_its_distribution_and_s_curve(runs: list[Any]) -> None:
    shown = runs[1]._repr_html_()
    assert len(images(shown)) == len(runs[1].figures()) == 2
    assert "P(npv &gt; 0)" in shown


def test_a_run_in_which_nothing_varies_shows_one_value(runs: list[Any]) -> None:
    shown = run(load_study("replica"), draws=64, seed=SEED)._repr_html_()
    assert "<td>1,478.13</td>" in shown
    assert "No input of this study is uncertain" in shown
    assert "P(npv" not in shown
    assert not images(shown)
    never = run(load_study("replica", set={"multiplier": 0.5}), draws=3200, seed=SEED)._repr_html_()
    assert "<td>payback_year</td><td></td><td>never</td>" in never


def test_an_evaluation_shows_the_main_table() -> None:
    found = evaluate(load_study("replica"))
    assert "net present value in all   1,478.13  EUR m" in found._repr_html_()
    assert found.figures() == []
    table = found.to_frame()
    assert list(table.year) == list(range(2026, 2036))
    assert table.present_value.sum() == pytest.approx(found.outputs["npv"])


def test_a_comparison_shows_the_runs_beside_each_other(runs: list[Any], tmp_path: Path) -> None:
    found = compare(*runs)
    assert "The runs do not give the same answer" in found._repr_html_()
    assert len(images(found._repr_html_())) == len(found.figures()) == 3
    table = found.to_frame().set_index(["run", "output", "statistic"])
    for one in runs:
        assert table.loc[(one.study.name, "npv", "mean"), "value"] == one["npv"].mean.value
    pages = [path.name for path in found.save(tmp_path) if path.suffix == ".html"]
    assert pages == ["index.en.html", "index.nl.html"]


def test_a_saved_run_reads_back_and_compares_as_the_result(runs: list[Any], tmp_path: Path) -> None:
    drivers = sensitivity(load_study("evidence"), "shapley", seed=SEED, n=256)
    folder = save(runs[1], tmp_path / "evidence", analyses=[drivers])
    assert read_run(folder).summary["digest"] == runs[1].digest
    assert {"report.en.html", "report.nl.html", "report.xlsx"} <= {path.name for path in folder.iterdir()}
    assert (folder / "sensitivity" / "shapley.json").is_file()
    stored, live = compare(runs[0], folder), compare(*runs)
    assert stored.answer == live.answer


def test_markup_in_names_is_shown_as_text() -> None:
    study = load_study("evidence")
    object.__setattr__(study, "name", "<script>alert(1)</script>")
    shown = html(sensitivity(study, "shapley", seed=SEED, n=256))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_frame_of_what_has_no_table_is_empty() -> None:
    assert frame({"method": "shapley", "inputs": {}, "groups": {}}).empty
