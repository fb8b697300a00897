import numpy as np
import pytest

from mcengine.errors import InputError
from mcengine.families import FAMILIES, ParameterError, distribution

from .oracle import problems


def test_a_mistyped_family_gets_the_nearest():
    found = problems("prt", {})["family"]
    assert (found.value, found.nearest) == ("prt", "pert")
    assert all(name in found.rule for name in FAMILIES)
    assert problems("cauchy", {})["family"].nearest is None
    assert set(problems(3, {})) == {"family"}


def test_a_mistyped_parameter_gets_the_nearest_and_is_not_missing_too():
    found = problems("pert", {"low": 1, "mod": 2, "high": 3})
    assert set(found) == {"mod"}
    assert found["mod"].nearest == "mode"
    assert "takes (low, mode, high) and optionally lambda" in found["mod"].rule


def test_all_problems_come_together():
    found = problems("pert", {"low": True, "high": "3", "lambda": -1, "colour": 1})
    assert set(found) == {"low", "mode", "high", "lambda", "colour"}
    assert found["mode"].value is None
    assert "is missing" in found["mode"].rule


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), True, "1", None, [1], 1 + 0j, 10**400]
)
@pytest.mark.parametrize("family", ["uniform", "normal", "beta", "lognormal"])
def test_only_finite_numbers_are_numbers(family, value):
    names = FAMILIES[family].forms[0]
    found = problems(family, {names[0]: value, names[1]: 0.5})
    assert set(found) == {names[0]}


def test_numpy_numbers_are_numbers_and_become_plain():
    found = distribution("uniform", {"low": np.int64(0), "high": np.float32(2)})
    assert found.parameters == {"low": 0, "high": 2.0}
    assert {type(value) for value in found.parameters.values()} == {int, float}


@pytest.mark.parametrize("parameters", [None, [1, 2], "low=1", 3])
def test_parameters_are_a_table(parameters):
    assert set(problems("uniform", parameters)) == {"parameters"}


def test_the_error_is_an_input_error_that_reads_well():
    with pytest.raises(ParameterError, match=r"mode = 5\.0: must lie between low = 1 and high = 3") as caught:
        distribution("pert", {"low": 1, "mode": 5.0, "high": 3})
    assert isinstance(caught.value, InputError)
    assert caught.value.exit_code == 2
    assert caught.value.faults[0].key == "mode"
