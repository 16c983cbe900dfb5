import re

import pytest

from simulator import CheckFailed
from simulator.api import routes
from simulator.api.refusals.addresses import MethodNotAllowed, UnknownUrl
from simulator.api.refusals.surprises import NotSimulated
from simulator.api.routes import OPERATIONS, find, is_assistants_route

# As the SDK names them under `beta`, with the SDK's own paths.
EXPECTED = {
    "assistants.create": "POST /assistants",
    "assistants.list": "GET /assistants",
    "assistants.retrieve": "GET /assistants/asst_1",
    "assistants.update": "POST /assistants/asst_1",
    "assistants.delete": "DELETE /assistants/asst_1",
    "threads.create": "POST /threads",
    "threads.create_and_run": "POST /threads/runs",
    "threads.retrieve": "GET /threads/thread_1",
    "threads.update": "POST /threads/thread_1",
    "threads.delete": "DELETE /threads/thread_1",
    "messages.create": "POST /threads/thread_1/messages",
    "messages.list": "GET /threads/thread_1/messages",
    "messages.retrieve": "GET /threads/thread_1/messages/msg_1",
    "messages.update": "POST /threads/thread_1/messages/msg_1",
    "messages.delete": "DELETE /threads/thread_1/messages/msg_1",
    "runs.create": "POST /threads/thread_1/runs",
    "runs.list": "GET /threads/thread_1/runs",
    "runs.retrieve": "GET /threads/thread_1/runs/run_1",
    "runs.update": "POST /threads/thread_1/runs/run_1",
    "runs.cancel": "POST /threads/thread_1/runs/run_1/cancel",
    "runs.submit_tool_outputs": "POST /threads/thread_1/runs/run_1/submit_tool_outputs",
    "steps.list": "GET /threads/thread_1/runs/run_1/steps",
    "steps.retrieve": "GET /threads/thread_1/runs/run_1/steps/step_1",
    "assistants.files.create": "POST /assistants/asst_1/files",
    "assistants.files.list": "GET /assistants/asst_1/files",
    "assistants.files.retrieve": "GET /assistants/asst_1/files/file_1",
    "assistants.files.delete": "DELETE /assistants/asst_1/files/file_1",
    "messages.files.list": "GET /threads/thread_1/messages/msg_1/files",
    "messages.files.retrieve": "GET /threads/thread_1/messages/msg_1/files/file_1",
    "files.create": "POST /files",
    "files.list": "GET /files",
    "files.retrieve": "GET /files/file_1",
    "files.delete": "DELETE /files/file_1",
    "files.content": "GET /files/file_1/content",
    "uploads.create": "POST /uploads",
    "uploads.parts.create": "POST /uploads/upload_1/parts",
    "uploads.complete": "POST /uploads/upload_1/complete",
    "uploads.cancel": "POST /uploads/upload_1/cancel",
    "vector_stores.create": "POST /vector_stores",
    "vector_stores.list": "GET /vector_stores",
    "vector_stores.retrieve": "GET /vector_stores/vs_1",
    "vector_stores.update": "POST /vector_stores/vs_1",
    "vector_stores.delete": "DELETE /vector_stores/vs_1",
    "vector_stores.search": "POST /vector_stores/vs_1/search",
    "vector_stores.files.create": "POST /vector_stores/vs_1/files",
    "vector_stores.files.list": "GET /vector_stores/vs_1/files",
    "vector_stores.files.retrieve": "GET /vector_stores/vs_1/files/file_1",
    "vector_stores.files.update": "POST /vector_stores/vs_1/files/file_1",
    "vector_stores.files.delete": "DELETE /vector_stores/vs_1/files/file_1",
    "vector_stores.files.content": "GET /vector_stores/vs_1/files/file_1/content",
    "vector_stores.file_batches.create": "POST /vector_stores/vs_1/file_batches",
    "vector_stores.file_batches.retrieve": "GET /vector_stores/vs_1/file_batches/vsfb_1",
    "vector_stores.file_batches.cancel": "POST /vector_stores/vs_1/file_batches/vsfb_1/cancel",
    "vector_stores.file_batches.list_files": "GET /vector_stores/vs_1/file_batches/vsfb_1/files",
    "responses.create": "POST /responses",
    "responses.retrieve": "GET /responses/resp_1",
    "responses.delete": "DELETE /responses/resp_1",
    "responses.cancel": "POST /responses/resp_1/cancel",
    "responses.input_items.list": "GET /responses/resp_1/input_items",
    "conversations.create": "POST /conversations",
    "conversations.retrieve": "GET /conversations/conv_1",
    "conversations.update": "POST /conversations/conv_1",
    "conversations.delete": "DELETE /conversations/conv_1",
    "conversations.items.create": "POST /conversations/conv_1/items",
    "conversations.items.list": "GET /conversations/conv_1/items",
    "conversations.items.retrieve": "GET /conversations/conv_1/items/msg_1",
    "conversations.items.delete": "DELETE /conversations/conv_1/items/msg_1",
}
PREFIXES = (
    "/v1",
    "/openai",
    "//openai",
    "/openai/v1",
    "/proxy/team-a/v1",
    "/api/openai/v1",
    "/threads/v1",
    "/files/v1",
    "",
)


