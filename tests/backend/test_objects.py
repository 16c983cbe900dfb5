"""Keys in the order of the wire, last generation (recorded-traffic.md 1), and the defaults that were recorded."""

import json

import pytest

from simulator.backend import objects

ASSISTANT = objects.assistant("asst_1", 1, "gpt-4o")
RUN = objects.run("run_1", 1000, "thread_1", ASSISTANT)

KEYS = {
    "assistant": (
        ASSISTANT,
        (
            "id object created_at name description model instructions tools top_p temperature reasoning_effort"
            " tool_resources metadata response_format"
        ),
    ),
    "thread": (objects.thread("thread_1", 1), "id object created_at metadata tool_resources"),
    "thread.message": (
        objects.message("msg_1", 1, "thread_1", "user", []),
        "id object created_at assistant_id thread_id run_id role content attachments metadata",
    ),
    "thread.run": (
        RUN,
        (
            "id object created_at assistant_id thread_id status started_at expires_at cancelled_at failed_at"
            " completed_at required_action last_error model instructions tools tool_resources metadata temperature"
            " top_p reasoning_effort max_completion_tokens max_prompt_tokens truncation_strategy incomplete_details"
            " usage response_format tool_choice parallel_tool_calls"
        ),
    ),
    "thread.run.step": (
        objects.run_step("step_1", 1, RUN, objects.tool_calls([])),
        (
            "id object created_at run_id assistant_id thread_id type status cancelled_at completed_at expires_at"
            " failed_at last_error step_details usage"
        ),
    ),
    "file": (
        objects.file("file-1", 1, "a.txt", "assistants", 5),
        "object id purpose filename bytes created_at expires_at status status_details",
    ),
}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_stand_in_the_recorded_order(kind):
    made, keys = KEYS[kind]
    assert list(made) == keys.split()
    assert made["object"] == kind
    assert json.loads(json.dumps(made)) == made


def test_a_run_has_the_recorded_defaults():
    assert (RUN["status"], RUN["expires_at"] - RUN["created_at"]) == ("queued", 600)
    assert (RUN["temperature"], RUN["top_p"], RUN["parallel_tool_calls"]) == (1.0, 1.0, True)
    assert (RUN["response_format"], RUN["tool_choice"]) == ("auto", "auto")
    assert RUN["truncation_strategy"] == {"type": "auto", "last_messages": None}
    assert (RUN["tool_resources"], RUN["metadata"], RUN["usage"], RUN["instructions"]) == ({}, {}, None, None)


def test_a_run_takes_from_its_assistant_what_the_request_does_not_give():
    assistant = objects.assistant(
        "asst_1",
        1,
        "gpt-4o",
        instructions="Be brief.",
        temperature=0.2,
        response_format={"type": "text"},
        tools=[{"type": "code_interpreter"}],
        tool_resources={"code_interpreter": {"file_ids": ["file-1"]}},
    )
    taken = objects.run("run_1", 1, "thread_1", assistant)
    assert (taken["model"], taken["instructions"], taken["temperature"]) == ("gpt-4o", "Be brief.", 0.2)
    assert (taken["tools"], taken["response_format"]) == ([{"type": "code_interpreter"}], {"type": "text"})
    assert taken["tool_resources"] == {}  # in every JSON answer, whatever the assistant has
    given = objects.run(
        "run_2",
        1,
        "thread_1",
        assistant,
        model="gpt-4",
        instructions="",
        tools=[],
        truncation_strategy={"last_messages": 3},
    )
    assert (given["model"], given["instructions"], given["tools"]) == ("gpt-4", "", [])
    assert given["truncation_strategy"] == {"type": "auto", "last_messages": 3}


def test_a_function_is_normalised():
    tool = objects.normalised_tool({"function": {"name": "f"}, "type": "function"})
    assert json.dumps(tool) == json.dumps(
        {
            "type": "function",
            "function": {
                "name": "f",
                "description": None,
                "parameters": {"type": "object", "properties": {}},
                "strict": False,
            },
        }
    )


def test_a_file_search_is_echoed_with_its_ranking():
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
    bare = objects.normalised_tool({"type": "file_search", "file_search": {}})
    assert bare == {"type": "file_search", "file_search": {"ranking_options": ranking}}
    given = {"type": "file_search", "file_search": {"max_num_results": 3, "ranking_options": {"score_threshold": 0.5}}}
    assert objects.normalised_tool(given)["file_search"] == {
        "max_num_results": 3,
        "ranking_options": {**ranking, "score_threshold": 0.5},
    }
    assert objects.normalised_tool({"type": "code_interpreter"}) == {"type": "code_interpreter"}


@pytest.mark.parametrize(
    "kinds, expected",
    [
        ([], {}),
        (["function"], {}),
        (["code_interpreter"], {"code_interpreter": {"file_ids": []}}),
        (["file_search"], {"file_search": {"vector_store_ids": []}}),
    ],
)
def test_an_assistant_shows_the_resources_of_its_tools(kinds, expected):
    assert objects.tool_resources([{"type": kind} for kind in kinds], {}) == expected


def test_resources_that_are_given_stay():
    given = {"code_interpreter": {"file_ids": ["file-1"]}}
    assert objects.tool_resources([{"type": "code_interpreter"}], given) == given


def test_the_text_of_a_message_is_that_of_its_texts():
    image = {"type": "image_file", "image_file": {"file_id": "file-1"}}
    assert objects.message_text({"content": [objects.text_part("a"), image, objects.text_part("b")]}) == "ab"
    assert objects.message_text({"content": None}) == ""


def test_the_first_detail_of_a_usage_is_singular():
    assert list(objects.usage(1, 2).items()) == [
        ("prompt_tokens", 1),
        ("completion_tokens", 2),
        ("total_tokens", 3),
        ("prompt_token_details", {"cached_tokens": 0}),
        ("completion_tokens_details", {"reasoning_tokens": 0}),
    ]
