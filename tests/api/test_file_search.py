"""Search over what was uploaded: directly, by runs, in the stores that tools and attachments bring."""

import json

import openai
import pytest

from simulator import call, say, search_files
from simulator.backend.searching import matches

INCLUDE = "include[]=step_details.tool_calls[*].file_search.results[*].content"
SEARCH = {"type": "file_search"}
DAY = 86_400
pytestmark = pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning")

FOODS = "Favorite foods of several people.\n\nSummanus: tacos\nFilip: cake"
TRAINS = "Trains run on rails, and Filip likes them."


@pytest.fixture
def files(sim):
    sim.put("files", {"id": "file-foods", "filename": "foods.txt", "content": FOODS})
    sim.put("files", {"id": "file-trains", "filename": "trains.md", "content": TRAINS})
    return ["file-foods", "file-trains"]


@pytest.fixture
def store(sim, api, files):
    id = api.made("/vector_stores", {"file_ids": files})["id"]
    sim.clock.advance(2)
    return id


@pytest.fixture
def found(api, store):
    """Search the store; what is found, as (file id, score)."""

    def search(query, **options):
        body = api.made(f"/vector_stores/{store}/search", {"query": query, **options})
        return [(one["file_id"], one["score"]) for one in body["data"]]

    return search


# ── directly ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_shares_most_words_with_the_query_comes_first(api, store):
    body = api.made(f"/vector_stores/{store}/search", {"query": "Filip's favorite FOODS", "rewrite_query": True})
    assert list(body) == ["object", "search_query", "data", "has_more", "next_page"]
    assert (body["object"], body["search_query"]) == ("vector_store.search_results.page", ["Filip's favorite FOODS"])
    first, second = body["data"]
    assert list(first) == ["file_id", "filename", "score", "attributes", "content"]
    assert (first["file_id"], first["filename"]) == ("file-foods", "foods.txt")
    assert first["content"] == [{"type": "text", "text": FOODS}]
    assert 1 > first["score"] > second["score"] > 0


def test_what_shares_no_word_comes_last_unless_a_score_is_asked_for(found):
    assert [score for _, score in found("tacos")][1:] == [0.0]
    assert [id for id, _ in found("tacos", ranking_options={"score_threshold": 0.1})] == ["file-foods"]
    assert found("") == [("file-foods", 0.0), ("file-trains", 0.0)]
    assert found("zebra") == [("file-foods", 0.0), ("file-trains", 0.0)]


def test_of_several_queries_the_best_counts(found):
    assert sorted(id for id, score in found(["tacos", "rails"]) if score > 0.5) == ["file-foods", "file-trains"]
    assert len(found(["tacos", "rails"], max_num_results=1)) == 1


def test_an_empty_store_has_nothing(api):
    id = api.made("/vector_stores", {})["id"]
    assert api.made(f"/vector_stores/{id}/search", {"query": "q"})["data"] == []


def test_a_file_is_searched_when_it_is_ready(sim, api, files):
    id = api.made("/vector_stores", {"file_ids": files})["id"]
    found = [len(api.made(f"/vector_stores/{id}/search", {"query": "q"})["data"]) for _ in range(5)]
    assert found == [1, 1, 2, 2, 2]


def test_a_long_file_is_found_by_its_chunks(sim, api):
    sim.put("files", {"id": "file-long", "content": "x" * 6000 + " needle " + "y" * 1000})
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 200}}
    id = api.made("/vector_stores", {"file_ids": ["file-long"], "chunking_strategy": strategy})["id"]
    sim.clock.advance(2)
    data = api.made(f"/vector_stores/{id}/search", {"query": "needle", "max_num_results": 50})["data"]
    texts = [one["content"][0]["text"] for one in data]
    assert {len(text) for text in texts[:-1]} == {1600, 1408} or all(len(text) <= 1600 for text in texts)
    assert ["needle" in text for text in texts][:2] == [True, True], "chunks overlap by half"
    assert api.get(f"/vector_stores/{id}/files/file-long/content").json["data"][0]["text"].count("needle") == 1


