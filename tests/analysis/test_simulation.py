"""A run in pieces is the run in one: portions of any size, from anywhere, some of them from earlier times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcengine import Result, load_study, run
from mcengine.analysis.simulate import Simulation
from mcengine.engine.problem import Problem
from mcengine.engine.replicates import Portion, run_replicate
from mcengine.engine.run import Observer
from mcengine.errors import InterruptedRun

OPTIONS: dict[str, Any] = {"draws": 512, "replicates": 8, "seed": 3, "until": "y.mean=1e-9", "cap": 2048}


def joined(portions: Sequence[Portion]) -> Portion:
    histogram = np.sum([portion.histogram for portion in portions], axis=0, dtype=np.int64)
    return Portion(portions[0].first, np.concatenate([portion.rows for portion in portions]), histogram)


def in_portions(sizes: Sequence[int]) -> Callable[..., Iterator[Portion]]:
    """A source that answers in portions of these sizes, over and over, as a cluster may."""

    def source(problem: Problem, draws: int, indices: Sequence[int], *, observer: Observer) -> Iterator[Portion]:
        left, turn = list(indices), 0
        while left:
            count = sizes[turn % len(sizes)]
            portion = joined([run_replicate(problem, index, draws) for index in left[:count]])
            observer.finished(portion)
            yield portion
            left, turn = left[count:], turn + 1

    return source


class Memory:
    """A keeper that keeps in memory, and asks for news after every so many."""

    def __init__(self, every: int = 3, earlier: Sequence[Portion] = ()) -> None:
        self.portions, self.every, self.told = list(earlier), every, 0
        self.fresh: Callable[[], list[Portion]] = list

    def kept(self) -> Iterator[Portion]:
        return iter(sorted(self.portions, key=lambda portion: portion.first))

    def follow(self, fresh: Callable[[], list[Portion]]) -> None:
        self.fresh = fresh

    def news(self) -> None:
        self.told += 1
        if self.told % self.every == 0:
            self.flush()

    def flush(self) -> None:
        self.portions += self.fresh()


@pytest.fixture(scope="module")
def whole() -> Result:
    result = run(load_study("textbook/linear_gaussian"), **OPTIONS)
    assert result.replicates == 32
    return result


def begun(keeper: Memory | None = None, **options: Any) -> Simulation:
    make = None if keeper is None else lambda problem, draws, looks: keeper
    return Simulation(load_study("textbook/linear_gaussian"), **{**OPTIONS, **options}, keeper=make)


def finished(simulation: Simulation) -> Result:
    while not simulation.finished:
        simulation.advance()
    return simulation.result()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_portions_of_any_size_give_the_same_run(whole: Result, sizes: list[int]) -> None:
    keeper = Memory()
    found = finished(begun(keeper, source=in_portions(sizes)))
    assert found.to_dict() == whole.to_dict()
    keeper.flush()
    assert sum(len(portion.rows) for portion in keeper.portions) == 32
    for portion in keeper.portions:  # none across a look
        assert not any(portion.first < cut < portion.stop for cut in (8, 16, 32))


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(0, 31)), st.integers(1, 4))
def test_whatever_was_kept_the_rest_is_computed(whole: Result, lost: set[int], every: int) -> None:
    keeper = Memory(every=1)
    finished(begun(keeper))
    keeper.flush()
    earlier = [portion for portion in keeper.portions if portion.first not in lost]
    again = Memory(every, earlier)
    simulation = begun(again)
    assert finished(simulation).to_dict() == whole.to_dict()
    again.flush()
    assert sum(len(portion.rows) for portion in again.portions) == 32  # nothing twice


def test_looks_are_counted_and_what_they_say(whole: Result) -> None:
    simulation = begun()
    assert (simulation.looks, simulation.taken, simulation.unsettled) == ([8, 16, 32], 0, math.inf)
    with pytest.raises(ValueError, match="no result before the first look"):
        simulation.result()
    widths = []
    for taken in (1, 2, 3):
        assert not simulation.finished
        simulation.advance()
        assert simulation.taken == taken
        (reached,) = simulation.result().stopping.reached  # type: ignore[union-attr]
        assert simulation.unsettled == reached.half_width / reached.allowed > 1
        widths.append(reached.half_width)
    assert simulation.finished
    assert widths[2] < widths[0]
    assert simulation.result().stopping.why.startswith("the cap on draws was reached")  # type: ignore[union-attr]


def test_a_run_that_ran_out_of_time_says_so_and_can_be_repeated() -> None:
    simulation = begun()
    simulation.advance()
    simulation.advance()
    result = simulation.result()
    assert result.stopping is not None
    assert result.stopping.why == "the time for it was used up before y.mean=1e-9"
    again = run(load_study("textbook/linear_gaussian"), **OPTIONS, looks=2)
    assert again.to_dict() == result.to_dict()


def test_a_settled_run_and_one_without_targets_are_finished() -> None:
    easy = begun(until="y.mean=100")
    easy.advance()
    assert easy.finished
    assert easy.unsettled == 0.0
    plain = begun(until=None)
    plain.advance()
    assert plain.finished
    assert plain.result().stopping is None


def test_news_that_cannot_be_kept_stops_the_run() -> None:
    class Full(Memory):
        def news(self) -> None:
            raise InterruptedRun("the disk is full")

    with pytest.raises(InterruptedRun, match="the disk is full"):
        finished(begun(Full()))
