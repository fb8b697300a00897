"""Luck against ignorance: the split on closed forms, its coverage, the band, and who refuses it."""

from __future__ import annotations

import json
from functools import cache
from math import exp, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mcengine import Model, Study, load_study, run, sensitivity
from mcengine.analysis.luck import BELOW_ZERO, luck, split
from mcengine.analysis.luck_result import IGNORANCE, LUCK
from mcengine.analysis.sensitivity import EXPECTED
from mcengine.cli.luck import luck_text
from mcengine.errors import AnswerNo, InputError, NonFiniteError
from mcengine.report.language import LANGUAGES, Language
from mcengine.report.luck_figures import luck_pictures
from mcengine.simd import WIDTH
from tests.engine.make import STANDARD, assumption_set, simple, study

REPLICATES = 16


def gaussian_rows(x: Any, out: Any, constants: Any) -> None:
    """Kernel: y = a x + b z, z normal by the sum of twelve uniforms of luck less 6 (mean 0, variance 1)."""
    a, b = constants[0][0], constants[0][1]
    for i in range(x.shape[1]):
        z = -6.0
        for k in range(12):
            z += x[1 + k, i]
        out[0, i] = a * x[0, i] + b * z


def skewed_rows(x: Any, out: Any, constants: Any) -> None:
    """Kernel: y = exp(x) times e, e exponential with mean 1 by inversion of its uniform of luck."""
    for i in range(x.shape[1]):
        out[0, i] = np.exp(x[0, i]) * -np.log(x[1, i])


def never_finite_rows(x: Any, out: Any, constants: Any) -> None:
    """Kernel: NaN in one luck of a thousand."""
    for i in range(x.shape[1]):
        out[0, i] = x[0, i] if x[1, i] < 0.999 else np.nan


@cache
def gaussian(a: float, b: float) -> Model:
    twelve = tuple(f"part{k}" for k in range(12))
    return Model(gaussian_rows, ("x",), ("y",), (np.array([a, b]),), name="gaussian", luck=twelve)


SKEWED = Model(skewed_rows, ("x",), ("y",), name="skewed", luck=("e",))
ONE: Study = simple({"x": STANDARD})
SPREAD = 0.5
NARROW: Study = simple({"x": ("normal", {"mean": 0.0, "sd": SPREAD})})


def skewed_truth() -> tuple[float, float]:
    """Var(E[y | x]) = Var(exp x), and E[Var(y | x)] = E[exp 2x], as Var(e) = 1."""
    second = exp(2.0 * SPREAD**2)
    return second - exp(SPREAD**2), second


# ---------------------------------------------------------------- the split


@pytest.mark.parametrize("inner", [2, 4])
@pytest.mark.parametrize(("a", "b"), [(3.0, 1.0), (1.0, 3.0), (0.0, 2.0)])
def test_the_split_of_a_closed_form(a: float, b: float, inner: int) -> None:
    """Ignorance a^2 and luck b^2, within 5 half-widths of the 95% interval: t of 15 beyond 10.6, 2e-8 each."""
    found = luck(ONE, n=512, inner=inner, seed=3, model=gaussian(a, b))
    for name, truth in ((IGNORANCE, a * a), (LUCK, b * b)):
        statistic = found.variances[name]
        assert statistic.ci95 is not None
        low, high = (float(bound) for bound in statistic.ci95)
        assert abs(float(statistic.value) - truth) < 2.5 * (high - low), name  # type: ignore[arg-type]
        assert high - low < 0.6 * (a * a + b * b)
    assert float(found.total.value) == pytest.approx(sum(float(v.value) for v in found.variances.values()))  # type: ignore[arg-type]
    assert sum(float(v.value) for v in found.shares.values()) == pytest.approx(1.0)  # type: ignore[arg-type]


def test_the_split_of_a_product() -> None:
    """A long-tailed output whose luck is larger where its mean is. Within 3.5 half-widths (t of 15: 2e-6 each)."""
    found = luck(NARROW, n=2048, inner=3, seed=4, model=SKEWED)
    for name, truth in zip((IGNORANCE, LUCK), skewed_truth(), strict=True):
        statistic = found.variances[name]
        assert statistic.ci95 is not None
        low, high = (float(bound) for bound in statistic.ci95)
        assert abs(float(statistic.value) - truth) < 1.75 * (high - low), name  # type: ignore[arg-type]


