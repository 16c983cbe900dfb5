"""The API as the real SDK meets it: parsed objects, pages, raised errors, streams, its event handlers.

Each test runs twice: in process, and through a socket.
"""

import asyncio

import openai
import pytest

from simulator import Simulator, call, call_tools, http_error, incomplete, say
from tests.doors import DOORS, IN_PROCESS

# Not in openai 1.3, where this file is collected and then skipped.
AssistantEventHandler = getattr(openai, "AssistantEventHandler", object)
AsyncAssistantEventHandler = getattr(openai, "AsyncAssistantEventHandler", object)

# The SDK says of `assistants` what pyproject.toml does not filter for the suite: just this word.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning")

TOOLS = [{"type": "function", "function": {"name": "get_weather"}}]


@pytest.fixture(params=DOORS)
def sim(request):
    return Simulator() if request.param == IN_PROCESS else request.getfixturevalue("served_simulator")


@pytest.fixture
def beta(sim):
    return sim.client(max_retries=0).beta


@pytest.fixture
def begun(sim, beta):
    """A thread with a question, and an assistant: their ids as arguments of a run."""
    thread = beta.threads.create(messages=[{"role": "user", "content": "Well?"}])
    assistant = beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=TOOLS)
    return {"thread_id": thread.id, "assistant_id": assistant.id}


def answers(run):
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": one.id, "output": f"of {one.function.name}"} for one in calls]


def test_a_whole_loop_with_two_calls_at_once(sim, beta, begun):
    sim.script(call_tools(call("get_weather", city="Lima"), call("get_time")), say("Sunny at noon."))
    run = beta.threads.runs.create_and_poll(**begun)
    assert run.status == "requires_action"
    run = beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=begun["thread_id"], tool_outputs=answers(run)
    )
    assert run.status == "completed"
    assert run.usage.total_tokens > 0
    newest = beta.threads.messages.list(begun["thread_id"]).data[0]
    assert newest.content[0].text.value == "Sunny at noon."
    assert newest.status is None, "plain messages have none: 254 of 254 recorded"
    steps = beta.threads.runs.steps.list(run.id, thread_id=begun["thread_id"]).data
    assert [step.type for step in steps] == ["message_creation", "tool_calls"]
    assert [one.function.output for one in steps[1].step_details.tool_calls] == ["of get_weather", "of get_time"]
    sim.check()


def test_the_other_operations(sim, beta, begun):
    thread, assistant = begun["thread_id"], begun["assistant_id"]
    assert beta.assistants.update(assistant, name="n").name == "n"
    assert beta.assistants.retrieve(assistant).name == "n"
    assert [one.id for one in beta.assistants.list()] == [assistant]
    assert beta.threads.update(thread, metadata={"a": "b"}).metadata == {"a": "b"}
    assert beta.threads.retrieve(thread).tool_resources.code_interpreter.file_ids == []
    message = beta.threads.messages.create(thread, role="user", content="More")
    assert beta.threads.messages.update(message.id, thread_id=thread, metadata={"c": "d"}).metadata == {"c": "d"}
    assert beta.threads.messages.retrieve(message.id, thread_id=thread).metadata == {"c": "d"}
    assert beta.threads.messages.delete(message.id, thread_id=thread).deleted
    sim.script("Done.")
    run = beta.threads.create_and_run_poll(assistant_id=assistant, thread={"messages": []})
    changed = beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"e": "f"})
    assert (changed.status, changed.metadata) == ("completed", {"e": "f"})
    (step,) = beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
    assert beta.threads.runs.steps.retrieve(step.id, thread_id=run.thread_id, run_id=run.id) == step
    assert beta.threads.delete(thread).deleted
    assert beta.assistants.delete(assistant).deleted


def test_pages_are_followed_to_the_end(sim, beta):
    ids = [sim.put("assistants", {"id": f"asst_{number}"})["id"] for number in range(45)]
    assert [one.id for one in beta.assistants.list()] == ids[::-1]
    assert [one.id for one in beta.assistants.list(limit=7, order="asc")] == ids


@pytest.mark.parametrize("status", ["requires_action", "in_progress"])
def test_a_cancel(sim, beta, begun, status):
    sim.script(call("get_weather") if status == "requires_action" else say("x", takes=500), "unused")
    run = beta.threads.runs.create(**begun)
    sim.clock.advance(5)
    assert beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == status
    assert beta.threads.runs.cancel(run.id, thread_id=run.thread_id).status == "cancelling"
    assert beta.threads.runs.poll(run.id, thread_id=run.thread_id).status == "cancelled"


