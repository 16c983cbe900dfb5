"""What is no JSON, no object, too much of it, or of another type: refused before any operation sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from simulator.api import validation
from simulator.api.refusals.refusal import Refusal
from simulator.api.steps import INCLUDE_CONTENT
from simulator.api.validation import read_query

ANY_OBJECT = TypeAdapter(dict)


@pytest.mark.parametrize(
    "body, got",
    [([], "an array"), ("x", "a string"), (5, "an integer"), (1.5, "a decimal number"), (True, "a boolean")],
)
def test_a_body_that_is_no_object_is_refused(api, refused, body, got):
    error = refused(lambda: api.post("/threads", body), 400)
    assert error["message"] == f"Invalid type: expected an object, but got {got} instead."
    assert (error["param"], error["code"]) == (None, "invalid_type")


@pytest.mark.parametrize("raw", [b"", b"null", b" null\n", b"{}"])
def test_no_body_is_an_empty_one(api, raw):
    assert api.post("/threads", raw=raw).status == 200


NOT_JSON = {
    "cut off": b'{"model": "gpt-4o"',
    "two values": b"{}{}",
    "blank": b"  ",
    "python": b"{'model': 'gpt-4o'}",
    "form": b"model=gpt-4o",
    "not utf-8": b'{"model": "\xff"}',
    "utf-16": '{"model": "gpt-4o"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"model": "gpt-4o"}',
    "nan": b'{"model": "gpt-4o", "temperature": NaN}',
    "infinity": b'{"model": "gpt-4o", "temperature": Infinity}',
    "lone surrogate": b'{"model": "\\ud800"}',
    "deep array": b"[" * 10_000 + b"]" * 10_000,
    "deep object": b'{"metadata":' * 10_000 + b"{}" + b"}" * 10_000,
    "control character": b'{"model": "a\x00b"}',
}


@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON)
def test_a_body_that_is_not_json_is_refused(api, refused, raw):
    error = refused(lambda: api.post("/assistants", raw=raw), 400)
    assert error["message"].startswith("We could not parse the JSON body of your request.")
    assert (error["param"], error["code"]) == (None, None)


def test_a_schema_nested_as_deep_as_the_parser_goes_is_kept_whole(api):
    schema = {}
    for _ in range(90):
        schema = {"type": "object", "properties": {"a": schema}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    made = api.made("/assistants", {"model": "m", "tools": [tool]})
    assert made["tools"][0]["function"]["parameters"] == schema


def test_a_number_too_large_for_a_float_is_no_temperature(api, refused):
    error = refused(lambda: api.post("/assistants", raw=b'{"model": "m", "temperature": 1e999}'), 400)
    assert error["code"] == "decimal_above_max_value"


@pytest.mark.parametrize("number", [b"1e999", b"-1E+400", b"9" * 400 + b".0"])
def test_a_number_too_large_for_a_float_is_nowhere_kept(api, refused, number):
    tool = b'{"type": "function", "function": {"name": "f", "parameters": {"maximum": [%b]}}}' % number
    error = refused(lambda: api.post("/assistants", raw=b'{"model": "m", "tools": [%b]}' % tool), 400)
    assert error["message"].startswith("We could not parse the JSON body of your request.")


@pytest.mark.parametrize("number", [b"1e300", b"9" * 300, b'"1e999"'])
def test_what_only_looks_as_if_it_were_too_large_is_kept(api, number):
    tool = b'{"type": "function", "function": {"name": "f", "parameters": {"maximum": [%b]}}}' % number
    assert api.post("/assistants", raw=b'{"model": "m", "tools": [%b]}' % tool).status == 200


@pytest.mark.parametrize(
    "query, message",
    [
        ("order=", "Invalid value: ''. Supported values are: 'asc' and 'desc'."),
        ("limit=", "Invalid type for 'limit': expected an integer, but got a string instead."),
        ("order=asc&order=", "Invalid value: ''. Supported values are: 'asc' and 'desc'."),
    ],
)
def test_an_empty_text_is_no_number_and_no_order(api, refused, query, message):
    assert refused(lambda: api.get("/assistants", query), 400)["message"] == message


def test_an_empty_cursor_is_none(api):
    made = api.made("/assistants", {"model": "m"})["id"]
    assert [one["id"] for one in api.get("/assistants", "after=&before=").json["data"]] == [made]


def test_a_huge_body_is_refused_by_its_size(api, refused, monkeypatch):
    monkeypatch.setattr(validation, "MAX_JSON_BYTES", 100)
    error = refused(lambda: api.post("/threads", raw=b" " * 101), 413)
    assert error["message"] == "The request body has 101 bytes. The limit is 100."
    assert error["code"] == "request_too_large"
    assert api.post("/threads", raw=b"{}" + b" " * 98).status == 200


def test_the_limit_of_a_body_holds_the_longest_messages_of_a_thread(api):
    assert validation.MAX_JSON_BYTES > 32 * 256_000
    messages = [{"role": "user", "content": "x" * 256_000}] * 32
    assert api.post("/threads", {"messages": messages}).status == 200


@pytest.mark.parametrize(
    "given", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"]
)
def test_another_content_type_is_refused(api, refused, given):
    headers = {"openai-beta": "assistants=v2", "content-type": given}
    error = refused(lambda: api.post("/threads", {}, headers=headers), 400)
    assert error["message"].startswith(f"Unsupported content type: '{given}'.")
    assert error["code"] == "unsupported_content_type"


@pytest.mark.parametrize("given", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_however_its_type_is_spelled(api, given):
    headers = {"openai-beta": "assistants=v2", "content-type": given}
    assert api.post("/threads", {}, headers=headers).status == 200


def test_a_body_without_a_content_type_is_read_as_json(api):
    assert api.post("/threads", {"metadata": {"a": "b"}}, headers={"openai-beta": "assistants=v2"}).status == 200


def test_without_a_body_the_content_type_does_not_matter(api, world):
    path = world.placed("in_progress")
    headers = {"openai-beta": "assistants=v2", "content-type": "text/plain"}
    assert api.post(f"{path}/cancel", headers=headers).status == 200


@pytest.mark.parametrize(
    "query, message, code",
    [
        (
            "limit=0",
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
        ),
        (
            "limit=101",
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
            "integer_above_max_value",
        ),
        ("limit=x", "Invalid type for 'limit': expected an integer, but got a string instead.", "invalid_type"),
        ("order=up", "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.", "invalid_value"),
    ],
)
def test_a_query_that_does_not_fit_is_refused(api, refused, query, message, code):
    error = refused(lambda: api.get("/assistants", query), 400)
    assert (error["message"], error["param"], error["code"]) == (message, query.partition("=")[0], code)


@pytest.mark.parametrize(
    "query, param",
    [("include[]=all", "include[0]"), (f"include[]={INCLUDE_CONTENT}&include[]=all", "include[1]")],
)
@pytest.mark.parametrize("path", ["/steps", "/steps/step_1", ""])
def test_only_what_there_is_can_be_included(*, sim, api, refused, query, param, path):
    sim.put("run_steps", {"id": "step_1", "run_id": "run_1", "thread_id": "thread_1", "status": "completed"})
    run = "/threads/thread_1/runs"
    error = refused(
        lambda: api.get(f"{run}/run_1{path}", query) if path else api.post(run, {"assistant_id": "a"}, query=query), 400
    )
    text = f"Invalid value: 'all'. Supported values are: '{INCLUDE_CONTENT}'."
    assert (error["message"], error["param"], error["code"]) == (text, param, "invalid_value")


@pytest.mark.parametrize(
    "query, read",
    [
        ("", {}),
        ("limit=5&order=asc", {"limit": 5, "order": "asc"}),
        ("limit=5&limit=7", {"limit": 7}),
        ("after=a%20b&before=c", {"after": "a b", "before": "c"}),
        ("after=&before=&run_id=&include[]=", {}),
        ("api-version=2024-05-01-preview&foo=bar", {}),
        ("&&=&%FF=1", {}),
    ],
)
def test_a_query_is_read_without_what_no_list_knows(query, read):
    assert read_query(query) == {**read, "include": []}


def test_an_included_path_is_taken_in_both_spellings():
    assert read_query(f"include[]={INCLUDE_CONTENT}&include%5B%5D={INCLUDE_CONTENT}&include={INCLUDE_CONTENT}") == {
        "include": [INCLUDE_CONTENT] * 3
    }


def outcome(read):
    """What a reader gives, or the status of its refusal."""
    try:
        return read()
    except Refusal as refusal:
        return refusal.status


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader_of_bodies(body):
    read = outcome(lambda: validation.read_body(ANY_OBJECT, body, None))
    assert read == 400 or isinstance(read, dict)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_of_queries(query):
    read = outcome(lambda: read_query(query))
    assert read == 400 or "include" in read
