"""The validator's words: assistants-api.md 5.2."""

import json

import pytest
from pydantic import TypeAdapter

from simulator.api import bodies
from simulator.api.refusals.refusal import Refusal
from simulator.api.validation import read_body

MISSING, UNKNOWN = "missing_required_parameter", "unknown_parameter"
TYPE, VALUE, LONG = "invalid_type", "invalid_value", "string_above_max_length"


def function(**fields):
    return {"tools": [{"type": "function", "function": {"name": "f", **fields}}]}


# What stands beside `model` in the body of an assistant: text, param, code.
ASSISTANT_ERRORS = [
    ({"file_ids": []}, "Unknown parameter: 'file_ids'.", "file_ids", UNKNOWN),
    (
        {"tool_resources": {"file_search": {"file_ids": ["f"]}}},
        "Unknown parameter: 'tool_resources.file_search.file_ids'.",
        "tool_resources.file_search.file_ids",
        UNKNOWN,
    ),
    (function(more=1), "Unknown parameter: 'tools[0].function.more'.", "tools[0].function.more", UNKNOWN),
    (
        {"tools": [{"type": "retrieval"}]},
        "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'function', and 'file_search'.",
        "tools[0].type",
        VALUE,
    ),
    ({"tools": [{}]}, "Missing required parameter: 'tools[0].type'.", "tools[0].type", MISSING),
    (
        {"tools": [{"type": "code_interpreter"}, {"type": "function"}]},
        "Missing required parameter: 'tools[1].function'.",
        "tools[1].function",
        MISSING,
    ),
    (
        {"tools": [{"type": 3}]},
        "Invalid type for 'tools[0].type': expected a string, but got an integer instead.",
        "tools[0].type",
        TYPE,
    ),
    ({"tools": {}}, "Invalid type for 'tools': expected an array, but got an object instead.", "tools", TYPE),
    ({"tools": ["f"]}, "Invalid type for 'tools[0]': expected an object, but got a string instead.", "tools[0]", TYPE),
    (
        {"tools": [{"type": "code_interpreter"}] * 163},
        (
            "Invalid 'tools': array too long. Expected an array with maximum length 128,"
            " but got an array with length 163 instead."
        ),
        "tools",
        "array_above_max_length",
    ),
    (
        function(name="a b"),
        (
            "Invalid 'tools[0].function.name': string does not match pattern."
            " Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        ),
        "tools[0].function.name",
        VALUE,
    ),
    (
        function(name="f" * 65),
        (
            "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64,"
            " but got a string with length 65 instead."
        ),
        "tools[0].function.name",
        LONG,
    ),
    (
        function(strict="yes"),
        "Invalid type for 'tools[0].function.strict': expected a boolean, but got a string instead.",
        "tools[0].function.strict",
        TYPE,
    ),
    (
        function(parameters="{}"),
        "Invalid type for 'tools[0].function.parameters': expected an object, but got a string instead.",
        "tools[0].function.parameters",
        TYPE,
    ),
    (
        {"tools": [{"type": "file_search", "file_search": {"max_num_results": 51}}]},
        (
            "Invalid 'tools[0].file_search.max_num_results': integer above maximum value."
            " Expected a value <= 50, but got 51 instead."
        ),
        "tools[0].file_search.max_num_results",
        "integer_above_max_value",
    ),
    (
        {"tools": [{"type": "file_search", "file_search": {"ranking_options": {"ranker": "best"}}}]},
        "Invalid value: 'best'. Supported values are: 'auto' and 'default_2024_08_21'.",
        "tools[0].file_search.ranking_options.ranker",
        VALUE,
    ),
    (
        {"tools": [{"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 1.5}}}]},
        (
            "Invalid 'tools[0].file_search.ranking_options.score_threshold': decimal above maximum value."
            " Expected a value <= 1, but got 1.5 instead."
        ),
        "tools[0].file_search.ranking_options.score_threshold",
        "decimal_above_max_value",
    ),
    (
        {"metadata": {"modified": True}},
        "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
        "metadata.modified",
        TYPE,
    ),
    (
        {"metadata": {"k": None}},
        "Invalid type for 'metadata.k': expected a string, but got null instead.",
        "metadata.k",
        TYPE,
    ),
    (
        {"metadata": {"k": "v" * 600}},
        (
            "Invalid 'metadata.k': string too long. Expected a string with maximum length 512,"
            " but got a string with length 600 instead."
        ),
        "metadata.k",
        LONG,
    ),
    (
        {"metadata": {"k" * 70: "v"}},
        (
            f"Invalid property name in 'metadata': '{'k' * 70}' is too long. Expected a string with maximum length 64,"
            " but got a string with length 70 instead."
        ),
        f"metadata.{'k' * 70}",
        "property_name_above_max_length",
    ),
    (
        {"metadata": {str(number): "v" for number in range(17)}},
        (
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties,"
            " but got an object with 17 properties instead."
        ),
        "metadata",
        "object_above_max_properties",
    ),
    (
        {"metadata": [1]},
        "Invalid type for 'metadata': expected an object, but got an array instead.",
        "metadata",
        TYPE,
    ),
    (
        {"name": "n" * 257},
        (
            "Invalid 'name': string too long. Expected a string with maximum length 256,"
            " but got a string with length 257 instead."
        ),
        "name",
        LONG,
    ),
    ({"name": 1.5}, "Invalid type for 'name': expected a string, but got a decimal number instead.", "name", TYPE),
    (
        {"temperature": 2.5},
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
        "temperature",
        "decimal_above_max_value",
    ),
    (
        {"top_p": -1},
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
        "top_p",
        "decimal_below_min_value",
    ),
    (
        {"temperature": "1"},
        "Invalid type for 'temperature': expected a number, but got a string instead.",
        "temperature",
        TYPE,
    ),
    (
        {"reasoning_effort": "huge"},
        "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
        "reasoning_effort",
        VALUE,
    ),
    (
        {"reasoning_effort": 3},
        "Invalid type for 'reasoning_effort': expected a string, but got an integer instead.",
        "reasoning_effort",
        TYPE,
    ),
    (
        {"response_format": "json"},
        "Invalid value: 'json'. Supported values are: 'auto'.",
        "response_format",
        VALUE,
    ),
    (
        {"response_format": {"type": "xml"}},
        "Invalid value: 'xml'. Supported values are: 'text', 'json_object', and 'json_schema'.",
        "response_format.type",
        VALUE,
    ),
    (
        {"response_format": 5},
        "Invalid type for 'response_format': expected an object, but got an integer instead.",
        "response_format",
        TYPE,
    ),
    (
        {"response_format": {"type": "json_schema"}},
        "Missing required parameter: 'response_format.json_schema'.",
        "response_format.json_schema",
        MISSING,
    ),
    (
        {"tool_resources": {"code_interpreter": {"file_ids": ["f"] * 21}}},
        (
            "Invalid 'tool_resources.code_interpreter.file_ids': array too long."
            " Expected an array with maximum length 20, but got an array with length 21 instead."
        ),
        "tool_resources.code_interpreter.file_ids",
        "array_above_max_length",
    ),
    ({"model": None}, "Invalid type for 'model': expected a string, but got null instead.", "model", TYPE),
]

MESSAGE_ERRORS = [
    ({"role": "system"}, "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.", "role", VALUE),
    (
        {"content": "x" * 256_001},
        (
            "Invalid 'content': string too long. Expected a string with maximum length 256000,"
            " but got a string with length 256001 instead."
        ),
        "content",
        LONG,
    ),
    (
        {"content": ""},
        (
            "Invalid 'content': string too short. Expected a string with minimum length 1,"
            " but got a string with length 0 instead."
        ),
        "content",
        "string_below_min_length",
    ),
    (
        {"content": []},
        (
            "Invalid 'content': array too short. Expected an array with minimum length 1,"
            " but got an array with length 0 instead."
        ),
        "content",
        "array_below_min_length",
    ),
    (
        {"content": 5},
        "Invalid type for 'content': expected one of a string or array of objects, but got an integer instead.",
        "content",
        TYPE,
    ),
    (
        {"content": [{"type": "text", "text": 1}]},
        "Invalid type for 'content[0].text': expected a string, but got an integer instead.",
        "content[0].text",
        TYPE,
    ),
    (
        {"content": [{"type": "audio"}]},
        "Invalid value: 'audio'. Supported values are: 'text', 'image_url', and 'image_file'.",
        "content[0].type",
        VALUE,
    ),
    (
        {"content": [{"type": "image_url", "image_url": {"url": "u", "detail": "huge"}}]},
        "Invalid value: 'huge'. Supported values are: 'auto', 'low', and 'high'.",
        "content[0].image_url.detail",
        VALUE,
    ),
    ({"file_ids": ["f"]}, "Unknown parameter: 'file_ids'.", "file_ids", UNKNOWN),
    (
        {"attachments": [{"tools": []}]},
        "Missing required parameter: 'attachments[0].file_id'.",
        "attachments[0].file_id",
        MISSING,
    ),
    (
        {"attachments": [{"file_id": "f", "tools": [{"type": "function"}]}]},
        "Invalid value: 'function'. Supported values are: 'code_interpreter' and 'file_search'.",
        "attachments[0].tools[0].type",
        VALUE,
    ),
]

RUN_ERRORS = [
    (
        {"tools": [{"type": "code_interpreter"}] * 21},
        (
            "Invalid 'tools': array too long. Expected an array with maximum length 20,"
            " but got an array with length 21 instead."
        ),
        "tools",
        "array_above_max_length",
    ),
    (
        {"max_prompt_tokens": 0},
        "Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        "max_prompt_tokens",
        "integer_below_min_value",
    ),
    (
        {"max_completion_tokens": 1.5},
        "Invalid type for 'max_completion_tokens': expected an integer, but got a decimal number instead.",
        "max_completion_tokens",
        TYPE,
    ),
    (
        {"max_completion_tokens": True},
        "Invalid type for 'max_completion_tokens': expected an integer, but got a boolean instead.",
        "max_completion_tokens",
        TYPE,
    ),
    (
        {"tool_choice": "f"},
        "Invalid value: 'f'. Supported values are: 'none', 'auto', and 'required'.",
        "tool_choice",
        VALUE,
    ),
    (
        {"tool_choice": {"type": "retrieval"}},
        "Invalid value: 'retrieval'. Supported values are: 'function', 'code_interpreter', and 'file_search'.",
        "tool_choice.type",
        VALUE,
    ),
    (
        {"truncation_strategy": {"type": "last_messages", "last_messages": 0}},
        (
            "Invalid 'truncation_strategy.last_messages': integer below minimum value."
            " Expected a value >= 1, but got 0 instead."
        ),
        "truncation_strategy.last_messages",
        "integer_below_min_value",
    ),
    (
        {"additional_messages": [{"role": "user"}]},
        "Missing required parameter: 'additional_messages[0].content'.",
        "additional_messages[0].content",
        MISSING,
    ),
    (
        {"parallel_tool_calls": "no"},
        "Invalid type for 'parallel_tool_calls': expected a boolean, but got a string instead.",
        "parallel_tool_calls",
        TYPE,
    ),
    ({"stream": "yes"}, "Invalid type for 'stream': expected a boolean, but got a string instead.", "stream", TYPE),
    ({"thread": {}}, "Unknown parameter: 'thread'.", "thread", UNKNOWN),
]

THREAD_AND_RUN_ERRORS = [
    (
        {"thread": {"messages": [{"role": "tool", "content": "x"}]}},
        "Invalid value: 'tool'. Supported values are: 'user' and 'assistant'.",
        "thread.messages[0].role",
        VALUE,
    ),
    (
        {"thread": {"metadata": {"a": 1}}},
        "Invalid type for 'thread.metadata.a': expected a string, but got an integer instead.",
        "thread.metadata.a",
        TYPE,
    ),
    ({"additional_messages": []}, "Unknown parameter: 'additional_messages'.", "additional_messages", UNKNOWN),
]

CASES = [
    *(("/assistants", {"model": "gpt-4o", **body}, *rest) for body, *rest in ASSISTANT_ERRORS),
    *(("/threads/t/messages", {"role": "user", "content": "x", **body}, *rest) for body, *rest in MESSAGE_ERRORS),
    *(("/threads/t/runs", {"assistant_id": "a", **body}, *rest) for body, *rest in RUN_ERRORS),
    *(("/threads/runs", {"assistant_id": "a", **body}, *rest) for body, *rest in THREAD_AND_RUN_ERRORS),
    ("/assistants", {}, "Missing required parameter: 'model'.", "model", MISSING),
    ("/threads/t/messages", {"content": "x"}, "Missing required parameter: 'role'.", "role", MISSING),
    ("/threads/t/runs", {}, "Missing required parameter: 'assistant_id'.", "assistant_id", MISSING),
    (
        "/threads/t/runs/r/submit_tool_outputs",
        {"tool_outputs": [{"tool_call_id": "c", "output": {"a": 1}}]},
        "Invalid type for 'tool_outputs[0].output': expected a string, but got an object instead.",
        "tool_outputs[0].output",
        TYPE,
    ),
    (
        "/threads/t/runs/r/submit_tool_outputs",
        {"tool_outputs": [{"output": ""}]},
        "Missing required parameter: 'tool_outputs[0].tool_call_id'.",
        "tool_outputs[0].tool_call_id",
        MISSING,
    ),
    (
        "/threads/t/runs/r/submit_tool_outputs",
        {},
        "Missing required parameter: 'tool_outputs'.",
        "tool_outputs",
        MISSING,
    ),
]


@pytest.mark.parametrize("path, body, message, param, code", CASES)
def test_a_body_that_does_not_fit_is_refused_in_the_services_words(*, api, refused, path, body, message, param, code):
    error = refused(lambda: api.post(path, body), 400)
    assert error == {"message": message, "type": "invalid_request_error", "param": param, "code": code}


@pytest.mark.parametrize("key", ["a.b" * 30, "x[0]" * 20, "[key]" * 20, "<x>" * 30])
def test_the_key_of_metadata_is_told_whole(key):
    with pytest.raises(Refusal) as caught:
        read_body(TypeAdapter(bodies.MetadataUpdate), json.dumps({"metadata": {key: "v"}}).encode(), None)
    assert caught.value.param == f"metadata.{key}"
    assert caught.value.message.startswith(f"Invalid property name in 'metadata': '{key}' is too long.")
