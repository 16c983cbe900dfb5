"""Conversations: what is sent, what comes back, and what is left behind, sync and async."""

from __future__ import annotations

import contextlib
import time

import anyio
import openai
import pydantic
import pytest

from simulator import (
    Simulator,
    call,
    call_tools,
    cut_stream,
    delay,
    fail,
    finish,
    hang,
    http_error,
    image,
    incomplete,
    lock_lag,
    no_answer,
    refusal,
    say,
    stay,
)
from simulator.client import (
    AssistantConfig,
    AssistantGone,
    Backoff,
    BudgetExceeded,
    Budgets,
    ConfigurationError,
    ConversationHandler,
    FunctionAnswered,
    FunctionCalled,
    FunctionContext,
    FunctionRegistry,
    Image,
    Limit,
    Price,
    Replied,
    ReplyInvalid,
    Retention,
    RunCancelled,
    RunChanged,
    RunExpired,
    RunFailed,
    RunIncomplete,
    RunPolicy,
    RunTimedOut,
    ServiceError,
    TextDelta,
    ThreadBusy,
    ThreadGone,
    TooManyRounds,
    Usage,
)

CONFIG = AssistantConfig(model="gpt-4o", instructions="Be brief.")


@pytest.fixture
def sim():
    with Simulator().intercept() as sim:
        yield sim


@pytest.fixture
def calls():
    """The arguments of each execution of `get_weather`."""
    return []


@pytest.fixture
def weather(calls):
    registry = FunctionRegistry()

    @registry.register
    async def get_weather(location: str):
        calls.append(location)
        return {"degrees": 22}

    return registry


@pytest.fixture
def converse(sim, weather):
    """Return a handler on a client of the SDK, with these options."""

    def make(config=CONFIG, **options):
        return ConversationHandler(openai.OpenAI(), config, **{"registry": weather, **options})

    return make


def operations(sim, *names):
    return [one.operation for one in sim.requests if not names or one.operation in names]


def is_free(sim):
    return all(run["status"] not in {"queued", "in_progress", "requires_action", "cancelling"} for run in sim.runs)


# Replies.


def test_a_message_is_answered_with_the_words_of_its_own_run(sim, converse, calls):
    sim.script(call("get_weather", location="Paris"), say("Let me see.", more=True), say("It is 22 °C."))
    reply = converse().send("anna", "Paris?")
    assert reply.text == "Let me see.\nIt is 22 °C."
    assert (calls, [one.output for one in reply.executions]) == (["Paris"], ['{"degrees":22}'])
    assert reply.run_id == sim.runs[0]["id"]
    assert reply.usage.total_tokens == sim.runs[0]["usage"]["total_tokens"]


def test_images_refusals_and_annotations_have_types(sim, converse):
    file = sim.put("files", {"filename": "a.txt", "content": "x"})["id"]
    citation = {"type": "file_citation", "text": "[1]", "file_citation": {"file_id": file}}
    sim.script(say(image("file-chart"), "See [1].", annotations=[citation]), say(refusal("I will not.")))
    handler = converse()
    reply = handler.send("anna", "A chart?")
    assert reply.parts[0] == Image(file_id="file-chart")
    assert (reply.text, reply.images, reply.cited_files) == ("See [1].", [Image(file_id="file-chart")], [file])
    reply = handler.send("anna", "And now?")
    assert (reply.text, reply.refusal) == ("", "I will not.")


def test_a_run_without_a_message_is_an_empty_reply(sim, converse):
    sim.script(finish())
    assert converse().send("anna", "Hello?").text == ""


def test_attachments_reach_the_message(sim, converse):
    file = sim.put("files", {"filename": "a.csv", "content": "x"})["id"]
    sim.script(say("Thanks."))
    handler = converse(AssistantConfig(model="gpt-4o", tools=[{"type": "code_interpreter"}]))
    handler.send("anna", "Look.", attachments=[file], tools=["code_interpreter"])
    (message, _) = sim.messages(handler.thread_id("anna"))
    assert message["attachments"] == [{"file_id": file, "tools": [{"type": "code_interpreter"}]}]


class Answer(pydantic.BaseModel):
    city: str
    degrees: int


