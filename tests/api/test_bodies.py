"""An explicit null means "not given", everywhere: agent libraries send it as a matter of course (clients.md)."""

import typing

import pytest

from simulator import Simulator
from simulator.api import bodies, vector_store_bodies
from simulator.api.responses import bodies as response_bodies
from simulator.api.routes import OPERATIONS
from simulator.api.validation import checked

ADAPTERS = {one.name: one.body for one in OPERATIONS if one.body is not None and one.only != "v1"}
MESSAGE = {"role": "user", "content": "Hello?"}
# The least that each body must hold.
LEAST = {
    "assistants.create": {"model": "gpt-4o"},
    "threads.create_and_run": {"assistant_id": "asst_known", "thread": {"messages": [MESSAGE]}},
    "messages.create": MESSAGE,
    "runs.create": {"assistant_id": "asst_known"},
    "runs.submit_tool_outputs": {"tool_outputs": [{"tool_call_id": "call_known", "output": "1"}]},
    "uploads.create": {"bytes": 1, "filename": "f", "mime_type": "text/plain", "purpose": "assistants"},
    "uploads.complete": {"part_ids": ["part_known"]},
    "vector_stores.search": {"query": "q"},
    "vector_stores.files.create": {"file_id": "file_known"},
    "vector_stores.files.update": {"attributes": {}},
    "vector_stores.file_batches.create": {"file_ids": ["file_known"]},
    "responses.create": {"model": "gpt-4o", "input": "Hello?"},
    "conversations.update": {"metadata": {}},
    "conversations.items.create": {"items": [MESSAGE]},
}
BODIES = {
    "assistants.create": bodies.AssistantCreate,
    "assistants.update": bodies.AssistantUpdate,
    "threads.create": bodies.ThreadCreate,
    "threads.create_and_run": bodies.ThreadAndRunCreate,
    "threads.update": bodies.ThreadUpdate,
    "messages.create": bodies.MessageCreate,
    "messages.update": bodies.MetadataUpdate,
    "runs.create": bodies.RunCreate,
    "runs.update": bodies.MetadataUpdate,
    "runs.submit_tool_outputs": bodies.ToolOutputsSubmit,
    "uploads.create": bodies.UploadCreate,
    "uploads.complete": bodies.UploadComplete,
    "vector_stores.create": vector_store_bodies.VectorStoreCreate,
    "vector_stores.update": vector_store_bodies.VectorStoreUpdate,
    "vector_stores.search": vector_store_bodies.Search,
    "vector_stores.files.create": vector_store_bodies.FileCreate,
    "vector_stores.files.update": vector_store_bodies.FileUpdate,
    "vector_stores.file_batches.create": vector_store_bodies.FileBatchCreate,
    "responses.create": response_bodies.ResponseCreate,
    "conversations.create": response_bodies.ConversationCreate,
    "conversations.update": response_bodies.ConversationUpdate,
    "conversations.items.create": response_bodies.ItemsCreate,
}
PATHS = {
    "assistants.create": "/assistants",
    "assistants.update": "/assistants/asst_known",
    "threads.create": "/threads",
    "threads.create_and_run": "/threads/runs",
    "threads.update": "/threads/thread_known",
    "messages.create": "/threads/thread_known/messages",
    "messages.update": "/threads/thread_known/messages/msg_known",
    "runs.create": "/threads/thread_known/runs",
    "runs.update": "/threads/thread_known/runs/run_known",
    "runs.submit_tool_outputs": "/threads/thread_busy/runs/run_waiting/submit_tool_outputs",
    "uploads.create": "/uploads",
    "uploads.complete": "/uploads/upload_known/complete",
    "vector_stores.create": "/vector_stores",
    "vector_stores.update": "/vector_stores/vs_known",
    "vector_stores.search": "/vector_stores/vs_known/search",
    "vector_stores.files.create": "/vector_stores/vs_known/files",
    "vector_stores.files.update": "/vector_stores/vs_known/files/file_known",
    "vector_stores.file_batches.create": "/vector_stores/vs_known/file_batches",
    "responses.create": "/responses",
    "conversations.create": "/conversations",
    "conversations.update": "/conversations/conv_known",
    "conversations.items.create": "/conversations/conv_known/items",
}


