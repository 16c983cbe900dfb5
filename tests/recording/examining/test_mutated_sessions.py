"""Sessions of odd shape: whatever stands in a file, each command says what it can tell, or what is wrong with it."""

from __future__ import annotations

import copy
import json
import os
from contextlib import suppress
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from simulator.cli import app
from simulator.errors import CassetteError
from simulator.recording import forms
from simulator.recording.witness import messages_in, runs_in, tool_calls_in

# `MUTANTS=5000 python -m pytest tests/recording/examining/test_mutated_sessions.py` tries harder.
MUTANTS = int(os.environ.get("MUTANTS", "15"))


class Other(NamedTuple):
    """The node at a place; None: nothing."""

    place: int | None = None


EXIT_CODES = {0, 1, 2}
LARGE = 40_000
ODD = [None, True, 0, -1, 3.5, 10**400, "", "text", "\ud83d", [], [None], [[]], ["text"], {}, {"": None}]
PLACES = st.integers(0, 10**6)
# Where; and by what: an odd value, another node of the file, or nothing at all.
MUTATIONS = st.lists(st.tuples(PLACES, st.sampled_from(ODD) | PLACES.map(Other) | st.just(Other())), max_size=6)


def places_in(value, place=()):
    """Yield the place of every node of a JSON value but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (*place, step)
        yield from places_in(item, (*place, step))


def at(value, place):
    for step in place:
        value = value[step]
    return value


def mutated(text, mutations):
    """Return a JSON text in which some nodes are replaced or dropped."""
    value = json.loads(text)
    for number, new in mutations:
        places = list(places_in(value))
        if places:
            *way, last = places[number % len(places)]
            if isinstance(new, Other) and new.place is None:
                del at(value, way)[last]
            else:
                other = at(value, places[new.place % len(places)]) if isinstance(new, Other) else new
                at(value, way)[last] = copy.deepcopy(other)
    return json.dumps(value)


@pytest.fixture
def streamed(session, exchange, objects):
    """A run read as a stream, that called tools of each kind and waits."""
    base = {"object": "thread.run.step", "run_id": "run_1", "thread_id": "thread_1", "created_at": 1}
    function = {"name": "get_weather", "arguments": "{}", "output": None}
    calls = [
        {"id": "call_1", "type": "function", "function": function},
        {"id": "call_2", "type": "code_interpreter", "code_interpreter": {"input": "1", "outputs": [{"logs": "1"}]}},
        {"id": "call_3", "type": "file_search", "file_search": {"results": [{"file_id": "file_1", "score": 1}]}},
    ]
    delta = {"content": [{"index": 0, "type": "text", "text": {"value": "Warm"}}]}
    message = {"role": "user", "content": [{"type": "image_file", "image_file": {"file_id": "file_2"}}]}
    details = {"type": "message_creation", "message_creation": {"message_id": "msg_9"}}
    asked = objects.asking(("call_1", "get_weather", "{}"))
    failed = objects.run(
        "failed", last_error={"code": "server_error", "message": "Sorry."}, incomplete_details={"reason": "max_tokens"}
    )
    return session(
        exchange(
            "POST /threads/runs",
            [
                ("thread.created", {"id": "thread_1", "object": "thread"}),
                ("thread.run.created", objects.run("queued")),
                ("thread.run.step.completed", {**base, "id": "step_1", "step_details": {"tool_calls": calls}}),
                ("thread.message.delta", {"id": "msg_9", "object": "thread.message.delta", "delta": delta}),
                ("thread.run.requires_action", objects.run("requires_action", required_action=asked)),
                ("done", "[DONE]"),
            ],
            {"assistant_id": "asst_1", "stream": True, "thread": {"messages": [message]}, "tools": [calls[0]]},
        ),
        exchange(
            "POST /threads/thread_1/runs/run_1/submit_tool_outputs",
            [
                ("thread.run.step.completed", {**base, "id": "step_2", "step_details": details}),
                ("thread.message.created", {**objects.said(""), "content": [], "file_ids": ["file_1"]}),
                ("thread.run.failed", failed),
            ],
            {"tool_outputs": [{"tool_call_id": "call_1", "output": "18"}], "stream": True},
        ),
        exchange("GET /threads/thread_2", {"error": {"message": "No thread found.", "type": "x"}}, status=404),
    )


@pytest.fixture
def responses(session, exchange):
    """Two responses, of which the second answers a call of the first."""
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
    said = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "Warm."}]}
    usage = {"input_tokens": 3, "output_tokens": 4}
    first = {"id": "resp_1", "object": "response", "status": "completed", "output": [call], "usage": usage}
    second = {**first, "id": "resp_2", "previous_response_id": "resp_1", "output": [said]}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "18"}
    return session(
        exchange("POST /responses", first, {"model": "gpt-4o", "input": "How is Paris?"}),
        exchange("POST /responses", [("", {"type": "response.completed", "response": second})], {"input": [output]}),
    )


@pytest.fixture
def commands(tmp_path):
    """Run every command on a file; what breaks, breaks here."""
    runner, path, target = CliRunner(), tmp_path / "session.json", tmp_path / "out"
    rows = [
        ["audit", str(path)],
        ["audit", "--json", str(path)],
        ["show", str(path)],
        ["show", "--json", str(path)],
        ["diff", str(path), str(path)],
        ["convert", str(path), "--to", "own", "--output", str(target)],
        ["distill", str(path)],
    ]

    def run(text):
        path.write_text(text, encoding="utf-8")
        for row in rows:
            target.unlink(missing_ok=True)
            assert runner.invoke(app, row, catch_exceptions=False).exit_code in EXIT_CODES
        with suppress(CassetteError):
            witnessed(forms.load(path).interactions)

    return run


def witnessed(interactions):
    """Read what `simulator.calls`, `runs` and `messages` show in a replay."""
    tool_calls_in(interactions)
    return [messages_in(interactions, run["thread_id"]) for run in runs_in(interactions)]


def test_every_command_takes_a_mutated_session(weather, streamed, responses, commands):
    texts = [forms.write(one, "corpus") for one in (weather, streamed, responses)]

    @settings(max_examples=MUTANTS)
    @given(st.sampled_from(texts), MUTATIONS)
    def holds(text, mutations):
        commands(mutated(text, mutations))

    holds()


def test_every_command_takes_a_mutated_recording(corpus, commands):
    files = [path for path in sorted(corpus.rglob("*.json")) if path.stat().st_size < LARGE]

    @settings(max_examples=MUTANTS)
    @given(st.sampled_from(files), MUTATIONS)
    def holds(path, mutations):
        commands(mutated(path.read_text(encoding="utf-8"), mutations))

    holds()
