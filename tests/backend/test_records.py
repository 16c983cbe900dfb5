from simulator.backend.records import ToolCallRecord, copies, tool_calls_of
from simulator.backend.turns import call, call_tools, raw_call, run_code, say


def test_calls_are_told_in_order_with_what_was_submitted(lab):
    turns = (call_tools(call("a", x=1), raw_call("b", "not JSON")), run_code("1"), raw_call("c", "[1]"), say("done"))
    run = lab.run(*turns)
    lab.until(run, "requires_action")
    lab.submit(run, "one", "")
    lab.until(run, "requires_action")
    records = tool_calls_of(lab.store)
    assert [(one.name, one.arguments, one.raw, one.output) for one in records] == [
        ("a", {"x": 1}, '{"x": 1}', "one"),
        ("b", None, "not JSON", ""),
        ("c", None, "[1]", None),
    ]
    assert {(one.run_id, one.thread_id) for one in records} == {(run["id"], run["thread_id"])}
    waiting = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert records[-1].id == waiting[0]["id"]
    assert isinstance(records[0], ToolCallRecord)


def test_messages_are_no_calls(lab):
    lab.until(lab.run(say("Hello.")))
    assert tool_calls_of(lab.store) == []


def test_a_copy_leaves_the_store_alone(lab):
    run = lab.run(say("Hello."))
    copy = copies(lab.store.runs)[0]
    assert copy == run
    copy["metadata"]["changed"] = "yes"
    assert run["metadata"] == {}
