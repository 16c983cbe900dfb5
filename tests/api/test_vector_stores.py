"""Vector stores through the API: the objects, how files get in and out, expiry, batches."""

import re

import pytest

from simulator import Simulator, say

DAY = 86_400
KEYS = [
    *("id", "object", "created_at", "name", "description", "usage_bytes", "file_counts", "status"),
    *("expires_after", "expires_at", "last_active_at", "metadata"),
]
FILE_KEYS = [
    *("id", "object", "usage_bytes", "created_at", "vector_store_id", "status", "last_error"),
    *("chunking_strategy", "attributes"),
]
BATCH_KEYS = ["id", "object", "created_at", "status", "vector_store_id", "file_counts"]
AUTO = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}


def counts(**given):
    found = {**dict.fromkeys(("in_progress", "completed", "failed", "cancelled"), 0), **given}
    return {**found, "total": sum(found.values())}


@pytest.fixture
def files(sim):
    """Place files of these names, with these texts; return their ids."""

    def place(**texts):
        for name, text in texts.items():
            sim.put("files", {"id": f"file-{name}", "filename": f"{name}.txt", "content": text})
        return [f"file-{name}" for name in texts]

    return place


@pytest.fixture
def stored(sim, api, files):
    """Make a vector store of these texts, and let them become ready."""

    def make(texts, **body):
        made = api.made("/vector_stores", {"file_ids": files(**texts), **body})
        sim.clock.advance(2)
        return made["id"]

    return make


def status(api, path):
    return api.get(path).json["status"]


# ── the object ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_files_it_is_born_completed(sim, api):
    made = api.made("/vector_stores", {})
    at = int(sim.clock.now())
    assert list(made) == KEYS
    assert re.fullmatch(rf"vs_{at:08x}[0-9a-f]{{24}}", made["id"])
    assert made == {
        **dict.fromkeys(KEYS),
        "id": made["id"],
        "object": "vector_store",
        "created_at": at,
        "usage_bytes": 0,
        "status": "completed",
        "file_counts": counts(),
        "last_active_at": at,
        "metadata": {},
    }
    assert api.get(f"/vector_stores/{made['id']}").json == made
    assert api.get("/vector_stores").json["data"] == [made]


def test_with_files_it_is_in_progress_until_the_last_is_ready(sim, api, files):
    made = api.made("/vector_stores", {"file_ids": files(a="12345", b="123"), "name": "n"})
    assert (made["status"], made["file_counts"], made["usage_bytes"]) == ("in_progress", counts(in_progress=2), 0)
    path = f"/vector_stores/{made['id']}"
    seen = [api.get(path).json for _ in range(20)]
    assert [one["status"] for one in seen] == sorted((one["status"] for one in seen), reverse=True)
    ready = seen[-1]
    assert (ready["status"], ready["file_counts"], ready["usage_bytes"]) == ("completed", counts(completed=2), 8)


def test_the_same_seed_gives_the_same_bytes(api_of):
    def bodies(seed):
        api = api_of(Simulator(seed=seed))
        api.sim.put("files", {"id": "file-a", "content": "text"})
        id = api.made("/vector_stores", {"file_ids": ["file-a"]})["id"]
        return [api.get(f"/vector_stores/{id}/files/file-a").body for _ in range(20)]

    assert bodies(1) == bodies(1)
    assert bodies(1) != bodies(2)


def test_an_update_changes_what_is_given(api):
    made = api.made("/vector_stores", {"name": "n", "metadata": {"a": "b"}})
    changed = api.made(f"/vector_stores/{made['id']}", {"name": "m"})
    assert changed == {**made, "name": "m"}


def test_a_deleted_store_is_gone_with_its_files_and_batches(sim, api, stored, state_of):
    id = stored({"a": "text"})
    api.made(f"/vector_stores/{id}/file_batches", {"file_ids": ["file-a"]})
    assert api.delete(f"/vector_stores/{id}").json == {"id": id, "object": "vector_store.deleted", "deleted": True}
    assert api.get(f"/vector_stores/{id}").error["message"] == f"No vector store found with id '{id}'."
    state = state_of(sim)["backend"]
    assert state["store"]["batch_files"] == {}
    assert state["calendar"] == []
    assert sim.put("files", {"id": "file-a"})["id"] == "file-a"


