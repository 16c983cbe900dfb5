"""The same requests to the simulator and to the reference: whatever is asked, both answer alike."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from simulator import Request, Simulator
from tests.reference import wrong
from tests.reference.days import DAYS, shown_on
from tests.reference.matching import equal
from tests.reference.running import LATENCY
from tests.reference.service import Reference
from tests.reference.streams import Reading
from tests.reference.turns import PIECES, scripted

HEADERS = {"openai-beta": "assistants=v2", "content-type": "application/json"}
WORDS = st.sampled_from(["", "Hi", "Where is it?", "日本 🙂"])
METADATA = st.sampled_from([{}, {"a": "1"}, {"a": "2", "ключ": "ü" * 512}, None])
FUNCTION = {"type": "function", "function": {"name": "f", "description": "It does."}}
TOOLS = st.lists(
    st.sampled_from([FUNCTION, {"type": "code_interpreter"}, {"type": "file_search"}]), max_size=2, unique_by=str
)
SCHEMA = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
FORMAT = st.sampled_from(["auto", "auto", {"type": "text"}, {"type": "json_object"}, SCHEMA])
SETTINGS = {
    "model": st.sampled_from(["gpt-4o", "gpt-4-turbo"]),
    "instructions": st.sampled_from(["", "Be brief."]),
    "metadata": METADATA,
    "temperature": st.sampled_from([0, 0.5, 2, None]),
    "top_p": st.sampled_from([1, 0.25]),
    "tools": TOOLS,
    "response_format": FORMAT,
}
ASSISTANT = st.fixed_dictionaries({}, optional={**SETTINGS, "name": WORDS, "description": WORDS})
PART = st.sampled_from(
    [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
)
MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant"]),
        "content": st.sampled_from(["Hi", "Où?"]) | st.lists(PART, min_size=1, max_size=3),
    },
    optional={"metadata": METADATA},
)
MESSAGES = st.lists(MESSAGE, max_size=3)
THREAD = st.fixed_dictionaries({}, optional={"messages": MESSAGES, "metadata": METADATA})
LIMITS = {
    "truncation_strategy": st.sampled_from([{"type": "last_messages", "last_messages": 1 + n} for n in range(3)]),
    "max_prompt_tokens": st.sampled_from([None, 1, 6, 12, 18, 24, 30, 40, 60, 100]),
    "max_completion_tokens": st.sampled_from([None, 1, 2, 3, 4, 9, 10, 12, 16, 25]),
}
RUN = st.fixed_dictionaries(
    {},
    optional={
        **SETTINGS,
        "additional_instructions": WORDS,
        "additional_messages": MESSAGES,
        "stream": st.booleans(),
        "tool_choice": st.sampled_from(["auto", "auto", "none", "required"]),
        "parallel_tool_calls": st.sampled_from([True, True, False]),
        **LIMITS,
    },
)
PAGE = st.fixed_dictionaries({}, optional={"limit": st.integers(1, 4), "order": st.sampled_from(["asc", "desc"])})
INCLUDED = "step_details.tool_calls[*].file_search.results[*].content"
STRANGE = {"thread": ["thread_x", "undefined"], "assistant": ["asst_x", "assistant"], "other": ["x", "run_0", "msg_0"]}
PATHS = {
    "create_assistant": ("POST", "assistants"),
    "retrieve_assistant": ("GET", "assistants/{}"),
    "update_assistant": ("POST", "assistants/{}"),
    "delete_assistant": ("DELETE", "assistants/{}"),
    "list_assistants": ("GET", "assistants"),
    "create_thread": ("POST", "threads"),
    "retrieve_thread": ("GET", "threads/{}"),
    "update_thread": ("POST", "threads/{}"),
    "delete_thread": ("DELETE", "threads/{}"),
    "create_message": ("POST", "threads/{}/messages"),
    "retrieve_message": ("GET", "threads/{}/messages/{}"),
    "update_message": ("POST", "threads/{}/messages/{}"),
    "delete_message": ("DELETE", "threads/{}/messages/{}"),
    "list_messages": ("GET", "threads/{}/messages"),
    "create_run": ("POST", "threads/{}/runs"),
    "create_thread_and_run": ("POST", "threads/runs"),
    "retrieve_run": ("GET", "threads/{}/runs/{}"),
    "list_runs": ("GET", "threads/{}/runs"),
    "update_run": ("POST", "threads/{}/runs/{}"),
    "cancel_run": ("POST", "threads/{}/runs/{}/cancel"),
    "submit_tool_outputs": ("POST", "threads/{}/runs/{}/submit_tool_outputs"),
    "list_steps": ("GET", "threads/{}/runs/{}/steps"),
    "retrieve_step": ("GET", "threads/{}/runs/{}/steps/{}"),
}


class Both(RuleBasedStateMachine):
    """The simulator and the reference, side by side, and how both are asked."""

    steps = 0  # over all examples, for whoever counts

    @initialize(seed=st.integers(0, 3), day=st.sampled_from([None, None, None, None, *DAYS]))
    def begin(self, seed, day):
        self.day = day
        self.sim = Simulator(seed=seed, as_of=day)
        self.sim._backend.ids.seconds = latency
        self.reference = Reference(self.sim.clock.now())
        self.readings, self.request_ids = [], set()
        self.ask("create_assistant", body={"model": "gpt-4o", "instructions": "Help.", "tools": [FUNCTION]})
        self.ask("create_thread", body={"messages": [{"role": "user", "content": "Hi"}]})

    # Asking both.

    def send(self, method, path, body=None, query=""):
        content = b"" if body is None else json.dumps(body).encode()
        response = self.sim.handle(Request(method, f"/v1/{path}", query, HEADERS, content))
        request_id = response.headers["x-request-id"]
        assert request_id not in self.request_ids
        self.request_ids.add(request_id)
        return response

    def ask(self, name, *ids, body=None, query=None):
        """Ask both, and compare what they answer."""
        method, path = PATHS[name]
        given = [one for one in (body, query) if one is not None]
        status, expected = getattr(self.reference, name)(*ids, *given)
        encoded = urlencode({key: value for key, value in (query or {}).items() if value is not None})
        response = self.send(method, path.format(*ids), body, encoded)
        if status == 200 and (body or {}).get("stream"):
            assert (response.status, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
            self.begin_reading(response, expected)
            return
        assert response.headers["content-type"] == "application/json"
        answer = json.loads(response.body)
        equal([status, shown_on(self.day, expected)], [response.status, answer], f"{method} {path}")
        assert self.reference.now == self.sim.clock.now()

    def begin_reading(self, response, run):
        running = next(one for thread in self.reference.threads.values() for one in thread.running if one.run is run)
        reading = Reading(response.body, running.shown, self.day)
        reading.read(1, self.sim.wait_until)  # its first event is there at once, and has an id
        reading.compare()
        self.readings.append(reading)

    # What to ask about: mostly what there is, sometimes what is not.

    def pick(self, data, items, kind):
        return data.draw(st.sampled_from([*[str(one) for one in items] * 4, *STRANGE[kind]]))

    def assistant(self, data):
        return self.pick(data, [one["id"] for one in self.reference.assistants], "assistant")

    def thread(self, data):
        return self.pick(data, list(self.reference.threads), "thread")

    def shelf(self, thread_id, name):
        thread = next((one for one in self.reference.threads.values() if one.id.text == thread_id), None)
        return [] if thread is None else getattr(thread, name)

    def message(self, data):
        thread_id = self.thread(data)
        return thread_id, self.pick(data, [one["id"] for one in self.shelf(thread_id, "messages")], "other")

    def runnings(self, *statuses):
        return [
            one
            for thread in self.reference.threads.values()
            for one in thread.running
            if not statuses or one.run["status"] in statuses
        ]

    def run(self, data, *statuses):
        found = self.runnings(*statuses)
        if found and data.draw(st.integers(0, 9)):
            one = data.draw(st.sampled_from(found))
            return str(one.thread.id), str(one.run["id"])
        thread_id = self.thread(data)
        return thread_id, self.pick(data, [one["id"] for one in self.shelf(thread_id, "runs")], "other")

    def page(self, data, items):
        cursors = [None, None, *[one["id"].text for one in items if one["id"].text is not None]]
        query = {**data.draw(PAGE)}
        query["after"] = data.draw(st.sampled_from([*cursors * 3, "nothing_x"]))
        query["before"] = data.draw(st.sampled_from(cursors))
        return {key: value for key, value in query.items() if value is not None}

    # What all programs do.

    def script(self, data, thread_id, pieces=PIECES):
        piece = data.draw(st.sampled_from(pieces))
        self.sim.script(*[scripted(turn) for turn in piece], thread=thread_id, optional=True)
        self.reference.scripts.append((thread_id, list(piece)))

    def submit(self, one, ids, output, stream):
        outputs = [{"tool_call_id": id, "output": output} for id in ids]
        body = {"tool_outputs": outputs, "stream": stream}
        self.ask("submit_tool_outputs", str(one.thread.id), str(one.run["id"]), body=body)

    def wait(self, seconds):
        self.sim.clock.advance(seconds)
        self.reference.move_to(self.reference.now + seconds)

    # After every step.

    @invariant()
    def nothing_is_left_to_compare(self):
        type(self).steps += 1
        runs = self.sim.runs
        assert self.reference.now == self.sim.clock.now()
        for thread in self.reference.threads.values():
            equal(list(thread.messages), self.sim.messages(str(thread.id)), "messages")
            equal(list(thread.runs), [run for run in runs if run["thread_id"] == str(thread.id)], "runs")
        assert len(runs) == sum(len(thread.running) for thread in self.reference.threads.values())
        active = [thread for thread in self.reference.threads.values() for one in thread.running if one.active]
        assert len(active) == len({id(thread) for thread in active})


class Beside(Both):
    """Programs of every operation on assistants, threads, messages, runs and steps."""

    # Assistants and threads.

    @rule(body=ASSISTANT, model=st.sampled_from(["gpt-4o", "gpt-4-turbo"]))
    def create_an_assistant(self, body, model):
        self.ask("create_assistant", body={**body, "model": model})

    @rule(data=st.data(), body=ASSISTANT)
    def update_an_assistant(self, data, body):
        self.ask("update_assistant", self.assistant(data), body=body)

    @rule(data=st.data())
    def delete_an_assistant(self, data):
        if len(list(self.reference.assistants)) > 1:
            self.ask("delete_assistant", self.assistant(data))

    @rule(body=THREAD)
    def create_a_thread(self, body):
        self.ask("create_thread", body=body)

    @rule(data=st.data(), body=st.fixed_dictionaries({}, optional={"metadata": METADATA}))
    def update_something(self, data, body):
        name = data.draw(st.sampled_from(["update_thread", "update_message", "update_run"]))
        pick = {"update_thread": self.thread, "update_message": self.message, "update_run": self.run}[name]
        ids = pick(data)
        self.ask(name, *([ids] if isinstance(ids, str) else ids), body=body)

    @precondition(lambda self: len(self.reference.threads) > 2)
    @rule(data=st.data())
    def delete_a_thread(self, data):
        self.ask("delete_thread", self.thread(data))

    # Messages.

    @rule(data=st.data(), body=MESSAGE)
    def create_a_message(self, data, body):
        self.ask("create_message", self.thread(data), body=body)

    @rule(data=st.data())
    def delete_a_message(self, data):
        self.ask("delete_message", *self.message(data))

    # Runs.

    @rule(data=st.data(), body=RUN, with_script=st.integers(0, 9))
    def start_a_run(self, data, body, with_script):
        thread_id = self.thread(data)
        if with_script:
            self.script(data, thread_id)
        self.ask("create_run", thread_id, body={**body, "assistant_id": self.assistant(data)})

    @rule(data=st.data(), body=RUN, thread=st.none() | THREAD, with_script=st.integers(0, 9))
    def start_a_run_on_a_new_thread(self, data, body, thread, with_script):
        if with_script:
            self.script(data, None)
        new = {key: value for key, value in body.items() if not key.startswith("additional")}
        self.ask("create_thread_and_run", body={**new, "thread": thread, "assistant_id": self.assistant(data)})

    @precondition(lambda self: self.runnings("queued", "in_progress", "requires_action", "cancelling"))
    @rule(data=st.data())
    def cancel_an_active_run(self, data):
        self.ask("cancel_run", *self.run(data, "queued", "in_progress", "requires_action", "cancelling"))

    @rule(data=st.data())
    def cancel_any_run(self, data):
        self.ask("cancel_run", *self.run(data))

    @precondition(lambda self: self.runnings("requires_action"))
    @rule(data=st.data(), stream=st.booleans(), output=st.sampled_from(["", "72 °F", None]))
    def submit_what_is_awaited(self, data, stream, output):
        one = data.draw(st.sampled_from(self.runnings("requires_action")))
        self.submit(one, [str(id) for id in one.waiting_for], output, stream)

    @precondition(lambda self: self.runnings("requires_action"))
    @rule(data=st.data())
    def submit_something_else(self, data):
        one = data.draw(st.sampled_from(self.runnings("requires_action")))
        awaited = [str(id) for id in one.waiting_for]
        self.submit(one, data.draw(st.lists(st.sampled_from([*awaited, "call_x"]), max_size=4)), "x", stream=False)

    @rule(data=st.data())
    def submit_to_any_run(self, data):
        ids = self.run(data)
        outputs = [{"tool_call_id": "call_x", "output": "x"}]
        self.ask("submit_tool_outputs", *ids, body={"tool_outputs": outputs})

    # Reading.

    @rule(data=st.data())
    def retrieve_something(self, data):
        name = data.draw(st.sampled_from(["assistant", "thread", "message", "run", "step"]))
        if name == "step":
            thread_id, run_id = self.run(data)
            steps = next((one.steps for one in self.runnings() if one.run["id"].text == run_id), [])
            seen = [one["id"] for one in steps if one["id"].text is not None]
            self.ask("retrieve_step", thread_id, run_id, self.pick(data, seen, "other"))
            return
        ids = getattr(self, name)(data)
        self.ask(f"retrieve_{name}", *([ids] if isinstance(ids, str) else ids))

    @rule(data=st.data())
    def list_assistants(self, data):
        self.ask("list_assistants", query=self.page(data, self.reference.assistants.all))

    @rule(data=st.data())
    def list_messages(self, data):
        thread_id = self.thread(data)
        shelf = self.shelf(thread_id, "messages")
        query = self.page(data, getattr(shelf, "all", ()))
        if data.draw(st.booleans()):
            query["run_id"] = self.run(data)[1]
        self.ask("list_messages", thread_id, query=query)

    @rule(data=st.data())
    def list_runs(self, data):
        thread_id = self.thread(data)
        shelf = self.shelf(thread_id, "runs")
        self.ask("list_runs", thread_id, query=self.page(data, getattr(shelf, "all", ())))

    @rule(data=st.data(), included=st.booleans())
    def list_steps(self, data, included):
        thread_id, run_id = self.run(data)
        steps = next((one.steps for one in self.runnings() if one.run["id"].text == run_id), [])
        query = self.page(data, steps)
        self.ask("list_steps", thread_id, run_id, query={**query, **({"include[]": INCLUDED} if included else {})})

    @precondition(lambda self: self.readings)
    @rule(data=st.data(), count=st.integers(1, 60))
    def read_a_stream(self, data, count):
        reading = data.draw(st.sampled_from(self.readings))
        reading.read(count, self.sim.wait_until)
        self.reference.move_to(self.sim.clock.now())
        reading.compare()
        if reading.ended:
            self.readings.remove(reading)

    # What is refused whatever there is, and time.

    @rule(row=st.sampled_from(wrong.ROWS))
    def ask_wrongly(self, row):
        name, body, error = row
        method, path = PATHS[name]
        self.refused(method, path.format("thread_1", "x"), error, body=body)

    @rule(query=st.sampled_from(wrong.QUERIES), path=st.sampled_from(["assistants", "threads/thread_1/messages"]))
    def list_wrongly(self, query, path):
        self.refused("GET", path, query[1], query=query[0])

    def refused(self, method, path, error, **request):
        response = self.send(method, path, **request)
        message, param, code = error
        expected = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        equal([400, {"error": expected}], [response.status, json.loads(response.body)])
        self.reference.move_to(self.sim.clock.now())

    @rule(seconds=st.sampled_from([0.1, 0.2, 0.5, 1, 3, 30, 170, 300, 700]))
    def time_passes(self, seconds):
        self.wait(seconds)


def latency(kind, low, high):
    """The latency that the reference knows, within the bounds of the real ones."""
    assert low <= LATENCY[kind] <= high
    return LATENCY[kind]
