"""Replay by order is what vcrpy does, and the wrong programs that it lets pass are those that it does let pass."""

from __future__ import annotations

import pytest
from vcr.cassette import Cassette as VcrCassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.matchers import body, host, method, path, port, query, scheme
from vcr.request import Request

from simulator.recording import forms
from simulator.recording.examining.clients import PATIENCE, Missed, play, right_client
from simulator.recording.examining.gathering import conversation_of
from simulator.recording.examining.order_replay import OrderReplay, Rule
from simulator.recording.examining.wrong_clients import try_clients

BY_DEFAULT = (method, scheme, host, port, path, query)
SETTINGS = {
    Rule.DEFAULT: {"match_on": BY_DEFAULT},
    Rule.BODY: {"match_on": (*BY_DEFAULT, body)},
    Rule.REPEATS: {"match_on": BY_DEFAULT, "allow_playback_repeats": True},
}


def vcr_request(request):
    return Request(request.method, request.uri, request.body or None, dict(request.headers))


class VcrReplay:
    """The same session, replayed by vcrpy itself."""

    def __init__(self, interactions, rule):
        self._cassette = VcrCassette("x", **SETTINGS[rule])
        for place, one in enumerate(interactions):
            answer = {"status": {"code": 200}, "place": place}
            self._cassette.data.append((vcr_request(one.request), answer))
        self._responses = [one.response for one in interactions]

    def answer(self, request):
        try:
            return self._responses[self._cassette.play_response(vcr_request(request))["place"]]
        except UnhandledHTTPRequestError:
            return None


@pytest.mark.parametrize("rule", Rule)
def test_it_answers_what_vcrpy_answers(weather, rule):
    requests = [one.request for one in weather.interactions]
    asked = [*requests[3:], *requests, *requests[4:6]]  # out of order, twice, and more often than recorded
    ours, theirs = OrderReplay(weather.interactions, rule), VcrReplay(weather.interactions, rule)
    assert [ours.answer(one) for one in asked] == [theirs.answer(one) for one in asked]


@pytest.mark.parametrize("rule", Rule)
def test_a_body_is_the_same_whatever_the_order_of_its_keys(session, exchange, rule):
    cassette = session(exchange("POST /threads", {"id": "thread_1"}, {"a": [{"x": 1, "y": 2}], "b": 2}))
    other = exchange("POST /threads", {}, {"b": 2, "a": [{"y": 2, "x": 1}]}).request
    ours, theirs = OrderReplay(cassette.interactions, rule), VcrReplay(cassette.interactions, rule)
    assert ours.answer(other) == theirs.answer(other) == cassette.interactions[0].response


def trials_of(cassette):
    conversation = conversation_of(cassette)
    (run,) = conversation.runs
    return try_clients(cassette, conversation, run)


def test_the_false_greens_of_a_run_loop(weather):
    trials = trials_of(weather)
    assert {one.mistake: [rule.name for rule in one.passes] for one in trials.trials} == {
        "never submits the tool outputs": ["DEFAULT", "BODY"],
        "polls half as often, and so is never asked for outputs": [],
        "polls a third as often, and so is never asked for outputs": [],
        "polls a quarter as often, and so is never asked for outputs": ["DEFAULT", "BODY"],
        "submits outputs before it is asked": ["DEFAULT", "BODY"],
        "submits other outputs": ["DEFAULT"],
        "submits for the wrong call": ["DEFAULT"],
        "leaves out an output": ["DEFAULT"],
        "submits twice": [],
        "cancels instead of submitting": [],
        "reads the answer without waiting for the run": ["DEFAULT", "BODY"],
        "never starts the run": ["DEFAULT", "BODY"],
        "never posts the user's message": ["DEFAULT", "BODY"],
        "posts another message": ["DEFAULT"],
        "posts the message after starting the run": ["DEFAULT", "BODY"],
        "runs another assistant": ["DEFAULT"],
    }
    assert (trials.untried, trials.loops, trials.breaks) == (None, True, True)
    first = trials.false_greens[0]
    assert (first.status, first.answer) == ("completed", "18 °C, and 10:15.")


def test_vcrpy_itself_lets_the_same_pass(weather):
    """What an audit claims is claimed of vcrpy: every program is played against it, too."""
    conversation = conversation_of(weather)
    (run,) = conversation.runs
    from simulator.recording.examining.wrong_clients import MISTAKES

    claimed = {one.mistake: one.passes for one in trials_of(weather).trials}
    program = right_client(weather, conversation, run)
    for mistake in MISTAKES:
        for rule in (Rule.DEFAULT, Rule.BODY):
            try:
                sight = play(mistake.make(program), run, VcrReplay(weather.interactions, rule))
            except Missed:
                sight = None
            passes = sight is not None and bool(sight.answer) and not (mistake.never_submits and sight.submitted)
            assert passes == (rule in claimed[mistake.name]), (mistake.name, rule)


def test_a_right_program_sees_what_was_recorded(weather):
    conversation = conversation_of(weather)
    (run,) = conversation.runs
    program = right_client(weather, conversation, run)
    sight = play(program, run, OrderReplay(weather.interactions, Rule.DEFAULT))
    assert (sight.status, sight.answer, sight.submitted) == ("completed", {"msg_9": "18 °C, and 10:15."}, 1)
    assert [step.kind.name for step in program] == [
        *("OTHER", "OTHER", "MESSAGE", "START", "POLL", "SUBMIT", "POLL", "READ"),
    ]


def test_a_streamed_run_is_tried_without_polls(corpus):
    trials = trials_of(forms.load(corpus / "openai-dotnet" / "StreamingToolCall_11d8ee4.json"))
    assert {one.mistake for one in trials.false_greens} == {
        "submits outputs before it is asked",
        "submits other outputs",
        "submits for the wrong call",
        "leaves out an output",
        "runs another assistant",
    }
    assert (trials.loops, trials.breaks) == (False, False)


def test_polls_of_a_run_that_never_ends_are_given_up(session, exchange, objects):
    cassette = session(
        exchange("POST /threads/thread_1/runs", objects.run("queued"), {"assistant_id": "asst_1"}),
        *(exchange("GET /threads/thread_1/runs/run_1", objects.run("queued")) for _ in range(PATIENCE + 10)),
        exchange("GET /threads/thread_1/runs/run_1", objects.run("completed")),
    )
    assert trials_of(cassette).loops


@pytest.mark.parametrize(
    "requests,why",
    [
        (["GET /threads/thread_1/runs"], "the session only lists it"),
        (["POST /threads/thread_1/runs"], "the session ends while it is queued"),
    ],
)
def test_what_cannot_be_tried_is_said(session, exchange, objects, requests, why):
    body = {"assistant_id": "asst_1"}
    cassette = session(*(exchange(one, objects.run("queued"), body) for one in requests))
    trials = trials_of(cassette)
    assert (trials.untried, trials.trials) == (why, ())


def test_a_response_is_not_tried(session, exchange):
    answer = {"id": "resp_1", "object": "response", "status": "completed", "output": []}
    assert "response" in trials_of(session(exchange("POST /responses", answer, {"input": "x"}))).untried
