"""Lists of whole collections, and vector stores."""

from __future__ import annotations

import pytest


def test_a_list_waits_for_what_it_shows_and_forgets_what_was_deleted(tape):
    made, listed = (
        {"id": "asst_1", "object": "assistant"},
        {"object": "list", "data": [{"id": "asst_1"}, {"id": "asst_0"}]},
    )
    after = {"object": "list", "data": [{"id": "asst_0"}]}
    replayer, client = tape.replayed(
        tape.exchange("POST", "/assistants", made, {"model": "gpt-4o"}),
        tape.exchange("GET", "/assistants", listed),
        tape.exchange("DELETE", "/assistants/asst_1", {"id": "asst_1", "deleted": True}),
        tape.exchange("GET", "/assistants", after),
        tape.exchange("POST", "/assistants", {"id": "asst_2"}, {"model": "gpt-4.1"}),
    )
    with pytest.raises(tape.Refused, match="which the code has not done"):
        client.get("/assistants")
    client.post("/assistants", {"model": "gpt-4o"})
    assert client.get("/assistants") == listed
    # Something else was made meanwhile: the newest list that shows nothing undone.
    client.post("/assistants", {"model": "gpt-4.1"})
    assert client.get("/assistants") == listed
    client.delete("/assistants/asst_1")
    assert client.get("/assistants") == after
    assert [line for line in replayer.findings() if line.startswith("never made")] == []


def test_files_are_added_to_a_store_in_any_order_and_deletion_waits(tape):
    store = "/vector_stores/vs_1"
    replayer, client = tape.replayed(
        tape.exchange("POST", "/vector_stores", {"id": "vs_1", "object": "vector_store", "status": "completed"}, {}),
        *(
            tape.exchange("POST", f"{store}/files", {"id": f"file-{each}"}, {"file_id": f"file-{each}"})
            for each in "ab"
        ),
        tape.exchange("GET", f"{store}/files", {"object": "list", "data": [{"id": "file-a"}, {"id": "file-b"}]}),
        tape.exchange("DELETE", store, {"id": "vs_1", "deleted": True}),
    )
    client.post("/vector_stores")
    client.post(f"{store}/files", {"file_id": "file-b"})
    for method, path in (("DELETE", store), ("GET", f"{store}/files")):
        with pytest.raises(tape.Refused, match="which the code has not done"):
            client.ask(method, path)
    client.post(f"{store}/files", {"file_id": "file-a"})
    assert len(client.get(f"{store}/files")["data"]) == 2
    client.delete(store)
    assert [line for line in replayer.findings() if line.startswith("never made")] == []


def test_a_miss_names_some_of_many_that_are_missing(tape):
    store = "/vector_stores/vs_1/files"
    added = [tape.exchange("POST", store, {"id": f"file-{n}"}, {"file_id": f"file-{n}"}) for n in range(5)]
    _, client = tape.replayed(*added, tape.exchange("DELETE", "/vector_stores/vs_1", {"id": "vs_1", "deleted": True}))
    with pytest.raises(tape.Refused, match=r"  and 2 more$"):
        client.delete("/vector_stores/vs_1")


def test_a_store_is_searched_once_its_files_were_seen_to_be_ready(tape):
    def file(status):
        return {"id": "file-a", "object": "vector_store.file", "status": status}

    store = "/vector_stores/vs_1"
    _, client = tape.replayed(
        tape.exchange("POST", f"{store}/files", file("in_progress"), {"file_id": "file-a"}),
        tape.exchange("GET", f"{store}/files/file-a", file("completed")),
        tape.exchange("POST", f"{store}/search", {"data": []}, {"query": "taxes"}),
    )
    client.post(f"{store}/files", {"file_id": "file-a"})
    with pytest.raises(tape.Refused, match="after a status"):
        client.post(f"{store}/search", {"query": "taxes"})
    client.get(f"{store}/files/file-a")
    assert client.post(f"{store}/search", {"query": "taxes"}) == {"data": []}
