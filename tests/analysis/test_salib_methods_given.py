"""pawn, delta and rbd-fast: numerical integration, SALib by hand on the same draws, the dummy, and SALib's traps."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr
from threadpoolctl import threadpool_limits

from mcengine import load_study, sensitivity
from mcengine.analysis.measures import MeasuresResult
from mcengine.analysis.salib_delta import classes, delta, deltas, normal_scores
from mcengine.analysis.salib_given import draw_given
from mcengine.analysis.salib_pawn import cuts, pawn
from mcengine.analysis.salib_rbd_fast import rbd_fast
from mcengine.engine.problem import build_problem
from mcengine.errors import AnswerNo, InputError, NonFiniteError
from mcengine.models.model import Model
from tests.analysis.exact import g_function, ishigami
from tests.engine.make import STANDARD, UNIT, Law, model, simple
from tests.engine.test_saltelli import STUDIES, own

METHODS: dict[str, Callable[..., MeasuresResult]] = {"pawn": pawn, "delta": delta, "rbd-fast": rbd_fast}
RHO = (0.8, 0.6)  # correlations of y with a and b; c does nothing
NAMES = ("a", "b", "c")
NORMAL = dict.fromkeys(NAMES, STANDARD)


def plain(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 0.8 * x[0, i] + 0.6 * x[1, i]


def lognormal(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = np.exp(2.0 * (0.8 * x[0, i] + 0.6 * x[1, i]))


def gaussian(rows: Any = plain) -> Model:
    return model(rows, NAMES)


def moved(rho: float) -> float:
    """Borgonovo's delta of two normal variables of correlation rho, by the trapezoidal rule."""
    y, x, s = np.linspace(-9.0, 9.0, 4001), np.linspace(-8.0, 8.0, 1001), np.sqrt(1 - rho**2)
    away = [np.trapezoid(np.abs(stats.norm.pdf(y) - stats.norm.pdf(y, rho * v, s)), y) for v in x]
    return float(np.trapezoid(np.array(away) * stats.norm.pdf(x), x)) / 2


def distances(rho: float, slides: int = 10) -> np.ndarray:
    """Kolmogorov-Smirnov distance of y given x in each slide from y, for two normal variables, by integration."""
    y, s = np.linspace(-6.0, 6.0, 2001), np.sqrt(1 - rho**2)
    u = (np.arange(slides)[:, None] + (np.arange(200) + 0.5) / 200) / slides
    given = ndtr((y[:, None, None] - rho * stats.norm.ppf(u)) / s).mean(axis=2)
    return np.abs(given - ndtr(y)[:, None]).max(axis=0)


def test_pawn_of_a_gaussian_model_by_integration() -> None:
    """Noise lifts a distance by some thousandths at 16,384 draws; half-widths are below 0.008."""
    found = pawn(simple(NORMAL), model=gaussian(), seed=1, replicates=4)
    for name, rho in zip(NAMES, RHO, strict=False):
        assert found[name]["median"].value == pytest.approx(np.median(distances(rho)), abs=0.01)
        assert found[name]["maximum"].value == pytest.approx(distances(rho).max(), abs=0.015)
    assert found["c"].above_dummy is False
    assert found["c"]["median"].value == pytest.approx(found.dummy["median"].value, abs=0.008)
    assert found.main.ranking is not None
    assert found.main.ranking.top == ("a", "b")


def test_delta_and_s1_of_a_gaussian_model_by_integration() -> None:
    """Smoothing lowers a large delta by 0.02 at 4,096 draws, noise lifts that of nothing to 0.03."""
    found = delta(simple(NORMAL), model=gaussian(), seed=1)
    for name, rho in zip(NAMES, RHO, strict=False):
        assert found[name]["delta"].value == pytest.approx(moved(rho), abs=0.025)
        assert found[name]["s1"].value == pytest.approx(rho**2, abs=0.025)
    assert found["c"].above_dummy is False
    assert 0.0 < found.dummy["delta"].value < 0.05