def optional_keys(body):
    hints = typing.get_type_hints(body)
    return [key for key in hints if key not in LEAST_OF[body]]


LEAST_OF = {body: LEAST.get(name, {}) for name, body in BODIES.items()}
TOP_LEVEL = [(name, key) for name, body in BODIES.items() for key in optional_keys(body)]


def known_world():
    """A simulator that holds what `PATHS` name; the same bytes each time."""
    sim = Simulator(brain="auto")
    sim.put("assistants", {"id": "asst_known", "instructions": "Be brief.", "metadata": {"a": "b"}, "name": "n"})
    sim.put("threads", {"id": "thread_known", "metadata": {"a": "b"}})
    sim.put("messages", {"id": "msg_known", "thread_id": "thread_known", "content": "x", "metadata": {"a": "b"}})
    sim.put("runs", {"id": "run_known", "thread_id": "thread_known", "status": "completed", "metadata": {"a": "b"}})
    sim.put("files", {"id": "file-f"})
    call = {"id": "call_known", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}
    placed = {"thread_id": "thread_busy", "status": "requires_action", "required_action": action}
    sim.put("runs", {"id": "run_waiting", **placed})
    sim.put("files", {"id": "file_known", "content": "known"})
    sim.put("uploads", {"id": "upload_known", "parts": {"part_known": "known"}})
    sim.put("vector_stores", {"id": "vs_known", "name": "n"})
    sim.put("vector_store_files", {"id": "file_known", "vector_store_id": "vs_known"})
    sim.put("conversations", {"id": "conv_known"})
    return sim


def test_every_body_of_an_operation_is_in_these_tests():
    assert set(BODIES) == set(PATHS) == set(ADAPTERS)


@pytest.mark.parametrize("name, key", TOP_LEVEL)
def test_a_null_field_is_a_field_that_is_left_out(api_of, name, key):
    least = LEAST.get(name, {})
    without, with_null = known_world(), known_world()
    expected = api_of(without).post(PATHS[name], least)
    answer = api_of(with_null).post(PATHS[name], {**least, key: None})
    assert expected.status == 200
    assert (answer.status, answer.body) == (200, expected.body)


@pytest.mark.parametrize("name", BODIES)
def test_all_nulls_at_once_change_nothing(api_of, state_of, name):
    least = LEAST.get(name, {})
    without, with_nulls = known_world(), known_world()
    nulls = dict.fromkeys(optional_keys(BODIES[name]))
    expected = api_of(without).post(PATHS[name], least)
    answer = api_of(with_nulls).post(PATHS[name], {**nulls, **least})
    assert answer.body == expected.body
    assert state_of(with_nulls) == state_of(without)


def tool(**function):
    return {"tools": [{"type": "function", "function": {"name": "f", **function}}]}


