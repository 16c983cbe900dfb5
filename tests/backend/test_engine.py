"""Runs on the virtual clock, from create to a regular end."""

import pytest

from simulator.backend import objects
from simulator.backend.lifecycle import ACTIVE
from simulator.backend.objects import waiting_calls
from simulator.backend.turns import (
    call,
    call_tools,
    finish,
    hang,
    image,
    incomplete,
    raw_call,
    refusal,
    run_code,
    say,
    search_files,
)
from simulator.errors import NoTurn

PNG = b"\x89PNG\r\n\x1a\n"
WEATHER = call("get_weather", location="Lima")


def statuses(lab, run):
    return [status for _, status in lab.changes(run)]


def test_a_message_from_the_queue_to_the_end(lab):
    run = lab.run(say("Hello.", takes=2))
    created = int(lab.now)
    assert (run["status"], run["started_at"], run["expires_at"]) == ("queued", None, created + 600)
    assert (lab.steps(run), lab.said(run)) == ([], [])
    lab.wait(0.5)
    assert (run["status"], run["started_at"], run["expires_at"]) == ("in_progress", created, created + 600)
    lab.until(run)
    assert (run["status"], run["completed_at"], run["expires_at"]) == ("completed", int(lab.now), None)
    assert lab.said(run) == [[objects.text_part("Hello.")]]
    assert statuses(lab, run) == ["in_progress", "completed"]


def test_the_model_takes_the_time_that_the_turn_says(lab):
    run = lab.run(say("Hello.", takes=30))
    lab.until(run, "in_progress")
    start = lab.now
    lab.goto(start + 29.999)
    assert run["status"] == "in_progress"
    lab.goto(start + 30)
    assert run["status"] == "completed"


def test_a_turn_of_no_time_happens_in_one_moment_and_in_order(lab):
    run = lab.run(say("Hello.", takes=0))
    lab.until(run, "in_progress", "completed")
    assert (run["status"], lab.texts(run)) == ("completed", ["Hello."])
    assert statuses(lab, run) == ["in_progress", "completed"]
    assert {entry.at for entry in lab.journal if hasattr(entry, "after")} == {lab.now}


@pytest.mark.parametrize("seed", range(5))
def test_latencies_without_takes_keep_their_bounds(make_lab, seed):
    lab = make_lab(seed=seed)
    begin = lab.now
    run = lab.until(lab.run(say("Hello.")), "in_progress")
    assert 0.1 <= round(lab.now - begin, 3) <= 0.5
    start = lab.now
    lab.until(run)
    assert 0.3 <= round(lab.now - start, 3) <= 1.0


def test_the_message_is_there_empty_while_it_is_written(lab):
    run = lab.run(say("Hello.", takes=10))
    execution = lab.execution(run)
    lab.goto(execution.opens_at - 0.001)
    assert lab.said(run) == []
    lab.goto(execution.opens_at)
    assert lab.said(run) == [[]]
    (step,) = lab.steps(run)
    (message,) = (one for one in lab.store.messages.of(run["thread_id"]) if one["run_id"])
    assert (message["role"], message["assistant_id"], message["created_at"]) == (
        "assistant",
        run["assistant_id"],
        int(lab.now),
    )
    assert step["step_details"] == objects.message_creation(message["id"])
    assert (step["status"], step["type"], step["usage"]) == ("in_progress", "message_creation", None)
    lab.goto(execution.closes_at)
    assert (step["status"], step["completed_at"], lab.texts(run)) == ("completed", int(lab.now), ["Hello."])


def test_content_may_be_empty_or_of_many_parts(lab):
    lab.until(lab.run(say()))
    run = lab.until(lab.run(say(image("file-1"), "a", refusal("no"), "b", annotations=[{"text": "a"}])))
    annotation = {"type": "file_citation", "text": "a", "start_index": 0, "end_index": 1}
    assert lab.said(run) == [
        [
            {"type": "image_file", "image_file": {"file_id": "file-1"}},
            objects.text_part("a", [annotation]),
            {"type": "refusal", "refusal": "no"},
            objects.text_part("b"),
        ]
    ]
    first = next(iter(lab.store.runs))
    assert lab.said(first) == [[]]


