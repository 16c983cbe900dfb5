"""What version 1 says is wrong: pydantic 1's words, with every problem at once."""

import pytest

from simulator.api.dialects.v1_texts import refuse

THREAD, ASSISTANT, MESSAGES = "/threads", "/assistants", "/threads/thread_1/messages"
RUNS, SUBMIT = "/threads/thread_1/runs", "/threads/thread_1/runs/run_1/submit_tool_outputs"
MODEL = {"model": "gpt-4"}
SAID = {"role": "user", "content": "x"}
TYPES = "'code_interpreter', 'retrieval', 'function'"
EXTRA = "extra fields not permitted (type=value_error.extra)"
REQUIRED = "field required (type=value_error.missing)"
NO_DICT = "value is not a valid dict (type=type_error.dict)"
NO_LIST = "value is not a valid list (type=type_error.list)"

PROBLEMS = [
    # Reported, word for word: teams-sdk 2023-11, go-openai 2023-11, openai-php 2023-11 and 2024-02.
    (SUBMIT, {"tool_outputs": [{"output": "1"}]}, f"body -> tool_outputs -> 0 -> tool_call_id\n  {REQUIRED}"),
    (RUNS, {"assistant_id": "asst_1", "Metadata": {}}, f"body -> Metadata\n  {EXTRA}"),
    ("/threads/runs", {"assistant_id": "a", "thread": {"messages": SAID}}, f"body -> thread -> messages\n  {NO_LIST}"),
    (
        "/threads/runs",
        {"assistant_id": "a", "thread": {"messages": [SAID] * 33}},
        (
            "body -> thread -> messages\n"
            "  ensure this value has at most 32 items (type=value_error.list.max_items; limit_value=32)"
        ),
    ),
    # The rest follows pydantic 1.
    (ASSISTANT, {}, f"body -> model\n  {REQUIRED}"),
    (ASSISTANT, {**MODEL, "tool_resources": {}}, f"body -> tool_resources\n  {EXTRA}"),
    (ASSISTANT, {**MODEL, "reasoning_effort": "low"}, f"body -> reasoning_effort\n  {EXTRA}"),
    (THREAD, {"tool_resources": {}}, f"body -> tool_resources\n  {EXTRA}"),
    (MESSAGES, {**SAID, "attachments": []}, f"body -> attachments\n  {EXTRA}"),
    (RUNS, {"assistant_id": "asst_1", "file_ids": []}, f"body -> file_ids\n  {EXTRA}"),
    (RUNS, {"assistant_id": "asst_1", "parallel_tool_calls": True}, f"body -> parallel_tool_calls\n  {EXTRA}"),
    (ASSISTANT, {"model": 5}, "body -> model\n  str type expected (type=type_error.str)"),
    (
        ASSISTANT,
        {**MODEL, "temperature": "hot"},
        "body -> temperature\n  value is not a valid float (type=type_error.float)",
    ),
    (
        RUNS,
        {"assistant_id": "a", "max_prompt_tokens": "x"},
        "body -> max_prompt_tokens\n  value is not a valid integer (type=type_error.integer)",
    ),
    (
        RUNS,
        {"assistant_id": "a", "stream": "x"},
        "body -> stream\n  value could not be parsed to a boolean (type=type_error.bool)",
    ),
    (THREAD, {"metadata": []}, f"body -> metadata\n  {NO_DICT}"),
    (THREAD, {"metadata": {"a": []}}, "body -> metadata -> a\n  str type expected (type=type_error.str)"),
    (THREAD, {"messages": ["x"]}, f"body -> messages -> 0\n  {NO_DICT}"),
    (MESSAGES, {**SAID, "content": []}, "body -> content\n  str type expected (type=type_error.str)"),
    (
        MESSAGES,
        {**SAID, "content": ""},
        (
            "body -> content\n"
            "  ensure this value has at least 1 characters (type=value_error.any_str.min_length; limit_value=1)"
        ),
    ),
    (
        ASSISTANT,
        {**MODEL, "name": "n" * 257},
        (
            "body -> name\n"
            "  ensure this value has at most 256 characters (type=value_error.any_str.max_length; limit_value=256)"
        ),
    ),
    (
        MESSAGES,
        {**SAID, "file_ids": ["f"] * 11},
        "body -> file_ids\n  ensure this value has at most 10 items (type=value_error.list.max_items; limit_value=10)",
    ),
    (
        ASSISTANT,
        {**MODEL, "temperature": 3},
        (
            "body -> temperature\n"
            "  ensure this value is less than or equal to 2 (type=value_error.number.not_le; limit_value=2)"
        ),
    ),
    (
        RUNS,
        {"assistant_id": "a", "max_prompt_tokens": 0},
        (
            "body -> max_prompt_tokens\n"
            "  ensure this value is greater than or equal to 1 (type=value_error.number.not_ge; limit_value=1)"
        ),
    ),
    (
        MESSAGES,
        {**SAID, "role": "system"},
        (
            "body -> role\n  unexpected value; permitted: 'user', 'assistant'"
            " (type=value_error.const; given=system; permitted=('user', 'assistant'))"
        ),
    ),
    (
        ASSISTANT,
        {**MODEL, "tools": [{"type": "file_search"}]},
        (
            f"body -> tools -> 0 -> type\n  unexpected value; permitted: {TYPES}"
            f" (type=value_error.const; given=file_search; permitted=({TYPES}))"
        ),
    ),
    (ASSISTANT, {**MODEL, "tools": [{}]}, f"body -> tools -> 0 -> type\n  {REQUIRED}"),
    (ASSISTANT, {**MODEL, "tools": ["retrieval"]}, "body -> tools -> 0\n  " + NO_DICT),
    (ASSISTANT, {**MODEL, "tools": [{"type": "function"}]}, f"body -> tools -> 0 -> function\n  {REQUIRED}"),
    (
        ASSISTANT,
        {**MODEL, "tools": [{"type": "function", "function": {"name": "f", "strict": True}}]},
        f"body -> tools -> 0 -> function -> strict\n  {EXTRA}",
    ),
    (
        ASSISTANT,
        {**MODEL, "tools": [{"type": "function", "function": {"name": "f g"}}]},
        (
            "body -> tools -> 0 -> function -> name\n"
            '  string does not match regex "^[a-zA-Z0-9_-]+$" (type=value_error.str.regex; pattern=^[a-zA-Z0-9_-]+$)'
        ),
    ),
    (
        RUNS,
        {"assistant_id": "a", "tool_choice": "required"},
        (
            "body -> tool_choice\n  unexpected value; permitted: 'none', 'auto'"
            " (type=value_error.const; given=required; permitted=('none', 'auto'))"
        ),
    ),
]


