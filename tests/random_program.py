"""A random program of both APIs, with faults: what it asks next comes from its seed and from what it was answered."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter

from simulator import (
    NoResponse,
    Request,
    Simulator,
    call_tools,
    cut_stream,
    delay,
    fail,
    http_error,
    incomplete,
    lock_lag,
    no_answer,
    run_code,
    say,
    split_stream,
    stay,
)
from simulator import call as call_function
from simulator.api.wire import BrokenOff
from simulator.backend.journal import Exchange, Struck

REQUESTS = 40
HEADERS = {"openai-beta": "assistants=v2", "content-type": "application/json"}
TURNS = (
    [say("It is so.", chunks=3)],
    [call_function("f", b=1, a={"c": [None, 1.5, "é"]}), say("done")],
    [call_tools(call_function("f"), call_function("g", x="y")), say("both")],
    [run_code("1 + 1", logs="2"), say("two", takes=30)],
    [fail("server_error", text="so far")],
    [incomplete("max_completion_tokens", "half")],
)
FAULTS = (
    (http_error(500), {}),
    (http_error(429), {"at": "after"}),
    (no_answer("connect_timeout"), {}),
    (no_answer("reset"), {"at": "after"}),
    (cut_stream(), {}),
    (cut_stream(3, inside=True, ending="reset"), {}),
    (cut_stream("response.completed", ending="wrapped_error"), {}),
    (split_stream(7), {}),
    (delay(4), {}),
    (stay("in_progress", 20), {}),
    (stay("queued"), {}),
    (lock_lag(9), {"on": "runs.create"}),
)


class Program:
    """Plays itself against a simulator of its own.

    Attributes:
        met: how often it met what: an operation and its status, a kind of fault, a stream.
    """

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.sim = Simulator("auto", seed=seed % 7)
        self.ids = {kind: [] for kind in ("assistant", "thread", "response", "conversation")}
        self.ids["thread.run"] = []  # paths
        self.waiting = [("x", "x", ["call_x"])]  # thread, run and calls
        self.called = [("resp_x", ["call_x"])]  # response and calls
        self.answers = hashlib.blake2b()
        self.met = Counter()

    def play(self):
        """Return everything that was answered, heads and bodies, and the state at the end."""
        for _ in range(REQUESTS):
            if self.chance.random() < 0.4:
                self.sim.script(*self.chance.choice(TURNS), optional=True)
            if self.chance.random() < 0.15:
                fault, how = self.chance.choice(FAULTS)
                self.sim.faults.add(fault, **how)
            self.ask(*self.chance.choice(self.requests()))
            self.sim.clock.advance(self.chance.choice([0, 0, 0.3, 0.3, 2, 2, 2, 700]))
        state = [self.sim.clock.now(), list(self.sim.runs), self.sim.faults.unused]
        self.answers.update(json.dumps(state).encode())
        for entry in self.sim.journal:
            if isinstance(entry, Struck):
                self.met[entry.fault.partition("(")[0]] += 1
            elif isinstance(entry, Exchange):
                self.met[f"{entry.operation} {entry.status}"] += 1
        return self.answers.hexdigest()

    def requests(self):
        """Return what may be asked next; most of it can succeed once something was made."""
        thread, assistant, conversation = map(self.any, ("thread", "assistant", "conversation"))
        run, response = self.any("thread.run"), f"responses/{self.any('response')}"
        of, waits, calls = self.waiting[-1]
        before, called = self.called[-1]
        outputs = [{"tool_call_id": call, "output": "1"} for call in calls]
        items = [{"type": "function_call_output", "call_id": call, "output": "1"} for call in called]
        stream = self.chance.random() < 0.4
        submit = ("POST", f"threads/{of}/runs/{waits}/submit_tool_outputs", {"tool_outputs": outputs, "stream": stream})
        common = [
            ("POST", f"threads/{thread}/runs", {"assistant_id": assistant, "stream": stream}),
            ("POST", "threads/runs", {"assistant_id": assistant, "thread": {}, "stream": stream}),
            ("GET", run, None),
            submit,
        ]
        return [
            *3 * common,
            ("POST", "assistants", {"model": "gpt-4o", "instructions": "Help.", "metadata": {"b": "1", "a": "2"}}),
            ("POST", f"assistants/{assistant}", {"temperature": "hot"}),
            ("GET", "assistants", None),
            ("POST", "threads", {"messages": [{"role": "user", "content": "Hi"}]}),
            ("POST", f"threads/{thread}/messages", {"role": "user", "content": "Where?"}),
            ("GET", f"threads/{thread}/messages", None),
            ("DELETE", f"threads/{thread}", None),
            ("GET", f"{run}/steps", None),
            ("POST", f"{run}/cancel", None),
            ("POST", "responses", {"model": "gpt-4o", "input": "Hi", "stream": stream}),
            ("POST", "responses", {"model": "gpt-4o", "input": "Hi", "conversation": conversation, "stream": stream}),
            ("POST", "responses", {"model": "gpt-4o", "input": "Hi", "background": True}),
            ("POST", "responses", {"model": "gpt-4o", "input": items, "previous_response_id": before}),
            ("GET", response, None),
            ("GET", f"{response}/input_items", None),
            ("POST", f"{response}/cancel", None),
            ("DELETE", response, None),
            ("POST", "conversations", {"items": [{"role": "user", "content": "Hello?"}]}),
            ("GET", f"conversations/{conversation}/items", None),
        ]

    def any(self, kind):
        """Return one of the last of a kind."""
        return self.chance.choice(self.ids[kind][-2:] or ["x"])

    def ask(self, method, path, body):
        content = b"" if body is None else json.dumps(body).encode()
        response = self.sim.handle(Request(method, f"/v1/{path}", "", HEADERS, content))
        if isinstance(response, NoResponse):
            self.answers.update(response.kind.encode())
            return
        self.answers.update(json.dumps([response.status, list(response.headers.items())]).encode())
        if path == "responses" and response.status == 200 and isinstance(body["input"], list):
            self.met["outputs taken by a response"] += 1
        if isinstance(response.body, bytes):
            self.answers.update(response.body)
            self.remember(json.loads(response.body))
        else:
            self.read(response.body)

    def read(self, frames):
        """Read a stream to its end, or to where it breaks."""
        whole = b""
        try:
            for frame in frames:
                self.sim.wait_until(frame.due)
                self.answers.update(repr(frame.due).encode())
                whole += frame.data
        except BrokenOff as end:
            self.answers.update(end.kind.encode())
            self.met["stream broken off"] += 1
        self.answers.update(whole)
        for line in whole.decode().splitlines():
            if line.startswith('data: {"') and line.endswith("}"):
                event = json.loads(line.removeprefix("data: "))
                self.met["response streamed" if "sequence_number" in event else "run streamed"] += 1
                self.remember(event.get("response", event))

    def remember(self, made):
        """Keep the ids of what an answer shows, and the calls that wait."""
        match made.get("object"):
            case "thread.run":
                self.keep("thread", made["thread_id"])
                self.keep("thread.run", f"threads/{made['thread_id']}/runs/{made['id']}")
                if action := made["required_action"]:
                    calls = [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]]
                    self.waiting.append((made["thread_id"], made["id"], calls))
            case "response":
                self.keep("response", made["id"])
                calls = [item["call_id"] for item in made["output"] if item["type"] == "function_call"]
                self.called += [(made["id"], calls)] if calls else []
            case ("assistant" | "thread" | "conversation") as kind if "id" in made:
                self.keep(kind, made["id"])

    def keep(self, kind, id):
        if id not in self.ids[kind]:
            self.ids[kind].append(id)


def played(programs):
    """Return the answers of so many programs in one line."""
    return hashlib.blake2b("".join(Program(seed).play() for seed in range(programs)).encode()).hexdigest()