@pytest.mark.parametrize(("study", "truth"), [("ishigami", ishigami()[0]), ("g_function", g_function()[0])])
def test_rbd_fast_finds_the_first_order_indices(study: str, truth: np.ndarray) -> None:
    found = rbd_fast(load_study(f"textbook/{study}"), seed=1)
    assert [f["s1"].value for f in found.main.factors] == pytest.approx(truth, abs=2.5e-3)
    assert found.dummy["s1"].value == pytest.approx(0.0, abs=1.5e-3)
    assert [f.above_dummy for f in found.main.factors] == [s > 1e-3 for s in truth]


def test_more_draws_bring_delta_nearer() -> None:
    small, large = (delta(simple(NORMAL), model=gaussian(), seed=1, n=n, replicates=8) for n in (256, 2048))
    assert abs(large["a"]["delta"].value - moved(0.8)) < abs(small["a"]["delta"].value - moved(0.8))
    assert large.dummy["delta"].value < small.dummy["delta"].value


def test_pawn_and_delta_do_not_change_under_a_monotone_transformation() -> None:
    for method, options in ((pawn, {"n": 512}), (delta, {"n": 512})):
        one, other = (
            method(simple(NORMAL), model=gaussian(rows), seed=4, replicates=2, **options) for rows in (plain, lognormal)
        )
        first = one.measures[0]
        assert [f[first].value for f in one.main.factors] == [f[first].value for f in other.main.factors]


def test_salib_itself_answers_otherwise_for_a_long_tailed_output() -> None:
    """Why it gets normal scores: kernels of one width blur a long-tailed output to deltas of everything."""
    from SALib.analyze.delta import calc_delta

    given = draw_given(
        simple(NORMAL), output=None, n=4096, replicates=1 + 1, seed=1, model=gaussian(lognormal), threads=1
    )
    ranks, y = given.ranked(0)
    bounds = np.linspace(0, len(y), classes(len(y)) + 1)

    def nothing(values: np.ndarray) -> float:
        return float(calc_delta(values, np.linspace(values.min(), values.max(), 100), ranks[:, 2], bounds))

    assert nothing(normal_scores(y)) < 0.07
    assert nothing(y) > 2 * nothing(normal_scores(y))


def test_salibs_own_correction_of_delta_adds_to_the_noise_of_nothing() -> None:
    """Why eq. 30 is done here: SALib 1.6 takes resamples from a resample, and its first variant moves the input.

    Means of 40 samples of 512; standard errors of SALib's are 0.003 and 0.006, what is claimed is 4 of them away.
    """
    from SALib.analyze.delta import bias_reduced_delta, calc_delta

    given = draw_given(simple(NORMAL), output=None, n=512, replicates=40, seed=1, model=gaussian(), threads=1)
    bounds = np.linspace(0, 512, classes(512) + 1)
    rows = []
    state = np.random.get_state()  # noqa: NPY002  # SALib draws from it
    np.random.seed(1)  # noqa: NPY002
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        warnings.simplefilter("ignore")
        for r in range(40):
            y, ranks = normal_scores(given.y[r]), given.ranked(r)[0]
            grid = np.linspace(y.min(), y.max(), 100)
            a, c = given.x[r][:, 0], given.x[r][:, 2]
            rest = (2, 0.95, 512)
            theirs = bias_reduced_delta(y, grid, c, bounds, *rest, "raw", None, "c", 10)[0]
            edges = np.linspace(a.min(), a.max(), 11)
            evenly = bias_reduced_delta(y, grid, a, bounds, *rest, "balanced", edges, "a", 10)[0]
            ours = deltas(ranks, given.y[r], 2, np.random.default_rng(r))[2, 0]
            rows.append([ours, calc_delta(y, grid, c, bounds), theirs, evenly])
    np.random.set_state(state)  # noqa: NPY002
    ours, raw, theirs, evenly = np.mean(rows, axis=0)
    assert ours < raw - 0.005
    assert theirs > raw + 0.005
    assert evenly > moved(0.8) + 0.04  # where the truth of a normal input is smoothed to less


