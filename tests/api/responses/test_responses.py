"""Responses: what they say, what they stand on, and whose turn of the script they are."""

import json

import pytest

from simulator import Simulator, call, call_tools, fail, finish, image, incomplete, refusal, run_code, say, search_files
from tests.api.responses.conftest import MODEL, WEATHER, output_for, text_of


def test_a_text_is_answered_with_a_text(sim, ask):
    sim.script("Hello.")
    response = ask("Hello?", instructions="Be brief.", metadata={"a": "b"}, max_output_tokens=100)
    assert text_of(response) == "Hello."
    assert response["status"] == "completed"
    assert response["model"] == "gpt-4o-mini-2024-07-18"
    assert response["instructions"] == "Be brief."
    assert (response["metadata"], response["max_output_tokens"]) == ({"a": "b"}, 100)
    (view,) = sim.views
    assert (view.user, view.messages, view.instructions) == ("Hello?", [("user", "Hello?")], "Be brief.")
    assert (view.model, view.settings["max_completion_tokens"]) == ("gpt-4o-mini", 100)
    assert view.conversation == view.task == view.run["id"] == response["id"]


def test_time_passes_as_long_as_the_turn_takes(sim, ask):
    sim.script(say("Hello.", takes=3))
    start = sim.clock.now()
    response = ask()
    assert sim.clock.now() == start + 0.1 + 3
    assert response["completed_at"] == int(start + 3.1)
    (request,) = sim.requests
    assert request.answered_at == start + 3.1
    assert request.response_json == response


def test_a_call_ends_the_response_and_the_next_goes_on_with_the_piece(sim, ask):
    sim.script(call("get_weather", location="Paris"), say("It is sunny."), say("Another piece."))
    first = ask("Weather?", tools=[WEATHER])
    (asked,) = first["output"]
    assert (asked["type"], asked["name"], asked["status"]) == ("function_call", "get_weather", "completed")
    assert json.loads(asked["arguments"]) == {"location": "Paris"}
    assert first["status"] == "completed"
    second = ask([output_for(asked["call_id"])], tools=[WEATHER], previous_response_id=first["id"])
    assert text_of(second) == "It is sunny."
    assert second["previous_response_id"] == first["id"]
    view = sim.views[1]
    assert [(one.name, one.output) for one in view.outputs] == [("get_weather", "22 °C")]
    assert (view.task, view.run["id"], view.conversation) == (first["id"], second["id"], first["id"])
    (record,) = sim.calls
    assert (record.output, record.run_id, record.thread_id) == ("22 °C", first["id"], first["id"])
    assert record.arguments == {"location": "Paris"}


def test_a_piece_goes_on_in_a_conversation(sim, api, ask):
    conversation = api.made("/conversations", {})["id"]
    sim.script(call("f"), call("f"), say("done"))
    input = "Go"
    for _ in range(2):
        (asked,) = ask(input, conversation=conversation)["output"]
        input = [output_for(asked["call_id"])]
    assert text_of(ask(input, conversation={"id": conversation})) == "done"
    assert len({view.task for view in sim.views}) == 1
    assert [len(view.outputs) for view in sim.views] == [0, 1, 2]
    assert {view.conversation for view in sim.views} == {conversation}


def test_a_piece_goes_on_where_the_program_keeps_the_history(sim, ask):
    sim.script(call_tools(call("f", x=1), call("g")), say("done"), say("next"))
    history = [{"role": "user", "content": "Go"}]
    first = ask(history, store=False)
    history += first["output"] + [output_for(one["call_id"], "1") for one in first["output"]]
    second = ask(history, store=False)
    assert text_of(second) == "done"
    assert [one.name for one in sim.views[1].outputs] == ["f", "g"]
    history += [*second["output"], {"role": "user", "content": "And now?"}]
    assert text_of(ask(history, store=False)) == "next"
    view = sim.views[2]
    assert (view.outputs, view.user) == ((), "And now?")
    assert view.messages == [("user", "Go"), ("assistant", "done"), ("user", "And now?")]


def test_outputs_of_calls_that_nobody_here_made_are_shown_too(sim, ask):
    sim.script("done")
    foreign = {"type": "function_call", "call_id": "call_x", "name": "f", "arguments": "{}"}
    parts = [{"type": "input_text", "text": "1"}, {"type": "input_text", "text": "2"}]
    ask([{"role": "user", "content": "Go"}, foreign, output_for("call_x", parts)])
    assert [tuple(one) for one in sim.views[0].outputs] == [("f", "{}", "12")]


