"""Lists and look-ups, which every noun has."""

import pytest

ENVELOPE = ["object", "data", "first_id", "last_id", "has_more"]
NOUNS = {
    "assistants": ("/assistants", "assistants", {}, "assistant"),
    "messages": ("/threads/thread_l/messages", "messages", {"thread_id": "thread_l"}, "message"),
    "runs": ("/threads/thread_l/runs", "runs", {"thread_id": "thread_l", "status": "completed"}, "run"),
    "steps": (
        "/threads/thread_l/runs/run_l/steps",
        "run_steps",
        {"thread_id": "thread_l", "run_id": "run_l", "status": "completed"},
        "run step",
    ),
}


@pytest.fixture(params=NOUNS.values(), ids=NOUNS)
def listing(request, sim, api):
    """A list of a noun with `count` objects, the oldest first."""
    path, collection, fields, noun = request.param
    sim.put("threads", {"id": "thread_l"})
    if collection == "run_steps":
        sim.put("runs", {"id": "run_l", "thread_id": "thread_l", "status": "completed"})

    def fill(count):
        return [sim.put(collection, {"id": f"x_{number:02}", **fields})["id"] for number in range(count)]

    def page(query=""):
        answer = api.get(path, query).json
        assert list(answer) == ENVELOPE
        ids = [one["id"] for one in answer["data"]]
        assert (answer["first_id"], answer["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))
        return ids, answer["has_more"]

    return type("ListOf", (), {"fill": staticmethod(fill), "page": staticmethod(page), "path": path, "noun": noun})


def test_an_empty_list_has_null_ids(api, listing):
    assert api.get(listing.path).json == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_a_page_has_twenty_the_newest_first(listing):
    ids = listing.fill(21)
    assert listing.page() == (ids[:0:-1], True)
    assert listing.page("limit=21") == (ids[::-1], False)
    assert listing.page("limit=100") == (ids[::-1], False)


def test_the_order_can_be_turned(listing):
    ids = listing.fill(3)
    assert listing.page("order=asc") == (ids, False)
    assert listing.page("order=desc") == (ids[::-1], False)


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_paging_by_after_gives_everything_once_and_ends_with_an_empty_page(listing, order):
    ids = listing.fill(7)
    seen, cursor = [], ""
    while True:
        page, more = listing.page(f"limit=3&order={order}{cursor}")
        assert more == (len(seen) + len(page) < 7)
        if not page:
            break
        seen += page
        cursor = f"&after={page[-1]}"
    assert seen == (ids if order == "asc" else ids[::-1])


def test_before_gives_the_page_next_to_the_cursor(listing):
    ids = listing.fill(7)
    assert listing.page(f"order=asc&limit=2&before={ids[5]}") == (ids[3:5], True)
    assert listing.page(f"limit=2&before={ids[1]}") == ([ids[3], ids[2]], True)
    assert listing.page(f"order=asc&before={ids[0]}") == ([], False)


def test_after_and_before_enclose(listing):
    ids = listing.fill(7)
    assert listing.page(f"order=asc&after={ids[1]}&before={ids[4]}") == (ids[2:4], False)


@pytest.mark.parametrize("cursor", ["after", "before"])
def test_an_unknown_cursor_is_refused(api, listing, refused, cursor):
    listing.fill(1)
    error = refused(lambda: api.get(listing.path, f"{cursor}=nothing"), 404)
    assert error["message"] == f"No {listing.noun} found with id 'nothing'."


def test_paging_goes_on_behind_what_was_deleted_meanwhile(sim, api, world):
    ids = [world.assistant() for _ in range(5)]
    page = api.get("/assistants", "order=asc&limit=2").json
    for id in ids[:2]:
        api.delete(f"/assistants/{id}")
    rest = api.get("/assistants", f"order=asc&after={page['last_id']}").json
    assert [one["id"] for one in rest["data"]] == ids[2:]


UNKNOWN = [
    ("GET", "/assistants/asst_x", "assistant", "asst_x"),
    ("POST", "/assistants/asst_x", "assistant", "asst_x"),
    ("DELETE", "/assistants/asst_x", "assistant", "asst_x"),
    ("GET", "/threads/thread_x", "thread", "thread_x"),
    ("POST", "/threads/thread_x", "thread", "thread_x"),
    ("DELETE", "/threads/thread_x", "thread", "thread_x"),
    ("GET", "/threads/thread_x/messages", "thread", "thread_x"),
    ("GET", "/threads/thread_x/messages/msg_x", "thread", "thread_x"),
    ("GET", "/threads/thread_x/runs", "thread", "thread_x"),
    ("GET", "/threads/thread_x/runs/run_x/steps", "thread", "thread_x"),
    ("GET", "/threads/thread_l/messages/msg_x", "message", "msg_x"),
    ("POST", "/threads/thread_l/messages/msg_x", "message", "msg_x"),
    ("DELETE", "/threads/thread_l/messages/msg_x", "message", "msg_x"),
    ("GET", "/threads/thread_l/messages/undefined", "message", "undefined"),
    ("GET", "/threads/thread_l/runs/run_x", "run", "run_x"),
    ("POST", "/threads/thread_l/runs/run_x", "run", "run_x"),
    ("POST", "/threads/thread_l/runs/run_x/cancel", "run", "run_x"),
    ("GET", "/threads/thread_l/runs/run_x/steps", "run", "run_x"),
    ("GET", "/threads/thread_l/runs/undefined/steps/step_x", "run", "undefined"),
    ("GET", "/threads/thread_l/runs/run_l/steps/step_123", "run step", "step_123"),
]


@pytest.mark.parametrize("method, path, noun, id", UNKNOWN)
def test_an_unknown_id_is_named(*, sim, api, refused, method, path, noun, id):
    sim.put("runs", {"id": "run_l", "thread_id": "thread_l", "status": "completed"})
    error = refused(lambda: api.send(method, path), 404)
    assert error == {
        "message": f"No {noun} found with id '{id}'.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


POSTS = [
    ("/threads/thread_x/messages", {"role": "user", "content": "x"}, "thread", "thread_x"),
    ("/threads/thread_x/runs", {"assistant_id": "asst_x"}, "thread", "thread_x"),
    ("/threads/thread_l/runs", {"assistant_id": "asst_x"}, "assistant", "asst_x"),
    ("/threads/runs", {"assistant_id": "asst_x"}, "assistant", "asst_x"),
    ("/threads/thread_l/runs/run_x/submit_tool_outputs", {"tool_outputs": []}, "run", "run_x"),
]


@pytest.mark.parametrize("path, body, noun, id", POSTS)
def test_an_unknown_id_is_named_where_something_is_to_be_made(*, sim, api, refused, path, body, noun, id):
    sim.put("threads", {"id": "thread_l"})
    error = refused(lambda: api.post(path, body), 404)
    assert error["message"] == f"No {noun} found with id '{id}'."


@pytest.mark.parametrize("path", ["/threads/thread_l/runs", "/threads/runs"])
@pytest.mark.parametrize("id", ["", "undefined", "thread_1", "string"])
def test_an_assistant_id_in_a_body_is_judged_by_its_prefix(sim, api, refused, path, id):
    sim.put("threads", {"id": "thread_l"})
    error = refused(lambda: api.post(path, {"assistant_id": id}), 400)
    assert error == {
        "message": f"Invalid 'assistant_id': '{id}'. Expected an ID that begins with 'asst'.",
        "type": "invalid_request_error",
        "param": "assistant_id",
        "code": "invalid_value",
    }
