"""Whose requests a cassette answers."""

from __future__ import annotations

from dataclasses import replace

import openai
import pytest

from simulator import use_cassette
from simulator.recording.replay_session import api_hosts
from simulator.recording.writing import write_cassette

HERE = "http://127.0.0.1:9"  # nobody listens there
SDK = {"user-agent": "AsyncOpenAI/Python 1.14.3"}
RESPONSE = {"id": "resp_1", "object": "response", "status": "completed", "created_at": 1, "output": [], "tools": []}


@pytest.fixture
def responses(tape):
    """One request of the Responses API to a compatible service."""
    one = tape.exchange("POST", "/responses", RESPONSE, {"input": "Hi", "model": "m"}, headers=tape.JSON)
    return tape.cassette_of(replace(one, request=replace(one.request, uri=f"{HERE}/v1/responses")))


def test_a_session_of_ours_answers_on_every_host_and_route_that_was_recorded(responses, tmp_path):
    write_cassette(responses, tmp_path / "hi.yaml")
    client = openai.OpenAI(base_url=f"{HERE}/v1", api_key="sk-x", max_retries=0)
    with client, use_cassette(tmp_path / "hi.yaml", mode="replay") as session:
        answer = client.post("/responses", body={"input": "Hi", "model": "m"}, cast_to=object)
    assert answer["id"] == "resp_1"
    assert len(session.seen()) == 1


@pytest.mark.parametrize(
    "path,headers,hosts",
    [
        ("/v1/charges", {}, []),
        ("/v1/charges", {"user-agent": "Stripe/v1 PythonBindings/9.1"}, []),
        ("/v1/responses", SDK, [HERE]),
        ("/v1/files", {"openai-beta": "assistants=v2"}, [HERE]),
        ("/v1/threads/thread_1", {}, [HERE]),
    ],
)
def test_of_a_recording_of_vcrpy_the_hosts_of_other_services_are_left_alone(tape, path, headers, hosts):
    one = tape.exchange("POST", path, {"id": "x"})
    request = replace(one.request, uri=HERE + path, headers=headers)
    assert api_hosts(replace(tape.cassette_of(replace(one, request=request)), form="vcrpy")) == hosts