def test_a_run_can_complete_without_a_message(lab):
    run = lab.until(lab.run(finish(takes=1)))
    assert (run["status"], lab.steps(run), lab.said(run)) == ("completed", [], [])
    assert run["usage"] == objects.usage(0, 0)


# Tools.


def test_a_run_waits_for_the_outputs_of_its_calls(lab):
    run = lab.run(call_tools(WEATHER, raw_call("bad", "{", id="call_own")))
    lab.until(run, "requires_action")
    first, second = waiting_calls(run)
    assert run["required_action"]["type"] == "submit_tool_outputs"
    assert first["function"] == {"name": "get_weather", "arguments": '{"location": "Lima"}'}  # no `output` here
    assert (first["type"], second["id"], second["function"]["arguments"]) == ("function", "call_own", "{")
    (step,) = lab.steps(run)
    assert step["status"] == "in_progress"
    assert [one["function"]["output"] for one in step["step_details"]["tool_calls"]] == [None, None]
    assert run["usage"] is None
    before = dict(run)
    lab.wait(500)
    assert run == before


def test_a_tool_step_shows_no_calls_until_they_are_written(lab):
    run = lab.run(call_tools(WEATHER, takes=10))
    lab.goto(lab.execution(run).opens_at)
    assert lab.steps(run)[0]["step_details"] == {"type": "tool_calls", "tool_calls": []}
    assert run["required_action"] is None


def test_a_submit_queues_the_run_again(lab):
    run = lab.until(lab.run(call_tools(WEATHER), say("Sunny.")), "requires_action")
    started, expires = run["started_at"], run["expires_at"]
    lab.wait(100)
    submitted = lab.now
    lab.submit(run, "sunny")
    assert (run["status"], run["required_action"], run["started_at"]) == ("queued", None, started)
    (step,) = lab.steps(run)
    assert (step["status"], step["completed_at"], step["expires_at"]) == ("completed", int(submitted), expires)
    assert step["step_details"]["tool_calls"][0]["function"]["output"] == "sunny"
    lab.until(run, "in_progress")
    assert (run["started_at"], run["expires_at"]) == (int(lab.now), expires)
    assert run["started_at"] > started
    lab.until(run)
    assert [step["expires_at"] for step in lab.steps(run)] == [None, None]
    assert statuses(lab, run) == ["in_progress", "requires_action", "queued", "in_progress", "completed"]


def test_each_round_shows_all_outputs_so_far(lab):
    run = lab.run(call_tools(call("a"), call("b")), call_tools(raw_call("c", "{")), say("done"))
    lab.until(run, "requires_action")
    lab.submit(run, "1", "2")
    lab.until(run, "requires_action")
    lab.submit(run, "")
    assert [list(map(tuple, view.outputs)) for view in lab.brain.views] == [
        [],
        [("a", "{}", "1"), ("b", "{}", "2")],
        [("a", "{}", "1"), ("b", "{}", "2"), ("c", "{", "")],
    ]


