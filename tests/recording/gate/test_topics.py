"""What keeps its order, what changes what, and what a read depends on."""

from __future__ import annotations

import pytest

from simulator.recording.gate.paths import place_of
from simulator.recording.gate.topics import Effect, Lane, changed_by, created, lane_of, read_at


def effect(method, path, answer=None, body=None):
    return Effect(place_of(tuple(path.split("/"))), method, body, answer)


LANES = [
    (effect("POST", "threads", {"id": "t"}), Lane("t")),
    (effect("POST", "threads/runs", {"id": "r", "thread_id": "t"}), Lane("t")),
    (effect("POST", "threads"), Lane("#7")),
    (effect("POST", "chat/completions", {"id": 5}), Lane("#7")),
    (effect("POST", "threads/t/runs", {"id": "r"}), Lane("t")),
    (effect("DELETE", "threads/t"), Lane("t")),
    (effect("POST", "vector_stores/v", {"id": "v"}), Lane("v")),
    (effect("POST", "vector_stores/v/files", {"id": "f"}), Lane("v", "f")),
    (effect("DELETE", "vector_stores/v/files/f", {"id": "other"}), Lane("v", "f")),
    (effect("POST", "vector_stores/v/file_batches/b/cancel", {"id": "b"}), Lane("v", "b")),
    (effect("POST", "vector_stores/v/files"), Lane("v", "#7")),
    (effect("POST", "vector_stores/v/search", {"id": "x"}), Lane("v")),
]


@pytest.mark.parametrize("effect, lane", LANES)
def test_effects_on_one_resource_keep_their_order_and_files_of_a_store_commute(effect, lane):
    assert lane_of(effect, 7) == lane


CHANGES = [
    (effect("POST", "threads", {"id": "t"}), {("threads",), ("t", "all")}),
    (effect("DELETE", "threads/t"), {("threads",), ("t", "all")}),
    (effect("POST", "threads/t"), {("threads",), ("t", "object")}),
    (effect("POST", "threads/t/messages", {"id": "m"}), {("t", "messages"), ("t", "messages", "m")}),
    (effect("DELETE", "threads/t/messages/m"), {("t", "messages"), ("t", "messages", "m")}),
    (
        effect("POST", "threads/t/runs", {"id": "r"}),
        {("t", "runs"), ("t", "runs", "r"), ("t", "messages"), ("t", "messages", "r")},
    ),
    (effect("POST", "threads/t/runs/r", {"id": "r"}), {("t", "runs"), ("t", "runs", "r")}),
    (
        effect("POST", "threads/t/runs/r/cancel", {"id": "r"}),
        {("t", "runs"), ("t", "runs", "r"), ("t", "messages"), ("t", "messages", "r")},
    ),
    (
        effect("POST", "vector_stores/v/file_batches", {"id": "b"}, {"file_ids": ["f", 5]}),
        {
            ("v", "object"),
            *(("v", list) for list in ("file_batches", "files")),
            *(("v", list, id) for list in ("file_batches", "files") for id in ("b", "f")),
        },
    ),
    (
        effect("POST", "vector_stores/v/files", {"id": "f"}, {"file_ids": "no list"}),
        {("v", "object"), ("v", "files"), ("v", "files", "f")},
    ),
    *(
        (effect("POST", f"{noun}/x/{list}", {"id": "y"}), {("x", "object"), ("x", list), ("x", list, "y")})
        for noun, list in (("assistants", "files"), ("uploads", "parts"))
    ),
    (effect("POST", "vector_stores/v/search", {"data": []}), set()),
]


@pytest.mark.parametrize("effect, topics", CHANGES)
def test_an_effect_changes_what_shows_it(effect, topics):
    assert changed_by(effect, lane_of(effect, 7)) == topics


READS = [
    ("threads", {("threads",)}),
    ("threads/t", {("t", "all"), ("t", "object")}),
    ("threads/t/messages", {("t", "all"), ("t", "messages")}),
    ("threads/t/messages/m", {("t", "all"), ("t", "messages", "m")}),
    ("threads/t/runs/r/steps/s", {("t", "all"), ("t", "runs", "r")}),
]


@pytest.mark.parametrize("path, topics", READS)
def test_a_read_depends_on_its_resource_and_on_what_it_reads_of_it(path, topics):
    assert read_at(place_of(tuple(path.split("/")))) == topics


@pytest.mark.parametrize("answer", [None, [], {}, {"id": 5}])
def test_what_shows_no_id_created_nothing(answer):
    assert created(effect("POST", "threads", answer)) is None