# ── expiry ───────────────────────────────────────────────────────────────────────────────────────────────────────────

THREE_DAYS = {"anchor": "last_active_at", "days": 3}


def test_a_store_expires_so_many_days_after_its_last_use(sim, api):
    made = api.made("/vector_stores", {"expires_after": THREE_DAYS})
    path = f"/vector_stores/{made['id']}"
    assert made["expires_at"] == made["last_active_at"] + 3 * DAY
    sim.clock.advance(2 * DAY)
    api.made(f"{path}/search", {"query": "q"})
    used = api.get(path).json
    assert used["last_active_at"] == used["expires_at"] - 3 * DAY > made["last_active_at"]
    sim.clock.advance(2 * DAY)
    assert status(api, path) == "completed"
    sim.clock.advance(1 * DAY)
    assert status(api, path) == "expired"


@pytest.mark.parametrize("path, body", [("/search", {"query": "q"}), ("/files", {"file_id": "file-a"})])
def test_an_expired_store_is_searched_and_filled_no_more(api, files, refused, path, body):
    files(a="text")
    id = api.made("/vector_stores", {"expires_after": THREE_DAYS})["id"]
    api.sim.clock.advance(3 * DAY)
    error = refused(lambda: api.post(f"/vector_stores/{id}{path}", body), 400)
    assert error["message"] == f"Vector store '{id}' has expired."


def test_a_new_expiry_counts_from_the_last_use_and_an_old_one_is_void(sim, api):
    made = api.made("/vector_stores", {"expires_after": THREE_DAYS})
    path = f"/vector_stores/{made['id']}"
    shorter = api.made(path, {"expires_after": {"anchor": "last_active_at", "days": 1}})
    assert shorter["expires_at"] == made["last_active_at"] + DAY
    sim.clock.advance(DAY)
    assert status(api, path) == "expired"
    sim.clock.advance(3 * DAY)
    assert status(api, path) == "expired"


def test_a_null_expiry_is_none_that_is_given(sim, api):
    """Clients send null for what they leave out: it must not take away what was set."""
    made = api.made("/vector_stores", {"expires_after": THREE_DAYS})
    path = f"/vector_stores/{made['id']}"
    assert api.made(path, {"expires_after": None, "name": "n"}) == {**made, "name": "n"}
    sim.clock.advance(3 * DAY)
    assert status(api, path) == "expired"
    never = api.made("/vector_stores", {"expires_after": None})
    assert (never["expires_after"], never["expires_at"]) == (None, None)


def test_a_deleted_store_does_not_expire(sim, api):
    path = f"/vector_stores/{api.made('/vector_stores', {'expires_after': THREE_DAYS})['id']}"
    api.delete(path)
    sim.clock.advance(4 * DAY)
    assert api.get(path).status == 404


def test_files_that_become_ready_after_the_expiry_leave_it_expired(sim, api):
    sim.put("files", {"id": "file-a", "content": "text"})
    id = api.made("/vector_stores", {})["id"]
    file = api.made(f"/vector_stores/{id}/files", {"file_id": "file-a"})
    sim.put("vector_stores", {"id": id, "status": "expired", "file_counts": {"in_progress": 1, "total": 1}})
    sim.clock.advance(2)
    assert status(api, f"/vector_stores/{id}/files/{file['id']}") == "completed"
    assert status(api, f"/vector_stores/{id}") == "expired"


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_in_progress_then_completed(sim, api, files):
    files(a="12345")
    id = api.made("/vector_stores", {})["id"]
    made = api.made(f"/vector_stores/{id}/files", {"file_id": "file-a"})
    assert list(made) == FILE_KEYS
    at = int(sim.clock.now())
    assert made == {
        "id": "file-a",
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": at,
        "vector_store_id": id,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": AUTO,
        "attributes": {},
    }
    assert status(api, f"/vector_stores/{id}") == "in_progress"
    sim.clock.advance(2)
    ready = api.get(f"/vector_stores/{id}/files/file-a").json
    assert ready == {**made, "status": "completed", "usage_bytes": 5}


