"""`verify` on sessions of the Responses and Conversations APIs: nothing but what is broken is found."""

import json

import pytest

from simulator import call, call_tools, fail, incomplete, refusal, run_code, say, search_files
from simulator.api.refusals.responses import NoSuchResponse
from simulator.api.responses import conversations, responses, streams
from simulator.backend.responses import items, names, objects, speaking
from simulator.recording.verifying.differences import Aspect
from simulator.recording.verifying.verifying import verify
from tests.recording.verifying.breaks import after, having, turned, without
from tests.recording.verifying.sessions import Recorder

MODEL = {"model": "gpt-4o-mini"}
JSON = {"content-type": "application/json"}
USER = {"role": "user", "content": "Hello?"}


class Responses(Recorder):
    """Records requests without a beta header, whose answers may take their time."""

    def __init__(self, *script, as_of="2026-08-20"):
        super().__init__(*script, as_of=as_of)

    def ask(self, method, path, body=None):
        return super().ask(method, path, body, headers=JSON)

    def _answer(self, body):
        if isinstance(body, bytes):
            return json.loads(body)
        frames = []
        for frame in body:
            self.sim.wait_until(frame.due)
            frames.append(frame.data)
        text = b"".join(frames)
        return json.loads(text) if text.startswith(b"{") else super()._answer(_Frames(frames))

    def cassette(self, tmp_path, name):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"kind": "recorded", "api_version": "responses", "exchanges": self.exchanges}))
        return path


class _Frames(list):
    """Frames that were waited for already."""

    def __iter__(self):
        return (_Past(0.0, data) for data in super().__iter__())


class _Past(tuple):
    __slots__ = ()

    def __new__(cls, due, data):
        return super().__new__(cls, (due, data))

    due = property(lambda self: self[0])
    data = property(lambda self: self[1])


def plain(**options):
    session = Responses(call("f"), say("done"), incomplete("content_filter", "so"), fail("server_error"), **options)
    first = session.ask("POST", "/v1/responses", {**MODEL, "input": "Go", "metadata": {"a": "b"}})
    output = {"type": "function_call_output", "call_id": first["output"][0]["call_id"], "output": "1"}
    second = session.ask("POST", "/v1/responses", {**MODEL, "input": [output], "previous_response_id": first["id"]})
    session.ask("GET", f"/v1/responses/{second['id']}")
    session.ask("GET", f"/v1/responses/{second['id']}/input_items?order=asc")
    session.ask("POST", "/v1/responses", {**MODEL, "input": "And?"})
    session.ask("POST", "/v1/responses", {**MODEL, "input": "And?"})
    session.ask("DELETE", f"/v1/responses/{second['id']}")
    session.ask("GET", f"/v1/responses/{second['id']}")
    session.ask("POST", "/v1/responses", {**MODEL, "input": "x", "previous_response_id": second["id"]})
    return session


def streamed():
    cited = [{"text": "[1]", "file_citation": {"file_id": "file-1"}}]
    session = Responses(
        run_code("print(1)"),
        search_files("q", results=[]),
        say("so it is[1].", annotations=cited),
        call_tools(call("f", x=1), call("g")),
        say("never"),
        say(refusal("No.")),
        incomplete("max_completion_tokens", "so"),
        fail("server_error", text="so"),
    )
    session.sim.put("vector_stores", {"id": "vs_" + "0" * 32})
    tools = [{"type": "file_search", "vector_store_ids": ["vs_" + "0" * 32]}]
    session.ask("POST", "/v1/responses", {**MODEL, "input": "Go", "stream": True, "tools": tools})
    for _ in range(4):
        session.ask("POST", "/v1/responses", {**MODEL, "input": "Go", "stream": True})
        session.sim._brain._rest.clear()
    return session


def talk():
    session = Responses(say("Hi."))
    id = session.ask("POST", "/v1/conversations", {"items": [USER], "metadata": {"a": "b"}})["id"]
    session.ask("POST", "/v1/responses", {**MODEL, "input": "Go", "conversation": id})
    added = session.ask("POST", f"/v1/conversations/{id}/items", {"items": [USER]})
    session.ask("GET", f"/v1/conversations/{id}/items?limit=2")
    session.ask("DELETE", f"/v1/conversations/{id}/items/{added['first_id']}")
    session.ask("DELETE", f"/v1/conversations/{id}")
    session.ask("GET", f"/v1/conversations/{id}")
    return session


