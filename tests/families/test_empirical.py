import numpy as np
import pytest
from scipy import integrate

from mcengine.families import distribution

from .oracle import U, problems

VALUES = [3.0, 1.0, 1.0, 2.5, 7.0, 1.0, 4.0]


def test_quantiles_are_numpys_with_hazen_positions():
    found = distribution("empirical", {"values": VALUES})
    u = np.linspace(0, 1, 501)
    np.testing.assert_allclose(found.ppf(u), np.quantile(VALUES, u, method="hazen"), rtol=1e-14)
    np.testing.assert_allclose(found.isf(u), np.quantile(VALUES, 1 - u, method="hazen"), rtol=1e-13)
    assert found.ppf(1e-300) == 1.0
    assert found.isf(1e-300) == 7.0
    assert found.support == (1.0, 7.0)


def test_mean_and_sd_are_those_of_the_quantile_function():
    found = distribution("empirical", {"values": VALUES})
    assert found.mean == pytest.approx(np.mean(VALUES), rel=1e-15)
    square, _ = integrate.quad(
        lambda u: (found.ppf(u) - found.mean) ** 2, 0, 1, points=found.breaks, epsabs=1e-13, limit=200
    )
    assert found.sd == pytest.approx(np.sqrt(square), rel=1e-10)


def test_ties_and_ends_are_atoms():
    found = distribution("empirical", {"values": VALUES})
    x = np.array([0.5, 1.0, 1.75, 2.5, 4.0, 7.0, 8.0])
    upto = np.array([0, 2.5, 3.0, 3.5, 5.5, 7, 7]) / 7
    below = np.array([0, 0, 3.0, 3.5, 5.5, 6.5, 7]) / 7
    np.testing.assert_allclose(found.cdf(x), upto, rtol=1e-15)
    np.testing.assert_allclose(found.below(x), below, rtol=1e-15)
    np.testing.assert_allclose(found.sf(x), 1 - upto, rtol=1e-14)
    np.testing.assert_allclose(found.at_least(x), 1 - below, rtol=1e-14)
    np.testing.assert_allclose(found.breaks, np.array([2.5, 3.5, 4.5, 5.5, 6.5]) / 7, rtol=1e-15)


def test_values_that_are_all_the_same_are_a_constant():
    found = distribution("empirical", {"values": [2, 2]})
    assert found.is_constant
    assert found.sd == 0
    assert set(found.ppf(U)) == {2}


@pytest.mark.parametrize("text", ["cost\n3\n1\n2.5\n", "3\n1\n2.5\n", "\ufeffcost\r\n3\r\n\r\n1\r\n2.5"])
def test_reads_one_column_with_or_without_a_header(tmp_path, text):
    (tmp_path / "costs.csv").write_text(text, encoding="utf-8", newline="")
    found = distribution("empirical", {"file": "costs.csv"}, base_dir=tmp_path)
    assert found.files == (tmp_path / "costs.csv",)
    assert found.parameters == {"file": "costs.csv"}
    assert found.resolved == {"values": [1.0, 2.5, 3.0]}
    assert found.text == "Empirical(3 values of costs.csv, 1 to 3)"
    assert found == distribution("empirical", found.resolved)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("cost\n1\nx\n2\n", "row 3 of costs.csv must hold one finite number"),
        ("1\n2,3\n4\n", "row 2 of costs.csv must hold one finite number"),
        ("nan\n1\n2\n", "row 1 of costs.csv must hold one finite number"),
        ("1\n\ninf\n", "row 3 of costs.csv must hold one finite number"),
        ("cost\n1\n", "needs at least 2 values, it holds 1"),
        ("", "needs at least 2 values, it holds 0"),
    ],
)
def test_names_the_row_of_a_file_that_is_wrong(tmp_path, text, rule):
    (tmp_path / "costs.csv").write_text(text)
    assert problems("empirical", {"file": "costs.csv"}, base_dir=tmp_path)["file"].rule == rule


def test_refuses_a_file_that_is_not_there_or_not_text(tmp_path):
    assert "is not a file in" in problems("empirical", {"file": "no.csv"}, base_dir=tmp_path)["file"].rule
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x80")
    assert "can't be read" in problems("empirical", {"file": "bytes.csv"}, base_dir=tmp_path)["file"].rule
    assert set(problems("empirical", {"file": 3})) == {"file"}


def test_refuses_values_that_are_no_numbers():
    assert set(problems("empirical", {"values": [1, True, "x", float("nan")]})) == {
        "values[2]",
        "values[3]",
        "values[4]",
    }
    assert "at least 2 values" in problems("empirical", {"values": [1]})["values"].rule
    assert set(problems("empirical", {"values": 1})) == {"values"}