def test_attributes_and_strategy_are_kept_and_attributes_replaced(api, files):
    files(a="text")
    id = api.made("/vector_stores", {})["id"]
    static = {"type": "static", "static": {"max_chunk_size_tokens": 1200, "chunk_overlap_tokens": 250}}
    body = {"file_id": "file-a", "attributes": {"year": 2024, "draft": True, "by": "me"}, "chunking_strategy": static}
    made = api.made(f"/vector_stores/{id}/files", body)
    assert (made["attributes"], made["chunking_strategy"]) == (body["attributes"], static)
    path = f"/vector_stores/{id}/files/file-a"
    assert api.made(path, {"attributes": {"x": 1.5}})["attributes"] == {"x": 1.5}
    assert api.made(path, {"attributes": None})["attributes"] == {}
    assert api.post(path, {}).error["message"] == "Missing required parameter: 'attributes'."


@pytest.mark.parametrize(
    "file, error",
    [
        ({"filename": "a.csv"}, {"code": "unsupported_file", "message": "The file type is not supported."}),
        ({"content": b"\xff\x00\x01"}, {"code": "invalid_file", "message": "The file could not be parsed."}),
        ({"content": b"a\x00b"}, {"code": "invalid_file", "message": "The file could not be parsed."}),
    ],
)
def test_a_file_that_cannot_be_read_fails(sim, api, file, error):
    sim.put("files", {"id": "file-a", "filename": "a.txt", "content": "a", **file})
    id = api.made("/vector_stores", {})["id"]
    api.made(f"/vector_stores/{id}/files", {"file_id": "file-a"})
    sim.clock.advance(2)
    failed = api.get(f"/vector_stores/{id}/files/file-a").json
    assert (failed["status"], failed["last_error"], failed["usage_bytes"]) == ("failed", error, 0)
    store = api.get(f"/vector_stores/{id}").json
    assert (store["status"], store["file_counts"]) == ("completed", counts(failed=1))
    assert api.get(f"/vector_stores/{id}/files/file-a/content").json["data"] == []


def test_a_file_that_is_deleted_meanwhile_fails(sim, api, files):
    id = api.made("/vector_stores", {"file_ids": files(a="text")})["id"]
    sim._backend.store.files.remove("file-a")
    sim.clock.advance(2)
    assert api.get(f"/vector_stores/{id}/files/file-a").json["last_error"]["code"] == "invalid_file"


def test_the_content_is_the_text(sim, api, stored):
    path = f"/vector_stores/{stored({'a': 'a text'})}/files/file-a/content"
    assert api.get(path).json == {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": "a text"}],
        "has_more": False,
        "next_page": None,
    }


def test_a_file_that_is_taken_out_counts_no_more(sim, api, stored):
    id = stored({"a": "12345", "b": "1"})
    answer = api.delete(f"/vector_stores/{id}/files/file-a").json
    assert answer == {"id": "file-a", "object": "vector_store.file.deleted", "deleted": True}
    store = api.get(f"/vector_stores/{id}").json
    assert (store["file_counts"], store["usage_bytes"]) == (counts(completed=1), 1)
    error = api.get(f"/vector_stores/{id}/files/file-a").error
    assert error["message"] == f"No file found with id 'file-a' in vector store '{id}'."


def test_the_last_file_taken_out_while_it_is_read_leaves_the_store_complete(sim, api, files):
    id = api.made("/vector_stores", {"file_ids": files(a="text")})["id"]
    api.delete(f"/vector_stores/{id}/files/file-a")
    store = api.get(f"/vector_stores/{id}").json
    assert (store["status"], store["file_counts"]) == ("completed", counts())
    sim.clock.advance(2)
    assert api.get(f"/vector_stores/{id}").json["file_counts"] == counts()