def test_a_reply_is_parsed_into_a_model(sim, converse):
    sim.script(say('{"city": "Paris", "degrees": 22}'), say('{"city": "Paris"}', off_format=True))
    handler = converse()
    assert handler.send("anna", "Paris?", reply_as=Answer).parsed == Answer(city="Paris", degrees=22)
    sent = next(one for one in sim.requests if one.operation == "runs.create").json["response_format"]
    assert sent["json_schema"]["strict"] is True
    assert sent["json_schema"]["schema"]["additionalProperties"] is False
    with pytest.raises(ReplyInvalid, match="is no Answer: degrees") as caught:
        handler.send("anna", "Paris?", reply_as=Answer)
    assert caught.value.text == '{"city": "Paris"}'


# Users.


def test_each_user_has_a_thread_that_goes_on(sim, converse):
    sim.script(say("Hello."), repeat=True)
    handler = converse()
    for user in ("anna", "bob", "anna"):
        handler.send(user, f"I am {user}.")
    assert [one.text for one in handler.history("anna")] == ["I am anna.", "Hello."] * 2
    assert [one.role for one in handler.history("bob")] == ["user", "assistant"]
    assert [one.text for one in handler.history("anna", limit=1)] == ["Hello."]
    assert handler.history("nobody") == []


@pytest.mark.parametrize("user", ["Ünï çødé 🙂", "' OR 1=1; --", "a\0b\n", "x" * 600, "../../etc", " "])
def test_users_may_be_called_anything(sim, converse, user):
    sim.script(say("Hello."), repeat=True)
    handler = converse()
    handler.send(user, "Hello?")
    handler.send(user, "Hello?")
    assert operations(sim, "threads.create") == ["threads.create"]


@pytest.mark.parametrize("user", ["", None, 5, "half \ud83d"])
def test_what_is_no_user_is_refused_before_anything_is_sent(sim, converse, user):
    with pytest.raises(ConfigurationError):
        converse().send(user, "Hello?")
    assert operations(sim) == []


def test_an_empty_message_is_refused_before_anything_is_sent(sim, converse):
    with pytest.raises(ConfigurationError, match="says something"):
        converse().send("anna", "")
    assert operations(sim) == []


def test_a_thread_that_somebody_deleted_is_told_and_can_be_forgotten(sim, converse):
    sim.script(say("Hello."), repeat=True)
    handler = converse()
    handler.send("anna", "Hello?")
    openai.OpenAI().beta.threads.delete(handler.thread_id("anna"))
    with pytest.raises(ThreadGone, match=r"forget"):
        handler.send("anna", "Hello?")
    assert handler.forget("anna") is True
    assert handler.send("anna", "Hello?").text == "Hello."
    assert handler.forget("nobody") is False


def test_an_assistant_that_somebody_deleted_is_told_and_made_anew(sim, converse):
    sim.script(say("Hello."), repeat=True)
    handler = converse()
    reply = handler.send("anna", "Hello?")
    openai.OpenAI().beta.assistants.delete(reply.run.assistant_id)
    with pytest.raises(AssistantGone, match=r"AssistantManager\.ensure"):
        handler.send("anna", "Hello?")
    assert handler.send("anna", "Hello?").text == "Hello."


# Streams and callbacks.


def test_events_tell_what_happens(sim, converse):
    sim.script(call("get_weather", location="Paris"), say("It is 22 °C.", chunks=3))
    events = list(converse().stream("anna", "Paris?"))
    assert [type(one) for one in events if not isinstance(one, RunChanged | TextDelta)] == [
        FunctionCalled,
        FunctionAnswered,
        Replied,
    ]
    assert "".join(one.text for one in events if isinstance(one, TextDelta)) == "It is 22 °C."
    assert len([one for one in events if isinstance(one, TextDelta)]) == 3
    statuses = [one.status for one in events if isinstance(one, RunChanged)]
    assert statuses == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]
    assert events[-1].reply.text == "It is 22 °C."
    assert operations(sim, "runs.retrieve") == []


def test_a_callback_is_told_the_same(sim, converse):
    sim.script(say("It is 22 °C.", chunks=3))
    events = []
    reply = converse().send("anna", "Paris?", on_event=events.append)
    assert "".join(one.text for one in events if isinstance(one, TextDelta)) == reply.text


