"""Where requests point, and what they must share to be the same."""

from __future__ import annotations

import pytest

from simulator.recording.gate.paths import Key, Place, key_of, place_of

PLACES = [
    ("threads", Place("threads"), ()),
    ("threads/t", Place("threads", "t"), ("t",)),
    ("threads/t/runs/r/steps/s", Place("threads", "t", ("runs", "r", "steps", "s")), ("t", "r", "s")),
    ("threads/runs", Place("threads/runs"), ()),
    ("threads/runs/x", Place("threads/runs", "x"), ("x",)),
    ("threads/runs_of_mine", Place("threads", "runs_of_mine"), ("runs_of_mine",)),
    ("responses/compact", Place("responses/compact"), ()),
    ("responses/r/cancel", Place("responses", "r", ("cancel",)), ("r",)),
    ("chat/completions", Place("chat/completions"), ()),
    ("chat/completions/c/messages", Place("chat/completions", "c", ("messages",)), ("c",)),
    ("fine_tuning/jobs/j", Place("fine_tuning/jobs", "j"), ("j",)),
    ("audio/speech", Place("audio/speech"), ()),
    ("chatkit/sessions/s/cancel", Place("chatkit/sessions", "s", ("cancel",)), ("s",)),
    ("images/generations", Place("images/generations"), ()),
    ("organization/users/u", Place("organization/users", "u"), ("u",)),
    ("realtime/sessions", Place("realtime/sessions"), ()),
    ("responses/input_tokens", Place("responses/input_tokens"), ()),
]


@pytest.mark.parametrize("path, place, ids", PLACES)
def test_a_path_points_at_the_resource_of_its_first_id(path, place, ids):
    found = place_of(tuple(path.split("/")))
    assert found == place
    assert found.ids == ids
    assert found.collection == (place.rest[0] if place.rest else None)


def test_the_query_is_sorted_and_keeps_what_is_empty_but_no_version():
    key = key_of("GET", "/v1/threads/t/messages", "order=asc&api-version=2024-05-01&after=&limit=2")
    assert key == Key("GET", ("threads", "t", "messages"), (("after", ""), ("limit", "2"), ("order", "asc")))
    assert str(key) == "GET /threads/t/messages?after=&limit=2&order=asc"
    assert key.generation is None


def test_a_key_without_a_query_is_shown_without_one():
    assert str(key_of("POST", "/v1/threads/runs", "")) == "POST /threads/runs"


@pytest.mark.parametrize("method, is_effect", [("GET", False), ("HEAD", False), ("POST", True), ("DELETE", True)])
def test_whatever_does_not_read_is_an_effect(method, is_effect):
    assert key_of(method, "/v1/threads", "").is_effect is is_effect
