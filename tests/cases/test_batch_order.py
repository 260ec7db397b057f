"""Stages are made once, cheap cases are packed, and never are all cases in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from batch_fakes import task

from cases.batch import order as module
from cases.batch.order import Chunk, Order
from cases.batch.task import Limits, Outcome, Task

NOWHERE = Path("/nowhere")


def done(chunk: Chunk, seconds: float, status: str = "done") -> list[Outcome]:
    return [
        Outcome(a.task.index, a.task.key, status, seconds)  # type: ignore[arg-type]
        for a in chunk.attempts
    ]


def indices(chunk: Chunk | None) -> list[int]:
    assert chunk is not None
    return [attempt.task.index for attempt in chunk.attempts]


def sharing(count: int, *keys: str) -> list[Task]:
    """Cases of which every len(keys)-th shares a mesh; all share nothing else."""
    return [
        task(i, NOWHERE, needs=[("mesh", keys[i % len(keys)]), ("sensed", str(i))], save=["mesh"])
        for i in range(count)
    ]


@pytest.fixture(autouse=True)
def _look_at_the_store_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK", -1.0)


def test_a_case_waits_for_its_stage_while_another_makes_it() -> None:
    there: set[tuple[str, str]] = set()
    order = Order(sharing(6, "a", "b"), lambda kind, key: (kind, key) in there)
    first, second = order.next(4), order.next(4)
    assert (indices(first), indices(second)) == ([0], [1])  # the makers of a and of b
    assert order.next(4) is None
    there.add(("mesh", "b"))  # while its maker still runs
    assert indices(order.next(4)) == [3]
    assert indices(order.next(4)) == [5]
    assert order.next(4) is None
    there.add(("mesh", "a"))
    assert indices(order.next(4)) == [2]


def test_the_next_makes_the_stage_that_the_first_failed_to_make() -> None:
    order = Order(sharing(3, "a"), lambda kind, key: False)
    for expected in (0, 1, 2):
        chunk = order.next(2)
        assert indices(chunk) == [expected]
        assert order.next(2) is None
        assert chunk is not None
        order.ended(chunk, done(chunk, 1.0, "failed"))
    assert order.next(2) is None


def test_nobody_waits_for_a_stage_that_a_finished_case_did_not_leave() -> None:
    order = Order(sharing(4, "a"), lambda kind, key: False)
    chunk = order.next(2)
    assert chunk is not None
    order.ended(chunk, done(chunk, 5.0))
    assert [indices(order.next(2)), indices(order.next(2))] == [[1], [2]]


def test_cases_are_packed_by_what_they_take() -> None:
    cheap = [task(i, NOWHERE) for i in range(600)]
    order = Order(cheap, lambda kind, key: True)
    first = order.next(1)
    assert indices(first) == [0]  # nothing is known yet
    assert first is not None
    order.ended(first, done(first, 0.1))
    assert indices(order.next(1)) == list(range(1, 21))  # 2 s
    dear = Order(sharing(9, "a"), lambda kind, key: kind == "mesh")
    first = dear.next(1)
    assert first is not None
    dear.ended(first, done(first, 30.0))
    assert indices(dear.next(1)) == [1]


def test_cheap_and_dear_cases_are_told_apart() -> None:
    mixed = [task(i, NOWHERE, needs=[("sensed", str(i % 2))]) for i in range(40)]
    order = Order(mixed, lambda kind, key: key == "0")
    cheap, dear = order.next(1), order.next(1)
    assert cheap is not None
    assert dear is not None
    assert (cheap.kind, dear.kind) == ((), ("sensed",))
    order.ended(cheap, done(cheap, 0.01))
    order.ended(dear, done(dear, 50.0))
    for _ in range(4):
        chunk = order.next(1)
        assert chunk is not None
        assert len({a.task.index % 2 for a in chunk.attempts}) == 1


def test_chunks_become_small_towards_the_end() -> None:
    order = Order([task(i, NOWHERE) for i in range(33)], lambda kind, key: True)
    sizes = []
    while (chunk := order.next(2)) is not None:
        order.ended(chunk, done(chunk, 0.001))
        sizes.append(len(chunk.attempts))
    assert sum(sizes) == 33
    assert sizes[1] <= 4
    assert sizes[-1] == 1


def test_what_is_put_back_is_next_and_goes_alone() -> None:
    order = Order([task(i, NOWHERE) for i in range(50)], lambda kind, key: True)
    first = order.next(1)
    assert first is not None
    order.ended(first, done(first, 0.1))
    chunk = order.next(1)
    assert chunk is not None
    assert len(chunk.attempts) > 2
    order.ended(chunk, [])
    for attempt in reversed(chunk.attempts):
        attempt.alone = True
        order.again(attempt)
    assert [indices(order.next(1)) for _ in range(3)] == [[1], [2], [3]]


@pytest.mark.parametrize("share", [True, False])
def test_cases_are_drawn_only_as_they_are_needed(share: bool) -> None:
    """Also when all of them wait for one stage."""
    drawn = 0

    def draw() -> Iterator[Task]:
        nonlocal drawn
        source: Iterable[Task] = sharing(10_000, "a")
        for one in source:
            drawn += 1
            yield one if share else task(one.index, NOWHERE)

    order, ended, most = Order(draw(), lambda kind, key: False), 0, 0
    while (chunk := order.next(4)) is not None:
        if share and ended < 300:
            assert order.next(4) is None
        order.ended(chunk, done(chunk, 0.01, "failed" if ended < 300 else "done"))
        ended += len(chunk.attempts)
        most = max(most, drawn - ended)
        if ended > 4000:
            break
    assert most < 2600


def test_tasks_outcomes_and_limits_refuse_what_they_are_not() -> None:
    one = task(3, NOWHERE, needs=[("mesh", "a")], save=["mesh"])
    assert Task.from_json(one.to_json()) == one
    outcome = Outcome(3, one.key, "failed", 1.5, "why", "how", ("mesh",))
    assert Outcome.from_json(outcome.to_json()) == outcome
    for wrong in ({"status": "splendid"}, {"seconds": float("nan")}, {"seconds": -1.0}):
        with pytest.raises(ValueError, match="expected"):
            Outcome.from_json(outcome.to_json() | wrong)
    with pytest.raises(ValueError, match="keep"):
        Task.from_json(one.to_json() | {"keep": "nothing"})
    for bad in ({"timeout": 0.0}, {"timeout": float("inf")}, {"attempts": 0}):
        with pytest.raises(ValueError, match="expected"):
            Limits(**bad)  # type: ignore[arg-type]
