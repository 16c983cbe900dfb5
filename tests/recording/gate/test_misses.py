"""What a miss says, to the letter: it is all that somebody has who wonders why a replay fails."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from simulator.recording.gate import gate
from simulator.recording.gate.bodies import Rules
from simulator.recording.gate.misses import MAX_NAMED, never_made
from simulator.recording.gate.preparing import prepared
from simulator.recording.replayer import Replayer

RUN = "/threads/thread_1/runs/run_1"
ASKED_FOR = "assistants-simulator: {} {} in cassettes/test.yaml."
DOES_NOT_FIT, NOT_RECORDED = "does not fit what was recorded", "was not recorded"


@pytest.fixture
def said(tape):
    """What a miss says: its first line checked, the others returned."""

    def said(what, ask, problem=DOES_NOT_FIT):
        with pytest.raises(tape.Refused) as caught:
            ask()
        first, *lines = str(caught.value).removeprefix("422: ").splitlines()
        assert first == ASKED_FOR.format(what, problem)
        return lines

    return said


def test_what_was_not_done_before(tape, polled, said):
    _, client = tape.replayed(*polled)
    lines = said(
        "POST /threads/thread_1/runs", lambda: client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    )
    assert lines == [
        "Nearest: cassettes/test.yaml:20 POST /v1/threads/thread_1/runs",
        "It was recorded only after these, which the code has not done:",
        "  cassettes/test.yaml:3 POST /v1/threads",
    ]


def test_a_status_that_was_not_shown(tape, polled, said):
    _, client = tape.replayed(*polled)
    client.start()
    assert said("GET /threads/thread_1/messages", lambda: client.get("/threads/thread_1/messages")) == [
        "Nearest: cassettes/test.yaml:60 GET /v1/threads/thread_1/messages",
        "It was recorded only after a status which the code has not been shown yet; shown by:",
        f"  cassettes/test.yaml:40 GET /v1{RUN} (answered completed)",
    ]


def test_ids_that_were_not_shown(tape, said):
    _, client = tape.replayed(
        tape.exchange("GET", "/assistants", {"data": [{"id": "asst_0"}]}, line=1),
        tape.exchange("GET", "/assistants/asst_9", {"id": "asst_9", "file_ids": ["file_1", "file_2"]}, line=2),
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {"file_ids": ["file_2", "file_1"]}, line=3),
    )
    assert said("POST /threads", lambda: client.post("/threads", {"file_ids": ["file_2", "file_1"]})) == [
        "Nearest: cassettes/test.yaml:3 POST /v1/threads",
        "It uses file_1, file_2, which the code has not been shown yet; shown by:",
        "  cassettes/test.yaml:2 GET /v1/assistants/asst_9",
        "  cassettes/test.yaml:2 GET /v1/assistants/asst_9",
    ]


def test_what_passed_by(tape, said):
    _, client = tape.replayed(
        tape.exchange("GET", "/assistants/asst_1", {"id": "asst_1"}, line=5),
        tape.exchange("POST", "/assistants/asst_1", {"id": "asst_1"}, {}, line=9),
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {}, line=12),
    )
    client.post("/threads")
    client.post("/assistants/asst_1")
    assert said("GET /assistants/asst_1", lambda: client.get("/assistants/asst_1")) == [
        "Nearest: cassettes/test.yaml:5 GET /v1/assistants/asst_1",
        "It was recorded before these, which the code has done, and never after them:",
        "  cassettes/test.yaml:9 POST /v1/assistants/asst_1",
    ]


def test_a_refusal_that_others_passed_by(tape, said):
    """Until then it is given: what was refused once is refused again."""
    refused = tape.exchange("POST", "/threads/thread_1/messages", {"error": {}}, {"role": "odd"}, status=400, line=2)
    made = tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, {"role": "user"}, line=3)
    _, client = tape.replayed(refused, made)
    client.post("/threads/thread_1/messages", {"role": "user"})
    lines = said("POST /threads/thread_1/messages", lambda: client.post("/threads/thread_1/messages", {"role": "odd"}))
    assert lines == [
        "Nearest: cassettes/test.yaml:2 POST /v1/threads/thread_1/messages",
        "It was recorded before these, which the code has done, and never after them:",
        "  cassettes/test.yaml:3 POST /v1/threads/thread_1/messages",
    ]


def test_what_was_made_already(tape, polled, said):
    _, client = tape.replayed(*polled)
    client.post("/threads", {"metadata": {}})
    assert said("POST /threads", lambda: client.post("/threads", {"metadata": {}})) == [
        "Nearest: cassettes/test.yaml:3 POST /v1/threads",
        "The code has made it already, as often as it was recorded.",
    ]


def test_the_body_that_is_most_alike(tape, said):
    bodies = [{"content": "What is the capital of France?"}, {"content": "Where is Paris?"}, {"content": "Why?"}]
    _, client = tape.replayed(
        *(tape.exchange("POST", "/threads", {"id": f"t{line}"}, body, line=line) for line, body in enumerate(bodies, 1))
    )
    assert said("POST /threads", lambda: client.post("/threads", {"content": "Where is Rome?"})) == [
        "Nearest: cassettes/test.yaml:2 POST /v1/threads",
        "What differs:",
        '  content: "Where is Paris?" then, "Where is Rome?" now',
    ]


def test_outputs_that_are_others(tape, tooled, said):
    _, client = tape.replayed(*tooled)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    client.status()
    outputs = [{"tool_call_id": call, "output": "no idea"} for call in ("call_2", "call_3")]
    path = f"{RUN}/submit_tool_outputs"
    lines = said(f"POST {path}", lambda: client.post(path, {"tool_outputs": outputs}))
    assert lines[1:] == [
        "What differs:",
        "  no output was sent for the call call_1",
        "  an output was sent for call_3, none of the calls answered then",
    ]


DIFFERENT = [
    ("HEAD /threads/t/messages?limit=1", 1, "method (GET then, HEAD now)"),
    ("GET /threads/u/messages?limit=1", 1, "path (threads/t/messages then, threads/u/messages now)"),
    ("GET /threads/t/messages?limit=2", 1, "query ({'limit': '1'} then, {'limit': '2'} now)"),
    ("GET /threads/t/messages", 1, "query ({'limit': '1'} then, {} now)"),
    ("GET /assistants/b", 2, "path (assistants/a then, assistants/b now)"),
    (
        "POST /assistants/a/x?y=1",
        2,
        "method (GET then, POST now), path (assistants/a then, assistants/a/x now), query ({} then, {'y': '1'} now)",
    ),
]


@pytest.mark.parametrize("asked, line, differs", DIFFERENT)
def test_of_what_is_nowhere_the_nearest_is_named(tape, said, asked, line, differs):
    labels = ["GET /v1/threads/t/messages?limit=1", "GET /v1/assistants/a"]
    _, client = tape.replayed(
        tape.exchange("GET", "/threads/t/messages?limit=1", {"data": []}, line=1),
        tape.exchange("GET", "/assistants/a", {"id": "a"}, line=2),
    )
    method, path, query = re.split(r"[ ?]", f"{asked}?")[:3]
    lines = said(asked, lambda: client.ask(method, path, **dict(parse_qsl(query))), NOT_RECORDED)
    assert lines == [f"Nearest: cassettes/test.yaml:{line} {labels[line - 1]}", f"What differs: {differs}"]


NEARER = [
    (["POST /threads/t", "GET /threads/t"], "GET /threads/u", 2),
    (["GET /threads/t", "GET /threads/t?limit=2"], "GET /threads/u?limit=2", 2),
    (["GET /assistants?limit=2", "POST /threads/t"], "GET /threads/t?limit=2", 2),
]


@pytest.mark.parametrize("recorded, asked, line", NEARER)
def test_the_path_counts_more_than_method_and_query_and_these_count_too(tape, said, recorded, asked, line):
    interactions = [
        tape.exchange(*each.split(" "), {"id": "x"}, line=number) for number, each in enumerate(recorded, 1)
    ]
    _, client = tape.replayed(*interactions)
    method, path, query = re.split(r"[ ?]", f"{asked}?")[:3]
    lines = said(asked, lambda: client.ask(method, path, **dict(parse_qsl(query))), NOT_RECORDED)
    assert lines[0].startswith(f"Nearest: cassettes/test.yaml:{line} ")


def test_of_paths_that_are_as_near_the_one_of_the_same_generation_is_named(tape, said):
    v1 = {**tape.V2, "openai-beta": "assistants=v1"}
    replayer, _ = tape.replayed(
        tape.exchange("GET", "/threads/t", {"id": "t"}, line=1),
        tape.exchange("GET", "/threads/u", {"id": "u"}, headers=v1, line=2),
    )
    client = tape.Client(replayer.handle, headers=v1)
    lines = said("GET /threads/v", lambda: client.get("/threads/v"), NOT_RECORDED)
    assert lines[0] == "Nearest: cassettes/test.yaml:2 GET /v1/threads/u"


def test_another_generation_is_told_where_both_are_recorded(tape, said):
    v1 = {**tape.V2, "openai-beta": "assistants=v1"}
    replayer, _ = tape.replayed(
        tape.exchange("GET", "/assistants/a", {"id": "a"}, line=1),
        tape.exchange("GET", "/threads/t", {"id": "t"}, headers=v1, line=2),
    )
    client = tape.Client(replayer.handle, headers=v1)
    assert said("GET /assistants/a", lambda: client.get("/assistants/a"), NOT_RECORDED) == [
        "Nearest: cassettes/test.yaml:1 GET /v1/assistants/a",
        "What differs: OpenAI-Beta (v2 then, v1 now)",
    ]


def test_where_nothing_is_recorded(tape, said):
    _, client = tape.replayed()
    lines = said("GET /assistants", lambda: client.get("/assistants"), NOT_RECORDED)
    assert lines == ["There is no such file: record it first."]


def test_or_where_the_file_has_nothing_in_it(tape, tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("interactions: []\n")
    replayer = Replayer(replace(tape.cassette_of(), path=path))
    with pytest.raises(tape.Refused) as caught:
        tape.Client(replayer.handle).get("/assistants")
    assert str(caught.value).splitlines()[1:] == ["Nothing is recorded in it."]


def test_a_loop_is_told_what_would_end_it(tape, tooled, said, monkeypatch):
    monkeypatch.setattr(gate, "MAX_REPEATS", 2)
    _, client = tape.replayed(*tooled)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    lines = said(f"GET {RUN}", lambda: [client.status() for _ in range(9)])
    assert lines[1] == (
        "The code was given this answer (requires_action) again and again. It changes only after these, which the"
        " code has not done:"
    )
    assert [line.partition(" POST ")[2] for line in lines[2:]] == [f"/v1{RUN}/submit_tool_outputs (answered queued)"]


def test_or_that_nothing_will(tape, said, monkeypatch):
    monkeypatch.setattr(gate, "MAX_REPEATS", 2)
    _, client = tape.replayed(tape.exchange("GET", "/assistants", {"data": []}, line=1))
    assert said("GET /assistants", lambda: [client.get("/assistants") for _ in range(9)]) == [
        "Nearest: cassettes/test.yaml:1 GET /v1/assistants",
        "The code was given this answer again and again. It is the last one: nothing recorded changes it.",
    ]


@pytest.mark.parametrize("count", [MAX_NAMED, MAX_NAMED + 2])
def test_of_many_some_are_named(tape, said, count):
    posts = [
        tape.exchange("POST", "/threads/t/messages", {"id": f"m{number}"}, {"content": str(number)}, line=number)
        for number in range(1, count + 2)
    ]
    _, client = tape.replayed(*posts)
    lines = said("POST /threads/t/messages", lambda: client.post("/threads/t/messages", {"content": str(count + 1)}))
    named = [f"  cassettes/test.yaml:{number} POST /v1/threads/t/messages" for number in range(1, MAX_NAMED + 1)]
    more = [f"  and {count - MAX_NAMED} more"] if count > MAX_NAMED else []
    assert lines[2:] == [*named, *more]


def test_where_twins_were_tried_in_vain_it_says_how_to_tell_them_apart(tape, said):
    threads = [tape.exchange("POST", "/threads", {"id": f"thread_{number}"}, {}) for number in (1, 2)]
    texts = {1: ["Bye"], 2: ["First", "Hello"]}
    messages = [
        tape.exchange("POST", f"/threads/thread_{number}/messages", {"id": f"{text}"}, {"content": text})
        for number in (1, 2)
        for text in texts[number]
    ]
    _, client = tape.replayed(*threads, *messages)
    client.post("/threads")
    lines = said(
        "POST /threads/thread_1/messages", lambda: client.post("/threads/thread_1/messages", {"content": "Hello"})
    )
    assert lines[-1] == (
        "Identical creations were taken in the order in which the code made them. The search for another order ended at"
        " its bound: 8 candidates, 32 pairs, and nothing is taken back that the code has read. Give what is created"
        " alike something to tell it by, such as metadata."
    )


def test_what_was_never_made_is_named_once_each(tape, polled):
    session = prepared(tape.cassette_of(*polled), Rules())
    lines = ["cassettes/test.yaml:3 POST /v1/threads", "cassettes/test.yaml:20 POST /v1/threads/thread_1/runs"]
    assert never_made(session, 0) == [f"never made: {line}" for line in lines]
    assert never_made(session, 1) == [f"never made: {lines[1]}"]
    assert never_made(session, 3) == []