@pytest.mark.parametrize("path, body, problem", PROBLEMS)
def test_a_bad_body_is_refused_in_its_words(refused_v1, path, body, problem):
    assert refused_v1(path, body) == f"1 validation error for Request\n{problem}"


def test_every_problem_is_named(refused_v1):
    message = refused_v1(ASSISTANT, {"name": 5, "tool_resources": {}})
    assert message == (
        "3 validation errors for Request\n"
        f"body -> model\n  {REQUIRED}\n"
        "body -> name\n  str type expected (type=type_error.str)\n"
        f"body -> tool_resources\n  {EXTRA}"
    )


def test_a_bad_query_is_refused_in_its_words(v1):
    error = v1.get(ASSISTANT, "limit=101").error
    assert (error["param"], error["code"]) == (None, None)
    assert error["message"] == (
        "1 validation error for Request\nquery -> limit\n"
        "  ensure this value is less than or equal to 100 (type=value_error.number.not_le; limit_value=100)"
    )


def test_one_permitted_value_is_listed_as_python_does(refused_v1):
    body = {**MODEL, "response_format": {"type": "json_schema"}}
    assert "permitted=('auto', 'text'" not in refused_v1(ASSISTANT, body)
    error = {"type": "literal_error", "loc": ("role",), "msg": "", "input": "system", "ctx": {"expected": "'user'"}}
    assert refuse([error], "body").message.endswith("(type=value_error.const; given=system; permitted=('user',))")


def test_a_body_that_is_no_json_is_refused_as_ever(v1):
    assert v1.post(THREAD, raw=b"{").error["message"].startswith("We could not parse the JSON body")


def test_nulls_are_fields_that_are_left_out(v1):
    body = {**MODEL, "name": None, "tools": None, "file_ids": None, "metadata": None}
    assert v1.made(ASSISTANT, body)["tools"] == []
