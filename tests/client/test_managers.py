"""Assistants, threads, runs and files, one by one."""

from __future__ import annotations

import openai
import pytest

from simulator import Simulator, call, hang, http_error, no_answer, say, stay
from simulator.client import (
    AssistantConfig,
    AssistantGone,
    AssistantManager,
    ConfigurationError,
    FileManager,
    FunctionRegistry,
    RunManager,
    RunPolicy,
    ServiceError,
    TextDelta,
    ThreadGone,
    ThreadManager,
)

CONFIG = AssistantConfig(model="gpt-4o", name="Weather", instructions="Be brief.", metadata={"team": "blue"})


@pytest.fixture
def sim():
    with Simulator().intercept() as sim:
        yield sim


@pytest.fixture
def assistants(sim):
    return AssistantManager(openai.OpenAI())


@pytest.fixture
def threads(sim):
    return ThreadManager(openai.OpenAI())


@pytest.fixture
def files(sim):
    return FileManager(openai.OpenAI())


def count(sim, operation):
    return [one.operation for one in sim.requests].count(operation)


def test_assistants_are_made_changed_and_deleted(assistants):
    made = assistants.create(CONFIG)
    assert (made.name, made.metadata["team"]) == ("Weather", "blue")
    assert assistants.update(made.id, name="Forecast").name == "Forecast"
    assert assistants.get(made.id).metadata["team"] == "blue"
    assert [one.id for one in assistants.list()] == [made.id]
    assert (assistants.delete(made.id), assistants.delete(made.id)) == (True, False)
    with pytest.raises(AssistantGone, match="AssistantManager"):
        assistants.get(made.id)


@pytest.mark.parametrize("id", ["", " ", None])
def test_what_is_no_id_is_refused_before_it_is_sent(sim, assistants, id):
    with pytest.raises(ConfigurationError, match="no id of an assistant"):
        assistants.get(id)
    assert sim.requests == []


def test_the_same_configuration_is_the_same_assistant(sim, assistants):
    first = assistants.ensure(CONFIG)
    other = assistants.ensure(AssistantConfig(model="gpt-4o", name="Weather", instructions="Be long."))
    assert other.id != first.id
    again = AssistantManager(openai.OpenAI())  # of another process
    assert again.ensure(CONFIG).id == first.id
    assert again.ensure(CONFIG).id == first.id
    assert count(sim, "assistants.create") == 2


def test_functions_belong_to_the_configuration(sim, assistants):
    registry = FunctionRegistry()
    config = AssistantConfig(model="gpt-4o", functions=registry)
    before = config.fingerprint()
    registry.register(lambda: 1, name="f", description="One.")
    assert config.fingerprint() != before
    assert assistants.ensure(config).tools[0].function.name == "f"


@pytest.mark.parametrize("by_hand", [False, True])
def test_one_that_was_changed_is_not_found_any_more(sim, assistants, by_hand):
    first = assistants.ensure(CONFIG)
    if by_hand:
        openai.OpenAI().beta.assistants.update(first.id, instructions="Sing.")
    else:
        assistants.update(first.id, instructions="Sing.")
    assert assistants.ensure(CONFIG).id != first.id


def test_one_that_was_deleted_is_made_anew(assistants):
    first = assistants.ensure(CONFIG)
    openai.OpenAI().beta.assistants.delete(first.id)
    assert assistants.ensure(CONFIG).id != first.id


def test_a_lost_answer_makes_no_second_assistant(sim, assistants):
    sim.faults.add(http_error(500), on="assistants.create", at="after")
    assert assistants.ensure(CONFIG).id == assistants.list()[0].id
    assert count(sim, "assistants.create") == 1


def test_of_two_that_were_made_at_once_the_older_stays(sim, assistants):
    first = AssistantManager(openai.OpenAI()).create(CONFIG)
    searched = []

    async def search(config, fingerprint, search=assistants._search):
        searched.append(fingerprint)
        return None if len(searched) == 1 else await search(config, fingerprint)

    assistants._search = search
    assert assistants.ensure(CONFIG).id == first.id
    assert [one.id for one in assistants.list()] == [first.id]


def test_threads_and_messages(sim, threads):
    thread = threads.create([{"role": "user", "content": "one"}], metadata={"a": "b"})
    threads.add_message(thread.id, "two", metadata={"k": "v"})
    last = threads.add_message(thread.id, [{"type": "text", "text": "three"}], role="assistant")
    texts = [one.content[0].text.value for one in threads.messages(thread.id)]
    assert texts == ["one", "two", "three"]
    assert [one.id for one in threads.messages(thread.id, limit=1)] == [last.id]
    assert threads.update(thread.id, metadata={"a": "c"}).metadata == {"a": "c"}
    assert (threads.delete_message(thread.id, last.id), threads.delete_message(thread.id, last.id)) == (True, False)
    assert threads.get(thread.id).id == thread.id
    assert (threads.delete(thread.id), threads.delete(thread.id)) == (True, False)
    with pytest.raises(ThreadGone, match="forget"):
        threads.get(thread.id)


def test_messages_go_over_pages(threads):
    thread = threads.create()
    for number in range(105):
        threads.add_message(thread.id, str(number))
    assert [one.content[0].text.value for one in threads.messages(thread.id)] == [str(n) for n in range(105)]
    assert len(threads.messages(thread.id, limit=103)) == 103


