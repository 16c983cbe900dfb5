"""What a program's tools asked of other services stands in cassettes of vcrpy, and is no business of replay."""

from __future__ import annotations

from pathlib import Path

import openai

from simulator.recording.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from simulator.recording.replay_session import replaying
from simulator.recording.using import settings_of

BODY = b'{"id": "thread_1", "object": "thread", "created_at": 1, "metadata": {}, "tool_resources": null}'


def posted(uri, headers=None):
    return Interaction(
        request=RecordedRequest(method="POST", uri=uri, headers=headers or {}, body=b"{}"),
        response=RecordedResponse(status=200, headers={"content-type": "application/json"}, body=BODY),
    )


def replayed(*interactions, form="vcrpy"):
    return replaying(Path("session.yaml"), Cassette(interactions=interactions, form=form), settings_of())


def test_what_another_service_did_is_not_missed():
    with replayed(posted("https://hooks.example.net/x"), posted("https://api.openai.com/v1/threads")) as session:
        assert openai.OpenAI(max_retries=0).beta.threads.create(extra_body={}).id == "thread_1"
    session.finish()


def test_what_the_sdk_did_at_an_unusual_host_is_missed():
    agent = {"user-agent": "OpenAI/Python 1.40.0"}
    with replayed(posted("https://api.openai.com/v1/threads"), posted("http://llm/v1/responses", agent)) as session:
        assert [text.rpartition("/")[2] for text in session.findings()] == ["threads", "responses"]


def test_a_session_of_an_unusual_host_alone_stays_whole():
    with replayed(posted("http://llm/v1/responses")) as session:
        assert len(session.findings()) == 1