def test_instructions_are_those_of_the_request_only(sim, ask):
    sim.script("one", "two")
    first = ask("Hello?", instructions="Be brief.")
    second = ask("And?", previous_response_id=first["id"])
    assert second["instructions"] is None
    assert [view.instructions for view in sim.views] == ["Be brief.", ""]
    assert sim.views[1].messages == [("user", "Hello?"), ("assistant", "one"), ("user", "And?")]


def test_functions_are_strict_unless_the_request_says_otherwise(sim, ask):
    sim.script("one", "two", "three")
    strict = {**WEATHER["parameters"], "required": ["location", "unit"], "additionalProperties": False}
    silent = ask(tools=[WEATHER])["tools"][0]
    assert (silent["strict"], silent["parameters"]) == (True, strict)
    loose = ask(tools=[{**WEATHER, "strict": False}])["tools"][0]
    assert (loose["strict"], loose["parameters"]) == (False, WEATHER["parameters"])
    explicit = ask(tools=[{**WEATHER, "strict": True, "parameters": strict}])["tools"][0]
    assert (explicit["strict"], explicit["parameters"]) == (True, strict)
    assert [view.functions["get_weather"]["required"] for view in sim.views] == [
        ["location", "unit"],
        ["location"],
        ["location", "unit"],
    ]


def test_schemas_are_made_strict_at_every_depth(sim, ask):
    sim.script("one")
    inner = {"type": "object", "properties": {"x": {"enum": [{"type": "object", "properties": {}}]}}}
    schema = {"type": "object", "properties": {"all": {"type": "array", "items": {"anyOf": [inner]}}}}
    (shown,) = ask(tools=[{"type": "function", "name": "f", "parameters": schema}])["tools"]
    made = shown["parameters"]["properties"]["all"]["items"]["anyOf"][0]
    assert (made["required"], made["additionalProperties"]) == (["x"], False)
    assert made["properties"] == inner["properties"]


def test_a_function_without_parameters_has_none(sim, ask):
    sim.script("one")
    assert ask(tools=[{"type": "function", "name": "f"}])["tools"][0]["parameters"] is None
    assert sim.views[0].functions == {"f": {"type": "object", "properties": {}}}


FORMATS = [
    (None, "auto"),
    ({"type": "text"}, "auto"),
    ({"type": "json_object"}, {"type": "json_object"}),
]
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}


@pytest.mark.parametrize("given, shown", FORMATS)
def test_formats_are_shown_as_runs_have_them(sim, ask, given, shown):
    sim.script("{}")
    ask(text={} if given is None else {"format": given})
    assert sim.views[0].settings["response_format"] == shown


