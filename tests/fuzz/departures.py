"""Where the simulator departs from the specification, knowingly: every place with its reason.

Three tables. `SHOWN`: what recorded answers contradict. `ASKED`: what the service refuses or takes, and the
specification does not say. `REFUSED`: errors that a right request may get, because of the state that it meets.
`make fuzz` prints how often each row of the last was met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

NULL: Schema = {"type": "null"}
NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
FREE: Schema = {"type": "object"}

# What every error looks like; the specification of these endpoints has none. Those of files have a `detail` as well.
_ERROR: Schema = {
    "type": "object",
    "required": ["message", "type", "param", "code"],
    "additionalProperties": False,
    "properties": {
        "message": {"type": "string", "minLength": 1},
        "type": {"enum": ["invalid_request_error", "server_error"]},
        "param": NULLABLE_TEXT,
        "code": NULLABLE_TEXT,
    },
}
ENVELOPE: Schema = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {"error": _ERROR, "detail": FREE},
}
EVENT: Schema = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
}
STREAMED = ("/threads/runs", "/threads/{thread_id}/runs", "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs")

# In answers. A row: the schema, what is done to it, and why.

Edit: TypeAlias = Callable[[Schema], None]


def may_lack(*names: str) -> Edit:
    """Return an edit that makes properties optional."""

    def edit(schema: Schema) -> None:
        schema["required"] = [name for name in schema["required"] if name not in names]

    return edit


def may_be_null(*names: str) -> Edit:
    """Return an edit that lets properties be null."""

    def edit(schema: Schema) -> None:
        for name in names:
            schema["properties"][name] = {"anyOf": [schema["properties"][name], NULL]}

    return edit


def has_no_minimum(*names: str) -> Edit:
    """Return an edit that takes the least value of properties away."""

    def edit(schema: Schema) -> None:
        for name in names:
            schema["properties"][name] = {"type": ["integer", "null"]}

    return edit


def is_now(name: str, value: Schema) -> Edit:
    """Return an edit that puts another schema in place of a property."""

    def edit(schema: Schema) -> None:
        schema["properties"][name] = value

    return edit


def _any_url(schema: Schema) -> None:
    schema["properties"]["image_url"]["properties"]["url"].pop("format", None)


def _purposes(schema: Schema) -> None:
    schema["properties"]["purpose"]["enum"].append("evals")


_EMPTY_PAGE = "an empty page has null ids (recorded-traffic.md 8)"
SHOWN: Sequence[tuple[str, Edit, str]] = (
    (
        "MessageObject",
        may_lack("status", "incomplete_details", "completed_at", "incomplete_at"),
        "254 of 254 recorded messages lack them outside of streams (recorded-traffic.md 1)",
    ),
    (
        "MessageObject",
        may_lack("attachments"),
        "the answer to a modification has `file_ids` in its place (assistants-api.md 3)",
    ),
    (
        "RunStepObject",
        may_lack("expired_at", "metadata"),
        "steps have `expires_at` and no metadata (recorded-traffic.md 1)",
    ),
    ("FunctionObject", may_be_null("description"), "echoed as null where it was not given (recorded-traffic.md 1)"),
    ("RunObject", may_be_null("instructions"), "null where neither assistant nor run has any (assistants-api.md 1.2)"),
    (
        "RunObject",
        has_no_minimum("max_prompt_tokens", "max_completion_tokens"),
        "16 was taken, and echoed (assistants-api.md 1.7)",
    ),
    (
        "VectorStoreFileBatchObject",
        is_now("object", {"enum": ["vector_store.file_batch"]}),
        "spelled so in every recording (recorded-traffic.md 1)",
    ),
    ("VectorStoreObject", may_be_null("name", "expires_after"), "null where there is none (recorded-traffic.md 1)"),
    ("MessageContentImageUrlObject", _any_url, "echoed as it was given; a run finds out where it leads"),
    ("OpenAIFile", _purposes, "the list in the request has `evals`, too"),
    ("OpenAIFile", may_be_null("expires_at", "status_details"), "null in every recording (recorded-traffic.md 1)"),
    *(
        (f"List{noun}Response", may_be_null("first_id", "last_id"), _EMPTY_PAGE)
        for noun in ("Assistants", "Files", "Messages", "RunSteps", "Runs", "VectorStoreFiles", "VectorStores")
    ),
)

# In requests. Beside these, `null` is taken wherever something may be left out (clients.md), and no object may
# have a parameter that nobody knows (`Unknown parameter: 'file_ids'.`, assistants-api.md 5.1).

_WORD: Schema = {"type": "string", "maxLength": 64, "pattern": "^[a-zA-Z0-9_-]+$"}


def _pairs(schema: Schema) -> None:
    pairs = {"additionalProperties": {"type": "string", "maxLength": 512}, "propertyNames": {"maxLength": 64}}
    schema["anyOf"][0].update(maxProperties=16, **pairs)


def _content(schema: Schema) -> None:
    schema["properties"]["content"]["oneOf"][0].update(minLength=1, maxLength=256_000)


def _outputs(schema: Schema) -> None:
    schema["properties"]["tool_outputs"]["items"]["required"] = ["tool_call_id"]


def _attachments(schema: Schema) -> None:
    schema["properties"]["attachments"]["anyOf"][0]["items"]["required"] = ["file_id"]


def _json_schema(schema: Schema) -> None:
    schema["properties"]["json_schema"]["properties"]["name"] = _WORD


def _choice(schema: Schema) -> None:
    function = {"type": {"enum": ["function"]}, "function": schema["properties"]["function"]}
    builtin = {"type": {"enum": ["code_interpreter", "file_search"]}}
    schema.clear()
    schema["oneOf"] = [
        {"type": "object", "properties": function, "required": ["type", "function"]},
        {"type": "object", "properties": builtin, "required": ["type"]},
    ]


def _resources(schema: Schema) -> None:
    for one in schema["properties"]["tool_resources"]["anyOf"]:
        for alternatives in ("anyOf", "oneOf"):
            one.get("properties", {}).get("file_search", {}).pop(alternatives, None)


def _tokens(schema: Schema) -> None:
    for name in ("max_prompt_tokens", "max_completion_tokens"):
        schema["properties"][name] = {"type": "integer", "minimum": 1}


ASKED: Sequence[tuple[str, Edit, str]] = (
    ("Metadata", _pairs, "16 pairs, 64 and 512 characters, as its description says (assistants-api.md 1.7)"),
    ("FunctionObject", is_now("name", _WORD), "as its description says"),
    ("ResponseFormatJsonSchema", _json_schema, "as its description says"),
    ("AssistantsNamedToolChoice", _choice, "a function goes with the type `function`, and with no other"),
    ("CreateMessageRequest", _content, "256,000 characters (assistants-api.md 3); an empty text is refused"),
    ("CreateMessageRequest", _attachments, "tools of an attachment may be left out, as in the SDK"),
    ("SubmitToolOutputsRunRequest", _outputs, "an output without the id of a call answers none"),
    ("CreateAssistantRequest", _resources, "`file_search` may be empty, as in the SDK's types"),
    ("CreateThreadRequest", _resources, "`file_search` may be empty, as in the SDK's types"),
    (
        "MessageContentImageUrlObject",
        _any_url,
        "where it leads is found out by the run, which fails with `invalid_image_url` (reported 2025-06)",
    ),
    (
        "FileSearchRankingOptions",
        may_lack("score_threshold"),
        "0 where it is not specified, as its description says",
    ),
    ("CreateRunRequest", _tokens, "16 was taken (assistants-api.md 1.7)"),
    ("CreateThreadAndRunRequest", _tokens, "16 was taken (assistants-api.md 1.7)"),
)

# Errors that a right request may get. A row: the message, and why.

REFUSED: Sequence[tuple[str, str]] = (
    (r"Invalid '[\w.\[\]]+_id': '.*'. Expected an ID that begins with '\w+'\.", "ids are judged by their prefix first"),
    (r"Invalid type for '.*': expected an integer, but got a decimal number instead\.", "1.0 is no integer"),
    (r"Can't add messages to \w+ while a run \w+ is active\.", "the thread is locked"),
    (r"Thread \w+ already has an active run \w+\.", "the thread is locked"),
    (r"Cannot (cancel|update) run with status '\w+'\.", "the run is in another state"),
    (r'Runs in status "\w+" do not accept tool outputs\.', "the run is in another state"),
    (r"Expected tool outputs for call_ids \[.*\], got \[.*\]", "outputs answer the calls that were made"),
    (r"Run creation requires a Thread with a user message or .*", "nothing to answer"),
    (r"Invalid '[\w.\[\]]+chunk_overlap_tokens': integer below minimum value\..*", "nothing is the least"),
    (r"Invalid 'query': array too short\..*", "a search without a question"),
    (r"Function tools must have unique names\.", "reported (dotnet/extensions#6743)"),
    (r"Invalid schema for .*: In context=.*", "a strict schema is strict (assistants-api.md 5.1)"),
    (r"Invalid value for 'tool_choice': no function named .*", "a choice is one of the tools"),
    (
        r"Missing required parameter: 'truncation_strategy.last_messages'\.",
        "the type asks for it (assistants-api.md 1.7)",
    ),
    (r"The requested model '.*' cannot be used with the Assistants API\.", "never served (assistants-api.md 5.1)"),
    (r"Provide either 'file_ids' or 'files', and not both\.", "the specification says so in words"),
    (r"Invalid '.*': chunk_overlap_tokens must not be more than half .*", "the specification says so in words"),
    (r"'.*' is not of type 'object' - 'expires_after'", "clients send it in fields, `expires_after[anchor]`"),
    (r"Invalid tools: all tools must be of type `function` when .*", "a schema excludes built-in tools"),
)


def amended(spec: Schema) -> Schema:
    """Return the specification with what it leaves out, and with our departures from it."""
    _write_nulls(spec)
    schemas = spec["components"]["schemas"]
    _refer_to_themselves(schemas["CompoundFilter"]["properties"]["filters"]["items"]["oneOf"])
    for path, operation in _operations(spec):
        if "requestBody" in operation:
            _amend_body(operation["requestBody"], schemas)
        _add_errors(operation)
        if path.startswith("/files/") and path.endswith("/content"):  # the bytes, whatever they are
            operation["responses"]["200"]["content"] = {"application/octet-stream": {"schema": {}}}
        if path in STREAMED:  # the specification describes streams in words only
            operation["responses"]["200"]["content"]["text/event-stream"] = {"schema": EVENT}
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "limit":  # "Limit can range between 1 and 100", says its description
                parameter["schema"].update(minimum=1, maximum=10_000 if path == "/files" else 100)
    for name, edit, _ in SHOWN:
        edit(schemas[name])
    return spec


def listed(failure: Any, message: str) -> str | None:
    """Return why a failure of a check is none, or None."""
    if failure.operation == "POST /files" and failure.title == "Schema-violating request accepted":
        return "in a form everything is a text"
    if failure.title != "Schema-valid request rejected":
        return None
    return next((why for pattern, why in REFUSED if re.fullmatch(pattern, message, re.DOTALL)), None)


def _operations(spec: Schema) -> list[tuple[str, Schema]]:
    methods = {"get", "post", "delete"}
    return [(path, item[one]) for path, item in spec["paths"].items() for one in item if one in methods]


def _add_errors(operation: Schema) -> None:
    answer = operation["responses"]["200"]
    error = {"description": "An error.", "content": {"application/json": {"schema": ENVELOPE}}}
    operation["responses"] = {"200": answer, "default": error}


def _amend_body(body: Schema, schemas: dict[str, Schema]) -> None:
    media = body["content"].get("application/json")  # a form has no null, and takes whatever is a text
    if media is None:
        return
    if not _whole(media["schema"], schemas).get("required"):  # nothing in it has to be there: nor has itself
        body["required"] = False
    media["schema"] = _for_requests(media["schema"], schemas)
    if not body.get("required"):  # `null` is no body
        media["schema"] = _or_null(media["schema"])


def _whole(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _refer_to_themselves(alternatives: list[Schema]) -> None:
    """Write `$recursiveRef`, which is of a draft of JSON Schema that OpenAPI 3.1 left behind, as a plain reference."""
    for one in alternatives:
        if one.pop("$recursiveRef", None):
            one["$ref"] = "#/components/schemas/CompoundFilter"


def _write_nulls(node: Any) -> None:
    """Write `nullable` as version 3.1 of OpenAPI does, which this specification says that it is."""
    if isinstance(node, dict) and {"nullable": True} in node.get("allOf", ()):
        node["anyOf"] = [node.pop("allOf")[0], NULL]
    for one in list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ():
        _write_nulls(one)
    if isinstance(node, dict) and node.pop("nullable", None) is True:
        whole = {key: node.pop(key) for key in list(node) if key != "description"}
        node["anyOf"] = [whole, NULL]


def _for_requests(schema: Any, schemas: dict[str, Schema]) -> Any:
    """Return a schema as requests have it: copies of what it refers to, strict, and with nulls."""
    if isinstance(schema, list):
        return [_for_requests(one, schemas) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        copy = f"Asked{name}"
        if copy not in schemas:
            schemas[copy] = {}  # one that refers to itself ends here
            original = deepcopy(schemas[name])
            for _, edit, _ in (row for row in ASKED if row[0] == name):
                edit(original)
            schemas[copy].update(_for_requests(original, schemas))
        return {"$ref": f"#/components/schemas/{copy}"}
    copied = {key: _for_requests(value, schemas) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        copied.setdefault("additionalProperties", False)
        required = schema.get("required", ())
        copied["properties"] = {
            name: value if name in required else _or_null(value) for name, value in copied["properties"].items()
        }
    return copied


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, NULL]}
