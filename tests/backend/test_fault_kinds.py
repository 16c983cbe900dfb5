import json
import math

import pytest

from simulator.backend.fault_kinds import (
    FAULT_TYPES,
    STREAM_EVENTS,
    cut_stream,
    delay,
    fault_from_json,
    fault_to_json,
    http_error,
    lock_lag,
    no_answer,
    rival_run,
    split_stream,
    stay,
)
from simulator.backend.faults import Faults, Moment, Target
from simulator.errors import UsageError

OPERATIONS = ("runs.create", "threads.create_and_run", "runs.submit_tool_outputs", "runs.cancel", "runs.retrieve")

EVERY_KIND = [
    (http_error(429, retry_after=2), "http_error(429)"),
    (no_answer(), "no_answer('reset')"),
    (no_answer("read_timeout"), "no_answer('read_timeout')"),
    (cut_stream(), "cut_stream('done', ending='closed')"),
    (
        cut_stream("thread.message.delta", nth=2, inside=True, ending="wrapped_error"),
        "cut_stream('thread.message.delta', nth=2, inside=True, ending='wrapped_error')",
    ),
    (cut_stream(0, ending="end"), "cut_stream(0, ending='end')"),
    (split_stream(), "split_stream(1)"),
    (delay(1.5), "delay(1.5)"),
    (stay("queued"), "stay('queued')"),
    (stay("cancelling", 30), "stay('cancelling', 30)"),
    (lock_lag(5), "lock_lag(5)"),
    (rival_run(), "rival_run(5)"),
]


def test_every_kind_of_fault_is_in_these_tests():
    assert {type(fault) for fault, _ in EVERY_KIND} == set(FAULT_TYPES.values())


@pytest.mark.parametrize("fault, text", EVERY_KIND, ids=[text for _, text in EVERY_KIND])
def test_a_fault_reads_as_the_call_that_made_it(fault, text):
    assert str(fault) == text
    if "http" not in text:
        assert eval(text, dict(FAULTS)) == fault


@pytest.mark.parametrize("fault", [fault for fault, _ in EVERY_KIND], ids=str)
def test_a_fault_survives_a_file(fault):
    again = fault_from_json(json.loads(json.dumps(fault_to_json(fault))))
    assert again == fault
    assert repr(again) == repr(fault)


def test_a_saved_fault_of_the_first_version_is_an_http_error():
    saved = {**fault_to_json(http_error(503))}
    del saved["name"]
    assert fault_from_json(saved) == http_error(503)


FAULTS = {
    "no_answer": no_answer,
    "cut_stream": cut_stream,
    "split_stream": split_stream,
    "delay": delay,
    "stay": stay,
    "lock_lag": lock_lag,
    "rival_run": rival_run,
}

BAD = [
    ("no_answer('lost')", r"no_answer\(\) takes a kind: connect_refused, .*closed; not 'lost'"),
    ("no_answer(5)", r"not 5"),
    (
        "cut_stream('thread.message.dleta')",
        r"knows no stream event 'thread\.message\.dleta'\. Did you mean",
    ),
    ("cut_stream('zzz')", r"There are: response\.created, .*thread\.created, thread\.run\.created, .*done\."),
    ("cut_stream(-1)", r"takes a stream event, or how many events come, not -1"),
    ("cut_stream(None)", r"not None"),
    ("cut_stream(nth=0)", r"cut_stream\(nth=…\) is one or more, not 0"),
    ("cut_stream(nth='2')", r"not '2'"),
    ("cut_stream(ending='bang')", r"cut_stream\(ending=…\) is closed, reset, .*wrapped_error; not 'bang'"),
    ("split_stream(0)", r"takes a number of bytes, one or more, not 0"),
    ("split_stream(True)", r"not True"),
    ("delay(-1)", r"delay\(\) takes a number of virtual seconds, zero or more, not -1"),
    ("delay(inf)", r"not inf"),
    ("delay('1')", r"not '1'"),
    ("delay(True)", r"not True"),
    ("stay('completed')", r"stay\(\) takes a status: queued, in_progress, cancelling; not 'completed'"),
    ("stay('queued', -1)", r"stay\(\) takes a number of virtual seconds, zero or more, not -1"),
    ("lock_lag(None)", r"lock_lag\(\) takes a number of virtual seconds, zero or more, not None"),
    ("rival_run(-1)", r"rival_run\(\) takes a number of virtual seconds, zero or more, not -1"),
    ("rival_run(says='')", r"rival_run\(says=…\) is a text that is not empty, not ''"),
    ("rival_run(says=5)", r"not 5"),
]


