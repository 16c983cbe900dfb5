"""What every request meets: headers, the beta, keys, faults, the modes of the service."""

import json
import re

import pytest

from simulator import Request, Simulator, call, hang, http_error, say
from simulator.api.routes import OPERATION_NAMES, OPERATIONS

BETA = "assistants=v2"
NO_BETA = (
    "You must provide the 'OpenAI-Beta' header to access the Assistants API."
    " Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
)
V1 = (
    "The v1 Assistants API has been deprecated. Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    " See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."
)
V1_ROUTE = (
    "The v1 Assistants API has been deprecated."
    " See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."
)


# ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/assistants", "/assistants/asst_x", "/nothing", "/models"])
def test_every_answer_has_the_services_headers(api, path):
    headers = api.get(path).headers
    assert headers["openai-version"] == "2020-10-01"
    assert headers["content-type"] == "application/json"
    assert {"openai-organization", "openai-project"} <= set(headers)
    assert re.fullmatch(r"req_[0-9a-f]{32}", headers["x-request-id"])
    assert headers["openai-processing-ms"].isdecimal()
    assert not [name for name in headers if name.startswith("x-ratelimit")]


def test_request_ids_differ(api):
    assert len({api.get("/assistants").headers["x-request-id"] for _ in range(50)}) == 50


def test_a_request_takes_the_virtual_time_that_its_header_says(sim, api):
    before = sim.clock.now()
    headers = api.get("/assistants").headers
    assert sim.clock.now() - before == pytest.approx(int(headers["openai-processing-ms"]) / 1000, abs=1e-6)


def test_plain_answers_are_indented_as_recorded(api):
    body = api.post("/threads", {"metadata": {"ü": "ß"}}).body
    assert body.startswith(b'{\n  "id": "thread_')
    assert '"metadata": {\n    "ü": "ß"\n  },\n  "tool_resources": {}\n}'.encode() in body


def test_refusals_are_indented_too(api):
    assert api.get("/threads/thread_x").body.startswith(b'{\n  "error": {\n    "message": "No thread')


@pytest.mark.parametrize("value", [0, 250])
def test_reading_one_run_tells_pollers_how_long_to_wait(api_of, world_of, value):
    world = world_of(Simulator(poll_after_ms=value))
    path = world.placed("in_progress")
    assert world.api.get(path).headers["openai-poll-after-ms"] == str(value)
    runs, _, id = path.rpartition("/")
    others = [
        world.api.get(runs),
        world.api.get(f"{path}/steps"),
        world.api.get("/threads/thread_placed"),
        world.api.post(f"{path}/cancel"),
        world.api.get(f"{runs}/{id}x"),
    ]
    assert all("openai-poll-after-ms" not in answer.headers for answer in others)


def test_the_service_itself_told_pollers_nothing(world_of):
    world = world_of(Simulator(poll_after_ms=None))
    assert "openai-poll-after-ms" not in world.api.get(world.placed("in_progress")).headers


def test_the_same_requests_get_the_same_bytes(api_of, world_of):
    def conversation(seed):
        world = world_of(Simulator(brain="auto", seed=seed))
        tools = [{"type": "function", "function": {"name": "f"}}]
        run = world.api.made("/threads/runs", {"assistant_id": world.assistant(tools=tools), "thread": {}})
        path = f"/threads/{run['thread_id']}/runs/{run['id']}"
        world.until(path, "requires_action")
        world.api.get(f"{path}/steps")
        return [(exchange.status, exchange.response) for exchange in world.sim.requests]

    assert conversation(1) == conversation(1)
    assert conversation(1) != conversation(2)


# ── the beta ─────────────────────────────────────────────────────────────────────────────────────────────────────────

BETAS = [
    (None, NO_BETA),
    ("v1", "Invalid beta header provided: 'v1'. The header should be in the format 'OpenAI-Beta: example_beta=v1'."),
    ("v2", "Invalid beta header provided: 'v2'. The header should be in the format 'OpenAI-Beta: example_beta=v1'."),
    ("", "Invalid beta header provided: ''. The header should be in the format 'OpenAI-Beta: example_beta=v1'."),
    (
        "assistants=",
        (
            "Invalid beta header provided: 'assistants='."
            " The header should be in the format 'OpenAI-Beta: example_beta=v1'."
        ),
    ),
    (
        "=v2",
        "Invalid beta header provided: '=v2'. The header should be in the format 'OpenAI-Beta: example_beta=v1'.",
    ),
    ("vector_stores=v1", "Unknown beta requested: 'vector_stores'."),
    ("assistants=v3", "Unknown beta requested: 'assistants=v3'."),
]


