"""Half a character: JSON can say it, UTF-8 cannot. A stream that cuts an emoji in two sends one."""

from __future__ import annotations

import json

import pytest

from simulator.api.wire import Request
from simulator.recording import forms
from simulator.recording.json_values import dumped, parsed, whole
from simulator.recording.replayer import Replayer
from simulator.recording.scrubbing import Scrubber
from simulator.recording.writing import write_cassette

HALF = "\ud83c"
KEY = "sk-abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize("value", [{"a": HALF}, [f"🌮 {HALF}", 1.5], f"x{HALF}", {HALF: None}, "\\ud83c"])
def test_a_value_is_said_and_read_again(value):
    assert parsed(dumped(value)) == value
    assert parsed(dumped(value, indent=2).encode()) == value


@pytest.mark.parametrize("text", ["", "{", "\\ud83c", "[" * 20_000 + '"\\ud83c"', b'{"a": "\\uD83C"', b"\xff\\ud83c"])
def test_what_is_no_json_has_no_value(text):
    assert parsed(text) is None


def test_nothing_else_is_escaped():
    assert whole(f"🌮 {HALF} ä") == "🌮 \\ud83c ä"
    assert dumped({"a": "🌮"}, separators=(",", ":")) == '{"a":"🌮"}'


@pytest.mark.parametrize("form", forms.NAMES)
def test_a_session_with_half_a_character_is_scrubbed_written_and_read(tape, tmp_path, form):
    delta = tape.event("thread.message.delta", {"id": "msg_1", "delta": {"content": [{"text": {"value": HALF}}]}})
    cassette = tape.cassette_of(
        tape.exchange("POST", "/threads", {"id": "thread_1", "metadata": {"a": HALF}}, {"key": f"{KEY} {HALF}"}),
        tape.exchange("POST", "/threads/thread_1/runs", events=[delta]),
    )
    path = tmp_path / "cassette"
    write_cassette(Scrubber().cassette(cassette), path, form)
    made, streamed = forms.load(path).interactions
    assert KEY not in path.read_text(encoding="utf-8")
    assert made.response.json["metadata"] == {"a": HALF}
    assert HALF in made.request.json["key"]
    assert streamed.response.events[0].json["delta"] == {"content": [{"text": {"value": HALF}}]}


def test_a_miss_that_names_half_a_character_is_answered(tape):
    replayer, client = tape.replayed(tape.exchange("POST", "/threads", {"id": "thread_1"}, {"metadata": {"a": HALF}}))
    with pytest.raises(tape.Refused, match=r'metadata\.a: "\\ud83c" then, "x" now'):
        client.post("/threads", {"metadata": {"a": "x"}})
    assert replayer.findings()[0].encode()


def test_a_run_with_half_a_character_is_a_run(tape):
    """Its status counts: else what was recorded behind its end would be given at once."""
    replayer = Replayer(
        tape.cassette_of(
            tape.exchange("POST", "/threads/thread_1/runs", tape.run(metadata={"a": HALF}), {}),
            tape.exchange("GET", "/threads/thread_1/runs/run_1", tape.run(status="completed", metadata={"a": HALF})),
            tape.exchange("GET", "/threads/thread_1/messages", tape.MESSAGES),
        )
    )
    assert replayer.handle(Request("POST", "/v1/threads/thread_1/runs", "", tape.V2, b"{}")).status == 200
    early = replayer.handle(Request("GET", "/v1/threads/thread_1/messages", "", tape.V2))
    assert early.status == 422
    assert "only after a status" in json.loads(early.body)["error"]["message"]
