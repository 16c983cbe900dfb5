"""The same for what limits tokens: conversations in one thread, in which every run has limits that it may reach."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.reference.machine import FUNCTION, LIMITS, Both
from tests.reference.turns import FOUND, call, say

TEXT = st.integers(0, 60).map(lambda length: "a" * length)
CODE = {"kind": "code", "input": "print(1)", "logs": "1"}
PIECES = [
    [say("Hel", "lo", " to all who are there.")],
    [say("first", more=True), say("second and", " a little more")],
    [call(("f", {})), say("done")],
    [call(("f", {"city": "Paris"}), ("f", {})), call(("f", {})), say("both")],
    [CODE, CODE, say("1")],
    [{"kind": "search", "results": [FOUND]}, say("42")],
    [{"kind": "say", "parts": [("text", "Look:"), ("refusal", "no"), ("text", "there it is")]}],
    [{"kind": "incomplete", "reason": "max_completion_tokens", "text": "a long one that stops by itself"}],
]


class LimitsBeside(Both):
    """What is left out of prompts, and cut of answers."""

    @property
    def here(self):
        return next(iter(self.reference.threads.values()))

    @property
    def is_free(self):
        return not any(one.active for one in self.here.running)

    @precondition(lambda self: self.is_free)
    @rule(text=TEXT.filter(bool), role=st.sampled_from(["user", "assistant"]))
    def say_something(self, text, role):
        self.ask("create_message", str(self.here.id), body={"role": role, "content": text})

    @precondition(lambda self: self.is_free and len(list(self.here.messages)) > 1)
    @rule(data=st.data())
    def delete_a_message(self, data):
        message = data.draw(st.sampled_from([str(one["id"]) for one in self.here.messages]))
        self.ask("delete_message", str(self.here.id), message)

    @precondition(lambda self: self.is_free)
    @rule(
        data=st.data(),
        body=st.fixed_dictionaries({}, optional={**LIMITS, "instructions": TEXT, "additional_instructions": TEXT}),
        stream=st.booleans(),
        seconds=st.sampled_from([0, 1, 15]),
    )
    def start_a_run(self, data, body, stream, seconds):
        self.script(data, str(self.here.id), PIECES)
        assistant = str(next(iter(self.reference.assistants))["id"])
        settings = {"tools": [FUNCTION], "assistant_id": assistant, "stream": stream}
        self.ask("create_run", str(self.here.id), body={**body, **settings})
        self.wait(seconds)

    @precondition(lambda self: self.runnings("requires_action"))
    @rule(output=TEXT, stream=st.booleans(), seconds=st.sampled_from([0, 1, 15]))
    def submit_what_is_awaited(self, output, stream, seconds):
        one = self.runnings("requires_action")[0]
        self.submit(one, [str(id) for id in one.waiting_for], output, stream)
        self.wait(seconds)

    @precondition(lambda self: self.here.running)
    @rule()
    def list_its_steps(self):
        self.ask("list_runs", str(self.here.id), query={})  # ids that were not seen yet
        run = self.here.running[-1].run
        self.ask("list_steps", str(self.here.id), str(run["id"]), query={})

    @precondition(lambda self: not self.is_free)
    @rule(seconds=st.sampled_from([0.3, 1, 15, 700]))
    def time_passes(self, seconds):
        self.wait(seconds)
