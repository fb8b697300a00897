"""The stored sample: its draws are a run's, whatever the threads; bad sizes and outputs are refused."""

import numpy as np
import pytest

from mcengine import McEngineError, load_study, run
from mcengine.analysis.sample import draw_sample


@pytest.fixture(scope="module")
def evidence():
    return load_study("evidence")


def test_the_draws_are_those_of_a_run(evidence):
    sample = draw_sample(evidence, n=1024, replicates=4, seed=5, threads=1)
    again = draw_sample(evidence, n=1024, replicates=4, seed=5, threads=2)
    np.testing.assert_array_equal(sample.x, again.x)
    np.testing.assert_array_equal(sample.y, again.y)
    assert sample.x.shape == (4, len(evidence.uncertain), 1024)
    result = run(evidence, draws=4096, replicates=4, seed=5)
    assert sample.y.mean() == pytest.approx(result["npv"].mean.value, rel=1e-12)


def test_further_outputs_and_rounding(evidence):
    sample = draw_sample(evidence, output="cash_flow[2030]", more=("npv",), n=1000, replicates=2, seed=5)
    assert sample.outputs == ("cash_flow[2030]", "npv")
    assert sample.n == 1024
    assert "power of two" in sample.notes[0]
    x, y = sample.pooled()
    assert x.shape[1] == y.shape[1] == 2048
    np.testing.assert_array_equal(y[:, 1024:], sample.y[1])


@pytest.mark.parametrize("options", [{"output": "nvp"}, {"output": "payback_year"}, {"n": 3}])
def test_what_cannot_be_is_refused(evidence, options):
    with pytest.raises(McEngineError):
        draw_sample(evidence, **({"n": 64, "replicates": 2, "seed": 1} | options))
