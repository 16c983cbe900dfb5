"""What a cassette says of its requests: what each uses, makes, was recorded behind, and shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.recording.gate.bodies import Rules
from simulator.recording.gate.paths import key_of, place_of
from simulator.recording.gate.preparing import generation_of, mentioned, prepared
from simulator.recording.gate.session import Wait


@pytest.fixture
def prepare(tape):
    """Prepare a cassette of some interactions."""
    return lambda *interactions: prepared(tape.cassette_of(*interactions), Rules())


@pytest.mark.parametrize(
    "beta, generation",
    [
        (None, None),
        ("", None),
        ("realtime=v1", None),
        ("assistants=v2", "v2"),
        ("assistants=v1;x", "v1"),
        ("realtime=v1, assistants=v2, assistants=v1", "v2"),
    ],
)
def test_the_generation_is_the_one_that_the_header_names_first(beta, generation):
    assert generation_of(beta) == generation


@pytest.mark.parametrize(
    "body, ids",
    [
        (b'{"assistant_id": "asst_1"}', {"asst_1"}),
        (b'{"conversation": "conv_1"}', {"conv_1"}),
        (b'{"conversation": "conv_1", "file_ids": ["file-1"]}', {"conv_1", "file-1"}),
        (b'{"input": "Hi"}', set()),
        (b'\xff{"assistant_id": "asst_1"}', {"asst_1"}),
    ],
)
def test_a_request_mentions_the_ids_of_its_path_query_and_body(body, ids):
    key = key_of("POST", "/v1/threads/thread_1/runs/run_1/x", "after=msg_1")
    assert mentioned(place_of(key.path), key, body) == {"thread_1", "run_1", "msg_1", *ids}


def test_every_effect_has_a_bit_and_waits_for_those_of_its_resource(tape, prepare):
    session = prepare(
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {}),
        tape.exchange("POST", "/threads", {"id": "thread_2"}, {}),
        tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, {}),
        tape.exchange("POST", "/threads/thread_1/messages", {"error": {}}, {}, status=400),
        tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_2"}, {}),
    )
    assert [entry.bit for entry in session.entries] == [1, 2, 4, 8, 16]
    assert [entry.past for entry in session.entries] == [0, 0, 1, 5, 5]
    assert [entry.makes for entry in session.entries] == ["thread_1", "thread_2", None, None, None]
    assert [sorted(entry.needs) for entry in session.entries] == [[], [], *3 * [["thread_1"]]]
    assert session.lanes == {"thread_1": 1 | 4 | 16, "thread_2": 2}


def test_effects_settle_and_require_nothing_and_reads_make_nothing(tape, prepare):
    made, read = prepare(
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {}),
        tape.exchange("GET", "/threads/thread_1/messages", {"data": [{"id": "msg_1"}]}),
    ).entries
    assert (made.settles, made.requires) == (False, 0)
    assert (read.makes, read.during, read.lane) == (None, None, None)


def test_what_was_refused_made_nothing(tape, prepare):
    session = prepare(
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {}, status=409),
        tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, {}),
    )
    assert session.creations == {}
    assert [entry.makes for entry in session.entries] == [None, None]
    assert [entry.past for entry in session.entries] == [0, 0]


def test_a_refusal_knows_what_was_under_way(tape, prepare):
    session = prepare(
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), {}),
        tape.exchange("POST", "/threads/thread_1/messages", {"error": {}}, {}, status=400),
        tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, {}),
    )
    assert [entry.during for entry in session.entries] == [None, "run_1", None]


def test_a_thread_that_is_made_with_its_run_is_the_lane_of_a_stream_too(tape, prepare):
    events = [
        tape.event("thread.created", {"id": "thread_1", "object": "thread"}),
        tape.event("thread.run.created", tape.run()),
        "event: done\ndata: [DONE]\n\n",
    ]
    session = prepare(
        tape.exchange("POST", "/threads/runs", body={"stream": True}, events=events),
        tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, {}),
    )
    assert session.entries[0].makes == "thread_1"
    assert session.entries[1].past == 1


def test_a_response_that_is_streamed_is_made_by_its_stream(tape, prepare):
    response = {"id": "resp_1", "object": "response", "status": "in_progress"}
    events = [
        tape.event("response.created", {"type": "response.created", "response": response}),
        tape.event("response.completed", {"type": "x", "response": {**response, "status": "completed"}}),
    ]
    session = prepare(tape.exchange("POST", "/responses", body={"stream": True}, events=events))
    (entry,) = session.entries
    assert entry.makes == "resp_1"
    assert [piece.statuses for piece in entry.pieces] == [
        (Wait("resp_1", (0, 0)),),
        (Wait("resp_1", (0, 1)),),
    ]


def test_a_status_is_as_old_as_the_answer_that_showed_it_first(tape, prepare):
    path = "/threads/thread_1/runs/run_1"
    session = prepare(
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), {}),
        *(tape.exchange("GET", path, tape.run(status=each)) for each in ("queued", "in_progress", "in_progress")),
        tape.exchange("GET", "/threads/thread_1/messages", {"data": []}),
    )
    shown = [piece.statuses for entry in session.entries for piece in entry.pieces]
    moments = [(0, 0), (0, 0), (2, 0), (2, 0)]
    assert shown == [*((Wait("run_1", moment),) for moment in moments), ()]
    assert session.entries[4].waits == (Wait("run_1", (2, 0)),)


def test_a_list_requires_what_it_shows_and_that_the_deleted_is_gone(tape, prepare):
    def listed(*ids):
        return tape.exchange("GET", "/assistants", {"data": [{"id": id} for id in ids]})

    session = prepare(
        listed("asst_0"),
        tape.exchange("POST", "/assistants", {"id": "asst_1"}, {}),
        tape.exchange("POST", "/assistants", {"id": "asst_2"}, {}),
        listed("asst_0", "asst_1", "asst_2"),
        tape.exchange("DELETE", "/assistants/asst_1", {"id": "asst_1", "deleted": True}),
        tape.exchange("DELETE", "/assistants/asst_2", {"id": "asst_2", "deleted": True}),
        listed("asst_2"),
        listed("asst_2"),
        listed(),
    )
    required = [entry.requires for entry in session.entries if not entry.key.is_effect]
    assert required == [0, 2 | 4, 4 | 16, 4 | 16, 16 | 32]


def test_each_list_shows_what_is_gone_from_itself(tape, prepare):
    session = prepare(
        tape.exchange("GET", "/assistants", {"data": [{"id": "asst_1"}]}),
        tape.exchange("DELETE", "/assistants/asst_1", {"id": "asst_1", "deleted": True}),
        tape.exchange("GET", "/files", {"data": []}),
    )
    assert session.entries[2].requires == 0


def test_what_names_no_resource_waits_for_nothing(tape, prepare):
    embeddings = [tape.exchange("POST", "/embeddings", {"data": []}, {"input": text}) for text in ("a", "b")]
    assert [entry.past for entry in prepare(*embeddings).entries] == [0, 0]


def test_a_stream_without_an_object_made_nothing(tape, prepare):
    session = prepare(tape.exchange("POST", "/threads/runs", body={}, events=["event: done\ndata: [DONE]\n\n"]))
    assert [entry.makes for entry in session.entries] == [None]


def test_what_is_no_text_is_read_as_far_as_it_is_one(tape, prepare):
    content = tape.exchange("GET", "/files/file_1/content")
    broken = replace(content.response, body=b'\xff {"id": "file_1"}')
    (entry,) = prepare(replace(content, response=broken)).entries
    assert [piece.ids for piece in entry.pieces] == [("file_1",)]


def test_what_leaves_a_collection_inside_is_no_deletion_of_its_own(tape, prepare):
    session = prepare(
        tape.exchange("GET", "/files", {"data": [{"id": "file_1"}]}),
        tape.exchange("DELETE", "/vector_stores/file_1/files/x", {"id": "x", "deleted": True}),
        tape.exchange("GET", "/files", {"data": []}),
    )
    assert session.entries[2].requires == 0


def test_a_read_settles_what_it_shows_more_of_than_its_creation_did(tape, prepare):
    made = tape.exchange("POST", "/threads", {"id": "thread_1"}, {})

    def settles(answer, *between, path="/threads/thread_1/messages"):
        return prepare(made, *between, tape.exchange("GET", path, answer)).entries[-1].settles

    assert settles({"data": [{"id": "msg_1"}]})
    assert not settles({"data": []})
    assert not settles({"id": "thread_1"}, path="/threads/thread_1")
    assert not settles({"data": [{"id": "msg_1"}]}, path="/threads/thread_2/messages")
    assert not settles({"data": [{"id": "thread_1"}]}, path="/threads")


def test_a_new_status_settles_and_the_one_of_the_creation_does_not(tape, prepare):
    store = {"id": "vs_1", "object": "vector_store", "status": "in_progress"}
    made = tape.exchange("POST", "/vector_stores", store, {})

    def settles(status):
        read = tape.exchange("GET", "/vector_stores/vs_1", {**store, "status": status})
        return prepare(made, read).entries[1].settles

    assert settles("completed")
    assert not settles("in_progress")


def test_a_read_is_recorded_behind_what_changed_it(tape, prepare):
    gone = {"error": {"message": "No thread found"}}
    session = prepare(
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {}),
        tape.exchange("GET", "/threads/thread_1/messages", {"data": []}),
        tape.exchange("POST", "/threads/thread_1", {"id": "thread_1"}, {"metadata": {}}),
        tape.exchange("GET", "/threads/thread_1/messages", {"data": []}),
        tape.exchange("DELETE", "/threads/thread_1", {"id": "thread_1", "deleted": True}),
        tape.exchange("GET", "/threads/thread_1/messages", gone, status=404),
    )
    assert [entry.past for entry in session.entries if not entry.key.is_effect] == [0b1, 0b1, 0b10001]


def test_a_file_is_added_by_its_batch(tape, prepare):
    session = prepare(
        tape.exchange("POST", "/vector_stores", {"id": "vs_1"}, {}),
        tape.exchange("POST", "/vector_stores/vs_1/file_batches", {"id": "vsfb_1"}, {"file_ids": ["file_1"]}),
        tape.exchange("GET", "/vector_stores/vs_1/files/file_1", {"id": "file_1"}),
        tape.exchange("GET", "/vector_stores/vs_1/files/file_2", {"id": "file_2"}),
    )
    assert [entry.past for entry in session.entries[2:]] == [0b11, 0b1]


def test_each_piece_shows_its_ids_once_and_in_order(tape, prepare):
    (entry,) = prepare(
        tape.exchange("GET", "/threads/t/messages", {"data": [{"id": "m2"}, {"id": "m1"}, {"id": "m2"}]})
    ).entries
    assert [piece.ids for piece in entry.pieces] == [("m2", "m1")]


def test_creations_are_twins_where_nothing_tells_them_apart(tape, prepare):
    one, two = (tape.exchange("POST", "/threads", {"id": f"thread_{number}"}, {}) for number in (1, 2))
    assistant = tape.exchange("POST", "/assistants", {"id": "asst_1"}, {})
    assert prepare(one, two).has_twins
    assert not prepare(one, assistant).has_twins