ERRORS = [
    (openai.NotFoundError, lambda beta, ids: beta.threads.retrieve("thread_x"), "No thread found", None),
    (openai.BadRequestError, lambda beta, ids: beta.threads.retrieve("x"), "Invalid 'thread_id'", "invalid_value"),
    (
        openai.BadRequestError,
        lambda beta, ids: beta.assistants.create(model="m", tools=[{"type": "retrieval"}]),
        "Invalid value: 'retrieval'",
        "invalid_value",
    ),
    (
        openai.BadRequestError,
        lambda beta, ids: beta.threads.runs.create(**ids),
        "no piece of a script is left",
        "no_turn_left",
    ),
    (
        openai.BadRequestError,
        lambda beta, ids: beta.threads.runs.create(**ids, extra_headers={"OpenAI-Beta": "assistants=v9"}),
        "Unknown beta requested: 'assistants=v9'.",
        "invalid_beta",
    ),
]


@pytest.mark.parametrize("kind, ask, said, code", ERRORS)
def test_a_refusal_is_raised_by_the_sdk(*, beta, begun, kind, ask, said, code):
    with pytest.raises(kind, match=said) as caught:
        ask(beta, begun)
    assert caught.value.code == code
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id.startswith("req_")


def test_what_the_test_is_to_blame_for_is_asked_once(sim, begun):
    with pytest.raises(openai.BadRequestError):
        sim.client(max_retries=5).beta.threads.runs.create(**begun)
    assert [one.operation for one in sim.requests].count("runs.create") == 1


