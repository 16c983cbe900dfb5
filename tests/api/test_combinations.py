"""What no single field shows: models, functions, schemas, formats and choices."""

import pytest

from simulator import Simulator, call
from simulator.api.combinations import check_assistant, check_model, check_run
from simulator.api.refusals.refusal import Refusal


def function(name="f", **fields):
    return {"type": "function", "function": {"name": name, **fields}}


def strict(parameters, name="f"):
    return function(name, strict=True, parameters=parameters)


def form(schema, **fields):
    return {"type": "json_schema", "json_schema": {"name": "math", "schema": schema, **fields}}


def closed(**properties):
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


OPEN = {"type": "object", "properties": {}, "required": []}
TEXT = {"type": "string"}
NOT_CLOSED = "'additionalProperties' is required to be supplied and to be false."
NOT_REQUIRED = (
    "'required' is required to be supplied and to be an array including every key in properties. Missing 'b'."
)
HALF = {**closed(a=TEXT, b=TEXT), "required": ["a"]}

# Schema, where in it, and what is wrong there.
NOT_STRICT = [
    (OPEN, "()", NOT_CLOSED),
    ({**closed(), "additionalProperties": True}, "()", NOT_CLOSED),
    ({"properties": {}}, "()", NOT_CLOSED),
    ({"type": "object"}, "()", NOT_CLOSED),
    (HALF, "()", NOT_REQUIRED),
    ({**HALF, "required": None}, "()", NOT_REQUIRED.replace("'b'", "'a'")),
    (closed(x=OPEN), "('properties', 'x')", NOT_CLOSED),
    (closed(x={"type": "array", "items": HALF}), "('properties', 'x', 'items')", NOT_REQUIRED),
    (closed(x={"anyOf": [TEXT, OPEN]}), "('properties', 'x', 'anyOf', '1')", NOT_CLOSED),
    ({**closed(), "$defs": {"y": OPEN}}, "('$defs', 'y')", NOT_CLOSED),
]


def refused(check, fields):
    with pytest.raises(Refusal) as caught:
        check(fields)
    return caught.value


@pytest.mark.parametrize("schema, context, problem", NOT_STRICT)
def test_a_strict_function_needs_a_strict_schema(schema, context, problem):
    error = refused(check_assistant, {"tools": [{"type": "code_interpreter"}, strict(schema)]})
    assert error.message == f"Invalid schema for function 'f': In context={context}, {problem}"
    assert (error.param, error.code) == ("tools[1].function.parameters", "invalid_function_parameters")


@pytest.mark.parametrize("schema, context, problem", NOT_STRICT)
def test_a_strict_format_needs_a_strict_schema(schema, context, problem):
    error = refused(check_assistant, {"response_format": form(schema, strict=True)})
    assert error.message == f"Invalid schema for response_format 'math': In context={context}, {problem}"
    assert (error.param, error.code) == ("response_format", None)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tools": None, "response_format": None},
        {"tools": [function(parameters=OPEN), function("g", strict=False, parameters=OPEN)]},
        {"tools": [function(strict=True), strict(closed(x=TEXT, y={"anyOf": [TEXT, closed()]}), "g")]},
        {"tools": [strict({"properties": 5, "anyOf": 5, "items": True, "additionalProperties": False})]},
        {"response_format": form(OPEN)},
        {"response_format": form(closed(), strict=True), "tools": [function()]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": True}}},
        {"response_format": {"type": "json_object"}, "tools": [{"type": "file_search"}]},
    ],
)
def test_what_can_be_served(fields):
    check_assistant(fields)
    check_run(fields)


def test_functions_have_names_of_their_own():
    error = refused(check_assistant, {"tools": [function(), {"type": "file_search"}, function("g"), function()]})
    assert (error.message, error.param, error.code) == ("Function tools must have unique names.", "tools[3]", None)


@pytest.mark.parametrize("tools", [None, [], [function("g")], [{"type": "code_interpreter"}]])
def test_the_function_that_must_be_called_is_declared(tools):
    error = refused(check_run, {"tools": tools, "tool_choice": function()})
    text = "Invalid value for 'tool_choice': no function named f was specified in the 'tools' parameter."
    assert (error.message, error.param, error.code) == (text, "tool_choice", None)


@pytest.mark.parametrize("choice", [function(), "required", None, {"type": "file_search"}])
def test_other_choices_can_be_made(choice):
    check_run({"tools": [function()], "tool_choice": choice})