def test_a_stream_that_breaks_is_gone_on_with_by_polls(sim, converse):
    sim.script(say("It is sunny in Paris.", chunks=5))
    sim.faults.add(cut_stream("thread.message.delta", nth=2), on="*")
    events = list(converse().stream("anna", "Paris?"))
    assert "".join(one.text for one in events if isinstance(one, TextDelta)) == "It is sunny in Paris."
    assert len(sim.runs) == 1


def test_who_stops_listening_leaves_no_run_behind(sim, converse):
    sim.script(say("It is sunny.", chunks=5), say("Hello."))
    handler = converse()
    for event in handler.stream("anna", "Paris?"):
        if isinstance(event, TextDelta):
            break
    assert sim.runs[0]["status"] == "cancelled"
    assert handler.send("anna", "Hello?").text == "Hello."


def test_a_callback_that_raises_leaves_no_run_behind(sim, converse):
    sim.script(hang(), say("Hello."))
    handler = converse()

    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handler.send("anna", "Hello?", on_event=stop)
    assert is_free(sim)
    assert handler.send("anna", "Hello?").text == "Hello."


# Runs that do not complete.


@pytest.mark.parametrize(
    "turn,kind,text",
    [
        (fail("server_error"), RunFailed, "ended as failed: server_error"),
        (fail("rate_limit_exceeded", "Slow down."), RunFailed, "rate_limit_exceeded: Slow down."),
        (incomplete("content_filter", "So far"), RunIncomplete, "ended as incomplete: content_filter"),
    ],
)
def test_how_a_run_ended_is_raised(sim, converse, turn, kind, text):
    sim.script(turn)
    with pytest.raises(kind, match=text) as caught:
        converse(policy=RunPolicy(retries=0)).send("anna", "Hello?")
    error = caught.value
    assert (error.run_id, error.thread_id) == (sim.runs[0]["id"], sim.runs[0]["thread_id"])
    assert error.status == sim.runs[0]["status"]
    assert isinstance(error.usage, Usage)


def test_an_incomplete_run_tells_what_it_said(sim, converse):
    sim.script(incomplete("max_completion_tokens", "So far"))
    with pytest.raises(RunIncomplete) as caught:
        converse().send("anna", "Hello?")
    assert caught.value.reply.text == "So far"


def test_a_run_that_somebody_cancels_is_raised(sim, converse):
    sim.script(call("cancel_me"))
    registry = FunctionRegistry()

    @registry.register
    def cancel_me(context: FunctionContext):
        openai.OpenAI().beta.threads.runs.cancel(context.run_id, thread_id=context.thread_id)

    with pytest.raises(RunCancelled):
        converse(registry=registry).send("anna", "Hello?")
    assert operations(sim, "runs.create") == ["runs.create"]


def test_a_run_is_tried_again_within_its_budget(sim, converse):
    sim.script(fail("server_error"), fail("server_error"), say("Hello."))
    assert converse(policy=RunPolicy(retries=2)).send("anna", "Hello?").text == "Hello."
    assert len(sim.runs) == 3
    assert len([one for one in sim.messages(sim.runs[0]["thread_id"]) if one["role"] == "user"]) == 1


def test_it_is_tried_again_when_the_service_says(sim, converse):
    sim.script(fail("rate_limit_exceeded", "Rate limit reached. Please try again in 12.5s."), say("Hello."))
    converse().send("anna", "Hello?")
    first, second = sim.runs
    assert 12 <= second["created_at"] - first["failed_at"] <= 14


def test_what_no_waiting_mends_is_not_tried_again(sim, converse):
    sim.script(fail("rate_limit_exceeded", "You exceeded your current quota, please check your plan."))
    with pytest.raises(RunFailed):
        converse().send("anna", "Hello?")
    assert len(sim.runs) == 1


def test_the_usage_of_runs_that_were_replaced_counts(sim, converse):
    sim.script(fail("server_error", text="Hm"), say("Hello."))
    handler = converse()
    reply = handler.send("anna", "Hello?")
    assert reply.usage.total_tokens == sum(run["usage"]["total_tokens"] for run in sim.runs)
    assert handler.usage("anna") == reply.usage


# Side effects happen once.