@pytest.mark.parametrize("value, message", BETAS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
def test_every_operation_wants_its_beta(api, refused, operation, value, message):
    if value is None and not operation.needs_beta:
        return
    headers = {"content-type": "application/json"} | ({} if value is None else {"openai-beta": value})
    if value is None and not operation.needs_beta:
        assert b"beta" not in api.send(operation.method, f"/{operation.path}", headers=headers).body
        return
    error = refused(lambda: api.send(operation.method, f"/{operation.path}", headers=headers), 400)
    assert error == {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_beta"}


def test_vector_stores_are_served_without_a_beta(api):
    # As to every recorded client of 2025 (openai-dotnet/CanEnumerateVectorStores_f55dbb4).
    answer = api.send("GET", "/vector_stores", headers={})
    assert (answer.status, answer.json["data"]) == (200, [])


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.only], ids=lambda one: one.name)
def test_no_version_knows_what_only_the_other_has(api, refused, operation):
    other = {"v1": "assistants=v2", "v2": "assistants=v1"}[operation.only]
    path = f"/{operation.path}"
    error = refused(lambda: api.send(operation.method, path, headers={"openai-beta": other}), 404)
    assert error["message"] == f"Invalid URL ({operation.method} /v1{path})"


@pytest.mark.parametrize("value", [BETA, f"{BETA},realtime=v1", f"realtime=v1, {BETA}"])
def test_one_of_several_betas_is_enough(api, value):
    assert api.get("/assistants", headers={"openai-beta": value}).status == 200


def test_the_beta_is_looked_at_before_the_body(api):
    assert api.post("/assistants", raw=b"{", headers={}).error["message"] == NO_BETA


def test_a_route_that_there_is_not_needs_no_beta(api):
    assert api.get("/nothing", headers={}).status == 404
    assert api.post("/embeddings", headers={}).error["code"] == "not_simulated"


def test_a_request_by_hand_may_spell_its_headers_in_capitals(sim):
    headers = {"OpenAI-Beta": BETA, "Content-Type": "text/plain", "Authorization": "Bearer sk-x"}
    answer = sim.handle(Request("POST", "/v1/threads", "", headers, b"{}"))
    assert b"Unsupported content type: 'text/plain'" in answer.body
    assert sim.requests[-1].headers == {"openai-beta": BETA, "content-type": "text/plain"}


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def locked(api_of):
    return api_of(Simulator(api_keys=["sk-simulated-one", "sk-simulated-two"]))


@pytest.mark.parametrize(
    "header", [{"authorization": "Bearer sk-simulated-two"}, {"api-key": "sk-simulated-one"}], ids=["openai", "azure"]
)
def test_a_known_key_is_taken(locked, header):
    assert locked.get("/assistants", headers={"openai-beta": BETA, **header}).status == 200


@pytest.mark.parametrize("header", [{}, {"authorization": ""}, {"authorization": "Bearer "}, {"api-key": ""}])
def test_without_a_key_the_answer_is_401(locked, header):
    answer = locked.get("/assistants", headers={"openai-beta": BETA, **header})
    assert answer.status == 401
    assert answer.error["message"].startswith("You didn't provide an API key.")
    assert answer.error["code"] is None