def test_a_file_that_is_added_again_is_read_anew(sim, api, stored):
    id = stored({"a": "12345"})
    assert api.made(f"/vector_stores/{id}/files", {"file_id": "file-a"})["status"] == "in_progress"
    assert api.get(f"/vector_stores/{id}").json["file_counts"] == counts(in_progress=1)
    sim.clock.advance(2)
    store = api.get(f"/vector_stores/{id}").json
    assert (store["file_counts"], store["usage_bytes"]) == (counts(completed=1), 5)


def test_files_are_listed_by_status(sim, api, stored):
    id = stored({"a": "1", "b": "2"})
    sim.put("files", {"id": "file-c", "content": b"\xff\xff"})
    api.made(f"/vector_stores/{id}/files", {"file_id": "file-c"})
    sim.clock.advance(2)
    path = f"/vector_stores/{id}/files"

    def ids(query):
        return [one["id"] for one in api.get(path, query).json["data"]]

    assert ids("order=asc") == ["file-a", "file-b", "file-c"]
    assert ids("filter=failed") == ["file-c"]
    assert ids("filter=completed&limit=1") == ["file-b"]
    assert api.get(path, "filter=odd").error["code"] == "invalid_value"


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_batch_is_complete_with_its_last_file(sim, api, stored, files):
    id = stored({"old": "1"})
    made = api.made(f"/vector_stores/{id}/file_batches", {"file_ids": files(a="1", b="2")})
    at = int(sim.clock.now())
    assert list(made) == BATCH_KEYS
    assert re.fullmatch(rf"vsfb_ibj_{at:08x}[0-9a-f]{{24}}", made["id"])
    assert (made["object"], made["status"]) == ("vector_store.file_batch", "in_progress")
    assert made["file_counts"] == counts(in_progress=2)
    sim.clock.advance(2)
    path = f"/vector_stores/{id}/file_batches/{made['id']}"
    done = api.get(path).json
    assert done == {**made, "status": "completed", "file_counts": counts(completed=2)}
    listed = api.get(f"{path}/files", "order=asc").json["data"]
    assert [one["id"] for one in listed] == ["file-a", "file-b"]
    assert list(listed[0]) == FILE_KEYS
    assert api.get(f"{path}/files", "filter=failed").json["data"] == []
    assert api.post(f"{path}/cancel").json == done


def test_a_cancelled_batch_gives_up_what_is_not_ready(sim, api, stored, files):
    id = stored({"old": "1"})
    batch = api.made(f"/vector_stores/{id}/file_batches", {"file_ids": files(a="1", b="2")})
    while api.get(f"/vector_stores/{id}").json["file_counts"]["in_progress"] == 2:
        pass
    cancelled = api.made(f"/vector_stores/{id}/file_batches/{batch['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    assert cancelled["file_counts"] == counts(completed=1, cancelled=1)
    assert api.get(f"/vector_stores/{id}").json["file_counts"] == counts(completed=2, cancelled=1)
    sim.clock.advance(2)
    assert api.get(f"/vector_stores/{id}/file_batches/{batch['id']}").json == cancelled


def test_each_file_of_a_batch_can_have_its_own_attributes(sim, api, files):
    first, second = files(a="1", b="2")
    id = api.made("/vector_stores", {})["id"]
    body = {"files": [{"file_id": first, "attributes": {"n": 1}}, {"file_id": second}], "attributes": {"n": 9}}
    api.made(f"/vector_stores/{id}/file_batches", body)
    assert api.get(f"/vector_stores/{id}/files/{first}").json["attributes"] == {"n": 1}
    assert api.get(f"/vector_stores/{id}/files/{second}").json["attributes"] == {}
    api.made(f"/vector_stores/{id}/file_batches", {"file_ids": [second], "attributes": {"n": 9}})
    assert api.get(f"/vector_stores/{id}/files/{second}").json["attributes"] == {"n": 9}


@pytest.mark.parametrize("body", [{}, {"file_ids": ["file-a"], "files": [{"file_id": "file-a"}]}])
def test_a_batch_has_ids_or_files(api, files, refused, body):
    files(a="1")
    id = api.made("/vector_stores", {})["id"]
    error = refused(lambda: api.post(f"/vector_stores/{id}/file_batches", body), 400)
    assert error["message"] == "Provide either 'file_ids' or 'files', and not both."


def test_a_batch_of_another_store_is_unknown(api, stored):
    id, other = stored({"a": "1"}), api.made("/vector_stores", {})["id"]
    batch = api.made(f"/vector_stores/{id}/file_batches", {"file_ids": ["file-a"]})["id"]
    error = api.get(f"/vector_stores/{other}/file_batches/{batch}").error
    assert error["message"] == f"No file batch found with id '{batch}'."


def test_an_id_that_can_be_no_batch_is_refused_by_its_prefix(api):
    # openai-node's upload_and_poll gave the id of the store (reported 2025-11).
    id = api.made("/vector_stores", {})["id"]
    answer = api.get(f"/vector_stores/{id}/file_batches/{id}")
    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "invalid_value", "batch_id")
    assert answer.error["message"] == f"Invalid 'batch_id': '{id}'. Expected an ID that begins with 'vsfb_'."


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def strategy(size, overlap):
    static = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
    return {"chunking_strategy": {"type": "static", "static": static}}