@pytest.mark.parametrize("filename", ["a.pdf", "b.DOCX"])
def test_a_packed_file_is_taken_and_has_no_text(sim, api, filename):
    sim.put("files", {"id": "file-p", "filename": filename, "content": b"%PDF\xff\x00"})
    id = api.made("/vector_stores", {"file_ids": ["file-p"]})["id"]
    sim.clock.advance(2)
    assert api.get(f"/vector_stores/{id}/files/file-p").json["status"] == "completed"
    assert api.made(f"/vector_stores/{id}/search", {"query": "PDF"})["data"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_may_be_in_any_unicode_encoding_that_can_be_told(sim, api, encoding):
    sim.put("files", {"id": "file-u", "content": "Grüße".encode(encoding)})
    sim.put("vector_store_files", {"id": "file-u", "vector_store_id": "vs_u", "chunking_strategy": {"type": "other"}})
    (found,) = api.made("/vector_stores/vs_u/search", {"query": "GRÜSSE"})["data"]
    assert found["content"][0]["text"] == "Grüße"
    assert found["score"] > 0.5


def test_a_placed_file_that_cannot_be_read_is_never_found(sim, api):
    sim.put("files", {"id": "file-b", "content": b"\xff"})
    sim.put("vector_store_files", {"id": "file-b", "vector_store_id": "vs_b"})
    sim.put("vector_store_files", {"id": "file-nobody-uploaded", "vector_store_id": "vs_b"})
    assert api.made("/vector_stores/vs_b/search", {"query": "q"})["data"] == []
    assert api.get("/vector_stores/vs_b/files/file-b/content").json["data"] == []


def test_a_changed_file_is_read_anew(sim, api, store, found):
    assert found("zebra")[0] == ("file-foods", 0.0)
    sim.put("files", {"id": "file-trains", "filename": "trains.md", "content": "zebra"})
    assert found("zebra")[0][0] == "file-trains"


# ── filters ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ATTRIBUTES = {"year": 2024, "by": "me", "draft": True, "share": 0.5}


def one(kind, key, value):
    return {"type": kind, "key": key, "value": value}


@pytest.mark.parametrize(
    "wanted, passes",
    [
        (None, True),
        (one("eq", "year", 2024), True),
        (one("eq", "year", 2025), False),
        (one("eq", "draft", 1), False),
        (one("eq", "missing", "x"), False),
        (one("ne", "year", 2025), True),
        (one("ne", "missing", "x"), True),
        (one("gt", "year", 2023), True),
        (one("gt", "year", 2024), False),
        (one("gte", "year", 2024), True),
        (one("lt", "share", 1), True),
        (one("lte", "by", "me"), True),
        (one("lt", "by", 3), False),
        (one("gt", "draft", 0), False),
        (one("lt", "missing", 3), False),
        (one("in", "by", ["you", "me"]), True),
        (one("in", "by", "me"), True),
        (one("in", "by", []), False),
        (one("nin", "by", ["you"]), True),
        (one("nin", "missing", ["you"]), True),
        ({"type": "and", "filters": [one("eq", "year", 2024), one("eq", "by", "you")]}, False),
        ({"type": "or", "filters": [one("eq", "year", 2024), one("eq", "by", "you")]}, True),
        ({"type": "or", "filters": [{"type": "and", "filters": [one("eq", "by", "me")]}]}, True),
    ],
)
def test_a_filter_lets_files_pass_by_their_attributes(wanted, passes):
    assert matches(wanted, ATTRIBUTES) is passes


def test_a_search_is_filtered(api, store, found):
    api.made(f"/vector_stores/{store}/files/file-foods", {"attributes": ATTRIBUTES})
    nested = {"type": "and", "filters": [{"type": "or", "filters": [one("eq", "year", 2024)]}, one("in", "by", ["me"])]}
    assert [id for id, _ in found("Filip", filters=nested)] == ["file-foods"]
    assert [id for id, _ in found("Filip", filters=one("eq", "by", "you"))] == []


# ── by runs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def results(api, world):
    """Let a run search; the `file_search` of its step."""

    def search(path, query=INCLUDE):
        world.until(path, "completed")
        steps = api.get(f"{path}/steps", query).json["data"]
        return steps[-1]["step_details"]["tool_calls"][0]["file_search"]

    return search


def test_a_run_searches_the_stores_of_assistant_and_thread(sim, api, world, store, results):
    sim.put("files", {"id": "file-own", "filename": "own.txt", "content": "Filip's own"})
    thread = api.made("/threads", {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": ["file-own"]}]}}})
    assistant = world.assistant(tools=[SEARCH], tool_resources={"file_search": {"vector_store_ids": [store]}})
    before = api.get(f"/vector_stores/{store}").json["last_active_at"]
    sim.clock.advance(60)
    path, _ = world.started(search_files("Filip"), say("ok"), thread=thread["id"], assistant=assistant)
    search = results(path)
    assert search["ranking_options"] == {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    assert sorted(one["file_id"] for one in search["results"]) == ["file-foods", "file-own", "file-trains"]
    first = search["results"][0]
    assert list(first) == ["file_id", "file_name", "score", "attributes", "content"]
    assert (first["file_name"], first["content"]) == ("own.txt", [{"type": "text", "text": "Filip's own"}])
    assert "content" not in results(path, "")["results"][0]
    assert api.get(f"/vector_stores/{store}").json["last_active_at"] > before + 60


def test_the_tool_says_how_many_are_found_and_how_good_they_must_be(sim, world, store, results):
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.1}
    tool = {"type": "file_search", "file_search": {"max_num_results": 1, "ranking_options": ranking}}
    resources = {"file_search": {"vector_store_ids": [store]}}
    assistant = world.assistant(tools=[tool], tool_resources=resources)
    path, _ = world.started(search_files("Filip"), say("ok"), assistant=assistant)
    search = results(path)
    assert search["ranking_options"] == ranking
    assert len(search["results"]) == 1
    path, _ = world.started(search_files("zebra"), say("ok"), assistant=assistant)
    assert results(path)["results"] == []


def test_a_small_model_is_shown_five_results(sim, api, world, results):
    for number in range(6):
        sim.put("files", {"id": f"file-{number}", "content": "text"})
        sim.put("vector_store_files", {"id": f"file-{number}", "vector_store_id": "vs_1"})
    resources = {"file_search": {"vector_store_ids": ["vs_1"]}}
    for model, count in (("gpt-3.5-turbo", 5), ("gpt-4o", 6)):
        assistant = world.assistant(model=model, tools=[SEARCH], tool_resources=resources)
        path, _ = world.started(search_files("text"), say("ok"), assistant=assistant)
        assert len(results(path)["results"]) == count


def test_results_that_are_given_are_shown_whatever_was_uploaded(world, store, results):
    given = [{"file_id": "file-x", "file_name": "x", "score": 0.9, "content": []}]
    assistant = world.assistant(tools=[SEARCH], tool_resources={"file_search": {"vector_store_ids": [store]}})
    path, _ = world.started(search_files("Filip", results=given), say("ok"), assistant=assistant)
    assert results(path)["results"] == given


def test_a_run_may_bring_stores_in_place_of_the_assistants(sim, api, world, store, results):
    sim.put("files", {"id": "file-own", "content": "own"})
    sim.put("vector_store_files", {"id": "file-own", "vector_store_id": "vs_own"})
    assistant = world.assistant(tools=[SEARCH], tool_resources={"file_search": {"vector_store_ids": [store]}})
    sim.script(search_files("Filip"), say("ok"))
    resources = {"file_search": {"vector_store_ids": ["vs_own"]}}
    run = api.made("/threads/runs", {"assistant_id": assistant, "tool_resources": resources, "instructions": "i"})
    search = results(f"/threads/{run['thread_id']}/runs/{run['id']}")
    assert [one["file_id"] for one in search["results"]] == ["file-own"]


def test_a_run_with_an_expired_store_is_refused(sim, api, world, refused):
    resources = {"file_search": {"vector_stores": [{}]}}
    thread = api.made("/threads", {"tool_resources": resources, "messages": [{"role": "user", "content": "?"}]})
    (id,) = thread["tool_resources"]["file_search"]["vector_store_ids"]
    assert api.get(f"/vector_stores/{id}").json["expires_after"] == {"anchor": "last_active_at", "days": 7}
    sim.clock.advance(7 * DAY)
    assistant = world.assistant()
    sim.script(say("never"), optional=True)
    error = refused(lambda: api.post(f"/threads/{thread['id']}/runs", {"assistant_id": assistant}), 400)
    assert error["message"] == f"Vector store '{id}' has expired."


def test_a_store_that_is_gone_is_not_searched(api, world, store, results):
    assistant = world.assistant(tools=[SEARCH], tool_resources={"file_search": {"vector_store_ids": [store]}})
    api.delete(f"/vector_stores/{store}")
    path, _ = world.started(search_files("Filip"), say("ok"), assistant=assistant)
    assert results(path)["results"] == []


def test_a_store_that_expires_during_a_run_is_not_searched(sim, world, store, results):
    assistant = world.assistant(tools=[SEARCH], tool_resources={"file_search": {"vector_store_ids": [store]}})
    path, _ = world.started(search_files("Filip"), say("ok"), assistant=assistant)
    sim.put("vector_stores", {"id": store, "status": "expired"})
    assert results(path)["results"] == []


# ── what tools and attachments bring ─────────────────────────────────────────────────────────────────────────────────


def attached(*ids, tools=(SEARCH,)):
    return {"role": "user", "content": "?", "attachments": [{"file_id": id, "tools": list(tools)} for id in ids]}


def test_a_store_is_made_along_with_an_assistant(sim, api, files):
    stores = [{"file_ids": files, "metadata": {"a": "b"}}]
    body = {"model": "m", "tools": [SEARCH], "tool_resources": {"file_search": {"vector_stores": stores}}}
    made = api.made("/assistants", body)
    (id,) = made["tool_resources"]["file_search"]["vector_store_ids"]
    store = api.get(f"/vector_stores/{id}").json
    assert (store["file_counts"]["total"], store["expires_after"], store["metadata"]) == (2, None, {"a": "b"})
    changed = api.made(f"/assistants/{made['id']}", {"tool_resources": {"file_search": {"vector_stores": [{}]}}})
    assert changed["tool_resources"]["file_search"]["vector_store_ids"] != [id]
    assert len(api.get("/vector_stores").json["data"]) == 2


def test_a_store_is_made_along_with_the_change_of_a_thread(api, world):
    changed = api.made(f"/threads/{world.thread()}", {"tool_resources": {"file_search": {"vector_stores": [{}]}}})
    (id,) = changed["tool_resources"]["file_search"]["vector_store_ids"]
    assert api.get(f"/vector_stores/{id}").json["expires_after"]["days"] == 7


@pytest.mark.parametrize("path", ["/assistants", "/threads"])
def test_a_store_that_does_not_exist_is_refused(api, refused, path):
    body = {"model": "m"} if path == "/assistants" else {}
    body["tool_resources"] = {"file_search": {"vector_store_ids": ["vs_x"]}}
    assert refused(lambda: api.post(path, body), 404)["message"] == "No vector store found with id 'vs_x'."


def test_attached_files_come_into_the_store_of_the_thread(sim, api, world, files):
    thread = world.thread()
    api.made(f"/threads/{thread}/messages", attached("file-foods", "file-foods"))
    resources = api.get(f"/threads/{thread}").json["tool_resources"]
    (id,) = resources["file_search"]["vector_store_ids"]
    assert api.get(f"/vector_stores/{id}").json["expires_after"] == {"anchor": "last_active_at", "days": 7}
    api.made(f"/threads/{thread}/messages", attached("file-trains"))
    assert api.get(f"/threads/{thread}").json["tool_resources"] == resources
    listed = api.get(f"/vector_stores/{id}/files", "order=asc").json["data"]
    assert [one["id"] for one in listed] == files


def test_files_attached_for_code_come_into_no_store(api, world, files):
    thread = world.thread()
    api.made(f"/threads/{thread}/messages", attached("file-foods", tools=[{"type": "code_interpreter"}]))
    assert api.get("/vector_stores").json["data"] == []


def test_a_store_that_was_deleted_is_made_again_for_the_next_file(api, world, files):
    thread = world.thread()
    for _ in range(2):
        api.made(f"/threads/{thread}/messages", attached("file-foods"))
        (id,) = api.get(f"/threads/{thread}").json["tool_resources"]["file_search"]["vector_store_ids"]
        assert api.delete(f"/vector_stores/{id}").status == 200


def test_a_run_waits_for_the_files_of_its_thread(sim, api, world, files, results):
    sim.script(search_files("Filip"), say("ok"))
    body = {"assistant_id": world.assistant(tools=[SEARCH]), "thread": {"messages": [attached(*files)]}}
    run = api.made("/threads/runs", body)
    search = results(f"/threads/{run['thread_id']}/runs/{run['id']}")
    assert sorted(one["file_id"] for one in search["results"]) == files


def test_a_run_waits_for_files_of_its_additional_messages(sim, api, world, files, results):
    body = {"additional_messages": [attached(*files)]}
    path, _ = world.started(search_files("Filip"), say("ok"), assistant=world.assistant(tools=[SEARCH]), **body)
    assert len(results(path)["results"]) == 2


@pytest.mark.parametrize(
    "path, body",
    [
        ("/threads/{thread}/messages", attached("file-csv")),
        ("/threads", {"messages": [attached("file-csv")]}),
        ("/threads/{thread}/runs", {"assistant_id": "{assistant}", "additional_messages": [attached("file-csv")]}),
        ("/threads/runs", {"assistant_id": "{assistant}", "thread": {"messages": [attached("file-csv")]}}),
    ],
)
def test_an_attached_file_that_cannot_be_searched_is_refused(api, world, refused, path, body):
    api.sim.put("files", {"id": "file-csv", "filename": "a.csv"})
    ids = {"thread": world.thread("?"), "assistant": world.assistant()}
    body = json.loads(json.dumps(body).replace("{assistant}", ids["assistant"]))
    error = refused(lambda: api.post(path.format(**ids), body), 400)
    assert (error["param"], error["code"]) == ("file_ids", "unsupported_file")


def test_a_run_that_nobody_answers_makes_no_stores(sim, api, world, files, refused):
    resources = {"file_search": {"vector_stores": [{"file_ids": files}]}}
    thread = {"messages": [attached(*files)], "tool_resources": resources}
    body = {"assistant_id": world.assistant(), "thread": thread, "tool_resources": resources}
    refused(lambda: api.post("/threads/runs", body), 400, surprises=1)
    assert api.get("/vector_stores").json["data"] == []


def test_the_view_names_the_files_in_reach(sim, world, store):
    assistant = world.assistant(tools=[SEARCH], tool_resources={"file_search": {"vector_store_ids": [store]}})
    world.started(say("ok"), assistant=assistant)
    assert sim.views[-1].files == ("file-foods", "file-trains")


# ── through the SDK ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_citation_of_an_uploaded_file_end_to_end(sim, files):
    client = sim.client(max_retries=0)
    if not hasattr(client, "vector_stores"):
        pytest.skip("this SDK has vector stores under beta, or none")
    store = client.vector_stores.create()
    batch = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=files)
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[SEARCH], tool_resources=resources)
    marker = "【4:0†foods.txt】"
    citation = {"type": "file_citation", "text": marker, "file_citation": {"file_id": "file-foods"}}
    sim.script(search_files("Filip"), say(f"Filip likes cake{marker}.", annotations=[citation]))
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "?"}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "completed"
    text = client.beta.threads.messages.list(thread.id).data[0].content[0].text
    (annotation,) = text.annotations
    assert text.value[annotation.start_index : annotation.end_index] == marker == annotation.text
    cited = client.vector_stores.files.retrieve(annotation.file_citation.file_id, vector_store_id=store.id)
    assert cited.status == "completed"
    (part,) = client.vector_stores.files.content("file-foods", vector_store_id=store.id).data
    assert part.text == FOODS
    sim.check()


