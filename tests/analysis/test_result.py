"""What a run hands back, and what one evaluation does."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import numpy as np
import pytest

from mcengine import Result, evaluate, load_study, run
from mcengine.errors import InputError


@pytest.fixture(scope="module")
def result() -> Result:
    return run(load_study("evidence"), draws=2**15, seed=7)


def test_a_result_is_read_by_output_and_statistic(result: Result) -> None:
    npv = result["npv"]
    assert npv.unit == "EUR m"
    assert npv.prob_positive.value == npv.statistics["prob_positive"].value
    with pytest.raises(InputError, match=r"output = 'nvp'.*did you mean 'npv'"):
        result["nvp"]
    with pytest.raises(AttributeError, match="npv has no statistic 'median'; it has mean, sd, p01"):
        _ = npv.median


def test_quantiles_rise_and_the_shortfall_is_below_them(result: Result) -> None:
    for name in ("npv", "bcr"):
        values = [result[name].statistics[f"p{p:02d}"].value for p in (1, 5, 10, 25, 50, 75, 90, 95, 99)]
        assert values == sorted(values)  # type: ignore[type-var]
        assert float(result[name].min.value) <= float(result[name].expected_shortfall_05.value) < float(values[1])  # type: ignore[arg-type]


def test_the_plan_pays_when_its_ratio_is_above_one(result: Result) -> None:
    npv, years = result["npv"], result["payback_year"]
    assert npv.prob_positive.value == pytest.approx(1 - float(years.share_never.value), abs=1e-12)  # type: ignore[arg-type]
    assert float(npv.mean.value) != 0.0  # type: ignore[arg-type]


def test_the_dictionary_is_plain_json_with_the_contracts_names(result: Result) -> None:
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert {"schema", "study", "seed", "draws", "replicates", "digest", "outputs", "years"} <= set(plain)
    npv = plain["outputs"]["npv"]
    for name in ("mean", "sd", "p01", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "p99", "prob_positive",
                 "expected_shortfall_05"):  # fmt: skip
        value, (low, high) = npv[name]["value"], npv[name]["ci95"]
        assert low <= value <= high
    assert "seconds" not in plain
    assert set(plain["years"]["cash_flow"]["bands"]) == {str(year) for year in range(2026, 2036)}


def test_frames_hold_every_number(result: Result) -> None:
    frame = result.to_frame()
    row = frame[(frame.output == "npv") & (frame.statistic == "p05")].iloc[0]
    assert (row.value, row.lo, row.hi, row.unit) == (result["npv"].p05.value, *result["npv"].p05.ci95, "EUR m")  # type: ignore[misc]
    replicates = result.replicates_frame()
    assert replicates.shape == (32, 1 + len(result.columns))
    assert np.array_equal(replicates.drop(columns="replicate").to_numpy(), result.rows, equal_nan=True)


def test_the_three_studies_answer_as_the_register_expects() -> None:
    """P(NPV > 0): high for plan_centred, low for evidence, near zero for sceptical."""
    found = {
        name: float(run(load_study(name), draws=2**14, seed=7)["npv"].prob_positive.value)  # type: ignore[arg-type]
        for name in ("plan_centred", "evidence", "sceptical")
    }
    assert found["plan_centred"] > 0.6
    assert found["evidence"] < 0.2
    assert found["sceptical"] < 0.02


def test_evaluate_starts_from_the_medians_where_inputs_are_uncertain() -> None:
    study = load_study("evidence")
    assert evaluate(study).at == "median"
    assert evaluate(load_study("replica")).at == "plan"
    assert evaluate(study, at="plan").outputs["npv"] == pytest.approx(1478.13, abs=0.005)
    for at in ("median", "mean"):
        found = evaluate(study, at=at)
        assert found.inputs == study.baseline(at)  # type: ignore[arg-type]
        assert found.at == at


def test_an_evaluation_is_plain_json_with_the_contracts_names() -> None:
    plain = json.loads(json.dumps(evaluate(load_study("replica")).to_dict(), allow_nan=False))
    assert {"study", "accounting", "npv", "bcr", "payback_year", "years"} <= set(plain)
    wanted = {
        "year", "public_pipeline", "preconditions", "private", "rnd_activity", "structural", "gdp_rnd", "gdp_sales",
        "tax_rnd", "tax_sales", "cash_flow", "discount_factor", "present_value", "launches", "medicines_on_market",
        "jobs",
    }  # fmt: skip
    assert len(plain["years"]) == 10
    assert all(wanted <= set(year) for year in plain["years"])
    assert sum(year["present_value"] for year in plain["years"]) == pytest.approx(plain["npv"], rel=1e-12)


def test_a_plan_that_never_pays_says_so() -> None:
    found = evaluate(load_study("replica", set=["tax_burden=0.1"]))
    assert found.outputs["payback_year"] == "never"
    assert float(found.outputs["npv"]) < 0


def test_growth_is_that_of_the_gdp_from_research() -> None:
    years = evaluate(load_study("replica")).years
    assert "gdp_rnd_growth" not in years[0]
    for before, row in pairwise(years):
        assert row["gdp_rnd_growth"] == pytest.approx(row["gdp_rnd"] / before["gdp_rnd"] - 1, rel=1e-14)


def test_one_evaluation_is_one_draw_of_a_run() -> None:
    """A run's draw, evaluated alone at its inputs, gives its outputs bit for bit."""
    from mcengine.engine.problem import build_problem

    study = load_study("evidence")
    problem = build_problem(study, seed=7, draws=64)
    x, out = problem.draws(1, 10, 1)
    inputs = dict(zip(problem.model.inputs, x[:, 0].tolist(), strict=True))
    found = evaluate(study.overridden(inputs), at="plan")
    assert found.outputs["npv"] == out[0, 0]


