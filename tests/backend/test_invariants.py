"""What holds of the service whatever anybody does to it: a machine makes requests at random."""

import json
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from simulator import Simulator
from simulator.api.wire import Request
from simulator.backend.journal import StatusChange
from simulator.backend.turns import call, call_tools, fail, finish, hang, incomplete, raw_call, run_code, say

HEADERS = {"openai-beta": "assistants=v2", "content-type": "application/json"}

SCRIPTS = [
    [say("Hello.")],
    [say("slow", takes=700)],
    [call_tools(call("f"), raw_call("g", "{")), say("done")],
    [call_tools(call("f")), call_tools(call("g", a=1)), finish()],
    [run_code("1", takes=30), say("a", more=True), incomplete("max_prompt_tokens", "b")],
    [run_code("1")],
    [fail("server_error", text="so far")],
    [hang()],
]

# What leads where, written by hand from assistants-api.md 1.1 and not taken from the table under test.
EDGES = {
    ("queued", "in_progress"),
    ("queued", "cancelling"),
    ("queued", "expired"),
    ("in_progress", "requires_action"),
    ("in_progress", "completed"),
    ("in_progress", "incomplete"),
    ("in_progress", "failed"),
    ("in_progress", "cancelling"),
    ("in_progress", "expired"),
    ("requires_action", "queued"),
    ("requires_action", "cancelling"),
    ("requires_action", "expired"),
    ("cancelling", "cancelled"),
    ("cancelling", "expired"),
}
WORKING = {"queued", "in_progress", "requires_action"}
ENDS = {"completed", "incomplete", "failed", "cancelled", "expired"}
ONCE = ("completed_at", "failed_at", "cancelled_at")


