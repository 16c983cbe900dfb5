import dataclasses

import pytest

from simulator.api.wire import (
    SSE_DONE,
    NoResponse,
    NoResponseKind,
    Request,
    Response,
    json_body,
    json_response,
    read_headers,
    sse_frame,
)


def test_json_is_indented_by_two_and_keeps_floats_and_letters():
    assert json_body({"a": 1.0, "b": ["ü"], "c": {}, "d": None}) == (
        '{\n  "a": 1.0,\n  "b": [\n    "ü"\n  ],\n  "c": {},\n  "d": null\n}'.encode()
    )


def test_an_event_is_compact_and_keeps_floats_and_letters():
    assert sse_frame("thread.run.created", {"a": 1.0, "b": ["ü", None]}) == (
        'event: thread.run.created\ndata: {"a":1.0,"b":["ü",null]}\n\n'.encode()
    )


def test_a_line_break_inside_an_event_does_not_break_its_frame():
    assert sse_frame("e", {"a": "1\n\n2"}).count(b"\n") == 3


def test_the_last_event_is_no_json():
    assert SSE_DONE == b"event: done\ndata: [DONE]\n\n"


def test_header_names_become_lower_case_and_repeated_ones_are_joined():
    pairs = [("X-A", "1"), ("x-a", "2"), ("Content-Type", "text/plain"), ("X-a", "3")]
    assert read_headers(pairs) == {"x-a": "1, 2, 3", "content-type": "text/plain"}


def test_a_json_response_has_its_content_type_unless_told_otherwise():
    assert json_response(201, {}, {"x-a": "b"}) == Response(
        201, {"content-type": "application/json", "x-a": "b"}, b"{}"
    )
    assert json_response(200, {}, {"content-type": "text/plain"}).headers == {"content-type": "text/plain"}


@pytest.mark.parametrize("value", [Request("GET", "/v1"), Response(200, {}, b""), NoResponse(NoResponseKind.RESET)])
def test_what_crosses_a_door_cannot_be_changed(value):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, "x")


def test_a_request_needs_only_method_and_path():
    assert Request("GET", "/v1/threads") == Request("GET", "/v1/threads", "", {}, b"", "", None)
