"""Version 1 through whatever SDK is here: those up to 1.20 speak it, later ones take the header of the caller."""

import inspect
import json

import openai
import pytest

from simulator import call, call_tools, say

HEADERS = {"OpenAI-Beta": "assistants=v1"}
TOOLS = [{"type": "retrieval"}, *({"type": "function", "function": {"name": name}} for name in ("add", "double"))]


@pytest.fixture
def beta(sim):
    return sim.client(max_retries=0).beta


def old(**body):
    """The arguments of a call that speaks version 1."""
    return {"extra_headers": HEADERS, **({"extra_body": body} if body else {})}


def test_a_run_loop_answers_parallel_calls(sim, beta, file):
    sim.script(call_tools(call("add", a=1, b=2), call("double", a=4)), say("3 and 8"))
    assistant = beta.assistants.create(model="gpt-4", **old(tools=TOOLS, file_ids=[file("file-1")]))
    thread = beta.threads.create(**old())
    beta.threads.messages.create(thread.id, role="user", content="?", **old(file_ids=["file-1"]))
    run = beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, **old())
    ids = {"run_id": run.id, "thread_id": thread.id}
    while run.status != "completed":
        if run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs = [{"tool_call_id": one.id, "output": one.function.arguments} for one in calls]
            run = beta.threads.runs.submit_tool_outputs(**ids, tool_outputs=outputs, **old())
        run = beta.threads.runs.retrieve(**ids, **old())
    assert (run.file_ids, hasattr(run, "tool_resources")) == (["file-1"], False)
    messages = list(beta.threads.messages.list(thread.id, **old()))
    assert [message.content[0].text.value for message in messages] == ["3 and 8", "?"]
    assert [message.file_ids for message in messages] == [[], ["file-1"]]
    steps = list(beta.threads.runs.steps.list(**ids, **old()))
    assert [step.type for step in steps] == ["message_creation", "tool_calls"]
    assert [json.loads(one.output) for one in sim.calls] == [{"a": 1, "b": 2}, {"a": 4}]
    sim.check()


def test_a_stream_is_read(sim, beta):
    if "stream" not in inspect.signature(beta.threads.create_and_run).parameters:
        pytest.skip(f"openai {openai.__version__} does not stream: version 1 began to in March 2024")
    sim.script("Hello there.")
    assistant = beta.assistants.create(model="gpt-4", **old())
    stream = beta.threads.create_and_run(assistant_id=assistant.id, stream=True, **old())
    events = list(stream)
    assert events[0].event == "thread.created"
    assert events[-1].event == "thread.run.completed"
    assert events[-1].data.file_ids == []
    deltas = [one.data.delta.content[0].text.value for one in events if one.event == "thread.message.delta"]
    assert "".join(deltas) == "Hello there."


def test_an_sdk_of_its_time_attaches_files(sim, beta, file):
    if not hasattr(beta.assistants, "files"):
        pytest.skip(f"openai {openai.__version__} has no assistants.files: those up to 1.20 have")
    for id in ("file-1", "file-2"):
        file(id)
    assistant = beta.assistants.create(model="gpt-4", file_ids=["file-1"])
    made = beta.assistants.files.create(assistant.id, file_id="file-2")
    assert (made.object, made.assistant_id) == ("assistant.file", assistant.id)
    assert [one.id for one in beta.assistants.files.list(assistant.id)] == ["file-2", "file-1"]
    assert beta.assistants.files.retrieve("file-1", assistant_id=assistant.id).id == "file-1"
    assert beta.assistants.files.delete("file-1", assistant_id=assistant.id).deleted
    assert beta.assistants.retrieve(assistant.id).file_ids == ["file-2"]
    thread = beta.threads.create(messages=[{"role": "user", "content": "x", "file_ids": ["file-1"]}])
    (message,) = beta.threads.messages.list(thread.id)
    (attached,) = beta.threads.messages.files.list(message.id, thread_id=thread.id)
    assert (attached.id, attached.message_id) == ("file-1", message.id)


def test_a_refusal_is_raised(beta):
    with pytest.raises(openai.BadRequestError, match="1 validation error for Request") as caught:
        beta.assistants.create(model="gpt-4", **old(tool_resources={}))
    assert (caught.value.param, caught.value.code) == (None, None)
    with pytest.raises(openai.NotFoundError, match="No file found with id 'file-none'"):
        beta.assistants.create(model="gpt-4", **old(file_ids=["file-none"]))