def test_a_lost_answer_adds_no_second_message(sim, threads):
    thread = threads.create()
    sim.faults.add(http_error(503), on="messages.create", at="after")
    threads.add_message(thread.id, "one")
    assert len(threads.messages(thread.id)) == 1


@pytest.fixture
def started(sim, assistants, threads):
    """Return a function that makes an assistant and a thread with a question."""

    def start():
        thread = threads.create([{"role": "user", "content": "Paris?"}])
        return thread.id, assistants.ensure(CONFIG).id

    return start


def test_a_run_is_started_seen_through_and_streamed(sim, started):
    registry = FunctionRegistry()
    registry.register(lambda **_: "sunny", name="get_weather", parameters={})
    runs = RunManager(openai.OpenAI(), registry)
    sim.script(call("get_weather"), say("It is sunny."), repeat=True)
    thread, assistant = started()
    run = runs.create(thread, assistant, temperature=0.5)
    assert runs.complete(thread, run.id).text == "It is sunny."
    assert runs.get(thread, run.id).temperature == 0.5
    assert [one.type for one in runs.steps(thread, run.id)] == ["tool_calls", "message_creation"]
    assert runs.run(thread, assistant).text == "It is sunny."
    deltas = [one.text for one in runs.stream(thread, assistant) if isinstance(one, TextDelta)]
    assert "".join(deltas) == "It is sunny."
    assert len(runs.list(thread)) == 3


def test_a_run_is_cancelled_and_its_thread_is_free(sim, started):
    sim.script(hang())
    sim.faults.add(stay("cancelling", 5), on="runs.cancel")
    runs = RunManager(openai.OpenAI())
    thread, assistant = started()
    run = runs.create(thread, assistant)
    assert runs.cancel(thread, run.id).status == "cancelled"
    assert runs.cancel(thread, run.id).status == "cancelled"


def test_without_a_registry_the_model_is_told_that_there_are_no_functions(sim, started):
    sim.script(call("get_weather"), say("I cannot know."))
    assert RunManager(openai.OpenAI()).run(*started()).text == "I cannot know."
    assert "There are none." in sim.calls[0].output


def test_files(sim, files, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one")
    made = files.upload(tmp_path / "a.txt")
    other = files.upload(b"two", "b.txt")
    assert [one.filename for one in files.list("assistants")] == [made.filename, other.filename] or files.list()
    assert (files.get(made.id).filename, files.get(other.id).bytes) == ("a.txt", 3)
    chart = sim.put("files", {"filename": "c.png", "content": "PNG", "purpose": "assistants_output"})["id"]
    assert files.content(chart) == b"PNG"
    assert (files.delete(made.id), files.delete(made.id)) == (True, False)
    with pytest.raises(ConfigurationError, match="Bytes need a name"):
        files.upload(b"x")
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        files.upload(tmp_path / "none.txt")


def test_a_lost_answer_uploads_nothing_twice(sim, files):
    files.upload(b"one", "a.txt")
    sim.clock.advance(60)
    sim.faults.add(http_error(500), on="files.create", at="after")
    files.upload(b"one", "a.txt")
    assert len(files.list()) == 2


def test_a_vector_store_is_waited_for(files):
    ids = [files.upload(f"text {number}".encode(), f"{number}.txt").id for number in range(3)]
    store = files.create_store("Documents", ids[:2])
    assert (store.status, store.file_counts.completed) == ("completed", 2)
    assert files.add_files(store.id, ids[2:]).file_counts.completed == 3
    assert files.get_store(store.id).name == "Documents"
    assert [one.id for one in files.list_stores()] == [store.id]
    assert (files.delete_store(store.id), files.delete_store(store.id)) == (True, False)


@pytest.mark.parametrize("operation", ["vector_stores.create", "vector_stores.file_batches.create"])
def test_a_lost_answer_makes_no_second_store_and_no_file_twice(sim, files, operation):
    file = files.upload(b"one", "a.txt")
    sim.faults.add(no_answer("reset"), on=operation, at="after")
    store = files.create_store("handbook", [file.id], metadata={"team": "support"})
    assert [one.operation for one in sim.requests].count(operation) == (1 if operation == "vector_stores.create" else 2)
    assert [one.id for one in files.list_stores()] == [store.id]
    assert (store.file_counts.total, store.metadata["team"]) == (1, "support")


def test_a_file_that_cannot_be_searched_is_told(sim, files):
    good = files.upload(b"text", "a.txt").id
    bad = sim.put("files", {"filename": "b.exe", "content": "MZ"})["id"]
    with pytest.raises(ServiceError, match=r"\[\.exe\] are not supported"):
        files.create_store("Documents", [good, bad])


@pytest.mark.anyio
async def test_the_managers_are_async_on_an_async_client(sim):
    sim.script(say("It is sunny."))
    client = openai.AsyncOpenAI()
    assistant = await AssistantManager(client).ensure(CONFIG)
    thread = await ThreadManager(client).create([{"role": "user", "content": "Paris?"}])
    reply = await RunManager(client, policy=RunPolicy(deadline=60)).run(thread.id, assistant.id)
    assert reply.text == "It is sunny."
    assert [one.id for one in await AssistantManager(client).list()] == [assistant.id]
