"""The table of statuses, against a second one that was written from the documents."""

import copy

import pytest

from simulator.backend import objects
from simulator.backend.lifecycle import (
    ACTIVE,
    CANCELLABLE,
    FILE_TABLE,
    RUN_TABLE,
    STEP_TABLE,
    TERMINAL,
    VECTOR_STORE_TABLE,
    Event,
    FileStatus,
    RunStatus,
    StepStatus,
    VectorStoreStatus,
    apply,
)
from simulator.errors import IllegalTransition

NOW = 1500.9
CREATED = 1000
EXPIRES = 1600

# from: {event: (to, keys that become the time, keys that become null)}; assistants-api.md 1.1, recorded-traffic.md 4.
RUNS = {
    "queued": {
        "pick_up": ("in_progress", ["started_at"], []),
        "cancel": ("cancelling", [], ["required_action"]),
        "expire": ("expired", [], ["expires_at", "required_action"]),
    },
    "in_progress": {
        "call_tools": ("requires_action", [], []),
        "complete": ("completed", ["completed_at"], ["expires_at"]),
        "stop_short": ("incomplete", ["completed_at"], ["expires_at"]),
        "fail": ("failed", ["failed_at"], ["expires_at"]),
        "cancel": ("cancelling", [], ["required_action"]),
        "expire": ("expired", [], ["expires_at", "required_action"]),
    },
    "requires_action": {
        "submit": ("queued", [], ["required_action"]),
        "cancel": ("cancelling", [], ["required_action"]),
        "expire": ("expired", [], ["expires_at", "required_action"]),
    },
    "cancelling": {
        "confirm_cancel": ("cancelled", ["cancelled_at"], ["expires_at"]),
        "expire": ("expired", [], ["expires_at", "required_action"]),
    },
    "cancelled": {},
    "failed": {},
    "completed": {},
    "incomplete": {},
    "expired": {},
}
STEPS = {
    "in_progress": {
        "complete": ("completed", ["completed_at"], []),
        "fail": ("failed", ["failed_at"], []),
        "cancel": ("cancelled", ["cancelled_at"], []),
        "expire": ("expired", [], []),
    },
    "cancelled": {},
    "failed": {},
    "completed": {},
    "expired": {},
}
# Without files a store is born `completed`; nothing brings an expired one back (recorded-traffic.md 1).
FILES = {
    "in_progress": {"complete": ("completed", [], []), "fail": ("failed", [], []), "cancel": ("cancelled", [], [])},
    "completed": {},
    "failed": {},
    "cancelled": {},
}
STORES = {
    "in_progress": {"complete": ("completed", [], []), "expire": ("expired", [], [])},
    "completed": {"add_files": ("in_progress", [], []), "expire": ("expired", [], [])},
    "expired": {},
}


def run_in(status):
    assistant = objects.assistant("asst_1", CREATED, "gpt-4o")
    run = objects.run("run_1", CREATED, "thread_1", assistant)
    return {**run, "status": status, "required_action": {"type": "submit_tool_outputs"}, "started_at": 1001}


def step_in(status):
    return {**objects.run_step("step_1", CREATED, run_in("in_progress"), objects.tool_calls([])), "status": status}


def file_in(status):
    return {**objects.vector_store_file("file_1", CREATED, "vs_1"), "status": status}


def batch_in(status):
    return {**file_in(status), "object": "vector_store.file_batch", "id": "vsfb_1"}


def store_in(status):
    return {**objects.vector_store("vs_1", CREATED), "status": status}


CELLS = [
    pytest.param(make, table, status, event, id=f"{make.__name__[:-3]} {status} {event}")
    for make, table in ((run_in, RUNS), (step_in, STEPS), (file_in, FILES), (batch_in, FILES), (store_in, STORES))
    for status in table
    for event in map(str, Event)
]