def test_a_notebook_shows_the_headline_with_the_figures_of_the_result(result: Result) -> None:
    shown = result._repr_html_()
    chance = result["npv"].prob_positive
    row = re.search(r"P\(npv &gt; 0\)</td><td>([\d.]+)%</td><td>([\d.]+)% to ([\d.]+)%</td>", shown)
    assert row is not None
    low, high = (float(bound) for bound in chance.ci95 or (0.0, 0.0))
    exact = [100 * float(bound) for bound in (chance.value or 0.0, low, high)]
    assert [float(text) for text in row.groups()] == pytest.approx(exact, abs=10 * (high - low))
    assert "EUR m</td>" in shown
    assert "seed 7" in shown
    assert "P(bcr &gt; 0)" not in shown
    assert shown.count("<tr>") == shown.count("</tr>") == 1 + 6 + 4 + 4


def test_a_notebook_escapes_what_the_user_wrote(result: Result) -> None:
    """A title or a reason with markup shows as text; a refused value says why."""
    import dataclasses

    from mcengine.analysis.result import Statistic

    npv = dataclasses.replace(result["npv"], statistics={"p05": Statistic(None, None, "fewer than 5 < n & so on")})
    titled = dataclasses.replace(result.study, title={"en": "<script>alert(1)</script>"})
    shown = dataclasses.replace(result, study=titled, outputs={"npv": npv})._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "<td>not given</td><td>fewer than 5 &lt; n &amp; so on</td>" in shown


def test_a_notebook_writes_years_and_fixed_values_plainly(result: Result) -> None:
    from mcengine.analysis.result import Statistic
    from mcengine.analysis.result_html import shown

    assert shown(Statistic(2031.0, (2030.0, "never")), year=True) == ("2031", "2030 to never")
    assert shown(Statistic(1478.1313, None)) == ("1,478.13", "")
    assert shown(Statistic(0.0, None)) == ("0.00", "")
    assert shown(Statistic(-2690.04, (-2692.3, -2687.7))) == ("-2,690.0", "-2,692.3 to -2,687.7")
    assert shown(Statistic(0.25, (0.25, 0.25)), percent=True) == ("25.0000%", "25.0000% to 25.0000%")