@pytest.mark.parametrize("key, masked", [("sk-abcdefghijklmxyz", "sk-ab***xyz"), ("short", "***")])
def test_a_wrong_key_is_shown_masked(locked, key, masked):
    answer = locked.get("/assistants", headers={"openai-beta": BETA, "authorization": f"Bearer {key}"})
    assert answer.status == 401
    assert answer.error == {
        "message": f"Incorrect API key provided: {masked}."
        " You can find your API key at https://platform.openai.com/account/api-keys.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }


def test_without_keys_any_is_taken_and_none_is_kept(sim, api):
    for header in ({}, {"authorization": "Bearer My API Key"}):
        assert api.get("/assistants", headers={"openai-beta": BETA, **header}).status == 200
    assert all("authorization" not in exchange.headers for exchange in sim.requests)


# ── modes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.needs_beta], ids=lambda one: one.name)
def test_since_its_end_the_service_answers_404_with_an_empty_body(api_of, operation):
    answer = api_of(Simulator(service="sunset")).send(operation.method, f"/{operation.path}")
    assert (answer.status, answer.body) == (404, b"")


def test_the_end_took_the_unknown_routes_of_these_nouns_too_and_no_other_noun(api_of):
    api = api_of(Simulator(service="sunset"))
    assert (api.get("/assistants/a/files").status, api.get("/assistants/a/files").body) == (404, b"")
    assert api.get("/files").status == 200
    assert api.get("/videos").error["code"] == "not_simulated"
    assert api.get("/nothing").error["message"] == "Invalid URL (GET /v1/nothing)"


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
def test_from_december_2024_v1_is_refused(api_of, operation):
    api = api_of(Simulator(service="v1_refused"))
    error = api.send(operation.method, f"/{operation.path}", headers={"openai-beta": "assistants=v1"}).error
    # On the routes that only version 1 had, nothing was to be tried again (assistants-api.md 5.1).
    message = V1_ROUTE if operation.only == "v1" else V1
    assert error == {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_beta"}


def test_where_v1_is_refused_v2_is_served(api_of):
    assert api_of(Simulator(service="v1_refused")).get("/assistants").status == 200


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def multipart(**fields):
    """A form, and the header that goes with it."""
    head = b'--b\r\ncontent-disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    parts = [
        head % (name.encode(), b'; filename="f.txt"', value)
        if isinstance(value, bytes)
        else head % (name.encode(), b"", value.encode())
        for name, value in fields.items()
    ]
    return b"".join(parts) + b"--b--\r\n"


def sent(api, name, beta="assistants=v2"):
    """Send the request of an operation."""
    method, path, body = PATHS[name]
    if isinstance(body, bytes):
        return api.send(method, path, raw=body, headers={"content-type": FORM, "openai-beta": beta})
    return api.send(method, path, body, headers={"openai-beta": beta})


ITEMS = {"items": [{"role": "user", "content": "x"}]}
PATHS = {
    "assistants.create": ("POST", "/assistants", {"model": "m"}),
    "assistants.list": ("GET", "/assistants", None),
    "assistants.retrieve": ("GET", "/assistants/asst_f", None),
    "assistants.update": ("POST", "/assistants/asst_f", {"name": "changed"}),
    "assistants.delete": ("DELETE", "/assistants/asst_f", None),
    "threads.create": ("POST", "/threads", {}),
    "threads.create_and_run": ("POST", "/threads/runs", {"assistant_id": "asst_f", "instructions": "i"}),
    "threads.retrieve": ("GET", "/threads/thread_f", None),
    "threads.update": ("POST", "/threads/thread_f", {"metadata": {"changed": "yes"}}),
    "threads.delete": ("DELETE", "/threads/thread_f", None),
    "messages.create": ("POST", "/threads/thread_f/messages", {"role": "user", "content": "x"}),
    "messages.list": ("GET", "/threads/thread_f/messages", None),
    "messages.retrieve": ("GET", "/threads/thread_f/messages/msg_f", None),
    "messages.update": ("POST", "/threads/thread_f/messages/msg_f", {"metadata": {"changed": "yes"}}),
    "messages.delete": ("DELETE", "/threads/thread_f/messages/msg_f", None),
    "runs.create": ("POST", "/threads/thread_f/runs", {"assistant_id": "asst_f"}),
    "runs.list": ("GET", "/threads/thread_f/runs", None),
    "runs.retrieve": ("GET", "/threads/thread_f/runs/run_f", None),
    "runs.update": ("POST", "/threads/thread_f/runs/run_f", {"metadata": {"changed": "yes"}}),
    "runs.cancel": ("POST", "/threads/thread_w/runs/run_w/cancel", None),
    "runs.submit_tool_outputs": (
        "POST",
        "/threads/thread_w/runs/run_w/submit_tool_outputs",
        {"tool_outputs": [{"tool_call_id": "call_f", "output": "x"}]},
    ),
    "steps.list": ("GET", "/threads/thread_f/runs/run_f/steps", None),
    "steps.retrieve": ("GET", "/threads/thread_f/runs/run_f/steps/step_f", None),
    "assistants.files.create": ("POST", "/assistants/asst_f/files", {"file_id": "file_g"}),
    "assistants.files.list": ("GET", "/assistants/asst_f/files", None),
    "assistants.files.retrieve": ("GET", "/assistants/asst_f/files/file_f", None),
    "assistants.files.delete": ("DELETE", "/assistants/asst_f/files/file_f", None),
    "messages.files.list": ("GET", "/threads/thread_f/messages/msg_f/files", None),
    "messages.files.retrieve": ("GET", "/threads/thread_f/messages/msg_f/files/file_f", None),
    "files.create": ("POST", "/files", multipart(purpose="assistants", file=b"x")),
    "files.list": ("GET", "/files", None),
    "files.retrieve": ("GET", "/files/file_g", None),
    "files.delete": ("DELETE", "/files/file_g", None),
    "files.content": ("GET", "/files/file_g/content", None),
    "uploads.create": (
        "POST",
        "/uploads",
        {"bytes": 1, "filename": "f", "mime_type": "text/plain", "purpose": "assistants"},
    ),
    "uploads.parts.create": ("POST", "/uploads/upload_e/parts", multipart(data=b"x")),
    "uploads.complete": ("POST", "/uploads/upload_f/complete", {"part_ids": ["part_f"]}),
    "uploads.cancel": ("POST", "/uploads/upload_f/cancel", None),
    "vector_stores.create": ("POST", "/vector_stores", {}),
    "vector_stores.list": ("GET", "/vector_stores", None),
    "vector_stores.retrieve": ("GET", "/vector_stores/vs_f", None),
    "vector_stores.update": ("POST", "/vector_stores/vs_f", {"name": "changed"}),
    "vector_stores.delete": ("DELETE", "/vector_stores/vs_f", None),
    "vector_stores.search": ("POST", "/vector_stores/vs_f/search", {"query": "q"}),
    "vector_stores.files.create": ("POST", "/vector_stores/vs_f/files", {"file_id": "file_g"}),
    "vector_stores.files.list": ("GET", "/vector_stores/vs_f/files", None),
    "vector_stores.files.retrieve": ("GET", "/vector_stores/vs_f/files/file_f", None),
    "vector_stores.files.update": ("POST", "/vector_stores/vs_f/files/file_f", {"attributes": {"changed": True}}),
    "vector_stores.files.delete": ("DELETE", "/vector_stores/vs_f/files/file_f", None),
    "vector_stores.files.content": ("GET", "/vector_stores/vs_f/files/file_f/content", None),
    "vector_stores.file_batches.create": ("POST", "/vector_stores/vs_f/file_batches", {"file_ids": ["file_g"]}),
    "vector_stores.file_batches.retrieve": ("GET", "/vector_stores/vs_f/file_batches/vsfb_f", None),
    "vector_stores.file_batches.cancel": ("POST", "/vector_stores/vs_f/file_batches/vsfb_f/cancel", None),
    "vector_stores.file_batches.list_files": ("GET", "/vector_stores/vs_f/file_batches/vsfb_f/files", None),
    "responses.create": ("POST", "/responses", {"model": "gpt-4o", "input": "Hello?"}),
    "responses.retrieve": ("GET", "/responses/resp_f", None),
    "responses.delete": ("DELETE", "/responses/resp_f", None),
    "responses.cancel": ("POST", "/responses/resp_f/cancel", None),
    "responses.input_items.list": ("GET", "/responses/resp_f/input_items", None),
    "conversations.create": ("POST", "/conversations", {}),
    "conversations.retrieve": ("GET", "/conversations/conv_f", None),
    "conversations.update": ("POST", "/conversations/conv_f", {"metadata": {"changed": "yes"}}),
    "conversations.delete": ("DELETE", "/conversations/conv_f", None),
    "conversations.items.create": (
        "POST",
        "/conversations/conv_f/items",
        ITEMS,
    ),
    "conversations.items.list": ("GET", "/conversations/conv_f/items", None),
    "conversations.items.retrieve": ("GET", "/conversations/conv_f/items/msg_f", None),
    "conversations.items.delete": ("DELETE", "/conversations/conv_f/items/msg_f", None),
}
FORM = "multipart/form-data; boundary=b"
# To cancel a response is refused, always.
SERVED = [name for name in PATHS if name != "responses.cancel"]
BETAS_OF = {operation.name: f"assistants={operation.only or 'v2'}" for operation in OPERATIONS}
READS = {name for name, (method, *_) in PATHS.items() if method == "GET"}


@pytest.fixture
def fault_world(api_of):
    """A simulator in which every request of `PATHS` succeeds."""
    sim = Simulator(brain="auto")
    sim.put("files", {"id": "file_g"})
    sim.put("assistants", {"id": "asst_f", "file_ids": ["file_f"]})
    sim.put("messages", {"id": "msg_f", "thread_id": "thread_f", "content": "Hello?", "file_ids": ["file_f"]})
    sim.put("runs", {"id": "run_f", "thread_id": "thread_f", "status": "completed"})
    sim.put("run_steps", {"id": "step_f", "run_id": "run_f", "thread_id": "thread_f", "status": "completed"})
    call_f = {"id": "call_f", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call_f]}}
    waiting = {"id": "run_w", "thread_id": "thread_w", "status": "requires_action", "required_action": action}
    sim.put("runs", waiting)
    sim.put("uploads", {"id": "upload_e", "bytes": 5})
    sim.put("uploads", {"id": "upload_f", "parts": {"part_f": "x"}})
    sim.put("vector_stores", {"id": "vs_f", "last_active_at": 0})
    sim.put("vector_store_files", {"id": "file_f", "vector_store_id": "vs_f"})
    batch = {"id": "vsfb_f", "vector_store_id": "vs_f", "status": "in_progress", "file_ids": ["file_f"]}
    sim.put("vector_store_file_batches", batch)
    sim.put("responses", {"id": "resp_f"})
    item = {"id": "msg_f", "role": "user", "content": "Hello?"}
    sim.put("conversations", {"id": "conv_f", "items": [item]})
    return api_of(sim)