@given(
    shift=st.floats(-1e6, 1e6),
    scale=st.floats(0.01, 100.0),
    seed=st.integers(0, 2**32 - 1),
    m=st.integers(2, 5),
)
@settings(max_examples=50, deadline=None)
def test_the_split_is_that_of_an_analysis_of_variance(shift: float, scale: float, seed: int, m: int) -> None:
    """Luck is the mean square within; ignorance is what the pooled mean products leave; a shift changes neither."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(6, 1, 40)) * scale + rng.normal(size=(6, m, 40))
    _, _, variances, _, rows = split(y)
    within = float(y.var(axis=1, ddof=1).mean())
    assert variances[LUCK].value == pytest.approx(within, rel=1e-9)
    moved = split(y + shift)[2]
    for name in (IGNORANCE, LUCK):
        tolerance = 1e-9 * (1.0 + abs(shift) + scale) ** 2
        assert moved[name].value == pytest.approx(variances[name].value, rel=1e-6, abs=tolerance)
    assert rows.shape == (6, 3)


def test_the_split_has_no_bias() -> None:
    """Independent draws, 4 replicates of 6: the mean of 20,000 splits within 5 standard errors (1e-6 over both)."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(20_000):
        y = 2.0 * rng.standard_normal((4, 1, 6)) + rng.standard_normal((4, 2, 6))
        d = y - y.mean()
        sums, squares = d.sum(axis=1), (d**2).sum(axis=1)
        means = d.mean(axis=(1, 2))
        a = float(((sums**2 - squares) / 2).mean())
        found.append(a - float((means.sum() ** 2 - (means**2).sum()) / 12))
    plain = np.array(found)
    assert abs(plain.mean() - 4.0) < 5.0 * plain.std() / sqrt(len(plain))
    y = 2.0 * rng.standard_normal((4, 1, 6)) + rng.standard_normal((4, 2, 6))
    d = y - y.mean()
    sums, squares, means = d.sum(axis=1), (d**2).sum(axis=1), d.mean(axis=(1, 2))
    own = float(((sums**2 - squares) / 2).mean()) - float((means.sum() ** 2 - (means**2).sum()) / 12)
    assert split(y)[2][IGNORANCE].value == pytest.approx(own, rel=1e-12)


def test_a_component_below_zero_is_told_and_not_clipped() -> None:
    """Without ignorance the estimate is below 0 in half of the runs."""
    found = [luck(ONE, n=64, seed=seed, curves=2, model=gaussian(0.0, 1.0)) for seed in range(12)]
    below = [one for one in found if float(one.variances[IGNORANCE].value) < 0.0]  # type: ignore[arg-type]
    assert below  # all 12 above 0: 2e-4
    one = below[0]
    assert one.variances[IGNORANCE].note == BELOW_ZERO
    assert any("ignorance came out below 0" in note for note in one.notes)
    assert one.sd(IGNORANCE) is None
    assert "(-" in luck_text(one)
    json.dumps(one.to_dict(), allow_nan=False)
    for code in LANGUAGES:
        assert len(luck_pictures(one, Language(code))) == 2


def test_no_luck_at_all_gives_a_share_of_nothing() -> None:
    found = luck(ONE, n=256, seed=6, model=gaussian(2.0, 0.0))
    assert found.variances[LUCK].value == pytest.approx(0.0, abs=1e-20)
    assert found.shares[IGNORANCE].value == pytest.approx(1.0, abs=1e-12)


def test_only_luck_where_every_assumption_is_fixed() -> None:
    fixed = study(("x",), values={"x": 0.7})
    found = luck(fixed, n=256, seed=7, model=gaussian(2.0, 1.5))
    assert found.shares[LUCK].value == pytest.approx(1.0, abs=0.05)  # ignorance: 0 within 5 of its standard errors
    assert len(found.band.curves) == 25


def test_a_pools_choice_of_the_set_is_ignorance() -> None:
    low = assumption_set({"x": ("constant", {"value": 0.0})}, name="low")
    high = assumption_set({"x": ("constant", {"value": 4.0})}, name="high")
    found = luck(study(("x",), (low, 0.5), (high, 0.5)), n=512, seed=8, model=gaussian(1.0, 1.0))
    assert found.variances[IGNORANCE].value == pytest.approx(4.0, abs=0.3)
    assert found.variances[LUCK].value == pytest.approx(1.0, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["gaussian", "skewed"])
def test_the_intervals_cover(case: str) -> None:
    """300 analyses: each interval holds the truth in 95%. Fewer than 270 are 1.3e-4 by chance: 1e-3 for all eight."""
    truths = {"gaussian": (1.0, 4.0), "skewed": skewed_truth()}[case]
    inputs, model = {"gaussian": (ONE, gaussian(1.0, 2.0)), "skewed": (NARROW, SKEWED)}[case]
    share = truths[0] / sum(truths)
    held = np.zeros(4)
    for seed in range(300):
        found = luck(inputs, n=256, seed=seed, model=model, curves=2, threads=1)
        statistics = [*found.variances.values(), found.shares[IGNORANCE], found.total]
        for k, (statistic, truth) in enumerate(zip(statistics, (*truths, share, sum(truths)), strict=True)):
            assert statistic.ci95 is not None
            held[k] += float(statistic.ci95[0]) <= truth <= float(statistic.ci95[1])
    assert np.all(held / 300 >= 0.90), held / 300


# ---------------------------------------------------------------- the band


