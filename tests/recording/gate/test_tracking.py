"""What the pass over a recording keeps in mind."""

from __future__ import annotations

import pytest

from simulator.recording.gate.bodies import Rules
from simulator.recording.gate.preparing import prepared
from simulator.recording.gate.session import Wait

STORE = {"id": "vs_1", "object": "vector_store", "status": "completed"}
FILE = {"id": "file_1", "object": "vector_store.file", "status": "completed"}
BATCH = {"id": "vsfb_1", "object": "vector_store.files_batch", "status": "completed"}


@pytest.fixture
def entries(tape):
    """The entries of a session of these interactions, each (method, path, answer)."""

    def entries(*steps):
        interactions = [tape.exchange(*step, body={} if step[0] == "POST" else None) for step in steps]
        return prepared(tape.cassette_of(*interactions), Rules()).entries

    return entries


def test_what_a_collection_lists_was_there_before(entries):
    """Whoever reads it again, or uses it, waits for nobody."""
    found = entries(
        ("GET", "/assistants", {"data": [{"id": "asst_0"}]}),
        ("GET", "/threads/thread_0", {"id": "thread_0", "assistant_id": "asst_0", "file_id": "file_0"}),
        ("POST", "/assistants/asst_0", {"id": "asst_0"}),
        ("POST", "/assistants/file_0", {"id": "x"}),
    )
    assert [sorted(entry.needs) for entry in found] == [[], [], [], ["file_0"]]


def test_in_a_store_files_wait_for_the_store_and_for_themselves(entries):
    found = entries(
        ("POST", "/vector_stores", {"id": "vs_1"}),
        ("POST", "/vector_stores/vs_1", {"id": "vs_1"}),
        ("POST", "/vector_stores/vs_1/files", {"id": "file_1"}),
        ("POST", "/vector_stores/vs_1/files", {"id": "file_2"}),
        ("POST", "/vector_stores/vs_1/files/file_1", {"id": "file_1"}),
        ("DELETE", "/vector_stores/vs_1/files/file_1", {"id": "file_1"}),
        ("DELETE", "/vector_stores/vs_1", {"id": "vs_1"}),
    )
    assert [entry.past for entry in found] == [0, 0b1, 0b11, 0b11, 0b111, 0b10111, 0b111111]


READS = [
    ("/vector_stores/vs_1", STORE, ()),
    ("/vector_stores/vs_1/files", {"data": []}, ("vs_1",)),
    ("/vector_stores/vs_1/files/file_1", FILE, ()),
    ("/vector_stores/vs_1/files/file_1/content", {"data": []}, ("file_1",)),
    ("/vector_stores/vs_1/file_batches/vsfb_1/files", {"data": []}, ("vsfb_1",)),
    ("/threads/thread_1/runs/run_1", None, ()),
    ("/threads/thread_1/runs/run_1/steps", {"data": []}, ("run_1",)),
    ("/threads/thread_1/messages", {"data": []}, ("run_1",)),
    ("/threads/thread_1", {"id": "thread_1"}, ()),
]


@pytest.mark.parametrize("path, answer, ids", READS)
def test_a_read_waits_for_the_status_of_what_grows_in_it(tape, entries, path, answer, ids):
    made = [
        ("POST", "/vector_stores", STORE),
        ("POST", "/vector_stores/vs_1/files", FILE),
        ("POST", "/vector_stores/vs_1/file_batches", BATCH),
        ("POST", "/threads/thread_1/runs", tape.run()),
    ]
    moments = {"vs_1": (0, 0), "file_1": (1, 0), "vsfb_1": (2, 0), "run_1": (3, 0)}
    found = entries(*made, ("GET", path, answer or tape.run()))
    assert found[-1].waits == tuple(Wait(id, moments[id]) for id in ids)


EFFECTS = [
    ("/vector_stores/vs_1/search", ("vs_1",)),
    ("/vector_stores/vs_1/files", ()),
    ("/vector_stores/vs_1", ()),
    ("/threads/thread_1/messages", ("run_1",)),
    ("/threads/thread_2/messages", ()),
    ("/threads", ()),
]


@pytest.mark.parametrize("path, ids", EFFECTS)
def test_an_effect_waits_for_what_had_come_to_rest(tape, entries, path, ids):
    """A run that stood still, a store that was searched when it was ready."""
    moments = {"vs_1": (0, 0), "run_1": (1, 0)}
    made = [("POST", "/vector_stores", STORE), ("POST", "/threads/thread_1/runs", tape.run(status="completed"))]
    assert entries(*made, ("POST", path, {"id": "x"}))[-1].waits == tuple(Wait(id, moments[id]) for id in ids)


def test_nothing_waits_for_what_was_under_way(tape, entries):
    found = entries(
        ("POST", "/threads/thread_1/runs", tape.run()), ("POST", "/threads/thread_1/runs/run_1/cancel", tape.run())
    )
    assert found[1].waits == ()
