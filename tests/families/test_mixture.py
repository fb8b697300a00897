import numpy as np
import pytest
from scipy import stats

from mcengine.families import distribution

from .oracle import TAIL, U, problems, table

PERT = {"low": 0.02, "mode": 0.1, "high": 0.2}


def mixture(*components, **options):
    return distribution("mixture", {"components": list(components)}, **options)


def zero(weight, **pert):
    return mixture(table(weight, "constant", value=0), table(1 - weight, "pert", **pert))


def test_zero_or_a_pert_is_the_perts_own_quantiles():
    found, pert = zero(0.25, **PERT), distribution("pert", PERT)
    u = np.linspace(0.2501, 1, 400)
    np.testing.assert_array_equal(found.ppf([0, 1e-300, 0.1, 0.25]), 0)
    np.testing.assert_allclose(found.ppf(u), pert.ppf((u - 0.25) / 0.75), rtol=1e-12)
    np.testing.assert_array_equal(found.isf(TAIL), pert.isf(TAIL / 0.75))
    assert found.ppf(np.nextafter(0.25, 1)) >= 0.02
    assert found.breaks == (0.25,)
    assert found.text == "0 with chance 0.25, else PERT(0.02, 0.1, 0.2)"


def test_pieces_show_the_gap_beside_the_atom():
    atom, rest = zero(0.25, **PERT).pieces
    assert atom == (0.0, 0.25, 0.0, 0.0)
    assert rest == (0.25, 1.0, 0.02, 0.2)


def test_an_atom_at_the_edge_of_the_other_component():
    found = zero(0.5, low=0, mode=0.06, high=0.15)
    assert found.breaks == (0.5,)
    np.testing.assert_array_equal(found.ppf([0.25, 0.5]), 0)
    tail = distribution("pert", {"low": 0, "mode": 0.06, "high": 0.15}).ppf(2e-10 * 1.0)
    np.testing.assert_allclose(found.ppf(0.5 + 1e-10), tail, rtol=1e-6)


def test_moments_come_from_the_components():
    found, pert = zero(0.25, **PERT), distribution("pert", PERT)
    assert found.mean == pytest.approx(0.75 * pert.mean, rel=1e-15)
    square = 0.75 * (pert.sd**2 + pert.mean**2) - (0.75 * pert.mean) ** 2
    assert found.sd == pytest.approx(np.sqrt(square), rel=1e-14)


def test_an_atom_inside_a_continuous_component():
    found = mixture(table(0.3, "constant", value=0.5), table(0.7, "normal", mean=0, sd=1))
    left = 0.7 * stats.norm.cdf(0.5)
    np.testing.assert_allclose(found.breaks, [left, left + 0.3], rtol=1e-14)
    np.testing.assert_array_equal(found.ppf([left + 1e-12, left + 0.15, left + 0.3 - 1e-12]), 0.5)
    np.testing.assert_array_equal(found.ppf(TAIL), stats.norm.ppf(TAIL / 0.7))
    np.testing.assert_array_equal(found.isf(TAIL), stats.norm.isf(TAIL / 0.7))
    np.testing.assert_array_equal(found.ppf([0, 1]), [-np.inf, np.inf])


def test_overlapping_components_are_inverted_in_both_tails():
    found = mixture(
        table(0.2, "normal", mean=-1, sd=0.5),
        table(0.5, "normal", mean=1, sd=2),
        table(0.3, "uniform", low=0, high=4),
    )
    u = np.concatenate([TAIL, np.linspace(0.001, 0.5, 200)])
    np.testing.assert_allclose(found.cdf(found.ppf(u)), u, rtol=1e-11)
    np.testing.assert_allclose(found.sf(found.isf(u)), u, rtol=1e-11)
    np.testing.assert_array_equal(found.ppf([0, 1]), [-np.inf, np.inf])
    edges = 0.2 * stats.norm.cdf([0, 4], -1, 0.5) + 0.5 * stats.norm.cdf([0, 4], 1, 2) + [0, 0.3]
    np.testing.assert_allclose(found.breaks, edges, rtol=1e-14)


def test_a_mixture_of_one_family_with_itself_is_that_family():
    """Overlap forces root finding; the answer is known."""
    found = mixture(table(0.4, "pert", **PERT), table(0.6, "pert", **PERT))
    pert = distribution("pert", PERT)
    u = np.concatenate([TAIL, np.linspace(0.001, 0.999, 300)])
    np.testing.assert_allclose(found.ppf(u), pert.ppf(u), rtol=1e-13)
    np.testing.assert_allclose(found.isf(u), pert.isf(u), rtol=1e-13)