def test_the_band_of_a_closed_form() -> None:
    """y = 3 x + z: curve after curve a normal distribution of sd 1 (z: twelve uniforms) at its own 3 x.

    Common lucks: every curve is the same but for its place. Each mean within 5.5 / sqrt(512), and all by one offset.
    """
    found = luck(ONE, n=512, seed=9, model=gaussian(3.0, 1.0), curves=20)
    band = found.band
    means = np.array([curve.mean for curve in band.curves])
    ranks = np.array([curve.rank for curve in band.curves])
    assert np.allclose(ranks, (np.arange(20) + 0.5) / 20)
    assert np.all(np.abs(means - 3.0 * stats.norm.ppf(ranks)) < 0.6)  # chosen by means of 16 lucks: sd 1/4
    spreads = np.array([np.array(curve.quantiles) - curve.mean for curve in band.curves])
    assert np.allclose(spreads, spreads[0], atol=1e-9)
    place = band.probabilities.index(0.95)
    assert abs(spreads[0][place] - 1.64) < 0.35
    whole = np.array(band.whole)
    assert np.all(np.abs(whole - sqrt(10.0) * stats.norm.ppf(band.probabilities)) < 0.35)
    assert np.all(np.diff(whole) > 0)
    assert band.evaluations == 2048 * 16 + 20 * 512
    assert found.evaluations == 512 * REPLICATES * 2 + band.evaluations


# ---------------------------------------------------------------- the plan, and how it is asked


@cache
def pipeline() -> Any:
    return sensitivity(load_study("pipeline", luck=True), "luck", seed=7, n=1024)


def test_the_pipelines_split_is_that_of_its_runs() -> None:
    """The total is the variance of a run, within both intervals added."""
    found = pipeline()
    ran = run(load_study("pipeline", luck=True), draws=65_536, seed=8)
    sd, own = ran["npv"].sd, found.total
    low, high = (float(bound) ** 2 for bound in sd.ci95)  # type: ignore[union-attr]
    allowed = 2.5 * (high - low + float(own.ci95[1]) - float(own.ci95[0]))
    assert abs(float(sd.value) ** 2 - float(own.value)) < allowed  # type: ignore[arg-type]
    assert 0.9 < float(found.shares[IGNORANCE].value) < 1.0
    assert float(found.shares[LUCK].ci95[0]) > 0.0
    assert ran.luck is not None
    assert ran.to_dict()["luck"]["luck"]["share"]["value"] == ran.luck.shares[LUCK].value
    assert ran.luck.seed == 8
    without = run(load_study("pipeline"), draws=4096, seed=8)
    assert without.luck is None
    assert "luck" not in without.to_dict()


def test_same_numbers_for_any_threads() -> None:
    study_, options = load_study("pipeline", luck=True), {"seed": 5, "n": 64, "curves": 3}
    found = [sensitivity(study_, "luck", threads=threads, **options).to_dict() for threads in (1, 2)]
    assert found[0] == found[1]
    json.dumps(found[0], allow_nan=False)
    assert found[0]["method"] == "luck"
    assert found[0]["evaluations"] == 64 * 16 * 2 + 2048 * 16 + 3 * 512


def test_text_and_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("60", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        text = luck_text(pipeline())
        assert text.startswith("pipeline: of the variance of the NPV, ignorance makes 99.")
        assert max(len(line) for line in text.splitlines()) <= max(int(columns), 79)
    for code in LANGUAGES:
        pictures = luck_pictures(pipeline(), Language(code))
        assert [one.name for one in pictures] == ["sensitivity_luck_split", "sensitivity_luck_band"]
        for one in pictures:
            assert one.svg.startswith("<svg")
            assert one.caption
            assert one.alt
            assert "nan" not in one.svg.lower()


def test_other_methods_analyse_the_expected_value_and_say_so() -> None:
    lucky, plain = load_study("pipeline", luck=True), load_study("pipeline")
    options = {"n": 16, "seed": 3}
    found, same = sensitivity(lucky, "sobol", **options), sensitivity(plain, "sobol", **options)
    assert found.digest == same.digest
    assert EXPECTED in found.notes
    assert EXPECTED not in same.notes
    assert EXPECTED in sensitivity(lucky, "tornado").notes


# ---------------------------------------------------------------- refusals


def test_refusals() -> None:
    with pytest.raises(InputError, match=r"has no luck.*--set luck=true") as refused:
        sensitivity(load_study("pipeline"), "luck")
    assert refused.value.faults[0].key == "options.luck"
    with pytest.raises(InputError) as faults:
        luck(ONE, inner=1, curves=1, model=gaussian(1.0, 1.0))
    assert [fault.key for fault in faults.value.faults] == ["inner", "curves"]
    with pytest.raises(InputError, match="may be 'never'"):
        sensitivity(load_study("pipeline", luck=True), "luck", output="payback_year")
    with pytest.raises(AnswerNo, match="the same in every evaluation"):
        luck(ONE, n=16, seed=1, model=gaussian(0.0, 0.0))
    with pytest.raises(InputError, match="has luck and no expected value; the method luck can"):
        sensitivity(ONE, "sobol", model=gaussian(1.0, 1.0), n=16)


def test_an_output_that_is_not_finite_is_named() -> None:
    model = Model(never_finite_rows, ("x",), ("y",), name="hole", luck=("u",))
    with pytest.raises(NonFiniteError) as found:
        luck(ONE, n=1024, seed=1, model=model)
    assert found.value.output == "y"
    assert set(found.value.inputs) == {"x"}
    assert WIDTH == 8
