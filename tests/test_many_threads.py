"""Sixteen threads at one simulator: nothing is lost or there twice, and no conversation has two active runs."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from simulator import Simulator, call, say
from simulator.backend.engine import Engine
from simulator.backend.journal import Asked, StatusChange
from tests.reference.running import ACTIVE

WORKERS = 16
OPERATIONS = int(os.environ.get("SIMULATOR_OPERATIONS", "50"))  # of each; `make programs` has 2,000
CONVERSATIONS = 6  # shared by all
V2 = {"headers": {"OpenAI-Beta": "assistants=v2"}}
REFUSED = ("Can't add messages to", "already has an active run", "Cannot cancel run", "do not accept tool outputs")


def brain(view):
    """Every other question wants a function."""
    return call("f", n=1) if "function" in view.user and not view.outputs else say("It is so.")


class Worker:
    """Does random things and remembers what the service said it had done.

    Operations are generators: they yield requests and are sent the answers, be the client sync or async.
    """

    def __init__(self, number, assistant, conversations):
        self.random, self.assistant, self.conversations = random.Random(number), assistant, conversations
        self.number = number
        self.assistants, self.messages, self.deleted, self.runs = [], [], [], []

    def operations(self, count):
        often, seldom = (self.add, self.run, self.step_in), (self.delete, self.configure, self.read)
        for _ in range(count):
            yield from self.random.choice((*often, *often, *seldom))()

    def add(self):
        conversation = self.random.choice(self.conversations)
        text = self.random.choice(["a plain question", "a question for a function"])
        message = yield "POST", f"/threads/{conversation}/messages", {"role": "user", "content": text}
        if message:
            self.messages.append((conversation, message["id"]))

    def delete(self):
        if self.messages and self.random.random() < 0.3:
            gone = self.messages.pop(self.random.randrange(len(self.messages)))
            yield "DELETE", f"/threads/{gone[0]}/messages/{gone[1]}", None
            self.deleted.append(gone)

    def run(self):
        conversation = self.random.choice(self.conversations)
        body = {"assistant_id": self.assistant, "metadata": {"worker": str(self.number)}}
        run = yield "POST", f"/threads/{conversation}/runs", body
        if run:
            self.runs.append((conversation, run["id"]))

    def step_in(self):
        """Look at a run of anybody's; answer it or cancel it."""
        conversation = self.random.choice(self.conversations)
        page = yield "GET", f"/threads/{conversation}/runs?limit=1", None
        for run in page["data"]:
            path = f"/threads/{conversation}/runs/{run['id']}"
            if run["status"] == "requires_action":
                calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
                outputs = [{"tool_call_id": one["id"], "output": "1"} for one in calls]
                yield "POST", f"{path}/submit_tool_outputs", {"tool_outputs": outputs}
            elif self.random.random() < 0.2:
                yield "POST", f"{path}/cancel", {}

    def configure(self):
        if self.assistants and self.random.random() < 0.5:
            id = self.random.choice(self.assistants)
            yield "POST", f"/assistants/{id}", {"name": f"of {self.number}"}
        else:
            assistant = yield "POST", "/assistants", {"model": "gpt-4o"}
            self.assistants.append(assistant["id"])

    def read(self):
        if self.messages:
            conversation, id = self.random.choice(self.messages)
            message = yield "GET", f"/threads/{conversation}/messages/{id}", None
            assert message["id"] == id


def expected(problem):
    """Pass over what the state of a conversation refuses; everything else is a failure."""
    assert any(text in problem.message for text in REFUSED), problem.message


def with_body(body):
    return {} if body is None else {"body": body}


def through_sync(client, operations):
    answer = None
    while (request := _next(operations, answer)) is not None:
        method, path, body = request
        try:
            answer = getattr(client, method.lower())(path, cast_to=object, options=V2, **with_body(body))
        except openai.BadRequestError as problem:
            answer = expected(problem)


async def through_async(client, operations):
    answer = None
    while (request := _next(operations, answer)) is not None:
        method, path, body = request
        send = getattr(client, method.lower())
        try:
            answer = await send(path, cast_to=object, options=V2, **with_body(body))
        except openai.BadRequestError as problem:
            answer = expected(problem)


def _next(operations, answer):
    try:
        return operations.send(answer)
    except StopIteration:
        return None


def sync_door(sim):
    client = sim.client()
    return lambda worker: through_sync(client, worker.operations(OPERATIONS))


def async_door(sim):
    return lambda worker: asyncio.run(through_async(sim.async_client(), worker.operations(OPERATIONS)))


def everything(client, path):
    """All that a list shows, page by page."""
    found, after = [], ""
    while True:
        page = client.get(f"{path}?limit=100&order=asc{after}", cast_to=object, options=V2)
        found += page["data"]
        if not page["has_more"]:
            return found
        after = f"&after={page['last_id']}"


@pytest.fixture(scope="module", params=[sync_door, async_door], ids=["sync", "async"])
def worked(request):
    """A simulator at which all have worked at once, the workers, and the conversations."""
    sim = Simulator(brain)
    client = sim.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Help.").id
    conversations = [client.beta.threads.create().id for _ in range(CONVERSATIONS)]
    workers = [Worker(number, assistant, conversations) for number in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(request.param(sim), workers))
    return sim, workers, assistant, conversations


def test_nothing_is_lost_and_nothing_is_there_twice(worked):
    sim, workers, assistant, conversations = worked
    client = sim.client()
    assistants = [one["id"] for one in everything(client, "/assistants")]
    assert Counter(assistants) == Counter([assistant, *(id for worker in workers for id in worker.assistants)])
    for conversation in conversations:
        messages = everything(client, f"/threads/{conversation}/messages")
        by_users = Counter(one["id"] for one in messages if one["role"] == "user")
        assert by_users == Counter(id for worker in workers for where, id in worker.messages if where == conversation)
        runs = Counter(one["id"] for one in everything(client, f"/threads/{conversation}/runs"))
        assert runs == Counter(id for worker in workers for where, id in worker.runs if where == conversation)
    made = [*assistants, *(id for worker in workers for _, id in (*worker.messages, *worker.deleted, *worker.runs))]
    assert len(made) == len(set(made))
    assert {one.status for one in sim.requests} == {200, 400}


def conversations_with_runs(journal):
    """Return the conversations in which runs followed each other, never two at a time."""
    active, begun = {}, set()
    for entry in journal:
        if isinstance(entry, Asked):
            assert active.setdefault(entry.thread_id, entry.run_id) == entry.run_id
            begun.add(entry.thread_id)
        elif isinstance(entry, StatusChange) and entry.object == "thread.run" and entry.after not in ACTIVE:
            assert active.pop(entry.thread_id) == entry.id
    return begun


def test_no_conversation_ever_has_two_active_runs(worked):
    sim, _, _, conversations = worked
    assert conversations_with_runs(sim.journal) == set(conversations)


def test_two_active_runs_would_be_found(monkeypatch, ask):
    monkeypatch.setattr(Engine, "active_run", lambda self, thread_id: None)
    sim = Simulator("auto")
    _, assistant = ask(sim, "POST", "/assistants", {"model": "gpt-4o", "instructions": "Help."})
    _, thread = ask(sim, "POST", "/threads", {})
    for _ in range(2):
        ask(sim, "POST", f"/threads/{thread['id']}/runs", {"assistant_id": assistant["id"]})
    with pytest.raises(AssertionError):
        conversations_with_runs(sim.journal)
