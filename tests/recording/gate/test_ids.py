"""Ids by their place, statuses by their object."""

from __future__ import annotations

import json

import pytest

from simulator.recording.gate.ids import Shown, blanked, ids_in, statuses_in


@pytest.mark.parametrize(
    "value, ids",
    [
        ({"id": "run_1", "thread_id": "7f3c-uuid"}, ["run_1", "7f3c-uuid"]),
        ({"file_ids": ["file-1", "file-2"], "tool_call_id": "call_1"}, ["file-1", "file-2", "call_1"]),
        ({"conversation": "conv_1", "previous_response_id": None}, ["conv_1"]),
        ({"file_ids": [], "idea": "x", "grid": "y", "id": 5}, []),
        ({"arguments": '{"user_id": "u1", "id": "x"}'}, []),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_ids_stand_in_fields_of_their_own(value, ids, indent):
    text = json.dumps(value, indent=indent)
    assert list(ids_in(text)) == ids
    without, taken = blanked(text)
    assert list(taken) == ids
    assert all(f'"{id}"' not in without for id in ids)
    assert list(ids_in(without)) == ["*"] * len(ids)


def test_an_id_that_is_also_a_name_is_taken_out_once():
    assert blanked('{"id": "id", "file_ids": ["file_ids"]}') == ('{"id": "*", "file_ids": ["*"]}', ("id", "file_ids"))


def test_statuses_are_those_of_what_moves_by_itself():
    run = {"id": "run_1", "object": "thread.run", "status": "queued"}
    response = {"id": "resp_1", "object": "response", "status": "completed"}
    assert list(statuses_in(run)) == [Shown("run_1", "queued")]
    listed = {"object": "list", "data": [run, {"object": "thread.message", "status": "x"}]}
    assert list(statuses_in(listed)) == [Shown("run_1", "queued")]
    assert list(statuses_in({"type": "response.completed", "response": response})) == [Shown("resp_1", "completed")]
    assert list(statuses_in([run])) == list(statuses_in({"object": "thread.run", "id": 1})) == []


MOVING = [
    "response",
    "thread.run",
    "vector_store",
    "vector_store.file",
    "vector_store.file_batch",
    "vector_store.files_batch",
]


@pytest.mark.parametrize("kind", MOVING)
def test_whatever_moves_by_itself_shows_its_status(kind):
    assert list(statuses_in({"id": "x", "object": kind, "status": "queued"})) == [Shown("x", "queued")]


@pytest.mark.parametrize(
    "status, is_halt",
    [
        ("queued", False),
        ("in_progress", False),
        ("cancelling", False),
        ("requires_action", True),
        ("completed", True),
        ("expired", True),
    ],
)
def test_what_is_under_way_moves_by_itself(status, is_halt):
    assert Shown("x", status).is_halt is is_halt
