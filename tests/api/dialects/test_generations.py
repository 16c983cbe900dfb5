"""What `as_of` changes: the tables row by row, and the service that reads them."""

import re

import pytest

from simulator import Simulator, SimulatorError, call, incomplete, run_code, say, search_files
from simulator.api.dialects.changes import CHANGES, EVENTS
from simulator.api.dialects.history import NEWEST, generation
from simulator.api.dialects.key_sets import FIRST_DAY, KEY_SETS, V2_SINCE
from simulator.backend.store import Store

TOOLS = [
    {"type": "function", "function": {"name": "f"}},
    {"type": "file_search"},
    {"type": "code_interpreter"},
]
DAYS_OF_V1 = ["2023-11-06", "2024-01-24", "2024-02-05", "2024-02-27", "2024-03-24", "2024-04-01", "2024-04-27"]
DAYS_OF_V2 = ["2024-04-17", "2024-04-29", "2024-06-08", "2024-08-29", "2025-01-14", "2025-03-06", "2025-09-16"]
HEADER = {"content-type": "application/json", "authorization": "Bearer k"}


@pytest.fixture
def on(api_of):
    """Return who speaks a version with the service of a day."""

    def of(day, version, **options):
        class Speaker(api_of):
            def send(self, method, path, body=None, *, headers=None, **others):
                beta = {**HEADER, "openai-beta": f"assistants={version}"} if headers is None else headers
                return super().send(method, path, body, headers=beta, **others)

        return Speaker(Simulator(as_of=day, **options))

    return of


@pytest.fixture
def run_of(on):
    """Return a finished run of a day, and who can ask for more of it."""

    def finished(day, version, *turns, **assistant):
        api = on(day, version)
        api.sim.script(*(turns or ("x",)))
        made = api.made("/assistants", {"model": "gpt-4", **assistant})
        thread = {"messages": [{"role": "user", "content": "Hi"}]}
        run = api.made("/threads/runs", {"assistant_id": made["id"], "thread": thread})
        api.sim.clock.advance(60)
        return api, f"/threads/{run['thread_id']}", f"/threads/{run['thread_id']}/runs/{run['id']}"

    return finished


# ── the tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("row", KEY_SETS, ids=lambda row: f"{row.kind} {row.since} {row.version}")
def test_an_object_has_the_keys_of_its_row_in_their_order(row):
    keys = row.keys.split()
    operation, _, name = row.kind.rpartition(" ")
    known = {key for one in KEY_SETS if one.kind.rpartition(" ")[2] == name for key in one.keys.split()}
    item = {**dict.fromkeys(sorted(known)), "object": name, **({"id": "x_1"} if "id" in known else {})}
    shapes = generation(row.version or "v1", row.since)
    if shapes is None:
        assert row.since >= NEWEST
        return
    shown = shapes.shown(item, Store(), operation)
    left_out = {"required_action"} if name == "thread.run" and row.since < "2024-02-05" else set()
    assert list(shown) == [key for key in keys if key not in left_out]


def test_rows_of_a_kind_and_version_stand_in_the_order_of_their_days():
    for kind in {row.kind for row in KEY_SETS}:
        for version in ("v1", "v2"):
            days = [row.since for row in KEY_SETS if row.kind == kind and row.version in {"", version}]
            assert days == sorted(set(days))


@pytest.mark.parametrize("change", CHANGES, ids=lambda row: f"{row.kind} {row.key} {row.until} {row.version}")
def test_a_change_is_of_a_key_that_its_object_has(change):
    of_kind = [row for row in KEY_SETS if row.kind == change.kind]
    assert any(change.key in row.keys.split() for row in of_kind)


def test_from_the_newest_day_on_objects_are_shown_as_they_are_stored():
    assert max(row.until for row in (*CHANGES, *EVENTS)) <= NEWEST
    assert generation("v2", NEWEST) is generation("v2", None) is None
    assert generation("v2", "2025-10-29") is not None


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_run_has_eight_generations(run_of):
    seen = {}
    for version, days in (("v1", DAYS_OF_V1), ("v2", DAYS_OF_V2)):
        for day in days:
            api, _, path = run_of(day, version)
            seen.setdefault(tuple(api.get(path).json), (day, version))
    assert list(seen.values()) == [
        ("2023-11-06", "v1"),
        ("2024-01-24", "v1"),
        ("2024-02-05", "v1"),
        ("2024-04-01", "v1"),
        ("2024-04-27", "v1"),
        ("2024-04-17", "v2"),
        ("2024-06-08", "v2"),
        ("2025-03-06", "v2"),
    ]


