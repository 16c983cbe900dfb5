"""Sessions of the Responses API, told in the same words: a response is a run, its conversation a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from ..cassette import RecordedResponse
from .conversation import Call, Message, Round, Run, Seen, Thread

Json: TypeAlias = Mapping[str, Any]
_FINAL_EVENTS = ("response.completed", "response.incomplete", "response.failed")
_FIRST_EVENT = "response.created"


class Gathered(Protocol):
    """What is collected of a session."""

    runs: dict[str, Run]
    calls: dict[str, Call]

    def thread(self, id: str) -> Thread:
        """Return the thread with this id."""

    def run(self, id: str, thread_id: str) -> Run:
        """Return the run with this id, on this thread."""


def read_response(gathered: Gathered, place: int, body: Json, response: RecordedResponse) -> None:
    """Take in one `POST /v1/responses` and its answer, streamed or not."""
    answer = _answer(response)
    if answer is None:
        return
    thread = gathered.thread(_thread_id(gathered, answer))
    run = gathered.run(answer["id"], thread.id)
    run.made_at, run.streamed, run.first, run.shown = place, response.is_stream, answer, answer
    run.settings = {name: value for name, value in body.items() if name != "input"}
    run.statuses = [Seen(answer.get("status", "completed"), None)]
    for item in _items(body.get("input")):
        _read_input(gathered, thread, item, place)
    for item in _items(answer.get("output")):
        _read_output(gathered, run, item)


def _answer(response: RecordedResponse) -> Json | None:
    """Return the response as it ended; of a stream that was cut, as it began."""
    shown = response.shown.objects
    if not response.is_stream:
        return shown[0] if shown and shown[0].get("object") == "response" else None
    found: Json | None = None
    for event in shown:
        kind = event.get("type")
        if kind in _FINAL_EVENTS or (kind == _FIRST_EVENT and found is None):
            found = event.get("response") or found
    return found


def _thread_id(gathered: Gathered, answer: Json) -> str:
    """Return the conversation's id, that of the thread of the response before, or the response's own."""
    conversation = answer.get("conversation")
    if conversation:
        return str(conversation["id"])
    before = gathered.runs.get(answer.get("previous_response_id") or "")
    return before.thread_id if before is not None else str(answer["id"])


def _items(value: str | Sequence[Json] | None) -> Sequence[Json]:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value or ()


def _read_input(gathered: Gathered, thread: Thread, item: Json, place: int) -> None:
    if item.get("type") == "function_call_output":
        call = gathered.calls.get(str(item.get("call_id")))
        if call is not None:
            call.output = str(item.get("output"))
    elif "role" in item:
        thread.messages.append(
            Message(id=None, role=item["role"], content=_content(item.get("content")), made_at=place)
        )


def _read_output(gathered: Gathered, run: Run, item: Json) -> None:
    kind = str(item.get("type"))
    if kind == "message":
        content = _content(item.get("content"))
        run.acts.append(Message(id=item.get("id"), role="assistant", content=content, run_id=run.id))
    elif kind.endswith("_call"):
        call = _call(item, kind)
        gathered.calls[call.id] = call
        last = run.acts[-1] if run.acts else None
        if isinstance(last, Round):
            last.calls.append(call)
        else:
            run.acts.append(Round(calls=[call]))


def _call(item: Json, kind: str) -> Call:
    name = kind.removesuffix("_call")
    arguments = str(item.get("arguments") or item.get("code") or "")
    id = str(item.get("call_id") or item.get("id"))
    return Call(id=id, name=str(item.get("name", name)), kind=name, arguments=arguments, details=item)


def _content(content: str | Sequence[Json] | None) -> Sequence[Json] | None:
    if isinstance(content, str):
        return [{"type": "text", "text": {"value": content, "annotations": []}}]
    return content