def test_a_run_that_expired_is_made_anew_and_nothing_is_executed_twice(sim, converse, calls):
    sim.script(call("get_weather", location="Paris"))
    sim.script(call("get_weather", location="Paris"), call("get_weather", location="Rome"), say("Warm."))
    sim.faults.add(delay(600), on="runs.submit_tool_outputs")
    reply = converse(policy=RunPolicy(deadline=2_000)).send("anna", "Paris?")
    assert (reply.text, calls) == ("Warm.", ["Paris", "Rome"])
    assert [run["status"] for run in sim.runs] == ["expired", "completed"]
    assert [one.output for one in sim.calls] == [None, '{"degrees":22}', '{"degrees":22}']
    assert len(reply.executions) == 2


def test_it_is_raised_where_the_policy_says_so(sim, converse, calls):
    sim.script(call("get_weather", location="Paris"))
    sim.faults.add(delay(600), on="runs.submit_tool_outputs")
    with pytest.raises(RunExpired) as caught:
        converse(policy=RunPolicy(deadline=2_000, expired="raise")).send("anna", "Paris?")
    assert [one.call.name for one in caught.value.executions] == ["get_weather"]


def test_what_was_meant_twice_is_done_twice(sim, converse, calls):
    twice = call_tools(call("get_weather", location="Paris"), call("get_weather", location="Paris"))
    sim.script(twice, fail("server_error"))
    sim.script(twice, call("get_weather", location="Paris"), say("Warm."))
    converse().send("anna", "Paris?")
    assert calls == ["Paris"] * 3


@pytest.mark.parametrize("fault", [http_error(500), no_answer("reset"), http_error(503)])
@pytest.mark.parametrize("operation", ["messages.create", "runs.create", "runs.submit_tool_outputs"])
@pytest.mark.parametrize("at", ["before", "after"])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_lost_answer_repeats_nothing(sim, converse, calls, *, fault, operation, at, is_streamed):
    sim.script(call("get_weather", location="Paris"), say("Warm."))
    sim.faults.add(fault, on=operation, at=at)
    handler = converse()
    reply = handler.send("anna", "Paris?", on_event=(lambda _: None) if is_streamed else None)
    assert (reply.text, calls, len(sim.runs)) == ("Warm.", ["Paris"], 1)
    assert [one["role"] for one in sim.messages(reply.thread_id)] == ["user", "assistant"]


# Deadlines and locks.


def test_at_the_deadline_the_run_is_cancelled_and_the_thread_is_free(sim, converse):
    sim.script(hang(), say("Hello."))
    sim.faults.add(stay("cancelling", 20), on="runs.cancel")
    handler = converse(policy=RunPolicy(deadline=30, polling=Backoff(first=1, longest=5, jitter=0)))
    began = time.monotonic()
    with pytest.raises(RunTimedOut, match="ended as cancelled: it was not done within 30 s"):
        handler.send("anna", "Hello?")
    assert 50 <= time.monotonic() - began < 60
    assert handler.send("anna", "Hello?").text == "Hello."


def test_a_run_that_completes_while_it_is_cancelled_is_no_failure(sim, converse):
    sim.script(say("At last.", takes=29.9))
    sim.faults.add(delay(10), on="runs.cancel")
    assert converse(policy=RunPolicy(deadline=29, least_pause=1)).send("anna", "Hello?").text == "At last."


def test_calls_without_end_are_ended(sim, converse, calls):
    sim.script(*[call("get_weather", location="Paris")] * 4)
    with pytest.raises(TooManyRounds, match="ended as cancelled"):
        converse(policy=RunPolicy(rounds=3)).send("anna", "Paris?")
    assert (len(calls), is_free(sim)) == (3, True)


def test_a_lock_that_outlives_its_run_is_waited_for(sim, converse):
    sim.script(say("Hello."), repeat=True)
    sim.faults.add(lock_lag(5), on="runs.create")
    handler = converse()
    handler.send("anna", "Hello?")
    assert handler.send("anna", "Hello?").text == "Hello."


def orphan(sim, handler, status="requires_action"):
    """Leave a run of somebody else on the thread of anna."""
    handler.send("anna", "Hello?")
    thread_id = handler.thread_id("anna")
    client = openai.OpenAI()
    run = client.beta.threads.runs.create(thread_id, assistant_id=sim.runs[0]["assistant_id"])
    while run.status != status:
        run = client.beta.threads.runs.retrieve(run.id, thread_id=thread_id)
    return run