@pytest.mark.parametrize("make, table, status, event", CELLS)
def test_every_pair_of_status_and_event(make, table, status, event):
    target = make(status)
    before = copy.deepcopy(target)
    if event not in table[status]:
        with pytest.raises(IllegalTransition, match=f"is {status}: {event} leads nowhere") as caught:
            apply(target, Event(event), NOW, usage={"never": "written"})
        assert target["id"] in str(caught.value)
        assert target == before  # nothing has happened
        return
    to, stamps, clears = table[status][event]
    assert apply(target, Event(event), NOW) == to
    assert target == {**before, "status": to, **dict.fromkeys(stamps, 1500), **dict.fromkeys(clears)}


def test_the_tables_have_a_row_for_every_status():
    assert list(RUN_TABLE) == list(RunStatus) == list(RUNS)
    assert list(STEP_TABLE) == list(StepStatus) == list(STEPS)
    assert list(FILE_TABLE) == list(FileStatus) == list(FILES)
    assert list(VECTOR_STORE_TABLE) == list(VectorStoreStatus) == list(STORES)


def test_the_sets_of_statuses():
    assert {"completed", "incomplete", "failed", "cancelled", "expired"} == TERMINAL
    assert {"queued", "in_progress", "requires_action", "cancelling"} == ACTIVE
    assert {"queued", "in_progress", "requires_action"} == CANCELLABLE


def test_what_an_event_brings_is_written():
    run = run_in("in_progress")
    apply(run, Event.FAIL, NOW, last_error={"code": "server_error"}, usage=objects.usage(1, 2))
    assert run["last_error"] == {"code": "server_error"}
    assert run["usage"]["total_tokens"] == 3


def test_an_unknown_status_knows_no_event():
    run = run_in("thinking")
    with pytest.raises(IllegalTransition, match="is thinking"):
        apply(run, Event.EXPIRE, NOW)
    assert run["status"] == "thinking"


# recorded-traffic.md 4, "Non-null time fields by status"; for expired: assistants-api.md 1.1.
PATHS = {
    "queued": ([], {"expires_at"}),
    "in_progress": (["pick_up"], {"started_at", "expires_at"}),
    "requires_action": (["pick_up", "call_tools"], {"started_at", "expires_at"}),
    "queued after submit": (["pick_up", "call_tools", "submit"], {"started_at", "expires_at"}),
    "cancelling": (["pick_up", "cancel"], {"started_at", "expires_at"}),
    "cancelled": (["pick_up", "cancel", "confirm_cancel"], {"started_at", "cancelled_at"}),
    "completed": (["pick_up", "complete"], {"started_at", "completed_at"}),
    "incomplete": (["pick_up", "stop_short"], {"started_at", "completed_at"}),
    "failed": (["pick_up", "fail"], {"started_at", "failed_at"}),
    "expired": (["pick_up", "expire"], {"started_at"}),
}
TIMES = ("started_at", "expires_at", "cancelled_at", "failed_at", "completed_at")


@pytest.mark.parametrize("name", PATHS)
def test_the_times_that_each_status_has(name):
    events, expected = PATHS[name]
    run = objects.run("run_1", CREATED, "thread_1", objects.assistant("asst_1", CREATED, "gpt-4o"))
    for number, event in enumerate(events):
        apply(run, Event(event), 1001 + number)
    assert run["status"] == name.split()[0]
    assert {key for key in TIMES if run[key] is not None} == expected


def test_a_resume_rewrites_the_start_and_never_the_expiry():
    run = objects.run("run_1", CREATED, "thread_1", objects.assistant("asst_1", CREATED, "gpt-4o"))
    for at, event in ((1001, "pick_up"), (1005, "call_tools"), (1020, "submit")):
        apply(run, Event(event), at)
    assert (run["started_at"], run["expires_at"]) == (1001, EXPIRES)
    apply(run, Event.PICK_UP, 1021.7)
    assert (run["started_at"], run["expires_at"]) == (1021, EXPIRES)


def test_every_event_leads_somewhere():
    """By the names that the journal shows."""
    known = {event for table in (RUNS, STEPS, FILES, STORES) for row in table.values() for event in row}
    assert set(map(str, Event)) == known