def test_explicit_nulls_through_the_sdk(sim, beta, begun):
    sim.script("Hello.")
    nulls = ("instructions", "model", "tools", "metadata", "additional_instructions", "truncation_strategy")
    more = ("response_format", "tool_choice", "temperature", "top_p", "max_prompt_tokens", "additional_messages")
    run = beta.threads.runs.create(**begun, **dict.fromkeys(nulls + more))
    assert (run.instructions, run.model, run.temperature) == ("Be brief.", "gpt-4o", 1.0)


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "status, kind",
    [
        (401, openai.AuthenticationError),
        (409, openai.ConflictError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_a_fault_is_raised_by_the_sdk(sim, beta, status, kind):
    sim.faults.add(http_error(status))
    with pytest.raises(kind) as caught:
        beta.threads.create()
    assert caught.value.status_code == status
    assert beta.threads.create().id


@pytest.mark.parametrize("times, fails", [(1, False), (2, False), (3, True)])
def test_the_sdk_retries_twice(sim, times, fails):
    sim.faults.add(http_error(500, retry_after=0, headers={"retry-after-ms": "1"}), on="threads.create", times=times)
    client = sim.client(max_retries=2)
    if fails:
        with pytest.raises(openai.InternalServerError):
            client.beta.threads.create()
    else:
        client.beta.threads.create()
    counts = [one.headers["x-stainless-retry-count"] for one in sim.requests]
    assert counts == [str(number) for number in range(min(times, 2) + 1)]


def test_a_retried_post_makes_two_where_the_first_answer_was_lost(sim, beta):
    sim.faults.add(http_error(500, headers={"retry-after-ms": "1"}), on="threads.create", at="after")
    sim.client(max_retries=1).beta.threads.create()
    assert len({one.response_json["id"] for one in sim.requests if one.status == 200}) == 1
    assert [one.status for one in sim.requests] == [500, 200]
    assert len(sim._backend.store.threads) == 2


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_events_are_parsed(sim, beta, begun):
    sim.script("Hello there.")
    with beta.threads.runs.create(**begun, stream=True) as stream:
        events = list(stream)
    assert (events[0].event, events[-1].event) == ("thread.run.created", "thread.run.completed")
    said = [event.data.delta.content[0].text.value for event in events if event.event == "thread.message.delta"]
    assert "".join(said) == "Hello there."


class Listener(AssistantEventHandler):
    """Answers the calls while the first stream is still open, as the SDK's documentation shows."""

    def __init__(self, client, said):
        super().__init__()
        self.client, self.said = client, said

    def on_text_delta(self, delta, snapshot):
        self.said.append(delta.value)

    def on_event(self, event):
        if event.event != "thread.run.requires_action":
            return
        run = event.data
        with self.client.beta.threads.runs.submit_tool_outputs_stream(
            thread_id=run.thread_id,
            run_id=run.id,
            tool_outputs=answers(run),
            event_handler=Listener(self.client, self.said),
        ) as stream:
            stream.until_done()


def test_the_event_handler_answers_calls_inside_the_stream(sim, begun):
    sim.script(call("get_weather", city="Lima"), "It is sunny.")
    client, said = sim.client(), []
    with client.beta.threads.runs.stream(**begun, event_handler=Listener(client, said)) as stream:
        stream.until_done()
        snapshot = stream.current_run_step_snapshot
    assert "".join(said) == "It is sunny."
    assert snapshot.step_details.tool_calls[0].function.arguments == '{"city":"Lima"}'
    assert sim.calls[0].output == "of get_weather"
    sim.check()


def test_the_event_handler_puts_the_final_objects_together(sim, beta, begun):
    sim.script(incomplete("max_completion_tokens", "Half a"))
    with beta.threads.runs.stream(**begun) as stream:
        stream.until_done()
        (message,) = stream.get_final_messages()
        run = stream.get_final_run()
    assert (message.status, message.content[0].text.value) == ("incomplete", "Half a")
    assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_completion_tokens")


def test_a_stream_that_is_closed_unread_leaves_the_run(sim, beta, begun):
    sim.script("Hello.")
    beta.threads.runs.create(**begun, stream=True).close()
    (run,) = beta.threads.runs.list(begun["thread_id"])
    assert beta.threads.runs.poll(run.id, thread_id=run.thread_id).status == "completed"


@pytest.mark.parametrize("sim", [IN_PROCESS], indirect=True)  # elsewhere the clock is ahead of who reads
def test_the_raw_stream_arrives_frame_by_frame(sim, beta, begun):
    sim.script(say("Hello there.", takes=100))
    times = []
    with beta.threads.runs.with_streaming_response.create(**begun, stream=True) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        times = [(sim.clock.now(), line) for line in response.iter_lines() if line.startswith("event: ")]
    at = {line.removeprefix("event: "): when for when, line in times}
    assert at["thread.message.completed"] - at["thread.message.created"] > 50
    assert times[-1][1] == "event: done"


@pytest.mark.parametrize("sim", [IN_PROCESS], indirect=True)  # a socket holds a whole stream before it is read
def test_async_streams_interleave_in_one_loop(sim):
    async def listen(client, assistant, word):
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": word}])
        sim.script(say(f"{word} is very nice indeed.", takes=10), thread=thread.id)
        said = []
        stream = await client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
        async for event in stream:
            order.append(word)
            if event.event == "thread.message.delta":
                said.append(event.data.delta.content[0].text.value)
        return "".join(said)

    async def both():
        async with sim.async_client() as client:
            assistant = await client.beta.assistants.create(model="m")
            return await asyncio.gather(*(listen(client, assistant, word) for word in ("Lima", "Oslo")))

    order = []
    assert asyncio.run(both()) == ["Lima is very nice indeed.", "Oslo is very nice indeed."]
    first_end = min(len(order) - order[::-1].index(word) for word in ("Lima", "Oslo"))
    assert set(order[:first_end]) == {"Lima", "Oslo"}, "neither waits for the other's end"
    sim.check()


def test_the_async_event_handler(sim):
    class Echo(AsyncAssistantEventHandler):
        async def on_text_delta(self, delta, snapshot):
            said.append(delta.value)

    async def main():
        async with sim.async_client() as client:
            assistant = await client.beta.assistants.create(model="m", instructions="i")
            thread = await client.beta.threads.create()
            async with client.beta.threads.runs.stream(
                thread_id=thread.id, assistant_id=assistant.id, event_handler=Echo()
            ) as stream:
                await stream.until_done()

    said = []
    sim.script("Hello there.")
    asyncio.run(main())
    assert "".join(said) == "Hello there."


# ── what strict parsing makes of it ──────────────────────────────────────────────────────────────────────────────────


def test_a_strict_client_parses_all_but_plain_messages_and_runs_without_instructions(sim, begun):
    """Where recordings contradict the SDK's types, and only there, validation fails."""
    beta = sim.client(_strict_response_validation=True).beta
    sim.script(call("get_weather"), "Sunny.")
    run = beta.threads.runs.create(**begun)
    sim.clock.advance(5)
    run = beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
    beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=answers(run))
    assert beta.threads.runs.poll(run.id, thread_id=run.thread_id).status == "completed"
    beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
    beta.threads.runs.list(run.thread_id)
    beta.threads.retrieve(run.thread_id)
    tools = [*TOOLS, {"type": "code_interpreter"}, {"type": "file_search"}]
    beta.assistants.create(model="m", tools=tools)
    beta.assistants.list()
    with pytest.raises(openai.APIResponseValidationError) as caught:
        beta.threads.messages.list(run.thread_id)
    places = [error["loc"][-1] for error in caught.value.__cause__.errors()]
    assert places == ["status"] * 2
    bare = beta.assistants.create(model="m")
    sim.script("Hello.")
    with pytest.raises(openai.APIResponseValidationError) as caught:
        beta.threads.create_and_run(assistant_id=bare.id, thread={"messages": [{"role": "user", "content": "x"}]})
    assert [error["loc"] for error in caught.value.__cause__.errors()] == [("instructions",)]


def test_a_strict_client_parses_every_streamed_event(sim, begun):
    beta = sim.client(_strict_response_validation=True).beta
    sim.script(call("get_weather", city="Lima"), "Sunny.")
    first = list(beta.threads.runs.create(**begun, stream=True))
    run = first[-1].data
    second = list(
        beta.threads.runs.submit_tool_outputs(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=answers(run), stream=True
        )
    )
    assert (first[-1].event, second[-1].event) == ("thread.run.requires_action", "thread.run.completed")


def test_strictness_is_what_was_tested():
    client = Simulator().client(_strict_response_validation=True)
    with pytest.raises(openai.APIResponseValidationError):
        client.beta.threads.messages.create(client.beta.threads.create().id, role="user", content="x")