def test_polling_a_file_waits_until_it_is_ready(sim, files):
    client = sim.client(max_retries=0)
    if not hasattr(client, "vector_stores"):
        pytest.skip("this SDK has vector stores under beta, or none")
    store = client.vector_stores.create(name="n")
    polled = client.vector_stores.files.create_and_poll("file-foods", vector_store_id=store.id)
    assert (polled.status, polled.usage_bytes) == ("completed", len(FOODS))
    assert [one.id for one in client.vector_stores.files.list(store.id)] == ["file-foods"]
    assert client.vector_stores.search(store.id, query="cake").data[0].filename == "foods.txt"
    with pytest.raises(openai.NotFoundError, match="No vector store found with id 'vs_x'"):
        client.vector_stores.retrieve("vs_x")


def test_what_is_uploaded_in_one_go_is_ready_when_it_returns(sim):
    """`upload_and_poll` of a file, and of a batch, which uploads in threads and takes files that are there too."""
    client = sim.client(max_retries=0)
    if not hasattr(client, "vector_stores"):
        pytest.skip("this SDK has vector stores under beta, or none")
    store = client.vector_stores.create()
    with sim.intercept():
        one = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("a.txt", b"Ann likes apples."))
        batch = client.vector_stores.file_batches.upload_and_poll(
            store.id, files=[("b.txt", b"Bob likes bread."), ("c.txt", b"Cy likes cake.")], file_ids=[one.id]
        )
    assert (one.status, one.usage_bytes) == ("completed", 17)
    assert (batch.status, batch.file_counts.completed, batch.file_counts.total) == ("completed", 3, 3)
    assert client.vector_stores.search(store.id, query="cake").data[0].filename == "c.txt"
    with pytest.raises(openai.NotFoundError, match="No file found with id 'file-x'"):
        client.vector_stores.file_batches.create_and_poll(store.id, file_ids=["file-x"])


@pytest.mark.asyncio
async def test_the_async_client_uploads_and_polls_too(sim):
    client = sim.async_client(max_retries=0)
    if not hasattr(client, "vector_stores"):
        pytest.skip("this SDK has vector stores under beta, or none")
    store = await client.vector_stores.create()
    with sim.intercept():
        files = [("b.txt", b"Bob likes bread."), ("c.txt", b"Cy likes cake.")]
        batch = await client.vector_stores.file_batches.upload_and_poll(store.id, files=files)
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)


@pytest.mark.asyncio
async def test_the_async_client_polls_batches_too(sim, files):
    client = sim.async_client(max_retries=0)
    if not hasattr(client, "vector_stores"):
        pytest.skip("this SDK has vector stores under beta, or none")
    store = await client.vector_stores.create()
    batch = await client.vector_stores.file_batches.create_and_poll(store.id, file_ids=files)
    assert batch.status == "completed"
    assert [one.id async for one in client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id)]


def test_a_call_beside_a_search_is_asked_as_ever(world, api, sim):
    path, _ = world.started(search_files("q"), call("f"), say("ok"))
    assert world.until(path, "requires_action")["status"] == "requires_action"
    sim.script(say("ok"), optional=True)
