import pytest

# recorded-traffic.md 1: v2, 2025-03 to 2026-03.
KEYS = [
    "id",
    "object",
    "created_at",
    "name",
    "description",
    "model",
    "instructions",
    "tools",
    "top_p",
    "temperature",
    "reasoning_effort",
    "tool_resources",
    "metadata",
    "response_format",
]
RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
BUILTIN = {"tools": [{"type": "file_search"}], "response_format": SCHEMA}


def function(**fields):
    return {"type": "function", "function": fields}


def test_the_least_assistant_shows_every_key_with_its_default(api):
    made = api.made("/assistants", {"model": "gpt-4o"})
    assert list(made) == KEYS
    assert made["id"].startswith("asst_")
    assert len(made["id"]) == len("asst_") + 24
    assert made == {
        "id": made["id"],
        "object": "assistant",
        "created_at": int(api.sim.clock.now()),
        "name": None,
        "description": None,
        "model": "gpt-4o",
        "instructions": None,
        "tools": [],
        "top_p": 1.0,
        "temperature": 1.0,
        "reasoning_effort": None,
        "tool_resources": {},
        "metadata": {},
        "response_format": "auto",
    }


def test_what_is_given_is_echoed_whatever_its_order(api):
    given = {
        "metadata": {"a": "b"},
        "response_format": {"type": "json_object"},
        "temperature": 1,
        "top_p": 0.5,
        "reasoning_effort": "low",
        "instructions": "Be brief.",
        "description": "d",
        "name": "n",
        "model": "o3-mini",
    }
    made = api.made("/assistants", given)
    assert list(made) == KEYS
    assert {key: made[key] for key in given} == given
    assert isinstance(made["temperature"], float)


CLOSED = {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    "given, echoed",
    [
        (
            function(name="f"),
            function(name="f", description=None, parameters={"type": "object", "properties": {}}, strict=False),
        ),
        (
            function(strict=True, parameters=CLOSED, description="d", name="f"),
            function(name="f", description="d", parameters=CLOSED, strict=True),
        ),
        ({"type": "code_interpreter"}, {"type": "code_interpreter"}),
        ({"type": "file_search"}, {"type": "file_search", "file_search": {"ranking_options": RANKING}}),
        (
            {"type": "file_search", "file_search": {}},
            {"type": "file_search", "file_search": {"ranking_options": RANKING}},
        ),
        (
            {"file_search": {"ranking_options": {"score_threshold": 0.5}, "max_num_results": 5}, "type": "file_search"},
            {
                "type": "file_search",
                "file_search": {"ranking_options": {**RANKING, "score_threshold": 0.5}, "max_num_results": 5},
            },
        ),
    ],
)
def test_a_tool_is_normalised(api, given, echoed):
    tool = api.made("/assistants", {"model": "m", "tools": [given]})["tools"][0]
    assert tool == echoed
    assert list(tool) == list(echoed)
    if "function" in tool:
        assert list(tool["function"]) == ["name", "description", "parameters", "strict"]


def test_tools_and_schemas_keep_their_order(api):
    parameters = {"required": ["b"], "properties": {"b": {}, "a": {}}, "type": "object", "$defs": {}}
    tools = [function(name="z", parameters=parameters), {"type": "code_interpreter"}, function(name="a")]
    made = api.made("/assistants", {"model": "m", "tools": tools})
    names = [tool.get("function", {}).get("name") for tool in made["tools"]]
    assert names == ["z", None, "a"]
    assert list(made["tools"][0]["function"]["parameters"]) == list(parameters)


@pytest.mark.parametrize(
    "tools, given, shown",
    [
        ([], None, {}),
        ([function(name="f")], None, {}),
        ([{"type": "code_interpreter"}], None, {"code_interpreter": {"file_ids": []}}),
        ([{"type": "file_search"}], None, {"file_search": {"vector_store_ids": []}}),
        (
            [{"type": "file_search"}, {"type": "code_interpreter"}],
            None,
            {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}},
        ),
        (
            [{"type": "code_interpreter"}],
            {"code_interpreter": {"file_ids": ["file-1"]}},
            {"code_interpreter": {"file_ids": ["file-1"]}},
        ),
        ([{"type": "code_interpreter"}], {"code_interpreter": {}}, {"code_interpreter": {"file_ids": []}}),
        ([], {"file_search": {"vector_store_ids": ["vs_1"]}}, {"file_search": {"vector_store_ids": ["vs_1"]}}),
        (
            [{"type": "file_search"}],
            {"file_search": {"vector_store_ids": ["vs_1"], "vector_stores": []}},
            {"file_search": {"vector_store_ids": ["vs_1"]}},
        ),
    ],
)
def test_tool_resources_are_those_of_the_tools(sim, api, tools, given, shown):
    sim.put("files", {"id": "file-1"})
    sim.put("vector_stores", {"id": "vs_1"})
    made = api.made("/assistants", {"model": "m", "tools": tools, "tool_resources": given})
    assert made["tool_resources"] == shown


