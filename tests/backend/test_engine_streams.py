"""The events that a stream tells, in the order that was recorded (recorded-traffic.md 6)."""

import pytest

from simulator.backend.execution import Deltas, StreamEvent
from simulator.backend.turns import call, call_tools, fail, finish, hang, incomplete, run_code, say, search_files

RUN = ["run.created", "run.queued", "run.in_progress"]
STEP = ["run.step.created", "run.step.in_progress"]
MESSAGE = [*STEP, "message.created", "message.in_progress", "thread.message.delta*"]
TOOL = [*STEP, "thread.run.step.delta*"]
SAID = [*MESSAGE, "message.completed", "run.step.completed"]

WHOLE = {
    "a message": ([say("Hi.")], [*RUN, *SAID, "run.completed"]),
    "an empty message": ([say()], [*RUN, *SAID, "run.completed"]),
    "no message": ([finish()], [*RUN, "run.completed"]),
    "calls": ([call_tools(call("f"), call("g"))], [*RUN, *TOOL, "run.requires_action"]),
    "code, then a message": ([run_code("1"), say("Hi.")], [*RUN, *TOOL, "run.step.completed", *SAID, "run.completed"]),
    "words around a search": (
        [say("a", more=True), search_files("q"), say("b")],
        [*RUN, *SAID, *TOOL, "run.step.completed", *SAID, "run.completed"],
    ),
    "a limit": (
        [incomplete("max_completion_tokens", "so far")],
        [*RUN, *MESSAGE, "message.incomplete", "run.step.completed", "run.incomplete"],
    ),
    "a failure without a step": ([fail("rate_limit_exceeded")], [*RUN, "run.failed"]),
    "a failure after words": (
        [fail("server_error", text="so far")],
        [*RUN, *MESSAGE, "message.incomplete", "run.step.failed", "run.failed"],
    ),
    "an expiry": (
        [say("x", takes=1000)],
        [*RUN, *MESSAGE, "message.incomplete", "run.step.expired", "run.expired"],
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_stream_tells_every_event_in_order(lab, name):
    turns, events = WHOLE[name]
    run = lab.run(*turns, stream=True)
    lab.until(run, "requires_action", "completed", "incomplete", "failed", "expired")
    assert lab.events() == events
    assert lab.stream.ended


def test_the_stream_of_a_submit_begins_with_the_end_of_the_calls(lab):
    run = lab.until(lab.run(call_tools(call("f")), say("Hi."), stream=True), "requires_action")
    lab.submit(run, "1", stream=True)
    lab.until(run)
    assert lab.events() == ["run.step.completed", "run.queued", "run.in_progress", *SAID, "run.completed"]
    assert lab.stream.ended


def test_a_cancel_from_elsewhere_ends_the_stream(lab):
    run = lab.run(say("abc", takes=10), stream=True)
    lab.goto(lab.execution(run).opens_at + 1)
    lab.cancel(run)
    assert not lab.stream.ended
    lab.until(run)
    cancelled = ["message.incomplete", "run.step.cancelled", "run.cancelling", "run.cancelled"]
    assert lab.events() == [*RUN, *MESSAGE, *cancelled]
    assert lab.stream.ended


def test_a_run_that_hangs_says_nothing_more_until_it_expires(lab):
    run = lab.run(hang(), stream=True)
    lab.wait(599)
    assert (lab.events(), lab.stream.ended) == (RUN, False)
    lab.until(run)
    assert lab.events() == [*RUN, "run.expired"]


def test_an_event_shows_the_object_as_it_was_then(lab):
    run = lab.run(say("Hi."), stream=True)
    lab.until(run)
    told = {item.name: item for item in lab.stream.waiting if isinstance(item, StreamEvent)}
    assert told["thread.run.created"].data == told["thread.run.queued"].data
    assert told["thread.run.queued"].data["status"] == "queued"
    assert told["thread.run.in_progress"].data["usage"] is None
    assert told["thread.message.created"].data["content"] == []
    assert told["thread.run.step.created"].data == told["thread.run.step.in_progress"].data
    # A streamed completed step keeps its `expires_at`, a read one has none (recorded-traffic.md 1).
    assert told["thread.run.step.completed"].data["expires_at"] == run["created_at"] + 600
    assert lab.steps(run)[0]["expires_at"] is None
    assert told["thread.run.completed"].data == run
    times = [item.at for item in lab.stream.waiting if isinstance(item, StreamEvent)]
    assert times == sorted(times)


@pytest.mark.parametrize(
    "turn, reason",
    [
        (incomplete("max_completion_tokens", "x"), "max_tokens"),
        (incomplete("max_prompt_tokens", "x"), "max_tokens"),
        (incomplete("content_filter", "x"), "content_filter"),
        (fail("server_error", text="x"), "run_failed"),
        (say("x", takes=1000), "run_expired"),
    ],
)
def test_an_unfinished_message_says_why(lab, turn, reason):
    lab.until(lab.run(turn, stream=True))
    assert [item.reason for item in lab.stream.waiting if getattr(item, "reason", None)] == [reason]


def test_pieces_are_due_while_the_turn_is_open_and_stop_when_it_is_cut(lab):
    run = lab.run(say("abcd", chunks=4, takes=10), stream=True)
    execution = lab.execution(run)
    lab.goto(execution.opens_at + 2.5)
    (deltas,) = (item for item in lab.stream.waiting if isinstance(item, Deltas))
    message = lab.execution(run).message
    assert (deltas.name, deltas.id, len(deltas.parts)) == ("thread.message.delta", message["id"], 4)
    assert execution.opens_at < deltas.times[0]
    assert deltas.times[-1] < execution.closes_at
    assert deltas.stop > deltas.times[-1]
    lab.cancel(run)
    assert deltas.stop == lab.now
    came = "".join(
        part["text"]["value"] for part, due in zip(deltas.parts, deltas.times, strict=True) if due <= deltas.stop
    )
    assert lab.texts(run) == [came] == ["ab"]


def test_whether_anybody_streams_makes_no_difference_to_the_run(make_lab):
    def play(*, stream):
        lab = make_lab()
        run = lab.run(run_code("1"), call_tools(call("f")), say("Hi there."), stream=stream)
        lab.until(run, "requires_action")
        lab.submit(run, "1", stream=stream)
        lab.until(run)
        return lab.bytes()

    assert play(stream=True) == play(stream=False)


def test_a_run_goes_on_when_its_stream_is_dropped(lab):
    run = lab.run(say("Hi."), stream=True)
    lab.stream = None
    lab.until(run)
    assert lab.texts(run) == ["Hi."]