def test_code_and_search_go_on_by_themselves(lab):
    results = [{"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "attributes": {}}]
    run = lab.run(
        run_code("plot()", logs="65", images=["file-9", PNG], takes=10),
        search_files("taxes", results=results),
        search_files("none"),
        say("done"),
    )
    lab.until(run)
    code, found, none, message = (step["step_details"] for step in lab.steps(run))
    placed = next(iter(lab.store.files))
    assert code["tool_calls"][0]["code_interpreter"] == {
        "input": "plot()",
        "outputs": [
            {"type": "logs", "logs": "65"},
            {"type": "image", "image": {"file_id": "file-9"}},
            {"type": "image", "image": {"file_id": placed["id"]}},
        ],
    }
    assert found["tool_calls"][0]["file_search"]["results"] == results
    assert none["tool_calls"][0]["file_search"]["results"] == []
    assert message["type"] == "message_creation"
    assert statuses(lab, run) == ["in_progress", "completed"]


def test_a_drawn_image_becomes_a_file_of_its_time(lab):
    run = lab.run(run_code("plot()", images=[PNG], takes=10), say(image(PNG), takes=10))
    lab.until(run, "in_progress")
    start = lab.now
    lab.wait(500)  # nobody looked meanwhile
    drawn, shown = lab.store.files
    assert (drawn["created_at"], shown["created_at"]) == (int(start + 4), int(start + 14))
    assert (drawn["purpose"], drawn["bytes"], lab.store.contents[drawn["id"]]) == ("assistants_output", 8, PNG)
    assert lab.said(run) == [[{"type": "image_file", "image_file": {"file_id": shown["id"]}}]]


def test_one_run_may_say_several_messages(lab):
    run = lab.until(lab.run(say("one", more=True), say("two", more=True), say("three")))
    assert lab.texts(run) == ["one", "two", "three"]
    assert [step["status"] for step in lab.steps(run)] == ["completed"] * 3


# The end.


@pytest.mark.parametrize("reason", ["max_completion_tokens", "max_prompt_tokens", "content_filter"])
def test_a_limit_ends_the_run_though_its_step_is_complete(lab, reason):
    run = lab.until(lab.run(incomplete(reason, "so far")))
    assert (run["status"], run["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert (run["completed_at"], run["failed_at"], run["last_error"]) == (int(lab.now), None, None)
    assert ([step["status"] for step in lab.steps(run)], lab.texts(run)) == (["completed"], ["so far"])


def test_a_limit_may_strike_before_the_first_word(lab):
    run = lab.until(lab.run(incomplete("max_prompt_tokens")))
    assert (run["status"], lab.steps(run), lab.said(run)) == ("incomplete", [], [])


def test_usage_is_the_sum_of_the_steps(lab):
    turns = (call_tools(WEATHER, call("b")), run_code("x" * 40), say("one two", more=True), say("three" * 20))
    run = lab.until(lab.run(*turns), "requires_action")
    lab.submit(run, "a" * 100, "b")
    lab.until(run)
    parts = [step["usage"] for step in lab.steps(run)]
    assert len(parts) == 4
    assert run["usage"] == objects.usage(
        sum(one["prompt_tokens"] for one in parts), sum(one["completion_tokens"] for one in parts)
    )
    # Names and arguments of 11 + 20 and 1 + 2 characters, 40 of code, 7 and 100 of text; four to a token, each
    # rounded up. Beside them each function costs 8, the code 6, and each message 2.
    assert [one["completion_tokens"] for one in parts] == [3 + 5 + 1 + 1 + 16, 10 + 6, 2 + 2, 25 + 2]
    prompts = [one["prompt_tokens"] for one in parts]
    assert prompts == sorted(prompts)  # what the model has said and heard is shown again
    assert prompts[1] > prompts[0]
    assert list(run["usage"])[3:] == ["prompt_token_details", "completion_tokens_details"]


# The brain is asked, and may have no answer.


def test_what_the_model_is_shown(lab):
    assistant = lab.assistant(instructions="Be brief.", tools=[{"type": "function", "function": {"name": "f"}}])
    thread = lab.thread("one", "two")
    lab.run(
        hang(),
        thread=thread,
        assistant=assistant,
        instructions="Be kind.",
        messages=[lab.new_message(thread, "three")],
        temperature=0.5,
    )
    (view,) = lab.brain.views
    assert (view.user, view.instructions, view.model) == ("three", "Be brief.\nBe kind.", "gpt-4o")
    assert view.messages == [("user", "one"), ("user", "two"), ("user", "three")]
    assert view.functions == {"f": {"type": "object", "properties": {}}}
    assert view.settings["temperature"] == 0.5
    assert [objects.message_text(one) for one in lab.store.messages.of(thread["id"])] == ["one", "two", "three"]


def test_additional_instructions_are_shown_in_every_round(lab):
    run = lab.until(lab.run(call_tools(WEATHER), hang(), instructions="Be kind."), "requires_action")
    lab.submit(run, "sunny")
    assert [view.instructions for view in lab.brain.views] == ["Be kind.", "Be kind."]
    assert run["instructions"] is None


def test_a_run_without_an_answer_is_not_stored(lab):
    thread = lab.thread("Hello?")
    message = lab.new_message(thread, "never")
    with pytest.raises(NoTurn):
        lab.run(thread=thread, messages=[message])
    assert list(lab.store.runs) == []
    assert [objects.message_text(one) for one in lab.store.messages.of(thread["id"])] == ["Hello?"]
    assert (lab.engine.active_run(thread["id"]), lab.engine.next_due()) == (None, None)


def test_a_submit_without_an_answer_changes_nothing(lab):
    run = lab.until(lab.run(call_tools(WEATHER)), "requires_action")
    before = lab.bytes()
    with pytest.raises(NoTurn):
        lab.submit(run, "sunny")
    assert lab.bytes() == before
    lab.brain.add(say("Sunny."))
    lab.submit(run, "sunny")
    lab.until(run)
    assert (lab.texts(run), len(lab.brain.views[-1].outputs)) == (["Sunny."], 1)


@pytest.mark.parametrize("first", [say("one", more=True), run_code("1"), search_files("q")])
def test_where_no_request_is_left_to_refuse_the_run_fails(lab, first):
    run = lab.until(lab.run(first))
    assert run["status"] == "failed"
    assert run["last_error"] == {"code": "server_error", "message": "Sorry, something went wrong."}
    assert lab.engine.surprises == [f"nothing is left for {run['id']}"]
    assert [step["status"] for step in lab.steps(run)] == ["completed"]  # what had ended before stays
    assert run["usage"] == lab.steps(run)[0]["usage"]


# The lock of the thread.


def test_a_run_locks_its_thread_as_long_as_it_is_active(lab):
    run = lab.run(call_tools(WEATHER), say("Sunny."))
    locked = set()
    while run["status"] in ACTIVE:
        assert lab.engine.active_run(run["thread_id"]) == run["id"]
        locked.add(run["status"])
        if run["status"] == "requires_action":
            lab.submit(run, "sunny")
        lab.goto(lab.engine.next_due())
    assert locked == {"queued", "in_progress", "requires_action"}
    assert lab.engine.active_run(run["thread_id"]) is None
    assert lab.engine.executions == {}


def test_threads_do_not_lock_each_other(lab):
    one, two = lab.run(hang()), lab.run(say("Hello."))
    assert lab.engine.active_run(one["thread_id"]) == one["id"]
    lab.until(two)
    assert lab.engine.active_run(one["thread_id"]) == one["id"]
    assert lab.engine.active_run(two["thread_id"]) is None
    assert lab.engine.active_run("thread_unknown") is None


def test_what_was_deleted_with_its_thread_never_moves(lab):
    run = lab.run(say("Hello."))
    lab.engine.forget(run["id"])
    lab.engine.forget(run["id"])
    lab.store.drop_thread(run["thread_id"])
    lab.wait(1000)
    assert run["status"] == "queued"
    assert (list(lab.store.messages), lab.engine.active_run(run["thread_id"])) == ([], None)


def test_without_a_journal_everything_moves_all_the_same(make_lab):
    lab = make_lab(journal=False)
    run = lab.until(lab.run(say("Hello.")))
    assert (run["status"], len(lab.journal)) == ("completed", 0)


def test_many_runs_fire_in_the_order_of_time(lab):
    slow = lab.run(say("slow", takes=9))
    fast = lab.run(say("fast", takes=3))
    lab.wait(100)
    ended = [entry.run_id for entry in lab.journal if getattr(entry, "after", None) == "completed"]
    assert list(dict.fromkeys(ended)) == [fast["id"], slow["id"]]
    assert (fast["completed_at"], slow["completed_at"]) < (slow["completed_at"], slow["completed_at"] + 1)
