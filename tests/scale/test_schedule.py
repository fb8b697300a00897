"""Which run gets the next look, and that a journal leads to the same decisions again."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mcengine.scale.schedule import Schedule, Step

SLUGS = ("a", "b", "c")


def looked(run: str, look: int, unsettled: float | None, *, last: bool = False, seconds: float = 1.0) -> dict[str, Any]:
    return {"event": "looked", "run": run, "look": look, "unsettled": unsettled, "last": last, "seconds": seconds}


def test_without_a_budget_runs_go_to_their_end_in_turn() -> None:
    schedule = Schedule(SLUGS, None)
    assert schedule.next(0) == Step("look", "a", 1)
    schedule.take(looked("a", 1, 9.0))
    assert schedule.next(0) == Step("look", "a", 2)
    schedule.take(looked("a", 2, 0.5, last=True))
    assert schedule.next(0) == Step("finish", "a")
    schedule.take({"event": "finished", "run": "a", "digest": "d"})
    assert schedule.next(0) == Step("look", "b", 1)
    schedule.take({"event": "failed", "run": "b"})
    assert schedule.next(0) == Step("look", "c", 1)


def test_with_a_budget_the_least_settled_run_goes_next() -> None:
    schedule = Schedule(SLUGS, 100.0)
    for slug, unsettled in zip(SLUGS, (2.0, 5.0, None), strict=True):
        assert schedule.next(1.0) == Step("look", slug, 1)
        schedule.take(looked(slug, 1, unsettled))
    assert schedule.next(3.0) == Step("look", "c", 2)  # unknown is as unsettled as can be
    schedule.take(looked("c", 2, 1.5))
    assert schedule.next(4.0) == Step("look", "b", 2)
    schedule.take(looked("b", 2, 2.0))
    assert schedule.next(5.0) == Step("look", "a", 2)  # of equals the first


def test_a_settled_run_is_finished_at_once() -> None:
    schedule = Schedule(SLUGS, 100.0)
    schedule.take(looked("a", 1, 0.0, last=True))
    assert schedule.next(1.0) == Step("finish", "a")


def test_a_look_that_does_not_fit_is_not_begun() -> None:
    schedule = Schedule(SLUGS, 100.0)
    for slug, unsettled, seconds in (("a", 9.0, 30.0), ("b", 3.0, 10.0), ("c", 2.0, 20.0)):
        schedule.take(looked(slug, 1, unsettled, seconds=seconds))
    assert schedule.next(60.0) == Step("look", "a", 2)
    assert schedule.next(75.0) == Step("look", "b", 2)
    assert schedule.next(95.0) == Step("finish", "a")


def test_when_time_is_up_before_all_have_begun() -> None:
    schedule = Schedule(SLUGS, 100.0)
    schedule.take(looked("a", 1, 9.0))
    assert schedule.next(100.0) == Step("finish", "a")
    schedule.take({"event": "finished", "run": "a", "digest": "d"})
    assert schedule.next(100.0) is None
    assert schedule.unbegun() == ["b", "c"]


def test_more_hours_lift_the_end() -> None:
    entries = [looked("a", 1, 9.0), {"event": "time_up", "budget": 100.0, "used": 100.0}]
    for budget, kind in ((100.0, "finish"), (200.0, "look")):
        schedule = Schedule(("a",), budget)
        schedule.replay(entries)
        assert schedule.used == 100.0
        step = schedule.next(schedule.used)
        assert step is not None
        assert step.kind == kind


def test_a_run_that_failed_is_tried_again_when_the_batch_is_resumed() -> None:
    schedule = Schedule(SLUGS, None)
    schedule.replay([{"event": "look", "run": "a", "look": 1}, {"event": "failed", "run": "a"}])
    assert schedule.next(0) == Step("look", "a", 1)


@given(st.lists(st.floats(0.01, 100), min_size=40, max_size=40), st.integers(0, 200), st.floats(0, 1000))
def test_decisions_are_replayed_whatever_the_clock_says(ratios: list[float], stop: int, later: float) -> None:
    """A session killed anywhere, even between a decision and its look: the next takes up the same decision."""
    journal: list[dict[str, Any]] = []
    first, values = Schedule(SLUGS, 2000.0), iter(ratios)
    while (step := first.next(1.0)) is not None and step.kind == "look" and step.look <= 8:
        journal.append({"event": "look", "run": step.slug, "look": step.look})
        first.take(journal[-1])
        journal.append(looked(step.slug, step.look, next(values)))
        first.take(journal[-1])
    kept = journal[: min(stop, len(journal))]
    second = Schedule(SLUGS, 2000.0)
    second.replay(kept)
    expected = Schedule(SLUGS, 2000.0)
    for entry in kept:
        expected.take(entry)
    assert second.next(1.0) == expected.next(1.0)
    if kept and kept[-1]["event"] == "look":
        assert second.next(later) == Step("look", kept[-1]["run"], kept[-1]["look"])
