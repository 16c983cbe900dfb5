"""Which run locks a thread."""

from __future__ import annotations

import json

from simulator.backend.thread_locks import ThreadLocks


def run(number, thread="thread_1"):
    return {"id": f"run_{number}", "thread_id": thread}


def test_the_oldest_active_run_holds_its_thread():
    locks = ThreadLocks()
    for number in (1, 2):
        locks.take(run(number))
    assert locks.holder("thread_1", 0.0) == "run_1"
    assert locks.holder("thread_2", 0.0) is None
    locks.release(run(1))
    assert locks.holder("thread_1", 0.0) == "run_2"
    locks.release(run(2))
    assert locks.holder("thread_1", 0.0) is None


def test_a_run_that_has_ended_holds_it_until_its_time():
    locks = ThreadLocks()
    locks.linger(run(1), until=5.0)
    assert [locks.holder("thread_1", now) for now in (0.0, 4.9, 5.0, 6.0)] == ["run_1", "run_1", None, None]
    assert locks.holder("thread_2", 0.0) is None


def test_an_active_run_comes_before_one_that_has_ended():
    locks = ThreadLocks()
    locks.linger(run(1), until=5.0)
    locks.take(run(2))
    assert locks.holder("thread_1", 0.0) == "run_2"


def test_what_lingers_survives_a_file():
    locks, again = ThreadLocks(), ThreadLocks()
    locks.take(run(2, "thread_2"))
    locks.linger(run(1), until=5.0)
    saved = json.loads(json.dumps(locks.to_json()))
    again.restore(saved)
    assert saved == {"thread_1": ["run_1", 5.0]}
    assert again.lingering == locks.lingering
    assert again.holder("thread_2", 0.0) is None  # its run takes the lock itself
