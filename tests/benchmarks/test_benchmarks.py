"""The yardstick is right, the verdict of a comparison keeps its promises, and every benchmark still runs."""

import importlib.util
import json
import math
from pathlib import Path

import accuracy
import compare
import decision
import history
import numpy as np
import numpy_model
import peers
import pytest
import stages

from mcengine import load_study
from mcengine.engine.problem import build_problem

SLOWED = -math.log(1.15)  # a kernel whose time grows by 15%


@pytest.mark.parametrize("horizon", [2035, 2050])
def test_numpy_model_equals_the_kernel(horizon):
    study = load_study("evidence", horizon=horizon)
    problem = build_problem(study, seed=5, draws=1024)
    x, out = problem.draws(0, 0, 1024)
    plan = numpy_model.plan_data(study)
    plain = numpy_model.plan_accounting(plan, dict(zip(problem.model.inputs, x, strict=True)), yearly=True)
    scale = plain["pv_outlay"]
    for output, row in zip(problem.model.outputs, out, strict=False):
        values = plain[output.name]
        if output.year is not None:
            values = np.broadcast_to(values[output.year - plan.first_year], row.shape)
        finite = np.isfinite(row)  # payback years may be infinite
        assert np.array_equal(finite, np.isfinite(values)), output.key
        assert np.all(np.abs(values[finite] - row[finite]) <= 1e-9 * scale[finite]), output.key


def test_peers_simulate_the_same_study():
    """Means of 2^12 draws each: 7 standard errors of sd/sqrt(n), false alarm below 1e-10; shares likewise."""
    study, draws = stages.study(), 1 << 12
    known = accuracy.reference()
    plan = numpy_model.plan_data(study)
    error = 7 * known["sd"]["value"] / math.sqrt(draws)
    found = peers.simulate(plan, peers.scipy_inputs(study), draws)["npv"]
    assert found[0] == pytest.approx(known["mean"]["value"], abs=error)
    assert found[4] == pytest.approx(known["prob_positive"]["value"], abs=7 * math.sqrt(0.06 / draws))
    study_independent = peers.simulate(plan, peers.numpy_inputs(study), draws)["npv"]
    assert study_independent[0] == pytest.approx(known["mean"]["value"], abs=error + 0.02 * known["sd"]["value"])


def _flagged(rng, shift, noise, trials):
    """How often the whole rule, further launches included, calls a stage slower."""
    count = 0
    for _ in range(trials):
        launches = list(shift + noise(rng, decision.LAUNCHES))
        while decision.needs_more([decision.change(launches)], len(launches)):
            launches += list(shift + noise(rng, decision.STEP))
        count += decision.change(launches).verdict == decision.SLOWER
    return count


NOISES = {
    "normal 2%": lambda rng, n: rng.normal(0, 0.02, n),
    "normal 4%": lambda rng, n: rng.normal(0, 0.04, n),
    "t with 3 degrees of freedom, 1.5%": lambda rng, n: 0.015 * rng.standard_t(3, n),
}


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES.keys())
def test_decision_rule(noise):
    """400 trials each. A power of 0.9 shows fewer than 335 detections, and a false-alarm rate of 0.05 more than 42
    alarms, with a chance below 1e-5 (binomial); the seed is fixed."""
    rng = np.random.default_rng(11)
    assert _flagged(rng, SLOWED, noise, 400) >= 335
    assert _flagged(rng, decision.FALL, noise, 400) <= 42  # the hardest fall that must not be flagged
    assert _flagged(rng, 0.0, noise, 400) == 0


def test_signed_rank_critical_values():
    """Lehmann (1975), table H: P(W <= 17) = 0.046 for n = 12, P(W <= 35) = 0.0467 for n = 16."""
    assert [decision.critical(n) for n in (5, 12, 16)] == [0, 17, 35]
    with pytest.raises(ValueError, match="at least 5"):
        decision.change([0.0, 0.0, 0.0])


def test_verdicts_and_table():
    found = compare.Comparison(
        base={"kernel": [1e-8] * 12, "run": [1e-7] * 12},
        head={"kernel": [1.2e-8] * 12, "run": [1e-7] * 12},
        ratios={"kernel": [math.log(1 / 1.2)] * 12, "run": [0.0] * 12},
        new={"transform": "AttributeError: no such stage"},
    )
    assert {name: c.verdict for name, c in found.changes().items()} == {
        "kernel": decision.SLOWER,
        "run": decision.SAME,
    }
    assert found.failed()
    text = compare.table(found, "main")
    assert "| kernel | 100.00 | 83.33 | -16.7% | 0.0% | **slower** |" in text
    assert "| transform | | | | | new (AttributeError: no such stage) |" in text
    assert not compare.Comparison(ratios={"run": [0.0] * 12}).failed()
    assert compare.Comparison(missing={"run": "gone"}).failed()
    assert decision.change([0.3, -0.3] * 7).verdict == decision.UNCLEAR
    assert decision.change([0.2] * 12).verdict == decision.FASTER


def test_only_the_package_in_the_tree_is_measured(tmp_path):
    compare.check_package(str(tmp_path / "mcengine" / "__init__.py"), tmp_path)
    with pytest.raises(RuntimeError, match="instead of the package in"):
        compare.check_package("/elsewhere/mcengine/__init__.py", tmp_path)


def test_history_page(tmp_path):
    line = {
        "machine": "A <processor>",
        "commit": "0123456789",
        "modified": True,
        "subject": "Faster & better",
        "draws_per_second": {"kernel": 2e7, "run": 1e7},
        "spread": {"kernel": 0.01, "run": 0.02},
    }
    file = tmp_path / "a.jsonl"
    dates = ("2026-02-01", "2026-01-01")
    file.write_text("".join(json.dumps(line | {"date": date}) + "\n" for date in dates))
    assert [entry["date"] for entry in history.read(file)] == sorted(dates)
    page = history.page([file])
    assert page.count("<svg") == 1
    assert "A &lt;processor&gt;" in page
    assert "0123456*" in page
    assert "Nothing is recorded yet" in history.page([])


def _asv_module(name):
    file = Path(stages.__file__).parent / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"asv_{name}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("stage", stages.STAGES)
def test_stage_runs(stage):
    timed = _asv_module("throughput").Stage()
    timed.draws = 1
    timed.setup(stage)
    timed.time_million_draws(stage)
    assert timed.work.draws > 0


def test_asv_benchmarks_run():
    timed = _asv_module("throughput").Run()
    timed.draws = 64
    timed.setup("random")
    timed.time_million_draws("random")
    _asv_module("memory").Memory().peakmem_run(64)
    _asv_module("start").Start().time_help()
    errors = _asv_module("accuracy").Accuracy()
    errors.exponents = (4, 6, 8)
    found = errors.setup_cache()
    assert errors.track_slope(found, "mean", "sobol") < errors.track_slope(found, "mean", "random") < -0.2
    assert errors.track_error(found, "prob_positive", "sobol") < 0.1
    assert errors.track_seconds_to_a_thousandth(found, "mean", "random") > 0