@pytest.mark.parametrize("path", ["", "/asst_known"])
def test_a_schema_for_the_answer_goes_with_functions_only(sim, api, refused, path):
    sim.put("assistants", {"id": "asst_known"})
    error = refused(lambda: api.post(f"/assistants{path}", {"model": "m", **BUILTIN}), 400)
    assert error["message"] == (
        "Invalid tools: all tools must be of type `function` when `response_format` is of type `json_schema`."
    )
    functions = {"model": "m", "tools": [function(name="f")], "response_format": SCHEMA}
    assert api.post(f"/assistants{path}", functions).status == 200


def test_an_update_that_makes_tools_and_format_clash_is_refused(sim, api, refused):
    sim.put("assistants", {"id": "asst_known", "tools": [{"type": "code_interpreter"}]})
    refused(lambda: api.post("/assistants/asst_known", {"response_format": SCHEMA}), 400)


def test_an_assistant_is_read_as_it_was_made(api, world):
    id = world.assistant(name="n", tools=[{"type": "code_interpreter"}])
    made = api.get(f"/assistants/{id}")
    assert made.json["id"] == id
    assert api.get(f"/assistants/{id}").body == made.body
    assert api.get("/assistants").json["data"] == [made.json]


def test_an_update_changes_what_is_given_and_nothing_else(api, world):
    id = world.assistant(name="n", metadata={"a": "b"}, tools=[function(name="f")], temperature=0.5)
    before = api.get(f"/assistants/{id}").json
    changed = api.made(f"/assistants/{id}", {"description": "d", "metadata": {"c": "d"}})
    assert list(changed) == KEYS
    assert changed == {**before, "description": "d", "metadata": {"c": "d"}}
    assert api.get(f"/assistants/{id}").json == changed


def test_an_update_normalises_tools_and_adds_their_resources(api, world):
    id = world.assistant()
    changed = api.made(f"/assistants/{id}", {"tools": [function(name="f"), {"type": "code_interpreter"}]})
    assert changed["tools"][0]["function"]["strict"] is False
    assert changed["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_an_update_replaces_one_resource_and_keeps_the_other(sim, api, world):
    sim.put("files", {"id": "file-1"})
    sim.put("vector_stores", {"id": "vs_1"})
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
    id = world.assistant(tools=tools, tool_resources={"code_interpreter": {"file_ids": ["file-1"]}})
    changed = api.made(f"/assistants/{id}", {"tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}})
    assert changed["tool_resources"] == {
        "code_interpreter": {"file_ids": ["file-1"]},
        "file_search": {"vector_store_ids": ["vs_1"]},
    }


def test_an_empty_update_changes_nothing(api, world, unchanged):
    id = world.assistant(tools=[{"type": "file_search"}])
    with unchanged():
        assert api.post(f"/assistants/{id}", {}).status == 200


def test_a_deleted_assistant_is_gone(api, world, refused):
    id = world.assistant()
    answer = api.delete(f"/assistants/{id}")
    assert answer.json == {"id": id, "object": "assistant.deleted", "deleted": True}
    assert list(answer.json) == ["id", "object", "deleted"]
    for send in (api.get, api.delete, api.post):
        assert refused(lambda send=send: send(f"/assistants/{id}"), 404)["message"] == (
            f"No assistant found with id '{id}'."
        )
    assert api.get("/assistants").json["data"] == []


def test_an_id_without_the_prefix_that_nothing_has_is_unknown(api, refused):
    # What py-openai-assistant relies on (clients.md).
    error = refused(lambda: api.get("/assistants/deadbeef"), 404)
    assert error["message"] == "No assistant found with id 'deadbeef'."


def test_a_placed_id_resolves_whatever_it_looks_like(sim, api):
    sim.put("assistants", {"id": "assistant_id"})
    assert api.get("/assistants/assistant_id").json["id"] == "assistant_id"