def test_a_schema_for_the_answer_is_shown_as_runs_have_it(sim, ask):
    sim.script("{}")
    response = ask(text={"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}, "verbosity": "low"})
    assert response["text"]["format"] == {
        "type": "json_schema",
        "description": None,
        "name": "x",
        "schema": SCHEMA,
        "strict": True,
    }
    assert response["text"]["verbosity"] == "low"
    named = {"name": "x", "schema": SCHEMA, "strict": True}
    assert sim.views[0].settings["response_format"] == {"type": "json_schema", "json_schema": named}


def test_a_turn_that_breaks_the_format_is_the_scripts_mistake(sim, refuse):
    sim.script("no JSON")
    error = refuse(surprises=1, **MODEL, input="x", text={"format": {"type": "json_object"}})
    assert error["code"] == "no_turn_left"
    assert "Response resp_" in error["message"]
    assert "Its response_format is json_object" in error["message"]


def test_a_named_function_must_be_called(sim, ask, refuse):
    choice = {"type": "function", "name": "get_weather"}
    sim.script(call("get_weather", location="Paris"), say("done"))
    ask(tools=[WEATHER], tool_choice=choice)
    assert sim.views[0].settings["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}
    sim.script("no")
    refuse(surprises=1, **MODEL, input="x", tools=[WEATHER], tool_choice=choice)


def test_with_nothing_scripted_the_response_is_refused_and_nothing_is_stored(sim, refuse):
    error = refuse(surprises=1, **MODEL, input="Hello?")
    assert error["message"].startswith("assistants-simulator: Response resp_")
    assert "no piece of a script is left for it" in error["message"]


def test_images_cannot_be_said_here(sim, refuse):
    sim.script(say("Look:", image("file-1")))
    assert "holds no images" in refuse(surprises=1, **MODEL, input="x")["message"]


@pytest.mark.parametrize(
    "turn, status, output",
    [
        (finish(), "completed", []),
        (say(), "completed", [[]]),
        (say("a", "b"), "completed", [["a", "b"]]),
        (fail("server_error"), "failed", []),
        (fail("rate_limit_exceeded", text="so"), "failed", [["so"]]),
        (incomplete("content_filter"), "incomplete", []),
        (incomplete("max_completion_tokens", "so"), "incomplete", [["so"]]),
    ],
)
def test_every_end(sim, ask, turn, status, output):
    sim.script(turn)
    response = ask()
    assert response["status"] == status
    assert [[part["text"] for part in item["content"]] for item in response["output"]] == output
    assert response["error"] == (None if status != "failed" else {"code": turn.code, "message": turn.message})
    reasons = {"content_filter": "content_filter", "max_completion_tokens": "max_output_tokens"}
    wanted = None if status != "incomplete" else {"reason": reasons[turn.reason]}
    assert response["incomplete_details"] == wanted
    of_items = "completed" if status == "completed" else "incomplete"
    assert all(item["status"] == of_items for item in response["output"])
    assert response["usage"]["input_tokens"] > 0


def test_a_refusal_is_a_part_of_its_own(sim, ask):
    sim.script(say(refusal("No.")))
    (message,) = ask()["output"]
    assert message["content"] == [{"type": "refusal", "refusal": "No."}]


def test_more_than_may_be_said_is_cut_short(sim, ask):
    sim.script("word " * 100)
    response = ask(max_output_tokens=16)
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    (message,) = response["output"]
    assert message["status"] == "incomplete"
    assert response["usage"]["output_tokens"] == 16


def test_calls_that_may_not_be_made_end_the_response(sim, ask):
    sim.script(call("f", x="y" * 100))
    assert ask(max_output_tokens=16)["output"] == []


def test_code_is_run_and_files_are_searched_before_the_answer(sim, ask):
    sim.put("files", {"id": "file-1", "filename": "tax.txt", "content": "Taxes are due in May."})
    sim.put("vector_store_files", {"id": "file-1", "vector_store_id": "vs_1"})
    sim.script(
        say("Let me see.", more=True),
        run_code("print(1)", logs="1", images=[b"\x89PNG", "file-9"]),
        search_files("taxes"),
        say("In May【1】.", annotations=[{"text": "【1】", "file_citation": {"file_id": "file-1"}}]),
    )
    tools = [
        {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3},
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}},
    ]
    response = ask(tools=tools, include=["file_search_call.results", "code_interpreter_call.outputs"])
    said, code, search, message = response["output"]
    assert said["content"][0]["text"] == "Let me see."
    assert (code["code"], code["outputs"][0]) == ("print(1)", {"type": "logs", "logs": "1"})
    drawn = [one["url"] for one in code["outputs"][1:]]
    assert drawn[1] == "https://api.openai.com/v1/files/file-9/content"
    assert drawn[0].startswith("https://api.openai.com/v1/files/file-")
    assert search["queries"] == ["taxes"]
    assert [one["filename"] for one in search["results"]] == ["tax.txt"]
    (part,) = message["content"]
    assert part["text"] == "In May."
    assert part["annotations"] == [{"type": "file_citation", "file_id": "file-1", "filename": "tax.txt", "index": 6}]
    assert sim.views[0].files == ("file-1",)
    assert [view.tools_called for view in sim.views] == [False, False, True, True]


def test_what_was_not_asked_for_is_not_shown(sim, api, ask):
    found = [{"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "content": [{"type": "text", "text": "t"}]}]
    sim.script(run_code("1", logs="1"), search_files("q", results=found), say("ok"))
    tool = {"type": "code_interpreter", "container": "cntr_mine"}
    response = ask(tools=[tool])
    code, search, _ = response["output"]
    assert (code["container_id"], code["outputs"], search["results"]) == ("cntr_mine", None, None)
    again = api.get(f"/responses/{response['id']}", query="include[]=file_search_call.results").json["output"][1]
    assert again["results"] == [{"attributes": {}, "file_id": "file-1", "filename": "a.txt", "score": 0.5, "text": "t"}]


CODE = {"type": "code_interpreter", "container": {"type": "auto"}}


def test_code_runs_in_the_container_of_before(sim, ask):
    tool = CODE
    sim.script(run_code("1"), run_code("2"), say("ok"))
    first, second, _ = ask(tools=[tool])["output"]
    assert first["container_id"] == second["container_id"]
    assert first["container_id"].startswith("cntr_")


def test_citations_of_every_kind(sim, ask):
    path = {"text": "[p]", "file_path": {"file_id": "file-2"}}
    flat = {"type": "file_citation", "start_index": 0, "end_index": 0, "file_id": "file-3", "filename": "f"}
    other = {"type": "url_citation", "start_index": 0, "end_index": 2, "url": "https://x", "title": "x"}
    sim.script(say("so [p]said", annotations=[path, flat, other]))
    (message,) = ask()["output"]
    assert message["content"][0]["text"] == "so said"
    assert message["content"][0]["annotations"] == [
        {"type": "file_citation", "file_id": "file-3", "filename": "f", "index": 0},
        {"type": "url_citation", "start_index": 0, "end_index": 2, "url": "https://x", "title": "x"},
        {"type": "file_path", "file_id": "file-2", "index": 3},
    ]


def test_a_file_of_a_container_is_cited_where_code_ran(sim, api):
    cited = {"type": "container_file_citation", "start_index": 0, "end_index": 5, "file_id": "cfile_1", "filename": "a"}
    sim.script(run_code("1"), say("Here.", annotations=[cited]))
    events = api.events("/responses", {**MODEL, "input": "Go", "tools": [CODE]})
    code, message = events[-1][1]["response"]["output"]
    (annotation,) = message["content"][0]["annotations"]
    assert list(annotation) == ["type", "container_id", "end_index", "file_id", "filename", "start_index"]
    assert annotation["container_id"] == code["container_id"]
    names = [name for name, _ in events]
    place = names.index("response.output_text.annotation.added")
    assert names[place - 1].endswith(".delta")
    assert names[place + 1] == "response.output_text.done"


def test_models_have_usual_settings_of_their_own(sim, ask):
    sim.script(say("Let me see.", more=True), incomplete("content_filter", "so"), "plain")
    response = ask(model="gpt-5.5")
    assert [item["phase"] for item in response["output"]] == ["commentary", "final_answer"]
    assert list(response["output"][0]) == ["id", "type", "status", "content", "phase", "role"]
    assert (response["top_p"], response["prompt_cache_retention"]) == (0.98, "24h")
    assert (response["reasoning"]["effort"], response["reasoning"]["context"]) == ("medium", "current_turn")
    low = ask(model="o3-mini", reasoning={"effort": "low"})
    assert (low["reasoning"]["effort"], low["top_p"]) == ("low", 1.0)


def test_empty_parameters_are_those_of_no_parameters(sim, ask):
    sim.script("one", "two")
    tool = {"type": "function", "name": "f", "parameters": {}}
    none = {"type": "object", "properties": {}}
    assert ask(tools=[{**tool, "strict": False}])["tools"][0]["parameters"] == none
    strict = {**none, "required": [], "additionalProperties": False}
    assert ask(tools=[tool])["tools"][0]["parameters"] == strict


def test_a_file_that_is_not_there_is_cited_by_its_id(sim, ask):
    sim.script(say("a", annotations=[{"text": "a", "file_citation": {"file_id": "file-0"}}]))
    assert ask()["output"][0]["content"][0]["annotations"][0]["filename"] == "file-0"


def test_a_script_that_ends_in_the_middle_fails_the_response(sim, ask):
    sim.script(run_code("1"))
    response = ask()
    assert (response["status"], response["error"]["code"]) == ("failed", "server_error")
    with pytest.raises(AssertionError, match="its script ended with a turn that goes on"):
        sim.check()


def test_too_long_an_input_is_refused_unless_it_may_be_truncated(sim, ask, refuse):
    sim.script("short", "cut")
    history = [{"role": "user", "content": "word " * 30_000}, {"role": "user", "content": "last"}]
    assert text_of(ask("Hello?")) == "short"
    error = refuse(model="gpt-4", input=history)
    assert (error["code"], error["param"]) == ("context_length_exceeded", "input")
    assert text_of(ask(history, model="gpt-4", truncation="auto")) == "cut"
    assert sim.views[1].messages == [("user", "last")]


def test_too_long_an_input_in_the_middle_fails_the_response(sim, ask):
    sim.script(say("word " * 60_000, more=True), say("never"))
    assert ask(model="gpt-4")["status"] == "failed"
    sim.check(allow={"unused_script", "unexpected_request"})


def test_input_items_are_all_that_the_model_was_given(sim, api, ask):
    sim.script(call("f"), say("done"))
    first = ask([{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Go"}])
    (asked,) = first["output"]
    second = ask([output_for(asked["call_id"])], previous_response_id=first["id"])
    page = api.get(f"/responses/{second['id']}/input_items").json
    assert [item["type"] for item in page["data"]] == ["function_call_output", "function_call", "message", "message"]
    assert list(page) == ["object", "data", "first_id", "has_more", "last_id"]
    assert (page["first_id"], page["has_more"]) == (page["data"][0]["id"], False)
    page = api.get(f"/responses/{second['id']}/input_items", query="order=asc&limit=2").json
    assert [item["role"] for item in page["data"]] == ["developer", "user"]
    assert page["has_more"] is True
    rest = api.get(f"/responses/{second['id']}/input_items", query=f"order=asc&after={page['last_id']}").json
    assert [item["type"] for item in rest["data"]] == ["function_call", "function_call_output"]


def test_files_and_images_are_shown_without_what_is_in_them(sim, api, ask):
    sim.script("ok")
    parts = [
        {"type": "input_text", "text": "Look"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
        {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
        {"type": "input_file", "file_id": "file-7"},
    ]
    id = ask([{"type": "message", "role": "user", "content": parts}])["id"]
    _, file, picture, _ = api.get(f"/responses/{id}/input_items").json["data"][0]["content"]
    assert file == {"type": "input_file", "file_id": None, "filename": "a.pdf"}
    assert picture == {"type": "input_image", "detail": "auto", "file_id": None, "image_url": None}
    query = "include=message.input_image.image_url"
    picture = api.get(f"/responses/{id}/input_items", query=query).json["data"][0]["content"][2]
    assert picture["image_url"] == "data:image/png;base64,AA=="
    assert sim.views[0].files == ("file-7",)


def test_what_is_deleted_or_not_stored_is_gone(sim, api, ask, refused):
    sim.script("one", "two", "three", "four")
    first = ask()
    second = ask("And?", previous_response_id=first["id"])
    kept = ask("secret", store=False)
    assert kept["id"][21:23] == "01"
    for unknown in (kept["id"], "resp_0"):
        error = refused(lambda unknown=unknown: api.get(f"/responses/{unknown}"), 404)
        assert error["message"] == f"Response with id '{unknown}' not found."
    assert api.delete(f"/responses/{first['id']}").json == {
        "id": first["id"],
        "object": "response.deleted",
        "deleted": True,
    }
    refused(lambda: api.get(f"/responses/{first['id']}"), 404)
    assert text_of(ask("Still?", previous_response_id=second["id"])) == "four"
    assert [text for _, text in sim.views[-1].messages] == ["Hello?", "one", "And?", "two", "Still?"]


def test_the_ids_of_a_chain_share_their_digits(sim, api, ask):
    sim.script("one", "two", "three")
    first = ask()
    second = ask("And?", previous_response_id=first["id"])
    chain = first["id"][5:21]
    assert second["id"][5:21] == second["output"][0]["id"][4:20] == chain
    conversation = api.made("/conversations", {})["id"]
    response = ask("Hm", conversation=conversation)
    assert response["conversation"] == {"id": conversation}
    assert response["id"][5:21] == conversation[-16:] != chain


def test_usage_counts_all_turns_of_a_response(sim, ask):
    sim.script(run_code("1"), say("done"))
    once = ask()["usage"]
    sim.script("done")
    assert once["input_tokens"] > ask()["usage"]["input_tokens"]
    assert once["total_tokens"] == once["input_tokens"] + once["output_tokens"]


def test_azure_serves_it_too():
    from tests.api.conftest import Api

    sim = Simulator(brain="auto")
    for prefix in ("/openai/v1", "/openai"):
        assert Api(sim, prefix).made("/responses", {**MODEL, "input": "Hello?"})["object"] == "response"


def test_a_brain_that_knows_no_surface_answers():
    from tests.api.conftest import Api

    api = Api(Simulator(brain="auto"))
    (asked,) = api.made("/responses", {**MODEL, "input": "Hello?", "tools": [WEATHER]})["output"]
    assert json.loads(asked["arguments"]) == {"location": "text", "unit": "text"}