def test_a_run_of_somebody_else_is_waited_for_then_cancelled(sim, converse):
    sim.script(say("Hello."), hang(), say("Yes."))
    handler = converse(policy=RunPolicy(patience=40))
    run = orphan(sim, handler, "in_progress")
    began = time.monotonic()
    assert handler.send("anna", "Are you there?").text == "Yes."
    assert 40 <= time.monotonic() - began < 60
    assert sim.runs[1]["id"] == run.id
    assert sim.runs[1]["status"] == "cancelled"


def test_its_calls_are_answered_where_the_policy_says_so(sim, converse, calls):
    sim.script(say("Hello."), call("get_weather", location="Oslo"), say("Cold."), say("Yes."))
    handler = converse(policy=RunPolicy(patience=5, orphaned="answer"))
    orphan(sim, handler)
    assert handler.send("anna", "Are you there?").text == "Yes."
    assert (calls, sim.runs[1]["status"]) == (["Oslo"], "completed")


def test_it_is_waited_for_until_it_expires_where_the_policy_says_so(sim, converse):
    sim.script(say("Hello."))
    sim.script(call("get_weather", location="Oslo"))
    sim.script(say("Yes."))
    handler = converse(
        policy=RunPolicy(patience=5, orphaned="wait", deadline=1_000, polling=Backoff(first=5, longest=20))
    )
    orphan(sim, handler)
    assert handler.send("anna", "Are you there?").text == "Yes."
    assert sim.runs[1]["status"] == "expired"


def test_a_thread_that_stays_busy_is_told(sim, converse):
    sim.script(say("Hello."), hang())
    handler = converse(policy=RunPolicy(patience=1_000, deadline=20))
    run = orphan(sim, handler, "in_progress")
    with pytest.raises(ThreadBusy, match=f"is held by {run.id}, which is in_progress") as caught:
        handler.send("anna", "Are you there?")
    assert caught.value.run_id == run.id
    openai.OpenAI().beta.threads.runs.cancel(run.id, thread_id=run.thread_id)


def test_a_refusal_is_a_typed_error(sim, converse):
    with pytest.raises(ServiceError, match="temperature") as caught:
        converse(AssistantConfig(model="gpt-4o", temperature=9)).send("anna", "Hello?")
    assert isinstance(caught.value.__cause__, openai.BadRequestError)


def test_a_service_that_is_away_is_asked_for_so_long(sim, converse):
    sim.script(say("Hello."))
    sim.faults.add(http_error(503), on="threads.create", times=20)
    with pytest.raises(ServiceError):
        converse(policy=RunPolicy(attempts=4)).send("anna", "Hello?")
    assert len(operations(sim, "threads.create")) == 4


# Budgets.

PRICES = {"gpt-4o": Price(prompt=2.5, completion=10.0)}


def test_what_runs_cost_is_counted(sim, converse):
    sim.script(say("Hello."), repeat=True)
    handler = converse(prices=PRICES)
    reply = handler.send("anna", "Hello?")
    usage = sim.runs[0]["usage"]
    cost = usage["prompt_tokens"] * 2.5e-6 + usage["completion_tokens"] * 10e-6
    assert reply.usage.cost == pytest.approx(cost)
    handler.forget("anna")
    handler.send("anna", "Hello?")
    assert handler.usage("anna").cost == pytest.approx(2 * cost, rel=0.5)


@pytest.mark.parametrize("scope", ["thread", "user"])
@pytest.mark.parametrize("limit", [Limit(tokens=2_000), Limit(cost=0.03)])
def test_a_budget_stops_before_it_is_passed(sim, converse, scope, limit):
    sim.script(say("word " * 300), repeat=True)
    handler = converse(prices=PRICES, budgets=Budgets(**{scope: limit}))

    def talk():
        for _ in range(50):
            with contextlib.suppress(RunIncomplete):
                handler.send("anna", "Hello?")

    with pytest.raises(BudgetExceeded) as caught:
        talk()
    spent = handler.usage("anna")
    assert spent.total_tokens <= (limit.tokens or 10**9)
    assert spent.cost <= (limit.cost or 10**9)
    assert (caught.value.scope, spent.total_tokens > 0) == (scope, True)
    said = len([one for one in sim.messages(handler.thread_id("anna")) if one["role"] == "user"])
    assert said == len(sim.runs)  # nothing was said for a run that was not started
    handler.reset_usage("anna")
    assert handler.usage("anna") == Usage()