BAD = [
    ("", {"expires_after": {"anchor": "last_active_at", "days": 0}}, "expires_after.days", "integer_below_min_value"),
    ("", {"expires_after": {"anchor": "last_active_at", "days": 366}}, "expires_after.days", "integer_above_max_value"),
    ("", {"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor", "invalid_value"),
    ("", {"file_ids": ["f"] * 501}, "file_ids", "array_above_max_length"),
    ("", strategy(99, 0), "chunking_strategy.static.max_chunk_size_tokens", "integer_below_min_value"),
    ("", strategy(4097, 0), "chunking_strategy.static.max_chunk_size_tokens", "integer_above_max_value"),
    ("", strategy(100, -1), "chunking_strategy.static.chunk_overlap_tokens", "integer_below_min_value"),
    ("", strategy(101, 51), "chunking_strategy.static.chunk_overlap_tokens", "invalid_value"),
    ("", {"chunking_strategy": {"type": "odd"}}, "chunking_strategy.type", "invalid_value"),
    ("/vs_1/file_batches", {"file_ids": ["f"] * 2001}, "file_ids", "array_above_max_length"),
    ("/vs_1/file_batches", {"file_ids": []}, "file_ids", "array_below_min_length"),
    ("/vs_1/files", {"file_id": "f", "attributes": {"k": []}}, "attributes.k", "invalid_type"),
    ("/vs_1/files", {"file_id": "f", "attributes": {"k": "v" * 513}}, "attributes.k", "string_above_max_length"),
    (
        "/vs_1/files",
        {"file_id": "f", "attributes": {"k" * 65: 1}},
        f"attributes.{'k' * 65}",
        "property_name_above_max_length",
    ),
    (
        "/vs_1/files",
        {"file_id": "f", "attributes": dict.fromkeys(map(str, range(17)), 1)},
        "attributes",
        "object_above_max_properties",
    ),
    ("/vs_1/search", {}, "query", "missing_required_parameter"),
    ("/vs_1/search", {"query": "q", "max_num_results": 51}, "max_num_results", "integer_above_max_value"),
    (
        "/vs_1/search",
        {"query": "q", "filters": {"type": "eq", "key": "k"}},
        "filters.value",
        "missing_required_parameter",
    ),
    (
        "/vs_1/search",
        {"query": "q", "filters": {"type": "like", "key": "k", "value": 1}},
        "filters.type",
        "invalid_value",
    ),
    (
        "/vs_1/search",
        {"query": "q", "filters": {"type": "and", "filters": [{"type": "eq", "key": "k", "value": {}}]}},
        "filters.filters[0].value",
        "invalid_type",
    ),
]


@pytest.mark.parametrize("bad", BAD, ids=[f"{number}" for number in range(len(BAD))])
def test_what_does_not_fit_is_refused(api, refused, bad):
    path, body, param, code = bad
    api.sim.put("vector_stores", {"id": "vs_1"})
    error = refused(lambda: api.post(f"/vector_stores{path}", body), 400)
    assert (error["param"], error["code"]) == (param, code)


UNKNOWN = {"file_ids": ["file-x"]}


@pytest.mark.parametrize(
    "path, body",
    [
        ("/vector_stores", UNKNOWN),
        ("/vector_stores/vs_1/files", {"file_id": "file-x"}),
        ("/vector_stores/vs_1/file_batches", UNKNOWN),
        ("/vector_stores/vs_1/file_batches", {"files": [{"file_id": "file-x"}]}),
        ("/assistants", {"model": "m", "tool_resources": {"file_search": {"vector_stores": [UNKNOWN]}}}),
        ("/threads", {"tool_resources": {"file_search": {"vector_stores": [UNKNOWN]}}}),
    ],
)
def test_a_file_that_nobody_uploaded_is_unknown(sim, api, refused, path, body):
    sim.put("vector_stores", {"id": "vs_1"})
    error = refused(lambda: api.post(path, body), 404)
    assert error["message"] == "No file found with id 'file-x'."


@pytest.mark.parametrize(
    "path, more",
    [
        ("/assistants", {"model": "m"}),
        ("/assistants/asst_1", {}),
        ("/threads", {}),
        ("/threads/thread_1", {}),
        ("/threads/runs", {"assistant_id": "asst_1"}),
    ],
)
def test_a_file_for_the_code_interpreter_that_nobody_uploaded_is_unknown(sim, api, refused, path, more):
    sim.put("assistants", {"id": "asst_1", "model": "m", "instructions": "Help."})
    sim.put("threads", {"id": "thread_1"})
    sim.put("files", {"id": "odd"})
    sim.script(say("Hi"), optional=True)

    def ask(*ids):
        return api.post(path, {**more, "tool_resources": {"code_interpreter": {"file_ids": list(ids)}}})

    assert refused(lambda: ask("odd", "file-x"), 404)["message"] == "No file found with id 'file-x'."
    error = refused(lambda: ask("odd", "x"), 400)
    assert error["param"] == "tool_resources.code_interpreter.file_ids[1]"
    assert "Expected an ID that begins with 'file'" in error["message"]
    assert ask("odd").status == 200  # one that is there may look like anything


@pytest.mark.parametrize("path", ["/vector_stores", "/vector_stores/vs_1/file_batches"])
def test_kinds_of_files_that_cannot_be_searched_are_refused_by_name(sim, api, refused, path):
    sim.put("vector_stores", {"id": "vs_1"})
    for number, name in enumerate(("a.CSV", "b.csv", "c", ".hidden", "d.md")):
        sim.put("files", {"id": f"file-{number}", "filename": name})
    error = refused(lambda: api.post(path, {"file_ids": [f"file-{number}" for number in range(5)]}), 400)
    assert error == {
        "message": "Files with extensions [.csv, none] are not supported for retrieval."
        " See https://platform.openai.com/docs/assistants/tools/file-search/supported-files",
        "type": "invalid_request_error",
        "param": "file_ids",
        "code": "unsupported_file",
    }


# ── what is placed, and saved ────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_placed_is_kept_as_it_is_and_does_not_move(sim, api):
    store = {"id": "vs_odd", "created_at": 1, "name": None, "file_counts": counts(in_progress=7), "extra": [1]}
    sim.put("vector_stores", {**store, "status": "in_progress"})
    sim.put("vector_store_files", {"id": "file-x", "vector_store_id": "vs_odd", "status": "in_progress"})
    batch = {"id": "odd", "vector_store_id": "vs_odd", "file_ids": ["file-x"], "status": "in_progress"}
    sim.put("vector_store_file_batches", batch)
    sim.clock.advance(60)
    found = api.get("/vector_stores/vs_odd").json
    assert {key: found[key] for key in store} == store
    assert found["last_active_at"] == 1
    assert status(api, "/vector_stores/vs_odd/files/file-x") == "in_progress"
    assert api.get("/vector_stores/vs_odd/file_batches/odd").json["file_counts"] == counts(completed=1)
    assert [one["id"] for one in api.get("/vector_stores/vs_odd/file_batches/odd/files").json["data"]] == ["file-x"]


def test_a_placed_file_makes_its_store_which_counts_it(sim, api):
    sim.put("files", {"id": "file-x", "content": "text"})
    sim.put("vector_store_files", {"id": "file-x", "vector_store_id": "vs_new"})
    assert api.get("/vector_stores/vs_new").json["file_counts"] == counts(completed=1)
    sim.put("vector_store_files", {"id": "file-x", "vector_store_id": "vs_new", "status": "failed"})
    assert api.get("/vector_stores/vs_new").json["file_counts"] == counts(failed=1)
    sim.put("vector_store_files", {"id": "file-x", "vector_store_id": "vs_other"})
    assert api.get("/vector_stores/vs_new/files/file-x").status == 200, "a file can be in several"


def test_a_placed_store_expires(sim, api):
    sim.put("vector_stores", {"id": "vs_1", "expires_after": THREE_DAYS})
    sim.clock.advance(3 * DAY)
    assert status(api, "/vector_stores/vs_1") == "expired"
    made = sim.put("vector_stores", {"name": "has an id made for it"})
    assert made["id"].startswith(f"vs_{int(sim.clock.now()):08x}")
    assert sim.put("vector_store_file_batches", {"vector_store_id": "vs_1"})["id"].startswith("vsfb_ibj_")


def test_a_store_that_is_placed_over_one_that_expires_does_not(sim, api):
    sim.put("vector_stores", {"id": "vs_1", "expires_after": THREE_DAYS})
    sim.put("vector_stores", {"id": "vs_1"})
    sim.clock.advance(4 * DAY)
    assert status(api, "/vector_stores/vs_1") == "completed"


def test_a_file_that_is_forgotten_is_in_no_store(sim, api, stored):
    id = stored({"a": "1", "b": "2"})
    other = api.made("/vector_stores", {"file_ids": ["file-a"]})["id"]
    sim._backend.engine.vector_stores.forget_file("file-a")
    assert [one["id"] for one in api.get(f"/vector_stores/{id}/files").json["data"]] == ["file-b"]
    assert api.get(f"/vector_stores/{other}").json["file_counts"] == counts()


def test_a_saved_state_goes_on_where_it_was(sim, api, api_of, files, tmp_path):
    id = api.made("/vector_stores", {"file_ids": files(a="text"), "expires_after": THREE_DAYS})["id"]
    sim.save(tmp_path / "state.json")
    loaded = Simulator.load(tmp_path / "state.json")
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "state.json").read_bytes() == (tmp_path / "again.json").read_bytes()
    for one in (sim, loaded):
        one.clock.advance(2)
    path = f"/vector_stores/{id}"
    assert api_of(loaded).get(path).body == api.get(path).body
    assert status(api, path) == "completed"
    loaded.clock.advance(3 * DAY)
    assert status(api_of(loaded), path) == "expired"


@pytest.mark.parametrize("day, used", [("2025-09-16", 1045), ("2025-10-30", 21)])
def test_till_october_2025_a_chunk_cost_more_than_its_text(api_of, day, used):
    # openai-dotnet/CanAssociateFiles_196bf71, CanTestGetVectorStoreFilesInBatchCollectionOptions_10c0723.
    sim = Simulator(as_of=day)
    sim.put("files", {"id": "file-a", "content": "This is 21 bytes long"})
    id = api_of(sim).made("/vector_stores", {"file_ids": ["file-a"]})["id"]
    sim.clock.advance(5)
    assert api_of(sim).get(f"/vector_stores/{id}").json["usage_bytes"] == used
    assert api_of(sim).get(f"/vector_stores/{id}/files").json["data"][0]["usage_bytes"] == used