def hand(method: str, x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    """The measures of each column of x, (draws, columns), by SALib on the values themselves."""
    from SALib.analyze import pawn as pawn_analyzer
    from SALib.analyze import rbd_fast as rbd_analyzer
    from SALib.analyze.delta import calc_delta, sobol_first

    problem = {"num_vars": x.shape[1], "names": [f"x{j}" for j in range(x.shape[1])]}
    if method == "pawn":
        found = pawn_analyzer.analyze(problem, x, y, S=10)
        return np.column_stack([found["median"], found["maximum"]]).tolist()
    if method == "rbd-fast":
        return [[s] for s in rbd_analyzer.analyze(problem, x, y, num_resamples=2, seed=1)["S1"]]
    bounds = np.linspace(0, len(y), classes(len(y)) + 1)
    scores = stats.norm.ppf((stats.rankdata(y) - 0.5) / len(y))
    grid = np.linspace(scores.min(), scores.max(), 100)
    return [[calc_delta(scores, grid, column, bounds), sobol_first(y, column, bounds)] for column in x.T]


@pytest.mark.parametrize("method", METHODS)
def test_salib_by_hand_on_the_same_draws_agrees(method: str) -> None:
    study = load_study("evidence")
    chosen = list(study.uncertain)
    options = {"resamples": 0} if method == "delta" else {}
    found = METHODS[method](study, n=512, replicates=2, seed=3, **options)
    problem = build_problem(study, seed=3, draws=512, sampler="sobol" if method == "rbd-fast" else "random")
    columns, row = [problem.model.inputs.index(name) for name in chosen], problem.model.output_index("npv")
    draws = [problem.draws(r, 0, 512) for r in range(2)]
    everything = np.concatenate([draw[0][columns] for draw in draws], axis=1)
    continuous = [j for j, values in enumerate(everything) if len(np.unique(values)) == 1024][:4]
    x = [np.ascontiguousarray(draw[0][columns][continuous].T) for draw in draws]
    y = [draw[1][row].copy() for draw in draws]
    if method == "rbd-fast":
        expected = np.array(hand(method, np.concatenate(x), np.concatenate(y)))
    else:
        expected = np.mean([hand(method, x[r], y[r]) for r in range(2)], axis=0)
    for k, j in enumerate(continuous):
        ours = [found[chosen[j]][name].value for name in found.measures]
        assert ours == pytest.approx(expected[k], rel=1e-12, abs=1e-12)


TWO: Law = ("discrete", {"values": [0.0, 1.0], "weights": [0.5, 0.5]})


def either(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 10.0 * x[0, i] + x[1, i]


def test_an_input_of_two_values_is_seen_whole() -> None:
    """y is uniform on (0, 1) or (10, 11): every slide but the one across the jump is 1/2 away; S1 0.997."""
    from SALib.analyze import pawn as analyzer

    study, own_model = simple({"a": TWO, "b": UNIT, "c": TWO}), model(either, NAMES)
    options: dict[str, Any] = {"model": own_model, "seed": 2, "replicates": 4}
    found = pawn(study, n=2048, **options)
    assert found["a"]["median"].value == pytest.approx(0.5, abs=0.02)
    assert 0.4 < delta(study, n=2048, **options)["a"]["delta"].value < 0.5  # kernels reach across the jump
    swept = rbd_fast(study, n=2048, **options)
    assert swept["a"]["s1"].value == pytest.approx(0.997, abs=0.05)  # 10 harmonics of a jump
    assert swept["c"]["s1"].value == pytest.approx(0.0, abs=0.01)  # draws of one value in no order of the others
    given = draw_given(study, output=None, n=2048, replicates=2, seed=2, model=own_model, threads=1)
    alone = {"num_vars": 1, "names": ["a"]}
    two = analyzer.analyze(alone, given.x[0][:, :1], given.y[0])
    assert two["minimum"][0] == two["maximum"][0]  # SALib by itself sees one slide: the draws at 1 are left out


@pytest.mark.parametrize("method", METHODS)
def test_correlated_inputs_are_analysed_as_drawn_and_the_reader_is_told(method: str) -> None:
    pair = {("a", "c"): 0.9}
    study = simple(NORMAL, correlations=pair)
    found = sensitivity(study, method=method, model=gaussian(), n=1024, replicates=8, seed=1)
    assert found["c"].above_dummy  # by what it has in common with a
    assert any("correlated (a, c) and are analysed as they are drawn" in note for note in found.notes)
    assert found.inputs_variant == "as studied"
    assert found.groups == {}


@pytest.mark.parametrize("method", METHODS)
def test_the_choice_of_the_set_in_a_pool_is_a_factor(method: str) -> None:
    found = METHODS[method](STUDIES["pooled"], model=own(), n=512, replicates=4, seed=1)
    assert list(found.groups) == ["a", "b", "c", "assumption set"]
    assert any("assumption set" in note for note in found.notes)


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_of_nought_is_a_seed_and_nothing_of_the_process_is_moved(method: str) -> None:
    study = load_study("textbook/ishigami")
    state, shown, filters = np.random.get_state()[1].copy(), warnings.formatwarning, list(warnings.filters)  # noqa: NPY002
    first = METHODS[method](study, n=256, replicates=4, seed=0, threads=1)
    again = METHODS[method](study, n=256, replicates=4, seed=0, threads=2)
    assert first.to_dict() == again.to_dict()
    assert first.seed == 0
    assert first.digest != METHODS[method](study, n=256, replicates=4, seed=1).digest
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert warnings.formatwarning is shown
    assert list(warnings.filters) == filters


def root(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = np.sqrt(constants[0][0] - x[0, i])


@pytest.mark.parametrize("method", METHODS)
def test_a_non_finite_output_is_refused_by_name_and_draw(method: str) -> None:
    given, own_model = simple({"a": STANDARD}), model(root, ("a",), np.array([4.0]))
    with pytest.raises(NonFiniteError, match="output 'y' is not a finite number") as caught:
        METHODS[method](given, model=own_model, n=1 << 15, replicates=8, seed=1)
    assert caught.value.inputs["a"] > 4.0
    assert caught.value.draws


def constant(x: Any, out: Any, constants: Any) -> None:
    for i in range(x.shape[1]):
        out[0, i] = 4.0


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_output_has_no_drivers(method: str) -> None:
    with pytest.raises(AnswerNo, match="nothing drives it"):
        METHODS[method](simple({"a": UNIT}), model=model(constant, ("a",)), n=256, replicates=2, seed=1)


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("pawn", {"slides": 1}, "from 2 to 100"),
        ("pawn", {"slides": 9}, "cannot cut into 9"),
        ("pawn", {"slides": 10, "n": 64}, "at least 8 draws a slide: 80"),
        ("delta", {"resamples": -1}, "from 0 to 1000"),
        ("delta", {"n": 64}, "at least 128"),
        ("rbd-fast", {"harmonics": 0}, "from 1 to 100"),
        ("rbd-fast", {"harmonics": 10, "n": 64}, "at least 8 draws a harmonic: 80"),
        ("rbd-fast", {"output": "z"}, "z"),
        ("pawn", {"replicates": 1}, "at least 2"),
    ],
)
def test_what_is_refused(method: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        METHODS[method](load_study("textbook/ishigami"), **options)


def test_salib_fails_for_just_the_slides_that_are_refused() -> None:
    from SALib.analyze import pawn as analyzer

    rng = np.random.default_rng(1)
    x = rng.random((200, 1))
    for slides in range(2, 31):
        try:
            found = analyzer.analyze({"num_vars": 1, "names": ["a"]}, x, x[:, 0], S=slides)
        except ValueError:
            assert not cuts(slides)
        else:
            assert cuts(slides)
            assert np.isfinite(found["median"]).all()