def test_a_required_action_was_left_out_unless_there_was_one(run_of):
    api, _, path = run_of("2024-01-24", "v1", call("f"), "x")
    run = api.get(path).json
    assert list(run)[10:13] == ["completed_at", "required_action", "last_error"]
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    (step,) = api.get(f"{path}/steps").json["data"]
    assert list(step["step_details"]["tool_calls"][0]["function"]) == ["name", "arguments"]
    outputs = {"tool_outputs": [{"tool_call_id": calls[0]["id"], "output": "1"}]}
    assert "required_action" not in api.post(f"{path}/submit_tool_outputs", outputs).json


@pytest.mark.parametrize(
    "day, details",
    [
        ("2024-12-17", []),
        ("2025-01-14", ["prompt_token_details"]),
        ("2025-03-06", ["prompt_token_details", "completion_tokens_details"]),
    ],
)
def test_usage_grew(run_of, day, details):
    api, _, path = run_of(day, "v2")
    totals = ["prompt_tokens", "completion_tokens", "total_tokens", *details]
    assert list(api.get(path).json["usage"]) == totals
    assert list(api.get(f"{path}/steps").json["data"][0]["usage"]) == totals


@pytest.mark.parametrize(
    "day, version, ended, event",
    [
        ("2024-04-27", "v1", ("completed", "max_prompt_tokens"), "thread.run.completed"),
        ("2024-04-29", "v2", ("incomplete", "max_prompt_tokens"), "thread.run.completed"),
        ("2024-06-08", "v2", ("incomplete", "max_completion_tokens"), "thread.run.incomplete"),
        ("2024-06-08", "v1", ("completed", "max_completion_tokens"), "thread.run.completed"),
    ],
)
def test_a_run_that_hits_its_limit(on, day, version, ended, event):
    status, reason = ended
    api = on(day, version)
    api.sim.script(incomplete("max_completion_tokens", "half"))
    assistant = api.made("/assistants", {"model": "gpt-4"})["id"]
    thread = {"messages": [{"role": "user", "content": "Hi"}]}
    body = {"assistant_id": assistant, "thread": thread, "stream": True}
    frames = b"".join(frame.data for frame in api.post("/threads/runs", body).body).decode()
    names = re.findall(r"^event: (.*)$", frames, re.MULTILINE)
    assert names[-2:] == [event, "done"]
    assert f'"incomplete_details":{{"reason":"{reason}"}}' in frames
    assert f'"status":"{status}"' in frames.split(f"event: {event}")[1]


# ── tools ────────────────────────────────────────────────────────────────────────────────────────────────────────────

RANKED = {"ranker": "default_2024_08_21", "score_threshold": 0.0}


@pytest.mark.parametrize(
    "day, function, search",
    [
        ("2024-04-29", ["name", "parameters"], {"type": "file_search"}),
        ("2024-08-06", ["name", "description", "parameters", "strict"], {"type": "file_search"}),
        (
            "2024-08-29",
            ["name", "description", "parameters", "strict"],
            {"type": "file_search", "file_search": {"ranking_options": RANKED}},
        ),
        (
            "2025-09-16",
            ["name", "description", "parameters", "strict"],
            {"type": "file_search", "file_search": {"ranking_options": {**RANKED, "hybrid_search": None}}},
        ),
    ],
)
def test_tools_are_echoed_as_on_their_day(on, day, function, search):
    tools = on(day, "v2").made("/assistants", {"model": "gpt-4", "tools": TOOLS})["tools"]
    assert list(tools[0]["function"]) == function
    assert tools[1:] == [search, {"type": "code_interpreter"}]


def test_options_that_were_given_stay(on):
    tools = [{"type": "file_search", "file_search": {"max_num_results": 10}}]
    assert on("2024-06-05", "v2").made("/assistants", {"model": "gpt-4", "tools": tools})["tools"] == tools


def test_a_search_was_empty_and_a_function_waited_with_a_null(run_of):
    api, _, path = run_of("2024-04-29", "v2", search_files("q"), call("f"), "x", tools=TOOLS[1:])
    waiting, searched = (step["step_details"]["tool_calls"][0] for step in api.get(f"{path}/steps").json["data"])
    assert searched["file_search"] == {}
    assert list(waiting["function"]) == ["name", "arguments", "output"]


@pytest.mark.parametrize("day, keys", [("2024-04-16", []), ("2024-04-17", ["output"])])
def test_a_function_that_waits_had_no_output_and_other_calls_were_as_they_are(run_of, day, keys):
    tools = [TOOLS[0], {"type": "code_interpreter"}]
    api, _, path = run_of(day, "v1", run_code("1", logs="2"), call("f"), "x", tools=tools)
    waiting, ran = (step["step_details"]["tool_calls"][0] for step in api.get(f"{path}/steps").json["data"])
    assert list(waiting["function"]) == ["name", "arguments", *keys]
    assert ran["code_interpreter"] == {"input": "1", "outputs": [{"type": "logs", "logs": "2"}]}