def test_every_operation_is_in_these_tests():
    assert set(PATHS) == set(OPERATION_NAMES)


@pytest.mark.parametrize("on", ["own", "*"])
@pytest.mark.parametrize("name", SERVED)
def test_a_fault_before_the_effect_leaves_everything_as_it_was(fault_world, state_of, name, on):
    api = fault_world
    before = state_of(api.sim)
    api.sim.faults.add(http_error(503), on=name if on == "own" else on)
    answer = sent(api, name)
    assert (answer.status, answer.error["type"]) == (503, "server_error")
    assert state_of(api.sim) == before
    assert sent(api, name, BETAS_OF[name]).status == 200


@pytest.mark.parametrize("name", SERVED)
def test_a_fault_after_the_effect_loses_only_the_answer(fault_world, state_of, name):
    api = fault_world
    before = state_of(api.sim)
    api.sim.faults.add(http_error(500), on=name, at="after")
    answer = sent(api, name, BETAS_OF[name])
    assert answer.status == 500
    assert (state_of(api.sim) == before) is (name in READS)
    api.sim.check(allow={"active_run"})


def test_the_effect_behind_a_lost_answer_is_the_usual_one(fault_world):
    api = fault_world
    api.sim.faults.add(http_error(500), on="messages.create", at="after")
    api.post(PATHS["messages.create"][1], PATHS["messages.create"][2])
    said = [one["content"][0]["text"]["value"] for one in api.sim.messages("thread_f")]
    assert said == ["Hello?", "x"]


