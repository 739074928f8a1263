"""Tasks are handed out once, come back, and are asked for by one drive each."""

import threading

import pytest

from spanner.assembly import PreparedImage
from spanner.burning.disc_image import DiscImage
from spanner.burning.tasks import BurnTask, TaskQueue
from spanner.errors import SourceError


def nothing() -> PreparedImage:
    raise AssertionError


def task(number: int, copy: int = 1, medium: str = "dvd+r") -> BurnTask:
    return BurnTask(
        DiscImage(
            key=f"set/{number}",
            belongs=None,
            number=number,
            total=9,
            volume_id=f"V{number}",
            medium=medium,
            sectors=99,
            prepare=nothing,
        ),
        copy,
    )


def any_task(_: BurnTask) -> bool:
    return True


def test_each_is_taken_once_in_order() -> None:
    tasks = TaskQueue([task(1), task(2), task(3)])
    assert tasks.take(lambda each: each.image.number == 2) == task(2)
    assert [tasks.take(any_task) for _ in range(3)] == [task(1), task(3), None]


def test_what_is_given_back_comes_before_what_is_behind_it() -> None:
    tasks = TaskQueue([task(1), task(2), task(1, 2)])
    first = tasks.take(any_task)
    assert first == task(1)
    tasks.give_back(first)
    assert [tasks.take(any_task) for _ in range(3)] == [task(1), task(2), task(1, 2)]


def test_more_is_expected_while_one_may_come_back() -> None:
    tasks = TaskQueue([task(1)])
    taken = tasks.take(any_task)
    assert taken
    assert tasks.expected(any_task)
    assert not tasks.expected(lambda each: each.image.medium == "bd-r")
    tasks.done(taken)
    assert not tasks.expected(any_task)
    assert tasks.left() == 0


def test_after_a_failure_nothing_more_is_given_out() -> None:
    tasks = TaskQueue([task(1), task(2)])
    taken = tasks.take(any_task)
    assert taken
    error = SourceError("gone")
    tasks.fail(error)
    tasks.fail(SourceError("later"))
    assert tasks.failure is error
    assert tasks.take(any_task) is None
    assert not tasks.expected(any_task)
    tasks.done(taken)


def test_two_drives_ask_for_different_discs_and_a_third_for_none() -> None:
    tasks = TaskQueue([task(1), task(2)])
    assert tasks.ask("a", any_task) == task(1)
    assert tasks.ask("b", any_task) == task(2)
    assert tasks.ask("c", any_task) is None
    assert tasks.ask("b", any_task) == task(2)
    tasks.stop_asking("a")
    assert tasks.ask("c", any_task) == task(1)


def test_nobody_asks_for_what_its_drive_cannot_do() -> None:
    tasks = TaskQueue([task(1, medium="bd-r"), task(2)])
    assert tasks.ask("a", lambda each: each.image.medium == "dvd+r") == task(2)


def test_it_is_idle_only_while_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("spanner.burning.tasks.time.monotonic", lambda: clock[0])
    tasks = TaskQueue([task(1), task(2)])
    clock[0] += 5
    assert tasks.idle() == 5
    taken = tasks.take(any_task)
    clock[0] += 50
    assert tasks.idle() == 0
    assert taken
    tasks.give_back(taken)
    assert tasks.idle() == 55
    tasks.stir()
    assert tasks.idle() == 0
    clock[0] += 3
    taken = tasks.take(any_task)
    assert taken
    tasks.done(taken)
    assert tasks.idle() == 0


def test_many_threads_take_each_task_once() -> None:
    tasks = TaskQueue(task(number) for number in range(500))
    taken: list[BurnTask] = []

    def work() -> None:
        while mine := tasks.take(any_task):
            taken.append(mine)
            tasks.done(mine)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.image.number for each in taken) == list(range(500))
    assert tasks.left() == 0
