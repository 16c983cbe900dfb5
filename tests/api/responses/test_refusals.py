"""What is refused: in the service's words, and what only this simulator has not, by its name."""

import pytest

from simulator import Simulator, call, say
from simulator.api.responses import beyond
from tests.api.responses.conftest import MODEL, WEATHER, output_for

USER = {"role": "user", "content": "Hello?"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}


def with_input(*items):
    return {**MODEL, "input": list(items)}


def with_tool(**tool):
    return {**MODEL, "input": "x", "tools": [{"type": "function", "name": "f", **tool}]}


def missing(path):
    return f"Missing required parameter: '{path}'.", path, "missing_required_parameter"


TWO_HISTORIES = (
    "Mutually exclusive parameters. Ensure you are only providing one of: 'previous_response_id' or 'conversation'."
)
PARTS = (
    "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'output_text', 'refusal',"
    " 'input_file', 'computer_screenshot', and 'summary_text'."
)
NOT_STRICT = "In context=(), 'additionalProperties' is required to be supplied and to be false."
REFUSED = [
    ({"input": "x"}, "Missing required parameter: 'model'.", "model", "missing_required_parameter"),
    (
        MODEL,
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
        "input",
        "missing_required_parameter",
    ),
    (
        {**MODEL, "input": "x", "previous_response_id": "resp_0", "conversation": "conv_0"},
        TWO_HISTORIES,
        "previous_response_id",
        "mutually_exclusive_parameters",
    ),
    (
        {**MODEL, "input": "x", "previous_response_id": "resp_0"},
        "Previous response with id 'resp_0' not found.",
        "previous_response_id",
        "previous_response_not_found",
    ),
    (with_input(CALL), "No tool output found for function call call_1.", "input", None),
    (
        with_input(USER, output_for("call_1")),
        "No tool call found for function call output with call_id call_1.",
        "input",
        None,
    ),
    (
        with_input(output_for("call_1"), CALL),
        "No tool call found for function call output with call_id call_1.",
        "input",
        None,
    ),
    (
        {**MODEL, "input": "x", "max_output_tokens": 5},
        "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
        "max_output_tokens",
        "integer_below_min_value",
    ),
    (with_input({"role": "user"}), *missing("input[0].content")),
    (with_input({"content": "x"}), *missing("input[0].type")),
    (
        with_input({**USER, "mood": "good"}),
        "Unknown parameter: 'input[0].mood'.",
        "input[0].mood",
        "unknown_parameter",
    ),
    (
        with_input({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}),
        "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
        "input[0].content[0]",
        "invalid_value",
    ),
    (
        with_input({"role": "user", "content": [{"type": "text", "text": "x"}]}),
        PARTS,
        "input[0].content[0]",
        "invalid_value",
    ),
    (
        with_tool(strict=True, parameters={"type": "object", "properties": {}}),
        f"Invalid schema for function 'f': {NOT_STRICT}",
        "tools[0].parameters",
        "invalid_function_parameters",
    ),
    (
        {**MODEL, "input": "x", "tools": [WEATHER, WEATHER]},
        "Function tools must have unique names.",
        "tools[1]",
        None,
    ),
    (
        {**MODEL, "input": "x", "tools": [WEATHER], "tool_choice": {"type": "function", "name": "g"}},
        "Tool choice 'function' not found in 'tools' parameter.",
        "tool_choice",
        None,
    ),
    (
        {**MODEL, "input": "x", "tool_choice": {"type": "file_search"}},
        "Tool choice 'file_search' not found in 'tools' parameter.",
        "tool_choice",
        None,
    ),
    (
        {**MODEL, "input": "x", "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}}},
        f"Invalid schema for response_format 'n': {NOT_STRICT}",
        "text.format.schema",
        "invalid_json_schema",
    ),
]


@pytest.mark.parametrize("body, message, param, code", REFUSED)
def test_a_request_is_refused_in_the_services_words(refuse, body, message, param, code):
    error = refuse(**body)
    assert error == {"message": message, "type": "invalid_request_error", "param": param, "code": code}


@pytest.mark.parametrize(
    "body, message, param",
    [
        ({**MODEL, "input": "x", "conversation": "conv_0"}, "Conversation with id 'conv_0' not found.", None),
        (
            {**MODEL, "input": "x", "tools": [{"type": "file_search", "vector_store_ids": ["vs_0"]}]},
            "No vector store found with id 'vs_0'.",
            "tools[0].vector_store_ids",
        ),
    ],
)
def test_what_is_not_there_is_not_found(refuse, body, message, param):
    error = refuse(404, **body)
    assert (error["message"], error["param"]) == (message, param)


UNKNOWN = [
    (with_input({"type": "thought"}), "thought", "input[0].type"),
    ({**MODEL, "input": "x", "tools": [{"type": "hammer"}]}, "hammer", "tools[0].type"),
    ({**MODEL, "input": "x", "tool_choice": {"type": "hammer"}}, "hammer", "tool_choice.type"),
    ({**MODEL, "input": "x", "include": ["everything"]}, "everything", "include[0]"),
]


@pytest.mark.parametrize("body, value, param", UNKNOWN)
def test_what_not_even_the_service_has_is_an_invalid_value(refuse, body, value, param):
    error = refuse(**body)
    assert error["message"].startswith(f"Invalid value: '{value}'. Supported values are: '")
    assert (error["param"], error["code"]) == (param, "invalid_value")


FUNCTION = {"type": "function", "name": "f"}
BEYOND = [
    *((f"{name}: {what}", {name: True if name == "background" else 1}) for name, what in beyond.FIELDS.items()),
    *((f"reasoning.{name}: {what}", {"reasoning": {name: "auto"}}) for name, what in beyond.REASONING.items()),
    *((f"tools[0].type: the tool {kind}", {"tools": [{"type": kind}]}) for kind in beyond.OTHER_TOOLS),
    *((f"tools[0].{key}: {what}", {"tools": [{**FUNCTION, key: True}]}) for key, what in beyond.TOOL_FIELDS.items()),
    *(
        (
            f"tools[0].container.{key}: {what}",
            {"tools": [{"type": "code_interpreter", "container": {"type": "auto", key: [1]}}]},
        )
        for key, what in beyond.CONTAINER_FIELDS.items()
    ),
    *((f"tool_choice.type: the choice {kind}", {"tool_choice": {"type": kind}}) for kind in beyond.OTHER_CHOICES),
    *((f"input[0].type: an item {kind}", {"input": [{"type": kind}]}) for kind in beyond.OTHER_ITEMS),
    *((f"input[0].{key}: {what}", {"input": [{**CALL, key: "x"}]}) for key, what in beyond.CALL_FIELDS.items()),
    *(
        (f"input[0].content[0]: the part {kind}", {"input": [{"role": "user", "content": [{"type": kind}]}]})
        for kind in beyond.OF_OTHERS
        if kind in beyond.OTHER_PARTS
    ),
    ("include[0]: log probabilities", {"include": ["message.output_text.logprobs"]}),
]


@pytest.mark.parametrize("said, body", BEYOND)
def test_what_the_service_has_and_we_have_not_is_refused_by_name(refuse, said, body):
    param, what = said.split(": ")
    error = refuse(surprises=1, **{**MODEL, "input": "x", **body})
    assert (error["code"], error["param"]) == ("not_simulated", param)
    assert error["message"].startswith(
        f"assistants-simulator: {what} ('{param}') is not simulated on the Responses API."
    )


def test_nothing_is_asked_for_by_false_and_by_what_shows_nothing(sim, ask):
    sim.script("ok")
    include = ["reasoning.encrypted_content", "web_search_call.action.sources"]
    ask(background=False, top_logprobs=0, include=include, reasoning={"effort": "low"})


def test_a_call_that_is_not_answered_blocks_its_chain_until_it_is(sim, ask, refuse):
    sim.script(call("f"), say("done"))
    first = ask("Go")
    (asked,) = first["output"]
    error = refuse(**MODEL, input="And?", previous_response_id=first["id"])
    assert error["message"] == f"No tool output found for function call {asked['call_id']}."
    ask([output_for(asked["call_id"])], previous_response_id=first["id"])


def test_an_output_answers_only_calls_that_its_request_stands_on(sim, ask, refuse):
    sim.script(call("f"), say("never"), optional=True)
    (asked,) = ask("Go")["output"]
    sim.script("other")
    other = ask("Hello?")
    error = refuse(**MODEL, input=[output_for(asked["call_id"])], previous_response_id=other["id"])
    assert error["message"] == f"No tool call found for function call output with call_id {asked['call_id']}."


def test_a_response_cannot_be_cancelled(sim, api, ask, refused):
    sim.script("one")
    path = f"/responses/{ask()['id']}/cancel"
    assert refused(lambda: api.post(path), 400)["message"] == "Cannot cancel a synchronous response."
    refused(lambda: api.post("/responses/resp_0/cancel"), 404)


def test_a_deleted_conversation_is_gone(sim, api, refuse, refused):
    id = api.made("/conversations", {})["id"]
    assert api.delete(f"/conversations/{id}").json == {"id": id, "object": "conversation.deleted", "deleted": True}
    refuse(404, **MODEL, input="x", conversation=id)
    for path in (f"/conversations/{id}", f"/conversations/{id}/items"):
        assert refused(lambda path=path: api.get(path), 404)["message"] == f"Conversation with id '{id}' not found."


def test_a_saved_world_refuses_the_same(tmp_path):
    sim = Simulator()
    sim.save(tmp_path / "state.json")
    assert Simulator.load(tmp_path / "state.json").dump() == sim.dump()