def test_a_retry_after_a_lost_answer_meets_the_lock(fault_world):
    # The SDK retries POSTs without an idempotency key (assistants-api.md 7).
    api, (_, path, body) = fault_world, PATHS["runs.create"]
    api.sim.faults.add(http_error(500), on="runs.create", at="after")
    assert api.post(path, body).status == 500
    run = next(run["id"] for run in api.sim.runs if run["id"] not in ("run_f", "run_w"))
    assert api.post(path, body).error["message"] == f"Thread thread_f already has an active run {run}."


def test_a_fault_strikes_after_skip_and_as_often_as_told(sim, api):
    sim.faults.add(http_error(429), on="assistants.list", skip=2, times=3)
    statuses = [api.get("/assistants").status for _ in range(7)]
    assert statuses == [200, 200, 429, 429, 429, 200, 200]


def test_a_fault_strikes_only_its_operation(sim, api):
    sim.faults.add(http_error(500), on="threads.create")
    assert api.get("/assistants").status == 200
    assert api.post("/threads").status == 500


def test_a_fault_brings_its_own_text_and_headers(sim, api):
    fault = http_error(429, "Slow down.", code="slow", type="t", param="p", retry_after=2, headers={"x-a": "b"})
    sim.faults.add(fault, on="assistants.list")
    answer = api.get("/assistants")
    assert answer.error == {"message": "Slow down.", "type": "t", "param": "p", "code": "slow"}
    assert (answer.headers["retry-after"], answer.headers["x-a"]) == ("2", "b")
    assert answer.headers["x-request-id"].startswith("req_")


