"""Requests that the service refuses before it looks at any object, and what it says (assistants-api.md 5).

A row: the operation, its body or query, and the message, `param` and `code` of the refusal.
"""

from __future__ import annotations

MESSAGE = {"role": "user", "content": "Hi"}
BODIES = {
    "create_assistant": {"model": "gpt-4o"},
    "update_assistant": {},
    "create_thread": {},
    "update_thread": {},
    "create_message": MESSAGE,
    "update_message": {},
    "create_run": {"assistant_id": "asst_1"},
    "create_thread_and_run": {"assistant_id": "asst_1"},
    "update_run": {},
    "submit_tool_outputs": {"tool_outputs": []},
}
TAKE_METADATA = [name for name in BODIES if name != "submit_tool_outputs"]


def wrong_type(where, expected, got):
    return f"Invalid type for '{where}': expected {expected}, but got {got} instead.", where, "invalid_type"


def too_long(where, kind, limit, got):
    expected = f"Expected {kind[1]} with maximum length {limit}, but got {kind[1]} with length {got} instead."
    return f"Invalid '{where}': {kind[0]} too long. {expected}", where, f"{kind[0]}_above_max_length"


def below(where, limit, got, kind="integer"):
    said = f"Invalid '{where}': {kind} below minimum value. Expected a value >= {limit}, but got {got} instead."
    return said, where, f"{kind}_below_min_value"


def above(where, limit, got, kind="integer"):
    said = f"Invalid '{where}': {kind} above maximum value. Expected a value <= {limit}, but got {got} instead."
    return said, where, f"{kind}_above_max_value"


def unknown(where):
    return f"Unknown parameter: '{where}'.", where, "unknown_parameter"


def missing(where):
    return f"Missing required parameter: '{where}'.", where, "missing_required_parameter"


def one_of(where, value, *supported):
    *first, last = [f"'{one}'" for one in supported]
    listed = f"{first[0]} and {last}" if len(first) == 1 else f"{', '.join(first)}, and {last}"
    return f"Invalid value: '{value}'. Supported values are: {listed}.", where, "invalid_value"


LONG_KEY = "k" * 65
LONG_KEY_SAID = (
    f"Invalid property name in 'metadata': '{LONG_KEY}' is too long."
    " Expected a string with maximum length 64, but got a string with length 65 instead."
)
TOO_MANY_SAID = (
    "Invalid 'metadata': too many properties. Expected an object with at most 16 properties,"
    " but got an object with 17 properties instead."
)
ROLES = ("user", "assistant")
STRING, ARRAY = ("string", "a string"), ("array", "an array")
METADATA = [
    ({"metadata": {"a": True}}, wrong_type("metadata.a", "a string", "a boolean")),
    ({"metadata": {"a": 1}}, wrong_type("metadata.a", "a string", "an integer")),
    ({"metadata": {"a": 1.5}}, wrong_type("metadata.a", "a string", "a decimal number")),
    ({"metadata": {"a": None}}, wrong_type("metadata.a", "a string", "null")),
    ({"metadata": {"a": []}}, wrong_type("metadata.a", "a string", "an array")),
    ({"metadata": {"a": {}}}, wrong_type("metadata.a", "a string", "an object")),
    ({"metadata": "a"}, wrong_type("metadata", "an object", "a string")),
    ({"metadata": {"a": "x" * 513}}, too_long("metadata.a", STRING, 512, 513)),
    ({"metadata": {LONG_KEY: "x"}}, (LONG_KEY_SAID, f"metadata.{LONG_KEY}", "property_name_above_max_length")),
    (
        {"metadata": {str(number): "x" for number in range(17)}},
        (TOO_MANY_SAID, "metadata", "object_above_max_properties"),
    ),
]
TOOLS = ("code_interpreter", "function", "file_search")
SETTINGS = [
    ({"temperature": 2.5}, above("temperature", 2, 2.5, "decimal")),
    ({"temperature": -1}, below("temperature", 0, -1, "decimal")),
    ({"temperature": "1"}, wrong_type("temperature", "a number", "a string")),
    ({"top_p": 1.5}, above("top_p", 1, 1.5, "decimal")),
    ({"tools": [{"type": "retrieval"}]}, one_of("tools[0].type", "retrieval", *TOOLS)),
    ({"tools": [{"type": "function"}]}, missing("tools[0].function")),
    ({"tools": [{"type": "function", "function": {}}]}, missing("tools[0].function.name")),
    ({"tools": [{}]}, missing("tools[0].type")),
    ({"tools": {}}, wrong_type("tools", "an array", "an object")),
    ({"instructions": 5}, wrong_type("instructions", "a string", "an integer")),
    ({"file_ids": ["file-1"]}, unknown("file_ids")),
]
ROWS = [
    *[(name, {**BODIES[name], **body}, error) for name in TAKE_METADATA for body, error in METADATA],
    *[(name, {**BODIES[name], "nonsense": 1}, unknown("nonsense")) for name in BODIES],
    *[
        (name, {**BODIES[name], **body}, error)
        for name in ("create_assistant", "update_assistant", "create_run", "create_thread_and_run")
        for body, error in SETTINGS
    ],
    ("create_assistant", {}, missing("model")),
    ("create_assistant", {"model": "gpt-4o", "name": "n" * 257}, too_long("name", STRING, 256, 257)),
    ("create_assistant", {"model": "gpt-4o", "description": "d" * 513}, too_long("description", STRING, 512, 513)),
    (
        "create_assistant",
        {"model": "gpt-4o", "tools": [{"type": "code_interpreter"}] * 129},
        too_long("tools", ARRAY, 128, 129),
    ),
    ("create_thread", {"messages": [{"role": "user"}]}, missing("messages[0].content")),
    (
        "create_thread",
        {"messages": [{**MESSAGE, "role": "system"}]},
        one_of("messages[0].role", "system", *ROLES),
    ),
    ("create_message", {"role": "user"}, missing("content")),
    ("create_message", {"content": "Hi"}, missing("role")),
    ("create_message", {**MESSAGE, "role": "system"}, one_of("role", "system", *ROLES)),
    ("create_message", {**MESSAGE, "content": "x" * 256_001}, too_long("content", STRING, 256_000, 256_001)),
    ("create_run", {}, missing("assistant_id")),
    ("create_run", {"assistant_id": 1}, wrong_type("assistant_id", "a string", "an integer")),
    ("create_run", {"assistant_id": "asst_1", "stream": "yes"}, wrong_type("stream", "a boolean", "a string")),
    ("create_thread_and_run", {"assistant_id": "asst_1", "thread": []}, wrong_type("thread", "an object", "an array")),
    ("submit_tool_outputs", {}, missing("tool_outputs")),
    ("submit_tool_outputs", {"tool_outputs": {}}, wrong_type("tool_outputs", "an array", "an object")),
    (
        "submit_tool_outputs",
        {"tool_outputs": [{"tool_call_id": "call_1", "output": {}}]},
        wrong_type("tool_outputs[0].output", "a string", "an object"),
    ),
]

QUERIES = [
    ("limit=0", below("limit", 1, 0)),
    ("limit=101", above("limit", 100, 101)),
    ("limit=ten", wrong_type("limit", "an integer", "a string")),
    ("order=up", one_of("order", "up", "asc", "desc")),
]