def test_gaps_between_components():
    found = mixture(
        table(0.3, "uniform", low=0, high=1),
        table(0.45, "uniform", low=2, high=3),
        table(0.25, "constant", value=9),
    )
    np.testing.assert_allclose(found.breaks, [0.3, 0.75], rtol=1e-15)
    np.testing.assert_allclose(
        found.ppf([0.15, 0.3, 0.3 + 1e-9, 0.525, 0.75, 0.76]), [0.5, 1, 2, 2.5, 3, 9], rtol=1e-8
    )
    np.testing.assert_allclose(
        found.isf([1e-300, 0.2, 0.25, 0.475, 0.75, 0.85]), [9, 9, 3, 2.5, 2.5 / 3, 0.5], rtol=1e-14
    )
    assert found.support == (0, 9)


def test_components_of_components_and_their_kinks():
    inner = [table(0.5, "constant", value=-1), table(0.5, "triangular", low=0, mode=1, high=2)]
    found = mixture(
        table(0.4, "mixture", components=inner), table(0.6, "discrete", values=[3, 4], weights=[0.5, 0.5])
    )
    np.testing.assert_allclose(found.breaks, [0.2, 0.3, 0.4, 0.7], rtol=1e-14)
    np.testing.assert_allclose(found.ppf([0.1, 0.3, 0.5, 0.9]), [-1, 1, 3, 4], rtol=1e-14)
    assert found.mean == pytest.approx(0.6 * 3.5, rel=1e-14)


def test_a_truncated_component_and_a_truncated_whole():
    component = {**table(0.75, "normal", mean=1, sd=1), "truncate": [0, 2]}
    found = mixture(table(0.25, "constant", value=0), component, truncate=(0, 1))
    kept = 0.25 + 0.75 / 2
    assert found.support == (0, 1)
    np.testing.assert_allclose(found.breaks, [0.25 / kept], rtol=1e-14)
    np.testing.assert_allclose(found.cdf([0, 1]), [0.25 / kept, 1], rtol=1e-14)
    inner = distribution("normal", {"mean": 1, "sd": 1}, truncate=(0, 1))
    assert found.mean == pytest.approx(0.375 / kept * inner.mean, rel=1e-12)


def test_a_component_without_weight_is_dropped():
    found = mixture(table(0, "normal", mean=0, sd=1), table(1, "uniform", low=0, high=1))
    assert found.support == (0, 1)
    np.testing.assert_array_equal(found.ppf([0.25, 0.5]), [0.25, 0.5])
    assert len(found.resolved["components"]) == 1


def test_one_value_twice_is_a_constant():
    assert mixture(table(0.5, "constant", value=1), table(0.5, "constant", value=1.0)).is_constant


def test_files_of_components_are_found_and_replaced(tmp_path):
    (tmp_path / "x.csv").write_text("1\n2\n")
    found = mixture(table(0.5, "empirical", file="x.csv"), table(0.5, "constant", value=0), base_dir=tmp_path)
    assert found.files == (tmp_path / "x.csv",)
    assert found.resolved["components"][0]["parameters"] == {"values": [1.0, 2.0]}
    assert distribution("mixture", found.resolved) == found


def test_values_at_the_far_ends_of_a_mixed_grid_stay_ordered():
    found = mixture(table(0.9, "lognormal", median=1, log_sd=2), table(0.1, "beta", mean=0.5, n=3))
    assert np.all(np.diff(found.ppf(np.sort(U))) >= 0)


def test_every_problem_is_named_with_its_path():
    bad = [
        {"weight": 0.5, "family": "prt", "parameters": {}},
        {"weight": "x", "family": "pert", "parameters": {"low": 0, "mode": 5, "high": 1}},
        {"wieght": 0.5, "family": "normal"},
        table(0.5, "mixture", components=[table(0.4, "constant", valeu=1)]),
        {**table(0.1, "constant", value=1), "truncate": [2, 3]},
        7,
    ]
    found = problems("mixture", {"components": bad})
    assert found["components[1].family"].nearest == "pert"
    assert found["components[2].weight"].value == "x"
    assert "between low = 0 and high = 1" in found["components[2].parameters.mode"].rule
    assert found["components[3].wieght"].nearest == "weight"
    assert found["components[3].parameters"].rule == "is missing"
    assert found["components[4].parameters.components[1].parameters.valeu"].nearest == "value"
    assert "leaves nothing" in found["components[5].truncate"].rule
    assert "must be a table" in found["components[6]"].rule


@pytest.mark.parametrize("components", [[], "x", {"weight": 1}, None])
def test_refuses_what_is_no_list_of_components(components):
    assert set(problems("mixture", {"components": components})) == {"components"}


def test_refuses_weights_that_do_not_sum_to_one():
    one = [table(0.5, "constant", value=1), table(0.4, "constant", value=2)]
    assert problems("mixture", {"components": one})["components"].value == pytest.approx(0.9)
    two = [table(1.5, "constant", value=1), table(-0.5, "constant", value=2)]
    assert set(problems("mixture", {"components": two})) == {"components[2].weight"}
