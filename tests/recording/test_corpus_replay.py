"""Every recorded session replays to a client that makes the same requests, however often it polls."""

from __future__ import annotations

import pytest

from simulator import Request
from simulator.recording.forms import load
from simulator.recording.replayer import Replayer


@pytest.fixture(scope="module")
def sessions(tape):
    files = tape.corpus()
    if not files:
        pytest.skip("the recorded sessions, ../shared/corpus, are not here")
    return {f"{path.parent.name}/{path.stem}": load(path) for path in files}


def played(cassette, polls):
    """Make the requests of a session; return the last answer to each, and the replayer."""
    replayer, answers = Replayer(cassette), []
    for one in cassette.interactions:
        request = one.request
        for _ in range(polls if request.method == "GET" else 1):
            asked = Request(request.method, request.path, request.query, request.headers, request.body)
            answer = replayer.handle(asked)
            body = answer.body if isinstance(answer.body, bytes) else b"".join(frame.data for frame in answer.body)
        answers.append((answer.status, body))
    return answers, replayer


@pytest.mark.parametrize("polls", [1, 2, 5])
def test_every_session_replays(sessions, polls):
    findings = {name: played(cassette, polls)[1].findings() for name, cassette in sessions.items()}
    assert {name: found for name, found in findings.items() if found} == {}


def test_effects_are_answered_with_the_recorded_bytes(sessions):
    for name, cassette in sessions.items():
        answers, _ = played(cassette, 1)
        for one, answer in zip(cassette.interactions, answers, strict=True):
            if one.request.method != "GET":
                assert answer == (one.response.status, one.response.body), f"{name}: {one.label}"


def test_the_last_answer_of_each_read_is_the_last_recorded(sessions):
    """Equal answers in a row are one, so a client is ahead at times; where it stops it sees what was seen last."""
    for name, cassette in sessions.items():
        answers, _ = played(cassette, 1)
        last = {one.label: index for index, one in enumerate(cassette.interactions) if one.request.method == "GET"}
        for label, index in last.items():
            assert answers[index][1] == cassette.interactions[index].response.body, f"{name}: {label}"
