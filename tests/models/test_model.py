"""What a model is: names, shapes, refusals, the textbook ones' answers, and a model of the user's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit

import mcengine.models.model as home
from mcengine import Model, load_study, run
from mcengine.errors import InputError
from mcengine.models.build import build_model
from mcengine.models.model import Output
from mcengine.models.textbook import g_function, ishigami, linear_gaussian
from tests.engine.make import first_input

G_WEIGHTS = (0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)


def test_ishigami_at_known_points() -> None:
    x = np.array([[np.pi / 2, 0.0, np.pi / 2], [0.0, np.pi / 2, np.pi / 2], [0.0, 1.0, 1.0]])
    assert ishigami().evaluate(x)[0] == pytest.approx([1.0, 7.0, 8.1], abs=1e-14)


def test_g_function_at_known_points() -> None:
    half, ends = np.full((8, 1), 0.5), np.zeros((8, 1))
    assert g_function().evaluate(half)[0, 0] == 0.0
    assert g_function().evaluate(ends)[0, 0] == pytest.approx(np.prod([(2 + a) / (1 + a) for a in G_WEIGHTS]))


def test_linear_is_its_weighted_sum() -> None:
    x = np.random.default_rng(1).normal(size=(3, 50))
    assert linear_gaussian().evaluate(x)[0] == pytest.approx(np.array([1.0, 2.0, 3.0]) @ x)


@pytest.mark.parametrize(
    ("name", "mean", "sd"),
    [
        ("textbook/ishigami", 3.5, np.sqrt(49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5)),
        ("textbook/linear_gaussian", 0.0, np.sqrt(1 + 4 + 2.25)),
        ("textbook/g_function", 1.0, np.sqrt(np.prod([1 + 1 / (3 * (1 + a) ** 2) for a in G_WEIGHTS]) - 1)),
    ],
)
def test_textbook_runs_have_the_exact_mean_and_sd(name: str, mean: float, sd: float) -> None:
    """Within 5 standard errors over 32 replicates (t, 31 degrees: 2e-5 each), 6 checks: 1.3e-4."""
    found = run(load_study(name), draws=2**17, seed=7)["y"]
    for statistic, exact in ((found.mean, mean), (found.sd, sd)):
        assert isinstance(statistic.value, float)
        assert statistic.ci95 is not None
        low, high = (float(end) for end in statistic.ci95)
        error = (high - low) / 2 / 2.04
        assert abs(statistic.value - exact) < 5 * error
        assert error < 0.01 * sd


def test_the_page_in_the_docstring_works(tmp_path: Path) -> None:
    page = re.search(r"page::\n\n(.*?)\n\n[A-Z]", home.__doc__ or "", re.S)
    assert page is not None
    text = "\n".join(line[4:] for line in page.group(1).splitlines())
    (tmp_path / "sales.py").write_text(text + "\n")
    rows = "".join(
        f'[[inputs]]\nname = "{name}"\nvalue = {value}\nunit = "1"\ndomain = {{}}\nmeaning = "m"\nsource = "s"\n'
        f'[[assumptions]]\ninput = "{name}"\nfamily = "uniform"\nparameters = {{ low = 0, high = {2 * value} }}\n'
        f'unit = "1"\nsource = "s"\nconfidence = "J"\nowner = "o"\ndate = 2026-11-23\n'
        for name, value in (("price", 2), ("quantity", 3))
    )
    head = 'schema = 1\nname = "own"\nmodel = "sales.py:model"\n[title]\nen = "Own"\nnl = "Eigen"\n'
    (tmp_path / "study.toml").write_text(head + rows)
    study = load_study(tmp_path / "study.toml")
    assert build_model(study).evaluate(np.array([[2.0], [3.0]]))[0, 0] == 6.0
    result = run(study, draws=4096, seed=1)
    assert result["revenue"].mean.value == pytest.approx(6.0, rel=0.01)


def test_own_models_that_cannot_be_are_refused(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "from numba import njit\nfrom mcengine import Model\n\n\n@njit\ndef rows(x, out, constants):\n"
        "    out[0, :] = x[0, :]\n\n\nmodel = Model(rows, inputs=('b', 'a'), outputs=('y',))\n"
    )
    inputs = "".join(f'[[inputs]]\nname="{n}"\nvalue=1\nunit="1"\nmeaning="m"\nsource="s"\n' for n in ("a", "b"))

    def study(model: str) -> Any:
        text = f'schema=1\nname="own"\nmodel="{model}"\n[title]\nen="E"\nnl="N"\n{inputs}'
        (tmp_path / "study.toml").write_text(text)
        return load_study(tmp_path / "study.toml")

    with pytest.raises(InputError, match="must be the model's inputs in its order: b, a"):
        build_model(study("own.py:model"))
    with pytest.raises(InputError, match=r"no Model of the name 'modle'.*did you mean 'model'"):
        build_model(study("own.py:modle"))
    with pytest.raises(InputError, match=r"ishigamy.*did you mean 'ishigami'"):
        build_model(study("ishigamy"))


def test_names_must_be_there_and_differ() -> None:
    with pytest.raises(InputError, match=r"Model.inputs = \['a'\]: each input needs one name"):
        Model(first_input, ("a", "a"), ("y",))
    with pytest.raises(InputError, match=r"Model.outputs.*each output"):
        Model(first_input, ("a",), ("y", "y"))
    with pytest.raises(InputError, match="needs an output"):
        Model(first_input, ("a",), ())


def test_x_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"x.shape = \(3, 5\): must have 1 rows"):
        Model(first_input, ("a",), ("y",)).evaluate(np.zeros((3, 5)))


def test_outputs_are_found_by_key_with_the_nearest_name() -> None:
    model = build_model(load_study("replica"))
    assert model.output_index("npv") == 0
    assert model.outputs[model.output_index("cash_flow[2030]")] == Output("cash_flow", "EUR m", year=2030)
    with pytest.raises(InputError, match=r"cash_flows\[2030\].*did you mean 'cash_flow\[2030\]'"):
        model.output_index("cash_flows[2030]")


def test_rows_may_be_compiled_or_plain_and_constants_are_given() -> None:
    def rows(x: Any, out: Any, constants: Any) -> None:
        for i in range(x.shape[1]):
            out[0, i] = constants[0][1] * x[0, i] + constants[1][0]

    constants = (np.array([1.0, 3.0]), np.array([7], dtype=np.int64))
    for kernel in (rows, njit(rows)):
        model = Model(kernel, ("a",), ("y",), constants)
        assert model.evaluate(np.array([[2.0, 5.0]])).tolist() == [[13.0, 22.0]]
    other = model.with_constants((np.array([0.0, 1.0]), np.array([0], dtype=np.int64)))
    assert other.evaluate(np.array([[2.0]]))[0, 0] == 2.0
    assert model.evaluate(np.array([[2.0]]))[0, 0] == 13.0


def test_a_plain_list_of_one_draw_is_a_column() -> None:
    assert Model(first_input, ("a",), ("y",)).evaluate(np.array([4.0, 5.0])).tolist() == [[4.0, 5.0]]
