"""A stored run computes again to the same bits, and what differs is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcengine import Model, Result, load_study, run
from mcengine.engine.problem import build_problem
from mcengine.engine.run import digest
from mcengine.errors import InputError
from mcengine.store.difference import first_in_rows, first_in_summary
from mcengine.store.folder import check_target, sha256
from mcengine.store.replay import ACROSS_PROCESSORS, parse_draw, replay
from mcengine.store.results import read_run, write_run


def edit(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file of a run and its recorded checksum, as one would who knows how."""
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))
    if name != "provenance.json":
        edit(folder, "provenance.json", lambda known: known["files"].update({name: sha256(folder / name)}))


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_bits_come_out_again(result: Result, folder: Path, threads: int) -> None:
    found = replay(folder, threads=threads)
    assert found.identical
    assert found.first_difference is None
    assert found.notes == ()
    assert found.tolerance == 0
    assert found.digest == found.stored_digest == result.digest


def test_outputs_that_were_asked_for_are_watched_again(tmp_path: Path) -> None:
    study = load_study("evidence")
    result = run(study, draws=512, replicates=2, seed=3, outputs=["cash_flow[2030]"])
    found = replay(write_run(result, tmp_path / "out"))
    assert found.identical, found.first_difference
    assert found.result is not None
    assert found.result.columns == result.columns


def test_a_changed_number_in_the_replicates_is_named(result: Result, tmp_path: Path) -> None:
    rows = result.rows.copy()
    k = result.columns.index("y.p50")
    rows[2, k] = np.nextafter(rows[2, k], np.inf)
    folder = write_run(replace(result, rows=rows), tmp_path / "out")
    found = replay(folder)
    assert found.identical is False
    expected = f"replicate 2, y.p50: stored {rows[2, k].item()!r}, now {result.rows[2, k].item()!r}"
    assert found.first_difference == expected