SESSIONS = {"plain": plain, "old": lambda: plain(as_of="2025-09-16"), "streamed": streamed, "talk": talk}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("responses")
    return [make().cassette(folder, name) for name, make in SESSIONS.items()]


BREAKS = {
    "a status": lambda m: m.setattr(NoSuchResponse, "status", 400),
    "a text": after(NoSuchResponse, "envelope", having(error={})),
    "a key is missing": after(objects, "response", without("truncation")),
    "a key too many": after(objects, "response", having(extra=1)),
    "the order of keys": after(objects, "response", turned),
    "a key came earlier": lambda m: m.setattr(objects, "RESPONSE_KEYS_SINCE", {"billing": "2025-01-01"}),
    "a role": after(items, "message", having(role="system")),
    "an item's keys": after(items, "function_call", without("status")),
    "the form of ids": lambda m: m.setattr(names, "KEPT", "000"),
    "the model's name": lambda m: m.setattr(objects, "SNAPSHOTS", {}),
    "the end of a page": after(conversations, "_envelope", having(has_more="no")),
    "its order": after(conversations, "_envelope", lambda page: {**page, "data": page["data"][::-1]}),
    "an event is lost": after(speaking, "events_of", lambda events: list(events)[1:]),
    "events are swapped": after(speaking, "events_of", lambda events: list(events)[::-1]),
    "a delta is lost": after(speaking, "pieces", lambda pieces: list(pieces)[1:]),
    "padding is shorter": lambda m: m.setattr(streams, "_PADDED", 15),
    "nothing is deleted": lambda m: m.setattr(responses, "deleted", without("deleted")),
    "a marker stays": after(speaking, "_cited", lambda part: {**part, "text": f"{part['text']}[1]"}),
}


def test_what_another_simulator_answered_is_answered_as_recorded(recorded):
    verified = verify(recorded)
    assert (verified.failures, verified.passed_over) == ([], [])
    assert verified.tally_of_responses.counted == []
    assert len(verified.responses) == len(SESSIONS)
    assert not verified.scored
    compared = verified.tally_of_responses.compared
    assert all(compared[aspect] > 0 for aspect in Aspect)


@pytest.mark.parametrize("name", BREAKS)
def test_verification_finds_what_is_broken(recorded, monkeypatch, name):
    BREAKS[name](monkeypatch)
    assert verify(recorded).tally_of_responses.counted


@pytest.mark.parametrize(
    "body",
    [{"background": True}, {"tools": [{"type": "web_search"}]}, {"input": [{"type": "reasoning"}]}],
)
def test_what_is_refused_by_name_is_passed_over(tmp_path, body):
    session = Responses("Hello.")
    session.ask("POST", "/v1/responses", {**MODEL, "input": "Go"})
    session.exchanges[0]["request_body"] |= body
    assert len(verify([session.cassette(tmp_path, "beyond")]).passed_over) == 1


def test_so_is_an_answer_with_items_that_there_are_not(tmp_path):
    session = Responses("Hello.")
    session.ask("POST", "/v1/responses", {**MODEL, "input": "Go"})
    session.exchanges[0]["response_body"]["output"].append({"type": "reasoning", "id": "rs_1", "summary": []})
    assert len(verify([session.cassette(tmp_path, "beyond")]).passed_over) == 1


def test_what_was_there_before_is_placed(tmp_path):
    session = Responses("Hello.")
    before = session.sim.put("responses", {})["id"]
    session.ask("POST", "/v1/responses", {**MODEL, "input": "Go", "previous_response_id": before})
    verified = verify([session.cassette(tmp_path, "before")])
    assert verified.tally_of_responses.counted == []


def test_a_request_that_is_refused_as_recorded_agrees(tmp_path):
    session = Responses("never")
    session.ask("POST", "/v1/responses", {**MODEL, "input": [{"type": "hammer"}]})
    assert verify([session.cassette(tmp_path, "refused")]).tally_of_responses.counted == []