@pytest.mark.parametrize("text, message", BAD, ids=[text for text, _ in BAD])
def test_a_fault_that_cannot_be_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        eval(text, {"inf": math.inf, **FAULTS})


def test_the_events_that_can_be_cut_before_are_all_different():
    assert len(set(STREAM_EVENTS)) == len(STREAM_EVENTS)


# ── which requests ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def faults():
    return Faults(OPERATIONS)


def hits(faults, *targets):
    """Whether each request is struck."""
    return [faults.strike(target) is not None for target in targets]


def test_a_fault_of_streams_passes_over_what_does_not_stream(faults):
    faults.add(cut_stream(), on="runs.create")
    assert hits(faults, Target("runs.create"), Target("runs.create", streams=True)) == [False, True]


def test_a_star_means_what_the_fault_is_for(faults):
    faults.add(stay("cancelling"))
    faults.add(stay("queued"))
    cancel, create = Target("runs.cancel"), Target("runs.create")
    struck = [faults.strike(target) for target in (Target("runs.retrieve"), cancel, create, create)]
    assert [one and one.fault for one in struck] == [None, stay("cancelling"), stay("queued"), None]


def test_a_fault_may_be_for_one_thread_or_one_run(faults):
    faults.add(http_error(500), thread="thread_1")
    faults.add(no_answer(), run="run_2")
    other, ours = Target("runs.create", "thread_2"), Target("runs.create", "thread_1")
    assert hits(faults, other, ours, ours) == [False, True, False]
    assert hits(faults, Target("runs.retrieve", "thread_2", "run_1"), Target("runs.retrieve", "t", "run_2")) == [
        False,
        True,
    ]


def test_where_it_strikes_survives_a_file(faults):
    faults.add(no_answer("closed"), on="runs.retrieve", thread="thread_1", run="run_1", at="after", skip=1)
    again = Faults(OPERATIONS)
    again.restore(json.loads(json.dumps(faults.to_json())))
    target = Target("runs.retrieve", "thread_1", "run_1")
    assert again.strike(Target("runs.retrieve", "thread_1", "run_2")) is None
    assert [again.strike(target), again.strike(target).at] == [None, Moment.AFTER]


def test_what_struck_nothing_is_told(faults):
    faults.add(lock_lag(3), on="runs.create")
    faults.add(delay(1))
    assert faults.unused == ["lock_lag(3) on 'runs.create'", "delay(1) on '*'"]


BAD_PLANS = [
    (
        {"fault": cut_stream(), "on": "runs.retrieve"},
        r"strikes responses\.create, runs\.create, runs\.sub",
    ),
    (
        {"fault": stay("cancelling"), "on": "runs.create"},
        r"'cancelling'\) strikes runs\.cancel; not 'runs\.create'",
    ),
    ({"fault": no_answer("connect_refused"), "at": "after"}, r"a request that was never sent has no effect"),
    ({"fault": no_answer("connect_timeout"), "at": "after"}, r"at='after' takes the other kinds"),
    ({"fault": delay(1), "thread": 5}, r"thread= is an id, or None for any, not 5"),
    ({"fault": delay(1), "run": b"run_1"}, r"run= is an id, or None for any, not b'run_1'"),
]


@pytest.mark.parametrize("given, message", BAD_PLANS, ids=[message for _, message in BAD_PLANS])
def test_a_plan_that_cannot_be_meant_is_refused(faults, given, message):
    with pytest.raises(UsageError, match=message):
        faults.add(**given)
    assert not faults