@pytest.mark.parametrize("day, keys", [("2025-12-31", ["error"]), ("2026-01-01", ["error", "detail"])])
def test_an_error_of_files_says_it_twice_since_2026(on, day, keys):
    answer = on(day, "v2").get("/files/file-x")
    assert (answer.status, list(answer.json)) == (404, keys)
    assert answer.error["message"] == "No such File object: file-x"


# ── messages, threads, steps ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_keys_of_a_message_moved(run_of):
    for day, first in (("2024-02-26", "thread_id"), ("2024-02-27", "assistant_id")):
        api, thread, _ = run_of(day, "v1")
        message = api.get(f"{thread}/messages").json["data"][0]
        assert list(message)[3] == first
        assert message["file_ids"] == []


def test_an_update_answers_with_file_ids(run_of):
    for day in ("2024-04-29", "2025-09-16"):
        api, thread, _ = run_of(day, "v2", say("x"))
        message = api.get(f"{thread}/messages").json["data"][0]
        assert message["attachments"] == []
        changed = api.post(f"{thread}/messages/{message['id']}", {"metadata": {"a": "b"}}).json
        assert list(changed)[-2:] == ["file_ids", "metadata"]


def test_keys_that_no_generation_has_are_shown_at_the_end(on):
    api = on("2023-11-06", "v1")
    api.sim.put("threads", {"id": "thread_1", "mine": 1})
    assert list(api.get("/threads/thread_1").json) == ["id", "object", "created_at", "metadata", "mine"]


def test_what_was_placed_half_is_shown_half(on):
    api = on("2024-04-29", "v2")
    step = {"id": "step_1", "thread_id": "thread_1", "run_id": "run_1", "step_details": None, "usage": None}
    api.sim.put("runs", {"id": "run_1", "thread_id": "thread_1", "status": "completed", "tools": None})
    api.sim.put("run_steps", step)
    run = api.get("/threads/thread_1/runs/run_1").json
    assert (run["tools"], run["usage"], run["incomplete_details"]) == (None, None, None)
    shown = api.get("/threads/thread_1/runs/run_1/steps/step_1").json
    assert (shown["step_details"]["tool_calls"], shown["usage"]) == ([], None)


# ── the service of a day ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_clock_begins_at_midnight_of_the_day(on):
    api = on("2024-04-29", "v2")
    assert api.sim.clock.now() == 1_714_348_800
    assert api.made("/threads")["created_at"] == 1_714_348_800
    api.sim.clock.advance(1000)
    api.sim.reset()
    assert api.sim.clock.now() == 1_714_348_800


def test_the_service_does_not_change_as_time_goes_on(on):
    api = on("2024-04-28", "v2")
    assert "tool_resources" not in api.made("/threads")
    api.sim.clock.advance(86_400 * 900)
    assert "tool_resources" not in api.made("/threads")


def test_before_version_2_was_opened_its_header_is_unknown(on):
    answer = on("2024-04-16", "v2").post("/threads", {})
    assert (answer.status, "assistants=v2" in answer.error["message"]) == (400, True)
    assert on(V2_SINCE, "v2").post("/threads", {}).status == 200


def test_version_1_is_refused_from_december_2024_on(on):
    assert on("2024-12-17", "v1").post("/threads", {}).status == 200
    assert on("2024-12-18", "v1").post("/threads", {}).error["code"] == "invalid_beta"
    assert on("2024-12-18", "v2").post("/threads", {}).status == 200
    assert on("2024-04-29", "v1", service="v1_refused").post("/threads", {}).status == 400


def test_after_the_end_nothing_is_served(on):
    assert on("2026-08-25", "v2").post("/threads", {}).status == 200
    gone = on("2026-08-26", "v2").post("/threads", {})
    assert (gone.status, gone.body) == (404, b"")


def test_headers_and_ids_are_those_of_the_day(on):
    early, late = on("2024-01-24", "v1").post("/threads", {}), on("2025-09-16", "v2").post("/threads", {})
    assert "openai-project" not in early.headers
    assert re.fullmatch("[0-9a-f]{32}", early.headers["x-request-id"])
    assert late.headers["openai-project"]
    assert late.headers["x-request-id"].startswith("req_")


def test_a_saved_state_keeps_the_day(on, tmp_path):
    api = on("2024-04-29", "v2")
    api.made("/threads")
    api.sim.save(tmp_path / "s")
    loaded = Simulator.load(tmp_path / "s")
    assert loaded._options == api.sim._options
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "s").read_bytes()


def test_the_first_day_is_the_first_that_is_taken():
    Simulator(as_of=FIRST_DAY)
    with pytest.raises(SimulatorError, match="as_of= is 2023-11-06 or later"):
        Simulator(as_of="2023-11-05")


@pytest.mark.parametrize("kind", sorted({row.kind for row in CHANGES}))
def test_what_an_object_does_not_have_is_not_converted(kind):
    shown = generation("v2", "2024-04-29").shown({"object": kind, "id": "x"}, Store())
    assert dict(shown) == {"object": kind, "id": "x"}
