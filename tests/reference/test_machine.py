"""The simulator agrees with the reference; `make fuzz` has both go ten thousand steps and more side by side."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from simulator.api.dialects import history, served
from simulator.api.refusals.lookups import NotFound
from simulator.backend import lifecycle, limits, objects, store
from simulator.backend.engine import Engine
from simulator.backend.execution import Execution
from simulator.backend.tokens import Tokens
from simulator.backend.vector_stores import VectorStores
from tests.reference.limits_machine import LimitsBeside
from tests.reference.machine import Beside
from tests.reference.stores_machine import StoresBeside

PROGRAMS = int(os.environ.get("SIMULATOR_PROGRAMS", "40"))
STEPS_IN_A_PROGRAM = 50  # at most
# Programs are long and draw a lot: that is their use.
FIND = {"phases": [Phase.generate], "report_multiple_bugs": False, "database": None, "derandomize": True}
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def compare(machine, programs, **more):
    """Run so many programs; return the number of steps."""
    machine.steps = 0
    how = settings(max_examples=programs, stateful_step_count=STEPS_IN_A_PROGRAM, suppress_health_check=SLOW, **more)
    run_state_machine_as_test(machine, settings=how)
    return machine.steps


@pytest.mark.parametrize(
    "machine, programs", [(Beside, PROGRAMS), (LimitsBeside, PROGRAMS // 2), (StoresBeside, PROGRAMS // 2)]
)
def test_the_simulator_answers_as_the_reference_does(capsys, machine, programs):
    steps = compare(machine, programs)
    with capsys.disabled():
        sys.stdout.write(f"\n{machine.__name__}: {steps} steps beside the reference, no difference\n")
    assert steps > programs * 10


def keep_expires_at(monkeypatch):
    row = lifecycle.RUN_TABLE[lifecycle.RunStatus.IN_PROGRESS]
    event = lifecycle.Event.COMPLETE
    changed = lifecycle.Transition(lifecycle.RunStatus.COMPLETED, stamps=("completed_at",))
    monkeypatch.setitem(row, event, changed)


def answer_a_cancel_with_cancelled_at(monkeypatch):
    changed = lifecycle.Transition(
        lifecycle.RunStatus.CANCELLING, stamps=("cancelled_at",), clears=("required_action",)
    )
    for row in lifecycle.RUN_TABLE.values():
        if lifecycle.Event.CANCEL in row:
            monkeypatch.setitem(row, lifecycle.Event.CANCEL, changed)


def list_always_newest_first(monkeypatch):
    page = store.Listing.page
    monkeypatch.setattr(
        store.Listing, "page", lambda self, wanted, *more: page(self, replace(wanted, descending=True), *more)
    )


def forget_the_lock(monkeypatch):
    monkeypatch.setattr(Engine, "active_run", lambda self, thread_id: None)


def say_it_otherwise(monkeypatch):
    monkeypatch.setattr(NotFound, "status", 400)


def leave_a_key_out(monkeypatch):
    made = objects.run_step
    monkeypatch.setattr(
        objects, "run_step", lambda *given: {key: one for key, one in made(*given).items() if key != "last_error"}
    )


def give_every_turn_the_whole_limit(monkeypatch):
    monkeypatch.setattr(Execution, "used", lambda self, count: Tokens())


def leave_out_the_newest_messages(monkeypatch):
    kept = limits._kept
    monkeypatch.setattr(limits, "_kept", lambda costs, excess: (found := kept(costs, excess)) and [*range(len(found))])


def say_a_token_too_many(monkeypatch):
    monkeypatch.setattr(limits, "BEFORE_ANSWER", 0)


def show_what_came_later(monkeypatch):
    monkeypatch.setattr(history, "CHANGES", [row for row in history.CHANGES if row.key != "usage"])
    monkeypatch.setattr(served, "generation", history.generation.__wrapped__)  # which keeps nothing


def count_a_cancelled_file_as_failed(monkeypatch):
    row = lifecycle.FILE_TABLE[lifecycle.FileStatus.IN_PROGRESS]
    monkeypatch.setitem(row, lifecycle.Event.CANCEL, lifecycle.Transition(lifecycle.FileStatus.FAILED))


def keep_a_deleted_file_in_its_stores(monkeypatch):
    monkeypatch.setattr(VectorStores, "forget_file", lambda self, file_id: None)


def never_use_a_store(monkeypatch):
    monkeypatch.setattr(VectorStores, "touch", lambda self, vector_store, at: None)


def take_parts_for_ever(monkeypatch):
    monkeypatch.setattr(objects, "UPLOAD_LIFETIME_SECONDS", 10**6)


@pytest.mark.parametrize(
    "fault",
    [
        count_a_cancelled_file_as_failed,
        keep_a_deleted_file_in_its_stores,
        never_use_a_store,
        take_parts_for_ever,
    ],
    ids=lambda fault: fault.__name__,
)
def test_a_fault_with_files_is_found_out(monkeypatch, fault):
    fault(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        compare(StoresBeside, 200, **FIND)


@pytest.mark.parametrize(
    "fault",
    [give_every_turn_the_whole_limit, leave_out_the_newest_messages, say_a_token_too_many],
    ids=lambda fault: fault.__name__,
)
def test_a_fault_with_limits_is_found_out(monkeypatch, fault):
    fault(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        compare(LimitsBeside, 200, **FIND)


@pytest.mark.parametrize(
    "fault",
    [
        keep_expires_at,
        answer_a_cancel_with_cancelled_at,
        list_always_newest_first,
        forget_the_lock,
        say_it_otherwise,
        leave_a_key_out,
        show_what_came_later,
    ],
    ids=lambda fault: fault.__name__,
)
def test_a_simulator_with_a_fault_is_found_out(monkeypatch, fault):
    fault(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        compare(Beside, 200, **FIND)
