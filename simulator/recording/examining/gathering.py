"""From interactions to the conversation that they hold.

Whatever shows an object tells of it: the answer to a create, a poll, a list, an event of a stream. So
sessions that poll, list or stream, of either version of the API, of Azure, or begun in the middle are all
read in one way. What only a request says (outputs, messages of a new thread) is read off the request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

from ..cassette import Cassette, Interaction, RecordedResponse
from ..shown import said_in
from .conversation import TERMINAL, Assistant, Call, Conversation, Message, NotUnderstood, Refused, Run, Seen, Thread
from .operations import operation_of
from .ordering import StepSeen, acts_of
from .responses_api import read_response

Json: TypeAlias = Mapping[str, Any]
_Note: TypeAlias = Callable[["Gatherer", int, Json, Json, Sequence[Run]], None]
_Show: TypeAlias = Callable[["Gatherer", Json], None]

# The time of a run at which it came into a status, after its creation.
_TIME_OF = {
    "queued": "created_at",
    "in_progress": "started_at",
    "completed": "completed_at",
    "incomplete": "completed_at",
    "failed": "failed_at",
    "cancelled": "cancelled_at",
}


def conversation_of(cassette: Cassette) -> Conversation:
    """Return the conversation of a session."""
    gatherer = Gatherer()
    for place, interaction in enumerate(cassette.interactions):
        gatherer.read(place, interaction)
    return gatherer.finished(cassette)


class Gatherer:
    """Collects, interaction by interaction, what is shown of each object."""

    def __init__(self) -> None:
        self.threads: dict[str, Thread] = {}
        self.runs: dict[str, Run] = {}
        self.calls: dict[str, Call] = {}
        self._assistants: dict[str, Assistant] = {}
        self._messages: dict[str, Message] = {}
        self._deltas: dict[str, str] = {}
        self._steps: dict[str, dict[str, StepSeen]] = {}
        self._rounds: dict[str, list[list[Call]]] = {}
        self._operations: Counter[str] = Counter()
        self._refused: list[Refused] = []
        self._odd: list[NotUnderstood] = []
        self._outputs: dict[str, str] = {}
        self._now: float | None = None

    def read(self, place: int, interaction: Interaction) -> None:
        """Take in the next interaction."""
        request, response = interaction.request, interaction.response
        operation = operation_of(request)
        self._operations[operation.name] += 1
        if response.status >= 400:
            self._refused.append(Refused(place, interaction.label, response.status, _complaint(response.json)))
            return
        self._now = _seconds(interaction.recorded_at)
        said, shown = said_in(operation.name, request.json), response.shown
        self._odd += [NotUnderstood(place, interaction.label, problem) for problem in (*said.odd, *shown.odd)]
        if operation.name == "responses.create":
            read_response(self, place, said.value, response)
            return
        before = set(self.runs)
        for one in _oldest_first(interaction):
            self._show(one)
        note = self._NOTES.get(operation.name)
        if note is not None:
            note(
                self, place, said.value, _answered(response), [run for id, run in self.runs.items() if id not in before]
            )

    def finished(self, cassette: Cassette) -> Conversation:
        """Return the conversation, once all was read."""
        for id, output in self._outputs.items():
            if id in self.calls:
                self.calls[id].output = output
        for run in self.runs.values():
            messages = [one for one in self._messages.values() if one.run_id == run.id]
            steps = list(self._steps.get(run.id, {}).values())
            run.acts = run.acts or acts_of(steps, self._rounds.get(run.id, []), messages)
        for id, text in self._deltas.items():  # of a stream that was cut, the deltas are all there is
            message = self._messages.get(id)
            if message is not None and not message.content and text:
                message.content = [{"type": "text", "text": {"value": text, "annotations": []}}]
        used = {run.shown.get("assistant_id") for run in self.runs.values()}
        return Conversation(
            head=cassette.head,
            requests=len(cassette.interactions),
            operations=dict(self._operations),
            assistants=[one for one in self._assistants.values() if one.made_at is not None or one.id in used],
            threads=list(self.threads.values()),
            refused=self._refused,
            odd=self._odd,
        )

    def thread(self, id: str) -> Thread:
        """Return the thread with this id; it begins to exist when it is first named."""
        return self.threads.setdefault(id, Thread(id=id))

    def run(self, id: str, thread_id: str) -> Run:
        """Return the run with this id, on this thread."""
        if id not in self.runs:
            self.runs[id] = Run(id=id, thread_id=thread_id)
            self.thread(thread_id).runs.append(self.runs[id])
        return self.runs[id]

    # What requests say.

    def _note_assistant(self, place: int, body: Json, answer: Json, new: Sequence[Run]) -> None:
        if answer.get("id") in self._assistants:
            self._assistants[answer["id"]].made_at = place

    def _note_thread(self, place: int, body: Json, answer: Json, new: Sequence[Run]) -> None:
        if answer:
            thread = self.thread(answer["id"])
            thread.made_at = place
            self._expect(thread, body.get("messages"), place)

    def _note_message(self, place: int, body: Json, answer: Json, new: Sequence[Run]) -> None:
        message = self._messages.get(answer.get("id", ""))
        if message is not None:
            message.made_at = place

    def _note_run(self, place: int, body: Json, answer: Json, new: Sequence[Run]) -> None:
        for run in new:
            run.made_at, run.settings = place, body
            run.streamed = body.get("stream") is True
            self._expect(self.thread(run.thread_id), body.get("additional_messages"), place)

    def _note_thread_and_run(self, place: int, body: Json, answer: Json, new: Sequence[Run]) -> None:
        self._note_run(place, {name: value for name, value in body.items() if name != "thread"}, answer, new)
        given = body.get("thread") or {}
        for run in new:
            thread = self.thread(run.thread_id)
            thread.made_at = place
            self._expect(thread, given.get("messages"), place)

    def _note_outputs(self, place: int, body: Json, answer: Json, new: Sequence[Run]) -> None:
        for one in body.get("tool_outputs") or ():
            self._outputs[one["tool_call_id"]] = one.get("output") or ""

    def _expect(self, thread: Thread, messages: Sequence[Json] | None, place: int) -> None:
        """Add messages that a request made in passing: their ids are seen later, or never."""
        for one in messages or ():
            role, content = one.get("role", "user"), _parts(one.get("content"))
            thread.messages.append(Message(id=None, role=role, content=content, made_at=place, extras=_extras(one)))

    # What objects show.

    def _show(self, shown: Json) -> None:
        kind = self._KINDS.get(shown.get("object", ""))
        if kind is not None:
            kind(self, shown)

    def _show_assistant(self, shown: Json) -> None:
        assistant = self._assistants.setdefault(shown["id"], Assistant(id=shown["id"]))
        assistant.shown = shown

    def _show_thread(self, shown: Json) -> None:
        self.thread(shown["id"])

    def _show_run(self, shown: Json) -> None:
        run, status = self.run(shown["id"], shown["thread_id"]), shown["status"]
        run.first = run.first or shown
        if run.status not in TERMINAL or status == run.status:  # a list may be older than a poll
            run.shown = shown
            if status != run.status:
                run.statuses.append(Seen(status, _after(shown, status, self._now)))
        assistant_id = shown.get("assistant_id")
        if assistant_id is not None:
            known = {name: shown.get(name) for name in ("model", "instructions", "tools")}
            self._assistants.setdefault(assistant_id, Assistant(id=assistant_id, shown=known))
        self._show_required(run, shown.get("required_action"))

    def _show_required(self, run: Run, required: Json | None) -> None:
        asked = [self._call(one) for one in required["submit_tool_outputs"]["tool_calls"]] if required else []
        rounds = self._rounds.setdefault(run.id, [])
        if asked and asked not in rounds:
            rounds.append(asked)

    def _show_step(self, shown: Json) -> None:
        run = self.run(shown["run_id"], shown["thread_id"])
        details = shown.get("step_details") or {}
        creation = details.get("message_creation")
        step = self._steps.setdefault(run.id, {}).setdefault(shown["id"], StepSeen(shown.get("created_at") or 0))
        step.calls = [self._call(one) for one in details.get("tool_calls") or ()] or step.calls
        step.message_id = creation["message_id"] if creation else None

    def _show_message(self, shown: Json) -> None:
        message = self._messages.get(shown["id"]) or self._new_message(shown)
        message.content = _parts(shown.get("content")) or message.content
        message.extras = _extras(shown)

    def _new_message(self, shown: Json) -> Message:
        thread, role, run_id = self.thread(shown["thread_id"]), shown["role"], shown.get("run_id")
        content = _parts(shown.get("content"))
        expected = Message(id=None, role=role, content=content).text
        waiting = (one for one in thread.messages if one.id is None and (one.role, one.text) == (role, expected))
        message = None if run_id else next(waiting, None)
        if message is None:
            message = Message(id=None, role=role, content=content, run_id=run_id)
            if not run_id:
                thread.messages.append(message)
        message.id = shown["id"]
        self._messages[shown["id"]] = message
        if run_id and run_id not in self.runs:  # written by a run that the session never shows
            thread.messages.append(message)
        return message

    def _show_delta(self, shown: Json) -> None:
        for part in shown["delta"].get("content") or ():
            text = part.get("text")
            if isinstance(text, dict):
                self._deltas[shown["id"]] = self._deltas.get(shown["id"], "") + text.get("value", "")

    def _call(self, shown: Json) -> Call:
        """Return a call, with what is newly known of it."""
        id, kind = shown["id"], shown["type"]
        given = shown.get(kind)
        details: Json = given if isinstance(given, dict) else {}  # of a tool that nobody knows, anything
        call = self.calls.setdefault(id, Call(id=id, kind=kind, name=kind, arguments=""))
        call.name = str(details.get("name", call.name))
        call.arguments = str(details.get("arguments", details.get("input", call.arguments)))
        output = details.get("output")
        call.output = call.output if output is None else str(output)
        call.details = details
        return call

    _NOTES: ClassVar[Mapping[str, _Note]] = {
        "assistants.create": _note_assistant,
        "threads.create": _note_thread,
        "messages.create": _note_message,
        "runs.create": _note_run,
        "threads.create_and_run": _note_thread_and_run,
        "runs.submit_tool_outputs": _note_outputs,
    }
    _KINDS: ClassVar[Mapping[str, _Show]] = {
        "assistant": _show_assistant,
        "thread": _show_thread,
        "thread.run": _show_run,
        "thread.run.step": _show_step,
        "thread.message": _show_message,
        "thread.message.delta": _show_delta,
    }


def _oldest_first(interaction: Interaction) -> Iterable[Json]:
    """Return what an answer shows, the oldest first."""
    shown = interaction.response.shown
    newest_first = shown.is_page and "order=asc" not in interaction.request.query  # the default is desc
    return reversed(shown.objects) if newest_first else shown.objects


def _answered(response: RecordedResponse) -> Json:
    """Return the object that an answer is; of a page, a stream and anything else, an empty one."""
    shown = response.shown
    return {} if shown.is_page or response.is_stream or not shown.objects else shown.objects[0]


def _extras(message: Json) -> dict[str, Any]:
    return {name: message[name] for name in ("attachments", "file_ids") if message.get(name)}


def _parts(content: str | Sequence[Json] | None) -> Sequence[Json] | None:
    if isinstance(content, str):
        return [{"type": "text", "text": {"value": content, "annotations": []}}]
    return content or None


def _complaint(answer: Any) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    return str(error.get("message") or "") if isinstance(error, dict) else ""


def _after(run: Json, status: str, now: float | None) -> float | None:
    created = run.get("created_at")
    at = run.get(_TIME_OF.get(status, ""))
    moment = now if at is None else at
    return None if moment is None or created is None else max(0.0, float(moment - created))


def _seconds(recorded_at: str | None) -> float | None:
    try:
        return None if recorded_at is None else datetime.fromisoformat(recorded_at).timestamp()
    except ValueError:
        return None
