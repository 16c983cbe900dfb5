import json

from simulator.backend.execution import Execution
from simulator.backend.turns import call, call_tools, say


def test_the_whole_of_a_run_at_work_survives_a_file(lab):
    turns = (call_tools(call("f")), say("abc", chunks=["a", "bc"], takes=9))
    run = lab.until(lab.run(*turns, instructions="Be kind."), "requires_action")
    lab.submit(run, "1")
    execution = lab.execution(run)
    lab.goto(execution.opens_at)
    saved = json.loads(json.dumps(execution.to_json()))
    again = Execution.from_json(saved, run, execution.step, execution.message)
    assert again == execution
    assert (again.turn, again.additional_instructions) == (turns[1], "Be kind.")
    assert again.spent == execution.spent != (0, 0)
    assert again.outputs[0].output == "1"


def test_a_run_that_was_placed_is_saved_with_nothing_done():
    assert Execution({"thread_id": "thread_1", "id": "run_1"}).to_json() == {
        "run": ["thread_1", "run_1"],
        "additional_instructions": None,
        "epoch": 0,
        "turn": None,
        "opens_at": 0.0,
        "closes_at": 0.0,
        "step": None,
        "message": None,
        "content": [],
        "calls": [],
        "outputs": [],
        "prompt_tokens": 0,
        "spent": [0, 0, 0, 0],
        "lock_lag": 0.0,
        "stopped_by": None,
    }


def test_nobody_listens_after_a_restore(make_lab, lab):
    run = lab.run(say("abc", takes=9), stream=True)
    again = make_lab.of(lab.bytes())
    assert again.execution(run).stream is None
    restored = again.store.runs.get(run["id"], run["thread_id"])
    assert again.until(restored)["status"] == "completed"


def test_a_message_that_was_deleted_while_written_is_not_made_again(make_lab, lab):
    run = lab.run(say("abcdef", takes=9))
    lab.goto(lab.execution(run).opens_at)
    lab.store.messages.remove(lab.execution(run).message["id"], run["thread_id"])
    again = make_lab.of(lab.bytes())
    again.wait(100)
    lab.wait(100)
    assert again.bytes() == lab.bytes()
    assert lab.said(run) == []
    assert run["usage"]["completion_tokens"] == 2 + 2


def test_deltas_are_due_between_opening_and_closing(lab):
    execution = Execution({}, opens_at=10.0, closes_at=14.0)
    assert execution.times(3) == [11.0, 12.0, 13.0]


def test_a_state_from_before_limits_and_lagging_locks_has_none(lab):
    run = lab.run(say("abc", takes=9))
    execution = lab.execution(run)
    saved = execution.to_json()
    del saved["lock_lag"], saved["stopped_by"]
    again = Execution.from_json(saved, run, None, None)
    assert (again.lock_lag, again.stopped_by) == (0.0, None)