def test_the_last_messages_have_a_number():
    error = refused(check_run, {"truncation_strategy": {"type": "last_messages"}})
    path = "truncation_strategy.last_messages"
    assert (error.message, error.param) == (f"Missing required parameter: '{path}'.", path)
    assert error.code == "missing_required_parameter"
    check_run({"truncation_strategy": {"type": "last_messages", "last_messages": 1}})
    check_run({"truncation_strategy": {"type": "auto"}})


@pytest.mark.parametrize("body", [{}, {"model": "gpt-4o"}, {"model": "our-own-model"}])
def test_a_model_that_is_served_or_unknown_can_be_used(body):
    check_model(body)


# ── where they are looked at ─────────────────────────────────────────────────────────────────────────────────────────


UNSUPPORTED = {
    "message": "The requested model 'gpt-5.1' cannot be used with the Assistants API.",
    "type": "invalid_request_error",
    "param": "model",
    "code": "unsupported_model",
}


@pytest.mark.parametrize(
    "path, body",
    [
        ("/assistants", {}),
        ("/assistants/asst_1", {}),
        ("/threads/thread_1/runs", {"assistant_id": "asst_1"}),
        ("/threads/runs", {"assistant_id": "asst_1"}),
    ],
)
def test_a_model_that_was_never_served_is_refused_where_it_is_named(*, sim, api, refused, path, body):
    sim.put("assistants", {"id": "asst_1", "instructions": "i"})
    sim.put("threads", {"id": "thread_1"})
    sim.script("unused")
    assert refused(lambda: api.post(path, {**body, "model": "gpt-5.1"}), 400) == UNSUPPORTED


def test_an_assistant_that_was_placed_may_have_any_model(world, sim):
    sim.put("assistants", {"id": "asst_1", "model": "gpt-5.1"})
    path, run = world.started("Hello.", assistant="asst_1")
    assert (run["model"], world.until(path, "completed")["model"]) == ("gpt-5.1", "gpt-5.1")


V1 = {"openai-beta": "assistants=v1", "content-type": "application/json"}


@pytest.mark.parametrize("path", ["/assistants", "/assistants/asst_1", "/threads/thread_1/runs", "/threads/runs"])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1-mini", "gpt-5.1"])
def test_version_1_refuses_newer_models_in_its_own_words(*, sim, api, refused, path, model):
    sim.put("assistants", {"id": "asst_1"})
    sim.put("threads", {"id": "thread_1"})
    sim.script("unused")
    body = {"model": model} | ({} if "assistants" in path else {"assistant_id": "asst_1"})
    error = refused(lambda: api.post(path, body, headers=V1), 400)
    assert error["message"] == (
        f"The requested model '{model}' cannot be used with the Assistants API in v1. Follow the migration guide to"
        " upgrade to v2: https://platform.openai.com/docs/assistants/migration."
    )
    assert (error["param"], error["code"]) == ("model", "unsupported_model")


@pytest.mark.parametrize("model", ["gpt-4-turbo", "gpt-3.5-turbo-1106", "our-own-model"])
def test_version_1_takes_older_and_unknown_models(api, model):
    assert api.post("/assistants", {"model": model}, headers=V1).status == 200


@pytest.mark.parametrize(
    "path, body",
    [
        ("/assistants", {"model": "m", "tools": [function(), function()]}),
        ("/assistants/asst_1", {"tools": [function(), function()]}),
        ("/threads/thread_1/runs", {"assistant_id": "asst_1", "tools": [function(), function()]}),
        ("/threads/runs", {"assistant_id": "asst_1", "tools": [function(), function()]}),
    ],
)
def test_every_request_with_tools_is_looked_at(*, sim, api, refused, path, body):
    sim.put("assistants", {"id": "asst_1", "instructions": "i"})
    sim.put("threads", {"id": "thread_1"})
    sim.script("unused")
    assert refused(lambda: api.post(path, body), 400)["param"] == "tools[1]"


def test_a_choice_is_judged_by_the_tools_that_the_run_has(world):
    assistant = world.assistant(tools=[function()])
    assert world.started(call("f"), assistant=assistant, tool_choice=function())[1]["status"] == "queued"


def test_what_is_refused_used_up_no_id(api_of):
    one, other = Simulator(), Simulator()
    api_of(one).post("/assistants", {"model": "gpt-5.1"})
    assert (
        api_of(one).made("/assistants", {"model": "m"})["id"] == api_of(other).made("/assistants", {"model": "m"})["id"]
    )
