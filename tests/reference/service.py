"""The reference: what the service answers to each operation, written from the descriptions of it.

An operation returns the status and the body that are expected. It passes the time that it costs first,
as the medians of the recordings have it (recorded-traffic.md 3).
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

from tests.reference import limits, shapes
from tests.reference.matching import Id, Sentence, Text
from tests.reference.running import CANCELLABLE, Running
from tests.reference.shelf import Shelf, UnknownCursor
from tests.reference.turns import breaks

COST = {
    "assistants": {"GET": 0.074, "POST": 0.142, "DELETE": 0.142},
    "threads": {"GET": 0.042, "POST": 0.042, "DELETE": 0.042},
    "messages": {"GET": 0.074, "POST": 0.142, "DELETE": 0.142},
    "runs": {"GET": 0.161, "POST": 0.142},
    "steps": {"GET": 0.146},
}
CREATE_RUN, SUBMIT, CANCEL = 0.322, 0.185, 0.13
ADD, RUN = "Can't add messages to {} while a run {} is active.", "Thread {} already has an active run {}."
NO_SCHEMA_BESIDE = (
    "Invalid tools: all tools must be of type `function` when `response_format` is of type `json_schema`."
)
NOTHING_TO_SAY = "Run creation requires a Thread with a user message or an assistant with instructions."


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status, *error):
        super().__init__(status, shapes.error(*error))


def operation(function):
    """Let a refusal be an answer like any other."""

    def answer(self, *arguments, **more):
        try:
            return 200, function(self, *arguments, **more)
        except Refused as refused:
            return refused.args

    return answer


class Reference:
    """The service at a time.

    Attributes:
        scripts: turns for one run each, with the id of the thread that they are meant for, or None.
    """

    def __init__(self, now):
        self.now, self.known = now, set()
        self.assistants, self.threads, self.scripts = Shelf("assistant"), {}, []
        self.new_id = partial(Id, known=self.known)

    def move_to(self, now):
        """Let time pass."""
        self.now = now
        for thread in self.threads.values():
            for running in thread.running:
                running.move_to(now)

    def spend(self, seconds):
        self.move_to(self.now + seconds)

    # Assistants.

    @operation
    def create_assistant(self, body):
        self.spend(COST["assistants"]["POST"])
        self._check_tools(body.get("tools") or [], body.get("response_format"))
        return self.assistants.add(shapes.assistant(self.new_id("asst_"), self.now, body))

    @operation
    def retrieve_assistant(self, id):
        self.spend(COST["assistants"]["GET"])
        return self._assistant(id)

    @operation
    def update_assistant(self, id, body):
        self.spend(COST["assistants"]["POST"])
        assistant = self._assistant(id)
        changes = {key: value for key, value in body.items() if value is not None}
        if "tools" in changes:
            changes["tools"] = [shapes.tool(one) for one in changes["tools"]]
            changes["tool_resources"] = shapes.resources(changes["tools"]) | assistant["tool_resources"]
        for name in changes.keys() & {"temperature", "top_p"}:
            changes[name] = float(changes[name])
        merged = {**assistant, **changes}
        self._check_tools(merged["tools"], merged["response_format"])
        assistant.update(merged)
        return assistant

    @operation
    def delete_assistant(self, id):
        self.spend(COST["assistants"]["DELETE"])
        return shapes.deleted(self.assistants.remove(self._assistant(id)))

    @operation
    def list_assistants(self, query):
        self.spend(COST["assistants"]["GET"])
        return self._page(self.assistants, query)

    # Threads.

    @operation
    def create_thread(self, body):
        self.spend(COST["threads"]["POST"])
        return self._new_thread(body).thread

    @operation
    def retrieve_thread(self, id):
        self.spend(COST["threads"]["GET"])
        return {**self._thread(id).thread, "tool_resources": shapes.NO_FILES}

    @operation
    def update_thread(self, id, body):
        self.spend(COST["threads"]["POST"])
        thread = self._thread(id).thread
        if body.get("metadata") is not None:
            thread["metadata"] = body["metadata"]
        return thread

    @operation
    def delete_thread(self, id):
        self.spend(COST["threads"]["DELETE"])
        thread = self._thread(id)
        del self.threads[thread.id]
        return shapes.deleted(thread.thread)

    # Messages.

    @operation
    def create_message(self, thread_id, body):
        self.spend(COST["messages"]["POST"])
        thread = self._thread(thread_id)
        active = self._active(thread)
        if active is not None:
            raise Refused(400, ADD.format(thread_id, active.run["id"]))
        return self._add_message(thread, body)

    @operation
    def retrieve_message(self, thread_id, id):
        self.spend(COST["messages"]["GET"])
        return self._found(self._thread(thread_id).messages, id)

    @operation
    def update_message(self, thread_id, id, body):
        self.spend(COST["messages"]["POST"])
        message = self._found(self._thread(thread_id).messages, id)
        if body.get("metadata") is not None:
            message["metadata"] = body["metadata"]
        # The one answer that has `file_ids` in place of `attachments` (assistants-api.md 3).
        return {
            "file_ids" if key == "attachments" else key: [] if key == "attachments" else value
            for key, value in message.items()
        }

    @operation
    def delete_message(self, thread_id, id):
        self.spend(COST["messages"]["DELETE"])
        messages = self._thread(thread_id).messages
        return shapes.deleted(messages.remove(self._found(messages, id)))

    @operation
    def list_messages(self, thread_id, query):
        self.spend(COST["messages"]["GET"])
        wanted = query.get("run_id")
        keep = None if wanted is None else lambda one: one["run_id"] is not None and str(one["run_id"]) == wanted
        return self._page(self._thread(thread_id).messages, query, keep)

    # Runs.

    @operation
    def create_run(self, thread_id, body):
        self.spend(CREATE_RUN)
        thread = self._thread(thread_id)
        assistant = self._assistant_of(body)
        active = self._active(thread)
        if active is not None:
            raise Refused(400, RUN.format(thread_id, active.run["id"]))
        return self._start(thread, assistant, body)

    @operation
    def create_thread_and_run(self, body):
        self.spend(CREATE_RUN)
        assistant = self._assistant_of(body)
        thread = self._made_thread(body.get("thread") or {})
        run = self._start(thread, assistant, body, new=True)
        self.threads[thread.id] = thread
        return run

    @operation
    def retrieve_run(self, thread_id, id):
        self.spend(COST["runs"]["GET"])
        return self._running(thread_id, id).run

    @operation
    def list_runs(self, thread_id, query):
        self.spend(COST["runs"]["GET"])
        return self._page(self._thread(thread_id).runs, query)

    @operation
    def update_run(self, thread_id, id, body):
        self.spend(COST["runs"]["POST"])
        running = self._running(thread_id, id)
        if running.active:
            raise Refused(400, f"Cannot update run with status '{running.run['status']}'.")
        if body.get("metadata") is not None:
            running.run["metadata"] = body["metadata"]
        return running.run

    @operation
    def cancel_run(self, thread_id, id):
        self.spend(CANCEL)
        running = self._running(thread_id, id)
        if running.run["status"] not in CANCELLABLE:
            raise Refused(400, f"Cannot cancel run with status '{running.run['status']}'.")
        running.cancel(self.now)
        return running.run

    @operation
    def submit_tool_outputs(self, thread_id, id, body):
        self.spend(SUBMIT)
        running = self._running(thread_id, id)
        if running.run["status"] != "requires_action":
            raise Refused(400, f'Runs in status "{running.run["status"]}" do not accept tool outputs.')
        expected = running.waiting_for
        got = [one["tool_call_id"] for one in body["tool_outputs"]]
        if sorted(got) != sorted(one.text or "not seen yet" for one in expected):
            named = [part for id in expected for part in ("', '", id)][1:]
            raise Refused(400, Sentence("Expected tool outputs for call_ids ['", *named, f"'], got {got}"))
        outputs = {one["tool_call_id"]: one.get("output") or "" for one in body["tool_outputs"]}
        if running.look(running.answers(outputs)) is not None and not running.has_next():
            raise Refused(400, Text("assistants-simulator: "), None, "no_turn_left")
        running.submit(outputs, self.now, stream=bool(body.get("stream")))
        return running.run

    @operation
    def list_steps(self, thread_id, id, query):
        self.spend(COST["steps"]["GET"])
        running = self._running(thread_id, id)
        steps = Shelf("run step", running.steps)
        page = self._page(steps, query)
        return {**page, "data": [shapes.seen_step(one, content="include[]" in query) for one in page["data"]]}

    @operation
    def retrieve_step(self, thread_id, id, step_id):
        self.spend(COST["steps"]["GET"])
        running = self._running(thread_id, id)
        return shapes.seen_step(self._found(Shelf("run step", running.steps), step_id))

    # Parts of operations.

    def _assistant(self, id):
        return self._found(self.assistants, id)

    def _assistant_of(self, body):
        id = body["assistant_id"]
        if self.assistants.get(id) is None and not id.startswith("asst"):
            said = f"Invalid 'assistant_id': '{id}'. Expected an ID that begins with 'asst'."
            raise Refused(400, said, "assistant_id", "invalid_value")
        return self._assistant(id)

    def _thread(self, id):
        for thread in self.threads.values():
            if thread.id.text == id:
                return thread
        if not id.startswith("thread"):
            said = f"Invalid 'thread_id': '{id}'. Expected an ID that begins with 'thread'."
            raise Refused(400, said, "thread_id", "invalid_value")
        raise Refused(404, f"No thread found with id '{id}'.")

    def _running(self, thread_id, id):
        thread = self._thread(thread_id)
        self._found(thread.runs, id)
        return next(one for one in thread.running if one.run["id"].text == id)

    @staticmethod
    def _found(shelf, id):
        item = shelf.get(id)
        if item is None:
            raise Refused(404, f"No {shelf.noun} found with id '{id}'.")
        return item

    @staticmethod
    def _active(thread):
        return next((one for one in thread.running if one.active), None)

    @staticmethod
    def _page(shelf, query, keep=None):
        try:
            return shelf.page(query, keep)
        except UnknownCursor as unknown:
            raise Refused(404, f"No {shelf.noun} found with id '{unknown}'.") from None

    @staticmethod
    def _check_tools(tools, response_format):
        wanted = response_format if isinstance(response_format, dict) else {}
        if wanted.get("type") == "json_schema" and any(one["type"] != "function" for one in tools):
            raise Refused(400, NO_SCHEMA_BESIDE)

    def _made_thread(self, body):
        id = self.new_id("thread_")
        thread = SimpleNamespace(
            id=id,
            thread=shapes.thread(id, self.now, body),
            messages=Shelf("message"),
            runs=Shelf("run"),
            running=[],
        )
        for message in body.get("messages") or []:
            self._add_message(thread, message)
        return thread

    def _new_thread(self, body):
        thread = self._made_thread(body)
        self.threads[thread.id] = thread
        return thread

    def _add_message(self, thread, body):
        content = shapes.content(body["content"])
        id, metadata = self.new_id("msg_"), body.get("metadata")
        return thread.messages.add(shapes.message(id, self.now, thread.id, body["role"], content, metadata=metadata))

    def _start(self, thread, assistant, body, *, new=False):
        tools = assistant["tools"] if body.get("tools") is None else body["tools"]
        self._check_tools(tools, body.get("response_format") or assistant["response_format"])
        additional = body.get("additional_messages") or []
        own = body.get("instructions")
        instructions = assistant["instructions"] if own is None else own
        spoken = any(one["role"] == "user" for one in (*thread.messages, *additional))
        if not (instructions or body.get("additional_instructions") or spoken):
            raise Refused(400, NOTHING_TO_SAY, None, "invalid_thread")
        run = shapes.run(self.new_id("run_"), self.now, thread.id, assistant, body)
        more = body.get("additional_instructions")
        turns = self._next_script(thread, run) if self._fits(thread, run, additional, more) else []
        for message in additional:
            self._add_message(thread, message)
        running = Running(run, thread, turns, self.new_id, self.now, instructions=more)
        if body.get("stream"):
            running.listen(self.now, thread.thread if new else None)
        running.created(self.now)
        thread.running.append(running)
        return thread.runs.add(run)

    @staticmethod
    def _fits(thread, run, additional, instructions):
        """Whether the model can be shown what it must be: else it is not asked."""
        contents = [
            *(one["content"] for one in thread.messages),
            *(shapes.content(one["content"]) for one in additional),
        ]
        texts = [limits.texts_in(one) for one in contents]
        return limits.prompt(run, texts, [], instructions=instructions, outputs=[], spent=0) is not None

    def _next_script(self, thread, run):
        """Take the first script for this thread, else the first for any, unless it breaks what the run asks for."""
        fitting = [script for meant in (thread.id.text, None) for script in self.scripts if script[0] == meant]
        if fitting and not breaks(fitting[0][1][0], run, tool_called=False):
            self.scripts.remove(fitting[0])
            return fitting[0][1]
        raise Refused(400, Text("assistants-simulator: "), None, "no_turn_left")