def test_a_spoilt_file_is_told_even_where_the_numbers_agree(folder: Path) -> None:
    table = read_run(folder).replicates_frame()
    table.to_parquet(folder / "replicates.parquet", index=False)
    found = replay(folder)
    assert found.identical
    assert found.notes == ("replicates.parquet is not the file that the run wrote",)
    (folder / "replicates.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="is not a Parquet file"):
        replay(folder)


def test_a_changed_study_is_not_replayed(folder: Path) -> None:
    with (folder / "study.toml").open("a") as file:
        file.write("\n")
    with pytest.raises(InputError, match=r"study\.toml: is not the file that the run wrote"):
        replay(folder)


def test_a_changed_summary_is_named(result: Result, folder: Path) -> None:
    value = result["y"].mean.value
    edit(folder, "summary.json", lambda data: data["outputs"]["y"]["mean"].update(value=1e6))
    assert (
        replay(folder).first_difference
        == f"summary.json, outputs.y.mean.value: stored 1000000.0, now {value!r}"
    )


def test_a_changed_seed_or_digest_is_named(result: Result, folder: Path) -> None:
    edit(folder, "provenance.json", lambda known: known.update(digest="sha256:0"))
    difference = replay(folder).first_difference
    assert difference == f"provenance.json, digest: stored sha256:0, now {result.digest}"
    edit(folder, "provenance.json", lambda known: known.update(seed=8))
    assert (replay(folder).first_difference or "").startswith("replicate 0, y.mean: stored ")


def test_another_processor_is_allowed_the_last_bits(result: Result, tmp_path: Path) -> None:
    rows = result.rows * (1 + 1e-14)
    folder = write_run(replace(result, rows=rows, digest=digest(rows)), tmp_path / "out")
    assert replay(folder).identical is False
    edit(folder, "provenance.json", lambda known: known["processor"].update(model="Z80", features="none"))
    found = replay(folder)
    assert found.identical, found.first_difference
    assert found.tolerance == ACROSS_PROCESSORS
    assert "Z80" in found.notes[0]
    assert found.digest != found.stored_digest
    edit(folder, "summary.json", lambda data: data["outputs"]["y"]["sd"].update(value=0.0))
    assert "outputs.y.sd.value" in (replay(folder).first_difference or "")


def test_other_software_is_told(folder: Path) -> None:
    edit(folder, "provenance.json", lambda known: known["versions"].update(numba="0.1"))
    found = replay(folder)
    assert found.identical
    assert any(note.startswith("numba was 0.1, is now ") for note in found.notes)


def test_one_draw_alone(tmp_path: Path) -> None:
    study = load_study("evidence")
    result = run(study, draws=64, replicates=2, seed=3)
    folder = write_run(result, tmp_path / "out")
    problem = build_problem(study, seed=3, draws=32)
    x, out = problem.draws(1, 0, 32)
    for draw in (0, 17):
        found = replay(folder, draw=(1, draw))
        assert found.identical is None
        assert found.draw is not None
        assert found.draw.set is None
        assert [value.value for value in found.draw.inputs] == x[:, draw].tolist()
        assert [value.name for value in found.draw.inputs] == [spec.name for spec in study.inputs]
        assert [value.unit for value in found.draw.inputs] == [spec.unit for spec in study.inputs]
        assert [float("inf") if v.value == "never" else v.value for v in found.draw.outputs] == out[
            :, draw
        ].tolist()
    replicate = dict(zip(result.columns, result.rows[1], strict=True))
    npv = next(value.value for value in found.draw.outputs if value.name == "npv")  # type: ignore[union-attr]
    assert isinstance(npv, float)
    assert replicate["npv.min"] <= npv <= replicate["npv.max"]


def test_a_draw_outside_the_run(folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        replay(folder, draw=(4, 64))
    first, second = (str(fault) for fault in caught.value.faults)
    assert first == "--draw = '4:64': the replicate must be from 0 to 3: the run has 4 replicates of 64 draws"
    assert second == "--draw = '4:64': the draw must be from 0 to 63: the run has 4 replicates of 64 draws"


def test_the_text_of_a_draw() -> None:
    assert parse_draw("3:17") == (3, 17)
    for text in (
        "",
        "3",
        "3:",
        ":3",
        "-1:0",
        "1:2:3",
        "a:b",
        "1.5:2",
        " 1:2",
        "1:2\n",
        "٣:1",
        "1" * 30 + ":0",
    ):
        with pytest.raises(InputError, match="must be replicate:draw"):
            parse_draw(text)


def _revenue(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] + x[1, i] * x[2, i]


def test_a_model_of_ones_own_is_handed_over_again(tmp_path: Path) -> None:
    model = Model(_revenue, ("x1", "x2", "x3"), ("revenue",), name="own")  # type: ignore[arg-type]
    result = run(load_study("textbook/linear_gaussian"), draws=64, replicates=2, seed=1, model=model)
    folder = write_run(result, tmp_path / "out")
    assert replay(folder, model=model).identical
    with pytest.raises(InputError, match="revenue"):
        replay(folder)


OWN = """
from mcengine import Model

def rows(x, out, constants):
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] * x[1, i]

sales = Model(rows, inputs=("price", "quantity"), outputs=("revenue",), name="sales")
"""

STUDY = """
schema = 1
name = "sales"
title = {{ en = "Sales", nl = "Verkoop" }}
model = "{model}"
{sets}
[[inputs]]
name = "price"
value = 1.0
[[inputs]]
name = "quantity"
value = 2.0
"""

SET = """
schema = 1
name = "{name}"
title = {{ en = "-", nl = "-" }}
[[assumptions]]
input = "price"
family = "uniform"
parameters = {{ low = {low}, high = {high} }}
unit = "1"
source = "made up"
confidence = "J"
owner = "tests"
date = "2026-01-01"
"""


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A study with a model of its own and two sets, whose prices cannot be taken for each other's."""
    (tmp_path / "model of sales.py").write_text(OWN)
    (tmp_path / "cheap.toml").write_text(SET.format(name="cheap", low=1.0, high=2.0))
    (tmp_path / "dear.toml").write_text(SET.format(name="dear", low=10.0, high=20.0))
    sets = 'sets = { "cheap.toml" = 0.75, "dear.toml" = 0.25 }'
    (tmp_path / "sales.toml").write_text(STUDY.format(model="model of sales.py:sales", sets=sets))
    return tmp_path / "sales.toml"


def test_a_model_file_is_taken_along(pool: Path) -> None:
    folder = write_run(run(load_study(pool), draws=64, replicates=2, seed=1), pool.parent / "out")
    for file in (pool, *(path for path in pool.parent.iterdir() if path.suffix in (".py", ".toml"))):
        file.unlink(missing_ok=True)  # nothing outside the folder is needed
    moved = folder.rename(folder.with_name("moved"))
    assert replay(moved).identical
    assert check_target(moved)  # what Python caches beside the model is no stranger's file
    (moved / "model.py").write_text(OWN.replace("*", "+"))
    with pytest.raises(InputError, match=r"model\.py: is not the file that the run wrote"):
        replay(moved)


def test_a_draw_of_a_pool_names_its_set(pool: Path) -> None:
    folder = write_run(run(load_study(pool), draws=64, replicates=2, seed=1), pool.parent / "out")
    found = [replay(folder, draw=(1, i)).draw for i in range(9)]
    for draw in found:
        assert draw is not None
        price = draw.inputs[0].value
        assert isinstance(price, float)
        assert draw.set == ("cheap" if price < 5 else "dear")
    assert {draw.set for draw in found if draw is not None} == {"cheap", "dear"}


def test_differences_of_shape_and_of_never() -> None:
    one = np.array([[1.0, np.inf, np.nan]])
    names = ("a", "b", "c")
    assert first_in_rows((names, names), (one, one.copy()), 1e-12) is None
    for k, value in enumerate((np.inf, 1.0, 0.0)):
        now = one.copy()
        now[0, k] = value
        assert (first_in_rows((names, names), (one, now), 1e-12) or "").startswith(
            f"replicate 0, {names[k]}: "
        )
    assert (
        first_in_rows((names, names), (one, np.vstack((one, one))), 0)
        == "replicates x numbers: stored 1 x 3, now 2 x 3"
    )
    assert first_in_rows((names, ("a", "x", "c")), (one, one), 0) == "names of the numbers: stored b, now x"
    assert first_in_summary({"a": [1, 2]}, {"a": [1, 2], "new": 1}, 0) is None
    assert first_in_summary({"a": [1, 2]}, {"a": [1, 3]}, 0) == "a[1]: stored 2, now 3"
    assert first_in_summary({"a": 1}, {}, 0) == "a: stored 1, now nothing"
    assert (
        first_in_summary(
            {"value": 1.0, "ci95": [1e-9, 2.0]}, {"value": 1.0, "ci95": [1e-9 + 1e-13, 2.0]}, 1e-12
        )
        is None
    )