class Traffic(RuleBasedStateMachine):
    """Two threads, one assistant, and whatever requests come."""

    @initialize(seed=st.integers(0, 9))
    def begin(self, seed):
        self.sim = Simulator(seed=seed)
        self.before = {}
        self.streams = []
        self.assistant = self.ask("POST", "assistants", {"model": "gpt-4o", "instructions": "Be brief."})["id"]
        self.threads = [
            self.ask("POST", "threads", {"messages": [{"role": "user", "content": "Hi"}]})["id"] for _ in "ab"
        ]
        # A run that waits for two outputs: left to chance, few would.
        self.sim.script(*SCRIPTS[2], optional=True)
        self.ask("POST", f"threads/{self.threads[0]}/runs", {"assistant_id": self.assistant})
        self.sim.clock.advance(10)

    def send(self, method, path, body=None):
        content = b"" if body is None else json.dumps(body).encode()
        response = self.sim.handle(Request(method, f"/v1/{path}", headers=HEADERS, body=content))
        assert response.status in (200, 400, 404)
        if response.status == 400:
            assert json.loads(response.body)["error"]["code"] != "simulator_failed"
        return response

    def ask(self, method, path, body=None, *, expect=200):
        response = self.send(method, path, body)
        answer = json.loads(response.body)
        assert response.status == expect, answer
        return answer

    def locked_by(self, thread):
        return next(
            (run["id"] for run in self.sim.runs if run["thread_id"] == thread and run["status"] not in ENDS), None
        )

    def pick(self, data, *, among=WORKING | ENDS | {"cancelling"}):
        runs = [run for run in self.sim.runs if run["status"] in among and run["thread_id"] in self.threads]
        return data.draw(st.sampled_from(runs)) if runs else None

    def outputs_of(self, run, *ids):
        path = f"threads/{run['thread_id']}/runs/{run['id']}"
        return path, [{"tool_call_id": id, "output": "1"} for id in ids]

    # Requests. What is expected is judged by the answer: time passes inside a request too.

    @rule(index=st.integers(0, 1))
    def add_a_message(self, index):
        thread = self.threads[index]
        response = self.send("POST", f"threads/{thread}/messages", {"role": "user", "content": "Hi"})
        lock = self.locked_by(thread)
        assert response.status == (200 if lock is None else 400)
        if lock is not None:
            message = json.loads(response.body)["error"]["message"]
            assert message == f"Can't add messages to {thread} while a run {lock} is active."

    @rule(index=st.integers(0, 1), script=st.sampled_from(SCRIPTS), stream=st.booleans())
    def start_a_run(self, index, script, stream):
        thread = self.threads[index]
        self.sim.script(*script, optional=True, thread=thread)
        body = {"assistant_id": self.assistant, "stream": stream}
        before = {run["id"] for run in self.sim.runs}
        response = self.send("POST", f"threads/{thread}/runs", body)
        lock = self.locked_by(thread)
        if response.status == 400:
            message = f"Thread {thread} already has an active run {lock}."
            assert json.loads(response.body)["error"]["message"] == message
            assert {run["id"] for run in self.sim.runs} == before
        elif stream:
            self.streams.append(response.body)
        else:
            run = json.loads(response.body)
            assert (run["status"], run["id"], run["started_at"]) == ("queued", lock, None)

    @precondition(lambda self: self.streams)
    @rule(data=st.data(), count=st.integers(1, 40))
    def read_a_stream(self, data, count):
        stream = data.draw(st.sampled_from(self.streams))
        for _ in range(count):
            frame = next(stream, None)
            if frame is None:
                return
            self.sim.wait_until(frame.due)

    @precondition(lambda self: any(run["status"] == "requires_action" for run in self.sim.runs))
    @rule(data=st.data())
    def submit_outputs(self, data):
        run = self.pick(data, among={"requires_action"})
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        path, outputs = self.outputs_of(run, *(one["id"] for one in calls))
        self.ask("POST", f"{path}/submit_tool_outputs", {"tool_outputs": outputs[1:]}, expect=400)
        response = self.send("POST", f"{path}/submit_tool_outputs", {"tool_outputs": outputs})
        if response.status == 200:
            answer = json.loads(response.body)
            assert (answer["status"], answer["required_action"]) == ("queued", None)
            assert (answer["started_at"], answer["expires_at"]) == (run["started_at"], run["expires_at"])
        else:  # its time was over when the request arrived
            assert self.ask("GET", path)["status"] == "expired"

    @rule(data=st.data())
    def submit_what_nobody_asked_for(self, data):
        run = self.pick(data)
        if run is not None:
            path, outputs = self.outputs_of(run, "call_unknown")
            self.ask("POST", f"{path}/submit_tool_outputs", {"tool_outputs": outputs}, expect=400)

    @rule(data=st.data())
    def cancel_a_run(self, data):
        run = self.pick(data)
        if run is None:
            return
        response = self.send("POST", f"threads/{run['thread_id']}/runs/{run['id']}/cancel")
        answer = json.loads(response.body)
        if response.status == 200:
            assert run["status"] in WORKING
            assert (answer["status"], answer["cancelled_at"]) == ("cancelling", None)
        else:
            assert answer["error"]["message"].startswith("Cannot cancel run with status '")

    @rule(data=st.data())
    def change_the_metadata_of_a_finished_run(self, data):
        run = self.pick(data, among=ENDS)
        if run is not None:
            path = f"threads/{run['thread_id']}/runs/{run['id']}"
            assert self.ask("POST", path, {"metadata": {"a": "1"}})["metadata"] == {"a": "1"}

    @rule(index=st.integers(0, 1), data=st.data())
    def delete_a_message(self, index, data):
        messages = self.sim.messages(self.threads[index])
        if messages:
            message = data.draw(st.sampled_from(messages))
            self.ask("DELETE", f"threads/{self.threads[index]}/messages/{message['id']}")

    @rule(index=st.integers(0, 1))
    def begin_another_thread(self, index):
        self.ask("DELETE", f"threads/{self.threads[index]}")
        self.ask("GET", f"threads/{self.threads[index]}", expect=404)
        self.threads[index] = self.ask("POST", "threads", {"messages": [{"role": "user", "content": "Hi"}]})["id"]
        self.before = {id: run for id, run in self.before.items() if run["thread_id"] in self.threads}

    @rule(seconds=st.sampled_from([0.05, 0.3, 1, 60, 599, 700]))
    def wait(self, seconds):
        self.sim.clock.advance(seconds)

    # Invariants.

    @invariant()
    def a_run_only_goes_where_the_table_leads(self):
        runs, at = self.sim.runs, {}  # in this order: reading the runs lets happen what is due
        for entry in self.sim.journal:
            if isinstance(entry, StatusChange) and entry.object == "thread.run":
                assert (entry.before, entry.after) in EDGES
                assert entry.before == at.get(entry.id, "queued")  # no move is left out
                at[entry.id] = entry.after
        assert all(at.get(run["id"], "queued") == run["status"] for run in runs)

    @invariant()
    def what_was_written_once_stays(self):
        now = {run["id"]: run for run in self.sim.runs}
        for id, old in self.before.items():
            new = now[id]
            if old["status"] in ENDS:
                assert {**new, "metadata": None} == {**old, "metadata": None}
            assert (new["started_at"] or 0) >= (old["started_at"] or 0)
            assert all(new[key] == old[key] for key in ONCE if old[key] is not None)
        self.before = now

    @invariant()
    def a_run_shows_what_goes_with_its_status(self):
        for run in self.sim.runs:
            over = run["status"] in ENDS
            assert run["expires_at"] == (None if over else run["created_at"] + 600)
            assert (run["usage"] is not None) == over
            assert (run["required_action"] is not None) == (run["status"] == "requires_action")
            assert (run["last_error"] is not None) == (run["status"] == "failed")
            assert (run["incomplete_details"] is not None) == (run["status"] == "incomplete")
            times = [run["created_at"], *(run[key] for key in ("started_at", *ONCE) if run[key] is not None)]
            assert times == sorted(times)
            assert times[-1] <= self.sim.clock.now()

    @invariant()
    def no_thread_has_two_active_runs(self):
        active = Counter(run["thread_id"] for run in self.sim.runs if run["status"] not in ENDS)
        assert set(active.values()) <= {1}

    @invariant()
    def each_id_is_listed_once(self):
        store = self.sim._backend.store
        ids = [one["id"] for name in store.COLLECTIONS for one in getattr(store, name)]
        assert len(ids) == len(set(ids))

    @invariant()
    def steps_go_with_their_run(self):
        store = self.sim._backend.store
        for run in self.sim.runs:
            steps = list(store.run_steps.of(run["id"]))
            assert all(step["expires_at"] == run["expires_at"] for step in steps)
            open_steps = [step for step in steps if step["status"] == "in_progress"]
            assert len(open_steps) <= (run["status"] in WORKING)
            assert all((step["usage"] is None) == (step["status"] == "in_progress") for step in steps)

    @invariant()
    def the_journal_of_a_run_never_goes_back(self):
        at = {}
        for entry in self.sim.journal:
            run_id = getattr(entry, "run_id", None)
            if run_id is not None:
                assert entry.at >= at.get(run_id, 0)
                at[run_id] = entry.at


Traffic.TestCase.settings = settings(max_examples=100, stateful_step_count=30)
TestTraffic = Traffic.TestCase