SEARCH = {"type": "file_search"}
# Body with a null somewhere inside, and the same without it.
NESTED = [
    ("assistants.create", tool(description=None, parameters=None, strict=None), tool()),
    ("assistants.create", {"tools": [{**SEARCH, "file_search": None}]}, {"tools": [SEARCH]}),
    (
        "assistants.create",
        {"tools": [{**SEARCH, "file_search": {"max_num_results": None, "ranking_options": None}}]},
        {"tools": [SEARCH]},
    ),
    (
        "assistants.create",
        {"tools": [{**SEARCH, "file_search": {"ranking_options": {"ranker": None, "score_threshold": None}}}]},
        {"tools": [SEARCH]},
    ),
    ("assistants.create", {"tool_resources": {"code_interpreter": None, "file_search": None}}, {}),
    (
        "assistants.create",
        {"tools": [SEARCH], "tool_resources": {"file_search": {"vector_store_ids": None, "vector_stores": None}}},
        {"tools": [SEARCH]},
    ),
    ("threads.create", {"tool_resources": {"code_interpreter": {"file_ids": None}}}, {}),
    ("threads.create", {"messages": [{**MESSAGE, "attachments": None, "metadata": None}]}, {"messages": [MESSAGE]}),
    ("threads.create", {"messages": []}, {}),
    ("messages.create", {**MESSAGE, "attachments": []}, MESSAGE),
    (
        "messages.create",
        {**MESSAGE, "attachments": [{"file_id": "file-f", "tools": None}]},
        {**MESSAGE, "attachments": [{"file_id": "file-f"}]},
    ),
    (
        "messages.create",
        {**MESSAGE, "content": [{"type": "image_url", "image_url": {"url": "u", "detail": None}}]},
        {**MESSAGE, "content": [{"type": "image_url", "image_url": {"url": "u"}}]},
    ),
    (
        "messages.create",
        {**MESSAGE, "content": [{"type": "image_file", "image_file": {"file_id": "file-f", "detail": None}}]},
        {**MESSAGE, "content": [{"type": "image_file", "image_file": {"file_id": "file-f"}}]},
    ),
    ("runs.create", tool(parameters=None, strict=None), tool()),
    (
        "runs.create",
        {"truncation_strategy": {"type": "auto", "last_messages": None}},
        {"truncation_strategy": {"type": "auto"}},
    ),
    (
        "runs.create",
        {"additional_messages": [{**MESSAGE, "metadata": None}]},
        {"additional_messages": [MESSAGE]},
    ),
    ("runs.create", {"additional_messages": []}, {}),
    (
        "runs.create",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": None, "schema": None}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}},
    ),
    (
        "threads.create_and_run",
        {"thread": {"messages": [{**MESSAGE, "attachments": None}], "metadata": None, "tool_resources": None}},
        {},
    ),
    (
        "runs.submit_tool_outputs",
        {"tool_outputs": [{"tool_call_id": "call_known", "output": None}]},
        {"tool_outputs": [{"tool_call_id": "call_known", "output": ""}]},
    ),
]


@pytest.mark.parametrize("name, with_null, without", NESTED)
def test_a_null_inside_is_left_out_too(api_of, state_of, name, with_null, without):
    least = LEAST.get(name, {})
    one, other = known_world(), known_world()
    expected = api_of(one).post(PATHS[name], {**least, **without})
    answer = api_of(other).post(PATHS[name], {**least, **with_null})
    assert expected.status == 200
    assert (answer.status, answer.body) == (200, expected.body)
    assert state_of(other) == state_of(one)


SCHEMA = {"type": "object", "properties": {"a": {"default": None, "enum": [None, "x"], "const": None}}, "title": None}


def test_nulls_inside_a_json_schema_are_kept(api):
    made = api.made("/assistants", {"model": "m", **tool(parameters=SCHEMA)})
    assert made["tools"][0]["function"]["parameters"] == SCHEMA
    answer_schema = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
    made = api.made("/assistants", {"model": "m", "response_format": answer_schema})
    assert made["response_format"] == answer_schema


@pytest.mark.parametrize("name, key", [("assistants.create", "model"), ("runs.create", "assistant_id")])
def test_a_null_is_no_value_of_a_required_field(api, refused, name, key):
    error = refused(lambda: api.post(PATHS[name], {**LEAST[name], key: None}), 400)
    assert error["message"] == f"Invalid type for '{key}': expected a string, but got null instead."


def test_a_submit_may_leave_an_output_out(api_of):
    api = api_of(known_world())
    run = api.made(PATHS["runs.submit_tool_outputs"], {"tool_outputs": [{"tool_call_id": "call_known"}]})
    assert run["status"] == "queued"
    assert [one.output for one in api.sim.calls] == [""]


@pytest.mark.parametrize("name", BODIES)
def test_what_an_adapter_lets_through_has_no_null(name):
    least = LEAST.get(name, {})
    assert checked(ADAPTERS[name], {**dict.fromkeys(optional_keys(BODIES[name])), **least}) == least