def test_a_budget_of_money_needs_a_price(sim, converse):
    with pytest.raises(ConfigurationError, match="needs the price of 'gpt-4o'"):
        converse(budgets=Budgets(user=Limit(cost=1.0))).send("anna", "Hello?")


# Retention.


def test_threads_are_retired_by_age_idleness_and_count(sim, converse):
    sim.script(say("Hello."), repeat=True)
    handler = converse()
    for user in ("anna", "bob", "cleo", "dora", "emma"):
        handler.send(user, "Hello?")
        time.sleep(100)
    handler.send("anna", "Still here.")
    # Begun 500, 400, 300, 200 and 100 s ago; used as long ago, but for anna's.
    retention = Retention(max_age=480, max_idle=350, max_count=3)
    found = handler.retire(retention, dry_run=True)
    assert [(one.user_id, one.reason) for one in found] == [("anna", "age"), ("bob", "idle"), ("cleo", "count")]
    assert operations(sim, "threads.delete") == []
    assert handler.retire(retention) == found
    assert len(operations(sim, "threads.delete")) == len(found)
    assert handler.retire(retention) == []
    with pytest.raises(ConfigurationError):
        Retention(max_age=-1)


# In an event loop.


@pytest.mark.anyio
async def test_it_is_all_the_same_in_an_event_loop(sim, weather, calls):
    sim.script(call("get_weather", location="Paris"), say("Warm."), repeat=True)
    handler = ConversationHandler(openai.AsyncOpenAI(), CONFIG, registry=weather)
    assert (await handler.send("anna", "Paris?")).text == "Warm."
    events = [event async for event in handler.stream("anna", "Paris?")]
    assert events[-1].reply.text == "Warm."
    assert [one.text for one in await handler.history("anna")] == ["Paris?", "Warm."] * 2


@pytest.mark.anyio
async def test_what_one_user_says_is_answered_in_order():
    with Simulator(lambda view: say(f"You said {view.user}", takes=5)).intercept():
        handler = ConversationHandler(openai.AsyncOpenAI(), CONFIG)
        replies = []

        async def send(user, text):
            replies.append((user, (await handler.send(user, text)).text))

        async with anyio.create_task_group() as group:
            for number in range(5):
                for user in ("anna", "bob"):
                    group.start_soon(send, user, str(number))
        for user in ("anna", "bob"):
            assert [text for who, text in replies if who == user] == [f"You said {number}" for number in range(5)]


@pytest.mark.anyio
async def test_a_turn_that_is_cancelled_leaves_no_run_behind(sim):
    sim.script(hang(), say("Hello."))
    handler = ConversationHandler(openai.AsyncOpenAI(), CONFIG)
    with anyio.move_on_after(10) as scope:
        await handler.send("anna", "Hello?")
    assert scope.cancelled_caught
    assert is_free(sim)
    assert (await handler.send("anna", "Hello?")).text == "Hello."


@pytest.mark.anyio
async def test_a_stream_that_is_left_leaves_no_run_behind(sim):
    sim.script(say("It is sunny.", chunks=5), say("Hello."))
    handler = ConversationHandler(openai.AsyncOpenAI(), CONFIG)
    stream = handler.stream("anna", "Paris?")
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    await stream.aclose()
    assert is_free(sim)
    assert (await handler.send("anna", "Hello?")).text == "Hello."


@pytest.mark.anyio
async def test_a_sync_client_works_beside_a_running_loop(sim, weather, calls):
    sim.script(call("get_weather", location="Paris"), say("Warm."))
    assert ConversationHandler(openai.OpenAI(), CONFIG, registry=weather).send("anna", "Paris?").text == "Warm."


def test_what_is_no_client_is_refused():
    with pytest.raises(ConfigurationError, match=r"neither an openai\.OpenAI"):
        ConversationHandler("sk-…", CONFIG)