def test_the_operations_are_those_of_both_versions():
    assert {operation.name for operation in OPERATIONS} == set(EXPECTED)
    assert tuple(operation.name for operation in OPERATIONS) == routes.OPERATION_NAMES


def test_each_version_has_operations_of_its_own():
    only = {operation.name: operation.only for operation in OPERATIONS if operation.only is not None}
    stores = [name for name in EXPECTED if name.startswith("vector_stores.")]
    files = [name for name in EXPECTED if ".files." in name and name not in stores]
    assert only == {"messages.delete": "v2", **dict.fromkeys(files, "v1"), **dict.fromkeys(stores, "v2")}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("name", EXPECTED)
def test_a_route_is_found_behind_any_prefix(name, prefix):
    method, path = EXPECTED[name].split()
    match = find(method, prefix + path)
    assert match.operation.name == name
    assert match.ids == tuple(re.findall(r"(?:asst|thread|msg|run|step|file|upload|vs|vsfb|resp|conv)_1", path))


@pytest.mark.parametrize(
    "path, ids",
    [
        ("/v1/threads/thread_%31", ("thread_1",)),
        ("/v1/threads/a%2Fb", ("a/b",)),
        ("/v1/threads/%C3%BC", ("ü",)),
        ("/v1/threads/%FF", ("\N{REPLACEMENT CHARACTER}",)),
        ("/v1/threads/*", ("*",)),
        ("/v1/threads/%2A", ("*",)),
        ("/v1/threads/..", ("..",)),
        ("/v1/threads/%20", (" ",)),
        ("/openai/threads/a%2Fb", ("a/b",)),
    ],
)
def test_an_id_is_whatever_stands_between_two_slashes(path, ids):
    match = find("GET", path)
    assert (match.operation.name, match.ids) == ("threads.retrieve", ids)


def test_the_word_runs_is_no_id_where_a_route_has_it():
    assert find("POST", "/v1/threads/runs").operation.name == "threads.create_and_run"
    assert find("GET", "/v1/threads/runs").ids == ("runs",)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/v1", "/v1/", "/v2/nothing", "/v1/threads/", "/v1/threads//messages", "/v1//threads"),
        *("/v1/threads/t/messages/", "/v1/threads/t/nothing", "/v1/threads/t/runs/r/steps/s/more"),
        *("/v1/threads/t/messages/m/file", "/v1/_stainless_unknown_path", "/v1/assistants/a/files/f/content"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_route_that_there_is_not_is_unknown(method, path):
    with pytest.raises(UnknownUrl) as caught:
        find(method, path)
    assert caught.value.message == f"Invalid URL ({method} {path})"


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("PUT", "/v1/threads", "POST"),
        ("GET", "/v1/threads", "POST"),
        ("PATCH", "/v1/threads/thread_1", "GET, POST, DELETE"),
        ("HEAD", "/v1/assistants", "POST, GET"),
        ("post", "/v1/threads", "POST"),
        ("DELETE", "/v1/threads/t/runs/r", "GET, POST"),
    ],
)
def test_a_method_that_the_route_does_not_take_names_those_that_it_takes(method, path, allowed):
    with pytest.raises(MethodNotAllowed) as caught:
        find(method, path)
    assert caught.value.message == f"Not allowed to {method} on {path}. This route takes {allowed}."


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/v1/embeddings",
            "/v1/chat/completions",
            "/v1/responses/compact",
            "/v1/models",
            "/v1/moderations",
            "/v1/videos",
        ),
        *(
            "/v1/fine_tuning/jobs",
            "/openai/deployments/gpt-4o/chat/completions",
            "/v1/responses/input_tokens",
            "/v1/batches",
        ),
    ],
)
def test_another_noun_of_the_host_is_refused_by_name(path):
    with pytest.raises(NotSimulated, match=re.escape(f"POST {path} is not simulated")):
        find("POST", path)


def test_what_is_not_simulated_is_counted_by_check(sim, api, refused):
    error = refused(lambda: api.post("/embeddings", {}), 400, surprises=1)
    assert error["code"] == "not_simulated"
    assert "sim.stub('POST /v1/embeddings', json=…)" in error["message"]
    with pytest.raises(CheckFailed, match="POST /v1/embeddings is not simulated"):
        sim.check()
    sim.check(allow={"unexpected_request"})


def test_what_is_not_simulated_is_not_retried(api):
    assert api.get("/models").headers["x-should-retry"] == "false"


@pytest.mark.parametrize("path, status", [("/nothing", 404), ("/threads/", 404)])
def test_an_unknown_route_is_an_answer_of_the_api_and_no_finding(sim, api, refused, path, status):
    assert refused(lambda: api.get(path), status)["code"] is None
    sim.check()


def test_a_wrong_method_is_405(api, refused):
    error = refused(lambda: api.send("PUT", "/threads"), 405)
    assert (error["type"], error["code"]) == ("invalid_request_error", "method_not_supported")
    assert api.send("PUT", "/threads").headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path, switched_off",
    [
        ("/v1/threads/x/runs", True),
        ("/openai/assistants", True),
        ("/v1/files", False),
        ("/", False),
        ("/v1/", False),
        ("/v1/x", False),
    ],
)
def test_which_routes_were_switched_off(path, switched_off):
    assert is_assistants_route(path) is switched_off


def test_every_operation_takes_time():
    assert all(0 < operation.seconds < 3 for operation in OPERATIONS)
