"""The study file of a run folder: the same study, from one file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcengine.errors import InputError
from mcengine.inputs import catalog
from mcengine.inputs.study import Study, load_study
from tests.inputs.conftest import FOUR_PHASES, Folder, faults_of
from tests.inputs.test_study import OWN_MODEL, pool


def there_and_back(study: Study) -> Study:
    """The study written as TOML and read again."""
    return Study.from_resolved(tomllib.loads(tomli_w.dumps(study.resolved())), "run/study.toml")


@pytest.mark.parametrize("name", catalog.studies())
def test_bundled_studies_come_back_as_they_were(name: str) -> None:
    study = load_study(name)
    again = there_and_back(study)
    assert again == study
    assert again.resolved() == study.resolved()
    assert (again.uncertain, again.warnings, again.sources) == (
        study.uncertain,
        study.warnings,
        study.sources,
    )
    for at in ("plan", "median", "mean"):
        assert again.baseline(at) == study.baseline(at)


def test_a_pool_an_override_and_a_truncation_come_back(folder: Folder) -> None:
    study = pool(folder).load(set=["leverage=0.1", "horizon=2100"])
    again = there_and_back(study)
    assert again == study
    assert again.options.horizon == 2100
    assert again.marginal(0, "market_growth").truncate == (-0.05, 0.1)
    assert again.warnings == study.warnings


def test_a_truncation_at_infinity_comes_back(folder: Folder) -> None:
    study = folder.edit("assumptions", "truncate = [-0.05, 0.1]", "truncate = [-0.05, inf]").load()
    assert there_and_back(study) == study


def test_a_study_with_a_model_of_its_own_comes_back(folder: Folder) -> None:
    study = load_study(folder.write("own.toml", OWN_MODEL))
    assert there_and_back(study) == study


def test_load_study_takes_the_file_of_a_run_folder(folder: Folder, tmp_path: Path) -> None:
    study = folder.load(set=["leverage=0.1"])
    file = tmp_path / "run.toml"
    file.write_text(tomli_w.dumps(study.resolved()), encoding="utf-8")
    for name in ("study", "plan", "assumptions"):
        (folder.path / f"{name}.toml").unlink()
    again = load_study(file)
    assert again == study
    assert again.file == str(file)
    assert load_study(file, horizon=2050).options.horizon == 2050


def test_resolved_data_are_plain(folder: Folder) -> None:
    data = pool(folder).load().resolved()
    assert json.loads(json.dumps(data)) == data
    data["plan"]["inputs"][0]["value"] = 99
    assert folder.load().resolved()["plan"]["inputs"][0]["value"] == 0.8


def spoilt(path: tuple[str | int, ...], value: Any) -> list[str]:
    """Messages about the resolved four-phase study with `value` at `path`."""
    data = load_study(FOUR_PHASES / "study.toml").resolved()
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return [str(fault) for fault in faults_of(lambda: Study.from_resolved(data, "study.toml"))]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), 3, "study.toml: schema = 3: must be 1, the version of this format"),
        (
            ("plan", "horizon"),
            1,
            "study.toml: plan.horizon = 1: must be from 2030 to 2230 (the plan starts in 2",
        ),
        (
            ("plan", "inputs", 0, "value"),
            -1,
            "study.toml: plan.inputs[leverage].value = -1.0: must lie in the d",
        ),
        (
            ("sets", 0, "assumptions", 3, "parameters", "mode"),
            1,
            "study.toml: sets[four_phases].assumptions[4:launch_cost].parameters.mode = 1: must lie between",
        ),
        (
            ("sets", 0, "assumptions", 3, "parameters", "mode"),
            float("nan"),
            "study.toml: "
            "sets[four_phases].assumptions[4:launch_cost].parameters.mode = nan: must be a number, ",
        ),
        (("sets", 0, "weight"), 0.5, "study.toml: sets = 0.5: the weights must sum to 1"),
        (
            ("sets", 0, "assumptions", 0, "like"),
            3,
            "study.toml: sets[four_phases].assumptions[1:leverage].like ",
        ),
        (("fixed", "mcpf"), 0, "study.toml: fixed.mcpf = 0.0: must lie in the domain, >= 1"),
        (("options", "horizon"), 1, "study.toml: options.horizon = 1: must be from 2030 to 2230"),
        (("plan",), [], "study.toml: plan = []: must be a table"),
        (("extra",), 1, "study.toml: extra = 1: unknown key; valid keys: schema, resolved, name, "),
        (("sources",), [{"name": "x"}], "study.toml: sources[x].sha256: is required"),
    ],
)
def test_faults_have_keys_of_the_whole_file(path: tuple[str | int, ...], value: Any, message: str) -> None:
    found = spoilt(path, value)
    assert found[0].startswith(message)


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    leverage=st.floats(min_value=0, max_value=1e300),
    growth=st.floats(min_value=-0.9, max_value=1e6),
    low=st.floats(min_value=0, max_value=1e9),
    spread=st.floats(min_value=1e-3, max_value=1e9),
    name=st.text(min_size=1).filter(str.strip),
)
def test_any_numbers_and_texts_come_back(
    leverage: float, growth: float, low: float, spread: float, name: str
) -> None:
    data = load_study(FOUR_PHASES / "study.toml").resolved()
    data["name"] = data["sets"][0]["assumptions"][0]["source"] = name
    data["fixed"] = {"leverage": leverage, "market_growth": growth}
    rows = {row["input"]: row for row in data["sets"][0]["assumptions"]}
    rows["launch_cost"]["parameters"] = {"low": low + 1, "mode": low + 1, "high": low + 1 + spread}
    study = Study.from_resolved(data, "study.toml")
    again = there_and_back(study)
    assert again == study
    assert again.baseline("plan")["leverage"].hex() == leverage.hex()
    assert again.name == name


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in nested data."""
    items: Any = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in items for place in places(value, (*path, key)))]


RESOLVED = load_study(FOUR_PHASES / "study.toml").resolved()
JUNK = [None, float("nan"), float("inf"), -1, 0, 1, 2.5, "", "abc", True, [], {}, [1, 2], [{"a": 1}], 10**30]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(places(RESOLVED)[1:]), st.sampled_from(JUNK))
def test_whatever_is_spoilt_the_answer_is_a_study_or_faults(path: tuple[str | int, ...], junk: Any) -> None:
    data = tomllib.loads(tomli_w.dumps(RESOLVED))
    place = data
    for step in path[:-1]:
        place = place[step]
    if junk is None:
        del place[path[-1]]
    else:
        place[path[-1]] = junk
    try:
        study = Study.from_resolved(data, "study.toml")
    except InputError:
        return
    assert Study.from_resolved(study.resolved(), "study.toml") == study