def test_a_429_has_no_retry_after_unless_told(sim, api):
    sim.faults.add(http_error(429))
    answer = api.get("/assistants")
    assert "retry-after" not in answer.headers
    assert answer.error == {
        "message": "You've exceeded the rate limit, please slow down and try again later.",
        "type": "invalid_request_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }


def test_a_500_names_its_request(sim, api):
    sim.faults.add(http_error(500))
    answer = api.get("/assistants")
    assert f"include the request ID {answer.headers['x-request-id']} in your email" in answer.error["message"]


def test_a_fault_is_in_the_journal(sim, api):
    sim.faults.add(http_error(500), on="assistants.list")
    api.get("/assistants")
    (struck,) = [entry for entry in sim.journal if type(entry).__name__ == "Struck"]
    assert (struck.operation, struck.fault) == ("assistants.list", "http_error(500) before the effect")


def test_a_refusal_stands_where_a_fault_would_have_come_after_its_effect(sim, api):
    sim.faults.add(http_error(500), on="threads.retrieve", at="after")
    assert api.get("/threads/thread_x").status == 404
    assert not sim.faults


# ── the journal ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_journal_has_each_request_with_its_answer(sim, api):
    answer = api.post("/threads", {"metadata": {"a": "b"}}, query="x=1")
    (exchange,) = sim.requests
    assert (exchange.operation, exchange.method, exchange.path) == ("threads.create", "POST", "/v1/threads")
    assert (exchange.query, exchange.status, exchange.unexpected) == ("x=1", 200, None)
    assert exchange.json == {"metadata": {"a": "b"}}
    assert exchange.response == answer.body
    assert exchange.response_json == answer.json


def test_the_journal_has_what_was_refused(sim, api):
    api.post("/threads", raw=b"{")
    api.get("/models")
    malformed, unknown = sim.requests
    assert (malformed.status, malformed.operation, malformed.json) == (400, "threads.create", None)
    assert (unknown.operation, unknown.unexpected) == (None, unknown.response_json["error"]["message"])


def test_a_whole_loop_by_hand(sim, api, world):
    """The main job once, in plain requests: what comes of it is what `check()` finds in order."""
    tools = [{"type": "function", "function": {"name": "get_weather"}}]
    assistant = world.assistant(tools=tools)
    path, _ = world.started(call("get_weather", city="Lima"), say("Sunny."), assistant=assistant)
    waiting = world.until(path, "requires_action")
    (asked,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert json.loads(asked["function"]["arguments"]) == {"city": "Lima"}
    body = {"tool_outputs": [{"tool_call_id": asked["id"], "output": "sun"}]}
    api.made(f"{path}/submit_tool_outputs", body)
    world.until(path, "completed")
    sim.check()
    sim.script(hang())
    with pytest.raises(AssertionError, match="hang"):
        sim.check()
