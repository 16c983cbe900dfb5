"""A service without a door: a backend, a brain that reads from a list, and hands to drive both."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field

import pytest

from simulator.backend import objects
from simulator.backend.brain import View
from simulator.backend.execution import Deltas, RunStream
from simulator.backend.journal import Journal
from simulator.backend.lifecycle import TERMINAL
from simulator.backend.objects import waiting_calls
from simulator.backend.state import Backend
from simulator.backend.turns import as_turn
from simulator.backend.turns_json import turn_from_json, turn_to_json
from simulator.errors import NoTurn

OPERATIONS = ("runs.create", "runs.retrieve", "messages.create")


@dataclass
class ListBrain:
    """Answers with the next turn of a list, and remembers what it was shown."""

    turns: deque = field(default_factory=deque)
    views: list[View] = field(default_factory=list)

    def add(self, *turns):
        self.turns.extend(map(as_turn, turns))

    def answer(self, view):
        self.views.append(view)
        if not self.turns:
            raise NoTurn(f"nothing is left for {view.run['id']}")
        return self.turns.popleft()


class Lab:
    """One backend and what a test does with it. Time moves only by `wait`, `until` and `goto`."""

    def __init__(self, *turns, seed=0, journal=True):
        self.brain = ListBrain()
        self.brain.add(*turns)
        self.backend = Backend(seed, self.brain, Journal(journal), OPERATIONS)
        self.stream = None

    @property
    def store(self):
        return self.backend.store

    @property
    def engine(self):
        return self.backend.engine

    @property
    def journal(self):
        return self.backend.journal

    @property
    def now(self):
        return self.backend.clock.now()

    # What requests do.

    def assistant(self, **given):
        new = objects.assistant(self.backend.ids.new("asst_"), int(self.now), "gpt-4o", **given)
        return self.store.assistants.add(new)

    def thread(self, *texts):
        thread = self.store.threads.add(objects.thread(self.backend.ids.new("thread_"), int(self.now)))
        for text in texts:
            self.message(thread, text)
        return thread

    def message(self, thread, text, role="user"):
        return self.store.messages.add(self.new_message(thread, text, role), thread["id"])

    def new_message(self, thread, text, role="user"):
        content = [objects.text_part(text)]
        return objects.message(self.backend.ids.new("msg_"), int(self.now), thread["id"], role, content)

    def run(self, *turns, thread=None, assistant=None, stream=False, instructions="", messages=(), **options):
        """Script `turns` and create a run."""
        self.brain.add(*turns)
        thread = thread or self.thread("Hello?")
        assistant = assistant or next(iter(self.store.assistants), None) or self.assistant()
        run = objects.run(self.backend.ids.new("run_"), int(self.now), thread["id"], assistant, **options)
        self.stream = RunStream() if stream else None
        self.engine.create(run, additional_instructions=instructions, additional_messages=messages, stream=self.stream)
        return run

    def submit(self, run, *outputs, stream=False):
        """Submit outputs in the order of the calls that wait."""
        by_id = {call["id"]: output for call, output in zip(waiting_calls(run), outputs, strict=True)}
        self.stream = RunStream() if stream else None
        self.engine.submit(run["id"], by_id, self.stream)

    def cancel(self, run):
        self.engine.cancel(run["id"])

    # Time.

    def wait(self, seconds):
        self.backend.clock.advance(seconds)
        self.engine.settle()

    def goto(self, due):
        """Go to a point of time, and let happen what is due by then."""
        assert due >= self.now
        self.backend.clock.advance_to(due)
        self.engine.settle()

    def until(self, run, *statuses):
        """Let time pass from event to event until the run has one of the statuses; by default till its end."""
        while run["status"] not in (statuses or TERMINAL):
            due = self.engine.next_due()
            assert due is not None, f"the run is {run['status']} for ever"
            self.goto(due)
        return run

    # What there is.

    def execution(self, run):
        return self.engine.executions[run["id"]]

    def steps(self, run):
        return list(self.store.run_steps.of(run["id"]))

    def said(self, run):
        """The content of the messages that the run wrote."""
        return [one["content"] for one in self.store.messages.of(run["thread_id"]) if one["run_id"] == run["id"]]

    def texts(self, run):
        return [objects.message_text({"content": content}) for content in self.said(run)]

    def events(self):
        """The names of what waits in the stream, deltas in the plural."""
        return [
            f"{item.name}*" if isinstance(item, Deltas) else item.name.removeprefix("thread.")
            for item in self.stream.waiting
        ]

    def changes(self, run):
        """The statuses of the run, and why it moved there."""
        return [
            (change.event, change.after)
            for change in self.journal
            if getattr(change, "object", None) == "thread.run" and change.run_id == run["id"]
        ]

    def bytes(self):
        """The whole state, as a file would hold it."""
        turns = [turn_to_json(turn) for turn in self.brain.turns]
        return json.dumps({"backend": self.backend.to_json(), "turns": turns})

    @classmethod
    def of(cls, text, seed=0):
        """A lab in the state that `bytes` wrote."""
        saved = json.loads(text)
        lab = cls(*map(turn_from_json, saved["turns"]), seed=seed)
        lab.backend.restore(saved["backend"])
        return lab


@pytest.fixture(scope="session")
def make_lab():
    return Lab


@pytest.fixture
def lab():
    return Lab()
